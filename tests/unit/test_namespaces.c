/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other namespaces of an NVMe drive, on machines made of files: found however the kernel lays them
 * out, and the guard lets none be erased along that is in use, held, another tenant's or not here. */
#include "device/identity/siblings.h"

#include "inventory/assets/drive_labels.h"
#include "inventory/assets/drive_tenants.h"
#include "inventory/custody/holds.h"
#include "tests/support/fixture_system.h"
#include "tests/support/model_nvme.h"
#include "wipe/guard/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAJOR 240
#define SUBSYSTEM "nvme-subsys0"
#define SERIAL "HM-unit" /* the drive model's */

/* nvme0n1 (240:100) and nvme0n2 (240:101) of controller nvme0, on a machine where nothing uses them. */
struct scene {
	struct fixture_system fixture;
	struct model_nvme nvme;
	struct drive drive;
	struct store *store;
	struct guard_report report;
	int64_t other_id; /* nvme0n2 in the store */
};

/* ---- the kernel's tree ---- */

static void write_at(const struct fixture_system *fixture, const char *folder, const char *name,
	const char *text)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "sys/%s/%s", folder, name);
	fixture_write(fixture, path, text);
}

static void link_at(const struct fixture_system *fixture, const char *folder, const char *name,
	const char *target)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "sys/%s/%s", folder, name);
	fixture_link(fixture, path, target);
}

static void add_subsystem(const struct fixture_system *fixture, const char *subsystem)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "sys/class/nvme-subsystem/%s", subsystem);
	fixture_folder(fixture, path);
}

static void add_controller(
	const struct fixture_system *fixture, const char *subsystem, const char *name)
{
	char folder[512], class[512], target[512];
	(void)snprintf(folder, sizeof(folder), "devices/%s", name);
	(void)snprintf(class, sizeof(class), "class/nvme-subsystem/%s", subsystem);
	(void)snprintf(target, sizeof(target), "../../../devices/%s", name);
	add_subsystem(fixture, subsystem);
	write_at(fixture, folder, "serial", SERIAL "             \n");
	write_at(fixture, folder, "model", "SAMPLE\n");
	link_at(fixture, folder, "subsystem", "../../class/nvme");
	link_at(fixture, class, name, target);
}

static void add_namespace(const struct fixture_system *fixture, const char *controller,
	const char *name, unsigned minor_number, unsigned id)
{
	char folder[512], target[512], text[64];
	fixture_disk(fixture, name, minor_number);
	(void)snprintf(folder, sizeof(folder), "block/%s", name);
	(void)snprintf(text, sizeof(text), "%u\n", id);
	write_at(fixture, folder, "nsid", text);
	(void)snprintf(text, sizeof(text), "eui.00000000000000%02u\n", id);
	write_at(fixture, folder, "wwid", text);
	(void)snprintf(target, sizeof(target), "../../devices/%s", controller);
	link_at(fixture, folder, "device", target);
	(void)snprintf(folder, sizeof(folder), "devices/%s", controller);
	(void)snprintf(target, sizeof(target), "../../block/%s", name);
	link_at(fixture, folder, name, target);
}

/* ---- the scene ---- */

static int64_t record(struct scene *scene, const struct drive_identity *identity)
{
	const struct native_capacity native = { NATIVE_NVME_SIZE, 32 * KIB, 512 };
	const struct signature_list nothing = { .count = 0 };
	const struct drive_seen seen = { .identity = identity,
		.native = &native,
		.signatures = &nothing,
		.host = "host",
		.utc_ms = 1000 };
	struct error error = { 0 };
	int64_t id = 0;
	assert_int_equal(drives_record(scene->store, &seen, &id, &error), 0);
	return id;
}

