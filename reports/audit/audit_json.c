/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit as canonical JSON (docs/json.md), written piece by piece: it may be longer than a document that is read. */
#include "base/clock.h"
#include "base/day.h"
#include "reports/audit/audit_parts.h"

#include <errno.h>
#include <string.h>

static int put_time(json_t *object, const char *key, int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE];
	clock_format(utc_ms, text);
	return json_put_string(object, key, text);
}

static int put_day(json_t *object, const char *key, int64_t day)
{
	char text[DAY_TEXT_SIZE];
	day_format(day, text);
	return json_put_string(object, key, text);
}

/* -- pieces -- */

static int put_counts(json_t *object, const char *key, const struct audit_counts *counts)
{
	json_t *list = json_array();
	int r = json_put(object, key, list);
	for (size_t i = 0; r == 0 && i < counts->count; i++) {
		AUTO_JSON json_t *one = json_object();
		r = json_put_string(one, "word", counts->items[i].word);
		if (r == 0)
			r = json_put_integer(one, "count", (int64_t)counts->items[i].count);
		if (r == 0)
			r = json_push(list, json_incref(one));
	}
	return r;
}

static json_t *counts_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	int64_t drives = (int64_t)(audit->certificate_count - audit->deletions);
	if (!json || json_put_integer(json, "drives", drives) < 0 ||
		json_put_integer(json, "deletions", (int64_t)audit->deletions) < 0 ||
		json_put_integer(json, "superseded", (int64_t)audit->superseded) < 0 ||
		put_counts(json, "by_outcome", &audit->by_outcome) < 0 ||
		put_counts(json, "by_level", &audit->by_level) < 0 ||
		put_counts(json, "by_method", &audit->by_method) < 0 ||
		put_counts(json, "by_zone", &audit->by_zone) < 0 ||
		put_counts(json, "by_custody", &audit->by_custody) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *closing_json(const struct audit_closing *closing)
{
	AUTO_JSON json_t *json = json_object();
	char *const *texts = closing->certificate->texts;
	if (!json || json_put_string(json, "contract", texts[AUDIT_CONTRACT]) < 0 ||
		json_put_string(json, "tenant", texts[AUDIT_TENANT]) < 0 ||
		json_put_string(json, "certificate", texts[AUDIT_NAME]) < 0 ||
		json_put_string(json, "end_day", closing->end_day) < 0 ||
		put_day(json, "closed_day", day_in_tokyo(closing->certificate->issued_utc_ms)) <
			0 ||
		json_put_integer(json, "grace_days", closing->grace_days) < 0 ||
		json_put_integer(json, "days", closing->days) < 0 ||
		json_put_integer(json, "late", audit_is_late(closing->days, closing->grace_days)) <
			0)
		return NULL;
	return json_incref(json);
}

static json_t *contracts_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	json_t *items = json_array();
	if (json_put(json, "items", items) < 0 ||
		json_put_integer(json, "closed", (int64_t)audit->closing_count) < 0 ||
		json_put_integer(json, "late", (int64_t)audit->days_over) < 0)
		return NULL;
	if (audit->closing_count > 0 &&
		(json_put_integer(json, "days_min", audit->days_min) < 0 ||
			json_put_integer(json, "days_median", audit->days_median) < 0 ||
			json_put_integer(json, "days_max", audit->days_max) < 0))
		return NULL;
	for (size_t i = 0; i < audit->closing_count; i++)
		if (json_push(items, closing_json(&audit->closings[i])) < 0)
			return NULL;
	return json_incref(json);
}

static json_t *vm_json(const struct audit_vm *vm)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "id", vm->id) < 0 ||
		json_put_string(json, "label", vm->label) < 0 ||
		json_put_string(json, "tenant", vm->tenant) < 0 ||
		json_put_string(json, "contract", vm->contract) < 0 ||
		json_put_string(json, "end_day", vm->end_day) < 0 ||
		put_day(json, "gone_day", day_in_tokyo(vm->gone_utc_ms)) < 0 ||
		json_put_integer(json, "grace_days", vm->grace_days) < 0 ||
		json_put_integer(json, "days", vm->days) < 0 ||
		json_put_integer(json, "late", audit_is_late(vm->days, vm->grace_days)) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *vms_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	json_t *items = json_array();
	if (json_put(json, "items", items) < 0 ||
		json_put_integer(json, "deleted", (int64_t)audit->vm_count) < 0 ||
		json_put_integer(json, "late", (int64_t)audit->vm_late) < 0)
		return NULL;
	if (audit->vm_count > 0 &&
		(json_put_integer(json, "days_min", audit->vm_days_min) < 0 ||
			json_put_integer(json, "days_median", audit->vm_days_median) < 0 ||
			json_put_integer(json, "days_max", audit->vm_days_max) < 0))
		return NULL;
	for (size_t i = 0; i < audit->vm_count; i++)
		if (json_push(items, vm_json(&audit->vms[i])) < 0)
			return NULL;
	return json_incref(json);
}

