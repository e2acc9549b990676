/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `haiki wipe expired` found and did: for whoever reads the journal in the morning, and as JSON. */
#include "cli/wipe_expired.h"

#include "base/clock.h"
#include "base/day.h"
#include "cli/describe.h"
#include "cli/describe_remark.h"
#include "cli/format.h"
#include "cli/output.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

void expired_day(int64_t utc_ms, char ret[static 11])
{
	ret[0] = '\0';
	if (utc_ms != 0)
		day_format(day_in_tokyo(utc_ms), ret);
}

static void format_vm(const struct expired_vm *item, char ret[static SUBJECT_ID_MAX])
{
	ret[0] = '\0';
	if (item->vm.id != 0)
		subject_format(&(struct subject){ SUBJECT_VM, item->vm.id }, ret);
}

/* -- words -- */

/* What stands in the table and in JSON. */
static const char *state_word(const struct expired_report *report, const struct expired_vm *item)
{
	if (item->waits)
		return "approval";
	if (!item->runs)
		return expired_is_refused(item) ? "refused" : "waiting";
	if (report->dry_run)
		return "due";
	if (item->step == COURSE_GONE && item->error.kind == ERROR_NONE)
		return "gone";
	switch (item->error.kind) {
	case ERROR_REFUSED:
		return "refused";
	case ERROR_WAITING:
	case ERROR_INTERRUPTED:
		return "waiting";
	case ERROR_NONE:
	case ERROR_FAILED:
	case ERROR_USAGE:
	case ERROR_UNSUPPORTED:
	case ERROR_PARTIAL:
		break;
	}
	return "failed";
}

static const struct described states[] = {
	{ "approval", N_("waits for an approval") },
	{ "refused", N_("refused") },
	{ "waiting", N_("waits") },
	{ "due", N_("would be deleted") },
	{ "gone", N_("gone") },
	{ "failed", N_("FAILED") },
};

static const struct described steps[] = {
	{ "identity", N_("not begun") },
	{ "survey", N_("survey") },
	{ "power-off", N_("switching off") },
	{ "snapshots", N_("snapshots") },
	{ "erase", N_("erasing") },
	{ "delete", N_("deleting") },
	{ "look", N_("asking whether it is gone") },
	{ "gone", N_("gone") },
};

static const char *describe_step(enum course_step step)
{
	return describe_table_word(steps, ARRAY_SIZE(steps), course_step_name(step));
}

/* -- who is shown -- */

static bool is_settled(const struct expired_vm *item)
{
	return !item->runs && !item->waits && !expired_is_refused(item) &&
	       (item->decision == DECIDE_NOT_DUE || item->decision == DECIDE_GONE);
}

/* One that nobody entered is told once, and counted from then on. */
static bool is_known(const struct expired_vm *item)
{
	return item->decision == DECIDE_NOT_IN_INVENTORY && item->known;
}

static void put_row(
	struct table *table, const struct expired_report *report, const struct expired_vm *item)
{
	char id[SUBJECT_ID_MAX], day[11];
	const char *state = state_word(report, item);
	bool is_done = strcmp(state, "gone") == 0;
	format_vm(item, id);
	expired_day(item->due_utc_ms, day);
	table_cell(table, "%s", id);
	table_cell(table, "%s", item->vm.uuid);
	table_cell(table, "%s", item->name);
	table_cell(
		table, "%s", item->vm.service_code[0] ? item->vm.service_code : item->service_code);
	table_cell(table, "%s", item->contract);
	table_cell(table, "%s", day);
	table_cell(table, "%s", item->platform);
	/* Refused it only is when its code is due, which the count below tells. */
	table_cell(table, "%s",
		item->decision == DECIDE_NOT_IN_INVENTORY ? _("not in the inventory")
		: item->decision == DECIDE_ABSENT && report->dry_run
			? _("on no platform")
			: describe_table_word(states, ARRAY_SIZE(states), state));
	table_cell(table, "%s", item->under_way && !is_done ? describe_step(item->step) : "");
}

