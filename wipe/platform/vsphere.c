/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMware vSphere, by its Web Services alone: the kind, and the short ones of its functions. */
#include "wipe/platform/vsphere.h"

#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>
#include <time.h>

#define TASK_TIMEOUT_MS (10 * 60 * 1000)
#define SNAPSHOTS_TIMEOUT_MS (24 * 60 * 60 * 1000) /* merging large disks takes long */
#define POWER_ROUNDS 60
#define POWER_PAUSE_MS 1000

static int open_platform(
	const struct config_platform *config, struct platform **ret, struct error *error)
{
	return vsphere_open(config, VSPHERE_TIMEOUT_MS, ret, error);
}

/* ---- its clock ---- */

/* "2027-03-31T12:34:56.789012Z", or with an offset. */
static bool read_time(const char *text, int64_t *ret_utc_ms)
{
	struct tm parts = { 0 };
	int64_t fraction_ms = 0, offset_ms = 0, digit_ms = 100;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	if (rest && *rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, digit_ms /= 10)
			fraction_ms += (*rest - '0') * digit_ms;
	if (!rest)
		return false;
	if (*rest == '+' || *rest == '-') {
		unsigned hours = 0, minutes = 0;
		char sign = *rest;
		if (strlen(rest) != strlen("+09:00") || rest[3] != ':' ||
			strspn(rest + 1, "0123456789") != 2 || strspn(rest + 4, "0123456789") != 2)
			return false;
		hours = (unsigned)(rest[1] - '0') * 10 + (unsigned)(rest[2] - '0');
		minutes = (unsigned)(rest[4] - '0') * 10 + (unsigned)(rest[5] - '0');
		offset_ms = (int64_t)(hours * 60 + minutes) * 60 * 1000 * (sign == '-' ? -1 : 1);
	} else if (strcmp(rest, "Z") != 0) {
		return false;
	}
	*ret_utc_ms = (int64_t)timegm(&parts) * 1000 + fraction_ms - offset_ms;
	return true;
}

static int read_clock(struct platform *platform, int64_t *ret_utc_ms, struct error *error)
{
	static const struct vsphere_ref service = { "ServiceInstance", "ServiceInstance" };
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	char text[64];
	int result = vsphere_call(platform, "CurrentTime", &service, "", &answer, error);
	if (result != 0)
		return result;
	if (!vsphere_text(vsphere_child(answer.node, "returnval"), text, sizeof(text)) ||
		!read_time(text, ret_utc_ms))
		return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
			_("The time that %s tells cannot be read"), platform->config.name);
	return 0;
}

/* ---- power ---- */

static int power_off(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, bool *ret_was_off, struct error *error)
{
	for (unsigned round = 0; round < POWER_ROUNDS; round++) {
		struct vsphere_ref vm;
		enum machine_power power = MACHINE_POWER_UNKNOWN;
		struct vsphere_fault fault = { 0 };
		int result = vsphere_find(platform, machine, &vm, &power, error);
		if (result != 0)
			return result;
		if (power == MACHINE_OFF) {
			*ret_was_off = round == 0;
			return 0;
		}
		const struct vsphere_task task = { .method = "PowerOffVM_Task",
			.object = &vm,
			.arguments = "",
			.timeout_ms = TASK_TIMEOUT_MS,
			.pace = pace };
		result = vsphere_run(platform, &task, NULL, &fault, error);
		/* it may have gone off by itself meanwhile: the next round sees it */
		if (result != 0 && strcmp(fault.type, "InvalidPowerState") != 0)
			return result;
		if (round > 0 && vsphere_pause(pace, POWER_PAUSE_MS))
			return error_set(error, ERROR_INTERRUPTED, EINTR, "interrupted",
				_("%s was stopped on %s"), "PowerOffVM_Task",
				platform->config.name);
	}
	return error_set(error, ERROR_WAITING, EBUSY, "vm-runs",
		_("The VM %s does not go off: %s was told to"), machine->uuid,
		platform->config.name);
}

/* ---- snapshots ---- */

struct snapshots {
	unsigned count;
	bool told; /* an answer without the property, not one that could not give it */
};

static void count_below(struct snapshots *snapshots, const xmlNode *list, const char *element)
{
	for (const xmlNode *snapshot = vsphere_child(list, element); snapshot;
		snapshot = vsphere_next(snapshot, element)) {
		snapshots->count++;
		count_below(snapshots, snapshot, "childSnapshotList");
	}
}

