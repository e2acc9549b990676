/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stable words of where a native capacity was learnt. */
#include "device/command/capacity.h"

#include "base/words.h"

static const char *const source_names[] = {
	[NATIVE_UNKNOWN] = "unknown",
	[NATIVE_VIRTUAL] = "virtual",
	[NATIVE_SCSI_CAPACITY] = "scsi-read-capacity",
	[NATIVE_NVME_SIZE] = "nvme-identify",
	[NATIVE_ATA_MAX] = "ata-max",
};

const char *native_source_name(enum native_source source)
{
	return word_of(source_names, ARRAY_SIZE(source_names), source);
}

enum native_source native_source_parse(const char *word)
{
	return (enum native_source)word_find(source_names, ARRAY_SIZE(source_names), word);
}
