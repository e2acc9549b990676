/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking facts out of records: one function for each kind of record and of what an event is about. */
#include "verify/ledger/facts.h"

#include "base/clock.h"
#include "verify/tenant/deletion.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- reading -- */

/* Reads the fields of one record; what is missing or out of memory is asked for once, at the end. */
struct reading {
	struct facts *facts;
	const struct record *record;
	const char *missing; /* the first field that is not there, or not as it must be */
	bool no_memory;
};

static const char *keep(struct reading *reading, const char *text)
{
	size_t length = strlen(text) + 1;
	if (length == 1)
		return "";
	char *kept = facts_room(&reading->facts->texts, length);
	if (!kept) {
		reading->no_memory = true;
		return "";
	}
	memcpy(kept, text, length);
	return kept;
}

static const char *optional(struct reading *reading, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? keep(reading, text) : "";
}

static const char *needed(struct reading *reading, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_string(value) && !reading->missing)
		reading->missing = key;
	return json_is_string(value) ? keep(reading, json_string_value(value)) : "";
}

static int64_t needed_integer(struct reading *reading, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_integer(value) && !reading->missing)
		reading->missing = key;
	return json_integer_value(value);
}

/* "D12" as 12; the letter must be this one, '\0' for any. */
static int64_t needed_id(
	struct reading *reading, const json_t *object, const char *key, char letter)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t digits = text && *text ? strspn(text + 1, "0123456789") : 0;
	bool good = digits > 0 && digits <= 18 && text[1 + digits] == '\0' &&
		    (!letter || text[0] == letter);
	if (!good && !reading->missing)
		reading->missing = key;
	return good ? strtoll(text + 1, NULL, 10) : 0;
}

static const json_t *needed_object(struct reading *reading, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_object(value) && !reading->missing)
		reading->missing = key;
	return value;
}

/* 0 for "" where that is allowed. */
static int64_t time_of(
	struct reading *reading, const json_t *object, const char *key, bool may_be_empty)
{
	const char *text = json_string_value(json_object_get(object, key));
	int64_t utc_ms = 0;
	if (may_be_empty && (!text || !*text))
		return 0;
	if ((!text || clock_parse(text, &utc_ms) < 0) && !reading->missing)
		reading->missing = key;
	return utc_ms;
}

/* -- lists -- */

#define ADD(list, fact)                                                                            \
	({                                                                                         \
		typeof((list)->items) grown =                                                      \
			facts_grow((list)->items, (list)->count, &(list)->capacity, sizeof(fact)); \
		if (grown) {                                                                       \
			grown[(list)->count++] = (fact);                                           \
			(list)->items = grown;                                                     \
		}                                                                                  \
		grown ? 0 : -ENOMEM;                                                               \
	})

static struct fact_place place_of(const struct record *record)
{
	return (struct fact_place){ record->index, record->utc_ms };
}

static int add_note(struct reading *reading, enum finding_kind kind, const char *detail)
{
	const struct noted_fact fact = { place_of(reading->record), kind, keep(reading, detail) };
	return reading->no_memory ? -ENOMEM : ADD(&reading->facts->noted, fact);
}

static int add_unread(struct reading *reading, const char *what, const char *which)
{
	char detail[128];
	(void)snprintf(detail, sizeof(detail), "%s=%.100s", what, which);
	return add_note(reading, FINDING_UNREADABLE, detail);
}

/* Is the fact to be kept? Else what is wrong with it was noted, or *ret says that memory ran out. */
static bool is_sound(struct reading *reading, int *ret)
{
	*ret = 0;
	if (reading->no_memory)
		*ret = -ENOMEM;
	else if (reading->missing)
		*ret = add_unread(reading, "field", reading->missing);
	else
		return true;
	return false;
}

/* -- events -- */

/* An event as all of them are. */
struct event_read {
	const char *action, *actor; /* borrowed from the record */
	const json_t *subject, *detail;
	int64_t id;
};

static int add_drive(struct reading *reading, const struct drive_fact *like)
{
	int r = 0;
	return is_sound(reading, &r) ? ADD(&reading->facts->drives, *like) : r;
}

