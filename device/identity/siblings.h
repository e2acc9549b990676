/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other namespaces of an NVMe drive: what a command to the whole subsystem takes along. Found by
 * the kernel's tree alone, with no word to the drive. */
#ifndef HAIKI_DEVICE_IDENTITY_SIBLINGS_H
#define HAIKI_DEVICE_IDENTITY_SIBLINGS_H

#include "device/identity/identity.h"

/* A plain value. */
struct sibling {
	char path[64];         /* of its node; "" without one */
	char name[64];         /* "nvme0n2", or of a path without node "nvme0c1n2" */
	dev_t devnum;          /* 0: the kernel shows it, and no block device of it */
	uint32_t namespace_id; /* 0: the kernel does not say */
};

struct sibling_list {
	struct sibling *items; /* owned; each block device once */
	size_t count;
	uint32_t own_namespace_id; /* of the drive that was asked about; 0 as above */
};
void sibling_list_free(struct sibling_list *list);
#define AUTO_SIBLINGS CLEANUP(sibling_list_free)

/* All namespaces of the same NVMe subsystem but this one, whichever of its controllers shows them, with
 * multipath or without; the hidden paths of a multipath device are the device. None for a drive that
 * is no NVMe namespace. paths NULL: the real ones.
 *
 * Errors, each with a sentence: -ENOENT when no subsystem of the tree has the drive, -errno when the
 * tree cannot be read. *ret is untouched on error. */
NODISCARD int siblings_list(const struct drive_identity *identity, const struct system_paths *paths,
	struct sibling_list *ret, struct error *error);

#endif
