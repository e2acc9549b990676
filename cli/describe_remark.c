/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remarks in words. */
#include "cli/describe_remark.h"

#include "base/macros.h"
#include "base/text.h"
#include <string.h>

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
