/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which document it is, and the statement as a whole. */
#include "reports/statement/statement_parts.h"

#include "base/text.h"
#include "verify/certificate/certificate.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <string.h>

void statement_free(struct statement *statement)
{
	for (size_t i = 0; i < statement->count; i++)
		section_free(&statement->sections[i]);
	free(statement->sections);
	*statement = (struct statement){ 0 };
}

const struct statement_section *statement_section(
	const struct statement *statement, const char *word)
{
	for (size_t i = 0; i < statement->count; i++)
		if (strcmp(statement->sections[i].title.word, word) == 0)
			return &statement->sections[i];
	return NULL;
}

const struct statement_field *statement_field(
	const struct statement_section *section, const char *word)
{
	for (size_t i = 0; section && i < section->count; i++)
		if (strcmp(section->fields[i].label.word, word) == 0)
			return &section->fields[i];
	return NULL;
}

static const struct {
	const char *format;
	void (*make)(struct maker *maker, const json_t *certificate);
} formats[] = {
	{ CERTIFICATE_FORMAT, statement_of_job },
	{ TENANT_FORMAT, statement_of_tenant },
};

int statement_make(const json_t *certificate, struct statement *ret, struct error *error)
{
	AUTO_STATEMENT struct statement statement = { 0 };
	struct maker maker = { .statement = &statement };
	const char *format = text_of(certificate, "format");
	size_t i = 0;
	while (i < ARRAY_SIZE(formats) && strcmp(formats[i].format, format) != 0)
		i++;
	if (i == ARRAY_SIZE(formats))
		return error_set(error, ERROR_UNSUPPORTED, EBADMSG, "statement-format",
			_("A document of the format \"%.64s\" cannot be drawn by this program"),
			format);
	formats[i].make(&maker, certificate);
	make_end(&maker);
	if (maker.result != 0)
		return error_no_memory(error);
	*ret = statement;
	statement = (struct statement){ 0 }; /* the caller's now */
	return 0;
}
