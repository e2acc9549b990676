/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard on the machine as it is: its own system disk, and loop devices that this test makes
 * and takes away again. Nothing is ever opened for writing but the test's own files. */
#include "tests/support/fixture_system.h"
#include "tests/support/own_loop.h"
#include "wipe/guard/guard.h"

#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

/* Some are kept open only while the guard looks. */
#define AUTO_DRIVE __attribute__((unused)) CLEANUP(cleanup_drive_close)

static const struct guard_finding *finding(const struct guard_report *report, const char *check)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].check, check) == 0)
			return &report->findings[i];
	fail_msg("the report has no check %s", check);
	abort();
}

/* Only ever opened to look: this program cannot write to what it looks at. */
static struct drive *look_at(const char *path, struct guard_report *ret)
{
	struct drive *drive = NULL;
	struct error error = { 0 };

	int result = drive_open(path, DRIVE_LOOK, &drive, &error);
	if (result < 0)
		print_message("%s\n", error.what);
	assert_int_equal(result, 0);
	assert_int_equal(fcntl(drive->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	/* These tests may run in a container; their devices are their own. */
	const struct guard_subject subject = {
		.drive = drive, .expected_serial = drive->identity.serial, .outside_vouched = true
	};
	guard_check(&subject, ret);
	return drive;
}

static void assert_refused(const struct guard_report *report, const char *check, const char *said)
{
	const struct guard_finding *it = finding(report, check);

	if (it->result != GUARD_REFUSED || !strstr(it->detail, said))
		print_message("%s: %s\n", check, it->detail);
	assert_int_equal(it->result, GUARD_REFUSED);
	assert_non_null(strstr(it->detail, said));
	assert_false(report->allowed);
}

static void assert_passed(const struct guard_report *report, const char *check)
{
	const struct guard_finding *it = finding(report, check);

	if (it->result != GUARD_PASSED)
		print_message("%s: %s\n", check, it->detail);
	assert_int_equal(it->result, GUARD_PASSED);
}

/* The system's disk -------------------------------------------------------------------------- */

/* The whole disk that carries /, by its number and name; false when / has no block device. */
static bool find_system_disk(struct drive_identity *ret)
{
	struct stat root;
	char path[PATH_MAX + 16], real[PATH_MAX], number[32];
	unsigned major_number, minor_number;

	assert_int_equal(stat("/", &root), 0);
	if (major(root.st_dev) == 0)
		return false;
	(void)snprintf(
		path, sizeof(path), "/sys/dev/block/%u:%u", major(root.st_dev), minor(root.st_dev));
	if (!realpath(path, real))
		return false;
	(void)snprintf(path, sizeof(path), "%s/partition", real);
	if (access(path, F_OK) == 0)
		*strrchr(real, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/dev", real);
	if (file_read_line(path, number, sizeof(number)) < 0 ||
		sscanf(number, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*ret = (struct drive_identity){ .serial = "SYSTEM",
		.devnum = makedev(major_number, minor_number) };
	(void)snprintf(ret->name, sizeof(ret->name), "%.63s", strrchr(real, '/') + 1);
	return true;
}

static void assert_system_disk_is_refused(const struct drive *drive)
{
	const struct guard_subject subject = { .drive = drive,
		.expected_serial = drive->identity.serial };
	struct guard_report report;
	struct error error = { 0 };

	guard_check(&subject, &report);
	assert_refused(&report, "system-disk", "/");
	assert_refused(&report, "mounted", "/");
	assert_true(guard_error(&report, &drive->identity, &error) < 0);
	assert_int_equal(error.kind, ERROR_REFUSED);
}

static void the_disk_this_machine_runs_from_is_refused(void **state)
{
	(void)state;
	struct drive unopened = { .fd = -1 };
	char path[80];

	if (!find_system_disk(&unopened.identity)) {
		print_message("skipped: / stands on no block device\n");
		skip();
	}
	assert_system_disk_is_refused(&unopened);
	/* And as it would be opened, to look only: this test cannot write. */
	struct error error = { 0 };
	AUTO_DRIVE struct drive *drive = NULL;
	(void)snprintf(path, sizeof(path), "/dev/%s", unopened.identity.name);
	if (drive_open(path, DRIVE_LOOK, &drive, &error) < 0) {
		print_message("looked at by its number only: %s\n", error.what);
		return;
	}
	assert_int_equal(fcntl(drive->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(drive->identity.devnum, unopened.identity.devnum);
	assert_system_disk_is_refused(drive);
}

/* Our own loop devices ----------------------------------------------------------------------- */

static int make_loop(void **state)
{
	struct own_loop *loop = calloc(1, sizeof(*loop));

	assert_non_null(loop);
	*state = loop;
	if (!own_loop_begin(loop, 16 * MIB))
		print_message("skipped: no loop device to be had\n");
	return 0;
}

static int end_loop(void **state)
{
	own_loop_end(*state);
	free(*state);
	return 0;
}

static void a_free_loop_is_held_by_nothing(void **state)
{
	const struct own_loop *loop = *state;
	static const char *const checks[] = { "identity", "addressable", "read-only", "system-disk",
		"mounted", "swap", "holders", "paths", "exported", "loop-backing", "lvm", "zfs" };
	struct guard_report report;

	if (!loop->made)
		skip();
	AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		assert_passed(&report, checks[i]);
	/* Not allowed all the same: there is no store to ask for holds. */
	assert_int_equal(finding(&report, "hold")->result, GUARD_NOT_MADE);
	assert_false(report.allowed);
}

static void a_mounted_loop_is_refused_in_every_namespace(void **state)
{
	const struct own_loop *loop = *state;
	char place[PATH_MAX], command[PATH_MAX + 64];
	struct guard_report report;
	int ready[2], go[2];
	char byte;

	if (!loop->made)
		skip();
	(void)snprintf(place, sizeof(place), "%s/mnt", loop->folder);
	assert_int_equal(mkdir(place, 0700), 0);
	(void)snprintf(command, sizeof(command), "mkfs.ext4 -q %s", loop->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* So that reading ends when the test does, however that comes. */
		(void)close(go[1]);
		/* Mounted where only this child can see it. */
		bool made = unshare(CLONE_NEWNS) == 0 &&
			    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
			    mount(loop->path, place, "ext4", MS_RDONLY, NULL) == 0;
		(void)!write(ready[1], made ? "y" : "n", 1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	if (byte == 'y') {
		AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
		assert_refused(&report, "mounted", place);
		char pid[32];
		(void)snprintf(pid, sizeof(pid), "process %d", (int)child);
		assert_refused(&report, "mounted", pid);
	}
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (size_t i = 0; i < 2; i++)
		(void)(close(ready[i]) | close(go[i]));
	if (byte != 'y')
		skip();
}

/* What a child does with the loop device before it says that it is ready. */
typedef bool occupy(const char *path);

static bool keep_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC) >= 0;
}

/* The descriptor is closed again. */
static bool keep_mapped(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	const void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return close(fd) == 0 && memory != MAP_FAILED;
}

/* A thread of the child's, beside its first one. */
struct companion {
	const char *path;
	occupy *use;
	bool own_table; /* of descriptors */
	int ready[2];
};

static void *run_companion(void *data)
{
	const struct companion *companion = data;
	bool made = (!companion->own_table || unshare(CLONE_FILES) == 0) &&
		    companion->use(companion->path);
	(void)!write(companion->ready[1], made ? "y" : "n", 1);
	while (made)
		(void)pause();
	return NULL;
}

static bool begin_companion(const char *path, occupy *use, bool own_table)
{
	static struct companion companion;
	pthread_t thread;
	char byte = 'n';

	companion = (struct companion){ .path = path, .use = use, .own_table = own_table };
	return pipe2(companion.ready, O_CLOEXEC) == 0 &&
	       pthread_create(&thread, NULL, run_companion, &companion) == 0 &&
	       read(companion.ready[0], &byte, 1) == 1 && byte == 'y';
}

static bool keep_open_in_own_table(const char *path)
{
	return begin_companion(path, keep_open, true);
}

static bool keep_open_in_second_thread(const char *path)
{
	return begin_companion(path, keep_open, false);
}

static bool keep_mapped_in_second_thread(const char *path)
{
	return begin_companion(path, keep_mapped, false);
}

/* A child that has the device in use until it is killed. */
static pid_t begin_child(const char *path, occupy *use, bool first_thread_ends)
{
	int ready[2];
	char byte = 'n';

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* Nothing of it outlives the test. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* What it was born with would have the device in use, too. */
		(void)close_range(3, (unsigned)ready[1] - 1, 0);
		(void)close_range((unsigned)ready[1] + 1, ~0U, 0);
		(void)!write(ready[1], use(path) ? "y" : "n", 1);
		if (first_thread_ends)
			(void)syscall(SYS_exit, 0);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)(close(ready[0]) | close(ready[1]));
	assert_int_equal(byte, 'y');
	return child;
}

static void end_child(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void wait_for_zombie(pid_t pid)
{
	char path[64], text[512];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)pid);
	do
		assert_int_equal(file_read_line(path, text, sizeof(text)), 0);
	while (!strstr(text, ") Z "));
}

static void assert_opened_by(const struct own_loop *loop, pid_t child, const char *said)
{
	struct guard_report report;
	char pid[64];

	AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
	(void)snprintf(pid, sizeof(pid), "pid %d", (int)child);
	assert_refused(&report, "opened", pid);
	assert_refused(&report, "opened", said);
}

static void a_process_that_has_it_open_is_named(void **state)
{
	const struct own_loop *loop = *state;
	char name[64];

	if (!loop->made)
		skip();
	assert_int_equal(file_read_line("/proc/self/comm", name, sizeof(name)), 0);
	pid_t child = begin_child(loop->path, keep_open, false);
	assert_opened_by(loop, child, name);
	end_child(child);
}

static void a_process_that_has_it_mapped_is_named(void **state)
{
	const struct own_loop *loop = *state;

	if (!loop->made)
		skip();
	pid_t child = begin_child(loop->path, keep_mapped, false);
	assert_opened_by(loop, child, "mapped");
	end_child(child);
}

/* What maps says of a process whose first thread ended is in its second thread's. */
static void a_mapping_outlives_the_first_thread(void **state)
{
	const struct own_loop *loop = *state;

	if (!loop->made)
		skip();
	pid_t child = begin_child(loop->path, keep_mapped_in_second_thread, true);
	wait_for_zombie(child);
	assert_opened_by(loop, child, "mapped");
	end_child(child);
}

static void a_thread_with_descriptors_of_its_own_is_seen(void **state)
{
	const struct own_loop *loop = *state;

	if (!loop->made)
		skip();
	pid_t child = begin_child(loop->path, keep_open_in_own_table, false);
	assert_opened_by(loop, child, "open");
	end_child(child);
}

/* The process is shown as a zombie, and its second thread has the device open. */
static void a_process_whose_first_thread_ended_is_seen(void **state)
{
	const struct own_loop *loop = *state;

	if (!loop->made)
		skip();
	pid_t child = begin_child(loop->path, keep_open_in_second_thread, true);
	wait_for_zombie(child);
	assert_opened_by(loop, child, "open");
	end_child(child);
}

/* In the child: does the guard see that it does not see everything? */
static bool refuses_for_those_outside(const struct drive *drive)
{
	static const char *const checks[] = { "mounted", "opened" };
	const struct guard_subject subject = { .drive = drive };
	struct guard_report report;

	guard_check(&subject, &report);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct guard_finding *it = finding(&report, checks[i]);
		if (it->result != GUARD_NOT_MADE || !strstr(it->detail, "outside this PID"))
			return false;
	}
	return true;
}

static void in_a_pid_namespace_it_is_known_that_not_all_is_seen(void **state)
{
	const struct own_loop *loop = *state;
	struct guard_report report;
	int status;

	if (!loop->made)
		skip();
	AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
	/* Nobody but ourselves has it open inside. */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(2);
		pid_t inner = fork();
		if (inner == 0) {
			bool made = mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
				    mount("proc", "/proc", "proc", 0, NULL) == 0;
			bool refuses = made && refuses_for_those_outside(drive);
			drive_close(drive);
			_exit(!made ? 2 : refuses ? 0 : 1);
		}
		drive_close(drive);
		_exit(inner > 0 && waitpid(inner, &status, 0) == inner && WIFEXITED(status)
				? WEXITSTATUS(status)
				: 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2) {
		print_message("skipped: no PID namespace to be had\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_second_loop_on_the_same_file_is_named(void **state)
{
	const struct own_loop *loop = *state;
	struct own_loop second;
	struct guard_report report;

	if (!loop->made)
		skip();
	bool made = own_loop_attach(&second, loop->image);
	if (made) {
		AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
		assert_refused(&report, "loop-backing", strrchr(second.path, '/') + 1);
	}
	own_loop_detach(&second);
	if (!made) {
		print_message("skipped: no second loop device to be had\n");
		skip();
	}
	AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
	assert_passed(&report, "loop-backing");
}

static void a_loop_on_the_loop_is_named_and_is_a_window_itself(void **state)
{
	const struct own_loop *loop = *state;
	struct own_loop upper;
	struct guard_report report;

	if (!loop->made)
		skip();
	bool made = own_loop_attach(&upper, loop->path);
	if (made) {
		AUTO_DRIVE struct drive *lower_drive = look_at(loop->path, &report);
		assert_refused(&report, "loop-backing", strrchr(upper.path, '/') + 1);
		AUTO_DRIVE struct drive *upper_drive = look_at(upper.path, &report);
		assert_refused(&report, "loop-backing", loop->path);
	}
	own_loop_detach(&upper);
	if (!made) {
		print_message("skipped: no second loop device to be had\n");
		skip();
	}
}

static void swap_is_refused(void **state)
{
	const struct own_loop *loop = *state;
	char command[128];
	struct guard_report report;

	if (!loop->made)
		skip();
	(void)snprintf(command, sizeof(command),
		"mkswap -q %s 2>/dev/null && swapon %s 2>/dev/null", loop->path, loop->path);
	bool made = system(command) == 0;
	if (made) {
		AUTO_DRIVE struct drive *drive = look_at(loop->path, &report);
		(void)snprintf(command, sizeof(command), "swapoff %s", loop->path);
		assert_int_equal(system(command), 0);
		assert_refused(&report, "swap", loop->path);
	} else {
		print_message("skipped: swapon is not possible here\n");
		skip();
	}
}

/* LVM2's own metadata, with the active volume played by a tree of files --------------------- */

#define LVM_ONLY(loop)                                                                             \
	"devices{filter=[\"a|^%s$|\",\"r|.*|\"] use_devicesfile=0 scan=[\"/dev\"]"                 \
	" obtain_device_list_from_udev=0 external_device_info_source=\"none\"}"                    \
	" global{locking_type=1 use_lvmpolld=0 use_lvmlockd=0} activation{udev_sync=0 "            \
	"udev_rules=0"                                                                             \
	" monitoring=0} backup{backup=0 archive=0}"

static int run_lvm(const struct own_loop *loop, const char *what, const char *arguments)
{
	char command[1024];

	int length = snprintf(command, sizeof(command),
		"LVM_SYSTEM_DIR=%s LVM_SUPPRESS_FD_WARNINGS=1 %s --config '" LVM_ONLY(
			loop) "' %s >%s/lvm.out 2>%s/lvm.err",
		loop->folder, what, loop->path, arguments, loop->folder, loop->folder);
	assert_in_range(length, 1, sizeof(command) - 1);
	return system(command);
}

static bool make_group(const struct own_loop *loop, char ret_id[static 40])
{
	char arguments[128], path[PATH_MAX], id[64];
	size_t length = 0;

	(void)snprintf(arguments, sizeof(arguments), "-qq -y -ff %s", loop->path);
	if (run_lvm(loop, "pvcreate", arguments) != 0)
		return false;
	(void)snprintf(
		arguments, sizeof(arguments), "-qq haiki_test_%d %s", (int)getpid(), loop->path);
	if (run_lvm(loop, "vgcreate", arguments) != 0)
		return false;
	(void)snprintf(arguments, sizeof(arguments), "--noheadings -o vg_uuid haiki_test_%d",
		(int)getpid());
	if (run_lvm(loop, "vgs", arguments) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/lvm.out", loop->folder);
	assert_int_equal(file_read_line(path, id, sizeof(id)), 0);
	for (const char *c = id; *c; c++)
		if (*c != '-' && *c != ' ' && length < 39)
			ret_id[length++] = *c;
	ret_id[length] = '\0';
	return length == 32;
}

/* The drive's bytes are real, read past the cache as a claimed drive's are; the rest is files. */
static void check_group(const struct own_loop *loop, const char *id, enum guard_result expected)
{
	struct fixture_system fixture;
	struct guard_report report;
	struct drive drive = {
		.identity = { .serial = "ZA1", .name = "sdx", .devnum = makedev(240, 0) }
	};
	char uuid[128];

	fixture_begin(&fixture);
	fixture_disk(&fixture, "sdx", 0);
	fixture_disk(&fixture, "dm-0", 1);
	(void)snprintf(uuid, sizeof(uuid), "LVM-%s0123456789abcdefghijklmnopqrstuv\n", id);
	fixture_write(&fixture, "sys/block/dm-0/dm/uuid", uuid);
	fixture_write(&fixture, "sys/block/dm-0/dm/name", "haiki_test-data\n");
	drive.fd = open(loop->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	assert_true(drive.fd >= 0);
	const struct guard_subject subject = { .drive = &drive, .paths = &fixture.paths };
	guard_check(&subject, &report);
	if (finding(&report, "lvm")->result != expected)
		print_message("%s\n", finding(&report, "lvm")->detail);
	assert_int_equal(finding(&report, "lvm")->result, expected);
	if (expected == GUARD_REFUSED) {
		assert_refused(&report, "lvm", id);
		assert_refused(&report, "lvm", "haiki_test-data");
	}
	assert_int_equal(close(drive.fd), 0);
	fixture_end(&fixture);
}

static void a_physical_volume_as_lvm_makes_it_is_understood(void **state)
{
	const struct own_loop *loop = *state;
	char id[40];

	if (!loop->made)
		skip();
	if (system("command -v pvcreate >/dev/null && command -v vgcreate >/dev/null") != 0) {
		print_message("skipped: lvm2 is not installed\n");
		skip();
	}
	if (!make_group(loop, id)) {
		print_message("skipped: LVM cannot make a volume group here\n");
		skip();
	}
	check_group(loop, id, GUARD_REFUSED);
	id[0] = id[0] == 'a' ? 'b' : 'a';
	check_group(loop, id, GUARD_PASSED);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, make_loop, end_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_disk_this_machine_runs_from_is_refused),
		WITH_LOOP(a_free_loop_is_held_by_nothing),
		WITH_LOOP(a_mounted_loop_is_refused_in_every_namespace),
		WITH_LOOP(a_process_that_has_it_open_is_named),
		WITH_LOOP(a_process_that_has_it_mapped_is_named),
		WITH_LOOP(a_mapping_outlives_the_first_thread),
		WITH_LOOP(a_thread_with_descriptors_of_its_own_is_seen),
		WITH_LOOP(a_process_whose_first_thread_ended_is_seen),
		WITH_LOOP(in_a_pid_namespace_it_is_known_that_not_all_is_seen),
		WITH_LOOP(a_second_loop_on_the_same_file_is_named),
		WITH_LOOP(a_loop_on_the_loop_is_named_and_is_a_window_itself),
		WITH_LOOP(swap_is_refused),
		WITH_LOOP(a_physical_volume_as_lvm_makes_it_is_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
