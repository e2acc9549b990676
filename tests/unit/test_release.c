/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a drive leave? With real certificates in a real store: yes by one way, no by every other. */
#include "wipe/release.h"

#include "inventory/assets/drive_labels.h"
#include "inventory/assets/key_copies.h"
#include "inventory/jobs/jobs.h"
#include "reports/certificate/certificate.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

/* The drive of sample_job.c. */
static const struct drive_identity disk = { .wwn = "naa.5000c500a1b2c3d4",
	.serial = "ZA1B2C3D",
	.model = "ST8M0001",
	.media = MEDIA_MAGNETIC,
	.name = "sdb" };

#define RULE(zone, level, verification)                                                            \
	"{\"zone\":\"" zone "\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":\"" level      \
	"\",\"scheme\":\"random\",\"verification\":\"" verification "\"}"
#define POLICY(crossing, rules)                                                                    \
	"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":\"v\","      \
	"\"source\":\"s\"," crossing "\"rules\":[" rules "],\"schemes\":[]}"
#define CLEAR POLICY("", RULE("*", "clear", "full"))

struct fixture {
	struct store_fixture *store; /* its own fixture, as state */
	struct sample_ca ca;
	int64_t drive_id;
};

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static struct store *store_of(struct fixture *fixture)
{
	return fixture->store->store;
}

static int set_up(void **state)
{
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error = { 0 };
	void *store = NULL;
	assert_non_null(fixture);
	assert_int_equal(store_fixture_setup(&store), 0);
	fixture->store = store;
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	const struct drive_seen seen = {
		.identity = &disk, .native = &native, .host = "h", .utc_ms = SAMPLE_NOW_MS
	};
	ok(drives_record(store_of(fixture), &seen, &fixture->drive_id, &error), &error);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *store = fixture->store;
	sample_ca_free(&fixture->ca);
	(void)store_fixture_teardown(&store);
	free(fixture);
	return 0;
}

/* Enter the job with the first `count` events of its evidence (0: all), as if it began now. */
static void enter(struct fixture *fixture, const struct sample_job *sample, size_t count,
	int64_t utc_ms, char ret_id[static JOB_ID_SIZE])
{
	struct error error = { 0 };
	struct store *store = store_of(fixture);
	struct job_record job = { .created_utc_ms = utc_ms,
		.subject = sample->subject,
		.reason = sample->reason,
		.people = sample->people,
		.plan = sample->plan };
	assert_int_equal(job_new_id(SAMPLE_NOW_MS, job.id), 0);
	ok(jobs_insert(store, &job, &error), &error);
	memcpy(ret_id, job.id, JOB_ID_SIZE);
	ok(custody_job_begun(store, &disk, job.id, "", SAMPLE_NOW_MS, &error), &error);
	if (count == 0)
		count = json_array_size(sample->evidence);
	for (size_t i = 0; i < count; i++) {
		AUTO_JSON json_t *event = json_deep_copy(json_array_get(sample->evidence, i));
		ok(jobs_append(store, job.id, event, SAMPLE_NOW_MS - 1000, &error), &error);
	}
}

static void certify(struct fixture *fixture, const char *id, char *ret_name, size_t size)
{
	static const struct clock_reading now = { SAMPLE_NOW_MS, true, 1500 };
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	ok(certificate_issue(store_of(fixture), id, fixture->ca.keys, &now, &record, &error),
		&error);
	if (ret_name)
		(void)snprintf(ret_name, size, "%s", record.name);
}

/* A proven job of a kind, with its certificate. */
static void prove(struct fixture *fixture, enum sample_job_kind kind, int64_t utc_ms,
	char *ret_name, size_t size)
{
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	sample_job_make(kind, &sample);
	enter(fixture, &sample, 0, utc_ms, id);
	certify(fixture, id, ret_name, size);
	sample_job_free(&sample);
}

static int ask_with(struct fixture *fixture, const char *policy_text, enum custody to,
	const char *to_zone, const char *certificate, const struct trust *trust,
	struct release *ret, struct error *error)
{
	struct policy *policy CLEANUP(cleanup_policy_free) = NULL;
	*error = (struct error){ 0 };
	ok(policy_parse(policy_text, strlen(policy_text), "policy", &policy, error), error);
	const struct release_question question = { .policy = policy,
		.trust = trust,
		.drive_id = fixture->drive_id,
		.to = to,
		.to_zone = to_zone,
		.certificate = certificate,
		.now_utc_ms = SAMPLE_NOW_MS };
	return release_check(store_of(fixture), &question, ret, error);
}