static int print_table(const struct expired_report *report, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ID"), false, true },
		{ N_("UUID"), false, true },
		{ N_("NAME"), false, false },
		{ N_("SERVICE"), false, true },
		{ N_("CONTRACT"), false, true },
		{ N_("DUE"), false, true },
		{ N_("PLATFORM"), false, true },
		{ N_("STATE"), false, true },
		{ N_("STEP"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	size_t rows = 0;
	for (size_t i = 0; i < report->plan.count; i++) {
		const struct expired_vm *item = &report->plan.items[i];
		if (is_settled(item) || is_known(item))
			continue;
		put_row(&table, report, item);
		rows++;
	}
	return rows > 0 ? output_table(&table, error) : 0;
}

/* -- sentences -- */

static void print_error(const struct error *error)
{
	if (error->kind == ERROR_NONE)
		return;
	output_line(stdout, "%s", error->what);
	if (error->next[0])
		output_line(stdout, "  → %s", error->next);
}

static bool has_reason(const struct expired_vm *item)
{
	return item->error.kind != ERROR_NONE && !is_known(item);
}

/* What both say, since the one who is to find out which is right sees the platform's word nowhere else. */
static void print_codes(const struct expired_vm *item)
{
	if (item->decision == DECIDE_CODE_DIFFERS)
		output_line(stdout, _("  inventory: %s; platform %s: %s"), item->vm.service_code,
			item->platform, item->service_code);
}

/* What to do is told once below all that stand together and need the same. */
static void print_reason(const struct expired_plan *plan, size_t i)
{
	const struct expired_vm *item = &plan->items[i];
	size_t next = i + 1;
	while (next < plan->count && !has_reason(&plan->items[next]))
		next++;
	output_line(stdout, "%s", item->error.what);
	print_codes(item);
	if (item->error.next[0] && (next >= plan->count || strcmp(plan->items[next].error.next,
								   item->error.next) != 0))
		output_line(stdout, "  → %s", item->error.next);
}

static size_t print_reasons(const struct expired_report *report)
{
	size_t known = 0;
	for (size_t i = 0; i < report->plan.unreachable_count; i++) {
		output_line(stdout, _("The platform %s was not asked:"),
			report->plan.unreachable[i].name);
		print_error(&report->plan.unreachable[i].error);
	}
	for (size_t i = 0; i < report->plan.count; i++) {
		const struct expired_vm *item = &report->plan.items[i];
		known += is_known(item);
		if (has_reason(item))
			print_reason(&report->plan, i);
	}
	return known;
}

static void print_clock(const struct expired_plan *plan)
{
	if (plan->clock == CLOCK_GOOD)
		return;
	if (plan->clock == CLOCK_GAP)
		output_line(stdout,
			_("Nothing ran for more than 14 days (%s): a person is asked before "
			  "anything is deleted."),
			clock_verdict_word(plan->clock));
	else
		output_line(stdout,
			_("A run would be refused, since the clock cannot be believed: %s"),
			clock_verdict_word(plan->clock));
}

static void print_gate(const struct expired_report *report)
{
	size_t waits = 0;
	for (size_t i = 0; i < report->plan.count; i++)
		waits += report->plan.items[i].waits;
	if (waits == 0)
		return;
	output_line(stdout, _("%zu of %zu VMs wait for an approval."), waits,
		report->plan.machine_count);
	if (report->plan.approval.id != 0)
		output_line(stdout, _("  → Look at the list, then: haiki wipe approve P%" PRId64),
			report->plan.approval.id);
	else
		output_line(stdout, "%s", _("  → The run asks for it: haiki wipe approve"));
}

/* When the timer has something to do next. */
static void print_next(const struct expired_plan *plan)
{
	const struct expired_vm *next = NULL;
	size_t count = 0;
	bool is_alone = true;
	char day[11];
	for (size_t i = 0; i < plan->count; i++) {
		const struct expired_vm *item = &plan->items[i];
		if (item->decision != DECIDE_NOT_DUE || item->due_utc_ms <= plan->now.utc_ms)
			continue;
		if (!next || item->due_utc_ms < next->due_utc_ms)
			next = item, count = 0, is_alone = true;
		if (item->due_utc_ms != next->due_utc_ms)
			continue;
		count++;
		is_alone = is_alone && strcmp(item->contract, next->contract) == 0;
	}
	if (!next)
		return;
	expired_day(next->due_utc_ms, day);
	output_line(stdout,
		is_alone ? _("Next due: %s (VMs: %zu, contract %s)")
			 : _("Next due: %s (VMs: %zu, contract %s and others)"),
		day, count, next->contract);
}

static void print_backups(const struct expired_result *result)
{
	const struct backup_expiry *expiry = &result->expiry;
	size_t refused = result->catalogue.refused + expiry->refused;
	if (refused > 0)
		output_line(stdout,
			_("Backups: %zu copies or VMs are refused; see haiki inventory list "
			  "events."),
			refused);
	if (result->catalogue.found + expiry->expired + expiry->failed + expiry->waiting +
			expiry->overdue >
		0)
		output_line(stdout,
			_("Backups of deleted VMs: %zu there, %zu new, %zu gone; %zu let go now, "
			  "%zu failed, %zu wait, %zu overdue."),
			result->catalogue.found, result->catalogue.added, result->catalogue.gone,
			expiry->expired, expiry->failed, expiry->waiting, expiry->overdue);
	print_error(&result->backup_error);
}

static void print_notices(const struct expired_result *result)
{
	if (result->notices_sent + result->notices_failed + result->notices_uncertain > 0)
		output_line(stdout, _("Notices: %zu sent, %zu failed, %zu uncertain."),
			result->notices_sent, result->notices_failed, result->notices_uncertain);
	print_error(&result->notice_error);
}

static void print_certificates(const struct expired_report *report)
{
	if (report->keys_error.kind != ERROR_NONE && report->result.contract_count > 0) {
		output_line(stdout, _("%zu contracts wait for their certificate:"),
			report->result.contract_count);
		print_error(&report->keys_error);
	}
	for (size_t i = 0; i < report->certificate_count; i++) {
		const struct expired_certificate *one = &report->certificates[i];
		if (one->is_new) {
			output_line(stdout, _("Certificate of contract %s: %s/%s.json"),
				one->number, report->out, one->name);
			output_line(stdout, "  %s",
				describe_tenant_stage(tenant_stage_parse(one->stage)));
		}
		if (one->error.kind != ERROR_NONE)
			output_line(stdout, _("The contract %s has no new certificate:"),
				one->number[0] ? one->number : one->contract);
		print_error(&one->error);
	}
}

static void print_run(const struct expired_report *report)
{
	const struct expired_result *result = &report->result;
	print_backups(result);
	print_notices(result);
	print_certificates(report);
	output_line(stdout, _("%zu VMs gone, %zu wait, %zu refused, %zu failed."), result->deleted,
		result->waiting, result->refused, result->failed);
}

static bool is_anything_due(const struct expired_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct expired_vm *item = &plan->items[i];
		if (item->runs || (item->vm.id != 0 && !is_settled(item)))
			return true;
	}
	return false;
}

int expired_print(const struct expired_report *report, struct error *error)
{
	int r = print_table(report, error);
	if (r < 0)
		return r;
	if (!is_anything_due(&report->plan))
		output_line(stdout, "%s", _("Nothing is due."));
	size_t known = print_reasons(report);
	if (known > 0)
		output_line(stdout,
			_("%zu VMs are not in the inventory, as was told before: haiki wipe "
			  "expired "
			  "--dry-run"),
			known);
	print_clock(&report->plan);
	print_gate(report);
	if (report->dry_run) {
		print_error(&report->result.notice_error);
		output_line(stdout, "%s", _("This was a dry run: nothing was changed."));
	} else {
		print_run(report);
	}
	print_next(&report->plan);
	return 0;
}

/* -- JSON -- */

static int put_error(json_t *object, const char *key, const struct error *error)
{
	return error->kind == ERROR_NONE ? 0 : json_put(object, key, output_error_json(error));
}

static int put_time(json_t *object, const char *key, int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE] = "";
	if (utc_ms != 0)
		clock_format(utc_ms, text);
	return json_put_string(object, key, text);
}

