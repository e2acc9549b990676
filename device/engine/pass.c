/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over one drive: the same loop writes and reads back. */
#include "device/engine/pass.h"

#include "device/drive.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE_BYTES 4096
#define TRIES_BLOCK 2  /* of a range that can still be halved */
#define TRIES_SECTOR 3 /* of a single sector, before it is called bad */
/* A cancelled pass without a stall limit waits so long for what is in flight. */
#define CANCEL_PATIENCE_US (UINT64_C(30) * 1000000)

uint64_t pass_clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool is_write(const struct pass *pass)
{
	return pass->request.direction == PASS_WRITE;
}

/* The first reason stands, but a good end may still turn bad: the last flush can fail. */
static void end_with(struct pass *pass, enum pass_end end, int errnum)
{
	if (pass->ending != PASS_END_UNKNOWN && pass->ending != PASS_COMPLETE &&
		pass->ending != PASS_CANCELLED)
		return;
	pass->ending = end;
	pass->ending_errnum = errnum;
}

static void finish(struct pass *pass, bool abandoned)
{
	if (pass->lane)
		pass->backend->detach(pass->queue, pass->lane, abandoned);
	if (pass->arena && !abandoned)
		munmap(pass->arena, pass->arena->bytes);
	pass->lane = NULL;
	pass->arena = NULL;
	pass->finished = true;
	pass->waiting_since_us = 0;
	pass->errnum = pass->ending_errnum;
	pass->end = (int)pass->ending;
}

