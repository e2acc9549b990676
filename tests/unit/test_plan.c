/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From policy and drive to the plan, by tables: what is planned, and what is refused instead of
 * being planned weaker. */
#include "wipe/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AUTO_POLICY CLEANUP(cleanup_policy_free)

static const struct drive_identity drive = {
	.wwn = "naa.5000c500a1b2c3d4",
	.serial = "ZA1",
	.model = "SAMPLE",
	.transport = TRANSPORT_SCSI,
	.media = MEDIA_MAGNETIC,
	.zoned = ZONED_NONE,
	.capacity_bytes = 4 * GIB,
	.logical_sector_bytes = 512,
	.physical_sector_bytes = 4096,
	.name = "sdx",
};
static const struct native_capacity whole = { NATIVE_SCSI_CAPACITY, 4 * GIB, 512 };

/* A drive that offers what a test lets it offer, by methods that stand for the real ones. */
struct fake_drive {
	struct abilities abilities; /* first: an offer finds the rest behind it */
	struct erase_offer offers[TECHNIQUES];
};

#define OFFER(offered_technique)                                                                   \
	static void offer_##offered_technique(                                                     \
		const struct abilities *abilities, struct erase_offer *ret)                        \
	{                                                                                          \
		const struct fake_drive *fake = (const struct fake_drive *)abilities;              \
		*ret = fake->offers[TECHNIQUE_##offered_technique];                                \
	}                                                                                          \
	static const struct erase_method method_##offered_technique = {                            \
		.technique = TECHNIQUE_##offered_technique, .offer = offer_##offered_technique     \
	};
#define FAKED(of)                                                                                  \
	of(NVME_SANITIZE_CRYPTO) of(NVME_SANITIZE_BLOCK) of(NVME_SANITIZE_OVERWRITE)               \
		of(NVME_FORMAT_CRYPTO) of(ATA_SANITIZE_CRYPTO) of(ATA_SANITIZE_BLOCK)              \
			of(ATA_SANITIZE_OVERWRITE) of(ATA_SECURITY_ENHANCED)                       \
				of(ATA_SECURITY_NORMAL) of(SCSI_SANITIZE_CRYPTO)                   \
					of(SCSI_SANITIZE_BLOCK) of(SCSI_SANITIZE_OVERWRITE)        \
						of(SCSI_WRITE_SAME) of(OPAL_REVERT)                \
							of(OPAL_PSID_REVERT) of(LUKS_ERASE)        \
								of(ZONE_RESET) of(DISCARD)
FAKED(OFFER)

static const struct erase_method *fake_method_for(enum technique technique)
{
#define METHOD(offered_technique) &method_##offered_technique,
	static const struct erase_method *const methods[] = { FAKED(METHOD) };
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}

static void offer(struct fake_drive *fake, enum technique technique, int64_t seconds)
{
	enum erase_scope scope = technique_facts(technique)->witness == WITNESS_NVME_SANITIZE_LOG
					 ? SCOPE_SUBSYSTEM
					 : SCOPE_DRIVE;
	fake->offers[technique] = (struct erase_offer){
		.offered = true, .scope = scope, .expected_seconds = seconds
	};
}

static void refuse(struct fake_drive *fake, enum technique technique, const char *why)
{
	fake->offers[technique] = (struct erase_offer){ .why_not = why, .expected_seconds = -1 };
}

static int make_of(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct fake_drive *fake,
	const struct plan_request *request, struct plan *ret, struct error *error)
{
	const struct plan_subject subject = { .identity = identity,
		.native = native,
		.abilities = &fake->abilities,
		.method_for = fake_method_for };

	return plan_make(policy, &subject, request, ret, error);
}

/* Of a drive that offers nothing of its own. */
static int make(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct plan_request *request, struct plan *ret,
	struct error *error)
{
	static const struct fake_drive nothing;

	return make_of(policy, identity, native, &nothing, request, ret, error);
}

static struct policy *load(const char *path)
{
	struct policy *policy = NULL;
	struct error error = { 0 };

	assert_int_equal(policy_load(path, &policy, &error), 0);
	return policy;
}

/* "w1 r1/full m2 e:nvme-sanitize-block c2 s3": overwrite, read back, plant, erase, check, scan, with
 * the step they are about. */
