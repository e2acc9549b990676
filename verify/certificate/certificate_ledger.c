/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's place in the ledger that it names: by the proof beside it, by the ledger's folder, or both;
 * and what came after it. */
#include "verify/certificate/certificate_parts.h"

#include "base/text.h"
#include "verify/certificate/standing.h"
#include "verify/ledger/proof.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* --- the key --- */

static bool same_key(const struct note_key *a, const struct note_key *b)
{
	return strcmp(a->name, b->name) == 0 && a->algorithm == b->algorithm &&
	       memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
	       memcmp(a->public_key, b->public_key, sizeof(a->public_key)) == 0;
}

static int other_key(const char *named, const char *given, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, EKEYREJECTED, "ledger-other-key",
		_("The certificate names the ledger %s, which is not the one that is known (%s)"),
		named, given);
	return error_next(error,
		_("Ask the organisation for its ledger's key by another way. If you have the "
		  "right one, this certificate was kept out of it."));
}

/* The one that the certificate names, which must be those that are known otherwise. 1, 0 (there is none), -errno. */
static int find_key(
	const struct examination *examination, struct note_key *ret, struct error *error)
{
	const struct certificate_anchors *anchors = examination->anchors;
	const struct note_key *known[] = { anchors->ledger_key,
		anchors->standing ? standing_key(anchors->standing) : NULL };
	const json_t *ledger = json_object_get(examination->report->certificate, "ledger");
	const char *text = text_of(ledger, "key");
	if (!ledger) {
		const struct note_key *first = known[0] ? known[0] : known[1];
		if (first)
			*ret = *first;
		return first != NULL;
	}
	int result = note_key_parse(text, strlen(text), ret, error);
	if (result < 0)
		return result;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] && !same_key(ret, known[i]))
			return other_key(ret->name, known[i]->name, error);
	return 1;
}

/* --- the proof --- */

static int other_certificate(const char *what, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "ledger-other-certificate",
		_("The ledger holds another certificate in this place (they differ in \"%s\")"),
		what);
}

/* Does the record speak of this certificate? */
static int check_record(
	const struct examination *examination, const struct record *record, struct error *error)
{
	const struct certificate_report *report = examination->report;
	const struct document_kind *kind = document_kind_of(report->certificate);
	if (record->kind != kind->record)
		return other_certificate("kind", error);
	if (strcmp(text_of(record->body, "name"), text_of(report->certificate, "name")) != 0)
		return other_certificate("name", error);
	if (strcmp(text_of(record->body, "sha256"), report->sha256) != 0)
		return other_certificate("sha256", error);
	if (strcmp(text_of(record->body, "outcome"), kind->outcome(report->certificate)) != 0)
		return other_certificate("outcome", error);
	return 0;
}

/* A head that the folder does not lead to was signed for somebody else. */
static int check_fork(
	const struct standing *standing, const struct checkpoint *head, struct error *error)
{
	struct merkle_hash root;
	if (head->size > standing_head(standing)->size)
		return 0; /* the folder is older: it cannot say */
	int result = standing_root(standing, head->size, &root, error);
	if (result != 0 || merkle_equal(&root, &head->root))
		return result;
	(void)error_set(error, ERROR_FAILED, EBADMSG, "ledger-forked",
		_("The ledger's key has signed two histories: at %" PRIu64
		  " records the ledger given is not the one that the certificate stands in"),
		head->size);
	return error_next(
		error, _("Rely on neither. Show both to the organisation and to a witness."));
}

static int check_proof(struct examination *examination, const struct note_key *key,
	uint64_t *ret_index, struct error *error)
{
	const struct buffer *text = &examination->bundle->proof;
	AUTO_PROOF struct proof proof = { 0 };
	AUTO_RECORD struct record record = { 0 };
	struct checkpoint head = { 0 };
	int result = proof_parse(buffer_text(text), text->length, &proof, error);
	if (result == 0)
		result = proof_check(&proof, key, &record, &head, error);
	if (result == 0)
		result = check_record(examination, &record, error);
	if (result == 0 && examination->anchors->standing)
		result = check_fork(examination->anchors->standing, &head, error);
	if (result == 0)
		*ret_index = record.index;
	return result;
}

/* --- the folder --- */

static int missing(const char *name, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, ENOENT, "ledger-missing",
		_("The ledger given does not hold the certificate %s"), name);
	return error_next(error,
		_("Is the ledger older than the certificate? Fetch it again. Else do not rely on "
		  "the certificate."));
}

/* by_proof: where a proof has it; -1: there is none. */
static int check_folder(const struct examination *examination, int64_t by_proof,
	uint64_t *ret_index, struct error *error)
{
	const struct standing *standing = examination->anchors->standing;
	const char *name = text_of(examination->report->certificate, "name");
	struct standing_entry entry;
	if (!standing_find(standing, name, &entry)) {
		bool newer = by_proof >= 0 && (uint64_t)by_proof >= standing_head(standing)->size;
		return newer ? 0 : missing(name, error);
	}
	if (entry.doubled)
		return error_set(error, ERROR_FAILED, EBADMSG, "ledger-contradiction",
			_("The ledger holds more than one certificate with the name %s"), name);
	if (strcmp(entry.sha256, examination->report->sha256) != 0)
		return other_certificate("sha256", error);
	if (by_proof >= 0 && (uint64_t)by_proof != entry.index)
		return other_certificate("index", error);
	*ret_index = entry.index;
	return 0;
}

static void examine_place(struct examination *examination)
{
	struct check *check = &examination->report->checks[CHECK_LEDGER];
	bool has_proof = examination->bundle->proof.length > 0;
	struct note_key key;
	uint64_t index = 0;
	int result = find_key(examination, &key, &check->error);
	if (result == 0) {
		check_absent(check, has_proof ? "no-ledger-key" : "no-proof");
		return;
	}
	if (result > 0 && !has_proof && !examination->anchors->standing) {
		check_absent(check, "no-proof");
		return;
	}
	if (result > 0)
		result = has_proof ? check_proof(examination, &key, &index, &check->error) : 0;
	if (result == 0 && examination->anchors->standing)
		result = check_folder(
			examination, has_proof ? (int64_t)index : -1, &index, &check->error);
	check_conclude(check, result);
	if (result == 0)
		examination->report->ledger_index = index;
}

/* A ledger that ends before the certificate, or out of which records behind it were left, cannot say that nothing took
 * its place: the markers of what is withheld are not signed, and anybody can put one. */
static void examine_superseded(struct examination *examination)
{
	struct certificate_report *report = examination->report;
	struct check *check = &report->checks[CHECK_SUPERSEDED];
	struct standing_entry entry = { 0 };
	if (!standing_find(
		    examination->anchors->standing, text_of(report->certificate, "name"), &entry))
		check_absent(check, "ledger-older");
	else if (entry.later)
		certificate_report_supersede(report, entry.later);
	else if (entry.withheld)
		check_absent(check, "records-withheld");
	else
		check_conclude(check, 0);
}

void examine_ledger(struct examination *examination)
{
	if (!examination->anchors->standing)
		check_absent(&examination->report->checks[CHECK_SUPERSEDED], "no-later");
	if (!examination->schema_holds)
		return;
	examine_place(examination);
	if (examination->anchors->standing)
		examine_superseded(examination);
}
