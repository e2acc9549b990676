/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The longer tables of words, each in a file of its own. Inside reports/statement only. */
#ifndef HAIKI_REPORTS_STATEMENT_WORDING_TABLES_H
#define HAIKI_REPORTS_STATEMENT_WORDING_TABLES_H

#include "reports/statement/wording.h"

struct wording_table {
	const struct wording *words;
	size_t count;
};

extern const struct wording_table wording_labels, wording_methods, wording_reasons, wording_stages,
	wording_tenant_reasons, wording_tenant_remarks, wording_fates, wording_vms, wording_places;

#endif
