/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completeness: small histories, and what must be found in them. */
#include "verify/ledger/reconcile.h"

#include "inventory/custody/custody.h"
#include "tests/support/history.h"
#include "verify/ledger/custody_order.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#define TODAY "2027-06-01"

static int take(void *context, const struct record *record, struct error *error)
{
	return reconcile_take(context, record, error);
}

static void find(const char *script, const char *day, struct finding_list *ret)
{
	struct error error = { 0 };
	struct reconcile *reconcile CLEANUP(cleanup_reconcile_drop) = NULL;
	assert_int_equal(reconcile_begin(&reconcile, &error), 0);
	reconcile_size(reconcile, history_play(script, take, reconcile));
	assert_int_equal(reconcile_findings(reconcile, history_noon(day), ret, &error), 0);
}

/* "kind subject detail" of each, a line each. */
static void print(const struct finding_list *list, char *ret, size_t size)
{
	size_t length = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < list->count && length < size; i++)
		length += (size_t)snprintf(ret + length, size - length, "%s %s %s\n",
			finding_word(list->items[i].kind), list->items[i].subject,
			list->items[i].detail);
}

struct history_case {
	const char *script, *expected;
};

/* A drive D1 that was wiped and proven. */
#define WIPED                                                                                      \
	"custody D1 in-service quarantined\n"                                                      \
	"began D1 j1\n"                                                                            \
	"custody D1 quarantined sanitizing\n"                                                      \
	"certificate c1 j1 D1 proven\n"                                                            \
	"custody D1 sanitizing sanitized certificate=c1\n"
#define RETURNED "custody D1 sanitized returned certificate=c1\n"
#define TO_FAILED "custody D1 in-service failed\n"

