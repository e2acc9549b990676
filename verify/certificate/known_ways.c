/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few known ways; the oldest makes room for a new one. */
#include "verify/certificate/known_ways.h"

#include <pthread.h>
#include <stdbool.h>

#define PLACES 8
#define DIRECT 2 /* certificates of a way from a signer straight to its anchor */

struct place {
	STACK_OF(X509) * way; /* owned; NULL: the place is free */
	int use;
};

struct known_ways {
	pthread_mutex_t lock; /* guards all below */
	struct place places[PLACES];
	unsigned next_place;
};

struct known_ways *known_ways_new(void)
{
	struct known_ways *ways = calloc(1, sizeof(*ways));
	if (ways && pthread_mutex_init(&ways->lock, NULL) != 0) {
		free(ways);
		return NULL;
	}
	return ways;
}

struct known_ways *known_ways_free(struct known_ways *ways)
{
	if (!ways)
		return NULL;
	for (unsigned i = 0; i < PLACES; i++)
		sk_X509_pop_free(ways->places[i].way, X509_free);
	(void)pthread_mutex_destroy(&ways->lock);
	free(ways);
	return NULL;
}

/* As OpenSSL compares: within, and neither end unreadable. */
static bool is_valid_at(const STACK_OF(X509) * way, int64_t at_utc_ms)
{
	time_t at = (time_t)(at_utc_ms / 1000);
	for (int i = 0; i < sk_X509_num(way); i++) {
		const X509 *certificate = sk_X509_value(way, i);
		if (X509_cmp_time(X509_get0_notBefore(certificate), &at) >= 0 ||
			X509_cmp_time(X509_get0_notAfter(certificate), &at) <= 0)
			return false;
	}
	return true;
}

/* The caller's own certificate stands at its beginning, not one that is equal. */
static STACK_OF(X509) * copy_for(STACK_OF(X509) * way, X509 *signer)
{
	STACK_OF(X509) *copy = X509_chain_up_ref(way);
	if (!copy || X509_up_ref(signer) != 1) {
		sk_X509_pop_free(copy, X509_free);
		return NULL;
	}
	X509_free(sk_X509_value(copy, 0));
	(void)sk_X509_set(copy, 0, signer);
	return copy;
}

STACK_OF(X509) * known_ways_find(struct known_ways *ways, X509 *signer, int use, int64_t at_utc_ms)
{
	STACK_OF(X509) *found = NULL;
	(void)pthread_mutex_lock(&ways->lock);
	for (unsigned i = 0; i < PLACES && !found; i++) {
		const struct place *place = &ways->places[i];
		if (place->way && place->use == use &&
			X509_cmp(sk_X509_value(place->way, 0), signer) == 0 &&
			is_valid_at(place->way, at_utc_ms))
			found = copy_for(place->way, signer);
	}
	(void)pthread_mutex_unlock(&ways->lock);
	return found;
}

void known_ways_keep(struct known_ways *ways, STACK_OF(X509) * way, int use)
{
	if (sk_X509_num(way) != DIRECT)
		return;
	STACK_OF(X509) *copy = X509_chain_up_ref(way);
	if (!copy)
		return;
	(void)pthread_mutex_lock(&ways->lock);
	struct place *place = &ways->places[ways->next_place];
	ways->next_place = (ways->next_place + 1) % PLACES;
	sk_X509_pop_free(place->way, X509_free);
	*place = (struct place){ copy, use };
	(void)pthread_mutex_unlock(&ways->lock);
}
