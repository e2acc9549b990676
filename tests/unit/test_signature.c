/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is on a device: on image files and loop devices made by the usual programs, and on disks made
 * to mislead. */
#include "device/drive.h"
#include "device/probe/signature.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static struct scratch scratch;
static struct loop_drive loop;
static char image[SCRATCH_PATH_MAX];

static int set_up(void **state)
{
	(void)state;
	loop.fd = -1;
	scratch_make(&scratch);
	scratch_image(&scratch, "image", 32 * MIB, image);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_drive_detach(&loop);
	scratch_remove(&scratch);
	return 0;
}

static void attach(const struct loop_drive_options *options)
{
	loop_drive_require();
	assert_int_equal(loop_drive_attach(image, options, &loop), 0);
}

static void run(const char *const arguments[])
{
	int error = run_program(arguments);
	if (error == -ENOENT) {
		print_message("skipped: %s is not installed\n", arguments[0]);
		skip();
	}
	if (error)
		fail_msg("%s failed", arguments[0]);
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static void patch(uint64_t offset, const void *data, size_t length)
{
	AUTO_FD int fd = open(image, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, data, length, (off_t)offset), (ssize_t)length);
}

static void read_all(const char *path, struct signature_list *ret)
{
	struct error error = { 0 };
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (signatures_read(fd, ret, &error))
		fail_msg("%s: %s", path, error.what);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
}

static const struct signature *find(const struct signature_list *list, enum signature_usage usage,
	const char *type, uint64_t magic_offset)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct signature *item = &list->items[i];
		if (item->usage == usage && strcmp(item->type, type) == 0 &&
			item->magic_offset_bytes == magic_offset)
			return item;
	}
	print_message("no %s %s at %llu among:\n", signature_usage_name(usage), type,
		(unsigned long long)magic_offset);
	for (size_t i = 0; i < list->count; i++)
		print_message("  %s %s at %llu\n", signature_usage_name(list->items[i].usage),
			list->items[i].type, (unsigned long long)list->items[i].magic_offset_bytes);
	fail();
	return NULL;
}

static void a_blank_image_has_nothing(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	read_all(image, &list);
	assert_int_equal(list.count, 0);
	assert_false(list.truncated);
}

static void an_ext4_filesystem(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkfs.ext4", "-qF", "-L", "payroll", "-U", "11111111-2222-3333-4444-555555555555",
		image);
	read_all(image, &list);
	const struct signature *found = find(&list, SIGNATURE_FILESYSTEM, "ext4", 1080);
	assert_int_equal(list.count, 1);
	assert_string_equal(found->label, "payroll");
	assert_string_equal(found->uuid, "11111111-2222-3333-4444-555555555555");
	assert_int_equal(found->offset_bytes, 0);
	assert_int_equal(found->length_bytes, 32 * MIB);
	assert_int_equal(found->magic_length, 2);
	assert_int_equal(found->partition_number, 0);
}

static void a_vfat_filesystem_is_listed_once(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkfs.vfat", "-n", "BOOT", image);
	read_all(image, &list);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].type, "vfat");
	assert_string_equal(list.items[0].label, "BOOT");
}

static void swap_space(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkswap", image);
	read_all(image, &list);
	(void)find(&list, SIGNATURE_OTHER, "swap", 4086);
}

static void luks2_with_both_its_headers(void **state)
{
	(void)state;
	char key[SCRATCH_PATH_MAX];
	AUTO_SIGNATURES struct signature_list list = { 0 };
	scratch_text(&scratch, "key", "a passphrase");
	scratch_path(&scratch, "key", key);
	RUN("cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
		"--pbkdf-force-iterations", "1000", "--key-file", key, image);
	read_all(image, &list);
	(void)find(&list, SIGNATURE_CRYPTO, "crypto_LUKS", 0);
	(void)find(&list, SIGNATURE_CRYPTO, "crypto_LUKS", 16384);

	/* Only the second is left: still found. */
	signature_list_free(&list);
	static const uint8_t zeros[4096];
	patch(0, zeros, sizeof(zeros));
	read_all(image, &list);
	assert_int_equal(list.count, 1);
	(void)find(&list, SIGNATURE_CRYPTO, "crypto_LUKS", 16384);
}

