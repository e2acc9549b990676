/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The residue scan: each leftover planted is found, our own stream is not taken for one, and what
 * cannot be read is never taken for clean. */
#include "verify/media/residue.h"

#include "base/digest.h"
#include "tests/support/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define IMAGE_BYTES (24 * MIB + 512) /* not round: the end's places must be worked out */

static struct scratch scratch;
static struct loop_drive loop;
static char image[SCRATCH_PATH_MAX];
static int image_fd = -1;

static const struct pattern zeros = { .kind = STREAM_PERIODIC, .period_bytes = 1 };

static void make_image(uint64_t bytes)
{
	scratch_image(&scratch, "image", bytes, image);
	if (image_fd >= 0)
		(void)close(image_fd);
	image_fd = open(image, O_RDWR | O_CLOEXEC);
	assert_true(image_fd >= 0);
}

static void plant(uint64_t offset, const void *bytes, size_t length)
{
	assert_int_equal(pwrite(image_fd, bytes, length, (off_t)offset), length);
}

static int set_up(void **state)
{
	(void)state;
	loop.fd = -1;
	scratch_make(&scratch);
	make_image(IMAGE_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_drive_detach(&loop);
	if (image_fd >= 0)
		(void)close(image_fd);
	image_fd = -1;
	scratch_remove(&scratch);
	return 0;
}

static void scan_fd(
	int fd, uint64_t capacity, const struct pattern *pattern, struct residue_list *ret)
{
	struct error error = { 0 };

	if (residue_scan(fd, capacity, 512, pattern, ret, &error) < 0)
		fail_msg("%s", error.what);
	assert_true(ret->bytes_looked_at > 1 * MIB); /* it did look */
}

static const struct residue *find(const struct residue_list *list, uint64_t offset)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].offset_bytes == offset)
			return &list->items[i];
	return NULL;
}

/* Leftovers ---------------------------------------------------------------------------------- */

#define MARK(text) text, sizeof(text) - 1
#define START(offset) false, offset
#define END(offset) true, offset

/* Only the mark itself is planted, into zeros: what libblkid does not take for whole is found. The
 * places are written down from the formats' descriptions, not taken from the program's table. */
