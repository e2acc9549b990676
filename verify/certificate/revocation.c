/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation lists: read once, each checked against its issuer once, and asked for the certificates of a way. */
#include "verify/certificate/revocation.h"

#include "base/clock.h"
#include "base/text.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* Certificates whose lists were checked, kept for a run over thousands of documents with the same few issuers. */
#define ISSUERS_MAX 4

struct list {
	X509_CRL *crl;
	int64_t this_utc_ms, next_utc_ms;
	int64_t expired_utc_ms; /* who expired since then is still on it; INT64_MAX: nobody is */
	X509 *issuers[ISSUERS_MAX]; /* its signature is by the key of each */
	unsigned next_place;
};

struct revocation {
	pthread_mutex_t lock; /* guards the issuers of the lists */
	struct list lists[REVOCATION_LISTS_MAX];
	size_t count;
};

struct revocation *revocation_new(void)
{
	struct revocation *revocation = calloc(1, sizeof(*revocation));
	if (revocation && pthread_mutex_init(&revocation->lock, NULL) != 0) {
		free(revocation);
		return NULL;
	}
	return revocation;
}

static void list_clear(struct list *list)
{
	X509_CRL_free(list->crl);
	for (unsigned i = 0; i < ISSUERS_MAX; i++)
		X509_free(list->issuers[i]);
	*list = (struct list){ 0 };
}

struct revocation *revocation_free(struct revocation *revocation)
{
	if (!revocation)
		return NULL;
	for (size_t i = 0; i < revocation->count; i++)
		list_clear(&revocation->lists[i]);
	(void)pthread_mutex_destroy(&revocation->lock);
	free(revocation);
	return NULL;
}

size_t revocation_count(const struct revocation *revocation)
{
	return revocation->count;
}

/* --- reading --- */

static int malformed(const char *name, struct error *error)
{
	ERR_clear_error();
	(void)error_set(error, ERROR_USAGE, EBADMSG, "revocation-malformed",
		_("%s is no revocation list in PEM or DER that can be used"), name);
	return error_next(error,
		_("Fetch the list (CRL) again from who issues the certificates of the signers."));
}

static bool time_to_ms(const ASN1_TIME *time, int64_t *ret)
{
	struct tm parts;
	if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*ret = (int64_t)timegm(&parts) * 1000;
	return true;
}

/* Only a full list by the issuer itself: no delta, no issuing distribution point that leaves something out, and no
 * critical extension that we do not read (RFC 5280 5.2). */
static bool is_usable(X509_CRL *crl)
{
	if (X509_CRL_get_version(crl) > 1 || X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ||
		X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0)
		return false;
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++)
		if (X509_REVOKED_get_ext_by_critical(sk_X509_REVOKED_value(revoked, i), 1, -1) >= 0)
			return false;
	return true;
}

/* ExpiredCertsOnCRL (X.509 8.5.2.12): without it who expired may have been taken off the list. */
static int64_t expired_since(const X509_CRL *crl)
{
	ASN1_OBJECT *type = OBJ_txt2obj("2.5.29.60", 1);
	int at = type ? X509_CRL_get_ext_by_OBJ(crl, type, -1) : -1;
	int64_t since = INT64_MAX;
	ASN1_OBJECT_free(type);
	if (at < 0)
		return since;
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_CRL_get_ext(crl, at));
	const unsigned char *cursor = ASN1_STRING_get0_data(value);
	ASN1_GENERALIZEDTIME *time =
		d2i_ASN1_GENERALIZEDTIME(NULL, &cursor, ASN1_STRING_length(value));
	if (!time_to_ms(time, &since))
		since = INT64_MAX;
	ASN1_GENERALIZEDTIME_free(time);
	return since;
}

static bool take(struct revocation *revocation, X509_CRL *crl)
{
	struct list list = { .crl = crl };
	if (revocation->count == REVOCATION_LISTS_MAX || !is_usable(crl) ||
		!time_to_ms(X509_CRL_get0_lastUpdate(crl), &list.this_utc_ms) ||
		!time_to_ms(X509_CRL_get0_nextUpdate(crl), &list.next_utc_ms)) {
		X509_CRL_free(crl);
		return false;
	}
	list.expired_utc_ms = expired_since(crl);
	revocation->lists[revocation->count++] = list;
	return true;
}

static bool add_der(struct revocation *revocation, const void *data, size_t length)
{
	const unsigned char *at = data;
	const unsigned char *end = at + length;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)length);
	if (crl && at == end)
		return take(revocation, crl);
	X509_CRL_free(crl);
	return false;
}

