/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What else goes when the whole NVMe drive is erased: each of its other namespaces must be here to be
 * looked at, and be as free as the one that was named. */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include "device/command/nvme.h"
#include "device/identity/siblings.h"
#include "device/probe/hostile_text.h"
#include "inventory/assets/drive_tenants.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what the drive itself says it has ---- */

static bool is_shown(const struct sibling_list *siblings, uint32_t id)
{
	if (id == siblings->own_namespace_id)
		return true;
	for (size_t i = 0; i < siblings->count; i++)
		if (siblings->items[i].namespace_id == id && siblings->items[i].devnum != 0)
			return true;
	return false;
}

static void check_allocated(
	struct nvme_transport *nvme, const struct sibling_list *siblings, struct guard_finding *ret)
{
	uint32_t ids[NVME_NAMESPACES_MAX];
	size_t count = 0;
	int result = nvme_namespaces_read(nvme, ids, &count);
	if (result < 0) {
		finding_not_made(ret,
			_("the drive does not tell all the namespaces that it has: %s"),
			strerror(-result));
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!is_shown(siblings, ids[i]))
			finding_refuse(ret,
				_("the drive has a namespace %u that is no block device here: "
				  "whose it is cannot be seen"),
				ids[i]);
}

/* Commands go by the fd to the controller that has this very namespace; its serial number and the
 * namespace's number must be those of the drive that was named. */
static void check_controller(const struct guard_context *context, struct nvme_transport *nvme,
	uint32_t shown_id, struct guard_finding *ret)
{
	uint8_t controller[NVME_IDENTIFY_BYTES];
	char serial[IDENTITY_TEXT_MAX];
	int id = nvme->namespace_id ? nvme->namespace_id(nvme) : -EOPNOTSUPP;
	int result = id < 0 ? id : nvme_identify(nvme, 0x01, 0, controller);
	if (result < 0) {
		finding_not_made(
			ret, _("the drive's controller does not answer: %s"), strerror(-result));
		return;
	}
	hostile_text_clean(controller + 4, 20, serial, sizeof(serial));
	if (strcmp(serial, context->subject->drive->identity.serial) != 0)
		finding_refuse(ret,
			_("commands would go to a controller with the serial number \"%s\""),
			serial);
	if (shown_id == 0 || (uint32_t)id != shown_id)
		finding_refuse(ret,
			_("commands would go to namespace %d, and the kernel's tree says %u"), id,
			shown_id);
}

/* ---- one of the others ---- */

/* Every tenant of it must be one of the drive that was named. */
static void check_tenants(const struct guard_context *context,
	const struct drive_identity *identity, const struct tenant_codes *own,
	struct guard_finding *ret)
{
	AUTO_TENANT_CODES struct tenant_codes codes = { 0 };
	struct error error = { 0 };
	if (drives_tenants(context->subject->store, identity, &codes, &error) < 0) {
		finding_refuse(
			ret, _("it is not known whose %s is: %s"), identity->name, error.what);
		return;
	}
	for (size_t i = 0; i < codes.count; i++) {
		if (tenant_codes_have(own, codes.items[i]))
			continue;
		finding_refuse(ret, _("%s carries data of another tenant (%s)"), identity->name,
			codes.items[i]);
		/* The record may be read by the tenant of the drive that was named. */
		if (!ret->recorded[0])
			(void)snprintf(ret->recorded, sizeof(ret->recorded),
				"%.32s: another tenant", identity->name);
	}
}

static int open_node(const struct sibling *sibling)
{
	struct stat status;
	int fd = open(sibling->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) ||
			       status.st_rdev != sibling->devnum)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* "nvme0n2, nvme0n3", "…" for those that do not fit. */
static void list_names(const struct sibling_list *siblings, char *ret, size_t size)
{
	size_t length = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < siblings->count; i++) {
		const char *name = siblings->items[i].name;
		if (length + strlen(name) + sizeof(", …") > size - sizeof(", …")) {
			(void)snprintf(ret + length, size - length, ", …");
			return;
		}
		length += (size_t)snprintf(
			ret + length, size - length, "%s%s", i > 0 ? ", " : "", name);
	}
}

/* Without its fd (no node, no access) the checks that need it are not made, and refuse. */
static void check_sibling(const struct guard_context *context, const struct sibling *sibling,
	const struct tenant_codes *own, struct guard_finding *ret)
{
	struct drive drive = { .mode = DRIVE_LOOK };
	int result = sibling->devnum
			     ? identity_peek(sibling->devnum, &context->paths, &drive.identity)
			     : -ENODEV;
	if (result < 0) {
		finding_refuse(ret,
			_("%s, another namespace of the drive, cannot be looked at: %s"),
			sibling->name, strerror(-result));
		return;
	}
	AUTO_FD int fd = open_node(sibling);
	drive.fd = fd;
	(void)snprintf(drive.path, sizeof(drive.path), "%s", sibling->path);
	struct guard_subject subject = *context->subject;
	subject.drive = &drive;
	subject.whole_subsystem = false;
	guard_check_free(&subject, ret);
	check_tenants(context, &drive.identity, own, ret);
}

void check_namespaces(const struct guard_context *context, struct guard_finding *ret)
{
	const struct guard_subject *subject = context->subject;
	AUTO_SIBLINGS struct sibling_list siblings = { 0 };
	AUTO_TENANT_CODES struct tenant_codes own = { 0 };
	struct error error = { 0 };

	if (subject->drive->identity.transport != TRANSPORT_NVME) {
		finding_not_made(ret, _("what else belongs to the drive can be told of NVMe only"));
		return;
	}
	if (siblings_list(&subject->drive->identity, &context->paths, &siblings, &error) < 0) {
		finding_not_made(ret, "%s", error.what);
		return;
	}
	struct nvme_transport nvme =
		subject->nvme ? *subject->nvme : nvme_transport_real(subject->drive->fd);
	check_controller(context, &nvme, siblings.own_namespace_id, ret);
	check_allocated(&nvme, &siblings, ret);
	if (siblings.count > 0 && !subject->store)
		finding_not_made(ret, _("without the store nobody knows whose the others are"));
	else if (siblings.count > 0 &&
		 drives_tenants(subject->store, &subject->drive->identity, &own, &error) < 0)
		finding_refuse(ret, _("it is not known whose %s is: %s"),
			subject->drive->identity.name, error.what);
	else
		for (size_t i = 0; i < siblings.count; i++)
			check_sibling(context, &siblings.items[i], &own, ret);
	if (siblings.count > 0) {
		char names[256];
		list_names(&siblings, names, sizeof(names));
		finding_pass_with(ret, _("other namespaces of the drive, erased along: %s"), names);
	} else
		finding_pass_with(ret, _("the drive has no other namespace"));
}
