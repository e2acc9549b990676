/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C2SP tlog-proof v1, in the one spelling that proof_format writes: first line, extra, index, hashes, an
 * empty line, the checkpoint. */
#include "verify/ledger/proof.h"

#include "base/base64.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define EXTRA "extra "
#define INDEX "index "
#define INDEX_DIGITS_MAX 19

void proof_free(struct proof *proof)
{
	free(proof->record);
	*proof = (struct proof){ 0 };
}

static int refuse(struct error *error, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "proof-malformed",
		_("This is not a proof from a ledger: %s"), why);
}

struct line {
	const char *text;
	size_t length;
};

/* The next line without its newline; false where there is none. */
static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	if (!newline)
		return false;
	*ret = (struct line){ *at, (size_t)(newline - *at) };
	*at = newline + 1;
	return true;
}

/* Cut the word off the front of the line. */
static bool take_word(struct line *line, const char *word)
{
	size_t length = strlen(word);
	if (line->length < length || memcmp(line->text, word, length) != 0)
		return false;
	line->text += length;
	line->length -= length;
	return true;
}

static int take_record(struct line line, struct proof *ret, struct error *error)
{
	if (!take_word(&line, EXTRA))
		return refuse(error, _("its second line is not the record"));
	if (line.length > BASE64_LENGTH(RECORD_MAX_BYTES))
		return refuse(error, _("the record is too long"));
	ret->record = malloc(line.length + 1);
	if (!ret->record)
		return error_no_memory(error);
	if (base64_decode(line.text, line.length, (uint8_t *)ret->record, line.length,
		    &ret->record_length) < 0 ||
		ret->record_length == 0)
		return refuse(error, _("the record is not in base 64"));
	ret->record[ret->record_length] = '\0';
	return 0;
}

static int take_index(struct line line, struct proof *ret, struct error *error)
{
	uint64_t index = 0;
	if (!take_word(&line, INDEX) || line.length == 0 || line.length > INDEX_DIGITS_MAX ||
		(line.length > 1 && line.text[0] == '0'))
		return refuse(error, _("its third line is not an index"));
	for (size_t i = 0; i < line.length; i++) {
		if (line.text[i] < '0' || line.text[i] > '9')
			return refuse(error, _("its third line is not an index"));
		index = index * 10 + (uint64_t)(line.text[i] - '0');
	}
	if (index >= MERKLE_SIZE_MAX)
		return refuse(error, _("its third line is not an index"));
	ret->index = index;
	return 0;
}

static int take_hash(struct line line, struct proof *ret, struct error *error)
{
	size_t count;
	if (ret->hash_count == MERKLE_PROOF_MAX)
		return refuse(error, _("it has too many hashes"));
	if (base64_decode(line.text, line.length, ret->hashes[ret->hash_count].bytes, SHA256_BYTES,
		    &count) < 0 ||
		count != SHA256_BYTES)
		return refuse(error, _("a hash is not a SHA-256 in base 64"));
	ret->hash_count++;
	return 0;
}

static int take_lines(const char *data, size_t length, struct proof *ret, struct error *error)
{
	const char *at = data;
	const char *end = data + length;
	struct line line;
	if (length > PROOF_MAX_BYTES)
		return refuse(error, _("it is too long"));
	if (!next_line(&at, end, &line) || !take_word(&line, FIRST_LINE) || line.length > 0)
		return refuse(error, _("its first line is another"));
	if (!next_line(&at, end, &line))
		return refuse(error, _("its second line is not the record"));
	int r = take_record(line, ret, error);
	if (r < 0)
		return r;
	if (!next_line(&at, end, &line))
		return refuse(error, _("its third line is not an index"));
	r = take_index(line, ret, error);
	while (r == 0) {
		if (!next_line(&at, end, &line))
			return refuse(error, _("no head of a ledger follows its hashes"));
		if (line.length == 0)
			break;
		r = take_hash(line, ret, error);
	}
	if (r < 0)
		return r;
	if (at == end)
		return refuse(error, _("no head of a ledger follows its hashes"));
	ret->note = at;
	ret->note_length = (size_t)(end - at);
	return 0;
}

int proof_parse(const char *data, size_t length, struct proof *ret, struct error *error)
{
	AUTO_PROOF struct proof proof = { 0 };
	int r = take_lines(data, length, &proof, error);
	if (r < 0)
		return r;
	*ret = proof;
	proof.record = NULL;
	return 0;
}

int proof_format(const struct proof *proof, struct buffer *ret)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
	int r = buffer_append_text(&text, FIRST_LINE "\n" EXTRA);
	if (r == 0)
		r = base64_encode(proof->record, proof->record_length, &text);
	if (r == 0)
		r = buffer_printf(&text, "\n" INDEX "%" PRIu64 "\n", proof->index);
	for (size_t i = 0; i < proof->hash_count && r == 0; i++) {
		r = base64_encode(proof->hashes[i].bytes, SHA256_BYTES, &text);
		if (r == 0)
			r = buffer_append_text(&text, "\n");
	}
	if (r == 0)
		r = buffer_append_text(&text, "\n");
	if (r == 0)
		r = buffer_append(&text, proof->note, proof->note_length);
	return r < 0 ? r : buffer_append(ret, text.data, text.length);
}

static int check_tree(
	const struct proof *proof, const struct checkpoint *checkpoint, struct error *error)
{
	struct merkle_hash leaf;
	int r = record_leaf(proof->record, proof->record_length, &leaf);
	if (r < 0)
		return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
	if (!merkle_includes(&checkpoint->root, checkpoint->size, proof->index, &leaf,
		    proof->hashes, proof->hash_count))
		return error_set(error, ERROR_FAILED, EBADMSG, "proof-wrong",
			_("The record is not number %" PRIu64 " of the ledger %s: the hashes lead "
			  "to another head."),
			proof->index, checkpoint->origin);
	return 0;
}

int proof_check(const struct proof *proof, const struct note_key *key, struct record *ret,
	struct checkpoint *ret_checkpoint, struct error *error)
{
	AUTO_RECORD struct record record = { 0 };
	struct checkpoint checkpoint;
	int r = checkpoint_open(proof->note, proof->note_length, key, &checkpoint, error);
	if (r < 0)
		return r;
	r = check_tree(proof, &checkpoint, error);
	if (r < 0)
		return r;
	r = record_parse(proof->record, proof->record_length, &record, error);
	if (r < 0)
		return r;
	if (record.index != proof->index)
		return error_set(error, ERROR_FAILED, EBADMSG, "record-index",
			_("The record stands at %" PRIu64 " of the ledger and says that it is "
			  "number %" PRIu64 "."),
			proof->index, record.index);
	*ret = record;
	record = (struct record){ 0 };
	*ret_checkpoint = checkpoint;
	return 0;
}
