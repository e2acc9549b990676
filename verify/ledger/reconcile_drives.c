/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives: was custody what it may be, and is there for each one that left a certificate that proves it? By the order of
 * the ledger, not by clocks; the rules are those by which custody itself is changed (docs/custody.md), as far as the
 * records show them: neither the policy's levels nor the medium can be looked at here. */
#include "verify/ledger/custody_order.h"
#include "verify/ledger/reconcile_parts.h"

#include <string.h>

static int tell_drive(struct judging *judging, enum finding_kind kind,
	const struct drive_fact *fact, const char *detail, const char *name)
{
	const struct telling telling = {
		.kind = kind,
		.letter = 'D',
		.id = fact->drive,
		.label = fact->label,
		.place = fact->place,
	};
	return judging_tell(judging, &telling, "%s%.200s", detail, name);
}

static const char *or_none(const char *name)
{
	return *name ? name : "none";
}

/* -- what a certificate proves of a departure -- */

/* The last time before facts[at] that it began to carry data again; NULL: since it was entered. */
static const struct drive_fact *last_service(const struct drive_order *course, size_t at)
{
	while (at-- > 0) {
		const struct drive_fact *fact = course->items[at];
		if (fact->kind == DRIVE_CONTENTS ||
			(fact->kind == DRIVE_CUSTODY && custody_order_serves(fact->to)))
			return fact;
	}
	return NULL;
}

/* When the job began to write to this drive: its first time, or its last; before facts[at]. */
static const struct drive_fact *began(
	const struct drive_order *course, size_t at, const char *job, bool first)
{
	const struct drive_fact *found = NULL;
	for (size_t i = 0; i < at; i++) {
		const struct drive_fact *fact = course->items[i];
		if (fact->kind != DRIVE_BEGAN || strcmp(fact->job, job) != 0)
			continue;
		found = fact;
		if (first)
			break;
	}
	return found;
}

/* A job that began after this record and is not proven: what was proven before it is so no longer. One that was
 * refused wrote nothing. */
static const struct drive_fact *unproven_since(const struct judging *judging,
	const struct drive_order *course, size_t at, uint64_t since, const char *job)
{
	for (size_t i = at; i-- > 0 && course->items[i]->place.index > since;) {
		const struct drive_fact *fact = course->items[i];
		if (fact->kind != DRIVE_BEGAN || strcmp(fact->job, job) == 0)
			continue;
		const struct certificate_fact *said =
			judging_newest(judging, fact->job, "", course->items[at]->place.index);
		if (!said ||
			(!certificate_is_proven(said) && strcmp(said->outcome, "refused") != 0))
			return fact;
	}
	return NULL;
}

/* Is the certificate's job known to have written to another drive than this? */
static bool wrote_elsewhere(const struct judging *judging,
	const struct certificate_fact *certificate, const struct drive_fact *here)
{
	const struct drive_fact *wrote = judging_wrote(judging, certificate);
	return wrote && wrote->drive != here->drive;
}

/* "" when this certificate proves that the drive was sanitized when it left by facts[at]; else why not. */
static const char *why_not(const struct judging *judging, const struct drive_order *course,
	size_t at, const struct certificate_fact *certificate)
{
	uint64_t left = course->items[at]->place.index;
	if (wrote_elsewhere(judging, certificate, course->items[at]))
		return "other-drive";
	if (certificate->place.index >= left)
		return "later";
	if (judging_newest(judging, certificate->job, "", left) != certificate)
		return "superseded";
	if (!certificate_is_proven(certificate))
		return "not-proven";
	const struct drive_fact *service = last_service(course, at);
	const struct drive_fact *first = began(course, at, certificate->job, true);
	const struct drive_fact *last = began(course, at, certificate->job, false);
	if (service && (!first || first->place.index < service->place.index))
		return "before-service";
	if (unproven_since(judging, course, at, last ? last->place.index : certificate->place.index,
		    certificate->job))
		return "begun-since";
	return "";
}

/* Why no certificate proves it: what is said of the newest one before it left; NULL: one does. */
static const char *find_proof(
	const struct judging *judging, const struct drive_order *course, size_t at)
{
	const struct drive_fact *left = course->items[at];
	struct certificate_order all = judging_of_identity(judging, left->serial, left->wwn);
	const char *why = "no-certificate";
	if (!*left->serial && !*left->wwn)
		return "no-identity";
	for (size_t i = all.count; i-- > 0;) {
		const char *reason = why_not(judging, course, at, all.items[i]);
		if (!*reason)
			return NULL;
		if (strcmp(why, "no-certificate") == 0 || strcmp(why, "later") == 0 ||
			strcmp(why, "other-drive") == 0)
			why = reason;
	}
	return why;
}

