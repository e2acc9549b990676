/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prober: it says what signatures_read says; what goes wrong in its child is an error that names
 * the device; and what the child answers is not believed. */
#include "device/probe/probe_parts.h"
#include "device/probe/probe_record.h"
#include "tests/support/scratch.h"
#include "tests/support/stride.h"

#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <locale.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
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

/* tests/rules.mk */
static bool is_under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");
	return preloaded && strstr(preloaded, "no_filter.so");
}

static void patch(uint64_t offset, const void *data, size_t length)
{
	AUTO_FD int fd = open(image, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, data, length, (off_t)offset), (ssize_t)length);
}

/* A label of LVM2, a DOS table with a partition, swap in it, an md superblock without its checksum. */
static void fill_image(void)
{
	static const char label[] = "LABELONE\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	static const uint8_t entry[16] = { [4] = 0x83, [9] = 0x08, [13] = 0x40 };
	static const uint8_t md[32] = { 0xfc, 0x4e, 0x2b, 0xa9, 1 };
	static const uint8_t md_sector[8] = { 0xf0, 0xff };
	patch(512, label, sizeof(label) - 1);
	patch(446, entry, sizeof(entry));
	patch(510, "\x55\xaa", 2);
	patch(2048 * 512 + 4086, "SWAPSPACE2", 10);
	patch(2048 * 512 + 1024, "\x01\0\0\0\xff\x01\0\0", 8); /* version, last page */
	patch(32 * MIB - 8192, md, sizeof(md));
	patch(32 * MIB - 8192 + 144, md_sector, sizeof(md_sector));
}

/* The same answer --------------------------------------------------------------------------------- */

static void assert_same(const struct signature_list *one, const struct signature_list *other)
{
	assert_int_equal(one->count, other->count);
	assert_int_equal(one->truncated, other->truncated);
	for (size_t i = 0; i < one->count; i++) {
		struct signature a = one->items[i], b = other->items[i];
		assert_int_equal(!a.detail, !b.detail);
		if (a.detail)
			assert_string_equal(a.detail, b.detail);
		a.detail = b.detail = NULL;
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void compare(const char *path)
{
	struct error error = { 0 };
	AUTO_SIGNATURES struct signature_list direct = { 0 }, probed = { 0 };
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(signatures_read(fd, &direct, &error), 0);
	if (probe_signatures(fd, PROBE_LIMIT_MS, &probed, &error) < 0)
		fail_msg("%s: %s: %s", path, error.code, error.what);
	assert_same(&direct, &probed);
}

static void the_child_sees_what_is_there(void **state)
{
	(void)state;
	compare(image);
	fill_image();
	compare(image);
	AUTO_SIGNATURES struct signature_list list = { 0 };
	AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_signatures(fd, PROBE_LIMIT_MS, &list, NULL), 0);
	assert_true(list.count >= 4);
}

static void also_on_a_device(void **state)
{
	(void)state;
	loop_drive_require();
	fill_image();
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	compare(loop.path);
}

/* Firmware RAID is looked for on whole disks only, which the child cannot ask sysfs about. */
static void a_firmware_raid_shows_on_a_device(void **state)
{
	(void)state;
	struct error error = { 0 };
	AUTO_SIGNATURES struct signature_list list = { 0 };
	static const char imsm[] = "Intel Raid ISM Cfg Sig. 1.3.00";
	loop_drive_require();
	patch(32 * MIB - 1024, imsm, sizeof(imsm) - 1);
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	AUTO_FD int fd = open(loop.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_signatures(fd, PROBE_LIMIT_MS, &list, &error), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].type, "isw_raid_member");
	assert_non_null(strstr(list.items[0].detail, "\"metadata\":\"imsm\""));
}

static void an_unreadable_device_is_an_error(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct signature_list list = { .count = 77 };
	loop_drive_require();
	assert_int_equal(loop_drive_attach(image, NULL, &loop), 0);
	assert_int_equal(truncate(image, 3 * MIB), 0);
	AUTO_FD int fd = open(loop.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_signatures(fd, PROBE_LIMIT_MS, &list, &error), -EIO);
	assert_string_equal(error.code, "signatures-unreadable");
	assert_int_equal(list.count, 77);
	AUTO_FD int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_signatures(null, PROBE_LIMIT_MS, &list, &error), -ENOTBLK);
	assert_int_not_equal(probe_signatures(-1, PROBE_LIMIT_MS, &list, &error), 0);
}

/* Children that go wrong -------------------------------------------------------------------------- */

static volatile bool stop;
static int *volatile nowhere;

__attribute__((no_sanitize("address", "undefined"))) static int crashes(
	int device, int answer, void *context)
{
	/* Even behind a whole answer. */
	(void)!probe_work(device, answer, context);
	*nowhere = 1;
	return 0;
}

static int attacks(int device, int answer, void *context)
{
	(void)!probe_work(device, answer, context);
	return pwrite(device, "", 1, 0) == 1 ? 0 : 1;
}

static int hangs(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	while (!stop)
		continue;
	return 0;
}

