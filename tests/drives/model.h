/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core of a drive model: medium, identity, and what becomes of an erase command over time. The
 * languages (SCSI, ATA, NVMe) are spoken by others, which ask here what is so. */
#ifndef HAIKI_TESTS_DRIVES_MODEL_H
#define HAIKI_TESTS_DRIVES_MODEL_H

#include "behaviour.h"
#include "conduct.h"
#include "medium.h"
#include "tcg.h"

#define MODEL_SECTOR_BYTES 512
#define MODEL_SERIAL_BYTES 20
/* Progress is told in parts of this. */
#define MODEL_PROGRESS_WHOLE 65536

/* What a language may keep over a power loss. */
#define MODEL_KEPT_BYTES 64
#define LACKS(kind) (1u << (kind))
#define LACKS_REPORT (1u << 31) /* it cannot be asked what it offers */

enum erase_kind { ERASE_BLOCK, ERASE_CRYPTO, ERASE_OVERWRITE, ERASE_FORMAT, ERASE_SECURITY };
enum erase_stage { ERASE_NEVER, ERASE_RUNNING, ERASE_DONE, ERASE_FAILED };

/* What became of a read, a write, or another command on the medium. */
enum medium_outcome {
	OUTCOME_DONE,
	OUTCOME_OUT_OF_RANGE,
	OUTCOME_MEDIUM_ERROR, /* model.error_sector says where */
	OUTCOME_LOCKED,
	OUTCOME_ERASING, /* an erase operation is in progress */
	OUTCOME_CLOSED,  /* one has failed, and the medium stays closed until another succeeds */
	OUTCOME_HANGS,   /* no answer now: ask again when the model was told something */
	OUTCOME_GONE,    /* the drive vanished: no answer ever */
};

/* May an erase operation start? */
enum start { START_ACCEPTED, START_REFUSED, START_FROZEN, START_RUNNING };

/* What the drive says of its last erase operation. */
struct erase_told {
	bool hidden; /* it says nothing; the rest is not told */
	enum erase_kind kind;
	enum erase_stage state;
	uint32_t progress; /* of MODEL_PROGRESS_WHOLE, while running */
};

/* Invariants: sectors * MODEL_SECTOR_BYTES is the medium's size; fate has a byte for each sector. */
struct model {
	struct medium medium;
	struct behaviour faults; /* by range; the words of behaviour.c */
	const struct conduct *conduct;
	uint64_t sectors;
	uint8_t *fate; /* enum fate of each sector (model.c) */

	/* Sized as on the wire, without NUL where full. */
	uint8_t serial[MODEL_SERIAL_BYTES];
	uint64_t wwn;              /* NAA 5; 0: none */
	uint32_t identity_changes; /* grows with each: languages that announce it compare */

	enum erase_kind kind; /* of the last operation */
	enum erase_stage state;
	uint64_t started_ms, ends_ms;
	uint8_t pattern[MODEL_SECTOR_BYTES]; /* what the sectors hold after it; not ERASE_CRYPTO */
	uint32_t erase_ms;                   /* how long one takes */
	uint32_t warp_ms; /* by the word: so much passes with each question about it */
	bool resumes;     /* it began before a power loss, after which no time has passed yet */
	uint64_t left_ms; /* then */

	unsigned lacks;   /* by the word: LACKS_REPORT, LACKS(kind): the drive does not offer it */
	unsigned denies;  /* by the word: LACKS(kind): it offers it, and refuses it when it comes */
	bool no_progress; /* by the word: it says that it erases, and not how far it is (SCSI) */
	bool is_magnetic; /* by the word: it says that it rotates */
	bool hides_cache; /* by the word: it has a volatile cache and says that it has none */
	uint32_t
		told_bytes; /* of a sector, as the drive says; MODEL_SECTOR_BYTES unless by the word */

	/* What survives a power loss beside the medium: the last erase, and what a language wants
	 * to find again. Without a path nothing does. */
	int keeper_fd; /* -1: none */
	uint8_t kept[MODEL_KEPT_BYTES];

	bool locked; /* the medium is behind a password */
	struct tcg tcg;
	uint64_t error_sector;
	uint64_t sectors_written; /* since the drive appeared */
	bool gone;
	unsigned links_dropped; /* by the word: so often was the link lost, and came back (NVMe) */
};

/* name makes serial and WWN; path NULL: the medium is kept in memory. With a path there is
 * PATH.erase beside it, for what survives a power loss: a sanitize that was running goes on where it
 * was, a format or a security erase has failed. 0 or -errno. */
int model_open(struct model *ret, const char *name, const char *path, uint64_t size_bytes,
	const struct conduct *conduct);
void model_close(struct model *model);

/* Obey a line: a conduct's name, a word of behaviour.c, or one of model.c's own words. Changing the
 * conduct forgets all faults, and leaves the medium and a finished erase as they are. 0 or -EINVAL. */
int model_obey(struct model *model, const char *line);
/* Several, separated by ';'; NULL: none. */
int model_obey_words(struct model *model, const char *words);
void model_print_words(void);

/* now_ms is any clock that only goes forward. data: count sectors. */
enum medium_outcome model_read(
	struct model *model, uint64_t sector, uint64_t count, uint8_t *data, uint64_t now_ms);
enum medium_outcome model_write(
	struct model *model, uint64_t sector, uint64_t count, const uint8_t *data, uint64_t now_ms);
enum medium_outcome model_unmap(
	struct model *model, uint64_t sector, uint64_t count, uint64_t now_ms);
enum medium_outcome model_flush(struct model *model, uint64_t now_ms);
/* May the medium be touched at all? */
enum medium_outcome model_ready(struct model *model, uint64_t now_ms);
/* By `hangs-all`: no answer to anything until it is released. */
bool model_is_silent(const struct model *model);
/* How long the drive takes before it answers, by the word `slow` and its conduct. */
uint32_t model_io_delay_ms(const struct model *model, uint64_t count);

/* Begin to erase the whole medium. What it holds after: by ERASE_OVERWRITE and ERASE_FORMAT the
 * pattern (MODEL_SECTOR_BYTES); by ERASE_CRYPTO what is read through another key; by the others, and
 * without a pattern, FFh as erased flash. */
enum start model_erase(
	struct model *model, enum erase_kind kind, const uint8_t *pattern, uint64_t now_ms);
/* Erase a range at once, as a host's command on a part does; lies as the conduct says. */
void model_erase_range(struct model *model, enum erase_kind kind, uint64_t sector, uint64_t count);
struct erase_told model_erase_told(struct model *model, uint64_t now_ms);
/* The host asks how it goes: of these questions an erase lasts so many as the word erase-polls says. */
void model_erase_polled(struct model *model);
/* An operation that is running has had its time. */
void model_erase_finish(struct model *model);
/* How long until an operation that is running ends; for commands that answer only then. */
uint32_t model_erase_left_ms(struct model *model, uint64_t now_ms);
/* Let model.kept survive a power loss as it is now. */
void model_keep(const struct model *model);
/* Leave the failed state: the medium is open again, whatever is on it. */
void model_forgive(struct model *model);

#endif
