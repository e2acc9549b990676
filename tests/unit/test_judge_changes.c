/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every small change to the documents of proven jobs: none may still be proven, unless it is listed
 * here with the reason why that is right. A change is named by what it does and where. */
#include "verify/judge/judge.h"

#include "tests/support/sample_job.h"
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PATH_MAX_BYTES 160
#define NAME_MAX_BYTES 224
#define TEXT_MAX_BYTES 1100 /* the longest is an answer of 512 bytes in hexadecimal */

static const struct {
	const char *change; /* fnmatch(3) of "JOB: CHANGE" */
	const char *why;
} irrelevant[] = {
	/* For people, or guarded elsewhere. */
	{ "*: subject.layers*", "what was there before; the certificate's schema guards it" },
	{ "*: subject.asset_number *", "the organisation's words; the schema guards them" },
	{ "*: subject.zone *", "the same" },
	{ "*: subject.tenant *", "the same" },
	{ "*: subject.service_code *", "the same" },
	{ "*: subject.confidentiality *", "the same" },
	{ "*: subject.organisation *", "the same" },
	{ "*: subject.host *", "the same" },
	{ "*: subject.site *", "the same" },
	{ "*: subject.country *", "the same" },
	{ "*: subject extra field", "the schema knows the subject's fields" },
	{ "*: plan.scheme *", "a name; the steps are what counts" },
	{ "*: plan.scheme_origin *", "the same" },
	{ "*: * created.version *", "for people" },
	{ "*: * resumed.version *", "for people" },
	{ "*: *.clock_synchronised [+-]1", "tells about the clock; \"limits\" says it again" },
	{ "*: *.clock_synchronised zero", "the same" },
	{ "*: * guard-*.check *", "which checks there are is the guard's affair" },
	{ "*: * guard-*.detail *", "for people" },
	{ "*: * guard-*.checks.* dropped", "as long as one is there and all passed" },
	{ "*: * guard-*.checks.* doubled", "the same" },

	/* Candidates tell why; the steps are what was done. */
	{ "keys: plan.encryption_basis *", "who said so; that it was said is the flag beside it" },
	{ "*: plan.candidates*", "how it came to the steps" },
	{ "*: plan.steps.*.expected_seconds *", "how long the drive said it would take" },

	/* Who the drive is, in fields that do not decide it. */
	{ "*identity.backing *", "names are shown and never trusted" },
	{ "*identity.name *", "the same" },
	{ "*: * opened.path *", "the same" },
	{ "*identity.vendor *", "differs with how a drive is attached" },
	{ "*identity.transport = *", "the same" },
	{ "*identity.media = *", "the same" },
	{ "*identity.firmware *", "may be renewed; identity.h says so" },
	{ "*identity.physical_sector_bytes *", "a hint for speed only" },
	{ "*native.source = [!uv]*", "by which command the drive told its capacity" },
	{ "*native.sector_bytes zero", "0 says that the drive was not asked" },
	{ "*native.sector_bytes -512", "the same" },

	/* What the judge cannot know: the signature guards it, and reading the medium again. */
	{ "*: plan.steps.*.pattern.key other", "another key is a key" },
	{ "*: plan.steps.*.pattern.period *", "another byte is a pattern" },
	{ "*: plan.steps.*.seed other", "other places are as many bytes" },

	/* Numbers that prove nothing. */
	{ "*: * finished-residue-scan-complete.bytes *", "how much it looks at is its own affair" },
	{ "*: * finished-re*-complete.flushed +1", "nothing was written that could be flushed" },

	/* What may be there once more, or not. */
	{ "*: double * guard-passed before *", "it may look as often as it likes before opening" },
	{ "scheme: drop [23] guard-passed", "it looked twice" },
	{ "scheme: drop [23] guard-passed and 18 residue-residue-scan", "the same, and chance" },
	{ "scheme: drop 18 residue-residue-scan",
		"a signature that is our own stream by chance is none" },
	{ "scheme: double 18 residue-* before 1[89]", "the same" },
	{ "scheme: 18 residue-*.type *", "the same" },
	{ "scheme: 18 residue-*.offset_bytes *", "the same" },

	/* Where the drive erases itself. */
	{ "nvme: * sibling.identity.*", "which namespace it is; the guard has looked at all" },
	{ "nvme: *drop * sibling*", "which there are is the guard's affair" },
	{ "nvme: *double * sibling before [456]", "the same; before the first step" },
	{ "nvme: swap * sibling and * health", "the same" },
	{ "nvme: * health.*", "counters prove nothing" },
	{ "nvme: drop * health", "the same" },
	{ "nvme: drop * health and *", "the same, and as below" },
	{ "nvme: double * health before *", "the same" },
	{ "nvme: swap * health", "the same" },
	{ "nvme: swap * health and *", "the same" },

	{ "nvme: drop 11 answer-erase*", "seen running; the log says enough at the end" },
	{ "nvme: double 11 answer-erase before *", "the same" },
	{ "nvme: 15 markers-*.zeroed +1", "the log says that nothing was deallocated" },
	{ "found: 18 markers-*.zeroed *", "fewer zeros than the policy accepts" },
	{ "combined: *.zeroed *", "the medium is magnetic" },
	{ "combined: drop 14 answer-erase", "as above: markers are gone, and hold no zeros" },
	{ "combined: double 14 answer-erase before *", "the same" },
	{ "combined: *drop 5 capacity-*", "how it was done; the drive that is opened then tells" },
	{ "combined: double 5 capacity-*", "the same" },
	{ "combined: 5 capacity-*_sectors *", "the same" },
	{ "combined: plan.steps.5.password other", "another password is one" },
	{ "combined: plan.steps.2.technique = ata-sanitize-block",
		"what was sent is what the plan said; ATA does not say it again" },
	{ "combined: plan.steps.5.technique = ata-security-normal", "the same" },
	{ "*: plan.steps.*.scope = *", "what it reaches is told before; the guard has looked" },
	{ "combined: 5 capacity-*.area = *", "how it was done, as above" },
	{ "scsi: double 9 answer-erase before *", "seen running twice" },
	{ "*: * answer-erase.raw other", "the last digit is of a field that says nothing here" },
	{ "*: * finished-erase-complete.flushed +1", "nothing was written" },
	{ "*: * finished-check-markers-complete.flushed +1", "the same" },
	{ "found: 9 interrupted.cause = *", "why nobody worked on it" },

	/* Earlier attempts of the resumed job, which later ones made good. */
	{ "resumed: * interrupted.cause = *", "why nobody worked on it" },
	{ "resumed: swap * interrupted and * interrupted", "the same" },
	{ "resumed: drop 14 interrupted and 15 resumed", "one attempt to go on less" },
	{ "resumed: drop 17 interrupted and 18 resumed", "the same" },
	{ "resumed: 9 started-overwrite.from_bytes +512",
		"the next run starts well before its end" },
	{ "resumed: 10 finished-*.bytes +512", "the same" },
	{ "resumed: 10 finished-*.result = [vsi]*", "vanished, stalled, internal: it may go on" },
	{ "resumed: 10 finished-*.flushed *", "the journal follows the flush; the start tells" },
	{ "resumed: 10 finished-*.errno *", "why that run was cut" },
	{ "resumed: drop 10 finished-overwrite-cancelled",
		"then it was killed, and the journal tells" },
	{ "resumed: drop 9 started-overwrite and 10 finished-overwrite-cancelled",
		"then the killed run came so far" },
	{ "resumed: double 10 finished-* before 5", "then the killed run was cancelled" },
	{ "resumed: double 32 closing before 11", "it may be compared after a cut, too" },
	{ "resumed: 13 guard-refused.checks.*.result = *", "refused is refused" },
	{ "resumed: drop 13 guard-refused", "an attempt that went no further" },
	{ "resumed: double 13 guard-refused before 1[67]", "the same" },
	{ "resumed: 16 error.*", "an error of an attempt that a later one made good" },
	{ "resumed: drop 16 error", "the same" },
	{ "resumed: double 16 error before *", "the same" },
	{ "resumed: swap 13 guard-refused and 16 error", "the same" },
	{ "resumed: drop 13 guard-refused and 16 error", "the same" },
	{ "resumed: drop 23 started-read-back", "a read-back that was cut and made again" },
	{ "resumed: double 29 finished-read-back-complete before 24", "the same" },
	{ "resumed: drop 1[036] * and 23 started-read-back", "the same, and as above" },
	{ "resumed: drop 10 finished-* and 1[36] *", "as above, both" },
};

