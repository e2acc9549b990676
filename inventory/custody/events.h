/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event log: who did what to whom, when and why, appended in the transaction that did it. Rows
 * never change. What is acted on is named by kind and number. */
#ifndef HAIKI_INVENTORY_CUSTODY_EVENTS_H
#define HAIKI_INVENTORY_CUSTODY_EVENTS_H

#include "base/json.h"
#include "inventory/store/store.h"

/* What the inventory knows; the words are those of the tables, the letters those of an ID. */
enum subject_kind {
	SUBJECT_UNKNOWN,
	SUBJECT_DRIVE,      /* "drive"     D12 */
	SUBJECT_ARRAY,      /* "array"     A3 */
	SUBJECT_VOLUME,     /* "volume"    V7 */
	SUBJECT_TENANT,     /* "tenant"    T5 */
	SUBJECT_CONTRACT,   /* "contract"  C9 */
	SUBJECT_HOLD,       /* "hold"      H2 */
	SUBJECT_GENERATION, /* "generation" G4 */
	SUBJECT_VM,         /* "vm"        M3 */
	SUBJECT_APPROVAL,   /* "approval"  P2 */
};

struct subject {
	enum subject_kind kind;
	int64_t id;
};

#define SUBJECT_ID_MAX 24 /* a letter and digits */

const char *subject_kind_name(enum subject_kind kind);
enum subject_kind subject_kind_parse(const char *word); /* UNKNOWN for none */
/* "D12". */
void subject_format(const struct subject *subject, char ret[static SUBJECT_ID_MAX]);
/* The reverse: a letter in either case, a number from 1. False for anything else. */
bool subject_parse(const char *text, struct subject *ret);

#define ACTOR_MAX 160

/* Who stands behind this process: "login:NAME (1000)", the login uid that the kernel's audit keeps
 * behind sudo and su; "user:NAME (998)" for a service, which has none. Never fails. */
void actor_current(char ret[static ACTOR_MAX]);
/* Is it somebody who logged in under a name of his own? No service, and not root itself, which
 * anyone may share. */
bool actor_is_person(const char *actor);
/* Are two actors the same person? By the number in brackets: a name may be given anew. */
bool actor_same(const char *a, const char *b);

struct event {
	const char *action;   /* stable word: "custody", "hold-placed", "labels-set" … */
	const json_t *detail; /* object; borrowed */
	int64_t utc_ms;
};

/* Append, with the actor of this process; to the log and to the ledger (inventory/ledger). -ENOMEM, errors of
 * ledger_append. */
NODISCARD int events_append(struct store *store, const struct subject *subject,
	const struct event *event, struct error *error);

/* One row as read; detail is owned by the list. */
struct event_record {
	int64_t id;
	int64_t utc_ms;
	char actor[ACTOR_MAX];
	struct subject subject;
	char action[64];
	char *detail; /* canonical JSON; owned */
};
struct event_list {
	struct event_record *items; /* owned; oldest first */
	size_t count;
};
/* The newest `limit` events of the subject (NULL: of all), with those of the holds placed on it. Holds are
 * secret (holds.h): this is for operators. history.h adds where a drive was seen. */
NODISCARD int events_list(struct store *store, const struct subject *subject, size_t limit,
	struct event_list *ret, struct error *error);
void event_list_free(struct event_list *list);
#define AUTO_EVENTS CLEANUP(event_list_free)

#endif
