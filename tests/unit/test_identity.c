/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a drive is, read from made-up sysfs trees for each transport. What is done with an identity:
 * test_identity_record.c; of real loop devices: test_identity_loop.c. */
#include "device/identity/identity.h"
#include "device/identity/identity_parts.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <cmocka.h>

static struct scratch tree;

static int set_up(void **state)
{
	(void)state;
	scratch_make(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_remove(&tree);
	return 0;
}

/* A disk's folder under the tree's sys/, known as major:minor. */
static void plant_disk(const char *folder, unsigned number_major, unsigned number_minor)
{
	char link[64];
	char target[512];
	(void)snprintf(link, sizeof(link), "sys/dev/block/%u:%u", number_major, number_minor);
	(void)snprintf(target, sizeof(target), "../../%s", folder);
	scratch_link(&tree, link, target);
	(void)snprintf(target, sizeof(target), "sys/%s/size", folder);
	scratch_text(&tree, target, "0\n");
}

static void plant(const char *folder, const char *attribute, const char *text)
{
	char name[512];
	(void)snprintf(name, sizeof(name), "sys/%s/%s", folder, attribute);
	scratch_text(&tree, name, text);
}

static void plant_bytes(const char *folder, const char *attribute, const void *data, size_t length)
{
	char name[512];
	(void)snprintf(name, sizeof(name), "sys/%s/%s", folder, attribute);
	scratch_write(&tree, name, data, length);
}

static void plant_link(const char *folder, const char *attribute, const char *target)
{
	char name[512];
	(void)snprintf(name, sizeof(name), "sys/%s/%s", folder, attribute);
	scratch_link(&tree, name, target);
}

static struct drive_identity look(unsigned number_major, unsigned number_minor)
{
	char sys[SCRATCH_PATH_MAX];
	struct sysfs_device device;
	struct drive_identity identity = { 0 };
	scratch_path(&tree, "sys", sys);
	const struct system_paths paths = { .sys = sys };
	assert_int_equal(sysfs_find(&paths, makedev(number_major, number_minor), &device), 0);
	identity_add_sysfs(&device, &identity);
	return identity;
}

#define SAS_UNIT "devices/pci0000:00/0000:00:01.0/host0/port-0:0/target0:0:0/0:0:0:0"
#define SAS SAS_UNIT "/block/sda"

static void plant_scsi(const char *disk, const char *unit_vendor, const char *unit_model)
{
	plant_disk(disk, 8, 0);
	plant_link(disk, "device", "../..");
	plant(disk, "../../vendor", unit_vendor);
	plant(disk, "../../model", unit_model);
	plant(disk, "../../rev", "0004\n");
	plant_link(disk, "../../subsystem", "/sys/bus/scsi");
	plant(disk, "queue/rotational", "1\n");
	plant(disk, "queue/zoned", "none\n");
}

static void a_sas_disk(void **state)
{
	(void)state;
	static const uint8_t serial[] = "\x00\x80\x00\x14    Z1Y0ABCD        ";
	plant_scsi(SAS, "SEAGATE \n", "ST4000NM0023    \n");
	static const uint8_t rotates[64] = { 0x00, 0xb1, 0x00, 0x3c, 0x1c, 0x20 }; /* 7200 */
	plant_bytes(SAS_UNIT, "vpd_pg80", serial, sizeof(serial) - 1);
	plant_bytes(SAS_UNIT, "vpd_pgb1", rotates, sizeof(rotates));
	plant(SAS_UNIT, "wwid", "naa.5000c500a1b2c3d4\n");
	struct drive_identity identity = look(8, 0);
	assert_int_equal(identity.transport, TRANSPORT_SCSI);
	assert_int_equal(identity.media, MEDIA_MAGNETIC);
	assert_int_equal(identity.zoned, ZONED_NONE);
	assert_false(identity.is_virtual);
	assert_string_equal(identity.vendor, "SEAGATE");
	assert_string_equal(identity.model, "ST4000NM0023");
	assert_string_equal(identity.firmware, "0004");
	assert_string_equal(identity.serial, "Z1Y0ABCD");
	assert_string_equal(identity.wwn, "naa.5000c500a1b2c3d4");
}

static void a_wwn_from_the_designators(void **state)
{
	(void)state;
	static const uint8_t page[] = { 0x00, 0x83, 0x00, 0x22,    /* header: 34 bytes follow */
		0x02, 0x01, 0x00, 0x04, 'A', 'B', 'C', 'D',        /* T10 vendor id, ASCII */
		0x61, 0x93, 0x00, 0x08, 0x50, 0, 0, 0, 0, 0, 0, 1, /* NAA of the port */
		0x01, 0x03, 0x00, 0x08, 0x50, 0x00, 0xc5, 0x00, 0x01, 0x02, 0x03, 0x04,
		/* beyond what the header says: */
		0x01, 0x02, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8 };
	plant_scsi(SAS, "SEAGATE", "ST4000NM0023");
	plant_bytes(SAS_UNIT, "vpd_pg83", page, sizeof(page));
	/* The third descriptor ends two bytes behind the claimed end: it is not taken. */
	struct drive_identity identity = look(8, 0);
	assert_string_equal(identity.wwn, "naa.5000c50001020304");
}

static void pages_that_lie_are_not_followed(void **state)
{
	(void)state;
	static const uint8_t long_designator[] = { 0x00, 0x83, 0xff, 0xff, 0x01, 0x03, 0x00, 0xff,
		0x50, 0x00 };
	static const uint8_t long_serial[] = { 0x00, 0x80, 0xff, 0xff, 'A', 'B', 0xff, '\n', 0x1b,
		'[', '3', '1', 'm' };
	plant_scsi(SAS, "SEAGATE", "ST4000NM0023");
	plant_bytes(SAS_UNIT, "vpd_pg83", long_designator, sizeof(long_designator));
	plant_bytes(SAS_UNIT, "vpd_pg80", long_serial, sizeof(long_serial));
	plant_bytes(SAS_UNIT, "vpd_pg89", "\x00\x89\x02\x38", 4);
	struct drive_identity identity = look(8, 0);
	assert_string_equal(identity.wwn, "");
	assert_string_equal(identity.serial, "AB\\xff[31m");
}

#define SATA_UNIT "devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0"
#define SATA SATA_UNIT "/block/sda"

static void put_string(uint8_t *identify, size_t first_word, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		identify[2 * first_word + (i ^ 1)] = (uint8_t)text[i];
}

static void make_ata_page(uint8_t page[static 572])
{
	uint8_t *identify = page + 60;
	memset(page, 0, 572);
	page[1] = 0x89;
	page[2] = 0x02;
	page[3] = 0x38;
	page[56] = 0xec;
	put_string(identify, 10, "      WD-WMC4N0123456");
	put_string(identify, 23, "82.00A82");
	put_string(identify, 27, "WDC WD30EFRX-68EUZN0                    ");
	identify[2 * 60] = 100;
	identify[2 * 83 + 1] = 0x40;
	identify[2 * 87 + 1] = 0x41;
	memcpy(identify + 2 * 108, "\x01\x50\x02\x00\x04\x03\x06\x05", 8);
	identify[2 * 217] = 0x18;
	identify[2 * 217 + 1] = 0x15; /* 5400 */
}

static void a_sata_disk_has_its_whole_name(void **state)
{
	(void)state;
	uint8_t page[572];
	make_ata_page(page);
	/* The serial is 20 characters; the 21st would be in word 20. */
	memcpy(page + 60 + 40, "\0\0", 2);
	plant_scsi(SATA, "ATA     ", "WDC WD30EFRX-68E");
	plant_bytes(SATA_UNIT, "vpd_pg89", page, sizeof(page));
	struct drive_identity identity = look(8, 0);
	assert_int_equal(identity.transport, TRANSPORT_ATA);
	assert_int_equal(identity.media, MEDIA_MAGNETIC);
	assert_string_equal(identity.vendor, "ATA");
	assert_string_equal(identity.model, "WDC WD30EFRX-68EUZN0");
	assert_string_equal(identity.firmware, "82.00A82");
	assert_string_equal(identity.serial, "WD-WMC4N012345");
	assert_string_equal(identity.wwn, "naa.5001000203040506");
}

static void a_sata_disk_behind_a_sas_adapter(void **state)
{
	(void)state;
	plant_scsi(SAS, "ATA     ", "INTEL SSDSC2BB48");
	plant(SAS, "queue/rotational", "0\n");
	struct drive_identity identity = look(8, 0);
	assert_int_equal(identity.transport, TRANSPORT_ATA);
	assert_int_equal(identity.media, MEDIA_FLASH);
}

/* "Magnetic" is what some levels rest on. The kernel's 1 is its default for what tells no rotation: an
 * old SSD, a logical volume of an adapter. */
static void what_tells_no_rotation_is_of_unknown_medium(void **state)
{
	(void)state;
	static const uint8_t not_told[64] = { 0x00, 0xb1, 0x00, 0x3c, 0x00, 0x00 };
	static const uint8_t reserved[64] = { 0x00, 0xb1, 0x00, 0x3c, 0x04, 0x00 };
	static const uint8_t cut[5] = { 0x00, 0xb1, 0x00, 0x3c, 0x1c };
	static const uint8_t flash[64] = { 0x00, 0xb1, 0x00, 0x3c, 0x00, 0x01 };
	plant_scsi(SAS, "LSI     ", "MR9361-8i       ");
	assert_int_equal(look(8, 0).media, MEDIA_UNKNOWN);
	plant_bytes(SAS_UNIT, "vpd_pgb1", not_told, sizeof(not_told));
	assert_int_equal(look(8, 0).media, MEDIA_UNKNOWN);
	plant_bytes(SAS_UNIT, "vpd_pgb1", reserved, sizeof(reserved));
	assert_int_equal(look(8, 0).media, MEDIA_UNKNOWN);
	plant_bytes(SAS_UNIT, "vpd_pgb1", cut, sizeof(cut));
	assert_int_equal(look(8, 0).media, MEDIA_UNKNOWN);
	plant_bytes(SAS_UNIT, "vpd_pgb1", flash, sizeof(flash));
	assert_int_equal(look(8, 0).media, MEDIA_FLASH);
}

static void an_ata_drive_that_tells_no_rotation_is_of_unknown_medium(void **state)
{
	(void)state;
	uint8_t page[572];
	make_ata_page(page);
	page[60 + 2 * 217] = 0;
	page[60 + 2 * 217 + 1] = 0;
	plant_scsi(SATA, "ATA     ", "SAMSUNG MCCOE64G");
	plant_bytes(SATA_UNIT, "vpd_pg89", page, sizeof(page));
	assert_int_equal(look(8, 0).media, MEDIA_UNKNOWN);
}

#define USB_UNIT "devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0"
#define USB USB_UNIT "/block/sdb"

static void a_usb_bridge(void **state)
{
	(void)state;
	plant_scsi(USB, "ASMT", "2115");
	plant("devices/pci0000:00/0000:00:14.0/usb2/2-1", "idVendor", "174c\n");
	plant("devices/pci0000:00/0000:00:14.0/usb2/2-1", "serial", "00000000000A\n");
	plant("devices/pci0000:00/0000:00:14.0/usb2", "idVendor", "1d6b\n");
	plant("devices/pci0000:00/0000:00:14.0/usb2", "serial", "0000:00:14.0\n");
	struct drive_identity identity = look(8, 0);
	assert_int_equal(identity.transport, TRANSPORT_USB);
	assert_int_equal(identity.media, MEDIA_UNKNOWN); /* the kernel's 1 is only its default */
	assert_string_equal(identity.serial, "00000000000A");
}

#define NVME_CONTROLLER "devices/pci0000:00/0000:01:00.0/nvme/nvme3"
#define NVME NVME_CONTROLLER "/nvme0n1"

static void plant_nvme(const char *disk, const char *subsystem)
{
	plant_disk(disk, 259, 1);
	plant_link(disk, "device", "..");
	plant(disk, "../model", "SAMSUNG MZQL21T9HCJR-00A07              \n");
	plant(disk, "../serial", "S64GNE0R123456      \n");
	plant(disk, "../firmware_rev", "GDC5602Q\n");
	plant_link(disk, "../subsystem", subsystem);
	plant(disk, "queue/rotational", "0\n");
	plant(disk, "queue/zoned", "host-managed\n");
}

static void an_nvme_namespace(void **state)
{
	(void)state;
	plant_nvme(NVME, "/sys/class/nvme");
	plant(NVME, "wwid", "eui.36344730523123450025384500000001\n");
	struct drive_identity identity = look(259, 1);
	assert_int_equal(identity.transport, TRANSPORT_NVME);
	assert_int_equal(identity.media, MEDIA_FLASH);
	assert_int_equal(identity.zoned, ZONED_HOST_MANAGED);
	assert_string_equal(identity.model, "SAMSUNG MZQL21T9HCJR-00A07");
	assert_string_equal(identity.serial, "S64GNE0R123456");
	assert_string_equal(identity.firmware, "GDC5602Q");
	assert_string_equal(identity.wwn, "eui.36344730523123450025384500000001");
}

#define NVME_SHARED "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1"

static void an_nvme_namespace_of_a_multipath_subsystem(void **state)
{
	(void)state;
	plant_nvme(NVME_SHARED, "/sys/class/nvme-subsystem");
	plant(NVME_SHARED, "wwid", "eui.0000000000000000\n");
	plant(NVME_SHARED, "nguid", "36344730-5231-2345-0025-384500000001\n");
	struct drive_identity identity = look(259, 1);
	assert_int_equal(identity.transport, TRANSPORT_NVME);
	assert_false(identity.is_virtual);
	assert_string_equal(identity.serial, "S64GNE0R123456");
	assert_string_equal(identity.wwn, "eui.36344730523123450025384500000001");
}

static void an_nvme_name_too_long_to_keep_is_not_cut(void **state)
{
	(void)state;
	char long_name[200];
	memset(long_name, 'a', sizeof(long_name) - 1);
	memcpy(long_name, "nvme.8086-", 10);
	long_name[sizeof(long_name) - 1] = '\0';
	plant_nvme(NVME, "/sys/class/nvme");
	plant(NVME, "wwid", long_name);
	struct drive_identity one = look(259, 1);
	long_name[sizeof(long_name) - 2] = 'b';
	plant(NVME, "wwid", long_name);
	struct drive_identity other = look(259, 1);
	assert_memory_equal(one.wwn, "sha256.", 7);
	assert_string_not_equal(one.wwn, other.wwn);
}

static void an_mmc_card_and_its_boot_area(void **state)
{
	(void)state;
	static const char card[] = "devices/platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0";
	static const char boot[] =
		"devices/platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0boot1";
	plant_disk(card, 179, 0);
	plant_link(card, "device", "../..");
	plant_disk(boot, 179, 8);
	plant_link(boot, "device", "../..");
	plant(card, "../../serial", "0x1a2b3c4d\n");
	plant(card, "../../name", "BJTD4R\n");
	plant(card, "../../cid", "150100424a54443452071a2b3c4d5e6f\n");
	plant_link(card, "../../subsystem", "/sys/bus/mmc");
	struct drive_identity identity = look(179, 0);
	assert_int_equal(identity.transport, TRANSPORT_MMC);
	assert_int_equal(identity.media, MEDIA_FLASH);
	assert_string_equal(identity.serial, "0x1a2b3c4d");
	assert_string_equal(identity.model, "BJTD4R");
	assert_string_equal(identity.wwn, "mmc.150100424a54443452071a2b3c4d5e6f");
	identity = look(179, 8);
	assert_string_equal(identity.wwn, "mmc.150100424a54443452071a2b3c4d5e6f-boot1");
}

static void a_virtio_disk_is_virtual(void **state)
{
	(void)state;
	static const char disk[] = "devices/pci0000:00/0000:00:05.0/virtio2/block/vda";
	plant_disk(disk, 254, 0);
	plant_link(disk, "device", "../..");
	plant_link(disk, "../../subsystem", "/sys/bus/virtio");
	plant(disk, "serial", "vm-107-disk-0\n");
	struct drive_identity identity = look(254, 0);
	assert_int_equal(identity.transport, TRANSPORT_VIRTIO);
	assert_int_equal(identity.media, MEDIA_VIRTUAL);
	assert_true(identity.is_virtual);
	assert_string_equal(identity.serial, "vm-107-disk-0");
}

static void device_mapper_and_others_without_a_medium(void **state)
{
	(void)state;
	plant_disk("devices/virtual/block/dm-3", 253, 3);
	plant("devices/virtual/block/dm-3", "dm/uuid", "LVM-abcdefghijklmnop\n");
	plant_disk("devices/virtual/block/zram0", 252, 0);
	struct drive_identity identity = look(253, 3);
	assert_int_equal(identity.transport, TRANSPORT_VIRTUAL);
	assert_string_equal(identity.serial, "dm.LVM-abcdefghijklmnop");
	assert_string_equal(identity.model, "dm- device");
	identity = look(252, 0);
	assert_true(identity.is_virtual);
	assert_string_equal(identity.vendor, "Linux");
	assert_string_equal(identity.model, "zram device");
	assert_string_equal(identity.serial, "");
}

static void unknown_stays_unknown(void **state)
{
	(void)state;
	static const char disk[] = "devices/platform/odd/block/odd0";
	plant_disk(disk, 240, 0);
	struct drive_identity identity = look(240, 0);
	assert_int_equal(identity.transport, TRANSPORT_UNKNOWN);
	assert_int_equal(identity.media, MEDIA_UNKNOWN);
	assert_int_equal(identity.zoned, ZONED_UNKNOWN);
	assert_string_equal(identity.serial, "");
}

static void blank_names_count_as_none(void **state)
{
	(void)state;
	static const uint8_t blank[] = "\x00\x80\x00\x08\x20\x00\x20\x09\x7f\x20\x20\x20";
	plant_scsi(SAS, "        ", " \t ");
	plant_bytes(SAS_UNIT, "vpd_pg80", blank, sizeof(blank) - 1);
	plant(SAS_UNIT, "wwid", "naa.0000000000000000");
	struct drive_identity identity = look(8, 0);
	assert_string_equal(identity.vendor, "");
	assert_string_equal(identity.model, "");
	assert_string_equal(identity.serial, "");
	assert_string_equal(identity.wwn, "");
}

static void what_is_no_whole_drive_is_refused(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	char sys[SCRATCH_PATH_MAX];
	struct drive_identity identity = { .capacity_bytes = 7 };
	struct error error = { 0 };
	struct loop_drive loop = { .fd = -1 };
	struct stat status;
	scratch_image(&tree, "image", MIB, file);
	AUTO_FD int plain = open(file, O_RDONLY | O_CLOEXEC);
	assert_int_equal(identity_read(plain, NULL, &identity, &error), -ENOTBLK);
	assert_int_equal(error.kind, ERROR_USAGE);

	/* A partition, as a made-up tree says of the device. */
	assert_int_equal(loop_drive_attach(file, NULL, &loop), 0);
	assert_int_equal(fstat(loop.fd, &status), 0);
	plant_disk(SAS "/sda3", major(status.st_rdev), minor(status.st_rdev));
	plant(SAS "/sda3", "partition", "3\n");
	scratch_path(&tree, "sys", sys);
	const struct system_paths paths = { .sys = sys };
	assert_int_equal(identity_read(loop.fd, &paths, &identity, &error), -EINVAL);
	assert_string_equal(error.code, "partition");
	assert_non_null(strstr(error.what, "/dev/sda3"));
	assert_non_null(strstr(error.next, "/dev/sda."));

	/* No tree at all. */
	const struct system_paths nowhere = { .sys = "/nowhere" };
	assert_int_equal(identity_read(loop.fd, &nowhere, &identity, &error), -ENOENT);
	assert_int_equal(identity.capacity_bytes, 7);
	loop_drive_detach(&loop);
}

static void identity_comes_from_the_given_tree(void **state)
{
	(void)state;
	loop_drive_require();
	char file[SCRATCH_PATH_MAX];
	char sys[SCRATCH_PATH_MAX];
	struct drive_identity identity;
	struct error error = { 0 };
	struct loop_drive loop = { .fd = -1 };
	struct stat status;
	scratch_image(&tree, "image", MIB, file);
	assert_int_equal(loop_drive_attach(file, NULL, &loop), 0);
	assert_int_equal(fstat(loop.fd, &status), 0);
	plant_nvme(NVME, "/sys/class/nvme");
	char link[64];
	(void)snprintf(link, sizeof(link), "sys/dev/block/%u:%u", major(status.st_rdev),
		minor(status.st_rdev));
	scratch_link(&tree, link, "../../" NVME);
	scratch_path(&tree, "sys", sys);
	const struct system_paths paths = { .sys = sys };
	assert_int_equal(identity_read(loop.fd, &paths, &identity, &error), 0);
	assert_string_equal(identity.name, "nvme0n1");
	assert_string_equal(identity.serial, "S64GNE0R123456");
	assert_int_equal(identity.capacity_bytes, MIB); /* sizes come from the fd */
	assert_int_equal(identity.devnum, status.st_rdev);
	loop_drive_detach(&loop);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_sas_disk),
		test(a_wwn_from_the_designators),
		test(pages_that_lie_are_not_followed),
		test(a_sata_disk_has_its_whole_name),
		test(a_sata_disk_behind_a_sas_adapter),
		test(what_tells_no_rotation_is_of_unknown_medium),
		test(an_ata_drive_that_tells_no_rotation_is_of_unknown_medium),
		test(a_usb_bridge),
		test(an_nvme_namespace),
		test(an_nvme_namespace_of_a_multipath_subsystem),
		test(an_nvme_name_too_long_to_keep_is_not_cut),
		test(an_mmc_card_and_its_boot_area),
		test(a_virtio_disk_is_virtual),
		test(device_mapper_and_others_without_a_medium),
		test(unknown_stays_unknown),
		test(blank_names_count_as_none),
		test(what_is_no_whole_drive_is_refused),
		test(identity_comes_from_the_given_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