/* Counted, to show that there was something to see. */
struct tally {
	size_t changes;
	size_t spared;
	size_t wrong;
};

static size_t uses[ARRAY_SIZE(irrelevant)];

static bool is_irrelevant(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(irrelevant); i++) {
		if (fnmatch(irrelevant[i].change, name, 0) == 0) {
			uses[i]++;
			return true;
		}
	}
	return false;
}

/* Everything a change needs to know. */
struct changing {
	struct sample_job job; /* is changed and put back */
	const char *job_name;
	struct tally tally;
};

static void try(struct changing *changing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void try(struct changing *changing, const char *format, ...)
{
	const struct sample_job *job = &changing->job;
	char change[NAME_MAX_BYTES], name[NAME_MAX_BYTES + 32];
	struct verdict verdict;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(change, sizeof(change), format, arguments);
	va_end(arguments);
	(void)snprintf(name, sizeof(name), "%s: %s", changing->job_name, change);
	judge(job->subject, job->plan, job->evidence, &verdict);
	changing->tally.changes++;
	if (verdict.outcome != OUTCOME_PROVEN) {
		assert_int_equal(verdict.level, LEVEL_NONE);
		assert_int_not_equal(verdict.reason_count, 0);
	} else if (is_irrelevant(name)) {
		changing->tally.spared++;
	} else {
		changing->tally.wrong++;
		print_error("PROVEN in spite of   %s\n", name);
	}
}

/* "finished-scan": what an event is, for the names of changes. */
static const char *label(const struct changing *changing, const json_t *event)
{
	static char text[64];
	const char *kind = json_string_value(json_object_get(event, "kind"));
	const char *result = json_string_value(json_object_get(event, "result"));
	json_int_t step = json_integer_value(json_object_get(event, "step"));
	const json_t *steps = json_object_get(changing->job.plan, "steps");
	const char *method = json_string_value(
		json_object_get(json_array_get(steps, (size_t)step - 1), "method"));

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", kind, method ? "-" : "",
		method ? method : "", result ? "-" : "", result ? result : "");
	return text;
}

