/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What haiki and a hook program say to each other, one line of JSON each. Pure; any bytes may come from a
 * hook. Words and meaning: docs/backup.md. */
#ifndef HAIKI_WIPE_BACKUP_HOOK_PROTOCOL_H
#define HAIKI_WIPE_BACKUP_HOOK_PROTOCOL_H

#include "wipe/backup/backup.h"

#define HOOK_PROTOCOL_VERSION 1
#define HOOK_LINE_MAX (64 * KIB) /* of an answer, with its newline */
#define HOOK_COPIES_MAX 100000   /* of one list */
#define HOOK_ASKED_MAX 1000      /* VMs in one request */

enum hook_word {
	HOOK_UNKNOWN,
	HOOK_READY,   /* "ready": to "hello" */
	HOOK_COPY,    /* "copy": one of a list */
	HOOK_END,     /* "end": of a list, with its count */
	HOOK_WORKING, /* "working": it goes on */
	HOOK_DONE,    /* "done": to "expire" */
	HOOK_PRESENT, /* "present", "gone", "unknown": to "look" */
	HOOK_GONE,
	HOOK_NOT_KNOWN,
	HOOK_ERROR, /* "error": to anything */
};

struct hook_answer {
	enum hook_word word;
	int64_t id;
	char repository[BACKUP_REPOSITORY_MAX]; /* READY */
	struct backup_copy copy;                /* COPY: without key */
	int64_t count;                          /* END */
	char method[16];                        /* DONE: "overwrite", "crypto-erase", "none" */
	uint64_t bytes;                         /* DONE, WORKING: done so far */
	uint64_t total_bytes;                   /* WORKING */
	char code[40];                          /* ERROR: "unreachable", or another word */
	char message[256];                      /* ERROR: for people */
};

/* One line without its newline. -EBADMSG "backup-answer": no such answer. Texts are fit for a terminal. */
NODISCARD int hook_answer_parse(
	const char *line, size_t length, struct hook_answer *ret, struct error *error);

/* Requests, each a line with its newline, appended. 0, -ENOMEM or -EOVERFLOW. */
NODISCARD int hook_say_hello(struct buffer *buffer, int64_t id);
NODISCARD int hook_say_list(
	struct buffer *buffer, int64_t id, const char *const *uuids, size_t count);
NODISCARD int hook_say_expire(struct buffer *buffer, int64_t id, const struct backup_copy *copy,
	uint64_t rate_bytes_per_second);
NODISCARD int hook_say_look(struct buffer *buffer, int64_t id, const struct backup_copy *copy);

#endif
