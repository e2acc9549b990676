/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three lines of a note that are the head of a ledger (C2SP tlog-checkpoint): origin, size, root. */
#include "verify/ledger/note.h"

#include "base/base64.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int refuse(struct error *error, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "checkpoint-malformed",
		_("This is not the head of a ledger: %s"), why);
}

/* The next line without its newline; false where there is none. */
static bool next_line(const char **at, const char *end, const char **ret, size_t *ret_length)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	if (!newline)
		return false;
	*ret = *at;
	*ret_length = (size_t)(newline - *at);
	*at = newline + 1;
	return true;
}

/* Decimal digits, no zero before others. */
static bool take_size(const char *text, size_t length, uint64_t *ret)
{
	uint64_t size = 0;
	if (length == 0 || length > 19 || (text[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		size = size * 10 + (uint64_t)(text[i] - '0');
	}
	*ret = size;
	return size <= MERKLE_SIZE_MAX;
}

int checkpoint_parse(const struct note *note, struct checkpoint *ret, struct error *error)
{
	struct checkpoint checkpoint = { 0 };
	const char *at = note->text;
	const char *end = note->text + note->text_length;
	const char *line;
	size_t length;
	size_t count;
	if (!next_line(&at, end, &line, &length) || length == 0 || length >= NOTE_NAME_MAX)
		return refuse(error, _("it does not say of which ledger it is"));
	memcpy(checkpoint.origin, line, length);
	if (!next_line(&at, end, &line, &length) || !take_size(line, length, &checkpoint.size))
		return refuse(error, _("its second line is not a number of records"));
	if (!next_line(&at, end, &line, &length) ||
		base64_decode(line, length, checkpoint.root.bytes, SHA256_BYTES, &count) < 0 ||
		count != SHA256_BYTES)
		return refuse(error, _("its third line is not a SHA-256 in base 64"));
	while (at < end)
		if (!next_line(&at, end, &line, &length) || length == 0)
			return refuse(error, _("it has an empty line"));
	*ret = checkpoint;
	return 0;
}

int checkpoint_format(const struct checkpoint *checkpoint, struct buffer *ret)
{
	AUTO_BUFFER struct buffer root = BUFFER_INIT(BASE64_LENGTH(SHA256_BYTES) + 1);
	int r = base64_encode(checkpoint->root.bytes, SHA256_BYTES, &root);
	if (r < 0)
		return r;
	return buffer_printf(ret, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size,
		buffer_text(&root));
}

int checkpoint_open(const char *data, size_t length, const struct note_key *key,
	struct checkpoint *ret, struct error *error)
{
	AUTO_FREE struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	if (!note)
		return error_no_memory(error);
	int r = note_parse(data, length, note, error);
	if (r < 0)
		return r;
	r = note_verify(note, key, NULL, error);
	if (r < 0)
		return r;
	r = checkpoint_parse(note, &checkpoint, error);
	if (r < 0)
		return r;
	if (strcmp(checkpoint.origin, key->name) != 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "checkpoint-origin",
			_("The key of %s signed the head of another ledger: %s"), key->name,
			checkpoint.origin);
	*ret = checkpoint;
	return 0;
}
