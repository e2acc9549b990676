/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child that reads hostile bytes: that it really can do nothing, and that however it ends, its
 * parent is told and goes on. */
#include "base/clock.h"
#include "device/probe/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>

#define ANSWER_MAX_BYTES 4096

struct outcome {
	struct sandbox_result result;
	char answer[ANSWER_MAX_BYTES + 1];
	size_t length;
};

static struct outcome run_within(sandbox_work *work, uint64_t limit_ms, unsigned cpu_s)
{
	struct outcome outcome = { 0 };
	AUTO_BUFFER struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
	AUTO_FD int device = open("/dev/zero", O_RDWR | O_CLOEXEC);
	const struct sandbox sandbox = {
		.work = work,
		.device = device,
		.limit_ms = limit_ms,
		.limit_cpu_s = cpu_s,
		.memory_bytes = 64 * MIB,
	};
	assert_true(device >= 0);
	assert_int_equal(sandbox_run(&sandbox, &answer, &outcome.result), 0);
	memcpy(outcome.answer, buffer_text(&answer), answer.length);
	outcome.length = answer.length;
	return outcome;
}

static struct outcome run(sandbox_work *work)
{
	return run_within(work, 60000, 30);
}

/* What it may ------------------------------------------------------------------------------- */

static int answers(int device, int answer, void *context)
{
	char bytes[4] = "xxxx";
	(void)context;
	if (read(device, bytes, 2) != 2 || pread(device, bytes, 4, 0) != 4 ||
		write(answer, "hello", 5) != 5)
		return 1;
	return bytes[3];
}

static void an_answer_comes_back(void **state)
{
	(void)state;
	struct outcome outcome = run(answers);
	assert_int_equal(outcome.result.end, SANDBOX_ANSWERED);
	assert_string_equal(outcome.answer, "hello");
}

static int fails(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	return 3;
}

static void a_failure_is_told(void **state)
{
	(void)state;
	struct outcome outcome = run(fails);
	assert_int_equal(outcome.result.end, SANDBOX_FAILED);
	assert_int_equal(outcome.result.number, 3);
}

static int has_only_two(int device, int answer, void *context)
{
	(void)context;
	for (int fd = 0; fd < 4096; fd++) {
		errno = 0;
		bool closed = lseek(fd, 0, SEEK_CUR) < 0 && errno == EBADF;
		if (closed == (fd == device || fd == answer))
			return 1;
	}
	return 0;
}

static void no_other_descriptor_is_left(void **state)
{
	(void)state;
	AUTO_FD int other = open("/etc/passwd", O_RDONLY);
	AUTO_FD int high = fcntl(other, F_DUPFD, 900);
	assert_true(other >= 0 && high >= 900);
	assert_int_equal(run(has_only_two).result.end, SANDBOX_ANSWERED);
}

/* What it is refused, and lives --------------------------------------------------------------- */

static int opens(int device, int answer, void *context)
{
	struct stat status;
	(void)device;
	(void)answer;
	(void)context;
	bool refused = open("/dev/null", O_RDONLY) < 0 && errno == EACCES;
	refused &= openat(AT_FDCWD, "/", O_PATH) < 0 && errno == EACCES;
	refused &= open("/tmp/haiki-sandbox-test", O_CREAT | O_RDWR, 0600) < 0 && errno == EACCES;
	refused &= access("/", F_OK) < 0 && errno == EACCES;
	refused &= stat("/", &status) < 0 && errno == EACCES;
	return refused ? 0 : 1;
}

static void nothing_can_be_opened(void **state)
{
	(void)state;
	assert_int_equal(run(opens).result.end, SANDBOX_ANSWERED);
}

/* What kills it ------------------------------------------------------------------------------- */

static int number_of_attempt;

static void attempt(int number, int device)
{
	char byte = 0;
	switch (number) {
	case 0:
		(void)!socket(AF_INET, SOCK_STREAM, 0);
		break;
	case 1:
		(void)!write(device, &byte, 1);
		break;
	case 2:
		(void)!pwrite(device, &byte, 1, 0);
		break;
	case 3:
		(void)!write(1, &byte, 1);
		break;
	case 4:
		(void)!syscall(SYS_fork);
		break;
	case 5:
		(void)!syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		break;
	case 6:
		(void)!execl("/bin/true", "true", (char *)NULL);
		break;
	case 7:
		(void)!kill(getppid(), 0);
		break;
	case 8:
		(void)!ioctl(device, BLKDISCARD, &byte);
		break;
	case 9:
		(void)!ioctl(device, BLKROSET, &byte);
		break;
	case 10:
		(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case 11:
		(void)!mmap(NULL, 4096, PROT_READ, MAP_SHARED, device, 0);
		break;
	case 12:
		(void)!syscall(SYS_ptrace, PTRACE_ATTACH, getpid(), 0, 0);
		break;
	case 13:
		(void)!unlink("/tmp/haiki-sandbox-test");
		break;
	case 14:
		(void)!syscall(SYS_io_uring_setup, 1, NULL);
		break;
	case 15:
		(void)!prctl(PR_SET_NAME, "other", 0, 0, 0);
		break;
	case 16:
		(void)!syscall(SYS_setresuid, 0, 0, 0);
		break;
	case 17:
		(void)!syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0);
		break;
	case 18:
		(void)!read(0, &byte, 1);
		break;
	case 19:
		(void)!syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL);
		break;
	default:
		break;
	}
}
#define ATTEMPTS 20

