/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legal holds: did each take its steps, by two people, and was anything destroyed while it stood? */
#include "verify/ledger/custody_order.h"
#include "verify/ledger/reconcile_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* From its first word to the one that lifted it. */
struct span {
	const struct hold_fact *hold;
	struct fact_place from, until; /* until: UINT64_MAX, INT64_MAX while it stands */
	const char *serial, *wwn;      /* of a held drive; "" */
	const char *code;              /* of a held tenant; "" */
};

struct spans {
	struct span *items; /* owned */
	size_t count;
};

static int tell_hold(struct judging *judging, enum finding_kind kind, const struct hold_fact *hold,
	const char *detail, const char *name)
{
	const struct telling telling = {
		.kind = kind,
		.letter = 'H',
		.id = hold->hold,
		.label = hold->label,
		.place = hold->place,
	};
	return judging_tell(judging, &telling, "%s%.200s", detail, name);
}

/* -- its steps -- */

/* An account of its own, and the number of it: inventory/custody/events.h. */
static const char *number_of(const char *actor)
{
	const char *bracket = strrchr(actor, '(');
	return bracket ? bracket : actor;
}

static bool is_person(const char *actor)
{
	const char *number = number_of(actor);
	return strncmp(actor, "login:", 6) == 0 && number[0] == '(' && number[1] >= '1' &&
	       number[1] <= '9';
}

struct steps {
	const struct hold_fact *placed, *confirmed, *asked, *lifted;
};

/* "" or what is wrong with a step that another person must make than the first. */
static const char *judge_second(const struct hold_fact *step, const struct hold_fact *first)
{
	if (!is_person(step->actor))
		return "hold-no-person ";
	if (strcmp(number_of(step->actor), number_of(first->actor)) == 0)
		return "hold-same-person ";
	return "";
}

/* Makes the step; "" or what is wrong with it. */
static const char *make_step(struct steps *steps, const struct hold_fact *step)
{
	const char *wrong = "hold-order ";
	if (strcmp(step->action, "hold-placed") == 0) {
		wrong = steps->placed ? wrong : "";
		steps->placed = step;
	} else if (!steps->placed || steps->lifted) {
		return wrong;
	} else if (strcmp(step->action, "hold-confirmed") == 0) {
		wrong = steps->confirmed ? wrong : judge_second(step, steps->placed);
		steps->confirmed = step;
	} else if (strcmp(step->action, "hold-lift-asked") == 0) {
		wrong = steps->asked ? wrong : is_person(step->actor) ? "" : "hold-no-person ";
		steps->asked = step;
	} else if (strcmp(step->action, "hold-lift-cancelled") == 0) {
		wrong = steps->asked ? "" : wrong;
		steps->asked = NULL;
	} else if (strcmp(step->action, "hold-lifted") == 0) {
		wrong = steps->asked ? judge_second(step, steps->asked) : wrong;
		steps->lifted = step;
	}
	return wrong;
}

/* Earlier steps may be withheld; then nobody can say. */
static int judge_steps(struct judging *judging, const struct hold_order *run, struct span *ret)
{
	struct steps steps = { 0 };
	int r = 0;
	bool begins = strcmp(run->items[0]->action, "hold-placed") == 0;
	*ret = (struct span){
		.hold = run->items[0],
		.from = run->items[0]->place,
		.until = { UINT64_MAX, INT64_MAX },
		.serial = "",
		.wwn = "",
		.code = "",
	};
	if (!begins && judging->has_gaps)
		r = tell_hold(
			judging, FINDING_NOT_JUDGED, run->items[0], "hold-steps-withheld", "");
	for (size_t i = 0; r == 0 && i < run->count; i++) {
		const struct hold_fact *step = run->items[i];
		const char *wrong = make_step(&steps, step);
		if (*wrong && (begins || !judging->has_gaps))
			r = tell_hold(judging, FINDING_CONTRADICTION, step, wrong, step->action);
		/* One that was lifted by one person alone is none that was lifted. */
		if (strcmp(step->action, "hold-lifted") == 0 && !*wrong)
			ret->until = step->place;
	}
	return r;
}

