/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive model (tests/drives) in place of a drive: what is sent to the transport it answers, in a
 * time that the test makes pass. */
#ifndef HAIKI_TESTS_SUPPORT_MODEL_SCSI_H
#define HAIKI_TESTS_SUPPORT_MODEL_SCSI_H

#include "device/command/transport.h"
#include "tests/drives/scsi_model.h"

struct model_scsi {
	struct scsi_transport transport; /* hand out &drive.transport */
	struct model model;
	struct scsi_model scsi;
	uint64_t now_ms; /* moved on by answers that take their time, and by the test */
};

/* Fails the running cmocka test when there is no such conduct. A command that is never answered
 * comes back as -ETIMEDOUT. */
void model_scsi_start(
	struct model_scsi *drive, const char *conduct, uint64_t size_bytes, bool is_ata);
void model_scsi_end(struct model_scsi *drive);

#endif
