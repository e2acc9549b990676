/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for the proof that lets a drive go: its jobs from the newest, each asked what it says. */
#include "wipe/release.h"

#include "base/digest.h"
#include "base/text.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/assets/key_copies.h"
#include "inventory/jobs/jobs.h"
#include "verify/certificate/certificate.h"
#include "wipe/work/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct checking {
	struct store *store;
	const struct release_question *question;
	struct drive_record drive;
	char label[IDENTITY_LABEL_MAX];
	struct zone_list zones;
	struct error refusal; /* the first candidate's, which is the newest one's */
};

#define REFUSE(checking, code, ...)                                                                \
	error_set(&(checking)->refusal, ERROR_REFUSED, EPERM, code, __VA_ARGS__)

static const char *typed(const struct checking *checking)
{
	const struct drive_identity *identity = &checking->drive.identity;
	return identity->serial[0] ? identity->serial : identity->wwn;
}

static void say_wipe(struct checking *checking)
{
	error_next(&checking->refusal, _("Sanitize it: haiki wipe run %.100s"), typed(checking));
}

/* -- what the policy wants -- */

/* What is due, and what was reached: how much of it must have been seen depends on that. */
struct due {
	enum level reached;
	enum level level;
	enum verification verification;
};

/* The strictest of what the rules say for one zone and what is due already. */
static int add_rule(
	struct checking *checking, const char *zone, const char *confidentiality, struct due *due)
{
	const struct policy *policy = checking->question->policy;
	enum media media = checking->drive.identity.media;
	const struct policy_rule *rule = policy_rule_for(policy, zone, media, confidentiality);
	if (!rule) {
		REFUSE(checking, "policy-no-rule",
			_("%s: policy %s has no rule for zone \"%s\", media \"%s\", "
			  "confidentiality "
			  "\"%s\""),
			checking->label, policy->name, zone, media_name(media), confidentiality);
		error_next(&checking->refusal, _("Add a rule to the policy."));
		return -EPERM;
	}
	due->level = MAX(due->level, rule->level);
	due->verification = MAX(due->verification, policy_verification(rule, due->reached));
	return 0;
}

/* Will it serve a zone other than the one it served, as far as anybody knows? */
static bool crosses(const struct checking *checking, const char *certified_zone)
{
	const struct release_question *question = checking->question;
	const char *target = question->to_zone[0] ? question->to_zone : checking->drive.zone;
	if (question->to != CUSTODY_REUSED)
		return false;
	if (checking->zones.count == 0 && !certified_zone[0])
		return question->to_zone[0] != '\0';
	if (certified_zone[0] && strcmp(certified_zone, target) != 0)
		return true;
	for (size_t i = 0; i < checking->zones.count; i++)
		if (strcmp(checking->zones.items[i], target) != 0)
			return true;
	return false;
}

static int find_due(struct checking *checking, const char *certified_zone,
	const char *confidentiality, enum level reached, struct due *ret)
{
	bool nowhere = checking->zones.count == 0 && !certified_zone[0];
	struct due due = {
		.reached = reached, .level = LEVEL_CLEAR, .verification = VERIFICATION_MARKERS
	};
	int r = 0;
	for (size_t i = 0; i < checking->zones.count && r == 0; i++)
		r = add_rule(checking, checking->zones.items[i], confidentiality, &due);
	if (r == 0 && (nowhere || certified_zone[0]))
		r = add_rule(checking, certified_zone, confidentiality, &due);
	if (r == 0 && crosses(checking, certified_zone))
		due.level = MAX(due.level, checking->question->policy->crossing_level);
	*ret = due;
	return r;
}

/* -- what was seen since -- */

