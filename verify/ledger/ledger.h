/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking an exported ledger: whole, unchanged, and the successor of every head that was seen before. With
 * nothing but the folder and the ledger's public key. */
#ifndef HAIKI_VERIFY_LEDGER_LEDGER_H
#define HAIKI_VERIFY_LEDGER_LEDGER_H

#include "verify/ledger/note.h"
#include "verify/ledger/record.h"

enum ledger_check_name {
	LEDGER_CHECKPOINT, /* the head is signed by the ledger's key */
	LEDGER_TILES,      /* every tile is there and is what the one below it makes */
	LEDGER_ENTRIES,    /* every entry is there and is a leaf */
	LEDGER_RECORDS, /* every record that is not withheld is there, is its entry, in its place */
	LEDGER_CERTIFICATES, /* each certificate beside it is the one that a record names */
	LEDGER_CONSISTENT,   /* each earlier checkpoint given is a head of this same tree */
	LEDGER_COSIGNED,     /* each witness key given has signed the head */
	LEDGER_CHECKS,
};
const char *ledger_check_word(enum ledger_check_name name); /* "checkpoint", "tiles" … */

enum ledger_result {
	LEDGER_NOT_MADE,
	LEDGER_PASSED,
	LEDGER_FAILED,
	LEDGER_ABSENT /* nothing was given */
};

struct ledger_report {
	struct {
		enum ledger_result result;
		struct error error; /* why it failed; names the index or file */
	} checks[LEDGER_CHECKS];
	bool valid;             /* none failed, none was left unmade */
	struct checkpoint head; /* as signed; zero where checks[LEDGER_CHECKPOINT] did not pass */
	uint64_t records;       /* found good */
	uint64_t withheld;
	uint64_t certificates; /* files that are the ones their records name */
	uint64_t
		certificates_recorded; /* records that name one, whether it lies beside the ledger or not */
};

/* All borrowed. */
struct ledger_question {
	const char *folder;
	const struct note_key *key;
	const char *const *since; /* texts of earlier checkpoints */
	size_t since_count;
	const struct note_key *witnesses;
	size_t witness_count;
	/* Told of each record that is its entry, in order; NULL: nobody. An error ends the check. That the
	 * entries are those of the signed head is known at the end only: what was told holds when the report is
	 * valid. */
	int (*record)(void *context, const struct record *record, struct error *error);
	/* Told of the progress, every 4,096 records and at the end; NULL: nobody. */
	void (*progress)(void *context, uint64_t done, uint64_t size);
	void *context;
};

/* Codes within the report: those of checkpoint_open; "tile-missing", "tile-malformed", "tile-differs",
 * "entry-differs", "record-missing", "record-differs" (edited), "record-index" (put elsewhere), "record-extra",
 * "record-malformed", "certificate-differs", "certificate-unrecorded" (no record names it),
 * "ledger-rolled-back" (it is shorter than an earlier head), "ledger-forked" (an earlier head is no head of it),
 * "ledger-other" (an earlier head of another ledger); of a file that cannot be read, file_read's. A check goes on
 * behind what failed, so that each tells of its first fault, up to where neither leaves nor entries are there. 0, or an error when no report could be made. Memory
 * does not grow with the records; 24 bytes are taken for each certificate beside them. */
NODISCARD int ledger_check(
	const struct ledger_question *question, struct ledger_report *ret, struct error *error);

#endif
