/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of one VM's deletion on a platform that is scripted: what is done in which order, what stops it, and that it can be
 * gone on with behind every fact. */
#include "wipe/tenant/course.h"
#include "wipe/tenant/known.h"

#include "inventory/custody/holds.h"
#include "tests/support/store_fixture.h"
#include "verify/tenant/deletion.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define UUID "6b0f3c1e-0000-4000-8000-000000000001"
#define OTHER "6b0f3c1e-0000-4000-8000-000000000002"

/* ---- the platform ---- */

struct platform {
	bool there, liar, twice, stays_on, unstable, denies;
	enum machine_power power;
	char service_code[64];
	unsigned snapshots;
	const char *shared_with; /* of its first disk; NULL: nobody */
	const char *fails;       /* the result of an erase: "done", or this */
	unsigned on_after;       /* switched on by somebody behind so many erases; 0: never */
	unsigned surveys, erases, removes, looks, power_offs;
	int erased[2];
	/* The VM is gone, and these files of it are not. */
	const char *left[3];
	size_t left_count;
	const char *keeps; /* the platform's reason to leave them */
	unsigned rests;
	bool has_base; /* its first disk stands on another, as long as it can be read */
	/* At the n-th survey (from 1): something happens. */
	unsigned at;
	void (*happen)(struct platform *platform);
	struct store *store;
	int stop;
};

static char *text(const char *words)
{
	char *copy = strdup(words);
	assert_non_null(copy);
	return copy;
}

static void fill_disk(struct machine_disk *disk, const char *id, const char *place)
{
	(void)snprintf(disk->id, sizeof(disk->id), "%s", id);
	(void)snprintf(disk->kind, sizeof(disk->kind), "vmdk");
	disk->place = text(place);
	disk->size_bytes = 1024;
}

static void add(char ***list, size_t *count, const char *words)
{
	*list = reallocarray(*list, *count + 1, sizeof(**list));
	assert_non_null(*list);
	(*list)[(*count)++] = text(words);
}

static int fake_survey(
	struct platform *fake, const char *uuid, struct machine *ret, struct error *error)
{
	if (++fake->surveys == fake->at)
		fake->happen(fake);
	if (fake->denies)
		return error_set(
			error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable", "no answer");
	if (fake->twice)
		return error_set(error, ERROR_REFUSED, EEXIST, "vm-uuid-twice", "two");
	if (!fake->there)
		return error_set(error, ERROR_FAILED, ENOENT, "vm-absent", "none");
	struct machine machine = { .power = fake->power, .ref = "vm-42", .name = "renamed" };
	(void)snprintf(machine.uuid, sizeof(machine.uuid), "%s", uuid);
	(void)snprintf(
		machine.service_code, sizeof(machine.service_code), "%s", fake->service_code);
	machine.disks = calloc(2, sizeof(*machine.disks));
	assert_non_null(machine.disks);
	machine.disk_count = 2;
	fill_disk(&machine.disks[0], "2000",
		fake->snapshots ? "[ds1] vm/vm-000001.vmdk" : "[ds1] vm/vm.vmdk");
	if (fake->snapshots)
		add(&machine.disks[0].chain, &machine.disks[0].chain_count, "[ds1] vm/vm.vmdk");
	if (fake->has_base && fake->erased[0] == 0)
		add(&machine.disks[0].chain, &machine.disks[0].chain_count, "[ds1] vm/base.vmdk");
	if (fake->has_base && fake->erased[0] > 0)
		machine.disks[0].size_bytes = 7;
	if (fake->shared_with)
		add(&machine.disks[0].shared_with, &machine.disks[0].shared_count,
			fake->shared_with);
	char second[64] = "[ds1] vm/vm_1.vmdk";
	if (fake->unstable)
		(void)snprintf(second, sizeof(second), "[ds1] vm/vm_%u.vmdk", fake->surveys);
	fill_disk(&machine.disks[1], "2001", second);
	for (unsigned i = 0; i < fake->snapshots; i++)
		add(&machine.snapshots, &machine.snapshot_count, "before the update");
	add(&machine.files, &machine.file_count, "[ds1] vm/vm.nvram");
	*ret = machine;
	return 0;
}

static int fake_power_off(struct platform *fake, const struct machine *machine,
	const struct platform_pace *pace, bool *ret_was_off, struct error *error)
{
	(void)machine, (void)pace, (void)error;
	fake->power_offs++;
	*ret_was_off = fake->power == MACHINE_OFF;
	if (!fake->stays_on)
		fake->power = MACHINE_OFF;
	return 0;
}

static int fake_remove_snapshots(struct platform *fake, const struct machine *machine,
	const struct platform_pace *pace, unsigned *ret_count, struct error *error)
{
	(void)pace, (void)error;
	assert_int_equal(machine->power, MACHINE_OFF);
	*ret_count = fake->snapshots;
	fake->snapshots = 0;
	return 0;
}

static json_t *erase_fact(const char *place, const char *result)
{
	bool done = strcmp(result, "done") == 0;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:[], s:s}", "fact", "erase", "place",
		place, "method", done ? "overwrite" : "none", "result", result, "level",
		done ? "clear" : "none", "bytes", done ? 1024 : 0, "verified_bytes",
		done ? 1024 : 0, "limits", "reason", "");
}

