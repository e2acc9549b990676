/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job at the step in which the drive erases itself: what is recorded, and in which order with what is
 * sent; whatever the drive answers, wherever the store fails, wherever it is cut. The drive is a
 * script, and time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/erase_words.h"
#include "tests/support/sample_job.h"
#include "tests/support/store_fixture.h"
#include "wipe/work/work_parts.h"

#define ID "J20261123-7QK3ZD"
#define MARKERS PLAN_MARKERS_MIN
#define MARKER_BYTES (MARKERS * 512)

/* Plant, erase, check, and look over what is left. */
static json_t *make_plan(void)
{
	static struct plan plan = {
		.level = LEVEL_PURGE,
		.capacity_bytes = SAMPLE_CAPACITY_BYTES,
		.sector_bytes = 512,
		.steps = {
			{ .method = STEP_PLANT_MARKERS, .markers = MARKERS, .seed = "feffe9928665731" },
			{ .method = STEP_ERASE,
				.technique = TECHNIQUE_ATA_SANITIZE_CRYPTO,
				.scope = SCOPE_DRIVE,
				.expected_seconds = -1 },
			{ .method = STEP_CHECK_MARKERS, .of_step = 1 },
			{ .method = STEP_RESIDUE_SCAN, .of_step = 2 },
		},
		.step_count = 4,
	};
	json_t *json = NULL;
	assert_int_equal(plan_to_json(&plan, &json), 0);
	return json;
}

/* The drive: what is expected to be called, and what it answers; and the world around it. */
struct script {
	const char *const *lines; /* "look: ata ok", …, NULL */
	size_t at;
	int64_t now_ms;
	bool absent;
	bool credential_seen;
	struct store *store; /* so that a call sees what is recorded */
	bool before_stood;   /* when the command was sent */
};

struct scene {
	struct script script;
	struct work_seams seams;
	struct run_options options;
	struct run_target target;
	struct engine *engine;
	struct work work;
	struct sample_job job;
	char medium[96];
};

/* ---- the drive ---- */

static struct script *script_of(const struct erase_call *call)
{
	return call->transports->nvme.context;
}

static int next_line(struct script *script, const char *call, struct erase_answer *ret)
{
	const char *line = script->lines[script->at];
	size_t length = strlen(call);
	if (!line || strncmp(line, call, length) != 0 || line[length] != ':') {
		(void)fprintf(stderr, "called %s, expected %s\n", call, line ? line : "nothing");
		abort(); /* a task's thread cannot fail a test */
	}
	script->at++;
	return erase_word(line + length + 2, ret);
}

static int fake_look(const struct erase_call *call, struct erase_answer *ret)
{
	return next_line(script_of(call), "look", ret);
}

static int fake_start(const struct erase_call *call, struct erase_answer *ret)
{
	struct script *script = script_of(call);
	AUTO_JSON json_t *evidence = NULL;
	script->credential_seen = call->credential && strcmp(call->credential, "PSID") == 0;
	if (call->step != &call->plan->steps[1])
		abort();
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	if (store_open(store_path(script->store), STORE_READ, &store, NULL) == 0 &&
		jobs_evidence(store, ID, &evidence, NULL) == 0) {
		const json_t *last = json_array_get(evidence, json_array_size(evidence) - 1);
		const char *moment = json_string_value(json_object_get(last, "moment"));
		script->before_stood = moment && strcmp(moment, "before") == 0;
	}
	return next_line(script, "start", ret);
}

static int fake_recover(const struct erase_call *call, struct erase_answer *ret)
{
	return next_line(script_of(call), "recover", ret);
}

static const struct erase_method fake = {
	.technique = TECHNIQUE_ATA_SANITIZE_CRYPTO,
	.look = fake_look,
	.start = fake_start,
	.recover = fake_recover,
	.poll_ms = 1000,
};

static const struct erase_method *seam_fake(void *context, enum technique technique)
{
	(void)context;
	return technique == fake.technique ? &fake : NULL;
}

static struct transports seam_script(void *context, int fd, const struct drive_identity *identity)
{
	(void)identity;
	return (struct transports){ .nvme.context = context, .nvme.fd = -1, .fd = fd };
}

