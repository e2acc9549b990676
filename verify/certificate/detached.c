/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and checking a detached CMS signature with one or more signers. */
#include "verify/certificate/detached.h"

#include "base/text.h"
#include "verify/certificate/role.h"
#include "verify/certificate/signed_data.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct detached {
	struct signed_data data;
	struct detached_signer signers[DETACHED_SIGNERS_MAX]; /* as is told */
	unsigned places[DETACHED_SIGNERS_MAX];                /* of each in data.signers */
};

struct detached *detached_free(struct detached *detached)
{
	if (detached)
		signed_data_free(&detached->data);
	free(detached);
	return NULL;
}

X509 *detached_issuer(const struct detached *detached)
{
	return detached->signers[0].certificate;
}

STACK_OF(X509) * detached_certificates(const struct detached *detached)
{
	return detached->data.certificates;
}

unsigned detached_signer_count(const struct detached *detached)
{
	return detached->data.signer_count;
}

void detached_signer_get(
	const struct detached *detached, unsigned number, struct detached_signer *ret)
{
	*ret = number < detached->data.signer_count ? detached->signers[number]
						    : (struct detached_signer){ 0 };
}

/* --- reading --- */

static int malformed(struct error *error)
{
	ERR_clear_error();
	(void)error_set(error, ERROR_FAILED, EBADMSG, "signature-malformed",
		_("The signature file is not one CMS signature in DER"));
	return error_next(error, _("Fetch the .p7s file again from where it was issued."));
}

static int say(enum signed_fault fault, struct error *error)
{
	switch (fault) {
	case SIGNED_GOOD:
		return 0;
	case SIGNED_NO_MEMORY:
		return error_no_memory(error);
	case SIGNED_WEAK:
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "signature-algorithm",
			_("The signature is not made by SHA-256, SHA-384 or SHA-512 with RSA of "
			  "2048 bits or "
			  "more, P-256, P-384 or P-521"));
	case SIGNED_NO_CERTIFICATE:
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-certificate",
			_("The signature file does not carry the certificate of its signer"));
	case SIGNED_BROKEN:
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-broken",
			_("The signature's value is wrong: the signature file was damaged or "
			  "forged"));
	case SIGNED_UNBOUND:
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-certificate",
			_("The signature does not bind the certificate of its signer "
			  "(signing-certificate-v2)"));
	case SIGNED_OTHER_CONTENT:
		(void)error_set(error, ERROR_FAILED, EBADMSG, "signature-wrong-content",
			_("The signature is good, but for another document: this one was altered "
			  "after it was "
			  "signed, or the two files do not belong together"));
		return error_next(error, _("Fetch both files again from where they were issued."));
	case SIGNED_UNKNOWN:
	case SIGNED_MALFORMED:
		break;
	}
	return malformed(error);
}

static int check_content(CMS_ContentInfo *cms, struct error *error)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data || !content)
		return malformed(error);
	if (*content)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-not-detached",
			_("The signature file holds a document of its own; it must be detached "
			  "from "
			  "the one it signs"));
	return 0;
}

/* Not stated is -1; stated, it must be one time, and one there is. */
static bool read_signing_time(const struct signed_by *by, int64_t *ret_utc_ms)
{
	struct tm parts;
	*ret_utc_ms = -1;
	if (CMS_signed_get_attr_by_NID(by->info, NID_pkcs9_signingTime, -1) < 0)
		return true;
	const ASN1_TYPE *value = signed_by_attribute(by, NID_pkcs9_signingTime);
	if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME) ||
		ASN1_TIME_to_tm(value->value.asn1_string, &parts) != 1)
		return false;
	*ret_utc_ms = (int64_t)timegm(&parts) * 1000;
	return true;
}

static int read_signer(const struct signed_by *by, struct detached_signer *ret, struct error *error)
{
	const char *role = role_name(role_of(by->info));
	if (!role)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-role",
			_("A signer signed in a role that this program does not know"));
	(void)snprintf(ret->role, sizeof(ret->role), "%s", role);
	ret->certificate = by->certificate;
	const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(by->info);
	ret->value = ASN1_STRING_get0_data(value);
	ret->value_length = (size_t)ASN1_STRING_length(value);
	if (!signed_by_token(by, &ret->token, &ret->token_length))
		ret->token = NULL;
	return read_signing_time(by, &ret->signing_utc_ms) ? 0 : malformed(error);
}

static int wrong_signers(struct error *error, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "signature-count",
		_("The signature file has not the signers that a certificate has: %s"), why);
}

