/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates of proven jobs for tests: the document written out by hand, signed by a CA made for
 * the test; and the means to forge. Everything here aborts when it cannot do its work. */
#ifndef HAIKI_TESTS_SUPPORT_SAMPLE_CERTIFICATE_H
#define HAIKI_TESTS_SUPPORT_SAMPLE_CERTIFICATE_H

#include "base/buffer.h"
#include "reports/keys/keys.h"
#include "tests/support/sample_job.h"
#include "verify/certificate/trust.h"
#include <openssl/cms.h>

#define SAMPLE_NOW_MS INT64_C(1795410000000) /* 2026-11-23T05:00:00Z */
#define SAMPLE_DAY_MS INT64_C(86400000)
#define SAMPLE_ORGANISATION "例示市"

/* A CA and its signer, valid since a day before SAMPLE_NOW_MS. */
struct sample_ca {
	struct keys *keys;
	EVP_PKEY *ca_key;
	struct trust *trust; /* the CA as an auditor's only anchor */
};
void sample_ca_make(const char *organisation, struct sample_ca *ret);
void sample_ca_free(struct sample_ca *ca);

/* One more certificate, as odd as a test wants it. NULL texts leave the extension out. */
struct sample_odd_signer {
	const char *basic_constraints;
	const char *key_usage;
	int valid_from_days, valid_to_days; /* from SAMPLE_NOW_MS */
	const char *algorithm;              /* "P-256", "P-224", "RSA" */
	unsigned rsa_bits;
	const char *extended_key_usage; /* NULL: none */
};
/* keys_load of the keys in this folder, everything else by default. */
int sample_keys_load(
	const char *folder, int64_t now_utc_ms, struct keys **ret, struct error *error);
/* Signed by ca; *ret is owned, freed by keys_free. */
void sample_signer_make(
	const struct sample_ca *ca, const struct sample_odd_signer *wish, struct keys **ret);

/* The two files. */
struct sample_files {
	char *json;
	size_t json_length;
	uint8_t *p7s;
	size_t p7s_length;
};
void sample_files_free(struct sample_files *files);

/* The whole document of a job whose sample_job documents say proven; PLAIN and SAMPLED only. Its ledger has a
 * key that nobody has. */
json_t *sample_certificate_document(enum sample_job_kind kind);
/* The same, in the ledger of these keys. */
void sample_certificate_set_ledger(json_t *document, const struct note_key *ledger);

/* Spell the document and sign it as keys_sign does. */
void sample_files_sign(const json_t *document, const struct keys *keys, struct sample_files *ret);

/* Sign bytes with other flags or digest than keys_sign would; *ret_p7s is malloc'd. */
void sample_sign_oddly(const struct keys *keys, const void *data, size_t length, unsigned flags,
	const EVP_MD *digest, uint8_t **ret_p7s, size_t *ret_length);

/* Read and write a CMS in the middle of its forging. */
CMS_ContentInfo *sample_cms_read(const uint8_t *p7s, size_t length);
void sample_cms_write(CMS_ContentInfo *cms, uint8_t **ret_p7s, size_t *ret_length);

/* A fresh folder under $TMPDIR or /tmp; and its end, with all that is in it. */
char *sample_folder_make(void);
void sample_folder_remove(char *path);

#endif
