/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of a VM's deletion, for people. */
#include "cli/describe_deletion.h"

#include "base/clock.h"
#include "base/day.h"

#include "base/text.h"
#include "cli/describe.h"
#include "cli/format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *text_of(const json_t *fact, const char *key)
{
	const char *text = json_string_value(json_object_get(fact, key));
	return text ? text : "";
}

static int64_t number_of(const json_t *fact, const char *key)
{
	return json_integer_value(json_object_get(fact, key));
}

static bool is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

static bool is_erased(const json_t *fact)
{
	return is(text_of(fact, "result"), "done") && !is(text_of(fact, "method"), "none") &&
	       *text_of(fact, "method");
}

const char *describe_fact_step(const json_t *fact)
{
	static const struct described words[] = {
		{ "identity", N_("identified") },
		{ "survey", N_("surveyed") },
		{ "power-off", N_("switched off") },
		{ "snapshots", N_("snapshots removed") },
		{ "erase", N_("disk erased") },
		{ "delete", N_("deletion asked for") },
		{ "look", N_("asked again") },
		{ "absent", N_("was not there") },
		{ "refused", N_("refused") },
		{ "failed", N_("failed") },
	};
	/* What was not erased must not read like it. */
	if (is(text_of(fact, "fact"), "erase") && !is_erased(fact))
		return _("disk not erased");
	return describe_table_word(words, ARRAY_SIZE(words), text_of(fact, "fact"));
}

const char *describe_refusal(const char *reason)
{
	static const struct described words[] = {
		{ "absent", N_("due, and on no platform") },
		{ "back", N_("it was proven gone, and is back") },
		{ "code-differs", N_("the platform bears another service code") },
		{ "code-missing", N_("the platform bears no service code") },
		{ "contract-unreadable", N_("a contract's days cannot be read") },
		{ "gone", N_("gone before") },
		{ "hold", N_("a legal hold covers it") },
		{ "no-contract", N_("no contract covers its service") },
		{ "not-due", N_("not due") },
		{ "not-in-inventory", N_("the inventory does not know it") },
		{ "platform-differs", N_("on another platform than recorded") },
		{ "tenant-differs", N_("of another tenant, by its code, a rule or a volume") },
		{ "uuid-differs", N_("another VM bears its service code, and none its UUID") },
		{ "uuid-twice", N_("its UUID is there twice") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), reason);
}

const char *describe_deletion_stage(enum deletion_stage stage)
{
	switch (stage) {
	case DELETION_UNKNOWN:
		break;
	case DELETION_NONE:
		return _("nothing was done to it");
	case DELETION_BEGUN:
		return _("under way; parts of it may be there");
	case DELETION_GONE:
		return _("gone, by the word of everybody who was asked");
	}
	return _("its record cannot be understood");
}

