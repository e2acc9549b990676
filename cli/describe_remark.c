/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remarks in words. */
#include "cli/describe_remark.h"

#include "base/macros.h"
#include "base/text.h"
#include <string.h>

const char *describe_tenant_stage(enum tenant_stage stage)
{
	switch (stage) {
	case TENANT_STAGE_UNKNOWN:
		break;
	case TENANT_STAGE_RUNNING:
		return _("OPEN: the contract is not over, or its days of grace are not");
	case TENANT_STAGE_REMAINING:
		return _("OPEN: data remains, or is not shown to be erased");
	case TENANT_STAGE_VMS_DELETED:
		return _("OPEN: the VMs are gone; what they lay on is not shown to be erased");
	case TENANT_STAGE_VOLUMES_ERASED:
		return _("OPEN: the volumes are erased; backup generations remain, or nobody "
			 "knows whether any do");
	case TENANT_STAGE_GENERATIONS_EXPIRED:
		return _("OPEN: nothing is left, and the customer has not been told");
	case TENANT_STAGE_CLOSED:
		return _("CLOSED: nothing that was known of its data is left");
	}
	return _("unknown");
}

const char *describe_remark(const char *word)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "unlinked",
			N_("a disk was deleted without being erased: that was not possible") },
		{ "shared", N_("a disk, or a part of it, another VM uses") },
		{ "not-erased", N_("erasing a disk failed") },
		{ "by-others", N_("a VM was gone before its deletion was due: what became of its "
				  "disks is not known") },
		{ "platform-word", N_("that a disk is erased rests on the platform's word") },
		{ "unfounded", N_("a VM was deleted, and it is not shown that this was allowed") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].word, word) == 0)
			return _(texts[i].text);
	return word;
}