static int says_nothing(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	return 0;
}

static int says_too_much(int device, int answer, void *context)
{
	static const char noise[65536];
	(void)device;
	(void)context;
	while (write(answer, noise, sizeof(noise)) > 0)
		continue;
	return 0;
}

static int fails_behind_its_answer(int device, int answer, void *context)
{
	(void)!probe_work(device, answer, context);
	return 1;
}

static int says_more(int device, int answer, void *context)
{
	int result = probe_work(device, answer, context);
	return write(answer, "x", 1) == 1 ? result : 1;
}

static int has_no_memory(int device, int answer, void *context)
{
	(void)device;
	(void)context;
	return probe_record_write(answer, -ENOMEM, NULL) < 0;
}

static void a_child_that_goes_wrong_is_an_error_of_its_device(void **state)
{
	(void)state;
	static const struct {
		sandbox_work *work;
		uint64_t limit_ms;
		int result;
		const char *code;
	} cases[] = {
		{ crashes, PROBE_LIMIT_MS, -EIO, "probe-crashed" },
		{ attacks, PROBE_LIMIT_MS, -EPERM, "probe-denied" },
		{ hangs, 200, -ETIMEDOUT, "probe-timeout" },
		{ says_nothing, PROBE_LIMIT_MS, -EBADMSG, "probe-garbage" },
		{ says_too_much, PROBE_LIMIT_MS, -EBADMSG, "probe-garbage" },
		{ fails_behind_its_answer, PROBE_LIMIT_MS, -EBADMSG, "probe-garbage" },
		{ says_more, PROBE_LIMIT_MS, -EBADMSG, "probe-garbage" },
		{ has_no_memory, PROBE_LIMIT_MS, -EIO, "probe-exhausted" },
	};
	if (is_under_valgrind()) {
		print_message("skipped: valgrind cannot run under a filter of system calls\n");
		skip();
	}
	fill_image();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct signature_list list = { .count = 77 };
		AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
		assert_int_equal(probe_with(cases[i].work, fd, cases[i].limit_ms, &list, &error),
			cases[i].result);
		assert_int_equal(list.count, 77);
		assert_null(list.items);
		assert_string_equal(error.code, cases[i].code);
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_non_null(strstr(error.what, image));
		assert_string_not_equal(error.next, "");
	}
}

/* The record ------------------------------------------------------------------------------------- */

static int record_of(const struct signature_list *list, struct buffer *ret)
{
	AUTO_FD int fd = memfd_create("record", MFD_CLOEXEC);
	char bytes[8192];
	assert_int_equal(probe_record_write(fd, 0, list), 0);
	ssize_t length = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(length > 0 && (size_t)length < sizeof(bytes));
	return buffer_append(ret, bytes, (size_t)length);
}

static char detail_text[] = "{\"a\":[\"x\",{\"b\":1}]}";
static struct signature samples[] = {
	{ .usage = SIGNATURE_RAID,
		.type = "LVM2_member",
		.uuid = "u",
		.label = "l",
		.length_bytes = 4096,
		.magic_offset_bytes = 536,
		.magic_length = 8,
		.detail = detail_text },
	{ .usage = SIGNATURE_PARTITION,
		.type = "0x83",
		.magic_offset_bytes = UINT64_MAX,
		.partition_number = 1 },
};
static const struct signature_list sample_list = {
	.items = samples, .count = 2, .truncated = true
};

static void a_record_says_what_was_put_in(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer record = BUFFER_INIT(65536);
	AUTO_SIGNATURES struct signature_list list = { 0 };
	int walked = 7;
	assert_int_equal(record_of(&sample_list, &record), 0);
	assert_int_equal(probe_record_read(&record, &walked, &list), 0);
	assert_int_equal(walked, 0);
	assert_same(&list, &sample_list);
}

static int read_copy(const char *bytes, size_t length, struct signature_list *ret)
{
	AUTO_BUFFER struct buffer copy = BUFFER_INIT(65536);
	int walked = 7;
	assert_int_equal(buffer_append(&copy, bytes, length), 0);
	return probe_record_read(&copy, &walked, ret);
}

static void a_changed_record_is_refused_or_sound(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer record = BUFFER_INIT(65536);
	assert_int_equal(record_of(&sample_list, &record), 0);
	for (size_t i = 0; i < record.length; i += test_stride()) {
		struct signature_list list = { 0 };
		assert_int_equal(read_copy(record.data, i, &list), -EBADMSG);
		assert_null(list.items);
	}
	for (size_t i = 0; i < record.length * 8; i += test_stride()) {
		AUTO_SIGNATURES struct signature_list list = { 0 };
		record.data[i / 8] ^= (char)(1 << i % 8);
		int result = read_copy(record.data, record.length, &list);
		record.data[i / 8] ^= (char)(1 << i % 8);
		if (result < 0) {
			assert_int_equal(result, -EBADMSG);
			continue;
		}
		assert_true(list.count <= 2);
		for (size_t j = 0; j < list.count; j++) {
			assert_true(list.items[j].usage <= SIGNATURE_PARTITION);
			assert_true(strnlen(list.items[j].label, 160) < 160);
			assert_true(list.items[j].length_bytes <= INT64_MAX);
		}
	}
}