static int fake_erase(struct platform *fake, const struct machine *machine, size_t disk,
	const struct platform_pace *pace, json_t **ret_facts, struct error *error)
{
	(void)pace, (void)error;
	assert_int_equal(fake->power, MACHINE_OFF);
	assert_string_equal(machine->ref, "vm-42");
	assert_true(disk < 2);
	fake->erases++;
	fake->erased[disk]++;
	const struct machine_disk *one = &machine->disks[disk];
	const char *result = fake->fails ? fake->fails : "done";
	json_t *facts = json_array();
	if (one->shared_count > 0)
		result = "kept";
	assert_int_equal(json_push(facts, erase_fact(one->place, result)), 0);
	for (size_t i = 0; i < one->chain_count; i++)
		assert_int_equal(json_push(facts, erase_fact(one->chain[i], result)), 0);
	if (fake->erases == fake->on_after)
		fake->power = MACHINE_ON;
	*ret_facts = facts;
	return 0;
}

static int fake_remove(struct platform *fake, const struct machine *machine,
	const struct platform_pace *pace, char answer[static 128], struct error *error)
{
	(void)pace, (void)error;
	assert_string_equal(machine->uuid, UUID);
	assert_int_equal(fake->power, MACHINE_OFF);
	fake->removes++;
	fake->there = fake->liar;
	(void)snprintf(answer, 128, "success");
	return 0;
}

static int fake_remove_rests(struct platform *fake, const struct machine *machine,
	int64_t erased_utc_ms, const struct platform_pace *pace, char answer[static 128],
	struct error *error);

static int fake_look(struct platform *fake, const struct machine *machine, struct machine_look *ret,
	struct error *error)
{
	(void)error;
	fake->looks++;
	assert_true(machine->disk_count == 2);
	ret->hypervisor = fake->there ? PRESENCE_PRESENT : PRESENCE_GONE;
	ret->datastore = fake->there ? PRESENCE_PRESENT : PRESENCE_GONE;
	ret->storage = PRESENCE_NONE;
	for (size_t i = 0; !fake->there && i < fake->left_count; i++) {
		ret->storage = PRESENCE_PRESENT;
		add(&ret->left, &ret->left_count, fake->left[i]);
	}
	return 0;
}

static const struct platform_kind fake_kind = {
	.name = "fake",
	.survey = fake_survey,
	.power_off = fake_power_off,
	.remove_snapshots = fake_remove_snapshots,
	.erase = fake_erase,
	.remove = fake_remove,
	.remove_rests = fake_remove_rests,
	.look = fake_look,
};

/* Files go with the VM. */
static const struct platform_kind other_kind = {
	.name = "other",
	.survey = fake_survey,
	.power_off = fake_power_off,
	.remove_snapshots = fake_remove_snapshots,
	.erase = fake_erase,
	.remove = fake_remove,
	.look = fake_look,
};