static struct drive_identity identity_of(unsigned minor_number, unsigned id)
{
	struct drive_identity identity = { .serial = SERIAL,
		.model = "SAMPLE",
		.transport = TRANSPORT_NVME,
		.media = MEDIA_FLASH,
		.zoned = ZONED_NONE,
		.capacity_bytes = 32 * KIB,
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 512,
		.devnum = makedev(MAJOR, minor_number) };
	(void)snprintf(identity.wwn, sizeof(identity.wwn), "eui.00000000000000%02u", id);
	(void)snprintf(identity.name, sizeof(identity.name), "nvme0n%u", id);
	return identity;
}

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct error error = { 0 };
	char path[PATH_MAX];
	assert_non_null(scene);
	fixture_begin(&scene->fixture);
	add_controller(&scene->fixture, SUBSYSTEM, "nvme0");
	add_namespace(&scene->fixture, "nvme0", "nvme0n1", 100, 1);
	add_namespace(&scene->fixture, "nvme0", "nvme0n2", 101, 2);
	model_nvme_start(&scene->nvme, "two-tenants", 64 * KIB);
	(void)snprintf(path, sizeof(path), "%s/store/haiki.db", scene->fixture.root);
	assert_int_equal(store_open(path, STORE_WRITE, &scene->store, &error), 0);
	scene->drive.fd = -1;
	scene->drive.identity = identity_of(100, 1);
	(void)record(scene, &scene->drive.identity);
	const struct drive_identity other = identity_of(101, 2);
	scene->other_id = record(scene, &other);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;
	store_close(scene->store);
	model_nvme_end(&scene->nvme);
	fixture_end(&scene->fixture);
	free(scene);
	return 0;
}

/* ---- siblings ---- */

static int list(struct scene *scene, struct sibling_list *ret)
{
	struct error error = { 0 };
	int result = siblings_list(&scene->drive.identity, &scene->fixture.paths, ret, &error);
	assert_int_equal(error.kind != ERROR_NONE, result < 0);
	return result;
}

static const struct sibling *named(const struct sibling_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	fail_msg("no %s in the list", name);
	abort();
}

static void test_of_one_controller(void **state)
{
	struct scene *scene = *state;
	AUTO_SIBLINGS struct sibling_list found = { 0 };
	char path[128];
	/* A drive of its own, which has a namespace of the same number. */
	add_controller(&scene->fixture, "nvme-subsys1", "nvme1");
	add_namespace(&scene->fixture, "nvme1", "nvme1n1", 110, 1);
	assert_int_equal(list(scene, &found), 0);
	assert_int_equal(found.own_namespace_id, 1);
	assert_int_equal(found.count, 1);
	const struct sibling *other = named(&found, "nvme0n2");
	assert_true(other->devnum == makedev(MAJOR, 101));
	assert_int_equal(other->namespace_id, 2);
	(void)snprintf(path, sizeof(path), "%s/nvme0n2", scene->fixture.dev);
	assert_string_equal(other->path, path);
}

/* Two controllers; a namespace need not be named as the one that it hangs on. */
static void test_of_two_controllers(void **state)
{
	struct scene *scene = *state;
	AUTO_SIBLINGS struct sibling_list found = { 0 };
	add_controller(&scene->fixture, SUBSYSTEM, "nvme7");
	add_namespace(&scene->fixture, "nvme7", "nvme1n9", 120, 9);
	assert_int_equal(list(scene, &found), 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(named(&found, "nvme1n9")->namespace_id, 9);
	(void)named(&found, "nvme0n2");
}

/* With multipath the devices lie in the subsystem, and the controllers have paths without a node. */
static void test_multipath(void **state)
{
	struct scene *scene = *state;
	AUTO_SIBLINGS struct sibling_list found = { 0 };
	static const char *const paths[] = { "nvme0c0n4", "nvme0c0n5" };
	fixture_disk(&scene->fixture, "nvme0n4", 130);
	write_at(&scene->fixture, "block/nvme0n4", "nsid", "4\n");
	link_at(&scene->fixture, "class/nvme-subsystem/" SUBSYSTEM, "nvme0n4",
		"../../../block/nvme0n4");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char folder[64];
		(void)snprintf(folder, sizeof(folder), "devices/nvme0/%s", paths[i]);
		write_at(&scene->fixture, folder, "nsid", i == 0 ? "4\n" : "5\n");
	}
	assert_int_equal(list(scene, &found), 0);
	assert_int_equal(found.count, 3);
	assert_true(named(&found, "nvme0n4")->devnum == makedev(MAJOR, 130));
	/* A path whose device is not there is a namespace that cannot be looked at. */
	assert_true(named(&found, "nvme0c0n5")->devnum == 0);
	assert_int_equal(named(&found, "nvme0c0n5")->namespace_id, 5);
	assert_string_equal(named(&found, "nvme0c0n5")->path, "");
}

