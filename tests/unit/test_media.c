/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a read-back looks: the promises of NIST SP 800-88 Rev. 1 4.7, and known answers worked out
 * without this program; and the re-check of a drive against its certificate. */
#include "verify/media/media.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "tests/support/sample_job.h"
#include "tests/support/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char seed_text[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
static const char key_text[] = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

static void make_seed(uint8_t ret[static MEDIA_SEED_BYTES])
{
	assert_int_equal(hex_decode(seed_text, ret, MEDIA_SEED_BYTES), 0);
}

static size_t sample(uint64_t sectors, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], struct byte_range **ret)
{
	size_t count = 0;

	assert_int_equal(media_ranges(VERIFICATION_SAMPLE, sectors * sector_bytes, sector_bytes,
				 seed, ret, &count),
		0);
	return count;
}

/* The expected digests: for each range a line "OFFSET LENGTH\n" in bytes, worked out in Python from
 * `openssl enc -aes-256-ctr -K SEED -iv 0…0` of 16,000 zeros by docs/certificate.md, "Sampling". */
static const struct {
	uint64_t sectors;
	uint32_t sector_bytes;
	size_t count;
	uint64_t total_bytes;
	const char *sha256;
} known[] = {
	{ 16384, 512, 1932, 1044480,
		"e87dd52a499e983435a336d0b9d46a09366a6eca0a96e139e6ea99b2bfba1c61" },
	{ 2000, 512, 1, 1024000,
		"2cd4f504187af33047eb4c4d2fca3a631a9396b68376dc19d5a0179897d5d6c1" },
	{ 2999, 512, 4, 1075712,
		"0c6de9305d3bffd6e4b6006a858a71e3673f1c802ad0af8752713a889a23cc04" },
	{ 1310723, 4096, 2002, 540975104,
		"a72ab7b334e89ed0e235b8b7e3b12833e18a7285eecd3ab2b87d6eaec802d20c" },
	{ UINT64_C(137438953472), 512, 2002, UINT64_C(7036874777600), /* 64 TiB */
		"3769ea95c90ac43bf1437f6e63b2cfa4e2746f1ad2cb25a24306ee92b9623464" },
	{ 1953525168, 512, 2002, UINT64_C(100021257216),
		"805e53b29b375aa5647c1159ede3c13ff5cd98571af92bcca855ed0c9f5ce8de" },
};

static void test_known_answers(void **state)
{
	uint8_t seed[MEDIA_SEED_BYTES];

	(void)state;
	make_seed(seed);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct byte_range *ranges AUTO_FREE = NULL;
		struct buffer text AUTO_BUFFER = BUFFER_INIT(MIB);
		char sha256[SHA256_HEX_SIZE];
		uint64_t total = 0;
		size_t count = sample(known[i].sectors, known[i].sector_bytes, seed, &ranges);

		for (size_t k = 0; k < count; k++) {
			total += ranges[k].length_bytes;
			assert_int_equal(buffer_printf(&text, "%llu %llu\n",
						 (unsigned long long)ranges[k].offset_bytes,
						 (unsigned long long)ranges[k].length_bytes),
				0);
		}
		assert_int_equal(digest_sha256_hex(text.data, text.length, sha256), 0);
		assert_int_equal(count, known[i].count);
		assert_int_equal(total, known[i].total_bytes);
		assert_string_equal(sha256, known[i].sha256);
	}
}

/* How many sectors of [start, end) are read, and in how many pieces. */
static uint64_t read_within(
	const struct byte_range *ranges, size_t count, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t from = MAX(start, ranges[i].offset_bytes);
		uint64_t to = MIN(end, ranges[i].offset_bytes + ranges[i].length_bytes);

		sum += to > from ? to - from : 0;
	}
	return sum;
}

static void check_promises(uint64_t sectors, uint32_t sector_bytes, const uint8_t *seed)
{
	struct byte_range *ranges AUTO_FREE = NULL;
	size_t count = sample(sectors, sector_bytes, seed, &ranges);
	uint64_t capacity = sectors * sector_bytes, equal = sectors / MEDIA_SUBSECTIONS;
	uint64_t total = 0, end = 0;

	assert_int_equal(ranges[0].offset_bytes, 0); /* first and last sector */
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || ranges[i].offset_bytes > end); /* ascending, not touching */
		assert_true(ranges[i].length_bytes >= sector_bytes);
		assert_int_equal(ranges[i].offset_bytes % sector_bytes, 0);
		assert_int_equal(ranges[i].length_bytes % sector_bytes, 0);
		end = ranges[i].offset_bytes + ranges[i].length_bytes;
		total += ranges[i].length_bytes;
	}
	assert_int_equal(end, capacity);
	assert_true(total >= capacity / 10);
	for (uint64_t i = 0; i < MEDIA_SUBSECTIONS; i++) {
		uint64_t from = i * equal;
		uint64_t to = i == MEDIA_SUBSECTIONS - 1 ? sectors : from + equal;
		uint64_t location = (to - from + 19) / 20;

		assert_true(read_within(ranges, count, from * sector_bytes, to * sector_bytes) >=
			    2 * location * sector_bytes);
	}
}

