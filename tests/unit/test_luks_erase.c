/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS for real, made by libcryptsetup in images: every header on a drive and on its partitions goes,
 * and what is left, restored or cannot be looked at is never taken for gone. */
#include "wipe/erase/luks.h"
#include "wipe/erase/methods.h"

#include "tests/support/scratch.h"
#include "wipe/erase/area.h"
#include "wipe/erase/luks_keys.h"
#include "wipe/erase/luks_places.h"
#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DRIVE_BYTES (48 * MIB)
#define FIRST_START (1 * MIB)
#define FIRST_BYTES (20 * MIB)
#define SECOND_START (21 * MIB)
#define SECOND_BYTES (20 * MIB)
#define PASSPHRASE "a passphrase of this test"

static struct scratch scratch;
static char image[SCRATCH_PATH_MAX];
static int image_fd = -1;

static void make_image(uint64_t bytes)
{
	scratch_image(&scratch, "drive", bytes, image);
	image_fd = open(image, O_RDWR | O_CLOEXEC);
	assert_true(image_fd >= 0);
}

static int set_up(void **state)
{
	(void)state;
	scratch_make(&scratch);
	make_image(DRIVE_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (image_fd >= 0)
		(void)close(image_fd);
	image_fd = -1;
	scratch_remove(&scratch);
	return 0;
}

/* ---- making volumes ---- */

static const struct crypt_pbkdf_type quick = {
	.type = "pbkdf2",
	.hash = "sha256",
	.iterations = 1000,
	.flags = CRYPT_PBKDF_NO_BENCHMARK,
};

/* A volume with so many keyslots in a file of its own; ret: its path. */
static void make_volume(
	const char *name, const char *type, unsigned slots, char ret[static SCRATCH_PATH_MAX])
{
	struct crypt_device *device = NULL;
	struct crypt_params_luks2 params_2 = { .pbkdf = &quick, .sector_size = 512 };
	struct crypt_params_luks1 params_1 = { .hash = "sha256" };
	void *params = strcmp(type, CRYPT_LUKS2) == 0 ? (void *)&params_2 : (void *)&params_1;
	scratch_image(&scratch, name, FIRST_BYTES, ret);
	assert_int_equal(crypt_metadata_locking(NULL, 0), 0);
	assert_int_equal(crypt_init(&device, ret), 0);
	assert_int_equal(crypt_set_pbkdf_type(device, &quick), 0);
	assert_int_equal(
		crypt_format(device, type, "aes", "xts-plain64", NULL, NULL, 32, params), 0);
	for (unsigned i = 0; i < slots; i++)
		assert_true(crypt_keyslot_add_by_volume_key(device, CRYPT_ANY_SLOT, NULL, 32,
				    PASSPHRASE, strlen(PASSPHRASE)) >= 0);
	crypt_free(device);
}

/* The beginning of a file, to a place of the drive. */
static void put(const char *path, uint64_t bytes, uint64_t at)
{
	static uint8_t piece[MIB];
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (uint64_t done = 0; done < bytes; done += sizeof(piece)) {
		assert_int_equal(pread(fd, piece, sizeof(piece), (off_t)done), sizeof(piece));
		assert_int_equal(
			pwrite(image_fd, piece, sizeof(piece), (off_t)(at + done)), sizeof(piece));
	}
}

static void put_volume(const char *type, unsigned slots, uint64_t at)
{
	char path[SCRATCH_PATH_MAX];
	make_volume("volume", type, slots, path);
	put(path, 16 * MIB, at);
}

static void put_entry(uint8_t *sector, unsigned number, uint64_t start, uint64_t bytes)
{
	uint8_t *entry = sector + 446 + (size_t)(number - 1) * 16;
	uint32_t lba = (uint32_t)(start / 512), count = (uint32_t)(bytes / 512);
	entry[4] = 0x83;
	for (int i = 0; i < 4; i++) {
		entry[8 + i] = (uint8_t)(lba >> (8 * i));
		entry[12 + i] = (uint8_t)(count >> (8 * i));
	}
}

/* A DOS table with two partitions. */
static void put_table(void)
{
	uint8_t sector[512] = { [510] = 0x55, [511] = 0xaa };
	put_entry(sector, 1, FIRST_START, FIRST_BYTES);
	put_entry(sector, 2, SECOND_START, SECOND_BYTES);
	assert_int_equal(pwrite(image_fd, sector, sizeof(sector), 0), sizeof(sector));
}

/* ---- what is asserted ---- */

static void assert_counts(unsigned headers, unsigned slots)
{
	unsigned seen_headers = 0, seen_slots = 0;
	assert_int_equal(luks_count(image_fd, DRIVE_BYTES, 512, &seen_headers, &seen_slots), 0);
	assert_int_equal(seen_headers, headers);
	assert_int_equal(seen_slots, slots);
}

static void assert_destroyed(void)
{
	bool touched = false;
	assert_int_equal(luks_destroy(image_fd, DRIVE_BYTES, 512, &touched), 0);
	assert_true(touched);
	assert_counts(0, 0);
}

/* Nothing of what was there before is left in the range, at any 512 bytes. */
static void assert_other(const uint8_t *before, uint64_t at, uint64_t bytes)
{
	AUTO_FREE uint8_t *after = malloc(bytes);
	static const uint8_t zeros[512];
	assert_non_null(after);
	assert_int_equal(pread(image_fd, after, bytes, (off_t)at), bytes);
	for (uint64_t i = 0; i < bytes; i += 512) {
		assert_memory_not_equal(after + i, before + i, 512);
		assert_memory_not_equal(after + i, zeros, 512);
	}
}

static uint8_t *take(uint64_t at, uint64_t bytes)
{
	uint8_t *copy = malloc(bytes);
	assert_non_null(copy);
	assert_int_equal(pread(image_fd, copy, bytes, (off_t)at), bytes);
	return copy;
}

/* ---- tests ---- */

static void test_luks2_whole_drive(void **state)
{
	(void)state;
	put_volume(CRYPT_LUKS2, 2, 0);
	assert_counts(2, 2); /* primary and secondary */
	AUTO_FREE uint8_t *before = take(0, 16 * MIB);
	assert_destroyed();
	assert_other(before, 0, 16 * MIB);
}

static void test_luks1_whole_drive(void **state)
{
	(void)state;
	put_volume(CRYPT_LUKS1, 3, 0);
	assert_counts(1, 3);
	AUTO_FREE uint8_t *before = take(0, 2 * MIB);
	assert_destroyed();
	assert_other(before, 0, 2 * MIB);
}

/* The table led to nothing but these two: it goes as well, and nothing between stays untouched. */
static void test_partitions(void **state)
{
	static const uint8_t zeros[512];
	uint8_t sector[512];
	(void)state;
	put_table();
	put_volume(CRYPT_LUKS2, 1, FIRST_START);
	put_volume(CRYPT_LUKS1, 1, SECOND_START);
	assert_counts(3, 2);
	assert_destroyed();
	assert_int_equal(pread(image_fd, sector, sizeof(sector), 0), sizeof(sector));
	assert_memory_not_equal(sector, zeros, sizeof(sector));
	assert_true(sector[510] != 0x55 || sector[511] != 0xaa);
	/* With the table back, nothing is found either. */
	put_table();
	assert_counts(0, 0);
}

/* What lies beside a LUKS partition is no business of its keys: the table that leads there stays. */
static void test_table_of_others_stays(void **state)
{
	uint8_t sector[512];
	(void)state;
	put_table();
	put_volume(CRYPT_LUKS2, 1, SECOND_START);
	assert_destroyed();
	assert_int_equal(pread(image_fd, sector, sizeof(sector), 0), sizeof(sector));
	assert_int_equal(sector[510], 0x55);
	assert_int_equal(sector[511], 0xaa);
}

static void test_nothing_to_destroy(void **state)
{
	bool touched = true;
	(void)state;
	assert_counts(0, 0);
	assert_int_equal(luks_destroy(image_fd, DRIVE_BYTES, 512, &touched), -ENOENT);
	assert_false(touched);
}

/* Only the secondary header is left, at each place where one may be: it is a header, and goes. */
static void test_secondary_alone(void **state)
{
	static const uint64_t places[] = { 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000,
		0x100000, 0x200000, 0x400000 };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		bool touched = false;
		assert_int_equal(pwrite(image_fd, "SKUL\xba\xbe\0\2", 8, (off_t)places[i]), 8);
		assert_counts(1, 0);
		assert_int_equal(luks_destroy(image_fd, DRIVE_BYTES, 512, &touched), 0);
		assert_counts(0, 0);
	}
}

