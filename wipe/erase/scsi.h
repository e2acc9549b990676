/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the SCSI methods share. */
#ifndef HAIKI_WIPE_ERASE_SCSI_H
#define HAIKI_WIPE_ERASE_SCSI_H

#include "wipe/erase/erase.h"

/* What all of them ask before: a SCSI drive, that knows the command, is not at it already, and has
 * sectors that can be read back. NULL: nothing is in the way. */
const char *scsi_obstacle(const struct abilities *abilities, bool has_command);

/* Look, as all of them do whose command goes on inside the drive. */
int scsi_look(const struct erase_call *call, struct erase_answer *ret);

/* The plan's pattern as these commands take it; NULL when it has another form. */
const uint8_t *scsi_pattern_of(const struct erase_call *call);

#endif
