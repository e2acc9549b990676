/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings of a ledger, told. */
#include "cli/findings.h"

#include "base/day.h"
#include "base/text.h"
#include "cli/output.h"
#include <inttypes.h>

const char *findings_kind(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_LEFT_WITHOUT_PROOF:
		return _("left without proof");
	case FINDING_CONTRADICTION:
		return _("contradiction");
	case FINDING_DESTROYED_UNDER_HOLD:
		return _("destroyed under legal hold");
	case FINDING_CONTRACT_NOT_CLOSED:
		return _("contract not closed");
	case FINDING_UNREADABLE:
		return _("unreadable record");
	case FINDING_DESTROYED_UNPROVEN:
		return _("destroyed, no certificate");
	case FINDING_NOT_PROVEN:
		return _("not proven");
	case FINDING_OUTSTANDING:
		return _("outstanding");
	case FINDING_DUPLICATE:
		return _("duplicate certificate");
	case FINDING_NOT_JUDGED:
		return _("cannot be judged");
	case FINDING_UNKNOWN:
	case FINDING_KINDS:
		break;
	}
	return _("unknown finding");
}

static int print_table(
	FILE *stream, const struct finding_list *list, int64_t now_utc_ms, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("FINDING"), false, true },
		{ N_("SUBJECT"), false, true },
		{ N_("SINCE"), false, true },
		{ N_("DAYS"), true, true },
		{ N_("RECORD"), true, true },
		{ N_("DETAIL"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	unsigned width = 0, lines = 0;
	table.wraps = true;
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->items[i];
		char day[DAY_TEXT_SIZE];
		day_format(day_in_tokyo(finding->since_utc_ms), day);
		table_cell(&table, "%s", findings_kind(finding->kind));
		table_cell(&table, "%s%s%s", finding->subject, finding->subject[0] ? " " : "",
			finding->label);
		table_cell(&table, "%s", day);
		table_cell(&table, "%" PRId64, finding_age_days(finding, now_utc_ms));
		table_cell(&table, "%" PRIu64, finding->index);
		table_cell(&table, "%s", finding->detail);
	}
	output_terminal(stream, &width, &lines);
	return table_print(&table, stream, width) < 0 ? error_no_memory(error) : 0;
}

int findings_print(
	FILE *stream, const struct finding_list *list, int64_t now_utc_ms, struct error *error)
{
	int r = list->count > 0 ? print_table(stream, list, now_utc_ms, error) : 0;
	if (r < 0)
		return r;
	if (list->unseen > 0)
		output_line(stream,
			_("Records that are withheld, of which nothing was judged: %" PRIu64),
			list->unseen);
	if (list->older > 0)
		output_line(stream,
			_("Records older than the ledger, for which nothing vouches but the store "
			  "they were taken from: %" PRIu64),
			list->older);
	if (findings_complete(list))
		output_line(stream, "%s",
			_("Complete: every drive that left, every contract that ended and every "
			  "hold is accounted for."));
	else if (findings_fail(list))
		output_line(stream, "%s", _("NOT COMPLETE: see the findings above."));
	else
		output_line(stream, "%s",
			_("Nothing is wrong in what could be seen, and not all could be shown."));
	return 0;
}

json_t *findings_json(const struct finding_list *list, int64_t now_utc_ms)
{
	AUTO_JSON json_t *items = json_array();
	for (size_t i = 0; i < list->count; i++)
		if (!items || json_push(items, finding_json(&list->items[i], now_utc_ms)) < 0)
			return NULL;
	return json_incref(items);
}
