/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an order of `haiki wipe` must satisfy as a whole, before any job is entered. */
#ifndef HAIKI_CLI_WIPE_CHECK_H
#define HAIKI_CLI_WIPE_CHECK_H

#include "cli/options.h"
#include "device/identity/identity.h"
#include "wipe/plan/plan.h"
#include "wipe/plan/policy.h"

/* The words the operator typed: a scheme, zone or confidentiality that the policy does not know is a
 * mistake in the command line, not a property of a drive. -EINVAL "scheme-unknown", "zone-unknown" or
 * "confidentiality-unknown", with the nearest word there is. */
NODISCARD int wipe_check_words(
	const struct policy *policy, const struct plan_request *typed, struct error *error);

/* --serial against the drives it is meant for. -EPERM "serial-needed" (refused) when a drive that has
 * a serial or WWN is not named; -EINVAL "serial-of-no-target" when a word names none of them. */
NODISCARD int wipe_check_serials(const struct option_list *serials,
	const struct drive_identity *const drives[], size_t count, struct error *error);

#endif
