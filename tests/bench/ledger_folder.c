/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a ledger of so many records as a folder, for `make bench-ledger` and for tests of the binary.
 *
 *     ledger_folder FOLDER RECORDS [SIZE]
 *
 * SIZE: only the first of them are written, under a head of that size. The ledger of the same RECORDS is the same
 * every time. */
#include "tests/support/ledger_fixture.h"

#include <stdio.h>

static const char usage[] = "ledger_folder FOLDER RECORDS [SIZE]\n";

int main(int count, char **words)
{
	struct ledger_fixture fixture;
	if (count < 3 || count > 4) {
		(void)fputs(usage, stderr);
		return 2;
	}
	size_t records = strtoul(words[2], NULL, 10);
	size_t size = count == 4 ? strtoul(words[3], NULL, 10) : records;
	if (size > records)
		return 2;
	ledger_fixture_make(&fixture, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&fixture, records);
	ledger_fixture_write(&fixture, size, words[1]);
	ledger_fixture_free(&fixture);
	return 0;
}