static int check_unused(struct checking *checking, struct error *error)
{
	AUTO_SIGNATURES struct signature_list signatures = { 0 };
	int r = 0;
	if (checking->drive.last_error[0]) {
		r = REFUSE(checking, "release-unread",
			_("%s: what is on it could not be read when it was last looked at: "
			  "%.200s"),
			checking->label, checking->drive.last_error);
		error_next(&checking->refusal,
			_("Look again (haiki inventory scan), sanitize it anew, or have it "
			  "destroyed."));
		return r;
	}
	r = drives_signatures(checking->store, checking->drive.id, &signatures, error);
	if (r < 0 || (signatures.count == 0 && !signatures.truncated))
		return r;
	r = REFUSE(checking, "release-in-use",
		_("%s: the inventory has seen something on it since it was sanitized (%s)"),
		checking->label,
		signatures.count > 0 && signatures.items[0].type[0] ? signatures.items[0].type
								    : "?");
	say_wipe(checking);
	return r;
}

/* -- one certificate -- */

/* A text of the checked certificate; "" never equals what is looked for. */
static const char *text_of(const json_t *document, const char *object, const char *key)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(document, object), key));
	return text ? text : "";
}

static int check_drive(
	struct checking *checking, const struct certificate_record *record, const json_t *document)
{
	const struct drive_identity *identity = &checking->drive.identity;
	const json_t *subject = json_object_get(document, "subject");
	if (json_object_get(subject, "identity") &&
		strcmp(text_of(subject, "identity", "serial"), identity->serial) == 0 &&
		strcmp(text_of(subject, "identity", "wwn"), identity->wwn) == 0 &&
		strcmp(text_of(document, "job", "id"), record->job_id) == 0)
		return 0;
	return REFUSE(checking, "release-other-drive",
		_("%s: the certificate %s is of another drive or another job"), checking->label,
		record->name);
}

/* NONE for words that are not known. */
static enum verification verification_parse(const char *word)
{
	static const enum verification known[] = { VERIFICATION_MARKERS, VERIFICATION_SAMPLE,
		VERIFICATION_FULL };
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(word, verification_name(known[i])) == 0)
			return known[i];
	return VERIFICATION_NONE;
}

/* Where only the keys were destroyed there is nothing that markers could show: that no header and no
 * slot is left is what was looked for. */
static bool rests_on_keys(const json_t *document)
{
	AUTO_FREE struct plan *plan = calloc(1, sizeof(*plan));
	if (!plan || plan_from_json(json_object_get(document, "plan"), true, plan, NULL) < 0)
		return false;
	unsigned last = plan_last_destroying(plan);
	const struct plan_step *step = last > 0 ? &plan->steps[last - 1] : NULL;
	return step && step->method == STEP_ERASE &&
	       technique_facts(step->technique)->erasure == ERASURE_KEYS;
}

static bool is_verified_enough(
	const json_t *document, const char *verification, enum verification due)
{
	if (verification_parse(verification) >= due)
		return true;
	return due == VERIFICATION_MARKERS && rests_on_keys(document);
}

/* Does the level hold although somebody can open what was encrypted? */
static bool holds_without_keys(
	const struct checking *checking, const json_t *document, enum level due)
{
	AUTO_FREE struct plan *plan = calloc(1, sizeof(*plan));
	if (!plan || plan_from_json(json_object_get(document, "plan"), true, plan, NULL) < 0)
		return false;
	plan->encrypted_from_first_write = false;
	return plan_level(plan, checking->drive.identity.media) >= due;
}

/* A copy of a header that the job destroyed opens the drive again, whatever the certificate says of the
 * time when it was issued. */
static int check_key_copies(struct checking *checking, const struct certificate_record *record,
	const json_t *document, enum level due, struct error *error)
{
	const json_t *layers = json_object_get(json_object_get(document, "subject"), "layers");
	if (holds_without_keys(checking, document, due))
		return 0;
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *uuid = json_string_value(json_object_get(layer, "uuid"));
		const char *type = json_string_value(json_object_get(layer, "type"));
		AUTO_KEY_COPIES struct key_copy_list copies = { 0 };
		if (!uuid || !*uuid || !type || strcmp(type, "crypto_LUKS") != 0)
			continue;
		int r = key_copies_list(checking->store, uuid, false, &copies, error);
		if (r < 0)
			return r;
		if (copies.count == 0)
			continue;
		char id[24];
		(void)snprintf(id, sizeof(id), "V%" PRId64, copies.items[0].id);
		r = REFUSE(checking, "release-key-copies",
			_("%s: the certificate %s rests on destroyed keys, and a copy of them is "
			  "left: %s (%.120s)"),
			checking->label, record->name, id, copies.items[0].place);
		error_next(&checking->refusal,
			_("Destroy the copy, then: haiki inventory key-copy destroyed %s --how "
			  "TEXT, and haiki inventory custody ID sanitized --reason TEXT; or "
			  "sanitize "
			  "the drive by another method."),
			id);
		return r;
	}
	return 0;
}

