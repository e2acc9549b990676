/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ledger by its definitions; slow, and with nothing of verify/ledger but its structures. */
#include "tests/support/ledger_fixture.h"

#include "base/base64.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_UTC_MS INT64_C(1795406400000)
#define TILE 256

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "ledger fixture: %s: %s\n", what, strerror(errno));
	abort();
}

static struct merkle_hash sha256(const void *data, size_t length)
{
	struct merkle_hash hash;
	need(digest_sha256_alone(data, length, hash.bytes) == 0, "SHA-256");
	return hash;
}

static void append(struct buffer *buffer, const void *data, size_t length)
{
	need(buffer_append(buffer, data, length) == 0, "memory");
}

/* ---- who signs ---- */

void ledger_signer_make(
	struct ledger_signer *ret, const char *name, enum note_algorithm algorithm, uint8_t seed)
{
	AUTO_BUFFER struct buffer named = BUFFER_INIT(NOTE_NAME_MAX + 64);
	AUTO_BUFFER struct buffer base64 = BUFFER_INIT(256);
	uint8_t private_key[32];
	uint8_t typed[33] = { (uint8_t)algorithm };
	size_t length = 32;
	char id[9];
	*ret = (struct ledger_signer){ .public_key.algorithm = algorithm };
	memset(private_key, seed, sizeof(private_key));
	ret->key = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, private_key, sizeof(private_key));
	need(ret->key && EVP_PKEY_get_raw_public_key(ret->key, typed + 1, &length) == 1, "key");
	memcpy(ret->public_key.public_key, typed + 1, 32);
	snprintf(ret->public_key.name, sizeof(ret->public_key.name), "%s", name);
	append(&named, name, strlen(name));
	append(&named, "\n", 1);
	append(&named, typed, sizeof(typed));
	struct merkle_hash digest = sha256(named.data, named.length);
	memcpy(ret->public_key.id, digest.bytes, 4);
	hex_encode(digest.bytes, 4, id);
	need(base64_encode(typed, sizeof(typed), &base64) == 0, "memory");
	snprintf(ret->vkey, sizeof(ret->vkey), "%s+%s+%s", name, id, buffer_text(&base64));
}

void ledger_signer_free(struct ledger_signer *signer)
{
	EVP_PKEY_free(signer->key);
	signer->key = NULL;
}

void ledger_signer_sign(const struct ledger_signer *signer, const char *text, size_t length,
	uint64_t seconds, struct buffer *note)
{
	AUTO_BUFFER struct buffer message = BUFFER_INIT(NOTE_MAX_BYTES + 128);
	uint8_t bytes[4 + 8 + 64];
	size_t start = 4;
	size_t signature_length = 64;
	memcpy(bytes, signer->public_key.id, 4);
	if (signer->public_key.algorithm == NOTE_COSIGNATURE) {
		need(buffer_printf(&message, "cosignature/v1\ntime %" PRIu64 "\n", seconds) == 0,
			"memory");
		for (int i = 0; i < 8; i++)
			bytes[start++] = (uint8_t)(seconds >> (56 - 8 * i));
	}
	append(&message, text, length);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	need(context && EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1 &&
			EVP_DigestSign(context, bytes + start, &signature_length,
				(const uint8_t *)message.data, message.length) == 1,
		"signing");
	EVP_MD_CTX_free(context);
	need(buffer_printf(note, "\xe2\x80\x94 %s ", signer->public_key.name) == 0 &&
			base64_encode(bytes, start + 64, note) == 0 &&
			buffer_append_text(note, "\n") == 0,
		"memory");
}

/* ---- records ---- */

void ledger_fixture_make(struct ledger_fixture *ret, const char *origin, uint8_t seed)
{
	*ret = (struct ledger_fixture){ 0 };
	ledger_signer_make(&ret->signer, origin, NOTE_ED25519, seed);
}

void ledger_fixture_free(struct ledger_fixture *fixture)
{
	for (size_t i = 0; i < fixture->count; i++)
		free(fixture->records[i].text);
	free(fixture->records);
	free(fixture->leaves);
	ledger_signer_free(&fixture->signer);
	*fixture = (struct ledger_fixture){ 0 };
}

/* SHA-256(00h ‖ SHA-256(record)) */
static struct merkle_hash leaf_of(const char *text, size_t length)
{
	uint8_t prefixed[33] = { 0 };
	struct merkle_hash entry = sha256(text, length);
	memcpy(prefixed + 1, entry.bytes, 32);
	return sha256(prefixed, sizeof(prefixed));
}

