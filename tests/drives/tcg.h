/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TCG part of a drive model: which security protocols there are, level 0 discovery, and sessions
 * with the Admin SP and the Locking SP (TCG Storage Architecture Core 2.01, Opal SSC 2.02). What is
 * spoken here is little, but real: the kernel and other tools take it for a drive. */
#ifndef HAIKI_TESTS_DRIVES_TCG_H
#define HAIKI_TESTS_DRIVES_TCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCG_FRAME_BYTES 2048
#define TCG_PSID "MODELPSID0123456789ABCDEFGHJKLMN" /* on the label of every model */
#define TCG_MSID "MODELMSID"                        /* the owner's credential of a new drive */

enum tcg_kind {
	TCG_OPAL,
	TCG_PYRITE,     /* the same sessions, but nothing is encrypted */
	TCG_ENTERPRISE, /* discovery only */
	TCG_ABSENT,
};

/* Zeroed: an Opal drive as it comes from the factory. Whether the medium is locked stands in the
 * model (model.locked). */
struct tcg {
	enum tcg_kind kind;
	char owner[64]; /* credential of SID and Admin1; "": still the MSID */
	bool active;    /* the Locking SP is in use */
	bool sid_blocked;
	uint64_t range_sectors; /* at the end of the medium: range 1, with a key of its own */
	unsigned wrong_psids;   /* in a row; after five no PSID is listened to */

	bool open; /* a session */
	uint32_t host_number, drive_number;
	enum { TCG_ADMIN_PROVIDER, TCG_LOCKING_PROVIDER } provider;
	enum { TCG_ANYBODY, TCG_SID, TCG_PSID_AUTHORITY, TCG_ADMIN_1 } authority;

	bool answers, silent; /* something waits to be fetched; it never will */
	uint8_t answer[TCG_FRAME_BYTES];
};

struct model;

/* Security protocol in and out, by whatever command. False: the drive has no such protocol. Behind
 * the answer ret is zero. */
bool tcg_receive(struct model *model, uint8_t protocol, uint16_t specific,
	uint8_t ret[static TCG_FRAME_BYTES]);
bool tcg_send(struct model *model, uint8_t protocol, uint16_t specific, const uint8_t *data,
	size_t bytes);

/* A word for the control FIFO; false: not one of these. */
bool tcg_obey(struct model *model, const char *line);
void tcg_print_words(void);

#endif
