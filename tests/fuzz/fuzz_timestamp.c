/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes from an authority: time stamp tokens, answers with one inside, revocation lists. The first byte says
 * which. */
#include "tests/fuzz/fuzz.h"

#include "reports/timestamp/answer.h"
#include "tests/fuzz/anchors.h"
#include "verify/certificate/revocation.h"
#include "verify/certificate/timestamp.h"
#include <openssl/pem.h>

#define LISTED_SERIAL 4711 /* on the lists of the corpus */

static const char document[] = "{\"a\":1}\n";

/* The tokens of the corpus that are good, with their first byte. */
static const char *const good_ones[] = {
	"8c9ea9c464c4a0a33f2fd40e566cebfe5b7a803b52ec0118b606f3117a587070",
	"78fe8ee9de4edd342ea8e3f55d4064d8c88e9494db1d9a3bc16b6f0820624bb6",
};

static void check_token(const uint8_t *data, size_t size, bool known)
{
	struct error error = { 0 };
	int64_t utc_ms = -1;
	int result = timestamp_check(
		data, size, document, strlen(document), time_trust(), &utc_ms, NULL, &error);
	must((result == 0) == known);
	must((result == 0) == (error.kind == ERROR_NONE));
	must(result != 0 || utc_ms / 1000 == SEEDS_MS / 1000);
}

/* What comes out is read as a token; only the nonce is not this one's. */
static void check_answer(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[NONCE_BYTES] = { 1 };
	struct error error = { 0 };
	AUTO_FREE uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = 0;
	if (answer_token(data, size, time_trust(), &token, &length, &error) != 0) {
		must(error.kind == ERROR_WAITING && !token);
		return;
	}
	must(length <= size);
	int checked = timestamp_check(
		token, length, document, strlen(document), time_trust(), &utc_ms, NULL, &error);
	must(!token_has_nonce(token, length, nonce) || checked != 0);
}

/* Who is on the issuer's list, and the issuer. */
static STACK_OF(X509) * listed_way(void)
{
	static STACK_OF(X509) * way;
	if (way)
		return way;
	BIO *pem = BIO_new_mem_buf(issuer_anchor, -1);
	X509 *issuer = PEM_read_bio_X509(pem, NULL, NULL, NULL), *listed = X509_new();
	BIO_free(pem);
	must(issuer && listed);
	must(X509_set_issuer_name(listed, X509_get_subject_name(issuer)) == 1 &&
		ASN1_INTEGER_set(X509_get_serialNumber(listed), LISTED_SERIAL) == 1 &&
		ASN1_TIME_set(X509_getm_notAfter(listed), SEEDS_MS / 1000 + 86400) != NULL);
	way = sk_X509_new_null();
	must(way && sk_X509_push(way, listed) > 0 && sk_X509_push(way, issuer) > 0);
	return way;
}

/* No list that the issuer signed leaves that one out. */
static void check_list(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_revocation_free) struct revocation *revocation = revocation_new();
	struct error error = { 0 };
	must(revocation != NULL);
	bool taken = revocation_add(revocation, data, size, "crl", &error) == 0;
	must(taken == (revocation_count(revocation) > 0));
	must(revocation_check(revocation, listed_way(), -1, SEEDS_MS, &error) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	switch (data[0]) {
	case 0:
		check_token(
			data + 1, size - 1, is_known(data, size, good_ones, ARRAY_SIZE(good_ones)));
		break;
	case 1:
		check_answer(data + 1, size - 1);
		break;
	case 2:
		check_list(data + 1, size - 1);
		break;
	default: /* not an enum */
		break;
	}
	return 0;
}