static const struct history_case drives[] = {
	{ "", "" },
	{ WIPED RETURNED, "" },
	{ WIPED "custody D1 sanitized disposed certificate=c1\n", "" },
	{ WIPED "custody D1 sanitized destroyed witness=W\n", "" },
	{ WIPED "custody D1 sanitized reused certificate=c1\n"
		"custody D1 reused quarantined\n",
		"" },
	/* nothing proves it */
	{ "custody D1 sanitized returned\n",
		"left-without-proof D1 to=returned why=no-certificate certificate=none\n"
		"contradiction D1 certificate-not-named to=returned\n"
		"contradiction D1 custody-was in-service\n" },
	{ TO_FAILED "custody D1 failed destroyed witness=W\n",
		"destroyed-unproven D1 to=destroyed why=no-certificate certificate=none\n" },
	{ TO_FAILED "custody D1 failed destroyed\n",
		"left-without-proof D1 to=destroyed why=no-certificate certificate=none\n" },
	/* the certificate it names */
	{ WIPED "custody D1 sanitized returned certificate=c2\n",
		"contradiction D1 certificate-unknown c2\n" },
	{ WIPED "custody D1 sanitized returned certificate=c2\n"
		"certificate c2 j2 D1 proven\n",
		"contradiction D1 certificate-later c2\n" },
	{ WIPED "certificate c2 j2 D2 proven\n"
		"custody D1 sanitized returned certificate=c2\n",
		"contradiction D1 certificate-other-drive c2\n" },
	{ "began D1 j1\ncustody D1 in-service sanitizing\ncertificate c1 j1 D1 failed\n"
	  "custody D1 sanitizing sanitized certificate=c1\n" RETURNED,
		"left-without-proof D1 to=returned why=not-proven certificate=c1\n"
		"contradiction D1 certificate-not-proven c1\n"
		"contradiction D1 certificate-not-proven c1\n" },
	/* of another drive, of one without identity */
	{ "certificate c1 j1 D2 proven\n"
	  "custody D1 in-service failed\ncustody D1 failed destroyed witness=W\n",
		"destroyed-unproven D1 to=destroyed why=no-certificate certificate=none\n" },
	/* of another one that says the same of itself */
	{ WIPED "custody D101 in-service failed\ncustody D101 failed destroyed\n",
		"left-without-proof D101 to=destroyed why=other-drive certificate=none\n" },
	{ WIPED "custody D101 in-service quarantined\ncustody D101 quarantined sanitizing\n"
		"custody D101 sanitizing sanitized certificate=c1\n"
		"custody D101 sanitized returned certificate=c1\n",
		"left-without-proof D101 to=returned why=other-drive certificate=c1\n"
		"contradiction D101 certificate-other-drive c1\n"
		"contradiction D101 certificate-other-drive c1\n" },
	{ WIPED RETURNED "began D101 j2\ncertificate c2 j2 D101 failed\n",
		"not-proven D101 outcome=failed certificate=c2\n" },
	{ "began D101 j2\ncertificate c2 j2 D101 failed\nbegan D1 j1\ncertificate c1 j1 D1 "
	  "proven\n",
		"not-proven D101 outcome=failed certificate=c2\n" },
	{ "certificate c1 j1 D0 proven\n"
	  "custody D0 in-service failed\ncustody D0 failed destroyed witness=W\n",
		"destroyed-unproven D0 to=destroyed why=no-identity certificate=none\n" },
	{ TO_FAILED "custody D1 failed destroyed witness=W\ncertificate c1 j1 D1 proven\n",
		"destroyed-unproven D1 to=destroyed why=later certificate=none\n" },
	/* it was in use after the certificate, or written to by a job that is not proven */
	{ WIPED "custody D1 sanitized reused certificate=c1\n"
		"custody D1 reused sanitizing\n"
		"custody D1 sanitizing sanitized certificate=c1\n" RETURNED,
		"left-without-proof D1 to=returned why=before-service certificate=c1\n" },
	{ WIPED "contents D1\n" RETURNED,
		"left-without-proof D1 to=returned why=before-service certificate=c1\n" },
	{ WIPED "began D1 j2\n" RETURNED,
		"left-without-proof D1 to=returned why=begun-since certificate=c1\n"
		"not-proven D1 no-certificate job=j2\n" },
	{ WIPED "began D1 j2\ncertificate c2 j2 D1 interrupted\n" RETURNED,
		"left-without-proof D1 to=returned why=not-proven certificate=c1\n" },
	{ WIPED "began D1 j2\ncertificate c2 j2 D1 refused\n" RETURNED, "" },
	{ WIPED "began D1 j2\ncertificate c2 j2 D1 proven\n" RETURNED, "" },
	/* superseded before it left, and after */
	{ WIPED "certificate c2 j1 D1 failed supersedes=c1\n" RETURNED,
		"left-without-proof D1 to=returned why=not-proven certificate=c1\n" },
	{ WIPED RETURNED "certificate c2 j1 D1 failed supersedes=c1\n",
		"not-proven D1 outcome=failed certificate=c2\n" },
	/* custody out of order */
	{ "custody D1 in-service sanitized certificate=c1\n",
		"contradiction D1 certificate-unknown c1\n"
		"contradiction D1 custody-order to=sanitized\n" },
	{ "custody D1 quarantined failed\n", "contradiction D1 custody-was in-service\n" },
	{ "custody D1 in-service eaten\n", "unreadable D1 custody=eaten\n" },
	/* the last word on a drive */
	{ "began D1 j1\ncertificate c1 j1 D1 failed\n",
		"not-proven D1 outcome=failed certificate=c1\n" },
	{ "began D1 j1\ncertificate c1 j1 D1 failed\nbegan D1 j2\n"
	  "certificate c2 j2 D1 proven\n",
		"" },
	{ "certificate c1 j1 D1 refused\n", "not-proven j1 outcome=refused certificate=c1\n" },
	{ "certificate c1 j1 D1 proven\ncertificate c2 j2 D1 refused\n", "" },
	{ "certificate c1 j1 D1 unknown\n", "not-proven j1 outcome=unknown certificate=c1\n" },
	{ "certificate c1 j1 D0 failed\ncertificate c2 j2 D0 proven\n",
		"not-proven j1 outcome=failed certificate=c1\n" },
	{ "certificate c1 j1 D0 failed\ncertificate c2 j1 D0 proven supersedes=c1\n", "" },
	{ "began D1 j1\n", "not-proven D1 no-certificate job=j1\n" },
	{ "began D1 j1\nbegan D1 j1\n", "not-proven D1 no-certificate job=j1\n" },
	{ "began D1 j1\ncertificate c1 j1 D2 proven\n",
		"contradiction D1 job-of-other-drive c1\n" },
};

