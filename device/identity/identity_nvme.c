/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe: the namespace has the WWN; its controller, or with multipath its subsystem, has the rest.
 * Both are what the namespace's device link points at. */
#include "device/identity/identity_parts.h"

#include <stdio.h>
#include <string.h>

/* Only zeros and what separates them: not assigned. */
static bool is_blank_id(const char *text)
{
	return text[strspn(text, "0-")] == '\0';
}

static void read_wwn(const struct sysfs_device *device, char ret[static IDENTITY_TEXT_MAX])
{
	static const struct {
		const char *attribute;
		const char *prefix;
	} ids[] = {
		/* The kernel's order for wwid (NVMe Base 2.0, Namespace Identification Descriptors). */
		{ "uuid", "uuid." },
		{ "nguid", "eui." },
		{ "eui", "eui." },
	};
	char text[512];
	sysfs_text(device, "wwid", text, sizeof(text));
	const char *dot = strchr(text, '.');
	if (dot && !is_blank_id(dot + 1)) {
		identity_take_key(text, ret);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		sysfs_text(device, ids[i].attribute, text, sizeof(text));
		if (is_blank_id(text))
			continue;
		char key[sizeof(text) + 8];
		size_t used = (size_t)snprintf(key, sizeof(key), "%s", ids[i].prefix);
		bool keeps_dashes = strcmp(ids[i].attribute, "uuid") == 0;
		for (const char *at = text; *at; at++) {
			if (keeps_dashes || (*at != '-' && *at != ' '))
				key[used++] = *at;
		}
		key[used] = '\0';
		identity_take_key(key, ret);
		return;
	}
}

void identity_add_nvme(const struct sysfs_device *device, struct drive_identity *identity)
{
	identity->transport = TRANSPORT_NVME;
	read_wwn(device, identity->wwn);
	sysfs_text(device, "device/serial", identity->serial, sizeof(identity->serial));
	sysfs_text(device, "device/model", identity->model, sizeof(identity->model));
	sysfs_text(device, "device/firmware_rev", identity->firmware, sizeof(identity->firmware));
}