static bool seam_presence(void *context, int fd, uint64_t disk_sequence)
{
	const struct script *script = context;
	(void)fd;
	(void)disk_sequence;
	return !script->absent;
}

static int64_t seam_time(void *context)
{
	const struct script *script = context;
	return script->now_ms;
}

/* ---- the scene ---- */

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void append(struct scene *scene, struct store *store, json_t *event)
{
	struct error error = { 0 };
	json_t *copy = json_deep_copy(event);
	ok(jobs_append(store, ID, event, 1795406400123, &error), &error);
	json_decref(event);
	sample_append(&scene->job, copy);
}

/* Entered, opened, its markers planted. */
static void enter(struct scene *scene, struct store *store)
{
	struct error error = { 0 };
	struct job_record record = { .id = ID, .created_utc_ms = 1795406400123 };
	sample_job_make(SAMPLE_JOB_PLAIN, &scene->job);
	json_decref(scene->job.plan);
	scene->job.plan = make_plan();
	record.subject = scene->job.subject;
	record.reason = scene->job.reason;
	record.people = scene->job.people;
	record.plan = scene->job.plan;
	ok(jobs_insert(store, &record, &error), &error);
	ok(jobs_own(store, ID, &error), &error);
	sample_cut(&scene->job, 0);
	append(scene, store,
		json_pack("{s:s, s:i, s:s}", "kind", "created", "clock_synchronised", 1, "version",
			"0"));
	append(scene, store, sample_guard("passed"));
	append(scene, store, sample_opened());
	append(scene, store, sample_started(1, 0));
	append(scene, store, sample_finished(1, "complete", MARKER_BYTES, 1));
}

