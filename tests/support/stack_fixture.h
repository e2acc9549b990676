/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine made of files with drives, arrays and mapped devices on each other, and what is read
 * from it. What is asked for and is not there fails the running test. */
#ifndef HAIKI_TESTS_SUPPORT_STACK_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_STACK_FIXTURE_H

#include "inventory/scan/scan.h"
#include "inventory/scan/stack.h"
#include "tests/support/fixture_system.h"

#define VG "AAAAAAbbbbCCCCddddEEEEffffGGGGGG"
#define LV(letter) VG letter "11111bbbbCCCCddddEEEEffffGGGGGG"
#define VG_DASHED "AAAAAA-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG"
#define LV_DASHED(letter) letter "11111-bbbb-CCCC-dddd-EEEE-ffff-GGGGGG"
#define LV_KEY(letter) "lvm:" VG_DASHED "/" LV_DASHED(letter)
#define ARRAY_UUID "01234567-89ab-cdef-0123-456789abcdef"

struct stack_scene {
	struct fixture_system fixture;
	struct stack stack;
	struct found_list found;
	unsigned minor;
};

/* cmocka setup and teardown: *state is a struct stack_scene. */
int stack_scene_begin(void **state);
int stack_scene_end(void **state);
#define WITH_STACK_SCENE(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, stack_scene_begin, stack_scene_end)

/* ---- making ---- */

/* A file of this text; its path by a format. */
void PRINTF_LIKE(3, 4)
	plant_attribute(struct stack_scene *scene, const char *text, const char *format, ...);
void plant_disk(struct stack_scene *scene, const char *name);
void plant_partition(struct stack_scene *scene, const char *of, unsigned number);
/* An array of so many members, clean and idle, of the UUID above. */
void plant_md(struct stack_scene *scene, const char *name, const char *level, unsigned disks);
/* lower is a disk or, as "disk/partition", a partition; slot and words as sysfs has them. */
void plant_member(struct stack_scene *scene, const char *array, const char *lower, const char *slot,
	const char *words);
void plant_dm(struct stack_scene *scene, const char *name, const char *uuid, const char *title);
/* A drive that a scan has found, with one signature. */
struct signature *plant_signature(struct stack_scene *scene, const char *name,
	unsigned partition_number, enum signature_usage usage, const char *type, const char *uuid,
	const char *detail);

/* Reads what was made, anew. */
void read_stack(struct stack_scene *scene);

/* ---- asking ---- */

size_t node_named(const struct stack_scene *scene, const char *name);
size_t volume_of_key(const struct stack_scene *scene, const char *key);
/* NULL: upper does not stand on lower. */
const struct stack_edge *edge_between(const struct stack_scene *scene, size_t upper, size_t lower);
#define STANDS(upper, lower) assert_non_null(edge_between(scene, upper, lower))
#define STANDS_NOT(upper, lower) assert_null(edge_between(scene, upper, lower))
/* On how many it stands. */
size_t edges_of(const struct stack_scene *scene, size_t upper);

#endif
