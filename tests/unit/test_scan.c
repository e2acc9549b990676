/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scanning: which names of a made-up tree are drives, and real loop devices of our own from the
 * kernel's list to the store and back to a path. */
#include "inventory/scan/scan.h"
#include "inventory/scan/scan_look.h"
#include "inventory/scan/scan_tree.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)
#define LOOPS_MAX 3

/* -- a tree of our own -- */

static void make_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_device(const char *sys, const char *name, const char *dev, const char *size)
{
	char attribute[128];
	(void)snprintf(attribute, sizeof(attribute), "block/%s/dev", name);
	make_file(sys, attribute, dev);
	(void)snprintf(attribute, sizeof(attribute), "block/%s/size", name);
	make_file(sys, attribute, size);
}

static void test_tree(void **state)
{
	struct store_fixture *fixture = *state;
	const char *sys = fixture->folder;
	make_device(sys, "sda", "8:0\n", "7814037168\n");
	make_device(sys, "sdaa", "65:160\n", "7814037168\n");
	make_device(sys, "nvme0n1", "259:0\n", "1\n");
	make_device(sys, "cciss!c0d0", "104:0\n", "1\n");
	make_device(sys, "loop0", "7:0\n", "0\n"); /* idle */
	make_device(sys, "loop1", "7:1\n", "2048\n");
	make_file(sys, "block/loop1/loop/backing_file", "/a\n");
	make_device(sys, "loop2", "7:2\n", "0\n"); /* an empty file behind it */
	make_file(sys, "block/loop2/loop/backing_file", "/b\n");
	make_device(sys, "zram0", "252:0\n", "0\n");
	make_device(
		sys, "sdb", "8:16\n", "0\n"); /* a drive of 520-byte sectors, or a defective one */
	make_file(sys, "block/sdb/device/model", "X\n");
	make_device(sys, "ram0", "1:0\n", "8192\n");
	make_device(sys, "fd0", "2:0\n", "8\n");
	make_device(sys, "sr0", "11:0\n", "2097151\n");
	make_file(sys, "block/sr0/device/model", "DVD\n");
	make_device(sys, "md0", "9:0\n", "100\n");
	make_device(sys, "md_d1", "254:64\n", "100\n");
	make_file(sys, "block/md_d1/md/level", "raid1\n");
	make_device(sys, "dm-0", "253:0\n", "100\n");
	make_file(sys, "block/dm-0/dm/uuid", "LVM-x\n");
	make_device(sys, "nvme1c0n1", "259:5\n", "100\n");
	make_file(sys, "block/nvme1c0n1/hidden", "1\n");
	make_device(sys, "mmcblk0", "179:0\n", "100\n");
	make_device(sys, "mmcblk0boot0", "179:8\n", "8\n");
	make_device(sys, "mmcblk0rpmb", "179:24\n", "8\n");
	make_file(sys, "block/strange/nothing", ""); /* says nothing of itself: not left out */

	const struct system_paths paths = { .sys = sys };
	struct error error = { 0 };
	CLEANUP(scan_names_free) struct scan_names names = { 0 };
	assert_int_equal(scan_tree_names(&paths, &names, &error), 0);
	char all[512] = "";
	for (size_t i = 0; i < names.count; i++)
		(void)strcat(strcat(all, names.items[i]), " ");
	assert_string_equal(all, "sda sdb sdaa loop1 loop2 mmcblk0 nvme0n1 strange cciss!c0d0 ");
}

static void test_tree_unreadable(void **state)
{
	struct store_fixture *fixture = *state;
	const struct system_paths paths = { .sys = fixture->folder };
	struct error error = { 0 };
	struct scan_names names = { 0 };
	assert_int_equal(scan_tree_names(&paths, &names, &error), -ENOENT);
	assert_string_equal(error.code, "scan-unreadable");
	assert_non_null(strstr(error.what, fixture->folder));
}

/* -- loop devices of our own -- */

struct loops {
	struct store_fixture *fixture;
	char path[LOOPS_MAX][64];
	size_t count;
};

static bool run(const char *format, ...) PRINTF_LIKE(1, 2);
static bool run(const char *format, ...)
{
	char command[512];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return system(command) == 0;
}