static void test_what_is_no_namespace(void **state)
{
	struct scene *scene = *state;
	AUTO_SIBLINGS struct sibling_list found = { 0 };
	scene->drive.identity.transport = TRANSPORT_ATA;
	assert_int_equal(list(scene, &found), 0);
	assert_int_equal(found.count, 0);
}

static void test_a_tree_that_does_not_say(void **state)
{
	struct scene *scene = *state;
	AUTO_SIBLINGS struct sibling_list found = { 0 };
	scene->drive.identity.devnum = makedev(MAJOR, 99);
	assert_int_equal(list(scene, &found), -ENOENT);
	scene->drive.identity.devnum = 0;
	assert_int_equal(list(scene, &found), -ENODEV);
	scene->drive.identity.devnum = makedev(MAJOR, 100);
	/* The same device in two subsystems. */
	add_subsystem(&scene->fixture, "nvme-subsys3");
	link_at(&scene->fixture, "class/nvme-subsystem/nvme-subsys3", "nvme0n1",
		"../../../block/nvme0n1");
	assert_int_equal(list(scene, &found), -ENOTUNIQ);
	fixture_remove(&scene->fixture, "sys/class/nvme-subsystem");
	assert_int_equal(list(scene, &found), -ENOENT);
}

/* ---- the guard ---- */

static const struct guard_finding *look(struct scene *scene, bool whole_subsystem)
{
	const struct guard_subject subject = { .drive = &scene->drive,
		.expected_serial = scene->drive.identity.wwn,
		.require_serial = true,
		.store = scene->store,
		.whole_subsystem = whole_subsystem,
		.nvme = &scene->nvme.transport,
		.paths = &scene->fixture.paths };
	guard_check(&subject, &scene->report);
	for (size_t i = 0; i < scene->report.count; i++)
		if (strcmp(scene->report.findings[i].check, "namespaces") == 0)
			return &scene->report.findings[i];
	return NULL;
}

static void passes(struct scene *scene, const char *said)
{
	const struct guard_finding *finding = look(scene, true);
	if (!scene->report.allowed)
		for (size_t i = 0; i < scene->report.count; i++)
			print_message("%s: %s\n", scene->report.findings[i].check,
				scene->report.findings[i].detail);
	assert_int_equal(finding->result, GUARD_PASSED);
	assert_non_null(strstr(finding->detail, said));
	assert_true(scene->report.allowed);
}

/* This namespace alone may still be erased; the whole drive may not. */
static void refused(struct scene *scene, enum guard_result result, const char *said)
{
	assert_null(look(scene, false));
	const struct guard_finding *finding = look(scene, true);
	if (finding->result != result || !strstr(finding->detail, said))
		print_message("%d %s\n", (int)finding->result, finding->detail);
	assert_int_equal(finding->result, result);
	assert_non_null(strstr(finding->detail, said));
	assert_false(scene->report.allowed);
}

static void test_free_ones_are_erased_along(void **state)
{
	passes(*state, "along: nvme0n2");
}

