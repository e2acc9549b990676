/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's place in the ledger, and what came after it. */
#include "verify/certificate/certificate_parts.h"

void examine_ledger(struct examination *examination)
{
	if (examination->bundle->proof.length == 0)
		check_absent(&examination->report->checks[CHECK_LEDGER], "no-proof");
	if (!examination->anchors->standing)
		check_absent(&examination->report->checks[CHECK_SUPERSEDED], "no-later");
}
