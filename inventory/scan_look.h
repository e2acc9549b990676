/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at many devices at once, each on a thread of its own, which asks who the drive is and has a
 * child read what is on it: a drive that hangs in the kernel holds up neither the others nor us.
 * Within this room. */
#ifndef HAIKI_INVENTORY_SCAN_LOOK_H
#define HAIKI_INVENTORY_SCAN_LOOK_H

#include "inventory/scan.h"

/* Who it is: a spinning disk may take so long to wake up. What is on it: the prober keeps to a limit of
 * its own (device/probe.h) and says more than a thread that is left behind. */
#define SCAN_LIMIT_MS 30000
#define SCAN_PROBE_LIMIT_MS 40000

/* Open found->path and fill the rest of *found; an error goes into found->error. Called on a thread
 * that may outlive the scan. */
typedef void scan_look(struct found_drive *found, enum scan_depth depth);
void scan_look_real(struct found_drive *found, enum scan_depth depth);

/* Fill list->items: the paths are set, and what an earlier, shallower look found stays when this one
 * gets no answer. Items that have an error already are passed over. A device that did not answer
 * within limit_ms is left to its thread, which frees everything whenever the kernel lets go of it;
 * its item says "drive-not-answering" (ETIMEDOUT). Only -ENOMEM before anything was looked at. */
NODISCARD int scan_look_all(struct found_list *list, enum scan_depth depth, scan_look *look,
	unsigned limit_ms, struct error *error);

#endif
