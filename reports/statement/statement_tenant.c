/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the certificate of a contract's deletion says. */
#include "reports/statement/statement_parts.h"

#include "verify/tenant/deletion.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ITEMS_SHOWN 40 /* of each list; the document itself has all */
#define PLACES_SHOWN 8 /* of each VM */

static const struct wording verdicts[] = {
	[TENANT_STAGE_UNKNOWN] = { "unknown", "削除は証明されていません (結果不明)",
		"NOT PROVEN DELETED: OUTCOME UNKNOWN" },
	[TENANT_STAGE_RUNNING] = { "running", "削除していません (契約中)",
		"NOT DELETED: CONTRACT NOT OVER" },
	[TENANT_STAGE_REMAINING] = { "remaining", "削除は完了していません (残存あり)",
		"NOT DELETED: DATA REMAINS" },
	[TENANT_STAGE_VMS_DELETED] = { "vms-deleted", "削除は完了していません (VM は削除済み)",
		"NOT CLOSED: VMS GONE, DATA NOT ERASED" },
	[TENANT_STAGE_VOLUMES_ERASED] = { "volumes-erased",
		"削除は完了していません (バックアップ残存または未確認)",
		"NOT CLOSED: BACKUPS REMAIN OR ARE NOT KNOWN" },
	[TENANT_STAGE_GENERATIONS_EXPIRED] = { "generations-expired",
		"削除は完了していません (通知未了)", "NOT CLOSED: CUSTOMER NOT TOLD" },
	[TENANT_STAGE_CLOSED] = { "closed", "契約データ削除済み (証明済み)",
		"CONTRACT'S DATA DELETED, PROVEN" },
};

static void make_verdict(struct maker *maker, const json_t *certificate)
{
	const char *word = text_of(json_object_get(certificate, "verdict"), "stage");
	enum tenant_stage stage = tenant_stage_parse(word);
	maker->statement->good = stage == TENANT_STAGE_CLOSED;
	maker->statement->outcome = wording_of(WORDING_STAGE, tenant_stage_name(stage));
	maker->statement->verdict = verdicts[stage];
}

static void make_contract(struct maker *maker, const json_t *certificate)
{
	const json_t *tenant = json_object_get(certificate, "tenant");
	const json_t *contract = json_object_get(certificate, "contract");
	const json_t *codes = json_object_get(tenant, "service_codes");
	const char *end = text_of(contract, "end_day");
	size_t others = json_array_size(json_object_get(certificate, "other_contracts"));
	make_section(maker, "contract");
	make_value(maker, "contract-number", text_of(contract, "number"));
	make_value(maker, "tenant", text_of(tenant, "code"));
	make_value(maker, "tenant-name", text_of(tenant, "name"));
	make_value(maker, "zone", text_of(tenant, "zone"));
	for (size_t i = 0; i < json_array_size(codes) && i < ITEMS_SHOWN; i++)
		make_value(maker, "service-code", word_at(codes, i));
	make_value(maker, "contract-from", text_of(contract, "start_day"));
	if (end[0])
		make_value(maker, "contract-to", end);
	else
		make_words(maker, "contract-to", "終了日なし", "no last day");
	make_format(maker, "grace", "%" PRId64, number_of(contract, "grace_days"));
	codes = json_object_get(contract, "service_codes");
	for (size_t i = 0; i < json_array_size(codes) && i < ITEMS_SHOWN; i++)
		make_value(maker, "contract-for", word_at(codes, i));
	if (others > 0)
		make_format(maker, "other-contracts", "%zu", others);
}

/* Its item of a list, and what the certificate says of all. */
typedef bool is_gone_item(const json_t *certificate, const json_t *item);

static size_t count_gone(const json_t *certificate, const json_t *list, is_gone_item *is_gone)
{
	size_t gone = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		gone += is_gone(certificate, json_array_get(list, i));
	return gone;
}

/* What is neither there nor to be sanitized by the facts of its VMs: not outstanding. Before version 2 there were none. */
static bool is_settled(const json_t *certificate, const char *kind, const json_t *item)
{
	const json_t *left = json_object_get(certificate, "outstanding");
	char word[128];
	(void)snprintf(word, sizeof(word), "%s:%.64s", kind, text_of(item, "id"));
	for (size_t i = 0; i < json_array_size(left); i++)
		if (strcmp(word_at(left, i), word) == 0)
			return false;
	return number_of(certificate, "format_version") >= 2;
}

