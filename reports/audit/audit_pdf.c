/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit on paper, in both languages: the verdict, the exceptions, then what was done. */
#include "base/clock.h"
#include "base/day.h"
#include "reports/audit/audit_parts.h"
#include "reports/pdf/page.h"
#include "reports/statement/wording.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer lists are told in full by JSON and CSV; a page has about forty lines. */
#define ROWS_MAX 1000

/* Cells of a table, row by row. */
struct cells {
	char **items; /* owned */
	size_t count, capacity;
	bool failed;
};

static void cells_free(struct cells *cells)
{
	for (size_t i = 0; i < cells->count; i++)
		free(cells->items[i]);
	free(cells->items);
}

static void PRINTF_LIKE(2, 3) add(struct cells *cells, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = cells->failed ? -1 : vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		cells->failed = true;
		return;
	}
	if (cells->count == cells->capacity) {
		size_t larger = cells->capacity ? 2 * cells->capacity : 64;
		char **items = reallocarray(cells->items, larger, sizeof(*items));
		if (!items) {
			free(text);
			cells->failed = true;
			return;
		}
		cells->items = items;
		cells->capacity = larger;
	}
	cells->items[cells->count++] = text;
}

/* False without memory. */
static bool draw(struct page_writer *writer, const struct page_column *columns, size_t column_count,
	const struct cells *cells)
{
	if (cells->failed)
		return false;
	if (cells->count > 0)
		page_table(writer, columns, column_count, (const char *const *)cells->items,
			cells->count / column_count);
	return true;
}

static void add_wording(struct cells *cells, enum wording_kind kind, const char *word)
{
	struct wording wording = wording_of(kind, *word ? word : "-");
	if (strcmp(wording.japanese, wording.english) == 0)
		add(cells, "%s", wording.english);
	else
		add(cells, "%s / %s", wording.japanese, wording.english);
}

static void note_left_out(struct page_writer *writer, size_t count)
{
	char text[160];
	if (count <= ROWS_MAX)
		return;
	(void)snprintf(text, sizeof(text),
		"ほか %zu 件は CSV または JSON の報告書にあります。 "
		"%zu more are in the report as CSV or JSON.",
		count - ROWS_MAX, count - ROWS_MAX);
	page_note(writer, text);
}

/* -- the head -- */

static void draw_verdict(struct page_writer *writer, const struct audit *audit)
{
	if (audit_complete(audit))
		page_verdict(writer, true, "不備なし", "COMPLETE");
	else if (findings_fail(&audit->findings))
		page_verdict(writer, false, "不備あり", "NOT COMPLETE");
	else
		page_verdict(writer, false, "確認できないものあり", "NOT ALL COULD BE SHOWN");
}

static void draw_head(
	struct page_writer *writer, const struct audit *audit, const char *organisation)
{
	char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE], period[64], made[CLOCK_TEXT_SIZE];
	char ledger[160], numbers[160];
	day_format(audit->from_day, from);
	day_format(audit->to_day, to);
	clock_format(audit->made_utc_ms, made);
	(void)snprintf(period, sizeof(period), "%s – %s (Asia/Tokyo)", from, to);
	(void)snprintf(ledger, sizeof(ledger), "%llu 件 records; 非開示 withheld: %llu",
		(unsigned long long)audit->size, (unsigned long long)audit->findings.unseen);
	(void)snprintf(numbers, sizeof(numbers), "%zu (置換済み superseded: %llu)",
		audit->certificate_count, (unsigned long long)audit->superseded);
	const struct page_label fields[] = {
		{ "組織", "Organisation", *organisation ? organisation : "-", false },
		{ "期間", "Period", period, false },
		{ "作成日時 (UTC)", "Made (UTC)", made, false },
		{ "台帳", "Ledger", ledger, false },
		{ "期間中の証明書", "Certificates", numbers, false },
	};
	page_title(writer, "監査報告書", "Audit report", period);
	draw_verdict(writer, audit);
	page_fields(writer, fields, ARRAY_SIZE(fields));
	if (audit->findings.older > 0) {
		char text[320];
		(void)snprintf(text, sizeof(text),
			"%llu 件の記録は台帳より古く、その内容を裏付けるのは元のストアだけです。 "
			"%llu records are older than the ledger: nothing vouches for them but the "
			"store they were taken from.",
			(unsigned long long)audit->findings.older,
			(unsigned long long)audit->findings.older);
		page_note(writer, text);
	}
	if (audit->findings.unseen > 0)
		page_note(writer, "開示されていない記録については何も判定していません。 "
				  "Of the records that are withheld nothing was judged.");
}

/* -- exceptions -- */

