/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the facts of a VM's deletion (a list), or as a tenant's certificate (an object): refused, or judged so that
 * nothing is called gone that the last fact does not call gone, and nothing closed while anything is outstanding. */
#include "tests/fuzz/fuzz.h"

#include "verify/tenant/deletion.h"
#include "verify/tenant/tenant.h"
#include <stdlib.h>
#include <string.h>

static void require(bool truth)
{
	if (!truth)
		abort();
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value && strcmp(value, text) == 0;
}

/* What everybody must have said. */
static void require_gone(const json_t *facts)
{
	size_t count = json_array_size(facts);
	require(count > 0);
	const json_t *look = json_array_get(facts, count - 1);
	require(is_text(look, "fact", "look") && is_text(look, "hypervisor", "gone"));
	require(!is_text(look, "datastore", "present") && !is_text(look, "datastore", "unknown"));
	require(!is_text(look, "storage", "present") && !is_text(look, "storage", "unknown"));
	require(json_array_size(json_object_get(look, "left")) == 0);
}

/* A place that is not erased leaves its remark behind when the VM is gone. */
static void require_remarks(const json_t *facts, unsigned remarks)
{
	AUTO_JSON json_t *places = NULL;
	const char *place;
	json_t *word;
	require(deletion_places(facts, &places) == 0);
	json_object_foreach (places, place, word)
		if (strcmp(json_string_value(word), DELETION_PLACE_ERASED) != 0)
			require(remarks != 0);
}

static void check_volumes(const json_t *facts)
{
	AUTO_JSON json_t *volumes = NULL;
	const char *volume;
	json_t *erased;
	size_t asked = 0;
	require(deletion_volumes(facts, &volumes) == 0);
	json_object_foreach (volumes, volume, erased) {
		if (++asked > 16)
			break;
		require(volume[0]);
		require(deletion_erased(facts, volume) == (json_integer_value(erased) == 1));
	}
}

static void check_facts(const json_t *facts)
{
	struct deletion_verdict verdict = { DELETION_GONE, ~0U };
	struct error error = { 0 };
	bool sound = deletion_check_schema(facts, &error) == 0;
	require(sound || (error.kind != ERROR_NONE && error.what[0]));
	deletion_judge(facts, &verdict);
	require(sound == (verdict.stage != DELETION_UNKNOWN));
	require(verdict.remarks < 1U << DELETION_REMARKS);
	if (!sound) {
		require(verdict.remarks == 0 && !deletion_erased(facts, "V7"));
		return;
	}
	for (size_t i = 0; i < json_array_size(facts); i++)
		require(deletion_check_fact(json_array_get(facts, i), &error) == 0);
	check_volumes(facts);
	if (verdict.stage != DELETION_GONE)
		return;
	require_gone(facts);
	require_remarks(facts, verdict.remarks);
}

static void check_document(const json_t *document)
{
	struct tenant_verdict verdict = { .stage = TENANT_STAGE_CLOSED };
	struct error error = { 0 };
	AUTO_JSON json_t *left = NULL, *stated = NULL;
	const json_t *vms = json_object_get(document, "vms");
	bool sound = tenant_check_schema(document, &error) == 0;
	tenant_judge(document, &verdict);
	require(sound || verdict.stage == TENANT_STAGE_UNKNOWN);
	require(verdict.reasons < 1U << TENANT_REASONS);
	require(tenant_verdict_to_json(&verdict, &stated) == 0);
	if (!sound)
		return;
	require(tenant_outstanding(document, &left) == 0);
	if (verdict.stage != TENANT_STAGE_CLOSED)
		return;
	require(verdict.reasons == 0 && json_array_size(left) == 0);
	for (size_t i = 0; i < json_array_size(vms); i++)
		require_gone(json_object_get(json_array_get(vms, i), "facts"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON json_t *value = NULL;
	if (json_parse((const char *)data, size, "fuzz", &value, NULL) < 0)
		return 0;
	if (json_is_array(value))
		check_facts(value);
	else
		check_document(value);
	return 0;
}