/* "": yes; else the code of the refusal. */
static const char *ask(
	struct fixture *fixture, const char *policy, enum custody to, const char *to_zone)
{
	static struct error error;
	struct release release = { 0 };
	int r = ask_with(fixture, policy, to, to_zone, "", fixture->ca.trust, &release, &error);
	assert_true((r == 0) == (error.kind == ERROR_NONE));
	assert_true((r == 0) == (release.certificate[0] != '\0'));
	if (r < 0 && strcmp(error.code, "policy-no-rule") != 0 &&
		strcmp(error.code, "release-other-drive") != 0)
		assert_true(error.next[0] != '\0');
	return error.code;
}

static void nothing_proves_nothing(void **state)
{
	struct fixture *fixture = *state;
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_SANITIZED, ""), "release-no-proof");
}

static void a_proven_certificate_lets_it_go(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct release release = { 0 };
	char name[96];
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, name, sizeof(name));
	static const enum custody states[] = { CUSTODY_SANITIZED, CUSTODY_REUSED, CUSTODY_RETURNED,
		CUSTODY_DISPOSED };
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		assert_string_equal(ask(fixture, CLEAR, states[i], i == 1 ? "municipal" : ""), "");
	ok(ask_with(
		   fixture, CLEAR, CUSTODY_DISPOSED, "", name, fixture->ca.trust, &release, &error),
		&error);
	assert_string_equal(release.certificate, name);
	assert_int_equal(release.level, LEVEL_CLEAR);
	assert_int_equal(release.due, LEVEL_CLEAR);
	assert_true(ask_with(fixture, CLEAR, CUSTODY_DISPOSED, "", "another", fixture->ca.trust,
			    &release, &error) < 0);
	assert_string_equal(error.code, "release-no-proof");
}

static void the_policy_wants_its_level(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *policy;
		enum custody to;
		const char *to_zone, *code;
	} cases[] = {
		/* The certificate says municipal. */
		{ POLICY("", RULE("municipal", "purge", "full") "," RULE("*", "clear", "full")),
			CUSTODY_DISPOSED, "", "release-level" },
		{ POLICY("", RULE("private", "purge", "full") "," RULE("*", "clear", "full")),
			CUSTODY_DISPOSED, "", "" },
		{ POLICY("", RULE("private", "clear", "full")), CUSTODY_DISPOSED, "",
			"policy-no-rule" },
		/* Into another zone: what the policy says of crossing, and purge when it does not. */
		{ CLEAR, CUSTODY_REUSED, "municipal", "" },
		{ CLEAR, CUSTODY_REUSED, "private", "release-level" },
		{ POLICY("\"crossing_level\":\"purge\",", RULE("*", "clear", "full")),
			CUSTODY_REUSED, "private", "release-level" },
		{ POLICY("\"crossing_level\":\"clear\",", RULE("*", "clear", "full")),
			CUSTODY_REUSED, "private", "" },
		/* Its own zone is not known to the inventory: no word that it stays in it. */
		{ CLEAR, CUSTODY_REUSED, "", "release-level" },
	};
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *code = ask(fixture, cases[i].policy, cases[i].to, cases[i].to_zone);
		if (strcmp(code, cases[i].code) != 0)
			fail_msg("case %zu: %s", i, code);
	}
}

/* Labelled wrongly for an hour: what it served then counts as well. */
static void every_zone_it_served_is_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	static const char policy[] =
		POLICY("", RULE("secret", "purge", "full") "," RULE("*", "clear", "full"));
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	ok(drives_set_labels(store_of(fixture), 1, NULL, "municipal", NULL, NULL, 1, &error),
		&error);
	assert_string_equal(ask(fixture, policy, CUSTODY_DISPOSED, ""), "");
	assert_string_equal(ask(fixture, policy, CUSTODY_REUSED, ""), "");
	const struct drive_facts there = { .zone = "secret", .reason = "r" };
	const struct drive_facts back = { .zone = "municipal", .reason = "r" };
	ok(drives_describe(store_of(fixture), 1, &there, 1, &error), &error);
	ok(drives_describe(store_of(fixture), 1, &back, 1, &error), &error);
	assert_string_equal(ask(fixture, policy, CUSTODY_DISPOSED, ""), "release-level");
}

