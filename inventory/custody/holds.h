/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legal holds: what must not be destroyed, by whose authority. A hold blocks from the first word of
 * whoever places it; it takes two people to make it confirmed, and two others or the same to lift it.
 *
 * SECRET. An authority may obtain evidence without the tenant being told. What a tenant may ever
 * see (certificates, reports, notices) names neither authority nor reason, nor that there is a
 * hold; commands for tenants do not include this header. Evidence of a job says "H3" and no more. */
#ifndef HAIKI_INVENTORY_CUSTODY_HOLDS_H
#define HAIKI_INVENTORY_CUSTODY_HOLDS_H

#include "device/identity/identity.h"
#include "inventory/assets/subjects.h"

struct hold {
	int64_t id;                           /* shown as H<id> */
	struct subject target;                /* drive, array, volume, tenant or VM */
	char target_label[SUBJECT_LABEL_MAX]; /* as subjects_label gives it */
	char authority[128];
	char reason[256];
	int64_t placed_utc_ms;
	char placed_by[ACTOR_MAX];
	int64_t confirmed_utc_ms; /* 0: not yet */
	char confirmed_by[ACTOR_MAX];
	int64_t lift_asked_utc_ms; /* 0: nobody asked */
	char lift_asked_by[ACTOR_MAX];
	char lift_reason[256];
	int64_t lifted_utc_ms; /* 0: it stands */
	char lifted_by[ACTOR_MAX];
};

enum hold_state {
	HOLD_UNCONFIRMED, /* it blocks */
	HOLD_CONFIRMED,   /* it blocks */
	HOLD_LIFT_ASKED,  /* it blocks */
	HOLD_LIFTED,
};
enum hold_state hold_state(const struct hold *hold);
const char *hold_state_name(
	enum hold_state state); /* "unconfirmed", "confirmed", "lift-asked", "lifted" */

struct hold_list {
	struct hold *items; /* owned */
	size_t count;
};
void hold_list_free(struct hold_list *list);
#define AUTO_HOLDS CLEANUP(hold_list_free)

/* May this actor make the second step, after first made the first one? Only a person (actor_is_person)
 * other than first. -EPERM, ERROR_REFUSED: "hold-no-person", "hold-same-person". */
NODISCARD int hold_check_second(const char *actor, const char *first, struct error *error);

/* Each is one transaction with its event (on the hold: hold-placed, hold-confirmed,
 * hold-lift-asked, hold-lift-cancelled, hold-lifted). actor: actor_current; a parameter so that tests can be two people.
 *
 * place        by anyone, also a service: it only ever makes things safer. -EINVAL
 *              "hold-target" for other kinds than these, -ENOENT "target-unknown"
 * confirm      the second person: another than who placed it
 * ask_lift     the first person for lifting; must be a person
 * confirm_lift the second person: another than who asked; from then on it does not block
 * cancel_lift  by anyone: makes things safer
 * -ENOENT "hold-unknown"; -EALREADY "hold-order" (it is in another state, which is named), -EINVAL
 * "label-too-long", "label-malformed", "hold-incomplete" (a text that is needed is empty). */
NODISCARD int holds_place(struct store *store, const struct subject *target, const char *authority,
	const char *reason, const char *actor, int64_t now_utc_ms, int64_t *ret_id,
	struct error *error);
NODISCARD int holds_confirm(struct store *store, int64_t id, const char *actor, int64_t now_utc_ms,
	struct error *error);
NODISCARD int holds_ask_lift(struct store *store, int64_t id, const char *reason, const char *actor,
	int64_t now_utc_ms, struct error *error);
NODISCARD int holds_confirm_lift(struct store *store, int64_t id, const char *actor,
	int64_t now_utc_ms, struct error *error);
NODISCARD int holds_cancel_lift(struct store *store, int64_t id, const char *actor,
	int64_t now_utc_ms, struct error *error);

/* All holds, oldest first; the lifted ones too when with_lifted. */
NODISCARD int holds_list(
	struct store *store, bool with_lifted, struct hold_list *ret, struct error *error);
/* -ENOENT "hold-unknown". */
NODISCARD int holds_get(struct store *store, int64_t id, struct hold *ret, struct error *error);

/* Does a hold that is not lifted cover the drive? 1: *ret is the oldest; 0: none; -errno: the store could
 * not say, which is never "no". Covered is whatever has the WWN or the serial of a drive that is
 *  - held itself, whatever the model is called today;
 *  - or below a held array or volume, now or once: an edge that has left counts unless the drive
 *    was sanitized after it was last seen; copies count with what they were made from (snapshots,
 *    thin volumes, copies of headers), either way round;
 *  - or below a volume of a held tenant, or of a held VM (by vm_uuid) or one of a held tenant, in the same sense;
 *  - or labelled with the code or a service code of a held tenant.
 * -EINVAL "identity-missing" for a drive without serial and WWN. */
NODISCARD int drives_hold(struct store *store, const struct drive_identity *identity,
	struct hold *ret, struct error *error);
/* All of them. */
NODISCARD int drives_holds(struct store *store, const struct drive_identity *identity,
	struct hold_list *ret, struct error *error);

#endif
