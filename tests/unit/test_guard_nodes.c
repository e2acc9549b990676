/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which character devices commands reach a drive: SCSI, NVMe with and without multipath. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/fixture_system.h"
#include "wipe/guard/guard_checks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#define SUBSYSTEM "sys/devices/virtual/nvme-subsystem/nvme-subsys1"

static struct fixture_system fixture;

static int begin(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	fixture_begin(&fixture);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fixture_end(&fixture);
	return 0;
}

/* What is found for the disk 240:1 of this name; -errno. */
static int look(const char *name, enum family_kind kind, struct command_nodes *ret)
{
	struct family_member member = { .kind = kind, .number = makedev(240, 1) };
	struct guard_context context = {
		.paths = fixture.paths, .family = &member, .family_count = 1, .family_known = true
	};

	(void)snprintf(member.name, sizeof(member.name), "%s", name);
	return command_nodes_read(&context, ret);
}

static void expect(const struct command_nodes *nodes, unsigned minor, const char *name)
{
	const struct command_node *node = command_nodes_find(nodes, makedev(21, minor));

	assert_non_null(node);
	assert_string_equal(node->name, name);
}

static void a_scsi_drive(void **state)
{
	struct command_nodes nodes = { 0 };

	(void)state;
	fixture_disk(&fixture, "sdx", 1);
	assert_int_equal(look("sdx", FAMILY_DRIVE, &nodes), 0);
	assert_int_equal(nodes.count, 0);
	fixture_write(&fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "21:3\n");
	fixture_write(&fixture, "sys/block/sdx/device/bsg/0:0:1:0/dev", "21:4\n");
	assert_int_equal(look("sdx", FAMILY_OTHER_PATH, &nodes), 0);
	assert_int_equal(nodes.count, 2);
	expect(&nodes, 3, "sg3");
	expect(&nodes, 4, "0:0:1:0");
	assert_null(command_nodes_find(&nodes, makedev(21, 5)));
	command_nodes_free(&nodes);
	assert_int_equal(look("sdx", FAMILY_STACKED, &nodes), 0);
	assert_int_equal(nodes.count, 0);
}

static void an_nvme_drive(void **state)
{
	struct command_nodes nodes = { 0 };

	(void)state;
	fixture_write(&fixture, "sys/devices/pci/nvme/nvme5/nvme2n1/size", "8\n");
	fixture_link(&fixture, "sys/devices/pci/nvme/nvme5/nvme2n1/device", "../../nvme5");
	fixture_folder(&fixture, "sys/dev/block");
	fixture_link(&fixture, "sys/dev/block/240:1", "../../devices/pci/nvme/nvme5/nvme2n1");
	fixture_write(&fixture, "sys/class/nvme-generic/ng2n1/dev", "21:6\n");
	fixture_write(&fixture, "sys/class/nvme/nvme5/dev", "21:7\n");
	fixture_write(&fixture, "sys/class/nvme/nvme2/dev", "21:8\n");
	assert_int_equal(look("nvme2n1", FAMILY_DRIVE, &nodes), 0);
	expect(&nodes, 6, "ng2n1");
	expect(&nodes, 7, "nvme5");
	assert_null(command_nodes_find(&nodes, makedev(21, 8)));
	command_nodes_free(&nodes);
}

static void an_nvme_drive_of_two_controllers(void **state)
{
	struct command_nodes nodes = { 0 };

	(void)state;
	fixture_write(&fixture, SUBSYSTEM "/nvme1n2/size", "8\n");
	fixture_link(&fixture, SUBSYSTEM "/nvme1n2/device", "../../nvme-subsys1");
	fixture_folder(&fixture, "sys/dev/block");
	fixture_link(&fixture, "sys/dev/block/240:1",
		"../../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n2");
	fixture_write(&fixture, SUBSYSTEM "/nvme0/dev", "21:1\n");
	fixture_write(&fixture, SUBSYSTEM "/nvme1/dev", "21:2\n");
	fixture_write(&fixture, SUBSYSTEM "/nvme1n1/dev", "21:3\n");
	assert_int_equal(look("nvme1n2", FAMILY_DRIVE, &nodes), 0);
	assert_int_equal(nodes.count, 2);
	expect(&nodes, 1, "nvme0");
	expect(&nodes, 2, "nvme1");
	command_nodes_free(&nodes);
}

static void what_is_not_understood_is_not_nothing(void **state)
{
	struct command_nodes nodes = { 0 };

	(void)state;
	fixture_disk(&fixture, "sdx", 1);
	fixture_write(&fixture, "sys/block/sdx/device/scsi_generic/sg3/dev", "?\n");
	assert_int_equal(look("sdx", FAMILY_DRIVE, &nodes), -EBADMSG);
	assert_null(nodes.nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_scsi_drive, begin, end),
		cmocka_unit_test_setup_teardown(an_nvme_drive, begin, end),
		cmocka_unit_test_setup_teardown(an_nvme_drive_of_two_controllers, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_understood_is_not_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
