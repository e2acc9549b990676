/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives, plans, guards and verdicts in words and as JSON. */
#include "cli/describe.h"

#include "base/text.h"
#include "cli/format.h"
#include "cli/output.h"
#include <errno.h>
#include <string.h>
#include <time.h>

const char *describe_level(enum level level)
{
	switch (level) {
	case LEVEL_NONE:
		return _("none");
	case LEVEL_CLEAR:
		return _("clear");
	case LEVEL_PURGE:
		return _("purge");
	case LEVEL_DESTROY:
		return _("destroy");
	}
	return "?";
}

const char *describe_verification(enum verification verification)
{
	switch (verification) {
	case VERIFICATION_NONE:
		return _("not read back");
	case VERIFICATION_MARKERS:
		return _("planted markers are gone");
	case VERIFICATION_SAMPLE:
		return _("read back by sample");
	case VERIFICATION_FULL:
		return _("read back in full");
	}
	return "?";
}

const char *describe_verification_short(enum verification verification)
{
	switch (verification) {
	case VERIFICATION_NONE:
		return _("none");
	case VERIFICATION_MARKERS:
		return _("markers");
	case VERIFICATION_SAMPLE:
		return _("sample");
	case VERIFICATION_FULL:
		return _("full");
	}
	return "?";
}

const char *describe_level_word(const char *level)
{
	enum level parsed;
	return level_parse(level, &parsed) == 0 ? describe_level(parsed) : level;
}

const char *describe_verification_word(const char *verification)
{
	for (enum verification i = VERIFICATION_NONE; i <= VERIFICATION_FULL; i++)
		if (strcmp(verification, verification_name(i)) == 0)
			return describe_verification(i);
	return verification;
}

const char *describe_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_UNKNOWN:
		return _("unknown");
	case OUTCOME_REFUSED:
		return _("refused");
	case OUTCOME_INTERRUPTED:
		return _("interrupted");
	case OUTCOME_FAILED:
		return _("failed");
	case OUTCOME_PROVEN:
		return _("proven");
	}
	return "?";
}

const char *describe_state(enum job_state state)
{
	switch (state) {
	case JOB_UNKNOWN:
		return _("unknown");
	case JOB_READY:
		return _("ready");
	case JOB_RUNNING:
		return _("running");
	case JOB_INTERRUPTED:
		return _("interrupted");
	case JOB_ENDED:
		return _("not certified yet");
	case JOB_CERTIFIED:
		return _("certified");
	}
	return "?";
}

const char *describe_table_word(const struct described *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i].word) == 0)
			return _(words[i].text);
	return word;
}

const char *describe_method(const char *method)
{
	static const struct described methods[] = {
		{ "opening", N_("opening") },
		{ "overwrite", N_("overwriting") },
		{ "read-back", N_("reading back") },
		{ "residue-scan", N_("looking for residue") },
		{ "restore-capacity", N_("lifting hidden capacity") },
		{ "plant-markers", N_("planting markers") },
		{ "erase", N_("the drive erases itself") },
		{ "check-markers", N_("looking for markers") },
		{ "closing", N_("asking once more who it is") },
	};
	return describe_table_word(methods, ARRAY_SIZE(methods), method);
}

const char *describe_transport(enum transport transport)
{
	static const struct described transports[] = {
		{ "unknown", N_("unknown") },
		{ "ata", "ATA" },
		{ "scsi", "SCSI" },
		{ "nvme", "NVMe" },
		{ "usb", "USB" },
		{ "mmc", "MMC" },
		{ "virtual", N_("virtual") },
	};
	return describe_table_word(transports, ARRAY_SIZE(transports), transport_name(transport));
}

const char *describe_media(enum media media)
{
	static const struct described medias[] = {
		{ "unknown", N_("unknown") },
		{ "magnetic", N_("magnetic") },
		{ "flash", N_("flash") },
		{ "virtual", N_("virtual") },
	};
	return describe_table_word(medias, ARRAY_SIZE(medias), media_name(media));
}

