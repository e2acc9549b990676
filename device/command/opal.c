/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Level 0 Discovery, read strictly: what comes from a drive may be anything. */
#include "device/command/opal.h"

#include <errno.h>
#include <linux/sed-opal.h>
#include <string.h>
#include <sys/ioctl.h>

#define DISCOVERY_COM_ID 0x0001
#define DISCOVERY_ROOM 4096
#define DISCOVERY_HEADER 48

/* TCG Core 2.01 3.3.6 and the SSCs: feature codes. */
enum feature {
	FEATURE_LOCKING = 0x0002,
	FEATURE_ENTERPRISE = 0x0100,
	FEATURE_OPAL_1 = 0x0200,
	FEATURE_OPAL_2 = 0x0203,
	FEATURE_OPALITE = 0x0301,
	FEATURE_PYRITE_1 = 0x0302,
	FEATURE_PYRITE_2 = 0x0303,
	FEATURE_RUBY = 0x0304,
	FEATURE_BLOCK_SID = 0x0402,
};

/* From the one that counts most where a drive names several: who says Pyrite says that it may not
 * encrypt. */
static const struct {
	uint16_t code;
	enum opal_kind kind;
} kinds[] = {
	{ FEATURE_PYRITE_2, OPAL_PYRITE },
	{ FEATURE_PYRITE_1, OPAL_PYRITE },
	{ FEATURE_OPAL_2, OPAL_2 },
	{ FEATURE_OPAL_1, OPAL_1 },
	{ FEATURE_OPALITE, OPAL_OPALITE },
	{ FEATURE_RUBY, OPAL_RUBY },
	{ FEATURE_ENTERPRISE, OPAL_ENTERPRISE },
};

static unsigned field_16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t field_32(const uint8_t *bytes)
{
	return (uint32_t)field_16(bytes) << 16 | field_16(bytes + 2);
}

/* What was found of the features that count; NULL: not there. Each points at its 4-byte header. */
struct features {
	const uint8_t *kinds[ARRAY_SIZE(kinds)];
	const uint8_t *locking;
	const uint8_t *block_sid;
};

/* Once, and with all the bytes that its specification gives it. */
static int take(const uint8_t **slot, const uint8_t *feature, size_t minimum)
{
	if (*slot || feature[3] < minimum)
		return -EBADMSG;
	*slot = feature;
	return 0;
}

static int take_feature(struct features *found, const uint8_t *feature)
{
	unsigned code = field_16(feature);
	if (code == FEATURE_LOCKING)
		return take(&found->locking, feature, 12);
	if (code == FEATURE_BLOCK_SID)
		return take(&found->block_sid, feature, 12);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (code == kinds[i].code)
			return take(&found->kinds[i], feature, 16);
	return 0;
}

/* LENGTH OF PARAMETER DATA counts from byte 4; each feature's from its byte 4. */
static int find_features(const uint8_t *data, size_t size, struct features *ret)
{
	if (size < DISCOVERY_HEADER)
		return -EBADMSG;
	uint64_t end = (uint64_t)field_32(data) + 4;
	if (end < DISCOVERY_HEADER || end > size)
		return -EBADMSG;
	for (size_t at = DISCOVERY_HEADER; at < end;) {
		if (end - at < 4 || end - at - 4 < data[at + 3])
			return -EBADMSG;
		int r = take_feature(ret, data + at);
		if (r < 0)
			return r;
		at += (size_t)4 + data[at + 3];
	}
	return 0;
}

/* Locking feature, byte 4: supported, enabled, locked, media encryption, MBR enabled, MBR done. */
static void read_locking(const uint8_t *feature, struct opal_abilities *ret)
{
	uint8_t bits = feature[4];
	bool shadowed = (bits & 0x10) && !(bits & 0x20);
	ret->locking_supported = bits & 0x01;
	ret->locking_enabled = bits & 0x02;
	ret->locked = (bits & 0x04) || shadowed;
	ret->encrypts = bits & 0x08;
}

int opal_discovery_read(const uint8_t *data, size_t size, struct opal_abilities *ret)
{
	struct features found = { .locking = NULL };
	int r = find_features(data, size, &found);
	if (r < 0)
		return r;
	struct opal_abilities abilities = { .known = true };
	if (found.locking)
		read_locking(found.locking, &abilities);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && abilities.kind == OPAL_NONE; i++) {
		if (!found.kinds[i])
			continue;
		abilities.kind = kinds[i].kind;
		abilities.com_id = (uint16_t)field_16(found.kinds[i] + 4);
	}
	if (abilities.kind == OPAL_PYRITE)
		abilities.encrypts = false;
	/* Block SID Authentication 1.01: byte 4 bit 0 SID differs from MSID, bit 1 blocked. */
	if (found.block_sid) {
		abilities.sid_is_factory = !(found.block_sid[4] & 0x01);
		abilities.sid_blocked = found.block_sid[4] & 0x02;
	}
	*ret = abilities;
	return 0;
}

static bool kernel_knows(struct opal_transport *transport)
{
	struct opal_status status = { 0 };
	return transport->call && transport->call(transport, IOC_OPAL_GET_STATUS, &status) == 0 &&
	       (status.flags & OPAL_FL_SUPPORTED);
}

void opal_abilities_read(struct opal_transport *transport, struct opal_abilities *ret)
{
	uint8_t data[DISCOVERY_ROOM] = { 0 };
	struct opal_abilities abilities = { 0 };
	*ret = abilities;
	if (!transport->receive)
		return;
	int got = transport->receive(transport, DISCOVERY_COM_ID, data, sizeof(data));
	if (got < 0 || (size_t)got > sizeof(data) ||
		opal_discovery_read(data, (size_t)got, &abilities) < 0)
		return;
	abilities.kernel_calls = abilities.kind != OPAL_NONE && kernel_knows(transport);
	*ret = abilities;
}

const char *opal_kind_name(enum opal_kind kind)
{
	switch (kind) {
	case OPAL_NONE:
		break;
	case OPAL_ENTERPRISE:
		return "enterprise";
	case OPAL_1:
		return "opal-1";
	case OPAL_2:
		return "opal-2";
	case OPAL_OPALITE:
		return "opalite";
	case OPAL_RUBY:
		return "ruby";
	case OPAL_PYRITE:
		return "pyrite";
	}
	return "none";
}
