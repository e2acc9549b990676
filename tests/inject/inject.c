/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the N-th call of a family fail, in a program that knows nothing of it (LD_PRELOAD).
 *
 *     INJECT_FAMILY=flush INJECT_AT=3 INJECT_COUNT=FILE LD_PRELOAD=inject.so program
 *
 * INJECT_AT      which call fails, from 1, counted over all threads; 0: none, only count
 * INJECT_FOREVER when set, every call from that one on fails
 * INJECT_KILL    when set, the process is killed at that call instead: as kill -9 in the middle of its work
 * INJECT_COUNT   a file that is given the number of calls when the program exits
 *
 * Families: memory (only what the program itself asks for), json (what libjansson asks for), read
 * (pread), write (pwrite), space (ENOSPC from writing regular files), flush, open, rename, unlink (unlinkat), ioctl,
 * thread. It prints nothing and allocates nothing. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum family {
	FAMILY_NONE,
	FAMILY_MEMORY,
	FAMILY_JSON,
	FAMILY_READ,
	FAMILY_WRITE,
	FAMILY_SPACE,
	FAMILY_FLUSH,
	FAMILY_OPEN,
	FAMILY_RENAME,
	FAMILY_UNLINK,
	FAMILY_IOCTL,
	FAMILY_THREAD,
};

static const char *const family_names[] = {
	[FAMILY_NONE] = "none",
	[FAMILY_MEMORY] = "memory",
	[FAMILY_JSON] = "json",
	[FAMILY_READ] = "read",
	[FAMILY_WRITE] = "write",
	[FAMILY_SPACE] = "space",
	[FAMILY_FLUSH] = "flush",
	[FAMILY_OPEN] = "open",
	[FAMILY_RENAME] = "rename",
	[FAMILY_UNLINK] = "unlink",
	[FAMILY_IOCTL] = "ioctl",
	[FAMILY_THREAD] = "thread",
};

#define CALLERS_MAX 16

/* A preloaded library has no one to hand it a context. */
static enum family chosen;
static uint64_t fail_at;
static bool for_ever;
static bool kills;
static atomic_uint_fast64_t calls;
static struct {
	uintptr_t from, to;
} callers[CALLERS_MAX]; /* code whose allocations count */
static size_t caller_count;

static int add_caller(struct dl_phdr_info *object, size_t size, void *context)
{
	(void)size, (void)context;
	/* The program is the object without a name. */
	bool wanted = chosen == FAMILY_JSON ? strstr(object->dlpi_name, "libjansson") != NULL
					    : object->dlpi_name[0] == '\0';
	if (!wanted)
		return 0;
	for (int i = 0; i < object->dlpi_phnum && caller_count < CALLERS_MAX; i++) {
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		callers[caller_count].from = object->dlpi_addr + header->p_vaddr;
		callers[caller_count].to = callers[caller_count].from + header->p_memsz;
		caller_count++;
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *family = getenv("INJECT_FAMILY");
	const char *at = getenv("INJECT_AT");
	fail_at = at ? strtoull(at, NULL, 10) : 0;
	for_ever = getenv("INJECT_FOREVER") != NULL;
	kills = getenv("INJECT_KILL") != NULL;
	for (size_t i = 0; family && i < sizeof(family_names) / sizeof(family_names[0]); i++)
		if (strcmp(family, family_names[i]) == 0)
			chosen = (enum family)i;
	dl_iterate_phdr(add_caller, NULL);
}

/* By raw system calls: the wrappers below are ours. */
__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("INJECT_COUNT");
	char text[32];
	int length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)calls);
	long fd =
		path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, text, length);
	(void)syscall(SYS_close, fd);
}

static bool strikes(enum family family)
{
	if (family != chosen)
		return false;
	uint64_t number = atomic_fetch_add(&calls, 1) + 1;
	if (kills && number == fail_at)
		(void)syscall(SYS_kill, getpid(), SIGKILL);
	return fail_at > 0 && (for_ever ? number >= fail_at : number == fail_at);
}

/* What cannot be sought is none, which also the prober's child may ask: it may not ask what its pipe
 * is. */