static bool draw_findings(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "指摘 Finding", 30, false },
		{ "対象 Subject", 26, false },
		{ "発生日 Since", 13, false },
		{ "日数 Days", 8, true },
		{ "詳細 Detail", 33, false },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	size_t count = audit->findings.count;
	page_heading(writer, "例外", "Exceptions");
	for (size_t i = 0; i < MIN(count, (size_t)ROWS_MAX); i++) {
		const struct finding *finding = &audit->findings.items[i];
		char day[DAY_TEXT_SIZE];
		day_format(day_in_tokyo(finding->since_utc_ms), day);
		add_wording(&cells, WORDING_FINDING, finding_word(finding->kind));
		add(&cells, "%s %s", finding->subject, finding->label);
		add(&cells, "%s", day);
		add(&cells, "%lld", (long long)finding_age_days(finding, audit->made_utc_ms));
		add(&cells, "%s (#%llu)", finding->detail, (unsigned long long)finding->index);
	}
	if (count == 0)
		page_paragraph(writer, "なし None");
	bool drawn = draw(writer, columns, ARRAY_SIZE(columns), &cells);
	note_left_out(writer, count);
	if (count > 0)
		page_note(writer, "#: 台帳の記録番号。詳細の語の意味は docs/audit.md。 "
				  "#: the record of the ledger. docs/audit.md has the words of the "
				  "details.");
	return drawn;
}

/* -- what was done -- */

static void add_counts(struct cells *cells, const struct audit_counts *counts, const char *title,
	enum wording_kind kind)
{
	for (size_t i = 0; i < MIN(counts->count, (size_t)100); i++) {
		add(cells, "%s", title);
		if (kind == WORDING_LABEL)
			add(cells, "%s", counts->items[i].word[0] ? counts->items[i].word : "-");
		else
			add_wording(cells, kind, counts->items[i].word);
		add(cells, "%llu", (unsigned long long)counts->items[i].count);
	}
}

static bool draw_counts(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "区分 Counted by", 30, false },
		{ "値 Value", 50, false },
		{ "件数 Count", 15, true },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	page_heading(writer, "ドライブの件数", "Drives in numbers");
	add_counts(&cells, &audit->by_outcome, "結果 Outcome", WORDING_OUTCOME);
	add_counts(&cells, &audit->by_level, "レベル Level", WORDING_LEVEL);
	add_counts(&cells, &audit->by_method, "方法 Method", WORDING_METHOD);
	add_counts(&cells, &audit->by_zone, "ゾーン Zone", WORDING_LABEL);
	add_counts(&cells, &audit->by_custody, "管理の終了 Custody ended", WORDING_CUSTODY);
	if (cells.count == 0)
		page_paragraph(writer, "なし None");
	return draw(writer, columns, ARRAY_SIZE(columns), &cells);
}

static bool draw_contracts(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "契約 Contract", 25, false },
		{ "契約終了日 Last day", 16, false },
		{ "日数 Days", 10, true },
		{ "約束 Promised", 12, true },
		{ "証明書 Certificate", 40, false },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	char text[256];
	page_heading(writer, "契約終了から削除まで", "From the end of contracts to deletion");
	if (audit->closing_count == 0) {
		page_paragraph(writer, "なし None");
		return true;
	}
	(void)snprintf(text, sizeof(text),
		"%zu 件: 最短 %lld 日、中央値 %lld 日、最長 %lld 日。約束の日数を超えたもの %llu "
		"件。\n"
		"%zu closed: %lld days at least, %lld in the middle, %lld at most; %llu over the "
		"days promised.",
		audit->closing_count, (long long)audit->days_min, (long long)audit->days_median,
		(long long)audit->days_max, (unsigned long long)audit->days_over,
		audit->closing_count, (long long)audit->days_min, (long long)audit->days_median,
		(long long)audit->days_max, (unsigned long long)audit->days_over);
	page_paragraph(writer, text);
	for (size_t i = 0; i < MIN(audit->closing_count, (size_t)ROWS_MAX); i++) {
		const struct audit_closing *closing = &audit->closings[i];
		char *const *texts = closing->certificate->texts;
		add(&cells, "%s %s", texts[AUDIT_CONTRACT], texts[AUDIT_TENANT]);
		add(&cells, "%s", closing->end_day);
		add(&cells, "%s%lld", audit_is_late(closing->days, closing->grace_days) ? "▲ " : "",
			(long long)closing->days);
		add(&cells, "%lld", (long long)closing->grace_days);
		add(&cells, "%s", texts[AUDIT_NAME]);
	}
	bool drawn = draw(writer, columns, ARRAY_SIZE(columns), &cells);
	note_left_out(writer, audit->closing_count);
	return drawn;
}

