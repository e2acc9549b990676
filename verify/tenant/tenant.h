/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The statement that a contract's data is gone: everything the inventory knew of, where it lay, and what is
 * left of it. What stage that is follows from the lists alone, here, and an auditor works it out again. */
#ifndef HAIKI_VERIFY_TENANT_TENANT_H
#define HAIKI_VERIFY_TENANT_TENANT_H

#include "base/json.h"

#define TENANT_FORMAT "haiki-tenant-certificate"
#define TENANT_FORMAT_VERSION 2
#define TENANT_FORMAT_VERSION_OLDEST 1

/* How far the deletion has come. Only the last one is a proof of it. */
enum tenant_stage {
	TENANT_STAGE_UNKNOWN, /* the lists cannot be understood */
	TENANT_STAGE_RUNNING, /* the contract, or another for the same, is not over */
	TENANT_STAGE_REMAINING, /* VMs or volumes are there, or drives that carried them are not sanitized */
	TENANT_STAGE_VMS_DELETED, /* the VMs are gone; what they lay on is not shown to be erased */
	TENANT_STAGE_VOLUMES_ERASED, /* backup generations are there, or nobody knows whether any are */
	TENANT_STAGE_GENERATIONS_EXPIRED, /* the customer has not been told of it */
	TENANT_STAGE_CLOSED,              /* nothing that was known is left */
};
const char *tenant_stage_name(
	enum tenant_stage stage); /* "running", "remaining", "vms-deleted", "volumes-erased" … */
enum tenant_stage tenant_stage_parse(const char *word); /* UNKNOWN for none */

/* Why it has not come further; a mask. The words, in this order, are the reasons of docs/certificate.md. */
enum tenant_reason {
	TENANT_CONTRACT_RUNNING = 1 << 0, /* it has no last day, or that is not over */
	TENANT_CONTRACT_GRACE = 1 << 1,   /* within its days of grace */
	TENANT_OTHER_CONTRACT =
		1 << 2, /* another contract of the tenant, for the same, is not over */
	TENANT_VOLUME_PRESENT = 1 << 3,       /* a volume was there when it was last looked for */
	TENANT_VOLUME_NOWHERE = 1 << 4,       /* on which drives a volume lay is not known */
	TENANT_DRIVE_NOT_SANITIZED = 1 << 5,  /* a drive carried its bytes, or may have */
	TENANT_DRIVE_NO_CERTIFICATE = 1 << 6, /* sanitized, and no certificate is named */
	TENANT_GENERATION_REMAINS = 1 << 7,   /* a backup copy is not gone */
	TENANT_NOTHING_KNOWN = 1 << 8, /* the inventory never knew anything of the tenant's */
	TENANT_VM_REMAINS = 1 << 9,    /* a VM is not proven gone */
	TENANT_VM_SHARED = 1 << 10,    /* a disk of it another VM uses: it is there still */
	TENANT_VM_NOT_ERASED =
		1
		<< 11, /* a disk of it was deleted though erasing it failed, or erasure was required */
	TENANT_VM_UNFOUNDED =
		1 << 12, /* it was deleted, and its facts do not show that this was allowed */
	TENANT_NOTICE_UNSENT =
		1 << 13, /* the notice that it is deleted has not been sent to the customer */
	TENANT_BACKUP_NOT_ASKED =
		1
		<< 14, /* a backup repository has not answered about each VM since that was gone */
};
#define TENANT_REASONS 15

struct tenant_verdict {
	enum tenant_stage stage;
	unsigned reasons; /* enum tenant_reason */
	unsigned remarks; /* enum deletion_remark (verify/tenant/deletion.h) of all its VMs */
	int64_t version;  /* of the document; before 2 a verdict has no remarks */
};

/* Pure. document: as docs/certificate.md says; its "contract", "other_contracts", "deletion", "vms", "volumes", "places",
 * "generations", "backups", "notices" and "issued_utc" are read. Never fails: what it cannot read is stage unknown. */
void tenant_judge(const json_t *document, struct tenant_verdict *ret);
/* {"reasons": […], "stage": WORD, and from version 2 "remarks": […]}; and what is left, "vm:M3", "volume:V7", "drive:D12",
 * "generation:G4", "backup:nightly", "notice:deleted". New references. 0, -ENOMEM. */
NODISCARD int tenant_verdict_to_json(const struct tenant_verdict *verdict, json_t **ret);
NODISCARD int tenant_outstanding(const json_t *document, json_t **ret);

/* Every field there, of its type, none unknown. -EBADMSG "certificate-malformed" naming the field. */
NODISCARD int tenant_check_schema(const json_t *document, struct error *error);
/* Do verdict and outstanding follow from the lists? -EBADMSG "judgement-differs". */
NODISCARD int tenant_check_judgement(
	const json_t *document, struct tenant_verdict *ret, struct error *error);

#endif
