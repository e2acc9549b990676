/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done to one VM, as facts in order, and what follows from them. The facts stand in the store
 * (inventory/tenants/deletions.h), are copied into the tenant's certificate, and are judged here, pure: by haiki, and
 * again by whoever checks the certificate.
 *
 * A fact is an object with "fact" (a word below), "seq" (from 1, no gaps) and "utc", and exactly the fields of its word.
 * Where nothing else is said they are texts; what is there is always there, empty where there is nothing to say. Flags
 * are 0 and 1, "…bytes", "grace_days" and "removed" integers. Texts have at most 1024 bytes. By its word:
 *
 *   identity   who it is, when the deletion began, and each time it went on: "uuid", "name", "platform",
 *              "service_code" (the platform's word), "inventory" {"vm" ("M3"), "service_code", "tenant" (its code)},
 *              "contracts" [{"number","start_day","end_day","grace_days"}], "due_utc", "clock" {"synchronised" and
 *              "vouched": flags}
 *   survey     "power" (on | off | suspended | unknown), "disks" [{"id","place","kind","size_bytes","chain":[places],
 *              "shared_with":[uuids]}], "snapshots" [names], "files" [places], "generations" [keys]
 *   power-off  "result" (done | was-off)
 *   snapshots  "removed" (how many)
 *   erase      one thing that held bytes: "disk" (its id), "place" (of the disk or of one of its chain), "method"
 *              (overwrite | crypto-erase | zero-fill | none), "result" (done | unsupported | kept | failed), "level"
 *              (clear | purge | none), "bytes", "verified_bytes", "limits" [words], "reason"; "volume" ("V7" or "")
 *   delete     the platform was told to: "answer" (its word)
 *   look       asked again: "hypervisor", "datastore", "storage" (gone | present | unknown | none: there is none to
 *              ask), "left" [places]
 *   absent     it was not on its platform when it came to be deleted: nobody's deletion of ours; then a look follows
 *   refused    not now, and why: "reason", a word of wipe/tenant/decide.h
 *   failed     a step did not work: "step", "code", "message"
 */
#ifndef HAIKI_VERIFY_TENANT_DELETION_H
#define HAIKI_VERIFY_TENANT_DELETION_H

#include "base/json.h"

enum deletion_stage {
	DELETION_UNKNOWN, /* the facts cannot be understood */
	DELETION_NONE,    /* nothing was done to it */
	DELETION_BEGUN,   /* it may be there, or parts of it */
	DELETION_GONE,    /* everybody who was asked says that it is gone */
};
const char *deletion_stage_name(enum deletion_stage stage); /* "unknown", "none", "begun", "gone" */

/* What became of its disks, and whether it was allowed; a mask. */
enum deletion_remark {
	/* a disk was deleted and not erased: unsupported, or its bytes lay elsewhere (copy-on-write) */
	DELETION_UNLINKED = 1 << 0,
	/* a disk or a part of its chain was kept, for another VM that uses it or a base that is no VM's: it is there still */
	DELETION_SHARED = 1 << 1,
	/* a disk that the survey names was not erased for another reason */
	DELETION_FAILED = 1 << 2,
	/* it was gone before; what became of its disks is not known */
	DELETION_BY_OTHERS = 1 << 3,
	/* a disk is erased by the platform's word alone (zero-fill) */
	DELETION_PLATFORM_WORD = 1 << 4,
	/* a step that destroys stands behind no identity that allows it: not due by its own contracts, another service
	 * code than ours, a clock that nobody answered for; or behind an "absent", with no identity since, which only a
	 * "delete" may that takes away what was erased before, whole */
	DELETION_UNFOUNDED = 1 << 5,
};
#define DELETION_REMARKS 6
/* By the number of its bit: "unlinked", "shared", "not-erased", "by-others", "platform-word", "unfounded". */
const char *deletion_remark_word(unsigned bit);

struct deletion_verdict {
	enum deletion_stage stage;
	unsigned remarks; /* enum deletion_remark */
};

/* Pure. facts: the array. GONE only when the last fact is a look that says "gone" of the hypervisor and "gone" or
 * "none" of the other two, with nothing left. NONE while there is nothing but identity, survey and refused. What cannot be
 * read is UNKNOWN. Deleted without a survey, or a survey without an erase for each of its places, is DELETION_FAILED;
 * unless no "delete" stands there, which is DELETION_BY_OTHERS (but where all that was surveyed was erased or kept before). Of
 * several erases of a place the last counts; one before a power-off does not, since the VM may have run behind it: DELETION_FAILED,
 * until the place is erased again. */
void deletion_judge(const json_t *facts, struct deletion_verdict *ret);

/* Was everything that these facts' surveys name, and they name something, erased by us (overwrite, verified to its last
 * byte, or crypto-erase; not by the platform's word) or kept for others, each by a fact of its own? Of facts that passed
 * their schema. */
bool deletion_all_erased(const json_t *facts);

/* Does this fact, a look, say that it is gone: everybody who was asked, and nothing is left? */
bool deletion_look_is_gone(const json_t *fact);

/* What became of each place of its surveys and erases: an object of words by place, a new reference. 0, -ENOMEM. Of facts
 * that passed their schema. */
#define DELETION_PLACE_ERASED "erased"
#define DELETION_PLACE_PLATFORM_WORD "platform-word"
#define DELETION_PLACE_UNLINKED "unlinked"
#define DELETION_PLACE_SHARED "shared"
#define DELETION_PLACE_FAILED "not-erased"
NODISCARD int deletion_places(const json_t *facts, json_t **ret);

/* Was this volume erased (overwrite, verified to its last byte, crypto-erase, or zero-fill) by these facts? Each place
 * that names it, and one at least. */
bool deletion_erased(const json_t *facts, const char *volume);
/* Of every volume that is named: 1 or 0 by its ID, a new reference. 0, -ENOMEM. Of facts that passed their schema. */
NODISCARD int deletion_volumes(const json_t *facts, json_t **ret);

/* Every field there, of its type, none unknown. -EBADMSG "certificate-malformed". */
NODISCARD int deletion_check_schema(const json_t *facts, struct error *error);
/* One fact before it is appended; "seq" and "utc" need not be there. Whoever writes facts asks this first. */
NODISCARD int deletion_check_fact(const json_t *fact, struct error *error);

#endif
