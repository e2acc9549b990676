/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates for tests, and forgeries of them. */
#include "tests/support/sample_certificate.h"

#include "base/json.h"
#include <ftw.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "sample_certificate: %s\n", what);
	abort();
}

/* Folders ---------------------------------------------------------------------------------- */

char *sample_folder_make(void)
{
	const char *base = getenv("TMPDIR");
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/haiki-test-XXXXXX", base ? base : "/tmp");
	must(mkdtemp(path) != NULL, "mkdtemp");
	char *copy = strdup(path);
	must(copy != NULL, "strdup");
	return copy;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

void sample_folder_remove(char *path)
{
	must(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "nftw");
	free(path);
}

/* Keys ------------------------------------------------------------------------------------- */

static EVP_PKEY *read_key(const char *folder, const char *name)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	must(file != NULL, path);
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	must(key != NULL && fclose(file) == 0, path);
	return key;
}

static struct trust *trust_in(X509 *anchor)
{
	struct error error = { 0 };
	struct trust *trust = NULL;
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());

	must(text && PEM_write_bio_X509(text, anchor) == 1, "PEM");
	size_t length = (size_t)BIO_get_mem_data(text, &pem);
	must(trust_load(pem, length, "ca.crt", &trust, &error) == 0, error.what);
	BIO_free(text);
	return trust;
}

int sample_keys_load(const char *folder, int64_t now_utc_ms, struct keys **ret, struct error *error)
{
	struct config config;

	config_defaults(&config);
	(void)snprintf(config.keys_folder, sizeof(config.keys_folder), "%s", folder);
	return keys_load(&config, now_utc_ms, ret, error);
}

void sample_ca_make(const char *organisation, struct sample_ca *ret)
{
	struct error error = { 0 };
	char *folder = sample_folder_make();

	must(keys_init(folder, organisation, SAMPLE_NOW_MS - SAMPLE_DAY_MS, &error) == 0,
		error.what);
	must(sample_keys_load(folder, SAMPLE_NOW_MS, &ret->keys, &error) == 0, error.what);
	ret->ca_key = read_key(folder, "ca.key");
	ret->trust = trust_in(ret->keys->ca_certificate);
	sample_folder_remove(folder);
}

void sample_ca_free(struct sample_ca *ca)
{
	ca->keys = keys_free(ca->keys);
	ca->trust = trust_free(ca->trust);
	EVP_PKEY_free(ca->ca_key);
	ca->ca_key = NULL;
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	if (!value)
		return;
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension && X509_add_ext(certificate, extension, -1) == 1, value);
	X509_EXTENSION_free(extension);
}

void sample_signer_make(
	const struct sample_ca *ca, const struct sample_odd_signer *wish, struct keys **ret)
{
	struct keys *keys = calloc(1, sizeof(*keys));
	X509 *certificate = X509_new();
	X509 *issuer = ca->keys->ca_certificate;
	time_t now = (time_t)(SAMPLE_NOW_MS / 1000);
	static long serial = 4711;

	must(keys && certificate, "no memory");
	keys->signer_key = strcmp(wish->algorithm, "RSA") == 0
				   ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)wish->rsa_bits)
				   : EVP_PKEY_Q_keygen(NULL, NULL, "EC", wish->algorithm);
	must(keys->signer_key != NULL, "keygen");
	must(X509_set_version(certificate, X509_VERSION_3) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) == 1 &&
			X509_time_adj_ex(X509_getm_notBefore(certificate), wish->valid_from_days, 0,
				&now) != NULL &&
			X509_time_adj_ex(X509_getm_notAfter(certificate), wish->valid_to_days, 0,
				&now) != NULL &&
			X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
				MBSTRING_UTF8, (const unsigned char *)"odd", -1, -1, 0) == 1 &&
			X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
			X509_set_pubkey(certificate, keys->signer_key) == 1,
		"certificate");
	extend(certificate, issuer, NID_basic_constraints, wish->basic_constraints);
	extend(certificate, issuer, NID_key_usage, wish->key_usage);
	extend(certificate, issuer, NID_ext_key_usage, wish->extended_key_usage);
	extend(certificate, issuer, NID_subject_key_identifier, "hash");
	extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
	must(X509_sign(certificate, ca->ca_key, EVP_sha256()) > 0, "X509_sign");
	keys->signer_certificate = certificate;
	must(X509_up_ref(issuer) == 1, "X509_up_ref");
	keys->ca_certificate = issuer;
	*ret = keys;
}

/* Signing ---------------------------------------------------------------------------------- */

