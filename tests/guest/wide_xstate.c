/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lets Debian 12's User Mode Linux run on processors with AMX (LD_PRELOAD). Such a processor's
 * register set is longer than the kernels before 6.13 make room for, and ptrace takes none but whole
 * ones: without this the guest dies at its first instruction in user space. */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* Larger than the XSAVE area of any processor there is (AMX: 11 KiB). */
#define XSTATE_MAX 65536

typedef long ptrace_call(int request, int pid, void *address, void *data);

/* Put what the caller knows into the whole of what the process has. What the caller knows nothing of
 * (AMX's tiles) no program of the guest may use, so it is in its initial state. */
static long set_whole(ptrace_call *next, int pid, const struct iovec *part)
{
	static _Alignas(64) unsigned char whole[XSTATE_MAX];
	struct iovec all = { whole, sizeof(whole) };

	if (next(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all) < 0)
		return -1;
	memcpy(whole, part->iov_base, part->iov_len < all.iov_len ? part->iov_len : all.iov_len);
	return next(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &all);
}

/* Takes the place of glibc's. User Mode Linux calls it from one thread of each of its processes. */
long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_call *next;
	va_list list;

	va_start(list, request);
	int pid = va_arg(list, int);
	void *address = va_arg(list, void *);
	void *data = va_arg(list, void *);
	va_end(list);

	if (!next)
		next = (ptrace_call *)dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE)
		return set_whole(next, pid, data);
	return next((int)request, pid, address, data);
}
