/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that make a plan share. Inside wipe/plan/ only. */
#ifndef HAIKI_WIPE_PLAN_PLAN_PARTS_H
#define HAIKI_WIPE_PLAN_PLAN_PARTS_H

#include "wipe/plan/plan.h"

/* What is due, from rule and request together. */
struct plan_due {
	enum level level;
	enum verification verification; /* of a plan that reaches the level */
	enum verification coverage;     /* in which a last overwriting pass is read back */
	const struct scheme *scheme;
	const struct combination_list *methods;
	bool deallocated_accepted;
};

/* What stays the same while candidates are weighed. */
struct plan_weighing {
	const struct policy *policy;
	const struct plan_subject *subject;
	const struct plan_request *request;
	struct plan_due due;
	bool addressable;      /* by reads and writes in any order */
	bool only_zones_stand; /* it is, once its zones are reset */
	bool lift_capacity;    /* a part of the medium is hidden, and can be lifted */
};

/* Weigh one: level, seconds, and why not; ret->why is "" when it does. */
void plan_weigh(const struct plan_weighing *weighing, const struct combination *combination,
	struct plan_candidate *ret);

/* What the drive offers for a technique; a credential that is at hand is taken into account. */
void plan_offer(
	const struct plan_weighing *weighing, enum technique technique, struct erase_offer *ret);

/* Write the steps of a combination that was weighed and does. -E2BIG when they do not fit. */
NODISCARD int plan_compile(const struct plan_weighing *weighing,
	const struct combination *combination, struct plan *plan);

/* May it be read back and compared, when this is the last that was done? */
bool plan_contents_known(enum technique technique);

#endif