static void open_medium(struct scene *scene, const struct store_fixture *fixture)
{
	struct drive *drive = calloc(1, sizeof(*drive));
	assert_non_null(drive);
	(void)snprintf(scene->medium, sizeof(scene->medium), "%s/medium", fixture->folder);
	drive->fd = open(scene->medium, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(drive->fd >= 0);
	assert_int_equal(ftruncate(drive->fd, SAMPLE_CAPACITY_BYTES), 0);
	drive->mode = DRIVE_CLAIM;
	drive->identity = scene->work.identity;
	scene->work.drive = drive;
}

static void scene_begin(
	struct scene *scene, struct store_fixture *fixture, const char *const *lines)
{
	struct error error = { 0 };
	const struct engine_options options = {
		.memory_budget_bytes = 1 * MIB, .expected_passes = 1, .backend = ENGINE_THREADS
	};
	*scene = (struct scene){
		.script = { .lines = lines, .now_ms = 1000, .store = fixture->store },
		.seams = { .method = seam_fake,
			.transports = seam_script,
			.is_present = seam_presence,
			.now_ms = seam_time },
		.options = { .stall_limit_ms = 60000, .credential = "PSID" },
		.target = { .job_id = ID }
	};
	scene->seams.context = &scene->script;
	scene->options.seams = &scene->seams;
	enter(scene, fixture->store);
	ok(engine_open(&options, &scene->engine, &error), &error);
	struct work *work = &scene->work;
	work->target = &scene->target;
	work->store = fixture->store;
	work->engine = scene->engine;
	work->options = &scene->options;
	work->step = 2;
	work->has_begun = true;
	ok(jobs_load(fixture->store, ID, &work->record, &error), &error);
	ok(job_read_documents(&work->record, &work->plan, &work->identity, &error), &error);
	identity_label(&work->identity, work->label);
	open_medium(scene, fixture);
}

/* Until the work is over, or the step is, or the store fails. Time passes only where it is waited for. */
static int scene_run(struct scene *scene, struct error *error)
{
	struct work *work = &scene->work;
	int result = work_next_step(work, error);
	while (result == 0 && work->phase != WORK_OVER && work->step == 2) {
		struct engine_event event;
		if (work->phase == WORK_WAITING) {
			scene->script.now_ms = MAX(scene->script.now_ms, work->course.due_ms);
			result = work_on_tick(work, error);
			continue;
		}
		if (engine_wait(work->engine, 20000, &event) < 0)
			fail_msg("nothing happens");
		if (work_of_task(event.user) == work)
			result = work_on_event(work, &event, error);
	}
	return result;
}

/* A task that is still under way would be left to itself. */
static void scene_end(struct scene *scene)
{
	struct error error = { 0 };
	while (scene->work.task) {
		struct engine_event event;
		assert_int_equal(engine_wait(scene->engine, 20000, &event), 0);
		if (work_on_event(&scene->work, &event, &error) < 0)
			break; /* the store was made to fail */
	}
	engine_close(scene->engine);
	work_close(&scene->work);
	sample_job_free(&scene->job);
}

/* "started before:succeeded accepted:running … finished:complete", from the ERASE on. */
static void tell(struct store *store, char *ret, size_t size)
{
	AUTO_JSON json_t *evidence = NULL;
	struct error error = { 0 };
	size_t index;
	json_t *event;
	ok(jobs_evidence(store, ID, &evidence, &error), &error);
	ret[0] = '\0';
	json_array_foreach (evidence, index, event) {
		const char *kind = json_string_value(json_object_get(event, "kind"));
		const char *moment = json_string_value(json_object_get(event, "moment"));
		const char *status = json_string_value(json_object_get(event, "status"));
		const char *result = json_string_value(json_object_get(event, "result"));
		const char *cause = json_string_value(json_object_get(event, "cause"));
		size_t length = strlen(ret);
		if (index < 5 || json_integer_value(json_object_get(event, "step")) > 2)
			continue;
		(void)snprintf(ret + length, size - length, "%s%s", length ? " " : "",
			moment ? moment : kind);
		length = strlen(ret);
		if (status || result || cause)
			(void)snprintf(ret + length, size - length, ":%s",
				status   ? status
				: result ? result
					 : cause);
	}
}

static void expect_told(struct store *store, const char *expected)
{
	char told[1024];
	tell(store, told, sizeof(told));
	if (strcmp(told, expected) != 0)
		fail_msg("recorded: %s\nexpected: %s", told, expected);
}

static void judge_scene(const struct scene *scene, struct verdict *ret)
{
	AUTO_JSON json_t *evidence = NULL;
	struct error error = { 0 };
	ok(jobs_evidence(scene->work.store, ID, &evidence, &error), &error);
	judge(scene->job.subject, scene->job.plan, evidence, ret);
}

static bool has_reason(const struct verdict *verdict, const char *code)
{
	for (size_t i = 0; i < verdict->reason_count; i++)
		if (strcmp(verdict->reasons[i].code, code) == 0)
			return true;
	return false;
}

/* ---- the tests ---- */

static const char *const honest[] = { "look: ata ok", "start: a ok", "look: ata at 100",
	"look: ata at 40000", "look: ata ok", NULL };
#define HONEST                                                                                     \
	"started before:succeeded accepted:running during:running during:running "                 \
	"after:succeeded finished:complete"

static void an_honest_drive_is_recorded_word_for_word(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct scene scene;
	scene_begin(&scene, fixture, honest);
	ok(scene_run(&scene, &error), &error);
	expect_told(fixture->store, HONEST);
	assert_int_equal(scene.work.step, 3);
	assert_null(honest[scene.script.at]);
	assert_true(scene.script.before_stood);
	assert_true(scene.script.credential_seen);
	scene_end(&scene);
}

/* However it comes to grief: what is recorded, what a person is told, what the judge says. */
static const struct grief {
	const char *lines[12];
	const char *told, *code, *reason;
	enum outcome outcome;
} griefs[] = {
	{ { "look: ata never", "start: a refused", "recover: ata ok" },
		"started before:never accepted:failed finished:drive-refused ended",
		"drive-refused", "drive-refused", OUTCOME_FAILED },
	{ { "look: ata never", "start: a ok", "look: ata at 30000", "look: ata failed",
		  "recover: ata failed" },
		"started before:never accepted:running during:running during:failed "
		"finished:drive-failed ended",
		"drive-failed", "drive-failed", OUTCOME_FAILED },
	{ { "look: ata never", "start: none", "look: ata at 3", "look: ata ok", "recover: ata ok" },
		"started before:never accepted:unknown during:running during:succeeded "
		"finished:status-unknown ended",
		"status-unknown", "status-unknown", OUTCOME_UNKNOWN },
	{ { "look: none", "look: none", "look: none", "look: none", "look: none" },
		"started before:unknown finished:status-unknown ended", "status-unknown",
		"status-unknown", OUTCOME_UNKNOWN },
};

static void each_grief_is_told_and_judged(void **state)
{
	struct store_fixture *fixture = *state;
	(void)fixture;
	for (size_t i = 0; i < ARRAY_SIZE(griefs); i++) {
		void *own = NULL;
		struct error error = { 0 };
		struct verdict verdict;
		struct scene scene;
		assert_int_equal(store_fixture_setup(&own), 0);
		struct store_fixture *mine = own;
		scene_begin(&scene, mine, griefs[i].lines);
		ok(scene_run(&scene, &error), &error);
		expect_told(mine->store, griefs[i].told);
		assert_string_equal(scene.target.error.code, griefs[i].code);
		assert_null(griefs[i].lines[scene.script.at]);
		judge_scene(&scene, &verdict);
		assert_int_equal(verdict.outcome, griefs[i].outcome);
		if (!has_reason(&verdict, griefs[i].reason))
			fail_msg("the judge does not say %s", griefs[i].reason);
		scene_end(&scene);
		assert_int_equal(store_fixture_teardown(&own), 0);
	}
}

static void a_refusal_is_told_with_its_reason(void **state)
{
	static const struct {
		const char *lines[4];
		const char *reason; /* NULL: the drive says none */
	} cases[] = {
		{ { "look: ata never", "start: n refused", "recover: ata ok" },
			": the drive does not take the command with these settings" },
		/* Why it was refused, and not how the recovery went. */
		{ { "look: ata never", "start: a refused", "recover: n refused" }, NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		struct error error = { 0 };
		struct scene scene;
		assert_int_equal(store_fixture_setup(&own), 0);
		scene_begin(&scene, own, cases[i].lines);
		ok(scene_run(&scene, &error), &error);
		assert_string_equal(scene.target.error.code, "drive-refused");
		const char *behind = strstr(scene.target.error.what, "): ");
		assert_int_equal(behind != NULL, cases[i].reason != NULL);
		if (behind)
			assert_string_equal(behind + 1, cases[i].reason);
		scene_end(&scene);
		assert_int_equal(store_fixture_teardown(&own), 0);
	}
}

static void a_drive_that_hangs_at_40_percent_is_stalled(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct verdict verdict;
	struct scene scene;
	static const char *lines[1000] = { "look: ata never", "start: a ok" };
	for (size_t i = 2; i + 1 < ARRAY_SIZE(lines); i++)
		lines[i] = "look: ata at 26214";
	scene_begin(&scene, fixture, lines);
	ok(scene_run(&scene, &error), &error);
	expect_told(fixture->store,
		"started before:never accepted:running during:running finished:stalled ended");
	assert_string_equal(scene.target.error.code, "erase-stalled");
	judge_scene(&scene, &verdict);
	assert_int_equal(verdict.outcome, OUTCOME_FAILED);
	scene_end(&scene);
}

static void what_the_operator_leaves_goes_on_by_itself(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct verdict verdict;
	struct scene scene;
	scene_begin(&scene, fixture, honest);
	ok(work_next_step(&scene.work, &error), &error);
	while (scene.work.phase != WORK_WAITING) {
		struct engine_event event;
		assert_int_equal(engine_wait(scene.engine, 20000, &event), 0);
		ok(work_on_event(&scene.work, &event, &error), &error);
	}
	struct run_progress progress;
	work_progress(&scene.work, &progress);
	assert_string_equal(progress.method, "erase");
	assert_int_equal(progress.progress, 100);
	work_stop(&scene.work);
	ok(work_on_tick(&scene.work, &error), &error);
	assert_int_equal(scene.work.phase, WORK_OVER);
	assert_string_equal(scene.target.error.code, "erase-goes-on");
	assert_non_null(strstr(scene.target.error.next, "haiki wipe resume " ID));
	expect_told(fixture->store,
		"started before:succeeded accepted:running during:running interrupted:operator");
	judge_scene(&scene, &verdict);
	assert_int_equal(verdict.outcome, OUTCOME_INTERRUPTED);
	scene_end(&scene);
}

/* Stopped between the record and the command: nothing was sent. */
static void nothing_is_sent_once_the_operator_wants_an_end(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct scene scene;
	static const char *const lines[] = { "look: ata ok", NULL };
	scene_begin(&scene, fixture, lines);
	ok(work_next_step(&scene.work, &error), &error);
	work_stop(&scene.work);
	while (scene.work.phase != WORK_OVER) {
		struct engine_event event;
		assert_int_equal(engine_wait(scene.engine, 20000, &event), 0);
		ok(work_on_event(&scene.work, &event, &error), &error);
	}
	expect_told(fixture->store, "started before:succeeded interrupted:operator");
	scene_end(&scene);
}

/* It hangs in one call, and is left to it. */
static void hang(struct scene *scene, enum course_stage stage)
{
	struct error error = { 0 };
	struct work *work = &scene->work;
	struct drive *drive = work->drive;
	struct engine_event event;

	ok(work_next_step(work, &error), &error);
	work->task->plan.steps[1].technique = TECHNIQUE_ATA_SECURITY_ENHANCED;
	work->course.stage = stage;
	work->task_patience_ms = -1;
	ok(work_on_tick(work, &error), &error);
	assert_int_equal(work->phase, WORK_OVER);
	assert_string_equal(scene->target.error.code, "drive-hangs");
	/* Its thread comes back after all; then nobody waits for it. */
	ok(engine_wait(work->engine, 20000, &event), &error);
	assert_null(work_of_task(event.user));
	drive_close(drive);
}

static void who_lets_go_of_a_hung_drive_is_told_of_its_password(void **state)
{
	struct store_fixture *fixture = *state;
	struct scene scene;
	static const char *const lines[] = { "look: ata ok", NULL };
	scene_begin(&scene, fixture, lines);
	hang(&scene, COURSE_READY);
	assert_non_null(strstr(scene.target.error.next, "--security-unlock"));
	assert_non_null(strstr(scene.target.error.next, ID));
	scene_end(&scene);
}

static void a_hung_drive_that_was_told_nothing_has_none(void **state)
{
	struct store_fixture *fixture = *state;
	struct scene scene;
	static const char *const lines[] = { "look: ata ok", NULL };
	scene_begin(&scene, fixture, lines);
	hang(&scene, COURSE_BEFORE);
	assert_null(strstr(scene.target.error.next, "password"));
	scene_end(&scene);
}

static void a_drive_that_vanishes_interrupts(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct scene scene;
	static const char *const lines[] = { "look: ata ok", "start: a ok", "look: ata at 5",
		"look: none", NULL };
	scene_begin(&scene, fixture, lines);
	scene.script.absent = true; /* it is asked only when there is no answer */
	ok(scene_run(&scene, &error), &error);
	expect_told(fixture->store,
		"started before:succeeded accepted:running during:running interrupted:drive");
	assert_string_equal(scene.target.error.code, "drive-gone");
	scene_end(&scene);
}

/* The store fails at the N-th record, for every N: nothing more is sent or recorded, and above all not
 * the command before its "before" stands. */
static void nothing_happens_that_could_not_be_recorded(void **state)
{
	(void)state;
	unsigned failures = 0;
	for (unsigned n = 5;; n++) {
		void *own = NULL;
		char sql[256];
		struct error error = { 0 };
		struct scene scene;
		assert_int_equal(store_fixture_setup(&own), 0);
		struct store_fixture *mine = own;
		scene_begin(&scene, mine, honest);
		(void)snprintf(sql, sizeof(sql),
			"CREATE TRIGGER full BEFORE INSERT ON evidence WHEN NEW.seq > %u"
			" BEGIN SELECT RAISE(ABORT, 'full'); END",
			n);
		store_fixture_tamper(mine, sql);
		int result = scene_run(&scene, &error);
		bool sent = scene.script.at > 1;
		if (sent)
			assert_true(scene.script.before_stood);
		failures += result < 0;
		size_t calls = scene.script.at;
		scene_end(&scene);
		assert_int_equal(scene.script.at, calls);
		assert_int_equal(store_fixture_teardown(&own), 0);
		if (result == 0)
			break;
		assert_true(n < 100);
	}
	assert_int_equal(failures, 8); /* the step's events, and the start of the next */
}

/* ---- cut anywhere ---- */

static void stamp_and_judge(struct sample_job *job, struct verdict *ret)
{
	sample_renumber(job);
	judge(job->subject, job->plan, job->evidence, ret);
}

/* How it is found: not asked, at it, or nothing runs any more. */
enum found { FOUND_NOT_ASKED, FOUND_RUNNING, FOUND_NEVER, FOUND_KINDS };

static void add_resumption(struct sample_job *job, const struct work *work, enum found found)
{
	static const char *const words[] = { "", "ata at 50000", "ata never" };
	struct erase_answer answer;
	sample_append(job, sample_interrupted("process-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	if (found != FOUND_NOT_ASKED) {
		assert_int_equal(erase_word(words[found], &answer), 0);
		sample_append(job, job_event_answer(work->cut.step, "found", &answer));
	}
	sample_append(job,
		sample_started((int)(found == FOUND_RUNNING ? work->cut.step : work->step), 0));
}

/* Cut after each event, it is taken up in a way that the judge agrees with; twice. */
static void check_cuts(const struct sample_job *whole, const struct plan *plan)
{
	size_t may_be_found = 0;
	for (size_t count = 3; count < json_array_size(whole->evidence); count++)
		for (unsigned found = 0; found < FOUND_KINDS; found++) {
			struct sample_job job;
			struct verdict verdict;
			const char *last;
			AUTO_FREE struct work *work = calloc(1, sizeof(*work));
			assert_non_null(work);
			sample_job_copy(whole, &job);
			sample_cut(&job, count);
			work->plan = *plan;
			work_read_history(work, job.evidence, &last);
			if (found && !work->cut.accepted) {
				sample_job_free(&job);
				continue;
			}
			may_be_found += found == FOUND_RUNNING;
			work->step = plan_resume_step(plan, work->step - 1);
			add_resumption(&job, work, found);
			stamp_and_judge(&job, &verdict);
			if (has_reason(&verdict, "evidence-contradictory") ||
				has_reason(&verdict, "evidence-malformed"))
				fail_msg("cut after %zu events, found %u: %s", count, found,
					verdict.reasons[0].code);
			/* and the same once more */
			struct work again = { .plan = *plan };
			work_read_history(&again, job.evidence, &last);
			again.step = plan_resume_step(plan, again.step - 1);
			assert_int_equal(again.cut.accepted, found == FOUND_RUNNING);
			add_resumption(&job, &again,
				found == FOUND_RUNNING ? FOUND_NEVER : FOUND_NOT_ASKED);
			stamp_and_judge(&job, &verdict);
			if (has_reason(&verdict, "evidence-contradictory"))
				fail_msg("cut twice, after %zu events, found %u", count, found);
			sample_job_free(&job);
		}
	assert_true(may_be_found >= 3);
}

static void a_cut_is_taken_up_as_the_judge_reads_it(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	struct scene scene;
	scene_begin(&scene, fixture, honest);
	ok(scene_run(&scene, &error), &error);
	AUTO_JSON json_t *evidence = NULL;
	ok(jobs_evidence(fixture->store, ID, &evidence, &error), &error);
	json_decref(scene.job.evidence);
	scene.job.evidence = json_incref(evidence);
	AUTO_FREE struct plan *plan = malloc(sizeof(*plan));
	assert_non_null(plan);
	*plan = scene.work.plan;
	check_cuts(&scene.job, plan);
	scene_end(&scene);
}

/* ---- found again ---- */

/* What the drive says when the job is taken up, and whether that goes on or is begun again. */
static const struct finding {
	const char *what;
	const char *lines[12];
	const char *before; /* the command, by the record */
	bool goes_on;
	bool not_accepted; /* by the record: cut before its answer */
} findings[] = {
	{ "running, by a command whose answer was lost", { "look: ata at 9", "look: ata ok" },
		"ata ok", false, true },
	{ "locked behind our own password", { "look: password set", "recover: password none" },
		"password none", false, true },
	{ "without our password", { "look: password none" }, "password none", false, true },
	{ "running, and followed", { "look: ata at 9", "look: ata at 10", "look: ata ok" },
		"ata ok", true, false },
	{ "running, and then it failed",
		{ "look: ata at 9", "look: ata failed", "recover: ata ok" }, "ata ok", false,
		false },
	{ "over, of ATA that does not tell whether it was written to", { "look: ata ok" },
		"ata never", false, false },
	{ "failed meanwhile", { "look: ata failed", "recover: ata ok" }, "ata ok", false, false },
	{ "never", { "look: ata never" }, "ata ok", false, false },
	{ "no answer at first", { "look: none", "look: ata at 9", "look: ata ok" }, "ata ok", true,
		false },
	{ "no answer at all",
		{ "look: none", "look: none", "look: none", "look: none", "look: none" }, "ata ok",
		false, false },
};

static void run_until_guarded(struct scene *scene)
{
	struct work *work = &scene->work;
	struct error error = { 0 };
	ok(work_find_begin(work, &error), &error);
	while (work->phase != WORK_OVER && (!work->task || work->task->kind != TASK_GUARD)) {
		struct engine_event event;
		if (work->phase == WORK_WAITING) {
			struct run_progress progress;
			work_progress(work, &progress);
			assert_string_equal(progress.method, "erase");
			assert_int_equal(progress.step, 2);
			scene->script.now_ms = MAX(scene->script.now_ms, work->course.due_ms);
			ok(work_on_tick(work, &error), &error);
			continue;
		}
		assert_int_equal(engine_wait(scene->engine, 20000, &event), 0);
		ok(work_on_event(work, &event, &error), &error);
	}
}

static void what_is_found_goes_on_or_is_begun_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(findings); i++) {
		const struct finding *finding = &findings[i];
		void *own = NULL;
		struct erase_answer before;
		struct scene scene;
		assert_int_equal(store_fixture_setup(&own), 0);
		scene_begin(&scene, own, finding->lines);
		assert_int_equal(erase_word(finding->before, &before), 0);
		erase_state_read(&before, &scene.work.cut.before);
		scene.work.cut.step = 2;
		scene.work.cut.accepted = !finding->not_accepted;
		scene.work.step = 1;
		run_until_guarded(&scene);
		if (scene.work.cut.goes_on != finding->goes_on ||
			scene.work.step != (finding->goes_on ? 2U : 1U))
			fail_msg("%s: goes on %d at step %u", finding->what, scene.work.cut.goes_on,
				scene.work.step);
		if (finding->lines[scene.script.at])
			fail_msg("%s: not asked: %s", finding->what,
				finding->lines[scene.script.at]);
		scene_end(&scene);
		assert_int_equal(store_fixture_teardown(&own), 0);
	}
}

/* It hangs at its erasing, also after it was taken up: the job rests, and may be taken up once more. */
static void what_is_found_and_hangs_rests(void **state)
{
	struct store_fixture *fixture = *state;
	struct scene scene;
	static const char *lines[1000];
	for (size_t i = 0; i + 1 < ARRAY_SIZE(lines); i++)
		lines[i] = "look: ata at 26214";
	scene_begin(&scene, fixture, lines);
	scene.work.cut.step = 2;
	scene.work.step = 1;
	run_until_guarded(&scene);
	assert_int_equal(scene.work.phase, WORK_OVER);
	assert_string_equal(scene.target.error.code, "erase-stalled");
	expect_told(fixture->store, "error interrupted:drive");
	scene_end(&scene);
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(an_honest_drive_is_recorded_word_for_word),
		WITH_STORE(each_grief_is_told_and_judged),
		WITH_STORE(a_refusal_is_told_with_its_reason),
		WITH_STORE(a_drive_that_hangs_at_40_percent_is_stalled),
		WITH_STORE(what_the_operator_leaves_goes_on_by_itself),
		WITH_STORE(nothing_is_sent_once_the_operator_wants_an_end),
		WITH_STORE(who_lets_go_of_a_hung_drive_is_told_of_its_password),
		WITH_STORE(a_hung_drive_that_was_told_nothing_has_none),
		WITH_STORE(a_drive_that_vanishes_interrupts),
		cmocka_unit_test(nothing_happens_that_could_not_be_recorded),
		WITH_STORE(a_cut_is_taken_up_as_the_judge_reads_it),
		cmocka_unit_test(what_is_found_goes_on_or_is_begun_again),
		WITH_STORE(what_is_found_and_hangs_rests),
	};
	return cmocka_run_group_tests_name("work_erase", tests, NULL, NULL);
}
