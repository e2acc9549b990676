/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs as the tests of the store's jobs enter them, and processes that own them. What fails here
 * fails the running test. */
#ifndef HAIKI_TESTS_SUPPORT_JOBS_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_JOBS_FIXTURE_H

#include "inventory/jobs/jobs.h"
#include "inventory/jobs/owner.h"
#include "tests/support/store_fixture.h"

#define NOW INT64_C(1795406400123) /* 2026-11-23T04:00:00.123Z */

void assert_ok(int result, const struct error *error);

/* An object of this one string. */
json_t *job_document(const char *key, const char *value);
void insert_job(struct store *store, const char *id, int64_t created_utc_ms);
enum job_state job_state_of(struct store *store, const char *id);

/* Append an event of this kind, at NOW. */
int try_append_kind(struct store *store, const char *id, const char *kind, struct error *error);
void append_kind(struct store *store, const char *id, const char *kind);
/* "created,opened" */
void append_kinds(struct store *store, const char *id, const char *kinds);
/* A certificate of this name that covers so many events. */
void certify_job(struct store *store, const char *id, const char *name, int64_t covered);

/* Make another process the owner of every job. */
void set_owner(struct store *store, const char *boot_id, int64_t pid, int64_t ticks);
/* A process of ours that waits to be killed, and what it is known by. */
pid_t start_owner(struct owner *ret);
void end_owner(pid_t child);

#endif
