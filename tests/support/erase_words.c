/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of answers, put together from the standards' fields by hand. */
#include "tests/support/erase_words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

static void set_raw(
	struct erase_answer *ret, enum erase_witness witness, const uint8_t *raw, size_t bytes)
{
	*ret = (struct erase_answer){ .witness = witness, .raw_bytes = (uint16_t)bytes };
	memcpy(ret->raw, raw, bytes);
}

/* NVMe Base 2.0: SPROG (1:0), SSTAT (3:2), SCDW10 (7:4) with SANACT 4. */
static bool log_page(const char *word, struct erase_answer *ret)
{
	uint8_t raw[512] = { 0xff, 0xff, 0, 0, 4 };
	unsigned progress;
	if (strcmp(word, "ok") == 0)
		raw[2] = 1;
	else if (strcmp(word, "ok untouched") == 0)
		raw[2] = 1, raw[3] = 1;
	else if (strcmp(word, "failed") == 0)
		raw[2] = 3;
	else if (sscanf(word, "at %u", &progress) == 1)
		raw[0] = (uint8_t)progress, raw[1] = (uint8_t)(progress >> 8), raw[2] = 2;
	else if (strcmp(word, "never") != 0)
		return false;
	set_raw(ret, WITNESS_NVME_SANITIZE_LOG, raw, sizeof(raw));
	return true;
}

/* SAM status, then fixed format sense: key in 2, ASC and ASCQ in 12 and 13, progress in 15 to 17. */
static bool sense(const char *word, struct erase_answer *ret)
{
	uint8_t raw[19] = { 0, 0x70, [8] = 10 };
	unsigned progress;
	if (strcmp(word, "hidden") == 0) {
		set_raw(ret, WITNESS_SCSI_SENSE, raw, 1);
		return true;
	}
	if (strcmp(word, "failed") == 0)
		raw[3] = 3, raw[13] = 0x31, raw[14] = 0x03;
	else if (strcmp(word, "running") == 0)
		raw[3] = 2, raw[13] = 0x04, raw[14] = 0x1b;
	else if (sscanf(word, "at %u", &progress) == 1)
		raw[3] = 2, raw[13] = 0x04, raw[14] = 0x1b, raw[16] = 0x80,
		raw[17] = (uint8_t)(progress >> 8), raw[18] = (uint8_t)progress;
	else if (strcmp(word, "none") != 0)
		return false;
	set_raw(ret, WITNESS_SCSI_SENSE, raw, sizeof(raw));
	return true;
}

/* Error, status, device, 48-bit, count (15:0), LBA (47:0). */
static bool ata(const char *word, struct erase_answer *ret)
{
	uint8_t raw[12] = { 0, 0x50, 0x40, 1 };
	unsigned progress;
	if (strcmp(word, "ok") == 0)
		raw[4] = 0x80;
	else if (strcmp(word, "failed") == 0)
		raw[0] = 4, raw[1] = 0x51, raw[11] = 1;
	else if (strcmp(word, "never") == 0)
		raw[4] = 0;
	else if (sscanf(word, "at %u", &progress) == 1)
		raw[4] = 0x40, raw[10] = (uint8_t)(progress >> 8), raw[11] = (uint8_t)progress;
	else
		return false;
	set_raw(ret, WITNESS_ATA_SANITIZE_STATUS, raw, sizeof(raw));
	return true;
}

static uint8_t checksum(const uint8_t *data, size_t count)
{
	unsigned sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += data[i];
	return (uint8_t)(0x100 - (sum & 0xff));
}

/* Words 60, 83, 100 (sectors), 128 (security: supported, enabled), 255 (checksum). */
static bool password(const char *word, struct erase_answer *ret)
{
	uint8_t raw[512] = { 0x40, 0 };
	raw[120] = 0xff, raw[121] = 0xff; /* word 60 */
	raw[166] = 0x00, raw[167] = 0x44; /* word 83: valid, 48-bit */
	raw[201] = 0x40;                  /* word 100 */
	raw[256] = strcmp(word, "set") == 0 ? 0x03 : 0x01;
	raw[510] = 0xa5;
	raw[511] = checksum(raw, 511);
	set_raw(ret, WITNESS_ATA_SECURITY, raw, sizeof(raw));
	return strcmp(word, "set") == 0 || strcmp(word, "none") == 0;
}

static bool completion(char letter, const char *word, struct erase_answer *ret)
{
	bool ok = strcmp(word, "ok") == 0;
	uint8_t raw[20] = { (uint8_t)letter };
	size_t bytes = 0;
	switch (letter) {
	case 'n':
	case 'N':
		raw[2] = ok ? 0 : 0x02;
		bytes = 3;
		break;
	case 's':
	case 'S':
		raw[1] = ok ? 0 : 2;
		raw[2] = 0x70;
		raw[4] = 5;
		raw[9] = 10;
		raw[14] = 0x24;
		bytes = ok ? 2 : 20;
		break;
	case 'a':
	case 'A':
		raw[2] = ok ? 0x50 : 0x51;
		bytes = 13;
		break;
	default:
		return false;
	}
	set_raw(ret, WITNESS_COMPLETION, raw, bytes);
	return ok || strcmp(word, "refused") == 0;
}

int erase_word(const char *word, struct erase_answer *ret)
{
	bool known;
	if (strcmp(word, "none") == 0)
		return -EIO;
	if (strncmp(word, "log ", 4) == 0)
		known = log_page(word + 4, ret);
	else if (strncmp(word, "sense ", 6) == 0)
		known = sense(word + 6, ret);
	else if (strncmp(word, "ata ", 4) == 0)
		known = ata(word + 4, ret);
	else if (strncmp(word, "password ", 9) == 0)
		known = password(word + 9, ret);
	else
		known = word[0] && word[1] == ' ' && completion(word[0], word + 2, ret);
	if (!known)
		fail_msg("no such answer: %s", word);
	return 0;
}
