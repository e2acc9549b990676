/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Erasing what a disk of a domain stands on, place by place, by our own engine. */
#include "wipe/platform/libvirt_parts.h"
#include "wipe/storage/storage.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

/* Reasons of a fact; storage.h has those of its own. */
#define REASON_SHARED "shared"         /* another VM uses it */
#define REASON_FOREIGN "not-its-own"   /* a base image that is kept for others */
#define REASON_ABSENT "storage-absent" /* it was not there: what became of its bytes is not known */
#define REASON_UNKNOWN "storage-unknown" /* no kind of storage that can be erased */

struct erasing {
	struct platform *platform;
	const struct machine *machine;
	const struct machine_disk *disk;
	const struct platform_pace *pace;
	struct uses uses;
	json_t *facts;
};

static int put_words(json_t *fact, const char *const words[][2], size_t count)
{
	int result = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = json_put_string(fact, words[i][0], words[i][1]);
	return result;
}

/* A fact without an erasure. limit: "" for none. */
static int add_untouched(struct erasing *erasing, const char *place, const char *outcome,
	const char *limit, const char *reason, struct error *error)
{
	const char *const words[][2] = { { "fact", "erase" }, { "disk", erasing->disk->id },
		{ "place", place }, { "method", "none" }, { "result", outcome },
		{ "level", "none" }, { "reason", reason }, { "volume", "" } };
	AUTO_JSON json_t *fact = json_object();
	json_t *limits = json_array();
	int result = fact ? put_words(fact, words, ARRAY_SIZE(words)) : -ENOMEM;
	if (result == 0 && limit[0])
		result = json_push(limits, json_string(limit));
	if (result == 0)
		result = json_put(fact, "limits", json_incref(limits));
	json_decref(limits);
	if (result == 0)
		result = json_put_integer(fact, "bytes", 0);
	if (result == 0)
		result = json_put_integer(fact, "verified_bytes", 0);
	if (result == 0)
		result = json_push(erasing->facts, json_incref(fact));
	return result == -ENOMEM ? error_no_memory(error)
	       : result < 0      ? error_set(error, ERROR_FAILED, -result, "erase-fact",
					   _("What was done to %s cannot be written down: %s"), place,
					   strerror(-result))
				 : 0;
}

/* Cannot be erased: told, or refused where the configuration requires it. */
static int unsupported(struct erasing *erasing, const char *place, const char *limit,
	const char *reason, struct error *error)
{
	if (!erasing->pace || !erasing->pace->erasure_required)
		return add_untouched(erasing, place, "unsupported", limit, reason, error);
	error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "storage-unsupported",
		_("%s cannot be erased in place (%s), and the configuration requires it."), place,
		reason);
	error_next(error, _("Erase what it stands on, or let [deletion] erasure say "
			    "that such storage is only unlinked."));
	return -ENOTSUP;
}

static int erase_here(struct erasing *erasing, const char *place, struct error *error)
{
	struct erasure erasure = { .place = place, .disk = erasing->disk };
	const struct storage_kind *kind = NULL;
	json_t *fact = NULL;
	int result = storage_of(place, &kind, error);
	if (result == 0) {
		erasure_begin(&erasure);
		result = kind->erase(place, erasing->pace, &fact, error);
		erasure_end(&erasure);
	}
	if (result == -ENOENT)
		return unsupported(erasing, place, STORAGE_LIMIT_FREE_SPACE, REASON_ABSENT, error);
	if (!kind && result == -ENOTSUP)
		return unsupported(erasing, place, "", REASON_UNKNOWN, error);
	if (result != 0)
		return result;
	AUTO_JSON json_t *owned = fact;
	result = json_put_string(fact, "disk", erasing->disk->id);
	if (result == 0)
		result = json_push(erasing->facts, json_incref(fact));
	return result == 0 ? 0 : error_no_memory(error);
}

static int erase_place(struct erasing *erasing, size_t link, struct error *error)
{
	const char *place = disk_place(erasing->disk, link);
	enum keep keep = KEEP_UNKNOWN;
	const int result = place_keep(erasing->platform, &erasing->uses, erasing->machine,
		erasing->disk, link, &keep, error);
	if (result != 0)
		return result;
	switch (keep) {
	case KEEP_SHARED:
		return add_untouched(erasing, place, "kept", "", REASON_SHARED, error);
	case KEEP_FOREIGN:
	case KEEP_UNKNOWN:
		return add_untouched(erasing, place, "kept", "", REASON_FOREIGN, error);
	case KEEP_NOT:
		break;
	}
	if (!place_in_reach(erasing->platform, place))
		return unsupported(erasing, place,
			strcmp(erasing->disk->kind, "hostdev") == 0 ? "" : STORAGE_LIMIT_NETWORK,
			strcmp(erasing->disk->kind, "hostdev") == 0 ? REASON_UNKNOWN
								    : STORAGE_REASON_NETWORK,
			error);
	return erase_here(erasing, place, error);
}

static int erase_disk(struct erasing *erasing, struct error *error)
{
	int result = uses_collect(erasing->platform, erasing->machine, &erasing->uses, error);
	for (size_t link = 0; link <= erasing->disk->chain_count && result == 0; link++) {
		if (erasing->pace && erasing->pace->stop && *erasing->pace->stop)
			return error_set(error, ERROR_INTERRUPTED, EINTR, "stopped",
				_("It was stopped before it was done"));
		result = erase_place(erasing, link, error);
	}
	return result;
}

int libvirt_erase(struct platform *platform, const struct machine *machine, size_t disk,
	const struct platform_pace *pace, json_t **ret_facts, struct error *error)
{
	if (disk >= machine->disk_count)
		return error_set(error, ERROR_FAILED, EINVAL, "survey-malformed",
			_("The survey of the VM cannot be read: %s"), "disks");
	struct erasing erasing = { .platform = platform,
		.machine = machine,
		.disk = &machine->disks[disk],
		.pace = pace,
		.facts = json_array() };
	if (!erasing.facts)
		return error_no_memory(error);
	int result = libvirt_require_off(platform, machine, error);
	reading_begin();
	if (result == 0)
		result = erase_disk(&erasing, error);
	reading_end();
	uses_free(&erasing.uses);
	if (result == 0)
		*ret_facts = json_incref(erasing.facts);
	json_decref(erasing.facts);
	return result;
}
