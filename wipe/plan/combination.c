/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Combinations of methods, read strictly. */
#include "wipe/plan/combination.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool erases(enum technique part)
{
	return part == TECHNIQUE_NONE || technique_facts(part)->erasure != ERASURE_HINT;
}

static bool has_part(const struct combination *combination, enum technique part)
{
	for (size_t i = 0; i < combination->part_count; i++)
		if (combination->parts[i] == part)
			return true;
	return false;
}

/* Add the part that is spelled by length bytes of text. */
static int add_part(
	struct combination *combination, const char *text, size_t length, const char **ret_problem)
{
	char word[sizeof(combination->text)];

	(void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
	enum technique part = technique_parse(word);
	*ret_problem = _("it names a method that is not known");
	if (part == TECHNIQUE_NONE && strcmp(word, COMBINATION_OVERWRITE) != 0)
		return -EINVAL;
	*ret_problem = _("it names a method twice");
	if (has_part(combination, part))
		return -EINVAL;
	*ret_problem = _("it names more than four methods");
	if (combination->part_count == COMBINATION_PARTS_MAX)
		return -EINVAL;
	combination->parts[combination->part_count++] = part;
	return 0;
}

int combination_parse(const char *text, struct combination *ret, const char **ret_problem)
{
	struct combination combination = { 0 };

	*ret_problem = _("it is too long");
	if (strlen(text) >= sizeof(combination.text))
		return -EINVAL;
	(void)snprintf(combination.text, sizeof(combination.text), "%s", text);
	for (const char *at = text, *end; at; at = *end ? end + 1 : NULL) {
		end = strchrnul(at, '+');
		int r = add_part(&combination, at, (size_t)(end - at), ret_problem);
		if (r < 0)
			return r;
	}
	/* Behind an erasure a hint only takes its proof away: what it left reads as anything. */
	*ret_problem = _("it ends in a method that erases nothing");
	if (!erases(combination.parts[combination.part_count - 1]))
		return -EINVAL;
	*ret_problem = "";
	*ret = combination;
	return 0;
}

const struct combination *combination_find(const struct combination_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].text, text) == 0)
			return &list->items[i];
	return NULL;
}