static int put_vm(json_t *list, const struct expired_report *report, const struct expired_vm *item)
{
	json_t *object = json_object();
	char id[SUBJECT_ID_MAX];
	format_vm(item, id);
	if (json_push(list, object) < 0 || json_put_string(object, "vm", id) < 0 ||
		json_put_string(object, "uuid", item->vm.uuid) < 0 ||
		json_put_string(object, "name", item->name) < 0 ||
		json_put_string(object, "tenant", item->vm.tenant) < 0 ||
		json_put_string(object, "service_code", item->vm.service_code) < 0 ||
		json_put_string(object, "platform", item->platform) < 0 ||
		json_put_string(object, "platform_service_code", item->service_code) < 0 ||
		json_put_string(object, "contract", item->contract) < 0 ||
		put_time(object, "due_utc", item->due_utc_ms) < 0 ||
		json_put_string(object, "decision", decision_word(item->decision)) < 0 ||
		json_put_string(object, "state", state_word(report, item)) < 0 ||
		json_put_integer(object, "under_way", item->under_way) < 0 ||
		json_put_string(object, "step", course_step_name(item->step)) < 0)
		return -ENOMEM;
	return put_error(object, "error", &item->error);
}

static int put_vms(json_t *object, const struct expired_report *report)
{
	json_t *list = json_array();
	int r = json_put(object, "vms", list);
	for (size_t i = 0; r == 0 && i < report->plan.count; i++)
		if (!is_settled(&report->plan.items[i]))
			r = put_vm(list, report, &report->plan.items[i]);
	return r;
}

