/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the facts of a certificate's VMs tell of the other lists: who is gone, which volumes were erased. Inside
 * verify/tenant only. */
#ifndef HAIKI_VERIFY_TENANT_TENANT_KNOWN_H
#define HAIKI_VERIFY_TENANT_TENANT_KNOWN_H

#include "base/json.h"

struct tenant_known {
	const json_t *document; /* borrowed */
	const char *issued_utc;
	int64_t version;
	unsigned remarks; /* enum deletion_remark of all VMs */
	json_t *gone;     /* owned: by UUID, the time of the look by which the VM is gone */
	json_t *erased;   /* owned: by "V7", the time until which it may have been seen */
	json_t *volumes;  /* owned: the items of that list by ID */
	json_t *places;   /* owned: platform and place of what was erased by a VM that is gone */
};
void tenant_known_free(struct tenant_known *known);
#define AUTO_KNOWN CLEANUP(tenant_known_free)

/* Of a document that has passed its schema. -ENOMEM; -EBADMSG: a UUID is there twice, or facts are another VM's. */
NODISCARD int tenant_known_read(const json_t *document, struct tenant_known *ret);

/* Reasons (enum tenant_reason) by which an item of each list keeps the deletion open. */
unsigned tenant_judge_vm(const struct tenant_known *known, const json_t *vm);
unsigned tenant_judge_volume(const struct tenant_known *known, const json_t *volume);
unsigned tenant_judge_place(const struct tenant_known *known, const json_t *place);

#endif
