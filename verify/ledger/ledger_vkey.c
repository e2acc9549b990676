/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signature over the ledger's public key, checked as that of a certificate is. */
#include "verify/ledger/ledger_vkey.h"

#include "base/text.h"
#include "verify/certificate/detached.h"
#include "verify/certificate/timestamp.h"
#include <errno.h>
#include <string.h>

#define SIGNER_BYTES 256

static int check_revoked(const struct ledger_anchors *anchors, const STACK_OF(X509) * way,
	int64_t at_utc_ms, struct error *error)
{
	struct error local = { 0 };
	if (anchors->required) {
		int r = revocation_check(
			anchors->required, way, at_utc_ms, anchors->now_utc_ms, error);
		if (r < 0)
			return r;
	}
	if (!anchors->incidental)
		return 0;
	int r = revocation_check(anchors->incidental, way, at_utc_ms, anchors->now_utc_ms, &local);
	/* A list as old as the ledger says nothing about today; that somebody was revoked it does say. */
	if (r == 0 || strcmp(local.code, "revocation-outdated") == 0 ||
		strcmp(local.code, "revocation-missing") == 0)
		return 0;
	if (error)
		*error = local;
	return r;
}

/* A stolen key stamps any time, so it counts whenever it was revoked; nobody has to have a list of its CA. */
static int check_stamper(
	const struct ledger_anchors *anchors, const STACK_OF(X509) * way, struct error *error)
{
	const struct ledger_anchors lenient = { .incidental = anchors->incidental,
		.now_utc_ms = anchors->now_utc_ms };
	struct error local = { 0 };
	int r = anchors->required
			? revocation_check(anchors->required, way, -1, anchors->now_utc_ms, &local)
			: 0;
	if (r < 0 && r != -ENODATA) {
		if (error)
			*error = local;
		return r;
	}
	return check_revoked(&lenient, way, -1, error);
}

/* When it was signed: by a good time stamp, else nobody knows (-1). */
static int find_time(const struct detached *detached, const struct ledger_anchors *anchors,
	int64_t *ret_utc_ms, struct error *error)
{
	STACK_OF(X509) * way CLEANUP(cleanup_trust_way_free) = NULL;
	struct detached_signer signer;
	*ret_utc_ms = -1;
	detached_signer_get(detached, 0, &signer);
	if (!signer.token || !anchors->stampers)
		return 0;
	int r = timestamp_check(signer.token, signer.token_length, signer.value,
		signer.value_length, anchors->stampers, ret_utc_ms, &way, error);
	return r < 0 ? r : check_stamper(anchors, way, error);
}

static int check_issuer(
	const struct detached *detached, const struct ledger_anchors *anchors, struct error *error)
{
	STACK_OF(X509) * way CLEANUP(cleanup_trust_way_free) = NULL;
	int64_t stamped_utc_ms;
	int r = find_time(detached, anchors, &stamped_utc_ms, error);
	if (r < 0)
		return r;
	int64_t at_utc_ms = stamped_utc_ms >= 0 ? stamped_utc_ms : anchors->now_utc_ms;
	r = detached_check_chains(detached, anchors->trust, &at_utc_ms, &way, error);
	return r < 0 ? r : check_revoked(anchors, way, stamped_utc_ms, error);
}

int ledger_vkey_prove(const struct buffer *vkey, const struct buffer *p7s,
	const struct ledger_anchors *anchors, struct note_key *ret,
	char ret_signer[static SIGNER_BYTES], struct error *error)
{
	struct detached *detached CLEANUP(cleanup_detached_free) = NULL;
	struct note_key key;
	int r = note_key_parse(buffer_text(vkey), vkey->length, &key, error);
	if (r == 0)
		r = detached_parse((const uint8_t *)buffer_text(p7s), p7s->length,
			trust_decoded(anchors->trust), &detached, error);
	if (r == 0)
		r = detached_verify(detached, buffer_text(vkey), vkey->length, error);
	if (r < 0)
		return r;
	if (detached_signer_count(detached) != 1)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-count",
			_("More than the issuer signed the ledger's key."));
	r = check_issuer(detached, anchors, error);
	if (r < 0)
		return r;
	if (key.algorithm != NOTE_ED25519)
		return error_set(error, ERROR_FAILED, EBADMSG, "ledger-key-malformed",
			_("The ledger's key is one of a witness."));
	trust_subject(detached_issuer(detached), ret_signer, SIGNER_BYTES);
	*ret = key;
	return 0;
}
