/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's statement on pages: the verdict first, and what is needed to check it at the end. */
#include "reports/pdf/page.h"
#include "reports/pdf/pdf_parts.h"

#include "base/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX 128
#define QR_SIDE_MM 34

struct drawing {
	const struct pdf_facts *facts;
	struct page_writer *writer;
	int result;
};

/* "全域読み戻し / read back in full"; *ret is malloc'd. */
static char *both_languages(struct drawing *drawing, const struct statement_field *field)
{
	char *text = NULL;
	if (!field->japanese)
		text = strdup(field->value);
	else if (strcmp(field->japanese, field->english) == 0)
		text = strdup(field->japanese);
	else if (asprintf(&text, "%s / %s", field->japanese, field->english) < 0)
		text = NULL;
	if (!text)
		drawing->result = -ENOMEM;
	return text;
}

static bool is_exact(const char *word)
{
	static const char *const words[] = { "name", "wwn", "sha256", "policy-sha256", "ledger-key",
		"supersedes", "job", "firmware", "ledger" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* The fields of a section as a grid, but those that are drawn elsewhere. */
static void draw_fields(struct drawing *drawing, const struct statement_section *section,
	const char *const left_out[])
{
	struct page_label labels[LABELS_MAX] = { 0 };
	char *values[LABELS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < section->count && count < LABELS_MAX; i++) {
		const struct statement_field *field = &section->fields[i];
		bool skipped = false;
		for (size_t j = 0; left_out && left_out[j]; j++)
			skipped |= strcmp(left_out[j], field->label.word) == 0;
		if (skipped)
			continue;
		values[count] = both_languages(drawing, field);
		if (!values[count])
			break;
		labels[count] = (struct page_label){ field->label.japanese, field->label.english,
			values[count], is_exact(field->label.word) };
		count++;
	}
	page_fields(drawing->writer, labels, count);
	for (size_t i = 0; i < count; i++)
		free(values[i]);
}

static void draw_section(struct drawing *drawing, const char *word)
{
	const struct statement_section *section =
		statement_section(&drawing->facts->statement, word);
	if (!section || section->count == 0)
		return;
	page_heading(drawing->writer, section->title.japanese, section->title.english);
	draw_fields(drawing, section, NULL);
}

static void draw_list(struct drawing *drawing, const char *word)
{
	const struct statement_section *section =
		statement_section(&drawing->facts->statement, word);
	if (!section || section->count == 0)
		return;
	page_heading(drawing->writer, section->title.japanese, section->title.english);
	for (size_t i = 0; i < section->count; i++) {
		const struct statement_field *field = &section->fields[i];
		page_item(drawing->writer, field->japanese ? field->japanese : field->value,
			field->english ? field->english : field->value);
	}
}

/* --- the head of the first page --- */

/* What is no proof is not even called a certificate. */
struct wording pdf_title(const struct statement *statement)
{
	static const struct wording of_drive[] = {
		{ "", "データ消去 未証明の記録",
			"Record of a job: NOT a certificate of sanitization" },
		{ "", "データ消去証明書", "Certificate of data sanitization" },
	};
	static const struct wording of_contract[] = {
		{ "", "契約データ削除 未完了の記録",
			"Record of a deletion: NOT a certificate that it is done" },
		{ "", "契約データ削除証明書", "Certificate of deletion of a contract's data" },
	};
	return statement_section(statement, "contract") ? of_contract[statement->good]
							: of_drive[statement->good];
}

static const char *value_of(
	const struct statement *statement, const char *section, const char *label)
{
	const struct statement_field *field =
		statement_field(statement_section(statement, section), label);
	return field ? field->value : "";
}

static void draw_title(struct drawing *drawing)
{
	const struct statement *statement = &drawing->facts->statement;
	const char *organisation = value_of(statement, "drive", "organisation");
	char aside[1024];
	(void)snprintf(aside, sizeof(aside), "番号 No. %.200s\n発行 Issued %.64s\n%.640s",
		value_of(statement, "document", "name"), value_of(statement, "document", "issued"),
		organisation[0] ? organisation : value_of(statement, "people", "organisation"));
	struct wording title = pdf_title(statement);
	page_title(drawing->writer, title.japanese, title.english, aside);
	page_verdict(drawing->writer, statement->good, statement->verdict.japanese,
		statement->verdict.english);
}

/* haiki:ORIGIN:INDEX:SHA256; without a place in the ledger its two are empty. */
static void draw_code(struct drawing *drawing)
{
	const struct pdf_facts *facts = drawing->facts;
	char text[PAGE_QR_MAX + 1], index[24] = "", caption[256];
	if (facts->in_ledger)
		(void)snprintf(index, sizeof(index), "%" PRIu64, facts->index);
	(void)snprintf(text, sizeof(text), "haiki:%.256s:%s:%s",
		facts->in_ledger ? facts->origin : "", index, facts->sha256);
	if (facts->in_ledger)
		(void)snprintf(caption, sizeof(caption), "台帳 %s 番 / Ledger entry %s\n%.16s…",
			index, index, facts->sha256);
	else
		(void)snprintf(caption, sizeof(caption), "台帳の証明なし / No ledger proof\n%.16s…",
			facts->sha256);
	page_qr(drawing->writer, text, caption, QR_SIDE_MM);
}

/* What it is about: one value of the section in large letters, the others in a grid. */
static void draw_subject(struct drawing *drawing, const char *word, const char *large)
{
	const char *const elsewhere[] = { large, "organisation", NULL };
	const struct statement_section *section =
		statement_section(&drawing->facts->statement, word);
	const struct statement_field *field = statement_field(section, large);
	if (!field)
		return;
	draw_code(drawing);
	char *value = both_languages(drawing, field);
	if (value)
		page_large(drawing->writer, field->label.japanese, field->label.english, value);
	free(value);
	draw_fields(drawing, section, elsewhere);
}

/* --- people --- */

static const char *const signing[] = { "operator", "witness", "issuer", NULL };

static void draw_person(
	struct drawing *drawing, const struct statement_section *people, const char *role)
{
	const struct statement_field *field = statement_field(people, role);
	char *value = field ? both_languages(drawing, field) : NULL;
	if (value)
		page_signer(drawing->writer, field->label.japanese, field->label.english, value);
	free(value);
}

static void draw_people(struct drawing *drawing)
{
	const struct statement_section *people =
		statement_section(&drawing->facts->statement, "people");
	if (!people)
		return;
	page_heading(drawing->writer, people->title.japanese, people->title.english);
	for (size_t i = 0; signing[i]; i++)
		draw_person(drawing, people, signing[i]);
	draw_fields(drawing, people, signing);
}

/* --- how it can be checked --- */

static void add(struct page_label *labels, size_t *count, const char *word, const char *value)
{
	struct wording label = wording_of(WORDING_LABEL, word);
	labels[(*count)++] =
		(struct page_label){ label.japanese, label.english, value, is_exact(word) };
}

#define TOKYO_MS INT64_C(32400000)

static void say_timestamp(int64_t utc_ms, char *ret, size_t size)
{
	char utc[CLOCK_TEXT_SIZE];
	if (utc_ms == 0) {
		(void)snprintf(ret, size, "タイムスタンプなし / no time stamp");
		return;
	}
	clock_format(utc_ms + TOKYO_MS, utc);
	(void)snprintf(ret, size, "タイムスタンプ / time stamp %.10s %.8s JST", utc, utc + 11);
}

/* Each of those who signed the certificate itself, with its time stamp or the lack of one. */
static void draw_signers(struct drawing *drawing)
{
	const struct pdf_facts *facts = drawing->facts;
	const struct wording label = wording_of(WORDING_LABEL, "signer");
	struct page_label labels[PDF_SIGNERS_MAX] = { 0 };
	char texts[PDF_SIGNERS_MAX][384];
	for (size_t i = 0; i < facts->signer_count; i++) {
		const struct pdf_signer *signer = &facts->signers[i];
		const struct wording role = wording_of(WORDING_LABEL, signer->role);
		char stamp[128], who[96] = "";
		say_timestamp(signer->stamped_utc_ms, stamp, sizeof(stamp));
		if (signer->role[0])
			(void)snprintf(
				who, sizeof(who), "%.40s / %.40s: ", role.japanese, role.english);
		(void)snprintf(
			texts[i], sizeof(texts[i]), "%s%.127s; %s", who, signer->name, stamp);
		labels[i] = (struct page_label){ label.japanese, label.english, texts[i], false };
	}
	page_fields(drawing->writer, labels, facts->signer_count);
	if (facts->signer_count > 0 && facts->signers[0].stamped_utc_ms == 0)
		page_note(drawing->writer, "タイムスタンプがないため、発行日時は発行者自身の申告で"
					   "す。 / Without a time "
					   "stamp the time of issue is the issuer's own word.");
}

static void say_position(const struct pdf_facts *facts, char *ret, size_t size)
{
	if (facts->in_ledger)
		(void)snprintf(ret, size,
			"%" PRIu64 " 番 (%" PRIu64 " 件の署名済み台帳のうち) / entry %" PRIu64
			" of a signed ledger of %" PRIu64,
			facts->index, facts->tree_size, facts->index, facts->tree_size);
	else if (facts->origin[0])
		(void)snprintf(ret, size,
			"この PDF の作成時点では証明なし / No proof yet when this PDF was made");
	else
		(void)snprintf(ret, size, "台帳に載っていません / In no ledger");
}

static void draw_proof(struct drawing *drawing)
{
	const struct pdf_facts *facts = drawing->facts;
	const char *name = facts->source->name;
	char position[192], files[512], how[1024];
	struct page_label labels[8];
	size_t count = 0;
	say_position(facts, position, sizeof(position));
	(void)snprintf(files, sizeof(files), "%.120s (.json, .p7s%s)", name,
		facts->in_ledger ? ", .proof" : "");
	add(labels, &count, "sha256", facts->sha256);
	add(labels, &count, "ledger-position", position);
	add(labels, &count, "files", files);
	page_fields(drawing->writer, labels, count);
	draw_signers(drawing);
	(void)snprintf(how, sizeof(how),
		"この PDF は添付の JSON を表示したもので、効力は添付ファイルと電子署名にあります。"
		"印刷物だけでは検証できません。\n"
		"This PDF shows the attached JSON; what counts are the attached files and their "
		"signatures. Paper alone cannot be checked.\n"
		"検証 / To check: haiki verify certificate --trust ca.crt %.100s.pdf\n"
		"openssl cms -verify -cades -binary -inform DER -in %.100s.p7s -content "
		"%.100s.json "
		"\n    -CAfile ca.crt -out /dev/null",
		name, name, name);
	page_note(drawing->writer, how);
}

static void draw_missing(struct drawing *drawing)
{
	char text[512];
	const char *missing = page_missing(drawing->writer);
	if (missing[0] == '\0')
		return;
	(void)snprintf(text, sizeof(text),
		"次の文字はフォントがないため番号で表示しています / No font has these characters, "
		"so "
		"their numbers are shown: %.300s",
		missing);
	page_note(drawing->writer, text);
}

static void draw_all(struct drawing *drawing)
{
	draw_title(drawing);
	draw_subject(drawing, "drive", "serial");
	draw_subject(drawing, "contract", "contract-number");
	draw_list(drawing, "reasons");
	draw_section(drawing, "method");
	draw_section(drawing, "verification");
	draw_section(drawing, "deletion");
	draw_list(drawing, "remarks");
	draw_list(drawing, "outstanding");
	draw_list(drawing, "limits");
	draw_list(drawing, "vms");
	draw_list(drawing, "volumes");
	draw_list(drawing, "places");
	draw_list(drawing, "generations");
	draw_list(drawing, "backups");
	draw_people(drawing);
	draw_section(drawing, "policy");
	draw_section(drawing, "document");
	draw_proof(drawing);
	draw_missing(drawing);
}

int pdf_draw(const struct pdf_facts *facts, struct buffer *ret, char *missing, size_t missing_size,
	struct error *error)
{
	CLEANUP(cleanup_page_drop) struct page_writer *writer = NULL;
	char footer[512];
	/* What a drive calls itself comes last: whatever it says, nothing of ours is pushed away. */
	(void)snprintf(footer, sizeof(footer), "SHA-256 %s\n%.120s   %s%s%.80s", facts->sha256,
		facts->source->name, facts->statement.verdict.english,
		facts->serial[0] ? "   S/N " : "", facts->serial);
	int result =
		page_begin(facts->title, facts->statement.verdict.english, footer, &writer, error);
	if (result != 0)
		return result;
	struct drawing drawing = { facts, writer, 0 };
	draw_all(&drawing);
	(void)snprintf(missing, missing_size, "%s", page_missing(writer));
	if (drawing.result != 0)
		return error_no_memory(error);
	result = page_end(writer, ret, error);
	writer = NULL;
	return result;
}