static int take_drive(struct reading *reading, const struct event_read *event)
{
	struct drive_fact fact = {
		.place = place_of(reading->record),
		.drive = event->id,
		.from = "",
		.to = "",
		.certificate = "",
		.witness = "",
		.job = "",
		.tenant = "",
	};
	if (strcmp(event->action, "custody") == 0) {
		fact.kind = DRIVE_CUSTODY;
		fact.from = needed(reading, event->detail, "from");
		fact.to = needed(reading, event->detail, "to");
		fact.certificate = optional(reading, event->detail, "certificate");
		fact.witness = optional(reading, event->detail, "witness");
	} else if (strcmp(event->action, "wipe-began") == 0) {
		fact.kind = DRIVE_BEGAN;
		fact.job = needed(reading, event->detail, "job");
	} else if (strcmp(event->action, "contents-seen") == 0) {
		fact.kind = DRIVE_CONTENTS;
	} else if (strcmp(event->action, "labels-set") == 0 && json_has(event->detail, "tenant")) {
		fact.kind = DRIVE_LABELLED;
		fact.tenant = needed(reading, event->detail, "tenant");
	} else {
		return 0;
	}
	fact.serial = needed(reading, event->subject, "serial");
	fact.wwn = needed(reading, event->subject, "wwn");
	fact.label = optional(reading, event->subject, "label");
	return add_drive(reading, &fact);
}

static int take_hold(struct reading *reading, const struct event_read *event)
{
	static const char *const known[] = { "hold-placed", "hold-confirmed", "hold-lift-asked",
		"hold-lift-cancelled", "hold-lifted" };
	const json_t *target = needed_object(reading, event->subject, "target");
	struct hold_fact fact = {
		.place = place_of(reading->record),
		.hold = event->id,
		.action = "",
		.actor = keep(reading, event->actor),
		.label = optional(reading, event->subject, "label"),
		.target_kind = needed(reading, target, "kind"),
		.target_id = needed_id(reading, target, "id", '\0'),
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(event->action, known[i]) == 0)
			fact.action = known[i];
	if (!*fact.action)
		return add_unread(reading, "action", event->action);
	return is_sound(reading, &r) ? ADD(&reading->facts->holds, fact) : r;
}

/* What was told of a contract is no change of it. */
static bool is_notice(const char *action)
{
	static const char *const notices[] = { "notice-intended", "notice-sent", "notice-failed",
		"notice-uncertain" };
	for (size_t i = 0; i < ARRAY_SIZE(notices); i++)
		if (strcmp(notices[i], action) == 0)
			return true;
	return false;
}

static int take_contract(struct reading *reading, const struct event_read *event)
{
	if (is_notice(event->action))
		return 0;
	struct contract_fact fact = {
		.place = place_of(reading->record),
		.contract = event->id,
		.number = needed(reading, event->detail, "number"),
		.tenant = needed(reading, event->detail, "tenant"),
		.start_day = optional(reading, event->detail, "start_day"),
		.end_day = needed(reading, event->detail, "end_day"),
		.grace_days = needed_integer(reading, event->detail, "grace_days"),
		.service_codes = optional(reading, event->detail, "service_codes"),
	};
	int r = 0;
	/* Its code says more than an ID. */
	if (*optional(reading, event->subject, "tenant"))
		fact.tenant = optional(reading, event->subject, "tenant");
	if (strcmp(event->action, "contract-added") != 0 &&
		strcmp(event->action, "contract-changed") != 0)
		return add_unread(reading, "action", event->action);
	return is_sound(reading, &r) ? ADD(&reading->facts->contracts, fact) : r;
}

static int take_tenant(struct reading *reading, const struct event_read *event)
{
	const struct id_fact fact = { place_of(reading->record), event->id,
		needed(reading, event->subject, "code") };
	int r = 0;
	return is_sound(reading, &r) ? ADD(&reading->facts->tenants, fact) : r;
}

static int take_volume(struct reading *reading, const struct event_read *event)
{
	const struct id_fact fact = { place_of(reading->record), event->id, "" };
	if (strcmp(event->action, "key-copy-destroyed") != 0)
		return 0;
	return ADD(&reading->facts->copies, fact);
}

/* Of the facts of a deletion (verify/tenant/deletion.h) those on which something rests. A look that tells of much that
 * is left is too long to be told in full. */
static bool kind_of_vm(const struct event_read *event, enum vm_fact_kind *ret)
{
	static const struct {
		const char *action;
		enum vm_fact_kind kind;
	} kinds[] = {
		{ "deletion-begun", VM_BEGUN },
		{ "deletion-power-off", VM_DESTROYED },
		{ "deletion-snapshots", VM_DESTROYED },
		{ "deletion-erase", VM_DESTROYED },
		{ "deletion-delete", VM_DESTROYED },
		{ "deletion-look", VM_SEEN },
		{ "vm-gone", VM_CLOSED },
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].action, event->action) == 0) {
			*ret = kinds[i].kind == VM_SEEN && deletion_look_is_gone(event->detail)
				       ? VM_SEEN_GONE
				       : kinds[i].kind;
			return true;
		}
	return false;
}

