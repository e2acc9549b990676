/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lift what hides a part of the medium: HPA and DCO (ACS-2), AMAC (ACS-4). What is lifted is what the
 * drive then says of itself, not what it answered to the command. */
#include "wipe/erase/restore_capacity.h"

#include "device/command/ata.h"
#include "wipe/erase/rescan.h"
#include <errno.h>
#include <string.h>

/* What is being done, for each area. facts: as the drive stands now. */
struct restoring {
	struct scsi_transport *scsi;
	struct ata_facts facts;
	struct capacity_change *changes;
	size_t count;
};

/* The area's entry, made where there is none yet. */
static struct capacity_change *change_of(struct restoring *restoring, const char *area)
{
	for (size_t i = 0; i < restoring->count; i++)
		if (strcmp(restoring->changes[i].area, area) == 0)
			return &restoring->changes[i];
	struct capacity_change *change = &restoring->changes[restoring->count++];
	*change = (struct capacity_change){ .area = area,
		.before_sectors = restoring->facts.sectors };
	return change;
}

/* How it ended: error is of the commands, maximum what should be addressed now. */
static void note(
	struct restoring *restoring, struct capacity_change *change, int error, uint64_t maximum)
{
	struct ata_facts facts;
	int asked = ata_identify(restoring->scsi, &facts);
	if (!asked) {
		restoring->facts = facts;
		change->after_sectors = facts.sectors;
		if (!error && facts.sectors != maximum)
			error = -EIO;
	} else {
		change->after_sectors = 0;
	}
	change->errnum = error ? -error : -asked;
}

static int set_native(struct restoring *restoring, bool permanent, uint64_t *ret_maximum)
{
	bool extended = restoring->facts.extended;
	int error = ata_read_native_max(restoring->scsi, extended, ret_maximum);
	if (!error && *ret_maximum < restoring->facts.sectors)
		error = -EBADMSG;
	if (!error && *ret_maximum > restoring->facts.sectors)
		error = ata_set_max(restoring->scsi, extended, permanent, *ret_maximum);
	return error;
}

static void lift_protected_area(struct restoring *restoring)
{
	uint64_t maximum = 0;
	struct capacity_change *change = change_of(restoring, "hpa");
	int error = set_native(restoring, true, &maximum);
	if (error == -EREMOTEIO)
		error = set_native(restoring, false, &maximum);
	note(restoring, change, error, maximum);
}

static void lift_accessible_max(struct restoring *restoring)
{
	uint64_t maximum = 0;
	struct capacity_change *change = change_of(restoring, "amac");
	int error = ata_read_accessible_max(restoring->scsi, &maximum);
	if (!error && maximum < restoring->facts.sectors)
		error = -EBADMSG;
	if (!error && maximum > restoring->facts.sectors)
		error = ata_set_accessible_max(restoring->scsi, maximum);
	note(restoring, change, error, maximum);
}

static void lift_overlay(struct restoring *restoring)
{
	uint64_t maximum = 0;
	struct capacity_change *change = change_of(restoring, "dco");
	int error = ata_read_configuration_max(restoring->scsi, &maximum);
	if (!error && maximum < restoring->facts.sectors)
		error = -EBADMSG;
	bool hides = !error && maximum > restoring->facts.sectors;
	if (hides)
		error = ata_restore_configuration(restoring->scsi);
	note(restoring, change, error, maximum);
	/* What it covered may be protected in turn, and the protection itself may have been hidden. */
	if (hides && change->errnum && restoring->facts.has_protected_area) {
		lift_protected_area(restoring);
		note(restoring, change, error, maximum);
	}
}

int restore_capacity(
	const struct erase_call *call, struct capacity_change ret[static 3], size_t *ret_count)
{
	struct restoring restoring = { .scsi = &call->transports->scsi, .changes = ret };
	*ret_count = 0;
	if (call->drive->identity.transport != TRANSPORT_ATA || call->drive->identity.is_virtual)
		return 0;
	int error =
		restoring.scsi->send ? ata_identify(restoring.scsi, &restoring.facts) : -EOPNOTSUPP;
	if (error)
		return error;
	uint64_t before = restoring.facts.sectors;
	if (restoring.facts.has_protected_area)
		lift_protected_area(&restoring);
	if (restoring.facts.has_accessible_max_address)
		lift_accessible_max(&restoring);
	if (restoring.facts.has_configuration_overlay)
		lift_overlay(&restoring);
	*ret_count = restoring.count;
	if (restoring.facts.sectors > before)
		rescan_capacity(
			call->drive->fd, restoring.facts.sectors * restoring.facts.sector_bytes);
	return 0;
}
