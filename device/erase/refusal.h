/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a drive does not erase itself, for people. */
#ifndef HAIKI_DEVICE_ERASE_REFUSAL_H
#define HAIKI_DEVICE_ERASE_REFUSAL_H

#include "device/erase/erase_answer.h"

/* What the completion of a refused command means, translated: half a sentence, without a full stop.
 * NULL: it is no refusal, or one in a language that does not say why. */
const char *refusal_explain(const struct erase_answer *completion);

#endif