static int attempts(int device, int answer, void *context)
{
	(void)answer;
	(void)context;
	attempt(number_of_attempt, device);
	return 0;
}

static void an_attempt_at_more_ends_it(void **state)
{
	(void)state;
	for (number_of_attempt = 0; number_of_attempt < ATTEMPTS; number_of_attempt++) {
		struct outcome outcome = run(attempts);
		if (outcome.result.end != SANDBOX_DENIED)
			fail_msg("attempt %d ended as %d, %d", number_of_attempt,
				outcome.result.end, outcome.result.number);
	}
	/* The test of the test. */
	assert_int_equal(run(attempts).result.end, SANDBOX_ANSWERED);
}

/* How it can end ------------------------------------------------------------------------------ */

static int *volatile nowhere;

__attribute__((no_sanitize("address", "undefined"))) static int crashes(
	int device, int answer, void *context)
{
	(void)device;
	(void)context;
	(void)!write(answer, "half an ans", 11);
	*nowhere = 1;
	return 0;
}

static int aborts(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	abort();
}

static volatile unsigned depth;
static int dig(volatile char *deeper)
{
	volatile char page[4096];
	page[0] = deeper ? deeper[0] : 0;
	return ++depth == 0 ? 0 : dig(page) + page[0];
}

static int recurses(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	return dig(NULL);
}

static void a_crash_is_told(void **state)
{
	(void)state;
	const struct {
		sandbox_work *work;
		int number;
	} cases[] = { { crashes, SIGSEGV }, { aborts, SIGABRT }, { recurses, SIGSEGV } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome outcome = run(cases[i].work);
		assert_int_equal(outcome.result.end, SANDBOX_CRASHED);
		assert_int_equal(outcome.result.number, cases[i].number);
	}
}

static volatile bool stop;
static int spins(int device, int answer, void *context)
{
	(void)device;
	(void)answer;
	(void)context;
	while (!stop)
		continue;
	return 0;
}

static int closes_and_spins(int device, int answer, void *context)
{
	(void)!write(answer, "all of it", 9);
	(void)close(answer);
	return spins(device, answer, context);
}

static void its_time_is_limited(void **state)
{
	(void)state;
	assert_int_equal(run_within(spins, 300, 30).result.end, SANDBOX_TIMEOUT);
	assert_int_equal(run_within(closes_and_spins, 300, 30).result.end, SANDBOX_TIMEOUT);
	assert_int_equal(run_within(spins, 60000, 1).result.end, SANDBOX_EXHAUSTED);
}

static int takes_memory(int device, int answer, void *context)
{
	size_t taken = 0;
	(void)device;
	(void)context;
	while (malloc(MIB) && taken < 4096)
		taken++;
	return write(answer, &taken, sizeof(taken)) == sizeof(taken) ? 0 : 1;
}

static void its_memory_is_limited(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	print_message("skipped: AddressSanitizer's shadow is larger than any limit\n");
	skip();
#endif
	struct outcome outcome = run(takes_memory);
	size_t taken = 0;
	assert_int_equal(outcome.result.end, SANDBOX_ANSWERED);
	memcpy(&taken, outcome.answer, sizeof(taken));
	assert_in_range(taken, 32, 128);
}

static int talks(int device, int answer, void *context)
{
	(void)device;
	(void)context;
	for (;;)
		if (write(answer, "more and more ", 14) < 0)
			return 1;
}

static void its_answer_is_limited(void **state)
{
	(void)state;
	struct outcome outcome = run(talks);
	assert_int_equal(outcome.result.end, SANDBOX_TOO_MUCH);
	assert_true(outcome.length <= ANSWER_MAX_BYTES);
}

/* Seen from outside --------------------------------------------------------------------------- */

static void *run_spinning(void *argument)
{
	*(struct outcome *)argument = run(spins);
	return NULL;
}

