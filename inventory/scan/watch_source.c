/* SPDX-License-Identifier: GPL-3.0-or-later */
/* News of disks by libudev's monitor. */
#include "inventory/scan/watch_source.h"

#include "base/text.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <string.h>

/* There while systemd-udevd listens; what libudev itself looks at. */
#define UDEV_CONTROL "/run/udev/control"
/* A shelf of drives that is switched on sends thousands of events within a second. */
#define RECEIVE_BYTES ((int)(16 * MIB))

static int next(void *context, struct watch_event *ret)
{
	struct udev_monitor *monitor = context;
	errno = 0;
	struct udev_device *device = udev_monitor_receive_device(monitor);
	if (!device)
		return errno == EAGAIN || errno == EINTR || errno == 0 ? 0 : -errno;
	const char *name = udev_device_get_sysname(device);
	const char *action = udev_device_get_action(device);
	struct watch_event event = { .removed = action && strcmp(action, "remove") == 0 };
	int length = snprintf(event.name, sizeof(event.name), "%s", name ? name : "");
	udev_device_unref(device);
	/* A name that does not fit is none we could look up: the tree is to be read anew. */
	if (length <= 0 || (size_t)length >= sizeof(event.name))
		return -ENOBUFS;
	/* libudev writes the node's name; sysfs, and we, write '!' for '/'. */
	for (char *byte = event.name; *byte; byte++)
		if (*byte == '/')
			*byte = '!';
	*ret = event;
	return 1;
}

static void close_monitor(void *context)
{
	udev_monitor_unref(context);
}

/* NULL with errno. */
static struct udev_monitor *make_monitor(const char *group)
{
	struct udev *udev = udev_new();
	if (!udev)
		return NULL;
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, group);
	int errnum = errno;
	udev_unref(udev); /* the monitor holds it */
	errno = errnum;
	if (!monitor)
		return NULL;
	/* Without the right to a larger buffer the usual one has to do: what is lost is told. */
	(void)udev_monitor_set_receive_buffer_size(monitor, RECEIVE_BYTES);
	int r = udev_monitor_filter_add_match_subsystem_devtype(monitor, "block", "disk");
	if (r >= 0)
		r = udev_monitor_enable_receiving(monitor);
	if (r >= 0)
		return monitor;
	udev_monitor_unref(monitor);
	errno = -r;
	return NULL;
}

int watch_source_open(struct watch_source *ret, struct error *error)
{
	const char *group = access(UDEV_CONTROL, F_OK) == 0 ? "udev" : "kernel";
	struct udev_monitor *monitor = make_monitor(group);
	if (!monitor) {
		int r = error_set(error, ERROR_FAILED, errno, "watch-events",
			_("The kernel's events about disks cannot be followed: %s"),
			strerror(errno));
		error_next(error, _("Allow this process a netlink socket (AF_NETLINK)."));
		return r;
	}
	*ret = (struct watch_source){
		.name = group,
		.descriptor = udev_monitor_get_fd(monitor),
		.next = next,
		.close = close_monitor,
		.context = monitor,
	};
	return 0;
}

void watch_source_close(struct watch_source *source)
{
	if (source->close)
		source->close(source->context);
	*source = (struct watch_source){ .descriptor = -1 };
}
