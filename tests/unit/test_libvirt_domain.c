/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libvirt's XML says that holds a domain's bytes. */
#include "wipe/platform/libvirt_domain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define HEAD "<domain type='kvm'><name>a</name><uuid>00000101-0000-4000-8000-000000000000</uuid>"
#define SERVICE(code) "<haiki:service xmlns:haiki='urn:haiki:1'>" code "</haiki:service>"

static void test_service_code(void **state)
{
	(void)state;
	static const struct {
		const char *metadata, *code;
	} cases[] = {
		{ SERVICE("SV-1"), "SV-1" },
		{ SERVICE(" SV-1"), " SV-1" }, /* exactly: nothing is taken away */
		{ "<service xmlns='urn:haiki:1'>SV-1</service>", "SV-1" },
		{ SERVICE("SV-1") SERVICE("SV-2"), "" }, /* contradicts itself */
		{ SERVICE("SV-1") SERVICE("SV-1"), "" },
		{ SERVICE("SV<b>-1</b>"), "" },
		{ "<haiki:service xmlns:haiki='urn:haiki:2'>SV-1</haiki:service>", "" },
		{ "<haiki:owner xmlns:haiki='urn:haiki:1'>SV-1</haiki:owner>", "" },
		{ "<service>SV-1</service>", "" },
		{ SERVICE("1234567890123456789012345678901234567890123456789012345678901234567890"),
			"" }, /* too long: not another one that is shorter */
		{ "", "" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char xml[1024];
		AUTO_DOMAIN struct domain domain = { 0 };
		(void)snprintf(xml, sizeof(xml), HEAD "<metadata>%s</metadata></domain>",
			cases[i].metadata);
		assert_int_equal(domain_parse(xml, &domain, NULL), 0);
		assert_string_equal(domain.service_code, cases[i].code);
		assert_string_equal(domain.name, "a");
		assert_string_equal(domain.uuid, "00000101-0000-4000-8000-000000000000");
	}
}

static void test_what_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		"nonsense",
		"<domain/>",
		"<domain><name>a</name></domain>",
		"<pool><name>a</name><uuid>u</uuid></pool>",
		HEAD,
		"<!DOCTYPE domain [<!ENTITY e 'x'>]>" HEAD "</domain>",
		HEAD "<devices><disk type='volume'><source volume='v'/><target dev='vda'/></disk>"
		     "</devices></domain>",
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct domain domain = { 0 };
		struct error error = { 0 };
		assert_int_equal(domain_parse(cases[i], &domain, &error), -EBADMSG);
		assert_string_equal(error.code, "libvirt-xml");
		assert_null(domain.sources);
	}
}

