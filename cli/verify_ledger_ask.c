/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is needed to check a ledger, from the options: its key, earlier heads, witnesses. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/settings.h"
#include "cli/verify.h"
#include "cli/verify_ledger.h"
#include "verify/certificate/detached.h"
#include "verify/ledger/ledger_vkey.h"
#include "verify/ledger/proof.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void ledger_asked_free(struct ledger_asked *asked)
{
	for (size_t i = 0; i < asked->since_count; i++)
		free(asked->since[i]);
	free(asked->witnesses);
	*asked = (struct ledger_asked){ 0 };
}

/* ---- keys ---- */

/* The key itself, or the file it stands in. */
static int read_key(const char *typed, struct note_key *ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_VKEY_MAX);
	if (note_key_parse(typed, strlen(typed), ret, NULL) == 0)
		return 0;
	int r = file_read(typed, &text, error);
	if (r == 0)
		r = note_key_parse(buffer_text(&text), text.length, ret, error);
	/* Neither a key nor a file: something else was meant. */
	if (r == -EBADMSG || r == -ENOENT || r == -EFBIG || r == -EINVAL)
		error->kind = ERROR_USAGE;
	return r;
}

static int refuse_kind(const char *typed, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "ledger-key-malformed",
		_("This is not the key of a ledger but of a witness: %s"), typed);
}

static int ask_witnesses(
	const struct option_list *typed, struct ledger_asked *ret, struct error *error)
{
	if (typed->count == 0)
		return 0;
	ret->witnesses = calloc(typed->count, sizeof(*ret->witnesses));
	if (!ret->witnesses)
		return error_no_memory(error);
	for (size_t i = 0; i < typed->count; i++) {
		int r = read_key(typed->items[i], &ret->witnesses[i], error);
		if (r < 0)
			return r;
		ret->witness_count++;
	}
	return 0;
}

/* ---- the key by the issuer's signature ---- */

static int read_beside(
	const char *folder, const char *name, struct buffer *ret, struct error *error)
{
	char path[4096];
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "ledger-folder",
			_("The path is too long: %s"), folder);
	return file_read(path, ret, error);
}

struct anchors {
	struct trust *trust, *stampers;
	struct revocation *required, *incidental;
};

static void anchors_free(struct anchors *anchors)
{
	(void)trust_free(anchors->trust);
	(void)trust_free(anchors->stampers);
	(void)revocation_free(anchors->required);
	(void)revocation_free(anchors->incidental);
}

static int add_lists(
	struct revocation **ret, const struct buffer *bytes, const char *name, struct error *error)
{
	*ret = revocation_new();
	if (!*ret)
		return error_no_memory(error);
	return revocation_add(*ret, buffer_text(bytes), bytes->length, name, error);
}

/* What the caller named; a fault is theirs. */
static int load_anchors(
	const struct invocation *invocation, struct anchors *ret, struct error *error)
{
	const struct verify_ledger_options *options = invocation->values;
	AUTO_BUFFER struct buffer list = BUFFER_INIT(REVOCATION_MAX_BYTES);
	int r = settings_trust(&invocation->config, options->trust, &ret->trust, error);
	if (r == 0 && options->tsa_trust[0])
		r = settings_trust(&invocation->config, options->tsa_trust, &ret->stampers, error);
	if (r == 0 && options->crl[0])
		r = file_read(options->crl, &list, error);
	if (r == 0 && options->crl[0])
		r = add_lists(&ret->required, &list, options->crl, error);
	return r;
}

