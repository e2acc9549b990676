/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of JESD84-B51 that erase a card, each with its response looked at. */
#include "device/command/mmc.h"

#include <errno.h>
#include <linux/major.h>
#include <linux/mmc/ioctl.h>
#include <sys/ioctl.h>

/* JESD84-B51 6.10.4, detailed command description. */
#define SWITCH 6
#define SEND_EXT_CSD 8
#define SEND_STATUS 13
#define ERASE_GROUP_START 35
#define ERASE_GROUP_END 36
#define ERASE 38

/* The kernel's flags of a command (include/linux/mmc/core.h): what response and data it has. */
#define RESPONSE_R1 (1 << 0 | 1 << 2 | 1 << 4)
#define RESPONSE_R1B (RESPONSE_R1 | 1 << 3)
#define COMMAND_AC (0 << 5)
#define COMMAND_ADTC (1 << 5)

/* 7.4: bytes of the extended CSD. */
#define SANITIZE_START 165
#define EXT_CSD_REV 192
#define SEC_COUNT 212
#define SEC_FEATURE_SUPPORT 231
#define SEC_SANITIZE 0x40

/* 6.13, device status: what an erase may not raise. */
#define STATUS_ERRORS                                                                              \
	(1U << 31 /* ADDRESS_OUT_OF_RANGE */ | 1U << 30 /* ADDRESS_MISALIGN */ |                   \
		1U << 28 /* ERASE_SEQ_ERROR */ | 1U << 27 /* ERASE_PARAM */ |                      \
		1U << 26 /* WP_VIOLATION */ | 1U << 25 /* DEVICE_IS_LOCKED */ |                    \
		1U << 22 /* ILLEGAL_COMMAND */ | 1U << 21 /* DEVICE_ECC_FAILED */ |                \
		1U << 20 /* CC_ERROR */ | 1U << 19 /* ERROR */ | 1U << 15 /* WP_ERASE_SKIP */ |    \
		1U << 13 /* ERASE_RESET */ | 1U << 7 /* SWITCH_ERROR */)
#define STATUS_READY (1U << 8)
#define STATUS_STATE(status) ((status) >> 9 & 15)
#define STATE_TRANSFER 4

/* A card may take minutes for each of these; the kernel waits as long as it is busy. */
#define BUSY_MS (60U * 60 * 1000)

static int send(const struct kernel_transport *transport, struct mmc_ioc_cmd *command)
{
	int result = kernel_call(transport, MMC_IOC_CMD, command);
	if (result < 0)
		return result;
	return command->response[0] & STATUS_ERRORS ? -EIO : 0;
}

static int send_plain(const struct kernel_transport *transport, uint32_t opcode, uint32_t argument,
	unsigned flags, bool busy)
{
	struct mmc_ioc_cmd command = { .opcode = opcode, .arg = argument, .flags = flags };
	command.write_flag = busy;
	command.cmd_timeout_ms = busy ? BUSY_MS : 0;
	return send(transport, &command);
}

/* Over with it, and without an error that shows only now. */
static int check_ready(const struct kernel_transport *transport)
{
	struct mmc_ioc_cmd command = {
		.opcode = SEND_STATUS, .arg = 1U << 16, .flags = RESPONSE_R1 | COMMAND_AC
	};
	int result = send(transport, &command);
	uint32_t status = command.response[0];
	if (result < 0)
		return result;
	return (status & STATUS_READY) && STATUS_STATE(status) == STATE_TRANSFER ? 0 : -EIO;
}

void mmc_abilities_read(const struct kernel_transport *transport, struct mmc_abilities *ret)
{
	uint8_t csd[MMC_EXT_CSD_BYTES] = { 0 };
	struct mmc_ioc_cmd command = { .opcode = SEND_EXT_CSD,
		.flags = RESPONSE_R1 | COMMAND_ADTC,
		.blksz = sizeof(csd),
		.blocks = 1 };
	mmc_ioc_cmd_set_data(command, csd);
	*ret = (struct mmc_abilities){ 0 };
	if (send(transport, &command) < 0)
		return;
	ret->known = true;
	ret->sectors = (uint32_t)csd[SEC_COUNT] | (uint32_t)csd[SEC_COUNT + 1] << 8 |
		       (uint32_t)csd[SEC_COUNT + 2] << 16 | (uint32_t)csd[SEC_COUNT + 3] << 24;
	ret->sanitize = csd[EXT_CSD_REV] >= 5 && (csd[SEC_FEATURE_SUPPORT] & SEC_SANITIZE);
}

int mmc_erase_all(const struct kernel_transport *transport, uint32_t sectors)
{
	if (sectors == 0)
		return -EINVAL;
	int result = send_plain(transport, ERASE_GROUP_START, 0, RESPONSE_R1 | COMMAND_AC, false);
	if (result == 0)
		result = send_plain(
			transport, ERASE_GROUP_END, sectors - 1, RESPONSE_R1 | COMMAND_AC, false);
	if (result == 0)
		result = send_plain(transport, ERASE, 0, RESPONSE_R1B | COMMAND_AC, true);
	return result == 0 ? check_ready(transport) : result;
}

int mmc_sanitize(const struct kernel_transport *transport)
{
	/* Access 11b: write byte; index, value; command set 1. */
	uint32_t argument = 3U << 24 | SANITIZE_START << 16 | 1U << 8 | 1U;
	int result = send_plain(transport, SWITCH, argument, RESPONSE_R1B | COMMAND_AC, true);
	return result == 0 ? check_ready(transport) : result;
}
