/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed heads: kept one after the other, each the successor of the one before. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/text.h"
#include "reports/ledger/ledger.h"
#include "reports/ledger/ledger_tree.h"
#include <errno.h>
#include <string.h>

#define SIGNATURE_BYTES 64 /* Ed25519, RFC 8032 */

/* --- reading --- */

void ledger_head_free(struct ledger_head *head)
{
	buffer_free(&head->note);
}

static int read_head(struct store *store, const struct store_rows *rows, struct ledger_head *ret,
	struct error *error)
{
	struct note note;
	AUTO_LEDGER_HEAD struct ledger_head head = { .note = BUFFER_INIT(NOTE_MAX_BYTES) };
	char root[SHA256_HEX_SIZE];
	if (buffer_append_text(&head.note, store_text(rows, 2)) != 0)
		return error_no_memory(error);
	if (note_parse(head.note.data, head.note.length, &note, NULL) != 0 ||
		checkpoint_parse(&note, &head.checkpoint, NULL) != 0)
		return ledger_damaged(store, _("one of its signed heads cannot be read"), error);
	hex_encode(head.checkpoint.root.bytes, SHA256_BYTES, root);
	if (head.checkpoint.size != (uint64_t)store_integer(rows, 0) ||
		strcmp(root, store_text(rows, 1)) != 0)
		return ledger_damaged(
			store, _("one of its signed heads is another than was kept"), error);
	*ret = head;
	head.note = (struct buffer){ 0 }; /* the caller's now */
	return 1;
}

static int find_head(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct ledger_head *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	return r <= 0 ? r : read_head(store, rows, ret, error);
}

int ledger_head_newest(struct store *store, struct ledger_head *ret, struct error *error)
{
	return find_head(store,
		"SELECT size, root, note FROM ledger_head ORDER BY size DESC LIMIT 1", NULL, 0, ret,
		error);
}

int ledger_head_covering(
	struct store *store, uint64_t size, struct ledger_head *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(size) };
	return find_head(store,
		"SELECT size, root, note FROM ledger_head WHERE size >= $1 ORDER BY size LIMIT 1",
		values, 1, ret, error);
}

int ledger_head_write(struct store *store, const struct ledger_head *head, struct buffer *ret,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(head->checkpoint.size) };
	int r = store_query(store,
		"SELECT line FROM ledger_cosignature WHERE size = $1 ORDER BY utc_ms, witness",
		values, 1, &rows, error);
	if (r == 0 && buffer_append(ret, head->note.data, head->note.length) != 0)
		return error_no_memory(error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = buffer_printf(ret, "%s\n", store_text(rows, 0)) < 0 ? error_no_memory(error)
									: 0;
	return r;
}

/* --- signing --- */

static int sign_text(const struct keys *keys, const struct buffer *text,
	uint8_t ret[static SIGNATURE_BYTES], struct error *error)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = SIGNATURE_BYTES;
	bool signed_it = context &&
			 EVP_DigestSignInit(context, NULL, NULL, NULL, keys->ledger_key) == 1 &&
			 EVP_DigestSign(context, ret, &length, (const unsigned char *)text->data,
				 text->length) == 1 &&
			 length == SIGNATURE_BYTES;
	EVP_MD_CTX_free(context);
	if (signed_it)
		return 0;
	return error_set(error, ERROR_FAILED, EIO, "ledger-sign",
		_("The head of the ledger %s could not be signed"), keys->ledger_public.name);
}

/* The note: text, an empty line, one signature. What we cannot verify ourselves, nobody can. */
static int sign_head(const struct keys *keys, const struct checkpoint *checkpoint,
	struct buffer *ret, struct error *error)
{
	uint8_t signature[sizeof(keys->ledger_public.id) + SIGNATURE_BYTES];
	struct checkpoint found;
	memcpy(signature, keys->ledger_public.id, sizeof(keys->ledger_public.id));
	if (checkpoint_format(checkpoint, ret) != 0)
		return error_no_memory(error);
	int r = sign_text(keys, ret, signature + sizeof(keys->ledger_public.id), error);
	if (r < 0)
		return r;
	if (buffer_printf(ret, "\n— %s ", checkpoint->origin) != 0 ||
		base64_encode(signature, sizeof(signature), ret) != 0 ||
		buffer_append_text(ret, "\n") != 0)
		return error_no_memory(error);
	r = checkpoint_open(ret->data, ret->length, &keys->ledger_public, &found, error);
	return r;
}

static int keep_head(struct store *store, const struct checkpoint *checkpoint,
	const struct buffer *note, struct error *error)
{
	struct clock_reading now;
	char root[SHA256_HEX_SIZE];
	clock_read(&now);
	hex_encode(checkpoint->root.bytes, SHA256_BYTES, root);
	const struct store_value values[] = { STORE_INT(checkpoint->size), STORE_INT(now.utc_ms),
		STORE_STRING(root), STORE_STRING(buffer_text(note)) };
	return store_execute(store,
		"INSERT INTO ledger_head (size, utc_ms, root, note) VALUES ($1, $2, $3, $4)",
		values, ARRAY_SIZE(values), NULL, error);
}

/* What the new records say of the key that is to sign them. */
struct newcomer {
	char sha256[SHA256_HEX_SIZE]; /* of the public key */
	bool recorded;
};

