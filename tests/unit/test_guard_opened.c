/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard sees who has a drive open or mapped, thread by thread; processes that it cannot see are
 * not taken for absent. */
#include "tests/support/guard_fixture.h"
#include "verify/judge/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* As a virtual machine that was given the drive as /dev/sg3; here /dev/null stands for that node. */
static void whoever_sends_it_commands_is_named(void **state)
{
	struct guard_scene *scene = *state;

	fixture_process(&scene->fixture, 42, "qemu", 1);
	fixture_link(&scene->fixture, "proc/42/fd/7", "/dev/null");
	guard_passes(scene);
	fixture_write(&scene->fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "1:3\n");
	REFUSED_BY(scene, "opened", "qemu", "42", "sg3", "sdx");
	fixture_write(&scene->fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "nonsense\n");
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "opened")->result, GUARD_NOT_MADE);
}

static void whoever_has_it_open_is_named(void **state)
{
	struct guard_scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx", 0) || !fixture_node(&scene->fixture, "sdx1", 1) ||
		!fixture_node(&scene->fixture, "other", 16))
		skip();
	fixture_process(&scene->fixture, 42, "qemu", 1);
	fixture_link(&scene->fixture, "proc/42/fd/0", "/dev/null");
	fixture_link(&scene->fixture, "proc/42/fd/3", "socket:[123]");
	fixture_link(&scene->fixture, "proc/42/fd/4", "../../../dev/other");
	guard_passes(scene);
	fixture_link(&scene->fixture, "proc/42/fd/5", "../../../dev/sdx1");
	REFUSED_BY(scene, "opened", "qemu", "42", "root", "sdx1");
	fixture_process(&scene->fixture, 43, "dd", 1);
	fixture_link(&scene->fixture, "proc/43/fd/9", "../../../dev/sdx");
	REFUSED_BY(scene, "opened", "qemu", "dd", "43");
}

static void our_own_descriptors_do_not_count(void **state)
{
	struct guard_scene *scene = *state;
	char path[64];

	if (!fixture_node(&scene->fixture, "sdx", 0))
		skip();
	fixture_process(&scene->fixture, (long)getpid(), "haiki", 1);
	(void)snprintf(path, sizeof(path), "proc/%ld/fd/3", (long)getpid());
	fixture_link(&scene->fixture, path, "../../../dev/sdx");
	guard_passes(scene);
}

static void descriptors_that_cannot_be_seen_mean_open(void **state)
{
	struct guard_scene *scene = *state;

	fixture_process(&scene->fixture, 42, "secret", 1);
	fixture_remove(&scene->fixture, "proc/42/fd");
	NOT_MADE_BY(scene, "opened", "42");
	fixture_write(&scene->fixture, "proc/42/stat", "42 (secret) Z 0 0\n");
	guard_passes(scene);
}

/* A thread of the process, beside its first one. */
static void add_thread(struct guard_scene *scene, long pid, long thread, const char *state)
{
	char path[PATH_MAX], text[64];

	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/fd", pid, thread);
	fixture_folder(&scene->fixture, path);
	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/stat", pid, thread);
	(void)snprintf(text, sizeof(text), "%ld (worker) %s 0 0\n", thread, state);
	fixture_write(&scene->fixture, path, text);
	(void)snprintf(path, sizeof(path), "proc/%ld/task/%ld/mountinfo", pid, thread);
	fixture_write(&scene->fixture, path, FIXTURE_MOUNTINFO);
	(void)snprintf(path, sizeof(path), "proc/%ld/maps", thread);
	fixture_write(&scene->fixture, path, "");
}

