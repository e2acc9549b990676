/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the NVMe model share. */
#ifndef HAIKI_TESTS_DRIVES_NVME_PARTS_H
#define HAIKI_TESTS_DRIVES_NVME_PARTS_H

#include "nvme_model.h"
#include "wire.h"

/* SANICAP bit 29: a wish for No-Deallocate is refused; bits 31:30 01b: nothing is written afterwards. */
#define NO_DEALLOCATE_INHIBITED 0x20000000
#define NOT_MODIFIED_AFTER 0x40000000
/* Dword 10 of Sanitize. */
#define UNRESTRICTED_EXIT 0x008
#define NO_DEALLOCATE 0x200

/* One command being answered. */
struct nvme_call {
	struct nvme_model *nvme;
	struct model *model;
	const struct nvme_model_request *request;
	uint32_t namespace;
	uint32_t dword[6]; /* command dwords 10 to 15 */
	uint64_t now_ms;
	struct nvme_model_completion *completion;
};

/* Turn what became of a medium command into a status; true when it was done. */
bool nvme_call_outcome(struct nvme_call *call, enum medium_outcome outcome, bool writing);
/* Where a namespace begins, and how long it is, in sectors. */
uint64_t nvme_call_base(const struct nvme_model *nvme, uint32_t namespace);
uint64_t nvme_call_sectors(const struct nvme_model *nvme);
/* As much as there is room for. */
void nvme_call_give(struct nvme_call *call, const uint8_t *data, size_t bytes);

/* nvme_identify.c */
void nvme_call_identify(struct nvme_call *call);
/* Sanitize Capabilities, as Identify Controller tells them. */
uint32_t nvme_call_sanicap(const struct nvme_call *call);

/* nvme_logs.c */
void nvme_call_get_log_page(struct nvme_call *call);

/* nvme_admin.c */
void nvme_call_format(struct nvme_call *call);
void nvme_call_sanitize(struct nvme_call *call);
void nvme_call_security_receive(struct nvme_call *call);
void nvme_call_security_send(struct nvme_call *call);
void nvme_call_set_features(struct nvme_call *call);
void nvme_call_get_features(struct nvme_call *call);

#endif
