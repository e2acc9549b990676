/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan, by tables: what is planned, and what is refused instead of
 * being planned weaker. Which methods are chosen: test_plan_methods.c. */
#include "tests/support/plan_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void steps_follow_from_the_scheme(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	static const struct {
		const char *scheme;
		const char *steps;
	} cases[] = {
		{ "", "w1 r1/full s1" },
		{ "zero", "w1 r1/full s1" },
		{ "hmg-is5-baseline", "w1 r1/full s1" }, /* not read back twice */
		{ "dod-5220.22-m-short", "w1 w2 w3 r3/full s3" },
		{ "schneier", "w1 w2 w3 w4 w5 w6 w7 r7/full s7" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char steps[1024];
		(void)snprintf(request.scheme, sizeof(request.scheme), "%s", cases[i].scheme);
		assert_int_equal(make_plan(policy, &sample_disk, &sample_disk_native, &request,
					 &plan, &error),
			0);
		spell_plan(&plan, steps, sizeof(steps));
		assert_string_equal(steps, cases[i].steps);
		assert_int_equal(plan.level, LEVEL_CLEAR);
		assert_int_equal(plan.capacity_bytes, sample_disk.capacity_bytes);
		assert_int_equal(plan.sector_bytes, 512);
		const char *name = cases[i].scheme[0] ? cases[i].scheme : "random";
		assert_string_equal(plan.scheme, name);
		assert_string_equal(plan.scheme_origin, scheme_find_shipped(name)->origin);
	}
}

static void every_shipped_scheme_makes_a_plan_that_ends_in_proof(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);

	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count; scheme++) {
		struct plan_request request = { .level = LEVEL_CLEAR };
		struct plan plan;
		struct error error = { 0 };
		AUTO_JSON json_t *json = NULL;
		struct plan again;
		(void)snprintf(request.scheme, sizeof(request.scheme), "%s", scheme->name);
		assert_int_equal(make_plan(policy, &sample_disk, &sample_disk_native, &request,
					 &plan, &error),
			0);
		unsigned last = plan_last_overwrite(&plan);
		const struct plan_step *read = &plan.steps[plan.step_count - 2];
		const struct plan_step *scan = &plan.steps[plan.step_count - 1];
		assert_int_equal(read->method, STEP_READ_BACK);
		assert_int_equal(read->of_step, last);
		assert_int_equal(read->coverage, VERIFICATION_FULL);
		assert_int_equal(scan->method, STEP_RESIDUE_SCAN);
		assert_int_equal(scan->of_step, last);
		/* Sealed, it is a document that the judge takes. */
		assert_int_equal(plan_seal(&plan, &error), 0);
		assert_int_equal(plan_to_json(&plan, &json), 0);
		assert_int_equal(plan_from_json(json, true, &again, &error), 0);
		assert_memory_equal(&again.steps, &plan.steps, sizeof(plan.steps));
	}
}

static void the_longest_scheme_fits(void **state)
{
	(void)state;
	static char text[16 * 1024] =
		"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":"
		"\"v\","
		"\"source\":\"s\",\"rules\":[{\"zone\":\"*\",\"media\":\"*\",\"confidentiality\":"
		"\"*\","
		"\"level\":\"clear\",\"scheme\":\"long\",\"verification\":\"sample\"}],\"schemes\":"
		"["
		"{\"name\":\"long\",\"title\":\"T\",\"origin\":\"O\",\"passes\":[";
	AUTO_POLICY struct policy *policy = NULL;
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan;
	struct error error = { 0 };

	for (int i = 0; i < SCHEME_PASSES_MAX; i++) {
		strcat(text, i ? "," : "");
		strcat(text, "{\"pattern\":{\"kind\":\"random\"},\"read_back\":1}");
	}
	strcat(text, "]}]}");
	assert_int_equal(policy_parse(text, strlen(text), "long", &policy, &error), 0);
	assert_int_equal(
		make_plan(policy, &sample_disk, &sample_disk_native, &request, &plan, &error), 0);
	assert_int_equal(plan.step_count, 2 * SCHEME_PASSES_MAX + 1);
}

struct bad_case {
	const char *name;
	struct drive_identity identity;
	struct native_capacity native;
	struct plan_request request;
	int result;
	const char *code; /* NULL: any */
	const char *said;
};

static struct drive_identity with_capacity(uint64_t bytes, uint32_t sector)
{
	struct drive_identity identity = sample_disk;

	identity.capacity_bytes = bytes;
	identity.logical_sector_bytes = sector;
	return identity;
}

