/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Storage: what a self-encrypting drive says of itself (Level 0 Discovery, TCG Core 2.01 3.3.6),
 * and the kernel's calls that make it forget its key (<linux/sed-opal.h>). */
#ifndef HAIKI_DEVICE_COMMAND_OPAL_H
#define HAIKI_DEVICE_COMMAND_OPAL_H

#include "device/command/transport.h"
#include <stdbool.h>

struct opal_transport {
	/* ioctl(2) on the block device: 0, a positive TCG method status, or -errno. */
	int (*call)(struct opal_transport *transport, unsigned long request, void *argument);
	/* Level 0 Discovery: SECURITY PROTOCOL IN / NVMe Security Receive, protocol 01h, ComID 0001h.
	 * Bytes given, or -errno. */
	int (*discover)(struct opal_transport *transport, uint8_t *data, uint32_t size);
	int fd;
	void *context;
};

enum opal_kind { OPAL_NONE, OPAL_ENTERPRISE, OPAL_1, OPAL_2, OPAL_OPALITE, OPAL_RUBY, OPAL_PYRITE };

/* Zeroed: nothing is known, and nothing is offered. */
struct opal_abilities {
	bool known; /* discovery was answered */
	enum opal_kind kind;
	bool encrypts; /* Locking feature, Media Encryption */
	bool locking_supported, locking_enabled, locked;
	bool sid_is_factory; /* SID value state, where the drive tells; false: not told or changed */
	bool kernel_calls;   /* the kernel knows the drive as Opal */
};
void opal_abilities_read(struct opal_transport *transport, struct opal_abilities *ret);

#endif
