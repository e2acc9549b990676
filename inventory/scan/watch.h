/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Following the drives of this host: who appears is identified, probed, matched with what the store
 * knew, and entered; who vanishes is noted. Events only say where to look: what is true stands in the
 * kernel's tree, which is also read again from time to time. */
#ifndef HAIKI_INVENTORY_SCAN_WATCH_H
#define HAIKI_INVENTORY_SCAN_WATCH_H

#include "inventory/assets/presence.h"
#include "inventory/scan/scan_crew.h"
#include "inventory/scan/stack.h"
#include "inventory/scan/watch_source.h"

enum watch_word {
	WATCH_UNKNOWN,
	WATCH_PRESENT,    /* at the start: known to be here, and it is */
	WATCH_APPEARED,   /* history */
	WATCH_VANISHED,   /* found is NULL */
	WATCH_CHANGED,    /* the same drive, with another capacity or other contents */
	WATCH_UNREADABLE, /* error; identity may be empty */
	WATCH_FLAGGED,    /* flag; identity is NULL for a drive that is not here */
	WATCH_CLEARED,    /* the same */
	WATCH_READY,      /* the first look at all of them is over: count */
	WATCH_LOST,       /* events were lost: all is looked at again */
	WATCH_WAITING,    /* the store cannot be written now: error; it is tried again */
};
const char *watch_word_name(enum watch_word word); /* "appeared" … stable */

/* What happened, told once it stands in the store. All borrowed for the call. */
struct watch_report {
	enum watch_word word;
	int64_t utc_ms;
	int64_t drive_id; /* 0: not in the store */
	const char *path; /* its node, now or before; NULL where it is about no device */
	const struct drive_identity *identity;
	const struct found_drive *found;
	const struct drive_history *history;
	const struct flag *flag;
	const struct error *error;
	size_t count;
};
typedef void watch_tell(void *context, const struct watch_report *report);

struct watch_options {
	struct store *store;              /* open for writing, borrowed */
	const char *host;                 /* borrowed */
	const struct system_paths *paths; /* NULL: the real ones */
	struct crew_options crew;
	struct watch_source *source; /* borrowed */
	/* What stands on the drives: looked at and entered once they are quiet; stack_look. NULL: is
	 * left to a scan. */
	int (*look_at_stack)(
		const struct found_list *found, struct stack **ret, struct error *error);
	watch_tell *tell;
	void *context;
};

struct watch; /* belongs to the thread that opened it, as the store does */

/* Begins with a look at all there are. -errno with error filled. */
NODISCARD int watch_open(
	const struct watch_options *options, struct watch **ret, struct error *error);
/* Wait up to wait_ms for something to happen, and deal with all that has. A drive that hangs is told
 * as unreadable after crew.limit_ms and holds up nobody. 0; -errno: the store or the kernel's tree
 * cannot be used any more. */
NODISCARD int watch_step(struct watch *watch, unsigned wait_ms, struct error *error);
/* Nothing is being looked at, and nothing waits to be, what stands on the drives included. */
bool watch_is_settled(const struct watch *watch);
/* NULL is allowed. Returns NULL. */
struct watch *watch_close(struct watch *watch);
DEFINE_CLEANUP(struct watch *, watch_close);

#endif
