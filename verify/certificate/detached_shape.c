/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the outer layers of a CMS SignedData, and writing them: what is written again must be the
 * same bytes, so no spelling but DER's gets through. */
#include "verify/certificate/detached_shape.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

static size_t der_length(struct der der)
{
	return (size_t)(der.end - der.at);
}

/* --- reading --- */

/* Step over the next element if it has this tag. *ret_whole gets it with its header (NULL: not
 * wanted), *ret_inside what is in it. */
static bool take(
	struct der *rest, int tag, int class, struct der *ret_whole, struct der *ret_inside)
{
	const unsigned char *content = rest->at;
	long length = 0;
	int found_tag = 0, found_class = 0;
	int shape = rest->at < rest->end ? ASN1_get_object(&content, &length, &found_tag,
						   &found_class, (long)der_length(*rest))
					 : 0x80;
	/* 80h: broken; 01h: of indefinite length. */
	if ((shape & 0x81) != 0 || found_tag != tag || found_class != class) {
		ERR_clear_error();
		return false;
	}
	if (ret_whole)
		*ret_whole = (struct der){ rest->at, content + length };
	*ret_inside = (struct der){ content, content + length };
	rest->at = content + length;
	return true;
}

static bool take_universal(struct der *rest, int tag, struct der *ret_whole, struct der *ret_inside)
{
	return take(rest, tag, V_ASN1_UNIVERSAL, ret_whole, ret_inside);
}

static bool take_tagged(struct der *rest, int tag, struct der *ret_inside)
{
	return take(rest, tag, V_ASN1_CONTEXT_SPECIFIC, NULL, ret_inside);
}

static bool take_small_number(struct der *rest, unsigned *ret)
{
	struct der number;
	if (!take_universal(rest, V_ASN1_INTEGER, NULL, &number) || der_length(number) != 1)
		return false;
	*ret = number.at[0];
	return true;
}

/* A SET OF is sorted by its elements' bytes (X.690 11.6); none is there twice. */
static bool is_sorted_before(struct der a, struct der b)
{
	size_t length_a = der_length(a), length_b = der_length(b);
	int order = memcmp(a.at, b.at, MIN(length_a, length_b));
	return order != 0 ? order < 0 : length_a < length_b;
}

/* Their order is looked at later: it is not everybody's. */
static bool read_certificates(struct der set, struct detached_shape *shape)
{
	struct der inside;
	unsigned count = 0;
	for (; set.at < set.end; count++)
		if (count == DETACHED_CERTIFICATES_MAX ||
			!take_universal(
				&set, V_ASN1_SEQUENCE, &shape->certificates[count], &inside))
			return false;
	shape->certificate_count = count;
	return count > 0;
}

static bool are_sorted(const struct detached_shape *shape)
{
	for (unsigned i = 1; i < shape->certificate_count; i++)
		if (!is_sorted_before(shape->certificates[i - 1], shape->certificates[i]))
			return false;
	return true;
}

/* RFC 5652 5.3: 1, or 3 when the signer is named by its key's identifier. */
static bool signer_versions_fit(struct der signers, bool *ret_any_3)
{
	unsigned count = 0;
	for (; signers.at < signers.end; count++) {
		struct der signer, name;
		unsigned version = 0;
		if (!take_universal(&signers, V_ASN1_SEQUENCE, NULL, &signer) ||
			!take_small_number(&signer, &version))
			return false;
		bool by_name = take_universal(&signer, V_ASN1_SEQUENCE, NULL, &name);
		if (version != (by_name ? 1U : 3U))
			return false;
		*ret_any_3 |= !by_name;
	}
	return count > 0;
}

/* RFC 5652 5.1: 3 when a signer has 3 or when the content is not id-data, else 1. */
static bool versions_fit(unsigned version, struct der content, struct der signers)
{
	static const unsigned char id_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
		0x01 };
	struct der type;
	bool any_3 = false;
	if (!take_universal(&content, V_ASN1_OBJECT, NULL, &type) ||
		!signer_versions_fit(signers, &any_3))
		return false;
	bool plain = der_length(type) == sizeof(id_data) &&
		     memcmp(type.at, id_data, sizeof(id_data)) == 0;
	return version == (any_3 || !plain ? 3U : 1U);
}

