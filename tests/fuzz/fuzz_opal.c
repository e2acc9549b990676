/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a self-encrypting drive says: its discovery, or its answers in a session. The first byte
 * chooses: 0 to 2 an order, anything else discovery; answers are two bytes of length each, then that
 * many bytes. */
#include "tests/fuzz/fuzz.h"

#include "device/command/opal.h"
#include <errno.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

struct answers {
	const uint8_t *at, *end;
};

static int send_nowhere(
	struct opal_transport *transport, uint16_t com_id, const uint8_t *data, uint32_t size)
{
	(void)transport, (void)com_id, (void)data;
	require(size % 512 == 0);
	return 0;
}

/* An Opal 2 drive with ComID 1004h. */
static int discover(uint8_t *data)
{
	static const uint8_t discovery[] = { [3] = 80,
		[7] = 1,
		[48] = 0x00,
		0x02,
		0x10,
		12,
		0x0b,
		[64] = 0x02,
		0x03,
		0x10,
		16,
		0x10,
		0x04,
		[83] = 0 };
	memcpy(data, discovery, sizeof(discovery));
	return sizeof(discovery);
}

static int receive_next(
	struct opal_transport *transport, uint16_t com_id, uint8_t *data, uint32_t size)
{
	struct answers *answers = transport->context;
	if (com_id == 0x0001)
		return discover(data);
	if (answers->end - answers->at < 2)
		return -EIO;
	size_t length = (size_t)answers->at[0] << 8 | answers->at[1];
	length = MIN(length, (size_t)(answers->end - answers->at - 2));
	memcpy(data, answers->at + 2, MIN(length, size));
	answers->at += 2 + length;
	return (int)MIN(length, size);
}

static void play(enum opal_order order, const uint8_t *data, size_t size)
{
	struct answers answers = { .at = data, .end = data + size };
	struct opal_transport transport = {
		.send = send_nowhere, .receive = receive_next, .patience_ms = 1, .context = &answers
	};
	uint8_t status = 0xff;
	int r = opal_order(&transport, order, "credential", &status);
	require(r < 0 || (r == 0 && status <= 0x3f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opal_abilities abilities = { .com_id = 0x4242 };
	if (size == 0)
		return 0;
	/* Exactly as long, so that the sanitizer sees the first byte read behind it. */
	AUTO_FREE uint8_t *bytes = malloc(MAX(size - 1, (size_t)1));
	require(bytes != NULL);
	memcpy(bytes, data + 1, size - 1);
	if (data[0] <= OPAL_GENERATE_KEYS) {
		play((enum opal_order)data[0], bytes, size - 1);
	} else if (opal_discovery_read(bytes, size - 1, &abilities) < 0) {
		require(abilities.com_id == 0x4242 && !abilities.known);
	} else {
		require(abilities.known && !(abilities.encrypts && abilities.kind == OPAL_PYRITE));
	}
	return 0;
}
