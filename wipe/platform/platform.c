/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kinds of platforms share: words, and giving back what they answered. */
#include "wipe/platform/platform.h"

const char *machine_power_name(enum machine_power power)
{
	switch (power) {
	case MACHINE_OFF:
		return "off";
	case MACHINE_ON:
		return "on";
	case MACHINE_SUSPENDED:
		return "suspended";
	case MACHINE_POWER_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *presence_name(enum presence presence)
{
	switch (presence) {
	case PRESENCE_PRESENT:
		return "present";
	case PRESENCE_GONE:
		return "gone";
	case PRESENCE_NONE:
		return "none";
	case PRESENCE_UNKNOWN:
		break;
	}
	return "unknown";
}

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++)
		free(texts[i]);
	free(texts);
}

static void free_disk(struct machine_disk *disk)
{
	free(disk->place);
	free_texts(disk->chain, disk->chain_count);
	free_texts(disk->shared_with, disk->shared_count);
}

void machine_free(struct machine *machine)
{
	for (size_t i = 0; machine->disks && i < machine->disk_count; i++)
		free_disk(&machine->disks[i]);
	free(machine->disks);
	free_texts(machine->snapshots, machine->snapshot_count);
	free_texts(machine->files, machine->file_count);
	*machine = (struct machine){ 0 };
}

void machine_list_free(struct machine_list *list)
{
	for (size_t i = 0; list->items && i < list->count; i++)
		machine_free(&list->items[i]);
	free(list->items);
	*list = (struct machine_list){ 0 };
}

void machine_look_free(struct machine_look *look)
{
	free_texts(look->left, look->left_count);
	*look = (struct machine_look){ 0 };
}