static bool take_apart(struct der file, struct detached_shape *shape, bool loosely)
{
	struct der info, outer, data, content, certificates, lists, signers;
	unsigned version = 0;
	if (!take_universal(&file, V_ASN1_SEQUENCE, NULL, &info) ||
		!take_universal(&info, V_ASN1_OBJECT, &shape->type, &content) ||
		!take_tagged(&info, 0, &outer) ||
		!take_universal(&outer, V_ASN1_SEQUENCE, NULL, &data))
		return false;
	shape->head.at = data.at;
	if (!take_small_number(&data, &version) ||
		!take_universal(&data, V_ASN1_SET, NULL, &shape->digest_set) ||
		!take_universal(&data, V_ASN1_SEQUENCE, NULL, &content))
		return false;
	shape->head.end = data.at;
	if (!take_tagged(&data, 0, &certificates) || !read_certificates(certificates, shape))
		return false;
	if (loosely)
		(void)take_tagged(&data, 1, &lists);
	return take_universal(&data, V_ASN1_SET, &shape->signers, &signers) &&
	       versions_fit(version, content, signers);
}

/* --- writing --- */

static size_t element_length(size_t content, int tag)
{
	return (size_t)ASN1_object_size(1, (int)content, tag);
}

static void put_header(unsigned char **at, size_t content, int tag, int class)
{
	ASN1_put_object(at, 1, (int)content, tag, class);
}

static void put(unsigned char **at, struct der der)
{
	memcpy(*at, der.at, der_length(der));
	*at += der_length(der);
}

static uint8_t *put_together(
	const struct detached_shape *shape, unsigned certificate_count, size_t *ret_length)
{
	size_t set = 0;
	for (unsigned i = 0; i < certificate_count; i++)
		set += der_length(shape->certificates[i]);
	size_t data = der_length(shape->head) + (set > 0 ? element_length(set, 0) : 0) +
		      der_length(shape->signers);
	size_t outer = element_length(data, V_ASN1_SEQUENCE);
	size_t info = der_length(shape->type) + element_length(outer, 0);
	*ret_length = element_length(info, V_ASN1_SEQUENCE);
	uint8_t *file = malloc(*ret_length);
	if (!file)
		return NULL;
	unsigned char *at = file;
	put_header(&at, info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&at, shape->type);
	put_header(&at, outer, 0, V_ASN1_CONTEXT_SPECIFIC);
	put_header(&at, data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&at, shape->head);
	if (set > 0)
		put_header(&at, set, 0, V_ASN1_CONTEXT_SPECIFIC);
	for (unsigned i = 0; i < certificate_count; i++)
		put(&at, shape->certificates[i]);
	put(&at, shape->signers);
	return file;
}

uint8_t *detached_shape_bare(const struct detached_shape *shape, size_t *ret_length)
{
	return put_together(shape, 0, ret_length);
}

static int compare(const void *a, const void *b)
{
	const struct der *one = a, *other = b;
	if (is_sorted_before(*one, *other))
		return -1;
	return is_sorted_before(*other, *one) ? 1 : 0;
}

uint8_t *detached_shape_write(struct detached_shape *shape, size_t *ret_length)
{
	qsort(shape->certificates, shape->certificate_count, sizeof(shape->certificates[0]),
		compare);
	return put_together(shape, shape->certificate_count, ret_length);
}

bool detached_shape_read(const uint8_t *p7s, size_t length, struct detached_shape *ret)
{
	*ret = (struct detached_shape){ 0 };
	if (!take_apart((struct der){ p7s, p7s + length }, ret, false) || !are_sorted(ret))
		return false;
	size_t again_length = 0;
	AUTO_FREE uint8_t *again = put_together(ret, ret->certificate_count, &again_length);
	return again && again_length == length && memcmp(again, p7s, length) == 0;
}

bool detached_shape_read_loosely(const uint8_t *p7s, size_t length, struct detached_shape *ret)
{
	*ret = (struct detached_shape){ 0 };
	return take_apart((struct der){ p7s, p7s + length }, ret, true);
}
