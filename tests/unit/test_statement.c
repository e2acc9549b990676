/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What certificates say to people: every stable word has its two texts, and statements say what the document
 * says. */
#include "inventory/custody/custody.h"
#include "reports/statement/statement.h"
#include "tests/support/sample_certificate.h"
#include "verify/certificate/certificate.h"
#include "verify/ledger/reconcile.h"
#include "verify/plan/plan_document.h"
#include "tests/support/deletion_facts.h"
#include "verify/tenant/deletion.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- words --- */

static void assert_worded(enum wording_kind kind, const char *word)
{
	struct wording wording = wording_of(kind, word);
	size_t count = 0;
	const struct wording *words = wording_table(kind, &count);
	for (size_t i = 0; i < count; i++)
		if (words[i].japanese == wording.japanese)
			return;
	fail_msg("no wording for \"%s\"", word);
}

static void every_word_of_an_enumeration_has_its_wording(void **state)
{
	(void)state;
	for (int i = OUTCOME_UNKNOWN; i <= OUTCOME_PROVEN; i++)
		assert_worded(WORDING_OUTCOME, outcome_name((enum outcome)i));
	for (int i = LEVEL_NONE; i <= LEVEL_DESTROY; i++)
		assert_worded(WORDING_LEVEL, level_name((enum level)i));
	for (int i = VERIFICATION_NONE; i <= VERIFICATION_FULL; i++)
		assert_worded(WORDING_VERIFICATION, verification_name((enum verification)i));
	for (int i = TECHNIQUE_NONE; i < TECHNIQUES; i++)
		assert_worded(WORDING_METHOD, technique_name((enum technique)i));
	for (int i = STEP_OVERWRITE; i <= STEP_CHECK_MARKERS; i++)
		assert_worded(WORDING_METHOD, step_method_name((enum step_method)i));
	for (int i = MEDIA_UNKNOWN; i <= MEDIA_VIRTUAL; i++)
		assert_worded(WORDING_MEDIA, media_name((enum media)i));
	for (int i = NATIVE_UNKNOWN; i <= NATIVE_ATA_MAX; i++)
		assert_worded(WORDING_NATIVE, native_source_name((enum native_source)i));
	for (int i = TENANT_STAGE_UNKNOWN; i <= TENANT_STAGE_CLOSED; i++)
		assert_worded(WORDING_STAGE, tenant_stage_name((enum tenant_stage)i));
	for (int i = CUSTODY_UNKNOWN; i < CUSTODY_STATES; i++)
		assert_worded(WORDING_CUSTODY, custody_name((enum custody)i));
}

static void every_finding_has_its_wording(void **state)
{
	(void)state;
	for (int i = FINDING_UNKNOWN; i < FINDING_KINDS; i++)
		assert_worded(WORDING_FINDING, finding_word((enum finding_kind)i));
}

static void every_limit_has_its_wording(void **state)
{
	(void)state;
	size_t count = 0;
	const struct wording *words = wording_table(WORDING_LIMIT, &count);
	assert_int_equal(count, CERTIFICATE_LIMITS_MAX);
	for (size_t i = 0; i < count; i++)
		assert_true(certificate_is_limit(words[i].word));
}

static void every_reason_says_what_the_judge_says(void **state)
{
	(void)state;
	size_t count = 0, codes = 0;
	(void)wording_table(WORDING_REASON, &count);
	for (const char *code; (code = judge_reason_code(codes)) != NULL; codes++)
		assert_string_equal(
			wording_of(WORDING_REASON, code).english, judge_reason_text(code));
	assert_int_equal(count, codes);
}

static void wordings_are_complete_and_unique(void **state)
{
	(void)state;
	for (int kind = WORDING_LABEL; kind <= WORDING_PLACE; kind++) {
		size_t count = 0;
		const struct wording *words = wording_table((enum wording_kind)kind, &count);
		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			assert_true(words[i].japanese[0] && words[i].english[0]);
			assert_ptr_equal(wording_of((enum wording_kind)kind, words[i].word).word,
				words[i].word);
		}
	}
}

static void an_unknown_word_comes_back_as_it_is(void **state)
{
	(void)state;
	const char *word = "never-heard-of";
	struct wording wording = wording_of(WORDING_LIMIT, word);
	assert_ptr_equal(wording.word, word);
	assert_ptr_equal(wording.japanese, word);
	assert_ptr_equal(wording.english, word);
}