/* md superblock 1.0 (md_p.h): 8 KiB before the end, on a 4 KiB boundary. */
static void plant_md(uint64_t device_bytes)
{
	uint8_t superblock[256] = { 0 };
	uint64_t sector = (device_bytes / 512 - 16) & ~UINT64_C(7);
	memcpy(superblock, "\xfc\x4e\x2b\xa9\x01\x00\x00\x00", 8); /* magic, major version 1 */
	memcpy(superblock + 16, "0123456789abcdef", 16);           /* set_uuid */
	memcpy(superblock + 32, "oldarray", 8);                    /* set_name */
	for (size_t i = 0; i < 8; i++)
		superblock[144 + i] = (uint8_t)(sector >> (8 * i)); /* super_offset */
	uint64_t sum = 0; /* sb_csum, at 216: of all 32-bit words, itself 0, folded */
	for (size_t i = 0; i < sizeof(superblock); i += 4) {
		uint32_t word;
		memcpy(&word, superblock + i, 4);
		sum += word;
	}
	uint32_t folded = (uint32_t)(sum + (sum >> 32));
	memcpy(superblock + 216, &folded, 4);
	patch(sector * 512, superblock, sizeof(superblock));
}

static void a_stale_superblock_behind_a_filesystem_counts(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkfs.ext4", "-qF", image);
	plant_md(32 * MIB);
	read_all(image, &list);
	(void)find(&list, SIGNATURE_FILESYSTEM, "ext4", 1080);
	const struct signature *md =
		find(&list, SIGNATURE_RAID, "linux_raid_member", 32 * MIB - 8192);
	assert_string_equal(md->label, "oldarray");
	assert_int_equal(list.count, 2);
}

static void a_volume_manager_member(void **state)
{
	(void)state;
	/* LVM2 label header in the second sector, as the physical volume of an old server has it;
	 * the checksum need not hold to be a residue. */
	static const char label[] = "LABELONE\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	AUTO_SIGNATURES struct signature_list list = { 0 };
	patch(512, label, sizeof(label) - 1);
	read_all(image, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].usage, SIGNATURE_RAID);
	assert_string_equal(list.items[0].type, "LVM2_member");
}

static void a_physical_volume_made_by_lvm(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	attach(NULL);
	RUN("pvcreate", "-ff", "-y", loop.path);
	read_all(loop.path, &list);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].type, "LVM2_member");
}

static void gpt_with_its_copies_and_what_is_inside(void **state)
{
	(void)state;
	char offset[32];
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("sgdisk", "-n", "1:2048:+20M", "-c", "1:\xe5\xbb\x83\xe6\xa3\x84", "-n", "2:0:0",
		image);
	(void)snprintf(offset, sizeof(offset), "offset=%u", 2048 * 512);
	RUN("mkfs.ext4", "-qF", "-E", offset, image, "10M");
	read_all(image, &list);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 512);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 32 * MIB - 512);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "PMBR", 510);
	const struct signature *ext4 = find(&list, SIGNATURE_FILESYSTEM, "ext4", 2048 * 512 + 1080);
	assert_int_equal(ext4->partition_number, 1);
	assert_int_equal(ext4->offset_bytes, 2048 * 512);

	/* Entries follow their table, contents follow their entry. */
	assert_int_equal(list.count, 6);
	assert_int_equal(list.items[0].usage, SIGNATURE_PARTITION_TABLE);
	assert_int_equal(list.items[1].usage, SIGNATURE_PARTITION);
	assert_int_equal(list.items[1].partition_number, 1);
	assert_int_equal(list.items[1].length_bytes, 20 * MIB);
	assert_string_equal(list.items[1].label, "\xe5\xbb\x83\xe6\xa3\x84");
	assert_ptr_equal(&list.items[2], ext4);
	assert_int_equal(list.items[3].usage, SIGNATURE_PARTITION);
	assert_int_equal(list.items[3].partition_number, 2);
}

