/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real SCSI transport: SG_IO on an open fd, by libsgutils2's pass-through. */
#include "device/command/transport.h"

#include <errno.h>
#include <scsi/sg_lib.h>
#include <scsi/sg_pt.h>

static void cleanup_pass_through(struct sg_pt_base **object)
{
	if (*object)
		destruct_scsi_pt_obj(*object);
}

/* What the library and the host adapter say; 0 only when the drive itself answered. */
static int obtained(struct sg_pt_base *object, int result)
{
	if (result < 0)
		return result;
	if (result == SCSI_PT_DO_TIMEOUT)
		return -ETIMEDOUT;
	if (result == SCSI_PT_DO_NOT_SUPPORTED)
		return -EOPNOTSUPP;
	if (result != SCSI_PT_DO_START_OK)
		return -EIO;

	switch (get_scsi_pt_result_category(object)) {
	case SCSI_PT_RESULT_GOOD:
	case SCSI_PT_RESULT_STATUS:
	case SCSI_PT_RESULT_SENSE:
		return 0;
	case SCSI_PT_RESULT_OS_ERR: {
		int errnum = get_scsi_pt_os_err(object);
		return errnum > 0 ? -errnum : -EIO;
	}
	default: { /* the transport: the host status is in the low half */
		const int did_time_out = 3;
		int host = get_scsi_pt_transport_err(object) & 0xffff;
		return host == did_time_out ? -ETIMEDOUT : -EIO;
	}
	}
}

static int send_real(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer)
{
	if (command->cdb_length == 0 || command->cdb_length > sizeof(command->cdb) ||
		command->data_length > INT32_MAX)
		return -EINVAL;
	CLEANUP(cleanup_pass_through)
	struct sg_pt_base *object = construct_scsi_pt_obj_with_fd(transport->fd, 0);
	if (!object)
		return -ENOMEM;
	int os_error = get_scsi_pt_os_err(object);
	if (os_error)
		return -os_error;

	struct scsi_answer answer = { 0 };
	set_scsi_pt_cdb(object, command->cdb, command->cdb_length);
	set_scsi_pt_sense(object, answer.sense, sizeof(answer.sense));
	if (command->transfer == TRANSFER_FROM_DRIVE)
		set_scsi_pt_data_in(object, command->data, (int)command->data_length);
	else if (command->transfer == TRANSFER_TO_DRIVE)
		set_scsi_pt_data_out(object, command->data, (int)command->data_length);

	int timeout_s = (int)MAX((uint64_t)1, ((uint64_t)command->timeout_ms + 999) / 1000);
	int result = do_scsi_pt(object, -1, timeout_s, 0);
	int error = obtained(object, result);
	if (error)
		return error;

	int status = get_scsi_pt_status_response(object);
	int sense_length = get_scsi_pt_sense_len(object);
	int left = get_scsi_pt_resid(object);
	if (status < 0 || status > 0xff)
		return -EIO;
	answer.status = (uint8_t)status;
	answer.sense_length = (uint8_t)MAX(0, MIN(sense_length, (int)sizeof(answer.sense)));
	/* A residue that makes no sense: claim nothing moved. */
	if (command->transfer != TRANSFER_NONE && left >= 0 &&
		(uint32_t)left <= command->data_length)
		answer.transferred = command->data_length - (uint32_t)left;
	*ret_answer = answer;
	return 0;
}

struct scsi_transport scsi_transport_real(int fd)
{
	return (struct scsi_transport){ .send = send_real, .fd = fd };
}
