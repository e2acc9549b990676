/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text for people. Every sentence a person may read is marked with _() and has its Japanese in
 * po/ja.po; codes, JSON and evidence are never translated. */
#ifndef HAIKI_BASE_TEXT_H
#define HAIKI_BASE_TEXT_H

#include <libintl.h>

#define _(message) gettext(message)
/* Marks a string in a table for translation; the printer calls _() on it. */
#define N_(message) (message)

#endif