static long child_of_threads(void)
{
	long pid = 0;
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *entry;
	while (threads && pid == 0 && (entry = readdir(threads))) {
		char path[300];
		(void)snprintf(path, sizeof(path), "/proc/self/task/%s/children", entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file && fscanf(file, "%ld", &pid) != 1)
			pid = 0;
		if (file)
			(void)fclose(file);
	}
	if (threads)
		(void)closedir(threads);
	return pid;
}

/* The one child of this process, once it is behind its walls. */
static long find_child(char *ret_status, size_t size)
{
	for (int round = 0; round < 2000; round++, (void)usleep(5000)) {
		char path[64];
		long pid = child_of_threads();
		(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
		FILE *file = pid ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		size_t length = fread(ret_status, 1, size - 1, file);
		ret_status[length] = '\0';
		(void)fclose(file);
		if (strstr(ret_status, "Seccomp:\t2"))
			return pid;
	}
	return 0;
}

static void it_is_nobody_and_can_be_killed(void **state)
{
	(void)state;
	struct outcome outcome = { 0 };
	pthread_t thread;
	char status[4096];
	if (access("/proc/thread-self/children", R_OK) < 0) {
		print_message("skipped: this kernel does not list children\n");
		skip();
	}
	assert_int_equal(pthread_create(&thread, NULL, run_spinning, &outcome), 0);
	long pid = find_child(status, sizeof(status));
	/* Whoever looks for foreign users of a drive knows it as ours, as long as it is there. */
	bool known = sandbox_is_child((pid_t)pid);
	/* But a fork of ours has no such child: the number says nothing there. */
	pid_t other = fork();
	if (other == 0)
		_exit(sandbox_is_child((pid_t)pid) ? 1 : 0);
	int other_status = -1;
	assert_int_equal(waitpid(other, &other_status, 0), other);
	if (pid > 0)
		(void)kill((pid_t)pid, SIGKILL);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(pid > 0);
	assert_true(known);
	assert_true(WIFEXITED(other_status) && WEXITSTATUS(other_status) == 0);
	assert_false(sandbox_is_child((pid_t)pid));
	assert_false(sandbox_is_child(getpid()));
	assert_false(sandbox_is_child(0));
	assert_non_null(strstr(status, "Name:\thaiki-probe"));
	assert_non_null(strstr(status, "NoNewPrivs:\t1"));
	assert_non_null(strstr(status, "CapPrm:\t0000000000000000"));
	assert_non_null(strstr(status, "CapEff:\t0000000000000000"));
	if (geteuid() == 0)
		assert_non_null(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
	assert_int_equal(outcome.result.end, SANDBOX_KILLED);
	assert_int_equal(outcome.result.number, SIGKILL);
}

static void its_end_may_not_be_told(void **state)
{
	(void)state;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	assert_int_equal(sigaction(SIGCHLD, &ignore, &before), 0);
	struct outcome outcome = run(answers);
	assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
	assert_int_equal(outcome.result.end, SANDBOX_UNKNOWN);
}

/* In a process that may not set filters. */
static int run_without_filters(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	/* The library's own macros leave a field out, which clang does not like. */
	const struct scmp_arg_cmp set_seccomp[] = {
		{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP, .datum_b = 0 },
	};
	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 0) < 0 ||
		seccomp_rule_add_array(
			filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, set_seccomp) < 0 ||
		seccomp_load(filter) < 0)
		return 2;
	seccomp_release(filter);
	struct outcome outcome = run(answers);
	return outcome.result.end == SANDBOX_NO_WALLS && outcome.result.number > 0 ? 0 : 1;
}

static void without_walls_nothing_is_read(void **state)
{
	(void)state;
	int status = 0;
	pid_t child = fork();
	if (child == 0)
		_exit(run_without_filters());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(a_failure_is_told),
		cmocka_unit_test(no_other_descriptor_is_left),
		cmocka_unit_test(nothing_can_be_opened),
		cmocka_unit_test(an_attempt_at_more_ends_it),
		cmocka_unit_test(a_crash_is_told),
		cmocka_unit_test(its_time_is_limited),
		cmocka_unit_test(its_memory_is_limited),
		cmocka_unit_test(its_answer_is_limited),
		cmocka_unit_test(it_is_nobody_and_can_be_killed),
		cmocka_unit_test(its_end_may_not_be_told),
		cmocka_unit_test(without_walls_nothing_is_read),
	};
	const char *preloaded = getenv("LD_PRELOAD");
	if (preloaded && strstr(preloaded, "no_filter.so")) {
		print_message("1..0 # SKIP valgrind cannot run under a filter of system calls\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
