/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing a plan: what nobody may foresee is drawn now, and stands in the store before it is used. */
#include "wipe/plan/plan.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>

/* Bytes of which each was drawn from the given ones with the same chance. */
static int draw(const char *from, size_t from_count, uint8_t *ret, size_t count)
{
	size_t usable = 256 - 256 % from_count; /* above it the first ones would come up more */

	for (size_t i = 0; i < count;) {
		uint8_t byte;
		int result = random_bytes(&byte, 1);
		if (result < 0)
			return result;
		if (byte < usable)
			ret[i++] = (uint8_t)from[byte % from_count];
	}
	return 0;
}

/* Printable, without blank: some drives and bridges handle other bytes wrongly, and a person may have
 * to type it to get at a drive that was left locked. */
static int draw_password(uint8_t ret[static PASSWORD_BYTES])
{
	static const char printable[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

	return draw(printable, sizeof(printable) - 1, ret, PASSWORD_BYTES);
}

/* Not zero, which says nothing, and not FFh, which is what erased flash reads; and no period shorter
 * than the pattern, so that a shift of a sector's bytes shows. */
static int draw_pattern(struct pattern *pattern)
{
	char usable[254];

	for (size_t i = 0; i < sizeof(usable); i++)
		usable[i] = (char)(i + 1);
	do {
		int result = draw(usable, sizeof(usable), pattern->period, pattern->period_bytes);
		if (result < 0)
			return result;
	} while (pattern->period[0] == pattern->period[2] &&
		 pattern->period[1] == pattern->period[3]);
	return 0;
}

static int draw_seed(uint8_t seed[static MEDIA_SEED_BYTES])
{
	static const uint8_t unsealed[MEDIA_SEED_BYTES];
	int result = random_bytes(seed, MEDIA_SEED_BYTES);

	/* All zero is how an unsealed one looks. */
	return result == 0 && memcmp(seed, unsealed, sizeof(unsealed)) == 0 ? -EIO : result;
}

static int seal_overwrite(struct plan_step *step)
{
	if (step->pattern.kind != STREAM_RANDOM)
		return 0;
	int result = random_bytes(step->pattern.key, sizeof(step->pattern.key));
	if (result < 0)
		return result;
	return pattern_is_sealed(&step->pattern) ? 0 : -EIO;
}

static int seal_erase(struct plan_step *step)
{
	if (step->technique == TECHNIQUE_ATA_SECURITY_ENHANCED ||
		step->technique == TECHNIQUE_ATA_SECURITY_NORMAL)
		return draw_password(step->password);
	if (technique_facts(step->technique)->erasure == ERASURE_OVERWRITE)
		return draw_pattern(&step->pattern);
	return 0;
}

static int seal_step(struct plan_step *step)
{
	switch (step->method) {
	case STEP_OVERWRITE:
		return seal_overwrite(step);
	case STEP_READ_BACK:
		return step->coverage == VERIFICATION_SAMPLE ? draw_seed(step->seed) : 0;
	case STEP_PLANT_MARKERS:
		return draw_seed(step->seed);
	case STEP_ERASE:
		return seal_erase(step);
	case STEP_UNKNOWN:
	case STEP_RESIDUE_SCAN:
	case STEP_RESTORE_CAPACITY:
	case STEP_CHECK_MARKERS:
		break;
	}
	return 0;
}

int plan_seal(struct plan *plan, struct error *error)
{
	struct plan sealed = *plan;

	for (size_t i = 0; i < sealed.step_count; i++) {
		if (seal_step(&sealed.steps[i]) < 0) {
			(void)error_set(error, ERROR_FAILED, EIO, "no-random-bytes",
				_("There are no random bytes to be had for the plan's keys"));
			(void)error_next(
				error, _("Nothing was touched. Try again; if it stays, check the "
					 "system's OpenSSL."));
			return -EIO;
		}
	}
	*plan = sealed;
	return 0;
}
