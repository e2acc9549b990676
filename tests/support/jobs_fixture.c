/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs as the tests of the store's jobs enter them, and processes that own them. */
#include "tests/support/jobs_fixture.h"
#include "base/digest.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

void assert_ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

json_t *job_document(const char *key, const char *value)
{
	json_t *object = json_object();
	assert_int_equal(json_put_string(object, key, value), 0);
	return object;
}

void insert_job(struct store *store, const char *id, int64_t created_utc_ms)
{
	struct error error = { 0 };
	AUTO_JOB struct job_record job = {
		.created_utc_ms = created_utc_ms,
		.subject = job_document("serial", "S-1"),
		.reason = job_document("ticket", "T-1 \xE5\xBB\x83\xE6\xA3\x84"),
		.people = job_document("operator", "O'Brien"),
		.plan = job_document("scheme", "random"),
	};
	(void)snprintf(job.id, sizeof(job.id), "%s", id);
	assert_ok(jobs_insert(store, &job, &error), &error);
}

int try_append_kind(struct store *store, const char *id, const char *kind, struct error *error)
{
	AUTO_JSON json_t *event = job_document("kind", kind);
	return jobs_append(store, id, event, NOW, error);
}

void append_kind(struct store *store, const char *id, const char *kind)
{
	struct error error = { 0 };
	assert_ok(try_append_kind(store, id, kind, &error), &error);
}

/* "created,opened" */
void append_kinds(struct store *store, const char *id, const char *kinds)
{
	char copy[256];
	(void)snprintf(copy, sizeof(copy), "%s", kinds);
	char *rest = copy;
	for (char *kind; (kind = strsep(&rest, ",")) != NULL;)
		if (*kind)
			append_kind(store, id, kind);
}

void certify_job(struct store *store, const char *id, const char *name, int64_t covered)
{
	struct error error = { 0 };
	char json[] = "{\"outcome\":\"proven\"}";
	char p7s[] = "3000";
	struct certificate_record certificate = {
		.issued_utc_ms = NOW,
		.evidence_count = covered,
		.outcome = "proven",
		.json = json,
		.p7s_hex = p7s,
	};
	(void)snprintf(certificate.name, sizeof(certificate.name), "%s", name);
	(void)snprintf(certificate.job_id, sizeof(certificate.job_id), "%s", id);
	assert_int_equal(digest_sha256_hex(json, strlen(json), certificate.sha256), 0);
	assert_ok(certificates_insert(store, &certificate, &error), &error);
}

enum job_state job_state_of(struct store *store, const char *id)
{
	struct error error = { 0 };
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(store, id, &job, &error), &error);
	return job.state;
}

/* Make another process the owner of every job. */
void set_owner(struct store *store, const char *boot_id, int64_t pid, int64_t ticks)
{
	struct error error = { 0 };
	const struct store_value values[] = {
		STORE_STRING(boot_id),
		STORE_INT(pid),
		STORE_INT(ticks),
	};
	assert_ok(store_execute(store,
			  "UPDATE journal SET owner_boot_id = $1, owner_pid = $2, "
			  "owner_start_ticks = $3",
			  values, ARRAY_SIZE(values), NULL, &error),
		&error);
}

/* A process of ours that waits to be killed, and what it is known by. */
pid_t start_owner(struct owner *ret)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct owner self = { 0 };
		/* A name that looks like the fields behind it. */
		(void)prctl(PR_SET_NAME, "a) Z 1 (b");
		if (owner_self(NULL, &self) == 0)
			(void)!write(ends[1], &self, sizeof(self));
		(void)close(ends[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], ret, sizeof(*ret)), sizeof(*ret));
	(void)close(ends[0]);
	return child;
}

void end_owner(pid_t child)
{
	int status = 0;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
}
