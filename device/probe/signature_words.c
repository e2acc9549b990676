/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stable words of what a signature is used for. */
#include "device/probe/signature.h"

const char *signature_usage_name(enum signature_usage usage)
{
	switch (usage) {
	case SIGNATURE_FILESYSTEM:
		return "filesystem";
	case SIGNATURE_RAID:
		return "raid";
	case SIGNATURE_CRYPTO:
		return "crypto";
	case SIGNATURE_PARTITION_TABLE:
		return "partition-table";
	case SIGNATURE_PARTITION:
		return "partition";
	case SIGNATURE_OTHER:
		break;
	}
	return "other";
}
