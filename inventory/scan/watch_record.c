/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch: from looks to the store, and from the store to who is told. Nothing is told that is not
 * committed, and nothing is forgotten that is not. */
#include "base/clock.h"
#include "inventory/scan/watch_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What comes of one item in this round. */
struct outcome {
	bool vanished;        /* what was here is told as gone */
	enum watch_word word; /* and what is here as this; UNKNOWN: nothing to tell */
	struct drive_history history;
};

/* A round: the devices as they will stand once it is committed. */
struct round {
	struct watch *watch;
	int64_t now_utc_ms;
	struct found_list view;   /* owned array; what its items hold is borrowed */
	struct outcome *outcomes; /* owned */
	struct drive_list left;   /* at the start: whom the store had here and is not */
	struct flag_changes flags;
	bool completes; /* the first look at all of them */
};

static void round_free(struct round *round)
{
	free(round->view.items);
	free(round->outcomes);
	drive_list_free(&round->left);
	flag_changes_free(&round->flags);
}

static bool has_key(const struct drive_identity *identity)
{
	return identity->serial[0] != '\0' || identity->wwn[0] != '\0';
}

static bool same_key(const struct drive_identity *a, const struct drive_identity *b)
{
	return strcmp(a->serial, b->serial) == 0 && strcmp(a->wwn, b->wwn) == 0 &&
	       strcmp(a->model, b->model) == 0;
}

/* Another drive in the same place, or one that gives another name of itself. */
static bool is_another(const struct watch *watch, size_t i)
{
	const struct watched *item = &watch->items[i];
	return item->fresh && item->known &&
	       (item->replaced || !same_key(&watch->found.items[i].identity, &item->next.identity));
}

/* A drive that fell silent is still who it was, as long as it was not taken away. */
static void keep_identity(struct watch *watch, size_t i)
{
	struct watched *item = &watch->items[i];
	const struct found_drive *old = &watch->found.items[i];
	if (!item->fresh || !item->known || item->replaced || has_key(&item->next.identity))
		return;
	item->next.identity = old->identity;
	item->next.native = old->native;
}

static bool is_needed(const struct watch *watch, bool *ret_completes)
{
	bool needed = false, pending = false;
	for (size_t i = 0; i < watch->found.count; i++) {
		const struct watched *item = &watch->items[i];
		needed = needed || item->fresh || item->gone;
		pending = pending || item->ticket || (item->dirty && !item->known);
	}
	*ret_completes = !watch->began && !pending;
	return needed || *ret_completes;
}

static int make_round(struct watch *watch, struct round *round, struct error *error)
{
	size_t count = watch->found.count;
	round->view.items = calloc(count + 1, sizeof(*round->view.items));
	round->outcomes = calloc(count + 1, sizeof(*round->outcomes));
	if (!round->view.items || !round->outcomes)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		const struct watched *item = &watch->items[i];
		keep_identity(watch, i);
		round->outcomes[i].vanished = item->gone || is_another(watch, i);
		/* Who is gone, or is not known yet, stands as nobody: nobody's twin. */
		if (item->fresh)
			round->view.items[i] = item->next;
		else if (!item->gone)
			round->view.items[i] = watch->found.items[i];
	}
	round->view.count = count;
	scan_mark_twins(&round->view);
	return 0;
}

/* -- in the transaction -- */

/* Another device that is here still stands for the drive. */
static bool is_here_otherwise(const struct round *round, size_t own)
{
	const struct watch *watch = round->watch;
	for (size_t i = 0; i < round->view.count; i++)
		if (i != own && watch->items[i].known && !round->outcomes[i].vanished &&
			watch->found.items[i].id == watch->found.items[own].id)
			return true;
	return false;
}

static int enter_vanished(struct round *round, struct store *store, struct error *error)
{
	const struct watch *watch = round->watch;
	int r = 0;
	for (size_t i = 0; i < round->view.count && r == 0; i++) {
		int64_t id = watch->found.items[i].id;
		if (round->outcomes[i].vanished && id > 0 && !is_here_otherwise(round, i))
			r = presence_vanished(store, id, watch->options.host, round->now_utc_ms,
				round->now_utc_ms, NULL, error);
	}
	return r;
}

/* The drive of the store that another device stands for already. */
static int64_t id_of_twin(const struct round *round, size_t own)
{
	const struct found_drive *found = &round->view.items[own];
	for (size_t i = 0; i < own && found->twin != TWIN_NONE; i++)
		if (same_key(&found->identity, &round->view.items[i].identity) &&
			round->view.items[i].id > 0)
			return round->view.items[i].id;
	return 0;
}

