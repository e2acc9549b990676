/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The named overwrite schemes, as data: old contracts ask for them by name. Tools disagree on some
 * tables, so each says where it is from. */
#ifndef HAIKI_WIPE_PLAN_SCHEME_H
#define HAIKI_WIPE_PLAN_SCHEME_H

#include "verify/plan/plan_document.h"

#define SCHEME_PASSES_MAX 35

struct scheme_pass {
	struct pattern pattern; /* random ones without key: a key is made per job and pass */
	bool read_back;         /* the scheme itself wants this pass read back in full */
};

struct scheme {
	char name[64];    /* "random", "dod-5220.22-m-short" */
	char title[96];   /* as people call it, not translated */
	char origin[128]; /* standard, document, edition, or the policy file */
	struct scheme_pass passes[SCHEME_PASSES_MAX];
	size_t pass_count;
};

/* The shipped ones, terminated by a scheme without passes. */
extern const struct scheme schemes_shipped[];

/* NULL when there is none of that name. */
const struct scheme *scheme_find_shipped(const char *name);

/* {"name","title","origin","passes":[{"pattern":{…},"read_back":0|1}…]}; -EBADMSG. */
NODISCARD int scheme_from_json(
	const json_t *json, const char *where, struct scheme *ret, struct error *error);

#endif