static const struct history_case certificates[] = {
	{ "certificate c1 j1 D1 proven\ncertificate c1 j1 D1 proven\n",
		"contradiction j1 name-twice c1\n" },
	{ "certificate c1 j1 D1 proven\ncertificate c2 j1 D1 proven\n",
		"duplicate j1 beside c1\n" },
	{ "certificate c1 j1 D1 proven\ncertificate c2 j1 D1 proven level=clear\n",
		"contradiction j1 differs-from c1\n" },
	{ "certificate c1 j1 D1 failed\ncertificate c2 j1 D1 proven\n",
		"contradiction j1 differs-from c1\n" },
	{ "certificate c1 j1 D1 interrupted\ncertificate c2 j1 D1 proven supersedes=c1\n", "" },
	{ "certificate c2 j1 D1 proven supersedes=c1\n",
		"contradiction j1 supersedes-unknown c1\n" },
	{ "certificate c1 j1 D1 proven\ncertificate c2 j2 D1 proven supersedes=c1\n",
		"contradiction j2 supersedes-other-job c1\n" },
	{ "certificate c1 j1 D1 failed\ncertificate c2 j1 D1 failed supersedes=c1\n"
	  "certificate c3 j1 D1 proven supersedes=c1\n",
		"contradiction j1 supersedes-not-the-last c1\n" },
	{ "certificate c1 j1 D1 failed\ncertificate c2 j1 D2 proven supersedes=c1\n",
		"contradiction j1 job-of-two-drives c1\n"
		"not-proven j1 outcome=failed certificate=c1\n" },
	{ "certificate c1 j1 D1 proven level=none\n",
		"contradiction j1 proven-without-level c1\n" },
	{ "certificate c1 j1 D1 proven\nsignature c1\n", "" },
	{ "certificate c1 j1 D1 proven\nsignature c2\n",
		"contradiction  signature-of-unknown c2\n" },
	{ "certificate c1 j1 D1 proven\nsignature c1 sha256=cc\n",
		"contradiction  signature-of-other c1\n" },
	{ "certificate c1 j1 D1 proven out=key-copy:V7\n",
		"outstanding j1 key-copy:V7 certificate=c1\n" },
	{ "certificate c1 j1 D1 proven out=key-copy:V7\ncopy-destroyed V7\n", "" },
	{ "copy-destroyed V7\ncertificate c1 j1 D1 proven out=key-copy:V7\n",
		"outstanding j1 key-copy:V7 certificate=c1\n" },
	{ "certificate c1 j1 D1 proven out=key-copy:V7\ncopy-destroyed V71\n",
		"outstanding j1 key-copy:V7 certificate=c1\n" },
	{ "certificate c1 j1 D1 proven out=key-copy:V7\n"
	  "certificate c2 j1 D1 proven supersedes=c1\n",
		"" },
	/* times */
	{ "@2027-02-10\nkey\n@2027-02-08\nkey\n@2027-02-09\nkey\n",
		"contradiction  time-went-back\n" },
	{ "@2027-02-10\nkey\n@2027-02-09\nkey\n", "" },
	{ "@2027-02-10\nolder 1\n@2027-01-08\nkey\n@2027-01-02\nkey\n@2027-02-11\nkey\n", "" },
	{ "@2027-02-10\nolder 1\n@2027-02-11\nkey\nkey\n@2027-01-02\nkey\n",
		"contradiction  time-went-back\n" },
	{ "key\nolder 1\n", "contradiction  ledger-began-later\n" },
	{ "older -5\n", "contradiction  ledger-began-later\n" },
	{ "@2027-02-10\ncertificate c1 j1 D1 proven issued=2027-01-10\n",
		"contradiction  issued-at-another-time\n" },
	{ "@2027-02-10\ncertificate c1 j1 D1 proven issued=2027-02-11\n", "" },
	{ "strange\n", "unreadable  subject=spoon\n" },
	{ "key\n", "" },
	{ "withheld\nkey\nwithheld\n", "not-judged  withheld=2\n" },
};

