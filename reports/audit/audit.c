/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was taken to the report: findings of the period, what stands of the certificates, and the sample. */
#include "reports/audit/audit.h"

#include "base/clock.h"
#include "base/day.h"
#include "reports/audit/audit_parts.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void audit_free(struct audit *audit)
{
	struct audit_counts *const counts[] = { &audit->by_outcome, &audit->by_level,
		&audit->by_method, &audit->by_zone, &audit->by_custody };
	finding_list_free(&audit->findings);
	for (size_t i = 0; i < audit->certificate_count; i++)
		audit_certificate_free(&audit->certificates[i]);
	free(audit->certificates);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		for (size_t j = 0; j < counts[i]->count; j++)
			free(counts[i]->items[j].word);
		free(counts[i]->items);
	}
	for (size_t i = 0; i < audit->people_count; i++)
		free(audit->people[i].name);
	free(audit->people);
	free(audit->closings);
	audit_vms_free(audit->vms, audit->vm_count);
	free(audit->sample);
	*audit = (struct audit){ 0 };
}

bool audit_complete(const struct audit *audit)
{
	return findings_complete(&audit->findings);
}

/* -- the parts -- */

/* What the ledger itself lacks concerns every period. */
static bool concerns(const struct audit *audit, const struct finding *finding)
{
	return finding->kind == FINDING_UNREADABLE || finding->kind == FINDING_NOT_JUDGED ||
	       day_in_tokyo(finding->since_utc_ms) <= audit->to_day;
}

static int fill_findings(
	const struct audit_taking *taking, struct audit *audit, struct error *error)
{
	struct finding_list *list = &audit->findings;
	int r = reconcile_findings(taking->reconcile, taking->question.now_utc_ms, list, error);
	size_t kept = 0;
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		if (concerns(audit, &list->items[i]))
			list->items[kept++] = list->items[i];
		else
			audit->later++;
	}
	list->count = kept;
	return r;
}

/* The certificates of the period that nothing supersedes go over to the audit, with who approved them. */
static int move_standing(struct audit_taking *taking, struct audit *audit)
{
	audit_pairs_sort(&taking->superseded);
	audit_pairs_sort(&taking->approvals);
	audit->certificates = calloc(taking->certificate_count + 1, sizeof(*audit->certificates));
	if (!audit->certificates)
		return -ENOMEM;
	for (size_t i = 0; i < taking->certificate_count; i++) {
		struct audit_certificate *certificate = &taking->certificates[i];
		AUTO_BUFFER struct buffer people = BUFFER_INIT(64 * KIB);
		const char *name = certificate->texts[AUDIT_NAME];
		size_t count = 0;
		if (audit_pairs_find(&taking->superseded, name, &count)) {
			audit->superseded++;
			continue;
		}
		const struct audit_pair *pair = audit_pairs_find(&taking->approvals, name, &count);
		for (size_t j = 0; j < count; j++)
			if (buffer_printf(&people, "%s%s", j > 0 ? ", " : "", pair[j].value) < 0)
				return -ENOMEM;
		char *approver = audit_copy(buffer_text(&people));
		if (!approver)
			return -ENOMEM;
		free(certificate->texts[AUDIT_APPROVER]);
		certificate->texts[AUDIT_APPROVER] = approver;
		audit->deletions += certificate->texts[AUDIT_CONTRACT][0] != '\0';
		audit->certificates[audit->certificate_count++] = *certificate;
		*certificate = (struct audit_certificate){ 0 };
	}
	return 0;
}

static int fill(struct audit_taking *taking, struct audit *audit, struct error *error)
{
	int r = fill_findings(taking, audit, error);
	if (r < 0)
		return r;
	if (move_standing(taking, audit) < 0 || audit_sum(taking, audit) < 0 ||
		audit_close(taking, audit) < 0 || audit_sum_vms(taking, audit) < 0)
		return error_no_memory(error);
	return audit_fill_sample(audit, error);
}

int audit_end(struct audit_taking *taking, uint64_t size, struct audit *ret, struct error *error)
{
	AUTO_AUDIT struct audit audit = {
		.from_day = taking->question.from_day,
		.to_day = taking->question.to_day,
		.made_utc_ms = taking->question.now_utc_ms,
		.size = size,
		.seed_given = taking->seed[0] != '\0',
	};
	(void)snprintf(audit.seed, sizeof(audit.seed), "%s",
		audit.seed_given ? taking->seed : taking->last_digest);
	reconcile_size(taking->reconcile, size);
	int r = fill(taking, &audit, error);
	if (r < 0)
		return r;
	*ret = audit;
	audit = (struct audit){ 0 };
	return 0;
}