int describe_deletion_remarks(unsigned remarks, struct buffer *ret)
{
	static const struct {
		enum deletion_remark remark;
		const char *text;
	} words[DELETION_REMARKS] = {
		{ DELETION_UNLINKED, N_("a disk was deleted and not erased") },
		{ DELETION_SHARED, N_("a disk that another VM uses is there still") },
		{ DELETION_FAILED, N_("a disk was not erased") },
		{ DELETION_BY_OTHERS, N_("somebody else deleted it") },
		{ DELETION_PLATFORM_WORD, N_("a disk is erased by the platform's word alone") },
		{ DELETION_UNFOUNDED, N_("deleted without all that allows it") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((remarks & words[i].remark) &&
			buffer_printf(ret, "%s%s", ret->length ? ", " : "", _(words[i].text)) < 0)
			return -ENOMEM;
	return 0;
}

static int describe_identity(const json_t *fact, struct buffer *ret)
{
	char day[11] = "?";
	int64_t due_utc_ms = 0;
	if (clock_parse(text_of(fact, "due_utc"), &due_utc_ms) == 0)
		day_format(day_in_tokyo(due_utc_ms), day);
	return buffer_printf(ret, _("%s on %s, service code %s, due %s"), text_of(fact, "name"),
		text_of(fact, "platform"), text_of(fact, "service_code"), day);
}

static int describe_survey(const json_t *fact, struct buffer *ret)
{
	const char *power = text_of(fact, "power");
	return buffer_printf(ret, _("%s; disks: %zu, snapshots: %zu, generations: %zu"),
		is(power, "on")          ? _("running")
		: is(power, "off")       ? _("switched off")
		: is(power, "suspended") ? _("suspended")
					 : _("power unknown"),
		json_array_size(json_object_get(fact, "disks")),
		json_array_size(json_object_get(fact, "snapshots")),
		json_array_size(json_object_get(fact, "generations")));
}

static const char *erase_text(const json_t *fact)
{
	const char *method = text_of(fact, "method"), *result = text_of(fact, "result");
	if (is(result, "unsupported"))
		return _("cannot be erased there; it is unlinked only");
	if (is(result, "kept"))
		return _("kept: another VM uses it");
	if (!is_erased(fact))
		return _("failed");
	if (is(method, "overwrite"))
		return _("overwritten and read back");
	if (is(method, "crypto-erase"))
		return _("its keys were destroyed");
	if (is(method, "zero-fill"))
		return _("zeros, by the platform's word");
	return method;
}

static int describe_erase(const json_t *fact, struct buffer *ret)
{
	char size[FORMAT_SIZE];
	const char *reason = text_of(fact, "reason"), *volume = text_of(fact, "volume");
	format_bytes((uint64_t)number_of(fact, "bytes"), size);
	int r = buffer_printf(ret, "%s%s%s: %s", text_of(fact, "place"), *volume ? " " : "", volume,
		erase_text(fact));
	if (r >= 0 && number_of(fact, "bytes") > 0)
		r = buffer_printf(ret, ", %s", size);
	if (r >= 0 && *reason)
		r = buffer_printf(ret, " (%s)", reason);
	return r;
}

static const char *look_text(const char *answer)
{
	static const struct described words[] = {
		{ "gone", N_("gone") },
		{ "none", N_("none to ask") },
		{ "present", N_("still there") },
		{ "unknown", N_("unknown") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), answer);
}

static int describe_look(const json_t *fact, struct buffer *ret)
{
	size_t left = json_array_size(json_object_get(fact, "left"));
	int r = buffer_printf(ret, _("hypervisor: %s, datastore: %s, storage: %s"),
		look_text(text_of(fact, "hypervisor")), look_text(text_of(fact, "datastore")),
		look_text(text_of(fact, "storage")));
	return r < 0 || left == 0 ? r : buffer_printf(ret, _("; still there: %zu"), left);
}

int describe_fact(const json_t *fact, struct buffer *ret)
{
	const char *word = text_of(fact, "fact");
	if (is(word, "identity"))
		return describe_identity(fact, ret);
	if (is(word, "survey"))
		return describe_survey(fact, ret);
	if (is(word, "power-off"))
		return is(text_of(fact, "result"), "was-off")
			       ? buffer_append_text(ret, _("it was switched off before"))
			       : 0;
	if (is(word, "snapshots"))
		return buffer_printf(ret, "%" PRId64, number_of(fact, "removed"));
	if (is(word, "erase"))
		return describe_erase(fact, ret);
	if (is(word, "delete"))
		return buffer_printf(ret, _("the platform answered: %s"), text_of(fact, "answer"));
	if (is(word, "look"))
		return describe_look(fact, ret);
	if (is(word, "refused"))
		return buffer_append_text(ret, describe_refusal(text_of(fact, "reason")));
	if (is(word, "failed"))
		return buffer_printf(
			ret, "%s: %s", text_of(fact, "step"), text_of(fact, "message"));
	return 0;
}
