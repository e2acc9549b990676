/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ioctl(2), begun again when a signal cut it before it began. */
#include "device/command/kernel.h"

#include <errno.h>
#include <sys/ioctl.h>

static int call(void *context, int fd, unsigned long request, void *argument)
{
	int result;
	(void)context;
	do
		result = ioctl(fd, request, argument);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

struct kernel_transport kernel_transport_real(int fd)
{
	return (struct kernel_transport){ .call = call, .fd = fd };
}

int kernel_call(const struct kernel_transport *transport, unsigned long request, void *argument)
{
	if (!transport->call)
		return -EOPNOTSUPP;
	return transport->call(transport->context, transport->fd, request, argument);
}