void ledger_fixture_append_text(struct ledger_fixture *fixture, const char *text, size_t length)
{
	if (fixture->count == fixture->capacity) {
		size_t capacity = fixture->capacity ? fixture->capacity * 2 : 64;
		void *records = realloc(fixture->records, capacity * sizeof(*fixture->records));
		void *leaves = realloc(fixture->leaves, capacity * sizeof(*fixture->leaves));
		need(records && leaves, "memory");
		fixture->records = records;
		fixture->leaves = leaves;
		fixture->capacity = capacity;
	}
	fixture->records[fixture->count++] = (struct ledger_fixture_record){ 0 };
	ledger_fixture_replace(fixture, fixture->count - 1, text, length);
}

void ledger_fixture_replace(
	struct ledger_fixture *fixture, size_t index, const char *text, size_t length)
{
	char *copy = malloc(length + 1);
	need(copy, "memory");
	memcpy(copy, text, length);
	copy[length] = '\0';
	free(fixture->records[index].text);
	fixture->records[index] = (struct ledger_fixture_record){ .text = copy, .length = length };
	fixture->leaves[index] = leaf_of(copy, length);
}

void ledger_fixture_append(struct ledger_fixture *fixture, const char *kind, json_t *body)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	AUTO_BUFFER struct buffer inner = BUFFER_INIT(64 * KIB);
	char utc[CLOCK_TEXT_SIZE];
	char salt[SHA256_HEX_SIZE];
	clock_format(FIRST_UTC_MS + (int64_t)fixture->count * 60000, utc);
	/* Any salt does, if it is the same one every time. */
	need(digest_sha256_hex(&fixture->count, sizeof(fixture->count), salt) == 0, "SHA-256");
	need(json_write_canonical(body, &inner) == 0, "body");
	json_decref(body);
	need(buffer_printf(&text,
		     "{\"body\":%s,\"format\":\"haiki-record\",\"format_version\":1,\"index\":%zu,"
		     "\"kind\":\"%s\",\"salt\":\"%.32s\",\"utc\":\"%s\"}",
		     buffer_text(&inner), fixture->count, kind, salt, utc) == 0,
		"memory");
	ledger_fixture_append_text(fixture, text.data, text.length);
}

void ledger_fixture_fill(struct ledger_fixture *fixture, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char id[32];
		snprintf(id, sizeof(id), "D%zu", fixture->count % 97 + 1);
		json_t *body = json_pack("{s:s, s:s, s:{s:s}, s:I, s:{s:s, s:s, s:s, s:s, s:s}}",
			"action", "labels-set", "actor", "operator", "detail", "asset_number",
			"quarantined", "event", (json_int_t)fixture->count + 1, "subject", "id", id,
			"kind", "drive", "label", "MODEL SERIAL", "serial", "SERIAL", "wwn", "");
		need(body, "memory");
		ledger_fixture_append(fixture, "event", body);
	}
}

void ledger_fixture_withhold(struct ledger_fixture *fixture, size_t index, const char *word)
{
	fixture->records[index].withheld = word;
}

/* ---- the tree ---- */

static size_t split_of(size_t size)
{
	size_t split = 1;
	while (split * 2 < size)
		split *= 2;
	return split;
}

struct merkle_hash ledger_fixture_hash(
	const struct ledger_fixture *fixture, size_t start, size_t length)
{
	uint8_t text[65] = { 1 };
	if (length == 0)
		return sha256("", 0);
	if (length == 1)
		return fixture->leaves[start];
	size_t split = split_of(length);
	struct merkle_hash left = ledger_fixture_hash(fixture, start, split);
	struct merkle_hash right = ledger_fixture_hash(fixture, start + split, length - split);
	memcpy(text + 1, left.bytes, 32);
	memcpy(text + 33, right.bytes, 32);
	return sha256(text, sizeof(text));
}

void ledger_fixture_checkpoint(
	const struct ledger_fixture *fixture, size_t size, struct buffer *note)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_MAX_BYTES);
	struct merkle_hash root = ledger_fixture_hash(fixture, 0, size);
	need(buffer_printf(&text, "%s\n%zu\n", fixture->signer.public_key.name, size) == 0 &&
			base64_encode(root.bytes, 32, &text) == 0 &&
			buffer_append_text(&text, "\n") == 0,
		"memory");
	append(note, text.data, text.length);
	append(note, "\n", 1);
	ledger_signer_sign(&fixture->signer, text.data, text.length, 0, note);
}

/* PATH(index, leaves start … start + length - 1), a line each. */
static void append_path(const struct ledger_fixture *fixture, size_t index, size_t start,
	size_t length, struct buffer *proof)
{
	struct merkle_hash sibling;
	if (length == 1)
		return;
	size_t split = split_of(length);
	if (index < split) {
		append_path(fixture, index, start, split, proof);
		sibling = ledger_fixture_hash(fixture, start + split, length - split);
	} else {
		append_path(fixture, index - split, start + split, length - split, proof);
		sibling = ledger_fixture_hash(fixture, start, split);
	}
	need(base64_encode(sibling.bytes, 32, proof) == 0, "memory");
	append(proof, "\n", 1);
}