/* Nothing here may be planned in some weaker way. */
static void what_cannot_hold_its_promise_is_refused(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	const struct bad_case cases[] = {
		{ "purge was asked", sample_disk, sample_disk_native, { .level = LEVEL_PURGE },
			-ENOTSUP, "level-not-reachable", "not lowered" },
		{ "destroy was asked", sample_disk, sample_disk_native, { .level = LEVEL_DESTROY },
			-ENOTSUP, "level-not-reachable", "destroy" },
		{ "hidden by an HPA", sample_disk, { NATIVE_ATA_MAX, 4 * GIB + 512000, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-hidden", "512000" },
		{ "native unknown", sample_disk, { NATIVE_UNKNOWN, 0, 0 }, { .level = LEVEL_NONE },
			-ENOTSUP, "capacity-unknown", "native capacity" },
		{ "native without a number", sample_disk, { NATIVE_SCSI_CAPACITY, 0, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-unknown", "native capacity" },
		{ "native smaller", sample_disk, { NATIVE_SCSI_CAPACITY, 4 * GIB - 512, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-contradiction", "kernel" },
		{ "other sectors", sample_disk, { NATIVE_SCSI_CAPACITY, 4 * GIB, 4096 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "sector-size-differs", "4096" },
		{ "half a sector", with_capacity(4 * GIB + 100, 512),
			{ NATIVE_SCSI_CAPACITY, 4 * GIB + 100, 512 }, { .level = LEVEL_NONE },
			-ENOTSUP, "capacity-not-whole", "whole" },
		{ "no capacity", with_capacity(0, 512), { NATIVE_SCSI_CAPACITY, 0, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, NULL, "" },
		{ "520-byte sectors", with_capacity(520 * 1024, 520),
			{ NATIVE_SCSI_CAPACITY, 520 * 1024, 520 }, { .level = LEVEL_NONE },
			-ENOTSUP, NULL, "" },
		{ "no such scheme", sample_disk, sample_disk_native, { .scheme = "guttman" },
			-EINVAL, "scheme-unknown", "guttman" },
		{ "weaker verification", sample_disk, sample_disk_native,
			{ .verification = VERIFICATION_SAMPLE }, -EPERM, "verification-weaker",
			"sample" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan plan = { .step_count = 77 };
		struct error error = { 0 };
		int result = make_plan(policy, &cases[i].identity, &cases[i].native,
			&cases[i].request, &plan, &error);
		if (result != cases[i].result)
			print_message("%s: %s\n", cases[i].name, error.what);
		assert_int_equal(result, cases[i].result);
		if (cases[i].code)
			assert_string_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.what, cases[i].said));
		assert_int_equal(plan.step_count, 0);
		assert_int_equal(plan.capacity_bytes, 0);
		assert_int_equal(make_plan(policy, &cases[i].identity, &cases[i].native,
					 &cases[i].request, &plan, NULL) < 0,
			1);
	}
}

/* The policy's level is due whatever was asked; only the reachable is planned. */
static void the_policys_level_is_never_lowered(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy("packaging/policy-municipal.json");
	static const struct {
		const char *zone, *confidentiality;
		enum level asked;
		int result;
	} cases[] = {
		{ "municipal", "2", LEVEL_NONE, -ENOTSUP },
		{ "municipal", "2", LEVEL_CLEAR, -ENOTSUP },
		{ "municipal", "3A", LEVEL_PURGE, -ENOTSUP },
		{ "municipal", "1", LEVEL_NONE, 0 },
		{ "municipal", "1", LEVEL_PURGE, -ENOTSUP },
		{ "private", "", LEVEL_CLEAR, 0 },
		{ "", "", LEVEL_CLEAR, -ENOTSUP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_request request = { .level = cases[i].asked };
		struct plan plan;
		struct error error = { 0 };
		(void)snprintf(request.zone, sizeof(request.zone), "%s", cases[i].zone);
		(void)snprintf(request.confidentiality, sizeof(request.confidentiality), "%s",
			cases[i].confidentiality);
		assert_int_equal(make_plan(policy, &sample_disk, &sample_disk_native, &request,
					 &plan, &error),
			cases[i].result);
		if (cases[i].result < 0)
			assert_string_equal(error.code, "level-not-reachable");
	}
}

#define SAMPLE_POLICY                                                                              \
	"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":\"v\","      \
	"\"source\":\"s\",\"rules\":[{\"zone\":\"a\",\"media\":\"*\",\"confidentiality\":\"*\","   \
	"\"level\":\"clear\",\"scheme\":\"dod-5220.22-m\",\"verification\":\"sample\"},"           \
	"{\"zone\":\"b\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":\"clear\","           \
	"\"scheme\":\"zero\",\"verification\":\"sample\"}],\"schemes\":[]}"

static void sampling_is_what_the_policy_allows_and_may_be_exceeded(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	struct error error = { 0 };
	struct plan plan;
	static const struct {
		const char *zone;
		enum verification asked;
		enum verification planned; /* of the last step that reads back */
	} cases[] = {
		{ "b", VERIFICATION_NONE, VERIFICATION_SAMPLE },
		{ "b", VERIFICATION_SAMPLE, VERIFICATION_SAMPLE },
		{ "b", VERIFICATION_FULL, VERIFICATION_FULL },
		/* The scheme itself wants its last pass read back in full. */
		{ "a", VERIFICATION_NONE, VERIFICATION_FULL },
	};

	assert_int_equal(
		policy_parse(SAMPLE_POLICY, strlen(SAMPLE_POLICY), "sample", &policy, &error), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_request request = { .verification = cases[i].asked };
		(void)snprintf(request.zone, sizeof(request.zone), "%s", cases[i].zone);
		assert_int_equal(make_plan(policy, &sample_disk, &sample_disk_native, &request,
					 &plan, &error),
			0);
		assert_int_equal(plan.steps[plan.step_count - 2].coverage, cases[i].planned);
	}
	struct plan_request elsewhere = { .zone = "c" };
	assert_int_equal(
		make_plan(policy, &sample_disk, &sample_disk_native, &elsewhere, &plan, &error),
		-ENOENT);
	assert_string_equal(error.code, "policy-no-rule");
}

/* Pure: the same in, the same out, and no key in it. */
static void a_plan_is_made_without_keys_and_sealed_with_fresh_ones(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	struct plan_request request = { .zone = "b", .scheme = "schneier" };
	struct plan plans[2];
	struct error error = { 0 };
	static const uint8_t no_seed[MEDIA_SEED_BYTES];

	assert_int_equal(
		policy_parse(SAMPLE_POLICY, strlen(SAMPLE_POLICY), "sample", &policy, &error), 0);
	memset(plans, 0, sizeof(plans));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(make_plan(policy, &sample_disk, &sample_disk_native, &request,
					 &plans[i], &error),
			0);
	assert_memory_equal(&plans[0], &plans[1], sizeof(plans[0]));
	for (size_t i = 0; i < plans[0].step_count; i++)
		if (plans[0].steps[i].pattern.kind == STREAM_RANDOM)
			assert_false(pattern_is_sealed(&plans[0].steps[i].pattern));

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(plan_seal(&plans[i], &error), 0);
	for (size_t i = 0; i < plans[0].step_count; i++) {
		const struct plan_step *step = &plans[0].steps[i];
		if (step->method == STEP_READ_BACK) {
			assert_int_equal(step->coverage, VERIFICATION_SAMPLE);
			assert_memory_not_equal(step->seed, no_seed, sizeof(no_seed));
			assert_memory_not_equal(
				step->seed, plans[1].steps[i].seed, sizeof(no_seed));
		}
		if (step->pattern.kind != STREAM_RANDOM)
			continue;
		/* A key is used for one pass of one job. */
		assert_true(pattern_is_sealed(&step->pattern));
		for (size_t j = 0; j < plans[1].step_count; j++) {
			assert_memory_not_equal(
				step->pattern.key, plans[1].steps[j].pattern.key, STREAM_KEY_BYTES);
			if (j != i)
				assert_memory_not_equal(step->pattern.key,
					plans[0].steps[j].pattern.key, STREAM_KEY_BYTES);
		}
	}
}

/* ---- capacity, zones and sectors ---- */

static void hidden_capacity_is_lifted_first_where_the_drive_told_all(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	const uint64_t reachable = sample_sata.capacity_bytes / 512;
	const struct ata_abilities honest = { .known = true,
		.hidden_known = true,
		.sectors = reachable,
		.hpa_sectors = reachable + 1000,
		.dco_sectors = reachable + 5000,
		.sector_bytes = 512 };
	struct ata_abilities partly = honest, another = honest;
	partly.hidden_known = false;
	another.dco_sectors = 0;
	const struct {
		struct ata_abilities ata;
		uint64_t native_sectors;
		enum transport transport;
		int result;
	} cases[] = {
		{ honest, reachable + 5000, TRANSPORT_ATA, 0 },
		{ partly, reachable + 5000, TRANSPORT_ATA, -ENOTSUP },
		{ another, reachable + 5000, TRANSPORT_ATA, -ENOTSUP },
		{ another, reachable + 1000, TRANSPORT_ATA, 0 },
		{ honest, reachable + 5001, TRANSPORT_ATA, -ENOTSUP },
		{ honest, reachable + 5000, TRANSPORT_USB, -ENOTSUP },
		{ { .known = false }, reachable + 5000, TRANSPORT_ATA, -ENOTSUP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.ata = cases[i].ata };
		struct drive_identity identity = sample_sata;
		struct native_capacity native = { NATIVE_ATA_MAX, cases[i].native_sectors * 512,
			512 };
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char steps[128];
		identity.transport = cases[i].transport;
		fake_offer(&fake, TECHNIQUE_ATA_SECURITY_ENHANCED, 60);
		assert_int_equal(
			make_plan_of(policy, &identity, &native, &fake, &request, &plan, &error),
			cases[i].result);
		if (cases[i].result < 0) {
			assert_string_equal(error.code, "capacity-hidden");
			continue;
		}
		assert_int_equal(plan.capacity_bytes, native.native_bytes);
		spell_plan(&plan, steps, sizeof(steps));
		assert_string_equal(steps, "restore w2 r2/full s2");
		assert_sealable(&plan, MEDIA_MAGNETIC);
		request.level = LEVEL_PURGE;
		assert_int_equal(
			make_plan_of(policy, &identity, &native, &fake, &request, &plan, &error),
			0);
		spell_plan(&plan, steps, sizeof(steps));
		assert_string_equal(steps, "restore m2 e:ata-security-enhanced c2 s3");
		assert_sealable(&plan, MEDIA_MAGNETIC);
	}
}

static void zones_are_reset_before_they_are_overwritten(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	struct fake_drive fake = { .abilities.zoned = ZONED_HOST_MANAGED };
	struct drive_identity identity = sample_disk;
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan;
	struct error error = { 0 };
	char steps[128];

	identity.zoned = ZONED_HOST_MANAGED;
	assert_int_equal(make_plan_of(policy, &identity, &sample_disk_native, &fake, &request,
				 &plan, &error),
		-ENOTSUP);
	assert_string_equal(error.code, "zoned");
	assert_why(&plan, "overwrite", "not-addressable");
	fake_offer(&fake, TECHNIQUE_ZONE_RESET, -1);
	assert_int_equal(make_plan_of(policy, &identity, &sample_disk_native, &fake, &request,
				 &plan, &error),
		0);
	spell_plan(&plan, steps, sizeof(steps));
	assert_string_equal(steps, "e:zone-reset w2 r2/full s2");
	assert_sealable(&plan, MEDIA_MAGNETIC);
	/* Markers are scattered: they cannot be planted where a zone is written from its start. */
	fake_offer(&fake, TECHNIQUE_SCSI_SANITIZE_CRYPTO, 5);
	request.level = LEVEL_PURGE;
	assert_int_equal(make_plan_of(policy, &identity, &sample_disk_native, &fake, &request,
				 &plan, &error),
		-ENOTSUP);
	assert_why(&plan, "scsi-sanitize-crypto", "not-addressable");
}

/* What a host cannot write to has no markers, and so no proof. */
static void sectors_of_other_sizes_are_refused_with_the_reason(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	struct fake_drive fake = { 0 };
	struct drive_identity identity = with_capacity(0, 520);
	struct native_capacity native = { NATIVE_SCSI_CAPACITY, 520 * 1024, 520 };
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };

	fake_offer(&fake, TECHNIQUE_SCSI_SANITIZE_CRYPTO, 5);
	assert_int_equal(
		make_plan_of(policy, &identity, &native, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "sector-size");
	assert_why(&plan, "scsi-sanitize-crypto", "not-addressable");
	assert_int_equal(plan.step_count, 0);
	/* Nothing that is done to keys alone is planned there either. */
	fake_offer(&fake, TECHNIQUE_LUKS_ERASE, 5);
	fake.abilities.encrypted_from_first_write = true;
	assert_int_equal(
		make_plan_of(policy, &identity, &native, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "sector-size");
	assert_int_equal(plan.step_count, 0);
	for (size_t i = 0; i < plan.candidate_count; i++)
		assert_false(plan.candidates[i].chosen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_follow_from_the_scheme),
		cmocka_unit_test(every_shipped_scheme_makes_a_plan_that_ends_in_proof),
		cmocka_unit_test(the_longest_scheme_fits),
		cmocka_unit_test(what_cannot_hold_its_promise_is_refused),
		cmocka_unit_test(the_policys_level_is_never_lowered),
		cmocka_unit_test(sampling_is_what_the_policy_allows_and_may_be_exceeded),
		cmocka_unit_test(a_plan_is_made_without_keys_and_sealed_with_fresh_ones),
		cmocka_unit_test(hidden_capacity_is_lifted_first_where_the_drive_told_all),
		cmocka_unit_test(zones_are_reset_before_they_are_overwritten),
		cmocka_unit_test(sectors_of_other_sizes_are_refused_with_the_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
