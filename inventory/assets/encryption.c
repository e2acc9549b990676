/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted from first write, as events. What speaks against it counts more than what was said. */
#include "inventory/assets/encryption.h"

#include "base/text.h"
#include "inventory/assets/drives.h"
#include "inventory/assets/stands.h"
#include "inventory/assets/subjects.h"
#include "inventory/assets/volumes.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECORDED "encryption-recorded"
#define REVOKED "encryption-revoked"

/* ---- saying so ---- */

static int incomplete(const char *what, struct error *error)
{
	int r = error_set(error, ERROR_USAGE, EINVAL, "encryption-incomplete", "%s", what);
	error_next(error, _("See how: haiki inventory encryption --help"));
	return r;
}

static int check(struct store *store, const struct subject *subject, const char *why,
	const char *what_is_missing, struct error *error)
{
	if (subject->kind != SUBJECT_DRIVE && subject->kind != SUBJECT_VOLUME)
		return incomplete(_("Only a drive or a volume is encrypted"), error);
	if (!why || !why[strspn(why, " ")])
		return incomplete(what_is_missing, error);
	int r = text_check(why, ENCRYPTION_BASIS_MAX, false, "basis", error);
	return r < 0 ? r : subjects_check_known(store, subject, error);
}

static int append(struct store *store, const struct subject *subject, const char *action,
	json_t *detail, int64_t now_utc_ms, struct error *error)
{
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, subject, &event, error);
}

int encryption_record(struct store *store, const struct subject *subject, const char *basis,
	const char *ticket, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	int r = check(store, subject, basis, _("Say how that is known, with --basis"), error);
	if (r == 0)
		r = text_check(ticket ? ticket : "", ENCRYPTION_TICKET_MAX, false, "ticket", error);
	if (r < 0)
		return r;
	if (json_put_string(detail, "basis", basis) < 0 ||
		json_put_string(detail, "ticket", ticket ? ticket : "") < 0)
		return error_no_memory(error);
	return append(store, subject, RECORDED, detail, now_utc_ms, error);
}

int encryption_revoke(struct store *store, const struct subject *subject, const char *reason,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	struct encryption now;
	char label[SUBJECT_LABEL_MAX];
	int r = check(store, subject, reason, _("Say why, with --reason"), error);
	if (r == 0)
		r = encryption_of(store, subject, &now, error);
	if (r == 0 && now.state != ENCRYPTION_STANDS) {
		r = subjects_label(store, subject, label, error);
		return r < 0 ? r
			     : error_set(error, ERROR_USAGE, EALREADY, "encryption-not-recorded",
				       _("It is not recorded that %s was encrypted from its first "
					 "write"),
				       label);
	}
	if (r < 0)
		return r;
	if (json_put_string(detail, "reason", reason) < 0)
		return error_no_memory(error);
	return append(store, subject, REVOKED, detail, now_utc_ms, error);
}

/* ---- the last word ---- */

static int copy_text(const json_t *detail, const char *key, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(detail, key));
	int length = snprintf(ret, size, "%s", text ? text : "");
	return length < 0 || (size_t)length >= size ? -EBADMSG : 0;
}

void encryption_basis_of(const char *detail, char ret[static ENCRYPTION_BASIS_MAX])
{
	AUTO_JSON json_t *json = NULL;
	ret[0] = '\0';
	if (*detail && json_parse(detail, strlen(detail), "event", &json, NULL) == 0)
		(void)copy_text(json, "basis", ret, ENCRYPTION_BASIS_MAX);
}

static int read_record(struct store *store, const struct store_rows *rows, struct encryption *ret,
	struct error *error)
{
	AUTO_JSON json_t *detail = NULL;
	const char *text = store_text(rows, 3);
	int r = store_copy_text(rows, 2, ret->actor, sizeof(ret->actor), error);
	if (r == 0)
		r = json_parse(text, strlen(text), _("event"), &detail, error);
	if (r < 0)
		return r;
	if (copy_text(detail, "basis", ret->basis, sizeof(ret->basis)) < 0 ||
		copy_text(detail, "ticket", ret->ticket, sizeof(ret->ticket)) < 0)
		return store_error_corrupt(store, "event.detail", error);
	ret->utc_ms = store_integer(rows, 1);
	ret->state = ENCRYPTION_STANDS;
	return 0;
}

int encryption_of(struct store *store, const struct subject *subject, struct encryption *ret,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(subject->kind)),
		STORE_INT(subject->id),
	};
	*ret = (struct encryption){ .subject = *subject };
	int r = store_query(store,
		"SELECT action, utc_ms, actor, detail FROM event WHERE target_kind = $1"
		" AND target_id = $2 AND (action IN ('" RECORDED "', '" REVOKED "')"
		" OR (action = 'custody' AND (detail LIKE '%\"to\":\"sanitized\"%'"
		" OR detail LIKE '%\"to\":\"reused\"%'))) ORDER BY id DESC LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	const char *action = store_text(rows, 0);
	if (strcmp(action, RECORDED) == 0)
		return read_record(store, rows, ret, error);
	ret->state = strcmp(action, REVOKED) == 0 ? ENCRYPTION_REVOKED : ENCRYPTION_ENDED;
	return 0;
}

/* ---- what speaks against it ---- */

static bool is_luks(const struct signature *signature)
{
	return signature->usage == SIGNATURE_CRYPTO && strcmp(signature->type, "crypto_LUKS") == 0;
}

static bool partition_has_luks(const struct signature_list *list, const struct signature *partition)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_luks(&list->items[i]) &&
			list->items[i].partition_number == partition->partition_number)
			return true;
	return false;
}

