/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing: a detached CMS, read back and verified before anyone gets it. */
#include "base/text.h"
#include "reports/keys/home.h"
#include "reports/keys/keys.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

#define SIGN_FLAGS (CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_PARTIAL)

static int failed(struct error *error)
{
	char reason[160];
	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	return error_set(error, ERROR_FAILED, EIO, "signing-failed",
		_("The document could not be signed: %s"), reason);
}

static bool add_chain(CMS_ContentInfo *cms, const struct keys *keys)
{
	for (int i = 0; i < sk_X509_num(keys->chain); i++)
		if (CMS_add1_cert(cms, sk_X509_value(keys->chain, i)) != 1)
			return false;
	return CMS_add1_cert(cms, keys->ca_certificate) == 1;
}

/* CMS_CADES adds signing-certificate-v2; the signing time is there by default. */
static CMS_ContentInfo *make_signature(const struct keys *keys, BIO *document)
{
	CMS_ContentInfo *cms = CMS_sign_ex(
		NULL, NULL, NULL, document, SIGN_FLAGS, NULL, home_properties(keys->home));
	if (cms &&
		CMS_add1_signer(cms, keys->signer_certificate, keys->signer_key, EVP_sha256(),
			SIGN_FLAGS) &&
		add_chain(cms, keys) && CMS_final(cms, document, NULL, SIGN_FLAGS) == 1)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static int encode(
	const CMS_ContentInfo *cms, uint8_t **ret, size_t *ret_length, struct error *error)
{
	int length = i2d_CMS_ContentInfo(cms, NULL);
	if (length <= 0)
		return failed(error);
	uint8_t *der = malloc((size_t)length);
	if (!der)
		return error_no_memory(error);
	unsigned char *cursor = der;
	if (i2d_CMS_ContentInfo(cms, &cursor) != length) {
		free(der);
		return failed(error);
	}
	*ret = der;
	*ret_length = (size_t)length;
	return 0;
}

/* What we cannot verify ourselves, nobody can. */
static int read_back(const struct keys *keys, const void *data, size_t length, const uint8_t *der,
	size_t der_length, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int result = detached_parse(der, der_length, NULL, &detached, error);
	if (result == 0)
		result = detached_verify(detached, data, length, error);
	if (result == 0 && X509_cmp(detached_issuer(detached), keys->signer_certificate) == 0)
		return 0;
	return error_set(error, ERROR_FAILED, EIO, "signing-failed",
		_("The document was signed, but the signature does not verify"));
}

int keys_sign(const struct keys *keys, const void *data, size_t length, uint8_t **ret,
	size_t *ret_length, struct error *error)
{
	if (length > INT_MAX)
		return error_set(error, ERROR_FAILED, EFBIG, "signing-failed",
			_("The document is too long to be signed"));
	BIO *document = BIO_new_mem_buf(data, (int)length);
	if (!document)
		return error_no_memory(error);
	CMS_ContentInfo *cms = make_signature(keys, document);
	BIO_free(document);
	if (!cms)
		return failed(error);
	AUTO_FREE uint8_t *der = NULL;
	size_t der_length = 0;
	int result = encode(cms, &der, &der_length, error);
	CMS_ContentInfo_free(cms);
	if (result == 0)
		result = read_back(keys, data, length, der, der_length, error);
	if (result != 0)
		return result;
	*ret = der;
	*ret_length = der_length;
	der = NULL;
	return 0;
}