static bool draw_vms(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "VM", 34, false },
		{ "契約 Contract", 25, false },
		{ "契約終了日 Last day", 16, false },
		{ "日数 Days", 10, true },
		{ "約束 Promised", 12, true },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	char text[256];
	page_heading(writer, "契約終了から VM の消滅まで",
		"From the end of contracts until VMs were gone");
	if (audit->vm_count == 0) {
		page_paragraph(writer, "なし None");
		return true;
	}
	(void)snprintf(text, sizeof(text),
		"%zu 台: 最短 %lld 日、中央値 %lld 日、最長 %lld 日。期日より後のもの %llu 台。\n"
		"%zu deleted: %lld days at least, %lld in the middle, %lld at most; %llu late.",
		audit->vm_count, (long long)audit->vm_days_min, (long long)audit->vm_days_median,
		(long long)audit->vm_days_max, (unsigned long long)audit->vm_late, audit->vm_count,
		(long long)audit->vm_days_min, (long long)audit->vm_days_median,
		(long long)audit->vm_days_max, (unsigned long long)audit->vm_late);
	page_paragraph(writer, text);
	for (size_t i = 0; i < MIN(audit->vm_count, (size_t)ROWS_MAX); i++) {
		const struct audit_vm *vm = &audit->vms[i];
		add(&cells, "%s %s", vm->id, vm->label);
		add(&cells, "%s %s", vm->contract, vm->tenant);
		add(&cells, "%s", vm->end_day);
		add(&cells, "%s%lld", audit_is_late(vm->days, vm->grace_days) ? "▲ " : "",
			(long long)vm->days);
		add(&cells, "%lld", (long long)vm->grace_days);
	}
	bool drawn = draw(writer, columns, ARRAY_SIZE(columns), &cells);
	note_left_out(writer, audit->vm_count);
	return drawn;
}

static bool draw_people(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "役割 Role", 30, false },
		{ "名前 Name", 50, false },
		{ "件数 Count", 15, true },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	page_heading(writer, "実施者と承認者", "Who did and who approved");
	for (size_t i = 0; i < MIN(audit->people_count, (size_t)ROWS_MAX); i++) {
		if (strcmp(audit->people[i].role, "custody") == 0)
			add(&cells, "%s", "管理の終了を記録 / Ended custody");
		else
			add_wording(&cells, WORDING_LABEL, audit->people[i].role);
		add(&cells, "%s", audit->people[i].name);
		add(&cells, "%llu", (unsigned long long)audit->people[i].count);
	}
	if (audit->people_count == 0)
		page_paragraph(writer, "なし None");
	bool drawn = draw(writer, columns, ARRAY_SIZE(columns), &cells);
	note_left_out(writer, audit->people_count);
	return drawn;
}

/* -- the sample -- */

static bool draw_sample(struct page_writer *writer, const struct audit *audit)
{
	static const struct page_column columns[] = {
		{ "証明書 Certificate", 44, false },
		{ "対象 Subject", 26, false },
		{ "SHA-256 (seed ‖ name)", 24, false },
		{ "再検査の結果 Result", 20, false },
	};
	CLEANUP(cells_free) struct cells cells = { 0 };
	char text[1024];
	page_heading(writer, "再検査の抽出", "Sample to check again");
	(void)snprintf(text, sizeof(text),
		"証明済みの %zu 件から %zu 件 (%d%%)。SHA-256(シード ‖ 証明書番号) の小さい順。\n"
		"%zu of %zu that are proven (%d%%): the lowest SHA-256(seed ‖ certificate "
		"number).\n"
		"シード Seed: %s%s",
		audit->sample_of, audit->sample_count, AUDIT_SAMPLE_PERCENT, audit->sample_count,
		audit->sample_of, AUDIT_SAMPLE_PERCENT, audit->seed,
		audit->seed_given
			? ""
			: "\n(台帳の最後の記録の SHA-256 the SHA-256 of the ledger's last record)");
	page_paragraph(writer, text);
	for (size_t i = 0; i < MIN(audit->sample_count, (size_t)ROWS_MAX); i++) {
		char *const *texts = audit->sample[i].certificate->texts;
		add(&cells, "%s", texts[AUDIT_NAME]);
		add(&cells, "%s",
			texts[AUDIT_CONTRACT][0] ? texts[AUDIT_CONTRACT] : texts[AUDIT_SERIAL]);
		add(&cells, "%.16s…", audit->sample[i].digest);
		add(&cells, "%s", "");
	}
	bool drawn = draw(writer, columns, ARRAY_SIZE(columns), &cells);
	note_left_out(writer, audit->sample_count);
	page_signer(writer, "監査人", "Auditor", "");
	return drawn;
}

int audit_write_pdf(const struct audit *audit, const char *organisation, struct buffer *ret,
	struct error *error)
{
	struct page_writer *writer CLEANUP(cleanup_page_drop) = NULL;
	char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE], footer[96];
	day_format(audit->from_day, from);
	day_format(audit->to_day, to);
	(void)snprintf(footer, sizeof(footer), "haiki audit %s – %s", from, to);
	int r = page_begin("監査報告書 Audit report", footer, footer, &writer, error);
	if (r < 0)
		return r;
	draw_head(writer, audit, organisation);
	if (!draw_findings(writer, audit) || !draw_counts(writer, audit) ||
		!draw_contracts(writer, audit) || !draw_vms(writer, audit) ||
		!draw_people(writer, audit) || !draw_sample(writer, audit))
		return error_no_memory(error);
	struct page_writer *taken = writer;
	writer = NULL;
	return page_end(taken, ret, error);
}
