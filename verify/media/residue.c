/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The residue scan: libblkid's look, and our own at every place where a known mark would stand. A
 * mark in sectors that are exactly our stream is chance; any other is something left. */
#include "verify/media/residue.h"

#include "base/text.h"
#include "device/probe/probe.h"
#include "verify/media/residue_places.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SECTOR_BYTES_MIN 512
#define SECTOR_BYTES_MAX 4096
/* Reads start and end on this, which is whole sectors of every size; O_DIRECT asks for it. */
#define ALIGNMENT UINT64_C(4096)
#define WINDOW_BYTES (256 * KIB)

struct scan {
	int fd;
	uint64_t capacity_bytes;
	uint32_t sector_bytes;
	struct stream *stream; /* NULL: nothing is coincident */
	struct residue_list list;

	uint8_t *window; /* WINDOW_BYTES, aligned; holds [window_start, window_end) */
	uint64_t window_start, window_end;
};

/* Reading ---------------------------------------------------------------------------------- */

static uint64_t round_down(uint64_t value, uint64_t unit)
{
	return value - value % unit;
}

/* Bring [start, end) into the window. The medium must give every byte of it. */
static int load(struct scan *scan, uint64_t start, uint64_t end)
{
	uint64_t from = round_down(start, ALIGNMENT);
	uint64_t to = MIN(round_down(end + ALIGNMENT - 1, ALIGNMENT), scan->capacity_bytes);
	uint64_t done = 0;

	if (start >= end || end > scan->capacity_bytes || to - from > WINDOW_BYTES)
		return -EINVAL;
	scan->window_start = scan->window_end = 0;
	while (done < to - from) {
		ssize_t got = pread(scan->fd, scan->window + done, (size_t)(to - from - done),
			(off_t)(from + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EIO; /* an error, or the medium ends too early */
		done += (uint64_t)got;
	}
	scan->list.bytes_looked_at += done;
	scan->window_start = from;
	scan->window_end = to;
	return 0;
}

/* The byte of the medium at offset, which is in the window. */
static const uint8_t *at(const struct scan *scan, uint64_t offset)
{
	return scan->window + (offset - scan->window_start);
}

/* Findings --------------------------------------------------------------------------------- */

/* Are all sectors that [offset, offset + length) touches, and that are in the window, our stream? */
static int is_coincident(struct scan *scan, uint64_t offset, uint64_t length, bool *ret)
{
	uint64_t from = round_down(offset, scan->sector_bytes);
	uint64_t to = round_down(offset + length + scan->sector_bytes - 1, scan->sector_bytes);
	size_t equal;
	int r;

	*ret = false;
	if (!scan->stream)
		return 0;
	if (from < scan->window_start || to > scan->window_end)
		return -EINVAL;
	r = stream_compare(scan->stream, from, at(scan, from), (size_t)(to - from), &equal);
	if (r == 0)
		*ret = equal == to - from;
	return r;
}

static void add(struct residue_list *list, const char *type, uint64_t offset, bool coincident)
{
	struct residue *item;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].offset_bytes == offset &&
			list->items[i].coincident == coincident)
			return; /* seen by the other eyes */
	if (list->count == RESIDUE_MAX) {
		list->truncated = true;
		return;
	}
	item = &list->items[list->count++];
	(void)snprintf(item->type, sizeof(item->type), "%s", type);
	item->offset_bytes = offset;
	item->coincident = coincident;
}

/* 1: it is residue; 0: coincidence; -errno. */
static int add_in_window(struct scan *scan, const char *type, uint64_t offset, uint64_t length)
{
	bool coincident;
	int r = is_coincident(scan, offset, length, &coincident);

	if (r < 0)
		return r;
	add(&scan->list, type, offset, coincident);
	return !coincident;
}

/* Our own look ----------------------------------------------------------------------------- */

/* Where the mark's first place is, for volumes that begin at start. False: not on this medium. */
static bool find_place(
	const struct scan *scan, const struct residue_mark *mark, uint64_t start, uint64_t *ret)
{
	uint64_t end = scan->capacity_bytes;

	switch (mark->anchor) {
	case PLACE_START:
		*ret = start + mark->offset;
		return true;
	case PLACE_END:
	case PLACE_END_4K:
		break;
	case PLACE_END_64K:
		end = round_down(end, 64 * KIB);
		break;
	case PLACE_END_256K:
		end = round_down(end, 256 * KIB);
		break;
	}
	if (start > 0 || end < mark->offset)
		return false; /* the end is looked at once, not for each start */
	*ret = end - mark->offset;
	if (mark->anchor == PLACE_END_4K)
		*ret = round_down(*ret, 4 * KIB);
	return true;
}

/* Of marks that are repeated, the first that is residue says enough. */
static int look_for(struct scan *scan, const struct residue_mark *mark, uint64_t start)
{
	uint64_t capacity = scan->capacity_bytes;
	uint64_t first, end;
	int r;

	if (!find_place(scan, mark, start, &first) || first >= capacity ||
		mark->length > capacity - first)
		return 0;
	end = MIN(first + (mark->times - 1) * mark->every + mark->length, capacity);
	r = load(scan, first, end);
	for (unsigned i = 0; r == 0 && i < mark->times; i++) {
		uint64_t place = first + i * mark->every;

		if (place + mark->length > end)
			break;
		if (memcmp(at(scan, place), mark->bytes, mark->length) == 0)
			r = add_in_window(scan, mark->type, place, mark->length);
	}
	return MIN(r, 0);
}