static void spell_step(const struct plan *plan, size_t index, char *ret, size_t size)
{
	const struct plan_step *step = &plan->steps[index];

	switch (step->method) {
	case STEP_UNKNOWN:
		fail();
		break;
	case STEP_OVERWRITE:
		(void)snprintf(ret, size, "w%zu", index + 1);
		break;
	case STEP_READ_BACK:
		(void)snprintf(
			ret, size, "r%u/%s", step->of_step, verification_name(step->coverage));
		break;
	case STEP_RESIDUE_SCAN:
		(void)snprintf(ret, size, "s%u", step->of_step);
		break;
	case STEP_RESTORE_CAPACITY:
		(void)snprintf(ret, size, "restore");
		break;
	case STEP_PLANT_MARKERS:
		(void)snprintf(ret, size, "m%zu", index + 1);
		break;
	case STEP_ERASE:
		(void)snprintf(ret, size, "e:%s", technique_name(step->technique));
		break;
	case STEP_CHECK_MARKERS:
		(void)snprintf(ret, size, "c%u", step->of_step);
		break;
	}
}

static void spell(const struct plan *plan, char *ret, size_t size)
{
	size_t length = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < plan->step_count; i++) {
		char step[64];
		spell_step(plan, i, step, sizeof(step));
		length += (size_t)snprintf(ret + length, size - length, "%s%s", i ? " " : "", step);
		assert_true(length < size);
	}
}

static void steps_follow_from_the_scheme(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
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
		assert_int_equal(make(policy, &drive, &whole, &request, &plan, &error), 0);
		spell(&plan, steps, sizeof(steps));
		assert_string_equal(steps, cases[i].steps);
		assert_int_equal(plan.level, LEVEL_CLEAR);
		assert_int_equal(plan.capacity_bytes, drive.capacity_bytes);
		assert_int_equal(plan.sector_bytes, 512);
		const char *name = cases[i].scheme[0] ? cases[i].scheme : "random";
		assert_string_equal(plan.scheme, name);
		assert_string_equal(plan.scheme_origin, scheme_find_shipped(name)->origin);
	}
}

static void every_shipped_scheme_makes_a_plan_that_ends_in_proof(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);

	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count; scheme++) {
		struct plan_request request = { .level = LEVEL_CLEAR };
		struct plan plan;
		struct error error = { 0 };
		AUTO_JSON json_t *json = NULL;
		struct plan again;
		(void)snprintf(request.scheme, sizeof(request.scheme), "%s", scheme->name);
		assert_int_equal(make(policy, &drive, &whole, &request, &plan, &error), 0);
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
	assert_int_equal(make(policy, &drive, &whole, &request, &plan, &error), 0);
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
	struct drive_identity identity = drive;

	identity.capacity_bytes = bytes;
	identity.logical_sector_bytes = sector;
	return identity;
}

