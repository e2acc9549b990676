/* SPDX-License-Identifier: GPL-3.0-or-later */
/* That a certificate stands in the ledger, and a witness's word on a head. */
#include "base/base64.h"
#include "base/text.h"
#include "reports/ledger/ledger.h"
#include "reports/ledger/ledger_tree.h"
#include <errno.h>
#include <string.h>

#define WITNESSES_MAX (NOTE_SIGNATURES_MAX - 1) /* and our own signature */

static int not_sealed(const char *certificate, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, ENOENT, "ledger-not-sealed",
		_("No signed head of the ledger covers the certificate %s yet"), certificate);
	return error_next(error, _("Sign one with: haiki report ledger head"));
}

/* What is handed out was first looked at as its reader will. */
static int make_proof(struct store *store, const struct ledger_row *row,
	const struct ledger_head *head, struct proof *proof, struct error *error)
{
	struct merkle_hash leaf;
	struct merkle_tree tree = ledger_tree(store, head->checkpoint.size);
	int r = merkle_prove_inclusion(
		&tree, row->index, head->checkpoint.size, proof->hashes, &proof->hash_count, error);
	if (r < 0)
		return r;
	if (record_leaf(row->record, row->record_length, &leaf) != 0)
		return error_no_memory(error);
	if (!merkle_includes(&head->checkpoint.root, head->checkpoint.size, row->index, &leaf,
		    proof->hashes, proof->hash_count))
		return ledger_damaged(
			store, _("its records are not those its head was signed for"), error);
	proof->index = row->index;
	return 0;
}

static int write_proof(struct store *store, const struct ledger_row *row,
	const struct ledger_head *head, struct buffer *ret, struct error *error)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_PROOF struct proof proof = { 0 };
	int r = make_proof(store, row, head, &proof, error);
	if (r == 0)
		r = ledger_head_write(store, head, &note, error);
	if (r < 0)
		return r;
	proof.record = strdup(row->record);
	proof.record_length = row->record_length;
	proof.note = note.data;
	proof.note_length = note.length;
	if (!proof.record || proof_format(&proof, ret) != 0)
		return error_no_memory(error);
	return 0;
}

int ledger_prove(
	struct store *store, const char *certificate, struct buffer *ret, struct error *error)
{
	AUTO_LEDGER_ROW struct ledger_row row = { 0 };
	AUTO_LEDGER_HEAD struct ledger_head head = { 0 };
	int found = ledger_row_of_certificate(store, certificate, &row, error);
	if (found == 0)
		return store_error_corrupt(store, _("the ledger's record of a certificate"), error);
	if (found > 0)
		found = ledger_head_covering(store, row.index + 1, &head, error);
	if (found == 0)
		return not_sealed(certificate, error);
	return found < 0 ? found : write_proof(store, &row, &head, ret, error);
}

/* --- witnesses --- */

static int unknown_head(struct store *store, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, ENOENT, "cosignature-unknown",
		_("The checkpoint is no head of the ledger in the store %s"), store_path(store));
	return error_next(error,
		_("Was it made from another store, or from this one before it was restored from a "
		  "backup? Then compare them: haiki verify ledger DIR --since FILE."));
}

/* The head that the witness has signed, as we have signed it. */
static int find_signed(struct store *store, const struct note *note, const struct note_key *witness,
	uint64_t *ret_size, struct error *error)
{
	AUTO_LEDGER_HEAD struct ledger_head head = { 0 };
	struct checkpoint checkpoint;
	struct note ours;
	int r = checkpoint_parse(note, &checkpoint, error);
	if (r == 0 && strcmp(checkpoint.origin, witness->name) == 0)
		r = error_set(error, ERROR_USAGE, EINVAL, "cosignature-own",
			_("%s is the ledger itself, no witness of it"), witness->name);
	if (r < 0)
		return r;
	int found = ledger_head_covering(store, checkpoint.size, &head, error);
	if (found < 0)
		return found;
	if (found == 0 || note_parse(head.note.data, head.note.length, &ours, NULL) != 0 ||
		ours.text_length != note->text_length ||
		memcmp(ours.text, note->text, ours.text_length) != 0)
		return unknown_head(store, error);
	*ret_size = checkpoint.size;
	return 0;
}

static int format_line(const struct note *note, const struct note_key *witness, struct buffer *ret,
	struct error *error)
{
	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *signature = &note->signatures[i];
		uint8_t bytes[sizeof(signature->id) + sizeof(signature->bytes)];
		if (strcmp(signature->name, witness->name) != 0 ||
			memcmp(signature->id, witness->id, sizeof(witness->id)) != 0 ||
			signature->length > sizeof(signature->bytes))
			continue;
		memcpy(bytes, signature->id, sizeof(signature->id));
		memcpy(bytes + sizeof(signature->id), signature->bytes, signature->length);
		if (buffer_printf(ret, "— %s ", signature->name) != 0 ||
			base64_encode(bytes, sizeof(signature->id) + signature->length, ret) != 0)
			return error_no_memory(error);
		return 0;
	}
	return error_set(error, ERROR_FAILED, ENOKEY, "note-unsigned",
		_("The checkpoint has no signature of %s"), witness->name);
}

/* Nothing was entered: it is there already, or there is no room. */
static int check_kept(
	struct store *store, uint64_t size, const struct note_key *witness, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(size), STORE_STRING(witness->name) };
	int r = store_query(store,
		"SELECT 1 FROM ledger_cosignature WHERE size = $1 AND witness = $2", values,
		ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r != 0)
		return r < 0 ? r : 0;
	return error_set(error, ERROR_FAILED, ENOSPC, "cosignature-many",
		_("A head keeps the cosignatures of at most %d witnesses"), WITNESSES_MAX);
}

/* The order of the lines is the order in which they came, whatever the clock does: a proof only grows. A
 * witness that signs the same head again says nothing new. */
static int keep_line(struct store *store, uint64_t size, const struct note_key *witness,
	int64_t utc_ms, const char *line, struct error *error)
{
	int64_t changed = 0;
	const struct store_value values[] = { STORE_INT(size), STORE_STRING(witness->name),
		STORE_INT(utc_ms), STORE_STRING(line), STORE_INT(WITNESSES_MAX) };
	int r = store_execute(store,
		"INSERT INTO ledger_cosignature (size, witness, utc_ms, line)"
		" SELECT $1, $2, CASE WHEN $3 > coalesce(max(c.utc_ms), 0) THEN $3"
		" ELSE max(c.utc_ms) + 1 END, $4 FROM ledger_cosignature c WHERE c.size = $1"
		" HAVING count(*) < $5 ON CONFLICT DO NOTHING",
		values, ARRAY_SIZE(values), &changed, error);
	if (r < 0 || changed > 0)
		return r;
	return check_kept(store, size, witness, error);
}

int ledger_cosign_import(struct store *store, const char *note, size_t length,
	const struct note_key *witness, int64_t now_utc_ms, struct error *error)
{
	AUTO_BUFFER struct buffer line = BUFFER_INIT(NOTE_MAX_BYTES);
	struct note parsed;
	uint64_t size = 0;
	int64_t signed_utc_ms = 0;
	int r = note_parse(note, length, &parsed, error);
	if (r == 0)
		r = find_signed(store, &parsed, witness, &size, error);
	if (r == 0)
		r = note_verify(&parsed, witness, &signed_utc_ms, error);
	if (r == 0)
		r = format_line(&parsed, witness, &line, error);
	return r == 0 ? keep_line(store, size, witness, now_utc_ms, buffer_text(&line), error) : r;
}