/* Attach FOLDER/name; -1 when this machine gives no loop device. */
static int attach(struct loops *loops, const char *name)
{
	char command[256];
	char *path = loops->path[loops->count];
	(void)snprintf(command, sizeof(command), "losetup -P -f --show %s/%s 2>/dev/null",
		loops->fixture->folder, name);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	bool read = fgets(path, sizeof(loops->path[0]), pipe) != NULL;
	if (pclose(pipe) != 0 || !read)
		return -1;
	path[strcspn(path, "\n")] = '\0';
	loops->count++;
	return 0;
}

/* Two drives: one with an ext4 whose label is hostile, one blank. */
static int setup_loops(void **state)
{
	struct loops *loops = calloc(1, sizeof(*loops));
	void *fixture = NULL;
	if (!loops || store_fixture_setup(&fixture) < 0)
		return -1;
	loops->fixture = fixture;
	*state = loops;
	const char *folder = loops->fixture->folder;
	if (!run("truncate -s 4M %s/a.img %s/b.img", folder, folder) ||
		!run("mkfs.ext4 -q -L \"';--\\$1 x\" %s/a.img 2>/dev/null", folder))
		return -1;
	if (attach(loops, "a.img") < 0 || attach(loops, "b.img") < 0)
		print_message("# skip: no loop devices here\n");
	return 0;
}

static int teardown_loops(void **state)
{
	struct loops *loops = *state;
	int r = 0;
	for (size_t i = 0; i < loops->count; i++)
		if (!run("losetup -d %s", loops->path[i]))
			r = -1;
	void *fixture = loops->fixture;
	if (store_fixture_teardown(&fixture) < 0)
		r = -1;
	free(loops);
	return r;
}

#define NEED_LOOPS(loops)                                                                          \
	do {                                                                                       \
		if ((loops)->count < 2)                                                            \
			skip();                                                                    \
	} while (0)

static struct found_drive *find_path(struct found_list *found, const char *path)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].path, path) == 0)
			return &found->items[i];
	fail_msg("%s was not found", path);
	abort(); /* fail_msg does not return */
}

