/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a VM's course share. Within this folder. */
#ifndef HAIKI_WIPE_TENANT_COURSE_PARTS_H
#define HAIKI_WIPE_TENANT_COURSE_PARTS_H

#include "inventory/tenants/contracts.h"
#include "wipe/tenant/course.h"

/* -- facts (course_facts.c); pure -- */

bool fact_is(const json_t *fact, const char *word);
/* The last fact with this word; NULL for none. Borrowed. */
const json_t *facts_last(const json_t *facts, const char *word);
/* Has the place an erase fact, and did the last of them not fail? */
bool facts_erased(const json_t *facts, const char *place);
/* Has the disk of a survey a place (its own or of its chain) without, or with one that was erased before the VM was switched off
 * again? */
bool facts_disk_open(const json_t *facts, const json_t *disk);
/* Does any survey of these facts name the place? */
bool facts_know_place(const json_t *facts, const char *place);
/* Every place that any survey of these facts names, once; a new reference, NULL without memory. */
json_t *facts_places(const json_t *facts);

/* -- who is it, asked anew (course_ask.c) -- */

struct course_asked {
	enum decision decision;
	struct due due;
	struct contract_list contracts; /* owned */
	const struct contract_record
		*longest; /* the one that kept it longest; NULL none; among contracts */
	const struct course_platform *where; /* that has it; NULL: none */
	struct machine machine;              /* owned; surveyed just now, where it is there */
	struct clock_reading now;
};
void course_asked_free(struct course_asked *asked);
#define AUTO_ASKED CLEANUP(course_asked_free)

/* step: for which; disks are surveyed only where it needs them. 0: *ret is what is decided now. 1: it could not be asked, *error says why. -errno: the store failed. */
NODISCARD int course_ask(struct course *course, enum course_step step, struct course_asked *ret,
	struct error *error);

/* -- what is told and recorded when it does not go on (refusal.c) -- */

/* The sentence of a decision that is no yes, with what to do. Returns -EPERM. */
int refusal_error(enum decision decision, const char *uuid, const char *name, struct error *error);

/* The same of a night whose clock was not believed: once behind each run that was. utc_ms: the time that is put on it. */
NODISCARD int refusal_record_clock(struct store *store, const char *verdict,
	const struct clock_mark *last, int64_t utc_ms, struct error *error);

struct refusal {
	const char *uuid, *name, *platform;
	const char *service_code; /* as the platform bears it */
	int64_t vm_id;            /* 0: not in the inventory */
	int64_t deletion_id;      /* 0: not begun */
	enum decision decision;
};
/* 1: recorded; 0: it was before. Record that it was refused, unless the last thing recorded says the same: as a fact of its deletion, as an event on it or,
 * of one that is not in the inventory, under M0. A hold is an event alone, withheld from whoever reads the ledger: facts stand on
 * the tenant's certificate. */
NODISCARD int refusal_record(struct store *store, const struct refusal *refusal, int64_t now_utc_ms,
	struct error *error);

#endif