/* libcryptsetup loads from the secondary header, whose slots open as before. */
static void test_secondary_opens(void **state)
{
	static const uint8_t zeros[4096];
	(void)state;
	put_volume(CRYPT_LUKS2, 1, 0);
	assert_int_equal(pwrite(image_fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	assert_counts(1, 1);
	/* Asking did not mend the primary. */
	uint8_t sector[512];
	assert_int_equal(pread(image_fd, sector, sizeof(sector), 0), sizeof(sector));
	assert_memory_equal(sector, zeros, sizeof(sector));
	assert_destroyed();
}

/* A backup of the header, planted again after: found, with the slot that opens. */
static void test_backup_restored(void **state)
{
	char path[SCRATCH_PATH_MAX];
	(void)state;
	make_volume("volume", CRYPT_LUKS2, 1, path);
	put(path, 16 * MIB, 0);
	assert_destroyed();
	put(path, 16 * MIB, 0);
	assert_counts(2, 1);
}

/* A primary that was half overwritten when the power failed: its checksum is wrong, the area goes. */
static void test_damaged_header(void **state)
{
	(void)state;
	put_volume(CRYPT_LUKS2, 1, 0);
	assert_int_equal(pwrite(image_fd, "????", 4, 8192), 4);
	assert_int_equal(pwrite(image_fd, "????", 4, 0x4000 + 8192), 4);
	assert_counts(2, 0);
	assert_destroyed();
}

/* libcryptsetup's own destruction, in a copy: the header still loads, and no slot opens. */
static void test_slots_in_a_copy(void **state)
{
	static const char *const types[] = { CRYPT_LUKS1, CRYPT_LUKS2 };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct area area = { image_fd, 512, 0, 16 * MIB };
		struct luks_opinion opinion;
		unsigned destroyed = 0;
		put_volume(types[i], 3, 0);
		AUTO_FD int copy = luks_copy_open(DRIVE_BYTES);
		assert_true(copy >= 0);
		assert_int_equal(area_copy_to(&area, copy), 0);
		assert_int_equal(luks_destroy_slots(copy, &destroyed), 0);
		assert_int_equal(destroyed, 3);
		assert_int_equal(luks_ask(copy, &opinion), 0);
		assert_true(opinion.loads);
		assert_int_equal(opinion.slots, 0);
		/* The drive has its own still. */
		assert_counts(i == 0 ? 1 : 2, 3);
		assert_int_equal(area_copy_from(&area, copy), 0);
		assert_counts(i == 0 ? 1 : 2, 0);
	}
}

static void test_header_bytes(void **state)
{
	uint64_t bytes = 0;
	struct luks_place place = { .length_bytes = DRIVE_BYTES };
	(void)state;
	assert_int_equal(luks_place_header_bytes(&place, &bytes), 0);
	assert_int_equal(bytes, 16 * MIB);
	place.told_bytes = 20 * MIB;
	assert_int_equal(luks_place_header_bytes(&place, &bytes), 0);
	assert_int_equal(bytes, 20 * MIB);
	place.length_bytes = 4 * MIB;
	assert_int_equal(luks_place_header_bytes(&place, &bytes), 0);
	assert_int_equal(bytes, 4 * MIB);
	place.told_bytes = LUKS_HEADER_BYTES_MAX + 512;
	assert_int_equal(luks_place_header_bytes(&place, &bytes), -EFBIG);
}

/* A drive that cannot be written, or read: no success of any kind. */
static void test_unwritable(void **state)
{
	bool touched = false;
	(void)state;
	put_volume(CRYPT_LUKS2, 1, 0);
	AUTO_FD int read_only = open(image, O_RDONLY | O_CLOEXEC);
	assert_true(read_only >= 0);
	assert_true(luks_destroy(read_only, DRIVE_BYTES, 512, &touched) < 0);
	assert_counts(2, 1);
}

static void test_unreadable(void **state)
{
	unsigned headers = 7, slots = 7;
	(void)state;
	/* The medium ends before the drive does: what stands there cannot be told. */
	assert_int_equal(ftruncate(image_fd, 1 * MIB), 0);
	assert_true(luks_count(image_fd, DRIVE_BYTES, 512, &headers, &slots) < 0);
	assert_int_equal(headers, 7);
	assert_int_equal(slots, 7);
}

/* ---- areas ---- */

static void test_area(void **state)
{
	const struct pattern pattern = { .kind = STREAM_RANDOM, .key = { 1 } };
	const struct area area = { image_fd, 512, 5 * 512, 3 * MIB + 512 };
	uint8_t byte = 0;
	(void)state;
	assert_int_equal(area_overwrite(&area, &pattern), 0);
	assert_int_equal(area_check(&area, &pattern), 0);
	/* Neither more nor less. */
	assert_int_equal(pread(image_fd, &byte, 1, 5 * 512 - 1), 1);
	assert_int_equal(byte, 0);
	for (uint64_t at = 5 * 512; at < 3 * MIB + 512; at += 65521) {
		assert_int_equal(pread(image_fd, &byte, 1, (off_t)at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(image_fd, &byte, 1, (off_t)at), 1);
		assert_int_equal(area_check(&area, &pattern), -EIO);
		byte ^= 1;
		assert_int_equal(pwrite(image_fd, &byte, 1, (off_t)at), 1);
	}
	assert_int_equal(area_check(&area, &pattern), 0);
}

static void test_area_is_widened_to_sectors(void **state)
{
	const struct pattern pattern = { .kind = STREAM_RANDOM, .key = { 1 } };
	const struct area area = { image_fd, 4096, 63 * 512, 64 * 512 };
	const struct area sectors = { image_fd, 4096, 7 * 4096, 8 * 4096 };
	(void)state;
	assert_int_equal(area_overwrite(&area, &pattern), 0);
	assert_int_equal(area_check(&sectors, &pattern), 0);
	AUTO_FD int copy = luks_copy_open(MIB);
	assert_true(copy >= 0);
	assert_int_equal(area_copy_to(&area, copy), 0);
	uint8_t here[512], there[512];
	assert_int_equal(pread(image_fd, here, 512, 63 * 512), 512);
	assert_int_equal(pread(copy, there, 512, 0), 512);
	assert_memory_equal(here, there, 512);
	assert_int_equal(area_copy_from(&area, copy), -EINVAL);
}

/* ---- the descriptor ---- */

static enum erase_status status_of(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.status;
}

static void test_descriptor(void **state)
{
	const struct erase_method *method = erase_method_for(TECHNIQUE_LUKS_ERASE);
	struct drive drive = { .fd = image_fd,
		.identity = { .capacity_bytes = DRIVE_BYTES, .logical_sector_bytes = 512 } };
	const struct erase_call call = { .drive = &drive };
	struct erase_answer answer;
	(void)state;
	assert_non_null(method);
	put_volume(CRYPT_LUKS2, 1, 0);
	assert_int_equal(method->look(&call, &answer), 0);
	assert_int_equal(answer.witness, WITNESS_LUKS_HEADERS);
	assert_memory_equal(answer.raw, "\2\1", 2);
	assert_int_equal(status_of(&answer), ERASE_STATUS_NEVER);

	assert_int_equal(method->start(&call, &answer), 0);
	assert_int_equal(answer.witness, WITNESS_COMPLETION);
	assert_memory_equal(answer.raw, "E\0\0\0\0", 5);
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);

	assert_int_equal(method->prove(&call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);

	/* Again: there is nothing to destroy, which is no success. */
	assert_int_equal(method->start(&call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_FAILED);
}

static void test_offer(void **state)
{
	struct abilities abilities = { 0 };
	struct erase_offer offer;
	(void)state;
	erase_luks.offer(&abilities, &offer);
	assert_false(offer.offered);
	assert_string_equal(offer.why_not, "not-supported");
	abilities.luks_count = 1;
	erase_luks.offer(&abilities, &offer);
	assert_true(offer.offered);
	assert_int_equal(offer.scope, SCOPE_DRIVE);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_luks2_whole_drive),
		CASE(test_luks1_whole_drive),
		CASE(test_partitions),
		CASE(test_table_of_others_stays),
		CASE(test_nothing_to_destroy),
		CASE(test_secondary_alone),
		CASE(test_secondary_opens),
		CASE(test_backup_restored),
		CASE(test_damaged_header),
		CASE(test_slots_in_a_copy),
		CASE(test_header_bytes),
		CASE(test_unwritable),
		CASE(test_unreadable),
		CASE(test_area),
		CASE(test_area_is_widened_to_sectors),
		CASE(test_descriptor),
		CASE(test_offer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