static void scan(enum scan_depth depth, struct found_list *found)
{
	struct error error = { 0 };
	if (scan_drives(depth, found, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

static void scan_and_record(struct loops *loops, int64_t now)
{
	struct error error = { 0 };
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_SIGNATURES, &found);
	if (scan_record(loops->fixture->store, &found, "this host", now, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

static void record_of(struct loops *loops, const char *word, struct drive_record *ret)
{
	struct error error = { 0 };
	AUTO_DRIVES struct drive_list list = { 0 };
	assert_int_equal(drives_find(loops->fixture->store, word, &list, &error), 0);
	assert_int_equal(list.count, 1);
	*ret = list.items[0];
}

static void test_scan_and_record(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_SIGNATURES, &found);
	struct found_drive *drive = find_path(&found, loops->path[0]);
	assert_int_equal(drive->error.kind, ERROR_NONE);
	assert_true(drive->probed);
	assert_int_equal(drive->identity.capacity_bytes, 4 * MIB);
	assert_int_equal(drive->native.source, NATIVE_VIRTUAL);
	char serial[IDENTITY_TEXT_MAX];
	(void)strcpy(serial, drive->identity.serial);
	assert_int_equal(scan_record(loops->fixture->store, &found, "this host", NOW, &error), 0);

	store_fixture_reopen(loops->fixture, STORE_READ);
	struct drive_record record = { 0 };
	record_of(loops, serial, &record);
	assert_true(record.present);
	assert_string_equal(record.host, "this host");
	assert_string_equal(record.last_error, "");
	assert_true(record.probed_utc_ms == NOW);
	AUTO_SIGNATURES struct signature_list signatures = { 0 };
	assert_int_equal(
		drives_signatures(loops->fixture->store, record.id, &signatures, &error), 0);
	assert_int_equal(signatures.count, 1);
	assert_string_equal(signatures.items[0].type, "ext4");
	assert_string_equal(signatures.items[0].label, "';--$1 x");

	/* Only the identity: nothing is probed, nothing is said about what it carries. */
	AUTO_FOUND struct found_list shallow = { 0 };
	scan(SCAN_IDENTITY, &shallow);
	drive = find_path(&shallow, loops->path[0]);
	assert_false(drive->probed);
	assert_string_equal(drive->identity.serial, serial);
}

static void test_gone_is_absent(void **state)
{
	struct loops *loops = *state;
	NEED_LOOPS(loops);
	struct drive_record first = { 0 };
	struct drive_record second = { 0 };
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_IDENTITY, &found);
	char serials[2][IDENTITY_TEXT_MAX];
	for (size_t i = 0; i < 2; i++)
		(void)strcpy(serials[i], find_path(&found, loops->path[i])->identity.serial);
	scan_and_record(loops, NOW);
	assert_true(run("losetup -d %s", loops->path[1]));
	loops->count = 1;
	/* The clock was set back meanwhile: still only what is here counts as here. */
	scan_and_record(loops, NOW - 1000);
	record_of(loops, serials[0], &first);
	record_of(loops, serials[1], &second);
	assert_true(first.present);
	assert_false(second.present);
}

static void test_duplicate_identity(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	if (attach(loops, "a.img") < 0) {
		print_message("# skip: no loop device left\n");
		skip();
	}
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_SIGNATURES, &found);
	assert_int_equal(scan_record(loops->fixture->store, &found, "this host", NOW, &error), 0);
	const struct found_drive *first = find_path(&found, loops->path[0]);
	const struct found_drive *second = find_path(&found, loops->path[2]);
	assert_string_equal(first->error.code, "duplicate-identity");
	assert_string_equal(second->error.code, "duplicate-identity");
	assert_non_null(strstr(first->error.what, loops->path[2]));
	assert_int_equal(find_path(&found, loops->path[1])->error.kind, ERROR_NONE);
	struct drive_record record = { 0 };
	record_of(loops, first->identity.serial, &record);
	assert_int_equal(record.twin, TWIN_COPY);
	assert_string_equal(record.twin_path, loops->path[2]);
	assert_true(first->id > 0 && first->id == second->id);
	AUTO_FLAGS struct flag_list flags = { 0 };
	assert_int_equal(flags_list(loops->fixture->store, &flags, &error), 0);
	assert_int_equal(flags.count, 1);
	assert_int_equal(flags.items[0].code, FLAG_IDENTITY_DUPLICATE);
	assert_int_equal(flags.items[0].drive_id, record.id);
	/* Looked at again, it has not moved between the two. */
	scan_and_record(loops, NOW + 1000);
	char sql[] = "SELECT max(number) FROM sighting";
	assert_int_equal(store_fixture_number(loops->fixture->store, sql), 1);
	/* By its serial it cannot be told which is meant. */
	char path[256] = "untouched";
	assert_int_equal(
		scan_resolve(NULL, first->identity.serial, path, sizeof(path), &error), -EEXIST);
	assert_string_equal(error.code, "target-ambiguous");
	assert_non_null(strstr(error.what, loops->path[0]));
	assert_non_null(strstr(error.what, loops->path[2]));
	assert_string_equal(path, "untouched");
	assert_int_equal(scan_resolve(NULL, loops->path[2], path, sizeof(path), &error), 0);
	assert_string_equal(path, loops->path[2]);
}

static void test_one_bad_device_stops_nothing(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_SIGNATURES, &found);
	/* As if one could not be opened: no identity, an error. And one that tells no serial. */
	struct found_drive *bad = find_path(&found, loops->path[0]);
	memset(&bad->identity, 0, sizeof(bad->identity));
	bad->probed = false;
	(void)error_set(&bad->error, ERROR_FAILED, EIO, "drive-open", "cannot be opened");
	struct found_drive *good = find_path(&found, loops->path[1]);
	/* A sentence longer than a record holds, of letters of three bytes. */
	for (size_t i = 0; i + 3 < sizeof(good->error.what); i += 3)
		memcpy(good->error.what + i, "\xE5\xBB\x83", 4);
	good->error.kind = ERROR_FAILED;
	assert_int_equal(scan_record(loops->fixture->store, &found, "this host", NOW, &error), 0);
	assert_string_equal(bad->error.code, "drive-open");
	struct drive_record record = { 0 };
	record_of(loops, good->identity.serial, &record);
	assert_int_equal(strlen(record.last_error), 255);
	assert_int_equal(strlen(record.last_error) % 3, 0);
	char sql[] = "SELECT count(*) FROM drive WHERE serial = '' AND wwn = ''";
	assert_int_equal(store_fixture_number(loops->fixture->store, sql), 0);
}

static void test_unnamed_is_said(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct found_drive item = { .path = "/dev/sdx", .identity = { .name = "sdx" } };
	struct found_list found = { .items = &item, .count = 1 };
	assert_int_equal(scan_record(fixture->store, &found, "h", NOW, &error), 0);
	assert_string_equal(item.error.code, "no-identity");
	assert_non_null(strstr(item.error.what, "sdx"));
}

/* -- devices that hang -- */

/* What the look below waits for; the writing end is closed to let it go. */
static int released[2];
static int left_off[2];

/* "hangs" waits in the kernel, "slow" answers a little later, the others at once. */
static void look_fake(struct found_drive *found, enum scan_depth depth)
{
	char byte;
	if (depth == SCAN_SIGNATURES && strcmp(found->path, "hangs") == 0) {
		(void)!read(released[0], &byte, 1);
		found->signatures.items = calloc(1, sizeof(*found->signatures.items));
		found->signatures.count = 1;
		(void)strcpy(found->identity.serial, "too late");
		(void)!write(left_off[1], "x", 1);
		return;
	}
	if (strcmp(found->path, "slow") == 0)
		(void)usleep(20000);
	if (strcmp(found->path, "fails") == 0) {
		(void)error_set(&found->error, ERROR_FAILED, EIO, "drive-open", "no");
		return;
	}
	(void)snprintf(
		found->identity.serial, sizeof(found->identity.serial), "S-%.100s", found->path);
	found->probed = depth == SCAN_SIGNATURES;
}

static void test_hung_device_holds_up_nobody(void **state)
{
	(void)state;
	static const char *const paths[] = { "quick", "hangs", "slow", "fails", "last" };
	struct error error = { 0 };
	char byte;
	assert_int_equal(pipe(released), 0);
	assert_int_equal(pipe(left_off), 0);
	{
		AUTO_FOUND struct found_list list = { 0 };
		list.items = calloc(ARRAY_SIZE(paths), sizeof(*list.items));
		assert_non_null(list.items);
		for (; list.count < ARRAY_SIZE(paths); list.count++)
			(void)strcpy(list.items[list.count].path, paths[list.count]);
		assert_int_equal(scan_look_all(&list, SCAN_IDENTITY, look_fake, 60000, &error), 0);
		assert_string_equal(list.items[1].identity.serial, "S-hangs");
		assert_int_equal(scan_look_all(&list, SCAN_SIGNATURES, look_fake, 1000, &error), 0);
		static const struct {
			const char *serial;
			bool probed;
			const char *code;
		} expected[] = {
			{ "S-quick", true, "" },
			{ "S-hangs", false, "drive-not-answering" }, /* still known */
			{ "S-slow", true, "" },
			{ "", false, "drive-open" },
			{ "S-last", true, "" },
		};
		for (size_t i = 0; i < list.count; i++) {
			assert_string_equal(list.items[i].path, paths[i]);
			assert_string_equal(list.items[i].identity.serial, expected[i].serial);
			assert_int_equal(list.items[i].probed, expected[i].probed);
			assert_string_equal(list.items[i].error.code, expected[i].code);
		}
	}
	/* The list is gone; the late answer goes nowhere and its memory is freed. */
	(void)close(released[1]);
	assert_int_equal(read(left_off[0], &byte, 1), 1);
	(void)close(released[0]);
	(void)close(left_off[0]);
	(void)close(left_off[1]);
}

/* -- resolving -- */

static void assert_resolves(struct store *store, const char *word, const char *expected)
{
	struct error error = { 0 };
	char path[256] = "";
	if (scan_resolve(store, word, path, sizeof(path), &error) < 0)
		fail_msg("%s: %s: %s", word, error.code, error.what);
	assert_string_equal(path, expected);
}

static void assert_unresolved(
	struct store *store, const char *word, int errnum, const char *code, struct error *error)
{
	char path[256] = "untouched";
	*error = (struct error){ 0 };
	assert_int_equal(scan_resolve(store, word, path, sizeof(path), error), -errnum);
	assert_string_equal(error->code, code);
	assert_true(strlen(error->next) > 0);
	assert_string_equal(path, "untouched");
}

static void test_resolve(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	struct store *store = loops->fixture->store;
	char link[128];
	char id[DRIVE_ID_MAX];
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_IDENTITY, &found);
	const char *serial = find_path(&found, loops->path[1])->identity.serial;
	scan_and_record(loops, NOW);
	struct drive_record record = { 0 };
	record_of(loops, serial, &record);
	(void)snprintf(id, sizeof(id), "D%d", (int)record.id);
	(void)snprintf(link, sizeof(link), "%s/link", loops->fixture->folder);
	assert_int_equal(symlink(loops->path[1], link), 0);

	assert_resolves(store, serial, loops->path[1]);
	assert_resolves(NULL, serial, loops->path[1]);
	assert_resolves(store, id, loops->path[1]);
	assert_resolves(NULL, loops->path[1], loops->path[1]);
	assert_resolves(store, link, loops->path[1]);

	assert_unresolved(NULL, id, ENOENT, "target-unknown", &error);
	assert_unresolved(store, "D99999", ENOENT, "target-unknown", &error);
	assert_unresolved(store, "", ENOENT, "target-unknown", &error);
	/* A kernel name is no name, and half a serial is none either. */
	assert_unresolved(
		store, strrchr(loops->path[1], '/') + 1, ENOENT, "target-unknown", &error);
	char half[IDENTITY_TEXT_MAX];
	(void)snprintf(half, sizeof(half), "%.10s", serial);
	assert_unresolved(store, half, ENOENT, "target-unknown", &error);
	assert_unresolved(store, "/dev/nothing-here", ENOENT, "target-unknown", &error);
	assert_unresolved(store, "/dev/null", ENOTBLK, "target-no-drive", &error);
	assert_unresolved(store, loops->fixture->path, ENOTBLK, "target-no-drive", &error);
	assert_unresolved(store, "/dev", ENOTBLK, "target-no-drive", &error);
	char small[4];
	assert_int_equal(
		scan_resolve(store, loops->path[1], small, sizeof(small), &error), -ENAMETOOLONG);

	/* In the inventory, but not attached any more. */
	assert_true(run("losetup -d %s", loops->path[1]));
	loops->count = 1;
	assert_unresolved(store, id, ENOENT, "target-unknown", &error);
	assert_unresolved(store, serial, ENOENT, "target-unknown", &error);
}