/* The first thread ended, and the process goes on without it. */
static void a_thread_that_outlives_the_first_is_looked_at(void **state)
{
	struct guard_scene *scene = *state;

	if (!fixture_node(&scene->fixture, "sdx", 0))
		skip();
	fixture_process(&scene->fixture, 42, "daemon", 1);
	fixture_remove(&scene->fixture, "proc/42/fd");
	fixture_remove(&scene->fixture, "proc/42/mountinfo");
	fixture_write(&scene->fixture, "proc/42/stat", "42 (daemon) Z 0 0\n");
	add_thread(scene, 42, 50, "S");
	guard_passes(scene);
	fixture_link(&scene->fixture, "proc/42/task/50/fd/3", "../../../../../dev/sdx");
	REFUSED_BY(scene, "opened", "daemon", "42", "sdx");
	fixture_remove(&scene->fixture, "proc/42/task/50/fd");
	NOT_MADE_BY(scene, "opened", "42");
	fixture_write(&scene->fixture, "proc/42/task/50/stat", "50 (worker) X 0 0\n");
	guard_passes(scene);
	/* Its threads cannot be listed: that is no proof that it has none. */
	fixture_remove(&scene->fixture, "proc/42/task");
	fixture_write(&scene->fixture, "proc/42/task", "");
	guard_look(scene, "ZA1");
	assert_int_equal(guard_finding_of(&scene->report, "opened")->result, GUARD_NOT_MADE);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

static void a_mount_that_only_one_thread_sees_is_seen(void **state)
{
	struct guard_scene *scene = *state;

	fixture_process(&scene->fixture, 42, "runtime", 1);
	add_thread(scene, 42, 50, "S");
	fixture_write(&scene->fixture, "proc/42/task/50/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /data rw - ext4 /dev/sdx1 rw\n");
	REFUSED_BY(scene, "mounted", "sdx1", "/data", "42", "runtime");
}

/* The mapping is all that is left: the descriptor was closed. */
static void whoever_has_it_mapped_is_named(void **state)
{
	struct guard_scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;

	if (!fixture_node(fixture, "sdx", 0) || !fixture_node(fixture, "sdx1", 1) ||
		!fixture_node(fixture, "other", 16))
		skip();
	fixture_process(fixture, 42, "database", 1);
	fixture_write(fixture, "proc/42/maps",
		FIXTURE_MAPS
		"00400000-00401000 r--p 00000000 fe:01 77    /usr/bin/database (deleted)\n"
		"7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/other\n"
		"7f0000200000-7f0000300000 r--s 00100000 00:05 9     /dev/other\n");
	fixture_link(fixture, "proc/42/map_files/400000-401000", "/dev/null");
	fixture_link(fixture, "proc/42/map_files/7f0000000000-7f0000100000", "../../../dev/other");
	guard_passes(scene); /* the third is of the same file as the second */
	fixture_write(fixture, "proc/42/maps",
		FIXTURE_MAPS "7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/other\n"
			     "7f0000400000-7f0000500000 rw-s 00000000 00:05 10    /dev/sdx1\n");
	fixture_link(fixture, "proc/42/map_files/7f0000400000-7f0000500000", "../../../dev/sdx1");
	REFUSED_BY(scene, "opened", "database", "42", "root", "sdx1 mapped");
}

static void mappings_that_cannot_be_seen_mean_mapped(void **state)
{
	struct guard_scene *scene = *state;
	const struct fixture_system *fixture = &scene->fixture;
	static const char *const texts[] = { "nonsense\n",
		"7f0000000000-7f0000100000 rw-s 00000000 00:05\n",
		/* Nowhere under map_files, however often it is looked for. */
		"7f0000000000-7f0000100000 rw-s 00000000 00:05 9     /dev/sdx\n" };

	fixture_process(fixture, 42, "secret", 1);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fixture_write(fixture, "proc/42/maps", texts[i]);
		NOT_MADE_BY(scene, "opened", "42", "mapped");
	}
	fixture_write(fixture, "proc/42/maps", FIXTURE_MAPS);
	guard_passes(scene);
	fixture_remove(fixture, "proc/42/map_files");
	NOT_MADE_BY(scene, "opened", "42", "mapped");
	fixture_write(fixture, "proc/42/maps", ""); /* the kernel's own processes have no memory */
	guard_passes(scene);
	fixture_remove(fixture, "proc/42/maps");
	NOT_MADE_BY(scene, "opened", "42", "mapped");
	fixture_write(fixture, "proc/42/stat", "42 (secret) Z 0 0\n");
	guard_passes(scene);
}

static void look_vouched(struct guard_scene *scene)
{
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = "ZA1",
		.require_serial = true,
		.store = scene->store,
		.outside_vouched = true,
		.paths = &scene->fixture.paths };

	guard_check(&subject, &scene->report);
}

