/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key of the ledger in the corpus (make-seeds), so that a mutant may come past the signature. */
#ifndef HAIKI_TESTS_FUZZ_LEDGER_KEY_H
#define HAIKI_TESTS_FUZZ_LEDGER_KEY_H

#include "verify/ledger/note.h"
#include <stdlib.h>
#include <string.h>

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

static inline struct note_key ledger_key(void)
{
	static const char vkey[] = "haiki/0123456789abcdef+471ea37f+"
				   "AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
	struct note_key key;
	require(note_key_parse(vkey, strlen(vkey), &key, NULL) == 0);
	return key;
}

#endif
