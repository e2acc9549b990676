/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit of an exported ledger, which is checked in full on the way: nothing is reported from one that is not
 * valid. */
#include "reports/audit/audit_store.h"

#include "base/text.h"
#include "verify/ledger/ledger.h"
#include <errno.h>

struct reading {
	struct audit_taking *taking;
	struct buffer text; /* of the record, written again to be hashed */
};

static int take(void *context, const struct record *record, struct error *error)
{
	struct reading *reading = context;
	char digest[SHA256_HEX_SIZE];
	reading->text.length = 0;
	if (json_write_canonical(record->document, &reading->text) < 0 ||
		digest_sha256_hex(reading->text.data, reading->text.length, digest) < 0)
		return error_no_memory(error);
	return audit_take(reading->taking, record, digest, error);
}

static int invalid(const char *folder, const struct ledger_report *report, struct error *error)
{
	const char *why = _("a check could not be made");
	for (size_t i = LEDGER_CHECKS; i-- > 0;)
		if (report->checks[i].result == LEDGER_FAILED)
			why = report->checks[i].error.what;
	error_set(error, ERROR_FAILED, EBADMSG, "ledger-invalid",
		_("Nothing is reported from the ledger in %s, it is not valid: %s"), folder, why);
	return error_next(error, _("See: haiki verify ledger %s"), folder);
}

int audit_of_ledger(const char *folder, const struct note_key *key,
	const struct audit_question *question, struct audit *ret, struct error *error)
{
	struct audit_taking *taking CLEANUP(cleanup_audit_drop) = NULL;
	struct ledger_report report = { 0 };
	int r = audit_begin(question, &taking, error);
	if (r < 0)
		return r;
	struct reading reading = { .taking = taking, .text = BUFFER_INIT(JSON_MAX_BYTES) };
	const struct ledger_question asked = {
		.folder = folder,
		.key = key,
		.record = take,
		.context = &reading,
	};
	r = ledger_check(&asked, &report, error);
	buffer_free(&reading.text);
	if (r < 0)
		return r;
	if (!report.valid)
		return invalid(folder, &report, error);
	return audit_end(taking, report.head.size, ret, error);
}