/* Nothing here may be planned in some weaker way. */
static void what_cannot_hold_its_promise_is_refused(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	const struct bad_case cases[] = {
		{ "purge was asked", drive, whole, { .level = LEVEL_PURGE }, -ENOTSUP,
			"level-not-reachable", "not lowered" },
		{ "destroy was asked", drive, whole, { .level = LEVEL_DESTROY }, -ENOTSUP,
			"level-not-reachable", "destroy" },
		{ "hidden by an HPA", drive, { NATIVE_ATA_MAX, 4 * GIB + 512000, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-hidden", "512000" },
		{ "native unknown", drive, { NATIVE_UNKNOWN, 0, 0 }, { .level = LEVEL_NONE },
			-ENOTSUP, "capacity-unknown", "native capacity" },
		{ "native without a number", drive, { NATIVE_SCSI_CAPACITY, 0, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-unknown", "native capacity" },
		{ "native smaller", drive, { NATIVE_SCSI_CAPACITY, 4 * GIB - 512, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "capacity-contradiction", "kernel" },
		{ "other sectors", drive, { NATIVE_SCSI_CAPACITY, 4 * GIB, 4096 },
			{ .level = LEVEL_NONE }, -ENOTSUP, "sector-size-differs", "4096" },
		{ "half a sector", with_capacity(4 * GIB + 100, 512),
			{ NATIVE_SCSI_CAPACITY, 4 * GIB + 100, 512 }, { .level = LEVEL_NONE },
			-ENOTSUP, "capacity-not-whole", "whole" },
		{ "no capacity", with_capacity(0, 512), { NATIVE_SCSI_CAPACITY, 0, 512 },
			{ .level = LEVEL_NONE }, -ENOTSUP, NULL, "" },
		{ "520-byte sectors", with_capacity(520 * 1024, 520),
			{ NATIVE_SCSI_CAPACITY, 520 * 1024, 520 }, { .level = LEVEL_NONE },
			-ENOTSUP, NULL, "" },
		{ "no such scheme", drive, whole, { .scheme = "guttman" }, -EINVAL,
			"scheme-unknown", "guttman" },
		{ "weaker verification", drive, whole, { .verification = VERIFICATION_SAMPLE },
			-EPERM, "verification-weaker", "sample" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan plan = { .step_count = 77 };
		struct error error = { 0 };
		int result = make(policy, &cases[i].identity, &cases[i].native, &cases[i].request,
			&plan, &error);
		if (result != cases[i].result)
			print_message("%s: %s\n", cases[i].name, error.what);
		assert_int_equal(result, cases[i].result);
		if (cases[i].code)
			assert_string_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.what, cases[i].said));
		assert_int_equal(plan.step_count, 0);
		assert_int_equal(plan.capacity_bytes, 0);
		assert_int_equal(make(policy, &cases[i].identity, &cases[i].native,
					 &cases[i].request, &plan, NULL) < 0,
			1);
	}
}

/* The policy's level is due whatever was asked; only the reachable is planned. */
static void the_policys_level_is_never_lowered(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load("packaging/policy-municipal.json");
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
		assert_int_equal(
			make(policy, &drive, &whole, &request, &plan, &error), cases[i].result);
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
		assert_int_equal(make(policy, &drive, &whole, &request, &plan, &error), 0);
		assert_int_equal(plan.steps[plan.step_count - 2].coverage, cases[i].planned);
	}
	struct plan_request elsewhere = { .zone = "c" };
	assert_int_equal(make(policy, &drive, &whole, &elsewhere, &plan, &error), -ENOENT);
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
		assert_int_equal(make(policy, &drive, &whole, &request, &plans[i], &error), 0);
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

/* ---- what a drive erases by itself ---- */

static const struct drive_identity flash = {
	.wwn = "eui.0025385b71b0aa01",
	.serial = "S4X",
	.model = "FAST SSD 970",
	.firmware = "2B2QEXM7",
	.transport = TRANSPORT_NVME,
	.media = MEDIA_FLASH,
	.zoned = ZONED_NONE,
	.capacity_bytes = 4 * GIB,
	.logical_sector_bytes = 512,
	.physical_sector_bytes = 512,
	.name = "nvme0n1",
};
static const struct native_capacity flash_whole = { NATIVE_NVME_SIZE, 4 * GIB, 512 };

static const struct drive_identity sata = {
	.serial = "WD1",
	.model = "DISK",
	.firmware = "1",
	.transport = TRANSPORT_ATA,
	.media = MEDIA_MAGNETIC,
	.zoned = ZONED_NONE,
	.capacity_bytes = 4 * GIB,
	.logical_sector_bytes = 512,
	.physical_sector_bytes = 512,
	.name = "sda",
};
static const struct native_capacity sata_whole = { NATIVE_ATA_MAX, 4 * GIB, 512 };

static struct policy *parse(const char *text)
{
	struct policy *policy = NULL;
	struct error error = { 0 };

	if (policy_parse(text, strlen(text), "test", &policy, &error) < 0)
		fail_msg("%s", error.what);
	return policy;
}

#define ONE_RULE(more, top)                                                                        \
	"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":\"v\","      \
	"\"source\":\"s\"," top                                                                    \
	"\"rules\":[{\"zone\":\"*\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":"          \
	"\"purge\",\"scheme\":\"zero\",\"verification\":\"full\"" more "}],\"schemes\":[]}"

static const struct plan_candidate *candidate_of(const struct plan *plan, const char *methods)
{
	for (size_t i = 0; i < plan->candidate_count; i++)
		if (strcmp(plan->candidates[i].methods, methods) == 0)
			return &plan->candidates[i];
	fail_msg("no candidate %s", methods);
	return NULL;
}

static void assert_why(const struct plan *plan, const char *methods, const char *why)
{
	const struct plan_candidate *candidate = candidate_of(plan, methods);

	assert_string_equal(candidate->why, why);
	assert_int_equal(candidate->chosen, strcmp(why, "chosen") == 0);
}

/* The steps are a document that the judge takes, once they are sealed. */
static void assert_sealable(const struct plan *plan, enum media media)
{
	struct plan sealed = *plan, again;
	struct error error = { 0 };
	AUTO_JSON json_t *draft = NULL;
	AUTO_JSON json_t *json = NULL;

	assert_int_equal(plan_to_json(plan, &draft), 0);
	assert_int_equal(plan_seal(&sealed, &error), 0);
	/* What lacks its keys is not taken for what has them. */
	if (memcmp(&sealed, plan, sizeof(sealed)) != 0)
		assert_int_equal(plan_from_json(draft, true, &again, NULL), -EBADMSG);
	assert_int_equal(plan_to_json(&sealed, &json), 0);
	if (plan_from_json(json, true, &again, &error) < 0)
		fail_msg("%s", error.what);
	assert_memory_equal(&again.steps, &sealed.steps, sizeof(again.steps));
	assert_memory_equal(&again.candidates, &sealed.candidates, sizeof(again.candidates));
	assert_int_equal(plan_level(&again, media), plan->level);
}

static void each_combination_becomes_the_steps_that_prove_it(void **state)
{
	(void)state;
	static const struct {
		const char *methods;
		const char *verification;
		const char *steps;
	} cases[] = {
		{ "nvme-sanitize-crypto", "markers", "m1 e:nvme-sanitize-crypto c1 s2" },
		{ "nvme-sanitize-overwrite", "markers",
			"m1 e:nvme-sanitize-overwrite r2/sample c1 s2" },
		{ "nvme-sanitize-overwrite", "full", "m1 e:nvme-sanitize-overwrite r2/full c1 s2" },
		{ "nvme-sanitize-crypto+nvme-sanitize-block+overwrite", "full",
			"m1 e:nvme-sanitize-crypto c1 m4 e:nvme-sanitize-block c4 w7 r7/full s7" },
		{ "nvme-sanitize-overwrite+nvme-sanitize-crypto", "markers",
			"m1 e:nvme-sanitize-overwrite c1 m4 e:nvme-sanitize-crypto c4 s5" },
		{ "overwrite+nvme-sanitize-block", "markers",
			"w1 r1/full m3 e:nvme-sanitize-block c3 s4" },
		{ "discard+nvme-sanitize-block", "markers",
			"e:discard m2 e:nvme-sanitize-block c2 s3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char text[1024], steps[512];
		(void)snprintf(text, sizeof(text),
			ONE_RULE(",\"methods\":[\"%s\"],\"purge_verification\":\"%s\"", ""),
			cases[i].methods, cases[i].verification);
		AUTO_POLICY struct policy *policy = parse(text);
		for (int technique = 1; technique < TECHNIQUES; technique++)
			offer(&fake, (enum technique)technique, 7);
		if (make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error) < 0)
			fail_msg("%s: %s", cases[i].methods, error.what);
		spell(&plan, steps, sizeof(steps));
		assert_string_equal(steps, cases[i].steps);
		assert_int_equal(plan.level, LEVEL_PURGE);
		assert_why(&plan, cases[i].methods, "chosen");
		assert_sealable(&plan, MEDIA_FLASH);
	}
}

static void the_first_that_reaches_the_level_is_chosen(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };

	refuse(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, "not-supported");
	offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 11);
	offer(&fake, TECHNIQUE_NVME_SANITIZE_OVERWRITE, 500);
	assert_int_equal(make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), 0);
	assert_why(&plan, "nvme-sanitize-crypto", "not-supported");
	assert_why(&plan, "nvme-sanitize-block", "chosen");
	assert_why(&plan, "nvme-sanitize-overwrite", "not-needed");
	assert_why(&plan, "nvme-sanitize-block+overwrite", "not-needed");
	assert_why(&plan, "ata-sanitize-block", "not-supported");
	assert_int_equal(candidate_of(&plan, "nvme-sanitize-block")->expected_seconds, 11);
	assert_int_equal(candidate_of(&plan, "nvme-sanitize-block")->level, LEVEL_PURGE);
	/* How long the host overwrites nobody states. */
	assert_int_equal(
		candidate_of(&plan, "nvme-sanitize-block+overwrite")->expected_seconds, -1);
	assert_int_equal(plan.steps[1].expected_seconds, 11);
	assert_int_equal(plan.steps[1].scope, SCOPE_SUBSYSTEM);
	assert_string_equal(plan.scheme, "");
	/* Without purge being asked for, it is overwritten: what is due and no more. */
	request.level = LEVEL_NONE;
	assert_int_equal(make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), 0);
	assert_why(&plan, "overwrite", "chosen");
	assert_string_equal(plan.scheme, "random");
	assert_int_equal(plan.level, LEVEL_CLEAR);
}

