/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging a tenant's deletion: from the lists of what was known to how far it has come. */
#include "verify/tenant/tenant.h"

#include "base/clock.h"
#include "base/text.h"
#include "verify/tenant/deletion.h"
#include "verify/tenant/due.h"
#include "verify/tenant/tenant_known.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const stage_names[] = {
	[TENANT_STAGE_UNKNOWN] = "unknown",
	[TENANT_STAGE_RUNNING] = "running",
	[TENANT_STAGE_REMAINING] = "remaining",
	[TENANT_STAGE_VMS_DELETED] = "vms-deleted",
	[TENANT_STAGE_VOLUMES_ERASED] = "volumes-erased",
	[TENANT_STAGE_GENERATIONS_EXPIRED] = "generations-expired",
	[TENANT_STAGE_CLOSED] = "closed",
};

const char *tenant_stage_name(enum tenant_stage stage)
{
	return (size_t)stage < ARRAY_SIZE(stage_names) ? stage_names[stage]
						       : stage_names[TENANT_STAGE_UNKNOWN];
}

enum tenant_stage tenant_stage_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(stage_names); i++)
		if (strcmp(stage_names[i], word) == 0)
			return (enum tenant_stage)i;
	return TENANT_STAGE_UNKNOWN;
}

/* In the order of the bits. */
static const char *const reason_words[TENANT_REASONS] = {
	"contract-running",
	"contract-grace",
	"other-contract",
	"volume-present",
	"volume-nowhere",
	"drive-not-sanitized",
	"drive-no-certificate",
	"generation-remains",
	"nothing-known",
	"vm-remains",
	"vm-shared",
	"vm-not-erased",
	"vm-unfounded",
	"notice-unsent",
	"backup-not-asked",
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* -- contracts -- */

static struct due due_of(const json_t *contract, int64_t issued_utc_ms)
{
	const struct due_contract days = {
		.start_day = text_of(contract, "start_day"),
		.end_day = text_of(contract, "end_day"),
		.grace_days = json_integer_value(json_object_get(contract, "grace_days")),
	};
	return due_of_contract(&days, issued_utc_ms);
}

static unsigned reason_of_own(enum due_state state)
{
	switch (state) {
	case DUE_UNKNOWN:
	case DUE_FUTURE:
	case DUE_RUNNING:
		break;
	case DUE_GRACE:
		return TENANT_CONTRACT_GRACE;
	case DUE_NOW:
		return 0;
	}
	return TENANT_CONTRACT_RUNNING;
}

/* Before version 2 nobody said for which services a contract is: then it is for all. */
static bool is_for_the_same(const json_t *contract, const json_t *other)
{
	const json_t *codes = json_object_get(contract, "service_codes");
	const json_t *others = json_object_get(other, "service_codes");
	for (size_t i = 0; i < json_array_size(codes); i++)
		for (size_t j = 0; j < json_array_size(others); j++)
			if (json_equal(json_array_get(codes, i), json_array_get(others, j)))
				return true;
	return json_array_size(codes) == 0 || json_array_size(others) == 0;
}

static unsigned judge_contracts(const json_t *document, int64_t issued_utc_ms)
{
	const json_t *contract = json_object_get(document, "contract");
	const json_t *others = json_object_get(document, "other_contracts");
	unsigned reasons = reason_of_own(due_of(contract, issued_utc_ms).state);
	for (size_t i = 0; i < json_array_size(others); i++) {
		const json_t *other = json_array_get(others, i);
		if (is_for_the_same(contract, other) &&
			due_of(other, issued_utc_ms).state != DUE_NOW)
			reasons |= TENANT_OTHER_CONTRACT;
	}
	return reasons;
}

/* -- what keeps each list open -- */

/* One that is to be gone at a time to come is still there. Times have one spelling, so their order is that of
 * their texts. */
static unsigned judge_generation(const struct tenant_known *known, const json_t *generation)
{
	const char *gone_utc = text_of(generation, "gone_utc");
	return gone_utc[0] && strcmp(gone_utc, known->issued_utc) <= 0 ? 0
								       : TENANT_GENERATION_REMAINS;
}

/* What a repository said before a VM was gone says nothing of the copies that were made since. Without VMs there is nothing
 * that it could be asked about. */
static unsigned judge_backup(const struct tenant_known *known, const json_t *backup)
{
	const char *asked_utc = text_of(backup, "asked_utc"), *uuid;
	json_t *gone_utc;
	if (json_array_size(json_object_get(known->document, "vms")) == 0)
		return 0;
	if (!asked_utc[0] || strcmp(asked_utc, known->issued_utc) > 0)
		return TENANT_BACKUP_NOT_ASKED;
	json_object_foreach (known->gone, uuid, gone_utc)
		if (strcmp(asked_utc, json_string_value(gone_utc)) < 0)
			return TENANT_BACKUP_NOT_ASKED;
	return 0;
}

/* Where nobody knows whether it left, a person looks; it is not sent twice. Others than this one have their own time. */
static unsigned judge_notice(const struct tenant_known *known, const json_t *notice)
{
	const char *state = text_of(notice, "state");
	(void)known;
	if (strcmp(text_of(notice, "kind"), "deleted") != 0 ||
		strcmp(text_of(notice, "audience"), "customer") != 0)
		return 0;
	return strcmp(state, "sent") == 0 || strcmp(state, "uncertain") == 0 ? 0
									     : TENANT_NOTICE_UNSENT;
}

typedef unsigned judge_item(const struct tenant_known *known, const json_t *item);

/* The lists, and what each of their items can keep open. */
static const struct list {
	const char *key;
	judge_item *judge;
	const char *id, *kind; /* its field, and what it is; NULL: as the ID says */
	bool is_data;
} lists[] = {
	{ "vms", tenant_judge_vm, "id", NULL, true },
	{ "volumes", tenant_judge_volume, "id", NULL, true },
	{ "places", tenant_judge_place, "id", NULL, true },
	{ "generations", judge_generation, "id", NULL, true },
	{ "backups", judge_backup, "repository", "backup", false },
	{ "notices", judge_notice, "kind", "notice", false },
};

static unsigned judge_lists(const struct tenant_known *known)
{
	unsigned reasons = 0;
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const json_t *items = json_object_get(known->document, lists[i].key);
		count += lists[i].is_data ? json_array_size(items) : 0;
		for (size_t j = 0; j < json_array_size(items); j++)
			reasons |= lists[i].judge(known, json_array_get(items, j));
	}
	return count > 0 ? reasons : reasons | TENANT_NOTHING_KNOWN;
}

