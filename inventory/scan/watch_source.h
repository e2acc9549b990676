/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where news of disks come from: udev, or the kernel itself where no udev runs. Tests have their
 * own. */
#ifndef HAIKI_INVENTORY_SCAN_WATCH_SOURCE_H
#define HAIKI_INVENTORY_SCAN_WATCH_SOURCE_H

#include "base/error.h"
#include <stdbool.h>

/* Something happened to a disk. What, is looked up in the kernel's tree: an event may be late, doubled
 * or lost. */
struct watch_event {
	char name[64]; /* as below /sys/block */
	bool removed;  /* it was taken away; another may have its name by now */
};

struct watch_source {
	const char *name; /* "udev", "kernel" */
	int descriptor;   /* for poll(2): readable while there is news */
	/* 1: *ret is filled; 0: nothing now; -ENOBUFS: some were lost; another -errno: no more news. */
	int (*next)(void *context, struct watch_event *ret);
	void (*close)(void *context);
	void *context;
};

/* By udev where its daemon runs, after its rules have run; else straight from the kernel. -errno with
 * error filled. */
NODISCARD int watch_source_open(struct watch_source *ret, struct error *error);
/* Of zeros too. */
void watch_source_close(struct watch_source *source);

#endif