/* Each is one thing that stands in the way of the only method there is. */
static void what_does_not_do_is_refused_and_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *name, *more, *top, *methods, *why;
		const char *offered_not; /* the drive's reason */
		const char *code, *help;
		enum technique technique;
		enum media media;
		bool failed_before;
	} cases[] = {
		{ "frozen", "", "", "ata-sanitize-block", "frozen", "frozen", "level-not-reachable",
			"suspend", TECHNIQUE_ATA_SANITIZE_BLOCK, MEDIA_FLASH, false },
		{ "locked", "", "", "ata-sanitize-block", "locked", "locked", "level-not-reachable",
			"PSID", TECHNIQUE_ATA_SANITIZE_BLOCK, MEDIA_FLASH, false },
		{ "a word that is new", "", "", "ata-sanitize-block", "moon-phase", "moon-phase",
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SANITIZE_BLOCK,
			MEDIA_FLASH, false },
		{ "hidden", "", "", "ata-sanitize-block", "status-hidden", "status-hidden",
			"level-not-reachable", "controller", TECHNIQUE_ATA_SANITIZE_BLOCK,
			MEDIA_FLASH, false },
		{ "the drive says nothing", "", "", "ata-sanitize-block", "not-supported", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_NONE, MEDIA_FLASH, false },
		{ "flash", "", "", "ata-security-enhanced", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_FLASH, false },
		{ "medium not told", "", "", "ata-security-enhanced", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_UNKNOWN, false },
		{ "failed before", "", "", "ata-security-enhanced", "failed-before", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_MAGNETIC, true },
		{ "distrusted", "",
			"\"distrust\":[{\"model\":\"DI*\",\"firmware_below\":\"2\",\"technique\":"
			"\"ata-security-enhanced\",\"why\":\"w\"}],",
			"ata-security-enhanced", "distrusted", NULL, "level-not-reachable",
			"firmware", TECHNIQUE_ATA_SECURITY_ENHANCED, MEDIA_MAGNETIC, false },
		{ "distrusted in everything", "",
			"\"distrust\":[{\"model\":\"*\",\"firmware\":\"1\",\"technique\":\"*\","
			"\"why\":\"w\"}],",
			"ata-security-enhanced", "distrusted", NULL, "level-not-reachable",
			"firmware", TECHNIQUE_ATA_SECURITY_ENHANCED, MEDIA_MAGNETIC, false },
		{ "cannot be read back", ",\"purge_verification\":\"sample\"", "",
			"ata-sanitize-crypto", "verification-too-weak", NULL, "level-not-reachable",
			"overwriting", TECHNIQUE_ATA_SANITIZE_CRYPTO, MEDIA_FLASH, false },
		{ "no PSID", "", "", "opal-psid-revert", "needs-credential", NULL,
			"level-not-reachable", "--psid-file", TECHNIQUE_OPAL_PSID_REVERT,
			MEDIA_FLASH, false },
		{ "no password", "", "", "opal-revert", "needs-credential", NULL,
			"level-not-reachable", "--password-file", TECHNIQUE_OPAL_REVERT,
			MEDIA_FLASH, false },
		{ "keys of a volume that was not always encrypted", "", "", "luks-erase",
			"encryption-not-recorded", NULL, "level-not-reachable", "encryption record",
			TECHNIQUE_LUKS_ERASE, MEDIA_FLASH, false },
		{ "overwriting alone", "", "", "overwrite", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_NONE, MEDIA_MAGNETIC, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = cases[i].media };
		struct drive_identity identity = sata;
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char text[1024];
		(void)snprintf(text, sizeof(text), ONE_RULE("%s,\"methods\":[\"%s\"]", "%s"),
			cases[i].top, cases[i].more, cases[i].methods);
		AUTO_POLICY struct policy *policy = parse(text);
		identity.media = cases[i].media;
		if (cases[i].offered_not)
			refuse(&fake, cases[i].technique, cases[i].offered_not);
		else if (cases[i].technique != TECHNIQUE_NONE)
			offer(&fake, cases[i].technique, -1);
		request.failed_before[cases[i].technique] = cases[i].failed_before;
		assert_int_equal(
			make_of(policy, &identity, &sata_whole, &fake, &request, &plan, &error),
			-ENOTSUP);
		assert_string_equal(error.code, cases[i].code);
		assert_int_equal(error.kind, ERROR_UNSUPPORTED);
		assert_non_null(strstr(error.what, "not lowered"));
		/* Each method and its reason stand in the candidates, once. */
		assert_null(strstr(error.what, cases[i].methods));
		assert_non_null(strstr(error.next, cases[i].help));
		assert_int_equal(plan.step_count, 0);
		assert_int_equal(plan.capacity_bytes, 0);
		assert_int_equal(plan.candidate_count, 1);
		assert_why(&plan, cases[i].methods, cases[i].why);
		/* The refusal itself goes on a record. */
		AUTO_JSON json_t *json = NULL;
		assert_int_equal(plan_to_json(&plan, &json), 0);
		assert_int_equal(plan_from_json(json, false, &plan, &error), 0);
	}
}

