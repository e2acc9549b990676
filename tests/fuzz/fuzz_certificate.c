/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates from a stranger: both files in one input, the length of the first in four bytes
 * before it. The private keys behind the corpus were never stored, so nothing else can be valid. */
#include "tests/fuzz/fuzz.h"

#include "base/digest.h"
#include "verify/certificate/certificate.h"
#include <string.h>

#define LENGTH_BYTES 4
#define CHECKED_AT_MS INT64_C(1795410000000) /* 2026-11-23T05:00:00Z */

static const char anchor[] = "-----BEGIN CERTIFICATE-----\n"
			     "MIIBrzCCAVWgAwIBAgIRALtyV/bnHWdOYEBaWjo+f9UwCgYIKoZIzj0EAwIwJDEP\n"
			     "MA0GA1UECgwGY29ycHVzMREwDwYDVQQDDAhoYWlraSBDQTAgFw0yNjExMjIwNTAw\n"
			     "MDBaGA8yMDUxMTExNjA1MDAwMFowJDEPMA0GA1UECgwGY29ycHVzMREwDwYDVQQD\n"
			     "DAhoYWlraSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDZ1hSVqsggqi+e1\n"
			     "4rwr5UnbPkky3x41tSq71ieCc5DPWj6pGtvB3R/1JEdJ1jOls21h8hbBnssuRu9G\n"
			     "8kCSkQqjZjBkMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEGMB0G\n"
			     "A1UdDgQWBBQWJkZpzoyyPffc83ekIKnJ3A7TPjAfBgNVHSMEGDAWgBQWJkZpzoyy\n"
			     "Pffc83ekIKnJ3A7TPjAKBggqhkjOPQQDAgNIADBFAiBdm8uawOatWMrwrG893l8j\n"
			     "wRge7i0lxC8ZkI+/cHQywwIhALQ6T6eFkrPDpCaElkLFdnbzJ4EmZZAHN7vMtgon\n"
			     "kMLN\n"
			     "-----END CERTIFICATE-----\n";

/* The inputs of the corpus that are valid, and the documents in them. */
static const struct {
	const char *input_sha256;
	const char *document_sha256;
} valid_ones[] = {
	{ "f354f4e04e6bd59ebc03de0edd5b2d71b0174c3f0ef09b219a8723555f9aa270",
		"a0c6692b44d1bb506f3d2e5aca8baee10e9210fed6545c47f28250488f5ca948" },
	{ "7681fb039ba6f99af8ea3825abe130840022b38587916fed8825b25f1d96049d",
		"a0c6692b44d1bb506f3d2e5aca8baee10e9210fed6545c47f28250488f5ca948" },
	{ "bdd1dc86ccb8b9ceab67e0ec54a9025a61c0d4fa4c4f1c55965a7b5963ff985f",
		"200adf714f522af889a73ef5195d3aa24ae336c5e4052800274c7dd6f8555145" },
};

static void must(bool promise)
{
	if (!promise)
		abort();
}

/* Fixed for the life of the process: parsing it again for each input would only cost time. */
static const struct trust *the_anchor(void)
{
	static struct trust *trust;

	if (!trust)
		must(trust_load(anchor, strlen(anchor), "anchor", &trust, NULL) == 0);
	return trust;
}

/* What the report promises, whatever came in. */
static void hold_promises(const struct certificate_report *report, const uint8_t *data, size_t size)
{
	char sha256[SHA256_HEX_SIZE];
	bool known_input = false, known_document = false;

	must(digest_sha256_hex(data, size, sha256) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(valid_ones); i++) {
		known_input |= strcmp(sha256, valid_ones[i].input_sha256) == 0;
		known_document |= strcmp(report->sha256, valid_ones[i].document_sha256) == 0;
	}
	must(!known_input || report->valid);
	must(!report->valid || known_document);
	must(report->valid == (report->outcome == OUTCOME_PROVEN));
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		const struct check *check = &report->checks[i];
		must((check->result == CHECK_FAILED) == (check->error.kind != ERROR_NONE));
		must(!report->valid || check->result == CHECK_PASSED ||
			check->result == CHECK_ABSENT);
		must((check->result == CHECK_ABSENT) == (check->absent != NULL));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	if (size < LENGTH_BYTES)
		return 0;
	size_t length =
		(size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	const uint8_t *json = data + LENGTH_BYTES;
	size_t rest = size - LENGTH_BYTES;
	length = MIN(length, rest);
	struct bundle bundle =
		bundle_borrow((const char *)json, length, json + length, rest - length);
	const struct certificate_anchors anchors = { .trust = the_anchor(),
		.now_utc_ms = CHECKED_AT_MS };
	if (certificate_check(&bundle, &anchors, &report, NULL) == 0)
		hold_promises(&report, data, size);
	return 0;
}
