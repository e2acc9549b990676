/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and UUIDs of device-mapper devices, taken apart. */
#include "inventory/scan/dm.h"

#include "base/macros.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LVM_ID_CHARACTERS 32

/* A key that were cut short would be another one, so it is none then. */
static void PRINTF_LIKE(2, 3) make_key(struct dm_meaning *meaning, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(meaning->key, sizeof(meaning->key), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(meaning->key))
		meaning->key[0] = '\0';
}

/* ---- LVM ---- */

bool dm_lvm_id(const char *id, size_t length, char ret[static 39])
{
	static const size_t groups[] = { 6, 4, 4, 4, 4, 4, 6 };
	char plain[LVM_ID_CHARACTERS];
	size_t count = 0;
	for (size_t i = 0; i < length; i++) {
		if (id[i] == '-')
			continue;
		if (count == LVM_ID_CHARACTERS || !isalnum((unsigned char)id[i]))
			return false;
		plain[count++] = id[i];
	}
	if (count != LVM_ID_CHARACTERS)
		return false;
	char *to = ret;
	const char *from = plain;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (i > 0)
			*to++ = '-';
		memcpy(to, from, groups[i]);
		to += groups[i];
		from += groups[i];
	}
	*to = '\0';
	return true;
}

/* "vg--a-lv-real" → "vg-a", "lv", "real": a hyphen of a name is doubled, a single one parts. What does
 * not fit is left out. */
static void split_name(const char *name, char parts[static 3][128])
{
	size_t part = 0, length = 0;
	memset(parts, 0, 3 * sizeof(parts[0]));
	for (const char *at = name; *at; at++) {
		if (at[0] == '-' && at[1] == '-') {
			at++;
		} else if (at[0] == '-' && part < 2) {
			part++;
			length = 0;
			continue;
		}
		if (length + 1 < sizeof(parts[0]))
			parts[part][length++] = *at;
	}
}

/* Inner volumes by the end of their names, which LVM reserves. */
static const char *inner_suffix(const char *volume)
{
	static const char *const suffixes[] = { "tdata", "tmeta", "cdata", "cmeta", "cvol", "cpool",
		"corig", "wcorig", "rimage", "rmeta", "mimage", "mlog", "imeta", "iorig", "vdata",
		"vorigin", "pmspare" };
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char marked[16];
		(void)snprintf(marked, sizeof(marked), "_%s", suffixes[i]);
		for (const char *at = volume; (at = strstr(at, marked)); at++) {
			const char *behind = at + strlen(marked);
			if (*behind == '\0' ||
				(*behind == '_' &&
					strspn(behind + 1, "0123456789") == strlen(behind + 1)))
				return suffixes[i];
		}
	}
	return NULL;
}

/* Layers that are the volume itself, by another device. */
static bool is_part(const char *layer)
{
	static const char *const parts[] = { "tpool", "real", "cow", "vpool" };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcmp(layer, parts[i]) == 0)
			return true;
	return false;
}

/* "LVM-" and twice 32 characters, of the group and of the volume; then perhaps "-" and a layer. */
static bool understand_lvm(const char *uuid, const char *name, struct dm_meaning *ret)
{
	char group[39], volume[39], parts[3][128];
	const char *ids = uuid + strlen("LVM-");
	const char *rest = ids + 2 * (size_t)LVM_ID_CHARACTERS;
	if (strlen(ids) < 2 * (size_t)LVM_ID_CHARACTERS || (*rest != '\0' && *rest != '-') ||
		!dm_lvm_id(ids, LVM_ID_CHARACTERS, group) ||
		!dm_lvm_id(ids + LVM_ID_CHARACTERS, LVM_ID_CHARACTERS, volume))
		return false;
	const char *layer = *rest ? rest + 1 : "";
	split_name(name, parts);
	make_key(ret, "lvm:%s/%s", group, volume);
	(void)snprintf(ret->title, sizeof(ret->title), "%s/%s", parts[0], parts[1]);
	memcpy(ret->uuid, volume, sizeof(volume));
	ret->kind = VOLUME_LV;
	const char *suffix = inner_suffix(parts[1]);
	(void)snprintf(ret->layer, sizeof(ret->layer), "%.31s", suffix ? suffix : layer);
	if (suffix)
		ret->role = DM_HIDDEN;
	else if (is_part(layer))
		ret->role = DM_PART;
	else if (strcmp(layer, "lvmlock") == 0)
		ret->role = DM_HIDDEN;
	if (strcmp(layer, "tpool") == 0 || strcmp(layer, "pool") == 0)
		ret->kind = VOLUME_THIN_POOL;
	return true;
}