/* --- statements --- */

struct fixture {
	json_t *document;
	struct statement statement;
};

static void make(struct fixture *fixture, enum sample_job_kind kind)
{
	fixture->document = sample_certificate_document(kind);
	fixture->statement = (struct statement){ 0 };
}

static void state_it(struct fixture *fixture)
{
	struct error error = { 0 };
	statement_free(&fixture->statement);
	assert_int_equal(statement_make(fixture->document, &fixture->statement, &error), 0);
}

static void drop(struct fixture *fixture)
{
	statement_free(&fixture->statement);
	json_decref(fixture->document);
}

static const struct statement_field *field(
	const struct fixture *fixture, const char *section, const char *label)
{
	return statement_field(statement_section(&fixture->statement, section), label);
}

static void assert_value(
	const struct fixture *fixture, const char *section, const char *label, const char *expected)
{
	const struct statement_field *found = field(fixture, section, label);
	assert_non_null(found);
	assert_string_equal(found->value, expected);
	assert_null(found->japanese);
	assert_null(found->english);
}

static void assert_english(
	const struct fixture *fixture, const char *section, const char *label, const char *expected)
{
	const struct statement_field *found = field(fixture, section, label);
	assert_non_null(found);
	assert_string_equal(found->value, "");
	assert_non_null(found->japanese);
	assert_string_equal(found->english, expected);
}

static void a_proven_job_is_stated(void **state)
{
	(void)state;
	struct fixture fixture;
	make(&fixture, SAMPLE_JOB_PLAIN);
	state_it(&fixture);
	assert_true(fixture.statement.good);
	assert_string_equal(fixture.statement.outcome.word, "proven");
	assert_string_equal(fixture.statement.verdict.english, "ERASED, PROVEN");
	assert_string_equal(fixture.statement.verdict.japanese, "抹消済み (証明済み)");
	assert_string_equal(fixture.statement.sections[0].title.word, "drive");
	assert_value(&fixture, "drive", "serial", "ZA1B2C3D");
	assert_value(&fixture, "drive", "model", "ATA ST8M0001");
	assert_value(&fixture, "drive", "capacity", "8,388,608 bytes (8.4 MB)");
	assert_value(&fixture, "drive", "layers", "ext4");
	assert_english(&fixture, "method", "level", "Clear");
	assert_null(field(&fixture, "method", "level-planned"));
	assert_english(&fixture, "method", "technique",
		"overwritten in full by the host, 1 pass (random)");
	assert_english(&fixture, "verification", "verification", "read back in full");
	assert_english(&fixture, "verification", "residue", "nothing found");
	assert_null(statement_section(&fixture.statement, "reasons"));
	assert_english(&fixture, "outstanding", "none", "none");
	assert_value(&fixture, "document", "issued", "2026-11-23 13:59:59 JST");
	drop(&fixture);
}

/* {word, good, the English verdict} */
static const struct {
	const char *outcome, *english;
	bool good;
} outcomes[] = {
	{ "unknown", "NOT PROVEN ERASED: OUTCOME UNKNOWN", false },
	{ "refused", "NOT ERASED: REFUSED", false },
	{ "interrupted", "NOT ERASED: INTERRUPTED", false },
	{ "failed", "NOT PROVEN ERASED: FAILED", false },
	{ "proven", "ERASED, PROVEN", true },
	{ "never-heard-of", "NOT PROVEN ERASED: OUTCOME UNKNOWN", false },
};

static void only_proven_is_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		struct fixture fixture;
		make(&fixture, SAMPLE_JOB_PLAIN);
		sample_set_text(json_object_get(fixture.document, "verdict"), "outcome",
			outcomes[i].outcome);
		state_it(&fixture);
		assert_int_equal(fixture.statement.good, outcomes[i].good);
		assert_string_equal(fixture.statement.verdict.english, outcomes[i].english);
		assert_int_equal(
			field(&fixture, "method", "technique-planned") != NULL, !outcomes[i].good);
		drop(&fixture);
	}
}

