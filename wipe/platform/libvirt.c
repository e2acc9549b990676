/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs of QEMU and KVM under libvirt: the list, and the descriptor. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

static int host_clock(struct platform *platform, int64_t *ret_utc_ms, struct error *error)
{
	(void)platform;
	(void)ret_utc_ms;
	return error_set(error, ERROR_UNSUPPORTED, EOPNOTSUPP, "clock-unsupported",
		_("libvirt has no clock of its own"));
}

/* The domain as it runs and as it is kept have to agree on whose it is. */
static int take_form(virDomainPtr domain, unsigned flags, const struct platform *platform,
	struct domain *ret, struct error *error)
{
	AUTO_FREE char *xml = virDomainGetXMLDesc(domain, flags);
	return xml ? domain_parse(xml, ret, error)
		   : libvirt_error(platform, _("Asking for the VM"), error);
}

int libvirt_identity(
	struct platform *platform, virDomainPtr domain, struct machine *ret, struct error *error)
{
	AUTO_DOMAIN struct domain running = { 0 }, kept = { 0 };
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct machine machine = { 0 };
	if (virDomainGetUUIDString(domain, uuid) < 0)
		return libvirt_error(platform, _("Asking for the VM"), error);
	int result = take_form(domain, 0, platform, &running, error);
	if (result == 0)
		result = take_form(domain, VIR_DOMAIN_XML_INACTIVE, platform, &kept, error);
	if (result == 0)
		result = libvirt_power(platform, domain, &machine.power, error);
	if (result != 0)
		return result;
	memcpy(machine.uuid, uuid, sizeof(uuid));
	memcpy(machine.ref, uuid, sizeof(uuid));
	memcpy(machine.name, running.name, sizeof(running.name));
	if (strcmp(running.service_code, kept.service_code) == 0)
		memcpy(machine.service_code, running.service_code, sizeof(machine.service_code));
	*ret = machine;
	return 0;
}

static int list_into(struct platform *platform, virDomainPtr *domains, int count,
	struct machine_list *list, struct error *error)
{
	list->items = calloc((size_t)count + 1, sizeof(*list->items));
	if (!list->items)
		return error_no_memory(error);
	for (int i = 0; i < count; i++) {
		const int result =
			libvirt_identity(platform, domains[i], &list->items[list->count], error);
		if (result == 0)
			list->count++;
		else if (result != -ENOENT) /* gone since it was listed */
			return result;
	}
	return 0;
}

static int list(struct platform *platform, struct machine_list *ret, struct error *error)
{
	virDomainPtr *domains = NULL;
	AUTO_MACHINES struct machine_list machines = { 0 };
	const int count = virConnectListAllDomains(platform->connection, &domains, 0);
	if (count < 0)
		return libvirt_error(platform, _("Asking for all VMs"), error);
	const int result = list_into(platform, domains, count, &machines, error);
	for (int i = 0; i < count; i++)
		(void)virDomainFree(domains[i]);
	free(domains);
	if (result != 0)
		return result;
	*ret = machines;
	machines = (struct machine_list){ 0 };
	return 0;
}

const struct platform_kind platform_libvirt = {
	.name = "libvirt",
	.open = libvirt_open,
	.close = libvirt_close,
	.clock = host_clock,
	.list = list,
	.survey = libvirt_survey,
	.power_off = libvirt_power_off,
	.remove_snapshots = libvirt_remove_snapshots,
	.erase = libvirt_erase,
	.remove = libvirt_remove,
	.remove_rests = libvirt_remove_rests,
	.look = libvirt_look,
};
