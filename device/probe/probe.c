/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prober: the walk of signature.c in a sandbox, and what is said when it does not come back. */
#include "device/probe/probe.h"

#include "base/text.h"
#include "device/probe/probe_parts.h"
#include "device/probe/probe_record.h"
#include <errno.h>
#include <string.h>

#define PROBE_MEMORY_BYTES (768 * MIB) /* 8 MiB of LVM2's text take about 300 as a tree */
#define PROBE_CPU_S 30

int probe_work(int device, int answer, void *context)
{
	struct signature_walk *walk = context;
	AUTO_SIGNATURES struct signature_list list = { 0 };
	(void)device; /* walk->fd */
	walk->list = &list;
	int walked = signature_walk_all(walk);
	return probe_record_write(answer, walked, &list) < 0 ? 1 : 0;
}

/* What to do -------------------------------------------------------------------------------------- */

static void advise_hostile(struct error *error)
{
	(void)error_next(error,
		_("Nothing may be concluded about what it holds. Bytes on it may have been written "
		  "to do harm: keep it apart, and report this with the version of this program."));
}

static void advise_slow(struct error *error)
{
	(void)error_next(error, _("Nothing may be concluded about what it holds. Look at the "
				  "system log; reseat the "
				  "drive or have it destroyed."));
}

static int say_end(
	const struct sandbox_result *end, const char *label, uint64_t limit_ms, struct error *error)
{
	switch (end->end) {
	case SANDBOX_CRASHED:
		(void)error_set(error, ERROR_FAILED, EIO, "probe-crashed",
			_("What is on %s made the program that reads it crash (signal %d)."), label,
			end->number);
		advise_hostile(error);
		return -EIO;
	case SANDBOX_DENIED:
		(void)error_set(error, ERROR_FAILED, EPERM, "probe-denied",
			_("What is on %s made the program that reads it try what it may not; it "
			  "was stopped."),
			label);
		advise_hostile(error);
		return -EPERM;
	case SANDBOX_EXHAUSTED:
		(void)error_set(error, ERROR_FAILED, EIO, "probe-exhausted",
			_("What is on %s takes more time or memory to read than it may."), label);
		advise_hostile(error);
		return -EIO;
	case SANDBOX_TIMEOUT:
		(void)error_set(error, ERROR_FAILED, ETIMEDOUT, "probe-timeout",
			_("%s was not read within %u s."), label, (unsigned)(limit_ms / 1000));
		advise_slow(error);
		return -ETIMEDOUT;
	case SANDBOX_KILLED:
		(void)error_set(error, ERROR_FAILED, EIO, "probe-killed",
			_("The program that reads what is on %s was ended by signal %d."), label,
			end->number);
		(void)error_next(error,
			_("Nothing may be concluded about what it holds. If memory is short on "
			  "this machine, free some and try again."));
		return -EIO;
	case SANDBOX_NO_WALLS:
		(void)error_set(error, ERROR_FAILED, EPERM, "probe-unsafe",
			_("%s was not read: the program that reads it could not be locked in: %s."),
			label, strerror(end->number));
		(void)error_next(error, _("Allow this program seccomp filters and limits (a "
					  "container may withhold them)."));
		return -EPERM;
	case SANDBOX_FAILED:
	case SANDBOX_TOO_MUCH:
	case SANDBOX_UNKNOWN:
	case SANDBOX_ANSWERED: /* with what cannot be */
		break;
	}
	(void)error_set(error, ERROR_FAILED, EBADMSG, "probe-garbage",
		_("The program that reads what is on %s gave no answer that can be true."), label);
	advise_hostile(error);
	return -EBADMSG;
}

static int say_not_started(int failed, const char *label, struct error *error)
{
	if (failed == -ENOMEM)
		return error_no_memory(error);
	(void)error_set(error, ERROR_FAILED, -failed, "probe-start",
		_("%s was not read: no process can be started for it: %s."), label,
		strerror(-failed));
	(void)error_next(error, _("Free processes or descriptors on this machine and try again."));
	return failed;
}

/* Asking ------------------------------------------------------------------------------------------ */

static int take_answer(const struct buffer *answer, struct sandbox_result *end, int fd,
	uint64_t limit_ms, struct signature_list *ret, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	int walked = 0;
	int result =
		end->end == SANDBOX_ANSWERED ? probe_record_read(answer, &walked, ret) : -EBADMSG;
	if (result == 0 && walked == 0)
		return 0;
	if (result == -ENOMEM)
		return error_no_memory(error);
	/* That was the child's memory, not ours. */
	if (result == 0 && walked == -ENOMEM)
		end->end = SANDBOX_EXHAUSTED;
	else if (result == 0)
		return signature_walk_say(fd, walked, error);
	signature_name_device(fd, label);
	return say_end(end, label, limit_ms, error);
}

int probe_with(sandbox_work *work, int fd, uint64_t limit_ms, struct signature_list *ret,
	struct error *error)
{
	AUTO_WALK struct signature_walk walk = { .fd = -1 };
	AUTO_BUFFER struct buffer answer = BUFFER_INIT(PROBE_RECORD_MAX_BYTES);
	struct sandbox_result end = { 0 };
	int failed = signature_walk_open(fd, &walk);
	if (failed)
		return signature_walk_say(fd, failed, error);
	const struct sandbox sandbox = {
		.work = work,
		.context = &walk,
		.device = walk.fd,
		.limit_ms = limit_ms,
		.limit_cpu_s = PROBE_CPU_S,
		.memory_bytes = PROBE_MEMORY_BYTES,
	};
	failed = sandbox_run(&sandbox, &answer, &end);
	if (failed < 0) {
		char label[IDENTITY_LABEL_MAX];
		signature_name_device(fd, label);
		return say_not_started(failed, label, error);
	}
	return take_answer(&answer, &end, fd, limit_ms, ret, error);
}

int probe_signatures(int fd, uint64_t limit_ms, struct signature_list *ret, struct error *error)
{
	return probe_with(probe_work, fd, limit_ms, ret, error);
}
