/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that a domain names: as it runs, as it is kept, as its memory was saved, as each snapshot has it. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

struct visit {
	struct platform *platform;
	domain_form *visit;
	void *context;
};

/* xml is owned, NULL when libvirt gave none. */
static int visit_domain(const struct visit *visit, char *xml, struct error *error)
{
	AUTO_FREE char *owned = xml;
	AUTO_DOMAIN struct domain form = { 0 };
	if (!xml)
		return libvirt_error(visit->platform, _("Asking for the VM"), error);
	const int result = domain_parse(owned, &form, error);
	return result == 0 ? visit->visit(visit->context, &form, "", error) : result;
}

static int visit_snapshot(
	const struct visit *visit, virDomainSnapshotPtr snapshot, struct error *error)
{
	AUTO_FREE char *xml = virDomainSnapshotGetXMLDesc(snapshot, 0);
	AUTO_DOMAIN struct domain form = { 0 };
	if (!xml)
		return libvirt_error(visit->platform, _("Asking for a snapshot"), error);
	const int result = snapshot_parse(xml, &form, error);
	return result == 0 ? visit->visit(visit->context, &form, form.name, error) : result;
}

static int visit_snapshots(const struct visit *visit, virDomainPtr domain, struct error *error)
{
	virDomainSnapshotPtr *snapshots = NULL;
	const int count = virDomainListAllSnapshots(
		domain, &snapshots, VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL); /* parents first */
	int result =
		count < 0 ? libvirt_error(visit->platform, _("Asking for snapshots"), error) : 0;
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = visit_snapshot(visit, snapshots[i], error);
		(void)virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
	return result;
}

/* A domain that was saved comes back with the disks that it had then. When libvirt cannot read what was saved (it was
 * erased already), nothing comes back. */
static int visit_saved(const struct visit *visit, virDomainPtr domain, struct error *error)
{
	char place[MACHINE_PLACE_MAX];
	(void)snprintf(place, sizeof(place), SAVED_MEMORY, virDomainGetName(domain));
	if (!visit->platform->remote && erasure_of(place))
		return 0;
	const int has = virDomainHasManagedSaveImage(domain, 0);
	char *xml = has > 0 ? virDomainManagedSaveGetXMLDesc(domain, 0) : NULL;
	if (has < 0 || (has > 0 && !xml && virConnectIsAlive(visit->platform->connection) != 1))
		return libvirt_error(visit->platform, _("Asking for saved memory"), error);
	return xml ? visit_domain(visit, xml, error) : 0;
}

int libvirt_forms(struct platform *platform, virDomainPtr domain, domain_form *visit, void *context,
	struct error *error)
{
	const struct visit all = { platform, visit, context };
	int result = visit_domain(&all, virDomainGetXMLDesc(domain, 0), error);
	if (result == 0)
		result = visit_domain(
			&all, virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE), error);
	if (result == 0)
		result = visit_saved(&all, domain, error);
	return result == 0 ? visit_snapshots(&all, domain, error) : result;
}