static int take_vm(struct reading *reading, const struct event_read *event)
{
	struct vm_fact fact = { .place = place_of(reading->record), .vm = event->id };
	int r = 0;
	if (!kind_of_vm(event, &fact.kind))
		return 0;
	if (fact.kind == VM_BEGUN) {
		fact.contract = needed_id(reading, event->detail, "contract", 'C');
		fact.due_utc_ms = time_of(reading, event->detail, "due_utc", false);
	}
	fact.action = keep(reading, event->action);
	fact.tenant = needed(reading, event->subject, "tenant");
	fact.label = optional(reading, event->subject, "label");
	return is_sound(reading, &r) ? ADD(&reading->facts->vms, fact) : r;
}

/* The first record where a store was older than its ledger: what it brought along stands behind it, and its times are
 * those of the store. Anywhere else it would be a way to enter a past that never was. */
static int take_ledger(struct reading *reading, const struct event_read *event)
{
	int64_t events = needed_integer(reading, event->detail, "events");
	int64_t certificates = needed_integer(reading, event->detail, "certificates");
	int r = 0;
	if (strcmp(event->action, "ledger-began") != 0)
		return add_unread(reading, "action", event->action);
	if (!is_sound(reading, &r))
		return r;
	if (reading->record->index != 0 || events < 0 || certificates < 0 ||
		events > INT64_MAX / 2 || certificates > INT64_MAX / 2)
		return add_note(reading, FINDING_CONTRADICTION, "ledger-began-later");
	reading->facts->older = (uint64_t)(events + certificates);
	return 0;
}

static const struct {
	const char *kind;
	char letter;
	int (*take)(struct reading *reading, const struct event_read *event);
} subjects[] = {
	{ "drive", 'D', take_drive },
	{ "hold", 'H', take_hold },
	{ "contract", 'C', take_contract },
	{ "tenant", 'T', take_tenant },
	{ "volume", 'V', take_volume },
	{ "vm", 'M', take_vm },
	{ "ledger", '\0', take_ledger },
	/* nothing rests on these */
	{ "array", 'A', NULL },
	{ "generation", 'G', NULL },
	{ "approval", 'P', NULL },
};

static int take_event(struct reading *reading)
{
	const json_t *body = reading->record->body;
	struct event_read event = {
		.action = json_string_value(json_object_get(body, "action")),
		.actor = json_string_value(json_object_get(body, "actor")),
		.subject = needed_object(reading, body, "subject"),
		.detail = json_object_get(body, "detail"), /* a long one is told by its digest */
	};
	const char *kind = json_string_value(json_object_get(event.subject, "kind"));
	size_t i = 0;
	int r = 0;
	while (kind && i < ARRAY_SIZE(subjects) && strcmp(subjects[i].kind, kind) != 0)
		i++;
	if (kind && i == ARRAY_SIZE(subjects))
		return add_unread(reading, "subject", kind);
	if (!reading->missing && (!event.action || !event.actor || !kind))
		reading->missing = !event.action ? "action" : !event.actor ? "actor" : "kind";
	if (kind && subjects[i].letter && subjects[i].take)
		event.id = needed_id(reading, event.subject, "id", subjects[i].letter);
	if (!is_sound(reading, &r))
		return r;
	return subjects[i].take ? subjects[i].take(reading, &event) : 0;
}

/* -- certificates -- */

static const char *read_outstanding(struct reading *reading)
{
	const json_t *words = json_object_get(reading->record->body, "outstanding");
	size_t length = 1;
	if (!json_is_array(words) && !reading->missing)
		reading->missing = "outstanding";
	for (size_t i = 0; i < json_array_size(words); i++) {
		const json_t *word = json_array_get(words, i);
		if (!json_is_string(word) && !reading->missing)
			reading->missing = "outstanding";
		length += json_string_length(word) + 1;
	}
	if (length == 1 || reading->missing)
		return "";
	char *text = facts_room(&reading->facts->texts, length);
	if (!text) {
		reading->no_memory = true;
		return "";
	}
	char *end = text;
	for (size_t i = 0; i < json_array_size(words); i++)
		end += snprintf(end, length - (size_t)(end - text), "%s\n",
			json_string_value(json_array_get(words, i)));
	return text;
}

