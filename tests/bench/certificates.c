/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many certificates (JSON and CMS) are checked in a second on one core, and how many bare ECDSA P-256
 * verifications the same core makes in the same run: a check cannot take less than its two signatures, so their
 * ratio says what the rest costs, whatever machine this is.
 *
 *   certificates [COUNT [SECONDS]]     prints one line of JSON */
#include "tests/support/sample_certificate.h"
#include "verify/certificate/certificate.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT_DEFAULT 500
#define SECONDS_DEFAULT 3

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "certificates: %s\n", what);
	abort();
}

/* The processor's, so that others on this machine do not count. */
static int64_t spent_ms(void)
{
	struct timespec now;
	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "clock");
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* COUNT certificates, each with a text of its own. */
static struct sample_files *sign_all(const struct sample_ca *ca, size_t count)
{
	struct sample_files *files = calloc(count, sizeof(*files));
	AUTO_JSON json_t *document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	json_t *reason = json_object_get(document, "reason");
	must(files && reason, "out of memory");
	for (size_t i = 0; i < count; i++) {
		char ticket[32];
		(void)snprintf(ticket, sizeof(ticket), "T-%zu", i);
		must(json_object_set_new(reason, "ticket", json_string(ticket)) == 0, "ticket");
		sample_files_sign(document, ca->keys, &files[i]);
	}
	return files;
}

static double check_for(const struct sample_ca *ca, const struct sample_files *files, size_t count,
	int64_t duration_ms)
{
	const struct certificate_anchors anchors = { .trust = ca->trust,
		.now_utc_ms = SAMPLE_NOW_MS };
	int64_t start_ms = spent_ms(), now_ms = start_ms;
	size_t done = 0;
	for (; now_ms - start_ms < duration_ms; now_ms = spent_ms(), done++) {
		const struct sample_files *one = &files[done % count];
		AUTO_REPORT struct certificate_report report = { 0 };
		struct bundle bundle =
			bundle_borrow(one->json, one->json_length, one->p7s, one->p7s_length);
		must(certificate_check(&bundle, &anchors, &report, NULL) == 0 && report.valid,
			"not valid");
	}
	return (double)done * 1000 / (double)(now_ms - start_ms);
}

static double verify_for(EVP_PKEY *key, int64_t duration_ms)
{
	uint8_t digest[32] = { 1 }, signature[256];
	size_t length = sizeof(signature), done = 0;
	EVP_PKEY_CTX *signing = EVP_PKEY_CTX_new(key, NULL);
	must(signing && EVP_PKEY_sign_init(signing) == 1 &&
			EVP_PKEY_sign(signing, signature, &length, digest, sizeof(digest)) == 1,
		"sign");
	EVP_PKEY_CTX_free(signing);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	must(context && EVP_PKEY_verify_init(context) == 1, "verify");
	int64_t start_ms = spent_ms(), now_ms = start_ms;
	for (; now_ms - start_ms < duration_ms; now_ms = spent_ms(), done++)
		must(EVP_PKEY_verify(context, signature, length, digest, sizeof(digest)) == 1,
			"does not verify");
	EVP_PKEY_CTX_free(context);
	return (double)done * 1000 / (double)(now_ms - start_ms);
}

int main(int argc, char *argv[])
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : COUNT_DEFAULT;
	int64_t duration_ms = 1000 * (argc > 2 ? strtol(argv[2], NULL, 10) : SECONDS_DEFAULT);
	struct sample_ca ca;
	must(count > 0 && duration_ms > 0, "usage: certificates [COUNT [SECONDS]]");
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	struct sample_files *files = sign_all(&ca, count);
	size_t bytes = files[0].json_length + files[0].p7s_length;
	double checks = check_for(&ca, files, count, duration_ms);
	double verifications = verify_for(ca.ca_key, duration_ms);
	printf("{\"bytes\":%zu,\"certificates_per_second\":%.0f,\"verifications_per_second\":%.0f,"
	       "\"verifications_per_certificate\":%.1f}\n",
		bytes, checks, verifications, verifications / checks);
	for (size_t i = 0; i < count; i++)
		sample_files_free(&files[i]);
	free(files);
	sample_ca_free(&ca);
	return 0;
}
