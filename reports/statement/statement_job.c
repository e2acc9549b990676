/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the certificate of a drive's job says. */
#include "reports/statement/statement_parts.h"

#include "verify/judge/judge.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* By outcome. What was refused was not begun; of what failed or was cut short, nobody can say how much is left. */
static const struct wording verdicts[] = {
	[OUTCOME_UNKNOWN] = { "unknown", "抹消は証明されていません (結果不明)",
		"NOT PROVEN ERASED: OUTCOME UNKNOWN" },
	[OUTCOME_REFUSED] = { "refused", "抹消していません (実行を拒否)", "NOT ERASED: REFUSED" },
	[OUTCOME_INTERRUPTED] = { "interrupted", "抹消は完了していません (中断)",
		"NOT ERASED: INTERRUPTED" },
	[OUTCOME_FAILED] = { "failed", "抹消は証明されていません (失敗)",
		"NOT PROVEN ERASED: FAILED" },
	[OUTCOME_PROVEN] = { "proven", "抹消済み (証明済み)", "ERASED, PROVEN" },
};
static const struct wording with_outstanding = { "proven-outstanding",
	"抹消済み (証明済み)・残件あり", "ERASED, PROVEN; ITEMS OUTSTANDING" };

static void make_verdict(struct maker *maker, const json_t *certificate)
{
	const char *word = text_of(json_object_get(certificate, "verdict"), "outcome");
	enum outcome outcome = outcome_parse(word);
	bool outstanding = json_array_size(json_object_get(certificate, "outstanding")) > 0;
	maker->statement->good = outcome == OUTCOME_PROVEN;
	maker->statement->outcome = wording_of(WORDING_OUTCOME, outcome_name(outcome));
	maker->statement->verdict =
		outcome == OUTCOME_PROVEN && outstanding ? with_outstanding : verdicts[outcome];
}

/* --- the drive --- */

#define LAYERS_SHOWN 6

static bool is_repeated(const json_t *layers, size_t index)
{
	const char *type = text_of(json_array_get(layers, index), "type");
	for (size_t i = 0; i < index; i++)
		if (strcmp(text_of(json_array_get(layers, i), "type"), type) == 0)
			return true;
	return false;
}

static void make_layers(struct maker *maker, const json_t *subject)
{
	const json_t *layers = json_object_get(subject, "layers");
	AUTO_BUFFER struct buffer types = BUFFER_INIT(4 * KIB);
	size_t shown = 0;
	int result = 0;
	for (size_t i = 0; i < json_array_size(layers) && result == 0; i++) {
		const json_t *layer = json_array_get(layers, i);
		if (strcmp(text_of(layer, "usage"), "partition") == 0 || is_repeated(layers, i))
			continue;
		if (shown++ < LAYERS_SHOWN)
			result = buffer_printf(&types, "%s%.64s", types.length > 0 ? ", " : "",
				text_of(layer, "type"));
	}
	if (result == 0 && shown > LAYERS_SHOWN)
		result = buffer_append_text(&types, ", …");
	if (result != 0)
		maker->result = -ENOMEM;
	else if (number_of(subject, "layers_known") != 1)
		make_words(maker, "layers", "一部または全部を読み取れませんでした",
			"not all could be read");
	else if (types.length == 0)
		make_words(maker, "layers", "既知のものなし", "nothing known");
	make_value(maker, "layers", buffer_text(&types));
}

static void make_capacity(struct maker *maker, const json_t *subject)
{
	const json_t *identity = json_object_get(subject, "identity");
	const json_t *native = json_object_get(subject, "native");
	int64_t capacity = number_of(identity, "capacity_bytes");
	make_bytes(maker, "capacity", capacity);
	if (number_of(native, "bytes") != capacity)
		make_bytes(maker, "native", number_of(native, "bytes"));
	else
		make_wording(maker, "native", WORDING_NATIVE, text_of(native, "source"));
}

static void make_transport(struct maker *maker, const json_t *identity)
{
	static const struct {
		const char *word, *text;
	} names[] = { { "ata", "ATA" }, { "scsi", "SCSI" }, { "nvme", "NVMe" }, { "usb", "USB" },
		{ "mmc", "MMC" } };
	const char *word = text_of(identity, "transport");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].word, word) == 0)
			word = names[i].text;
	if (strcmp(word, "virtual") != 0 && strcmp(word, "unknown") != 0)
		make_value(maker, "transport", word);
}

