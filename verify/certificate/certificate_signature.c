/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who signed a certificate, when, and whether that may count. */
#include "verify/certificate/certificate_parts.h"

static void examine_chain(struct examination *examination)
{
	struct check *chain = &examination->report->checks[CHECK_CHAIN];
	const struct certificate_anchors *anchors = examination->anchors;
	int64_t at_utc_ms[DETACHED_SIGNERS_MAX];
	for (unsigned i = 0; i < DETACHED_SIGNERS_MAX; i++)
		at_utc_ms[i] = anchors->now_utc_ms;
	check_conclude(chain, detached_check_chains(examination->detached, anchors->trust,
				      at_utc_ms, NULL, &chain->error));
}

void examine_signature(struct examination *examination)
{
	const struct bundle *bundle = examination->bundle;
	struct certificate_report *report = examination->report;
	struct check *signature = &report->checks[CHECK_SIGNATURE];
	int result = detached_parse((const uint8_t *)buffer_text(&bundle->p7s), bundle->p7s.length,
		trust_decoded(examination->anchors->trust), &examination->detached,
		&signature->error);
	if (result == 0)
		result = detached_verify(examination->detached, buffer_text(&bundle->json),
			bundle->json.length, &signature->error);
	check_conclude(signature, result);
	check_absent(&report->checks[CHECK_TIMESTAMP], "no-timestamp");
	if (!examination->anchors->revocation)
		check_absent(&report->checks[CHECK_REVOCATION], "no-crl");
	if (!examination->detached || !detached_issuer(examination->detached))
		return;
	if (result == 0)
		trust_subject(detached_issuer(examination->detached), report->signer,
			sizeof(report->signer));
	examine_chain(examination);
}
