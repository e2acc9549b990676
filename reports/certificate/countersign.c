/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Approving and witnessing. */
#include "reports/certificate/countersign.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "inventory/jobs/certificates_cms.h"
#include "inventory/ledger/ledger_rows.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <openssl/x509.h>
#include <string.h>

static int find(struct store *store, const char *wanted, struct certificate_record *ret,
	struct error *error)
{
	int found = certificates_named(store, wanted, ret, error);
	if (found == 0)
		found = certificates_latest(store, wanted, ret, error);
	if (found < 0)
		return found;
	return found == 1 ? 0
			  : error_set(error, ERROR_USAGE, ENOENT, "certificate-unknown",
				    _("There is no certificate of the name or job %s"), wanted);
}

/* --- may this person? --- */

static const char *name_of(const json_t *document, const char *who)
{
	const json_t *people = json_object_get(document, "people");
	const char *name = json_string_value(json_object_get(json_object_get(people, who), "name"));
	return name ? name : "";
}

static int check_document(const struct countersign_wish *wish,
	const struct certificate_record *certificate, struct error *error)
{
	AUTO_JSON json_t *document = NULL;
	int result = json_parse_canonical(
		certificate->json, strlen(certificate->json), certificate->name, &document, error);
	if (result != 0)
		return result;
	const char *person = wish->person->name;
	const char *operator= name_of(document, "operator"),
		   *witness = name_of(document, "witness");
	if (!operator[0])
		return error_set(error, ERROR_REFUSED, ENODATA, "operator-unknown",
			_("The certificate %s does not name its operator, so nothing shows that %s "
			  "is "
			  "another person"),
			certificate->name, person);
	if (person_same_name(operator, person))
		return error_set(error, ERROR_REFUSED, EPERM, "person-operator",
			_("%s was the operator, and a second person must be another"), person);
	if (wish->role == ROLE_WITNESS && witness[0] && !person_same_name(witness, person))
		return error_set(error, ERROR_REFUSED, EPERM, "person-other-witness",
			_("The certificate %s names %s as its witness, not %s"), certificate->name,
			witness, person);
	return 0;
}

static bool same_person(const X509 *certificate, const struct person_key *person)
{
	char name[sizeof(person->name)] = "";
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
		    (int)sizeof(name)) > 0 &&
		person_same_name(name, person->name))
		return true;
	return EVP_PKEY_eq(X509_get0_pubkey(certificate), person->key) == 1;
}

/* Neither the issuer nor anyone who signed already. */
static int check_signers(
	const struct countersign_wish *wish, const struct certificate_cms *cms, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int result = detached_parse(cms->p7s, cms->length, NULL, &detached, error);
	for (unsigned i = 0; result == 0 && i < detached_signer_count(detached); i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		if (!signer.certificate || same_person(signer.certificate, wish->person))
			result = error_set(error, ERROR_REFUSED, EPERM, "person-signed",
				_("%s signed this certificate already, and a second person must be "
				  "another"),
				wish->person->name);
	}
	return result;
}

/* --- signing --- */

static int append_record(struct store *store, const struct countersign_wish *wish,
	const struct certificate_record *certificate, int64_t now_utc_ms, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char key[SHA256_HEX_SIZE];
	if (X509_digest(wish->person->certificate, EVP_sha256(), digest, &length) != 1 ||
		length != SHA256_BYTES)
		return error_no_memory(error);
	hex_encode(digest, length, key);
	AUTO_JSON json_t *body = json_object();
	if (!body || json_put_string(body, "certificate", certificate->name) != 0 ||
		json_put_string(body, "sha256", certificate->sha256) != 0 ||
		json_put_string(body, "role", role_name(wish->role)) != 0 ||
		json_put_string(body, "person", wish->person->name) != 0 ||
		json_put_string(body, "key_sha256", key) != 0)
		return error_no_memory(error);
	return ledger_append(store, "signature", body, "", now_utc_ms, NULL, error);
}

static int sign(struct store *store, const struct countersign_wish *wish,
	const struct certificate_record *certificate, int64_t now_utc_ms, struct error *error)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms cms = { 0 };
	AUTO_FREE uint8_t *p7s = NULL;
	size_t length = 0;
	int result = certificates_cms_latest(store, certificate->name, &cms, error);
	if (result == 0)
		result = error_set(error, ERROR_FAILED, ENOENT, "certificate-unknown",
			_("There is no certificate of the name or job %s"), certificate->name);
	else if (result == 1)
		result = check_signers(wish, &cms, error);
	if (result == 0)
		result = person_sign(wish->person, wish->role,
			&(struct signed_document){
				certificate->json, strlen(certificate->json), cms.p7s, cms.length },
			&p7s, &length, error);
	if (result == 0)
		result = certificates_cms_append(store, certificate->name, cms.number,
			CMS_CHANGE_SIGNED, p7s, length, now_utc_ms, error);
	return result == 0 ? append_record(store, wish, certificate, now_utc_ms, error) : result;
}

static int countersign_within(struct store *store, const struct countersign_wish *wish,
	int64_t now_utc_ms, struct certificate_record *ret, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	int result = find(store, wish->certificate, &certificate, error);
	if (result == 0)
		result = check_document(wish, &certificate, error);
	if (result == 0)
		result = person_check(wish->person, wish->role, wish->trust, wish->keys_folder,
			now_utc_ms, error);
	if (result == 0)
		result = sign(store, wish, &certificate, now_utc_ms, error);
	return result == 0 ? find(store, certificate.name, ret, error) : result;
}

int certificate_countersign(struct store *store, const struct countersign_wish *wish,
	int64_t now_utc_ms, struct certificate_record *ret, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	if (!role_name(wish->role) || wish->role == ROLE_ISSUER)
		return error_set(error, ERROR_USAGE, EINVAL, "role-unknown",
			_("A second person signs as approver or as witness"));
	int result = store_begin(store, error);
	if (result != 0)
		return result;
	result = countersign_within(store, wish, now_utc_ms, &certificate, error);
	result = store_end(store, result, error);
	if (result != 0)
		return result;
	*ret = certificate;
	certificate = (struct certificate_record){ 0 };
	return 0;
}