static void test_promises(void **state)
{
	static const uint64_t sizes[] = { 2000, 2001, 2999, 3000, 19999, 20000, 20001, 21000,
		131072, 1000003, UINT64_C(137438953472), UINT64_C(1) << 50 };
	static const uint32_t sectors[] = { 512, 4096 };
	uint8_t seed[MEDIA_SEED_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sectors); k++)
			for (uint8_t s = 1; s <= 3; s++) {
				memset(seed, s, sizeof(seed));
				check_promises(sizes[i], sectors[k], seed);
			}
}

static void test_seed_alone_decides(void **state)
{
	struct byte_range *one AUTO_FREE = NULL, *two AUTO_FREE = NULL, *other AUTO_FREE = NULL;
	uint8_t seed[MEDIA_SEED_BYTES];
	size_t count, other_count;

	(void)state;
	make_seed(seed);
	count = sample(1000000, 512, seed, &one);
	assert_int_equal(sample(1000000, 512, seed, &two), count);
	assert_memory_equal(one, two, count * sizeof(*one));
	seed[31] ^= 1;
	other_count = sample(1000000, 512, seed, &other);
	assert_true(other_count != count || memcmp(one, other, count * sizeof(*one)) != 0);
}

static void test_full_and_small(void **state)
{
	static const struct {
		enum verification kind;
		uint64_t capacity;
	} cases[] = {
		{ VERIFICATION_FULL, 512 },
		{ VERIFICATION_FULL, 512 * MIB + 512 },
		{ VERIFICATION_FULL, UINT64_C(64) << 40 },
		{ VERIFICATION_SAMPLE, 512 },
		{ VERIFICATION_SAMPLE, 1999 * 512 },
	};
	uint8_t seed[MEDIA_SEED_BYTES];

	(void)state;
	make_seed(seed);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct byte_range *ranges AUTO_FREE = NULL;
		size_t count = 0;

		assert_int_equal(
			media_ranges(cases[i].kind, cases[i].capacity, 512, seed, &ranges, &count),
			0);
		assert_int_equal(count, 1);
		assert_int_equal(ranges[0].offset_bytes, 0);
		assert_int_equal(ranges[0].length_bytes, cases[i].capacity);
	}
}

static void test_what_cannot_be_read(void **state)
{
	struct byte_range *ranges = NULL;
	uint8_t seed[MEDIA_SEED_BYTES] = { 0 };
	size_t count = 7;

	(void)state;
	assert_int_equal(media_ranges(VERIFICATION_NONE, MIB, 512, seed, &ranges, &count), -EINVAL);
	assert_int_equal(media_ranges(VERIFICATION_FULL, 0, 512, seed, &ranges, &count), -EINVAL);
	assert_int_equal(media_ranges(VERIFICATION_FULL, 513, 512, seed, &ranges, &count), -EINVAL);
	assert_int_equal(media_ranges(VERIFICATION_FULL, MIB, 0, seed, &ranges, &count), -EINVAL);
	assert_int_equal(/* zeros are no seed */
		media_ranges(VERIFICATION_SAMPLE, 8 * MIB, 512, seed, &ranges, &count), -EINVAL);
	assert_null(ranges);
	assert_int_equal(count, 7);
}

/* Re-check ----------------------------------------------------------------------------------- */

/* What a drive carries in the re-check: more than the engine asks for at once, and not round. */
#define DRIVE_BYTES (5 * MIB + 512)

static struct scratch scratch;
static struct loop_drive loop;
static char image[SCRATCH_PATH_MAX];
static struct drive *drive;
static json_t *certificate;

/* The stream of the sample plan's only pass over the whole image. */
static void write_stream(void)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	uint8_t *bytes AUTO_FREE = malloc(DRIVE_BYTES);
	int fd AUTO_FD = open(image, O_WRONLY | O_CLOEXEC);

	assert_non_null(bytes);
	assert_true(fd >= 0);
	assert_int_equal(hex_decode(key_text, pattern.key, STREAM_KEY_BYTES), 0);
	assert_int_equal(stream_open(&pattern, &stream, NULL), 0);
	assert_int_equal(stream_fill(stream, 0, bytes, DRIVE_BYTES), 0);
	assert_int_equal(pwrite(fd, bytes, DRIVE_BYTES, 0), DRIVE_BYTES);
}

static void write_byte(uint64_t offset, uint8_t byte)
{
	int fd AUTO_FD = open(image, O_RDWR | O_CLOEXEC);
	uint8_t before;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &before, 1, (off_t)offset), 1);
	assert_int_not_equal(before, byte);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

static void attach_and_open(void)
{
	struct error error = { 0 };

	loop_drive_require();
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	if (drive_open(loop.path, DRIVE_CLAIM_READ, &drive, &error) < 0)
		fail_msg("%s", error.what);
}

