/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The re-check of a drive that erased itself: what it holds now nobody can tell, so there is nothing to
 * compare. What can be seen is that the markers are not there, and nothing that is recognised. */
#ifndef HAIKI_VERIFY_MEDIA_MEDIA_REMAINS_H
#define HAIKI_VERIFY_MEDIA_MEDIA_REMAINS_H

#include "device/drive.h"
#include "verify/media/markers.h"
#include "verify/media/residue.h"

/* How a drive can be checked against its certificate. */
enum media_means {
	MEDIA_MEANS_NONE,
	MEDIA_MEANS_CONTENTS, /* what was written last is known: media_check_drive */
	MEDIA_MEANS_REMAINS,  /* the drive erased itself last: media_check_remains */
};

/* Of a certificate that certificate_check found valid. NONE: its plan cannot be understood. */
enum media_means media_means_of(const json_t *certificate);

/* Plain value. */
struct media_remains {
	struct marker_check markers; /* of all that the plan planted, together */
	struct residue_list residue;
};

/* Look for the markers of every planting of the certificate's plan, and wherever headers may stand.
 * The drive must be the one on the certificate: identity and capacity, else -ESTALE
 * ("identity-mismatch"); and it is still the same after. The certificate must have been checked by
 * certificate_check before. 0 when all was tried, whatever was found; -errno: nothing may be
 * concluded. */
NODISCARD int media_check_remains(const struct drive *drive, const json_t *certificate,
	struct media_remains *ret, struct error *error);

/* Nothing is left of what was looked for, and all of it was looked for. Where no markers were planted
 * (only keys were destroyed) it rests on the headers alone. */
bool media_remains_nothing(const struct media_remains *remains);

#endif
