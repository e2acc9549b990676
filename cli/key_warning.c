/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the keys last. */
#include "cli/key_warning.h"

#include "base/text.h"
#include "cli/describe.h"
#include "cli/output.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

int64_t key_days_left(const struct keys *keys, int64_t now_utc_ms)
{
	return MAX(keys_end_utc_ms(keys) - now_utc_ms, 0) / DAY_MS;
}

void key_warning(const struct keys *keys, int64_t now_utc_ms)
{
	char end[DESCRIBE_TIME_SIZE];
	int64_t days = key_days_left(keys, now_utc_ms);
	if (days >= KEYS_WARNING_DAYS)
		return;
	describe_time(keys_end_utc_ms(keys), end);
	output_line(stderr,
		_("haiki: The certificate that signs ends on %s (days left: %lld); after that "
		  "nothing can be certified."),
		end, (long long)days);
	output_line(stderr, "  → %s",
		_("Make a new signer with: haiki report key rotate; or ask the organisation's CA: "
		  "haiki report key request."));
}
