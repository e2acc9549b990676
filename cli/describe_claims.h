/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the superblocks on a drive say it belongs to, beside what this host has assembled. */
#ifndef HAIKI_CLI_DESCRIBE_CLAIMS_H
#define HAIKI_CLI_DESCRIBE_CLAIMS_H

#include "wipe/job.h"

struct stack;

/* Read the kernel's tree and hold the superblocks of the preview against it. NULL when that cannot be
 * done, and *error says why. Freed by stack_destroy; borrows the preview. */
struct stack *describe_claims_read(const struct job_preview *preview, struct error *error);

/* The next line for people, without its label; number counts from 0. False: there are no more. */
bool describe_claim(const struct stack *stack, size_t number, char *ret, size_t size);

/* Arrays and volumes: {"arrays":[…],"volumes":[…]} are put into json. stack may be NULL. */
NODISCARD int describe_claims_json(json_t *json, const struct stack *stack);

#endif
