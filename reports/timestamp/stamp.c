/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time stamps into signatures, and into the store. */
#include "base/digest.h"
#include "base/text.h"
#include "inventory/jobs/certificates_cms.h"
#include "reports/timestamp/timestamp.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

#define TRIES 3 /* when others add to the same signature */

static int failed(struct error *error)
{
	ERR_clear_error();
	return error_set(error, ERROR_FAILED, EIO, "timestamp-failed",
		_("The time stamp could not be added to the signature"));
}

/* --- one signature --- */

/* The order of a file's signers changes with what is in them: each is found by its value. */
static CMS_SignerInfo *find_signer(CMS_ContentInfo *cms, const struct detached_signer *signer)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	for (int i = 0; i < sk_CMS_SignerInfo_num(infos); i++) {
		CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, i);
		const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(info);
		if ((size_t)ASN1_STRING_length(value) == signer->value_length &&
			memcmp(ASN1_STRING_get0_data(value), signer->value, signer->value_length) ==
				0)
			return info;
	}
	return NULL;
}

static int stamp_signer(struct timestamp_authority *authority, CMS_ContentInfo *cms,
	const struct detached_signer *signer, struct error *error)
{
	AUTO_FREE uint8_t *token = NULL;
	size_t length = 0;
	int result = timestamp_request(
		authority, signer->value, signer->value_length, &token, &length, error);
	if (result != 0)
		return result;
	CMS_SignerInfo *info = find_signer(cms, signer);
	if (!info || CMS_unsigned_add1_attr_by_NID(info, NID_id_smime_aa_timeStampToken,
			     V_ASN1_SEQUENCE, token, (int)length) != 1)
		return failed(error);
	return 0;
}

static int write_cms(CMS_ContentInfo *cms, uint8_t **ret, size_t *ret_length, struct error *error)
{
	int length = i2d_CMS_ContentInfo(cms, NULL);
	if (length <= 0)
		return failed(error);
	uint8_t *der = malloc((size_t)length);
	unsigned char *cursor = der;
	if (!der)
		return error_no_memory(error);
	*ret_length = (size_t)i2d_CMS_ContentInfo(cms, &cursor);
	*ret = der;
	return 0;
}

/* What is kept must be the same signature, and more of it. */
static int read_back(
	const struct detached *before, const uint8_t *der, size_t length, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *after = NULL;
	if (detached_parse(der, length, NULL, &after, NULL) == 0 && detached_extends(before, after))
		return 0;
	return failed(error);
}

static int stamp_all(struct timestamp_authority *authority, CMS_ContentInfo *cms,
	const struct detached *detached, struct error *error)
{
	unsigned stamped = 0;
	for (unsigned i = 0; i < detached_signer_count(detached); i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		if (signer.token)
			continue;
		int result = stamp_signer(authority, cms, &signer, error);
		if (result != 0)
			return result;
		stamped++;
	}
	return stamped > 0 ? 0 : -EALREADY;
}

int timestamp_add(struct timestamp_authority *authority, const uint8_t *cms, size_t length,
	uint8_t **ret, size_t *ret_length, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	AUTO_FREE uint8_t *der = NULL;
	size_t der_length = 0;
	int result = detached_parse(cms, length, NULL, &detached, error);
	if (result != 0)
		return result;
	const unsigned char *cursor = cms;
	CMS_ContentInfo *read = d2i_CMS_ContentInfo(NULL, &cursor, (long)length);
	result = read ? stamp_all(authority, read, detached, error) : failed(error);
	if (result == 0)
		result = write_cms(read, &der, &der_length, error);
	CMS_ContentInfo_free(read);
	if (result == 0)
		result = read_back(detached, der, der_length, error);
	if (result != 0)
		return result;
	*ret = der;
	*ret_length = der_length;
	der = NULL;
	return 0;
}

/* --- certificates of the store --- */

static int take_form(struct certificate_record *certificate, const uint8_t *p7s, size_t length,
	struct error *error)
{
	char *hex = malloc(2 * length + 1);
	if (!hex)
		return error_no_memory(error);
	hex_encode(p7s, length, hex);
	free(certificate->p7s_hex);
	certificate->p7s_hex = hex;
	return 0;
}

/* What is stamped is over this document, and not something else under its name. */
static int check_form(const struct certificate_record *certificate,
	const struct certificate_cms *form, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int result = detached_parse(form->p7s, form->length, NULL, &detached, error);
	if (result == 0)
		result = detached_verify(
			detached, certificate->json, strlen(certificate->json), error);
	return result;
}

static int stamp_newest(struct store *store, struct timestamp_authority *authority,
	struct certificate_record *certificate, int64_t now_utc_ms, struct error *error)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms form = { 0 };
	AUTO_FREE uint8_t *der = NULL;
	size_t length = 0;
	int found = certificates_cms_latest(store, certificate->name, &form, error);
	if (found < 0)
		return found;
	if (found == 0)
		return error_set(error, ERROR_FAILED, ENOENT, "certificate-unknown",
			_("There is no certificate %s in the store %s"), certificate->name,
			store_path(store));
	int result = check_form(certificate, &form, error);
	if (result == 0 && strcmp(form.change, CMS_CHANGE_STAMPED) != 0)
		result = timestamp_add(authority, form.p7s, form.length, &der, &length, error);
	else if (result == 0)
		return take_form(certificate, form.p7s, form.length, error);
	if (result == -EALREADY) { /* it came so: only that it is so is not known yet */
		der = form.p7s;
		length = form.length;
		form.p7s = NULL;
		result = 0;
	}
	if (result == 0)
		result = certificates_cms_append(store, certificate->name, form.number,
			CMS_CHANGE_STAMPED, der, length, now_utc_ms, error);
	return result == 0 ? take_form(certificate, der, length, error) : result;
}

int timestamp_certificate(struct store *store, struct timestamp_authority *authority,
	struct certificate_record *certificate, int64_t now_utc_ms, struct error *error)
{
	int result = authority ? -ESTALE : 0;
	for (unsigned i = 0; result == -ESTALE && i < TRIES; i++)
		result = stamp_newest(store, authority, certificate, now_utc_ms, error);
	return result;
}

static int stamp_named(struct store *store, struct timestamp_authority *authority, const char *name,
	int64_t now_utc_ms, timestamp_stamped *each, void *context, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	int found = certificates_named(store, name, &certificate, error);
	if (found < 0)
		return found;
	if (found == 0)
		return failed(error);
	int result = timestamp_certificate(store, authority, &certificate, now_utc_ms, error);
	return result == 0 && each ? each(context, &certificate, error) : result;
}

int timestamp_pending(struct store *store, struct timestamp_authority *authority,
	int64_t now_utc_ms, timestamp_stamped *each, void *context, size_t *ret_done,
	size_t *ret_waiting, struct error *error)
{
	AUTO_CMS_STATES struct cms_state_list list = { 0 };
	*ret_done = *ret_waiting = 0;
	if (!authority)
		return 0;
	int first = certificates_cms_states(store, true, &list, error);
	for (size_t i = 0; i < list.count; i++) {
		struct error one = { 0 };
		if (first != 0 && timestamp_authority_failed(authority)) {
			*ret_waiting += list.count - i;
			break;
		}
		int result = stamp_named(
			store, authority, list.items[i].name, now_utc_ms, each, context, &one);
		if (result == 0) {
			(*ret_done)++;
			continue;
		}
		(*ret_waiting)++;
		if (first == 0) {
			first = result;
			if (error)
				*error = one;
		}
	}
	return first;
}
