/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy: versioned data that says, for zone, media and confidentiality, which level is due, by
 * which methods and scheme and with which verification, and which drives are not believed. Its name, version and digest go on each certificate. */
#ifndef HAIKI_WIPE_PLAN_POLICY_H
#define HAIKI_WIPE_PLAN_POLICY_H

#include "wipe/plan/combination.h"
#include "wipe/plan/distrust.h"
#include "wipe/plan/scheme.h"

#define POLICY_FORMAT "haiki-policy"
#define POLICY_FORMAT_VERSION 1
#define POLICY_MAX_BYTES (1 * MIB)
#define POLICY_RULES_MAX 256
#define POLICY_SCHEMES_MAX 64
#define POLICY_DISTRUST_MAX 1024

/* The first rule that matches decides. "*" matches everything. */
struct policy_rule {
	char zone[64];
	char media[32]; /* media_name() or "*" */
	char confidentiality[64];
	enum level level;
	char scheme[64];
	enum verification verification;       /* of the last pass; SAMPLE or FULL, never NONE */
	enum verification purge_verification; /* due for purge; never NONE */
	bool deallocated_accepted;            /* plan_document.h */
	struct combination_list *methods;     /* owned; NULL: the policy's, by level */
};

/* Owned by the caller, ended by policy_free. Invariant: every rule's scheme exists. */
struct policy {
	char name[64];
	char version[64];
	char source[256]; /* what it is based on, for people */
	char sha256[65];  /* of the file's bytes */
	enum level
		crossing_level; /* due before a drive serves another zone; purge unless it says */
	struct policy_rule *rules;
	size_t rule_count;
	struct scheme *schemes; /* user-defined; a shipped name may not be used again */
	size_t scheme_count;
	/* For rules that have none of their own; where the file has none, the shipped ones. */
	struct combination_list clear_methods, purge_methods;
	struct distrust *distrust;
	size_t distrust_count;
};

/* path NULL: the default that is part of the program (wipe/plan/policy_default.json).
 * Errors: -EBADMSG with file and field, code "policy-malformed" or "policy-newer"; -errno. */
NODISCARD int policy_load(const char *path, struct policy **ret, struct error *error);
NODISCARD int policy_parse(const char *text, size_t length, const char *name, struct policy **ret,
	struct error *error);
struct policy *policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy *, policy_free);

const struct scheme *policy_scheme(const struct policy *policy, const char *name);
const struct policy_rule *policy_rule_for(const struct policy *policy, const char *zone,
	enum media media, const char *confidentiality);

/* In which order methods are weighed where this level is due. */
const struct combination_list *policy_methods(
	const struct policy *policy, const struct policy_rule *rule, enum level due);

/* What must at least be seen where this level is to be, or was, reached. */
enum verification policy_verification(const struct policy_rule *rule, enum level level);

/* NULL when nothing is said against this technique of this drive. */
const struct distrust *policy_distrusts(const struct policy *policy, const char *model,
	const char *firmware, enum technique technique);

#endif
