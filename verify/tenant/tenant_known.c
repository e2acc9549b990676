/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging a tenant's VMs, volumes and places: by the facts of the VMs, and where there are none by what was seen. */
#include "verify/tenant/tenant_known.h"

#include "verify/tenant/deletion.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Flags are the integers 0 and 1; what is neither counts as what keeps the deletion open. */
static bool is_number(const json_t *object, const char *key, json_int_t number)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) && json_integer_value(value) == number;
}

void tenant_known_free(struct tenant_known *known)
{
	json_decref(known->gone);
	json_decref(known->erased);
	json_decref(known->places);
	json_decref(known->volumes);
	*known = (struct tenant_known){ 0 };
}

/* --- reading the facts --- */

static const char *last_utc(const json_t *facts)
{
	size_t count = json_array_size(facts);
	return count > 0 ? text_of(json_array_get(facts, count - 1), "utc") : "";
}

/* "dc1", a line feed, "[ds1] a/a.vmdk": what two VMs call the same. */
static int place_key(const json_t *vm, const char *place, struct buffer *ret)
{
	return buffer_printf(ret, "%s\n%s", text_of(vm, "platform"), place);
}

static bool is_erased_word(const char *word)
{
	return strcmp(word, DELETION_PLACE_ERASED) == 0 ||
	       strcmp(word, DELETION_PLACE_PLATFORM_WORD) == 0;
}

