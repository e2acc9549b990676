/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the records completeness rests on, taken out of them one by one and kept in the order of the ledger. Within
 * this room: reconcile.h is the way in. */
#ifndef HAIKI_VERIFY_LEDGER_FACTS_H
#define HAIKI_VERIFY_LEDGER_FACTS_H

#include "verify/ledger/reconcile.h"

/* Texts of facts live as long as the facts do; none is NULL, "" is "not told". */
struct text_chunk;
struct text_pool {
	struct text_chunk *newest;
};

/* Each fact knows the record it is from. */
struct fact_place {
	uint64_t index;
	int64_t utc_ms;
};

enum drive_fact_kind {
	DRIVE_CUSTODY,  /* from, to, certificate, witness */
	DRIVE_BEGAN,    /* job: a wipe began to write */
	DRIVE_CONTENTS, /* it was seen to carry something again */
	DRIVE_LABELLED, /* tenant */
};
struct drive_fact {
	struct fact_place place;
	enum drive_fact_kind kind;
	int64_t drive;
	const char *serial, *wwn, *label;
	const char *from, *to, *certificate, *witness;
	const char *job;
	const char *tenant;
};

/* A certificate of a job (contract is "") or of a contract's deletion (job is ""). */
struct certificate_fact {
	struct fact_place place;
	const char *name, *sha256, *job, *contract, *outcome, *level, *supersedes;
	const char *serial, *wwn, *label, *tenant;
	const char *outstanding; /* words, each with a newline behind it */
	int64_t issued_utc_ms;
	int64_t began_utc_ms, ended_utc_ms; /* 0: not told */
};

struct hold_fact {
	struct fact_place place;
	int64_t hold;
	const char *action, *actor, *label;
	const char *target_kind;
	int64_t target_id;
};

struct contract_fact {
	struct fact_place place;
	int64_t contract;
	const char *number, *tenant;
	const char *start_day; /* "" not told */
	const char *end_day;   /* "" while none is agreed */
	int64_t grace_days;
	const char *service_codes; /* with a blank between them; "" all of the tenant's */
};

enum vm_fact_kind {
	VM_BEGUN,     /* its deletion: contract, due_utc_ms */
	VM_DESTROYED, /* a step that destroys: action */
	VM_SEEN,      /* asked for, and somebody has it or does not say */
	VM_SEEN_GONE, /* asked for, and everybody says that it is gone */
	VM_CLOSED,    /* entered as gone */
};
struct vm_fact {
	struct fact_place place;
	enum vm_fact_kind kind;
	int64_t vm, contract;
	int64_t due_utc_ms;
	const char *action, *tenant, *label;
};

struct signature_fact {
	struct fact_place place;
	const char *certificate, *sha256;
};

/* An id that something was said of: the code of a tenant, a copy of keys that was destroyed. */
struct id_fact {
	struct fact_place place;
	int64_t id;
	const char *text;
};

/* What is wrong with a record by itself or by where it stands: it could not be understood, or its time. */
struct noted_fact {
	struct fact_place place;
	enum finding_kind kind;
	const char *detail;
};

#define FACT_LIST(name, type)                                                                      \
	struct name {                                                                              \
		struct type *items; /* owned */                                                    \
		size_t count, capacity;                                                            \
	}
FACT_LIST(drive_facts, drive_fact);
FACT_LIST(certificate_facts, certificate_fact);
FACT_LIST(hold_facts, hold_fact);
FACT_LIST(contract_facts, contract_fact);
FACT_LIST(vm_facts, vm_fact);
FACT_LIST(signature_facts, signature_fact);
FACT_LIST(id_facts, id_fact);
FACT_LIST(noted_facts, noted_fact);

struct facts {
	struct text_pool texts;
	struct drive_facts drives;
	struct certificate_facts certificates;
	struct hold_facts holds;
	struct contract_facts contracts;
	struct vm_facts vms;
	struct signature_facts signatures;
	struct id_facts tenants;
	struct id_facts copies; /* of keys, destroyed */
	struct noted_facts noted;
	uint64_t taken;      /* records */
	uint64_t next_index; /* of the ledger, behind the last that was taken */
	uint64_t first_unseen;
	int64_t last_utc_ms; /* of the record before */
	uint64_t older; /* records from 1 on that a store older than its ledger brought along */
};
void facts_free(struct facts *facts);
/* -- their memory -- */

/* Room for a text in the pool; NULL without memory. */
char *facts_room(struct text_pool *pool, size_t length);
void facts_free_texts(struct text_pool *pool);
/* items (of the given size), larger where count of them fill it; NULL without memory: then they stay as they were. */
void *facts_grow(void *items, size_t count, size_t *capacity, size_t size);

/* 0 or -ENOMEM. A record that cannot be understood is a fact too. */
NODISCARD int facts_take(struct facts *facts, const struct record *record);

#endif
