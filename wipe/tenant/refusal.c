/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a VM is not deleted: told to people with what to do, and recorded once, until it changes. */
#include "wipe/tenant/course_parts.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ACTION "deletion-refused"

/* -- for people -- */

static const struct {
	enum decision decision;
	const char *what, *next;
} sentences[] = {
	{ DECIDE_UNKNOWN, N_("a platform that has to be asked did not answer"),
		N_("See that all platforms of haiki.conf can be reached.") },
	{ DECIDE_NOT_DUE,
		N_("its deletion was begun, and a contract keeps "
		   "it again"),
		N_("See what was done to it: haiki inventory show UUID") },
	{ DECIDE_NO_CONTRACT, N_("no contract covers its service"),
		N_("Enter the contract that it belonged to: haiki inventory contract add") },
	{ DECIDE_CONTRACT_UNREADABLE, N_("the days of a contract that covers it cannot be read"),
		N_("Correct them: haiki inventory contract change") },
	{ DECIDE_HOLD, N_("a legal hold keeps it, or none can be ruled out"),
		N_("Operators only, never the tenant: haiki inventory list holds") },
	{ DECIDE_NOT_IN_INVENTORY,
		N_("a platform has it, and the inventory does not know "
		   "whose it is"),
		N_("Enter it: haiki inventory vm add UUID --service-code CODE") },
	{ DECIDE_UUID_TWICE, N_("more than one VM on the platforms has its UUID"),
		N_("Find out which one is meant, and give the other a UUID of its own.") },
	{ DECIDE_CODE_MISSING, N_("its platform bears no service code on it"),
		N_("Make sure whose it is, then write the code on it there.") },
	{ DECIDE_CODE_DIFFERS,
		N_("its platform bears another service code on it than "
		   "the inventory"),
		N_("Find out which one is right; compare: haiki inventory show UUID") },
	{ DECIDE_TENANT_DIFFERS,
		N_("its service code, a rule or a volume names another "
		   "tenant"),
		N_("Find out whose it is; compare: haiki inventory show UUID") },
	{ DECIDE_PLATFORM_DIFFERS,
		N_("it is not on the platform that the inventory says, or "
		   "that is not in haiki.conf"),
		N_("Find out why, then: haiki inventory vm change UUID --platform NAME") },
	{ DECIDE_UUID_DIFFERS,
		N_("no platform knows its UUID, but a VM unknown "
		   "to the inventory bears its service code"),
		N_("Find out whether it got another UUID, and enter that one.") },
	{ DECIDE_BACK,
		N_("it was proven gone, and a platform has it again: perhaps a restored copy"),
		N_("Find out who brought it back; haiki does not delete it a second time.") },
};

int refusal_error(enum decision decision, const char *uuid, const char *name, struct error *error)
{
	char label[400];
	const char *what = sentences[0].what, *next = sentences[0].next;
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (sentences[i].decision == decision)
			what = sentences[i].what, next = sentences[i].next;
	(void)snprintf(label, sizeof(label), name[0] ? "%s (%s)" : "%s%s", uuid, name);
	bool waits = decision == DECIDE_UNKNOWN;
	error_set(error, waits ? ERROR_WAITING : ERROR_REFUSED, waits ? EAGAIN : EPERM,
		decision_word(decision), _("The VM %s is not deleted: %s"), label, _(what));
	return error_next(error, "%s", _(next));
}

/* -- for the ledger -- */

static int was_recorded(struct store *store, int64_t vm_id, const char *detail, struct error *error)
{
	int64_t found = 0;
	const struct store_value values[] = {
		STORE_INT(vm_id),
		STORE_STRING(ACTION),
		STORE_STRING(detail),
	};
	/* Of one VM the last such event decides; under M0 stand many, each with its own words. */
	int r = drive_query_integer(store,
		vm_id != 0
			? "SELECT count(*) FROM event WHERE id = (SELECT max(id) FROM event"
			  " WHERE target_kind = 'vm' AND target_id = $1 AND action = $2)"
			  " AND detail = $3"
			: "SELECT count(*) FROM event WHERE target_kind = 'vm' AND target_id = $1"
			  " AND action = $2 AND detail = $3",
		values, ARRAY_SIZE(values), 0, &found, error);
	return r < 0 ? r : found > 0;
}

/* 1: entered; 0: it stands there already. */
static int enter(struct store *store, int64_t vm_id, const json_t *detail, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	if (json_write_canonical(detail, &text) < 0)
		return error_no_memory(error);
	int r = was_recorded(store, vm_id, buffer_text(&text), error);
	if (r != 0)
		return MIN(r, 0);
	const struct subject subject = { SUBJECT_VM, vm_id };
	const struct event event = { ACTION, detail, now_utc_ms };
	r = events_append(store, &subject, &event, error);
	return r < 0 ? r : 1;
}

static int note_event(
	struct store *store, const struct refusal *refusal, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "reason", decision_word(refusal->decision)) < 0 ||
		json_put_string(detail, "uuid", refusal->uuid) < 0 ||
		json_put_string(detail, "platform", refusal->platform) < 0 ||
		json_put_string(detail, "service_code", refusal->service_code) < 0)
		return error_no_memory(error);
	return enter(store, refusal->vm_id, detail, now_utc_ms, error);
}

int refusal_record_clock(struct store *store, const char *verdict, const struct clock_mark *last,
	int64_t utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char since[CLOCK_TEXT_SIZE];
	clock_format(last->utc_ms, since);
	if (!detail || json_put_string(detail, "reason", verdict) < 0 ||
		json_put_string(detail, "last_run_utc", since) < 0)
		return error_no_memory(error);
	int r = store_begin(store, error);
	return r < 0 ? r : MIN(store_end(store, enter(store, 0, detail, utc_ms, error), error), 0);
}

static bool says(const json_t *fact, const char *reason)
{
	const char *said = json_string_value(json_object_get(fact, "reason"));
	return fact_is(fact, "refused") && said && strcmp(said, reason) == 0;
}

static int note_fact(
	struct store *store, const struct refusal *refusal, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *facts = NULL;
	AUTO_JSON json_t *fact = json_object();
	const char *reason = decision_word(refusal->decision);
	if (!fact || json_put_string(fact, "fact", "refused") < 0 ||
		json_put_string(fact, "reason", reason) < 0)
		return error_no_memory(error);
	int r = deletions_facts(store, refusal->deletion_id, &facts, error);
	if (r < 0)
		return r;
	size_t count = json_array_size(facts);
	if (count > 0 && says(json_array_get(facts, count - 1), reason))
		return 0;
	r = deletions_append(store, refusal->deletion_id, fact, now_utc_ms, error);
	return r < 0 ? r : 1;
}

/* Facts go onto the tenant's certificate, which may not tell that a hold stands; the event about it is withheld from the
 * ledger's readers (inventory/ledger). */
int refusal_record(
	struct store *store, const struct refusal *refusal, int64_t now_utc_ms, struct error *error)
{
	bool as_fact = refusal->deletion_id != 0 && refusal->decision != DECIDE_HOLD;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store,
		as_fact ? note_fact(store, refusal, now_utc_ms, error)
			: note_event(store, refusal, now_utc_ms, error),
		error);
}
