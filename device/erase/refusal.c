/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe gives a reason with its status, and TCG with its method's. */
#include "device/erase/refusal.h"

#include "base/text.h"
#include "device/command/nvme.h"
#include "device/command/opal.h"

static const char *explain_opal(uint8_t status)
{
	switch (status) {
	case OPAL_STATUS_NOT_AUTHORIZED:
		return _("the PSID or password is not the drive's");
	case OPAL_STATUS_LOCKED_OUT:
		return _("it was told too many wrong PSIDs or passwords, and listens to none until "
			 "it was without power");
	default:
		return NULL;
	}
}

const char *refusal_explain(const struct erase_answer *completion)
{
	struct erase_state state;
	const uint8_t *raw = completion->raw;
	erase_state_read(completion, &state);
	if (completion->witness != WITNESS_COMPLETION || state.status != ERASE_STATUS_FAILED)
		return NULL;
	switch (raw[0]) {
	case 'n':
	case 'N':
		return nvme_status_explain((uint16_t)(raw[1] << 8 | raw[2]));
	case 'T':
		return explain_opal(raw[1]);
	default:
		return NULL;
	}
}
