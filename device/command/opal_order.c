/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revert and PSID revert, by the kernel where it knows the drive; they, and new keys for all ranges,
 * by a session of our own. (TCG Opal SSC 2.02 5.1.3, Opal Feature Set PSID 1.00, Core 2.01 5.3.3.15.) */
#include "device/command/opal_session.h"

#include <errno.h>
#include <linux/sed-opal.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/ioctl.h>

typedef const uint8_t uid[OPAL_UID_BYTES];
static uid admin_provider = { 0, 0, 0x02, 0x05, 0, 0, 0, 0x01 };
static uid locking_provider = { 0, 0, 0x02, 0x05, 0, 0, 0, 0x02 };
static uid sid_authority = { 0, 0, 0, 0x09, 0, 0, 0, 0x06 };
static uid psid_authority = { 0, 0, 0, 0x09, 0, 0x01, 0xff, 0x01 };
static uid admin_1_authority = { 0, 0, 0, 0x09, 0, 0x01, 0, 0x01 };
static uid global_range = { 0, 0, 0x08, 0x02, 0, 0, 0, 0x01 };
static uid first_range = { 0, 0, 0x08, 0x02, 0, 0x03, 0, 0x01 };
static uid locking_info = { 0, 0, 0x08, 0x01, 0, 0, 0, 0x01 };
static uid get_method = { 0, 0, 0, 0x06, 0, 0, 0, 0x16 };
static uid generate_key_method = { 0, 0, 0, 0x06, 0, 0, 0, 0x10 };
static uid revert_method = { 0, 0, 0, 0x06, 0, 0, 0x02, 0x02 };

#define COLUMN_ACTIVE_KEY 0x0a /* of a range */
#define COLUMN_MAX_RANGES 0x04 /* of LockingInfo: beside the global one */
#define RANGES_MAX 1024

/* ---- by our own session ---- */

/* The drive ends the session itself when it has reverted. */
static int revert(
	struct opal_session *session, const char *credential, bool by_psid, uint8_t *ret_status)
{
	int r = opal_session_start(session, admin_provider,
		by_psid ? psid_authority : sid_authority, credential, ret_status);
	if (r < 0 || *ret_status != 0)
		return r;
	r = opal_session_call(session, admin_provider, revert_method, NULL, 0, ret_status);
	if (r == 0 && *ret_status == 0)
		session->open = false;
	return r;
}

/* Get [ Cellblock: startColumn, endColumn ] of one column; reader stands before its value then. */
static int get_cell(struct opal_session *session, const uint8_t *object, uint8_t column,
	struct opal_reader **ret_reader, uint8_t *ret_status)
{
	const uint8_t cellblock[] = { TOKEN_START_LIST, TOKEN_START_NAME, 3, column, TOKEN_END_NAME,
		TOKEN_START_NAME, 4, column, TOKEN_END_NAME, TOKEN_END_LIST };
	int r = opal_session_call(
		session, object, get_method, cellblock, sizeof(cellblock), ret_status);
	if (r < 0 || *ret_status != 0)
		return r;
	struct opal_reader *reader = &session->results;
	uint64_t told;
	bool found = opal_take_token(reader, TOKEN_START_LIST) &&
		     opal_take_token(reader, TOKEN_START_LIST) &&
		     opal_take_token(reader, TOKEN_START_NAME) && opal_take_number(reader, &told) &&
		     told == column;
	*ret_reader = reader;
	return found ? 0 : -EBADMSG;
}

/* A new key for what one range covers. */
static int renew_range(struct opal_session *session, unsigned range, uint8_t *ret_status)
{
	uint8_t object[OPAL_UID_BYTES], key[OPAL_UID_BYTES];
	struct opal_reader *reader;
	memcpy(object, range == 0 ? global_range : first_range, sizeof(object));
	if (range > 0) {
		object[6] = (uint8_t)(range >> 8);
		object[7] = (uint8_t)range;
	}
	int r = get_cell(session, object, COLUMN_ACTIVE_KEY, &reader, ret_status);
	if (r < 0 || *ret_status != 0)
		return r;
	if (!opal_take_bytes(reader, key, sizeof(key)))
		return -EBADMSG;
	return opal_session_call(session, key, generate_key_method, NULL, 0, ret_status);
}