static void a_locked_drive_is_not_overwritten(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities.ata = { .known = true, .locked = true } };
	struct plan_request request = { .level = LEVEL_CLEAR };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy = parse(ONE_RULE(",\"methods\":[\"overwrite\"]", ""));
	assert_int_equal(
		make_of(policy, &sata, &sata_whole, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "level-not-reachable");
	assert_why(&plan, "overwrite", "locked");
	assert_non_null(strstr(error.next, "nlock"));
	assert_int_equal(plan.step_count, 0);
}

/* Markers cannot be planted behind a locked range, whatever else the drive offers. */
static void a_locked_opal_drive_is_not_purged(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities = { .media = MEDIA_FLASH,
					   .opal = { .known = true, .locked = true } } };
	struct drive_identity identity = sata;
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy =
		parse(ONE_RULE(",\"methods\":[\"ata-sanitize-block\","
			       "\"ata-sanitize-block+overwrite\",\"overwrite\"]",
			""));
	identity.media = MEDIA_FLASH;
	offer(&fake, TECHNIQUE_ATA_SANITIZE_BLOCK, -1);
	assert_int_equal(
		make_of(policy, &identity, &sata_whole, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "level-not-reachable");
	assert_why(&plan, "ata-sanitize-block", "locked");
	assert_why(&plan, "ata-sanitize-block+overwrite", "locked");
	assert_why(&plan, "overwrite", "locked");
	assert_non_null(strstr(error.next, "wipe revert"));
	fake.abilities.opal.locked = false;
	assert_int_equal(
		make_of(policy, &identity, &sata_whole, &fake, &request, &plan, &error), 0);
}

