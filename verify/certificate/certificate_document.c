/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's PDF beside the JSON that it carries. */
#include "verify/certificate/certificate_parts.h"

void examine_document(struct examination *examination)
{
	if (examination->bundle->pdf.length > 0)
		return;
	check_absent(&examination->report->checks[CHECK_DOCUMENT], "no-pdf");
	check_absent(&examination->report->checks[CHECK_ATTACHMENTS], "no-pdf");
}
