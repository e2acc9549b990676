/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a legal hold: placed, confirmed, asked to be lifted, lifted. Two people each; each step
 * is a row changed and an event, in one transaction. */
#include "inventory/custody/holds.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/assets/subjects.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int check_person(const char *actor, struct error *error)
{
	if (actor_is_person(actor))
		return 0;
	int r = error_set(error, ERROR_REFUSED, EPERM, "hold-no-person",
		_("%s is no person: a service, or root itself, does not count as one of the two "
		  "people"),
		actor);
	error_next(error, _("Log in under your own account and use sudo."));
	return r;
}

int hold_check_second(const char *actor, const char *first, struct error *error)
{
	int r = check_person(actor, error);
	if (r < 0 || !actor_same(actor, first))
		return r;
	r = error_set(error, ERROR_REFUSED, EPERM, "hold-same-person",
		_("It takes two people: %s made the first step and cannot make the second"), first);
	error_next(error, _("Let somebody else do it, under an account of their own."));
	return r;
}

/* 0, or -EINVAL when the text is missing or does not fit. */
static int check_text(const char *text, size_t size, const char *missing, struct error *error)
{
	if (text && *text)
		return drive_check_label(text, size, error);
	return error_set(error, ERROR_USAGE, EINVAL, "hold-incomplete", "%s", missing);
}

static int put_detail(json_t *detail, const char *key, const char *value, struct error *error)
{
	if (json_put_string(detail, key, value) == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "label-malformed",
		_("The authority or the reason is no valid text (UTF-8)"));
}