static void reasons_limits_and_outstanding_are_listed(void **state)
{
	(void)state;
	struct fixture fixture;
	make(&fixture, SAMPLE_JOB_SAMPLED);
	json_t *verdict = json_object_get(fixture.document, "verdict");
	sample_set_text(verdict, "outcome", "failed");
	json_t *reasons = json_pack("[{s:s,s:i},{s:s,s:i}]", "code", "unreadable", "step", 2,
		"code", "not-ended", "step", 0);
	assert_int_equal(json_object_set_new(verdict, "reasons", reasons), 0);
	assert_int_equal(json_object_set_new(
				 fixture.document, "outstanding", json_pack("[s]", "key-copy:V7")),
		0);
	state_it(&fixture);
	assert_english(
		&fixture, "reasons", "unreadable", "Step 2: Some sectors could not be read back.");
	assert_english(&fixture, "reasons", "not-ended", "The job has not come to its end.");
	assert_english(&fixture, "limits", "sampled", "A sample was read back, not every byte.");
	const struct statement_field *copy = field(&fixture, "outstanding", "key-copy");
	assert_non_null(copy);
	assert_non_null(strstr(copy->japanese, ": V7"));
	assert_non_null(strstr(copy->english, ": V7"));
	drop(&fixture);
}

/* What is proven and still leaves something to be done says so in its verdict. */
static void a_proven_job_with_copies_of_keys_says_so_first(void **state)
{
	(void)state;
	struct fixture fixture;
	make(&fixture, SAMPLE_JOB_PLAIN);
	assert_int_equal(json_object_set_new(
				 fixture.document, "outstanding", json_pack("[s]", "key-copy:V7")),
		0);
	state_it(&fixture);
	assert_true(fixture.statement.good);
	assert_string_equal(fixture.statement.verdict.english, "ERASED, PROVEN; ITEMS OUTSTANDING");
	drop(&fixture);
}

static void who_is_not_recorded_is_said(void **state)
{
	(void)state;
	struct fixture fixture;
	make(&fixture, SAMPLE_JOB_PLAIN);
	json_t *people = json_object_get(fixture.document, "people");
	json_t *witness = json_object_get(people, "witness");
	sample_set_text(witness, "name", "");
	sample_set_text(witness, "title", "");
	sample_set_text(witness, "place", "");
	sample_set_text(json_object_get(people, "operator"), "name", "髙橋 𠮷郎");
	state_it(&fixture);
	assert_english(&fixture, "people", "witness", "not recorded");
	assert_non_null(strstr(field(&fixture, "people", "operator")->value, "髙橋 𠮷郎"));
	drop(&fixture);
}

static void another_document_is_none(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct statement statement = { 0 };
	AUTO_JSON json_t *other = json_pack("{s:s}", "format", "haiki-plan");
	assert_int_equal(statement_make(other, &statement, &error), -EBADMSG);
	assert_string_equal(error.code, "statement-format");
	AUTO_JSON json_t *nothing = json_array();
	assert_int_equal(statement_make(nothing, &statement, &error), -EBADMSG);
}

/* Every reason of a tenant's verdict, by a verdict that has all. */
static void every_reason_of_a_tenant_has_its_wording(void **state)
{
	(void)state;
	size_t count = 0, index;
	const struct tenant_verdict all = { TENANT_STAGE_RUNNING, (1 << TENANT_REASONS) - 1,
		(1 << DELETION_REMARKS) - 1, TENANT_FORMAT_VERSION };
	AUTO_JSON json_t *verdict = NULL;
	json_t *word;
	assert_int_equal(tenant_verdict_to_json(&all, &verdict), 0);
	(void)wording_table(WORDING_TENANT_REASON, &count);
	assert_int_equal(json_array_size(json_object_get(verdict, "reasons")), count);
	json_array_foreach (json_object_get(verdict, "reasons"), index, word)
		assert_worded(WORDING_TENANT_REASON, json_string_value(word));
	(void)wording_table(WORDING_TENANT_REMARK, &count);
	assert_int_equal(json_array_size(json_object_get(verdict, "remarks")), count);
	json_array_foreach (json_object_get(verdict, "remarks"), index, word)
		assert_worded(WORDING_TENANT_REMARK, json_string_value(word));
	for (int i = DELETION_UNKNOWN; i <= DELETION_GONE; i++)
		assert_worded(WORDING_VM, deletion_stage_name((enum deletion_stage)i));
}

