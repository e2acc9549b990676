/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting: by outcome, level, method and zone, who did what, and how long contracts took to be closed. */
#include "base/day.h"
#include "reports/audit/audit_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- counting words -- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_counts(const void *a, const void *b)
{
	const struct audit_count *one = a, *other = b;
	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return strcmp(one->word, other->word);
}

/* Sorts words, which are borrowed. */
static int count_words(const char **words, size_t count, struct audit_counts *ret)
{
	if (count > 1)
		qsort(words, count, sizeof(*words), compare_texts);
	ret->items = calloc(count + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(words[i - 1], words[i]) == 0) {
			ret->items[ret->count - 1].count++;
			continue;
		}
		struct audit_count one = { audit_copy(words[i]), 1 };
		if (!one.word)
			return -ENOMEM;
		ret->items[ret->count++] = one;
	}
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_counts);
	return 0;
}

static bool is_of_drive(const struct audit_certificate *certificate)
{
	return certificate->texts[AUDIT_CONTRACT][0] == '\0';
}

static int count_column(
	const struct audit *audit, enum audit_column column, struct audit_counts *ret)
{
	AUTO_FREE const char **words = calloc(audit->certificate_count + 1, sizeof(*words));
	size_t count = 0;
	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < audit->certificate_count; i++)
		if (is_of_drive(&audit->certificates[i]))
			words[count++] = audit->certificates[i].texts[column];
	return count_words(words, count, ret);
}

static int count_ends(const struct audit_taking *taking, bool states, struct audit_counts *ret)
{
	AUTO_FREE const char **words = calloc(taking->ends.count + 1, sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < taking->ends.count; i++)
		words[i] = states ? taking->ends.items[i].key : taking->ends.items[i].value;
	return count_words(words, taking->ends.count, ret);
}

/* -- people -- */

/* Takes the words over; those who are not named are nobody. */
static int add_people(struct audit *audit, const char *role, struct audit_counts *counts)
{
	size_t room = audit->people_count + counts->count + 1;
	struct audit_person *people = reallocarray(audit->people, room, sizeof(*people));
	if (!people)
		return -ENOMEM;
	audit->people = people;
	for (size_t i = 0; i < counts->count; i++) {
		if (!counts->items[i].word[0])
			continue;
		people[audit->people_count++] = (struct audit_person){ counts->items[i].word, role,
			counts->items[i].count };
		counts->items[i].word = NULL;
	}
	return 0;
}

static void counts_free(struct audit_counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		free(counts->items[i].word);
	free(counts->items);
}

/* Each of several approvers for himself. */
static int count_approvers(
	const struct audit_taking *taking, const struct audit *audit, struct audit_counts *ret)
{
	AUTO_FREE const char **words = calloc(taking->approvals.count + 1, sizeof(*words));
	size_t count = 0;
	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < audit->certificate_count; i++) {
		size_t found = 0;
		const struct audit_pair *pair = audit_pairs_find(
			&taking->approvals, audit->certificates[i].texts[AUDIT_NAME], &found);
		for (size_t j = 0; j < found && count < taking->approvals.count; j++)
			words[count++] = pair[j].value;
	}
	return count_words(words, count, ret);
}

static int sum_people(const struct audit_taking *taking, struct audit *audit)
{
	CLEANUP(counts_free) struct audit_counts operators = { 0 };
	CLEANUP(counts_free) struct audit_counts witnesses = { 0 };
	CLEANUP(counts_free) struct audit_counts approvers = { 0 };
	CLEANUP(counts_free) struct audit_counts accounts = { 0 };
	if (count_column(audit, AUDIT_OPERATOR, &operators) < 0 ||
		count_column(audit, AUDIT_WITNESS, &witnesses) < 0 ||
		count_approvers(taking, audit, &approvers) < 0 ||
		count_ends(taking, false, &accounts) < 0 ||
		add_people(audit, "operator", &operators) < 0 ||
		add_people(audit, "witness", &witnesses) < 0 ||
		add_people(audit, "approver", &approvers) < 0 ||
		add_people(audit, "custody", &accounts) < 0)
		return -ENOMEM;
	return 0;
}

