/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Medium, identity and erase operations of a drive model. Time is an argument; nothing here waits. */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a sector answers with, when not with what the medium holds. */
enum fate {
	FATE_STORED,
	FATE_UNMAPPED,   /* zeros; the bytes of before are still on the medium */
	FATE_UNREADABLE, /* nothing before it is written */
};

#define DEFAULT_ERASE_MS 2000
#define DIES_SECTORS 8
#define POLL_MS 3600000 /* erase-polls: what nobody waits for */

/* ---- identity ---- */

static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325; /* FNV-1a */
	for (; *text; text++)
		value = (value ^ (uint8_t)*text) * 0x100000001b3;
	return value;
}

/* NAA 5 (IEEE Registered), an OUI nobody has, 36 bits from the name. */
static void take_name(struct model *model, const char *name)
{
	char serial[MODEL_SERIAL_BYTES + 1];
	snprintf(serial, sizeof(serial), "HM-%s", name);
	memset(model->serial, ' ', sizeof(model->serial));
	memcpy(model->serial, serial, strlen(serial));
	model->wwn = 0x5fac0de000000000 | (hash(name) & 0xfffffffff);
	model->identity_changes++;
}

static void take_serial_manner(struct model *model)
{
	static const uint8_t garbled[MODEL_SERIAL_BYTES] = "\033[31mHM\xff\xfe\a\xe3\x81"
							   "7\n\r\x80-\xf0";
	switch (model->conduct->serial) {
	case SERIAL_PLAIN:
	case SERIAL_CHANGES: /* at the first write */
	case SERIAL_QUIET:
		return;
	case SERIAL_EMPTY:
		memset(model->serial, ' ', sizeof(model->serial));
		model->wwn = 0;
		break;
	case SERIAL_GARBLED:
		memcpy(model->serial, garbled, sizeof(garbled));
		break;
	}
	model->identity_changes++;
}

/* ---- what survives a power loss ---- */

/* The file beside the medium. */
struct keeping {
	uint32_t kind, state;
	uint64_t whole_ms, left_ms;
	uint8_t pattern[MODEL_SECTOR_BYTES];
	uint8_t kept[MODEL_KEPT_BYTES];
};

static void keep(const struct model *model, uint64_t left_ms)
{
	if (model->keeper_fd < 0)
		return;
	struct keeping keeping = { .kind = model->kind,
		.state = model->state,
		.whole_ms = model->ends_ms - model->started_ms,
		.left_ms = left_ms };
	memcpy(keeping.pattern, model->pattern, sizeof(keeping.pattern));
	memcpy(keeping.kept, model->kept, sizeof(keeping.kept));
	if (pwrite(model->keeper_fd, &keeping, sizeof(keeping), 0) != (ssize_t)sizeof(keeping))
		abort(); /* the machine's own disk is full: nothing is shown by going on */
}

void model_keep(const struct model *model)
{
	keep(model, 0);
}

