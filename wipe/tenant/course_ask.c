/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is it, and may it go? Asked of our records and of its platform right before each step that destroys. */
#include "wipe/tenant/course_parts.h"

#include "base/text.h"
#include "inventory/tenants/tenants.h"
#include "wipe/tenant/known.h"

#include <errno.h>
#include <string.h>

void course_asked_free(struct course_asked *asked)
{
	contract_list_free(&asked->contracts);
	machine_free(&asked->machine);
	*asked = (struct course_asked){ 0 };
}

/* -- the clock -- */

static int ask_clock(struct course *course, struct course_asked *asked, struct error *error)
{
	enum clock_verdict verdict = course->clock(course->context, &asked->now);
	if (verdict == CLOCK_GOOD)
		return 0;
	error_set(error, ERROR_REFUSED, EPERM, clock_verdict_word(verdict),
		_("The clock cannot be believed any more (%s): nothing further is deleted"),
		clock_verdict_word(verdict));
	(void)error_next(error, _("Check it against a time server, then run again."));
	return 1;
}

/* -- the platforms -- */

/* 1: it has it; 0: it does not; -errno: it could not be asked. */
static int survey_one(const struct course_platform *where, const char *uuid, bool with_disks,
	struct machine *ret, unsigned *sightings, struct error *error)
{
	bool briefly = !with_disks && where->kind->identify;
	int r = briefly ? where->kind->identify(where->platform, uuid, ret, error)
			: where->kind->survey(where->platform, uuid, ret, error);
	/* Other things can be missing than the VM: only the platform's word that it has none counts. */
	if (r == -ENOENT && strcmp(error->code, "vm-absent") == 0) {
		*error = (struct error){ 0 };
		return 0;
	}
	if (r == -EEXIST && strcmp(error->code, "vm-uuid-twice") == 0) {
		*error = (struct error){ 0 };
		*sightings += 2;
		return 1;
	}
	if (r < 0)
		return r;
	/* The platform's word, not its promise to give the one that was asked for. */
	if (strcmp(ret->uuid, uuid) != 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "platform-other-vm",
			_("The platform %s was asked for the VM %s and answered with %s"),
			where->name, uuid, ret->uuid);
	*sightings += 1;
	return 1;
}

/* Nothing is taken from a disk by these. */
static bool needs_disks(enum course_step step)
{
	return step != COURSE_POWER_OFF && step != COURSE_SNAPSHOTS;
}

static int ask_platforms(struct course *course, enum course_step step, struct course_asked *asked,
	unsigned *sightings, struct error *error)
{
	for (size_t i = 0; i < course->platform_count; i++) {
		const struct course_platform *where = &course->platforms[i];
		struct machine machine CLEANUP(machine_free) = { 0 };
		int r = survey_one(
			where, course->vm.uuid, needs_disks(step), &machine, sightings, error);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		machine_free(&asked->machine);
		asked->machine = machine;
		machine = (struct machine){ 0 };
		asked->where = where;
	}
	return 0;
}

/* -- our records -- */

/* What can change between the plan and now is read anew. 0, or -errno of the store. */
static int ask_store(
	struct course *course, struct course_asked *asked, struct known *ret, struct error *error)
{
	struct vm_record vm = { 0 };
	int found = vms_by_uuid(course->store, course->vm.uuid, &vm, error);
	if (found < 0)
		return found;
	if (found == 0 || vm.id != course->vm.id)
		return 0;
	course->vm = vm;
	int r = known_read(course->store, &vm, ret, error);
	if (r < 0)
		return r;
	asked->contracts = ret->contracts;
	ret->contracts = (struct contract_list){ 0 };
	return 0;
}

static bool is_among(const struct course *course, const char *name)
{
	for (size_t i = 0; i < course->platform_count; i++)
		if (strcmp(course->platforms[i].name, name) == 0)
			return true;
	return false;
}

static void decide(struct course *course, struct course_asked *asked, const struct known *known,
	unsigned sightings)
{
	const struct decide_facts facts = {
		.uuid = course->vm.uuid,
		.in_inventory = known->contracts_read,
		.gone = course->vm.gone_utc_ms != 0,
		.our_service_code = course->vm.service_code,
		.our_platform = course->vm.platform,
		.our_tenant_id = course->vm.tenant_id,
		.code_tenant_id = known->code_tenant_id,
		.linked_tenant_id = known->linked_tenant_id,
		.sightings = sightings,
		/* Where it is on one platform, that it is on no other was seen when all were listed. */
		.all_platforms_asked = course->everywhere || sightings > 0,
		.our_platform_asked = is_among(course, course->vm.platform),
		.platform = asked->where ? asked->where->name : "",
		.platform_service_code = asked->machine.service_code,
		.contracts = known->due_contracts,
		.contract_count = known->due_count,
		.hold = known->hold,
		.now_utc_ms = asked->now.utc_ms,
	};
	asked->decision = decide_vm(&facts, &asked->due);
	asked->longest = known_longest(&asked->contracts, asked->now.utc_ms);
	course->decision = asked->decision;
}

int course_ask(
	struct course *course, enum course_step step, struct course_asked *ret, struct error *error)
{
	AUTO_ASKED struct course_asked asked = { 0 };
	AUTO_KNOWN struct known known = { 0 };
	unsigned sightings = 0;
	int r = ask_clock(course, &asked, error);
	if (r != 0)
		return r;
	/* The platforms may take their time: our own records are read behind them. */
	if (ask_platforms(course, step, &asked, &sightings, error) < 0)
		return 1;
	r = ask_store(course, &asked, &known, error);
	if (r < 0)
		return r;
	decide(course, &asked, &known, sightings);
	*ret = asked;
	asked = (struct course_asked){ 0 };
	return 0;
}