static int look_for_marks(struct scan *scan)
{
	for (const uint64_t *start = residue_volume_starts; *start != UINT64_MAX; start++)
		for (const struct residue_mark *mark = residue_marks; mark->type; mark++) {
			int r = look_for(scan, mark, *start);

			if (r < 0)
				return r;
		}
	return 0;
}

/* A master boot record: its mark alone is two bytes, so its four entries must be able to be some:
 * each is marked as active or not (UEFI 2.10, 5.2.1). An empty table is one too. */
static int look_for_mbr(struct scan *scan)
{
	const uint64_t mark = 510, entries = 446, entry_bytes = 16;
	const uint8_t *sector;
	int r = load(scan, 0, SECTOR_BYTES_MIN);

	if (r < 0)
		return r;
	sector = at(scan, 0);
	if (sector[mark] != 0x55 || sector[mark + 1] != 0xaa)
		return 0;
	for (uint64_t i = 0; i < 4; i++)
		if ((sector[entries + i * entry_bytes] & 0x7f) != 0)
			return 0;
	r = add_in_window(scan, "mbr", mark, 2);
	return MIN(r, 0);
}

/* libblkid's look --------------------------------------------------------------------------- */

static int weigh(struct scan *scan, const struct signature *signature)
{
	uint64_t offset = signature->magic_offset_bytes;
	uint64_t length = MAX(signature->magic_length, 1U);
	int r;

	/* Without the magic's place there is nothing to compare with the stream. */
	if (offset >= scan->capacity_bytes || length > scan->capacity_bytes - offset ||
		length > WINDOW_BYTES - 2 * ALIGNMENT) {
		add(&scan->list, signature->type,
			offset == UINT64_MAX ? signature->offset_bytes : offset, false);
		return 0;
	}
	r = load(scan, offset, offset + length);
	if (r == 0)
		r = add_in_window(scan, signature->type, offset, length);
	return MIN(r, 0);
}

static int look_with_libblkid(struct scan *scan, struct error *error)
{
	struct signature_list signatures AUTO_SIGNATURES = { 0 };
	int r = probe_signatures(scan->fd, PROBE_PATIENT_MS, &signatures, error);

	for (size_t i = 0; r == 0 && i < signatures.count; i++)
		/* A partition stands and falls with its table, which is in the list. */
		if (signatures.items[i].usage != SIGNATURE_PARTITION)
			r = weigh(scan, &signatures.items[i]);
	scan->list.truncated |= signatures.truncated;
	return r;
}

/* ------------------------------------------------------------------------------------------- */

static int scan_all(struct scan *scan, struct error *error)
{
	/* Ask the medium, not the page cache; an fd with O_DIRECT has no need of this hint. */
	(void)posix_fadvise(scan->fd, 0, 0, POSIX_FADV_DONTNEED);
	/* libblkid first: its name for what both see says more. */
	int r = look_with_libblkid(scan, error);

	if (r == 0)
		r = look_for_mbr(scan);
	return r < 0 ? r : look_for_marks(scan);
}

static bool is_sound(uint64_t capacity_bytes, uint32_t sector_bytes)
{
	return sector_bytes >= SECTOR_BYTES_MIN && sector_bytes <= SECTOR_BYTES_MAX &&
	       (sector_bytes & (sector_bytes - 1)) == 0 && capacity_bytes > 0 &&
	       capacity_bytes <= INT64_MAX && capacity_bytes % sector_bytes == 0;
}

int residue_scan(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const struct pattern *pattern, struct residue_list *ret, struct error *error)
{
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	uint8_t *window AUTO_FREE = NULL;
	struct scan scan = {
		.fd = fd, .capacity_bytes = capacity_bytes, .sector_bytes = sector_bytes
	};
	struct error why = { 0 };
	int r;

	if (!is_sound(capacity_bytes, sector_bytes))
		return error_set(error, ERROR_FAILED, EINVAL, "residue-scan",
			_("The search for remains was given an impossible capacity or sector "
			  "size"));
	window = aligned_alloc(ALIGNMENT, WINDOW_BYTES);
	if (!window)
		return error_no_memory(error);
	if (pattern) {
		r = stream_open(pattern, &stream, error);
		if (r < 0)
			return r;
	}
	scan.window = window;
	scan.stream = stream;
	r = scan_all(&scan, &why);
	if (r == 0) {
		*ret = scan.list;
		return 0;
	}
	if (why.kind != ERROR_NONE) {
		if (error)
			*error = why;
		return r;
	}
	(void)error_set(error, ERROR_FAILED, -r, "residue-unreadable",
		_("The search for remains could not read every place it has to: %s"), strerror(-r));
	(void)error_next(error, _("Nothing may be concluded about this drive; have it destroyed"));
	return r;
}