static int note(struct store *store, int64_t id, const char *action, const json_t *detail,
	int64_t now_utc_ms, struct error *error)
{
	const struct subject subject = { SUBJECT_HOLD, id };
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* -- placing -- */

static int check_target(const struct subject *target, struct error *error)
{
	switch (target->kind) {
	case SUBJECT_DRIVE:
	case SUBJECT_ARRAY:
	case SUBJECT_VOLUME:
	case SUBJECT_TENANT:
	case SUBJECT_VM:
		return 0;
	case SUBJECT_UNKNOWN:
	case SUBJECT_CONTRACT:
	case SUBJECT_HOLD:
	case SUBJECT_GENERATION:
	case SUBJECT_APPROVAL:
		break;
	}
	return error_set(error, ERROR_USAGE, EINVAL, "hold-target",
		_("A hold is placed on a drive, an array, a volume, a tenant or a VM"));
}

static int insert(
	struct store *store, const struct hold *hold, int64_t *ret_id, struct error *error)
{
	int64_t id = 0;
	int r = drive_query_integer(
		store, "SELECT coalesce(max(id), 0) + 1 FROM hold", NULL, 0, 1, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(subject_kind_name(hold->target.kind)),
		STORE_INT(hold->target.id),
		STORE_STRING(hold->authority),
		STORE_STRING(hold->reason),
		STORE_INT(hold->placed_utc_ms),
		STORE_STRING(hold->placed_by),
	};
	r = store_execute(store,
		"INSERT INTO hold (id, target_kind, target_id, authority, reason, placed_utc_ms,"
		" placed_by, lifted_utc_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0)
		*ret_id = id;
	return r;
}

static int place(struct store *store, const struct hold *hold, int64_t *ret_id, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char target[SUBJECT_ID_MAX];
	subject_format(&hold->target, target);
	int r = subjects_check_known(store, &hold->target, error);
	if (r == 0)
		r = put_detail(detail, "authority", hold->authority, error);
	if (r == 0)
		r = put_detail(detail, "reason", hold->reason, error);
	if (r == 0)
		r = put_detail(detail, "on", target, error);
	if (r == 0)
		r = insert(store, hold, ret_id, error);
	return r < 0 ? r : note(store, *ret_id, "hold-placed", detail, hold->placed_utc_ms, error);
}

int holds_place(struct store *store, const struct subject *target, const char *authority,
	const char *reason, const char *actor, int64_t now_utc_ms, int64_t *ret_id,
	struct error *error)
{
	struct hold hold = { .target = *target, .placed_utc_ms = now_utc_ms };
	int64_t id = 0;
	int r = check_target(target, error);
	if (r == 0)
		r = check_text(authority, sizeof(hold.authority),
			_("A hold needs an authority: --authority NAME"), error);
	if (r == 0)
		r = check_text(reason, sizeof(hold.reason), _("Say why, with --reason"), error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	(void)snprintf(hold.authority, sizeof(hold.authority), "%s", authority);
	(void)snprintf(hold.reason, sizeof(hold.reason), "%s", reason);
	(void)snprintf(hold.placed_by, sizeof(hold.placed_by), "%s", actor);
	r = store_end(store, place(store, &hold, &id, error), error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

/* -- the later steps -- */

/* One step of a hold that is there. */
struct step {
	const char *action;
	const char *reason; /* NULL: none */
	const char *actor;
	int64_t utc_ms;
};

static int error_order(const struct hold *hold, struct error *error)
{
	int r = -EALREADY;
	switch (hold_state(hold)) {
	case HOLD_UNCONFIRMED:
		r = error_set(error, ERROR_REFUSED, EALREADY, "hold-order",
			_("H%" PRId64 " was placed by %s and is not confirmed; nobody asked to "
			  "lift it"),
			hold->id, hold->placed_by);
		break;
	case HOLD_CONFIRMED:
		r = error_set(error, ERROR_REFUSED, EALREADY, "hold-order",
			_("H%" PRId64 " is confirmed by %s; nobody asked to lift it"), hold->id,
			hold->confirmed_by);
		break;
	case HOLD_LIFT_ASKED:
		r = error_set(error, ERROR_REFUSED, EALREADY, "hold-order",
			_("H%" PRId64 " still stands; %s asked already to lift it"), hold->id,
			hold->lift_asked_by);
		break;
	case HOLD_LIFTED:
		r = error_set(error, ERROR_REFUSED, EALREADY, "hold-order",
			_("H%" PRId64 " was lifted by %s"), hold->id, hold->lifted_by);
		break;
	}
	error_next(error, _("See: haiki inventory show H%" PRId64), hold->id);
	return r;
}

static int apply(struct store *store, int64_t id, const char *sql, const struct step *step,
	struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(step->actor),
		STORE_INT(step->utc_ms),
		STORE_STRING(step->reason ? step->reason : ""),
	};
	AUTO_JSON json_t *detail = json_object();
	int64_t changed = 0;
	int r = step->reason ? put_detail(detail, "reason", step->reason, error) : 0;
	if (r == 0)
		r = store_execute(store, sql, values, step->reason ? 4 : 3, &changed, error);
	if (r == 0 && changed != 1)
		r = store_error_corrupt(store, "hold", error);
	return r < 0 ? r : note(store, id, step->action, detail, step->utc_ms, error);
}

static int confirm(struct store *store, int64_t id, const struct step *step, struct error *error)
{
	struct hold hold;
	int r = holds_get(store, id, &hold, error);
	if (r < 0)
		return r;
	if (hold.confirmed_utc_ms != 0 || hold.lifted_utc_ms != 0)
		return error_order(&hold, error);
	r = hold_check_second(step->actor, hold.placed_by, error);
	return r < 0 ? r
		     : apply(store, id,
			       "UPDATE hold SET confirmed_by = $2, confirmed_utc_ms = $3"
			       " WHERE id = $1 AND confirmed_utc_ms IS NULL",
			       step, error);
}

static int ask_lift(struct store *store, int64_t id, const struct step *step, struct error *error)
{
	struct hold hold;
	int r = holds_get(store, id, &hold, error);
	if (r < 0)
		return r;
	if (hold.lift_asked_utc_ms != 0 || hold.lifted_utc_ms != 0)
		return error_order(&hold, error);
	r = check_person(step->actor, error);
	return r < 0 ? r
		     : apply(store, id,
			       "UPDATE hold SET lift_asked_by = $2, lift_asked_utc_ms = $3,"
			       " lift_reason = $4 WHERE id = $1 AND lift_asked_utc_ms IS NULL",
			       step, error);
}

static int confirm_lift(
	struct store *store, int64_t id, const struct step *step, struct error *error)
{
	struct hold hold;
	int r = holds_get(store, id, &hold, error);
	if (r < 0)
		return r;
	if (hold_state(&hold) != HOLD_LIFT_ASKED)
		return error_order(&hold, error);
	r = hold_check_second(step->actor, hold.lift_asked_by, error);
	return r < 0 ? r
		     : apply(store, id,
			       "UPDATE hold SET lifted_by = $2, lifted_utc_ms = $3"
			       " WHERE id = $1 AND lifted_utc_ms IS NULL",
			       step, error);
}

static int cancel_lift(
	struct store *store, int64_t id, const struct step *step, struct error *error)
{
	struct hold hold;
	int r = holds_get(store, id, &hold, error);
	if (r < 0)
		return r;
	if (hold_state(&hold) != HOLD_LIFT_ASKED)
		return error_order(&hold, error);
	const struct store_value values[] = { STORE_INT(id) };
	AUTO_JSON json_t *detail = json_object();
	r = put_detail(detail, "asked_by", hold.lift_asked_by, error);
	if (r == 0)
		r = store_execute(store,
			"UPDATE hold SET lift_asked_by = '', lift_asked_utc_ms = NULL,"
			" lift_reason = '' WHERE id = $1",
			values, 1, NULL, error);
	return r < 0 ? r : note(store, id, step->action, detail, step->utc_ms, error);
}

typedef int step_function(
	struct store *store, int64_t id, const struct step *step, struct error *error);

static int in_transaction(struct store *store, int64_t id, step_function *function,
	const struct step *step, struct error *error)
{
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, function(store, id, step, error), error);
}

int holds_confirm(
	struct store *store, int64_t id, const char *actor, int64_t now_utc_ms, struct error *error)
{
	const struct step step = { "hold-confirmed", NULL, actor, now_utc_ms };
	return in_transaction(store, id, confirm, &step, error);
}

int holds_ask_lift(struct store *store, int64_t id, const char *reason, const char *actor,
	int64_t now_utc_ms, struct error *error)
{
	const struct step step = { "hold-lift-asked", reason, actor, now_utc_ms };
	int r = check_text(reason, sizeof(((struct hold *)NULL)->lift_reason),
		_("Say why, with --reason"), error);
	return r < 0 ? r : in_transaction(store, id, ask_lift, &step, error);
}

int holds_confirm_lift(
	struct store *store, int64_t id, const char *actor, int64_t now_utc_ms, struct error *error)
{
	const struct step step = { "hold-lifted", NULL, actor, now_utc_ms };
	return in_transaction(store, id, confirm_lift, &step, error);
}

int holds_cancel_lift(
	struct store *store, int64_t id, const char *actor, int64_t now_utc_ms, struct error *error)
{
	const struct step step = { "hold-lift-cancelled", NULL, actor, now_utc_ms };
	return in_transaction(store, id, cancel_lift, &step, error);
}
