/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done to a VM in words: the facts of verify/tenant/deletion.h. */
#ifndef HAIKI_CLI_DESCRIBE_DELETION_H
#define HAIKI_CLI_DESCRIBE_DELETION_H

#include "base/json.h"
#include "verify/tenant/deletion.h"

/* The step, "disk erased"; the fact's own word when it is none of ours. */
const char *describe_fact_step(const json_t *fact);
/* What came of it, appended: "disk-1: overwritten and read back, 10 GiB". -ENOMEM, -EOVERFLOW. */
NODISCARD int describe_fact(const json_t *fact, struct buffer *ret);

const char *describe_deletion_stage(enum deletion_stage stage);
/* What the certificate will say of its disks, with ", " between two; nothing for no remark. */
NODISCARD int describe_deletion_remarks(unsigned remarks, struct buffer *ret);

/* Why a VM was not deleted, a word of wipe/tenant/decide.h. */
const char *describe_refusal(const char *reason);

#endif
