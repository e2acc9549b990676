/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the objects of the two security providers can do: Get, Set, GenKey, Activate, Revert, RevertSP
 * (Core 2.01 5.3.3, Opal SSC 2.02 5.1). */
#include "tcg_parts.h"

#include <string.h>

enum object {
	THIS_PROVIDER,
	ADMIN_PROVIDER,
	LOCKING_PROVIDER,
	PIN_MSID,
	PIN_SID,
	PIN_ADMIN_1,
	GLOBAL_RANGE,
	GLOBAL_KEY,
	RANGE_1,
	RANGE_1_KEY,
	LOCKING_INFO,
	OTHER_OBJECT,
};

static const uint64_t objects[] = {
	[THIS_PROVIDER] = 0x0000000000000001,
	[ADMIN_PROVIDER] = 0x0000020500000001,
	[LOCKING_PROVIDER] = 0x0000020500000002,
	[PIN_MSID] = 0x0000000b00008402,
	[PIN_SID] = 0x0000000b00000001,
	[PIN_ADMIN_1] = 0x0000000b00010001,
	[GLOBAL_RANGE] = 0x0000080200000001,
	[GLOBAL_KEY] = 0x0000080600000001, /* K_AES_256 */
	[RANGE_1] = 0x0000080200030001,
	[RANGE_1_KEY] = 0x0000080600030001,
	[LOCKING_INFO] = 0x0000080100000001,
};

enum method {
	GET = 0x16,
	SET = 0x17,
	GENERATE_KEY = 0x10,
	REVERT_PROVIDER = 0x11,
	REVERT = 0x0202,
	ACTIVATE = 0x0203,
};

enum { START_LIST = 0xf0, END_LIST = 0xf1, START_NAME = 0xf2, END_NAME = 0xf3 };
enum column {
	COLUMN_PIN = 3,
	COLUMN_MAX_RANGES = 4,
	COLUMN_READ_LOCK_ENABLED = 5,
	COLUMN_READ_LOCKED = 7,
	COLUMN_WRITE_LOCKED = 8,
	COLUMN_ACTIVE_KEY = 10
};

/* What was written there reads as under another key. A Pyrite drive has none to change, and a liar
 * says that it has changed it. */
static unsigned new_key(struct model *model, uint64_t sector, uint64_t count)
{
	if (model->conduct->ending == ENDING_REFUSED)
		return TCG_MALFUNCTION;
	if (model->conduct->ending == ENDING_NEVER)
		return TCG_NO_STATUS;
	if (model->tcg.kind == TCG_OPAL)
		model_erase_range(model, ERASE_CRYPTO, sector, count);
	return model->conduct->ending == ENDING_HALF ? TCG_FAIL : TCG_SUCCESS;
}

/* Everything is as from the factory. */
static unsigned revert(struct model *model, bool forgets_owner)
{
	unsigned status = new_key(model, 0, model->sectors);
	if (status != TCG_SUCCESS)
		return status;
	model->locked = model->tcg.active = model->tcg.open = false;
	if (forgets_owner)
		model->tcg.owner[0] = '\0';
	return TCG_SUCCESS;
}

static unsigned generate_key(struct model *model, bool of_range)
{
	uint64_t global = model->sectors - model->tcg.range_sectors;
	return of_range ? new_key(model, global, model->tcg.range_sectors)
			: new_key(model, 0, global);
}

/* ---- Get and Set ---- */

static void put_cell(struct tcg_text *results, uint8_t column, const void *bytes, size_t count)
{
	tcg_put(results, START_LIST);
	tcg_put(results, START_NAME);
	tcg_put(results, column);
	tcg_put_bytes(results, bytes, count);
	tcg_put(results, END_NAME);
	tcg_put(results, END_LIST);
}

static void put_number_cell(struct tcg_text *results, uint8_t column, uint32_t number)
{
	tcg_put(results, START_LIST);
	tcg_put(results, START_NAME);
	tcg_put(results, column);
	tcg_put_number(results, number);
	tcg_put(results, END_NAME);
	tcg_put(results, END_LIST);
}

/* Get [ Cellblock [ startColumn=C, endColumn=C ] ]: one column. */
static unsigned get(struct model *model, enum object object, struct tcg_cursor *arguments,
	struct tcg_text *results)
{
	uint64_t first = 0, last = 0;
	if (!tcg_token(arguments, START_LIST))
		return TCG_INVALID_PARAMETER;
	while (tcg_token(arguments, START_NAME)) {
		uint64_t name = tcg_number(arguments), value = tcg_number(arguments);
		if (name == 3)
			first = value;
		else if (name == 4)
			last = value;
		if (!tcg_token(arguments, END_NAME))
			return TCG_INVALID_PARAMETER;
	}
	if (arguments->bad || first != last)
		return TCG_INVALID_PARAMETER;
	if (object == PIN_MSID && first == COLUMN_PIN) {
		put_cell(results, COLUMN_PIN, TCG_MSID, strlen(TCG_MSID));
		return TCG_SUCCESS;
	}
	if (model->tcg.authority != TCG_ADMIN_1)
		return TCG_NOT_AUTHORIZED;
	if (object == LOCKING_INFO && first == COLUMN_MAX_RANGES) {
		put_number_cell(results, COLUMN_MAX_RANGES, 1);
		return TCG_SUCCESS;
	}
	bool is_range = object == GLOBAL_RANGE || object == RANGE_1;
	if (!is_range || first != COLUMN_ACTIVE_KEY)
		return TCG_INVALID_PARAMETER;
	uint8_t key[TCG_UID_BYTES];
	put_be(key, objects[object == RANGE_1 ? RANGE_1_KEY : GLOBAL_KEY], sizeof(key));
	put_cell(results, COLUMN_ACTIVE_KEY, key, sizeof(key));
	return TCG_SUCCESS;
}