static void refuse_level(struct checking *checking, const struct certificate_record *record,
	const char *reached, enum level due)
{
	REFUSE(checking, "release-level",
		_("%s: the certificate %s proves \"%s\", and \"%s\" is due before it "
		  "becomes \"%s\""),
		checking->label, record->name, reached, level_name(due),
		custody_name(checking->question->to));
	error_next(&checking->refusal,
		_("Sanitize it to that level (haiki wipe run %.100s --level %s), or have "
		  "it destroyed."),
		typed(checking), level_name(due));
}

/* A certificate of purge is held against what the rules want seen of a purge, and one of clear against
 * what they want of the last pass. */
static int check_levels(struct checking *checking, const struct certificate_record *record,
	const json_t *document, struct release *ret, struct error *error)
{
	const char *reached = text_of(document, "verdict", "level");
	const char *verification = text_of(document, "verdict", "verification");
	enum level level = LEVEL_NONE;
	struct due due;
	if (level_parse(reached, &level) < 0)
		level = LEVEL_NONE;
	int r = find_due(checking, text_of(document, "subject", "zone"),
		text_of(document, "subject", "confidentiality"), level, &due);
	if (r < 0)
		return r;
	if (level < due.level) {
		refuse_level(checking, record, reached, due.level);
		return -EPERM;
	}
	if (!is_verified_enough(document, verification, due.verification)) {
		REFUSE(checking, "release-verification",
			_("%s: the certificate %s rests on the verification \"%s\", and \"%s\" is "
			  "due"),
			checking->label, record->name, verification,
			verification_name(due.verification));
		say_wipe(checking);
		return -EPERM;
	}
	r = check_key_copies(checking, record, document, due.level, error);
	if (r < 0)
		return r;
	snprintf(ret->certificate, sizeof(ret->certificate), "%s", record->name);
	ret->level = level;
	ret->due = due.level;
	return 0;
}

/* Is the paper itself good? */
static int check_signature(struct checking *checking, const struct certificate_record *record,
	struct certificate_report *ret, struct error *error)
{
	size_t length = strlen(record->p7s_hex) / 2;
	AUTO_FREE uint8_t *p7s = malloc(length + 1);
	if (!p7s)
		return error_no_memory(error);
	if (hex_decode(record->p7s_hex, p7s, length) < 0)
		return store_error_corrupt(checking->store, record->name, error);
	struct bundle bundle = bundle_borrow(record->json, strlen(record->json), p7s, length);
	const struct certificate_anchors anchors = { .trust = checking->question->trust,
		.now_utc_ms = checking->question->now_utc_ms };
	int r = certificate_check(&bundle, &anchors, ret, error);
	if (r < 0)
		return r;
	if (ret->valid && ret->outcome == OUTCOME_PROVEN)
		return 0;
	const char *why = _("it is not proven");
	for (size_t i = CERTIFICATE_CHECKS; i-- > 0;)
		if (ret->checks[i].result != CHECK_PASSED && ret->checks[i].result != CHECK_ABSENT)
			why = ret->checks[i].error.what[0] ? ret->checks[i].error.what
							   : _("a check could not be made");
	r = REFUSE(checking, "release-certificate",
		_("%.200s: the certificate %s does not hold: %.200s"), checking->label,
		record->name, why);
	error_next(
		&checking->refusal, _("Check it: haiki verify certificate %s.json"), record->name);
	return r;
}

/* It was in use after the certificate. */
static int refuse_since(
	struct checking *checking, const struct certificate_record *record, struct error *error)
{
	int r = check_unused(checking, error); /* says more, while it is to be seen */
	if (r < 0)
		return r;
	r = REFUSE(checking, "release-before-service",
		_("%s was put in service, or seen to carry something, after the certificate %s: "
		  "what it proved is no longer so"),
		checking->label, record->name);
	say_wipe(checking);
	return r;
}