static json_t *tenant_document(const char *stage)
{
	json_t *document = json_pack(
		"{s:s, s:s, s:s, s:s, s:{s:s,s:s,s:s,s:[s]}, s:{s:s,s:s,s:s,s:i}, s:[], "
		"s:{s:s,s:s,s:s,s:s,s:s,s:s}, s:[{s:s,s:s,s:s,s:i}], "
		"s:[{s:s,s:s,s:s,s:s,s:s,s:s}], s:[{s:s,s:s,s:s,s:s}], s:{s:s,s:[]}, s:[s]}",
		"format", TENANT_FORMAT, "name", "haiki-C9-1", "supersedes", "", "issued_utc",
		"2026-11-22T15:00:00.000Z", "tenant", "code", "CITY-A", "name", "例示市", "zone",
		"municipal", "service_codes", "S1", "contract", "number", "K-1", "start_day",
		"2020-04-01", "end_day", "2026-11-12", "grace_days", 10, "other_contracts",
		"issuer", "organisation", "例示市", "account", "a", "name", "", "title", "",
		"place", "", "ticket", "T-1", "volumes", "id", "V7", "name", "vg/web", "vm_name",
		"web", "present", 0, "places", "id", "D12", "name", "ZA1", "model", "M", "why",
		"sanitized", "state", "sanitized", "certificate", "haiki-J20261120-AAAAAA-12",
		"generations", "id", "G4", "key", "b/4", "place", "store 2", "gone_utc", "",
		"verdict", "stage", stage, "reasons", "outstanding", "generation:G4");
	assert_non_null(document);
	return document;
}

static void a_contracts_deletion_is_stated(void **state)
{
	(void)state;
	static const struct {
		const char *stage;
		bool good;
	} cases[] = { { "closed", true }, { "volumes-erased", false }, { "remaining", false },
		{ "running", false }, { "unknown", false }, { "never-heard-of", false } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture fixture = { tenant_document(cases[i].stage), { 0 } };
		state_it(&fixture);
		assert_int_equal(fixture.statement.good, cases[i].good);
		assert_value(&fixture, "contract", "contract-number", "K-1");
		assert_english(&fixture, "deletion", "volumes", "1 of 1 are gone");
		assert_english(&fixture, "deletion", "generations", "0 of 1 are gone");
		assert_english(&fixture, "volumes", "", "V7 vg/web (web): gone");
		assert_english(
			&fixture, "places", "", "D12 M ZA1, haiki-J20261120-AAAAAA-12: sanitized");
		assert_english(&fixture, "outstanding", "generation",
			"A backup generation has not expired: G4");
		assert_english(&fixture, "people", "issuer", "not recorded");
		drop(&fixture);
	}
}

/* Of version 2: each VM with what became of its disks, and what is to be said of them. */
static void a_contracts_vms_are_stated(void **state)
{
	(void)state;
	struct fixture fixture = { tenant_document("closed"), { 0 } };
	json_t *vm = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", "M3", "uuid", UUID,
		"name", "web", "platform", "dc1", "service_code", "S-1", "due_utc", UTC, "facts",
		deletion_facts_of(IDENTITY "," SURVEY(DISK("vda", "/a", "", "")) "," ZERO_FILL(
			"/a") "," DELETE "," GONE));
	json_t *verdict = json_object_get(fixture.document, "verdict");
	assert_int_equal(json_object_set_new(fixture.document, "vms", json_pack("[o]", vm)), 0);
	assert_int_equal(
		json_object_set_new(verdict, "remarks", json_pack("[s]", "platform-word")), 0);
	assert_int_equal(json_array_append_new(json_object_get(fixture.document, "outstanding"),
				 json_string("vm:M3")),
		0);
	json_t *generation = json_array_get(json_object_get(fixture.document, "generations"), 0);
	assert_int_equal(json_put_string(generation, "expires_utc", "2027-04-11T15:00:00.000Z"), 0);
	/* What the VM's facts settled, though it was seen and never sanitized. */
	json_t *volume = json_array_get(json_object_get(fixture.document, "volumes"), 0);
	json_t *place = json_array_get(json_object_get(fixture.document, "places"), 0);
	assert_int_equal(json_put_integer(volume, "present", 1), 0);
	assert_int_equal(json_put_string(place, "why", "carries"), 0);
	assert_int_equal(json_put_string(place, "kind", "drive"), 0);
	assert_int_equal(json_put_string(place, "certificate", ""), 0);
	assert_int_equal(json_put_integer(fixture.document, "format_version", 2), 0);
	state_it(&fixture);
	assert_english(&fixture, "deletion", "vms", "1 of 1 are gone");
	assert_english(&fixture, "vms", "",
		"M3 web (S-1, " UUID ", dc1): gone; due 2027-04-11 00:00:00 JST; seen "
		"2027-04-11 00:00:00 JST");
	assert_english(&fixture, "generations", "",
		"G4 store 2 b/4: still there; expires 2027-04-12 00:00:00 JST");
	assert_english(&fixture, "volumes", "", "V7 vg/web (web): erased or deleted");
	assert_english(&fixture, "places", "", "D12 M ZA1: what lay on it is erased");
	assert_english(&fixture, "remarks", "platform-word",
		"That a disk is erased rests on the platform's word.");
	assert_english(
		&fixture, "outstanding", "vm", "A VM remains, or its disks are not erased: M3");
	drop(&fixture);
}

