/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What drives' and tenants' certificates say in the same way: people, what is left, the document itself. */
#include "reports/statement/statement_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void make_joined(struct maker *maker, const char *label, const char *between,
	const char *const texts[], size_t count)
{
	AUTO_BUFFER struct buffer joined = BUFFER_INIT(64 * KIB);
	for (size_t i = 0; i < count; i++) {
		if (texts[i][0] == '\0')
			continue;
		if (buffer_printf(&joined, "%s%s", joined.length > 0 ? between : "", texts[i]) != 0)
			maker->result = -ENOMEM;
	}
	make_value(maker, label, buffer_text(&joined));
}

void make_person(struct maker *maker, const char *role, const json_t *person)
{
	const char *const texts[] = { text_of(person, "name"), text_of(person, "title"),
		text_of(person, "place") };
	if (texts[0][0] || texts[1][0] || texts[2][0])
		make_joined(maker, role, ", ", texts, ARRAY_SIZE(texts));
	else
		make_wording(maker, role, WORDING_LABEL, "not-recorded");
}

/* "key-copy:V7" → the sentence of key-copy, and V7. */
static void make_one_outstanding(struct maker *maker, const char *word)
{
	char kind[64], japanese[512], english[512];
	const char *colon = strchr(word, ':');
	(void)snprintf(kind, sizeof(kind), "%.*s", colon ? (int)MIN(colon - word, 63) : 63, word);
	struct wording wording = wording_of(WORDING_OUTSTANDING, kind);
	(void)snprintf(japanese, sizeof(japanese), "%s%s%.256s", wording.japanese,
		colon ? ": " : "", colon ? colon + 1 : "");
	(void)snprintf(english, sizeof(english), "%s%s%.256s", wording.english, colon ? ": " : "",
		colon ? colon + 1 : "");
	make_item(maker, wording.word == kind ? "" : wording.word, japanese, english);
}

void make_outstanding(struct maker *maker, const json_t *words)
{
	make_section(maker, "outstanding");
	for (size_t i = 0; i < json_array_size(words); i++)
		make_one_outstanding(maker, word_at(words, i));
	if (json_array_size(words) == 0)
		make_item(maker, "none", "なし", "none");
}

/* Of a tenant's: what stands at its VMs, whose deletion did not begin without. */
static bool is_clock_vouched(const json_t *certificate)
{
	const json_t *vms = json_object_get(certificate, "vms");
	bool is_vouched = false;
	for (size_t i = 0; i < json_array_size(vms); i++) {
		const json_t *facts = json_object_get(json_array_get(vms, i), "facts");
		for (size_t j = 0; j < json_array_size(facts); j++) {
			const json_t *clock = json_object_get(json_array_get(facts, j), "clock");
			is_vouched = is_vouched || number_of(clock, "vouched") == 1;
		}
	}
	return is_vouched;
}

void make_document(struct maker *maker, const json_t *certificate)
{
	const json_t *tool = json_object_get(certificate, "tool");
	const json_t *ledger = json_object_get(certificate, "ledger");
	bool synchronised = number_of(json_object_get(certificate, "clock"), "synchronised") == 1;
	make_section(maker, "document");
	make_value(maker, "name", text_of(certificate, "name"));
	make_time(maker, "issued", text_of(certificate, "issued_utc"));
	if (!synchronised && is_clock_vouched(certificate))
		make_words(maker, "clock", "同期の確認なし、運用者が時刻を保証",
			"not seen to be synchronised; the operator answers for it");
	else
		make_words(maker, "clock", synchronised ? "同期済み" : "同期していません",
			synchronised ? "synchronised" : "not synchronised");
	make_value(maker, "supersedes", text_of(certificate, "supersedes"));
	make_value(maker, "job", text_of(json_object_get(certificate, "job"), "id"));
	make_format(maker, "tool", "%s %s (%s)", text_of(tool, "name"), text_of(tool, "version"),
		text_of(tool, "build"));
	make_value(maker, "ledger", text_of(ledger, "origin"));
	make_value(maker, "ledger-key", text_of(ledger, "key"));
}