static void only_the_backup_gpt_is_left(void **state)
{
	(void)state;
	static const uint8_t zeros[34 * 512];
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("sgdisk", "-n", "1:2048:0", image);
	patch(0, zeros, sizeof(zeros));
	read_all(image, &list);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 32 * MIB - 512);
	assert_int_equal(list.items[0].usage, SIGNATURE_PARTITION_TABLE);
	assert_int_equal(list.items[1].usage, SIGNATURE_PARTITION);
	assert_int_equal(list.count, 2);
}

static void a_table_written_with_other_sectors(void **state)
{
	(void)state;
	const struct loop_drive_options large = { .sector_bytes = 4096 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	attach(&large);
	RUN("sgdisk", "-n", "1:0:0", loop.path);
	loop_drive_detach(&loop);
	read_all(image, &list); /* a file is taken for 512 first */
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 4096);
	signature_list_free(&list);
	attach(NULL);
	read_all(loop.path, &list);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 4096);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "gpt", 32 * MIB - 4096);
}

static void put_entry(uint8_t *sector, unsigned slot, uint8_t type, uint32_t start, uint32_t count)
{
	uint8_t *entry = sector + 446 + (size_t)slot * 16;
	entry[4] = type;
	for (int i = 0; i < 4; i++) {
		entry[8 + i] = (uint8_t)(start >> (8 * i));
		entry[12 + i] = (uint8_t)(count >> (8 * i));
	}
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static void dos_with_logical_partitions(void **state)
{
	(void)state;
	uint8_t disk[512] = { 0 };
	uint8_t extended[512] = { 0 };
	char offset[32];
	AUTO_SIGNATURES struct signature_list list = { 0 };
	put_entry(disk, 0, 0x83, 2048, 8192);
	put_entry(disk, 1, 0x05, 16384, 40000);
	put_entry(extended, 0, 0x83, 2048, 32768);
	patch(0, disk, sizeof(disk));
	patch(16384 * 512, extended, sizeof(extended));
	(void)snprintf(offset, sizeof(offset), "offset=%u", (16384 + 2048) * 512);
	RUN("mkfs.ext4", "-qF", "-E", offset, image, "8M");
	read_all(image, &list);
	(void)find(&list, SIGNATURE_PARTITION_TABLE, "dos", 510);
	const struct signature *ext4 =
		find(&list, SIGNATURE_FILESYSTEM, "ext4", (16384 + 2048) * 512 + 1080);
	assert_int_equal(ext4->partition_number, 5);
	assert_int_equal(list.count, 5); /* table, 1, 2, 5, ext4 */
	assert_string_equal(list.items[1].type, "0x83");
}

static void a_hostile_table_stays_bounded(void **state)
{
	(void)state;
	uint8_t disk[512] = { 0 };
	uint8_t extended[512] = { 0 };
	struct error error = { 0 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	put_entry(disk, 0, 0x83, 0, 0xffffffff);          /* starts where the disk does */
	put_entry(disk, 1, 0x83, 0xfffffff0, 0xffffffff); /* far behind its end */
	put_entry(disk, 2, 0x83, 2048, 0xffffffff);       /* reaches past its end */
	put_entry(disk, 3, 0x05, 16384, 8192);
	put_entry(extended, 0, 0x83, 1, 1);
	put_entry(extended, 1, 0x05, 0, 8192); /* the chain is a circle */
	patch(0, disk, sizeof(disk));
	patch(16384 * 512, extended, sizeof(extended));
	AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(signatures_read(fd, &list, &error), 0);
	assert_true(list.count >= 4 && list.count <= SIGNATURES_MAX);
	for (size_t i = 0; i < list.count; i++) {
		assert_true(list.items[i].offset_bytes <= INT64_MAX);
		assert_true(list.items[i].length_bytes <= INT64_MAX);
	}
}

static void too_many_are_said_to_be_too_many(void **state)
{
	(void)state;
	enum { PARTITIONS = SIGNATURES_MAX + 20 };
	static char words[PARTITIONS][32];
	static const char *arguments[PARTITIONS * 2 + 8];
	size_t count = 0;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	arguments[count++] = "sgdisk";
	arguments[count++] = "-S";
	arguments[count++] = "1024";
	arguments[count++] = "-a";
	arguments[count++] = "1";
	for (unsigned i = 0; i < PARTITIONS; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "%u:%u:%u", i + 1, 4096 + i, 4096 + i);
		arguments[count++] = "-n";
		arguments[count++] = words[i];
	}
	arguments[count++] = image;
	arguments[count] = NULL;
	run(arguments);
	read_all(image, &list);
	assert_int_equal(list.count, SIGNATURES_MAX);
	assert_true(list.truncated);
}

static void hostile_labels_are_cleaned(void **state)
{
	(void)state;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkfs.ext4", "-qF", "-O", "^metadata_csum", image);
	patch(1024 + 0x78, "\x1b[2Jx\xe2\x80\xae\xffy\n", 11);
	read_all(image, &list);
	const struct signature *found = find(&list, SIGNATURE_FILESYSTEM, "ext4", 1080);
	for (const char *at = found->label; *at; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	assert_null(strstr(found->label, "\xe2\x80\xae"));
	assert_non_null(strchr(found->label, 'y'));
}

static void noise_is_survived(void **state)
{
	(void)state;
	static uint8_t noise[MIB];
	uint32_t seed = 2463534242;
	for (size_t i = 0; i < sizeof(noise); i++) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		noise[i] = (uint8_t)seed;
	}
	for (uint64_t at = 0; at < 32 * MIB; at += MIB)
		patch(at, noise, sizeof(noise));
	AUTO_SIGNATURES struct signature_list list = { 0 };
	read_all(image, &list);
	assert_true(list.count <= SIGNATURES_MAX);
}

static void an_unreadable_place_is_never_nothing(void **state)
{
	(void)state;
	/* A loop device whose file ends early answers EIO behind that end. */
	static const uint64_t ends[] = { 0, 1 * MIB, 3 * MIB, 31 * MIB + 512 * KIB,
		32 * MIB - 4096 };
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct error error = { 0 };
		struct signature_list list = { .count = 77 };
		assert_int_equal(truncate(image, 0), 0);
		assert_int_equal(truncate(image, 32 * MIB), 0);
		attach(NULL);
		assert_int_equal(truncate(image, (off_t)ends[i]), 0);
		assert_int_equal(signatures_read(loop.fd, &list, &error), -EIO);
		assert_int_equal(list.count, 77);
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_non_null(strstr(error.what, "LOOP-"));
		assert_string_not_equal(error.next, "");
		assert_int_equal(signatures_read(loop.fd, &list, NULL), -EIO);
		loop_drive_detach(&loop);
	}
}