static enum deletion_stage stage_of_vm(const json_t *vm)
{
	struct deletion_verdict verdict = { 0 };
	deletion_judge(json_object_get(vm, "facts"), &verdict);
	return verdict.stage;
}

static bool is_gone_vm(const json_t *certificate, const json_t *vm)
{
	(void)certificate;
	return stage_of_vm(vm) == DELETION_GONE;
}

static bool is_gone_volume(const json_t *certificate, const json_t *volume)
{
	return number_of(volume, "present") == 0 || is_settled(certificate, "volume", volume);
}

static bool is_settled_place(const json_t *certificate, const json_t *place)
{
	const char *kind = strcmp(text_of(place, "kind"), "drive") == 0   ? "drive"
			   : strcmp(text_of(place, "kind"), "array") == 0 ? "array"
									  : "volume";
	return is_settled(certificate, kind, place);
}

static bool is_done_place(const json_t *certificate, const json_t *place)
{
	return strcmp(text_of(place, "why"), "sanitized") == 0 ||
	       strcmp(text_of(place, "state"), "destroyed") == 0 ||
	       is_settled_place(certificate, place);
}

static bool is_gone_generation(const json_t *certificate, const json_t *generation)
{
	(void)certificate;
	return text_of(generation, "gone_utc")[0] != '\0';
}

static void make_count(struct maker *maker, const json_t *certificate, const char *list_name,
	is_gone_item *is_gone, const char *japanese, const char *english)
{
	const json_t *list = json_object_get(certificate, list_name);
	char in_japanese[128], in_english[128];
	size_t total = json_array_size(list), gone = count_gone(certificate, list, is_gone);
	(void)snprintf(
		in_japanese, sizeof(in_japanese), "%zu 件中 %zu 件%s", total, gone, japanese);
	(void)snprintf(in_english, sizeof(in_english), "%zu of %zu %s", gone, total, english);
	make_words(maker, list_name, in_japanese, in_english);
}

static void make_deletion(struct maker *maker, const json_t *certificate)
{
	const char *stage = text_of(json_object_get(certificate, "verdict"), "stage");
	make_section(maker, "deletion");
	make_wording(maker, "stage", WORDING_STAGE, stage);
	if (json_object_get(certificate, "vms"))
		make_count(maker, certificate, "vms", is_gone_vm, "消滅を確認", "are gone");
	make_count(maker, certificate, "volumes", is_gone_volume, "消滅を確認", "are gone");
	make_count(maker, certificate, "places", is_done_place, "抹消または破壊",
		"are sanitized, erased or destroyed");
	make_count(maker, certificate, "generations", is_gone_generation, "消滅を確認", "are gone");
}

/* The words of a list of the verdict, each with its sentence. */
static void make_sentences(
	struct maker *maker, const json_t *certificate, const char *list, enum wording_kind kind)
{
	const json_t *words = json_object_get(json_object_get(certificate, "verdict"), list);
	if (json_array_size(words) == 0)
		return;
	make_section(maker, list);
	for (size_t i = 0; i < json_array_size(words); i++) {
		struct wording sentence = wording_of(kind, word_at(words, i));
		make_item(maker, sentence.word, sentence.japanese, sentence.english);
	}
}

/* --- the lists --- */

/* "V7 vg/web (web): gone", and its sentence in both languages. */
static void make_listed(
	struct maker *maker, const char *name, const char *japanese, const char *english)
{
	AUTO_BUFFER struct buffer in_japanese = BUFFER_INIT(8 * KIB);
	AUTO_BUFFER struct buffer in_english = BUFFER_INIT(8 * KIB);
	if (buffer_printf(&in_japanese, "%s: %s", name, japanese) != 0 ||
		buffer_printf(&in_english, "%s: %s", name, english) != 0) {
		maker->result = -ENOMEM;
		return;
	}
	make_item(maker, "", buffer_text(&in_japanese), buffer_text(&in_english));
}

