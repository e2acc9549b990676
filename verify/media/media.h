/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parts of the medium a read-back looks at, and the re-check of a drive against the
 * certificate that came with it. */
#ifndef HAIKI_VERIFY_MEDIA_MEDIA_H
#define HAIKI_VERIFY_MEDIA_MEDIA_H

#include "device/drive.h"
#include "device/engine/engine.h"
#include "verify/judge/judge.h"

#define MEDIA_SEED_BYTES 32

/* NIST SP 800-88 Rev. 1 4.7: at least 1,000 equal subsections, at least two non-overlapping
 * pseudorandom locations in each, first and last LBA always, at least 10 % of the media in all. */
#define MEDIA_SUBSECTIONS 1000

/* The ranges of a read-back over capacity_bytes. FULL: one range, to the last byte. SAMPLE: from
 * the seed alone, so that anyone can work them out again; ascending, joined where they touch, whole
 * sectors, at least one sector each. A capacity that is too small for 2,000 separate sectors is
 * read in full. capacity_bytes must be whole sectors and not 0.
 * *ret is malloc'd, the caller frees. 0, -EINVAL, -ENOMEM, -EIO (the generator failed; also -EINVAL
 * for a SAMPLE under a seed of zeros, which is no seed). */
NODISCARD int media_ranges(enum verification kind, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], struct byte_range **ret, size_t *ret_count);

/* What a re-check found. */
struct media_check {
	uint64_t total_bytes;
	uint64_t equal_bytes;
	struct bad_range *bad; /* owned by the caller, freed by media_check_free */
	size_t bad_count;
	enum pass_end end;
};
void media_check_free(struct media_check *check);

/* Called now and then with the progress; return false to cancel. */
typedef bool media_progress(void *context, const struct pass_progress *progress);

/* Read drive back against what the last step of the certificate's plan that changes the contents left
 * there, and compare; -ENOTSUP ("contents-unknown") when nobody can tell what that is: then see
 * media_remains.h. The drive must be the one on the certificate: identity and capacity, else -ESTALE
 * ("identity-mismatch"). The certificate must have been checked by certificate_check before.
 * 0 when the reading took place, whatever it found. */
NODISCARD int media_check_drive(const struct drive *drive, const json_t *certificate,
	enum verification kind, const struct engine_options *options, media_progress *progress,
	void *context, struct media_check *ret, struct error *error);

#endif