static void an_unreadable_partition_is_an_error(void **state)
{
	(void)state;
	static uint8_t scratchpad[5 * MIB];
	uint8_t disk[512] = { 0 };
	struct error error = { 0 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	put_entry(disk, 0, 0x83, 8192 * 2, 16384);
	patch(0, disk, sizeof(disk));
	attach(NULL);
	/* Both ends stay readable, from the page cache, when the file is cut off; what lies between,
	 * with the partition in it, does not. */
	assert_int_equal(pread(loop.fd, scratchpad, 5 * MIB, 0), (ssize_t)(5 * MIB));
	assert_int_equal(pread(loop.fd, scratchpad, 3 * MIB, 29 * MIB), (ssize_t)(3 * MIB));
	assert_int_equal(truncate(image, 0), 0);
	assert_int_equal(signatures_read(loop.fd, &list, &error), -EIO);
	assert_null(list.items);

	/* It was the partition: without one, nothing in between is asked for. */
	static const uint8_t zeros[512];
	assert_int_equal(pwrite(loop.fd, zeros, sizeof(zeros), 0), (ssize_t)sizeof(zeros));
	assert_int_equal(signatures_read(loop.fd, &list, &error), 0);
	assert_int_equal(list.count, 0);
}

static void a_drive_of_no_size_is_an_error(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct signature_list list = { 0 };
	assert_int_equal(truncate(image, 0), 0);
	AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(signatures_read(fd, &list, &error), -ENXIO);
	AUTO_FD int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(signatures_read(null, &list, &error), -ENOTBLK);
	assert_int_not_equal(signatures_read(-1, &list, &error), 0);
	assert_null(list.items);
}

static void what_was_written_past_the_cache_is_seen(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct drive *drive = NULL;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	loop_drive_require();
	RUN("mkfs.ext4", "-qF", image);
	attach(NULL);
	read_all(loop.path, &list); /* now it is in the page cache */
	assert_int_equal(list.count, 1);
	signature_list_free(&list);

	assert_int_equal(drive_open(loop.path, DRIVE_CLAIM, &drive, &error), 0);
	if (!(fcntl(drive->fd, F_GETFL) & O_DIRECT))
		print_message("no direct I/O on the file system of this test's folder\n");
	void *zeros = NULL;
	assert_int_equal(posix_memalign(&zeros, 4096, MIB), 0);
	memset(zeros, 0, MIB);
	assert_int_equal(signatures_read(drive->fd, &list, &error), 0);
	assert_int_equal(list.count, 1);
	signature_list_free(&list);
	assert_int_equal(pwrite(drive->fd, zeros, MIB, 0), (ssize_t)MIB);
	free(zeros);
	assert_int_equal(signatures_read(drive->fd, &list, &error), 0);
	assert_int_equal(list.count, 0);
	drive = drive_close(drive);
}

static void a_claimed_image_file_opened_for_direct_reading(void **state)
{
	(void)state;
	struct error error = { 0 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	RUN("mkfs.ext4", "-qF", image);
	AUTO_FD int fd = open(image, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		print_message("skipped: no direct I/O on this test's folder\n");
		skip();
	}
	assert_int_equal(signatures_read(fd, &list, &error), 0);
	assert_int_equal(list.count, 1);
}

static void usage_words_are_stable(void **state)
{
	(void)state;
	assert_string_equal(signature_usage_name(SIGNATURE_OTHER), "other");
	assert_string_equal(signature_usage_name(SIGNATURE_FILESYSTEM), "filesystem");
	assert_string_equal(signature_usage_name(SIGNATURE_RAID), "raid");
	assert_string_equal(signature_usage_name(SIGNATURE_CRYPTO), "crypto");
	assert_string_equal(signature_usage_name(SIGNATURE_PARTITION_TABLE), "partition-table");
	assert_string_equal(signature_usage_name(SIGNATURE_PARTITION), "partition");
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	/* mkfs and friends live in sbin, which is not in everybody's PATH. */
	(void)setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	const struct CMUnitTest tests[] = {
		test(a_blank_image_has_nothing),
		test(an_ext4_filesystem),
		test(a_vfat_filesystem_is_listed_once),
		test(swap_space),
		test(luks2_with_both_its_headers),
		test(a_stale_superblock_behind_a_filesystem_counts),
		test(a_volume_manager_member),
		test(a_physical_volume_made_by_lvm),
		test(gpt_with_its_copies_and_what_is_inside),
		test(only_the_backup_gpt_is_left),
		test(a_table_written_with_other_sectors),
		test(dos_with_logical_partitions),
		test(a_hostile_table_stays_bounded),
		test(too_many_are_said_to_be_too_many),
		test(hostile_labels_are_cleaned),
		test(noise_is_survived),
		test(an_unreadable_place_is_never_nothing),
		test(an_unreadable_partition_is_an_error),
		test(a_drive_of_no_size_is_an_error),
		test(what_was_written_past_the_cache_is_seen),
		test(a_claimed_image_file_opened_for_direct_reading),
		cmocka_unit_test(usage_words_are_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