/* Single values ------------------------------------------------------------------------------ */

/* Words with a meaning somewhere: each is tried in the place of each other. */
static const char *const words[] = { "passed", "refused", "not-made", "complete", "cancelled",
	"vanished", "stalled", "too-many-errors", "flush-failed", "internal", "full", "sample",
	"none", "clear", "purge", "destroy", "overwrite", "read-back", "residue-scan", "periodic",
	"random", "unknown", "virtual", "ata-max", "scsi-read-capacity", "nvme-identify", "ata",
	"scsi", "magnetic", "flash", "host-managed", "host-aware", "created", "guard", "opened",
	"started", "finished", "closing", "error", "interrupted", "resumed", "ended", "operator",
	"process-lost", "power-lost", "store", "drive", "bad-range", "residue", "plan-refused",
	"answer", "markers", "health", "capacity", "sibling", "before", "found", "accepted",
	"during", "after", "never", "running", "succeeded", "failed", "nvme-sanitize-log",
	"ata-sanitize-status", "scsi-sense", "ata-security", "completion", "luks-headers",
	"drive-refused", "drive-failed", "status-unknown", "hpa", "amac", "dco", "restore-capacity",
	"plant-markers", "erase", "check-markers", "nvme-sanitize-crypto", "nvme-sanitize-block",
	"nvme-sanitize-overwrite", "nvme-format-crypto", "nvme-format-user", "ata-sanitize-crypto",
	"ata-sanitize-block", "ata-sanitize-overwrite", "ata-security-enhanced",
	"ata-security-normal", "scsi-sanitize-crypto", "scsi-sanitize-block",
	"scsi-sanitize-overwrite", "scsi-format-unit", "scsi-write-same", "opal-revert",
	"opal-psid-revert", "opal-genkey", "luks-erase", "mmc-sanitize", "zone-reset", "discard",
	"namespace", "subsystem", "namespaces" };

static bool is_stable_word(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

static void set_text(json_t *value, const char *text)
{
	assert_int_equal(json_string_set(value, text), 0);
}

static void change_text(struct changing *changing, json_t *value, const char *path)
{
	char *before = strdup(json_string_value(value));
	char after[TEXT_MAX_BYTES];
	size_t length = strlen(before);

	assert_non_null(before);
	assert_true(length + 2 <= sizeof(after));
	(void)snprintf(after, sizeof(after), "%sx", before);
	set_text(value, after);
	try(changing, "%s longer", path);
	if (length > 0) {
		set_text(value, "");
		try(changing, "%s empty", path);
		(void)snprintf(after, sizeof(after), "%s", before);
		after[length - 1] = after[length - 1] == '1' ? '2' : '1';
		set_text(value, after);
		try(changing, "%s other", path);
	}
	for (size_t i = 0; is_stable_word(before) && i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], before) == 0)
			continue;
		set_text(value, words[i]);
		try(changing, "%s = %s", path, words[i]);
	}
	set_text(value, before);
	free(before);
}