int audit_sum(const struct audit_taking *taking, struct audit *audit)
{
	if (count_column(audit, AUDIT_OUTCOME, &audit->by_outcome) < 0 ||
		count_column(audit, AUDIT_LEVEL, &audit->by_level) < 0 ||
		count_column(audit, AUDIT_METHODS, &audit->by_method) < 0 ||
		count_column(audit, AUDIT_ZONE, &audit->by_zone) < 0 ||
		count_ends(taking, true, &audit->by_custody) < 0)
		return -ENOMEM;
	return sum_people(taking, audit);
}

/* -- contracts -- */

static int compare_contracts(const void *a, const void *b)
{
	const struct audit_contract *one = *(const struct audit_contract *const *)a;
	const struct audit_contract *other = *(const struct audit_contract *const *)b;
	int order = strcmp(one->number, other->number);
	if (order != 0)
		return order;
	return one->number_in_order < other->number_in_order ? -1 : 1;
}

/* As it stands after its last change; NULL: nobody entered it. A certificate may name it by its ID too. */
static const struct audit_contract *find_contract(
	const struct audit_contract *const *sorted, size_t count, const char *word)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(sorted[middle]->number, word) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0 && strcmp(sorted[low - 1]->number, word) == 0)
		return sorted[low - 1];
	const struct audit_contract *found = NULL;
	for (size_t i = 0; i < count; i++)
		if (strcmp(sorted[i]->id, word) == 0 &&
			(!found || found->number_in_order < sorted[i]->number_in_order))
			found = sorted[i];
	return found;
}

static int compare_closings(const void *a, const void *b)
{
	const struct audit_closing *one = a, *other = b;
	if (one->days != other->days)
		return one->days > other->days ? -1 : 1;
	return one->certificate->index < other->certificate->index ? -1 : 1;
}

static void sum_days(struct audit *audit)
{
	size_t count = audit->closing_count;
	if (count == 0)
		return;
	if (count > 1)
		qsort(audit->closings, count, sizeof(*audit->closings), compare_closings);
	audit->days_max = audit->closings[0].days;
	audit->days_min = audit->closings[count - 1].days;
	audit->days_median = audit->closings[count / 2].days;
	for (size_t i = 0; i < count; i++)
		audit->days_over +=
			audit_is_late(audit->closings[i].days, audit->closings[i].grace_days);
}

int audit_close(const struct audit_taking *taking, struct audit *audit)
{
	AUTO_FREE const struct audit_contract **sorted =
		calloc(taking->contract_count + 1, sizeof(*sorted));
	audit->closings = calloc(audit->certificate_count + 1, sizeof(*audit->closings));
	if (!sorted || !audit->closings)
		return -ENOMEM;
	for (size_t i = 0; i < taking->contract_count; i++)
		sorted[i] = &taking->contracts[i];
	if (taking->contract_count > 1)
		qsort(sorted, taking->contract_count, sizeof(*sorted), compare_contracts);
	for (size_t i = 0; i < audit->certificate_count; i++) {
		const struct audit_certificate *certificate = &audit->certificates[i];
		int64_t end = 0;
		if (is_of_drive(certificate) ||
			strcmp(certificate->texts[AUDIT_OUTCOME], "closed") != 0)
			continue;
		const struct audit_contract *contract = find_contract(
			sorted, taking->contract_count, certificate->texts[AUDIT_CONTRACT]);
		if (!contract || day_parse(contract->end_day, &end) < 0 ||
			day_in_tokyo(certificate->issued_utc_ms) <= end)
			continue; /* told as a finding */
		struct audit_closing *closing = &audit->closings[audit->closing_count++];
		*closing = (struct audit_closing){
			.certificate = certificate,
			.grace_days = contract->grace_days,
			.days = day_in_tokyo(certificate->issued_utc_ms) - end,
		};
		memcpy(closing->end_day, contract->end_day, sizeof(closing->end_day));
	}
	sum_days(audit);
	return 0;
}