/* ---- the others ---- */

/* 32 hexadecimal digits as a UUID is written. */
static bool uuid_from_digits(const char *digits, char ret[static 64])
{
	size_t count = strspn(digits, "0123456789abcdefABCDEF");
	if (count != 32 || (digits[32] != '-' && digits[32] != '\0'))
		return false;
	(void)snprintf(ret, 64, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
		digits + 16, digits + 20);
	return true;
}

/* "CRYPT-LUKS2-<32 digits>-NAME". */
static bool understand_luks(const char *uuid, struct dm_meaning *ret)
{
	const char *digits = uuid + strlen("CRYPT-LUKSn-");
	if (strlen(uuid) < strlen("CRYPT-LUKSn-") || !uuid_from_digits(digits, ret->uuid))
		return false;
	ret->kind = VOLUME_LUKS;
	make_key(ret, "luks:%s", ret->uuid);
	return true;
}

/* "part2-mpath-3600…" */
static bool understand_partition(const char *uuid, struct dm_meaning *ret)
{
	char behind;
	if (sscanf(uuid, "part%u%c", &ret->partition_number, &behind) != 2 || behind != '-' ||
		ret->partition_number == 0)
		return false;
	ret->role = DM_PARTITION;
	return true;
}

/* "DMRAID-isw_bgdj_Volume0": what stands before the first underscore is the format. */
static bool understand_dmraid(const char *uuid, struct dm_meaning *ret)
{
	const char *set = uuid + strlen("DMRAID-");
	ret->role = DM_ARRAY;
	make_key(ret, "%.*s:%s", (int)strcspn(set, "_"), set, set);
	return *set != '\0';
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool understand_known(const char *uuid, const char *name, struct dm_meaning *ret)
{
	if (begins(uuid, "LVM-"))
		return understand_lvm(uuid, name, ret);
	if (begins(uuid, "CRYPT-LUKS"))
		return understand_luks(uuid, ret);
	if (begins(uuid, "part"))
		return understand_partition(uuid, ret);
	if (begins(uuid, "DMRAID-"))
		return understand_dmraid(uuid, ret);
	if (!begins(uuid, "mpath-"))
		return false;
	ret->kind = VOLUME_MULTIPATH;
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%.63s", uuid + strlen("mpath-"));
	make_key(ret, "mpath:%s", uuid + strlen("mpath-"));
	return true;
}

void dm_understand(const char *uuid, const char *name, struct dm_meaning *ret)
{
	struct dm_meaning meaning = { 0 };
	(void)snprintf(meaning.title, sizeof(meaning.title), "%.255s", name);
	if (!understand_known(uuid, name, &meaning)) {
		meaning = (struct dm_meaning){ .kind = VOLUME_DM };
		(void)snprintf(meaning.title, sizeof(meaning.title), "%.255s", name);
		/* Plain encryption has nothing but its name for a UUID: the same on every host. */
		meaning.is_local = !uuid[0] || begins(uuid, "CRYPT-PLAIN");
		(void)snprintf(meaning.uuid, sizeof(meaning.uuid), "%.63s", uuid);
		make_key(&meaning, "dm:%s", meaning.is_local ? name : uuid);
	}
	*ret = meaning;
}
