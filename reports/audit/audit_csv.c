/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit as one table for a spreadsheet: findings first, then certificates, days of contracts, counts and people. */
#include "base/clock.h"
#include "base/day.h"
#include "inventory/transfer/csv.h"
#include "reports/audit/audit_parts.h"
#include "reports/statement/wording.h"

#include <stdio.h>
#include <string.h>

/* What the cells of a row are; the words of the heading are for people of both languages. */
enum cell {
	CELL_SECTION, /* finding, certificate, contract, vm, count, person, sample, report */
	CELL_KIND,
	CELL_JAPANESE,
	CELL_SUBJECT,
	CELL_LABEL,
	CELL_DAY,
	CELL_DAYS,
	CELL_COUNT,
	CELL_OUTCOME,
	CELL_LEVEL,
	CELL_VERIFICATION,
	CELL_METHODS,
	CELL_ZONE,
	CELL_TENANT,
	CELL_SERIAL,
	CELL_WWN,
	CELL_MODEL,
	CELL_ASSET_NUMBER,
	CELL_OPERATOR,
	CELL_WITNESS,
	CELL_APPROVER,
	CELL_TICKET,
	CELL_CERTIFICATE,
	CELL_SHA256,
	CELL_SAMPLED,
	CELL_RECORD,
	CELL_DETAIL,
	CELLS,
};

static const char *const headings[CELLS] = {
	[CELL_SECTION] = "section 区分",
	[CELL_KIND] = "kind 種別",
	[CELL_JAPANESE] = "説明",
	[CELL_SUBJECT] = "subject 対象",
	[CELL_LABEL] = "label 名称",
	[CELL_DAY] = "day 日付",
	[CELL_DAYS] = "days 日数",
	[CELL_COUNT] = "count 件数",
	[CELL_OUTCOME] = "outcome 結果",
	[CELL_LEVEL] = "level レベル",
	[CELL_VERIFICATION] = "verification 検証",
	[CELL_METHODS] = "methods 方法",
	[CELL_ZONE] = "zone ゾーン",
	[CELL_TENANT] = "tenant テナント",
	[CELL_SERIAL] = "serial 製造番号",
	[CELL_WWN] = "wwn",
	[CELL_MODEL] = "model 型番",
	[CELL_ASSET_NUMBER] = "asset_number 資産番号",
	[CELL_OPERATOR] = "operator 実施者",
	[CELL_WITNESS] = "witness 立会者",
	[CELL_APPROVER] = "approver 承認者",
	[CELL_TICKET] = "ticket チケット",
	[CELL_CERTIFICATE] = "certificate 証明書",
	[CELL_SHA256] = "sha256",
	[CELL_SAMPLED] = "sampled 抽出",
	[CELL_RECORD] = "record 台帳番号",
	[CELL_DETAIL] = "detail 詳細",
};

struct row {
	const char *cells[CELLS]; /* borrowed; NULL: empty */
	char numbers[4][32];
};

static int write_row(const struct row *row, struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < CELLS; i++) {
		r = i > 0 ? buffer_append_text(ret, ",") : 0;
		if (r == 0)
			r = csv_append_cell(ret, row->cells[i] ? row->cells[i] : "");
	}
	return r == 0 ? buffer_append_text(ret, "\r\n") : r;
}

static void put_number(struct row *row, enum cell cell, size_t place, int64_t number)
{
	(void)snprintf(row->numbers[place], sizeof(row->numbers[place]), "%lld", (long long)number);
	row->cells[cell] = row->numbers[place];
}

static void put_day(struct row *row, size_t place, int64_t utc_ms)
{
	day_format(day_in_tokyo(utc_ms), row->numbers[place]);
	row->cells[CELL_DAY] = row->numbers[place];
}

static int write_findings(const struct audit *audit, struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < audit->findings.count; i++) {
		const struct finding *finding = &audit->findings.items[i];
		const char *word = finding_word(finding->kind);
		struct row row = { .cells = {
					   [CELL_SECTION] = "finding",
					   [CELL_KIND] = word,
					   [CELL_JAPANESE] =
						   wording_of(WORDING_FINDING, word).japanese,
					   [CELL_SUBJECT] = finding->subject,
					   [CELL_LABEL] = finding->label,
					   [CELL_DETAIL] = finding->detail,
				   } };
		put_day(&row, 0, finding->since_utc_ms);
		put_number(&row, CELL_DAYS, 1, finding_age_days(finding, audit->made_utc_ms));
		put_number(&row, CELL_RECORD, 2, (int64_t)finding->index);
		r = write_row(&row, ret);
	}
	return r;
}

