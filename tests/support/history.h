/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histories as tests write them: one record of the ledger a line, told in a few words. What fails here fails the
 * running test.
 *
 *   @2027-04-01                      from here on it is noon of that day in Asia/Tokyo
 *   custody D1 FROM TO [certificate=N] [witness=W]
 *   began D1 JOB · contents D1 · labelled D1 CODE
 *   certificate NAME JOB D1 OUTCOME [supersedes=N] [level=L] [out=WORD] [tenant=CODE] [began=DAY] [issued=DAY] [sha256=X]
 *                                    [method=M] [verification=V] [zone=Z] [operator=P] [witness=W] [ticket=T]
 *   deletion NAME NUMBER OUTCOME [supersedes=N] [tenant=CODE] [out=WORD]
 *   signature NAME [sha256=X] [role=R] [person=P]
 *   hold H1 ACTION D1|T5|V7|M3 PERSON   PERSON: a number, or "service"
 *   contract C1 NUMBER END-DAY GRACE [tenant=T] [for=CODE]  without one: of a tenant of its own, for all
 *   notice C1 intended|sent|failed|uncertain
 *   tenant T1 CODE · copy-destroyed V7
 *   vm M3 CODE begun C1 DUE-DAY · vm M3 CODE power-off|snapshots|erase|delete · vm M3 CODE look gone|present|unknown
 *   vm M3 CODE gone                  entered as gone
 *   older EVENTS: what a store older than its ledger brings along, and one certificate
 *   withheld · strange · key
 * Drive D<n> has the serial S<n> and the WWN W<n>; D0 has neither; D101 says that it has those of D1. */
#ifndef HAIKI_TESTS_SUPPORT_HISTORY_H
#define HAIKI_TESTS_SUPPORT_HISTORY_H

#include "verify/ledger/record.h"

typedef int history_take(void *context, const struct record *record, struct error *error);

/* Hands out each record but the withheld ones; returns how many there are in all. */
uint64_t history_play(const char *script, history_take *take, void *context);
/* Noon of the day in Asia/Tokyo. */
int64_t history_noon(const char *day);

#endif