static enum tenant_stage stage_of(const struct tenant_known *known, unsigned reasons)
{
	const unsigned contracts =
		TENANT_CONTRACT_RUNNING | TENANT_CONTRACT_GRACE | TENANT_OTHER_CONTRACT;
	const unsigned copies = TENANT_GENERATION_REMAINS | TENANT_BACKUP_NOT_ASKED;
	const unsigned later = copies | TENANT_NOTICE_UNSENT;
	bool has_vms = json_array_size(json_object_get(known->document, "vms")) > 0;
	if (reasons & contracts)
		return TENANT_STAGE_RUNNING;
	if (reasons & ~later)
		return has_vms && !(reasons & TENANT_VM_REMAINS) ? TENANT_STAGE_VMS_DELETED
								 : TENANT_STAGE_REMAINING;
	if (reasons & copies)
		return TENANT_STAGE_VOLUMES_ERASED;
	return reasons ? TENANT_STAGE_GENERATIONS_EXPIRED : TENANT_STAGE_CLOSED;
}

void tenant_judge(const json_t *document, struct tenant_verdict *ret)
{
	AUTO_KNOWN struct tenant_known known = { 0 };
	struct error ignored = { 0 };
	int64_t issued_utc_ms = 0;
	*ret = (struct tenant_verdict){ .stage = TENANT_STAGE_UNKNOWN };
	if (tenant_check_schema(document, &ignored) != 0 ||
		clock_parse(text_of(document, "issued_utc"), &issued_utc_ms) != 0)
		return;
	ret->version = json_integer_value(json_object_get(document, "format_version"));
	if (tenant_known_read(document, &known) != 0)
		return;
	ret->remarks = known.remarks;
	ret->reasons = judge_contracts(document, issued_utc_ms) | judge_lists(&known);
	ret->stage = stage_of(&known, ret->reasons);
}

