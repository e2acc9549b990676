/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at every drive there is, and entering what was seen. A device that cannot be looked at is
 * listed with its error; it never stops the others. */
#include "inventory/scan.h"

#include "base/text.h"
#include "inventory/scan_look.h"
#include "inventory/scan_tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void found_list_free(struct found_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		signature_list_free(&list->items[i].signatures);
	free(list->items);
	*list = (struct found_list){ 0 };
}

/* "cciss!c0d0" in sysfs is /dev/cciss/c0d0. */
static void make_path(const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "/dev/%s", name);
	for (char *byte = ret; *byte; byte++)
		if (*byte == '!')
			*byte = '/';
}

int scan_drives(enum scan_depth depth, struct found_list *ret, struct error *error)
{
	CLEANUP(scan_names_free) struct scan_names names = { 0 };
	int r = scan_tree_names(NULL, &names, error);
	if (r < 0)
		return r;
	AUTO_FOUND struct found_list list = { 0 };
	list.items = calloc(names.count + 1, sizeof(*list.items));
	if (!list.items)
		return error_no_memory(error);
	for (; list.count < names.count; list.count++) {
		struct found_drive *found = &list.items[list.count];
		make_path(names.items[list.count], found->path, sizeof(found->path));
	}
	/* First who they are: a drive that fails while it is read, the one to be replaced, is known
	 * all the same. */
	r = scan_look_all(&list, SCAN_IDENTITY, scan_look_real, SCAN_LIMIT_MS, error);
	if (r == 0 && depth == SCAN_SIGNATURES)
		r = scan_look_all(&list, depth, scan_look_real, SCAN_PROBE_LIMIT_MS, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct found_list){ 0 };
	return 0;
}

static bool has_key(const struct drive_identity *identity)
{
	return identity->serial[0] != '\0' || identity->wwn[0] != '\0';
}

static bool same_key(const struct drive_identity *a, const struct drive_identity *b)
{
	return strcmp(a->serial, b->serial) == 0 && strcmp(a->wwn, b->wwn) == 0;
}

/* Two paths to one drive, two loop devices on one file, or a copied identity: whichever it is, the
 * name given by a person does not tell which is meant. */
static void mark_duplicate(struct found_drive *found, const struct found_drive *other)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&found->identity, label);
	error_set(&found->error, ERROR_REFUSED, EEXIST, "duplicate-identity",
		_("%s answers with the same serial and WWN as %s"), label, other->path);
	error_next(
		&found->error, _("If both are one drive on two cables or two loop devices on one "
				 "file, detach one of them. Otherwise take one out before anything "
				 "is sanitized."));
}

static void mark_duplicates(struct found_list *found)
{
	for (size_t i = 0; i < found->count; i++) {
		for (size_t j = 0; j < found->count; j++) {
			if (i == j || !has_key(&found->items[i].identity) ||
				!same_key(&found->items[i].identity, &found->items[j].identity))
				continue;
			mark_duplicate(&found->items[i], &found->items[j]);
			break;
		}
	}
}

static void error_no_key(struct found_drive *found)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&found->identity, label);
	error_set(&found->error, ERROR_UNSUPPORTED, ENOTSUP, "no-identity",
		_("%s has neither serial nor WWN and is not kept in the inventory"), label);
	error_next(&found->error, _("Attach it to a controller that passes its serial number on."));
}

static int record_one(struct store *store, struct found_drive *found, const char *host,
	int64_t now_utc_ms, struct error *error)
{
	if (!has_key(&found->identity)) {
		/* Stays out of the store: it could not be found again. An earlier error says more. */
		if (found->error.kind == ERROR_NONE)
			error_no_key(found);
		return 0;
	}
	/* As much of the sentence as a record holds, cut where a character ends. */
	char probe_error[sizeof(((struct drive_record *)NULL)->last_error)];
	size_t length = strnlen(found->error.what, sizeof(probe_error));
	if (length == sizeof(probe_error)) {
		length--;
		while (length > 0 && ((unsigned char)found->error.what[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(probe_error, found->error.what, length);
	probe_error[length] = '\0';
	const struct drive_seen seen = {
		.identity = &found->identity,
		.native = &found->native,
		.signatures = found->probed ? &found->signatures : NULL,
		.probe_error = probe_error,
		.host = host,
		.utc_ms = now_utc_ms,
	};
	return drives_record(store, &seen, NULL, error);
}

/* Absent is what this scan did not see; so all are marked first. Times would not do: the clock may
 * have been set back since the last scan. */
static int record_all(struct store *store, struct found_list *found, const char *host,
	int64_t now_utc_ms, struct error *error)
{
	int r = drives_mark_absent(store, host, INT64_MAX, error);
	for (size_t i = 0; i < found->count && r == 0; i++)
		r = record_one(store, &found->items[i], host, now_utc_ms, error);
	return r;
}

int scan_record(struct store *store, struct found_list *found, const char *host, int64_t now_utc_ms,
	struct error *error)
{
	mark_duplicates(found);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, record_all(store, found, host, now_utc_ms, error), error);
}