static int note_places(struct tenant_known *known, const json_t *vm)
{
	AUTO_JSON json_t *places = NULL;
	int result = deletion_places(json_object_get(vm, "facts"), &places);
	const char *place;
	json_t *word;
	if (result != 0)
		return result;
	json_object_foreach (places, place, word) {
		AUTO_BUFFER struct buffer key = BUFFER_INIT(8 * KIB);
		if (!is_erased_word(json_string_value(word)))
			continue;
		if (place_key(vm, place, &key) != 0 ||
			json_object_set_new(known->places, buffer_text(&key), json_integer(1)) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int note_erased(struct tenant_known *known, const json_t *facts, const char *until_utc)
{
	AUTO_JSON json_t *volumes = NULL;
	int result = deletion_volumes(facts, &volumes);
	const char *volume;
	json_t *erased;
	if (result != 0)
		return result;
	json_object_foreach (volumes, volume, erased)
		if (json_integer_value(erased) == 1 &&
			json_object_set_new(known->erased, volume, json_string(until_utc)) != 0)
			return -ENOMEM;
	return 0;
}

static int note_listed(struct tenant_known *known)
{
	const json_t *volumes = json_object_get(known->document, "volumes");
	for (size_t i = 0; i < json_array_size(volumes); i++) {
		json_t *volume = json_array_get(volumes, i);
		if (json_object_set(known->volumes, text_of(volume, "id"), volume) != 0)
			return -ENOMEM;
	}
	return 0;
}

static bool is_of(const json_t *facts, const char *uuid)
{
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);
		if (strcmp(text_of(fact, "fact"), "identity") == 0 &&
			strcmp(text_of(fact, "uuid"), uuid) != 0)
			return false;
	}
	return true;
}

/* What is to be gone at a time to come is there. */
static bool is_gone(
	const struct tenant_known *known, const json_t *vm, struct deletion_verdict *verdict)
{
	const json_t *facts = json_object_get(vm, "facts");
	deletion_judge(facts, verdict);
	return verdict->stage == DELETION_GONE && strcmp(last_utc(facts), known->issued_utc) <= 0;
}

static int note_vm(struct tenant_known *known, json_t *seen, const json_t *vm)
{
	const json_t *facts = json_object_get(vm, "facts");
	const char *uuid = text_of(vm, "uuid");
	struct deletion_verdict verdict = { 0 };
	if (json_object_get(seen, uuid) || !is_of(facts, uuid))
		return -EBADMSG;
	bool gone = is_gone(known, vm, &verdict);
	known->remarks |= verdict.remarks;
	if (json_object_set_new(seen, uuid, json_integer(1)) != 0 ||
		(gone && json_object_set_new(known->gone, uuid, json_string(last_utc(facts))) != 0))
		return -ENOMEM;
	int result = gone ? note_places(known, vm) : 0;
	return result == 0 ? note_erased(known, facts, gone ? last_utc(facts) : known->issued_utc)
			   : result;
}

int tenant_known_read(const json_t *document, struct tenant_known *ret)
{
	AUTO_JSON json_t *seen = json_object();
	const json_t *vms = json_object_get(document, "vms");
	AUTO_KNOWN struct tenant_known known = {
		.document = document,
		.issued_utc = text_of(document, "issued_utc"),
		.version = json_integer_value(json_object_get(document, "format_version")),
		.gone = json_object(),
		.erased = json_object(),
		.places = json_object(),
		.volumes = json_object(),
	};
	bool made = seen && known.gone && known.erased && known.places && known.volumes;
	int result = made ? note_listed(&known) : -ENOMEM;
	for (size_t i = 0; result == 0 && i < json_array_size(vms); i++)
		result = note_vm(&known, seen, json_array_get(vms, i));
	if (result != 0)
		return result;
	*ret = known;
	known = (struct tenant_known){ 0 };
	return 0;
}

/* --- VMs --- */

/* The last VM that used a disk took it along. */
static bool is_shared_still(const struct tenant_known *known, const json_t *vm)
{
	AUTO_JSON json_t *places = NULL;
	const char *place;
	json_t *word;
	if (deletion_places(json_object_get(vm, "facts"), &places) != 0)
		return true;
	json_object_foreach (places, place, word) {
		AUTO_BUFFER struct buffer key = BUFFER_INIT(8 * KIB);
		if (strcmp(json_string_value(word), DELETION_PLACE_SHARED) != 0)
			continue;
		if (place_key(vm, place, &key) != 0 ||
			!json_object_get(known->places, buffer_text(&key)))
			return true;
	}
	return false;
}

static bool is_erasure_required(const struct tenant_known *known)
{
	const json_t *deletion = json_object_get(known->document, "deletion");
	return strcmp(text_of(deletion, "erasure"), "where-possible") != 0;
}

unsigned tenant_judge_vm(const struct tenant_known *known, const json_t *vm)
{
	struct deletion_verdict verdict = { 0 };
	unsigned reasons = 0, not_erased = DELETION_FAILED;
	bool gone = is_gone(known, vm, &verdict);
	if (is_erasure_required(known))
		not_erased |= DELETION_UNLINKED | DELETION_BY_OTHERS;
	if (verdict.remarks & DELETION_UNFOUNDED)
		reasons |= TENANT_VM_UNFOUNDED;
	if (!gone)
		return reasons | TENANT_VM_REMAINS;
	if (verdict.remarks & DELETION_SHARED && is_shared_still(known, vm))
		reasons |= TENANT_VM_SHARED;
	if (verdict.remarks & not_erased)
		reasons |= TENANT_VM_NOT_ERASED;
	return reasons;
}

/* --- volumes --- */

/* Nobody saw it since. Times have one spelling, so their order is that of their texts. */
static bool was_not_seen_since(const json_t *volume, const json_t *until_utc)
{
	return is_number(volume, "present", 0) ||
	       strcmp(text_of(volume, "last_seen_utc"), json_string_value(until_utc)) <= 0;
}

static bool is_settled(const struct tenant_known *known, const json_t *volume)
{
	const json_t *erased = json_object_get(known->erased, text_of(volume, "id"));
	const json_t *gone = json_object_get(known->gone, text_of(volume, "vm_uuid"));
	return (erased && was_not_seen_since(volume, erased)) ||
	       (gone && was_not_seen_since(volume, gone));
}

unsigned tenant_judge_volume(const struct tenant_known *known, const json_t *volume)
{
	unsigned reasons = 0;
	if (is_settled(known, volume))
		return 0;
	if (!is_number(volume, "present", 0))
		reasons |= TENANT_VOLUME_PRESENT;
	if (!is_number(volume, "drives_known", 1))
		reasons |= TENANT_VOLUME_NOWHERE;
	return reasons;
}

/* --- places --- */

static bool is_erased(const struct tenant_known *known, const char *id)
{
	const json_t *erased = json_object_get(known->erased, id),
		     *volume = json_object_get(known->volumes, id);
	return erased && (!volume || was_not_seen_since(volume, erased));
}

/* Unlinked is enough for what lies on drives: they are in the list themselves. */
static bool is_gone_or_erased(const struct tenant_known *known, const char *id)
{
	const json_t *volume = json_object_get(known->volumes, id);
	return is_erased(known, id) || (volume && tenant_judge_volume(known, volume) == 0);
}

/* Every volume that it carried, and one at least. */
static bool is_each(const struct tenant_known *known, const json_t *place,
	bool (*is)(const struct tenant_known *known, const char *id))
{
	const json_t *ids = json_object_get(place, "volumes");
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (!is(known, json_string_value(json_array_get(ids, i))))
			return false;
	return json_array_size(ids) > 0;
}

/* Arrays and volumes lie on drives, which are in the list too; they matter while they are there. */
static unsigned judge_layer(const struct tenant_known *known, const json_t *place)
{
	const char *why = text_of(place, "why");
	bool carries = strcmp(why, "carries") == 0 || strcmp(why, "left") == 0;
	if (is_number(place, "present", 0) || is_erased(known, text_of(place, "id")) ||
		(carries && is_each(known, place, is_gone_or_erased)))
		return 0;
	return TENANT_VOLUME_PRESENT;
}

/* What was destroyed before a witness (docs/custody.md) carries nothing any more. */
unsigned tenant_judge_place(const struct tenant_known *known, const json_t *place)
{
	if (strcmp(text_of(place, "kind"), "drive") != 0)
		return judge_layer(known, place);
	if (strcmp(text_of(place, "state"), "destroyed") == 0)
		return 0;
	if (strcmp(text_of(place, "why"), "sanitized") != 0)
		return is_each(known, place, is_erased) ? 0 : TENANT_DRIVE_NOT_SANITIZED;
	return text_of(place, "certificate")[0] && text_of(place, "certificate_sha256")[0]
		       ? 0
		       : TENANT_DRIVE_NO_CERTIFICATE;
}
