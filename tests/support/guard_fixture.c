/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive on a machine made of files, and what the guard says of it. */
#include "tests/support/guard_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static struct store *open_store(const struct fixture_system *fixture)
{
	struct store *store = NULL;
	struct error error = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/store/haiki.db", fixture->root);
	assert_int_equal(store_open(path, STORE_WRITE, &store, &error), 0);
	return store;
}

int guard_scene_begin(void **state)
{
	struct guard_scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	fixture_begin(&scene->fixture);
	fixture_disk(&scene->fixture, "sdx", 0);
	fixture_partition(&scene->fixture, "sdx", "sdx1", 1, 2048);
	scene->store = open_store(&scene->fixture);
	scene->drive.fd = -1;
	scene->drive.identity = (struct drive_identity){ .wwn = "naa.5000c500a1b2c3d4",
		.serial = "ZA1",
		.model = "SAMPLE",
		.transport = TRANSPORT_SCSI,
		.media = MEDIA_MAGNETIC,
		.zoned = ZONED_NONE,
		.capacity_bytes = 1 * GIB,
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 512,
		.name = "sdx",
		.devnum = makedev(240, 0) };
	*state = scene;
	return 0;
}

int guard_scene_end(void **state)
{
	struct guard_scene *scene = *state;

	store_close(scene->store);
	if (scene->drive.fd >= 0)
		assert_int_equal(close(scene->drive.fd), 0);
	fixture_end(&scene->fixture);
	free(scene);
	return 0;
}

const struct guard_finding *guard_finding_of(const struct guard_report *report, const char *check)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].check, check) == 0)
			return &report->findings[i];
	fail_msg("the report has no check %s", check);
	abort();
}

void guard_look(struct guard_scene *scene, const char *expected_serial)
{
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = expected_serial,
		.require_serial = true,
		.store = scene->store,
		.paths = &scene->fixture.paths };

	guard_check(&subject, &scene->report);
}

void guard_refused_by(struct guard_scene *scene, const char *check, enum guard_result result,
	const char *const said[])
{
	guard_look(scene, "ZA1");
	assert_false(scene->report.allowed);
	for (size_t i = 0; i < scene->report.count; i++) {
		const struct guard_finding *each = &scene->report.findings[i];
		bool is_it = strcmp(each->check, check) == 0;
		if (is_it != (each->result != GUARD_PASSED))
			print_message("%s: %s\n", each->check, each->detail);
		assert_int_equal(each->result, is_it ? result : GUARD_PASSED);
	}
	for (size_t i = 0; said[i]; i++) {
		if (!strstr(guard_finding_of(&scene->report, check)->detail, said[i]))
			print_message("%s\n", guard_finding_of(&scene->report, check)->detail);
		assert_non_null(strstr(guard_finding_of(&scene->report, check)->detail, said[i]));
	}
}

void guard_passes(struct guard_scene *scene)
{
	guard_look(scene, "ZA1");
	for (size_t i = 0; i < scene->report.count; i++) {
		if (scene->report.findings[i].result != GUARD_PASSED)
			print_message("%s: %s\n", scene->report.findings[i].check,
				scene->report.findings[i].detail);
		assert_int_equal(scene->report.findings[i].result, GUARD_PASSED);
		assert_string_equal(scene->report.findings[i].detail, "");
	}
	assert_true(scene->report.allowed);
}