static void change_integer(struct changing *changing, json_t *value, const char *path)
{
	json_int_t before = json_integer_value(value);
	const struct {
		const char *name;
		json_int_t after;
	} changes[] = {
		{ "+1", before + 1 },
		{ "-1", before - 1 },
		{ "+512", before + 512 },
		{ "-512", before - 512 },
		{ "zero", 0 },
		{ "largest", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (changes[i].after == before)
			continue;
		assert_int_equal(json_integer_set(value, changes[i].after), 0);
		try(changing, "%s %s", path, changes[i].name);
	}
	assert_int_equal(json_integer_set(value, before), 0);
}

static void change_value(struct changing *changing, json_t *value, const char *path);

static void change_members(struct changing *changing, json_t *object, const char *path)
{
	json_t *copy = json_copy(object);
	const char *key;
	json_t *member;

	assert_non_null(copy);
	json_object_foreach (copy, key, member) {
		json_t *others[] = { json_integer(1), json_string("1"), json_object(),
			json_array() };

		json_object_del(object, key);
		try(changing, "%s.%s dropped", path, key);
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			if (json_typeof(others[i]) != json_typeof(member)) {
				json_object_set(object, key, others[i]);
				try(changing, "%s.%s of another type", path, key);
			}
			json_decref(others[i]);
		}
		json_object_set(object, key, member);
	}
	json_object_set_new(object, "extra", json_integer(0));
	try(changing, "%s extra field", path);
	json_object_del(object, "extra");
	json_object_foreach (copy, key, member) {
		char inner[PATH_MAX_BYTES];

		(void)snprintf(inner, sizeof(inner), "%s.%s", path, key);
		change_value(changing, member, inner);
	}
	json_decref(copy);
}

static void change_items(struct changing *changing, json_t *array, const char *path)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *item = json_incref(json_array_get(array, i));
		char inner[PATH_MAX_BYTES];

		json_array_remove(array, i);
		try(changing, "%s.%zu dropped", path, i);
		json_array_insert(array, i, item);
		json_array_insert(array, i, item);
		try(changing, "%s.%zu doubled", path, i);
		json_array_remove(array, i);
		(void)snprintf(inner, sizeof(inner), "%s.%zu", path, i);
		change_value(changing, item, inner);
		json_decref(item);
	}
}

static void change_value(struct changing *changing, json_t *value, const char *path)
{
	if (json_is_object(value))
		change_members(changing, value, path);
	else if (json_is_array(value))
		change_items(changing, value, path);
	else if (json_is_integer(value))
		change_integer(changing, value, path);
	else if (json_is_string(value))
		change_text(changing, value, path);
	else
		fail_msg("%s has a type that has no place here", path);
}

static void change_all_values(struct changing *changing)
{
	size_t index;
	json_t *event;

	change_value(changing, changing->job.subject, "subject");
	change_value(changing, changing->job.plan, "plan");
	json_array_foreach (changing->job.evidence, index, event) {
		char path[PATH_MAX_BYTES];

		(void)snprintf(path, sizeof(path), "%zu %s", index + 1, label(changing, event));
		change_value(changing, event, path);
	}
}

/* Whole events ------------------------------------------------------------------------------- */

/* Put evidence in the place of the job's, numbered anew, for one try. */
static json_t *exchange(struct changing *changing, json_t *evidence)
{
	json_t *before = changing->job.evidence;

	changing->job.evidence = evidence;
	return before;
}

/* The events are copied: they are numbered anew and the job's own stay as they are. */
static json_t *copy_evidence(const struct changing *changing)
{
	json_t *copy = json_deep_copy(changing->job.evidence);

	assert_non_null(copy);
	return copy;
}

static void drop_events(struct changing *changing, size_t first, size_t second)
{
	char one[64], two[64];
	json_t *before;

	(void)snprintf(one, sizeof(one), "%s",
		label(changing, json_array_get(changing->job.evidence, first)));
	(void)snprintf(two, sizeof(two), "%s",
		label(changing, json_array_get(changing->job.evidence, second)));
	before = exchange(changing, copy_evidence(changing));
	sample_remove(&changing->job, MAX(first, second));
	if (first != second)
		sample_remove(&changing->job, MIN(first, second));
	if (first == second)
		try(changing, "drop %zu %s", first + 1, one);
	else
		try(changing, "drop %zu %s and %zu %s", first + 1, one, second + 1, two);
	json_decref(exchange(changing, before));
}

