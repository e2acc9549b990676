/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch: from events to looks. Whatever an event says, the tree is asked what is there, so that
 * a late, doubled or lost one does no harm. */
#include "inventory/scan/watch.h"

#include "base/clock.h"
#include "base/text.h"
#include "inventory/scan/scan_look.h"
#include "inventory/scan/watch_parts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How often the tree is compared with what is known, whatever the events say. */
#define CHECK_MS 10000
/* A drive that is written to and closed again and again tells of each time. */
#define PAUSE_MS 1000
/* How soon after a failure the store is tried again. */
#define RETRY_MS 2000
/* The crew wants to be asked from time to time. */
#define CREW_STEP_MS 200

const char *watch_word_name(enum watch_word word)
{
	static const char *const words[] = {
		[WATCH_UNKNOWN] = "unknown",
		[WATCH_PRESENT] = "present",
		[WATCH_APPEARED] = "appeared",
		[WATCH_VANISHED] = "vanished",
		[WATCH_CHANGED] = "changed",
		[WATCH_UNREADABLE] = "unreadable",
		[WATCH_FLAGGED] = "flagged",
		[WATCH_CLEARED] = "cleared",
		[WATCH_READY] = "ready",
		[WATCH_LOST] = "lost",
		[WATCH_WAITING] = "waiting",
	};
	return (size_t)word < ARRAY_SIZE(words) ? words[word] : words[WATCH_UNKNOWN];
}

static void tell(struct watch *watch, enum watch_word word, const struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	const struct watch_report report = { .word = word, .utc_ms = now.utc_ms, .error = error };
	watch->options.tell(watch->options.context, &report);
}

/* -- the devices -- */

static struct watched *find(struct watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->found.count; i++)
		if (strcmp(watch->items[i].name, name) == 0)
			return &watch->items[i];
	return NULL;
}

static int grow(struct watch *watch, struct error *error)
{
	size_t larger = watch->capacity * 2 + 16;
	struct watched *items = reallocarray(watch->items, larger, sizeof(*items));
	if (!items)
		return error_no_memory(error);
	watch->items = items;
	struct found_drive *found =
		reallocarray(watch->found.items, larger, sizeof(*watch->found.items));
	if (!found)
		return error_no_memory(error);
	watch->found.items = found;
	watch->capacity = larger;
	return 0;
}

static int mark_dirty(struct watch *watch, const char *name, bool removed, struct error *error)
{
	struct watched *item = find(watch, name);
	if (!item) {
		int r = watch->found.count == watch->capacity ? grow(watch, error) : 0;
		if (r < 0)
			return r;
		size_t place = watch->found.count++;
		item = &watch->items[place];
		*item = (struct watched){ 0 };
		(void)strncpy(item->name, name, sizeof(item->name) - 1);
		watch->found.items[place] = (struct found_drive){ 0 };
	}
	item->dirty = true;
	item->removed = item->removed || removed;
	return 0;
}

void watch_drop(struct watch *watch, size_t i)
{
	size_t last = --watch->found.count;
	signature_list_free(&watch->items[i].next.signatures);
	signature_list_free(&watch->found.items[i].signatures);
	if (i == last)
		return;
	watch->items[i] = watch->items[last];
	watch->found.items[i] = watch->found.items[last];
}

/* Whatever stands in the tree, or is known and does not. all: also what seems to be as it was. */
static int compare_with_tree(struct watch *watch, bool all, struct error *error)
{
	CLEANUP(scan_names_free) struct scan_names names = { 0 };
	const struct system_paths *paths = watch->options.paths;
	int r = scan_tree_names(paths, &names, error);
	for (size_t i = 0; i < names.count && r == 0; i++) {
		const struct watched *item = find(watch, names.items[i]);
		if (all || !item || item->sequence != scan_tree_sequence(paths, item->name))
			r = mark_dirty(watch, names.items[i], false, error);
	}
	for (size_t i = 0; i < watch->found.count && r == 0; i++)
		if (!scan_tree_is_drive(paths, watch->items[i].name))
			watch->items[i].dirty = true;
	watch->check_ms = clock_monotonic_ms() + CHECK_MS;
	return r;
}

/* -- from dirty to looked at -- */

static int begin_look(
	struct watch *watch, struct watched *item, uint64_t sequence, struct error *error)
{
	item->dirty = item->removed = item->fresh = false;
	item->sequence = sequence;
	item->ticket = ++watch->last_ticket;
	signature_list_free(&item->next.signatures);
	item->next = (struct found_drive){ 0 };
	scan_tree_node(item->name, item->next.path, sizeof(item->next.path));
	int r = crew_add(watch->crew, item->next.path, SCAN_IDENTITY, item->ticket);
	return r < 0 ? error_no_memory(error) : 0;
}

/* 1: the item is to be dropped. */
static int look_after(struct watch *watch, struct watched *item, struct error *error)
{
	const struct system_paths *paths = watch->options.paths;
	if (!scan_tree_is_drive(paths, item->name)) {
		item->dirty = item->fresh = false;
		item->ticket = 0; /* what hangs there answers to nobody */
		item->gone = item->known;
		return item->known ? 0 : 1;
	}
	uint64_t sequence = scan_tree_sequence(paths, item->name);
	bool other = item->removed || item->gone ||
		     (item->sequence && sequence && item->sequence != sequence);
	if (!other && (item->ticket || clock_monotonic_ms() < item->not_before_ms))
		return 0;
	item->gone = false;
	item->replaced = item->replaced || (other && item->known);
	return begin_look(watch, item, sequence, error);
}

static int look_after_all(struct watch *watch, struct error *error)
{
	for (size_t i = 0; i < watch->found.count;) {
		int r = watch->items[i].dirty ? look_after(watch, &watch->items[i], error) : 0;
		if (r < 0)
			return r;
		if (r > 0)
			watch_drop(watch, i);
		else
			i++;
	}
	return 0;
}