static int write_certificates(const struct audit *audit, struct buffer *ret)
{
	static const struct {
		enum cell cell;
		enum audit_column column;
	} columns[] = {
		{ CELL_OUTCOME, AUDIT_OUTCOME },
		{ CELL_LEVEL, AUDIT_LEVEL },
		{ CELL_VERIFICATION, AUDIT_VERIFICATION },
		{ CELL_METHODS, AUDIT_METHODS },
		{ CELL_ZONE, AUDIT_ZONE },
		{ CELL_TENANT, AUDIT_TENANT },
		{ CELL_SERIAL, AUDIT_SERIAL },
		{ CELL_WWN, AUDIT_WWN },
		{ CELL_MODEL, AUDIT_MODEL },
		{ CELL_ASSET_NUMBER, AUDIT_ASSET_NUMBER },
		{ CELL_OPERATOR, AUDIT_OPERATOR },
		{ CELL_WITNESS, AUDIT_WITNESS },
		{ CELL_APPROVER, AUDIT_APPROVER },
		{ CELL_TICKET, AUDIT_TICKET },
		{ CELL_CERTIFICATE, AUDIT_NAME },
		{ CELL_SHA256, AUDIT_SHA256 },
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < audit->certificate_count; i++) {
		const struct audit_certificate *certificate = &audit->certificates[i];
		bool deletion = certificate->texts[AUDIT_CONTRACT][0] != '\0';
		struct row row = { .cells = {
					   [CELL_SECTION] = "certificate",
					   [CELL_KIND] = deletion ? "deletion" : "drive",
					   [CELL_JAPANESE] =
						   deletion ? "契約の削除" : "ドライブの抹消",
					   [CELL_SUBJECT] =
						   deletion ? certificate->texts[AUDIT_CONTRACT]
							    : certificate->texts[AUDIT_JOB],
					   [CELL_SAMPLED] = certificate->sampled ? "1" : "0",
				   } };
		for (size_t j = 0; j < ARRAY_SIZE(columns); j++)
			row.cells[columns[j].cell] = certificate->texts[columns[j].column];
		put_day(&row, 0, certificate->issued_utc_ms);
		put_number(&row, CELL_RECORD, 1, (int64_t)certificate->index);
		r = write_row(&row, ret);
	}
	return r;
}

static int write_closings(const struct audit *audit, struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < audit->closing_count; i++) {
		const struct audit_closing *closing = &audit->closings[i];
		bool late = audit_is_late(closing->days, closing->grace_days);
		struct row row = { .cells = {
					   [CELL_SECTION] = "contract",
					   [CELL_KIND] = late ? "late" : "in-time",
					   [CELL_JAPANESE] =
						   late ? "約束の日数を超過" : "約束の日数以内",
					   [CELL_SUBJECT] =
						   closing->certificate->texts[AUDIT_CONTRACT],
					   [CELL_TENANT] =
						   closing->certificate->texts[AUDIT_TENANT],
					   [CELL_CERTIFICATE] =
						   closing->certificate->texts[AUDIT_NAME],
					   [CELL_DAY] = closing->end_day,
				   } };
		put_number(&row, CELL_DAYS, 0, closing->days);
		r = write_row(&row, ret);
	}
	return r;
}

static int write_vms(const struct audit *audit, struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < audit->vm_count; i++) {
		const struct audit_vm *vm = &audit->vms[i];
		bool late = audit_is_late(vm->days, vm->grace_days);
		struct row row = { .cells = {
					   [CELL_SECTION] = "vm",
					   [CELL_KIND] = late ? "late" : "in-time",
					   [CELL_JAPANESE] =
						   late ? "期日より後に削除" : "期日に削除",
					   [CELL_SUBJECT] = vm->id,
					   [CELL_LABEL] = vm->label,
					   [CELL_TENANT] = vm->tenant,
					   [CELL_DAY] = vm->end_day,
					   [CELL_DETAIL] = vm->contract,
				   } };
		put_number(&row, CELL_DAYS, 0, vm->days);
		put_number(&row, CELL_RECORD, 1, (int64_t)vm->index);
		r = write_row(&row, ret);
	}
	return r;
}

