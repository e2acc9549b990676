/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts: is there for each one that ended, and whose days of grace are over, a certificate that closes it? */
#include "base/day.h"
#include "verify/ledger/reconcile_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int tell_contract(struct judging *judging, enum finding_kind kind,
	const struct contract_fact *contract, int64_t since_utc_ms, const char *detail,
	const char *name)
{
	char label[320];
	(void)snprintf(label, sizeof(label), "%.100s %.100s", contract->number, contract->tenant);
	const struct telling telling = {
		.kind = kind,
		.letter = 'C',
		.id = contract->contract,
		.label = label,
		.place = { contract->place.index, since_utc_ms },
	};
	return judging_tell(judging, &telling, "%s%.200s", detail, name);
}

/* Of its newest certificate: "" when it closes the contract, else why not. A deletion that was proven before the last
 * day says nothing of what came after it. */
static const char *why_open(const struct certificate_fact *newest, int64_t end_day)
{
	if (!newest)
		return "no-certificate";
	if (!certificate_is_proven(newest))
		return "not-closed ";
	if (day_in_tokyo(newest->issued_utc_ms) <= end_day)
		return "before-the-end ";
	return "";
}

/* -- kept by another one -- */

static bool has_code(const char *codes, const char *code, size_t length)
{
	for (const char *at = codes; *at;) {
		size_t end = strcspn(at, " ");
		if (end == length && memcmp(at, code, length) == 0)
			return true;
		at += end + (at[end] == ' ');
	}
	return false;
}

static bool is_for_the_same(const struct contract_fact *a, const struct contract_fact *b)
{
	if (!*a->service_codes || !*b->service_codes)
		return true;
	for (const char *at = a->service_codes; *at;) {
		size_t length = strcspn(at, " ");
		if (has_code(b->service_codes, at, length))
			return true;
		at += length + (at[length] == ' ');
	}
	return false;
}

/* A renewal is a further contract of the tenant for the same service: while that is not due, nothing of this one may
 * go, and no certificate can close it. */
static bool is_kept(const struct judging *judging, const struct contract_fact *contract)
{
	const struct contract_order *order = &judging->by_contract;
	for (size_t i = 0; i < order->count; i++) {
		const struct contract_fact *other = order->items[i];
		bool last =
			i + 1 == order->count || other->contract != order->items[i + 1]->contract;
		if (last && other->contract != contract->contract &&
			strcmp(other->tenant, contract->tenant) == 0 &&
			is_for_the_same(contract, other) &&
			contract_fact_due(other, judging->now_utc_ms).state != DUE_NOW)
			return true;
	}
	return false;
}

/* -- each contract -- */

/* As it stands after its last change. */
static int judge_contract(struct judging *judging, const struct contract_fact *contract)
{
	struct due due = contract_fact_due(contract, judging->now_utc_ms);
	int64_t end = 0;
	if (!*contract->end_day)
		return 0;
	if (due.state == DUE_UNKNOWN || day_parse(contract->end_day, &end) < 0)
		return tell_contract(judging, FINDING_UNREADABLE, contract, contract->place.utc_ms,
			"end-day=", contract->end_day);
	/* By the number, which is one contract's alone: a number may look like another one's ID. */
	const struct certificate_fact *newest =
		judging_newest(judging, "", contract->number, UINT64_MAX);
	const char *why = why_open(newest, end);
	if (due.state != DUE_NOW || !*why || is_kept(judging, contract))
		return 0;
	return tell_contract(judging, FINDING_CONTRACT_NOT_CLOSED, contract, due.due_utc_ms, why,
		newest ? newest->name : "");
}

/* A certificate of a contract that nobody entered. */
static int judge_known(struct judging *judging, const struct certificate_fact *certificate)
{
	if (judging_contract(judging, certificate->contract))
		return 0;
	return judging_tell_certificate(judging,
		judging->has_gaps ? FINDING_NOT_JUDGED : FINDING_CONTRADICTION, certificate,
		"contract-unknown %.200s", certificate->contract);
}

int reconcile_contracts(struct judging *judging)
{
	const struct contract_order *order = &judging->by_contract;
	const struct certificate_order *owners = &judging->by_owner;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count; i++) {
		bool last = i + 1 == order->count ||
			    order->items[i]->contract != order->items[i + 1]->contract;
		if (last)
			r = judge_contract(judging, order->items[i]);
	}
	for (size_t i = 0; r == 0 && i < owners->count; i++)
		if (*owners->items[i]->contract)
			r = judge_known(judging, owners->items[i]);
	return r;
}