/* A sanitize goes on by itself; what the host was waiting for has failed. */
static int recall(struct model *model, const char *path)
{
	char name[4096];
	struct keeping keeping;
	model->keeper_fd = -1;
	if (!path)
		return 0;
	if (snprintf(name, sizeof(name), "%s.erase", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	model->keeper_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (model->keeper_fd < 0)
		return -errno;
	if (pread(model->keeper_fd, &keeping, sizeof(keeping), 0) != (ssize_t)sizeof(keeping))
		return 0;
	model->kind = keeping.kind;
	model->state = keeping.state;
	memcpy(model->pattern, keeping.pattern, sizeof(model->pattern));
	memcpy(model->kept, keeping.kept, sizeof(model->kept));
	if (model->state != ERASE_RUNNING)
		return 0;
	model->resumes = model->kind != ERASE_FORMAT && model->kind != ERASE_SECURITY;
	if (!model->resumes)
		model->state = ERASE_FAILED;
	model->started_ms = 0;
	model->ends_ms = keeping.whole_ms;
	model->left_ms = keeping.left_ms;
	return 0;
}

/* ---- beginning and end ---- */

static void take_conduct(struct model *model, const struct conduct *conduct)
{
	model->conduct = conduct;
	model->locked = conduct->locked;
	behaviour_honest(&model->faults);
	if (conduct->loses_cache)
		model->medium.cached = true;
	if (conduct->telling == TELLING_STALE && model->state == ERASE_NEVER)
		model->state = ERASE_DONE;
	take_serial_manner(model);
	if (conduct->dies_halfway) {
		char line[96];
		enum request request;
		uint64_t size;
		static const char *const words[] = { "unreadable", "unwritable" };
		for (size_t i = 0; i < 2; i++) {
			snprintf(line, sizeof(line), "%s %" PRIu64 " %d", words[i],
				model->sectors / 2 * MODEL_SECTOR_BYTES,
				DIES_SECTORS * MODEL_SECTOR_BYTES);
			(void)behaviour_obey(&model->faults, line, &request, &size);
		}
	}
}

int model_open(struct model *ret, const char *name, const char *path, uint64_t size_bytes,
	const struct conduct *conduct)
{
	*ret = (struct model){ .sectors = size_bytes / MODEL_SECTOR_BYTES,
		.erase_ms = DEFAULT_ERASE_MS,
		.told_bytes = MODEL_SECTOR_BYTES };
	int r = medium_open(path, size_bytes, &ret->medium);
	if (r < 0)
		return r;
	ret->fate = calloc(ret->sectors, 1);
	r = ret->fate ? recall(ret, path) : -ENOMEM;
	if (r < 0) {
		free(ret->fate);
		medium_close(&ret->medium);
		return r;
	}
	take_name(ret, name);
	take_conduct(ret, conduct);
	return 0;
}

void model_close(struct model *model)
{
	medium_close(&model->medium);
	free(model->fate);
	if (model->keeper_fd >= 0)
		close(model->keeper_fd);
	*model = (struct model){ .keeper_fd = -1 };
}

/* ---- words ---- */

static void set_fates(struct model *model, uint64_t sector, uint64_t count, enum fate fate)
{
	memset(model->fate + sector, (int)fate, count);
}

/* What was only unmapped comes back, as after a firmware's mistake or in a laboratory. */
static void remap(struct model *model)
{
	for (uint64_t i = 0; i < model->sectors; i++)
		if (model->fate[i] == FATE_UNMAPPED)
			model->fate[i] = FATE_STORED;
}

void model_erase_finish(struct model *model)
{
	model->left_ms = 0;
	if (!model->resumes)
		model->ends_ms = 0; /* due, whatever the clock says */
}

/* What a drive may not offer. */
static const struct {
	const char *word;
	unsigned bit;
} lacks[] = {
	{ "block", LACKS(ERASE_BLOCK) },
	{ "crypto", LACKS(ERASE_CRYPTO) },
	{ "overwrite", LACKS(ERASE_OVERWRITE) },
	{ "format", LACKS(ERASE_FORMAT) },
	{ "security", LACKS(ERASE_SECURITY) },
	{ "report", LACKS_REPORT },
};

static int lack(unsigned *to, const char *word)
{
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		if (strcmp(lacks[i].word, word) != 0)
			continue;
		*to |= lacks[i].bit;
		return 0;
	}
	return -EINVAL;
}

static int obey_own(struct model *model, const char *line)
{
	unsigned number;
	char name[64], behind[2];
	if (sscanf(line, "lacks %63s %1s", name, behind) == 1)
		return lack(&model->lacks, name);
	if (sscanf(line, "denies %63s %1s", name, behind) == 1)
		return lack(&model->denies, name);
	if (strcmp(line, "remap") == 0)
		remap(model);
	else if (strcmp(line, "finish") == 0)
		model_erase_finish(model);
	else if (strcmp(line, "gone") == 0)
		model->gone = true;
	else if (strcmp(line, "no-progress") == 0)
		model->no_progress = true;
	else if (strcmp(line, "drop-link") == 0)
		model->links_dropped++;
	else if (strcmp(line, "magnetic") == 0)
		model->is_magnetic = true;
	else if (strcmp(line, "hidden-cache") == 0)
		model->medium.cached = model->hides_cache = true;
	else if (sscanf(line, "sector-bytes %u %1s", &number, behind) == 1)
		model->told_bytes = number;
	else if (sscanf(line, "erase-ms %u %1s", &number, behind) == 1)
		model->erase_ms = number, model->warp_ms = 0;
	else if (sscanf(line, "erase-polls %u %1s", &number, behind) == 1 && number < 100)
		model->erase_ms = number * POLL_MS, model->warp_ms = POLL_MS;
	else if (sscanf(line, "name %63s %1s", name, behind) == 1)
		take_name(model, name);
	else if (!tcg_obey(model, line))
		return -EINVAL;
	return 0;
}

void model_print_words(void)
{
	printf("  %-16s %s\n", "remap", "what was only unmapped can be read again");
	printf("  %-16s %s\n", "gone", "the drive vanishes");
	printf("  %-16s %s\n", "drop-link", "the link to it is lost, and may be had again (NVMe)");
	printf("  %-16s %s\n", "erase-ms", "MS: an erase takes so long from now on");
	printf("  %-16s %s\n", "erase-polls",
		"N: instead, until it was asked so often how it goes (SCSI)");
	printf("  %-16s %s\n", "finish", "an erase that is running has had its time");
	printf("  %-16s %s\n", "lacks",
		"block|crypto|overwrite|format|security|report: the drive does not offer it");
	printf("  %-16s %s\n", "denies", "the same words: it offers it, and refuses it");
	printf("  %-16s %s\n", "no-progress", "it does not say how far an erase is (SCSI)");
	printf("  %-16s %s\n", "magnetic", "it says that its medium rotates");
	printf("  %-16s %s\n", "hidden-cache", "a volatile write cache that it does not tell of");
	printf("  %-16s %s\n", "sector-bytes", "N: it says that its sectors are so large (SCSI)");
	printf("  %-16s %s\n", "name", "NAME: another drive answers, with its serial and WWN");
	tcg_print_words();
}

int model_obey(struct model *model, const char *line)
{
	const struct conduct *conduct = conduct_find(line);
	if (conduct) {
		take_conduct(model, conduct);
		return 0;
	}
	enum request request;
	uint64_t size_bytes;
	if (behaviour_obey(&model->faults, line, &request, &size_bytes) < 0)
		return obey_own(model, line);
	switch (request) {
	case REQUEST_NOTHING:
	case REQUEST_RELEASE:
		return 0;
	case REQUEST_CACHE:
		model->medium.cached = true;
		return 0;
	case REQUEST_LOSE_CACHE:
		medium_lose(&model->medium);
		return 0;
	case REQUEST_SIZE:
		return -EINVAL; /* these drives do not change their size */
	}
	return -EINVAL;
}

int model_obey_words(struct model *model, const char *words)
{
	char line[128];
	while (words && *words) {
		size_t length = strcspn(words, ";");
		if (length >= sizeof(line))
			return -EINVAL;
		memcpy(line, words, length);
		line[length] = '\0';
		int r = model_obey(model, line);
		if (r < 0)
			return r;
		words += length + (words[length] == ';');
	}
	return 0;
}

/* ---- erasing ---- */

/* As bytes read through another key look: nothing like before, and not zeros. */
static void fill_scrambled(uint8_t *data, uint64_t sector)
{
	uint64_t state = sector * 0x9e3779b97f4a7c15 + 1;
	for (size_t i = 0; i < MODEL_SECTOR_BYTES; i++) {
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		data[i] = (uint8_t)(state >> 32);
	}
}

static void erase_really(struct model *model, enum erase_kind kind, uint64_t sector, uint64_t count)
{
	uint8_t data[MODEL_SECTOR_BYTES];
	bool fills = kind == ERASE_OVERWRITE || kind == ERASE_FORMAT;
	memcpy(data, model->pattern, sizeof(data));
	bool cached = model->medium.cached;
	medium_lose(&model->medium); /* an erase goes past the cache, and takes it along */
	model->medium.cached = false;
	for (uint64_t at = sector; at < sector + count; at++) {
		if (kind == ERASE_CRYPTO)
			fill_scrambled(data, at);
		if (medium_write(&model->medium, data, sizeof(data), at * sizeof(data)) < 0)
			abort(); /* the machine's own disk is full: nothing is shown by going on */
	}
	model->medium.cached = cached;
	bool closed = model->conduct->needs_write && !fills;
	set_fates(model, sector, count, closed ? FATE_UNREADABLE : FATE_STORED);
}

void model_erase_range(struct model *model, enum erase_kind kind, uint64_t sector, uint64_t count)
{
	switch (model->conduct->ending) {
	case ENDING_ERASED:
		erase_really(model, kind, sector, count);
		return;
	case ENDING_HALF:
		erase_really(model, kind, sector, count / 2);
		return;
	case ENDING_UNMAPPED:
		set_fates(model, sector, count, FATE_UNMAPPED);
		return;
	case ENDING_NOTHING:
	case ENDING_NEVER:
	case ENDING_REFUSED:
	case ENDING_ABORTED:
		return;
	}
}

static bool fails(const struct model *model)
{
	return model->conduct->ending == ENDING_HALF || model->conduct->ending == ENDING_ABORTED;
}

/* Let what is due by now happen. */
static void advance(struct model *model, uint64_t now_ms)
{
	if (model->state != ERASE_RUNNING)
		return;
	if (model->resumes) { /* the clock is another one than before the power loss */
		uint64_t whole_ms = model->ends_ms - model->started_ms;
		model->ends_ms = now_ms + model->left_ms;
		model->started_ms = model->ends_ms - whole_ms;
		model->resumes = false;
	}
	if (now_ms < model->ends_ms || model->conduct->ending == ENDING_NEVER) {
		keep(model, now_ms < model->ends_ms ? model->ends_ms - now_ms : 0);
		return;
	}
	model_erase_range(model, model->kind, 0, model->sectors);
	model->state = fails(model) ? ERASE_FAILED : ERASE_DONE;
	keep(model, 0);
}

enum start model_erase(
	struct model *model, enum erase_kind kind, const uint8_t *pattern, uint64_t now_ms)
{
	advance(model, now_ms);
	if (model->conduct->frozen)
		return START_FROZEN;
	if (model->state == ERASE_RUNNING)
		return START_RUNNING;
	if (model->conduct->ending == ENDING_REFUSED ||
		(model->lacks | model->denies) & LACKS(kind))
		return START_REFUSED;
	uint32_t times = model->conduct->slowness ? model->conduct->slowness : 1;
	memset(model->pattern, 0xff, sizeof(model->pattern));
	if (pattern && kind != ERASE_BLOCK && kind != ERASE_CRYPTO)
		memcpy(model->pattern, pattern, sizeof(model->pattern));
	model->kind = kind;
	model->state = ERASE_RUNNING;
	model->started_ms = now_ms;
	model->ends_ms = now_ms + (uint64_t)times * model->erase_ms;
	keep(model, model->ends_ms - now_ms);
	return START_ACCEPTED;
}

static uint32_t progress_of(const struct model *model, uint64_t now_ms)
{
	uint64_t whole = model->ends_ms - model->started_ms;
	uint64_t done = now_ms - model->started_ms;
	uint64_t parts = whole ? done * MODEL_PROGRESS_WHOLE / whole : MODEL_PROGRESS_WHOLE;
	uint64_t most = model->conduct->ending == ENDING_NEVER ? MODEL_PROGRESS_WHOLE * 40 / 100
							       : MODEL_PROGRESS_WHOLE - 1;
	return (uint32_t)(parts < most ? parts : most);
}

/* The stale drive begins late, and until then still shows the success of before. */
static bool is_still_stale(const struct model *model, uint64_t now_ms)
{
	return model->conduct->telling == TELLING_STALE && model->state == ERASE_RUNNING &&
	       progress_of(model, now_ms) < MODEL_PROGRESS_WHOLE / 4;
}

struct erase_told model_erase_told(struct model *model, uint64_t now_ms)
{
	advance(model, now_ms);
	struct erase_told told = { .kind = model->kind, .state = model->state };
	if (model->conduct->telling == TELLING_NONE)
		return (struct erase_told){ .hidden = true };
	if (is_still_stale(model, now_ms))
		told.state = ERASE_DONE;
	if (told.state == ERASE_RUNNING)
		told.progress = progress_of(model, now_ms);
	return told;
}

void model_erase_polled(struct model *model)
{
	if (model->state != ERASE_RUNNING || model->resumes)
		return;
	model->started_ms -= model->warp_ms;
	model->ends_ms -= model->warp_ms;
}

uint32_t model_erase_left_ms(struct model *model, uint64_t now_ms)
{
	advance(model, now_ms);
	if (model->state != ERASE_RUNNING)
		return 0;
	if (model->conduct->ending == ENDING_NEVER)
		return UINT32_MAX;
	return (uint32_t)(model->ends_ms - now_ms);
}

void model_forgive(struct model *model)
{
	if (model->state != ERASE_FAILED)
		return;
	model->state = ERASE_NEVER;
	keep(model, 0);
}

/* ---- reading and writing ---- */

enum medium_outcome model_ready(struct model *model, uint64_t now_ms)
{
	advance(model, now_ms);
	if (model->gone)
		return OUTCOME_GONE;
	if (model->conduct->telling == TELLING_NONE)
		return OUTCOME_DONE;
	if (model->state == ERASE_FAILED)
		return OUTCOME_CLOSED;
	if (model->state == ERASE_RUNNING && !is_still_stale(model, now_ms))
		return OUTCOME_ERASING;
	return model->locked ? OUTCOME_LOCKED : OUTCOME_DONE;
}

/* A flush has no range: who hangs at it hangs at all. */
bool model_is_silent(const struct model *model)
{
	return behaviour_find(&model->faults, FAULT_HANGS, OPERATION_FLUSH, 0, 0) != NULL;
}

/* The first sector of the range that a fault of this kind touches. */
static bool find_fault(const struct model *model, enum fault_kind kind, enum operation operation,
	uint64_t sector, uint64_t count, uint64_t *ret_sector)
{
	if (!behaviour_find(&model->faults, kind, operation, sector * MODEL_SECTOR_BYTES,
		    count * MODEL_SECTOR_BYTES))
		return false;
	*ret_sector = sector;
	if (operation == OPERATION_FLUSH)
		return true;
	for (uint64_t at = sector; at < sector + count; at++) {
		if (!behaviour_find(&model->faults, kind, operation, at * MODEL_SECTOR_BYTES,
			    MODEL_SECTOR_BYTES))
			continue;
		*ret_sector = at;
		return true;
	}
	return false;
}

static enum medium_outcome begin(struct model *model, enum operation operation, uint64_t sector,
	uint64_t count, uint64_t now_ms)
{
	uint64_t ignored;
	enum medium_outcome ready = model_ready(model, now_ms);
	if (ready != OUTCOME_DONE)
		return ready;
	if (sector > model->sectors || count > model->sectors - sector)
		return OUTCOME_OUT_OF_RANGE;
	if (find_fault(model, FAULT_HANGS, operation, sector, count, &ignored))
		return OUTCOME_HANGS;
	if (behaviour_is_dead(&model->faults)) {
		model->error_sector = sector;
		return OUTCOME_MEDIUM_ERROR;
	}
	if (find_fault(model, FAULT_FAILS, operation, sector, count, &model->error_sector)) {
		(void)behaviour_strikes(&model->faults, FAULT_FAILS, operation,
			model->error_sector * MODEL_SECTOR_BYTES, MODEL_SECTOR_BYTES);
		return OUTCOME_MEDIUM_ERROR;
	}
	return OUTCOME_DONE;
}

static void flip_bits(const struct model *model, uint64_t sector, uint64_t count, uint8_t *data)
{
	uint64_t first;
	if (!find_fault(model, FAULT_FLIPS, OPERATION_READ, sector, count, &first))
		return;
	for (uint64_t at = 0; at < count * MODEL_SECTOR_BYTES; at++)
		if (behaviour_find(&model->faults, FAULT_FLIPS, OPERATION_READ,
			    sector * MODEL_SECTOR_BYTES + at, 1))
			data[at] ^= 1;
}

enum medium_outcome model_read(
	struct model *model, uint64_t sector, uint64_t count, uint8_t *data, uint64_t now_ms)
{
	enum medium_outcome begun = begin(model, OPERATION_READ, sector, count, now_ms);
	if (begun != OUTCOME_DONE)
		return begun;
	if (medium_read(&model->medium, data, count * MODEL_SECTOR_BYTES,
		    sector * MODEL_SECTOR_BYTES) < 0)
		return OUTCOME_MEDIUM_ERROR;
	for (uint64_t i = 0; i < count; i++) {
		if (model->fate[sector + i] == FATE_UNREADABLE) {
			model->error_sector = sector + i;
			return OUTCOME_MEDIUM_ERROR;
		}
		if (model->fate[sector + i] == FATE_UNMAPPED)
			memset(data + i * MODEL_SECTOR_BYTES, 0, MODEL_SECTOR_BYTES);
	}
	flip_bits(model, sector, count, data);
	return OUTCOME_DONE;
}

/* The whole request where nothing is dropped, sector by sector where something is. */
static int store(struct model *model, uint64_t sector, uint64_t count, const uint8_t *data)
{
	uint64_t first;
	if (!find_fault(model, FAULT_DROPS, OPERATION_WRITE, sector, count, &first))
		return medium_write(&model->medium, data, count * MODEL_SECTOR_BYTES,
			sector * MODEL_SECTOR_BYTES);
	int r = 0;
	for (uint64_t i = 0; i < count && r == 0; i++)
		if (!find_fault(model, FAULT_DROPS, OPERATION_WRITE, sector + i, 1, &first))
			r = medium_write(&model->medium, data + i * MODEL_SECTOR_BYTES,
				MODEL_SECTOR_BYTES, (sector + i) * MODEL_SECTOR_BYTES);
	return r;
}

enum medium_outcome model_write(
	struct model *model, uint64_t sector, uint64_t count, const uint8_t *data, uint64_t now_ms)
{
	enum medium_outcome begun = begin(model, OPERATION_WRITE, sector, count, now_ms);
	if (begun != OUTCOME_DONE)
		return begun;
	bool changes =
		model->conduct->serial == SERIAL_CHANGES || model->conduct->serial == SERIAL_QUIET;
	if (changes && model->sectors_written == 0)
		take_name(model, "exchanged");
	if (model->conduct->serial == SERIAL_QUIET && model->sectors_written == 0)
		model->identity_changes--;
	if (model->conduct->vanishes && sector + count > model->sectors / 2) {
		model->gone = true;
		return OUTCOME_GONE;
	}
	if (store(model, sector, count, data) < 0)
		return OUTCOME_MEDIUM_ERROR;
	set_fates(model, sector, count, FATE_STORED);
	model->sectors_written += count;
	return OUTCOME_DONE;
}

enum medium_outcome model_unmap(
	struct model *model, uint64_t sector, uint64_t count, uint64_t now_ms)
{
	enum medium_outcome begun = begin(model, OPERATION_WRITE, sector, count, now_ms);
	if (begun == OUTCOME_DONE)
		set_fates(model, sector, count, FATE_UNMAPPED);
	return begun;
}

enum medium_outcome model_flush(struct model *model, uint64_t now_ms)
{
	enum medium_outcome begun = begin(model, OPERATION_FLUSH, 0, 0, now_ms);
	if (begun == OUTCOME_MEDIUM_ERROR && model->faults.flush_loses)
		medium_lose(&model->medium);
	if (begun != OUTCOME_DONE)
		return begun;
	if (model->conduct->loses_cache)
		medium_lose(&model->medium);
	return medium_flush(&model->medium) < 0 ? OUTCOME_MEDIUM_ERROR : OUTCOME_DONE;
}

uint32_t model_io_delay_ms(const struct model *model, uint64_t count)
{
	uint64_t bytes = count * MODEL_SECTOR_BYTES;
	uint64_t us = model->faults.delay_us + model->faults.delay_us_per_mib * bytes / (1 << 20);
	return model->conduct->io_delay_ms + (uint32_t)(us / 1000);
}