static struct arena *arena_open(unsigned depth, uint32_t request_bytes)
{
	size_t head = sizeof(struct arena) + depth * sizeof(struct slot);
	head = (head + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	size_t bytes = head + (size_t)depth * request_bytes;
	struct arena *arena =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		return NULL;
	arena->slot_count = depth;
	arena->bytes = bytes;
	for (unsigned i = 0; i < depth; i++)
		arena->slots[i].data = (uint8_t *)arena + head + (size_t)i * request_bytes;
	return arena;
}

void pass_attach(struct pass *pass, const struct io_queue_backend *backend, struct io_queue *queue,
	unsigned depth, uint32_t request_bytes)
{
	pass->backend = backend;
	pass->queue = queue;
	pass->request_bytes = request_bytes;
	pass->last_report_us = pass_clock_us();
	int result = -ENOMEM;
	pass->arena = arena_open(depth, request_bytes);
	if (pass->arena)
		result = backend->attach(
			queue, pass->request.fd, pass->arena, pass->arena->bytes, &pass->lane);
	if (result == 0)
		return;
	end_with(pass, PASS_INTERNAL, -result);
	finish(pass, false);
}

/* Everything before this position has been tried. */
static uint64_t watermark(const struct pass *pass)
{
	uint64_t low = pass->position;
	for (unsigned i = 0; i < pass->arena->slot_count; i++)
		if (pass->arena->slots[i].busy && pass->arena->slots[i].position < low)
			low = pass->arena->slots[i].position;
	return low;
}

static bool has_busy_slot(const struct pass *pass)
{
	for (unsigned i = 0; i < pass->arena->slot_count; i++)
		if (pass->arena->slots[i].busy)
			return true;
	return false;
}

/* The queue may be full for the moment (-EAGAIN: nothing happened, try later). A queue that refuses
 * for good may still hold the request, so the memory is left to it. */
static int submit(struct pass *pass, struct io_request *request, uint64_t now_us)
{
	int result = pass->backend->submit(pass->queue, pass->lane, request);
	if (result == 0) {
		if (pass->in_flight++ == 0)
			pass->waiting_since_us = now_us;
	} else if (result != -EAGAIN) {
		end_with(pass, PASS_INTERNAL, -result);
		finish(pass, true);
	}
	return result;
}

/* A periodic pattern looks alike everywhere: a read that moved nothing would leave the last chunk's
 * bytes, which compare equal. So one byte of each sector is made wrong before. */
static void poison(const struct pass *pass, const struct io_request *request)
{
	const struct pattern *pattern = &pass->request.pattern;
	if (is_write(pass) || pattern->kind != STREAM_PERIODIC)
		return;
	for (uint32_t i = 0; i < request->length; i += pass->request.sector_bytes)
		request->data[i] =
			(uint8_t)~pattern->period[(request->offset + i) % pattern->period_bytes];
}

static void submit_slot(struct pass *pass, struct slot *slot, uint64_t now_us)
{
	const struct byte_range *range = &slot->todo[slot->todo_count - 1];
	slot->request = (struct io_request){
		.operation = is_write(pass) ? IO_WRITE : IO_READ,
		.offset = range->offset_bytes,
		.length = (uint32_t)range->length_bytes,
		.data = slot->data + (range->offset_bytes - slot->offset_bytes),
		.owner = pass,
	};
	poison(pass, &slot->request);
	if (submit(pass, &slot->request, now_us) != 0)
		return;
	slot->in_flight = true;
	if (is_write(pass)) {
		pass->written_since_flush = true;
		pass->flushed = false;
	}
}

static void submit_flush(struct pass *pass, uint64_t now_us)
{
	pass->flush_position = watermark(pass);
	pass->arena->flush = (struct io_request){ .operation = IO_FLUSH, .owner = pass };
	if (submit(pass, &pass->arena->flush, now_us) != 0)
		return;
	pass->flush_in_flight = true;
	pass->written_since_flush = has_busy_slot(pass);
}

static bool rate_allows(const struct pass *pass, uint64_t now_us)
{
	return pass->request.rate_bytes_per_second == 0 || now_us >= pass->next_submit_us;
}

static void rate_charge(struct pass *pass, uint32_t length, uint64_t now_us)
{
	if (pass->request.rate_bytes_per_second == 0)
		return;
	/* A pass that was held up does not make up for it in a burst. */
	pass->next_submit_us = MAX(pass->next_submit_us, now_us) +
			       (uint64_t)length * 1000000 / pass->request.rate_bytes_per_second;
}

/* Take the next chunk of the ranges into a free slot. */
static void start_chunk(struct pass *pass, struct slot *slot, uint64_t now_us)
{
	const struct byte_range *range = &pass->ranges[pass->range_index];
	uint64_t left = range->length_bytes - pass->range_done_bytes;
	slot->length_bytes = (uint32_t)MIN(left, (uint64_t)pass->request_bytes);
	slot->offset_bytes = range->offset_bytes + pass->range_done_bytes;
	slot->position = pass->position;
	slot->todo[0] = (struct byte_range){ slot->offset_bytes, slot->length_bytes };
	slot->todo_count = 1;
	slot->tries = 0;
	if (is_write(pass) &&
		stream_fill(pass->stream, slot->offset_bytes, slot->data, slot->length_bytes) < 0) {
		end_with(pass, PASS_INTERNAL, EIO);
		return;
	}
	slot->busy = true;
	pass->position += slot->length_bytes;
	pass->range_done_bytes += slot->length_bytes;
	if (pass->range_done_bytes == range->length_bytes) {
		pass->range_index++;
		pass->range_done_bytes = 0;
	}
	rate_charge(pass, slot->length_bytes, now_us);
	submit_slot(pass, slot, now_us);
}

/* One slot that waits for its next try, or one new chunk. */
static bool submit_next(struct pass *pass, uint64_t now_us)
{
	struct slot *free_slot = NULL;
	for (unsigned i = 0; i < pass->arena->slot_count; i++) {
		struct slot *slot = &pass->arena->slots[i];
		if (slot->busy && !slot->in_flight) {
			submit_slot(pass, slot, now_us);
			return pass->finished || slot->in_flight;
		}
		if (!slot->busy)
			free_slot = slot;
	}
	if (!free_slot || pass->position == pass->total_bytes || !rate_allows(pass, now_us))
		return false;
	if (pass->request.in_order && pass->in_flight > 0)
		return false;
	start_chunk(pass, free_slot, now_us);
	return true;
}

static void report_durable(struct pass *pass, uint64_t position, uint64_t now_us)
{
	pass->last_report_us = now_us;
	if (position <= pass->durable_bytes)
		return;
	pass->durable_bytes = position;
	if (pass->request.durable_interval_ms > 0)
		events_post(pass->events, &pass->durable_event);
}

/* Now and then: flush what was written, or say how far the comparison is. */
static bool report_when_due(struct pass *pass, uint64_t now_us)
{
	uint64_t interval_us = pass->request.durable_interval_ms * 1000;
	if (interval_us == 0 || now_us - pass->last_report_us < interval_us)
		return false;
	if (!is_write(pass)) {
		report_durable(pass, watermark(pass), now_us);
		return false;
	}
	if (pass->flush_in_flight || watermark(pass) <= pass->durable_bytes)
		return false;
	submit_flush(pass, now_us);
	return pass->flush_in_flight;
}

/* Nothing is in flight and no more will be submitted, but perhaps a last flush. */
static bool conclude(struct pass *pass, uint64_t now_us)
{
	bool worth_a_flush = pass->ending == PASS_COMPLETE || pass->ending == PASS_CANCELLED;
	if (is_write(pass) && worth_a_flush && !pass->flushed) {
		submit_flush(pass, now_us);
		return pass->finished || pass->flush_in_flight;
	}
	if (!is_write(pass))
		pass->durable_bytes = watermark(pass);
	finish(pass, false);
	return true;
}

static bool is_stalled(const struct pass *pass, uint64_t now_us)
{
	uint64_t limit_us = pass->request.stall_limit_ms * 1000;
	if (pass->cancel && (limit_us == 0 || limit_us > CANCEL_PATIENCE_US))
		limit_us = CANCEL_PATIENCE_US;
	return pass->in_flight > 0 && limit_us > 0 && now_us > pass->waiting_since_us &&
	       now_us - pass->waiting_since_us > limit_us;
}

bool pass_advance(struct pass *pass, uint64_t now_us)
{
	if (is_stalled(pass, now_us)) {
		end_with(pass, PASS_STALLED, ETIMEDOUT);
		finish(pass, true);
		return true;
	}
	if (pass->cancel && pass->ending == PASS_END_UNKNOWN)
		end_with(pass, PASS_CANCELLED, 0);
	if (pass->ending == PASS_END_UNKNOWN && pass->position == pass->total_bytes &&
		!has_busy_slot(pass))
		end_with(pass, PASS_COMPLETE, 0);
	if (pass->ending != PASS_END_UNKNOWN)
		return pass->in_flight == 0 && conclude(pass, now_us);
	bool reported = report_when_due(pass, now_us);
	return !pass->finished && (submit_next(pass, now_us) || reported);
}

static void add_bad(
	struct pass *pass, enum bad_kind kind, uint64_t offset, uint64_t length, int errnum)
{
	struct bad_range bad = { kind, { offset, length }, errnum };
	int result = pass_add_bad(pass, &bad);
	if (result == -EOVERFLOW)
		end_with(pass, PASS_TOO_MANY_ERRORS, errnum);
	else if (result < 0)
		end_with(pass, PASS_INTERNAL, -result);
	pass->bad_bytes += length;
}

/* Compare what was read; every sector with a differing byte is a mismatch. */
static void compare(struct pass *pass, const struct io_request *request, uint64_t length)
{
	uint32_t sector = pass->request.sector_bytes;
	uint64_t done = 0;
	while (done < length && pass->ending == PASS_END_UNKNOWN) {
		size_t equal = 0;
		if (stream_compare(pass->stream, request->offset + done, request->data + done,
			    length - done, &equal) < 0) {
			end_with(pass, PASS_INTERNAL, EIO);
			return;
		}
		done += equal;
		if (done == length)
			return;
		done -= done % sector; /* requests start on a sector */
		add_bad(pass, BAD_MISMATCH, request->offset + done, sector, 0);
		done += sector;
	}
}

/* moved bytes of the slot's range are good as far as the kernel says. */
static void take_moved(struct pass *pass, struct slot *slot, uint64_t moved)
{
	struct byte_range *range = &slot->todo[slot->todo_count - 1];
	if (!is_write(pass))
		compare(pass, &slot->request, moved);
	range->offset_bytes += moved;
	range->length_bytes -= moved;
	if (range->length_bytes == 0)
		slot->todo_count--;
	slot->tries = 0;
}

static void halve(struct pass *pass, struct slot *slot)
{
	assert(slot->todo_count < SLOT_TODO_MAX);
	struct byte_range *range = &slot->todo[slot->todo_count - 1];
	uint32_t sector = pass->request.sector_bytes;
	uint64_t first = MAX(range->length_bytes / 2 / sector, (uint64_t)1) * sector;
	slot->todo[slot->todo_count] = (struct byte_range){ range->offset_bytes, first };
	range->offset_bytes += first;
	range->length_bytes -= first;
	slot->todo_count++;
	slot->tries = 0;
}

static void take_failure(struct pass *pass, struct slot *slot, int errnum)
{
	struct byte_range *range = &slot->todo[slot->todo_count - 1];
	bool gone = errnum == ENODEV || errnum == ENXIO ||
		    (pass->request.disk_sequence != 0 &&
			    !drive_is_present(pass->request.fd, pass->request.disk_sequence));
	if (gone) {
		end_with(pass, PASS_VANISHED, errnum);
		return;
	}
	if (++pass->failed_tries > PASS_FAILED_TRIES_MAX) {
		end_with(pass, PASS_TOO_MANY_ERRORS, errnum);
		return;
	}
	bool single = range->length_bytes <= pass->request.sector_bytes;
	if (++slot->tries < (single ? TRIES_SECTOR : TRIES_BLOCK))
		return;
	if (!single) {
		halve(pass, slot);
		return;
	}
	add_bad(pass, is_write(pass) ? BAD_UNWRITABLE : BAD_UNREADABLE, range->offset_bytes,
		range->length_bytes, errnum);
	slot->todo_count--;
	slot->tries = 0;
}

static void answer_slot(struct pass *pass, struct slot *slot, int result)
{
	const struct byte_range *range = &slot->todo[slot->todo_count - 1];
	slot->in_flight = false;
	uint64_t moved = result > 0 ? MIN((uint64_t)result, range->length_bytes) : 0;
	moved -= moved % pass->request.sector_bytes;
	if (moved > 0)
		take_moved(pass, slot, moved);
	else /* no byte and no error is the end of the device: as good as an error */
		take_failure(pass, slot, result < 0 ? -result : EIO);
	if (slot->todo_count > 0 || pass->ending == PASS_INTERNAL)
		return;
	slot->busy = false;
	pass->done_bytes += slot->length_bytes;
}

static void answer_flush(struct pass *pass, int result, uint64_t now_us)
{
	pass->flush_in_flight = false;
	if (result < 0) {
		end_with(pass, PASS_FLUSH_FAILED, -result);
		return;
	}
	pass->flushed = !pass->written_since_flush;
	report_durable(pass, pass->flush_position, now_us);
}

static_assert(offsetof(struct slot, request) == 0, "an answered request is its slot");

void pass_answer(struct pass *pass, struct io_request *request, uint64_t now_us)
{
	pass->in_flight--;
	pass->waiting_since_us = pass->in_flight > 0 ? now_us : 0;
	if (request == &pass->arena->flush)
		answer_flush(pass, request->result, now_us);
	else
		answer_slot(pass, (struct slot *)request, request->result);
}