#define HELD "hold H1 placed D1 1001\n"
#define LIFTED "hold H1 lift-asked D1 1001\nhold H1 lifted D1 1002\n"
#define TENANT_HELD "tenant T5 t5\nhold H2 placed T5 1001\n"

static const struct history_case holds[] = {
	{ HELD "hold H1 confirmed D1 1002\n" LIFTED, "" },
	{ HELD "hold H1 confirmed D1 1001\n",
		"contradiction H1 hold-same-person hold-confirmed\n" },
	{ HELD "hold H1 confirmed D1 service\n",
		"contradiction H1 hold-no-person hold-confirmed\n" },
	{ HELD "hold H1 confirmed D1 1002\nhold H1 confirmed D1 1003\n",
		"contradiction H1 hold-order hold-confirmed\n" },
	{ HELD "hold H1 lifted D1 1002\n", "contradiction H1 hold-order hold-lifted\n" },
	{ HELD "hold H1 lift-asked D1 1001\nhold H1 lifted D1 1001\n" WIPED,
		"contradiction H1 hold-same-person hold-lifted\n"
		"destroyed-under-hold D1 hold=H1 job=j1\n" },
	{ HELD "hold H1 lift-asked D1 1001\nhold H1 lift-cancelled D1 service\n" LIFTED, "" },
	{ "hold H1 confirmed D1 1002\n", "contradiction H1 hold-order hold-confirmed\n" },
	{ "withheld\nhold H1 confirmed D1 1002\n",
		"not-judged H1 hold-steps-withheld\nnot-judged  withheld=1\n" },
	{ HELD "hold H1 eaten D1 1002\n", "unreadable  action=hold-eaten\n" },
	/* what it forbids */
	{ HELD WIPED, "destroyed-under-hold D1 hold=H1 job=j1\n" },
	{ HELD LIFTED WIPED RETURNED, "" },
	{ HELD "hold H1 lift-asked D1 1001\n" WIPED, "destroyed-under-hold D1 hold=H1 job=j1\n" },
	{ WIPED HELD RETURNED, "destroyed-under-hold D1 hold=H1 to=returned\n" },
	{ WIPED HELD, "" },
	{ "hold H1 placed D2 1001\n" WIPED RETURNED, "" },
	/* a job of which no event tells when it began */
	{ "contents D1\n@2027-02-01\n" HELD
	  "@2027-02-10\ncertificate c1 j1 D1 proven began=2027-02-09\n",
		"destroyed-under-hold D1 hold=H1 certificate=c1\n" },
	{ "contents D1\n@2027-02-01\n" HELD
	  "@2027-02-10\ncertificate c1 j1 D1 proven began=2027-01-09\n",
		"" },
	{ "contents D1\n@2027-02-01\n" HELD
	  "@2027-02-10\ncertificate c1 j1 D1 refused began=2027-02-09\n",
		"not-proven D1 outcome=refused certificate=c1\n" },
	/* of a tenant */
	{ TENANT_HELD "labelled D1 t5\n" WIPED, "destroyed-under-hold D1 hold=H2 job=j1\n" },
	{ TENANT_HELD "labelled D1 t6\n" WIPED, "" },
	{ "labelled D1 t5\n" WIPED TENANT_HELD RETURNED, "" },
	{ TENANT_HELD "@2027-02-10\ncertificate c1 j1 D1 proven tenant=t5\n",
		"destroyed-under-hold j1 hold=H2 certificate=c1\n" },
	{ "contract C1 K1 2027-12-31 10\n" TENANT_HELD "deletion d1 K1 closed tenant=t5\n", "" },
	{ "contract C1 K1 2027-12-31 10\n" TENANT_HELD "deletion d1 K1 remaining tenant=t5\n"
	  "deletion d2 K1 closed tenant=t5 supersedes=d1\n",
		"destroyed-under-hold K1 hold=H2 certificate=d2\n" },
	{ "contract C1 K1 2027-12-31 10\ndeletion d1 K1 remaining tenant=t5\n" TENANT_HELD
	  "deletion d2 K1 closed tenant=t5 supersedes=d1\n",
		"" },
	/* what the records cannot show */
	{ "hold H1 placed V7 1001\n", "not-judged H1 covers-unknown volume:7\n" },
	{ "hold H1 placed T7 1001\n", "not-judged H1 covers-unknown tenant:7\n" },
};