/* What both kinds of certificate have. */
static struct certificate_fact read_certificate(struct reading *reading)
{
	const json_t *body = reading->record->body;
	return (struct certificate_fact){
		.place = place_of(reading->record),
		.name = needed(reading, body, "name"),
		.sha256 = needed(reading, body, "sha256"),
		.outcome = needed(reading, body, "outcome"),
		.supersedes = needed(reading, body, "supersedes"),
		.issued_utc_ms = time_of(reading, body, "issued_utc", false),
		.outstanding = read_outstanding(reading),
		.job = "",
		.contract = "",
		.level = "",
		.serial = "",
		.wwn = "",
		.label = "",
		.tenant = "",
	};
}

/* More than clocks that are set right, or hosts that differ, are apart. */
#define TIME_TOLERANCE_MS (INT64_C(24) * 3600 * 1000)

static int add_certificate(struct reading *reading, const struct certificate_fact *fact)
{
	int64_t apart_ms = fact->issued_utc_ms - fact->place.utc_ms;
	int r = 0;
	if (!is_sound(reading, &r))
		return r;
	if (apart_ms > TIME_TOLERANCE_MS || apart_ms < -TIME_TOLERANCE_MS)
		r = add_note(reading, FINDING_CONTRADICTION, "issued-at-another-time");
	return r == 0 ? ADD(&reading->facts->certificates, *fact) : r;
}

static int take_certificate(struct reading *reading)
{
	const json_t *body = reading->record->body;
	const json_t *subject = needed_object(reading, body, "subject");
	struct certificate_fact fact = read_certificate(reading);
	char label[320];
	fact.job = needed(reading, body, "job");
	fact.level = needed(reading, body, "level");
	fact.serial = needed(reading, subject, "serial");
	fact.wwn = needed(reading, subject, "wwn");
	fact.tenant = needed(reading, subject, "tenant");
	fact.began_utc_ms = time_of(reading, body, "began_utc", true);
	fact.ended_utc_ms = time_of(reading, body, "ended_utc", true);
	const char *model = json_string_value(json_object_get(subject, "model"));
	(void)snprintf(label, sizeof(label), "%s (%s)", model ? model : "",
		*fact.serial ? fact.serial : fact.wwn);
	fact.label = keep(reading, label);
	return add_certificate(reading, &fact);
}

static int take_tenant_certificate(struct reading *reading)
{
	const json_t *body = reading->record->body;
	struct certificate_fact fact = read_certificate(reading);
	fact.contract = needed(reading, body, "contract");
	fact.tenant = needed(reading, body, "tenant");
	fact.label = fact.name;
	return add_certificate(reading, &fact);
}

static int take_signature(struct reading *reading)
{
	const json_t *body = reading->record->body;
	const struct signature_fact fact = {
		.place = place_of(reading->record),
		.certificate = needed(reading, body, "certificate"),
		.sha256 = needed(reading, body, "sha256"),
	};
	int r = 0;
	return is_sound(reading, &r) ? ADD(&reading->facts->signatures, fact) : r;
}

/* The order of the ledger cannot be changed afterwards; a time that goes back in it was not the time. */
static int judge_time(struct reading *reading)
{
	struct facts *facts = reading->facts;
	const struct record *record = reading->record;
	bool first = facts->taken == 0, older = record->index <= facts->older;
	int64_t before_ms = facts->last_utc_ms;
	facts->last_utc_ms = record->utc_ms;
	if (first || older || record->utc_ms >= before_ms - TIME_TOLERANCE_MS)
		return 0;
	return add_note(reading, FINDING_CONTRADICTION, "time-went-back");
}

static int take_body(struct reading *reading)
{
	switch (reading->record->kind) {
	case RECORD_EVENT:
		return take_event(reading);
	case RECORD_CERTIFICATE:
		return take_certificate(reading);
	case RECORD_TENANT:
		return take_tenant_certificate(reading);
	case RECORD_SIGNATURE:
		return take_signature(reading);
	case RECORD_KEY:
		return 0;
	case RECORD_UNKNOWN:
		break;
	}
	return add_unread(reading, "kind", "unknown");
}

int facts_take(struct facts *facts, const struct record *record)
{
	struct reading reading = { .facts = facts, .record = record };
	int r = judge_time(&reading);
	if (facts->taken == facts->next_index && record->index > facts->next_index)
		facts->first_unseen = facts->next_index;
	facts->taken++;
	facts->next_index = record->index + 1;
	return r == 0 ? take_body(&reading) : r;
}

void facts_free(struct facts *facts)
{
	facts_free_texts(&facts->texts);
	free(facts->drives.items);
	free(facts->certificates.items);
	free(facts->holds.items);
	free(facts->contracts.items);
	free(facts->vms.items);
	free(facts->signatures.items);
	free(facts->tenants.items);
	free(facts->copies.items);
	free(facts->noted.items);
	*facts = (struct facts){ 0 };
}
