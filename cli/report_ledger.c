/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report ledger`: the ledger as files, its signed head, and what witnesses say of it. */
#include "cli/report_ledger.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/output.h"
#include "reports/ledger/ledger.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct ledger_work {
	struct store *store;
	struct keys *keys;
	int64_t now_utc_ms;
};

static void work_close(struct ledger_work *work)
{
	work->keys = keys_free(work->keys);
	work->store = store_close(work->store);
}

/* Signing a head changes the store: it is always opened for that. */
static int work_open(
	const struct invocation *invocation, struct ledger_work *work, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	work->now_utc_ms = now.utc_ms;
	int r = store_open(invocation->config.store, STORE_WRITE, &work->store, error);
	return r == 0 ? keys_load(&invocation->config, now.utc_ms, &work->keys, error) : r;
}

/* A new reference; NULL without memory. */
static json_t *head_json(const struct checkpoint *head)
{
	AUTO_JSON json_t *json = json_object();
	char root[SHA256_HEX_SIZE];
	hex_encode(head->root.bytes, SHA256_BYTES, root);
	if (!json || json_put_string(json, "origin", head->origin) < 0 ||
		json_put_integer(json, "size", (int64_t)head->size) < 0 ||
		json_put_string(json, "root", root) < 0)
		return NULL;
	return json_incref(json);
}

/* --- export --- */

static int print_export(const struct invocation *invocation, const struct checkpoint *head,
	bool for_auditor, struct error *error)
{
	const char *folder = invocation->arguments[0];
	if (!invocation->json) {
		output_line(stdout, _("Ledger %s: %" PRIu64 " records in %s"), head->origin,
			head->size, folder);
		if (!for_auditor)
			output_line(stdout, _("  What is withheld from the public is there by its "
					      "hash alone."));
		output_line(stdout, _("  → Check it with: haiki verify ledger %s"), folder);
		return 0;
	}
	AUTO_JSON json_t *json = head_json(head);
	if (!json || json_put_string(json, "folder", folder) < 0 ||
		json_put_string(json, "audience", for_auditor ? "auditor" : "public") < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

enum error_kind report_ledger_export(const struct invocation *invocation, struct error *error)
{
	const struct report_ledger_options *options = invocation->values;
	struct ledger_work work CLEANUP(work_close) = { 0 };
	struct checkpoint head;
	char crl[PATH_MAX];
	int length = snprintf(crl, sizeof(crl), "%s/ca.crl", invocation->config.keys_folder);
	if (length < 0 || (size_t)length >= sizeof(crl))
		error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
			_("The path of the folder %s is too long"), invocation->config.keys_folder);
	else if (work_open(invocation, &work, error) == 0 &&
		 ledger_export(work.store, work.keys,
			 options->for_auditor ? LEDGER_FOR_AUDITOR : LEDGER_FOR_PUBLIC,
			 invocation->arguments[0], crl, &head, error) == 0 &&
		 print_export(invocation, &head, options->for_auditor, error) == 0)
		return ERROR_NONE;
	return command_failed(error);
}

/* --- head --- */

enum error_kind report_ledger_head(const struct invocation *invocation, struct error *error)
{
	struct ledger_work work CLEANUP(work_close) = { 0 };
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	struct checkpoint head;
	char key[NOTE_VKEY_MAX];
	if (work_open(invocation, &work, error) < 0 ||
		ledger_head_note(work.store, work.keys, &head, &note, error) < 0)
		return command_failed(error);
	if (!invocation->json) {
		/* Byte by byte what a witness signs: output_line would clean it. */
		if (fwrite(note.data, 1, note.length, stdout) == note.length)
			return ERROR_NONE;
		error_set(error, ERROR_FAILED, EIO, "output", _("Cannot write the result"));
		return command_failed(error);
	}
	note_key_format(&work.keys->ledger_public, key);
	AUTO_JSON json_t *json = head_json(&head);
	if (!json || json_put_string(json, "key", key) < 0 ||
		json_put_string(json, "note", buffer_text(&note)) < 0) {
		error_no_memory(error);
		return command_failed(error);
	}
	return output_json(json_incref(json), error) < 0 ? command_failed(error) : ERROR_NONE;
}

/* --- cosign --- */

/* The key itself, or a file that holds it. */
static int read_witness(const char *text, struct note_key *ret, struct error *error)
{
	AUTO_BUFFER struct buffer file = BUFFER_INIT(NOTE_MAX_BYTES);
	if (!text[0]) {
		error_set(error, ERROR_USAGE, EINVAL, "witness-missing",
			_("Whose signature it is must be given: --witness VKEY"));
		return -EINVAL;
	}
	if (note_key_parse(text, strlen(text), ret, NULL) == 0)
		return 0;
	if (file_read(text, &file, NULL) == 0)
		return note_key_parse(file.data, file.length, ret, error);
	return note_key_parse(text, strlen(text), ret, error);
}

static int print_cosignature(const struct invocation *invocation, const struct note_key *witness,
	const struct checkpoint *head, struct error *error)
{
	if (!invocation->json) {
		output_line(stdout,
			_("The signature of %s on the head of %" PRIu64 " records of %s is kept"),
			witness->name, head->size, head->origin);
		return 0;
	}
	AUTO_JSON json_t *json = head_json(head);
	if (!json || json_put_string(json, "witness", witness->name) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

enum error_kind report_ledger_cosign(const struct invocation *invocation, struct error *error)
{
	const struct report_ledger_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_MAX_BYTES);
	struct note_key witness;
	struct checkpoint head;
	struct clock_reading now;
	struct note note;
	clock_read(&now);
	if (read_witness(options->witness, &witness, error) < 0 ||
		file_read(invocation->arguments[0], &text, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		ledger_cosign_import(store, text.data, text.length, &witness, now.utc_ms, error) <
			0 ||
		note_parse(text.data, text.length, &note, error) < 0 ||
		checkpoint_parse(&note, &head, error) < 0 ||
		print_cosignature(invocation, &witness, &head, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

#define INTO(member) OPTION_INTO(struct report_ledger_options, member)

const struct cli_option report_ledger_export_options[] = {
	{ "for-auditor", NULL, N_("with the records that are withheld from the public"),
		option_flag, INTO(for_auditor) },
	{ 0 },
};

const struct cli_option report_ledger_cosign_options[] = {
	{ "witness", "VKEY", N_("key of the witness, or a file that holds it"), option_text,
		INTO(witness) },
	{ 0 },
};