/* Asked on 2027-06-01. */
static const struct history_case contracts[] = {
	{ "contract C1 K1 - 10\n", "" },
	{ "contract C1 K1 2027-12-31 10\n", "" },
	{ "contract C1 K1 2027-05-21 10\n", "contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-05-22 10\n", "" },
	{ "contract C1 K1 2027-05-31 0\n", "contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-06-01 0\n", "" },
	{ "contract C1 K1 2027-03-31 10\n@2027-04-09\ndeletion d1 K1 closed\n", "" },
	/* A number that looks like another contract's ID does not close that one. */
	{ "contract C1 K1 2027-03-31 10\ncontract C2 C1 2027-03-31 10\n@2027-04-09\n"
	  "deletion d1 C1 closed\n",
		"contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-03-31 10\n@2027-04-09\ndeletion d1 C1 closed\n",
		"contradiction C1 contract-unknown C1\n"
		"contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-03-31 10\n@2027-03-31\ndeletion d1 K1 closed\n",
		"contract-not-closed C1 before-the-end d1\n" },
	{ "contract C1 K1 2027-03-31 10\n@2027-04-09\ndeletion d1 K1 remaining\n",
		"contract-not-closed C1 not-closed d1\n" },
	{ "contract C1 K1 2027-03-31 10\n@2027-04-09\ndeletion d1 K1 remaining\n"
	  "deletion d2 K1 closed supersedes=d1\n",
		"" },
	{ "contract C1 K1 2027-03-31 10\n@2027-04-09\ndeletion d1 K1 closed\n"
	  "deletion d2 K1 closed\n",
		"duplicate K1 beside d1\n" },
	/* it went on */
	{ "contract C1 K1 2026-03-31 10\ncontract C1 K1 2028-03-31 10\n", "" },
	{ "contract C1 K1 2028-03-31 10\ncontract C1 K1 2026-03-31 10\n",
		"contract-not-closed C1 no-certificate\n" },
	/* renewed: another contract for the same keeps it */
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 - 10 tenant=a\n", "" },
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 2028-03-31 10 tenant=a\n", "" },
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 2027-05-25 10 tenant=a\n", "" },
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 2027-05-21 10 tenant=a\n",
		"contract-not-closed C1 no-certificate\ncontract-not-closed C2 no-certificate\n" },
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 - 10 tenant=b\n",
		"contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-03-31 10 tenant=a for=S1\ncontract C2 K2 - 10 tenant=a for=S2\n",
		"contract-not-closed C1 no-certificate\n" },
	{ "contract C1 K1 2027-03-31 10 tenant=a for=S1\ncontract C2 K2 - 10 tenant=a for=S1\n",
		"" },
	{ "contract C1 K1 2027-03-31 10 tenant=a for=S1\ncontract C2 K2 - 10 tenant=a\n", "" },
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 - 10 tenant=a for=S1\n", "" },
	/* the renewal itself was brought to its end */
	{ "contract C1 K1 2027-03-31 10 tenant=a\ncontract C2 K2 - 10 tenant=a\n"
	  "contract C2 K2 2027-04-30 10 tenant=a\n",
		"contract-not-closed C1 no-certificate\ncontract-not-closed C2 no-certificate\n" },
	{ "contract C1 K1 2027-13-31 10\n", "unreadable C1 end-day=2027-13-31\n" },
	{ "contract C1 K1 2027-03-31 -1\n", "unreadable C1 end-day=2027-03-31\n" },
	{ "deletion d1 K2 closed\n", "contradiction K2 contract-unknown K2\n" },
	{ "withheld\ndeletion d1 K2 closed\n",
		"not-judged K2 contract-unknown K2\nnot-judged  withheld=1\n" },
	{ "contract C1 K1 2027-12-31 10\ndeletion d1 K1 volumes-erased out=generation:G4\n",
		"outstanding K1 generation:G4 certificate=d1\n" },
	{ "contract C1 K1 2027-12-31 10\ndeletion d1 K1 running out=volume:V4\n", "" },
};

