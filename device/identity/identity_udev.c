/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The udev database fills what sysfs does not say. Without udevd there is none: no error. */
#include "device/probe/hostile_text.h"
#include "device/identity/identity_parts.h"

#include <libudev.h>
#include <stdio.h>
#include <string.h>

static void cleanup_udev(struct udev **udev)
{
	if (*udev)
		udev_unref(*udev);
}

static void cleanup_udev_device(struct udev_device **device)
{
	if (*device)
		udev_device_unref(*device);
}

static void property(struct udev_device *device, const char *name, char *ret, size_t size)
{
	const char *value = udev_device_get_property_value(device, name);
	ret[0] = '\0';
	if (value)
		hostile_text_clean(value, strlen(value), ret, size);
}

void identity_add_udev(dev_t devnum, struct drive_identity *identity)
{
	if (identity->serial[0] && identity->wwn[0])
		return;
	CLEANUP(cleanup_udev) struct udev *udev = udev_new();
	if (!udev)
		return;
	CLEANUP(cleanup_udev_device)
	struct udev_device *device = udev_device_new_from_devnum(udev, 'b', devnum);
	if (!device)
		return;

	char text[1024];
	if (identity->serial[0] == '\0') {
		property(device, "ID_SERIAL_SHORT", text, sizeof(text));
		identity_take_key(text, identity->serial);
	}
	if (identity->wwn[0] == '\0') {
		property(device, "ID_WWN_WITH_EXTENSION", text, sizeof(text));
		if (text[0] == '\0')
			property(device, "ID_WWN", text, sizeof(text));
		/* udev writes an NAA name as 0x…; everything else already has its kind in front. */
		char key[sizeof(text) + 8];
		bool naa = strncmp(text, "0x", 2) == 0;
		(void)snprintf(key, sizeof(key), "%s%s", naa ? "naa." : "", naa ? text + 2 : text);
		identity_take_key(key, identity->wwn);
	}
}
