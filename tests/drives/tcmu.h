/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring in which the kernel's TCM-USER hands SCSI commands to user space
 * (Documentation/target/tcmu-design.rst). No library is needed. */
#ifndef HAIKI_TESTS_DRIVES_TCMU_H
#define HAIKI_TESTS_DRIVES_TCMU_H

#include "scsi_model.h"

struct tcmu; /* one ring */

/* uio_path: /dev/uioN. NULL with errno set when it cannot be mapped. */
struct tcmu *tcmu_open(const char *uio_path);
/* Readable when commands wait. */
int tcmu_fd(const struct tcmu *tcmu);
/* Take note that the fd was readable. */
void tcmu_woken(struct tcmu *tcmu);
/* The next command; false when none waits. Its buffers hold until tcmu_complete. */
bool tcmu_next(struct tcmu *tcmu, struct scsi_request *ret);
/* Answer the command that tcmu_next gave. */
void tcmu_complete(struct tcmu *tcmu, const struct scsi_reply *reply);

#endif