static void a_sample_is_not_enough_where_all_is_to_be_read(void **state)
{
	struct fixture *fixture = *state;
	prove(fixture, SAMPLE_JOB_SAMPLED, SAMPLE_NOW_MS - 60000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-verification");
	assert_string_equal(
		ask(fixture, POLICY("", RULE("*", "clear", "sample")), CUSTODY_DISPOSED, ""), "");
}

#define PURGE_RULE(zone, purge_verification)                                                       \
	"{\"zone\":\"" zone "\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":\"purge\","    \
	"\"scheme\":\"random\",\"verification\":\"full\"" purge_verification "}"
#define OF_PURGE(word) ",\"purge_verification\":\"" word "\""

/* What markers show is enough where the policy says markers, and nowhere else; what is read back is
 * enough for it too. */
static void a_purge_is_held_against_what_the_policy_wants_seen_of_one(void **state)
{
	(void)state;
	static const struct {
		enum sample_job_kind kind;
		const char *policy, *code;
	} cases[] = {
		{ SAMPLE_JOB_NVME, POLICY("", PURGE_RULE("*", "")), "" },
		{ SAMPLE_JOB_NVME, POLICY("", PURGE_RULE("*", OF_PURGE("markers"))), "" },
		{ SAMPLE_JOB_NVME, POLICY("", PURGE_RULE("*", OF_PURGE("sample"))),
			"release-verification" },
		{ SAMPLE_JOB_NVME, POLICY("", PURGE_RULE("*", OF_PURGE("full"))),
			"release-verification" },
		/* It was asked to reach more than the rule wants: then the rule's word on purge. */
		{ SAMPLE_JOB_NVME, CLEAR, "" },
		{ SAMPLE_JOB_NVME,
			POLICY("", PURGE_RULE("private", OF_PURGE("full")) "," PURGE_RULE("*", "")),
			"" },
		{ SAMPLE_JOB_NVME,
			POLICY("",
				PURGE_RULE("municipal", OF_PURGE("full")) "," PURGE_RULE("*", "")),
			"release-verification" },
		{ SAMPLE_JOB_COMBINED, POLICY("", PURGE_RULE("*", OF_PURGE("full"))), "" },
		{ SAMPLE_JOB_SCSI, POLICY("", PURGE_RULE("*", OF_PURGE("full"))), "" },
		{ SAMPLE_JOB_SCSI, POLICY("", PURGE_RULE("*", OF_PURGE("sample"))), "" },
		/* Keys alone leave nothing to compare; their own proof is what markers are elsewhere. */
		{ SAMPLE_JOB_KEYS, POLICY("", PURGE_RULE("*", "")), "" },
		{ SAMPLE_JOB_KEYS, POLICY("", PURGE_RULE("*", OF_PURGE("sample"))),
			"release-verification" },
		{ SAMPLE_JOB_PLAIN, POLICY("", PURGE_RULE("*", "")), "release-level" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		assert_int_equal(set_up(&own), 0);
		prove(own, cases[i].kind, SAMPLE_NOW_MS - 60000, NULL, 0);
		const char *code = ask(own, cases[i].policy, CUSTODY_DISPOSED, "");
		if (strcmp(code, cases[i].code) != 0)
			fail_msg("case %zu: %s", i, code);
		assert_int_equal(tear_down(&own), 0);
	}
}

/* A header backup opens what only its keys' destruction made unreadable; until it is destroyed, too. */
static void a_copy_of_the_keys_keeps_the_drive(void **state)
{
	static const char uuid[] = "9f7c1b52-0c3e-4a68-8c0d-0c4b0a3e7a11"; /* sample_job.c */
	struct fixture *fixture = *state;
	struct sample_job sample;
	struct error error = { 0 };
	char id[JOB_ID_SIZE];
	int64_t copy = 0;
	sample_job_make(SAMPLE_JOB_KEYS, &sample);
	json_t *layer = json_array_get(json_object_get(sample.subject, "layers"), 0);
	assert_int_equal(json_object_set_new(layer, "type", json_string("crypto_LUKS")), 0);
	enter(fixture, &sample, 0, SAMPLE_NOW_MS - 60000, id);
	certify(fixture, id, NULL, 0);
	sample_job_free(&sample);
	assert_string_equal(
		ask(fixture, POLICY("", PURGE_RULE("*", "")), CUSTODY_DISPOSED, ""), "");
	ok(key_copies_record(
		   store_of(fixture), uuid, "h1:/root/h.img", SAMPLE_NOW_MS, &copy, &error),
		&error);
	assert_string_equal(ask(fixture, POLICY("", PURGE_RULE("*", "")), CUSTODY_DISPOSED, ""),
		"release-key-copies");
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-key-copies");
	ok(key_copies_destroyed(store_of(fixture), copy, "shredded", SAMPLE_NOW_MS, &error),
		&error);
	assert_string_equal(
		ask(fixture, POLICY("", PURGE_RULE("*", "")), CUSTODY_DISPOSED, ""), "");
}

static void another_drive_s_certificate_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	static const char *const changes[] = { "UPDATE drive SET serial = 'ZA1B2C3E'",
		"UPDATE drive SET serial = 'za1b2c3d'", "UPDATE drive SET wwn = ''",
		"UPDATE drive SET serial = '%'", "UPDATE drive SET serial = 'ZA1B2C3_'" };
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		ok(store_execute(store_of(fixture), changes[i], NULL, 0, NULL, &error), &error);
		assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-no-proof");
		ok(store_execute(store_of(fixture),
			   "UPDATE drive SET serial = 'ZA1B2C3D', wwn = 'naa.5000c500a1b2c3d4'",
			   NULL, 0, NULL, &error),
			&error);
	}
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

static void a_signature_that_is_not_trusted_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct release release;
	struct sample_ca stranger;
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	sample_ca_make("Stranger", &stranger);
	int r = ask_with(
		fixture, CLEAR, CUSTODY_DISPOSED, "", "", stranger.trust, &release, &error);
	sample_ca_free(&stranger);
	assert_true(r < 0);
	assert_string_equal(error.code, "release-certificate");
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

static void a_later_job_that_is_not_proven_takes_the_proof_away(void **state)
{
	struct fixture *fixture = *state;
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 6, SAMPLE_NOW_MS - 30000, id);
	sample_job_free(&sample);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-not-proven");
}

