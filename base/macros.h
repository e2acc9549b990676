/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few compiler attributes and macros every room uses. */
#ifndef HAIKI_BASE_MACROS_H
#define HAIKI_BASE_MACROS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The result must be looked at: a dropped result is how others reported false successes. */
#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument)                                                  \
	__attribute__((format(printf, format_index, first_argument)))

/* A variable so marked is handed to function(&variable) when its scope ends. */
#define CLEANUP(function) __attribute__((cleanup(function), unused))

/* Defines cleanup_NAME(type *) which calls NAME(*variable); NAME must accept NULL. */
#define DEFINE_CLEANUP(type, name)                                                                 \
	static inline void cleanup_##name(type *variable)                                          \
	{                                                                                          \
		name(*variable);                                                                   \
	}                                                                                          \
	struct cleanup_##name##_needs_semicolon

#ifdef HAIKI_ANALYZE
/* For make lint: the analyzers look at one file at a time and imagine positive results of what is
 * documented as "0 or -errno". `#define call(...) zero_or_negative(call(__VA_ARGS__))` tells them. */
static inline int zero_or_negative(int result)
{
	return result != 0 ? -1 : 0;
}

static inline int always_negative(int result)
{
	(void)result;
	return -1;
}
#endif

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

static inline void cleanup_free(void *variable)
{
	free(*(void **)variable);
}

/* An fd of -1 is none. */
static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define AUTO_FREE CLEANUP(cleanup_free)
#define AUTO_FD CLEANUP(cleanup_fd)

#endif