/* Records of keys are ours, canonical, and tell the digest of the key that was made (keys_record.h). */
static int look_for_key(void *context, const struct ledger_row *row, struct error *error)
{
	struct newcomer *newcomer = context;
	(void)error;
	if (strcmp(row->kind, "key") == 0 && strstr(row->record, newcomer->sha256))
		newcomer->recorded = true;
	return 0;
}

/* The keys folder was lost and made anew: the ledger goes on under another name when it was told so. */
static int other_key(const struct store *store, const struct keys *keys,
	const struct ledger_head *earlier, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, ENOKEY, "ledger-key",
		_("The ledger in the store %s was signed by %s until now, but the keys folder has "
		  "the key of %s"),
		store_path(store), earlier->checkpoint.origin, keys->ledger_public.name);
	return error_next(error, _("Put the keys folder back from its backup; the job waits. A new "
				   "one that was made "
				   "with \"haiki report key init\" for this store is taken."));
}

/* Signed by our key; or by the one that a recorded new one follows. */
static int check_signed(struct store *store, const struct keys *keys,
	const struct ledger_head *earlier, const struct newcomer *newcomer, struct error *error)
{
	struct checkpoint found;
	struct error why = { 0 };
	if (strcmp(earlier->checkpoint.origin, keys->ledger_public.name) != 0)
		return newcomer->recorded ? 0 : other_key(store, keys, earlier, error);
	if (checkpoint_open(earlier->note.data, earlier->note.length, &keys->ledger_public, &found,
		    &why) != 0)
		return ledger_damaged(store, why.what, error);
	return 0;
}

/* A head that is no successor of the one before it would be a fork under our own key: it is not signed. */
static int check_successor(struct store *store, const struct checkpoint *earlier,
	const struct merkle_tree *tree, struct error *error)
{
	struct merkle_hash root;
	if (earlier->size > tree->size)
		return ledger_damaged(
			store, _("it has fewer records than its last head was signed for"), error);
	int r = merkle_root(tree, earlier->size, &root, error);
	if (r < 0)
		return r;
	if (!merkle_equal(&root, &earlier->root))
		return ledger_damaged(
			store, _("its records are not those its last head was signed for"), error);
	return 0;
}

static int seal_new(struct store *store, const struct keys *keys, const struct merkle_tree *tree,
	struct checkpoint *ret, struct error *error)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	struct checkpoint checkpoint = { .size = tree->size };
	memcpy(checkpoint.origin, keys->ledger_public.name, sizeof(checkpoint.origin));
	int r = merkle_root(tree, tree->size, &checkpoint.root, error);
	if (r == 0)
		r = sign_head(keys, &checkpoint, &note, error);
	if (r == 0)
		r = keep_head(store, &checkpoint, &note, error);
	if (r == 0)
		*ret = checkpoint;
	return r;
}

static int no_records(struct store *store, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, ENOENT, "ledger-empty",
		_("Nothing has happened yet that the ledger in the store %s would hold"),
		store_path(store));
	return error_next(error, _("Run \"haiki inventory scan\" first."));
}

/* Rows are looked at once, before they are signed for; after that the root holds them. */
static int look_at_new(struct store *store, const struct keys *keys, uint64_t covered,
	uint64_t size, struct newcomer *ret, struct error *error)
{
	const struct note_key *public = &keys->ledger_public;
	if (digest_sha256_hex(public->public_key, sizeof(public->public_key), ret->sha256) != 0)
		return error_no_memory(error);
	return covered < size
		       ? ledger_walk(store, covered, size - covered, look_for_key, ret, error)
		       : 0;
}

int ledger_seal(
	struct store *store, const struct keys *keys, struct checkpoint *ret, struct error *error)
{
	AUTO_LEDGER_HEAD struct ledger_head earlier = { 0 };
	struct newcomer newcomer = { .recorded = false };
	uint64_t size = 0;
	int r = ledger_size(store, &size, error);
	if (r == 0 && size == 0)
		r = no_records(store, error);
	int found = r < 0 ? r : ledger_head_newest(store, &earlier, error);
	if (found < 0)
		return found;
	uint64_t covered = found ? earlier.checkpoint.size : 0;
	struct merkle_tree tree = ledger_tree(store, size);
	r = look_at_new(store, keys, covered, size, &newcomer, error);
	if (r == 0 && found)
		r = check_signed(store, keys, &earlier, &newcomer, error);
	if (r == 0)
		r = ledger_tree_extend(store, size, error);
	if (r == 0 && found)
		r = check_successor(store, &earlier.checkpoint, &tree, error);
	if (r < 0)
		return r;
	if (covered < size)
		return seal_new(store, keys, &tree, ret, error);
	*ret = earlier.checkpoint;
	return 0;
}

static int seal_and_read(struct store *store, const struct keys *keys,
	struct checkpoint *ret_checkpoint, struct buffer *ret, struct error *error)
{
	AUTO_LEDGER_HEAD struct ledger_head head = { 0 };
	int r = ledger_seal(store, keys, ret_checkpoint, error);
	if (r == 0)
		r = ledger_head_newest(store, &head, error);
	return r <= 0 ? r : ledger_head_write(store, &head, ret, error);
}

int ledger_head_note(struct store *store, const struct keys *keys,
	struct checkpoint *ret_checkpoint, struct buffer *ret, struct error *error)
{
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = seal_and_read(store, keys, ret_checkpoint, ret, error);
	return store_end(store, r, error);
}