static void test_resolve_partition(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	char partition[80];
	(void)snprintf(partition, sizeof(partition), "%sp1", loops->path[1]);
	/* A kernel without the parser of this table learns of the partition from partx. */
	if (!run("echo 'start=2048,size=2048' | sfdisk -q --label dos %s >/dev/null 2>&1",
		    loops->path[1]) ||
		(access(partition, F_OK) != 0 && !run("partx -a %s", loops->path[1])) ||
		access(partition, F_OK) != 0) {
		print_message("# skip: no partitions on loop devices here\n");
		skip();
	}
	assert_unresolved(NULL, partition, EINVAL, "partition", &error);
	assert_non_null(strstr(error.what, loops->path[1]));
}

static void test_resolve_layer(void **state)
{
	struct loops *loops = *state;
	struct error error = { 0 };
	NEED_LOOPS(loops);
	char name[64];
	char path[128];
	(void)snprintf(name, sizeof(name), "haiki-test-%d", (int)getpid());
	(void)snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	if (!run("echo '0 2048 linear %s 0' | dmsetup create %s 2>/dev/null", loops->path[1],
		    name)) {
		print_message("# skip: no device mapper here\n");
		skip();
	}
	bool there = access(path, F_OK) == 0;
	char resolved[256];
	int r = scan_resolve(NULL, path, resolved, sizeof(resolved), &error);
	AUTO_FOUND struct found_list found = { 0 };
	scan(SCAN_IDENTITY, &found);
	assert_true(run("dmsetup remove %s", name));
	if (!there) {
		print_message("# skip: no udev or devtmpfs makes the mapper's nodes\n");
		skip();
	}
	assert_int_equal(r, -EINVAL);
	assert_string_equal(error.code, "target-no-drive");
	for (size_t i = 0; i < found.count; i++)
		assert_null(strstr(found.items[i].path, "/dm-"));
}

int main(void)
{
#define WITH_FOLDER(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup_folder, store_fixture_teardown)
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
#define WITH_LOOPS(test) cmocka_unit_test_setup_teardown(test, setup_loops, teardown_loops)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_tree),
		WITH_FOLDER(test_tree_unreadable),
		WITH_LOOPS(test_scan_and_record),
		WITH_LOOPS(test_gone_is_absent),
		WITH_LOOPS(test_duplicate_identity),
		WITH_LOOPS(test_one_bad_device_stops_nothing),
		WITH_STORE(test_unnamed_is_said),
		cmocka_unit_test(test_hung_device_holds_up_nobody),
		WITH_LOOPS(test_resolve),
		WITH_LOOPS(test_resolve_partition),
		WITH_LOOPS(test_resolve_layer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
