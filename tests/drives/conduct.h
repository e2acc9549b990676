/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a drive model behaves towards who wants it erased: one named line of a table, from the honest
 * drive to each way of a false success (docs of the standards say what they should do). */
#ifndef HAIKI_TESTS_DRIVES_CONDUCT_H
#define HAIKI_TESTS_DRIVES_CONDUCT_H

#include <stdbool.h>
#include <stdint.h>

/* What an erase command really does to the medium, and how it ends. */
enum ending {
	ENDING_ERASED,   /* everything is gone, success */
	ENDING_HALF,     /* the first half is gone, failure */
	ENDING_NOTHING,  /* nothing is gone, and still success */
	ENDING_NEVER,    /* progress stops at 40 % for ever, nothing is gone */
	ENDING_UNMAPPED, /* success; reads give zeros, the bytes are still on the medium */
	ENDING_REFUSED,  /* the command is refused */
	ENDING_ABORTED,  /* accepted, begun, then given up: failure, and nothing is gone */
};

/* What the drive says of its last erase operation when asked. */
enum telling {
	TELLING_TRUTH,
	TELLING_STALE, /* an old success before any command, and for a while after one */
	TELLING_NONE,  /* no status at all, as behind an adapter that hides it */
};

enum serial_manner { SERIAL_PLAIN, SERIAL_EMPTY, SERIAL_GARBLED, SERIAL_CHANGES, SERIAL_QUIET };

/* What keeps sectors from being addressed (ATA only). */
enum hidden_capacity { HIDDEN_NONE, HIDDEN_HPA, HIDDEN_HPA_OVER_DCO, HIDDEN_AMAC };

struct conduct {
	const char *name;
	const char *help;
	enum ending ending;
	enum telling telling;
	enum serial_manner serial;
	enum hidden_capacity hidden;
	bool frozen;             /* refuses security and sanitize until the next power cycle */
	bool locked;             /* the medium is behind a password that nobody knows */
	bool needs_write;        /* after an erase a sector cannot be read before it was written */
	bool two_tenants;        /* two namespaces on one medium: a sanitize hits both (NVMe) */
	bool loses_cache;        /* a flush succeeds and forgets what it should have written */
	bool vanishes;           /* gone for good as soon as half of the medium was written */
	bool dies_halfway;       /* eight sectors in the middle can neither be read nor written */
	uint32_t slowness;       /* erase operations take so many times as long; 0: once */
	uint32_t io_delay_ms;    /* before every read and write */
	uint32_t probe_delay_ms; /* before every answer about identity and capacity */
};

/* NULL when no conduct has this name. The first of the table is the honest one. */
const struct conduct *conduct_find(const char *name);
const struct conduct *conduct_honest(void);
/* The table, a line a name, for --help; and by index, NULL behind the last. */
void conduct_print_names(void);
const struct conduct *conduct_at(unsigned index);

#endif