/* The issuer comes first, the others keep the order of the file. */
static int place_signers(struct detached *detached, struct error *error)
{
	const struct signed_data *data = &detached->data;
	unsigned issuers = 0, next = 1;
	for (unsigned i = 0; i < data->signer_count; i++) {
		struct detached_signer signer = { 0 };
		int result = read_signer(&data->signers[i], &signer, error);
		if (result != 0)
			return result;
		if (signer.role[0] == '\0' && issuers++ > 0)
			return wrong_signers(error, _("more than one of them is the issuer"));
		unsigned place = signer.role[0] == '\0' ? 0 : next++;
		if (place == data->signer_count)
			break; /* there is no issuer */
		detached->signers[place] = signer;
		detached->places[place] = i;
	}
	if (issuers == 0)
		return wrong_signers(error, _("none of them is the issuer"));
	for (unsigned i = 0; i < data->signer_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (data->signers[i].certificate &&
				data->signers[i].certificate == data->signers[j].certificate)
				return wrong_signers(error, _("one of them signed twice"));
	return 0;
}

int detached_parse(const uint8_t *p7s, size_t length, struct decoded *decoded,
	struct detached **ret, struct error *error)
{
	if (length == 0 || length > DETACHED_MAX_BYTES)
		return malformed(error);
	struct detached *detached = calloc(1, sizeof(*detached));
	if (!detached)
		return error_no_memory(error);
	int result = say(signed_data_read(p7s, length, decoded, &detached->data), error);
	if (result == 0)
		result = check_content(detached->data.cms, error);
	if (result == 0)
		result = place_signers(detached, error);
	if (result != 0) {
		detached_free(detached);
		return result;
	}
	*ret = detached;
	return 0;
}

/* --- checking --- */

static int verify_one(
	const struct signed_by *by, const void *data, size_t length, struct error *error)
{
	enum signed_fault fault = signed_by_verify(by, NID_pkcs7_data, data, length);
	/* SHA-1 binds nothing here, as it may in the tokens of others. */
	if (fault == SIGNED_GOOD && !signed_by_attribute(by, NID_id_smime_aa_signingCertificateV2))
		fault = SIGNED_UNBOUND;
	return say(fault, error);
}

int detached_verify(struct detached *detached, const void *data, size_t length, struct error *error)
{
	int result = 0;
	for (unsigned i = 0; result == 0 && i < detached->data.signer_count; i++)
		result = verify_one(
			&detached->data.signers[detached->places[i]], data, length, error);
	return result;
}

/* Nothing rides along: each certificate inside is on somebody's way. */
static int check_used(
	const struct detached *detached, STACK_OF(X509) *const *ways, struct error *error)
{
	const STACK_OF(X509) *inside = detached->data.certificates;
	for (int i = 0; i < sk_X509_num(inside); i++) {
		bool used = false;
		for (unsigned j = 0; !used && j < detached->data.signer_count; j++)
			used = trust_way_has(ways[j], sk_X509_value(inside, i));
		if (!used)
			return trust_error_extra(error);
	}
	return 0;
}

/* A second person may lead to an anchor of persons as well; the issuer never. */
static int find_way(const struct detached *detached, unsigned number, const struct trust *trust,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error)
{
	const struct detached_signer *signer = &detached->signers[number];
	struct error first = { 0 };
	int result = trust_check_signer(trust, signer->certificate, detached->data.certificates,
		at_utc_ms, ret_way, &first);
	if (result != 0 && signer->role[0] && trust_persons(trust) &&
		strcmp(first.code, "signature-wrong-signer") == 0)
		return trust_check_signer(trust_persons(trust), signer->certificate,
			detached->data.certificates, at_utc_ms, ret_way, error);
	if (result != 0 && error)
		*error = first;
	return result;
}

/* The CA gave some certificates to witnesses and approvers, who must not become issuers by them. */
static int check_signer(const struct detached *detached, unsigned number, const struct trust *trust,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error)
{
	const struct detached_signer *signer = &detached->signers[number];
	if (!signer->certificate)
		return say(SIGNED_NO_CERTIFICATE, error);
	int result = find_way(detached, number, trust, at_utc_ms, ret_way, error);
	if (result != 0 || role_is_allowed(role_parse(signer->role), signer->certificate))
		return result;
	*ret_way = trust_way_free(*ret_way);
	char subject[256];
	trust_subject(signer->certificate, subject, sizeof(subject));
	return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-allowed",
		_("The signer's certificate %s was given for another role"), subject);
}

int detached_check_chains(const struct detached *detached, const struct trust *trust,
	const int64_t *at_utc_ms, STACK_OF(X509) * *ret_ways, struct error *error)
{
	STACK_OF(X509) * ways[DETACHED_SIGNERS_MAX] = { NULL };
	unsigned count = detached->data.signer_count;
	int result = 0;
	for (unsigned i = 0; result == 0 && i < count; i++)
		result = check_signer(detached, i, trust, at_utc_ms[i], &ways[i], error);
	if (result == 0)
		result = check_used(detached, ways, error);
	for (unsigned i = 0; i < count; i++) {
		if (result == 0 && ret_ways)
			ret_ways[i] = ways[i];
		else
			trust_way_free(ways[i]);
	}
	return result;
}

/* --- later forms --- */

static bool same_bytes(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

/* The same signature by the same certificate in the same role, which keeps its time stamp. */
static bool continues(const struct detached_signer *old, const struct detached_signer *new)
{
	if (!old->certificate || !new->certificate ||
		X509_cmp(old->certificate, new->certificate) != 0 ||
		strcmp(old->role, new->role) != 0 ||
		!same_bytes(old->value, old->value_length, new->value, new->value_length))
		return false;
	return !old->token || (new->token &&same_bytes(old->token, old->token_length, new->token,
				      new->token_length));
}

static unsigned token_count(const struct detached *detached)
{
	unsigned count = 0;
	for (unsigned i = 0; i < detached->data.signer_count; i++)
		count += detached->signers[i].token != NULL;
	return count;
}

bool detached_extends(const struct detached *first, const struct detached *second)
{
	if (!continues(&first->signers[0], &second->signers[0]))
		return false;
	for (unsigned i = 1; i < first->data.signer_count; i++) {
		bool found = false;
		for (unsigned j = 1; !found && j < second->data.signer_count; j++)
			found = continues(&first->signers[i], &second->signers[j]);
		if (!found)
			return false;
	}
	return second->data.signer_count > first->data.signer_count ||
	       token_count(second) > token_count(first);
}