/* -- what it covers -- */

static const char *code_of(const struct judging *judging, int64_t tenant)
{
	const struct id_facts *list = &judging->facts->tenants;
	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].id == tenant)
			return list->items[i].text;
	return "";
}

static int find_covered(struct judging *judging, struct span *span)
{
	const struct hold_fact *hold = span->hold;
	char what[64];
	if (strcmp(hold->target_kind, "drive") == 0) {
		struct drive_order facts = judging_of_drive(judging, hold->target_id);
		if (facts.count > 0) {
			span->serial = facts.items[facts.count - 1]->serial;
			span->wwn = facts.items[facts.count - 1]->wwn;
		}
		return 0;
	}
	if (strcmp(hold->target_kind, "vm") == 0)
		return 0;
	if (strcmp(hold->target_kind, "tenant") == 0)
		span->code = code_of(judging, hold->target_id);
	if (*span->code)
		return 0;
	(void)snprintf(what, sizeof(what), "%.20s:%" PRId64, hold->target_kind, hold->target_id);
	return tell_hold(judging, FINDING_NOT_JUDGED, hold, "covers-unknown ", what);
}

static bool is_equal(const char *a, const char *b)
{
	return *a && strcmp(a, b) == 0;
}

static bool covers(const struct span *span, const char *serial, const char *wwn, const char *tenant)
{
	return is_equal(span->serial, serial) || is_equal(span->wwn, wwn) ||
	       is_equal(span->code, tenant);
}

static bool covers_drive(const struct span *span, const struct drive_fact *fact, const char *tenant)
{
	bool held = strcmp(span->hold->target_kind, "drive") == 0 &&
		    span->hold->target_id == fact->drive;
	return held || covers(span, fact->serial, fact->wwn, tenant);
}

/* -- what was destroyed -- */

static int judge_fact(struct judging *judging, const struct spans *spans,
	const struct drive_fact *fact, const char *tenant)
{
	bool began = fact->kind == DRIVE_BEGAN;
	int r = 0;
	if (!began && (fact->kind != DRIVE_CUSTODY || !custody_order_ends(fact->to)))
		return 0;
	for (size_t i = 0; r == 0 && i < spans->count; i++) {
		const struct span *span = &spans->items[i];
		if (fact->place.index < span->from.index ||
			fact->place.index >= span->until.index || !covers_drive(span, fact, tenant))
			continue;
		const struct telling telling = {
			.kind = FINDING_DESTROYED_UNDER_HOLD,
			.letter = 'D',
			.id = fact->drive,
			.label = fact->label,
			.place = fact->place,
		};
		r = judging_tell(judging, &telling, "hold=H%" PRId64 " %s%.150s", span->hold->hold,
			began ? "job=" : "to=", began ? fact->job : fact->to);
	}
	return r;
}

/* Whose it is labelled, until it is sanitized. */
static int judge_drives(struct judging *judging, const struct spans *spans)
{
	const struct drive_order *order = &judging->by_drive;
	const char *tenant = "";
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count; i++) {
		const struct drive_fact *fact = order->items[i];
		if (i > 0 && order->items[i - 1]->drive != fact->drive)
			tenant = "";
		if (fact->kind == DRIVE_LABELLED)
			tenant = fact->tenant;
		r = judge_fact(judging, spans, fact, tenant);
		if (fact->kind == DRIVE_CUSTODY &&
			(strcmp(fact->to, "sanitized") == 0 || strcmp(fact->to, "reused") == 0))
			tenant = "";
	}
	return r;
}

static bool covers_vm(const struct span *span, const struct vm_fact *fact)
{
	bool held = strcmp(span->hold->target_kind, "vm") == 0 && span->hold->target_id == fact->vm;
	return fact->kind == VM_DESTROYED && fact->place.index >= span->from.index &&
	       fact->place.index < span->until.index &&
	       (held || is_equal(span->code, fact->tenant));
}

