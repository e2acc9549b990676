/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What block devices are there now: every whole disk the kernel shows, identified and probed. Reads
 * only. */
#ifndef HAIKI_INVENTORY_SCAN_SCAN_H
#define HAIKI_INVENTORY_SCAN_SCAN_H

#include "inventory/assets/drives.h"

/* One device as found; plain values but for the signatures, freed by found_list_free. */
struct found_drive {
	char path[256];                 /* /dev node */
	struct drive_identity identity; /* empty serial and WWN: cannot be named, hence not wiped */
	struct native_capacity native;
	struct signature_list signatures;
	bool probed;         /* signatures are complete */
	enum twin_kind twin; /* scan_mark_twins: another device here has the same serial and WWN */
	char twin_path[256]; /* its node */
	int64_t id;          /* once recorded: of the drive in the store; 0: not entered */
	size_t key_copies;   /* once recorded: LUKS headers on it whose keys a job has destroyed */
	struct error error;  /* kind NONE when all went well */
};

struct stack;
struct found_list {
	struct found_drive *items; /* owned */
	size_t count;
	struct stack
		*stack; /* what stands on them (stack.h); owned, and borrows the items; NULL: not
	                      * looked at */
};
void found_list_free(struct found_list *list);
#define AUTO_FOUND CLEANUP(found_list_free)

enum scan_depth { SCAN_IDENTITY, SCAN_SIGNATURES };

/* Walk /sys/block. Left out: devices of size 0 without a backing (idle loop, zram), ram disks, CD
 * drives, floppies, eMMC boot and RPMB areas, hidden NVMe paths, and dm, md and bcache devices (they
 * are layers, not drives). A device that cannot be opened or probed is listed with its error; only an
 * unreadable /sys/block fails the scan. They are looked at side by side, some for each processor; one
 * that does not answer within SCAN_LIMIT_MS is listed as "drive-not-answering" and holds up nobody. What
 * is on them is read by children that can do nothing else; one that goes wrong is its drive's error
 * ("probe-crashed" …, device/probe/probe.h). */
NODISCARD int scan_drives(enum scan_depth depth, struct found_list *ret, struct error *error);

/* Who of these has the same serial and WWN as another: twin, twin_path, and the items' error: code
 * "duplicate-identity", or "second-path" where WWN, model and capacity say that it is one medium by
 * two paths. Both are kept. Items recorded before are judged anew. */
void scan_mark_twins(struct found_list *found);

/* The error is nothing but what scan_mark_twins says. */
bool scan_is_twin_error(const struct error *error);

/* Enter the result into the store in one transaction, with what stands on the drives when it was looked
 * at (SCAN_SIGNATURES); mark the absent, append what appeared and
 * vanished (presence.h) and work out the flags (flags.h). Twins are marked before. One without serial
 * and WWN stays out of the store and gets the error "no-identity". */
NODISCARD int scan_record(struct store *store, struct found_list *found, const char *host,
	int64_t now_utc_ms, struct error *error);
/* One of them, in the caller's transaction and without events and flags: sets found->id. */
NODISCARD int scan_record_one(struct store *store, struct found_drive *found, const char *host,
	int64_t now_utc_ms, struct error *error);

/* Where is the drive that a person named? word: a serial, a WWN, an inventory id (with store), a place
 * that the store knows ("RACK/SLOT", "SITE/RACK/SLOT"), or a /dev path. Exactly one present device must match. *ret_path is its node.
 * Errors: -ENOENT nothing matches (code "target-unknown"), -EEXIST several do ("target-ambiguous",
 * naming them), -ENOTBLK/-EINVAL for a path that is no whole disk ("target-no-drive", "partition").
 * A WWN's hexadecimal may be in either case. store may be NULL. */
NODISCARD int scan_resolve(
	struct store *store, const char *word, char *ret_path, size_t size, struct error *error);

#endif
