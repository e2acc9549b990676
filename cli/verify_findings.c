/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completeness by the records of a ledger: fed to reconcile, told at the end. */
#include "cli/verify_findings.h"

#include "cli/findings.h"

struct verify_findings {
	struct reconcile *reconcile;
	struct finding_list list;
	int64_t now_utc_ms;
	bool ended;
};

int verify_findings_begin(struct verify_findings **ret, struct error *error)
{
	struct verify_findings *findings = calloc(1, sizeof(*findings));
	if (!findings)
		return error_no_memory(error);
	int r = reconcile_begin(&findings->reconcile, error);
	if (r < 0)
		(void)verify_findings_drop(findings);
	else
		*ret = findings;
	return r;
}

struct verify_findings *verify_findings_drop(struct verify_findings *findings)
{
	if (!findings)
		return NULL;
	(void)reconcile_drop(findings->reconcile);
	finding_list_free(&findings->list);
	free(findings);
	return NULL;
}

int verify_findings_take(
	struct verify_findings *findings, const struct record *record, struct error *error)
{
	return reconcile_take(findings->reconcile, record, error);
}

int verify_findings_end(
	struct verify_findings *findings, uint64_t size, int64_t now_utc_ms, struct error *error)
{
	reconcile_size(findings->reconcile, size);
	int r = reconcile_findings(findings->reconcile, now_utc_ms, &findings->list, error);
	findings->now_utc_ms = now_utc_ms;
	findings->ended = r == 0;
	return r;
}

/* Of what was not asked nothing is said. */
bool verify_findings_are_good(const struct verify_findings *findings)
{
	return findings->ended && !findings_fail(&findings->list);
}

bool verify_findings_are_complete(const struct verify_findings *findings)
{
	return findings->ended && findings_complete(&findings->list);
}

uint64_t verify_findings_older(const struct verify_findings *findings)
{
	return findings->list.older;
}

int verify_findings_print(const struct verify_findings *findings, struct error *error)
{
	return findings_print(stdout, &findings->list, findings->now_utc_ms, error);
}

json_t *verify_findings_json(const struct verify_findings *findings)
{
	return findings_json(&findings->list, findings->now_utc_ms);
}
