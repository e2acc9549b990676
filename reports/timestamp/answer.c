/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the question, and taking the answer apart. */
#include "reports/timestamp/answer.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/text.h"
#include "verify/certificate/detached_shape.h"
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <string.h>
#include <time.h>

#define REASON_MAX 200

/* --- question --- */

static bool fill(TS_REQ *question, const void *data, size_t length, const uint8_t *nonce)
{
	uint8_t digest[SHA256_BYTES];
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	BIGNUM *number = BN_bin2bn(nonce, NONCE_BYTES, NULL);
	ASN1_INTEGER *integer = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	bool filled = imprint && algorithm && integer && digest_sha256(data, length, digest) == 0 &&
		      X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		      TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
		      TS_MSG_IMPRINT_set_msg(imprint, digest, SHA256_BYTES) == 1 &&
		      TS_REQ_set_version(question, 1) == 1 &&
		      TS_REQ_set_msg_imprint(question, imprint) == 1 &&
		      TS_REQ_set_nonce(question, integer) == 1 &&
		      TS_REQ_set_cert_req(question, 1) == 1;
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(algorithm);
	ASN1_INTEGER_free(integer);
	BN_free(number);
	return filled;
}

uint8_t *question_make(const void *data, size_t length, const uint8_t nonce[static NONCE_BYTES],
	size_t *ret_length)
{
	TS_REQ *question = TS_REQ_new();
	uint8_t *der = NULL;
	int der_length = -1;
	if (question && fill(question, data, length, nonce))
		der_length = i2d_TS_REQ(question, NULL);
	if (der_length > 0 && (der = malloc((size_t)der_length))) {
		unsigned char *cursor = der;
		*ret_length = (size_t)i2d_TS_REQ(question, &cursor);
	}
	TS_REQ_free(question);
	ERR_clear_error();
	return der;
}

/* --- answer --- */

static int malformed(struct error *error)
{
	ERR_clear_error();
	return error_set(error, ERROR_WAITING, EBADMSG, "timestamp-malformed",
		_("The time stamping authority answered with something that is no time stamp"));
}

/* What it said in words. */
static void collect_reason(const TS_STATUS_INFO *status, struct buffer *ret)
{
	const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(status);
	for (int i = 0; i < sk_ASN1_UTF8STRING_num(texts); i++) {
		const ASN1_UTF8STRING *text = sk_ASN1_UTF8STRING_value(texts, i);
		if (buffer_append_text(ret, i > 0 ? " / " : "") != 0 ||
			buffer_append(ret, ASN1_STRING_get0_data(text),
				(size_t)ASN1_STRING_length(text)) != 0)
			return; /* what fits is enough */
	}
}

static int check_status(const TS_STATUS_INFO *status, struct error *error)
{
	long number = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status));
	if (number == TS_STATUS_GRANTED || number == TS_STATUS_GRANTED_WITH_MODS)
		return 0;
	AUTO_BUFFER struct buffer reason = BUFFER_INIT(REASON_MAX);
	collect_reason(status, &reason);
	return error_set(error, ERROR_WAITING, EACCES, "timestamp-refused",
		_("The time stamping authority refused (status %ld): %s"), number,
		reason.length > 0 ? buffer_text(&reason) : _("without saying why"));
}

/* TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }; the bytes of the token
 * as they came. */
static int open_answer(
	const uint8_t *answer, size_t length, struct der *ret_token, struct error *error)
{
	const unsigned char *at = answer, *end = answer + length;
	long content = 0;
	int tag = 0, class = 0;
	int shape = length > 0 ? ASN1_get_object(&at, &content, &tag, &class, (long)length) : 0x80;
	if ((shape & 0x81) != 0 || tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL ||
		end - at != content)
		return malformed(error);
	TS_STATUS_INFO *status = d2i_TS_STATUS_INFO(NULL, &at, content);
	if (!status)
		return malformed(error);
	int result = check_status(status, error);
	TS_STATUS_INFO_free(status);
	if (result == 0 && at == end)
		result = malformed(error);
	if (result == 0)
		*ret_token = (struct der){ at, end };
	return result;
}