static int write_counts(const struct audit_counts *counts, const char *kind, const char *japanese,
	struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < counts->count; i++) {
		struct row row = { .cells = {
					   [CELL_SECTION] = "count",
					   [CELL_KIND] = kind,
					   [CELL_JAPANESE] = japanese,
					   [CELL_SUBJECT] = counts->items[i].word,
				   } };
		put_number(&row, CELL_COUNT, 0, (int64_t)counts->items[i].count);
		r = write_row(&row, ret);
	}
	return r;
}

static int write_all_counts(const struct audit *audit, struct buffer *ret)
{
	int r = write_counts(&audit->by_outcome, "outcome", "結果別", ret);
	if (r == 0)
		r = write_counts(&audit->by_level, "level", "レベル別", ret);
	if (r == 0)
		r = write_counts(&audit->by_method, "method", "方法別", ret);
	if (r == 0)
		r = write_counts(&audit->by_zone, "zone", "ゾーン別", ret);
	return r == 0 ? write_counts(&audit->by_custody, "custody", "管理の終了", ret) : r;
}

static int write_people(const struct audit *audit, struct buffer *ret)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < audit->people_count; i++) {
		struct row row = { .cells = {
					   [CELL_SECTION] = "person",
					   [CELL_KIND] = audit->people[i].role,
					   [CELL_JAPANESE] =
						   wording_of(WORDING_LABEL, audit->people[i].role)
							   .japanese,
					   [CELL_SUBJECT] = audit->people[i].name,
				   } };
		put_number(&row, CELL_COUNT, 0, (int64_t)audit->people[i].count);
		r = write_row(&row, ret);
	}
	return r;
}

/* What the table is of; at its end, so that the findings come first. */
static int write_report(const struct audit *audit, struct buffer *ret)
{
	char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE], made[CLOCK_TEXT_SIZE], size[32], withheld[32],
		older[32];
	day_format(audit->from_day, from);
	day_format(audit->to_day, to);
	clock_format(audit->made_utc_ms, made);
	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)audit->size);
	(void)snprintf(
		withheld, sizeof(withheld), "%llu", (unsigned long long)audit->findings.unseen);
	(void)snprintf(older, sizeof(older), "%llu", (unsigned long long)audit->findings.older);
	const char *const facts[][3] = {
		{ "from", "期間の初日", from },
		{ "to", "期間の末日", to },
		{ "made_utc", "作成日時 (UTC)", made },
		{ "ledger_size", "台帳の記録数", size },
		{ "withheld", "開示されていない記録", withheld },
		{ "older", "台帳より古い記録", older },
		{ "complete", "不備なし", audit_complete(audit) ? "1" : "0" },
		{ "seed", "抽出のシード", audit->seed },
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(facts); i++) {
		const struct row row = { .cells = {
						 [CELL_SECTION] = "report",
						 [CELL_KIND] = facts[i][0],
						 [CELL_JAPANESE] = facts[i][1],
						 [CELL_SUBJECT] = facts[i][2],
					 } };
		r = write_row(&row, ret);
	}
	return r;
}

int audit_write_csv(const struct audit *audit, struct buffer *ret)
{
	struct row heading = { 0 };
	memcpy(heading.cells, headings, sizeof(headings));
	/* Excel takes UTF-8 for Shift_JIS where no byte order mark says otherwise. */
	int r = buffer_append_text(ret, "\xEF\xBB\xBF");
	if (r == 0)
		r = write_row(&heading, ret);
	if (r == 0)
		r = write_findings(audit, ret);
	if (r == 0)
		r = write_certificates(audit, ret);
	if (r == 0)
		r = write_closings(audit, ret);
	if (r == 0)
		r = write_vms(audit, ret);
	if (r == 0)
		r = write_all_counts(audit, ret);
	if (r == 0)
		r = write_people(audit, ret);
	return r == 0 ? write_report(audit, ret) : r;
}
