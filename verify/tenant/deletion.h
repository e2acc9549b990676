/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done to one VM, as facts in order, and what follows from them. The facts stand in the store
 * (inventory/tenants/deletions.h), are copied into the tenant's certificate, and are judged here, pure: by haiki, and
 * again by whoever checks the certificate.
 *
 * A fact is an object with "fact" (a word below), "seq" (from 1, no gaps) and "utc". By its word:
 *
 *   identity   who it is, when the deletion began, and each time it went on: "uuid", "name", "platform",
 *              "service_code" (the platform's word), "inventory" {"vm","service_code","tenant"}, "contracts"
 *              [{"number","start_day","end_day","grace_days"}], "due_utc", "clock" {"synchronised","vouched"}
 *   survey     "power" (on | off | suspended), "disks" [{"id","place","kind","size_bytes","chain":[places],
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

/* What became of its disks; a mask. */
enum deletion_remark {
	DELETION_UNLINKED =
		1 << 0, /* a disk was deleted and not erased: unsupported, kept by policy */
	DELETION_SHARED =
		1 << 1, /* a disk or a part of its chain another VM uses: it is there still */
	DELETION_FAILED =
		1 << 2, /* a disk that the survey names was not erased for another reason */
	DELETION_BY_OTHERS = 1 << 3, /* it was gone before; what became of its disks is not known */
	DELETION_PLATFORM_WORD =
		1 << 4, /* a disk is erased by the platform's word alone (zero-fill) */
};

struct deletion_verdict {
	enum deletion_stage stage;
	unsigned remarks; /* enum deletion_remark */
};

/* Pure. facts: the array. GONE only when the last look says "gone" of the hypervisor and "gone" or "none" of the other
 * two, with nothing left, and no fact but "look" stands behind it; a survey without an erase for each of its
 * places is DELETION_FAILED. What cannot be read is UNKNOWN. */
void deletion_judge(const json_t *facts, struct deletion_verdict *ret);

/* Was this place erased (overwrite or crypto-erase, done and verified, or zero-fill) by these facts? */
bool deletion_erased(const json_t *facts, const char *volume);

/* Every field there, of its type. -EBADMSG "certificate-malformed". */
NODISCARD int deletion_check_schema(const json_t *facts, struct error *error);

#endif