static unsigned set_pin(struct model *model, struct tcg_cursor *arguments)
{
	size_t length = 0;
	const uint8_t *pin = tcg_bytes(arguments, &length);
	if (!pin || length >= sizeof(model->tcg.owner))
		return TCG_INVALID_PARAMETER;
	memcpy(model->tcg.owner, pin, length);
	model->tcg.owner[length] = '\0';
	return TCG_SUCCESS;
}

/* Set [ Values [ C=V … ] ]. One owner has both credentials; to lock reading is to lock. */
static unsigned set(struct model *model, enum object object, struct tcg_cursor *arguments)
{
	bool is_pin = object == PIN_SID || object == PIN_ADMIN_1;
	bool may = model->tcg.authority == TCG_ADMIN_1 ||
		   (model->tcg.authority == TCG_SID && object == PIN_SID);
	if (!may)
		return TCG_NOT_AUTHORIZED;
	if (!tcg_token(arguments, START_NAME) || !tcg_token(arguments, 1) ||
		!tcg_token(arguments, START_LIST))
		return TCG_INVALID_PARAMETER;
	unsigned status = TCG_SUCCESS;
	while (status == TCG_SUCCESS && tcg_token(arguments, START_NAME)) {
		uint64_t column = tcg_number(arguments);
		if (is_pin && column == COLUMN_PIN)
			status = set_pin(model, arguments);
		else if (object == GLOBAL_RANGE && column == COLUMN_READ_LOCKED)
			model->locked = tcg_number(arguments);
		else if (object == GLOBAL_RANGE && column >= COLUMN_READ_LOCK_ENABLED &&
			 column <= COLUMN_WRITE_LOCKED)
			(void)tcg_number(arguments);
		else
			status = TCG_INVALID_PARAMETER;
		if (arguments->bad || !tcg_token(arguments, END_NAME))
			status = TCG_INVALID_PARAMETER;
	}
	return status;
}

/* ---- methods ---- */

static unsigned activate(struct model *model)
{
	if (model->tcg.authority != TCG_SID)
		return TCG_NOT_AUTHORIZED;
	model->tcg.active = true;
	return TCG_SUCCESS;
}

static enum object find_object(const uint8_t *uid)
{
	for (size_t i = 0; i < OTHER_OBJECT; i++)
		if (get_be(uid, TCG_UID_BYTES) == objects[i])
			return (enum object)i;
	return OTHER_OBJECT;
}

unsigned tcg_invoke(struct model *model, const uint8_t *object_uid, const uint8_t *method_uid,
	struct tcg_cursor *arguments, struct tcg_text *results)
{
	struct tcg *tcg = &model->tcg;
	enum object object = find_object(object_uid);
	bool is_admin = tcg->provider == TCG_ADMIN_PROVIDER;
	if (get_be(method_uid, 4) != 0x06)
		return TCG_INVALID_PARAMETER;
	switch (get_be(method_uid + 4, 4)) {
	case GET:
		return get(model, object, arguments, results);
	case SET:
		return set(model, object, arguments);
	case REVERT:
		if (!is_admin || object != ADMIN_PROVIDER)
			return TCG_INVALID_PARAMETER;
		return tcg->authority == TCG_ANYBODY ? TCG_NOT_AUTHORIZED : revert(model, true);
	case REVERT_PROVIDER:
		if (is_admin || object != THIS_PROVIDER)
			return TCG_INVALID_PARAMETER;
		return tcg->authority == TCG_ADMIN_1 ? revert(model, false) : TCG_NOT_AUTHORIZED;
	case GENERATE_KEY:
		if (is_admin || (object != GLOBAL_KEY && object != RANGE_1_KEY))
			return TCG_INVALID_PARAMETER;
		return tcg->authority == TCG_ADMIN_1 ? generate_key(model, object == RANGE_1_KEY)
						     : TCG_NOT_AUTHORIZED;
	case ACTIVATE:
		return is_admin && object == LOCKING_PROVIDER ? activate(model)
							      : TCG_INVALID_PARAMETER;
	default:
		return TCG_INVALID_PARAMETER;
	}
}
