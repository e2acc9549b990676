/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A combination of methods as a policy writes it, "nvme-sanitize-crypto+overwrite": what is done to
 * a drive one after the other, in one job. */
#ifndef HAIKI_WIPE_PLAN_COMBINATION_H
#define HAIKI_WIPE_PLAN_COMBINATION_H

#include "verify/plan/plan_document.h"

#define COMBINATION_PARTS_MAX 4
#define COMBINATION_OVERWRITE "overwrite" /* the part that is no technique of the drive's */

/* Plain value. No part stands in it twice, and the last one erases: hints come before it. */
struct combination {
	char text[sizeof(((struct plan_candidate *)NULL)->methods)];
	enum technique parts[COMBINATION_PARTS_MAX]; /* TECHNIQUE_NONE: overwriting by the host */
	size_t part_count;
};

/* An order of them: the first that does is taken. */
struct combination_list {
	struct combination items[PLAN_CANDIDATES_MAX];
	size_t count;
};

/* 0, or -EINVAL with *ret_problem: what is wrong with it, for people, translated. */
NODISCARD int combination_parse(
	const char *text, struct combination *ret, const char **ret_problem);

/* NULL when it is not in the list. */
const struct combination *combination_find(const struct combination_list *list, const char *text);

#endif