static bool add_pem(struct revocation *revocation, const void *data, size_t length)
{
	char no_passphrase[] = ""; /* else OpenSSL would ask on the terminal */
	BIO *source = BIO_new_mem_buf(data, (int)length);
	X509_CRL *crl = NULL;
	size_t before = revocation->count;
	bool good = source != NULL;
	while (good && (crl = PEM_read_bio_X509_CRL(source, NULL, NULL, no_passphrase)))
		good = take(revocation, crl);
	unsigned long reason = ERR_peek_last_error();
	bool no_more =
		ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
	BIO_free(source);
	return good && no_more && revocation->count > before;
}

int revocation_add(struct revocation *revocation, const void *data, size_t length, const char *name,
	struct error *error)
{
	size_t before = revocation->count;
	bool added = false;
	ERR_clear_error();
	if (length > 0 && length <= REVOCATION_MAX_BYTES)
		added = *(const uint8_t *)data == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED)
				? add_der(revocation, data, length)
				: add_pem(revocation, data, length);
	ERR_clear_error();
	if (added)
		return 0;
	while (revocation->count > before)
		list_clear(&revocation->lists[--revocation->count]);
	return malformed(name, error);
}

/* --- asking --- */

/* Its signature is by this issuer, who may sign lists. */
static bool is_by(struct revocation *revocation, struct list *list, X509 *issuer)
{
	bool known = false;
	(void)pthread_mutex_lock(&revocation->lock);
	for (unsigned i = 0; !known && i < ISSUERS_MAX; i++)
		known = list->issuers[i] && X509_cmp(list->issuers[i], issuer) == 0;
	(void)pthread_mutex_unlock(&revocation->lock);
	if (known)
		return true;
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	int digest = NID_undef;
	uint32_t usage = X509_get_key_usage(issuer); /* all when none is stated */
	if (!trust_key_is_allowed(key) || !(usage & KU_CRL_SIGN) ||
		OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list->crl), &digest, NULL) != 1 ||
		(digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512) ||
		X509_CRL_verify(list->crl, key) != 1) {
		ERR_clear_error();
		return false;
	}
	(void)pthread_mutex_lock(&revocation->lock);
	if (X509_up_ref(issuer) == 1) {
		X509_free(list->issuers[list->next_place]);
		list->issuers[list->next_place] = issuer;
		list->next_place = (list->next_place + 1) % ISSUERS_MAX;
	}
	(void)pthread_mutex_unlock(&revocation->lock);
	return true;
}

/* From when on it counts: the earlier of the two dates; one that cannot be read counts from the beginning. */
static int64_t revoked_since(const X509_REVOKED *revoked)
{
	int64_t since = INT64_MIN, invalid = INT64_MIN;
	if (!time_to_ms(X509_REVOKED_get0_revocationDate(revoked), &since))
		return INT64_MIN;
	int critical = 0;
	ASN1_GENERALIZEDTIME *date =
		X509_REVOKED_get_ext_d2i(revoked, NID_invalidity_date, &critical, NULL);
	if (!date)
		return critical == -1 ? since : INT64_MIN; /* -1: there is none */
	if (!time_to_ms(date, &invalid))
		invalid = INT64_MIN;
	ASN1_GENERALIZEDTIME_free(date);
	return MIN(since, invalid);
}

/* Taken off a list again (only deltas say so) is revoked all the same here: we refuse rather than guess. */
static int check_not_revoked(
	const struct list *list, X509 *certificate, int64_t at_utc_ms, struct error *error)
{
	X509_REVOKED *revoked = NULL;
	if (X509_CRL_get0_by_cert(list->crl, &revoked, certificate) == 0 || !revoked)
		return 0;
	int64_t since = revoked_since(revoked);
	if (at_utc_ms >= 0 && at_utc_ms < since)
		return 0;
	char subject[256], when[CLOCK_TEXT_SIZE];
	trust_subject(certificate, subject, sizeof(subject));
	clock_format(MAX(since, 0), when);
	(void)error_set(error, ERROR_FAILED, EKEYREVOKED, "signer-revoked",
		_("The certificate %s was revoked from %s on"), subject, when);
	return error_next(error,
		at_utc_ms >= 0 ? _("It signed after that. Do not rely on this signature.")
			       : _("No time stamp shows that it signed before. Do not rely on this "
				   "signature."));
}

