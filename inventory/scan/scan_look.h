/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at many devices at once (scan_crew.h): each is asked who it is, and a child reads what is on
 * it. A drive that hangs in the kernel holds up neither the others nor us. Within this room. */
#ifndef HAIKI_INVENTORY_SCAN_SCAN_LOOK_H
#define HAIKI_INVENTORY_SCAN_SCAN_LOOK_H

#include "inventory/scan/scan_crew.h"

/* A spinning disk may take 30 s to wake up. The prober keeps to that by itself (device/probe/probe.h) and says
 * more than a thread that is left behind. */
#define SCAN_LIMIT_MS 40000

/* The real thing: open found->path, read who it is and, by depth, what it carries. */
void scan_look_real(struct found_drive *found, enum scan_depth depth);

/* What crew_answer.result says of a look without an answer, into found->error. */
void scan_look_explain(struct found_drive *found, int result, unsigned limit_ms);

/* Fill list->items, whose paths are set. Each is identified first; by SCAN_SIGNATURES it is then looked
 * at again, and what was known already stays when that gets no answer. Items that have an error already
 * are passed over. A device that does not answer within limit_ms of its turn is left to its thread,
 * which frees everything whenever the kernel lets go of it; its item says "drive-not-answering"
 * (ETIMEDOUT), one for which no thread could be started "scan-thread". Only -ENOMEM and a lack of
 * descriptors fail the whole. */
NODISCARD int scan_look_all(struct found_list *list, enum scan_depth depth, scan_look *look,
	unsigned limit_ms, struct error *error);

#endif
