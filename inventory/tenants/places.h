/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every place where a tenant's bytes are, or may still be. What cannot be ruled out is in the list. */
#ifndef HAIKI_INVENTORY_TENANTS_PLACES_H
#define HAIKI_INVENTORY_TENANTS_PLACES_H

#include "inventory/custody/events.h"

enum place_why {
	PLACE_UNKNOWN,
	PLACE_CARRIES,  /* a volume of the tenant stands on it, over however many layers */
	PLACE_ABOVE,    /* a volume that stands on one of the tenant's and is not linked to it */
	PLACE_COPY,     /* came from a volume of the tenant's and is not linked to it */
	PLACE_DISPUTED, /* a volume whose tags or rules disagree, and one of them names the tenant */
	PLACE_LEFT, /* carried the tenant's bytes once; not sanitized since, as far as is known */
	PLACE_LABELLED,  /* a drive that a person labelled with the tenant or a service of it */
	PLACE_SANITIZED, /* a drive that left or is labelled, and was sanitized since */
};
const char *place_why_name(enum place_why why); /* "carries", "above", "left" … */

struct place {
	struct subject subject; /* a drive, an array or a volume */
	char kind[32];          /* "drive", "array", or the volume's kind */
	char name[256];         /* a drive's serial, an array's or volume's name */
	char model[128];        /* of a drive */
	char host[128], site[64], rack[64], slot[64];
	char device[64]; /* what the kernel called a drive when it was last seen */
	char state[48];  /* custody of a drive, state of another */
	uint64_t size_bytes;
	bool present;
	enum place_why why;
	/* Of a drive, an array or a volume below: the tenant's volumes that stand on it or did, so that once all of them
	 * are erased in place nothing of the tenant's is left on it. Owned; by number. None where that cannot be said:
	 * only labelled; beside the tenant's volumes; or a volume went elsewhere before it was erased, and left its
	 * bytes behind. So none is never "all of them". */
	int64_t *volumes;
	size_t volume_count;
};
struct place_list {
	struct place *items; /* owned; drives, arrays, volumes; each once, with the strongest why */
	size_t count;
	int64_t *nowhere; /* owned: volumes of the tenant of which no drive below is known */
	size_t nowhere_count;
};
void place_list_free(struct place_list *list);
#define AUTO_PLACES CLEANUP(place_list_free)

NODISCARD int places_of_tenant(
	struct store *store, int64_t tenant_id, struct place_list *ret, struct error *error);

#endif