static void a_part_that_does_not_do_spoils_the_combination(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy =
		parse(ONE_RULE(",\"methods\":[\"nvme-sanitize-crypto+nvme-sanitize-block\","
			       "\"nvme-sanitize-crypto+overwrite\",\"nvme-sanitize-block\"]",
			""));

	offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 2);
	refuse(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, "status-hidden");
	assert_int_equal(make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), 0);
	assert_why(&plan, "nvme-sanitize-crypto+nvme-sanitize-block", "status-hidden");
	assert_why(&plan, "nvme-sanitize-crypto+overwrite", "chosen");
	/* What failed once is out in every combination. */
	offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 3);
	request.failed_before[TECHNIQUE_NVME_SANITIZE_CRYPTO] = true;
	assert_int_equal(make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), 0);
	assert_why(&plan, "nvme-sanitize-crypto+nvme-sanitize-block", "failed-before");
	assert_why(&plan, "nvme-sanitize-crypto+overwrite", "failed-before");
	assert_why(&plan, "nvme-sanitize-block", "chosen");
}

static void a_credential_at_hand_makes_its_technique_possible(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	static const struct {
		bool offered, has_psid, has_password;
		const char *psid_revert, *revert;
	} cases[] = {
		{ true, false, false, "needs-credential", "needs-credential" },
		{ true, true, false, "chosen", "needs-credential" },
		{ true, false, true, "needs-credential", "chosen" },
		{ true, true, true, "chosen", "not-needed" },
		{ false, true, false, "chosen", "needs-credential" },
		{ false, false, false, "needs-credential", "needs-credential" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = LEVEL_PURGE,
			.has_psid = cases[i].has_psid,
			.has_password = cases[i].has_password };
		struct plan plan;
		struct error error = { 0 };
		offer(&fake, TECHNIQUE_OPAL_PSID_REVERT, -1);
		offer(&fake, TECHNIQUE_OPAL_REVERT, -1);
		fake.offers[TECHNIQUE_OPAL_PSID_REVERT].offered = cases[i].offered;
		fake.offers[TECHNIQUE_OPAL_PSID_REVERT].why_not = "needs-credential";
		fake.offers[TECHNIQUE_OPAL_REVERT].offered = cases[i].offered;
		fake.offers[TECHNIQUE_OPAL_REVERT].why_not = "needs-credential";
		(void)make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error);
		assert_why(&plan, "opal-psid-revert", cases[i].psid_revert);
		assert_why(&plan, "opal-revert", cases[i].revert);
	}
}

static void the_operator_chooses_among_what_the_policy_allows(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	static const struct {
		const char *method;
		enum level level;
		int result;
		const char *code, *next;
	} cases[] = {
		{ "nvme-sanitize-block+overwrite", LEVEL_PURGE, 0, "", "" },
		{ "nvme-sanitize-crypto", LEVEL_PURGE, 0, "", "" },
		{ "overwrite", LEVEL_NONE, 0, "", "" },
		{ "nvme-sanitize-crypto", LEVEL_NONE, -EPERM, "method-not-in-policy",
			"--level purge" },
		{ "nvme-format-crypto", LEVEL_PURGE, -EPERM, "method-not-in-policy",
			"verify policy" },
		{ "overwrite", LEVEL_PURGE, -EPERM, "method-not-in-policy", "verify policy" },
		{ "scsi-sanitize-block", LEVEL_PURGE, -ENOTSUP, "level-not-reachable", "" },
		{ "nvme-sanitize-crypto", LEVEL_DESTROY, -ENOTSUP, "level-not-reachable", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = cases[i].level };
		struct plan plan;
		struct error error = { 0 };
		offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 1);
		offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 1);
		offer(&fake, TECHNIQUE_NVME_FORMAT_CRYPTO, 1);
		(void)snprintf(request.method, sizeof(request.method), "%s", cases[i].method);
		assert_int_equal(
			make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error),
			cases[i].result);
		assert_string_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.next, cases[i].next));
		if (cases[i].result == 0)
			assert_why(&plan, cases[i].method, "chosen");
	}
}

