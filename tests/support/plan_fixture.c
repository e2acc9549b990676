/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives that offer what a test lets them offer, policies, and what is planned for them. */
#include "tests/support/plan_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct drive_identity sample_disk = {
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
const struct native_capacity sample_disk_native = { NATIVE_SCSI_CAPACITY, 4 * GIB, 512 };

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

void fake_offer(struct fake_drive *fake, enum technique technique, int64_t seconds)
{
	enum erase_scope scope = technique_facts(technique)->witness == WITNESS_NVME_SANITIZE_LOG
					 ? SCOPE_SUBSYSTEM
					 : SCOPE_DRIVE;
	fake->offers[technique] = (struct erase_offer){
		.offered = true, .scope = scope, .expected_seconds = seconds
	};
}

void fake_refuse(struct fake_drive *fake, enum technique technique, const char *why)
{
	fake->offers[technique] = (struct erase_offer){ .why_not = why, .expected_seconds = -1 };
}

int make_plan_of(const struct policy *policy, const struct drive_identity *identity,
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
int make_plan(const struct policy *policy, const struct drive_identity *identity,
	const struct native_capacity *native, const struct plan_request *request, struct plan *ret,
	struct error *error)
{
	static const struct fake_drive nothing;

	return make_plan_of(policy, identity, native, &nothing, request, ret, error);
}

struct policy *load_policy(const char *path)
{
	struct policy *policy = NULL;
	struct error error = { 0 };

	assert_int_equal(policy_load(path, &policy, &error), 0);
	return policy;
}

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

void spell_plan(const struct plan *plan, char *ret, size_t size)
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

const struct drive_identity sample_flash = {
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
const struct native_capacity sample_flash_native = { NATIVE_NVME_SIZE, 4 * GIB, 512 };

const struct drive_identity sample_sata = {
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
const struct native_capacity sample_sata_native = { NATIVE_ATA_MAX, 4 * GIB, 512 };

struct policy *parse_policy(const char *text)
{
	struct policy *policy = NULL;
	struct error error = { 0 };

	if (policy_parse(text, strlen(text), "test", &policy, &error) < 0)
		fail_msg("%s", error.what);
	return policy;
}

const struct plan_candidate *candidate_of(const struct plan *plan, const char *methods)
{
	for (size_t i = 0; i < plan->candidate_count; i++)
		if (strcmp(plan->candidates[i].methods, methods) == 0)
			return &plan->candidates[i];
	fail_msg("no candidate %s", methods);
	return NULL;
}

void assert_why(const struct plan *plan, const char *methods, const char *why)
{
	const struct plan_candidate *candidate = candidate_of(plan, methods);

	assert_string_equal(candidate->why, why);
	assert_int_equal(candidate->chosen, strcmp(why, "chosen") == 0);
}

/* The steps are a document that the judge takes, once they are sealed. */
void assert_sealable(const struct plan *plan, enum media media)
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
