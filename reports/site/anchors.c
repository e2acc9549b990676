/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CAs that the pages carry: for the browser's check as DER, for people by name and digest. */
#include "base/digest.h"
#include "base/text.h"
#include "reports/site/anchors.h"
#include "reports/site/site_parts.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

struct der {
	unsigned char *bytes;
	int length;
};

static void der_free(struct der *der)
{
	OPENSSL_free(der->bytes);
}

static int put_script(struct buffer *script, bool first, const struct der *der)
{
	int result = first ? 0 : buffer_append_text(script, ",");
	return result == 0 ? script_base64(script, der->bytes, (size_t)der->length) : result;
}

static int put_html(struct buffer *html, const X509 *certificate, const struct der *der)
{
	char subject[256], sha256[SHA256_HEX_SIZE];
	trust_subject(certificate, subject, sizeof(subject));
	int result = digest_sha256_hex(der->bytes, (size_t)der->length, sha256);
	if (result == 0)
		result = buffer_append_text(html, "<code>");
	if (result == 0)
		result = html_text(html, subject, false);
	return result == 0 ? buffer_printf(html, "<br>SHA-256 %s</code>\n", sha256) : result;
}

static int put(struct buffer *script, struct buffer *html, const X509 *certificate)
{
	CLEANUP(der_free) struct der der = { 0 };
	der.length = i2d_X509(certificate, &der.bytes);
	if (der.length <= 0)
		return -ENOMEM;
	int result = put_script(script, html->length == 0, &der);
	return result == 0 ? put_html(html, certificate, &der) : result;
}

int site_anchors(const char *pem, size_t length, struct buffer *ret_script, struct buffer *ret_html,
	struct error *error)
{
	BIO *text = length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
	X509 *certificate = NULL;
	int result = text ? 0 : -ENOMEM;
	while (result == 0 && (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
		result = put(ret_script, ret_html, certificate);
		X509_free(certificate);
	}
	ERR_clear_error();
	BIO_free(text);
	return result == 0 ? 0 : error_no_memory(error);
}
