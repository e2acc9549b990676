/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive on a machine made of files, and what the guard says of it. Expectations fail the running
 * test. */
#ifndef HAIKI_TESTS_SUPPORT_GUARD_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_GUARD_FIXTURE_H

#include "tests/support/fixture_system.h"
#include "wipe/guard/guard_checks.h"

/* sdx (240:0) with sdx1 (240:1), on a machine where nothing uses it. */
struct guard_scene {
	struct fixture_system fixture;
	struct drive drive;
	struct store *store;
	struct guard_report report;
};

/* cmocka setup and teardown: *state is a struct guard_scene. */
int guard_scene_begin(void **state);
int guard_scene_end(void **state);
#define WITH_GUARD_SCENE(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, guard_scene_begin, guard_scene_end)

/* Makes the report, for a drive that was named by this serial; NULL: by none. */
void guard_look(struct guard_scene *scene, const char *expected_serial);
/* What this check said; there must be one. */
const struct guard_finding *guard_finding_of(const struct guard_report *report, const char *check);

/* Looks: no check stops the drive, and none says anything. */
void guard_passes(struct guard_scene *scene);
/* Looks: this check and no other stops the drive, and says so. said: parts of the text,
 * NULL-terminated. */
void guard_refused_by(struct guard_scene *scene, const char *check, enum guard_result result,
	const char *const said[]);
#define REFUSED_BY(scene, check, ...)                                                              \
	guard_refused_by(scene, check, GUARD_REFUSED, (const char *const[]){ __VA_ARGS__, NULL })
#define NOT_MADE_BY(scene, check, ...)                                                             \
	guard_refused_by(scene, check, GUARD_NOT_MADE, (const char *const[]){ __VA_ARGS__, NULL })

#endif
