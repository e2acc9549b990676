/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walls around the child: descriptors, limits, rights, and a filter of system calls. */
#include "device/probe/sandbox_walls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/blkzoned.h>
#include <linux/capability.h>
#include <linux/cdrom.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <linux/sed-opal.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NOBODY 65534

/* A sanitizer's shadow is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW true
#endif
#endif
#ifndef HAS_SHADOW
#define HAS_SHADOW false
#endif

/* Signals ------------------------------------------------------------------------------------- */

/* Those of the child's own making end it; a Ctrl-C is for the parent, whose handlers the child has
 * inherited. All are blocked since before the fork. */
static int set_signals(void)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP,
		SIGXCPU, SIGALRM };
	const struct sigaction end = { .sa_handler = SIG_DFL };
	sigset_t set;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (sigaction(own[i], &end, NULL) < 0)
			return -errno;
		(void)sigaddset(&set, own[i]);
	}
	return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Descriptors --------------------------------------------------------------------------------- */

/* By its number: a container's filter may refuse it, and then they are closed one by one. */
static int close_between(unsigned first, unsigned last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	for (rlim_t fd = first; fd <= last && fd < MIN(files.rlim_max, (rlim_t)1 << 20); fd++)
		(void)close((int)fd);
	return 0;
}

/* They keep their numbers, by which the work knows them. */
static int keep_two(int device, int answer)
{
	unsigned low = (unsigned)MIN(device, answer), high = (unsigned)MAX(device, answer);
	int result = low == 0 ? 0 : close_between(0, low - 1);
	if (result == 0)
		result = close_between(low + 1, high - 1);
	return result < 0 ? result : close_between(high + 1, ~0u);
}

/* Limits -------------------------------------------------------------------------------------- */

/* more: how much higher the hard limit is. */
static int limit(__rlimit_resource_t resource, rlim_t value, rlim_t more)
{
	struct rlimit now;
	if (getrlimit(resource, &now) < 0)
		return -errno;
	const struct rlimit wanted = { MIN(value, now.rlim_max), MIN(value + more, now.rlim_max) };
	return setrlimit(resource, &wanted) < 0 ? -errno : 0;
}

/* What the process has mapped, which the child has too. */
static int mapped_bytes(uint64_t *ret)
{
	char text[64] = "";
	AUTO_FD int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return fd < 0 || length < 0 ? -errno : -EIO;
	*ret = strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int set_limits(const struct sandbox *sandbox)
{
	uint64_t mapped = 0;
	int result = HAS_SHADOW ? 0 : mapped_bytes(&mapped);
	if (result == 0 && !HAS_SHADOW)
		result = limit(RLIMIT_AS, (rlim_t)(mapped + sandbox->memory_bytes), 0);
	if (result == 0)
		result = limit(RLIMIT_CPU, sandbox->limit_cpu_s, 1);
	if (result == 0)
		result = limit(RLIMIT_CORE, 0, 0);
	if (result == 0)
		result = limit(RLIMIT_FSIZE, 0, 0);
	if (result == 0)
		result = limit(RLIMIT_NOFILE, 0, RLIM_INFINITY);
	/* Should the parent be unable to kill it. */
	(void)alarm((unsigned)(sandbox->limit_ms / 1000) + 30);
	return result;
}

/* Rights -------------------------------------------------------------------------------------- */

/* Straight to the kernel: the library would ask its other threads to follow. In a user namespace
 * there may be no nobody (EINVAL); the capabilities go all the same. */
static int become_nobody(void)
{
	if (geteuid() != 0)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL && errno != EPERM)
		return -errno;
	if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL && errno != EPERM)
		return -errno;
	return 0;
}

static int drop_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int result = become_nobody();
	if (result < 0)
		return result;
	if (syscall(SYS_capset, &header, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* System calls -------------------------------------------------------------------------------- */

/* What reading and computing take, whatever its arguments. */
static const int harmless[] = {
	SCMP_SYS(pread64),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(close),
	SCMP_SYS(fadvise64),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex), /* the allocator's locks */
	SCMP_SYS(sched_yield),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), /* abort() */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sigaltstack), /* a sanitizer, on the way out */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* libblkid asks sysfs for more than it needs, and abort() wants to be heard. Refused, and not deadly:
 * nothing can be opened, and they do without. */
