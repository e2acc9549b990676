/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate does not cover, as stable words: each says of itself when it holds. */
#include "verify/certificate/certificate.h"

#include "device/command/capacity.h"
#include "verify/plan/plan_document.h"
#include <errno.h>
#include <string.h>

/* What the words follow from. */
struct stated {
	const json_t *subject;
	const json_t *evidence;
	const struct plan *plan;
	const struct verdict *verdict;
	bool synchronised_at_issue;
};

static bool is_virtual(const struct stated *stated)
{
	const json_t *identity = json_object_get(stated->subject, "identity");
	return json_integer_value(json_object_get(identity, "virtual")) != 0;
}

/* These drives tell the capacity they have now; one that was lowered before (MODE SELECT, namespace
 * management) is not told from a native one. */
static bool is_as_reported(const struct stated *stated)
{
	const json_t *native = json_object_get(stated->subject, "native");
	const char *source = json_string_value(json_object_get(native, "source"));
	enum native_source known = source ? native_source_parse(source) : NATIVE_UNKNOWN;
	return known == NATIVE_SCSI_CAPACITY || known == NATIVE_NVME_SIZE;
}

static bool clock_was_off(const struct stated *stated)
{
	size_t index;
	json_t *event;
	json_array_foreach (stated->evidence, index, event) {
		const json_t *flag = json_object_get(event, "clock_synchronised");
		if (flag && json_integer_value(flag) != 1)
			return true;
	}
	return !stated->synchronised_at_issue;
}

static bool is_sampled(const struct stated *stated)
{
	return stated->verdict->verification == VERIFICATION_SAMPLE;
}

static bool is_by_markers(const struct stated *stated)
{
	return stated->verdict->verification == VERIFICATION_MARKERS;
}

static bool is_deallocated(const struct stated *stated)
{
	return stated->verdict->deallocated;
}

static bool erases(const struct plan *plan, bool (*is_one)(const struct technique_facts *technique))
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_ERASE &&
			is_one(technique_facts(plan->steps[i].technique)))
			return true;
	return false;
}

static bool destroys_keys(const struct technique_facts *technique)
{
	return technique->erasure == ERASURE_KEYS;
}

static bool is_sanitize_of_nvme(const struct technique_facts *technique)
{
	return technique->witness == WITNESS_NVME_SANITIZE_LOG;
}

static bool has_key_copies(const struct stated *stated)
{
	return erases(stated->plan, destroys_keys);
}

static bool is_outside_namespaces(const struct stated *stated)
{
	return erases(stated->plan, is_sanitize_of_nvme);
}

static const struct {
	const char *word;
	bool (*holds)(const struct stated *stated);
} limits[] = {
	{ "virtual-device", is_virtual },
	{ "capacity-as-reported", is_as_reported },
	{ "clock-not-synchronised", clock_was_off },
	{ "sampled", is_sampled },
	{ "markers-only", is_by_markers },
	{ "deallocated", is_deallocated },
	{ "key-copies", has_key_copies },
	{ "outside-namespaces", is_outside_namespaces },
};
_Static_assert(ARRAY_SIZE(limits) == CERTIFICATE_LIMITS_MAX, "all may hold");

bool certificate_is_limit(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].word, word) == 0)
			return true;
	return false;
}

int certificate_limits(const json_t *certificate, bool synchronised_at_issue,
	const struct verdict *verdict, json_t **ret)
{
	AUTO_JSON json_t *words = json_array();
	struct plan plan = { 0 };
	int result = words ? 0 : -ENOMEM;
	/* What is no plan has no steps, and was never proven. */
	if (plan_from_json(json_object_get(certificate, "plan"), false, &plan, NULL) < 0)
		plan = (struct plan){ 0 };
	struct stated stated = {
		.subject = json_object_get(certificate, "subject"),
		.evidence = json_object_get(certificate, "evidence"),
		.plan = &plan,
		.verdict = verdict,
		.synchronised_at_issue = synchronised_at_issue,
	};
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(limits); i++)
		if (limits[i].holds(&stated))
			result = json_push(words, json_string(limits[i].word));
	if (result == 0)
		*ret = json_incref(words);
	return result;
}
