/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an array survives without the drive, and which command comes next. */
#include "cli/inventory_leave.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/inventory_tree.h"
#include "cli/output.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void leave_free(struct leave *leave)
{
	free(leave->arrays);
	*leave = (struct leave){ 0 };
}

static int add_array(struct store *store, const struct live *live, const struct drive_record *drive,
	const struct tree_entry *entry, struct leave *leave, struct error *error)
{
	struct leave_array *grown = reallocarray(leave->arrays, leave->count + 1, sizeof(*grown));
	if (!grown)
		return error_no_memory(error);
	leave->arrays = grown;
	grown[leave->count] = (struct leave_array){ .array = entry->array, .stand = entry->stand };
	return array_judge_without(
		store, live, &entry->array, drive, &grown[leave->count++].redundancy, error);
}

/* Above an array is what the array serves, and not for the drive's leaving. */
int leave_read(struct store *store, const struct live *live, const struct drive_record *drive,
	const struct tree *tree, struct leave *ret, struct error *error)
{
	AUTO_LEAVE struct leave leave = { 0 };
	unsigned below = TREE_DEPTH_MAX + 1; /* entries deeper than this stand on an array */
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *entry = &tree->items[i];
		if (entry->depth > below)
			continue;
		below = TREE_DEPTH_MAX + 1;
		leave.mounted |= entry->mounted[0] != '\0';
		if (entry->kind == TREE_VOLUME && entry->stand.left_utc_ms == 0 &&
			entry->volume.present && strcmp(entry->volume.state, "active") == 0)
			leave.volumes = true;
		if (entry->kind != TREE_ARRAY)
			continue;
		below = entry->depth;
		int r = add_array(store, live, drive, entry, &leave, error);
		if (r < 0)
			return r;
	}
	*ret = leave;
	leave = (struct leave){ 0 };
	return 0;
}

/* ---- arrays ---- */

static bool is_claimed(const struct leave_array *array)
{
	return array->stand.left_utc_ms == 0 && array->array.present &&
	       strcmp(array->array.state, "inactive") != 0 &&
	       strcmp(array->array.state, "unknown") != 0;
}

static const char *without_word(const struct leave_array *array)
{
	if (array->stand.left_utc_ms != 0)
		return "left";
	if (!is_claimed(array))
		return "not-assembled";
	switch (array->redundancy.verdict) {
	case REDUNDANCY_UNKNOWN:
		break;
	case REDUNDANCY_BROKEN:
		return "broken";
	case REDUNDANCY_DESTROYED:
		return "destroyed";
	case REDUNDANCY_LAST:
		return "last-redundancy";
	case REDUNDANCY_GOES_ON:
		return "goes-on";
	case REDUNDANCY_UNTOUCHED:
		return "untouched";
	}
	return "unknown";
}

static void without_text(const struct leave_array *array, char *ret, size_t size)
{
	const struct redundancy *redundancy = &array->redundancy;
	switch (redundancy->verdict) {
	case REDUNDANCY_UNKNOWN:
		(void)snprintf(
			ret, size, "%s", _("whether it would survive its removal cannot be told"));
		return;
	case REDUNDANCY_BROKEN:
		(void)snprintf(ret, size, "%s", _("the array has lost data already"));
		return;
	case REDUNDANCY_DESTROYED:
		(void)snprintf(ret, size, "%s",
			_("would survive its removal: NO, its data would be lost"));
		return;
	case REDUNDANCY_LAST:
		if (redundancy->copies_after > 0)
			(void)snprintf(
				ret, size, _("would survive its removal: yes, with the last copy"));
		else
			(void)snprintf(ret, size,
				_("would survive its removal: yes, without any redundancy left"));
		return;
	case REDUNDANCY_GOES_ON:
		(void)snprintf(ret, size,
			_("would survive its removal: yes, and the loss of %d more"),
			redundancy->left_after);
		return;
	case REDUNDANCY_UNTOUCHED:
		(void)snprintf(ret, size, "%s",
			_("would survive its removal: yes, it holds none of its data"));
		return;
	}
}

static void print_array(const struct leave_array *array)
{
	char label[ARRAY_LABEL_MAX], text[160], slot[48] = "", time[DESCRIBE_TIME_SIZE];
	array_label(&array->array, label);
	describe_time(array->stand.left_utc_ms, time);
	if (array->stand.slot >= 0)
		(void)snprintf(slot, sizeof(slot), _(", slot %d"), array->stand.slot);
	if (array->stand.left_utc_ms != 0) {
		output_line(stdout, _("Array: %s%s; left it %s"), label, slot, time);
	} else if (!array->array.present) {
		output_line(stdout, _("Array: %s%s; the array itself is absent"), label, slot);
	} else if (!is_claimed(array)) {
		output_line(stdout, _("Array: %s%s; %s"), label, slot,
			array_state_text(array->array.state));
	} else {
		without_text(array, text, sizeof(text));
		output_line(stdout, _("Array: %s%s, %s; %s"), label, slot,
			member_state_text(array->stand.state), text);
	}
}

