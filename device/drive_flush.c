/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The volatile write cache of a drive is emptied by the drive's own command. */
#include "device/drive.h"

#include "device/command/scsi_erase.h"
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#define NVME_TIMEOUT_MS 300000

/* NVM Command Set 1.0, 3.2: Flush, opcode 00h, of this namespace. It is no admin command: it goes with
 * the reads and writes. */
static int flush_nvme(int fd)
{
	int namespace_id = ioctl(fd, NVME_IOCTL_ID);
	if (namespace_id <= 0)
		return namespace_id < 0 ? -errno : -EBADMSG;
	struct nvme_passthru_cmd command = { .nsid = (uint32_t)namespace_id,
		.timeout_ms = NVME_TIMEOUT_MS };
	int status = ioctl(fd, NVME_IOCTL_IO_CMD, &command);
	if (status < 0)
		return -errno;
	return status == 0 ? 0 : -EREMOTEIO;
}

static int flush_scsi(int fd)
{
	struct scsi_transport transport = scsi_transport_real(fd);
	return scsi_synchronize_cache(&transport);
}

int drive_flush(const struct drive *drive)
{
	if (drive->identity.is_virtual)
		return -EOPNOTSUPP;
	switch (drive->identity.transport) {
	case TRANSPORT_ATA:
	case TRANSPORT_SCSI:
	case TRANSPORT_USB:
		return flush_scsi(drive->fd);
	case TRANSPORT_NVME:
		return flush_nvme(drive->fd);
	case TRANSPORT_MMC:
	case TRANSPORT_VIRTIO:
	case TRANSPORT_VIRTUAL:
	case TRANSPORT_UNKNOWN:
		break;
	}
	return -EOPNOTSUPP;
}
