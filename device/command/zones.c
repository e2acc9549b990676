/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BLKREPORTZONE and BLKRESETZONE. */
#include "device/command/zones.h"

#include <errno.h>
#include <linux/blkzoned.h>

#define SECTOR UINT64_C(512) /* these calls count in 512 bytes whatever the drive's sectors are */
#define BATCH 512            /* zones a report */

void disk_zones_free(struct disk_zones *list)
{
	free(list->items);
	*list = (struct disk_zones){ 0 };
}

static struct disk_zone disk_zone_of(const struct blk_zone *zone, bool has_capacity)
{
	struct disk_zone ret = { .start_bytes = zone->start * SECTOR,
		.length_bytes = zone->len * SECTOR,
		.capacity_bytes = (has_capacity ? zone->capacity : zone->len) * SECTOR,
		.sequential = zone->type != BLK_ZONE_TYPE_CONVENTIONAL,
		.writable =
			zone->cond != BLK_ZONE_COND_READONLY && zone->cond != BLK_ZONE_COND_OFFLINE,
		.empty = zone->cond == BLK_ZONE_COND_EMPTY };
	if (ret.sequential && zone->wp >= zone->start)
		ret.written_bytes = (zone->wp - zone->start) * SECTOR;
	return ret;
}

/* What lies one after the other, in one list; a report that goes back or leaves a gap is none. */
static int append(struct disk_zones *list, const struct disk_zone *zone)
{
	const struct disk_zone *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
	uint64_t expected = last ? last->start_bytes + last->length_bytes : 0;
	if (zone->start_bytes != expected || zone->length_bytes == 0 ||
		zone->length_bytes > INT64_MAX || zone->capacity_bytes > zone->length_bytes)
		return -EBADMSG;
	struct disk_zone *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	list->items[list->count++] = *zone;
	return 0;
}

/* 1: some; 0: there are no more; -errno. */
static int read_batch(const struct kernel_transport *transport, struct blk_zone_report *report,
	uint64_t from_bytes, struct disk_zones *list)
{
	report->sector = from_bytes / SECTOR;
	report->nr_zones = BATCH;
	report->flags = 0;
	int result = kernel_call(transport, BLKREPORTZONE, report);
	if (result < 0)
		return result;
	if (report->nr_zones > BATCH)
		return -EBADMSG;
	for (unsigned i = 0; i < report->nr_zones; i++) {
		struct disk_zone zone =
			disk_zone_of(&report->zones[i], report->flags & BLK_ZONE_REP_CAPACITY);
		result = append(list, &zone);
		if (result < 0)
			return result;
	}
	return report->nr_zones > 0;
}

int zones_read(
	const struct kernel_transport *transport, uint64_t capacity_bytes, struct disk_zones *ret)
{
	AUTO_DISK_ZONES struct disk_zones list = { 0 };
	AUTO_FREE struct blk_zone_report *report =
		calloc(1, sizeof(*report) + BATCH * sizeof(report->zones[0]));
	uint64_t end = 0;
	if (!report)
		return -ENOMEM;
	while (end < capacity_bytes) {
		int result = read_batch(transport, report, end, &list);
		if (result <= 0)
			return result < 0 ? result : -EBADMSG;
		const struct disk_zone *last = &list.items[list.count - 1];
		end = last->start_bytes + last->length_bytes;
	}
	if (end != capacity_bytes)
		return -EBADMSG;
	*ret = list;
	list = (struct disk_zones){ 0 };
	return 0;
}

int zones_reset(const struct kernel_transport *transport, const struct disk_zones *list)
{
	int result = 0;
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].writable)
			return -EROFS;
	for (size_t i = 0; result >= 0 && i < list->count; i++) {
		const struct disk_zone *zone = &list->items[i];
		struct blk_zone_range range = { zone->start_bytes / SECTOR,
			zone->length_bytes / SECTOR };
		if (zone->sequential && !zone->empty)
			result = kernel_call(transport, BLKRESETZONE, &range);
	}
	return MIN(result, 0);
}