/* -- as JSON -- */

static int put_words(json_t *object, const char *key, unsigned mask, unsigned count,
	const char *(*word)(unsigned bit))
{
	json_t *words = json_array();
	int result = json_put(object, key, words);
	for (unsigned i = 0; result == 0 && i < count; i++)
		if (mask & (1U << i))
			result = json_push(words, json_string(word(i)));
	return result;
}

static const char *reason_word(unsigned bit)
{
	return reason_words[bit];
}

int tenant_verdict_to_json(const struct tenant_verdict *verdict, json_t **ret)
{
	AUTO_JSON json_t *object = json_object();
	int result = put_words(object, "reasons", verdict->reasons, TENANT_REASONS, reason_word);
	if (result == 0 && verdict->version >= 2)
		result = put_words(object, "remarks", verdict->remarks, DELETION_REMARKS,
			deletion_remark_word);
	if (result == 0)
		result = json_put_string(object, "stage", tenant_stage_name(verdict->stage));
	if (result == 0)
		*ret = json_incref(object);
	return result;
}

/* Each thing once, though it may be in two lists. */
static int push_once(json_t *list, json_t *seen, const char *kind, const char *id)
{
	char text[96];
	(void)snprintf(text, sizeof(text), "%s:%s", kind, id);
	if (json_object_get(seen, text))
		return 0;
	if (json_object_set_new(seen, text, json_integer(1)) != 0)
		return -ENOMEM;
	return json_push(list, json_string(text));
}

/* "V7" is a volume, wherever it stands. */
static const char *kind_of(const char *id)
{
	switch (id[0]) {
	case 'V':
		return "volume";
	case 'D':
		return "drive";
	case 'A':
		return "array";
	case 'M':
		return "vm";
	default: /* not an enum */
		return "generation";
	}
}

static int push_list(
	const struct tenant_known *known, const struct list *list, json_t *left, json_t *seen)
{
	const json_t *items = json_object_get(known->document, list->key);
	int result = 0;
	for (size_t i = 0; result == 0 && i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const char *id = text_of(item, list->id);
		if (list->judge(known, item) != 0)
			result = push_once(left, seen, list->kind ? list->kind : kind_of(id), id);
	}
	return result;
}

/* What its facts tell cannot be read where the VMs are not as they must be: then the verdict is unknown anyhow. */
int tenant_outstanding(const json_t *document, json_t **ret)
{
	AUTO_KNOWN struct tenant_known known = { 0 };
	AUTO_JSON json_t *left = json_array(), *seen = json_object();
	int result = left && seen ? tenant_known_read(document, &known) : -ENOMEM;
	if (result == -EBADMSG)
		known.document = NULL;
	else if (result != 0)
		return result;
	result = 0;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(lists); i++)
		result = push_list(&known, &lists[i], left, seen);
	if (result == 0)
		*ret = json_incref(left);
	return result;
}

int tenant_check_judgement(const json_t *document, struct tenant_verdict *ret, struct error *error)
{
	AUTO_JSON json_t *verdict = NULL, *left = NULL;
	tenant_judge(document, ret);
	if (tenant_verdict_to_json(ret, &verdict) != 0 || tenant_outstanding(document, &left) != 0)
		return error_no_memory(error);
	const json_t *stated = json_object_get(document, "verdict");
	if (ret->stage != TENANT_STAGE_UNKNOWN && json_equal(verdict, stated) &&
		json_equal(left, json_object_get(document, "outstanding")))
		return 0;
	(void)error_set(error, ERROR_FAILED, EBADMSG, "judgement-differs",
		_("The certificate states the stage \"%s\", but its own lists give \"%s\""),
		text_of(stated, "stage"), tenant_stage_name(ret->stage));
	return error_next(error, _("Do not rely on this certificate. Ask who signed it."));
}