static int judge_departure(struct judging *judging, const struct drive_order *course, size_t at)
{
	const struct drive_fact *left = course->items[at];
	const char *why = find_proof(judging, course, at);
	bool destroyed = strcmp(left->to, "destroyed") == 0;
	const struct telling telling = {
		.kind = destroyed && *left->witness ? FINDING_DESTROYED_UNPROVEN
						    : FINDING_LEFT_WITHOUT_PROOF,
		.letter = 'D',
		.id = left->drive,
		.label = left->label,
		.place = left->place,
	};
	if (!why)
		return 0;
	return judging_tell(judging, &telling, "to=%s why=%s certificate=%.100s", left->to, why,
		or_none(left->certificate));
}

/* -- custody -- */

/* What the certificate that a step names says of it. */
static int judge_named(struct judging *judging, const struct drive_fact *step)
{
	const struct certificate_fact *named = judging_certificate(judging, step->certificate);
	if (!*step->certificate)
		return custody_order_needs_proof(step->to)
			       ? tell_drive(judging, FINDING_CONTRADICTION, step,
					 "certificate-not-named to=", step->to)
			       : 0;
	if (!named)
		return tell_drive(judging, FINDING_CONTRADICTION, step, "certificate-unknown ",
			step->certificate);
	if (named->place.index > step->place.index)
		return tell_drive(judging, FINDING_CONTRADICTION, step, "certificate-later ",
			step->certificate);
	if (!certificate_is_of(named, step->serial, step->wwn) ||
		wrote_elsewhere(judging, named, step))
		return tell_drive(judging, FINDING_CONTRADICTION, step, "certificate-other-drive ",
			step->certificate);
	if (!certificate_is_proven(named))
		return tell_drive(judging, FINDING_CONTRADICTION, step, "certificate-not-proven ",
			step->certificate);
	return 0;
}

static int judge_step(
	struct judging *judging, const struct drive_order *course, size_t at, const char **state)
{
	const struct drive_fact *step = course->items[at];
	const char *before = *state;
	int r = 0;
	if (!custody_order_knows(step->from) || !custody_order_knows(step->to))
		return tell_drive(judging, FINDING_UNREADABLE, step, "custody=", step->to);
	*state = step->to;
	if (strcmp(step->from, before) != 0)
		r = tell_drive(judging, FINDING_CONTRADICTION, step, "custody-was ", before);
	else if (!custody_order_allows(step->from, step->to))
		r = tell_drive(judging, FINDING_CONTRADICTION, step, "custody-order to=", step->to);
	if (r == 0)
		r = judge_named(judging, step);
	if (r == 0 && custody_order_ends(step->to))
		r = judge_departure(judging, course, at);
	return r;
}

/* -- jobs -- */

/* Did its custody end after this record? */
static bool has_left_after(const struct drive_order *course, uint64_t index)
{
	for (size_t i = course->count; i-- > 0 && course->items[i]->place.index > index;)
		if (course->items[i]->kind == DRIVE_CUSTODY &&
			custody_order_ends(course->items[i]->to))
			return true;
	return false;
}

/* A job that began to write and of which nothing was issued: it is told even where a later one proved the drive, for
 * each job leaves its record. */
static int judge_began(struct judging *judging, const struct drive_order *course, size_t at)
{
	const struct drive_fact *fact = course->items[at];
	struct drive_order times = judging_began(judging, fact->job);
	struct certificate_order issued = judging_of_owner(judging, fact->job, "");
	/* Told once, at its last beginning. */
	if (times.items[times.count - 1] != fact)
		return 0;
	if (issued.count == 0)
		return tell_drive(
			judging, FINDING_NOT_PROVEN, fact, "no-certificate job=", fact->job);
	for (size_t i = 0; i < issued.count; i++)
		if (!certificate_is_of(issued.items[i], fact->serial, fact->wwn))
			return tell_drive(judging, FINDING_CONTRADICTION, fact,
				"job-of-other-drive ", issued.items[i]->name);
	return 0;
}

static int judge_course(struct judging *judging, const struct drive_order *course)
{
	const char *state = "in-service"; /* as every drive begins */
	int r = 0;
	for (size_t i = 0; r == 0 && i < course->count; i++) {
		switch (course->items[i]->kind) {
		case DRIVE_CUSTODY:
			r = judge_step(judging, course, i, &state);
			break;
		case DRIVE_BEGAN:
			r = judge_began(judging, course, i);
			break;
		case DRIVE_CONTENTS:
		case DRIVE_LABELLED:
			break;
		}
	}
	return r;
}

