/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's records laid out as files: tiles of hashes, entries and records, 256 at a time. First looked at
 * beside what is there, then written. Within this room. */
#ifndef HAIKI_REPORTS_LEDGER_LEDGER_PAGES_H
#define HAIKI_REPORTS_LEDGER_LEDGER_PAGES_H

#include "reports/ledger/ledger.h"

struct ledger_pages; /* owned by whoever made it */
NODISCARD int ledger_pages_make(const char *folder, enum ledger_audience audience,
	struct ledger_pages **ret, struct error *error);
struct ledger_pages *ledger_pages_free(struct ledger_pages *pages);
DEFINE_CLEANUP(struct ledger_pages *, ledger_pages_free);

/* Go through the first size records and compare what is there; nothing is written. *ret_root: of their tree.
 * Codes of ledger_file_look, ledger_walk. */
NODISCARD int ledger_pages_look(struct store *store, struct ledger_pages *pages, uint64_t size,
	struct merkle_hash *ret_root, struct error *error);
/* Then write what was missing. */
NODISCARD int ledger_pages_write(
	struct store *store, struct ledger_pages *pages, struct error *error);

/* Take away the last tiles of a tree of old_size that are in no tree of size any more. */
void ledger_pages_tidy(const char *folder, uint64_t old_size, uint64_t size);

#endif