void describe_time(int64_t utc_ms, char ret[static DESCRIBE_TIME_SIZE])
{
	time_t seconds = (time_t)(utc_ms / 1000);
	struct tm local;
	if (utc_ms == 0 || !localtime_r(&seconds, &local) ||
		strftime(ret, DESCRIBE_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(ret, DESCRIBE_TIME_SIZE, "-");
}

/* Append words to a text of fixed size; what does not fit is cut. */
static void add_text(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);
	if (length < size)
		snprintf(text + length, size - length, "%s", more);
}

/* Was a signature of this type listed before? (A GPT has its copy at the end, a mirror two.) */
static bool is_repeated(const struct signature_list *signatures, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (signatures->items[i].usage != SIGNATURE_PARTITION &&
			strcmp(signatures->items[i].type, signatures->items[index].type) == 0)
			return true;
	return false;
}

void describe_layers_short(
	const struct signature_list *signatures, bool known, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < signatures->count; i++) {
		if (signatures->items[i].usage == SIGNATURE_PARTITION || is_repeated(signatures, i))
			continue;
		add_text(ret, size, ret[0] ? ", " : "");
		add_text(ret, size, signatures->items[i].type);
	}
	if (!known)
		add_text(ret, size, ret[0] ? _(", and more that could not be read") : _("unread"));
	else if (!ret[0])
		add_text(ret, size, _("nothing known"));
}

const char *describe_usage(enum signature_usage usage)
{
	switch (usage) {
	case SIGNATURE_OTHER:
		return _("other");
	case SIGNATURE_FILESYSTEM:
		return _("filesystem");
	case SIGNATURE_RAID:
		return _("RAID or volume member");
	case SIGNATURE_CRYPTO:
		return _("encrypted volume");
	case SIGNATURE_PARTITION_TABLE:
		return _("partition table");
	case SIGNATURE_PARTITION:
		return _("partition");
	}
	return "?";
}

/* LUKS2 has two headers; what is shown is the volume, once. The JSON has both. */
static bool is_secondary_header(const struct signature *signature)
{
	return signature->detail && strstr(signature->detail, "\"secondary_header\":1");
}

void describe_layers(FILE *stream, const struct signature_list *signatures)
{
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *signature = &signatures->items[i];
		if (is_secondary_header(signature))
			continue;
		bool is_partition = signature->usage == SIGNATURE_PARTITION;
		const char *indent = is_partition                      ? "  ├─ "
				     : signature->partition_number > 0 ? "  │    "
								       : "  ";
		char number[16] = "", size[FORMAT_SIZE];
		if (is_partition)
			snprintf(number, sizeof(number), " %u", signature->partition_number);
		format_bytes(signature->length_bytes, size);
		output_line(stream, "%s%s%s  %s  %s%s%s%s%s%s", indent,
			describe_usage(signature->usage), number, signature->type, size,
			signature->label[0] ? "  \"" : "", signature->label,
			signature->label[0] ? "\"" : "", signature->uuid[0] ? "  " : "",
			signature->uuid);
	}
	if (signatures->truncated)
		output_line(stream, "  %s", _("… and more than can be listed"));
}

/* Only what is canonical was ever entered; other text is left out like none. */
static int put_detail(json_t *json, const struct signature *signature)
{
	json_t *detail = NULL;
	if (!signature->detail)
		return 0;
	int result = json_parse_canonical(
		signature->detail, strlen(signature->detail), "detail", &detail, NULL);
	if (result < 0)
		return result == -ENOMEM ? result : 0;
	return json_put(json, "detail", detail);
}

static json_t *layer_json(const struct signature *signature)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "usage", signature_usage_name(signature->usage)) < 0 ||
		json_put_string(json, "type", signature->type) < 0 ||
		json_put_string(json, "uuid", signature->uuid) < 0 ||
		json_put_string(json, "label", signature->label) < 0 ||
		json_put_integer(json, "offset_bytes", (int64_t)signature->offset_bytes) < 0 ||
		json_put_integer(json, "length_bytes", (int64_t)signature->length_bytes) < 0 ||
		json_put_integer(json, "partition", signature->partition_number) < 0 ||
		put_detail(json, signature) < 0)
		return NULL;
	return json_incref(json);
}

json_t *describe_layers_json(const struct signature_list *signatures)
{
	AUTO_JSON json_t *array = json_array();
	if (!array)
		return NULL;
	for (size_t i = 0; i < signatures->count; i++)
		if (json_push(array, layer_json(&signatures->items[i])) < 0)
			return NULL;
	return json_incref(array);
}

json_t *describe_native_json(const struct native_capacity *native)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "source", native_source_name(native->source)) < 0 ||
		json_put_integer(json, "bytes", (int64_t)native->native_bytes) < 0 ||
		json_put_integer(json, "sector_bytes", native->sector_bytes) < 0)
		return NULL;
	return json_incref(json);
}

json_t *describe_identity_json(const struct drive_identity *identity)
{
	json_t *json = NULL;
	return identity_to_json(identity, &json) < 0 ? NULL : json;
}