void ledger_fixture_proof(
	const struct ledger_fixture *fixture, size_t index, size_t size, struct buffer *proof)
{
	const struct ledger_fixture_record *record = &fixture->records[index];
	need(buffer_append_text(proof, "c2sp.org/tlog-proof@v1\nextra ") == 0 &&
			base64_encode(record->text, record->length, proof) == 0 &&
			buffer_printf(proof, "\nindex %zu\n", index) == 0,
		"memory");
	append_path(fixture, index, 0, size, proof);
	append(proof, "\n", 1);
	ledger_fixture_checkpoint(fixture, size, proof);
}

/* ---- the folder ---- */

static void write_file(const char *folder, const char *name, const void *data, size_t length)
{
	char path[4096];
	int used = snprintf(path, sizeof(path), "%s/%s", folder, name);
	need(used > 0 && (size_t)used < sizeof(path), "path");
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		need(mkdir(path, 0755) == 0 || errno == EEXIST, path);
		*slash = '/';
	}
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	need(fd >= 0 && write(fd, data, length) == (ssize_t)length, path);
}

/* Up to six digits are enough for what is tested. */
static void number_name(size_t number, char *ret, size_t size)
{
	need(number < 1000000, "number");
	if (number < 1000)
		snprintf(ret, size, "%03zu", number);
	else
		snprintf(ret, size, "x%03zu/%03zu", number / 1000, number % 1000);
}

static void write_tile(const char *folder, const char *level, size_t number, size_t width,
	const struct buffer *bytes)
{
	char name[64];
	char path[128];
	number_name(number, name, sizeof(name));
	if (width < TILE)
		snprintf(path, sizeof(path), "tile/%s/%s.p/%zu", level, name, width);
	else
		snprintf(path, sizeof(path), "tile/%s/%s", level, name);
	write_file(folder, path, bytes->data, bytes->length);
}

/* Each hash of level L is the MTH of 256^L leaves. */
static void write_hashes(const struct ledger_fixture *fixture, size_t size, const char *folder)
{
	size_t span = 1;
	for (unsigned level = 0; size / span > 0; level++, span *= TILE) {
		size_t hashes = size / span;
		char name[16];
		snprintf(name, sizeof(name), "%u", level);
		for (size_t tile = 0; tile * TILE < hashes; tile++) {
			AUTO_BUFFER struct buffer bytes = BUFFER_INIT(TILE * 32);
			size_t width = MIN(hashes - tile * TILE, (size_t)TILE);
			for (size_t i = 0; i < width; i++) {
				struct merkle_hash hash = ledger_fixture_hash(
					fixture, (tile * TILE + i) * span, span);
				append(&bytes, hash.bytes, 32);
			}
			write_tile(folder, name, tile, width, &bytes);
		}
	}
}

static void write_records(
	const struct ledger_fixture *fixture, size_t tile, size_t width, const char *folder)
{
	AUTO_BUFFER struct buffer entries = BUFFER_INIT(TILE * 34);
	AUTO_BUFFER struct buffer lines = BUFFER_INIT(64 * MIB);
	char number[32];
	char name[64];
	for (size_t i = tile * TILE; i < tile * TILE + width; i++) {
		const struct ledger_fixture_record *record = &fixture->records[i];
		struct merkle_hash entry = sha256(record->text, record->length);
		append(&entries, "\0\40", 2); /* 32, 16 bits, big-endian */
		append(&entries, entry.bytes, 32);
		if (record->withheld)
			need(buffer_printf(&lines, "{\"index\":%zu,\"withheld\":\"%s\"}", i,
				     record->withheld) == 0,
				"memory");
		else
			append(&lines, record->text, record->length);
		append(&lines, "\n", 1);
	}
	write_tile(folder, "entries", tile, width, &entries);
	number_name(tile, number, sizeof(number));
	snprintf(name, sizeof(name), "records/%s.jsonl", number);
	write_file(folder, name, lines.data, lines.length);
}

void ledger_fixture_write(const struct ledger_fixture *fixture, size_t size, const char *folder)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	AUTO_BUFFER struct buffer vkey = BUFFER_INIT(NOTE_VKEY_MAX + 1);
	write_hashes(fixture, size, folder);
	for (size_t tile = 0; tile * TILE < size; tile++)
		write_records(fixture, tile, MIN(size - tile * TILE, (size_t)TILE), folder);
	need(buffer_printf(&vkey, "%s\n", fixture->signer.vkey) == 0, "memory");
	write_file(folder, "ledger.vkey", vkey.data, vkey.length);
	ledger_fixture_checkpoint(fixture, size, &note);
	write_file(folder, "checkpoint", note.data, note.length);
}