/* -EPERM: this one is not good enough, see checking->refusal; other errors are errors. */
static int check_candidate(struct checking *checking, const struct certificate_record *record,
	struct release *ret, struct error *error)
{
	AUTO_REPORT struct certificate_report report = { 0 };
	int r = check_signature(checking, record, &report, error);
	if (r == 0)
		r = check_drive(checking, record, report.certificate);
	if (r < 0)
		return r;
	r = custody_wiped_since_service(checking->store, checking->drive.id, record->job_id, error);
	if (r == 0)
		return refuse_since(checking, record, error);
	return r < 0 ? r : check_levels(checking, record, report.certificate, ret, error);
}

/* -- the jobs of the drive -- */

enum said { SAID_YES, SAID_NO, SAID_NOTHING };

/* A job without a proof: harmless when it never began to write. */
static int ask_unproven(struct checking *checking, const struct job_record *job, enum said *ret,
	struct error *error)
{
	struct verdict verdict = { 0 };
	*ret = SAID_NO;
	int r = run_judge(checking->store, job->id, &verdict, error);
	if (r < 0)
		return r;
	if (job->state == JOB_READY || verdict.outcome == OUTCOME_REFUSED) {
		*ret = SAID_NOTHING;
	} else if (job->state == JOB_RUNNING) {
		error_set(&checking->refusal, ERROR_WAITING, EBUSY, "job-running",
			_("%s: job %s works on it"), checking->label, job->id);
		error_next(&checking->refusal, _("Wait for it: haiki wipe watch %s"), job->id);
	} else if (verdict.outcome == OUTCOME_PROVEN) {
		error_set(&checking->refusal, ERROR_WAITING, EPERM, "release-not-certified",
			_("%s: job %s has no certificate yet"), checking->label, job->id);
		error_next(&checking->refusal, _("Issue it: haiki report certificate %s"), job->id);
	} else {
		REFUSE(checking, "release-not-proven",
			_("%s: its last job %s was begun and is not proven"), checking->label,
			job->id);
		if (job->state == JOB_INTERRUPTED)
			error_next(&checking->refusal, _("Go on with it: haiki wipe resume %s"),
				job->id);
		else
			say_wipe(checking);
	}
	return 0;
}

static int ask_job(struct checking *checking, const struct job_record *job, struct release *ret,
	enum said *ret_said, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	const char *wanted = checking->question->certificate;
	int r = certificates_latest(checking->store, job->id, &record, error);
	if (r < 0)
		return r;
	if (r == 0 || job->state != JOB_CERTIFIED || strcmp(record.outcome, "proven") != 0)
		return ask_unproven(checking, job, ret_said, error);
	*ret_said = SAID_NOTHING; /* an older one may be good enough, or be the one that is meant */
	if (wanted[0] && strcmp(wanted, record.name) != 0)
		return 0;
	r = check_candidate(checking, &record, ret, error);
	if (r == 0)
		*ret_said = SAID_YES;
	return r == -EPERM ? 0 : r;
}

static void refuse_without_proof(struct checking *checking)
{
	const char *wanted = checking->question->certificate;
	if (checking->refusal.kind != ERROR_NONE)
		return;
	if (wanted[0])
		REFUSE(checking, "release-no-proof",
			_("%s: the store has no proven certificate %s of this drive"),
			checking->label, wanted);
	else
		REFUSE(checking, "release-no-proof",
			_("%s: the store has no certificate that proves this drive sanitized"),
			checking->label);
	say_wipe(checking);
}

/* Does a job that is older by its date, but works now or was begun later, take the proof away? The
 * clock may have been set back; the order of events is not. */