/* ---- how it may leave ---- */

/* The device that mdadm wants: of the drive, or of its partition as the kernel spells it. */
static void device_name(
	const struct drive_record *drive, unsigned partition_number, char *ret, size_t size)
{
	const char *name = drive->identity.name;
	size_t length = strlen(name);
	bool digit = length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9';
	if (partition_number == 0)
		(void)snprintf(ret, size, "/dev/%s", name);
	else
		(void)snprintf(ret, size, "/dev/%s%s%u", name, digit ? "p" : "", partition_number);
}

static void print_way_out_of(const struct leave_array *array, const struct drive_record *drive)
{
	char device[160];
	device_name(drive, array->stand.partition_number, device, sizeof(device));
	const char *name = array->array.name;
	enum redundancy_verdict verdict = array->redundancy.verdict;
	/* Its member is not the drive, but what stands on it: mdadm wants that, and it must be closed. */
	if (array->stand.lower.kind != SUBJECT_DRIVE && verdict != REDUNDANCY_DESTROYED)
		verdict = REDUNDANCY_UNKNOWN;
	switch (verdict) {
	case REDUNDANCY_UNKNOWN:
	case REDUNDANCY_BROKEN:
		output_line(stdout,
			_("How it may leave: look into %s first (mdadm --detail /dev/%s)"), name,
			name);
		return;
	case REDUNDANCY_DESTROYED:
		output_line(stdout,
			_("How it may leave: not yet; give %s redundancy, or move its data away"),
			name);
		return;
	case REDUNDANCY_LAST:
	case REDUNDANCY_GOES_ON:
		output_line(stdout,
			_("How it may leave: mdadm --manage /dev/%s --fail %s --remove %s; then "
			  "haiki wipe plan D%" PRId64),
			name, device, device, drive->id);
		return;
	case REDUNDANCY_UNTOUCHED:
		output_line(stdout,
			_("How it may leave: mdadm --manage /dev/%s --remove %s; then haiki wipe "
			  "plan D%" PRId64),
			name, device, drive->id);
		return;
	}
}

static void print_way_out(const struct leave *leave, const struct drive_record *drive)
{
	for (size_t i = 0; i < leave->count; i++) {
		if (!is_claimed(&leave->arrays[i]) ||
			strcmp(leave->arrays[i].array.level, "container") == 0)
			continue;
		print_way_out_of(&leave->arrays[i], drive);
		return;
	}
	if (strcmp(drive->custody, "returned") == 0 || strcmp(drive->custody, "disposed") == 0 ||
		strcmp(drive->custody, "destroyed") == 0)
		return; /* it has left */
	if (strcmp(drive->custody, "sanitized") == 0)
		output_line(stdout,
			_("How it may leave: it is sanitized; haiki inventory custody D%" PRId64
			  " reused, returned, disposed or destroyed"),
			drive->id);
	else if (leave->mounted)
		output_line(stdout,
			_("How it may leave: unmount it; then haiki wipe plan D%" PRId64),
			drive->id);
	else if (leave->volumes)
		output_line(stdout,
			_("How it may leave: move or close what stands on it (pvmove and "
			  "vgreduce, vgchange -an, cryptsetup close); then haiki wipe plan "
			  "D%" PRId64),
			drive->id);
	else
		output_line(stdout, _("How it may leave: haiki wipe plan D%" PRId64), drive->id);
}

void leave_print(const struct leave *leave, const struct drive_record *drive)
{
	for (size_t i = 0; i < leave->count; i++)
		print_array(&leave->arrays[i]);
	if (drive->present)
		print_way_out(leave, drive);
}

json_t *leave_json(const struct leave *leave)
{
	AUTO_JSON json_t *list = json_array();
	for (size_t i = 0; list && i < leave->count; i++) {
		const struct leave_array *array = &leave->arrays[i];
		AUTO_JSON json_t *json = json_object();
		char id[SUBJECT_ID_MAX], left[CLOCK_TEXT_SIZE] = "";
		const struct subject subject = { SUBJECT_ARRAY, array->array.id };
		subject_format(&subject, id);
		if (array->stand.left_utc_ms != 0)
			clock_format(array->stand.left_utc_ms, left);
		if (!json || json_put_string(json, "array", id) < 0 ||
			json_put_string(json, "name", array->array.name) < 0 ||
			json_put_string(json, "level", array->array.level) < 0 ||
			json_put_integer(json, "slot", array->stand.slot) < 0 ||
			json_put_string(json, "member_state", array->stand.state) < 0 ||
			json_put_string(json, "left_utc", left) < 0 ||
			json_put_string(json, "without", without_word(array)) < 0 ||
			json_put_integer(json, "redundancy_left", array->redundancy.left_after) <
				0 ||
			json_push(list, json_incref(json)) < 0)
			return NULL;
	}
	return json_incref(list);
}