/* The global range is all but what other ranges cover, and those have keys of their own. */
static int generate_keys(struct opal_session *session, const char *credential, uint8_t *ret_status)
{
	struct opal_reader *reader;
	uint64_t ranges = 0;
	int r = opal_session_start(
		session, locking_provider, admin_1_authority, credential, ret_status);
	if (r == 0 && *ret_status == 0)
		r = get_cell(session, locking_info, COLUMN_MAX_RANGES, &reader, ret_status);
	if (r == 0 && *ret_status == 0 &&
		(!opal_take_number(reader, &ranges) || ranges > RANGES_MAX))
		r = -EBADMSG;
	for (unsigned range = 0; r == 0 && *ret_status == 0 && range <= ranges; range++)
		r = renew_range(session, range, ret_status);
	return r;
}

static int order_by_session(struct opal_transport *transport, uint16_t com_id,
	enum opal_order order, const char *credential, uint8_t *ret_status)
{
	struct opal_session session = { .transport = transport, .com_id = com_id };
	int r = -EINVAL;
	switch (order) {
	case OPAL_REVERT:
		r = revert(&session, credential, false, ret_status);
		break;
	case OPAL_PSID_REVERT:
		r = revert(&session, credential, true, ret_status);
		break;
	case OPAL_GENERATE_KEYS:
		r = generate_keys(&session, credential, ret_status);
		break;
	}
	/* Who did not answer is asked nothing more. */
	if (r < 0)
		session.open = false;
	opal_session_end(&session);
	return r;
}

/* ---- by the kernel ---- */

/* Above the specification's own numbers the kernel has some for answers it could not read. */
static int kernel_result(int result, uint8_t *ret_status)
{
	if (result < 0)
		return result;
	if (result > 0x3f)
		return -EBADMSG;
	*ret_status = (uint8_t)result;
	return 0;
}

static int revert_by_kernel(
	struct opal_transport *transport, bool by_psid, const char *credential, uint8_t *ret_status)
{
	struct opal_key key = { .key_len = (uint8_t)strlen(credential) };
	memcpy(key.key, credential, key.key_len);
	int r = transport->call(
		transport, by_psid ? IOC_OPAL_PSID_REVERT_TPR : IOC_OPAL_REVERT_TPR, &key);
	OPENSSL_cleanse(&key, sizeof(key));
	return kernel_result(r, ret_status);
}

/* ---- either ---- */

int opal_order(struct opal_transport *transport, enum opal_order order, const char *credential,
	uint8_t *ret_status)
{
	struct opal_abilities abilities;
	if (strlen(credential) > OPAL_CREDENTIAL_MAX)
		return -EINVAL;
	opal_abilities_read(transport, &abilities);
	/* Its IOC_OPAL_SECURE_ERASE_LR takes one range, and does not tell which others there are. */
	if (abilities.kernel_calls && order != OPAL_GENERATE_KEYS)
		return revert_by_kernel(
			transport, order == OPAL_PSID_REVERT, credential, ret_status);
	if (!abilities.known || abilities.com_id == 0 || !transport->send)
		return -EOPNOTSUPP;
	return order_by_session(transport, abilities.com_id, order, credential, ret_status);
}

bool opal_status_is_of_credential(uint8_t status)
{
	return status == OPAL_STATUS_NOT_AUTHORIZED || status == OPAL_STATUS_LOCKED_OUT;
}

const char *opal_status_name(uint8_t status)
{
	static const char *const names[] = {
		[0x00] = "success",
		[OPAL_STATUS_NOT_AUTHORIZED] = "not-authorized",
		[0x03] = "provider-busy",
		[0x04] = "provider-failed",
		[0x05] = "provider-disabled",
		[0x06] = "provider-frozen",
		[0x07] = "no-sessions-available",
		[0x08] = "uniqueness-conflict",
		[0x09] = "insufficient-space",
		[0x0a] = "insufficient-rows",
		[0x0c] = "invalid-parameter",
		[0x0f] = "malfunction",
		[0x10] = "transaction-failure",
		[0x11] = "response-overflow",
		[OPAL_STATUS_LOCKED_OUT] = "authority-locked-out",
		[0x3f] = "fail",
	};
	return status < ARRAY_SIZE(names) && names[status] ? names[status] : "";
}
