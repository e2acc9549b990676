/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a drive that erased itself against its certificate: on a loop device that holds what a drive
 * may hold then. */
#include "verify/media/media_remains.h"

#include "tests/support/sample_job.h"
#include "tests/support/scratch.h"
#include "verify/media/media.h"
#include "verify/plan/plan_document.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DRIVE_BYTES SAMPLE_CAPACITY_BYTES
#define MARKERS 100

static struct scratch scratch;
static struct loop_drive loop;
static char image[SCRATCH_PATH_MAX];
static struct drive *drive;
static json_t *certificate;

static void attach_and_open(void)
{
	struct error error = { 0 };

	loop_drive_require();
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	if (drive_open(loop.path, DRIVE_CLAIM_READ, &drive, &error) < 0)
		fail_msg("%s", error.what);
}

static void make_certificate(enum sample_job_kind kind)
{
	struct sample_job job;
	json_t *identity;

	sample_job_make(kind, &job);
	assert_int_equal(identity_to_json(&drive->identity, &identity), 0);
	assert_int_equal(json_object_set_new(job.subject, "identity", identity), 0);
	certificate = json_pack("{s:O, s:O}", "subject", job.subject, "plan", job.plan);
	assert_non_null(certificate);
	sample_job_free(&job);
}

static void fill(uint8_t byte)
{
	uint8_t *bytes AUTO_FREE = malloc(DRIVE_BYTES);
	int fd AUTO_FD = open(image, O_WRONLY | O_CLOEXEC);

	assert_non_null(bytes);
	assert_true(fd >= 0);
	memset(bytes, byte, DRIVE_BYTES);
	assert_int_equal(pwrite(fd, bytes, DRIVE_BYTES, 0), DRIVE_BYTES);
}

/* One of the markers of that kind's first planting stands. */
static void leave_marker(enum sample_job_kind kind, size_t which)
{
	struct sample_job job;
	struct plan plan;
	uint64_t *offsets AUTO_FREE = NULL;
	size_t count = 0, plant = 0;
	uint8_t content[512];
	int fd AUTO_FD = open(image, O_WRONLY | O_CLOEXEC);

	sample_job_make(kind, &job);
	assert_int_equal(plan_from_json(job.plan, true, &plan, NULL), 0);
	sample_job_free(&job);
	while (plan.steps[plant].method != STEP_PLANT_MARKERS)
		plant++;
	assert_int_equal(markers_offsets(DRIVE_BYTES, 512, plan.steps[plant].seed, MARKERS,
				 &offsets, &count),
		0);
	assert_int_equal(markers_content(plan.steps[plant].seed, offsets[which], content, 512), 0);
	assert_int_equal(pwrite(fd, content, 512, (off_t)offsets[which]), 512);
}

static void leave_swap_header(void)
{
	int fd AUTO_FD = open(image, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "SWAPSPACE2", 10, 4086), 10);
}

static int set_up(void **state)
{
	(void)state;
	loop.fd = -1;
	scratch_make(&scratch);
	scratch_image(&scratch, "image", DRIVE_BYTES, image);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	drive = drive_close(drive);
	json_decref(certificate);
	certificate = NULL;
	loop_drive_detach(&loop);
	scratch_remove(&scratch);
	return 0;
}

static struct media_remains look(void)
{
	struct media_remains remains;
	struct error error = { 0 };

	memset(&remains, 0xff, sizeof(remains));
	if (media_check_remains(drive, certificate, &remains, &error) < 0)
		fail_msg("%s", error.what);
	assert_true(remains.residue.bytes_looked_at > 0);
	return remains;
}

static void test_erased(void **state)
{
	static const uint8_t contents[] = { 0xff, 0x00, 0xa5 };

	(void)state;
	fill(0xff);
	attach_and_open();
	make_certificate(SAMPLE_JOB_NVME);
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		fill(contents[i]);
		struct media_remains remains = look();
		assert_int_equal(remains.markers.checked, MARKERS);
		assert_int_equal(remains.markers.remaining, 0);
		assert_int_equal(remains.markers.zeroed, contents[i] == 0 ? MARKERS : 0);
		assert_true(media_remains_nothing(&remains));
	}
}

static void test_a_marker_is_left(void **state)
{
	(void)state;
	fill(0xff);
	leave_marker(SAMPLE_JOB_NVME, 57);
	attach_and_open();
	make_certificate(SAMPLE_JOB_NVME);
	struct media_remains remains = look();
	assert_int_equal(remains.markers.remaining, 1);
	assert_int_equal(remains.residue.count, 0);
	assert_false(media_remains_nothing(&remains));
}