/* ---- the fixture ---- */

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void run_sql(struct store *store, const char *sql)
{
	struct error error = { 0 };
	ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

struct scene {
	struct store *store;
	struct platform fake;
	struct config config;
	struct platform_pace pace;
	struct course_platform platforms[1];
	struct course course;
	struct error error;
	enum clock_verdict clock;
};

/* 2027-04-11T12:00 in Tokyo, a day that K-1 is due on. */
static int64_t noon(void)
{
	int64_t day = 0;
	assert_int_equal(day_parse("2027-04-11", &day), 0);
	return day_start_utc_ms(day) + 12 * 3600 * 1000;
}

static enum clock_verdict fake_clock(void *context, struct clock_reading *ret)
{
	struct scene *scene = context;
	*ret = (struct clock_reading){ .utc_ms = noon(), .synchronised = true };
	return scene->clock;
}

static int fake_remove_rests(struct platform *fake, const struct machine *machine,
	int64_t erased_utc_ms, const struct platform_pace *pace, char answer[static 128],
	struct error *error)
{
	(void)pace;
	assert_string_equal(machine->uuid, UUID);
	assert_int_equal(machine->disk_count, 2);
	assert_true(erased_utc_ms == noon());
	/* What was not erased is marked, whoever used it. */
	assert_int_equal(machine->disks[0].shared_count, fake->shared_with ? 2 : 0);
	if (fake->shared_with)
		assert_string_equal(machine->disks[0].shared_with[1], "kept:[ds1] vm/vm.vmdk");
	assert_int_equal(machine->disks[1].shared_count, 0);
	fake->rests++;
	if (fake->keeps)
		return error_set(error, ERROR_FAILED, ESTALE, fake->keeps, "not now");
	fake->left_count = 0;
	(void)snprintf(answer, 128, "no such domain");
	return 0;
}

static int setup(void **state)
{
	if (store_fixture_setup(state) != 0)
		return -1;
	struct store *store = ((struct store_fixture *)*state)->store;
	run_sql(store, "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES"
		       " (1, 'A', 'a', 0), (2, 'B', 'b', 0)");
	run_sql(store, "INSERT INTO service_code (code, tenant_id) VALUES ('A-web', 1)");
	run_sql(store,
		"INSERT INTO contract (id, number, tenant_id, start_day, end_day, grace_days,"
		" note, created_utc_ms) VALUES (1, 'K-1', 1, '2026-04-01', '2027-03-31', 10,"
		" '', 0)");
	run_sql(store, "INSERT INTO vm (id, uuid, name, platform, service_code, tenant_id,"
		       " created_utc_ms) VALUES (3, '" UUID "', 'web', 'vc1', 'A-web', 1, 0)");
	return 0;
}

/* The scene as it is when a run begins; scene->fake stays as it is between two runs. */
static void begin(struct scene *scene, void **state)
{
	struct error error = { 0 };
	scene->store = ((struct store_fixture *)*state)->store;
	scene->fake.store = scene->store;
	(void)snprintf(scene->config.deletion.clock, sizeof(scene->config.deletion.clock), "%s",
		"synchronised");
	scene->pace.stop = &scene->fake.stop;
	scene->platforms[0] = (struct course_platform){ "vc1", &fake_kind, &scene->fake };
	scene->course = (struct course){
		.store = scene->store,
		.config = &scene->config,
		.platforms = scene->platforms,
		.platform_count = 1,
		.pace = &scene->pace,
		.look_timeout_ms = 1,
		.clock = fake_clock,
		.context = scene,
	};
	assert_int_equal(vms_by_uuid(scene->store, UUID, &scene->course.vm, &error), 1);
	ok(deletions_of_vm(scene->store, 3, &scene->course.deletion, &error), &error);
}

static struct scene new_scene(void)
{
	return (struct scene){ .clock = CLOCK_GOOD,
		.fake = { .there = true, .power = MACHINE_ON, .service_code = "A-web" } };
}

static enum course_step go(struct scene *scene, void **state)
{
	enum course_step step = COURSE_UNKNOWN;
	begin(scene, state);
	scene->error = (struct error){ 0 };
	ok(course_run(&scene->course, &step, &scene->error), &scene->error);
	return step;
}

static json_t *facts_of(struct scene *scene)
{
	json_t *facts = NULL;
	struct error error = { 0 };
	struct deletion_record record;
	if (deletions_of_vm(scene->store, 3, &record, &error) == 0)
		return json_array();
	ok(deletions_facts(scene->store, record.id, &facts, &error), &error);
	return facts;
}

/* "identity survey power-off …" */
static const char *words(struct scene *scene)
{
	static char all[2048];
	AUTO_JSON json_t *facts = facts_of(scene);
	all[0] = '\0';
	for (size_t i = 0; i < json_array_size(facts); i++) {
		size_t length = strlen(all);
		(void)snprintf(all + length, sizeof(all) - length, "%s%s", length ? " " : "",
			json_string_value(json_object_get(json_array_get(facts, i), "fact")));
	}
	return all;
}

static bool is_gone(struct scene *scene)
{
	return store_fixture_number(
		       scene->store, "SELECT gone_utc_ms IS NOT NULL FROM vm WHERE id = 3") == 1;
}

static struct deletion_verdict verdict_of(struct scene *scene)
{
	AUTO_JSON json_t *facts = facts_of(scene);
	struct deletion_verdict verdict;
	deletion_judge(facts, &verdict);
	return verdict;
}

/* ---- the whole way ---- */

static void test_whole_way(void **state)
{
	struct scene scene = new_scene();
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_string_equal(
		words(&scene), "identity survey power-off snapshots erase erase delete look");
	assert_true(is_gone(&scene));
	assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
	assert_int_equal(verdict_of(&scene).remarks, 0);
	/* Asked anew before each step: identity with survey, power, snapshots, two disks, delete. */
	assert_true(scene.fake.surveys >= 6);
	assert_int_equal(scene.fake.removes, 1);
	/* Nothing is left to do. */
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_int_equal(scene.fake.removes, 1);
}

/* A snapshot's disk is merged away: its bytes are not erased, and that is said. */
static void test_snapshots(void **state)
{
	struct scene scene = new_scene();
	scene.fake.snapshots = 2;
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_string_equal(words(&scene), "identity survey power-off snapshots survey erase erase "
					   "erase delete look");
	assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
	assert_int_equal(verdict_of(&scene).remarks, DELETION_UNLINKED);
}

static void test_required(void **state)
{
	struct scene scene = new_scene();
	scene.fake.snapshots = 1;
	scene.pace.erasure_required = true;
	assert_int_equal(go(&scene, state), COURSE_DELETE);
	assert_string_equal(scene.error.code, "erasure-required");
	assert_int_equal(scene.fake.removes, 0);
	assert_int_equal(verdict_of(&scene).stage, DELETION_BEGUN);
}

static void test_shared(void **state)
{
	struct scene scene = new_scene();
	scene.fake.shared_with = OTHER;
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_int_equal(verdict_of(&scene).remarks, DELETION_SHARED);
}

/* ---- cut off anywhere ---- */

static void stop_it(struct platform *fake)
{
	fake->stop = 1;
}

static void test_stopped_anywhere(void **state)
{
	for (unsigned at = 1; at <= 7; at++) {
		struct scene scene = new_scene();
		scene.fake.at = at;
		scene.fake.happen = stop_it;
		enum course_step step = go(&scene, state);
		if (step != COURSE_GONE) {
			assert_int_equal(scene.error.kind, ERROR_INTERRUPTED);
			assert_false(is_gone(&scene));
		}
		scene.fake.stop = 0;
		assert_int_equal(go(&scene, state), COURSE_GONE);
		assert_true(is_gone(&scene));
		assert_int_equal(scene.fake.removes, 1);
		assert_int_equal(scene.fake.erased[0], 1);
		assert_int_equal(scene.fake.erased[1], 1);
		assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
		assert_int_equal(verdict_of(&scene).remarks, 0);
		store_fixture_teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* Killed while its first disk was erased: what that stood on is erased all the same. */
static void test_killed_while_erasing(void **state)
{
	struct scene scene = new_scene();
	scene.fake.has_base = true;
	scene.fake.at = 3;
	scene.fake.happen = stop_it;
	assert_int_equal(go(&scene, state), COURSE_ERASE);
	scene.fake.stop = 0;
	scene.fake.erased[0] = 1;
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_string_equal(words(&scene),
		"identity survey power-off snapshots identity erase erase erase delete look");
	assert_int_equal(verdict_of(&scene).remarks, 0);
}

/* It was deleted, and the crash came before that was written down. */
static void test_deleted_before_the_fact(void **state)
{
	struct scene scene = new_scene();
	scene.fake.at = 5; /* the last disk; then it is stopped before the delete */
	scene.fake.happen = stop_it;
	assert_int_not_equal(go(&scene, state), COURSE_GONE);
	scene.fake.stop = 0;
	scene.fake.there = false;
	begin(&scene, state);
	/* Where only its own platform was asked, it may have moved. */
	assert_int_equal(go(&scene, state), COURSE_DELETE);
	assert_int_equal(scene.error.kind, ERROR_WAITING);
	begin(&scene, state);
	scene.course.everywhere = true;
	enum course_step step = COURSE_UNKNOWN;
	ok(course_run(&scene.course, &step, &scene.error), &scene.error);
	assert_int_equal(step, COURSE_GONE);
	assert_int_equal(verdict_of(&scene).remarks, 0); /* all was erased before */
	assert_int_equal(scene.fake.removes, 0);
}

/* Somebody switched it on behind an erase, as after a restore: what was erased before counts no more. */
static void test_switched_on(void **state)
{
	for (unsigned erases = 1; erases <= 2; erases++) {
		struct scene scene = new_scene();
		scene.fake.on_after = erases;
		assert_int_equal(go(&scene, state), COURSE_GONE);
		assert_string_equal(words(&scene),
			erases == 1
				? "identity survey power-off snapshots erase power-off erase erase "
				  "delete look"
				: "identity survey power-off snapshots erase erase power-off erase "
				  "erase delete look");
		assert_int_equal(scene.fake.erased[0], 2);
		assert_int_equal(scene.fake.erased[1], (int)erases);
		assert_int_equal(scene.fake.power_offs, 2);
		assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
		assert_int_equal(verdict_of(&scene).remarks, 0);
		store_fixture_teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* ---- what stops it ---- */

static void place_hold(struct platform *fake)
{
	struct error error = { 0 };
	int64_t id = 0;
	ok(holds_place(fake->store, &(struct subject){ SUBJECT_TENANT, 1 }, "a court", "a case",
		   "login:kato (1000)", noon(), &id, &error),
		&error);
}

static void renew(struct platform *fake)
{
	run_sql(fake->store, "UPDATE contract SET end_day = '2028-03-31' WHERE id = 1");
}

static void change_code(struct platform *fake)
{
	(void)snprintf(fake->service_code, sizeof(fake->service_code), "B-web");
}

static void give_code_away(struct platform *fake)
{
	run_sql(fake->store, "UPDATE service_code SET tenant_id = 2 WHERE code = 'A-web'");
}

static void double_it(struct platform *fake)
{
	fake->twice = true;
}

static void go_silent(struct platform *fake)
{
	fake->denies = true;
}

static void test_stopped_by(void **state)
{
	static const struct {
		void (*happen)(struct platform *fake);
		const char *code;
		enum error_kind kind;
	} cases[] = {
		{ place_hold, "hold", ERROR_REFUSED },
		{ renew, "not-due", ERROR_REFUSED },
		{ change_code, "code-differs", ERROR_REFUSED },
		{ give_code_away, "tenant-differs", ERROR_REFUSED },
		{ double_it, "uuid-twice", ERROR_REFUSED },
		{ go_silent, "platform-unreachable", ERROR_WAITING },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned at = 1; at <= 6; at++) {
			struct scene scene = new_scene();
			scene.fake.at = at;
			scene.fake.happen = cases[i].happen;
			assert_int_not_equal(go(&scene, state), COURSE_GONE);
			assert_string_equal(scene.error.code, cases[i].code);
			assert_int_equal(scene.error.kind, cases[i].kind);
			assert_int_equal(scene.fake.removes, 0);
			assert_true(scene.fake.there);
			assert_true(scene.fake.erases <= (at > 3 ? at - 4 : 0));
			assert_false(is_gone(&scene));
			/* Told each night, recorded once. */
			int64_t events = store_fixture_number(scene.store,
				"SELECT count(*) FROM event WHERE action ="
				" 'deletion-refused'");
			bool is_recorded = cases[i].kind == ERROR_REFUSED &&
					   (at > 1 || strcmp(cases[i].code, "not-due") != 0);
			assert_int_equal(events, is_recorded ? 1 : 0);
			assert_int_not_equal(go(&scene, state), COURSE_GONE);
			assert_int_equal(store_fixture_number(scene.store,
						 "SELECT count(*) FROM event WHERE action ="
						 " 'deletion-refused'"),
				events);
			store_fixture_teardown(state);
			assert_int_equal(setup(state), 0);
		}
}

/* A hold is on no certificate, and nobody who reads the ledger sees it. */
static void test_hold_is_secret(void **state)
{
	struct scene scene = new_scene();
	scene.fake.at = 4;
	scene.fake.happen = place_hold;
	assert_int_not_equal(go(&scene, state), COURSE_GONE);
	assert_null(strstr(words(&scene), "refused"));
	assert_int_equal(store_fixture_number(scene.store,
				 "SELECT count(*) FROM event WHERE action = 'deletion-refused' AND"
				 " target_kind = 'vm' AND target_id = 3"),
		1);
	assert_int_equal(store_fixture_number(scene.store,
				 "SELECT count(*) FROM ledger_record WHERE withheld = '' AND"
				 " record LIKE '%deletion-refused%'"),
		0);
}

static void test_clock(void **state)
{
	struct scene scene = new_scene();
	scene.clock = CLOCK_JUMPED;
	assert_int_equal(go(&scene, state), COURSE_IDENTIFY);
	assert_string_equal(scene.error.code, "clock-jumped");
	assert_int_equal(scene.error.kind, ERROR_REFUSED);
	assert_string_equal(words(&scene), "");
	assert_int_equal(scene.fake.power, MACHINE_ON);
}

static void test_erase_fails(void **state)
{
	struct scene scene = new_scene();
	scene.fake.fails = "failed";
	assert_int_equal(go(&scene, state), COURSE_ERASE);
	assert_string_equal(scene.error.code, "erase-failed");
	assert_int_equal(scene.fake.removes, 0);
	scene.fake.fails = NULL;
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_int_equal(verdict_of(&scene).remarks, 0);
}

static void test_bad_platforms(void **state)
{
	struct scene scene = new_scene();
	scene.fake.stays_on = true;
	assert_int_equal(go(&scene, state), COURSE_SNAPSHOTS);
	assert_string_equal(scene.error.code, "vm-still-on");
	assert_int_equal(scene.fake.erases, 0);
	scene.fake.stays_on = false;
	scene.fake.unstable = true;
	assert_int_equal(go(&scene, state), COURSE_ERASE);
	assert_string_equal(scene.error.code, "survey-unsettled");
	assert_int_equal(scene.fake.removes, 0);
}

/* The platform says that it deleted it, and it is there: never gone, and told anew in the next run. */
static void test_liar(void **state)
{
	struct scene scene = new_scene();
	scene.fake.liar = true;
	for (unsigned night = 1; night <= 3; night++) {
		assert_int_equal(go(&scene, state), COURSE_LOOK);
		assert_string_equal(scene.error.code, "not-gone");
		assert_int_equal(scene.error.kind, ERROR_WAITING);
		assert_int_equal(scene.fake.removes, night);
		assert_false(is_gone(&scene));
		assert_int_equal(verdict_of(&scene).stage, DELETION_BEGUN);
	}
	scene.fake.liar = false;
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_true(is_gone(&scene));
	/* Its disks were erased once. */
	assert_int_equal(scene.fake.erases, 2);
}

static void test_absent(void **state)
{
	struct scene scene = new_scene();
	enum course_step step = COURSE_UNKNOWN;
	scene.fake.there = false;
	begin(&scene, state);
	scene.course.everywhere = true;
	ok(course_run(&scene.course, &step, &scene.error), &scene.error);
	assert_int_equal(step, COURSE_GONE);
	assert_string_equal(words(&scene), "absent look");
	assert_true(is_gone(&scene));
	assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
	assert_int_equal(verdict_of(&scene).remarks, DELETION_BY_OTHERS);
	assert_int_equal(scene.fake.removes, 0);
}

static void come_back(struct platform *fake)
{
	fake->there = true;
}

/* Absent by the plan, and there when its turn comes: nobody counted it among those to be deleted. */
static void test_seen_again(void **state)
{
	for (unsigned at = 1; at <= 2; at++) {
		struct scene scene = new_scene();
		enum course_step step = COURSE_UNKNOWN;
		scene.fake.there = false;
		scene.fake.at = at;
		scene.fake.happen = come_back;
		begin(&scene, state);
		scene.course.everywhere = true;
		scene.course.look_timeout_ms = 0;
		ok(course_run(&scene.course, &step, &scene.error), &scene.error);
		assert_int_equal(scene.error.kind, ERROR_WAITING);
		assert_int_equal(scene.fake.power_offs, 0);
		assert_int_equal(scene.fake.erases, 0);
		assert_int_equal(scene.fake.removes, 0);
		assert_int_equal(scene.fake.power, MACHINE_ON);
		assert_false(is_gone(&scene));
		/* The same run, gone on with. */
		ok(course_run(&scene.course, &step, &scene.error), &scene.error);
		assert_string_equal(scene.error.code, "vm-seen-again");
		assert_int_equal(scene.fake.removes, 0);
		store_fixture_teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* ---- what is left without its VM ---- */

#define ALL_ERASED "identity survey power-off snapshots erase erase"

static enum course_step go_everywhere(struct scene *scene, void **state)
{
	enum course_step step = COURSE_UNKNOWN;
	begin(scene, state);
	scene->course.everywhere = true;
	scene->error = (struct error){ 0 };
	ok(course_run(&scene->course, &step, &scene->error), &scene->error);
	return step;
}

/* Killed between the VM and its files: it is gone, all of it was erased before, and two files are there. */
static struct scene cut_scene(void **state, const char *shared_with, const char *fails)
{
	struct scene scene = new_scene();
	scene.fake.shared_with = shared_with;
	scene.fake.fails = fails;
	scene.fake.at = 5;
	scene.fake.happen = stop_it;
	assert_int_equal(go(&scene, state), COURSE_DELETE);
	scene.fake.stop = 0;
	scene.fake.there = false;
	scene.fake.left[0] = shared_with ? "[ds1] vm/vm_1.vmdk" : "[ds1] vm/vm.vmdk";
	scene.fake.left[1] = "[ds1] vm/vm_1.vmdk";
	scene.fake.left_count = shared_with ? 1 : 2;
	return scene;
}

static void test_rests(void **state)
{
	struct scene scene = cut_scene(state, NULL, NULL);
	assert_int_equal(go_everywhere(&scene, state), COURSE_GONE);
	assert_string_equal(words(&scene), ALL_ERASED " absent look delete look");
	assert_true(is_gone(&scene));
	assert_int_equal(scene.fake.rests, 1);
	assert_int_equal(scene.fake.removes, 0);
	assert_int_equal(scene.fake.erases, 2);
	assert_int_equal(verdict_of(&scene).stage, DELETION_GONE);
	assert_int_equal(verdict_of(&scene).remarks, 0);
}

/* The power failed behind the fact, and the file system had not written all of it down. */
static void test_rests_behind_the_fact(void **state)
{
	struct scene scene = new_scene();
	scene.fake.left[0] = "[ds1] vm/vm.vmdk";
	scene.fake.left_count = 1;
	/* Where only its own platform was asked, it may have moved. */
	assert_int_equal(go(&scene, state), COURSE_LOOK);
	assert_string_equal(scene.error.code, "not-gone");
	assert_int_equal(scene.fake.rests, 0);
	assert_int_equal(go_everywhere(&scene, state), COURSE_GONE);
	assert_string_equal(words(&scene), ALL_ERASED " delete look delete look");
	assert_int_equal(verdict_of(&scene).remarks, 0);
}

/* What others used when it was erased stays, and is told. */
static void test_rests_shared(void **state)
{
	struct scene scene = cut_scene(state, OTHER, NULL);
	assert_int_equal(go_everywhere(&scene, state), COURSE_GONE);
	assert_int_equal(scene.fake.rests, 1);
	assert_int_equal(verdict_of(&scene).remarks, DELETION_SHARED);
	store_fixture_teardown(state);
	assert_int_equal(setup(state), 0);
	scene = cut_scene(state, OTHER, NULL);
	scene.fake.left[0] = "[ds1] vm/vm.vmdk";
	assert_int_equal(go_everywhere(&scene, state), COURSE_LOOK);
	assert_int_equal(scene.fake.rests, 0);
}

static void other_platform(struct platform *fake)
{
	run_sql(fake->store, "UPDATE vm SET platform = 'vc2' WHERE id = 3");
}

static void other_service(struct platform *fake)
{
	run_sql(fake->store, "INSERT INTO service_code (code, tenant_id) VALUES ('A-mail', 1)");
	run_sql(fake->store, "UPDATE vm SET service_code = 'A-mail' WHERE id = 3");
}

static void foreign_file(struct platform *fake)
{
	fake->left[fake->left_count++] = "[ds1] vm/vm.nvram";
}

static void changed(struct platform *fake)
{
	fake->keeps = "place-changed";
}

/* Whatever speaks against it: nothing is taken, it is told each night and recorded once. */
static void test_rests_stay(void **state)
{
	static const struct {
		void (*happen)(struct platform *fake);
		const char *code, *fails;
		enum clock_verdict clock;
		unsigned rests;
		bool is_other_kind;
	} cases[] = {
		{ place_hold, "hold", NULL, CLOCK_GOOD, 0, false },
		{ renew, "not-due", NULL, CLOCK_GOOD, 0, false },
		{ give_code_away, "tenant-differs", NULL, CLOCK_GOOD, 0, false },
		{ other_platform, "platform-differs", NULL, CLOCK_GOOD, 0, false },
		{ other_service, "not-gone", NULL, CLOCK_GOOD, 0, false },
		{ foreign_file, "not-gone", NULL, CLOCK_GOOD, 0, false },
		{ changed, "place-changed", NULL, CLOCK_GOOD, 3, false },
		{ go_silent, "platform-unreachable", NULL, CLOCK_GOOD, 0, false },
		{ NULL, "not-gone", "unsupported", CLOCK_GOOD, 0, false },
		{ NULL, "not-gone", NULL, CLOCK_GOOD, 0, true },
		{ NULL, "clock-jumped", NULL, CLOCK_JUMPED, 0, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene scene = cut_scene(state, NULL, cases[i].fails);
		int64_t facts = 0, events = 0;
		/* It was seen to be absent by a run of its own. */
		begin(&scene, state);
		struct error error = { 0 };
		AUTO_JSON json_t *absent = json_pack("{s:s}", "fact", "absent");
		ok(deletions_append(scene.store, scene.course.deletion.id, absent, noon(), &error),
			&error);
		if (cases[i].happen)
			cases[i].happen(&scene.fake);
		scene.clock = cases[i].clock;
		for (unsigned night = 1; night <= 3; night++) {
			begin(&scene, state);
			scene.platforms[0].kind = cases[i].is_other_kind ? &other_kind : &fake_kind;
			scene.course.everywhere = true;
			scene.error = (struct error){ 0 };
			enum course_step step = COURSE_UNKNOWN;
			ok(course_run(&scene.course, &step, &scene.error), &scene.error);
			assert_int_equal(step, COURSE_LOOK);
			assert_string_equal(scene.error.code, cases[i].code);
			assert_false(is_gone(&scene));
			assert_int_equal(verdict_of(&scene).stage, DELETION_BEGUN);
			int64_t now = store_fixture_number(
				scene.store, "SELECT count(*) FROM deletion_fact");
			assert_true(night == 1 || facts == now);
			facts = now;
			now = store_fixture_number(scene.store, "SELECT count(*) FROM event");
			assert_true(night == 1 || events == now);
			events = now;
		}
		assert_int_equal(scene.fake.rests, cases[i].rests);
		assert_int_equal(scene.fake.left_count, cases[i].happen == foreign_file ? 3 : 2);
		store_fixture_teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* It comes back before anything was taken: then it is identified anew, as any other. */
static void test_back_behind_absent(void **state)
{
	struct scene scene = cut_scene(state, NULL, NULL);
	scene.fake.keeps = "place-changed";
	assert_int_equal(go_everywhere(&scene, state), COURSE_LOOK);
	scene.fake.there = true;
	scene.fake.left_count = 0;
	assert_int_equal(go(&scene, state), COURSE_LOOK);
	assert_string_equal(scene.error.code, "not-gone");
	assert_int_equal(go(&scene, state), COURSE_GONE);
	assert_non_null(strstr(words(&scene), "absent look failed look identity delete look"));
	assert_int_equal(verdict_of(&scene).remarks, 0);
}

/* ---- which contract keeps it ---- */

static void test_longest(void **state)
{
	(void)state;
	struct contract_record items[] = {
		{ .number = "old", .start_day = "2026-04-01", .end_day = "2027-03-31" },
		{ .number = "renewed", .start_day = "2027-04-01", .end_day = "2028-03-31" },
		{ .number = "endless", .start_day = "2027-04-01", .end_day = "" },
		{ .number = "older", .start_day = "2020-04-01", .end_day = "2021-03-31" },
	};
	assert_null(known_longest(&(struct contract_list){ items, 0 }, noon()));
	assert_string_equal(
		known_longest(&(struct contract_list){ items, 1 }, noon())->number, "old");
	assert_string_equal(
		known_longest(&(struct contract_list){ items, 2 }, noon())->number, "renewed");
	assert_string_equal(
		known_longest(&(struct contract_list){ items, 4 }, noon())->number, "endless");
}

/* ---- what is next, from facts alone ---- */

#define IDENTITY "{\"fact\":\"identity\"}"
#define SURVEY                                                                                     \
	"{\"fact\":\"survey\",\"disks\":[{\"place\":\"a\",\"chain\":[\"b\"]},{\"place\":\"c\","    \
	"\"chain\":[]}]}"
#define OFF "{\"fact\":\"power-off\"}"
#define SNAPSHOTS "{\"fact\":\"snapshots\"}"
#define ERASED(place) "{\"fact\":\"erase\",\"place\":\"" place "\",\"result\":\"done\"}"
#define UNERASED(place) "{\"fact\":\"erase\",\"place\":\"" place "\",\"result\":\"failed\"}"

static void test_next(void **state)
{
	(void)state;
	static const struct {
		const char *facts;
		enum course_step next;
	} cases[] = {
		{ "[]", COURSE_IDENTIFY },
		{ "[{\"fact\":\"refused\"}]", COURSE_IDENTIFY },
		{ "[" IDENTITY "]", COURSE_SURVEY },
		{ "[" IDENTITY "," IDENTITY "," SURVEY "]", COURSE_POWER_OFF },
		{ "[" IDENTITY "," SURVEY "," OFF "]", COURSE_SNAPSHOTS },
		{ "[" IDENTITY "," SURVEY "," OFF "," SNAPSHOTS "]", COURSE_ERASE },
		{ "[" IDENTITY "," SURVEY "," OFF "," SNAPSHOTS "," ERASED("a") "," ERASED("c") "]",
			COURSE_ERASE },
		{ "[" IDENTITY "," SURVEY "," OFF "," SNAPSHOTS
		  "," ERASED("a") "," ERASED("b") "," ERASED("c") "]",
			COURSE_DELETE },
		{ "[" IDENTITY "," SURVEY "," OFF "," SNAPSHOTS
		  "," ERASED("a") "," ERASED("b") "," ERASED("c") "," UNERASED("a") "]",
			COURSE_ERASE },
		{ "[{\"fact\":\"ablaze\"}]", COURSE_UNKNOWN },
		{ "[7]", COURSE_UNKNOWN },
		{ "{}", COURSE_UNKNOWN },
		/* Behind a deletion only facts that are whole are believed. */
		{ "[" IDENTITY ",{\"fact\":\"delete\"}]", COURSE_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *facts = json_loads(cases[i].facts, 0, NULL);
		assert_non_null(facts);
		if (course_step_next(facts) != cases[i].next)
			fail_msg("%s: %s", cases[i].facts,
				course_step_name(course_step_next(facts)));
	}
	assert_int_equal(course_step_next(NULL), COURSE_UNKNOWN);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_whole_way),
		WITH_STORE(test_snapshots),
		WITH_STORE(test_required),
		WITH_STORE(test_shared),
		WITH_STORE(test_stopped_anywhere),
		WITH_STORE(test_deleted_before_the_fact),
		WITH_STORE(test_switched_on),
		WITH_STORE(test_stopped_by),
		WITH_STORE(test_hold_is_secret),
		WITH_STORE(test_clock),
		WITH_STORE(test_erase_fails),
		WITH_STORE(test_bad_platforms),
		WITH_STORE(test_liar),
		WITH_STORE(test_absent),
		WITH_STORE(test_seen_again),
		WITH_STORE(test_killed_while_erasing),
		WITH_STORE(test_rests),
		WITH_STORE(test_rests_behind_the_fact),
		WITH_STORE(test_rests_shared),
		WITH_STORE(test_rests_stay),
		WITH_STORE(test_back_behind_absent),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