/* By the order of events, whatever the clock said. */
static void a_clock_that_was_set_back_does_not_hide_a_later_job(void **state)
{
	struct fixture *fixture = *state;
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 6, SAMPLE_NOW_MS - 90000, id);
	sample_job_free(&sample);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-not-proven");
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 95000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-not-proven");
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 30000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

/* It was cut, the drive served again, and it went on: what it wrote before that proves nothing. */
static void a_job_that_went_on_after_service_proves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct custody_changed changed;
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	static const struct custody_change quarantine = { .to = CUSTODY_QUARANTINED,
		.reason = "r" };
	static const struct custody_change service = { .to = CUSTODY_IN_SERVICE, .reason = "r" };
	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 0, SAMPLE_NOW_MS - 60000, id);
	sample_job_free(&sample);
	ok(custody_change(store_of(fixture), 1, &quarantine, 1, &changed, &error), &error);
	ok(custody_change(store_of(fixture), 1, &service, 2, &changed, &error), &error);
	ok(custody_job_begun(store_of(fixture), &disk, id, "", SAMPLE_NOW_MS, &error), &error);
	certify(fixture, id, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_SANITIZED, ""), "release-before-service");
}

static void an_older_job_that_is_not_proven_does_not_matter(void **state)
{
	struct fixture *fixture = *state;
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 6, SAMPLE_NOW_MS - 90000, id);
	sample_job_free(&sample);
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

static void a_proven_job_waits_for_its_certificate(void **state)
{
	struct fixture *fixture = *state;
	struct sample_job sample;
	char id[JOB_ID_SIZE];
	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 0, SAMPLE_NOW_MS - 60000, id);
	sample_job_free(&sample);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-not-certified");
	certify(fixture, id, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

static void what_was_proven_before_service_is_no_longer_so(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct custody_changed changed;
	static const struct custody_change quarantine = { .to = CUSTODY_QUARANTINED,
		.reason = "r" };
	static const struct custody_change service = { .to = CUSTODY_IN_SERVICE, .reason = "r" };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	ok(custody_change(store_of(fixture), 1, &quarantine, 1, &changed, &error), &error);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_SANITIZED, ""), "");
	ok(custody_change(store_of(fixture), 1, &service, 2, &changed, &error), &error);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_SANITIZED, ""), "release-before-service");
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 50000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_SANITIZED, ""), "");
}

static void what_was_seen_on_it_since_speaks_against_it(void **state)
{
	struct fixture *fixture = *state;
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	struct error error = { 0 };
	struct signature items[] = { { .usage = SIGNATURE_FILESYSTEM, .type = "ext4" } };
	const struct signature_list signatures = { items, 1, false };
	const struct drive_seen seen = { .identity = &disk,
		.native = &native,
		.signatures = &signatures,
		.host = "h",
		.utc_ms = SAMPLE_NOW_MS };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	ok(drives_record(store_of(fixture), &seen, NULL, &error), &error);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-in-use");
}

