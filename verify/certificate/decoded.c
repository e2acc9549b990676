/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few decoded certificates beside their bytes; the oldest makes room for a new one. */
#include "verify/certificate/decoded.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define PLACES 16

struct place {
	uint8_t *der; /* owned; NULL: the place is free */
	size_t length;
	X509 *certificate; /* owned; never changed */
};

struct decoded {
	pthread_mutex_t lock; /* guards all below */
	struct place places[PLACES];
	unsigned next_place;
};

static void place_clear(struct place *place)
{
	X509_free(place->certificate);
	free(place->der);
	*place = (struct place){ 0 };
}

struct decoded *decoded_new(void)
{
	struct decoded *decoded = calloc(1, sizeof(*decoded));
	if (decoded && pthread_mutex_init(&decoded->lock, NULL) != 0) {
		free(decoded);
		return NULL;
	}
	return decoded;
}

struct decoded *decoded_free(struct decoded *decoded)
{
	if (!decoded)
		return NULL;
	for (unsigned i = 0; i < PLACES; i++)
		place_clear(&decoded->places[i]);
	(void)pthread_mutex_destroy(&decoded->lock);
	free(decoded);
	return NULL;
}

/* Writing it again must give the same bytes: DER has one spelling. */
static X509 *decode(const uint8_t *der, size_t length)
{
	const unsigned char *cursor = der;
	X509 *certificate = d2i_X509(NULL, &cursor, (long)length);
	unsigned char *again = NULL;
	int again_length = certificate ? i2d_X509(certificate, &again) : -1;
	bool same = again_length >= 0 && (size_t)again_length == length &&
		    memcmp(again, der, length) == 0;
	OPENSSL_free(again);
	if (same)
		return certificate;
	X509_free(certificate);
	ERR_clear_error();
	return NULL;
}

static X509 *find(const struct decoded *decoded, const uint8_t *der, size_t length)
{
	for (unsigned i = 0; i < PLACES; i++) {
		const struct place *place = &decoded->places[i];
		if (place->der && place->length == length && memcmp(place->der, der, length) == 0 &&
			X509_up_ref(place->certificate) == 1)
			return place->certificate;
	}
	return NULL;
}

/* Without memory for it, it is decoded again next time. */
static void keep(struct decoded *decoded, const uint8_t *der, size_t length, X509 *certificate)
{
	uint8_t *copy = malloc(length);
	if (!copy || X509_up_ref(certificate) != 1) {
		free(copy);
		return;
	}
	memcpy(copy, der, length);
	struct place *place = &decoded->places[decoded->next_place];
	decoded->next_place = (decoded->next_place + 1) % PLACES;
	place_clear(place);
	*place = (struct place){ copy, length, certificate };
}

X509 *decoded_certificate(struct decoded *decoded, const uint8_t *der, size_t length)
{
	if (!decoded)
		return decode(der, length);
	(void)pthread_mutex_lock(&decoded->lock);
	X509 *certificate = find(decoded, der, length);
	if (!certificate && (certificate = decode(der, length)))
		keep(decoded, der, length, certificate);
	(void)pthread_mutex_unlock(&decoded->lock);
	return certificate;
}