static void purge_verified_in_full_ends_in_overwriting(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
	static const struct {
		enum verification asked;
		const char *chosen, *coverage;
	} cases[] = {
		{ VERIFICATION_NONE, "nvme-sanitize-crypto", NULL },
		{ VERIFICATION_MARKERS, "nvme-sanitize-crypto", NULL },
		{ VERIFICATION_SAMPLE, "nvme-sanitize-crypto+overwrite", "r4/full" },
		{ VERIFICATION_FULL, "nvme-sanitize-crypto+overwrite", "r4/full" },
	};

	offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_request request = { .level = LEVEL_PURGE,
			.verification = cases[i].asked };
		struct plan plan;
		struct error error = { 0 };
		char steps[256];
		assert_int_equal(
			make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), 0);
		assert_why(&plan, cases[i].chosen, "chosen");
		spell(&plan, steps, sizeof(steps));
		if (cases[i].coverage)
			assert_non_null(strstr(steps, cases[i].coverage));
	}
	/* Markers are no verification of what was only overwritten. */
	struct plan_request request = { .verification = VERIFICATION_MARKERS };
	struct plan plan;
	struct error error = { 0 };
	assert_int_equal(
		make_of(policy, &flash, &flash_whole, &fake, &request, &plan, &error), -EPERM);
	assert_string_equal(error.code, "verification-weaker");
}

static void hidden_capacity_is_lifted_first_where_the_drive_told_all(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	const uint64_t reachable = sata.capacity_bytes / 512;
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
		struct drive_identity identity = sata;
		struct native_capacity native = { NATIVE_ATA_MAX, cases[i].native_sectors * 512,
			512 };
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char steps[128];
		identity.transport = cases[i].transport;
		offer(&fake, TECHNIQUE_ATA_SECURITY_ENHANCED, 60);
		assert_int_equal(
			make_of(policy, &identity, &native, &fake, &request, &plan, &error),
			cases[i].result);
		if (cases[i].result < 0) {
			assert_string_equal(error.code, "capacity-hidden");
			continue;
		}
		assert_int_equal(plan.capacity_bytes, native.native_bytes);
		spell(&plan, steps, sizeof(steps));
		assert_string_equal(steps, "restore w2 r2/full s2");
		assert_sealable(&plan, MEDIA_MAGNETIC);
		request.level = LEVEL_PURGE;
		assert_int_equal(
			make_of(policy, &identity, &native, &fake, &request, &plan, &error), 0);
		spell(&plan, steps, sizeof(steps));
		assert_string_equal(steps, "restore m2 e:ata-security-enhanced c2 s3");
		assert_sealable(&plan, MEDIA_MAGNETIC);
	}
}