static int read_snapshots(void *context, const xmlNode *content, struct error *error)
{
	struct snapshots *snapshots = context;
	(void)error;
	snapshots->told = !vsphere_child(content, "missingSet");
	count_below(snapshots, vsphere_property(content, "snapshot.rootSnapshotList"),
		"VirtualMachineSnapshotTree");
	return 0;
}

static int count_snapshots(struct platform *platform, const struct machine *machine,
	struct vsphere_ref *ret_vm, unsigned *ret, struct error *error)
{
	struct snapshots snapshots = { 0 };
	enum machine_power power = MACHINE_POWER_UNKNOWN;
	int result = vsphere_find(platform, machine, ret_vm, &power, error);
	const struct vsphere_query query = {
		.object = ret_vm, .type = "VirtualMachine", .paths = { "snapshot.rootSnapshotList" }
	};
	if (result == 0)
		result = vsphere_collect(platform, &query, read_snapshots, &snapshots, error);
	if (result == 0 && !snapshots.told)
		result = error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
			_("%s does not tell which snapshots the VM %s has"), platform->config.name,
			machine->uuid);
	if (result == 0)
		*ret = snapshots.count;
	return result;
}

/* Their disks are merged and given back without being erased, so nothing may begin where erasure is required. */
static int refuse_snapshots(
	const struct platform *platform, const struct machine *machine, struct error *error)
{
	return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "erase-unsupported",
		_("%s cannot erase what the snapshots of the VM %s hold, and erasure is required"),
		platform->config.name, machine->uuid);
}

/* What a snapshot's disk holds is merged into the one below it. Where another VM uses that one (a linked clone stands on
 * it), its contents would change under that VM. */
static int check_unshared(
	struct platform *platform, const struct machine *machine, struct error *error)
{
	AUTO_MACHINE struct machine now = { 0 };
	/* Fresh, as before anything that destroys. */
	platform->index = vsphere_index_free(platform->index);
	int result = vsphere_survey(platform, machine->uuid, &now, error);
	if (result < 0)
		return result;
	for (size_t i = 0; i < now.disk_count; i++) {
		const struct machine_disk *disk = &now.disks[i];
		if (disk->shared_count == 0)
			continue;
		error_set(error, ERROR_REFUSED, EBUSY, "vm-disk-shared",
			_("%s: the VM %s has snapshots, and others use its disk %s: removing the "
			  "snapshots would change what they use"),
			platform->config.name, machine->uuid, disk->place);
		return error_next(
			error, _("Give those who use it disks of their own; then the next "
				 "run goes on."));
	}
	return 0;
}

static int remove_snapshots(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, unsigned *ret_count, struct error *error)
{
	unsigned before = 0, after = 0;
	struct vsphere_ref vm;
	struct vsphere_fault fault = { 0 };
	int result = count_snapshots(platform, machine, &vm, &before, error);
	if (result != 0 || before == 0) {
		*ret_count = result == 0 ? 0 : *ret_count;
		return result;
	}
	if (pace && pace->erasure_required)
		return refuse_snapshots(platform, machine, error);
	result = check_unshared(platform, machine, error);
	if (result != 0)
		return result;
	const struct vsphere_task task = { .method = "RemoveAllSnapshots_Task",
		.object = &vm,
		.arguments = "",
		.timeout_ms = SNAPSHOTS_TIMEOUT_MS,
		.pace = pace };
	result = vsphere_run(platform, &task, NULL, &fault, error);
	if (result == 0)
		result = count_snapshots(platform, machine, &vm, &after, error);
	if (result == 0 && after > 0)
		return error_set(error, ERROR_FAILED, EBUSY, "vm-snapshots",
			_("%s still shows snapshots of the VM %s after they were removed"),
			platform->config.name, machine->uuid);
	if (result == 0)
		*ret_count = before;
	return result;
}

const struct platform_kind platform_vsphere = {
	.name = "vsphere",
	.open = open_platform,
	.close = vsphere_close,
	.clock = read_clock,
	.list = vsphere_list,
	.survey = vsphere_survey,
	.identify = vsphere_identify,
	.power_off = power_off,
	.remove_snapshots = remove_snapshots,
	.erase = vsphere_erase,
	.remove = vsphere_remove,
	.look = vsphere_look,
};
