/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the superblocks on a drive say it belongs to, beside what this host has assembled. */
#ifndef HAIKI_CLI_DESCRIBE_CLAIMS_H
#define HAIKI_CLI_DESCRIBE_CLAIMS_H

#include "inventory/scan/stack.h"

/* The next line for people, without its label; number counts from 0. False: there are no more. */
bool describe_claim(const struct stack *stack, size_t number, char *ret, size_t size);

/* Arrays and volumes: {"arrays":[…],"volumes":[…]} are put into json. stack may be NULL. */
NODISCARD int describe_claims_json(json_t *json, const struct stack *stack);

#endif