static void make_drive(struct maker *maker, const json_t *subject)
{
	const json_t *identity = json_object_get(subject, "identity");
	const char *const model[] = { text_of(identity, "vendor"), text_of(identity, "model") };
	const char *const place[] = { text_of(subject, "site"), text_of(subject, "host"),
		text_of(subject, "country") };
	make_section(maker, "drive");
	if (text_of(identity, "serial")[0])
		make_value(maker, "serial", text_of(identity, "serial"));
	else
		make_words(maker, "serial", "製造番号なし", "no serial number");
	make_joined(maker, "model", " ", model, ARRAY_SIZE(model));
	make_value(maker, "wwn", text_of(identity, "wwn"));
	make_value(maker, "firmware", text_of(identity, "firmware"));
	make_wording(maker, "media", WORDING_MEDIA, text_of(identity, "media"));
	make_transport(maker, identity);
	make_capacity(maker, subject);
	make_value(maker, "backing", text_of(identity, "backing"));
	make_value(maker, "asset-number", text_of(subject, "asset_number"));
	make_value(maker, "zone", text_of(subject, "zone"));
	make_value(maker, "tenant", text_of(subject, "tenant"));
	make_value(maker, "service-code", text_of(subject, "service_code"));
	make_value(maker, "confidentiality", text_of(subject, "confidentiality"));
	make_value(maker, "organisation", text_of(subject, "organisation"));
	make_joined(maker, "place", " / ", place, ARRAY_SIZE(place));
	make_layers(maker, subject);
}

/* --- what it does not say --- */

static void make_reasons(struct maker *maker, const json_t *verdict)
{
	const json_t *reasons = json_object_get(verdict, "reasons");
	if (json_array_size(reasons) == 0)
		return;
	make_section(maker, "reasons");
	for (size_t i = 0; i < json_array_size(reasons); i++) {
		const json_t *reason = json_array_get(reasons, i);
		struct wording wording = wording_of(WORDING_REASON, text_of(reason, "code"));
		char japanese[512], english[512];
		int64_t step = number_of(reason, "step");
		(void)snprintf(japanese, sizeof(japanese), "手順 %lld: %s", (long long)step,
			wording.japanese);
		(void)snprintf(english, sizeof(english), "Step %lld: %s", (long long)step,
			wording.english);
		make_item(maker, wording.word, step > 0 ? japanese : wording.japanese,
			step > 0 ? english : wording.english);
	}
}

static void make_limits(struct maker *maker, const json_t *words)
{
	if (json_array_size(words) == 0)
		return;
	make_section(maker, "limits");
	for (size_t i = 0; i < json_array_size(words); i++) {
		struct wording wording = wording_of(WORDING_LIMIT, word_at(words, i));
		make_item(maker, wording.word, wording.japanese, wording.english);
	}
}

/* --- who, why and by what --- */

static void make_people(struct maker *maker, const json_t *people)
{
	make_section(maker, "people");
	make_person(maker, "operator", json_object_get(people, "operator"));
	make_value(maker, "account", text_of(json_object_get(people, "operator"), "account"));
	make_person(maker, "witness", json_object_get(people, "witness"));
}

static void make_basis(struct maker *maker, const json_t *reason)
{
	const json_t *policy = json_object_get(reason, "policy");
	make_section(maker, "policy");
	make_value(maker, "ticket", text_of(reason, "ticket"));
	make_value(maker, "contract-number", text_of(reason, "contract"));
	make_value(maker, "destination", text_of(reason, "destination"));
	make_format(maker, "policy-name", "%s, %s", text_of(policy, "name"),
		text_of(policy, "version"));
	make_value(maker, "policy-sha256", text_of(policy, "sha256"));
}

void statement_of_job(struct maker *maker, const json_t *certificate)
{
	make_verdict(maker, certificate);
	make_drive(maker, json_object_get(certificate, "subject"));
	make_method(maker, certificate);
	make_verification(maker, certificate);
	make_reasons(maker, json_object_get(certificate, "verdict"));
	make_outstanding(maker, json_object_get(certificate, "outstanding"));
	make_limits(maker, json_object_get(certificate, "limits"));
	make_people(maker, json_object_get(certificate, "people"));
	make_basis(maker, json_object_get(certificate, "reason"));
	make_document(maker, certificate);
}
