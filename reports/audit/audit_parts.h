/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the audit: taken.c keeps what the records tell, sums.c counts it, sample.c draws. */
#ifndef HAIKI_REPORTS_AUDIT_AUDIT_PARTS_H
#define HAIKI_REPORTS_AUDIT_AUDIT_PARTS_H

#include "reports/audit/audit.h"

/* Owned by the caller; NULL without memory. */
char *audit_copy(const char *text);

/* Texts by which something else is looked up; all owned. */
struct audit_pair {
	char *key, *value;
};
struct audit_pairs {
	struct audit_pair *items; /* owned */
	size_t count, capacity;
};
NODISCARD int audit_pairs_add(struct audit_pairs *pairs, const char *key, const char *value);
/* By key; of equal ones in the order in which they came. */
void audit_pairs_sort(struct audit_pairs *pairs);
/* The first of this key, and how many there are; NULL: none. */
const struct audit_pair *audit_pairs_find(
	const struct audit_pairs *pairs, const char *key, size_t *ret_count);
void audit_pairs_free(struct audit_pairs *pairs);

struct audit_contract {
	char *number, *id; /* owned; "C9" */
	char end_day[16];
	int64_t grace_days;
	size_t number_in_order;
};

struct audit_taking {
	struct audit_question question;
	char seed[AUDIT_SEED_MAX];
	struct reconcile *reconcile;
	char last_digest[65];
	struct audit_certificate *certificates; /* of the period */
	size_t certificate_count, certificate_capacity;
	struct audit_pairs superseded; /* name → "" */
	struct audit_pairs approvals;  /* certificate → person */
	struct audit_pairs ends;       /* state of custody → actor */
	struct audit_contract *contracts;
	size_t contract_count, contract_capacity;
	struct audit_pairs begun; /* VM → contract */
	struct audit_vm *vms;     /* gone in the period, without what their contracts say */
	size_t vm_count, vm_capacity;
};

void audit_certificate_free(struct audit_certificate *certificate);
bool audit_in_period(const struct audit_question *question, int64_t utc_ms);

/* Draw the sample of the certificates that are proven. */
NODISCARD int audit_fill_sample(struct audit *audit, struct error *error);

/* Fill the sums of *audit from its certificates and from what was taken. 0 or -ENOMEM. */
NODISCARD int audit_sum(const struct audit_taking *taking, struct audit *audit);
NODISCARD int audit_close(const struct audit_taking *taking, struct audit *audit);

/* VMs (vms.c): keep what a record of one tells, and count it; 0 or -ENOMEM. */
NODISCARD int audit_keep_vm(struct audit_taking *taking, const struct record *record);
NODISCARD int audit_sum_vms(struct audit_taking *taking, struct audit *audit);
void audit_vms_free(struct audit_vm *vms, size_t count);

#endif
