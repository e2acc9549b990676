/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit as text: what is wrong, then what was done, by whom, in what time, and what to check again. */
#include "base/day.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/findings.h"
#include "cli/output.h"
#include "cli/report_audit.h"
#include <inttypes.h>

static const char *or_dash(const char *word)
{
	return *word ? word : "-";
}

static const char *outcome_text(const char *word)
{
	return describe_outcome(outcome_parse(word));
}

static int print_counts(FILE *stream, const struct audit *audit, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("COUNTED BY"), false, true },
		{ N_("VALUE"), false, false },
		{ N_("COUNT"), true, true },
	};
	const struct {
		const char *title;
		const struct audit_counts *counts;
		const char *(*describe)(const char *word);
	} all[] = {
		{ _("outcome"), &audit->by_outcome, outcome_text },
		{ _("level"), &audit->by_level, describe_level_word },
		{ _("method"), &audit->by_method, NULL },
		{ _("zone"), &audit->by_zone, NULL },
		{ _("custody ended"), &audit->by_custody, NULL },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t j = 0; j < all[i].counts->count; j++) {
			const struct audit_count *count = &all[i].counts->items[j];
			table_cell(&table, "%s", all[i].title);
			table_cell(&table, "%s",
				or_dash(all[i].describe ? all[i].describe(count->word)
							: count->word));
			table_cell(&table, "%" PRIu64, count->count);
		}
	if (table.cell_count == 0 && !table.failed)
		return 0;
	return table_print(&table, stream, 0) < 0 ? error_no_memory(error) : 0;
}

static int print_people(FILE *stream, const struct audit *audit, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ROLE"), false, true },
		{ N_("NAME"), false, false },
		{ N_("COUNT"), true, true },
	};
	static const struct described roles[] = {
		{ "operator", N_("operator") },
		{ "witness", N_("witness") },
		{ "approver", N_("approver") },
		{ "custody", N_("ended custody") },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < audit->people_count; i++) {
		const struct audit_person *person = &audit->people[i];
		table_cell(
			&table, "%s", describe_table_word(roles, ARRAY_SIZE(roles), person->role));
		table_cell(&table, "%s", person->name);
		table_cell(&table, "%" PRIu64, person->count);
	}
	if (audit->people_count == 0)
		return 0;
	return table_print(&table, stream, 0) < 0 ? error_no_memory(error) : 0;
}

static int print_contracts(FILE *stream, const struct audit *audit, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("CONTRACT"), false, true },
		{ N_("TENANT"), false, true },
		{ N_("LAST DAY"), false, true },
		{ N_("DAYS"), true, true },
		{ N_("PROMISED"), true, true },
		{ N_("CERTIFICATE"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	if (audit->closing_count == 0)
		return 0;
	output_line(stream,
		_("From the end of contracts to their deletion (closed: %zu): %" PRId64
		  " days at least, %" PRId64 " in the middle, %" PRId64
		  " at most; later than promised: %" PRIu64),
		audit->closing_count, audit->days_min, audit->days_median, audit->days_max,
		audit->days_over);
	for (size_t i = 0; i < audit->closing_count; i++) {
		const struct audit_closing *closing = &audit->closings[i];
		table_cell(&table, "%s", closing->certificate->texts[AUDIT_CONTRACT]);
		table_cell(&table, "%s", closing->certificate->texts[AUDIT_TENANT]);
		table_cell(&table, "%s", closing->end_day);
		table_cell(&table, "%" PRId64, closing->days);
		table_cell(&table, "%" PRId64, closing->grace_days);
		table_cell(&table, "%s", closing->certificate->texts[AUDIT_NAME]);
	}
	return table_print(&table, stream, 0) < 0 ? error_no_memory(error) : 0;
}

static int print_vms(FILE *stream, const struct audit *audit, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("VM"), false, true },
		{ N_("TENANT"), false, true },
		{ N_("CONTRACT"), false, true },
		{ N_("LAST DAY"), false, true },
		{ N_("DAYS"), true, true },
		{ N_("PROMISED"), true, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	if (audit->vm_count == 0)
		return 0;
	output_line(stream,
		_("From the end of contracts until their VMs were gone (deleted: %zu): %" PRId64
		  " days at least, %" PRId64 " in the middle, %" PRId64
		  " at most; later than promised: %" PRIu64),
		audit->vm_count, audit->vm_days_min, audit->vm_days_median, audit->vm_days_max,
		audit->vm_late);
	for (size_t i = 0; i < audit->vm_count; i++) {
		const struct audit_vm *vm = &audit->vms[i];
		table_cell(&table, "%s %s", vm->id, vm->label);
		table_cell(&table, "%s", vm->tenant);
		table_cell(&table, "%s", vm->contract);
		table_cell(&table, "%s", vm->end_day);
		table_cell(&table, "%" PRId64, vm->days);
		table_cell(&table, "%" PRId64, vm->grace_days);
	}
	return table_print(&table, stream, 0) < 0 ? error_no_memory(error) : 0;
}

static int print_sample(FILE *stream, const struct audit *audit, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("CERTIFICATE"), false, true },
		{ N_("SERIAL"), false, true },
		{ N_("SHA-256 (SEED, NAME)"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	output_line(stream,
		_("To check again: %zu of the %zu that are proven, chosen by the seed %s"),
		audit->sample_count, audit->sample_of, or_dash(audit->seed));
	if (!audit->seed_given)
		output_line(stream, "  %s",
			_("The seed is the SHA-256 of the ledger's last record; with --seed the "
			  "auditor chooses."));
	for (size_t i = 0; i < audit->sample_count; i++) {
		char *const *texts = audit->sample[i].certificate->texts;
		table_cell(&table, "%s", texts[AUDIT_NAME]);
		table_cell(&table, "%s", or_dash(texts[AUDIT_SERIAL]));
		table_cell(&table, "%.16s", audit->sample[i].digest);
	}
	if (audit->sample_count == 0)
		return 0;
	return table_print(&table, stream, 0) < 0 ? error_no_memory(error) : 0;
}

int report_audit_print(FILE *stream, const struct audit *audit, struct error *error)
{
	char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
	day_format(audit->from_day, from);
	day_format(audit->to_day, to);
	output_line(stream, _("Audit from %s to %s (Asia/Tokyo)"), from, to);
	int r = findings_print(stream, &audit->findings, audit->made_utc_ms, error);
	if (r < 0)
		return r;
	if (audit->later > 0)
		output_line(
			stream, _("Findings of later days, not listed: %" PRIu64), audit->later);
	output_line(stream, "%s", "");
	output_line(stream,
		_("Certificates that stand: %zu (drives: %zu, contracts: %" PRIu64
		  "); superseded since: %" PRIu64 ". Records in the ledger: %" PRIu64 "."),
		audit->certificate_count, audit->certificate_count - (size_t)audit->deletions,
		audit->deletions, audit->superseded, audit->size);
	r = print_counts(stream, audit, error);
	if (r == 0)
		r = print_contracts(stream, audit, error);
	if (r == 0)
		r = print_vms(stream, audit, error);
	if (r == 0)
		r = print_people(stream, audit, error);
	return r == 0 ? print_sample(stream, audit, error) : r;
}