static bool is_regular(int fd)
{
	struct stat status;
	if (lseek(fd, 0, SEEK_CUR) < 0)
		return false;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Fail as the family does, or go on. */
#define STRIKE(family, error, result)                                                              \
	do {                                                                                       \
		if (strikes(family)) {                                                             \
			errno = (error);                                                           \
			return result;                                                             \
		}                                                                                  \
	} while (0)

/* ---- memory: glibc's own names, since looking a name up may allocate ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool memory_strikes(const void *caller)
{
	if (chosen != FAMILY_MEMORY && chosen != FAMILY_JSON)
		return false;
	for (size_t i = 0; i < caller_count; i++)
		if ((uintptr_t)caller >= callers[i].from && (uintptr_t)caller < callers[i].to)
			return strikes(chosen);
	return false;
}

#define STRIKE_MEMORY(result)                                                                      \
	do {                                                                                       \
		if (memory_strikes(__builtin_return_address(0))) {                                 \
			errno = ENOMEM;                                                            \
			return result;                                                             \
		}                                                                                  \
	} while (0)

void *malloc(size_t size)
{
	STRIKE_MEMORY(NULL);
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	STRIKE_MEMORY(NULL);
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	STRIKE_MEMORY(NULL);
	return __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;
	STRIKE_MEMORY(NULL);
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	STRIKE_MEMORY(NULL);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	STRIKE_MEMORY(ENOMEM);
	void *block = __libc_memalign(alignment, size);
	if (!block)
		return ENOMEM;
	*ret = block;
	return 0;
}

char *strdup(const char *text)
{
	STRIKE_MEMORY(NULL);
	size_t size = strlen(text) + 1;
	char *copy = __libc_malloc(size);
	return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t most)
{
	STRIKE_MEMORY(NULL);
	size_t length = strnlen(text, most);
	char *copy = __libc_malloc(length + 1);
	if (!copy)
		return NULL;
	copy[length] = '\0';
	return memcpy(copy, text, length);
}

int vasprintf(char **ret, const char *format, va_list arguments)
{
	STRIKE_MEMORY(-1);
	return REAL(vasprintf)(ret, format, arguments);
}

int __vasprintf_chk(char **ret, int flag, const char *format, va_list arguments);
int __vasprintf_chk(char **ret, int flag, const char *format, va_list arguments)
{
	STRIKE_MEMORY(-1);
	return REAL(__vasprintf_chk)(ret, flag, format, arguments);
}

/* ---- reading and writing ---- */

ssize_t pread64(int fd, void *data, size_t length, off64_t offset)
{
	STRIKE(FAMILY_READ, EIO, -1);
	return REAL(pread64)(fd, data, length, offset);
}

ssize_t __pread64_chk(int fd, void *data, size_t length, off64_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *data, size_t length, off64_t offset, size_t room)
{
	STRIKE(FAMILY_READ, EIO, -1);
	return REAL(__pread64_chk)(fd, data, length, offset, room);
}

ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	STRIKE(FAMILY_READ, EIO, -1);
	return REAL(preadv64)(fd, parts, count, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	STRIKE(FAMILY_WRITE, EIO, -1);
	if (chosen == FAMILY_SPACE && is_regular(fd))
		STRIKE(FAMILY_SPACE, ENOSPC, -1);
	return REAL(pwrite64)(fd, data, length, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	STRIKE(FAMILY_WRITE, EIO, -1);
	return REAL(pwritev64)(fd, parts, count, offset);
}

ssize_t write(int fd, const void *data, size_t length)
{
	if (chosen == FAMILY_SPACE && is_regular(fd))
		STRIKE(FAMILY_SPACE, ENOSPC, -1);
	return REAL(write)(fd, data, length);
}

int ftruncate64(int fd, off64_t length)
{
	STRIKE(FAMILY_SPACE, ENOSPC, -1);
	return REAL(ftruncate64)(fd, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length)
{
	STRIKE(FAMILY_SPACE, ENOSPC, ENOSPC);
	return REAL(posix_fallocate64)(fd, offset, length);
}

int fsync(int fd)
{
	STRIKE(FAMILY_FLUSH, EIO, -1);
	return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	STRIKE(FAMILY_FLUSH, EIO, -1);
	return REAL(fdatasync)(fd);
}

/* ---- names ---- */

/* The mode is there only when a file may be made; passing it on in any case does no harm. */
#define MODE_OF(flags)                                                                             \
	mode_t mode = 0;                                                                           \
	if ((flags) & (O_CREAT | O_TMPFILE)) {                                                     \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode = va_arg(arguments, mode_t);                                                  \
		va_end(arguments);                                                                 \
	}

int open(const char *path, int flags, ...)
{
	MODE_OF(flags)
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	MODE_OF(flags)
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	MODE_OF(flags)
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(openat)(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	MODE_OF(flags)
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(openat64)(folder, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(__open_2)(path, flags);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(__open64_2)(path, flags);
}

int __openat64_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags)
{
	STRIKE(FAMILY_OPEN, EMFILE, -1);
	return REAL(__openat64_2)(folder, path, flags);
}

int rename(const char *from, const char *to)
{
	STRIKE(FAMILY_RENAME, EIO, -1);
	return REAL(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	STRIKE(FAMILY_RENAME, EIO, -1);
	return REAL(renameat)(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
	STRIKE(FAMILY_RENAME, EIO, -1);
	return REAL(renameat2)(from_folder, from, to_folder, to, flags);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	STRIKE(FAMILY_RENAME, EIO, -1);
	return REAL(linkat)(from_folder, from, to_folder, to, flags);
}

int unlinkat(int folder, const char *path, int flags)
{
	STRIKE(FAMILY_UNLINK, EIO, -1);
	return REAL(unlinkat)(folder, path, flags);
}

/* ---- the rest ---- */

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	STRIKE(FAMILY_IOCTL, EIO, -1);
	return REAL(ioctl)(fd, request, argument);
}

int pthread_create(
	pthread_t *ret, const pthread_attr_t *attributes, void *(*body)(void *), void *context)
{
	STRIKE(FAMILY_THREAD, EAGAIN, EAGAIN);
	return REAL(pthread_create)(ret, attributes, body, context);
}