/* The first step of each VM that should not have been. */
static int judge_vms(struct judging *judging, const struct span *span)
{
	const struct vm_order *order = &judging->by_vm;
	int64_t told = 0;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count; i++) {
		const struct vm_fact *fact = order->items[i];
		if (told == fact->vm || !covers_vm(span, fact))
			continue;
		const struct telling telling = {
			.kind = FINDING_DESTROYED_UNDER_HOLD,
			.letter = 'M',
			.id = fact->vm,
			.label = fact->label,
			.place = fact->place,
		};
		told = fact->vm;
		r = judging_tell(
			judging, &telling, "hold=H%" PRId64 " %s", span->hold->hold, fact->action);
	}
	return r;
}

static bool has_index_within(const struct span *span, const struct certificate_fact *certificate)
{
	return certificate->place.index >= span->from.index &&
	       certificate->place.index < span->until.index;
}

/* What was left was to tell the customer. */
static bool is_gone_but_for_the_notice(const struct certificate_fact *certificate)
{
	return strcmp(certificate->outcome, "generations-expired") == 0;
}

/* The contract was closed, and while this hold stood it was not yet: something went in between. */
static bool closed_within(const struct judging *judging, const struct span *span,
	const struct certificate_fact *certificate)
{
	if (!certificate_is_proven(certificate) || !has_index_within(span, certificate))
		return false;
	struct certificate_order all = judging_of_owner(judging, "", certificate->contract);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->place.index < certificate->place.index &&
			has_index_within(span, all.items[i]) &&
			!certificate_is_proven(all.items[i]) &&
			!is_gone_but_for_the_notice(all.items[i]))
			return true;
	return false;
}

/* A job of which no event tells when it began. */
static bool began_within(const struct judging *judging, const struct span *span,
	const struct certificate_fact *certificate)
{
	return strcmp(certificate->outcome, "refused") != 0 && certificate->began_utc_ms != 0 &&
	       certificate->began_utc_ms >= span->from.utc_ms &&
	       certificate->began_utc_ms < span->until.utc_ms &&
	       judging_began(judging, certificate->job).count == 0;
}

static int judge_certificate(struct judging *judging, const struct spans *spans,
	const struct certificate_fact *certificate)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < spans->count; i++) {
		const struct span *span = &spans->items[i];
		if (!covers(span, certificate->serial, certificate->wwn, certificate->tenant))
			continue;
		if (*certificate->contract ? closed_within(judging, span, certificate)
					   : began_within(judging, span, certificate))
			r = judging_tell_certificate(judging, FINDING_DESTROYED_UNDER_HOLD,
				certificate, "hold=H%" PRId64 " certificate=%.150s",
				span->hold->hold, certificate->name);
	}
	return r;
}

static int judge_spans(struct judging *judging, const struct spans *spans)
{
	const struct certificate_facts *list = &judging->facts->certificates;
	int r = judge_drives(judging, spans);
	for (size_t i = 0; r == 0 && i < spans->count; i++)
		r = judge_vms(judging, &spans->items[i]);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = judge_certificate(judging, spans, &list->items[i]);
	return r;
}

int reconcile_holds(struct judging *judging)
{
	const struct hold_order *order = &judging->by_hold;
	AUTO_FREE struct span *items = calloc(order->count + 1, sizeof(*items));
	struct spans spans = { .items = items };
	int r = items ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < order->count;) {
		struct hold_order run = { .items = order->items + i };
		while (i + run.count < order->count &&
			order->items[i + run.count]->hold == order->items[i]->hold)
			run.count++;
		i += run.count;
		struct span *span = &spans.items[spans.count++];
		r = judge_steps(judging, &run, span);
		if (r == 0)
			r = find_covered(judging, span);
	}
	return r < 0 || spans.count == 0 ? r : judge_spans(judging, &spans);
}
