/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts of tenants: from a day to a day, both included, in Asia/Tokyo. */
#ifndef HAIKI_INVENTORY_TENANTS_CONTRACTS_H
#define HAIKI_INVENTORY_TENANTS_CONTRACTS_H

#include "inventory/custody/events.h"

#define CONTRACT_NUMBER_MAX 64
#define CONTRACT_NOTE_MAX (4 * KIB)
#define CONTRACT_GRACE_MAX 3650
#define CONTRACT_GRACE_DEFAULT 10

struct contract_record {
	int64_t id; /* shown as C<id> */
	char number[CONTRACT_NUMBER_MAX];
	int64_t tenant_id;
	char tenant[64];     /* its code; not read by contracts_write */
	char start_day[16];  /* "2027-04-01" */
	char end_day[16];    /* the last day; "" while none is agreed */
	int64_t grace_days;  /* for the customer to delete by itself after the last day */
	char *service_codes; /* owned: which of the tenant's services it is for, in order, a blank
			      * between two; "" or NULL: all of them */
	char *note;          /* owned */
	int64_t created_utc_ms;
};
struct contract_list {
	struct contract_record *items; /* owned */
	size_t count;
};
void contract_list_free(struct contract_list *list);
#define AUTO_CONTRACTS CLEANUP(contract_list_free)

enum contract_state {
	CONTRACT_UNKNOWN, /* its days are no days, or it ends before it starts */
	CONTRACT_FUTURE,  /* not begun */
	CONTRACT_RUNNING,
	CONTRACT_GRACE, /* over, within its days of grace */
	CONTRACT_ENDED, /* over, and the days of grace as well */
};
const char *contract_state_name(enum contract_state state); /* "future", "running" … */
/* On which day of which contract we are; pure. today: as day_in_tokyo gives it. The same as due_of_contract
 * (verify/tenant/due.h) says, which this room may not ask: a test holds the two together. */
enum contract_state contract_state_on(const struct contract_record *contract, int64_t today);

/* By number; tenant_id 0: of all. */
NODISCARD int contracts_list(
	struct store *store, int64_t tenant_id, struct contract_list *ret, struct error *error);
/* By "C9" or number, exactly; all that match. */
NODISCARD int contracts_find(
	struct store *store, const char *word, struct contract_list *ret, struct error *error);

/* Those of the tenant that cover this service (exact, case-sensitive), by number: that name it, and that name none. */
NODISCARD int contracts_of_service(struct store *store, int64_t tenant_id, const char *service_code,
	struct contract_list *ret, struct error *error);

/* Enter (id 0) or change one, in the caller's transaction, with an event on it that names what
 * changed (borrowed). -EINVAL "contract-malformed": no number, days that are no days of the
 * calendar, an end before the start, grace out of range, a service code that is not the tenant's;
 * "number-fixed" for another number than it has. */
NODISCARD int contracts_write(struct store *store, const struct contract_record *record,
	const json_t *changed, int64_t now_utc_ms, int64_t *ret_id, struct error *error);

#endif
