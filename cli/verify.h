/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of `haiki verify` share: reading a certificate's files and checking them. */
#ifndef HAIKI_CLI_VERIFY_H
#define HAIKI_CLI_VERIFY_H

#include "cli/command.h"
#include "device/identity/identity.h"
#include "verify/certificate/certificate.h"

struct verify_options {
	char certificate[512]; /* verify media */
	char signature[512];
	char trust[512];
	char serial[IDENTITY_TEXT_MAX];
	bool sample;
};

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

/* Load the anchors: --trust, or ca.crt of the keys folder. */
NODISCARD int verify_load_trust(
	const struct invocation *invocation, struct trust **ret, struct error *error);

/* Read FILE and its signature (beside it unless given), and make every check. What does not hold
 * stands in *ret; an error is returned only when nothing can be said (usage, no memory). */
NODISCARD int verify_check_file(const struct invocation *invocation, const struct trust *trust,
	const char *file, struct checked *ret, struct error *error);

/* Valid, of the right drive, and proven: nothing less is a success. */
bool verify_is_valid(const struct checked *checked);
bool verify_is_proven(const struct checked *checked);

/* The drive on the certificate; "" where it does not say. */
struct drive_identity verify_subject(const struct checked *checked);

void verify_print(const struct checked *checked);
json_t *verify_json(const struct checked *checked);

enum error_kind verify_media(const struct invocation *invocation, struct error *error);
enum error_kind verify_policy(const struct invocation *invocation, struct error *error);
enum error_kind verify_ledger(const struct invocation *invocation, struct error *error);

#endif