/* The layers by kind and place, as far as a person would call it a change. */
static bool same_contents(const struct signature_list *a, const struct signature_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].type, b->items[i].type) != 0 ||
			strcmp(a->items[i].uuid, b->items[i].uuid) != 0)
			return false;
	return true;
}

static bool is_changed(const struct found_drive *old, const struct found_drive *new)
{
	if (old->identity.capacity_bytes != new->identity.capacity_bytes)
		return true;
	return old->probed != new->probed ||
	       (new->probed && !same_contents(&old->signatures, &new->signatures));
}

static enum watch_word judge(const struct round *round, size_t i)
{
	const struct watched *item = &round->watch->items[i];
	const struct found_drive *new = &round->view.items[i];
	const struct outcome *outcome = &round->outcomes[i];
	bool failed = new->error.kind != ERROR_NONE && !scan_is_twin_error(&new->error);
	if (!has_key(&new->identity))
		return WATCH_UNREADABLE;
	if (!item->known || outcome->vanished)
		return round->watch->began || !outcome->history.here ? WATCH_APPEARED
								     : WATCH_PRESENT;
	if (failed && round->watch->found.items[i].error.kind == ERROR_NONE)
		return WATCH_UNREADABLE;
	return is_changed(&round->watch->found.items[i], new) ? WATCH_CHANGED : WATCH_UNKNOWN;
}

/* The device never left, and calls itself by another serial. */
static int enter_changed_serial(
	const struct round *round, size_t i, struct store *store, struct error *error)
{
	const struct watched *item = &round->watch->items[i];
	const struct drive_identity *old = &round->watch->found.items[i].identity;
	const struct drive_identity *new = &round->view.items[i].identity;
	if (!item->known || item->replaced || !has_key(old) || round->view.items[i].id == 0 ||
		strcmp(old->serial, new->serial) == 0)
		return 0;
	return presence_changed_serial(store, round->view.items[i].id, old->serial, error);
}

static int enter_one(struct round *round, size_t i, struct store *store, struct error *error)
{
	const struct watch *watch = round->watch;
	struct found_drive *new = &round->view.items[i];
	struct outcome *outcome = &round->outcomes[i];
	int r = 0;
	if (has_key(&new->identity))
		r = presence_history(
			store, &new->identity, watch->options.host, &outcome->history, error);
	if (r < 0)
		return r;
	new->id = id_of_twin(round, i);
	if (new->id == 0)
		r = scan_record_one(store, new, watch->options.host, round->now_utc_ms, error);
	if (r < 0 || !watch->items[i].fresh)
		return r;
	outcome->word = judge(round, i);
	if (outcome->word == WATCH_APPEARED && new->id > 0)
		r = presence_appeared(store, new->id, watch->options.host, new->identity.name,
			&outcome->history, round->now_utc_ms, error);
	return r < 0 ? r : enter_changed_serial(round, i, store, error);
}

/* Looked at, or beside another twin than before. */
static bool wants_entering(const struct round *round, size_t i)
{
	const struct watched *item = &round->watch->items[i];
	const struct found_drive *old = &round->watch->found.items[i];
	const struct found_drive *new = &round->view.items[i];
	return item->fresh ||
	       (item->known && !item->gone && has_key(&new->identity) &&
		       (old->twin != new->twin || strcmp(old->twin_path, new->twin_path) != 0));
}

/* -- at the start: who was here and is not -- */

static bool is_accounted_for(const struct round *round, const struct drive_record *record)
{
	for (size_t i = 0; i < round->view.count; i++) {
		const struct found_drive *item = &round->view.items[i];
		/* A device that does not say who it is may be the one that was here so called. */
		if (item->id == record->id ||
			(!has_key(&item->identity) &&
				strcmp(round->watch->items[i].name, record->identity.name) == 0))
			return true;
	}
	return false;
}

static int enter_left(struct round *round, struct store *store, struct error *error)
{
	const struct presence_list *before = &round->watch->before;
	const char *host = round->watch->options.host;
	size_t kept = 0;
	int r = before->count > 0 ? drives_list(store, &round->left, error) : 0;
	for (size_t i = 0; i < round->left.count && r == 0; i++) {
		struct drive_record *record = &round->left.items[i];
		bool changed = false;
		if (presence_has(before, record->id) && !is_accounted_for(round, record))
			r = presence_vanished(
				store, record->id, host, 0, round->now_utc_ms, &changed, error);
		if (changed)
			round->left.items[kept++] = *record;
	}
	round->left.count = kept;
	return r;
}

