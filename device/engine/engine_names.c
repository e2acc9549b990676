/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's stable words. */
#include "device/engine/engine.h"

#include <string.h>

const char *pass_end_name(enum pass_end end)
{
	switch (end) {
	case PASS_END_UNKNOWN:
		break;
	case PASS_COMPLETE:
		return "complete";
	case PASS_CANCELLED:
		return "cancelled";
	case PASS_VANISHED:
		return "vanished";
	case PASS_STALLED:
		return "stalled";
	case PASS_TOO_MANY_ERRORS:
		return "too-many-errors";
	case PASS_FLUSH_FAILED:
		return "flush-failed";
	case PASS_INTERNAL:
		return "internal";
	}
	return "unknown";
}

const char *bad_kind_name(enum bad_kind kind)
{
	switch (kind) {
	case BAD_UNWRITABLE:
		return "unwritable";
	case BAD_UNREADABLE:
		return "unreadable";
	case BAD_MISMATCH:
		return "mismatch";
	}
	return "unknown";
}

const char *engine_backend_name(enum engine_backend backend)
{
	switch (backend) {
	case ENGINE_AUTO:
		return "auto";
	case ENGINE_IO_URING:
		return "io_uring";
	case ENGINE_THREADS:
		return "threads";
	}
	return "unknown";
}

enum engine_backend engine_backend_parse(const char *word, bool *ret_known)
{
	static const enum engine_backend all[] = { ENGINE_AUTO, ENGINE_IO_URING, ENGINE_THREADS };
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(word, engine_backend_name(all[i])) != 0)
			continue;
		*ret_known = true;
		return all[i];
	}
	*ret_known = false;
	return ENGINE_AUTO;
}
