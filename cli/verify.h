/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of `haiki verify` share: what an auditor trusts, and one certificate with the checks
 * made on it. */
#ifndef HAIKI_CLI_VERIFY_H
#define HAIKI_CLI_VERIFY_H

#include "cli/command.h"
#include "device/identity/identity.h"
#include "verify/certificate/certificate.h"

struct verify_options {
	char certificate[512]; /* verify media */
	char signature[512];
	char trust[512];
	char timestamp_trust[512];
	char person_trust[512];
	struct option_list revoked; /* files of revocation lists */
	char ledger[512];
	char ledger_key[512];
	char require[256];
	char at[64];
	char serial[IDENTITY_TEXT_MAX];
	bool sample;
};

/* What the options name, read once; certificate_anchors points into it. */
struct verify_anchors {
	struct trust *trust, *timestamp_trust;
	struct revocation *revocation;
	struct note_key ledger_key;
	struct standing *standing;
	struct certificate_anchors anchors;
};
NODISCARD int verify_anchors_open(
	const struct invocation *invocation, struct verify_anchors *ret, struct error *error);
void verify_anchors_close(struct verify_anchors *anchors);
struct verify_ledger_options {
	struct option_list since, witnesses;
	char ledger_key[512]; /* a file, or the key itself */
	char trust[512], tsa_trust[512], crl[512];
};

/* One certificate with the checks made on it. */
struct checked {
	const char *file; /* borrowed */
	struct certificate_report report;
	struct error unread;      /* the files could not be read: nothing was checked */
	struct error other_drive; /* --serial names another drive than the certificate */
};
void checked_free(struct checked *checked);

/* Read FILE and what belongs to it, and make every check. What does not hold stands in *ret; an error is returned
 * only when nothing can be said (usage, no memory). */
NODISCARD int verify_check_file(const struct invocation *invocation,
	const struct verify_anchors *anchors, const char *file, struct checked *ret,
	struct error *error);

bool verify_is_valid(const struct checked *checked);  /* and of the right drive */
bool verify_is_proven(const struct checked *checked); /* valid, and the drive is proven erased */
bool verify_is_tenant(const struct checked *checked); /* it speaks of a contract, not of a drive */
/* Valid, and the drive is proven erased or the contract's deletion closed: nothing less is a success. */
bool verify_is_success(const struct checked *checked);

/* The drive on the certificate; "" where it does not say. */
struct drive_identity verify_subject(const struct checked *checked);
/* certificate[object][key], object NULL: at the top; "" where it does not say. */
const char *verify_text(const struct checked *checked, const char *object, const char *key);

void verify_print(const struct checked *checked);
/* "VALID, PROVEN" …, translated. */
const char *verify_verdict(const struct checked *checked);
/* Why it is not a success; "" when it is. */
const char *verify_problem(const struct checked *checked);
json_t *verify_json(const struct checked *checked);
/* In what verify_json gave: another valid certificate takes its place. */
NODISCARD int verify_json_supersede(json_t *json, const struct check *superseded);

enum error_kind verify_certificate(const struct invocation *invocation, struct error *error);
enum error_kind verify_media(const struct invocation *invocation, struct error *error);
enum error_kind verify_policy(const struct invocation *invocation, struct error *error);
enum error_kind verify_ledger(const struct invocation *invocation, struct error *error);

#endif