/* -- the last word on each drive -- */

/* Certificates of one identity, and which drive of those that share it is asked for; 0: there is only one. */
struct words {
	const struct certificate_order *all;
	int64_t drive;
};

static bool is_among(const struct judging *judging, const struct words *words,
	const struct certificate_fact *certificate)
{
	const struct drive_fact *wrote = judging_wrote(judging, certificate);
	return words->drive == 0 || !wrote || wrote->drive == words->drive;
}

/* The newest of these that is not a mere refusal, if there is one. */
static const struct certificate_fact *last_word(
	const struct judging *judging, const struct words *words)
{
	const struct certificate_fact *refused = NULL;
	for (size_t i = words->all->count; i-- > 0;) {
		const struct certificate_fact *one = words->all->items[i];
		if (!is_among(judging, words, one))
			continue;
		if (strcmp(one->outcome, "refused") != 0)
			return one;
		if (!refused)
			refused = one;
	}
	return refused;
}

static int judge_last_word(struct judging *judging, const struct words *words)
{
	const struct certificate_fact *last = last_word(judging, words);
	if (!last || certificate_is_proven(last) || *last->contract)
		return 0;
	const struct drive_fact *drive = judging_wrote(judging, last);
	if (!drive)
		drive = judging_drive(judging, last->serial, last->wwn);
	if (drive) {
		struct drive_order course = judging_of_drive(judging, drive->drive);
		if (has_left_after(&course, last->place.index))
			return 0; /* judged as it left */
	}
	return judging_tell_certificate(judging, FINDING_NOT_PROVEN, last,
		"outcome=%.40s certificate=%.150s", last->outcome, last->name);
}

/* Did a job before this one write to the same drive? */
static bool was_asked(const struct judging *judging, const struct certificate_order *all, size_t at,
	int64_t drive)
{
	for (size_t i = 0; i < at; i++) {
		const struct drive_fact *wrote = judging_wrote(judging, all->items[i]);
		if (wrote && wrote->drive == drive)
			return true;
	}
	return false;
}

/* The drives that share one identity each have a last word of their own. */
static int judge_sharing(struct judging *judging, const struct certificate_order *all)
{
	struct words words = { .all = all };
	bool shared = false;
	int64_t only = 0;
	int r = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct drive_fact *wrote = judging_wrote(judging, all->items[i]);
		shared |= wrote && only != 0 && wrote->drive != only;
		only = wrote ? wrote->drive : only;
	}
	if (!shared)
		return judge_last_word(judging, &words);
	for (size_t i = 0; r == 0 && i < all->count; i++) {
		const struct drive_fact *wrote = judging_wrote(judging, all->items[i]);
		if (!wrote || was_asked(judging, all, i, wrote->drive))
			continue;
		words.drive = wrote->drive;
		r = judge_last_word(judging, &words);
	}
	return r;
}

/* Of those without serial and WWN each job is a drive of its own. */
static size_t run_length(const struct certificate_order *order, size_t first)
{
	const struct certificate_fact *one = order->items[first];
	size_t length = 1;
	if (!*one->serial && !*one->wwn)
		return length;
	while (first + length < order->count &&
		certificate_is_of(order->items[first + length], one->serial, one->wwn))
		length++;
	return length;
}

static int judge_last_words(struct judging *judging)
{
	const struct certificate_order *order = &judging->by_identity;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count;) {
		struct certificate_order run = { order->items + i, run_length(order, i) };
		const struct certificate_fact *one = run.items[0];
		i += run.count;
		bool superseded =
			!*one->serial && !*one->wwn &&
			judging_newest(judging, one->job, one->contract, UINT64_MAX) != one;
		if (!superseded)
			r = judge_sharing(judging, &run);
	}
	return r;
}

int reconcile_drives(struct judging *judging)
{
	const struct drive_order *order = &judging->by_drive;
	int r = 0;
	for (size_t i = 0; r == 0 && i < order->count;) {
		struct drive_order course = { .items = order->items + i };
		while (i + course.count < order->count &&
			order->items[i + course.count]->drive == order->items[i]->drive)
			course.count++;
		i += course.count;
		r = judge_course(judging, &course);
	}
	return r < 0 ? r : judge_last_words(judging);
}