/* What came with the ledger; a fault is the ledger's. */
static int prove_key(const struct invocation *invocation, struct anchors *anchors,
	struct ledger_asked *ret, struct error *error)
{
	const char *folder = invocation->arguments[0];
	AUTO_BUFFER struct buffer vkey = BUFFER_INIT(NOTE_VKEY_MAX);
	AUTO_BUFFER struct buffer p7s = BUFFER_INIT(DETACHED_MAX_BYTES);
	AUTO_BUFFER struct buffer list = BUFFER_INIT(REVOCATION_MAX_BYTES);
	struct clock_reading now;
	clock_read(&now);
	int r = read_beside(folder, "ledger.vkey", &vkey, error);
	if (r == 0)
		r = read_beside(folder, "ledger.vkey.p7s", &p7s, error);
	if (r < 0)
		return r;
	r = read_beside(folder, "ca.crl", &list, error);
	if (r == 0)
		r = add_lists(&anchors->incidental, &list, "ca.crl", error);
	else if (r == -ENOENT)
		r = 0;
	if (r < 0)
		return r;
	*error = (struct error){ 0 };
	const struct ledger_anchors given = { anchors->trust, anchors->stampers, anchors->required,
		anchors->incidental, now.utc_ms };
	return ledger_vkey_prove(&vkey, &p7s, &given, &ret->key, ret->signer, error);
}

static int ask_key(
	const struct invocation *invocation, struct ledger_asked *ret, struct error *error)
{
	const struct verify_ledger_options *options = invocation->values;
	struct anchors anchors CLEANUP(anchors_free) = { 0 };
	if (options->ledger_key[0]) {
		if (options->trust[0] || options->tsa_trust[0] || options->crl[0])
			return error_set(error, ERROR_USAGE, EINVAL, "ledger-key-twice",
				_("--ledger-key and --trust are two ways to the same key: give "
				  "one."));
		ret->key_is_given = true;
		int r = read_key(options->ledger_key, &ret->key, error);
		if (r == 0 && ret->key.algorithm != NOTE_ED25519)
			r = refuse_kind(options->ledger_key, error);
		return r;
	}
	int r = load_anchors(invocation, &anchors, error);
	if (r < 0)
		return r;
	r = prove_key(invocation, &anchors, ret, &ret->key_error);
	if (r == -ENOMEM) {
		*error = ret->key_error;
		return r;
	}
	if (r < 0 && ret->key_error.kind == ERROR_NONE)
		return error_set(error, ERROR_FAILED, r, "ledger-key",
			_("The ledger's key cannot be checked: %s"), strerror(-r));
	return 0;
}

/* ---- earlier heads ---- */

/* A proof that somebody kept holds a head too. NULL without memory. */
static char *copy_head(const struct buffer *text)
{
	AUTO_PROOF struct proof proof = { 0 };
	if (proof_parse(buffer_text(text), text->length, &proof, NULL) == 0)
		return strndup(proof.note, proof.note_length);
	return strndup(buffer_text(text), text->length);
}

static int refuse_head(const char *path, struct error *error)
{
	error_set(error, ERROR_USAGE, EBADMSG, "checkpoint-unreadable",
		_("%s is no head of a ledger: no empty line parts its text from signatures"), path);
	return error_next(error, _("Give a checkpoint that was kept, or a NAME.proof."));
}

static int ask_since(const struct option_list *typed, struct ledger_asked *ret, struct error *error)
{
	for (size_t i = 0; i < typed->count; i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(PROOF_MAX_BYTES);
		int r = file_read(typed->items[i], &text, error);
		if (r < 0)
			return r;
		ret->since[i] = copy_head(&text);
		if (!ret->since[i])
			return error_no_memory(error);
		/* Else the ledger would be called invalid for a wrong file. */
		if (!strstr(ret->since[i], "\n\n"))
			return refuse_head(typed->items[i], error);
		ret->since_count++;
	}
	return 0;
}

int ledger_ask(const struct invocation *invocation, struct ledger_asked *ret, struct error *error)
{
	const struct verify_ledger_options *options = invocation->values;
	int r = ask_since(&options->since, ret, error);
	if (r == 0)
		r = ask_witnesses(&options->witnesses, ret, error);
	return r < 0 ? r : ask_key(invocation, ret, error);
}
