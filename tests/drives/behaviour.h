/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a faulty drive behaves: a list of faults, chosen by name, each on a range of bytes. This file
 * decides; faulty.c does. */
#ifndef HAIKI_TESTS_DRIVES_BEHAVIOUR_H
#define HAIKI_TESTS_DRIVES_BEHAVIOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum operation { OPERATION_READ, OPERATION_WRITE, OPERATION_FLUSH };
#define OPERATIONS 3

enum fault_kind {
	FAULT_NONE,
	FAULT_FAILS, /* answers EIO, and nothing is transferred */
	FAULT_HANGS, /* does not answer until released */
	FAULT_DROPS, /* acknowledges a write and keeps the old bytes of the range */
	FAULT_FLIPS, /* the lowest bit of every byte of the range is read wrong */
};

/* A fault touches an operation whose bytes overlap the range. A flush has no bytes: it is touched
 * by faults whose operations include it. */
struct fault {
	enum fault_kind kind;
	bool on[OPERATIONS];
	uint64_t offset_bytes;
	uint64_t length_bytes; /* UINT64_MAX: to the end */
	int64_t times;         /* how often it still acts; -1: always */
};

#define FAULTS_MAX 256

struct behaviour {
	struct fault faults[FAULTS_MAX];
	size_t fault_count;
	uint64_t delay_us;         /* before every answer */
	uint64_t delay_us_per_mib; /* and for what was transferred */
	bool flush_loses;          /* a failed flush also forgets what waited in the cache */
	int64_t answers_left;      /* -1: lives; else so many operations until it is dead */
};

/* What a line asks for besides changing the behaviour. */
enum request {
	REQUEST_NOTHING,
	REQUEST_RELEASE,    /* let what hangs go on */
	REQUEST_CACHE,      /* turn the volatile cache on */
	REQUEST_LOSE_CACHE, /* power cut: what waits is gone */
	REQUEST_SIZE,       /* show another size from now on (*ret_size_bytes) */
};

void behaviour_honest(struct behaviour *ret);

/* Obey one line; the vocabulary is the table in behaviour.c. 0, or -EINVAL for a line that is not
 * understood: then nothing changed. */
int behaviour_obey(struct behaviour *behaviour, const char *line, enum request *ret_request,
	uint64_t *ret_size_bytes);

/* The first fault of this kind that touches the operation, else NULL. */
const struct fault *behaviour_find(const struct behaviour *behaviour, enum fault_kind kind,
	enum operation operation, uint64_t offset, uint64_t length);

/* As behaviour_find, and uses up one of its times. */
bool behaviour_strikes(struct behaviour *behaviour, enum fault_kind kind, enum operation operation,
	uint64_t offset, uint64_t length);

/* One operation more; true when the drive is dead and does not answer it. */
bool behaviour_is_dead(struct behaviour *behaviour);

/* The vocabulary, a line a word, for --help. */
void behaviour_print_words(void);

#endif