/* Only the superblock was taken off again: what was written under it is still there. */
static void what_was_taken_off_again_speaks_against_it(void **state)
{
	struct fixture *fixture = *state;
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	static const struct signature_list nothing;
	struct error error = { 0 };
	struct signature items[] = { { .usage = SIGNATURE_RAID, .type = "linux_raid_member" } };
	const struct signature_list signatures = { items, 1, false };
	struct drive_seen seen = { .identity = &disk,
		.native = &native,
		.signatures = &nothing,
		.host = "h",
		.utc_ms = SAMPLE_NOW_MS };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	const struct signature_list *const looks[] = { &nothing, &nothing, &signatures, &signatures,
		&nothing };
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		if (i == 2)
			assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
		seen.signatures = looks[i];
		ok(drives_record(store_of(fixture), &seen, NULL, &error), &error);
	}
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-before-service");
	assert_int_equal(store_fixture_number(store_of(fixture),
				 "SELECT count(*) FROM event WHERE action = 'contents-seen'"),
		1);
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 50000, NULL, 0);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "");
}

static void what_cannot_be_read_speaks_against_it(void **state)
{
	struct fixture *fixture = *state;
	static const struct native_capacity native = { NATIVE_UNKNOWN, 0, 0 };
	struct error error = { 0 };
	const struct drive_seen seen = { .identity = &disk,
		.native = &native,
		.probe_error = "It made the prober crash.",
		.host = "h",
		.utc_ms = SAMPLE_NOW_MS };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	ok(drives_record(store_of(fixture), &seen, NULL, &error), &error);
	assert_string_equal(ask(fixture, CLEAR, CUSTODY_DISPOSED, ""), "release-unread");
}

static void a_doubtful_identity_speaks_against_it(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *first, *second; /* codes; NULL: none */
		bool doubtful;
	} cases[] = {
		{ "serial-duplicate", NULL, false }, /* the WWN still tells it */
		{ "serial-empty", NULL, false },
		{ "wwn-duplicate", NULL, false },
		{ "serial-duplicate", "wwn-duplicate", true },
		{ "serial-placeholder", "wwn-zero", true },
		{ "serial-changed", NULL, true },
		{ "identity-duplicate", NULL, true },
		{ "two-hosts", NULL, true },
		{ "something-new", NULL, true },
	};
	struct error error = { 0 };
	prove(fixture, SAMPLE_JOB_PLAIN, SAMPLE_NOW_MS - 60000, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const codes[] = { cases[i].first, cases[i].second };
		for (size_t j = 0; j < ARRAY_SIZE(codes) && codes[j]; j++) {
			const struct store_value values[] = { STORE_STRING(codes[j]) };
			ok(store_execute(store_of(fixture),
				   "INSERT INTO flag (drive_id, code, detail, first_utc_ms,"
				   " last_utc_ms) VALUES (1, $1, '{}', 1, 1)",
				   values, 1, NULL, &error),
				&error);
		}
		const char *code = ask(fixture, CLEAR, CUSTODY_DISPOSED, "");
		if (strcmp(code, cases[i].doubtful ? "release-identity-doubt" : "") != 0)
			fail_msg("case %zu: %s", i, code);
		ok(store_execute(store_of(fixture), "DELETE FROM flag", NULL, 0, NULL, &error),
			&error);
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_proves_nothing),
		TEST(a_proven_certificate_lets_it_go),
		TEST(the_policy_wants_its_level),
		TEST(every_zone_it_served_is_asked_for),
		TEST(a_sample_is_not_enough_where_all_is_to_be_read),
		TEST(a_purge_is_held_against_what_the_policy_wants_seen_of_one),
		TEST(another_drive_s_certificate_is_none),
		TEST(a_copy_of_the_keys_keeps_the_drive),
		TEST(a_signature_that_is_not_trusted_is_none),
		TEST(a_later_job_that_is_not_proven_takes_the_proof_away),
		TEST(a_clock_that_was_set_back_does_not_hide_a_later_job),
		TEST(a_job_that_went_on_after_service_proves_nothing),
		TEST(an_older_job_that_is_not_proven_does_not_matter),
		TEST(a_proven_job_waits_for_its_certificate),
		TEST(what_was_proven_before_service_is_no_longer_so),
		TEST(what_was_seen_on_it_since_speaks_against_it),
		TEST(what_was_taken_off_again_speaks_against_it),
		TEST(what_cannot_be_read_speaks_against_it),
		TEST(a_doubtful_identity_speaks_against_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