/* --- token --- */

static TS_TST_INFO *info_of(CMS_ContentInfo *cms)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (!content || !*content)
		return NULL;
	const unsigned char *at = ASN1_STRING_get0_data(*content);
	return d2i_TS_TST_INFO(NULL, &at, ASN1_STRING_length(*content));
}

static CMS_ContentInfo *cms_of(const uint8_t *token, size_t length)
{
	const unsigned char *at = token;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)length);
	if (cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static X509 *signer_of(CMS_ContentInfo *cms, const STACK_OF(X509) * certificates)
{
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	for (int i = 0; info && i < sk_X509_num(certificates); i++)
		if (CMS_SignerInfo_cert_cmp(info, sk_X509_value(certificates, i)) == 0)
			return sk_X509_value(certificates, i);
	return NULL;
}

/* The way of the token's signer at the token's time; NULL: it has none. */
static STACK_OF(X509) * way_of(CMS_ContentInfo *cms, const struct trust *trust)
{
	STACK_OF(X509) *certificates = CMS_get1_certs(cms), *way = NULL;
	X509 *signer = signer_of(cms, certificates);
	TS_TST_INFO *info = info_of(cms);
	struct tm parts;
	if (signer && info && TS_TST_INFO_get_time(info) &&
		ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) == 1 &&
		trust_check_stamper(trust, signer, certificates, (int64_t)timegm(&parts) * 1000,
			&way, NULL) != 0)
		way = NULL;
	TS_TST_INFO_free(info);
	sk_X509_pop_free(certificates, X509_free);
	return way;
}

static bool is_on(const STACK_OF(X509) * way, const struct der *certificate)
{
	size_t length = (size_t)(certificate->end - certificate->at);
	X509 *read = decoded_certificate(NULL, certificate->at, length);
	bool on = read && trust_way_has(way, read);
	X509_free(read);
	return on;
}

static void keep_way(struct detached_shape *shape, const STACK_OF(X509) * way)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < shape->certificate_count; i++)
		if (is_on(way, &shape->certificates[i]))
			shape->certificates[kept++] = shape->certificates[i];
	shape->certificate_count = kept;
}

int answer_token(const uint8_t *answer, size_t length, const struct trust *trust, uint8_t **ret,
	size_t *ret_length, struct error *error)
{
	struct der token = { NULL, NULL };
	struct detached_shape shape;
	int result = open_answer(answer, length, &token, error);
	if (result != 0)
		return result;
	size_t token_length = (size_t)(token.end - token.at);
	CMS_ContentInfo *cms = cms_of(token.at, token_length);
	if (!cms || !detached_shape_read_loosely(token.at, token_length, &shape)) {
		CMS_ContentInfo_free(cms);
		return malformed(error);
	}
	STACK_OF(X509) *way = way_of(cms, trust);
	if (way) /* else timestamp_check will say what is wrong with it */
		keep_way(&shape, way);
	trust_way_free(way);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	*ret = detached_shape_write(&shape, ret_length);
	return *ret ? 0 : error_no_memory(error);
}

bool token_has_nonce(const uint8_t *token, size_t length, const uint8_t nonce[static NONCE_BYTES])
{
	CMS_ContentInfo *cms = cms_of(token, length);
	TS_TST_INFO *info = cms ? info_of(cms) : NULL;
	const ASN1_INTEGER *stated = info ? TS_TST_INFO_get_nonce(info) : NULL;
	BIGNUM *found = stated ? ASN1_INTEGER_to_BN(stated, NULL) : NULL;
	BIGNUM *asked = BN_bin2bn(nonce, NONCE_BYTES, NULL);
	bool same = found && asked && BN_cmp(found, asked) == 0;
	BN_free(found);
	BN_free(asked);
	TS_TST_INFO_free(info);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return same;
}
