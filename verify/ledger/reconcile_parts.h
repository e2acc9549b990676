/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reconcile.c: facts brought into the orders in which they are asked for, and one judgement for each
 * thing that must add up. */
#ifndef HAIKI_VERIFY_LEDGER_RECONCILE_PARTS_H
#define HAIKI_VERIFY_LEDGER_RECONCILE_PARTS_H

#include "verify/ledger/facts.h"
#include "verify/tenant/due.h"

/* Pointers into the facts, sorted; of equal ones the earlier record comes first. */
struct certificate_order {
	const struct certificate_fact **items; /* owned */
	size_t count;
};
struct drive_order {
	const struct drive_fact **items; /* owned */
	size_t count;
};
struct hold_order {
	const struct hold_fact **items; /* owned */
	size_t count;
};
struct contract_order {
	const struct contract_fact **items; /* owned */
	size_t count;
};

struct vm_order {
	const struct vm_fact **items; /* owned */
	size_t count;
};

struct judging {
	const struct facts *facts;
	int64_t now_utc_ms;
	bool has_gaps; /* records are withheld: what is not there may be among them */
	struct certificate_order by_name, by_owner, by_identity;
	struct drive_order by_drive;          /* all facts of drives */
	struct drive_order by_drive_identity; /* the same by serial and WWN */
	struct drive_order began_by_job;      /* those of kind DRIVE_BEGAN */
	struct hold_order by_hold;
	struct contract_order by_contract, by_number;
	struct vm_order by_vm;
	struct finding_list list; /* what was found */
	size_t capacity;
};

/* -- sorting; 0 or -ENOMEM -- */
NODISCARD int judging_sort(struct judging *judging);
void judging_free_orders(struct judging *judging);

/* -- asking -- */

/* The first of this name; NULL: none. */
const struct certificate_fact *judging_certificate(const struct judging *judging, const char *name);
/* All of a job (contract "") or of a contract (job ""), in the order of the ledger. */
struct certificate_order judging_of_owner(
	const struct judging *judging, const char *job, const char *contract);
/* All of a drive. */
struct certificate_order judging_of_identity(
	const struct judging *judging, const char *serial, const char *wwn);
/* The newest of the same job or contract before this record; NULL: none. */
const struct certificate_fact *judging_newest(
	const struct judging *judging, const char *job, const char *contract, uint64_t before);
/* When a job began to write to drives. */
struct drive_order judging_began(const struct judging *judging, const char *job);
/* The drive that the certificate's job wrote to, by its last beginning; NULL: no record tells of it beginning. Two drives
 * may say the same serial and WWN of themselves; a job is of one of them. */
const struct drive_fact *judging_wrote(
	const struct judging *judging, const struct certificate_fact *certificate);
/* The last fact of a drive with this serial and WWN; NULL: no event tells of such a drive. */
const struct drive_fact *judging_drive(
	const struct judging *judging, const char *serial, const char *wwn);

/* All of this one; some fact of contracts with this number, or NULL. */
struct drive_order judging_of_drive(const struct judging *judging, int64_t drive);
const struct contract_fact *judging_contract(const struct judging *judging, const char *number);
/* The contract with this ID as it was told last before this record; NULL: no record tells of it. */
const struct contract_fact *judging_contract_at(
	const struct judging *judging, int64_t contract, uint64_t before);
/* When what it left behind is due, and whether it is at this time. */
struct due contract_fact_due(const struct contract_fact *contract, int64_t now_utc_ms);

/* Proven; of a contract: closed. */
bool certificate_is_proven(const struct certificate_fact *certificate);
/* Of this very drive: serial and WWN, and not both of them empty. */
bool certificate_is_of(
	const struct certificate_fact *certificate, const char *serial, const char *wwn);

/* -- telling -- */

/* letter and id make the subject; letter 0: subject is it. label may be NULL. */
struct telling {
	enum finding_kind kind;
	char letter;
	int64_t id;
	const char *subject, *label;
	struct fact_place place;
};
NODISCARD int judging_tell(struct judging *judging, const struct telling *telling,
	const char *format, ...) PRINTF_LIKE(3, 4);
/* About a certificate: its drive where one is known, else its job or contract. */
NODISCARD int judging_tell_certificate(struct judging *judging, enum finding_kind kind,
	const struct certificate_fact *certificate, const char *format, ...) PRINTF_LIKE(4, 5);

/* -- the judgements; 0 or -ENOMEM -- */
NODISCARD int reconcile_drives(struct judging *judging);
NODISCARD int reconcile_certificates(struct judging *judging);
NODISCARD int reconcile_holds(struct judging *judging);
NODISCARD int reconcile_contracts(struct judging *judging);
NODISCARD int reconcile_vms(struct judging *judging);

#endif
