/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is asked of one CMS: whether it signs these bytes, when, and whether its signers may. The
 * certificate's own signature and its PDF's are looked at alike. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_SEAL_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_SEAL_H

#include "verify/certificate/certificate.h"
#include "verify/certificate/detached.h"

struct seal {
	struct detached *detached; /* owned; NULL when the CMS cannot be read */
	struct check signature, timestamp, chain, revocation;
	bool stamped; /* the issuer's signature, by a time stamp that passed */
	int64_t stamped_utc_ms;
};
void seal_free(struct seal *seal);
#define AUTO_SEAL CLEANUP(seal_free)

/* Always fills *ret. Every signer's time stamp must be good where there is one; each signer's chain is looked at
 * for the time of its own. */
void seal_examine(const uint8_t *cms, size_t cms_length, const void *data, size_t length,
	const struct certificate_anchors *anchors, struct seal *ret);

/* 0 when the signature and the chain passed and nothing failed; else the first that did not, in its own words. */
NODISCARD int seal_verdict(const struct seal *seal, struct error *error);

/* Passed for 0, else failed; one that failed always says why. */
void check_conclude(struct check *check, int result);
/* There was nothing to check. why: static. */
void check_absent(struct check *check, const char *why);

#endif