/* What became of its disks, place by place. */
static void make_fates(struct maker *maker, const json_t *vm)
{
	AUTO_JSON json_t *places = NULL;
	const char *place;
	json_t *word;
	size_t shown = 0;
	if (deletion_places(json_object_get(vm, "facts"), &places) != 0) {
		maker->result = -ENOMEM;
		return;
	}
	json_object_foreach (places, place, word) {
		char name[2200];
		struct wording fate = wording_of(WORDING_FATE, json_string_value(word));
		if (++shown > PLACES_SHOWN)
			break;
		(void)snprintf(name, sizeof(name), "%.40s %.1024s", text_of(vm, "id"), place);
		make_listed(maker, name, fate.japanese, fate.english);
	}
}

/* A sentence with the times that belong to it: "gone; due 2027-04-11 00:00:00 JST". */
static void make_timed(struct maker *maker, const char *name, const struct wording *what,
	const struct wording times[2], const char *const utc[2])
{
	char japanese[512], english[512], text[TIME_TEXT_SIZE];
	size_t in_japanese = (size_t)snprintf(japanese, sizeof(japanese), "%s", what->japanese);
	size_t in_english = (size_t)snprintf(english, sizeof(english), "%s", what->english);
	for (size_t i = 0; i < 2; i++) {
		time_text(utc[i], text);
		if (!text[0] || in_japanese >= sizeof(japanese) || in_english >= sizeof(english))
			continue;
		in_japanese += (size_t)snprintf(japanese + in_japanese,
			sizeof(japanese) - in_japanese, "、%s %s", times[i].japanese, text);
		in_english += (size_t)snprintf(english + in_english, sizeof(english) - in_english,
			"; %s %s", times[i].english, text);
	}
	make_listed(maker, name, japanese, english);
}

static const char *last_utc(const json_t *facts)
{
	size_t count = json_array_size(facts);
	return count > 0 ? text_of(json_array_get(facts, count - 1), "utc") : "";
}

static void make_vm(struct maker *maker, const json_t *certificate, const json_t *vm)
{
	static const struct wording times[2] = {
		{ "", "期日", "due" },
		{ "", "確認", "seen" },
	};
	char name[2200];
	enum deletion_stage stage = stage_of_vm(vm);
	struct wording came = wording_of(WORDING_VM, deletion_stage_name(stage));
	const char *const utc[2] = {
		text_of(vm, "due_utc"),
		stage == DELETION_GONE ? last_utc(json_object_get(vm, "facts")) : "",
	};
	(void)certificate;
	(void)snprintf(name, sizeof(name), "%.40s %.256s (%.256s, %.64s, %.256s)",
		text_of(vm, "id"), text_of(vm, "name"), text_of(vm, "service_code"),
		text_of(vm, "uuid"), text_of(vm, "platform"));
	make_timed(maker, name, &came, times, utc);
	if (stage == DELETION_BEGUN || stage == DELETION_GONE)
		make_fates(maker, vm);
}

static void make_volume(struct maker *maker, const json_t *certificate, const json_t *volume)
{
	char name[2200];
	const char *machine = text_of(volume, "vm_name");
	(void)snprintf(name, sizeof(name), "%.40s %.1024s%s%.1024s%s", text_of(volume, "id"),
		text_of(volume, "name"), machine[0] ? " (" : "", machine, machine[0] ? ")" : "");
	if (number_of(volume, "present") == 0)
		make_listed(maker, name, "消滅を確認", "gone");
	else if (is_gone_volume(certificate, volume))
		make_listed(maker, name, "抹消または削除済み", "erased or deleted");
	else
		make_listed(maker, name, "残っています", "still there");
}

static void make_place(struct maker *maker, const json_t *certificate, const json_t *place)
{
	char name[2200];
	struct wording why = wording_of(WORDING_PLACE, text_of(place, "why"));
	const char *proof = text_of(place, "certificate");
	if (strcmp(text_of(place, "state"), "destroyed") == 0)
		why = wording_of(WORDING_CUSTODY, "destroyed");
	else if (strcmp(text_of(place, "why"), "sanitized") != 0 &&
		 is_settled_place(certificate, place))
		why = (struct wording){ "", "載っていたデータは抹消済み",
			"what lay on it is erased" };
	(void)snprintf(name, sizeof(name), "%.40s %.256s %.256s%s%.256s", text_of(place, "id"),
		text_of(place, "model"), text_of(place, "name"), proof[0] ? ", " : "", proof);
	make_listed(maker, name, why.japanese, why.english);
}

