/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at every drive there is, and entering what was seen. A device that cannot be looked at is
 * listed with its error; it never stops the others. */
#include "inventory/scan/scan.h"

#include "base/text.h"
#include "inventory/assets/key_copies.h"
#include "inventory/assets/presence.h"
#include "inventory/scan/scan_look.h"
#include "inventory/scan/scan_tree.h"
#include "inventory/scan/stack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void found_list_free(struct found_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		signature_list_free(&list->items[i].signatures);
	free(list->items);
	(void)stack_destroy(list->stack);
	*list = (struct found_list){ 0 };
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
		scan_tree_node(names.items[list.count], found->path, sizeof(found->path));
	}
	r = scan_look_all(&list, depth, scan_look_real, SCAN_LIMIT_MS, error);
	if (r == 0 && depth == SCAN_SIGNATURES)
		r = stack_look(&list, &list.stack, error);
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

/* Whichever it is, the name given by a person does not tell which is meant. */
static void error_copy(struct found_drive *found, const char *label)
{
	error_set(&found->error, ERROR_REFUSED, EEXIST, "duplicate-identity",
		_("%s answers with the same serial and WWN as %s"), label, found->twin_path);
	error_next(
		&found->error, _("If both are one drive on two cables or two loop devices on one "
				 "file, detach one of them. Otherwise take one out before anything "
				 "is sanitized."));
}

static void error_path(struct found_drive *found, const char *label)
{
	error_set(&found->error, ERROR_REFUSED, EEXIST, "second-path",
		_("%s is also reached as %s: one drive by two paths"), label, found->twin_path);
	error_next(&found->error, _("Before it is sanitized, take one path away."));
}

bool scan_is_twin_error(const struct error *error)
{
	return strcmp(error->code, "duplicate-identity") == 0 ||
	       strcmp(error->code, "second-path") == 0;
}

static void mark_twin(struct found_drive *found, const struct found_drive *other)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&found->identity, label);
	found->twin = twin_kind_of(&found->identity, &other->identity);
	memcpy(found->twin_path, other->path, sizeof(found->twin_path));
	/* What keeps it from being read at all says more. */
	if (found->error.kind != ERROR_NONE)
		return;
	if (found->twin == TWIN_PATH)
		error_path(found, label);
	else
		error_copy(found, label);
}

/* The worst: a copy before another path. */
static const struct found_drive *find_twin(const struct found_list *found, size_t own)
{
	const struct found_drive *twin = NULL;
	for (size_t i = 0; i < found->count; i++) {
		enum twin_kind kind = i == own ? TWIN_NONE
					       : twin_kind_of(&found->items[own].identity,
							 &found->items[i].identity);
		if (kind == TWIN_COPY)
			return &found->items[i];
		if (kind == TWIN_PATH && !twin)
			twin = &found->items[i];
	}
	return twin;
}

void scan_mark_twins(struct found_list *found)
{
	for (size_t i = 0; i < found->count; i++) {
		struct found_drive *item = &found->items[i];
		item->twin = TWIN_NONE;
		item->twin_path[0] = '\0';
		if (scan_is_twin_error(&item->error))
			item->error = (struct error){ 0 };
		const struct found_drive *twin = find_twin(found, i);
		if (twin)
			mark_twin(item, twin);
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

int scan_record_one(struct store *store, struct found_drive *found, const char *host,
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
	const char *what = scan_is_twin_error(&found->error) ? "" : found->error.what;
	size_t length = strnlen(what, sizeof(probe_error));
	if (length == sizeof(probe_error)) {
		length--;
		while (length > 0 && ((unsigned char)what[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(probe_error, what, length);
	probe_error[length] = '\0';
	const struct drive_seen seen = {
		.identity = &found->identity,
		.native = &found->native,
		.signatures = found->probed ? &found->signatures : NULL,
		.probe_error = probe_error,
		.host = host,
		.utc_ms = now_utc_ms,
		.twin = found->twin,
		.twin_path = found->twin_path,
	};
	int r = drives_record(store, &seen, &found->id, error);
	return r < 0 || !found->probed
		       ? r
		       : key_copies_look(store, &found->identity, &found->signatures, now_utc_ms,
				 &found->key_copies, error);
}

/* With what was known of it before, which decides whether it has appeared. */
static int record_and_tell(struct store *store, struct found_drive *found, const char *host,
	int64_t now_utc_ms, struct error *error)
{
	struct drive_history history = { 0 };
	int r = presence_history(store, &found->identity, host, &history, error);
	if (r == 0)
		r = scan_record_one(store, found, host, now_utc_ms, error);
	if (r < 0 || found->id == 0 || history.here)
		return r;
	return presence_appeared(
		store, found->id, host, found->identity.name, &history, now_utc_ms, error);
}

/* Two devices may be one drive of the store; then the first stands for it. */
static int64_t id_of_twin(const struct found_list *found, size_t own)
{
	const struct drive_identity *identity = &found->items[own].identity;
	if (found->items[own].twin == TWIN_NONE)
		return 0;
	for (size_t i = 0; i < own; i++)
		if (twin_kind_of(identity, &found->items[i].identity) != TWIN_NONE &&
			strcmp(identity->model, found->items[i].identity.model) == 0)
			return found->items[i].id;
	return 0;
}

static bool is_found(const struct found_list *found, int64_t drive_id)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].id == drive_id)
			return true;
	return false;
}

/* Absent is what this scan did not see. Times would not do: the clock may have been set back since the
 * last scan. */
static int record_all(struct store *store, struct found_list *found, const char *host,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_PRESENCE struct presence_list before = { 0 };
	int r = presence_of_host(store, host, &before, error);
	for (size_t i = 0; i < found->count && r == 0; i++) {
		found->items[i].id = id_of_twin(found, i);
		if (found->items[i].id == 0)
			r = record_and_tell(store, &found->items[i], host, now_utc_ms, error);
	}
	for (size_t i = 0; i < before.count && r == 0; i++)
		if (!is_found(found, before.ids[i]))
			r = presence_vanished(
				store, before.ids[i], host, 0, now_utc_ms, NULL, error);
	if (r == 0 && found->stack)
		r = stack_record(found->stack, store, found, host, now_utc_ms, error);
	return r < 0 ? r : flags_refresh(store, now_utc_ms, NULL, error);
}

int scan_record(struct store *store, struct found_list *found, const char *host, int64_t now_utc_ms,
	struct error *error)
{
	scan_mark_twins(found);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, record_all(store, found, host, now_utc_ms, error), error);
}