static void test_sources(void **state)
{
	(void)state;
	static const struct {
		const char *devices, *id, *place, *format;
		enum domain_part part;
		bool is_file, read_only;
	} cases[] = {
		{ "<disk type='file' device='disk'><driver type='qcow2'/><source file='/srv/a'/>"
		  "<target dev='vda'/></disk>",
			"vda", "/srv/a", "qcow2", DOMAIN_DISK, true, false },
		{ "<disk type='block' device='lun'><driver type='raw'/><source dev='/dev/vg/a'/>"
		  "<target dev='sda'/><readonly/></disk>",
			"sda", "/dev/vg/a", "raw", DOMAIN_DISK, true, true },
		{ "<disk type='network'><source protocol='rbd' name='pool/image'/><target "
		  "dev='vdb'/>"
		  "</disk>",
			"vdb", "rbd:pool/image", "", DOMAIN_DISK, false, false },
		{ "<disk type='nvme'><source type='pci' namespace='1'/><target dev='vdc'/></disk>",
			"vdc", "nvme:", "", DOMAIN_DISK, false, false },
		{ "<disk type='file' device='cdrom'><source file='/srv/m.iso'/><target dev='sda'/>"
		  "<readonly/></disk>",
			"sda", "/srv/m.iso", "", DOMAIN_MEDIUM, true, true },
		{ "<filesystem type='mount'><source dir='/srv/share'/><target "
		  "dir='s'/></filesystem>",
			"s", "/srv/share", "", DOMAIN_FILESYSTEM, true, false },
		{ "<serial type='file'><source path='/srv/console'/></serial>", "console",
			"/srv/console", "", DOMAIN_CONSOLE, true, false },
		{ "<serial type='pty'><log file='/srv/log'/></serial>", "console", "/srv/log", "",
			DOMAIN_CONSOLE, true, false },
		{ "<memory model='nvdimm'><source><path>/srv/n</path></source></memory>", "nvdimm",
			"/srv/n", "", DOMAIN_MEMORY, true, false },
		{ "<hostdev type='pci'><source><address domain='0x0000' bus='0x01' slot='0x02' "
		  "function='0x3'/></source></hostdev>",
			"hostdev", "pci:0000:01:02.3", "", DOMAIN_DEVICE, false, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char xml[1024];
		AUTO_DOMAIN struct domain domain = { 0 };
		(void)snprintf(
			xml, sizeof(xml), HEAD "<devices>%s</devices></domain>", cases[i].devices);
		assert_int_equal(domain_parse(xml, &domain, NULL), 0);
		assert_int_equal(domain.source_count, 1);
		assert_string_equal(domain.sources[0].id, cases[i].id);
		assert_string_equal(domain.sources[0].place, cases[i].place);
		assert_string_equal(domain.sources[0].format, cases[i].format);
		assert_int_equal(domain.sources[0].part, cases[i].part);
		assert_int_equal(domain.sources[0].is_file, cases[i].is_file);
		assert_int_equal(domain.sources[0].read_only, cases[i].read_only);
	}
}

static void test_nothing_to_hold(void **state)
{
	(void)state;
	AUTO_DOMAIN struct domain domain = { 0 };
	assert_int_equal(
		domain_parse(HEAD
			"<devices><disk type='file' device='cdrom'><target dev='sda'/></disk>"
			"<disk type='file' device='floppy'/><serial type='pty'/>"
			"<memory model='dimm'/><hostdev type='usb'/>"
			"<tpm><backend type='passthrough'/></tpm></devices></domain>",
			&domain, NULL),
		0);
	assert_int_equal(domain.source_count, 0);
	assert_false(domain.has_tpm);
}

/* A copy that is being made to a device, or to another host, is seen as one to a file is. */
static void test_mirrors(void **state)
{
	(void)state;
	static const struct {
		const char *mirror, *place;
		bool is_file;
	} cases[] = {
		{ "<mirror type='block' job='copy'><source dev='/dev/vg/m'/></mirror>", "/dev/vg/m",
			true },
		{ "<mirror type='file'><source file='/srv/m'/></mirror>", "/srv/m", true },
		{ "<mirror type='network'><source protocol='nbd' name='m'/></mirror>", "nbd:m",
			false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_DOMAIN struct domain domain = { 0 };
		char xml[1024];
		(void)snprintf(xml, sizeof(xml),
			HEAD "<devices><disk type='file'><source file='/srv/a'/>%s"
			     "<target dev='vda'/></disk></devices></domain>",
			cases[i].mirror);
		assert_int_equal(domain_parse(xml, &domain, NULL), 0);
		assert_int_equal(domain.source_count, 2);
		assert_string_equal(domain.sources[1].place, cases[i].place);
		assert_int_equal(domain.sources[1].is_file, cases[i].is_file);
	}
}

static void test_chain(void **state)
{
	(void)state;
	AUTO_DOMAIN struct domain domain = { 0 };
	assert_int_equal(
		domain_parse(HEAD
			"<os><nvram>/srv/vars</nvram></os><devices><disk type='file'><source "
			"file='/srv/c'/>"
			"<backingStore type='file'><format type='qcow2'/><source file='/srv/b'/>"
			"<backingStore type='network'><format type='raw'/><source protocol='nbd' "
			"name='x'/>"
			"<backingStore/></backingStore></backingStore><mirror><source "
			"file='/srv/m'/></mirror>"
			"<target dev='vda'/></disk><disk type='volume'><source pool='p' "
			"volume='v'/><target "
			"dev='vdb'/></disk><tpm><backend "
			"type='emulator'/></tpm></devices></domain>",
			&domain, NULL),
		0);
	assert_true(domain.has_tpm);
	assert_int_equal(domain.source_count, 4);
	assert_int_equal(domain.sources[0].part, DOMAIN_NVRAM);
	assert_string_equal(domain.sources[0].place, "/srv/vars");
	const struct domain_source *disk = &domain.sources[1];
	assert_int_equal(disk->backing_count, 2);
	assert_true(disk->backing_ends);
	assert_string_equal(disk->backing[0].place, "/srv/b");
	assert_string_equal(disk->backing[0].format, "qcow2");
	assert_true(disk->backing[0].is_file);
	assert_string_equal(disk->backing[1].place, "nbd:x");
	assert_false(disk->backing[1].is_file);
	assert_string_equal(domain.sources[2].place, "/srv/m");
	assert_string_equal(domain.sources[3].pool, "p");
	assert_string_equal(domain.sources[3].volume, "v");
}

static void test_snapshot(void **state)
{
	(void)state;
	AUTO_DOMAIN struct domain domain = { 0 };
	assert_int_equal(
		snapshot_parse(
			"<domainsnapshot><name>s1</name><memory snapshot='external' file='/srv/m'/>"
			"<disks><disk name='vda' snapshot='external' type='file'><source "
			"file='/srv/b'/>"
			"</disk><disk name='vdb' snapshot='internal'/></disks>" HEAD
			"<devices><disk type='file'><source file='/srv/a'/><target "
			"dev='vda'/></disk>"
			"</devices></domain></domainsnapshot>",
			&domain, NULL),
		0);
	assert_string_equal(domain.name, "s1");
	assert_int_equal(domain.source_count, 3);
	assert_string_equal(domain.sources[0].place, "/srv/a");
	assert_string_equal(domain.sources[1].place, "/srv/b");
	assert_string_equal(domain.sources[1].id, "vda");
	assert_string_equal(domain.sources[2].place, "/srv/m");
	assert_int_equal(domain.sources[2].part, DOMAIN_MEMORY);
}

static void test_storage(void **state)
{
	(void)state;
	struct volume_xml volume;
	char folder[MACHINE_PLACE_MAX];
	assert_int_equal(
		volume_parse("<volume><target><path>/srv/a</path><format type='qcow2'/></target>"
			     "<backingStore><path>/srv/b</path><format type='raw'/></backingStore>"
			     "</volume>",
			&volume, NULL),
		0);
	assert_string_equal(volume.path, "/srv/a");
	assert_string_equal(volume.format, "qcow2");
	assert_string_equal(volume.backing, "/srv/b");
	assert_string_equal(volume.backing_format, "raw");
	assert_int_equal(
		pool_parse("<pool><target><path>/dev/vg0</path></target></pool>", folder, NULL), 0);
	assert_string_equal(folder, "/dev/vg0");
	assert_int_equal(pool_parse("<pool type='rbd'/>", folder, NULL), 0);
	assert_string_equal(folder, "");
	assert_int_equal(pool_parse("<volume/>", folder, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_code),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_nothing_to_hold),
		cmocka_unit_test(test_mirrors),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_storage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
