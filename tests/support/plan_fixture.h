/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives that offer what a test lets them offer, policies, and what is planned for them. What is
 * asked for and is not there fails the running test. */
#ifndef HAIKI_TESTS_SUPPORT_PLAN_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_PLAN_FIXTURE_H

#include "wipe/plan/plan.h"

#define AUTO_POLICY CLEANUP(cleanup_policy_free)

/* Of 4 GiB each: a magnetic SCSI disk, an NVMe SSD, a magnetic SATA disk, and what each says of its
 * own capacity. */
extern const struct drive_identity sample_disk;
extern const struct native_capacity sample_disk_native;
extern const struct drive_identity sample_flash;
extern const struct native_capacity sample_flash_native;
extern const struct drive_identity sample_sata;
extern const struct native_capacity sample_sata_native;

/* A drive that offers what a test lets it offer, by methods that stand for the real ones. */
struct fake_drive {
	struct abilities abilities; /* first: an offer finds the rest behind it */
	struct erase_offer offers[TECHNIQUES];
};

void fake_offer(struct fake_drive *fake, enum technique technique, int64_t seconds);
void fake_refuse(struct fake_drive *fake, enum technique technique, const char *why);

/* ---- policies ---- */

/* NULL: the one that is built in. */
struct policy *load_policy(const char *path);
struct policy *parse_policy(const char *text);
/* A policy that demands purge of everything; more is of its rule, top of the policy itself. */
#define ONE_RULE(more, top)                                                                        \
	"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":\"v\","      \
	"\"source\":\"s\"," top                                                                    \
	"\"rules\":[{\"zone\":\"*\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":"          \
	"\"purge\",\"scheme\":\"zero\",\"verification\":\"full\"" more "}],\"schemes\":[]}"

/* ---- plans ---- */

int make_plan_of(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct fake_drive *fake,
	const struct plan_request *request, struct plan *ret, struct error *error);
/* Of a drive that offers nothing of its own. */
int make_plan(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct plan_request *request, struct plan *ret,
	struct error *error);

/* "w1 r1/full m2 e:nvme-sanitize-block c2 s3": overwrite, read back, plant, erase, check, scan,
 * with the step they are about. */
void spell_plan(const struct plan *plan, char *ret, size_t size);

const struct plan_candidate *candidate_of(const struct plan *plan, const char *methods);
/* Why it was not taken; "chosen": it was. */
void assert_why(const struct plan *plan, const char *methods, const char *why);
/* The steps are a document that the judge takes, once they are sealed. */
void assert_sealable(const struct plan *plan, enum media media);

#endif
