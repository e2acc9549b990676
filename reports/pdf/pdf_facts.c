/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate's files say, and that they belong together. */
#include "reports/pdf/pdf_parts.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "verify/certificate/detached.h"
#include "verify/ledger/proof.h"
#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void pdf_facts_free(struct pdf_facts *facts)
{
	json_decref(facts->certificate);
	statement_free(&facts->statement);
}

static int not_together(const struct pdf_source *source, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-failed",
		_("The files of the certificate %s do not belong together"), source->name);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* --- the document --- */

static int read_document(
	const struct pdf_source *source, struct pdf_facts *facts, struct error *error)
{
	int result = json_parse_canonical(
		source->json, source->json_length, source->name, &facts->certificate, error);
	if (result == 0)
		result = statement_make(facts->certificate, &facts->statement, error);
	if (result != 0)
		return result;
	if (digest_sha256_hex(source->json, source->json_length, facts->sha256) != 0)
		return error_no_memory(error);
	if (strcmp(text_of(facts->certificate, "name"), source->name) != 0)
		return not_together(source, error);
	const json_t *subject = json_object_get(facts->certificate, "subject");
	const json_t *contract = json_object_get(facts->certificate, "contract");
	facts->outcome = facts->statement.outcome.word;
	facts->serial = contract ? text_of(contract, "number")
				 : text_of(json_object_get(subject, "identity"), "serial");
	facts->origin = text_of(json_object_get(facts->certificate, "ledger"), "origin");
	(void)snprintf(facts->title, sizeof(facts->title), "%s %.160s",
		pdf_title(&facts->statement).japanese, source->name);
	return 0;
}

/* --- the signatures --- */

/* The time a token names; whether it may be believed was asked when it was added. 0: it names none. */
static int64_t time_of_token(const uint8_t *token, size_t length)
{
	const unsigned char *at = token;
	int64_t utc_ms = 0;
	struct tm time = { 0 };
	PKCS7 *signed_data = length <= LONG_MAX ? d2i_PKCS7(NULL, &at, (long)length) : NULL;
	TS_TST_INFO *info = signed_data ? PKCS7_to_TS_TST_INFO(signed_data) : NULL;
	if (info && ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &time) == 1)
		utc_ms = (int64_t)timegm(&time) * 1000;
	TS_TST_INFO_free(info);
	PKCS7_free(signed_data);
	return utc_ms;
}

static void read_signer(const struct detached_signer *signer, struct pdf_signer *ret)
{
	*ret = (struct pdf_signer){ 0 };
	(void)snprintf(ret->role, sizeof(ret->role), "%.31s", signer->role);
	if (signer->token)
		ret->stamped_utc_ms = time_of_token(signer->token, signer->token_length);
	const X509_NAME *name =
		signer->certificate ? X509_get_subject_name(signer->certificate) : NULL;
	int at = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
	unsigned char *text = NULL;
	int length = at < 0 ? -1
			    : ASN1_STRING_to_UTF8(&text,
				      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (length >= 0)
		(void)snprintf(ret->name, sizeof(ret->name), "%.*s", length, text);
	OPENSSL_free(text);
}

static int trust_own(const struct keys *keys, struct trust **ret, struct error *error)
{
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());
	long length = text && PEM_write_bio_X509(text, keys->ca_certificate) == 1
			      ? BIO_get_mem_data(text, &pem)
			      : 0;
	int result = length > 0 ? trust_load(pem, (size_t)length, "ca.crt", ret, error)
				: error_no_memory(error);
	BIO_free(text);
	return result;
}

/* Our signature is put on no pages of a certificate that is not ours. Whether the signer's time is over is not
 * asked: it signed long ago, and the pages say nothing new. */
int pdf_check_issuer(const struct detached *detached, const struct keys *keys, int64_t now_utc_ms,
	struct error *error)
{
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	CLEANUP(cleanup_trust_way_free) STACK_OF(X509) *way = NULL;
	struct detached_signer issuer;
	detached_signer_get(detached, 0, &issuer);
	int result = trust_own(keys, &trust, error);
	if (result != 0)
		return result;
	return trust_check_signer(trust, issuer.certificate, detached_certificates(detached),
		issuer.signing_utc_ms >= 0 ? issuer.signing_utc_ms : now_utc_ms, &way, error);
}

static int read_signatures(const struct pdf_source *source, const struct keys *keys,
	int64_t now_utc_ms, struct pdf_facts *facts, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int result = detached_parse(source->p7s, source->p7s_length, NULL, &detached, error);
	if (result == 0)
		result = detached_verify(detached, source->json, source->json_length, error);
	if (result == 0)
		result = pdf_check_issuer(detached, keys, now_utc_ms, error);
	if (result != 0)
		return result;
	facts->signer_count = MIN((size_t)detached_signer_count(detached), (size_t)PDF_SIGNERS_MAX);
	for (unsigned i = 0; i < facts->signer_count; i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		read_signer(&signer, &facts->signers[i]);
	}
	return 0;
}

/* --- the proof --- */

/* The certificate names its ledger's key; one of before there was a ledger is in ours of today. */
static int find_ledger(const struct pdf_facts *facts, const struct keys *keys, struct note_key *ret,
	struct error *error)
{
	const char *key = text_of(json_object_get(facts->certificate, "ledger"), "key");
	if (key[0])
		return note_key_parse(key, strlen(key), ret, error);
	*ret = keys->ledger_public;
	return 0;
}

static int read_proof(const struct pdf_source *source, const struct keys *keys,
	struct pdf_facts *facts, struct error *error)
{
	if (!source->proof)
		return 0;
	AUTO_PROOF struct proof proof = { 0 };
	AUTO_RECORD struct record record = { 0 };
	struct checkpoint checkpoint;
	struct note_key key;
	int result = find_ledger(facts, keys, &key, error);
	if (result == 0)
		result = proof_parse(source->proof, source->proof_length, &proof, error);
	if (result == 0)
		result = proof_check(&proof, &key, &record, &checkpoint, error);
	if (result != 0)
		return result;
	if (strcmp(text_of(record.body, "sha256"), facts->sha256) != 0)
		return not_together(source, error);
	if (facts->origin[0] == '\0')
		facts->origin = keys->ledger_public.name;
	facts->in_ledger = true;
	facts->index = record.index;
	facts->tree_size = checkpoint.size;
	return 0;
}

int pdf_facts_read(const struct pdf_source *source, const struct keys *keys, struct pdf_facts *ret,
	struct error *error)
{
	AUTO_FACTS struct pdf_facts facts = { .source = source };
	struct clock_reading now;
	clock_read(&now);
	clock_format(now.utc_ms, facts.now_utc);
	int result = read_document(source, &facts, error);
	if (result == 0)
		result = read_signatures(source, keys, now.utc_ms, &facts, error);
	if (result == 0)
		result = read_proof(source, keys, &facts, error);
	if (result != 0)
		return result;
	*ret = facts;
	facts = (struct pdf_facts){ 0 }; /* the caller's now */
	return 0;
}