static int enter_all(struct round *round, struct store *store, struct error *error)
{
	int r = enter_vanished(round, store, error);
	for (size_t i = 0; i < round->view.count && r == 0; i++)
		if (wants_entering(round, i))
			r = enter_one(round, i, store, error);
	if (r == 0 && round->completes)
		r = enter_left(round, store, error);
	return r < 0 ? r : flags_refresh(store, round->now_utc_ms, &round->flags, error);
}

/* -- once it is committed -- */

static void tell(struct round *round, struct watch_report *report)
{
	report->utc_ms = round->now_utc_ms;
	round->watch->options.tell(round->watch->options.context, report);
}

static void tell_vanished(struct round *round)
{
	for (size_t i = 0; i < round->view.count; i++) {
		const struct found_drive *old = &round->watch->found.items[i];
		struct watch_report report = { .word = WATCH_VANISHED,
			.drive_id = old->id,
			.path = old->path,
			.identity = &old->identity };
		if (round->outcomes[i].vanished)
			tell(round, &report);
	}
	for (size_t i = 0; i < round->left.count; i++) {
		const struct drive_record *record = &round->left.items[i];
		char path[sizeof(record->identity.name) + 8];
		(void)snprintf(path, sizeof(path), "/dev/%s", record->identity.name);
		struct watch_report report = { .word = WATCH_VANISHED,
			.drive_id = record->id,
			.path = path,
			.identity = &record->identity };
		tell(round, &report);
	}
}

/* The view becomes what is known. */
static void settle(struct round *round)
{
	struct watch *watch = round->watch;
	for (size_t i = 0; i < round->view.count; i++) {
		struct watched *item = &watch->items[i];
		if (item->gone || (!item->fresh && !item->known))
			continue;
		if (item->fresh) {
			signature_list_free(&watch->found.items[i].signatures);
			item->next = (struct found_drive){ 0 };
			item->known = true;
		}
		item->fresh = item->replaced = false;
		watch->found.items[i] = round->view.items[i];
	}
	watch->began = watch->began || round->completes;
}

static void tell_here(struct round *round)
{
	for (size_t i = 0; i < round->view.count; i++) {
		const struct found_drive *found = &round->watch->found.items[i];
		struct watch_report report = { .word = round->outcomes[i].word,
			.drive_id = found->id,
			.path = found->path,
			.identity = &found->identity,
			.found = found,
			.history = &round->outcomes[i].history,
			.error = &found->error };
		if (report.word != WATCH_UNKNOWN)
			tell(round, &report);
	}
}

static void tell_flags(struct round *round, enum watch_word word, const struct flag_list *flags)
{
	const struct found_list *found = &round->watch->found;
	for (size_t i = 0; i < flags->count; i++) {
		const struct flag *flag = &flags->items[i];
		struct watch_report report = {
			.word = word, .drive_id = flag->drive_id, .flag = flag
		};
		for (size_t j = 0; j < found->count; j++)
			if (found->items[j].id == flag->drive_id)
				report.identity = &found->items[j].identity;
		tell(round, &report);
	}
}

static void tell_all(struct round *round)
{
	struct watch *watch = round->watch;
	tell_vanished(round);
	settle(round);
	tell_here(round);
	tell_flags(round, WATCH_FLAGGED, &round->flags.raised);
	tell_flags(round, WATCH_CLEARED, &round->flags.cleared);
	for (size_t i = watch->found.count; i > 0; i--)
		if (watch->items[i - 1].gone)
			watch_drop(watch, i - 1);
	if (!round->completes)
		return;
	struct watch_report report = { .word = WATCH_READY, .count = watch->found.count };
	tell(round, &report);
}

int watch_record(struct watch *watch, struct error *error)
{
	CLEANUP(round_free) struct round round = { .watch = watch };
	struct store *store = watch->options.store;
	struct clock_reading now;
	if (!is_needed(watch, &round.completes))
		return 0;
	clock_read(&now);
	round.now_utc_ms = now.utc_ms;
	int r = make_round(watch, &round, error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	r = store_end(store, enter_all(&round, store, error), error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < round.view.count; i++)
		if (round.outcomes[i].vanished || round.outcomes[i].word != WATCH_UNKNOWN)
			watch_note_stack(watch);
	tell_all(&round);
	return 0;
}
