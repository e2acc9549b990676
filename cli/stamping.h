/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time stamp of a certificate just issued: tried once, and said where it stands. */
#ifndef HAIKI_CLI_STAMPING_H
#define HAIKI_CLI_STAMPING_H

#include "base/json.h"
#include "reports/timestamp/timestamp.h"

struct stamping {
	char state[16];     /* "stamped", "waiting", "not-wanted"; "" before it was tried */
	struct error error; /* why it waits */
};

/* Between the transaction that entered the certificate and its export. The certificate is good without: this never
 * fails, it waits. authority NULL: not wanted. */
void stamping_try(struct store *store, struct timestamp_authority *authority,
	struct certificate_record *certificate, struct stamping *ret);

/* Stamp what earlier runs left, into folder; says on stderr how many wait, and why. */
void stamping_catch_up(
	struct store *store, struct timestamp_authority *authority, const char *folder);

/* "  Its time stamp waits: …"; nothing where it does not. */
void stamping_print(const struct stamping *stamping);
/* "timestamp" and "timestamp_error" into an object. */
NODISCARD int stamping_put(json_t *object, const struct stamping *stamping);

#endif
