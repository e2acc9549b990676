/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own calls on a block device, so that tests can put a script in their place. */
#ifndef HAIKI_DEVICE_COMMAND_KERNEL_H
#define HAIKI_DEVICE_COMMAND_KERNEL_H

#include "base/macros.h"

/* call NULL: there is none. */
struct kernel_transport {
	/* As ioctl(2): 0 or more when the kernel did it, else -errno. */
	int (*call)(void *context, int fd, unsigned long request, void *argument);
	void *context;
	int fd; /* borrowed */
};

struct kernel_transport kernel_transport_real(int fd);

NODISCARD int kernel_call(
	const struct kernel_transport *transport, unsigned long request, void *argument);

#endif