static int ask_older(struct checking *checking, const struct job_record *proven,
	const struct job_record *older, enum said *ret, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	bool is_running = older->state == JOB_RUNNING;
	int r = is_running ? 1
			   : custody_began_after(checking->store, checking->drive.id, older->id,
				     proven->id, error);
	if (r <= 0)
		return r;
	r = certificates_latest(checking->store, older->id, &record, error);
	if (r < 0)
		return r;
	if (r > 0 && older->state == JOB_CERTIFIED && strcmp(record.outcome, "proven") == 0)
		return 0;
	enum said said = SAID_NOTHING;
	r = ask_unproven(checking, older, &said, error);
	if (r == 0 && said == SAID_NO)
		*ret = SAID_NO;
	return r;
}

/* 0: there is a proof; -EPERM: checking->refusal. */
static int find_proof(struct checking *checking, struct release *ret, struct error *error)
{
	AUTO_JOBS struct job_list jobs = { 0 };
	enum said said = SAID_NOTHING;
	int r = jobs_of_drive(checking->store, checking->drive.identity.serial,
		checking->drive.identity.wwn, &jobs, error);
	for (size_t i = jobs.count; i-- > 0 && r == 0 && said == SAID_NOTHING;) {
		struct error first = checking->refusal;
		r = ask_job(checking, &jobs.items[i], ret, &said, error);
		if (first.kind != ERROR_NONE)
			checking->refusal = first;
		if (r == 0 && said == SAID_YES)
			checking->refusal = (struct error){ 0 };
		for (size_t j = 0; j < i && r == 0 && said == SAID_YES; j++)
			r = ask_older(checking, &jobs.items[i], &jobs.items[j], &said, error);
	}
	if (r < 0)
		return r;
	if (said == SAID_YES)
		return 0;
	refuse_without_proof(checking);
	return -EPERM;
}

/* -- who it is -- */

/* The certificate is found by serial and WWN together, so one sound name is enough; but not where the
 * drive as a whole may be another (a copy of its identity, a serial that changed, two hosts). */
static const char *const doubt_sql =
	"SELECT f.code FROM flag f JOIN drive d ON d.id = f.drive_id"
	" WHERE f.drive_id = $1 AND f.cleared_utc_ms IS NULL AND NOT ("
	" (f.code IN ('serial-empty', 'serial-garbled', 'serial-placeholder', 'serial-duplicate')"
	"  AND d.wwn <> '' AND NOT EXISTS (SELECT 1 FROM flag o WHERE o.drive_id = d.id"
	"   AND o.cleared_utc_ms IS NULL AND o.code LIKE 'wwn-%'))"
	" OR (f.code IN ('wwn-zero', 'wwn-duplicate')"
	"  AND d.serial <> '' AND NOT EXISTS (SELECT 1 FROM flag o WHERE o.drive_id = d.id"
	"   AND o.cleared_utc_ms IS NULL AND o.code LIKE 'serial-%')))"
	" ORDER BY f.code";

static int check_flags(struct checking *checking, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(checking->drive.id) };
	int r = store_query(checking->store, doubt_sql, values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = REFUSE(checking, "release-identity-doubt",
		_("%s: who this drive is is in doubt (%s), so no certificate can be told to be its "
		  "own"),
		checking->label, store_text(rows, 0));
	error_next(
		&checking->refusal, _("See: haiki inventory show D%" PRId64), checking->drive.id);
	return r;
}

static int load_drive(struct checking *checking, struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	int r = drives_get(checking->store, checking->question->drive_id, &list, error);
	if (r < 0)
		return r;
	checking->drive = list.items[0];
	identity_label(&checking->drive.identity, checking->label);
	return drive_zones_served(checking->store, checking->drive.id, &checking->zones, error);
}

int release_check(struct store *store, const struct release_question *question, struct release *ret,
	struct error *error)
{
	struct checking checking = { .store = store, .question = question };
	struct release release = { 0 };
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = load_drive(&checking, error);
	if (r == 0)
		r = check_flags(&checking, error);
	if (r == 0)
		r = find_proof(&checking, &release, error);
	if (r == 0)
		r = check_unused(&checking, error);
	zone_list_free(&checking.zones);
	if (r == -EPERM && checking.refusal.kind != ERROR_NONE && error)
		*error = checking.refusal;
	r = store_end(store, r, error);
	if (r == 0)
		*ret = release;
	return r;
}
