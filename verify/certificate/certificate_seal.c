/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One CMS: signature, time stamps, chains, revocation, in this order. */
#include "verify/certificate/certificate_seal.h"

#include "base/text.h"
#include "verify/certificate/revocation.h"
#include "verify/certificate/timestamp.h"
#include <errno.h>

/* Of each signer, while they are looked at. */
struct signing {
	unsigned count;
	bool stamped[DETACHED_SIGNERS_MAX];
	int64_t at_utc_ms[DETACHED_SIGNERS_MAX]; /* of a good time stamp, else now */
	STACK_OF(X509) * ways[DETACHED_SIGNERS_MAX];
};

static void signing_free(struct signing *signing)
{
	for (unsigned i = 0; i < DETACHED_SIGNERS_MAX; i++)
		trust_way_free(signing->ways[i]);
}

void seal_free(struct seal *seal)
{
	detached_free(seal->detached);
	*seal = (struct seal){ 0 };
}

/* --- time stamps --- */

/* Who stamped must not have been revoked either, at any time: a stolen key stamps any time. */
static int check_stamp(const struct detached_signer *signer,
	const struct certificate_anchors *anchors, int64_t *ret_utc_ms, struct error *error)
{
	CLEANUP(cleanup_trust_way_free) STACK_OF(X509) *way = NULL;
	int64_t utc_ms = 0;
	int result = timestamp_check(signer->token, signer->token_length, signer->value,
		signer->value_length, anchors->timestamp_trust, &utc_ms, &way, error);
	if (result == 0 && anchors->revocation) {
		result = revocation_check(anchors->revocation, way, -1, anchors->now_utc_ms, error);
		if (result == -ENODATA)
			result = 0;
	}
	if (result == 0)
		*ret_utc_ms = utc_ms;
	return result;
}

static void examine_stamps(
	const struct certificate_anchors *anchors, struct seal *seal, struct signing *signing)
{
	bool any = false;
	for (unsigned i = 0; i < signing->count; i++) {
		struct detached_signer signer;
		signing->at_utc_ms[i] = anchors->now_utc_ms;
		detached_signer_get(seal->detached, i, &signer);
		if (!signer.token)
			continue;
		any = true;
		if (!anchors->timestamp_trust)
			continue;
		int result = check_stamp(
			&signer, anchors, &signing->at_utc_ms[i], &seal->timestamp.error);
		if (result != 0) {
			check_conclude(&seal->timestamp, result);
			return;
		}
		signing->stamped[i] = true;
	}
	if (any && !anchors->timestamp_trust)
		check_absent(&seal->timestamp, "no-timestamp-trust");
	else if (!signing->stamped[0])
		check_absent(&seal->timestamp, "no-timestamp");
	else
		check_conclude(&seal->timestamp, 0);
}

/* --- chains --- */

/* One who was revoked shows, also where of another nothing is known. */
static void examine_revocation(
	const struct certificate_anchors *anchors, struct seal *seal, const struct signing *signing)
{
	bool unknown = false;
	for (unsigned i = 0; i < signing->count; i++) {
		int result = revocation_check(anchors->revocation, signing->ways[i],
			signing->stamped[i] ? signing->at_utc_ms[i] : -1, anchors->now_utc_ms,
			&seal->revocation.error);
		unknown |= result == -ENODATA;
		if (result != 0 && result != -ENODATA) {
			check_conclude(&seal->revocation, result);
			return;
		}
	}
	if (unknown)
		check_absent(&seal->revocation, "no-crl");
	else
		check_conclude(&seal->revocation, 0);
}

static void examine_chains(
	const struct certificate_anchors *anchors, struct seal *seal, struct signing *signing)
{
	int result = detached_check_chains(seal->detached, anchors->trust, signing->at_utc_ms,
		signing->ways, &seal->chain.error);
	check_conclude(&seal->chain, result);
	if (!anchors->revocation)
		check_absent(&seal->revocation, "no-crl");
	else if (result == 0)
		examine_revocation(anchors, seal, signing);
}

void seal_examine(const uint8_t *cms, size_t cms_length, const void *data, size_t length,
	const struct certificate_anchors *anchors, struct seal *ret)
{
	CLEANUP(signing_free) struct signing signing = { 0 };
	*ret = (struct seal){
		.signature.name = certificate_check_word(CHECK_SIGNATURE),
		.timestamp.name = certificate_check_word(CHECK_TIMESTAMP),
		.chain.name = certificate_check_word(CHECK_CHAIN),
		.revocation.name = certificate_check_word(CHECK_REVOCATION),
	};
	int result = detached_parse(cms, cms_length, trust_decoded(anchors->trust), &ret->detached,
		&ret->signature.error);
	if (result == 0)
		result = detached_verify(ret->detached, data, length, &ret->signature.error);
	check_conclude(&ret->signature, result);
	if (!ret->detached || !detached_issuer(ret->detached))
		return;
	signing.count = detached_signer_count(ret->detached);
	examine_stamps(anchors, ret, &signing);
	ret->stamped = ret->timestamp.result == CHECK_PASSED;
	ret->stamped_utc_ms = ret->stamped ? signing.at_utc_ms[0] : 0;
	examine_chains(anchors, ret, &signing);
}

int seal_verdict(const struct seal *seal, struct error *error)
{
	const struct check *const checks[] = { &seal->signature, &seal->timestamp, &seal->chain,
		&seal->revocation };
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i]->result == CHECK_FAILED) {
			if (error)
				*error = checks[i]->error;
			return -EBADMSG;
		}
	if (seal->signature.result == CHECK_PASSED && seal->chain.result == CHECK_PASSED)
		return 0;
	return error_set(error, ERROR_FAILED, EBADMSG, "signature-malformed",
		_("The signature could not be checked"));
}
