/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that read a policy share. Inside wipe/plan/ only. */
#ifndef HAIKI_WIPE_PLAN_POLICY_PARTS_H
#define HAIKI_WIPE_PLAN_POLICY_PARTS_H

#include "wipe/plan/policy.h"

#define POLICY_WHERE_MAX 400 /* a policy file's path and the field in it */

struct policy_reading {
	struct policy *policy; /* being filled */
	const char *name;      /* what the text is called in messages */
	struct error *error;
};

/* -EBADMSG with "where: problem". */
int policy_malformed(const struct policy_reading *reading, const char *where, const char *problem);

/* A required text that is not empty. */
NODISCARD int policy_read_text(const struct policy_reading *reading, const json_t *json,
	const char *where, const char *key, char *ret, size_t size);

/* An array of combinations: 1 to PLAN_CANDIDATES_MAX, none twice. */
NODISCARD int policy_read_order(const struct policy_reading *reading, const json_t *json,
	const char *where, const char *key, struct combination_list *ret);

/* The top level's "methods" and "distrust"; each may be left out. */
NODISCARD int policy_read_methods(const struct policy_reading *reading, const json_t *json);
NODISCARD int policy_read_distrust(const struct policy_reading *reading, const json_t *json);

/* The text of the policy that is part of the program; borrowed, for ever. */
const char *policy_default_text(size_t *ret_length);

#endif
