/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documents of jobs that are perfectly proven, written out by hand (not by the code under
 * test), and small helpers to spoil them. Everything here aborts when it cannot do its work. */
#ifndef HAIKI_TESTS_SUPPORT_SAMPLE_JOB_H
#define HAIKI_TESTS_SUPPORT_SAMPLE_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_CAPACITY_BYTES 8388608 /* 16,384 sectors of 512 bytes */
#define SAMPLE_SAMPLED_BYTES 1044480  /* what the read-back of SAMPLE_JOB_SAMPLED looks at */

enum sample_job_kind {
	SAMPLE_JOB_PLAIN,   /* one random pass, full read-back, residue scan */
	SAMPLE_JOB_SCHEME,  /* three passes, each read back; coincident residue; guarded twice */
	SAMPLE_JOB_SAMPLED, /* one random pass, sampled read-back */
	SAMPLE_JOB_RESUMED, /* killed in the pass, cancelled in the pass, power lost in the
	                     * read-back, refused once by the guard; then all went well */
	/* The drive erases itself; sample_purge.c. */
	SAMPLE_JOB_NVME,     /* NVMe Sanitize crypto, with another namespace beside it */
	SAMPLE_JOB_COMBINED, /* the capacity restored, SANITIZE crypto scramble, SECURITY ERASE UNIT,
	                      * then one random pass, read back */
	SAMPLE_JOB_SCSI,     /* SANITIZE overwrite, read back */
	SAMPLE_JOB_KEYS,     /* LUKS, encrypted from the first write */
	SAMPLE_JOB_FOUND,    /* power lost in an NVMe Sanitize block erase, found at it again; its
	                      * sectors read zeros, which the policy accepts */
	SAMPLE_JOB_KINDS
};

/* All owned; docs/certificate.md says what they are. */
struct sample_job {
	json_t *subject;
	json_t *reason;
	json_t *people;
	json_t *plan;
	json_t *evidence;
};

void sample_job_make(enum sample_job_kind kind, struct sample_job *ret);
void sample_job_copy(const struct sample_job *job, struct sample_job *ret);
void sample_job_free(struct sample_job *job);
const char *sample_job_name(enum sample_job_kind kind);

/* Events without stamp, new references. */
json_t *sample_guard(const char *result);
json_t *sample_opened(void);
json_t *sample_started(int step, int64_t from_bytes);
json_t *sample_bad_range(int step, const char *range);
json_t *sample_residue(int step, int coincident);
json_t *sample_finished(int step, const char *result, int64_t bytes, int flushed);
json_t *sample_closing(void);
json_t *sample_error(const char *code);
json_t *sample_interrupted(const char *cause);
json_t *sample_resumed(void);
json_t *sample_ended(void);

json_t *sample_answer(int step, const char *moment, const char *witness, const char *status,
	int progress, const char *raw);
json_t *sample_markers(int step, int checked, int remaining, int unreadable, int zeroed);
json_t *sample_capacity(int step, const char *area, int64_t before, int64_t after);
json_t *sample_health(const char *moment);
json_t *sample_sibling(void);

/* What the judge says of such a job. */
const char *sample_job_level(enum sample_job_kind kind);
const char *sample_job_verification(enum sample_job_kind kind);
int64_t sample_job_overwritten(enum sample_job_kind kind);
int64_t sample_job_read_back(enum sample_job_kind kind);

/* The nth (from 0) event of that kind: its index, or itself, borrowed. */
size_t sample_find(const struct sample_job *job, const char *kind, unsigned nth);
json_t *sample_event(const struct sample_job *job, const char *kind, unsigned nth);

/* Edit the evidence; seq and utc are put in order again. event is taken over. */
void sample_append(struct sample_job *job, json_t *event);
void sample_insert(struct sample_job *job, size_t index, json_t *event);
void sample_remove(struct sample_job *job, size_t index);
void sample_cut(struct sample_job *job, size_t count); /* keep the first count */
void sample_renumber(struct sample_job *job);

/* In every identity of the job's own drive. */
void sample_set_drive(struct sample_job *job, const char *key, json_t *value);

void sample_set_integer(json_t *object, const char *key, int64_t value);
void sample_set_text(json_t *object, const char *key, const char *value);

/* Inside tests/support/: the plan and the events of the kinds in sample_purge.c. */
json_t *sample_parse(const char *text);
json_t *sample_pack(json_t *event);
json_t *sample_program_event(const char *kind);
void sample_purge_make(enum sample_job_kind kind, struct sample_job *job);

#endif