/* Which repositories answered, and that nobody was asked. */
static void backup_repositories_are_stated(void **state)
{
	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		struct fixture fixture = { tenant_document("volumes-erased"), { 0 } };
		json_t *backups =
			asked ? json_pack("[{s:s, s:s}, {s:s, s:s}]", "repository", "nightly",
					"asked_utc", UTC, "repository", "vault", "asked_utc", "")
			      : json_array();
		assert_int_equal(json_object_set_new(fixture.document, "vms",
					 json_pack("[{s:s, s:[]}]", "id", "M3", "facts")),
			0);
		assert_int_equal(json_object_set_new(fixture.document, "backups", backups), 0);
		assert_int_equal(
			json_array_append_new(json_object_get(fixture.document, "outstanding"),
				json_string("backup:vault")),
			0);
		state_it(&fixture);
		assert_english(&fixture, "outstanding", "backup",
			"Whether a backup repository has copies is not known: vault");
		if (asked) {
			assert_english(&fixture, "backups", "",
				"nightly: answered when it was asked, 2027-04-11 00:00:00 JST");
			assert_non_null(strstr(
				statement_section(&fixture.statement, "backups")->fields[1].english,
				"vault: has not answered"));
		} else {
			assert_english(&fixture, "backups", "nobody-asked",
				"No backup repository was asked: none is configured.");
		}
		drop(&fixture);
	}
}

/* The documents of every kind of job can be stated, whatever their steps are. */
static void every_kind_of_job_is_stated(void **state)
{
	(void)state;
	for (int kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		struct sample_job job;
		struct fixture fixture;
		make(&fixture, SAMPLE_JOB_PLAIN);
		sample_job_make((enum sample_job_kind)kind, &job);
		assert_int_equal(json_object_set(fixture.document, "plan", job.plan), 0);
		assert_int_equal(json_object_set(fixture.document, "evidence", job.evidence), 0);
		state_it(&fixture);
		const struct statement_field *technique = field(&fixture, "method", "technique");
		assert_non_null(technique);
		assert_string_not_equal(technique->english, "none");
		assert_string_not_equal(technique->japanese, technique->english);
		sample_job_free(&job);
		drop(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_an_enumeration_has_its_wording),
		cmocka_unit_test(every_finding_has_its_wording),
		cmocka_unit_test(every_limit_has_its_wording),
		cmocka_unit_test(every_reason_says_what_the_judge_says),
		cmocka_unit_test(wordings_are_complete_and_unique),
		cmocka_unit_test(an_unknown_word_comes_back_as_it_is),
		cmocka_unit_test(a_proven_job_is_stated),
		cmocka_unit_test(only_proven_is_good),
		cmocka_unit_test(reasons_limits_and_outstanding_are_listed),
		cmocka_unit_test(a_proven_job_with_copies_of_keys_says_so_first),
		cmocka_unit_test(who_is_not_recorded_is_said),
		cmocka_unit_test(another_document_is_none),
		cmocka_unit_test(every_kind_of_job_is_stated),
		cmocka_unit_test(every_reason_of_a_tenant_has_its_wording),
		cmocka_unit_test(a_contracts_deletion_is_stated),
		cmocka_unit_test(a_contracts_vms_are_stated),
		cmocka_unit_test(backup_repositories_are_stated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
