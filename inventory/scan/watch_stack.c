/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch: what stands on the drives, looked at again when drives, arrays or volumes have changed. It
 * waits for arrays and volumes to answer, so it comes last, when all else is told. */
#include "base/clock.h"
#include "inventory/scan/watch_parts.h"

#include <errno.h>

/* Arrays are assembled, and volumes activated, in many steps. */
#define QUIET_MS 1000
/* However much happens, no more often than that. */
#define PAUSE_MS 10000

void watch_note_stack(struct watch *watch)
{
	int64_t quiet_ms = clock_monotonic_ms() + QUIET_MS;
	/* Who tells of itself all the time does not put it off for ever. */
	if (!watch->options.look_at_stack || watch->stack_stale)
		return;
	watch->stack_stale = true;
	watch->stack_ms = MAX(watch->stack_ms, quiet_ms);
}

static int enter(struct watch *watch, struct stack *stack, int64_t now_utc_ms, struct error *error)
{
	struct store *store = watch->options.store;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store,
		stack_record(stack, store, &watch->found, watch->options.host, now_utc_ms, error),
		error);
}

void watch_enter_stack(struct watch *watch)
{
	struct stack *stack = NULL;
	struct error error = { 0 };
	struct clock_reading now;
	if (clock_monotonic_ms() < watch->stack_ms)
		return;
	clock_read(&now);
	int r = watch->options.look_at_stack(&watch->found, &stack, &error);
	if (r == 0)
		r = enter(watch, stack, now.utc_ms, &error);
	(void)stack_destroy(stack);
	watch->stack_ms = clock_monotonic_ms() + PAUSE_MS;
	watch->stack_stale = r < 0;
	if (r == 0)
		return;
	const struct watch_report report = {
		.word = WATCH_WAITING, .utc_ms = now.utc_ms, .error = &error
	};
	watch->options.tell(watch->options.context, &report);
}
