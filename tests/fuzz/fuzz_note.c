/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed notes, checkpoints and public keys of ledgers: what is taken has one spelling. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger_key.h"

static void try_key(const char *text, size_t size)
{
	struct note_key key;
	char again[NOTE_VKEY_MAX];
	if (note_key_parse(text, size, &key, NULL) < 0)
		return;
	note_key_format(&key, again);
	if (size > 0 && text[size - 1] == '\n')
		size--;
	require(strlen(again) == size && memcmp(again, text, size) == 0);
}

static void try_note(const char *text, size_t size)
{
	AUTO_BUFFER struct buffer again = BUFFER_INIT(NOTE_MAX_BYTES);
	struct checkpoint checkpoint;
	const struct note_key key = ledger_key();
	struct note note;
	int opened = checkpoint_open(text, size, &key, &checkpoint, NULL);
	if (note_parse(text, size, &note, NULL) < 0) {
		require(opened < 0);
		return;
	}
	require(note.signature_count > 0 && note.text_length < size);
	if (checkpoint_parse(&note, &checkpoint, NULL) < 0) {
		require(opened < 0);
		return;
	}
	require(checkpoint_format(&checkpoint, &again) == 0);
	require(again.length <= note.text_length &&
		memcmp(again.data, note.text, again.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_key((const char *)data, size);
	try_note((const char *)data, size);
	return 0;
}
