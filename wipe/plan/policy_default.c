/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The default policy is part of the program, byte for byte the file beside this one: what is
 * shipped, documented and digested is one text. */
#include "wipe/plan/policy_parts.h"

__asm__(".pushsection .rodata\n"
	".local policy_default_start\n"
	".local policy_default_end\n"
	"policy_default_start:\n"
	".incbin \"wipe/plan/policy_default.json\"\n"
	"policy_default_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char policy_default_start[] __attribute__((visibility("hidden")));
extern const char policy_default_end[] __attribute__((visibility("hidden")));

const char *policy_default_text(size_t *ret_length)
{
	*ret_length = (size_t)(policy_default_end - policy_default_start);
	return policy_default_start;
}
