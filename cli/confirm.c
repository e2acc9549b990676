/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the operator to type the drive's serial. */
#include "cli/confirm.h"

#include "base/text.h"
#include "cli/output.h"
#include "cli/stop.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool confirm_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

const char *confirm_word(const struct drive_identity *identity)
{
	return identity->serial[0] ? identity->serial : identity->wwn;
}

static bool is_wwn(const struct drive_identity *identity, const char *word)
{
	return strcmp(word, identity->serial) != 0;
}

static int refuse(const struct drive_identity *identity, const char *word, const char *typed,
	struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(identity, label);
	if (!*typed)
		error_set(error, ERROR_REFUSED, EPERM, "not-confirmed",
			_("%s was not confirmed. Nothing was touched."), label);
	else if (is_wwn(identity, word))
		error_set(error, ERROR_REFUSED, EPERM, "not-confirmed",
			_("\"%.64s\" is not the WWN of %s. Nothing was touched."), typed, label);
	else
		error_set(error, ERROR_REFUSED, EPERM, "not-confirmed",
			_("\"%.64s\" is not the serial of %s. Nothing was touched."), typed, label);
	return error_next(error, _("Compare with the label on the drive, then start again."));
}

int confirm_drive(
	const struct drive_identity *identity, const char *word, FILE *input, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(identity, label);
	output_line(stderr, "%s", "");
	output_line(stderr, _("Everything on %s will be erased for ever."), label);
	fprintf(stderr, "%s ",
		is_wwn(identity, word) ? _("Type its WWN to go on:")
				       : _("Type its serial to go on:"));
	fflush(stderr);
	char typed[IDENTITY_TEXT_MAX + 2] = "";
	/* Ctrl-C ends the wait, as the end of the input does. */
	if (!fgets(typed, sizeof(typed), input) || *stop_flag() != 0) {
		typed[0] = '\0';
		output_line(stderr, "%s", "");
	}
	typed[strcspn(typed, "\n")] = '\0';
	if (!*word || strcmp(typed, word) != 0)
		return refuse(identity, word, typed, error);
	return 0;
}

const char *confirm_named(const struct drive_identity *identity, const struct option_list *serials)
{
	for (size_t i = 0; i < serials->count; i++) {
		const char *word = serials->items[i];
		if ((identity->serial[0] && strcmp(word, identity->serial) == 0) ||
			(identity->wwn[0] && strcmp(word, identity->wwn) == 0))
			return word;
	}
	return NULL;
}