static void try_all(const struct history_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FINDINGS struct finding_list list = { 0 };
		char text[4096];
		find(cases[i].script, TODAY, &list);
		print(&list, text, sizeof(text));
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("\n%s--- expected\n%s--- found\n%s", cases[i].script,
				cases[i].expected, text);
	}
}

static void test_drives(void **state)
{
	(void)state;
	try_all(drives, ARRAY_SIZE(drives));
}

static void test_certificates(void **state)
{
	(void)state;
	try_all(certificates, ARRAY_SIZE(certificates));
}

static void test_holds(void **state)
{
	(void)state;
	try_all(holds, ARRAY_SIZE(holds));
}

#define DUE_C1 "contract C1 K1 2027-03-31 10\ndeletion d1 K1 remaining\n@2027-04-11\n"
#define BEGUN "vm M3 t5 begun C1 2027-04-11\n"
#define DELETED "vm M3 t5 power-off\nvm M3 t5 erase\nvm M3 t5 delete\nvm M3 t5 look gone\n"
#define CLOSED "deletion d2 K1 closed supersedes=d1\n"

static const struct history_case vms[] = {
	{ DUE_C1 BEGUN DELETED "vm M3 t5 gone\n" CLOSED, "" },
	{ DUE_C1 BEGUN DELETED "notice C1 intended\nnotice C1 sent\nnotice C1 failed\n"
			       "notice C1 uncertain\n" CLOSED,
		"" },
	{ DUE_C1 BEGUN "vm M3 t5 look present\nvm M3 t5 identity\n" DELETED CLOSED, "" },
	{ DUE_C1 "vm M3 t5 added\nvm M3 t5 begun C1 2027-04-11\nvm M3 t5 absent\n"
		 "vm M3 t5 look gone\nvm M3 t5 gone\n" CLOSED,
		"" },
	/* too early */
	{ "contract C1 K1 2027-05-31 10\n@2027-06-01\n"
	  "vm M3 t5 begun C1 2027-06-11\nvm M3 t5 power-off\n",
		"contradiction M3 deleted-early due=2027-06-10T15:00:00.000Z\n" },
	{ "contract C1 K1 2027-05-31 10\n@2027-05-20\n"
	  "vm M3 t5 begun C1 2027-05-11\nvm M3 t5 erase\nvm M3 t5 delete\nvm M3 t5 look gone\n",
		"contradiction M3 deleted-early contract=K1\n" },
	{ DUE_C1 BEGUN "contract C1 K1 2028-03-31 10\n" DELETED,
		"contradiction M3 deleted-early contract=K1\n" },
	{ DUE_C1 BEGUN "vm M3 t5 power-off\ncontract C1 K1 2028-03-31 10\n",
		"outstanding M3 vm-not-gone due=2027-04-10T15:00:00.000Z\n" },
	{ "contract C1 K1 - 10\n@2027-04-11\n" BEGUN DELETED,
		"contradiction M3 deleted-early contract=K1\n" },
	{ "@2027-04-11\n" BEGUN DELETED, "contradiction M3 contract-unknown \n" },
	{ "contract C1 K1 2028-03-31 10\n" DELETED,
		"contradiction M3 not-begun deletion-power-off\n" },
	{ "contract C1 K1 2028-03-31 10\nwithheld\n" DELETED,
		"not-judged M3 not-begun deletion-power-off\nnot-judged  withheld=1\n" },
	/* not gone */
	{ DUE_C1 BEGUN "vm M3 t5 delete\nvm M3 t5 gone\nvm M3 t5 look gone\n" CLOSED,
		"contradiction M3 not-seen-gone\n" },
	{ DUE_C1 BEGUN "vm M3 t5 delete\nvm M3 t5 look present\n" CLOSED,
		"contradiction M3 closed-before-gone d2\n"
		"outstanding M3 vm-not-gone due=2027-04-10T15:00:00.000Z\n" },
	{ DUE_C1 BEGUN "vm M3 t5 delete\nvm M3 t5 look unknown\n" CLOSED "vm M3 t5 look gone\n",
		"contradiction M3 closed-before-gone d2\n" },
	{ DUE_C1 BEGUN DELETED "vm M3 t5 look present\n" CLOSED,
		"contradiction M3 closed-before-gone d2\n"
		"outstanding M3 vm-not-gone due=2027-04-10T15:00:00.000Z\n" },
	{ DUE_C1 BEGUN DELETED "vm M3 t5 delete\n" CLOSED,
		"contradiction M3 closed-before-gone d2\n"
		"outstanding M3 vm-not-gone due=2027-04-10T15:00:00.000Z\n" },
	/* under a hold: of the VM, of its tenant, of others */
	{ DUE_C1 BEGUN "hold H1 placed M3 1001\n" DELETED CLOSED,
		"destroyed-under-hold M3 hold=H1 deletion-power-off\n" },
	{ DUE_C1 BEGUN "vm M3 t5 power-off\nhold H1 placed M3 1001\nvm M3 t5 erase\n"
		       "vm M3 t5 delete\nvm M3 t5 look gone\n" CLOSED,
		"destroyed-under-hold M3 hold=H1 deletion-erase\n" },
	{ DUE_C1 BEGUN TENANT_HELD DELETED CLOSED,
		"destroyed-under-hold M3 hold=H2 deletion-power-off\n" },
	{ DUE_C1 BEGUN "hold H1 placed M4 1001\n" DELETED CLOSED, "" },
	{ DUE_C1 BEGUN "tenant T5 t6\nhold H1 placed T5 1001\n" DELETED CLOSED, "" },
	{ DUE_C1 BEGUN "hold H1 placed M3 1001\nhold H1 lift-asked M3 1001\n"
		       "hold H1 lifted M3 1002\n" DELETED CLOSED,
		"" },
	{ DUE_C1 BEGUN "hold H1 placed M3 1001\nvm M3 t5 refused\nvm M3 t5 look present\n",
		"contract-not-closed C1 not-closed d1\n"
		"outstanding M3 vm-not-gone due=2027-04-10T15:00:00.000Z\n" },
	/* What was left was to tell the customer: nothing went while the hold stood. */
	{ "contract C1 K1 2027-03-31 10\n@2027-04-11\n" TENANT_HELD
	  "deletion d1 K1 generations-expired tenant=t5\n"
	  "deletion d2 K1 closed tenant=t5 supersedes=d1\n",
		"" },
};

