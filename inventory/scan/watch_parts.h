/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the watch: the devices it knows, and the way from looks to the store. For watch*.c only. */
#ifndef HAIKI_INVENTORY_SCAN_WATCH_PARTS_H
#define HAIKI_INVENTORY_SCAN_WATCH_PARTS_H

#include "inventory/scan/scan_tree.h"
#include "inventory/scan/watch.h"

/* One device beside its found_drive. */
struct watched {
	char name[SCAN_NAME_MAX];
	uint64_t sequence;     /* disk sequence number of what was looked at; 0: not known */
	uint64_t ticket;       /* of the look under way; 0: none */
	int64_t not_before_ms; /* monotonic: it was looked at a moment ago */
	bool dirty;            /* to be looked at */
	bool removed;          /* what was here has been taken away since */
	bool replaced;         /* what is being looked at is another one than `found` */
	bool fresh;            /* looked at, to be entered */
	bool gone;             /* no longer there: to be noted and dropped */
	bool known; /* `found` was entered or told of, and is here until told otherwise */
	struct found_drive next; /* what the look under way has found so far */
};

struct watch {
	struct watch_options options;
	struct crew *crew;
	/* Side by side: found.items[i] is what is told and entered of items[i]. */
	struct found_list found;
	struct watched *items;
	size_t capacity;
	uint64_t last_ticket;
	int64_t check_ms;            /* monotonic: when to compare with the tree again */
	int64_t retry_ms;            /* monotonic: the store could not be written before */
	struct presence_list before; /* whom the store had here at the start */
	bool stack_stale;            /* what stands on them may be other than was entered */
	int64_t stack_ms;            /* monotonic: not to be looked at before */
	bool began;                  /* the first look at all of them is over */
};

/* Enter what is fresh and note what is gone, in one transaction; then tell. -EBUSY: nothing was done,
 * it may be tried again. */
NODISCARD int watch_record(struct watch *watch, struct error *error);

/* Something changed that may change what stands on the drives. */
void watch_note_stack(struct watch *watch);
/* When it is time: look at what stands on the drives, and enter it. Fails never: it is tried again. */
void watch_enter_stack(struct watch *watch);

/* Forget item i; the last one takes its place. */
void watch_drop(struct watch *watch, size_t i);

#endif