/* In a container the processes outside are not to be seen; they may have the drive open. */
static void processes_outside_the_namespace_are_not_taken_for_absent(void **state)
{
	struct guard_scene *scene = *state;
	static const char *const checks[] = { "mounted", "opened" };

	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	fixture_link(&scene->fixture, "proc/self/ns/pid", "pid:[4026532177]");
	guard_look(scene, "ZA1");
	assert_false(scene->report.allowed);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct guard_finding *it = guard_finding_of(&scene->report, checks[i]);
		assert_int_equal(it->result, GUARD_NOT_MADE);
		assert_non_null(strstr(it->detail, "outside this PID namespace"));
	}
	/* Vouched for, it passes, and says what that rests on. */
	look_vouched(scene);
	assert_true(scene->report.allowed);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		assert_non_null(
			strstr(guard_finding_of(&scene->report, checks[i])->detail, "vouches"));
	assert_string_equal(guard_finding_of(&scene->report, "swap")->detail, "");
	AUTO_JSON json_t *json = NULL;
	struct error error = { 0 };
	assert_int_equal(guard_to_json(&scene->report, &json), 0);
	assert_string_equal(json_string_value(json_object_get(json, "result")), "passed");
	assert_int_equal(evidence_check_event(json, false, &error), 0);
	/* What is seen inside is not vouched away. */
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:1 / /srv rw - ext4 /dev/sdx1 rw\n");
	look_vouched(scene);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_REFUSED);
	assert_null(strstr(guard_finding_of(&scene->report, "mounted")->detail, "vouches"));
	assert_false(scene->report.allowed);
}

/* Not to know the namespace is more than can be vouched for. */
static void an_unknown_namespace_is_not_vouched_for(void **state)
{
	struct guard_scene *scene = *state;

	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	look_vouched(scene);
	assert_false(scene->report.allowed);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
	assert_int_equal(guard_finding_of(&scene->report, "opened")->result, GUARD_NOT_MADE);
	fixture_link(&scene->fixture, "proc/self/ns/pid", "elsewhere");
	look_vouched(scene);
	assert_false(scene->report.allowed);
	fixture_remove(&scene->fixture, "proc/self/ns/pid");
	/* In the first namespace there is nothing to vouch for. */
	fixture_link(&scene->fixture, "proc/self/ns/pid", "pid:[4026531836]");
	look_vouched(scene);
	assert_true(scene->report.allowed);
	assert_string_equal(guard_finding_of(&scene->report, "opened")->detail, "");
}

/* As somebody to whom the kernel does not show others' descriptors. */
static void without_the_right_to_look_nothing_is_free(void **state)
{
	struct guard_scene *scene = *state;
	char path[PATH_MAX];

	if (geteuid() != 0)
		skip();
	fixture_process(&scene->fixture, 42, "secret", 2);
	(void)snprintf(path, sizeof(path), "%s/proc/42/fd", scene->fixture.root);
	assert_int_equal(chmod(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/42/mountinfo", scene->fixture.root);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(scene->fixture.root, 0755), 0);
	assert_int_equal(setresuid((uid_t)-1, 65534, (uid_t)-1), 0);
	guard_look(scene, "ZA1");
	assert_int_equal(setresuid((uid_t)-1, 0, (uid_t)-1), 0);
	assert_false(scene->report.allowed);
	assert_int_equal(guard_finding_of(&scene->report, "opened")->result, GUARD_NOT_MADE);
	assert_int_equal(guard_finding_of(&scene->report, "mounted")->result, GUARD_NOT_MADE);
}

/* Thousands of processes in one namespace: its table is read once, not thousands of times. */
static void many_processes_of_one_namespace_are_one_mount_table(void **state)
{
	struct guard_scene *scene = *state;

	for (long pid = 100; pid < 3100; pid++)
		fixture_process(&scene->fixture, pid, "worker", 1);
	/* Not read again: this table alone would refuse. A namespace has one table. */
	fixture_write(&scene->fixture, "proc/2000/mountinfo", "garbage\n");
	guard_passes(scene);
	fixture_remove(&scene->fixture, "proc/2000/ns/mnt");
	NOT_MADE_BY(scene, "mounted", "2000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GUARD_SCENE(whoever_sends_it_commands_is_named),
		WITH_GUARD_SCENE(whoever_has_it_open_is_named),
		WITH_GUARD_SCENE(our_own_descriptors_do_not_count),
		WITH_GUARD_SCENE(descriptors_that_cannot_be_seen_mean_open),
		WITH_GUARD_SCENE(whoever_has_it_mapped_is_named),
		WITH_GUARD_SCENE(mappings_that_cannot_be_seen_mean_mapped),
		WITH_GUARD_SCENE(a_thread_that_outlives_the_first_is_looked_at),
		WITH_GUARD_SCENE(a_mount_that_only_one_thread_sees_is_seen),
		WITH_GUARD_SCENE(processes_outside_the_namespace_are_not_taken_for_absent),
		WITH_GUARD_SCENE(an_unknown_namespace_is_not_vouched_for),
		WITH_GUARD_SCENE(without_the_right_to_look_nothing_is_free),
		WITH_GUARD_SCENE(many_processes_of_one_namespace_are_one_mount_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
