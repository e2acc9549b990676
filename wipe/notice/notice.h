/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices to a customer's and the operator's contacts: on which days, in which words, and by the local
 * sendmail (seed: "clause 12.1.2", changes that affect a customer are told by mail). */
#ifndef HAIKI_WIPE_NOTICE_NOTICE_H
#define HAIKI_WIPE_NOTICE_NOTICE_H

#include "base/config.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/notices.h"
#include "inventory/tenants/tenants.h"

/* Which notice of a contract is due; pure. */
enum notice_kind {
	NOTICE_NONE,
	NOTICE_BEFORE, /* so many days before deletion is due; the latest that is due counts, earlier ones are passed over */
	NOTICE_AFTER,  /* so many days after it was due: what remains */
	NOTICE_DELETED, /* all VMs are proven gone; once */
	NOTICE_CLOSED,  /* closed; once */
	NOTICE_OVERDUE, /* to the operator: something remains beyond its time; once a day of [deletion] notice-after */
};
const char *notice_kind_name(
	enum notice_kind kind); /* "before", "after", "deleted", "closed", "overdue" */

struct notice_due {
	enum notice_kind kind;
	int64_t day; /* since 1970-01-01, Asia/Tokyo: for which it is */
};
/* due_day: the day when deletion is due; today likewise; before: the days of the configuration, descending. A run that
 * was missed sends the newest only. NOTICE_NONE when none is due. */
struct notice_due notice_before_due(
	int64_t due_day, int64_t today, const unsigned *before, size_t count);

/* The same of the days behind it: of the notices NOTICE_AFTER and, to the operator, NOTICE_OVERDUE. after:
 * ascending. The kind is NOTICE_AFTER or NOTICE_NONE. */
struct notice_due notice_after_due(
	int64_t due_day, int64_t today, const unsigned *after, size_t count);

/* What a notice tells; borrowed. Times and days are worked out by the caller. */
struct notice_facts {
	const struct tenant_record *tenant;
	const struct contract_record *contract;
	const char *organisation;
	int64_t due_day;
	size_t vm_count, remaining_count;
	const char *vms;         /* a line each: service code and name */
	const char *remaining;   /* a line each; "" none */
	const char *certificate; /* name; "" none */
};

/* The message in full, RFC 5322 and MIME, UTF-8 encoded as needed, Japanese first, then English; addresses come from the
 * contacts of the tenant (customer) or from the configuration (operator), checked: none with line breaks, blanks or a leading "-".
 * A template folder of the configuration goes before the built-in texts: KIND.ja.txt, KIND.en.txt, first line the subject, with
 * {tenant} {contract} {end_day} {due_day} {vm_count} {vms} {remaining_count} {remaining} {certificate} {organisation}; an
 * unknown {word} is an error, -EINVAL "notice-template". What is empty is said as "none". -ENOENT "notice-no-address", -EINVAL
 * "notice-address": one that cannot be used, and then nobody is told. *ret_message is the caller's; its lines end with a
 * line feed alone. */
NODISCARD int notice_compose(const struct config *config, enum notice_kind kind,
	const char *audience, const struct notice_facts *facts, const char *message_id,
	int64_t now_utc_ms, char **ret_message, struct error *error);

/* Can every text be filled in, before one is needed? -EINVAL "notice-template" or -errno for a file that cannot be
 * read. Without [deletion] sendmail nothing is looked at: 0. */
NODISCARD int notice_check(const struct config *config, struct error *error);

/* Intend, compose, hand over to sendmail ("sendmail -i -t -f FROM", its exit status is believed), settle. 1: sent now; 0: it was
 * before, or nobody is to be told. Without [deletion] sendmail nothing is sent, and without
 * operators nothing to these: 0. A failure is recorded and tried in the
 * next run, at most five times; what stopped it is -errno with its sentence. -ETIMEDOUT or -EINTR "notice-uncertain": sendmail
 * was ended before it said anything, so the notice stays intended and is never sent again. */
NODISCARD int notice_send(struct store *store, const struct config *config, enum notice_kind kind,
	const char *audience, const struct notice_facts *facts, int64_t day, int64_t now_utc_ms,
	struct error *error);

#endif