static void test_something_is_recognised(void **state)
{
	(void)state;
	fill(0xff);
	leave_swap_header();
	attach_and_open();
	make_certificate(SAMPLE_JOB_NVME);
	struct media_remains remains = look();
	assert_int_equal(remains.markers.remaining, 0);
	assert_true(remains.residue.count > 0);
	assert_false(media_remains_nothing(&remains));
}

/* Only the keys are gone: there are no markers to look for. */
static void test_keys(void **state)
{
	(void)state;
	fill(0xa5);
	attach_and_open();
	make_certificate(SAMPLE_JOB_KEYS);
	struct media_remains remains = look();
	assert_int_equal(remains.markers.checked, 0);
	assert_true(media_remains_nothing(&remains));
}

static void test_another_drive(void **state)
{
	struct media_remains remains = { .markers.checked = 77 };
	struct error error = { 0 };

	(void)state;
	fill(0xff);
	attach_and_open();
	make_certificate(SAMPLE_JOB_NVME);
	sample_set_text(json_object_get(json_object_get(certificate, "subject"), "identity"),
		"serial", "ZA1B2C3D");
	assert_int_equal(media_check_remains(drive, certificate, &remains, &error), -ESTALE);
	assert_string_equal(error.code, "identity-mismatch");
	json_object_del(certificate, "plan");
	assert_int_equal(media_check_remains(drive, certificate, &remains, &error), -EBADMSG);
	assert_int_equal(remains.markers.checked, 77);
}

/* What a drive shows after its capacity was restored is more than the certificate's subject had. */
static void test_a_restored_capacity(void **state)
{
	(void)state;
	fill(0xff);
	attach_and_open();
	make_certificate(SAMPLE_JOB_COMBINED);
	sample_set_integer(json_object_get(json_object_get(certificate, "subject"), "identity"),
		"capacity_bytes", DRIVE_BYTES / 2);
	struct media_remains remains = look();
	assert_int_equal(remains.markers.checked, 2 * MARKERS); /* of both plantings */
	assert_true(media_remains_nothing(&remains));
}

static void test_means(void **state)
{
	static const enum media_means means[SAMPLE_JOB_KINDS] = {
		[SAMPLE_JOB_PLAIN] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_SCHEME] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_SAMPLED] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_RESUMED] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_NVME] = MEDIA_MEANS_REMAINS,
		[SAMPLE_JOB_COMBINED] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_SCSI] = MEDIA_MEANS_CONTENTS,
		[SAMPLE_JOB_KEYS] = MEDIA_MEANS_REMAINS,
		[SAMPLE_JOB_FOUND] = MEDIA_MEANS_REMAINS,
	};

	(void)state;
	for (unsigned kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		struct sample_job job;
		sample_job_make((enum sample_job_kind)kind, &job);
		json_t *document AUTO_JSON = json_pack("{s:O}", "plan", job.plan);
		assert_int_equal(media_means_of(document), means[kind]);
		sample_job_free(&job);
	}
	assert_int_equal(media_means_of(NULL), MEDIA_MEANS_NONE);
}

/* What nobody can tell cannot be compared; what the drive was told to write can. */
static void test_contents(void **state)
{
	const struct engine_options options = { .memory_budget_bytes = MIB, .expected_passes = 1 };
	struct media_check check CLEANUP(media_check_free) = { 0 };
	struct error error = { 0 };

	(void)state;
	fill(0xc3);
	attach_and_open();
	make_certificate(SAMPLE_JOB_NVME);
	assert_int_equal(media_check_drive(drive, certificate, VERIFICATION_FULL, &options, NULL,
				 NULL, &check, &error),
		-ENOTSUP);
	assert_string_equal(error.code, "contents-unknown");
	json_decref(certificate);
	make_certificate(SAMPLE_JOB_SCSI);
	json_t *steps = json_object_get(json_object_get(certificate, "plan"), "steps");
	json_t *pattern = json_object_get(json_array_get(steps, 1), "pattern");
	sample_set_text(pattern, "period", "c3c3c3c3");
	assert_int_equal(media_check_drive(drive, certificate, VERIFICATION_FULL, &options, NULL,
				 NULL, &check, &error),
		0);
	assert_int_equal(check.equal_bytes, DRIVE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_erased, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_marker_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_something_is_recognised, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_drive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_restored_capacity, set_up, tear_down),
		cmocka_unit_test(test_means),
		cmocka_unit_test_setup_teardown(test_contents, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