static const struct {
	int call;
	int errnum;
} refused[] = {
	{ SCMP_SYS(open), EACCES },
	{ SCMP_SYS(openat), EACCES },
	{ SCMP_SYS(access), EACCES },
	{ SCMP_SYS(faccessat), EACCES },
	{ SCMP_SYS(faccessat2), EACCES },
	{ SCMP_SYS(readlink), EACCES },
	{ SCMP_SYS(readlinkat), EACCES },
	{ SCMP_SYS(stat), EACCES },
	{ SCMP_SYS(lstat), EACCES },
	{ SCMP_SYS(fcntl), EPERM },
	{ SCMP_SYS(writev), EBADF },
};

static const unsigned long read_only_ioctls[] = { BLKGETSIZE64, BLKGETSIZE, BLKSSZGET, BLKPBSZGET,
	BLKBSZGET, BLKROGET, BLKGETZONESZ, BLKGETNRZONES };

/* Answered as by a device that does not know them. */
static const unsigned long unknown_ioctls[] = {
	CDROM_GET_CAPABILITY,
	CDROM_LAST_WRITTEN,
	CDROM_DRIVE_STATUS,
	CDROMMULTISESSION,
	FDGETFDCSTAT,
	FDGETPRM,
#ifdef IOC_OPAL_GET_STATUS
	IOC_OPAL_GET_STATUS,
#endif
};

static int allow_calls(scmp_filter_ctx filter)
{
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(harmless) && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, harmless[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(refused) && result == 0; i++)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO((uint32_t)refused[i].errnum), refused[i].call, 0);
	return result;
}

#define ARGUMENT(number, comparison, ...)                                                          \
	{                                                                                          \
		.arg = (number), .op = SCMP_CMP_##comparison, __VA_ARGS__                          \
	}
#define EQUALS(number, value) ARGUMENT(number, EQ, .datum_a = (scmp_datum_t)(value))
/* Of the bits in mask exactly these. */
#define HAS_BITS(number, mask, bits)                                                               \
	ARGUMENT(number, MASKED_EQ, .datum_a = (scmp_datum_t)(mask),                               \
		.datum_b = (scmp_datum_t)(bits))

static int allow_ioctls(scmp_filter_ctx filter, int device)
{
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(read_only_ioctls) && result == 0; i++) {
		const struct scmp_arg_cmp both[] = { EQUALS(0, device),
			EQUALS(1, read_only_ioctls[i]) };
		result = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), ARRAY_SIZE(both), both);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown_ioctls) && result == 0; i++) {
		const struct scmp_arg_cmp request[] = { EQUALS(1, unknown_ioctls[i]) };
		result = seccomp_rule_add_array(
			filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, request);
	}
	return result;
}

/* Reading the device, writing the answer, memory that cannot be run, the child's own end. */
static int allow_with_arguments(scmp_filter_ctx filter, int device, int answer)
{
	const unsigned anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	const struct {
		int call;
		unsigned count;
		struct scmp_arg_cmp arguments[2];
	} rules[] = {
		{ SCMP_SYS(read), 1, { EQUALS(0, device) } },
		{ SCMP_SYS(write), 1, { EQUALS(0, answer) } },
		/* fstat() of this C library is newfstatat(fd, "", …, AT_EMPTY_PATH). */
		{ SCMP_SYS(newfstatat), 2, { EQUALS(0, device), EQUALS(3, AT_EMPTY_PATH) } },
		{ SCMP_SYS(mmap), 2,
			{ HAS_BITS(2, PROT_EXEC, 0), HAS_BITS(3, anonymous, anonymous) } },
		{ SCMP_SYS(mprotect), 1, { HAS_BITS(2, PROT_EXEC, 0) } },
		{ SCMP_SYS(tgkill), 1, { EQUALS(0, getpid()) } }, /* abort() */
	};
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rules) && result == 0; i++)
		result = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, rules[i].call, rules[i].count, rules[i].arguments);
	/* A path: see the calls that are refused. */
	const struct scmp_arg_cmp path[] = { ARGUMENT(3, NE, .datum_a = AT_EMPTY_PATH) };
	if (result == 0)
		result = seccomp_rule_add_array(
			filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1, path);
	return result;
}

static int filter_calls(int device, int answer)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return -ENOMEM;
	int result = allow_calls(filter);
	if (result == 0)
		result = allow_ioctls(filter, device);
	if (result == 0)
		result = allow_with_arguments(filter, device, answer);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

int sandbox_close_in(const struct sandbox *sandbox, int answer)
{
	int result = keep_two(sandbox->device, answer);
	if (result == 0)
		result = set_signals();
	if (result == 0)
		result = set_limits(sandbox);
	if (result == 0)
		result = drop_rights();
	return result < 0 ? result : filter_calls(sandbox->device, answer);
}
