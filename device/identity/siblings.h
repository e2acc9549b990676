/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other namespaces of an NVMe subsystem: what erases one of them by Sanitize erases them all. */
#ifndef HAIKI_DEVICE_IDENTITY_SIBLINGS_H
#define HAIKI_DEVICE_IDENTITY_SIBLINGS_H

#include "device/identity/identity.h"

#define SIBLINGS_MAX 128

/* A plain value. */
struct sibling_list {
	struct {
		char path[64]; /* of the block device: "/dev/nvme0n2" */
		char name[64]; /* "nvme0n2" */
		dev_t devnum;
	} items[SIBLINGS_MAX];
	size_t count;
};

/* The block devices of all other namespaces of the same subsystem, by sysfs; none for drives of other
 * transports. Errors: -EOVERFLOW for more than SIBLINGS_MAX, -errno when sysfs does not tell. */
NODISCARD int siblings_list(const struct drive_identity *identity, const struct system_paths *paths,
	struct sibling_list *ret, struct error *error);

#endif