static void test_a_drive_of_one_namespace(void **state)
{
	struct scene *scene = *state;
	fixture_remove(&scene->fixture, "sys/devices/nvme0/nvme0n2");
	model_nvme_end(&scene->nvme);
	model_nvme_start(&scene->nvme, "honest", 64 * KIB);
	passes(scene, "no other namespace");
}

static void test_one_that_is_mounted(void **state)
{
	struct scene *scene = *state;
	if (!fixture_node(&scene->fixture, "nvme0n2", 101))
		skip();
	fixture_write(&scene->fixture, "proc/self/mountinfo",
		FIXTURE_MOUNTINFO "30 28 240:101 / /data rw - ext4 /dev/nvme0n2 rw\n");
	refused(scene, GUARD_REFUSED, "nvme0n2 (mounted)");
}

static void test_one_that_something_stands_on(void **state)
{
	struct scene *scene = *state;
	fixture_disk(&scene->fixture, "md0", 9);
	fixture_stack(&scene->fixture, "nvme0n2", "md0");
	refused(scene, GUARD_REFUSED, "nvme0n2 (holders)");
}

static void test_one_that_swaps(void **state)
{
	struct scene *scene = *state;
	if (!fixture_node(&scene->fixture, "nvme0n2", 101))
		skip();
	fixture_write(
		&scene->fixture, "proc/swaps", FIXTURE_SWAPS "/dev/nvme0n2 partition 1024 0 -2\n");
	refused(scene, GUARD_REFUSED, "nvme0n2 (swap)");
}

static void test_one_that_is_held(void **state)
{
	struct scene *scene = *state;
	const struct subject held = { SUBJECT_DRIVE, scene->other_id };
	struct error error = { 0 };
	assert_int_equal(holds_place(scene->store, &held, "District Court", "case 17",
				 "user:root (0)", 2000, NULL, &error),
		0);
	const struct guard_finding *finding = look(scene, true);
	assert_int_equal(finding->result, GUARD_REFUSED);
	assert_non_null(strstr(finding->detail, "nvme0n2 (hold)"));
	AUTO_JSON json_t *json = NULL;
	assert_int_equal(guard_to_json(&scene->report, &json), 0);
	AUTO_FREE char *text = json_dumps(json, 0);
	assert_non_null(strstr(text, "nvme0n2: H1"));
	assert_null(strstr(text, "District Court"));
	assert_null(strstr(text, "case 17"));
}

static void label(struct scene *scene, int64_t id, const char *tenant, const char *service)
{
	struct error error = { 0 };
	assert_int_equal(
		drives_set_labels(scene->store, id, "", "", tenant, service, 3000, &error), 0);
}

static void test_one_of_another_tenant(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	int64_t own_id = 0;
	label(scene, scene->other_id, "beta", "");
	refused(scene, GUARD_REFUSED, "another tenant (beta)");
	/* The record goes to the tenant of the drive that was named. */
	AUTO_JSON json_t *json = NULL;
	assert_int_equal(guard_to_json(&scene->report, &json), 0);
	AUTO_FREE char *text = json_dumps(json, 0);
	assert_non_null(strstr(text, "nvme0n2: another tenant"));
	assert_null(strstr(text, "beta"));

	assert_int_equal(drives_id_of(scene->store, &scene->drive.identity, &own_id, &error), 0);
	label(scene, own_id, "alpha", "");
	refused(scene, GUARD_REFUSED, "another tenant (beta)");
	label(scene, own_id, "beta", "");
	passes(scene, "along: nvme0n2");
}

static void test_one_of_an_unknown_service(void **state)
{
	struct scene *scene = *state;
	label(scene, scene->other_id, "", "svc-9");
	refused(scene, GUARD_REFUSED, "svc-9");
}

