/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both ways to check a drive against its certificate share. Inside verify/ only. */
#ifndef HAIKI_VERIFY_MEDIA_MEDIA_PARTS_H
#define HAIKI_VERIFY_MEDIA_MEDIA_PARTS_H

#include "device/drive.h"
#include "verify/plan/plan_document.h"

/* The plan of the certificate, when it is about this drive: identity, capacity and sector size; else
 * -ESTALE ("identity-mismatch"). -EBADMSG: the certificate cannot be understood. */
NODISCARD int media_read_certificate(const struct drive *drive, const json_t *certificate,
	struct plan *plan, struct error *error);

#endif
