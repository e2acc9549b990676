/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates among themselves: one for each name, each the successor of the one before it, signatures of what was
 * issued; and what they left outstanding. */
#include "verify/ledger/reconcile_parts.h"

#include <string.h>

static int judge_names(struct judging *judging)
{
	const struct certificate_order *order = &judging->by_name;
	int r = 0;
	for (size_t i = 1; r == 0 && i < order->count; i++)
		if (strcmp(order->items[i - 1]->name, order->items[i]->name) == 0)
			r = judging_tell_certificate(judging, FINDING_CONTRADICTION,
				order->items[i], "name-twice %.200s", order->items[i]->name);
	return r;
}

static bool has_same_owner(const struct certificate_fact *a, const struct certificate_fact *b)
{
	return strcmp(a->job, b->job) == 0 && strcmp(a->contract, b->contract) == 0;
}

/* Of one job or contract each supersedes the one before it, and the first supersedes none. */
static int judge_successor(struct judging *judging, const struct certificate_fact *before,
	const struct certificate_fact *certificate)
{
	const struct certificate_fact *named = NULL;
	if (before && strcmp(before->name, certificate->name) == 0)
		return 0; /* told as a name given twice */
	if (before && strcmp(certificate->supersedes, before->name) == 0)
		return 0;
	if (*certificate->supersedes) {
		named = judging_certificate(judging, certificate->supersedes);
		return judging_tell_certificate(judging, FINDING_CONTRADICTION, certificate,
			"%s %.200s",
			!named                                ? "supersedes-unknown"
			: !has_same_owner(named, certificate) ? "supersedes-other-job"
							      : "supersedes-not-the-last",
			certificate->supersedes);
	}
	if (!before)
		return 0;
	bool same = strcmp(before->outcome, certificate->outcome) == 0 &&
		    strcmp(before->level, certificate->level) == 0;
	return judging_tell_certificate(judging, same ? FINDING_DUPLICATE : FINDING_CONTRADICTION,
		certificate, "%s %.200s", same ? "beside" : "differs-from", before->name);
}

static int judge_same_drive(struct judging *judging, const struct certificate_fact *before,
	const struct certificate_fact *certificate)
{
	if (strcmp(before->serial, certificate->serial) == 0 &&
		strcmp(before->wwn, certificate->wwn) == 0)
		return 0;
	return judging_tell_certificate(judging, FINDING_CONTRADICTION, certificate,
		"job-of-two-drives %.200s", before->name);
}

static int judge_level(struct judging *judging, const struct certificate_fact *certificate)
{
	if (*certificate->contract || !certificate_is_proven(certificate) ||
		strcmp(certificate->level, "none") != 0)
		return 0;
	return judging_tell_certificate(judging, FINDING_CONTRADICTION, certificate,
		"proven-without-level %.200s", certificate->name);
}

static int judge_owners(struct judging *judging)
{
	const struct certificate_order *order = &judging->by_owner;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count; i++) {
		const struct certificate_fact *certificate = order->items[i];
		const struct certificate_fact *before = i > 0 ? order->items[i - 1] : NULL;
		if (before && !has_same_owner(before, certificate))
			before = NULL;
		r = judge_successor(judging, before, certificate);
		if (r == 0 && before && !*certificate->contract)
			r = judge_same_drive(judging, before, certificate);
		if (r == 0)
			r = judge_level(judging, certificate);
	}
	return r;
}

static int judge_signatures(struct judging *judging)
{
	const struct signature_facts *list = &judging->facts->signatures;
	int r = 0;
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		const struct signature_fact *signature = &list->items[i];
		const struct certificate_fact *signed_one =
			judging_certificate(judging, signature->certificate);
		const struct telling telling = {
			.kind = FINDING_CONTRADICTION,
			.subject = "",
			.label = signature->certificate,
			.place = signature->place,
		};
		if (!signed_one)
			r = judging_tell(judging, &telling, "signature-of-unknown %.200s",
				signature->certificate);
		else if (strcmp(signed_one->sha256, signature->sha256) != 0)
			r = judging_tell(judging, &telling, "signature-of-other %.200s",
				signature->certificate);
	}
	return r;
}

/* -- outstanding -- */

/* "key-copy:V7", and V7 was destroyed since. */
static bool is_settled(const struct judging *judging, const struct certificate_fact *certificate,
	const char *word, size_t length)
{
	static const char prefix[] = "key-copy:V";
	size_t skip = sizeof(prefix) - 1;
	if (length <= skip || memcmp(word, prefix, skip) != 0 ||
		strspn(word + skip, "0123456789") != length - skip)
		return false;
	int64_t id = strtoll(word + skip, NULL, 10);
	for (size_t i = 0; i < judging->facts->copies.count; i++) {
		const struct id_fact *copy = &judging->facts->copies.items[i];
		if (copy->id == id && copy->place.index > certificate->place.index)
			return true;
	}
	return false;
}

static int judge_outstanding(struct judging *judging, const struct certificate_fact *certificate)
{
	const char *word = certificate->outstanding;
	int r = 0;
	/* What a contract that runs still has is as it should be; of one that ended and is not closed another
	 * finding tells. */
	if (*certificate->contract && strcmp(certificate->outcome, "volumes-erased") != 0 &&
		!certificate_is_proven(certificate))
		return 0;
	while (r == 0 && *word) {
		size_t length = strcspn(word, "\n");
		if (!is_settled(judging, certificate, word, length))
			r = judging_tell_certificate(judging, FINDING_OUTSTANDING, certificate,
				"%.*s certificate=%.120s", (int)MIN(length, (size_t)100), word,
				certificate->name);
		word += length + 1;
	}
	return r;
}

static int judge_all_outstanding(struct judging *judging)
{
	const struct certificate_order *order = &judging->by_owner;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count; i++) {
		bool newest = i + 1 == order->count ||
			      !has_same_owner(order->items[i], order->items[i + 1]);
		if (newest)
			r = judge_outstanding(judging, order->items[i]);
	}
	return r;
}

int reconcile_certificates(struct judging *judging)
{
	int r = judge_names(judging);
	if (r == 0)
		r = judge_owners(judging);
	if (r == 0)
		r = judge_signatures(judging);
	return r < 0 ? r : judge_all_outstanding(judging);
}
