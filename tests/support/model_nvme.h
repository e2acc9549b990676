/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVMe drive model (tests/drives) in place of a drive: what is sent to the transport it answers, in
 * a time that the test makes pass. */
#ifndef HAIKI_TESTS_SUPPORT_MODEL_NVME_H
#define HAIKI_TESTS_SUPPORT_MODEL_NVME_H

#include "device/command/nvme.h"

#define MODEL_NVME_SENT_MAX 64

struct model_nvme {
	struct nvme_transport transport;  /* hand out &drive.transport */
	struct model_nvme_inside *inside; /* its words are not haiki's: they stay apart */
	uint64_t now_ms; /* moved on by answers that take their time, and by the test */
	int namespace_id;

	/* What was sent, the oldest first; data points at nothing any more. */
	struct nvme_command sent[MODEL_NVME_SENT_MAX];
	size_t sent_count;
	unsigned fails_at; /* the so many-th call of the transport fails, from 1; 0: none */
	unsigned calls;
};

/* Fails the running cmocka test when there is no such conduct. A command that is never answered comes
 * back as -ETIMEDOUT, one that fails_at strikes as -EIO and is not carried out. */
void model_nvme_start(struct model_nvme *drive, const char *conduct, uint64_t size_bytes);
void model_nvme_end(struct model_nvme *drive);
/* Lines that the model obeys, separated by ';'; NULL: none. Fails the test for one it does not. */
void model_nvme_obey(struct model_nvme *drive, const char *words);
/* So many namespaces more are allocated and not attached. */
void model_nvme_add_unattached(struct model_nvme *drive, unsigned count);
/* Sectors of a namespace. */
uint64_t model_nvme_sectors(const struct model_nvme *drive);

/* Read or write a sector of a namespace as a host does; the status. */
uint16_t model_nvme_read(struct model_nvme *drive, uint64_t sector, uint8_t ret[static 512]);
uint16_t model_nvme_write(
	struct model_nvme *drive, uint64_t sector, const uint8_t data[static 512]);

#endif