static int put_plan(json_t *object, const struct expired_plan *plan)
{
	char approval[32] = "";
	json_t *unreachable = json_array();
	if (plan->approval.id != 0)
		(void)snprintf(approval, sizeof(approval), "P%" PRId64, plan->approval.id);
	if (put_time(object, "now", plan->now.utc_ms) < 0 ||
		json_put_string(object, "clock", clock_verdict_word(plan->clock)) < 0 ||
		json_put_integer(object, "machines", (int64_t)plan->machine_count) < 0 ||
		json_put_integer(object, "due", (int64_t)plan->due_count) < 0 ||
		json_put_integer(object, "gate_stops", plan->gate_stops) < 0 ||
		json_put_string(object, "approval", approval) < 0 ||
		json_put(object, "unreachable", unreachable) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < plan->unreachable_count; i++) {
		json_t *one = json_object();
		if (json_push(unreachable, one) < 0 ||
			json_put_string(one, "platform", plan->unreachable[i].name) < 0 ||
			put_error(one, "error", &plan->unreachable[i].error) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int put_counts(json_t *object, const char *key, size_t count, const char *const names[],
	const size_t values[])
{
	json_t *inner = json_object();
	int r = json_put(object, key, inner);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = json_put_integer(inner, names[i], (int64_t)values[i]);
	return r;
}

static int put_result(json_t *object, const struct expired_result *result)
{
	static const char *const vms[] = { "deleted", "waiting", "refused", "failed" };
	static const char *const backups[] = { "found", "added", "gone", "expired", "failed",
		"waiting", "overdue", "refused", "returned" };
	static const char *const notices[] = { "sent", "failed", "uncertain" };
	const size_t vm_counts[] = { result->deleted, result->waiting, result->refused,
		result->failed };
	const size_t backup_counts[] = { result->catalogue.found, result->catalogue.added,
		result->catalogue.gone, result->expiry.expired, result->expiry.failed,
		result->expiry.waiting, result->expiry.overdue,
		result->catalogue.refused + result->expiry.refused, result->catalogue.returned };
	const size_t notice_counts[] = { result->notices_sent, result->notices_failed,
		result->notices_uncertain };
	if (put_counts(object, "counts", ARRAY_SIZE(vms), vms, vm_counts) < 0 ||
		put_counts(object, "backups", ARRAY_SIZE(backups), backups, backup_counts) < 0 ||
		put_counts(object, "notices", ARRAY_SIZE(notices), notices, notice_counts) < 0 ||
		put_error(object, "backup_error", &result->backup_error) < 0)
		return -ENOMEM;
	return put_error(object, "notice_error", &result->notice_error);
}

static int put_certificates(json_t *object, const struct expired_report *report)
{
	json_t *list = json_array();
	int r = json_put(object, "certificates", list);
	for (size_t i = 0; r == 0 && i < report->certificate_count; i++) {
		const struct expired_certificate *one = &report->certificates[i];
		json_t *inner = json_object();
		if (json_push(list, inner) < 0 ||
			json_put_string(inner, "contract", one->contract) < 0 ||
			json_put_string(inner, "number", one->number) < 0 ||
			json_put_string(inner, "certificate", one->name) < 0 ||
			json_put_string(inner, "stage", one->stage) < 0 ||
			json_put_integer(inner, "new", one->is_new) < 0 ||
			put_error(inner, "error", &one->error) < 0)
			return -ENOMEM;
	}
	return r == 0 ? put_error(object, "keys_error", &report->keys_error) : r;
}

int expired_print_json(const struct expired_report *report, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_integer(json, "dry_run", report->dry_run) < 0 ||
		put_plan(json, &report->plan) < 0 || put_vms(json, report) < 0 ||
		put_result(json, &report->result) < 0 ||
		json_put_string(json, "folder", report->out) < 0 ||
		put_certificates(json, report) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

/* -- the exit code -- */

static bool certificates_failed(const struct expired_report *report)
{
	for (size_t i = 0; i < report->certificate_count; i++)
		if (report->certificates[i].error.kind != ERROR_NONE)
			return true;
	return false;
}

static bool has_failed(const struct expired_report *report)
{
	const struct expired_result *result = &report->result;
	return result->failed > 0 || result->notices_failed > 0 || result->expiry.failed > 0 ||
	       result->catalogue.refused + result->expiry.refused > 0 ||
	       (result->backup_error.kind != ERROR_NONE &&
		       result->backup_error.kind != ERROR_WAITING) ||
	       certificates_failed(report);
}

static bool is_waiting(const struct expired_report *report)
{
	const struct expired_result *result = &report->result;
	return result->waiting > 0 || report->plan.unreachable_count > 0 ||
	       report->plan.gate_stops || result->backup_error.kind == ERROR_WAITING ||
	       result->expiry.waiting > 0 || result->expiry.overdue > 0 ||
	       (report->keys_error.kind != ERROR_NONE && result->contract_count > 0);
}

/* A dry run says whether it could look, not what it saw; but for a clock that would refuse everything. */
enum error_kind expired_code(const struct expired_report *report)
{
	const struct expired_result *result = &report->result;
	bool refused = report->plan.clock != CLOCK_GOOD && report->plan.clock != CLOCK_GAP;
	if (report->dry_run)
		return refused                                   ? ERROR_REFUSED
		       : result->notice_error.kind != ERROR_NONE ? ERROR_FAILED
		       : report->plan.unreachable_count > 0      ? ERROR_WAITING
								 : ERROR_NONE;
	if (has_failed(report))
		return result->deleted > 0 ? ERROR_PARTIAL : ERROR_FAILED;
	if (result->refused > 0)
		return result->deleted > 0 ? ERROR_PARTIAL : ERROR_REFUSED;
	return is_waiting(report) ? ERROR_WAITING : ERROR_NONE;
}

/* -- progress -- */

#define LINE_INTERVAL_MS 10000

void expired_show_progress(void *context, const struct expired_plan *plan, size_t done)
{
	struct expired_progress *progress = context;
	unsigned columns = 0, lines = 0;
	char left[FORMAT_SIZE];
	int64_t now_ms = clock_monotonic_ms();
	int64_t passed = now_ms - progress->begun_ms;
	(void)plan;
	output_terminal(stderr, &columns, &lines);
	bool is_last = done >= progress->of;
	/* A journal is not painted over: a line now and then, and the last one. */
	if (columns == 0 && !is_last && now_ms - progress->last_ms < LINE_INTERVAL_MS)
		return;
	progress->last_ms = now_ms;
	format_duration(done > 0 ? passed / (int64_t)done *
					   (int64_t)(progress->of - MIN(done, progress->of)) / 1000
				 : -1,
		left);
	if (columns == 0)
		output_line(stderr, _("%zu of %zu VMs done, %s left"), done, progress->of, left);
	else {
		char line[256];
		(void)snprintf(line, sizeof(line), _("%zu of %zu VMs done, %s left"), done,
			progress->of, left);
		fprintf(stderr, "\r%s\033[K%s", line, is_last ? "\n" : "");
	}
}
