/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this process is erasing just now. Whoever reads a file while it is erased is somebody who uses it, and makes the
 * erasure fail: so the workers of one run tell each other what not to open. They have a session each, and nothing in
 * common but the process; hence the only variables of this module's own. */
#include "wipe/platform/libvirt_parts.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static struct erasure *erasures; /* under the lock; each is of its worker's stack */

void reading_begin(void)
{
	(void)pthread_mutex_lock(&reading);
}

void reading_end(void)
{
	(void)pthread_mutex_unlock(&reading);
}

void erasure_begin(struct erasure *erasure)
{
	if (place_identify(erasure->place, &erasure->identity, NULL) < 0)
		erasure->identity = (struct place_identity){ 0 };
	erasure->next = erasures;
	erasures = erasure;
	reading_end();
}

void erasure_end(struct erasure *erasure)
{
	reading_begin();
	struct erasure **at = &erasures;
	while (*at && *at != erasure)
		at = &(*at)->next;
	if (*at)
		*at = erasure->next;
}

const struct machine_disk *erasure_of(const char *place)
{
	struct place_identity identity;
	if (!erasures)
		return NULL;
	if (place_identify(place, &identity, NULL) < 0)
		identity = (struct place_identity){ 0 };
	for (const struct erasure *erasure = erasures; erasure; erasure = erasure->next)
		if (place_same(place, &identity, erasure->place, &erasure->identity))
			return erasure->disk;
	return NULL;
}

bool erasure_within(const char *folder)
{
	char own[MACHINE_PLACE_MAX];
	struct place_identity identity, other;
	for (const struct erasure *erasure = erasures; erasure; erasure = erasure->next) {
		const char *slash = strrchr(erasure->place, '/');
		if (!slash)
			continue;
		(void)snprintf(
			own, sizeof(own), "%.*s", (int)(slash - erasure->place), erasure->place);
		/* What cannot be told may be. */
		if (place_identify(own, &identity, NULL) < 0 ||
			place_identify(folder, &other, NULL) < 0 ||
			place_same(own, &identity, folder, &other))
			return true;
	}
	return false;
}