static json_t *people_json(const struct audit *audit)
{
	AUTO_JSON json_t *list = json_array();
	for (size_t i = 0; i < audit->people_count; i++) {
		const struct audit_person *person = &audit->people[i];
		AUTO_JSON json_t *json = json_object();
		if (!list || json_put_string(json, "name", person->name) < 0 ||
			json_put_string(json, "role", person->role) < 0 ||
			json_put_integer(json, "count", (int64_t)person->count) < 0 ||
			json_push(list, json_incref(json)) < 0)
			return NULL;
	}
	return list ? json_incref(list) : NULL;
}

static json_t *period_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || put_day(json, "from", audit->from_day) < 0 ||
		put_day(json, "to", audit->to_day) < 0 ||
		json_put_string(json, "zone", "Asia/Tokyo") < 0)
		return NULL;
	return json_incref(json);
}

static json_t *ledger_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_integer(json, "size", (int64_t)audit->size) < 0 ||
		json_put_integer(json, "withheld", (int64_t)audit->findings.unseen) < 0 ||
		json_put_integer(json, "older", (int64_t)audit->findings.older) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *sample_json(const struct audit *audit)
{
	AUTO_JSON json_t *json = json_object();
	json_t *names = json_array();
	if (json_put(json, "names", names) < 0 ||
		json_put_string(json, "algorithm", "lowest SHA-256(seed || name)") < 0 ||
		json_put_integer(json, "percent", AUDIT_SAMPLE_PERCENT) < 0 ||
		json_put_integer(json, "of", (int64_t)audit->sample_of) < 0 ||
		json_put_string(json, "seed", audit->seed) < 0 ||
		json_put_string(json, "seed_from", audit->seed_given ? "given" : "last-record") < 0)
		return NULL;
	for (size_t i = 0; i < audit->sample_count; i++) {
		AUTO_JSON json_t *one = json_object();
		if (json_put_string(one, "name", audit->sample[i].certificate->texts[AUDIT_NAME]) <
				0 ||
			json_put_string(one, "digest", audit->sample[i].digest) < 0 ||
			json_push(names, json_incref(one)) < 0)
			return NULL;
	}
	return json_incref(json);
}

static json_t *certificate_json(const struct audit_certificate *certificate)
{
	AUTO_JSON json_t *json = json_object();
	int r = json ? put_time(json, "issued_utc", certificate->issued_utc_ms) : -ENOMEM;
	if (r == 0)
		r = json_put_integer(json, "index", (int64_t)certificate->index);
	if (r == 0)
		r = json_put_integer(json, "sampled", certificate->sampled);
	for (unsigned i = 0; r == 0 && i < AUDIT_COLUMNS; i++)
		r = json_put_string(json, audit_column_key(i), certificate->texts[i]);
	return r == 0 ? json_incref(json) : NULL;
}

/* -- the whole -- */

/* Takes the reference. */
static int write_item(struct buffer *text, const char *before, json_t *item)
{
	AUTO_JSON json_t *owned = item;
	int r = owned ? buffer_append_text(text, before) : -ENOMEM;
	return r == 0 ? json_write_canonical(owned, text) : r;
}

static int write_certificates(const struct audit *audit, struct buffer *text)
{
	int r = buffer_append_text(text, "{\"certificates\":[");
	for (size_t i = 0; r == 0 && i < audit->certificate_count; i++)
		r = write_item(text, i > 0 ? "," : "", certificate_json(&audit->certificates[i]));
	return r == 0 ? buffer_append_text(text, "]") : r;
}

static int write_findings(const struct audit *audit, struct buffer *text)
{
	int r = buffer_append_text(text, ",\"findings\":[");
	for (size_t i = 0; r == 0 && i < audit->findings.count; i++)
		r = write_item(text, i > 0 ? "," : "",
			finding_json(&audit->findings.items[i], audit->made_utc_ms));
	return r == 0 ? buffer_append_text(text, "]") : r;
}

/* Keys in the order of their bytes, as canonical JSON has them. */
int audit_write_json(const struct audit *audit, struct buffer *ret)
{
	char made[CLOCK_TEXT_SIZE];
	clock_format(audit->made_utc_ms, made);
	int r = write_certificates(audit, ret);
	if (r == 0)
		r = buffer_printf(ret, ",\"complete\":%d", audit_complete(audit));
	if (r == 0)
		r = write_item(ret, ",\"contracts\":", contracts_json(audit));
	if (r == 0)
		r = write_item(ret, ",\"counts\":", counts_json(audit));
	if (r == 0)
		r = write_findings(audit, ret);
	if (r == 0)
		r = buffer_printf(ret,
			",\"findings_later\":%llu,\"format\":\"haiki-audit\",\"format_version\":1",
			(unsigned long long)audit->later);
	if (r == 0)
		r = write_item(ret, ",\"ledger\":", ledger_json(audit));
	if (r == 0)
		r = buffer_printf(ret, ",\"made_utc\":\"%s\"", made);
	if (r == 0)
		r = write_item(ret, ",\"people\":", people_json(audit));
	if (r == 0)
		r = write_item(ret, ",\"period\":", period_json(audit));
	if (r == 0)
		r = write_item(ret, ",\"sample\":", sample_json(audit));
	if (r == 0)
		r = write_item(ret, ",\"vms\":", vms_json(audit));
	return r == 0 ? buffer_append_text(ret, "}") : r;
}