static const struct leftover {
	const char *name;
	const char *bytes;
	size_t length;
	bool from_end; /* of the medium rounded down to `unit` */
	uint64_t offset;
	uint64_t unit;
} leftovers[] = {
	{ "gpt", MARK("EFI PART"), START(512), 1 },
	{ "gpt", MARK("EFI PART"), START(4096), 1 },
	{ "gpt-backup", MARK("EFI PART"), END(512), 1 },
	{ "gpt-backup", MARK("EFI PART"), END(4096), 1 },
	{ "luks", MARK("LUKS\xba\xbe"), START(0), 1 },
	{ "luks", MARK("LUKS\xba\xbe"), START(MIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(16 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(32 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(64 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(128 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(256 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(512 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(1 * MIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(2 * MIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(4 * MIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(1 * MIB + 16 * KIB), 1 },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), START(63 * 512 + 4 * MIB), 1 },
	{ "md-1.1", MARK("\xfc\x4e\x2b\xa9"), START(0), 1 },
	{ "md-1.2", MARK("\xfc\x4e\x2b\xa9"), START(4096), 1 },
	{ "md-1.0", MARK("\xfc\x4e\x2b\xa9"), END(8192), 4096 },
	{ "md-0.90", MARK("\xfc\x4e\x2b\xa9"), END(65536), 65536 },
	{ "md-0.90", MARK("\xa9\x2b\x4e\xfc"), END(65536), 65536 },
	{ "lvm2", MARK("LABELONE"), START(0), 1 },
	{ "lvm2", MARK("LABELONE"), START(512), 1 },
	{ "lvm2", MARK("LABELONE"), START(1536), 1 },
	{ "lvm2", MARK("LABELONE"), START(MIB + 512), 1 },
	{ "zfs", MARK("\x0c\xb1\xba\0\0\0\0\0"), START(128 * KIB), 1 },
	{ "zfs", MARK("\x0c\xb1\xba\0\0\0\0\0"), START(255 * KIB), 1 },
	{ "zfs", MARK("\0\0\0\0\0\xba\xb1\x0c"), START((256 + 128 + 5) * KIB), 1 },
	{ "zfs", MARK("\x0c\xb1\xba\0\0\0\0\0"), END((512 - 128) * KIB), 256 * KIB },
	{ "zfs", MARK("\x0c\xb1\xba\0\0\0\0\0"), END(1 * KIB), 256 * KIB },
	{ "swap", MARK("SWAPSPACE2"), START(4096 - 10), 1 },
	{ "swap", MARK("SWAPSPACE2"), START(65536 - 10), 1 },
	{ "ext", MARK("\x53\xef"), START(1080), 1 },
	{ "ext-backup", MARK("\x53\xef"), START(8193 * KIB + 56), 1 },
	{ "btrfs", MARK("_BHRfS_M"), START(65600), 1 },
	{ "xfs", MARK("XFSB"), START(0), 1 },
	{ "xfs", MARK("XFSB"), START(63 * 512), 1 },
	{ "ntfs", MARK("NTFS    "), START(3), 1 },
	{ "ntfs-backup", MARK("NTFS    "), END(512 - 3), 1 },
	{ "exfat", MARK("EXFAT   "), START(3), 1 },
	{ "bitlocker", MARK("-FVE-FS-"), START(3), 1 },
	{ "apfs", MARK("NXSB"), START(32), 1 },
	{ "vmfs-volume", MARK("\x0d\xd0\x01\xc0"), START(MIB), 1 },
	{ "vmfs", MARK("\x5e\xf1\xab\x2f"), START(2 * MIB), 1 },
};

static uint64_t place_of(const struct leftover *leftover, uint64_t capacity)
{
	if (!leftover->from_end)
		return leftover->offset;
	if (leftover->unit == 4096) /* md 1.0 rounds what is left of the end */
		return (capacity - leftover->offset) / 4096 * 4096;
	return capacity / leftover->unit * leftover->unit - leftover->offset;
}

static void test_each_leftover(void **state)
{
	uint8_t before[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++) {
		const struct leftover *leftover = &leftovers[i];
		uint64_t place = place_of(leftover, IMAGE_BYTES);
		struct residue_list list = { 0 };
		const struct residue *found;

		memset(before, 0, sizeof(before));
		plant(place, leftover->bytes, leftover->length);
		scan_fd(image_fd, IMAGE_BYTES, &zeros, &list);
		found = find(&list, place);
		if (!found)
			fail_msg("%s at %llu was not found", leftover->name,
				(unsigned long long)place);
		assert_false(found->coincident);
		assert_false(list.truncated);
		/* libblkid may take the mark alone for the thing itself, and knows it by its name. */
		if (strcmp(found->type, leftover->name) != 0)
			print_message("  %s is called %s\n", leftover->name, found->type);
		plant(place, before, leftover->length);
	}
}

static void test_zeros_are_clean(void **state)
{
	struct residue_list list = { 0 };

	(void)state;
	scan_fd(image_fd, IMAGE_BYTES, &zeros, &list);
	assert_int_equal(list.count, 0);
	assert_false(list.truncated);
	scan_fd(image_fd, IMAGE_BYTES, NULL, &list);
	assert_int_equal(list.count, 0);
}

static void test_master_boot_record(void **state)
{
	static const uint8_t entry[16] = { 0x80, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0 };
	struct residue_list list = { 0 };

	(void)state;
	plant(510, "\x55\xaa", 2); /* a table without entries */
	scan_fd(image_fd, IMAGE_BYTES, &zeros, &list);
	assert_non_null(find(&list, 510));
	plant(446, entry, sizeof(entry));
	scan_fd(image_fd, IMAGE_BYTES, &zeros, &list);
	assert_non_null(find(&list, 510));
	assert_false(find(&list, 510)->coincident);
}

/* Copies that lie so far out that the image must be larger; it is sparse. */
static void test_far_copies(void **state)
{
	static const struct {
		const char *type;
		const char *bytes;
		size_t length;
		uint64_t offset;
	} far[] = {
		{ "ext-backup", MARK("\x53\xef"), 32768 * 4 * KIB + 56 },
		{ "ext-backup", MARK("\x53\xef"), 16384 * 2 * KIB + 56 },
		{ "btrfs", MARK("_BHRfS_M"), 64 * MIB + 64 },
		{ "btrfs", MARK("_BHRfS_M"), 256 * GIB + 64 },
		{ "btrfs", MARK("_BHRfS_M"), 256 * GIB + 64 + MIB },
	};
	struct residue_list list = { 0 };

	(void)state;
	make_image(257 * GIB);
	for (size_t i = 0; i < ARRAY_SIZE(far); i++)
		plant(far[i].offset, far[i].bytes, far[i].length);
	scan_fd(image_fd, 257 * GIB, &zeros, &list);
	assert_int_equal(list.count, ARRAY_SIZE(far));
	for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
		assert_non_null(find(&list, far[i].offset));
		assert_string_equal(find(&list, far[i].offset)->type, far[i].type);
	}
}

/* Whole things, as they are really made. */
static void test_real_leftovers(void **state)
{
	static const struct {
		const char *type;
		const char *const program[8];
		uint64_t offset;
	} made[] = {
		{ "ext4", { "mkfs.ext4", "-q", "-F", image, NULL }, 1080 },
		{ "swap", { "mkswap", "-q", image, NULL }, 4086 },
		{ "xfs", { "mkfs.xfs", "-q", "-f", image, NULL }, 0 },
	};
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		struct residue_list list = { 0 };

		make_image(320 * MIB);
		if (run_program(made[i].program) != 0) {
			print_message("  no %s here\n", made[i].program[0]);
			continue;
		}
		tried++;
		scan_fd(image_fd, 320 * MIB, &zeros, &list);
		assert_non_null(find(&list, made[i].offset));
		assert_string_equal(find(&list, made[i].offset)->type, made[i].type);
		assert_false(find(&list, made[i].offset)->coincident);
	}
	if (tried == 0)
		skip();
}

/* More than the list holds: the caller must not take it for complete. */
static void test_more_than_the_list_holds(void **state)
{
	static const uint64_t starts[] = { 0, 63 * 512, MIB };
	static const uint64_t pages[] = { 4096, 8192, 16384, 32768, 65536 };
	struct residue_list list = { 0 };

	(void)state;
	make_image(200 * MIB);
	for (size_t k = 0; k < ARRAY_SIZE(starts); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++)
			if (!leftovers[i].from_end)
				plant(starts[k] + leftovers[i].offset, leftovers[i].bytes,
					leftovers[i].length);
		for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
			plant(starts[k] + pages[i] - 10, "SWAPSPACE2", 10);
		plant(starts[k] + 32 * MIB + 56, "\x53\xef", 2);
		plant(starts[k] + 128 * MIB + 56, "\x53\xef", 2);
	}
	scan_fd(image_fd, 200 * MIB, &zeros, &list);
	assert_int_equal(list.count, RESIDUE_MAX);
	assert_true(list.truncated);
}

/* Our own stream ----------------------------------------------------------------------------- */

static void write_stream(const struct pattern *pattern)
{
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	uint8_t *bytes AUTO_FREE = malloc(IMAGE_BYTES);

	assert_non_null(bytes);
	assert_int_equal(stream_open(pattern, &stream, NULL), 0);
	assert_int_equal(stream_fill(stream, 0, bytes, IMAGE_BYTES), 0);
	plant(0, bytes, IMAGE_BYTES);
}

static void test_random_stream(void **state)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	struct residue_list list = { 0 };
	uint64_t gpt = IMAGE_BYTES - 512;

	(void)state;
	for (uint8_t key = 1; key <= 3; key++) {
		memset(pattern.key, key, sizeof(pattern.key));
		write_stream(&pattern);
		scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
		assert_false(list.truncated);
		for (size_t i = 0; i < list.count; i++)
			assert_true(list.items[i].coincident);
	}
	/* In the midst of the stream a leftover is still one. */
	plant(gpt, "EFI PART", 8);
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_non_null(find(&list, gpt));
	assert_false(find(&list, gpt)->coincident);
}

/* A pattern that spells a mark at a mark's place is our own; one changed byte in the same sector and
 * it is not any more. */
static void test_coincidence(void **state)
{
	struct pattern pattern = { .kind = STREAM_PERIODIC, .period_bytes = 64 };
	struct residue_list list = { 0 };

	(void)state;
	memcpy(pattern.period, "LUKS\xba\xbe\0\1", 8);
	write_stream(&pattern);
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_non_null(find(&list, 0));
	for (size_t i = 0; i < list.count; i++)
		assert_true(list.items[i].coincident);

	scan_fd(image_fd, IMAGE_BYTES, NULL, &list); /* nothing is known */
	assert_false(find(&list, 0)->coincident);

	plant(511, "x", 1);
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_non_null(find(&list, 0));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].offset_bytes == 0)
			assert_false(list.items[i].coincident);
}

/* The same for a mark at the end of a sector, within a volume whose table is lost. */
static void test_coincidence_within_a_volume(void **state)
{
	struct pattern pattern = { .kind = STREAM_PERIODIC, .period_bytes = 64 };
	struct residue_list list = { 0 };
	uint64_t place = 63 * 512 + 4096 - 10;

	(void)state;
	memcpy(pattern.period + place % 64, "SWAPSPACE2", 10);
	write_stream(&pattern);
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_non_null(find(&list, place));
	assert_true(find(&list, place)->coincident);
	plant(place + 10, "x", 1); /* in the next sector */
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_true(find(&list, place)->coincident);
	plant(place - 20, "x", 1);
	scan_fd(image_fd, IMAGE_BYTES, &pattern, &list);
	assert_false(find(&list, place)->coincident);
}

/* What cannot be read -------------------------------------------------------------------------- */

static void test_medium_ends_too_early(void **state)
{
	struct residue_list list = { .count = 77 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(
		residue_scan(image_fd, IMAGE_BYTES + 512, 512, &zeros, &list, &error), -EIO);
	assert_string_equal(error.code, "residue-unreadable");
	assert_int_equal(list.count, 77); /* untouched: nothing may be concluded */
	assert_int_equal(residue_scan(-1, IMAGE_BYTES, 512, &zeros, &list, &error), -EBADF);
}

static void test_impossible_requests(void **state)
{
	const struct pattern none = { .kind = STREAM_NONE };
	struct residue_list list = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(residue_scan(image_fd, 0, 512, &zeros, &list, &error), -EINVAL);
	assert_int_equal(residue_scan(image_fd, 4096, 520, &zeros, &list, &error), -EINVAL);
	assert_int_equal(residue_scan(image_fd, 4097, 512, &zeros, &list, &error), -EINVAL);
	assert_int_equal(residue_scan(image_fd, 4096, 8192, &zeros, &list, &error), -EINVAL);
	assert_int_equal(residue_scan(image_fd, 4096, 512, &none, &list, &error), -EINVAL);
}

static void test_smallest_medium(void **state)
{
	struct residue_list list = { 0 };
	struct error error = { 0 };

	(void)state;
	make_image(4096);
	plant(0, "LUKS\xba\xbe", 6);
	if (residue_scan(image_fd, 4096, 512, &zeros, &list, &error) < 0)
		fail_msg("%s", error.what);
	assert_non_null(find(&list, 0));
}

/* On a block device ---------------------------------------------------------------------------- */

static void attach(uint32_t sector_bytes)
{
	const struct loop_drive_options options = { .sector_bytes = sector_bytes };

	loop_drive_require();
	make_image(24 * MIB);
	plant(4096, "EFI PART", 8);
	plant(24 * MIB - 4096, "EFI PART", 8);
	assert_int_equal(loop_drive_attach(image, &options, &loop), 0);
}

static void test_direct_reads(void **state)
{
	static const uint32_t sectors[] = { 512, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sectors); i++) {
		struct residue_list list = { 0 };
		struct error error = { 0 };

		attach(sectors[i]);
		int fd AUTO_FD = open(loop.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
		assert_true(fd >= 0);
		if (residue_scan(fd, 24 * MIB, sectors[i], &zeros, &list, &error) < 0)
			fail_msg("%s", error.what);
		assert_non_null(find(&list, 4096));
		assert_non_null(find(&list, 24 * MIB - 4096));
		loop_drive_detach(&loop);
	}
}

/* What the kernel remembers of the drive is not what is on it. */
static void test_stale_cache(void **state)
{
	struct residue_list list = { 0 };
	uint8_t sector[512];

	(void)state;
	loop_drive_require();
	make_image(24 * MIB);
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	int fd AUTO_FD = open(loop.path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, sector, sizeof(sector), 4 * MIB), sizeof(sector));
	plant(4 * MIB, "SKUL\xba\xbe", 6); /* behind the kernel's back */
	scan_fd(fd, 24 * MIB, &zeros, &list);
	assert_non_null(find(&list, 4 * MIB));
}

static void test_drive_with_unreadable_end(void **state)
{
	struct residue_list list = { 0 };
	struct error error = { 0 };

	(void)state;
	attach(512);
	assert_int_equal(ftruncate(image_fd, 23 * MIB), 0);
	int fd AUTO_FD = open(loop.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(residue_scan(fd, 24 * MIB, 512, &zeros, &list, &error), -EIO);
	assert_int_not_equal(error.kind, ERROR_NONE);
}

#define WITH_IMAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_IMAGE(test_each_leftover),
		WITH_IMAGE(test_zeros_are_clean),
		WITH_IMAGE(test_master_boot_record),
		WITH_IMAGE(test_far_copies),
		WITH_IMAGE(test_real_leftovers),
		WITH_IMAGE(test_more_than_the_list_holds),
		WITH_IMAGE(test_random_stream),
		WITH_IMAGE(test_coincidence),
		WITH_IMAGE(test_coincidence_within_a_volume),
		WITH_IMAGE(test_medium_ends_too_early),
		WITH_IMAGE(test_impossible_requests),
		WITH_IMAGE(test_smallest_medium),
		WITH_IMAGE(test_direct_reads),
		WITH_IMAGE(test_stale_cache),
		WITH_IMAGE(test_drive_with_unreadable_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