static void zones_are_reset_before_they_are_overwritten(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	struct fake_drive fake = { .abilities.zoned = ZONED_HOST_MANAGED };
	struct drive_identity identity = drive;
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan;
	struct error error = { 0 };
	char steps[128];

	identity.zoned = ZONED_HOST_MANAGED;
	assert_int_equal(
		make_of(policy, &identity, &whole, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "zoned");
	assert_why(&plan, "overwrite", "not-addressable");
	offer(&fake, TECHNIQUE_ZONE_RESET, -1);
	assert_int_equal(make_of(policy, &identity, &whole, &fake, &request, &plan, &error), 0);
	spell(&plan, steps, sizeof(steps));
	assert_string_equal(steps, "e:zone-reset w2 r2/full s2");
	assert_sealable(&plan, MEDIA_MAGNETIC);
	/* Markers are scattered: they cannot be planted where a zone is written from its start. */
	offer(&fake, TECHNIQUE_SCSI_SANITIZE_CRYPTO, 5);
	request.level = LEVEL_PURGE;
	assert_int_equal(
		make_of(policy, &identity, &whole, &fake, &request, &plan, &error), -ENOTSUP);
	assert_why(&plan, "scsi-sanitize-crypto", "not-addressable");
}

/* What a host cannot write to has no markers, and so no proof. */
static void sectors_of_other_sizes_are_refused_with_the_reason(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	struct fake_drive fake = { 0 };
	struct drive_identity identity = with_capacity(0, 520);
	struct native_capacity native = { NATIVE_SCSI_CAPACITY, 520 * 1024, 520 };
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };

	offer(&fake, TECHNIQUE_SCSI_SANITIZE_CRYPTO, 5);
	assert_int_equal(
		make_of(policy, &identity, &native, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "sector-size");
	assert_why(&plan, "scsi-sanitize-crypto", "not-addressable");
	assert_int_equal(plan.step_count, 0);
	/* Nothing that is done to keys alone is planned there either. */
	offer(&fake, TECHNIQUE_LUKS_ERASE, 5);
	fake.abilities.encrypted_from_first_write = true;
	assert_int_equal(
		make_of(policy, &identity, &native, &fake, &request, &plan, &error), -ENOTSUP);
	assert_string_equal(error.code, "sector-size");
	assert_int_equal(plan.step_count, 0);
	for (size_t i = 0; i < plan.candidate_count; i++)
		assert_false(plan.candidates[i].chosen);
}

static void encryption_from_the_first_write_makes_keys_count(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load(NULL);
	struct fake_drive fake = { .abilities.encrypted_from_first_write = true };
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	char steps[128];

	offer(&fake, TECHNIQUE_LUKS_ERASE, 1);
	assert_int_equal(make_of(policy, &drive, &whole, &fake, &request, &plan, &error), 0);
	spell(&plan, steps, sizeof(steps));
	assert_string_equal(steps, "e:luks-erase s1");
	assert_true(plan.encrypted_from_first_write);
	assert_sealable(&plan, MEDIA_MAGNETIC);
}

/* Fresh for every plan, and of the form that the drives and the judge want. */
static void what_drives_are_told_is_drawn_when_the_plan_is_sealed(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = parse(
		ONE_RULE(",\"methods\":[\"ata-sanitize-overwrite+ata-security-enhanced\"]", ""));
	struct fake_drive fake = { 0 };
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan, sealed[2];
	struct error error = { 0 };

	offer(&fake, TECHNIQUE_ATA_SANITIZE_OVERWRITE, 1);
	offer(&fake, TECHNIQUE_ATA_SECURITY_ENHANCED, 1);
	assert_int_equal(make_of(policy, &sata, &sata_whole, &fake, &request, &plan, &error), 0);
	for (size_t i = 0; i < 2; i++) {
		sealed[i] = plan;
		assert_int_equal(plan_seal(&sealed[i], &error), 0);
	}
	const struct plan_step *overwrite = &sealed[0].steps[1], *security = &sealed[0].steps[4];
	assert_int_equal(overwrite->technique, TECHNIQUE_ATA_SANITIZE_OVERWRITE);
	assert_int_equal(security->technique, TECHNIQUE_ATA_SECURITY_ENHANCED);
	assert_int_equal(overwrite->pattern.kind, STREAM_PERIODIC);
	assert_int_equal(overwrite->pattern.period_bytes, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(
			overwrite->pattern.period[i] != 0 && overwrite->pattern.period[i] != 0xff);
	for (size_t i = 0; i < PASSWORD_BYTES; i++)
		assert_true(security->password[i] > ' ' && security->password[i] < 0x7f);
	assert_memory_not_equal(security->password, sealed[1].steps[4].password, PASSWORD_BYTES);
	assert_memory_not_equal(sealed[0].steps[0].seed, sealed[1].steps[0].seed, MEDIA_SEED_BYTES);
	assert_memory_not_equal(sealed[0].steps[0].seed, sealed[0].steps[3].seed, MEDIA_SEED_BYTES);
	static const uint8_t nothing[PASSWORD_BYTES];
	assert_memory_equal(plan.steps[4].password, nothing, PASSWORD_BYTES);
}

static void every_word_of_a_refusal_is_explained(void **state)
{
	(void)state;
	static const char *const words[] = { "chosen", "not-needed", "not-asked", "not-supported",
		"not-known", "status-hidden", "busy", "frozen", "locked", "needs-credential",
		"sid-blocked", "not-activated", "distrusted", "failed-before", "level-too-low",
		"encryption-not-recorded", "not-addressable", "verification-too-weak",
		"scope-unknown", "too-many-steps" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_not_equal(plan_why_text(words[i]), words[i]);
	assert_string_equal(plan_why_text("moon-phase"), "moon-phase");
	assert_string_equal(plan_why_help("moon-phase"), "");
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
		cmocka_unit_test(each_combination_becomes_the_steps_that_prove_it),
		cmocka_unit_test(the_first_that_reaches_the_level_is_chosen),
		cmocka_unit_test(what_does_not_do_is_refused_and_says_why),
		cmocka_unit_test(a_locked_drive_is_not_overwritten),
		cmocka_unit_test(a_locked_opal_drive_is_not_purged),
		cmocka_unit_test(a_part_that_does_not_do_spoils_the_combination),
		cmocka_unit_test(a_credential_at_hand_makes_its_technique_possible),
		cmocka_unit_test(the_operator_chooses_among_what_the_policy_allows),
		cmocka_unit_test(purge_verified_in_full_ends_in_overwriting),
		cmocka_unit_test(hidden_capacity_is_lifted_first_where_the_drive_told_all),
		cmocka_unit_test(zones_are_reset_before_they_are_overwritten),
		cmocka_unit_test(sectors_of_other_sizes_are_refused_with_the_reason),
		cmocka_unit_test(encryption_from_the_first_write_makes_keys_count),
		cmocka_unit_test(what_drives_are_told_is_drawn_when_the_plan_is_sealed),
		cmocka_unit_test(every_word_of_a_refusal_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