static int outdated(const struct list *list, X509 *issuer, int64_t now_utc_ms, struct error *error)
{
	char subject[256], when[CLOCK_TEXT_SIZE];
	trust_subject(issuer, subject, sizeof(subject));
	clock_format(MAX(list->this_utc_ms > now_utc_ms ? list->this_utc_ms : list->next_utc_ms, 0),
		when);
	if (list->this_utc_ms > now_utc_ms)
		(void)error_set(error, ERROR_FAILED, ESTALE, "revocation-outdated",
			_("The revocation list of %s is not valid before %s"), subject, when);
	else if (list->next_utc_ms < now_utc_ms)
		(void)error_set(error, ERROR_FAILED, ESTALE, "revocation-outdated",
			_("The revocation list of %s was valid until %s"), subject, when);
	else
		return error_set(error, ERROR_FAILED, ESTALE, "revocation-outdated",
			_("The revocation list of %s is from after the certificate's end, when it "
			  "may have been taken off the list"),
			subject);
	return error_next(error, _("Fetch the newest list from who issues these certificates."));
}

struct asked {      /* what the lists of one issuer came to */
	bool named; /* there is one by that name */
	bool by;    /* and it is the issuer's */
	bool told;  /* and it would be on it */
	const struct list *newest;
};

/* Would it be on this list if it were revoked? Lists forget who expired. So the list is valid now and the
 * certificate had not expired when it was made, or such are kept on it; or the certificate has expired, and the list
 * is from the time between its stamped signature and that. */
static bool tells(const struct list *list, X509 *certificate, int64_t at_utc_ms, int64_t now_utc_ms)
{
	int64_t expiry = 0;
	if (!time_to_ms(X509_get0_notAfter(certificate), &expiry))
		return false;
	bool current = list->this_utc_ms <= now_utc_ms && now_utc_ms <= list->next_utc_ms;
	if (list->this_utc_ms <= expiry)
		return current ||
		       (expiry < now_utc_ms && at_utc_ms >= 0 && list->this_utc_ms >= at_utc_ms);
	return current && list->expired_utc_ms <= expiry;
}

/* Each list of the issuer may refuse, also one that is over; one that tells is needed to pass. */
static int ask(struct revocation *revocation, X509 *certificate, X509 *issuer, int64_t at_utc_ms,
	int64_t now_utc_ms, struct asked *asked, struct error *error)
{
	for (size_t i = 0; i < revocation->count; i++) {
		struct list *list = &revocation->lists[i];
		if (X509_NAME_cmp(X509_CRL_get_issuer(list->crl), X509_get_subject_name(issuer)) !=
			0)
			continue;
		asked->named = true;
		if (!is_by(revocation, list, issuer))
			continue;
		asked->by = true;
		int result = check_not_revoked(list, certificate, at_utc_ms, error);
		if (result != 0)
			return result;
		asked->told |= tells(list, certificate, at_utc_ms, now_utc_ms);
		if (!asked->newest || asked->newest->this_utc_ms < list->this_utc_ms)
			asked->newest = list;
	}
	return 0;
}

static int check_one(struct revocation *revocation, X509 *certificate, X509 *issuer,
	int64_t at_utc_ms, int64_t now_utc_ms, struct error *error)
{
	struct asked asked = { 0 };
	int result = ask(revocation, certificate, issuer, at_utc_ms, now_utc_ms, &asked, error);
	if (result != 0 || asked.told)
		return result;
	char subject[256];
	trust_subject(issuer, subject, sizeof(subject));
	if (asked.newest)
		return outdated(asked.newest, issuer, now_utc_ms, error);
	if (asked.named)
		return error_set(error, ERROR_FAILED, EBADMSG, "revocation-broken",
			_("The revocation list in the name of %s is not signed by it"), subject);
	return error_set(error, ERROR_FAILED, ENODATA, "revocation-missing",
		_("No revocation list of %s was given"), subject);
}

int revocation_check(const struct revocation *revocation, const STACK_OF(X509) * way,
	int64_t at_utc_ms, int64_t now_utc_ms, struct error *error)
{
	/* What is not const of it is the memory of checks made, which the lock guards. */
	struct revocation *lists = (struct revocation *)(uintptr_t)revocation;
	int missing = 0;
	for (int i = 0; i + 1 < sk_X509_num(way); i++) {
		struct error one = { 0 };
		int result = check_one(lists, sk_X509_value(way, i), sk_X509_value(way, i + 1),
			at_utc_ms, now_utc_ms, &one);
		if (result == 0 || (result == -ENODATA && missing != 0))
			continue;
		if (error)
			*error = one;
		if (result != -ENODATA)
			return result;
		missing = result;
	}
	return missing;
}