static void hostile_records_are_refused(void **state)
{
	(void)state;
	static const char *const details[] = { "[]", "{\"a\":1.5}", "{ \"a\":1}",
		"{\"a\":\"\\u001b[2J\"}", "{\"a\":{\"b\":[\"\xe2\x80\xae\"]}}", "x", "{}x" };
	for (size_t i = 0; i < ARRAY_SIZE(details) + 4; i++) {
		AUTO_BUFFER struct buffer record = BUFFER_INIT(65536);
		AUTO_SIGNATURES struct signature_list list = { 0 };
		char text[128] = "{}";
		struct signature one = samples[0];
		const struct signature_list wrong = { .items = &one, .count = 1 };
		if (i < ARRAY_SIZE(details))
			(void)snprintf(text, sizeof(text), "%s", details[i]);
		one.detail = text;
		if (i == ARRAY_SIZE(details))
			memset(one.label, 'x', sizeof(one.label));
		if (i == ARRAY_SIZE(details) + 1)
			(void)snprintf(one.label, sizeof(one.label), "a\033[2Jb");
		if (i == ARRAY_SIZE(details) + 2)
			one.usage = 17;
		if (i == ARRAY_SIZE(details) + 3)
			one.offset_bytes = UINT64_MAX;
		assert_int_equal(record_of(&wrong, &record), 0);
		int walked = 7;
		assert_int_equal(probe_record_read(&record, &walked, &list), -EBADMSG);
		assert_int_equal(walked, 7);
		assert_null(list.items);
	}
}

/* Among threads ------------------------------------------------------------------------------------ */

/* What other threads hold locked when the child is forked: it must not need any of it. */
static atomic_bool churning;

static void *churn(void *argument)
{
	(void)argument;
	while (churning) {
		struct tm parts;
		char text[64];
		time_t now = time(NULL);
		free(malloc(12345));
		(void)gettext("nothing of the kind");
		(void)localtime_r(&now, &parts);
		(void)strftime(text, sizeof(text), "%Y %A", &parts);
		(void)snprintf(text, sizeof(text), "%s", strerror(EIO));
		FILE *stream = fmemopen(text, sizeof(text), "w");
		if (stream) {
			(void)fputs("x", stream);
			(void)fclose(stream);
		}
	}
	return NULL;
}

#define PROBES_EACH 12

static void *probe_again_and_again(void *argument)
{
	struct error *error = argument;
	for (int i = 0; i < PROBES_EACH; i++) {
		AUTO_SIGNATURES struct signature_list list = { 0 };
		AUTO_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
		if (probe_signatures(fd, PROBE_PATIENT_MS, &list, error) < 0)
			return "failed";
		if (list.count < 4)
			return "too few";
	}
	return NULL;
}

static void many_at_once_beside_busy_threads(void **state)
{
	(void)state;
	enum { CHURNERS = 4, PROBERS = 16 };
	pthread_t churners[CHURNERS], probers[PROBERS];
	static struct error errors[PROBERS];
	if (is_under_valgrind()) {
		print_message(
			"skipped: to valgrind, what the other threads hold is lost to the child\n");
		skip();
	}
#if defined(__SANITIZE_ADDRESS__)
	print_message("skipped: AddressSanitizer's allocator keeps its locks over a fork\n");
	skip();
#endif
	fill_image();
	churning = true;
	for (size_t i = 0; i < CHURNERS; i++)
		assert_int_equal(pthread_create(&churners[i], NULL, churn, NULL), 0);
	for (size_t i = 0; i < PROBERS; i++)
		assert_int_equal(
			pthread_create(&probers[i], NULL, probe_again_and_again, &errors[i]), 0);
	const char *problem = NULL;
	size_t whose = 0;
	for (size_t i = 0; i < PROBERS; i++) {
		void *result = NULL;
		assert_int_equal(pthread_join(probers[i], &result), 0);
		if (result) {
			problem = result;
			whose = i;
		}
	}
	churning = false;
	for (size_t i = 0; i < CHURNERS; i++)
		assert_int_equal(pthread_join(churners[i], NULL), 0);
	if (problem)
		fail_msg("%s: %s %s", problem, errors[whose].code, errors[whose].what);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	(void)setlocale(LC_ALL, "");
	const struct CMUnitTest tests[] = {
		test(the_child_sees_what_is_there),
		test(also_on_a_device),
		test(a_firmware_raid_shows_on_a_device),
		test(an_unreadable_device_is_an_error),
		test(a_child_that_goes_wrong_is_an_error_of_its_device),
		cmocka_unit_test(a_record_says_what_was_put_in),
		cmocka_unit_test(a_changed_record_is_refused_or_sound),
		cmocka_unit_test(hostile_records_are_refused),
		test(many_at_once_beside_busy_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