/* The first thing there that is not encrypted; NULL: there is none. */
static const char *plain_thing(const struct signature_list *list)
{
	if (list->truncated)
		return "?";
	for (size_t i = 0; i < list->count; i++) {
		const struct signature *item = &list->items[i];
		bool is_table =
			item->usage == SIGNATURE_PARTITION_TABLE && item->partition_number == 0;
		bool leads_to_luks =
			item->usage == SIGNATURE_PARTITION && partition_has_luks(list, item);
		if (!is_luks(item) && !is_table && !leads_to_luks)
			return item->type[0] ? item->type : "?";
	}
	return NULL;
}

static void contradict(struct encryption *ret, const char *what)
{
	ret->state = ENCRYPTION_CONTRADICTED;
	(void)snprintf(ret->contradiction, sizeof(ret->contradiction), "%s", what);
}

/* What was said of a volume holds of the drive only while that volume stands there: under the header
 * of another one, what was written in between may be anything. 1: it does. */
static int is_still_there(struct store *store, const struct subject *volume,
	const struct signature_list *list, struct error *error)
{
	AUTO_VOLUMES struct volume_list found = { 0 };
	int r = volumes_get(store, volume->id, &found, error);
	const char *uuid = r == 0 && found.count == 1 ? found.items[0].uuid : "";
	for (size_t i = 0; r == 0 && uuid[0] && i < list->count; i++)
		if (is_luks(&list->items[i]) && list->items[i].partition_number == 0 &&
			strcasecmp(list->items[i].uuid, uuid) == 0)
			return 1;
	return r;
}

static int check_signatures(struct store *store, int64_t drive_id,
	const struct signature_list *signatures, struct encryption *ret, struct error *error)
{
	AUTO_SIGNATURES struct signature_list own = { 0 };
	int r = signatures ? 0 : drives_signatures(store, drive_id, &own, error);
	const struct signature_list *list = signatures ? signatures : &own;
	const char *plain = r == 0 ? plain_thing(list) : NULL;
	if (plain)
		contradict(ret, plain);
	if (r < 0 || plain || ret->subject.kind != SUBJECT_VOLUME)
		return r;
	r = is_still_there(store, &ret->subject, list, error);
	if (r == 0)
		contradict(ret, "crypto_LUKS");
	return r < 0 ? r : 0;
}

/* What stood straight on the drive since it was last sanitized and is no LUKS volume: an array's member,
 * a volume group. 1: *ret_what names it. */
static int stood_plain(
	struct store *store, int64_t drive_id, char *ret_what, size_t size, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(drive_id) };
	int r = store_query(store,
		"SELECT coalesce(v.kind, s.upper_kind), coalesce(v.name, '') FROM stands_on s"
		" LEFT JOIN volume v ON s.upper_kind = 'volume' AND v.id = s.upper_id"
		" WHERE s.lower_kind = 'drive' AND s.lower_id = $1"
		" AND coalesce(v.kind, '') NOT IN ('luks', 'header-backup')"
		" AND (s.left_utc_ms IS NULL OR s.last_utc_ms >= coalesce((SELECT max(e.utc_ms)"
		" FROM event e WHERE e.target_kind = 'drive' AND e.target_id = $1"
		" AND e.action = 'custody' AND (e.detail LIKE '%\"to\":\"sanitized\"%'"
		" OR e.detail LIKE '%\"to\":\"reused\"%')), 0)) LIMIT 1",
		values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		(void)snprintf(ret_what, size, "%s %s", store_text(rows, 0), store_text(rows, 1));
	return r;
}

static int check_history(
	struct store *store, int64_t drive_id, struct encryption *ret, struct error *error)
{
	char what[sizeof(ret->contradiction)] = "";
	int r = stood_plain(store, drive_id, what, sizeof(what), error);
	if (r > 0)
		contradict(ret, what);
	return r < 0 ? r : 0;
}

/* ---- of a drive ---- */

static int is_luks_volume(struct store *store, const struct stand *stand, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	if (stand->upper.kind != SUBJECT_VOLUME || stand->partition_number != 0 ||
		stand->left_utc_ms != 0)
		return 0;
	int r = volumes_get(store, stand->upper.id, &list, error);
	return r < 0 ? r : list.count == 1 && list.items[0].kind == VOLUME_LUKS;
}

/* Of the volumes on the whole of the drive, one of which it was said. */
static int look_at_volumes(struct store *store, const struct subject *drive, struct encryption *ret,
	struct error *error)
{
	AUTO_STANDS struct stand_list above = { 0 };
	int r = stands_above(store, drive, false, &above, error);
	for (size_t i = 0; r == 0 && i < above.count; i++) {
		struct encryption of_volume;
		int luks = is_luks_volume(store, &above.items[i], error);
		r = luks > 0 ? encryption_of(store, &above.items[i].upper, &of_volume, error)
			     : luks;
		if (r == 0 && luks > 0 && of_volume.state == ENCRYPTION_STANDS) {
			*ret = of_volume;
			return 0;
		}
	}
	return r;
}

int drives_encrypted_from_first_write(struct store *store, const struct drive_identity *identity,
	const struct signature_list *signatures, struct encryption *ret, struct error *error)
{
	struct subject drive = { SUBJECT_DRIVE, 0 };
	struct encryption found = { 0 };
	int r = drives_id_of(store, identity, &drive.id, error);
	if (r == 0 && drive.id > 0)
		r = encryption_of(store, &drive, &found, error);
	if (r == 0 && drive.id > 0 && found.state == ENCRYPTION_UNKNOWN)
		r = look_at_volumes(store, &drive, &found, error);
	if (r == 0 && found.state == ENCRYPTION_STANDS)
		r = check_signatures(store, drive.id, signatures, &found, error);
	if (r == 0 && found.state == ENCRYPTION_STANDS)
		r = check_history(store, drive.id, &found, error);
	if (r == 0)
		*ret = found;
	return r;
}