static void test_vms(void **state)
{
	(void)state;
	try_all(vms, ARRAY_SIZE(vms));
}

static void test_contracts(void **state)
{
	(void)state;
	try_all(contracts, ARRAY_SIZE(contracts));
}

/* The age of each finding. */
static void test_since(void **state)
{
	(void)state;
	AUTO_FINDINGS struct finding_list list = { 0 };
	find("contract C1 K1 2027-03-31 10\n@2027-02-03\ncustody D1 in-service failed\n"
	     "custody D1 failed destroyed witness=W\n",
		TODAY, &list);
	assert_int_equal(list.count, 2);
	/* The eleventh day after the last one: the first that is too late. */
	assert_true(list.items[0].since_utc_ms ==
		    history_noon("2027-04-11") - INT64_C(12) * 3600 * 1000);
	assert_true(list.items[1].since_utc_ms == history_noon("2027-02-03") + 3 - 1);
	assert_int_equal(list.items[1].index, 2);
	assert_string_equal(list.items[1].label, "D1");
}

static void test_complete_says_what_was_seen(void **state)
{
	static const struct {
		const char *script;
		bool complete, fails;
	} cases[] = {
		{ WIPED RETURNED, true, false },
		{ WIPED "withheld\n", false, false },
		{ "hold H1 placed V7 1001\n", false, false },
		{ "custody D1 in-service failed\ncustody D1 failed destroyed witness=W\n", false,
			false },
		{ "began D1 j1\ncertificate c1 j1 D1 failed\n", true, false },
		{ "strange\n", false, true },
		{ WIPED "contents D1\n" RETURNED, false, true },
		{ "contract C1 K1 2027-03-31 10\n", false, true },
		{ HELD WIPED, false, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FINDINGS struct finding_list list = { 0 };
		find(cases[i].script, TODAY, &list);
		if (findings_complete(&list) != cases[i].complete ||
			findings_fail(&list) != cases[i].fails)
			fail_msg("%s", cases[i].script);
	}
}

static void test_order_of_records(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct reconcile *reconcile CLEANUP(cleanup_reconcile_drop) = NULL;
	struct record record = { .index = 3, .kind = RECORD_KEY };
	assert_int_equal(reconcile_begin(&reconcile, &error), 0);
	assert_int_equal(reconcile_take(reconcile, &record, &error), 0);
	assert_true(reconcile_take(reconcile, &record, &error) < 0);
	assert_string_equal(error.code, "record-order");
	record.index = 2;
	assert_true(reconcile_take(reconcile, &record, &error) < 0);
	record.index = 4;
	assert_int_equal(reconcile_take(reconcile, &record, &error), 0);
}

/* Both rooms have a table of custody, and neither may import the other's. */
static void test_the_table_of_custody(void **state)
{
	(void)state;
	for (enum custody from = CUSTODY_IN_SERVICE; from < CUSTODY_STATES; from++) {
		const char *name = custody_name(from);
		assert_true(custody_order_knows(name));
		assert_int_equal(custody_order_needs_proof(name), custody_needs_proof(from));
		for (enum custody to = CUSTODY_IN_SERVICE; to < CUSTODY_STATES; to++)
			if (custody_order_allows(name, custody_name(to)) !=
				custody_allows(from, to))
				fail_msg("%s to %s", name, custody_name(to));
	}
	assert_false(custody_order_knows("unknown"));
	assert_false(custody_order_allows("unknown", "in-service"));
}

static void test_words(void **state)
{
	(void)state;
	for (enum finding_kind kind = FINDING_LEFT_WITHOUT_PROOF; kind < FINDING_KINDS; kind++)
		assert_true(strcmp(finding_word(kind), "unknown") != 0);
	assert_string_equal(finding_word(FINDING_KINDS), "unknown");
	assert_true(finding_is_failure(FINDING_UNKNOWN));
	assert_true(finding_is_failure(FINDING_UNREADABLE));
	assert_false(finding_is_failure(FINDING_DESTROYED_UNPROVEN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drives),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_contracts),
		cmocka_unit_test(test_vms),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_complete_says_what_was_seen),
		cmocka_unit_test(test_order_of_records),
		cmocka_unit_test(test_the_table_of_custody),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