static void make_generation(
	struct maker *maker, const json_t *certificate, const json_t *generation)
{
	static const struct wording times[2] = {
		{ "", "保存期限", "expires" },
		{ "", "確認", "seen" },
	};
	static const struct wording states[2] = {
		{ "", "残っています", "still there" },
		{ "", "消滅を確認", "gone" },
	};
	char name[2200];
	const char *const utc[2] = {
		text_of(generation, "expires_utc"),
		text_of(generation, "gone_utc"),
	};
	(void)snprintf(name, sizeof(name), "%.40s %.1024s %.1024s", text_of(generation, "id"),
		text_of(generation, "place"), text_of(generation, "key"));
	make_timed(maker, name, &states[is_gone_generation(certificate, generation)], times, utc);
}

static void make_list(struct maker *maker, const json_t *certificate, const char *list_name,
	void (*make)(struct maker *maker, const json_t *certificate, const json_t *item))
{
	const json_t *list = json_object_get(certificate, list_name);
	size_t count = json_array_size(list);
	char japanese[96], english[96];
	if (count == 0)
		return;
	make_section(maker, list_name);
	for (size_t i = 0; i < count && i < ITEMS_SHOWN; i++)
		make(maker, certificate, json_array_get(list, i));
	if (count <= ITEMS_SHOWN)
		return;
	(void)snprintf(japanese, sizeof(japanese), "ほか %zu 件 (すべては JSON にあります)",
		count - ITEMS_SHOWN);
	(void)snprintf(
		english, sizeof(english), "and %zu more, which the JSON has", count - ITEMS_SHOWN);
	make_item(maker, "more", japanese, english);
}

static bool has_word(const json_t *words, const char *word)
{
	for (size_t i = 0; i < json_array_size(words); i++)
		if (strcmp(word_at(words, i), word) == 0)
			return true;
	return false;
}

static void make_backup(struct maker *maker, const json_t *certificate, const json_t *backup)
{
	char word[96], time[TIME_TEXT_SIZE], japanese[128], english[128];
	const char *name = text_of(backup, "repository");
	(void)snprintf(word, sizeof(word), "backup:%s", name);
	time_text(text_of(backup, "asked_utc"), time);
	if (has_word(json_object_get(certificate, "outstanding"), word)) {
		make_listed(maker, name, "VM の消滅後に回答を得ていません",
			"has not answered since each VM was gone");
		return;
	}
	(void)snprintf(japanese, sizeof(japanese), "%s の問い合わせに回答", time);
	(void)snprintf(english, sizeof(english), "answered when it was asked, %s", time);
	make_listed(maker, name, japanese, english);
}

/* Whether somebody was asked for copies of the VMs: when nobody was, that is said. */
static void make_backups(struct maker *maker, const json_t *certificate)
{
	const json_t *backups = json_object_get(certificate, "backups");
	if (!backups || json_array_size(json_object_get(certificate, "vms")) == 0)
		return;
	if (json_array_size(backups) == 0) {
		make_section(maker, "backups");
		make_item(maker, "nobody-asked",
			"問い合わせたバックアップのリポジトリはありません (設定されていません)。",
			"No backup repository was asked: none is configured.");
	} else {
		make_list(maker, certificate, "backups", make_backup);
	}
}

void statement_of_tenant(struct maker *maker, const json_t *certificate)
{
	const json_t *issuer = json_object_get(certificate, "issuer");
	make_verdict(maker, certificate);
	make_contract(maker, certificate);
	make_deletion(maker, certificate);
	make_sentences(maker, certificate, "reasons", WORDING_TENANT_REASON);
	make_sentences(maker, certificate, "remarks", WORDING_TENANT_REMARK);
	make_outstanding(maker, json_object_get(certificate, "outstanding"));
	make_list(maker, certificate, "vms", make_vm);
	make_list(maker, certificate, "volumes", make_volume);
	make_list(maker, certificate, "places", make_place);
	make_list(maker, certificate, "generations", make_generation);
	make_backups(maker, certificate);
	make_section(maker, "people");
	make_person(maker, "issuer", issuer);
	make_value(maker, "organisation", text_of(issuer, "organisation"));
	make_value(maker, "account", text_of(issuer, "account"));
	make_value(maker, "ticket", text_of(issuer, "ticket"));
	make_document(maker, certificate);
}
