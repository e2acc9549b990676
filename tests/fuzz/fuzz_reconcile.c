/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that say anything, "KIND BODY" a line: whatever they say, findings come of it that can be told. */
#include "tests/fuzz/fuzz.h"

#include "base/utf8.h"
#include "verify/ledger/reconcile.h"
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795406400123)
#define LINES_MAX 200 /* the rest says nothing new, and takes time */

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_text(const char *text)
{
	require(utf8_valid(text, strlen(text)));
}

static void check_findings(const struct finding_list *list, uint64_t size)
{
	require(!findings_complete(list) || (!findings_fail(list) && list->unseen == 0));
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->items[i];
		AUTO_JSON json_t *json = finding_json(finding, NOW);
		require(json != NULL);
		require(finding->kind > FINDING_UNKNOWN && finding->kind < FINDING_KINDS);
		require(i == 0 || list->items[i - 1].kind <= finding->kind);
		require(finding->index < size);
		require(finding_age_days(finding, NOW) >= 0);
		check_text(finding->subject);
		check_text(finding->label);
		check_text(finding->detail);
	}
}

static void take_line(struct reconcile *reconcile, uint64_t index, const char *line, size_t length)
{
	const char *blank = memchr(line, ' ', length);
	char kind[32] = "";
	AUTO_JSON json_t *body = NULL;
	if (!blank || (size_t)(blank - line) >= sizeof(kind))
		return;
	memcpy(kind, line, (size_t)(blank - line));
	if (json_parse(blank + 1, length - (size_t)(blank + 1 - line), "body", &body, NULL) < 0)
		return;
	const struct record record = {
		.index = index, .utc_ms = NOW, .kind = record_kind_parse(kind), .body = body
	};
	require(reconcile_take(reconcile, &record, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reconcile *reconcile CLEANUP(cleanup_reconcile_drop) = NULL;
	AUTO_FINDINGS struct finding_list list = { 0 };
	AUTO_FINDINGS struct finding_list again = { 0 };
	const char *line = (const char *)data, *end = line + size;
	uint64_t index = 0;
	require(reconcile_begin(&reconcile, NULL) == 0);
	while (line < end && index < LINES_MAX) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line);
		/* What is no record here is one that was withheld. */
		take_line(reconcile, index++, line, length);
		line += length + 1;
	}
	reconcile_size(reconcile, index);
	require(reconcile_findings(reconcile, NOW, &list, NULL) == 0);
	require(reconcile_findings(reconcile, NOW, &again, NULL) == 0);
	require(list.count == again.count);
	check_findings(&list, index);
	return 0;
}