static void double_event(struct changing *changing, size_t index, size_t to)
{
	json_t *event = json_deep_copy(json_array_get(changing->job.evidence, index));
	json_t *before;
	char one[64];

	assert_non_null(event);
	(void)snprintf(one, sizeof(one), "%s", label(changing, event));
	before = exchange(changing, copy_evidence(changing));
	sample_insert(&changing->job, to, event);
	try(changing, "double %zu %s before %zu", index + 1, one, to + 1);
	json_decref(exchange(changing, before));
}

/* Are two events the same but for their stamps? */
static bool are_equal(const json_t *a, const json_t *b)
{
	json_t *one = json_copy((json_t *)(uintptr_t)a), *two = json_copy((json_t *)(uintptr_t)b);
	bool equal;

	json_object_del(one, "seq");
	json_object_del(one, "utc");
	json_object_del(two, "seq");
	json_object_del(two, "utc");
	equal = json_equal(one, two);
	json_decref(one);
	json_decref(two);
	return equal;
}

static void swap_events(struct changing *changing, size_t first, size_t second)
{
	json_t *copy = copy_evidence(changing), *before;
	json_t *a = json_incref(json_array_get(copy, first));
	json_t *b = json_incref(json_array_get(copy, second));
	char one[64], two[64];

	(void)snprintf(one, sizeof(one), "%s", label(changing, a));
	(void)snprintf(two, sizeof(two), "%s", label(changing, b));
	json_array_set_new(copy, first, b);
	json_array_set_new(copy, second, a);
	before = exchange(changing, copy);
	sample_renumber(&changing->job);
	if (!are_equal(a, b))
		try(changing, "swap %zu %s and %zu %s", first + 1, one, second + 1, two);
	json_decref(exchange(changing, before));
}

static void change_all_events(struct changing *changing)
{
	size_t count = json_array_size(changing->job.evidence);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = i; k < count; k++)
			drop_events(changing, i, k);
		for (size_t k = i + 1; k < count; k++)
			swap_events(changing, i, k);
		for (size_t k = 0; k <= count; k++)
			double_event(changing, i, k);
	}
}

static void end(struct changing *changing)
{
	print_message("  %s: %zu changes, %zu irrelevant\n", changing->job_name,
		changing->tally.changes, changing->tally.spared);
	assert_int_equal(changing->tally.wrong, 0);
	assert_true(changing->tally.changes > 1000);
	assert_true(changing->tally.spared < changing->tally.changes / 8);
	sample_job_free(&changing->job);
}

static void test_every_change(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		struct changing changing = { .job_name =
						     sample_job_name((enum sample_job_kind)kind) };
		struct verdict verdict;

		sample_job_make((enum sample_job_kind)kind, &changing.job);
		change_all_values(&changing);
		change_all_events(&changing);
		/* Everything was put back. */
		judge(changing.job.subject, changing.job.plan, changing.job.evidence, &verdict);
		assert_int_equal(verdict.outcome, OUTCOME_PROVEN);
		end(&changing);
	}
	/* An exception that nothing needs would hide a mistake to come. */
	for (size_t i = 0; i < ARRAY_SIZE(irrelevant); i++) {
		if (uses[i] == 0)
			print_error("never needed: %s\n", irrelevant[i].change);
		assert_int_not_equal(uses[i], 0);
	}
}

/* Of the plain job, every event counts: no proper subset of them is proven. */
static void test_every_subset(void **state)
{
	struct changing changing = { .job_name = "plain" };
	size_t count;

	(void)state;
	sample_job_make(SAMPLE_JOB_PLAIN, &changing.job);
	count = json_array_size(changing.job.evidence);
	for (unsigned kept = 0; kept < (1U << count) - 1; kept++) {
		json_t *before = exchange(&changing, copy_evidence(&changing));

		for (size_t i = count; i-- > 0;)
			if (!(kept & (1U << i)))
				json_array_remove(changing.job.evidence, i);
		sample_renumber(&changing.job);
		try(&changing, "keep only %#x", kept);
		json_decref(exchange(&changing, before));
	}
	end(&changing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_change),
		cmocka_unit_test(test_every_subset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
