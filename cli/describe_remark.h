/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be said of a contract's deletion, also of one that is closed. */
#ifndef HAIKI_CLI_DESCRIBE_REMARK_H
#define HAIKI_CLI_DESCRIBE_REMARK_H

#include "verify/tenant/tenant.h"

/* How far it has come, as a sentence that begins with OPEN or CLOSED. */
const char *describe_tenant_stage(enum tenant_stage stage);

/* A word of the verdict's "remarks" (docs/certificate.md); one that is not known stays as it is. */
const char *describe_remark(const char *word);

#endif