static void test_one_that_nobody_knows(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	int64_t changed = 0;
	assert_int_equal(store_execute(scene->store,
				 "UPDATE drive SET probed_utc_ms = 0 WHERE wwn LIKE '%02'", NULL, 0,
				 &changed, &error),
		0);
	assert_int_equal(changed, 1);
	refused(scene, GUARD_REFUSED, "could not be looked at");
	write_at(&scene->fixture, "block/nvme0n2", "wwid", "eui.0000000000000099\n");
	refused(scene, GUARD_REFUSED, "does not know /dev/nvme0n2");
	store_close(scene->store);
	scene->store = NULL;
	assert_int_equal(look(scene, true)->result, GUARD_NOT_MADE);
}

static void test_one_without_a_wwn(void **state)
{
	struct scene *scene = *state;
	write_at(&scene->fixture, "block/nvme0n2", "wwid", "eui.0000000000000000\n");
	refused(scene, GUARD_REFUSED, "no WWN");
}

/* The drive has more than the kernel shows. */
static void test_one_that_is_not_attached(void **state)
{
	struct scene *scene = *state;
	model_nvme_add_unattached(&scene->nvme, 1);
	refused(scene, GUARD_REFUSED, "a namespace 3 ");
}

static void test_one_that_the_kernel_does_not_show(void **state)
{
	struct scene *scene = *state;
	fixture_remove(&scene->fixture, "sys/devices/nvme0/nvme0n2");
	refused(scene, GUARD_REFUSED, "a namespace 2 ");
}

static void test_one_without_a_block_device(void **state)
{
	struct scene *scene = *state;
	fixture_remove(&scene->fixture, "sys/block/nvme0n2/dev");
	assert_int_equal(look(scene, true)->result, GUARD_REFUSED);
	assert_non_null(strstr(look(scene, true)->detail, "a namespace 2 "));
	assert_non_null(strstr(look(scene, true)->detail, "nvme0n2"));
}

/* "false success 15": the fd's controller and namespace are those of the drive that was named. */
static void test_another_controller(void **state)
{
	struct scene *scene = *state;
	model_nvme_obey(&scene->nvme, "name elsewhere");
	refused(scene, GUARD_REFUSED, "\"HM-elsewhere\"");
	model_nvme_obey(&scene->nvme, "name unit");
	passes(scene, "along: nvme0n2");
	scene->nvme.namespace_id = 2;
	refused(scene, GUARD_REFUSED, "namespace 2, and the kernel's tree says 1");
}

static void test_a_drive_that_does_not_answer(void **state)
{
	struct scene *scene = *state;
	bool failed = true;
	for (unsigned fails_at = 1; failed; fails_at++) {
		scene->nvme.calls = 0;
		scene->nvme.sent_count = 0;
		scene->nvme.fails_at = fails_at;
		const struct guard_finding *finding = look(scene, true);
		failed = scene->nvme.calls >= fails_at;
		assert_int_equal(finding->result, failed ? GUARD_NOT_MADE : GUARD_PASSED);
	}
}

static void test_what_is_not_nvme(void **state)
{
	struct scene *scene = *state;
	scene->drive.identity.transport = TRANSPORT_SCSI;
	refused(scene, GUARD_NOT_MADE, "NVMe");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_of_one_controller),
		TEST(test_of_two_controllers),
		TEST(test_multipath),
		TEST(test_what_is_no_namespace),
		TEST(test_a_tree_that_does_not_say),
		TEST(test_free_ones_are_erased_along),
		TEST(test_a_drive_of_one_namespace),
		TEST(test_one_that_is_mounted),
		TEST(test_one_that_something_stands_on),
		TEST(test_one_that_swaps),
		TEST(test_one_that_is_held),
		TEST(test_one_of_another_tenant),
		TEST(test_one_of_an_unknown_service),
		TEST(test_one_that_nobody_knows),
		TEST(test_one_without_a_wwn),
		TEST(test_one_that_is_not_attached),
		TEST(test_one_that_the_kernel_does_not_show),
		TEST(test_one_without_a_block_device),
		TEST(test_another_controller),
		TEST(test_a_drive_that_does_not_answer),
		TEST(test_what_is_not_nvme),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
