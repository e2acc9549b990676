/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For programs under valgrind, which knows no seccomp and would die of a filter itself: a libseccomp
 * that sets none (LD_PRELOAD). What the filter does, the tests show without valgrind. */
#include <seccomp.h>

scmp_filter_ctx seccomp_init(uint32_t action)
{
	static uint32_t nothing;
	nothing = action;
	return &nothing;
}

void seccomp_release(scmp_filter_ctx filter)
{
	(void)filter;
}

int seccomp_rule_add(scmp_filter_ctx filter, uint32_t action, int call, unsigned count, ...)
{
	(void)filter;
	(void)action;
	(void)call;
	(void)count;
	return 0;
}

int seccomp_rule_add_array(scmp_filter_ctx filter, uint32_t action, int call, unsigned count,
	const struct scmp_arg_cmp *arguments)
{
	(void)filter;
	(void)action;
	(void)call;
	(void)count;
	(void)arguments;
	return 0;
}

int seccomp_load(const scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}