void sample_files_free(struct sample_files *files)
{
	free(files->json);
	free(files->p7s);
	memset(files, 0, sizeof(*files));
}

void sample_files_sign(const json_t *document, const struct keys *keys, struct sample_files *ret)
{
	struct error error = { 0 };
	struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);

	must(json_write_canonical(document, &text) == 0, "json_write_canonical");
	ret->json_length = text.length;
	ret->json = buffer_take(&text);
	must(keys_sign(keys, ret->json, ret->json_length, &ret->p7s, &ret->p7s_length, &error) == 0,
		error.what);
}

void sample_sign_oddly(const struct keys *keys, const void *data, size_t length, unsigned flags,
	const EVP_MD *digest, uint8_t **ret_p7s, size_t *ret_length)
{
	BIO *content = BIO_new_mem_buf(data, (int)length);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, flags | CMS_PARTIAL);

	must(cms && CMS_add1_signer(cms, keys->signer_certificate, keys->signer_key, digest, flags),
		"CMS_add1_signer");
	must(CMS_add1_cert(cms, keys->ca_certificate) == 1, "CMS_add1_cert");
	must(CMS_final(cms, content, NULL, flags) == 1, "CMS_final");
	sample_cms_write(cms, ret_p7s, ret_length);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
}

CMS_ContentInfo *sample_cms_read(const uint8_t *p7s, size_t length)
{
	const unsigned char *cursor = p7s;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)length);

	must(cms != NULL, "d2i_CMS_ContentInfo");
	return cms;
}

void sample_cms_write(CMS_ContentInfo *cms, uint8_t **ret_p7s, size_t *ret_length)
{
	int length = i2d_CMS_ContentInfo(cms, NULL);

	must(length > 0, "i2d_CMS_ContentInfo");
	unsigned char *cursor = malloc((size_t)length);
	must(cursor != NULL, "no memory");
	*ret_p7s = cursor;
	*ret_length = (size_t)length;
	must(i2d_CMS_ContentInfo(cms, &cursor) == length, "i2d_CMS_ContentInfo");
}

/* The document ----------------------------------------------------------------------------- */

static json_t *verdict_of(enum sample_job_kind kind)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:[]}", "outcome", "proven", "level",
		sample_job_level(kind), "verification", sample_job_verification(kind),
		"bytes_overwritten", (json_int_t)sample_job_overwritten(kind), "bytes_read_back",
		(json_int_t)sample_job_read_back(kind), "bytes_bad", 0, "reasons");
}

void sample_certificate_set_ledger(json_t *document, const struct note_key *ledger)
{
	char key[NOTE_VKEY_MAX];

	note_key_format(ledger, key);
	json_t *object = json_pack("{s:s, s:s}", "key", key, "origin", ledger->name);
	must(object && json_object_set_new(document, "ledger", object) == 0, "ledger");
}

json_t *sample_certificate_document(enum sample_job_kind kind)
{
	struct sample_job job;
	char name[64];

	sample_job_make(kind, &job);
	(void)snprintf(
		name, sizeof(name), "haiki-J20261123-7QK3ZD-%zu", json_array_size(job.evidence));
	json_t *document = json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:{s:i, s:i}, s:{s:s, s:s, s:s}, s:{s:s, s:s}, s:O, "
		"s:O, s:O, s:O, s:O, s:o, s:[], s:[]}",
		"format", "haiki-certificate", "format_version", 2, "name", name, "supersedes", "",
		"issued_utc", "2026-11-23T04:59:59.000Z", "clock", "synchronised", 1,
		"max_error_us", 1500, "tool", "name", "haiki", "version", "0.1.0", "build",
		"unknown", "job", "id", "J20261123-7QK3ZD", "created_utc",
		"2026-11-23T04:00:00.000Z", "subject", job.subject, "reason", job.reason, "people",
		job.people, "plan", job.plan, "evidence", job.evidence, "verdict", verdict_of(kind),
		"limits", "outstanding");
	must(document != NULL, "json_pack");
	if (kind == SAMPLE_JOB_SAMPLED)
		must(json_array_append_new(
			     json_object_get(document, "limits"), json_string("sampled")) == 0,
			"limits");
	struct note_key ledger = { .name = "haiki/0123456789abcdef",
		.algorithm = NOTE_ED25519,
		.public_key = { 1, 2, 3 } };
	must(note_key_identify(&ledger) == 0, "note_key_identify");
	sample_certificate_set_ledger(document, &ledger);
	sample_job_free(&job);
	return document;
}