/* A certificate about this drive, as far as the re-check reads it. */
static void make_certificate(void)
{
	struct sample_job job;
	json_t *identity;

	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	sample_set_integer(job.plan, "capacity_bytes", DRIVE_BYTES);
	assert_int_equal(identity_to_json(&drive->identity, &identity), 0);
	assert_int_equal(json_object_set_new(job.subject, "identity", identity), 0);
	certificate = json_pack("{s:O, s:O}", "subject", job.subject, "plan", job.plan);
	assert_non_null(certificate);
	sample_job_free(&job);
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

static int check(enum verification kind, struct media_check *ret, struct error *error)
{
	const struct engine_options options = { .memory_budget_bytes = MIB, .expected_passes = 1 };

	return media_check_drive(drive, certificate, kind, &options, NULL, NULL, ret, error);
}

static void test_intact_drive(void **state)
{
	struct media_check result CLEANUP(media_check_free) = { 0 };
	struct error error = { 0 };

	(void)state;
	write_stream();
	attach_and_open();
	make_certificate();
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), 0);
	assert_int_equal(result.end, PASS_COMPLETE);
	assert_int_equal(result.total_bytes, DRIVE_BYTES);
	assert_int_equal(result.equal_bytes, DRIVE_BYTES);
	assert_int_equal(result.bad_count, 0);
	media_check_free(&result);

	assert_int_equal(check(VERIFICATION_SAMPLE, &result, &error), 0);
	assert_int_equal(result.end, PASS_COMPLETE);
	assert_true(result.total_bytes < DRIVE_BYTES && result.total_bytes > DRIVE_BYTES / 10);
	assert_int_equal(result.equal_bytes, result.total_bytes);
}

/* Domain facts §6, 4: the last sector is read, too. */
static void test_changed_sectors(void **state)
{
	struct media_check result CLEANUP(media_check_free) = { 0 };
	struct error error = { 0 };

	(void)state;
	write_stream();
	write_byte(3 * MIB + 1, 0x5a);
	write_byte(DRIVE_BYTES - 1, 0x5a);
	attach_and_open();
	make_certificate();
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), 0);
	assert_int_equal(result.end, PASS_COMPLETE);
	assert_int_equal(result.equal_bytes, DRIVE_BYTES - 2 * 512);
	assert_int_equal(result.bad_count, 2);
	assert_int_equal(result.bad[0].kind, BAD_MISMATCH);
	assert_int_equal(result.bad[0].range.offset_bytes, 3 * MIB);
	assert_int_equal(result.bad[0].range.length_bytes, 512);
	assert_int_equal(result.bad[1].range.offset_bytes, DRIVE_BYTES - 512);
}

static void test_other_drive(void **state)
{
	struct media_check result = { 0 };
	struct error error = { 0 };

	(void)state;
	write_stream();
	attach_and_open();
	make_certificate();
	sample_set_text(json_object_get(json_object_get(certificate, "subject"), "identity"),
		"serial", "ZA1B2C3D");
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), -ESTALE);
	assert_string_equal(error.code, "identity-mismatch");
	assert_int_equal(error.kind, ERROR_FAILED);
	assert_non_null(strstr(error.what, "ZA1B2C3D")); /* both are named */
	assert_non_null(strstr(error.what, drive->identity.serial));
	assert_int_equal(result.end, PASS_END_UNKNOWN);
}

static void test_plan_of_other_size(void **state)
{
	struct media_check result = { 0 };
	struct error error = { 0 };

	(void)state;
	attach_and_open();
	make_certificate();
	sample_set_integer(
		json_object_get(certificate, "plan"), "capacity_bytes", DRIVE_BYTES - 512);
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), -ESTALE);
	assert_string_equal(error.code, "identity-mismatch");
}

static void test_not_a_certificate(void **state)
{
	struct media_check result = { 0 };
	struct error error = { 0 };

	(void)state;
	attach_and_open();
	make_certificate();
	json_object_del(certificate, "plan");
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), -EBADMSG);
	json_object_clear(certificate);
	assert_int_equal(check(VERIFICATION_FULL, &result, &error), -EBADMSG);
	json_decref(certificate);
	make_certificate();
	assert_int_equal(check(VERIFICATION_NONE, &result, &error), -EINVAL);
}

static bool stop_at_once(void *context, const struct pass_progress *progress)
{
	size_t *calls = context;

	(void)progress;
	(*calls)++;
	return false;
}

static void test_cancelled(void **state)
{
	const struct engine_options options = { .memory_budget_bytes = MIB, .expected_passes = 1 };
	struct media_check result CLEANUP(media_check_free) = { 0 };
	struct error error = { 0 };
	size_t calls = 0;

	(void)state;
	write_stream();
	attach_and_open();
	make_certificate();
	assert_int_equal(media_check_drive(drive, certificate, VERIFICATION_FULL, &options,
				 stop_at_once, &calls, &result, &error),
		0);
	assert_int_equal(calls, 1);
	/* It may have been at its end before it was stopped. */
	assert_true(result.end == PASS_CANCELLED || result.end == PASS_COMPLETE);
	assert_int_equal(result.end == PASS_COMPLETE, result.equal_bytes == DRIVE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_seed_alone_decides),
		cmocka_unit_test(test_full_and_small),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test_setup_teardown(test_intact_drive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_sectors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_drive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_of_other_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_a_certificate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