static struct watched *find_ticket(struct watch *watch, uint64_t ticket)
{
	for (size_t i = 0; i < watch->found.count; i++)
		if (watch->items[i].ticket == ticket)
			return &watch->items[i];
	return NULL;
}

static int take_answer(struct watch *watch, struct crew_answer *answer, struct error *error)
{
	struct watched *item = find_ticket(watch, answer->ticket);
	if (!item) {
		signature_list_free(&answer->found.signatures);
		return 0;
	}
	if (answer->result < 0) {
		scan_look_explain(&item->next, answer->result, watch->options.crew.limit_ms);
	} else {
		signature_list_free(&item->next.signatures);
		item->next = answer->found;
	}
	bool failed = item->next.error.kind != ERROR_NONE;
	if (!failed && answer->depth == SCAN_IDENTITY)
		return crew_add(watch->crew, item->next.path, SCAN_SIGNATURES, item->ticket) < 0
			       ? error_no_memory(error)
			       : 0;
	item->ticket = 0;
	item->not_before_ms = clock_monotonic_ms() + PAUSE_MS;
	/* Pulled out under the look: that is no trouble worth telling. */
	if (failed && !scan_tree_is_drive(watch->options.paths, item->name))
		item->dirty = true;
	else
		item->fresh = true;
	return 0;
}

/* -- events -- */

static int read_events(struct watch *watch, struct error *error)
{
	struct watch_source *source = watch->options.source;
	for (;;) {
		struct watch_event event;
		int r = source->next(source->context, &event);
		if (r == 0)
			return 0;
		if (r > 0) {
			/* What is no drive and was none may stand on some. */
			if (find(watch, event.name) ||
				scan_tree_is_drive(watch->options.paths, event.name))
				r = mark_dirty(watch, event.name, event.removed, error);
			else
				watch_note_stack(watch);
			if (r < 0)
				return r;
		} else if (r == -ENOBUFS) {
			tell(watch, WATCH_LOST, NULL);
			r = compare_with_tree(watch, true, error);
			if (r < 0)
				return r;
		} else {
			return error_set(error, ERROR_FAILED, -r, "watch-events",
				_("The kernel's events about disks cannot be followed any more: "
				  "%s"),
				strerror(-r));
		}
	}
}

/* -EINTR is no error: a signal wants the caller's attention. */
static void wait_for_news(struct watch *watch, unsigned wait_ms)
{
	bool busy = crew_pending(watch->crew) > 0;
	for (size_t i = 0; i < watch->found.count && !busy; i++)
		busy = watch->items[i].dirty;
	unsigned limit = busy ? CREW_STEP_MS : CHECK_MS;
	struct pollfd descriptors[] = {
		{ .fd = watch->options.source->descriptor, .events = POLLIN },
		{ .fd = crew_descriptor(watch->crew), .events = POLLIN },
	};
	(void)poll(descriptors, ARRAY_SIZE(descriptors), (int)MIN(wait_ms, limit));
}

static int enter(struct watch *watch, struct error *error)
{
	struct error trouble = { 0 };
	if (clock_monotonic_ms() < watch->retry_ms)
		return 0;
	int r = watch_record(watch, &trouble);
	if (r == -EBUSY || r == -ENOSPC) {
		tell(watch, WATCH_WAITING, &trouble);
		watch->retry_ms = clock_monotonic_ms() + RETRY_MS;
		return 0;
	}
	if (r < 0 && error)
		*error = trouble;
	return r;
}

static bool is_quiet(const struct watch *watch)
{
	for (size_t i = 0; i < watch->found.count; i++) {
		const struct watched *item = &watch->items[i];
		if (item->dirty || item->ticket || item->fresh || item->gone)
			return false;
	}
	return watch->began;
}

/* -- for the caller -- */

int watch_step(struct watch *watch, unsigned wait_ms, struct error *error)
{
	struct crew_answer answer;
	wait_for_news(watch, wait_ms);
	int r = read_events(watch, error);
	if (r == 0 && clock_monotonic_ms() >= watch->check_ms)
		r = compare_with_tree(watch, false, error);
	if (r == 0)
		r = look_after_all(watch, error);
	while (r == 0 && crew_take(watch->crew, 0, &answer) > 0)
		r = take_answer(watch, &answer, error);
	if (r == 0)
		r = enter(watch, error);
	if (r == 0 && watch->stack_stale && is_quiet(watch))
		watch_enter_stack(watch);
	return r;
}

bool watch_is_settled(const struct watch *watch)
{
	return is_quiet(watch) && !watch->stack_stale;
}

int watch_open(const struct watch_options *options, struct watch **ret, struct error *error)
{
	CLEANUP(cleanup_watch_close) struct watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return error_no_memory(error);
	watch->options = *options;
	int r = crew_open(&options->crew, &watch->crew);
	if (r < 0)
		return error_set(error, ERROR_FAILED, -r, "scan-thread",
			_("The drives cannot be looked at: %s"), strerror(-r));
	r = presence_of_host(options->store, options->host, &watch->before, error);
	if (r == 0)
		r = compare_with_tree(watch, true, error);
	if (r == 0)
		r = look_after_all(watch, error);
	if (r < 0)
		return r;
	*ret = watch;
	watch = NULL;
	return 0;
}

struct watch *watch_close(struct watch *watch)
{
	if (!watch)
		return NULL;
	crew_close(watch->crew);
	while (watch->found.count > 0)
		watch_drop(watch, 0);
	free(watch->items);
	found_list_free(&watch->found);
	presence_list_free(&watch->before);
	free(watch);
	return NULL;
}
