/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What superblocks say beyond their signature: by the fields of their formats, cut off at every byte,
 * changed at every byte, and made by the usual programs. */
#include "base/file.h"
#include "device/probe/detail.h"
#include "device/probe/lvm_metadata.h"
#include "tests/support/scratch.h"
#include "tests/support/stride.h"
#include "tests/support/superblocks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/raid/md_p.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* The detail of bytes, of which the signature stands at magic; an object, the caller's. */
static json_t *detail_of(const char *type, const uint8_t *bytes, size_t length, uint64_t magic)
{
	struct signature signature = { .usage = SIGNATURE_RAID, .magic_offset_bytes = magic };
	const struct device_area area = { .fd = -1, .bytes = bytes, .length_bytes = length };
	json_t *detail = NULL;
	(void)snprintf(signature.type, sizeof(signature.type), "%s", type);
	assert_int_equal(detail_read(&area, &signature, &detail), 0);
	assert_true(json_is_object(detail));
	return detail;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "(none)";
}

static int64_t number_of(const json_t *object, const char *key)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	return json_integer_value(json_object_get(object, key));
}

static void what_says_no_more_has_no_detail(void **state)
{
	(void)state;
	const struct device_area area = { .fd = -1 };
	static const char *const types[] = { "ext4", "zfs_member", "VMFS_member", "BitLocker", "" };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct signature signature = { 0 };
		json_t *detail = (json_t *)1;
		(void)snprintf(signature.type, sizeof(signature.type), "%s", types[i]);
		assert_int_equal(detail_read(&area, &signature, &detail), 0);
		assert_null(detail);
	}
	AUTO_JSON json_t *via = detail_of("via_raid_member", NULL, 0, 0);
	assert_string_equal(text_of(via, "metadata"), "via");
}

/* LVM2 ---------------------------------------------------------------------------------------- */

#define PV0 "pvpvp0pvpvpvpvpvpvpvpvpvpvpvpvp0"
#define PV0_DASHED "pvpvp0-pvpv-pvpv-pvpv-pvpv-pvpv-pvpvp0"
#define PV1_DASHED "pvpvp1-pvpv-pvpv-pvpv-pvpv-pvpv-pvpvp1"
#define PV2_DASHED "pvpvp2-pvpv-pvpv-pvpv-pvpv-pvpv-pvpvp2"
#define LVM_BYTES (64 * 1024)
#define LVM_AREA_BYTES (LVM_BYTES - LVM_AREA_AT)

static char group_text[32768];

/* LVM2's own vgcfgrestore takes this text, and its lvs says what is asserted here. */
static int read_group_text(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(sizeof(group_text) - 1);
	assert_int_equal(file_read("tests/support/lvm_group.txt", &text, NULL), 0);
	memcpy(group_text, buffer_text(&text), text.length + 1);
	return 0;
}

static const json_t *find_volume(const json_t *detail, const char *name)
{
	const json_t *volumes = json_object_get(detail, "lvs");
	for (size_t i = 0; i < json_array_size(volumes); i++)
		if (strcmp(text_of(json_array_get(volumes, i), "name"), name) == 0)
			return json_array_get(volumes, i);
	return NULL;
}

static void assert_group(const json_t *detail)
{
	static const struct {
		const char *name, *kind, *origin, *pool;
		unsigned extents, visible;
		const char *drives; /* by their numbers */
	} volumes[] = {
		{ "plain", "linear", "", "", 6, 1, "01" },
		{ "striped", "striped", "", "", 4, 1, "01" },
		{ "mirrored", "raid1", "", "", 2, 1, "01" },
		{ "five", "raid5", "", "", 4, 1, "012" },
		{ "pool", "thin-pool", "", "", 4, 1, "01" },
		{ "web", "thin", "", "pool", 8, 1, "01" },
		{ "web_monday", "thin", "web", "pool", 8, 1, "01" },
		{ "plain_copy", "snapshot", "plain", "", 2, 1, "2" },
		{ "fast", "cache", "fast_corig", "fast_pool", 4, 1, "02" },
		{ "fast_pool", "cache-pool", "", "", 2, 0, "2" },
		{ "five_rimage_2", "linear", "", "", 2, 0, "2" },
	};
	assert_string_equal(text_of(detail, "vg_name"), "tenants");
	assert_string_equal(text_of(detail, "vg_uuid"), "vgvgvg-vgvg-vgvg-vgvg-vgvg-vgvg-vgvgvg");
	assert_string_equal(text_of(detail, "pv_uuid"), PV0_DASHED);
	assert_int_equal(number_of(detail, "seqno"), 42);
	assert_int_equal(number_of(detail, "pv_count"), 3);
	assert_int_equal(number_of(detail, "missing_pvs"), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(detail, "tags"), 0)),
		"zone_municipal");
	assert_int_equal(json_array_size(json_object_get(detail, "lvs")), 26);
	assert_null(find_volume(detail, "snapshot0"));
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		const json_t *volume = find_volume(detail, volumes[i].name);
		const json_t *drives = json_object_get(volume, "on_pvs");
		assert_non_null(volume);
		assert_string_equal(text_of(volume, "kind"), volumes[i].kind);
		assert_string_equal(text_of(volume, "origin"), volumes[i].origin);
		assert_string_equal(text_of(volume, "pool"), volumes[i].pool);
		assert_int_equal(number_of(volume, "size_bytes"), volumes[i].extents * MIB);
		assert_int_equal(number_of(volume, "visible"), volumes[i].visible);
		assert_int_equal(json_array_size(drives), strlen(volumes[i].drives));
		for (size_t j = 0; j < json_array_size(drives); j++)
			assert_int_equal(json_string_value(json_array_get(drives, j))[5],
				volumes[i].drives[j]);
	}
	const json_t *tags = json_object_get(find_volume(detail, "plain"), "tags");
	assert_string_equal(json_string_value(json_array_get(tags, 0)), "tenant:T-001");
	assert_string_equal(json_string_value(json_array_get(tags, 1)), "contract:C_9");
}

static void a_volume_group(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	static const uint64_t places[] = { 512, 4096, LVM_AREA_BYTES - 1, LVM_AREA_BYTES - 5000 };
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		memset(image, 0, sizeof(image));
		make_lvm(image, PV0, LVM_AREA_BYTES, places[i], group_text);
		AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
		assert_null(json_object_get(detail, "problem"));
		assert_group(detail);
	}
}

static void a_physical_volume_without_a_group(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	make_lvm(image, PV0, LVM_AREA_BYTES, 0, "");
	AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_null(json_object_get(detail, "problem"));
	assert_string_equal(text_of(detail, "pv_uuid"), PV0_DASHED);
	assert_string_equal(text_of(detail, "vg_uuid"), "");
	assert_int_equal(json_array_size(json_object_get(detail, "lvs")), 0);

	/* Made with --metadatacopies 0: the others have it. */
	put_le64(image + 512 + 32 + 40 + 32, 0);
	seal_lvm(image);
	AUTO_JSON json_t *other = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_string_equal(text_of(other, "problem"), "no-metadata");
	assert_string_equal(text_of(other, "pv_uuid"), PV0_DASHED);
	assert_null(json_object_get(other, "vg_uuid"));
}

static void the_newest_whole_text_counts(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES], second[LVM_BYTES];
	const uint64_t half = LVM_BYTES / 2;
	static const char newer[] = "tenants {\nid = \"x\"\nseqno = 43\n}\n";
	/* Two areas: the second a copy of another image's, moved. */
	make_lvm(second, PV0, half - LVM_AREA_AT, 512, newer);
	make_lvm(image, PV0, half - LVM_AREA_AT, 512, group_text);
	memcpy(image + half, second + LVM_AREA_AT, half - LVM_AREA_AT);
	put_le64(image + 512 + 32 + 40 + 48, half);
	put_le64(image + 512 + 32 + 40 + 56, half - LVM_AREA_AT);
	seal_lvm(image);
	AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_null(json_object_get(detail, "problem"));
	assert_int_equal(number_of(detail, "seqno"), 43);

	/* A flipped bit in the newer one. */
	image[half + 512 + 20] ^= 1;
	AUTO_JSON json_t *older = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_null(json_object_get(older, "problem"));
	assert_group(older);

	/* And one in the older: shown, and said. */
	image[LVM_AREA_AT + 512 + 2] ^= 1;
	AUTO_JSON json_t *broken = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_string_equal(text_of(broken, "problem"), "checksum");
}

static void lvm_cut_off_anywhere(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	make_lvm(image, PV0, LVM_AREA_BYTES, LVM_AREA_BYTES - 5000, group_text);
	for (size_t length = 0; length < sizeof(image); length += test_stride() * 7) {
		/* Exactly as long, for the sanitizer. */
		AUTO_FREE uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, image, length);
		AUTO_JSON json_t *detail = detail_of("LVM2_member", cut, length, 536);
		assert_string_equal(text_of(detail, "problem"), "damaged");
		assert_null(json_object_get(detail, "lvs"));
	}
}

static void lvm_text_cut_off_anywhere(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	static char text[sizeof(group_text)];
	size_t length = strlen(group_text);
	for (size_t i = 1; i < length; i += test_stride()) {
		memset(image, 0, sizeof(image));
		memcpy(text, group_text, i);
		text[i] = '\0';
		make_lvm(image, PV0, LVM_AREA_BYTES, 512, text);
		AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
		const char *end = strstr(group_text, "\n}\n# Generated");
		if (i < (size_t)(end - group_text) + 2)
			assert_string_equal(text_of(detail, "problem"), "damaged");
		else if (!json_object_get(detail, "problem"))
			assert_group(detail);
	}
}

static void lvm_changed_anywhere(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	make_lvm(image, PV0, LVM_AREA_BYTES, 512, group_text);
	size_t end = LVM_AREA_AT + 512 + strlen(group_text);
	for (size_t i = 512; i < end; i += test_stride()) {
		/* Between label and metadata area, and the label's own number, nothing is read. */
		if (i == 1024)
			i = LVM_AREA_AT;
		image[i] ^= 0x11;
		AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
		image[i] ^= 0x11;
		bool unread = i >= 512 + 8 && i < 512 + 16;
		if (!unread && !json_object_get(detail, "problem"))
			fail_msg("byte %zu changed, and nothing said", i);
	}
}

static void volumes_that_stand_on_themselves(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	static const char text[] =
		"v { id=\"x\" seqno=1 extent_size=8\n"
		"physical_volumes { pv0 { id = \"" PV0_DASHED "\" } }\n"
		"logical_volumes {\n"
		" a { id=\"1\" segment1 { extent_count=1 type=\"striped\" stripes=[\"b\",0] } }\n"
		" b { id=\"2\" segment1 { extent_count=1 type=\"striped\" "
		"stripes=[\"a\",0,\"pv0\",0] } }\n"
		" c { id=\"3\" segment1 { extent_count=1 type=\"mirror\" mirrors=[\"c\",0] } }\n"
		" d { id=\"4\" segment1 { extent_count=9223372036854775807 type=\"striped\"\n"
		"     stripe_count=1 stripes=[\"pv9\",0] } }\n"
		" e { id=\"5\" segment1 { type=\"snapshot\" cow_store=\"nowhere\" } } } }\n";
	make_lvm(image, PV0, LVM_AREA_BYTES, 512, text);
	AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
	assert_string_equal(text_of(detail, "problem"), "damaged");
	assert_int_equal(json_array_size(json_object_get(detail, "lvs")), 5);
	assert_int_equal(json_array_size(json_object_get(find_volume(detail, "a"), "on_pvs")), 1);
	assert_string_equal(text_of(find_volume(detail, "c"), "kind"), "mirror");
	assert_int_equal(number_of(find_volume(detail, "d"), "size_bytes"), INT64_MAX);
}

static void names_are_made_fit(void **state)
{
	(void)state;
	static uint8_t image[LVM_BYTES];
	static const char text[] =
		"v { id=\"x\" seqno=1 extent_size=8 tags=[\"a\\\"b\\\\c\", \"\x1b[2J\",\n"
		"\"\xe5\xbb\x83\xe6\xa3\x84\", \"\xff\"] }\n";
	make_lvm(image, PV0, LVM_AREA_BYTES, 512, text);
	AUTO_JSON json_t *detail = detail_of("LVM2_member", image, sizeof(image), 536);
	static const char *const expected[] = { "a\"b\\c", "[2J", "\xe5\xbb\x83\xe6\xa3\x84",
		"\\xff" };
	const json_t *tags = json_object_get(detail, "tags");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(json_string_value(json_array_get(tags, i)), expected[i]);
}

/* A host of virtual machines with a volume each. */
static void ten_thousand_volumes(void **state)
{
	(void)state;
	enum { VOLUMES = 10000 };
	const size_t bytes = 8 * MIB;
	AUTO_FREE uint8_t *image = calloc(1, bytes);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(bytes);
	assert_non_null(image);
	int failed = buffer_printf(
		&text, "big { id=\"x\" seqno=1 extent_size=8192 physical_volumes {\n");
	for (int i = 0; i < 24; i++)
		failed |= buffer_printf(
			&text, "pv%d { id = \"pvpv%02d-dashes\" flags = [] }\n", i, i);
	failed |= buffer_printf(&text, "} logical_volumes {\n");
	for (int i = 0; i < VOLUMES; i++)
		failed |= buffer_printf(&text,
			"vm-%d {\n\t\tid = \"%06d-aaaa-bbbb-cccc-dddd-eeee-ffffff\"\n"
			"\t\tstatus = [\"READ\", \"WRITE\", \"VISIBLE\"]\n\t\tflags = []\n"
			"\t\ttags = [\"tenant:T-%04d\"]\n\t\tcreation_time = 1795406400\n"
			"\t\tcreation_host = \"hypervisor-17.example\"\n\t\tsegment_count = 1\n"
			"\t\tsegment1 {\n\t\t\tstart_extent = 0\n\t\t\textent_count = 100\n"
			"\t\t\ttype = \"striped\"\n\t\t\tstripe_count = 2\n\t\t\tstripe_size = "
			"128\n"
			"\t\t\tstripes = [\n\t\t\t\t\"pv%d\", %d,\n\t\t\t\t\"pv%d\", %d\n\t\t\t]\n"
			"\t\t}\n\t}\n",
			i, i, i % 5000, i % 24, i * 100, (i + 1) % 24, i * 100);
	failed |= buffer_printf(&text, "} }\n");
	assert_int_equal(failed, 0);
	make_lvm(image, PV0, bytes - LVM_AREA_AT, 512, buffer_text(&text));
	AUTO_JSON json_t *detail = detail_of("LVM2_member", image, bytes, 536);
	assert_null(json_object_get(detail, "problem"));
	assert_int_equal(json_array_size(json_object_get(detail, "lvs")), VOLUMES);
	const json_t *volume = find_volume(detail, "vm-9999");
	assert_int_equal(json_array_size(json_object_get(volume, "on_pvs")), 2);
	assert_int_equal(number_of(volume, "size_bytes"), 100 * 4 * MIB);
}

/* md ------------------------------------------------------------------------------------------ */

static void md_levels_and_roles(void **state)
{
	(void)state;
	static const struct {
		int level;
		unsigned disks, number, devices;
		const char *name;
		uint64_t mib; /* of members of 10 MiB */
		const char *role;
	} cases[] = {
		{ 0, 3, 1, 3, "raid0", 0, NULL },
		{ 1, 2, 0, 2, "raid1", 10, NULL },
		{ 4, 3, 2, 3, "raid4", 20, NULL },
		{ 5, 4, 3, 5, "raid5", 30, NULL },
		{ 5, 4, 4, 5, "raid5", 30, "spare" },
		{ 6, 6, 0, 128, "raid6", 40, NULL },
		{ 10, 4, 1, 4, "raid10", 20, NULL },
		{ -1, 2, 1, 2, "linear", 0, NULL },
		{ -4, 2, 1, 2, "multipath", 0, NULL },
		{ 77, 2, 9, 2, "other", 0, "spare" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t block[MD_SB_BYTES] = { 0 };
		make_md1(block, cases[i].level, cases[i].disks, cases[i].number, cases[i].devices);
		AUTO_JSON json_t *detail = detail_of("linux_raid_member", block, sizeof(block), 0);
		assert_null(json_object_get(detail, "problem"));
		assert_string_equal(text_of(detail, "level"), cases[i].name);
		assert_string_equal(text_of(detail, "metadata"), "1.2");
		assert_string_equal(text_of(detail, "name"), "host:payroll");
		assert_string_equal(
			text_of(detail, "array_uuid"), "30313233-3435-3637-3839-616263646566");
		assert_string_equal(
			text_of(detail, "device_uuid"), "66656463-6261-3938-3736-353433323130");
		assert_string_equal(text_of(detail, "update_utc"), "2026-11-23T04:00:00.000Z");
		assert_int_equal(number_of(detail, "events"), 18);
		assert_int_equal(number_of(detail, "raid_disks"), cases[i].disks);
		assert_int_equal(number_of(detail, "array_size_bytes"), cases[i].mib * MIB);
		if (cases[i].role)
			assert_string_equal(text_of(detail, "role"), cases[i].role);
		else
			assert_int_equal(number_of(detail, "role"), cases[i].number);
	}
}

static void md_faulty_and_journal(void **state)
{
	(void)state;
	static const struct {
		uint16_t number;
		const char *role;
	} cases[] = { { MD_DISK_ROLE_FAULTY, "faulty" }, { MD_DISK_ROLE_JOURNAL, "journal" },
		{ MD_DISK_ROLE_SPARE, "spare" } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t block[MD_SB_BYTES] = { 0 };
		make_md1(block, 5, 3, 1, 4);
		put_le16(block + sizeof(struct mdp_superblock_1) + 2, cases[i].number);
		seal_md1(block);
		AUTO_JSON json_t *detail = detail_of("linux_raid_member", block, sizeof(block), 0);
		assert_null(json_object_get(detail, "problem"));
		assert_string_equal(text_of(detail, "role"), cases[i].role);
	}
}

static void md_cut_off_and_changed_anywhere(void **state)
{
	(void)state;
	uint8_t block[MD_SB_BYTES] = { 0 };
	make_md1(block, 5, 3, 1, 5);
	const size_t whole = sizeof(struct mdp_superblock_1) + 10;
	for (size_t length = 0; length < whole; length += test_stride()) {
		AUTO_FREE uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, block, length);
		AUTO_JSON json_t *detail = detail_of("linux_raid_member", cut, length, 0);
		assert_string_equal(text_of(detail, "problem"), "damaged");
	}
	for (size_t i = 0; i < whole; i += test_stride()) {
		block[i] ^= 0x5a;
		AUTO_JSON json_t *detail = detail_of("linux_raid_member", block, sizeof(block), 0);
		block[i] ^= 0x5a;
		assert_non_null(json_object_get(detail, "problem"));
	}
}

/* Words of host order, so the same array moved to another machine is the other way round. */
static void md_090_of_both_byte_orders(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		mdp_super_t superblock = { .md_magic = MD_SB_MAGIC,
			.minor_version = 90,
			.set_uuid0 = 0x00112233,
			.set_uuid1 = 0x44556677,
			.set_uuid2 = 0x8899aabb,
			.set_uuid3 = 0xccddeeff,
			.level = 5,
			.size = 10240,
			.raid_disks = 3,
			.utime = 1795406400 };
		uint32_t words[MD_SB_BYTES / 4];
		uint64_t sum = 0;
		superblock.this_disk.raid_disk = 2;
		superblock.this_disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
		memcpy(words, &superblock, sizeof(words));
		words[offsetof(mdp_super_t, events_lo) / 4 + (big ? 1 : 0)] = 7;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			sum += words[i];
		words[offsetof(mdp_super_t, sb_csum) / 4] = (uint32_t)(sum + (sum >> 32));
		for (size_t i = 0; i < ARRAY_SIZE(words) && big; i++)
			words[i] = __builtin_bswap32(words[i]);
		AUTO_JSON json_t *detail =
			detail_of("linux_raid_member", (const uint8_t *)words, sizeof(words), 0);
		assert_null(json_object_get(detail, "problem"));
		assert_string_equal(text_of(detail, "metadata"), "0.90");
		assert_string_equal(text_of(detail, "level"), "raid5");
		assert_string_equal(
			text_of(detail, "array_uuid"), "00112233-4455-6677-8899-aabbccddeeff");
		assert_int_equal(number_of(detail, "role"), 2);
		assert_int_equal(number_of(detail, "events"), 7);
		assert_int_equal(number_of(detail, "array_size_bytes"), 20 * MIB);
	}
}

/* mdadm, who knows best, takes what the test made for a sound superblock. */
static void mdadm_agrees(void **state)
{
	(void)state;
	struct scratch scratch;
	char image[SCRATCH_PATH_MAX];
	uint8_t block[MD_SB_BYTES] = { 0 };
	scratch_make(&scratch);
	scratch_image(&scratch, "image", 16 * MIB, image);
	make_md1(block, 5, 3, 1, 5);
	AUTO_FD int fd = open(image, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, block, sizeof(block), 4096), sizeof(block));
	int there = run_program((const char *const[]){ "mdadm", "--version", NULL });
	static const char script[] = "mdadm --examine \"$1\" | grep -cE '(Checksum : .* "
				     "correct|Array Size : 20480 KiB.*|"
				     "Device Role : Active device 1)$' | grep -qx 3";
	int result = run_program((const char *const[]){ "sh", "-c", script, "sh", image, NULL });
	scratch_remove(&scratch);
	if (there == -ENOENT) {
		print_message("skipped: mdadm is not installed\n");
		skip();
	}
	assert_int_equal(result, 0);
}

/* LUKS ---------------------------------------------------------------------------------------- */

#define LUKS_BYTES (8 * MIB)

struct luks {
	struct scratch scratch;
	char image[SCRATCH_PATH_MAX];
	uint8_t *bytes;
};

static int set_up_luks(void **state)
{
	struct luks *luks = calloc(1, sizeof(*luks));
	assert_non_null(luks);
	scratch_make(&luks->scratch);
	scratch_image(&luks->scratch, "image", 32 * MIB, luks->image);
	scratch_text(&luks->scratch, "key", "a passphrase");
	luks->bytes = malloc(LUKS_BYTES);
	*state = luks;
	return luks->bytes ? 0 : -1;
}

static int tear_down_luks(void **state)
{
	struct luks *luks = *state;
	scratch_remove(&luks->scratch);
	free(luks->bytes);
	free(luks);
	return 0;
}

static void format(struct luks *luks, const char *type)
{
	char key[SCRATCH_PATH_MAX];
	scratch_path(&luks->scratch, "key", key);
	/* The last two are for version 2 alone. */
	bool second = strcmp(type, "luks2") == 0;
	const char *const arguments[] = { "cryptsetup", "luksFormat", "-q", "--type", type,
		"--pbkdf-force-iterations", "1000", "--pbkdf", "pbkdf2", "--key-file", key,
		luks->image, second ? "--label" : NULL, "payroll", "--subsystem", "city", NULL };
	int result = run_program(arguments);
	if (result == -ENOENT) {
		print_message("skipped: cryptsetup is not installed\n");
		skip();
	}
	assert_int_equal(result, 0);
}

static void import_token(struct luks *luks, const char *json)
{
	char token[SCRATCH_PATH_MAX];
	scratch_text(&luks->scratch, "token", json);
	scratch_path(&luks->scratch, "token", token);
	assert_int_equal(run_program((const char *const[]){ "cryptsetup", "token", "import",
				 "--json-file", token, luks->image, NULL }),
		0);
}

static void load(struct luks *luks)
{
	AUTO_FD int fd = open(luks->image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, luks->bytes, LUKS_BYTES, 0), LUKS_BYTES);
}

static void luks_version_1(void **state)
{
	struct luks *luks = *state;
	format(luks, "luks1");
	load(luks);
	AUTO_JSON json_t *detail = detail_of("crypto_LUKS", luks->bytes, LUKS_BYTES, 0);
	assert_null(json_object_get(detail, "problem"));
	assert_int_equal(number_of(detail, "version"), 1);
	assert_int_equal(strlen(text_of(detail, "uuid")), 36);
	assert_string_equal(text_of(detail, "cipher"), "aes-xts-plain64");
	assert_int_equal(number_of(detail, "keyslots"), 1);
	assert_int_equal(number_of(detail, "data_offset_bytes"), 2 * MIB);
	assert_int_equal(number_of(detail, "header_bytes"), 2 * MIB);
	assert_int_equal(number_of(detail, "secondary_header"), 0);
	for (size_t length = 0; length < 592; length += test_stride()) {
		AUTO_FREE uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, luks->bytes, length);
		AUTO_JSON json_t *part = detail_of("crypto_LUKS", cut, length, 0);
		assert_string_equal(text_of(part, "problem"), "damaged");
	}
	/* A header of its own, apart from its data: the keyslots tell its size. */
	put_be32(luks->bytes + 104, 0);
	AUTO_JSON json_t *detached = detail_of("crypto_LUKS", luks->bytes, LUKS_BYTES, 0);
	assert_int_equal(number_of(detached, "data_offset_bytes"), 0);
	assert_in_range(number_of(detached, "header_bytes"), MIB, 3 * MIB);
}

static void luks_version_2(void **state)
{
	struct luks *luks = *state;
	format(luks, "luks2");
	import_token(luks,
		"{\"type\":\"haiki-tenant\",\"keyslots\":[\"0\"],\"tenant\":\"\xe5\xb8\x82\"}");
	import_token(luks, "{\"type\":\"other\",\"keyslots\":[],\"secret\":\"hunter2\"}");
	load(luks);
	for (uint64_t magic = 0; magic <= 16384; magic += 16384) {
		AUTO_JSON json_t *detail = detail_of("crypto_LUKS", luks->bytes, LUKS_BYTES, magic);
		assert_null(json_object_get(detail, "problem"));
		assert_int_equal(number_of(detail, "version"), 2);
		assert_string_equal(text_of(detail, "label"), "payroll");
		assert_string_equal(text_of(detail, "subsystem"), "city");
		assert_string_equal(text_of(detail, "cipher"), "aes-xts-plain64");
		assert_int_equal(number_of(detail, "keyslots"), 1);
		assert_int_equal(number_of(detail, "data_offset_bytes"), 16 * MIB);
		assert_int_equal(number_of(detail, "header_bytes"), 16 * MIB);
		assert_int_equal(number_of(detail, "secondary_header"), magic > 0);
		const json_t *tokens = json_object_get(detail, "tokens");
		assert_int_equal(json_array_size(tokens), 2);
		const json_t *ours = json_array_get(tokens, 0), *other = json_array_get(tokens, 1);
		assert_string_equal(text_of(ours, "type"), "haiki-tenant");
		assert_int_equal(
			json_integer_value(json_array_get(json_object_get(ours, "keyslots"), 0)),
			0);
		assert_string_equal(text_of(ours, "text"),
			"{\"keyslots\":[\"0\"],\"tenant\":\"\\u5E02\",\"type\":\"haiki-tenant\"}");
		assert_string_equal(text_of(other, "type"), "other");
		assert_null(json_object_get(other, "text"));
		AUTO_FREE char *all = json_dumps(detail, 0);
		assert_null(strstr(all, "hunter2"));
		assert_null(strstr(all, "salt"));
	}
}

static void luks_version_2_cut_off_and_changed(void **state)
{
	struct luks *luks = *state;
	format(luks, "luks2");
	load(luks);
	for (size_t length = 0; length < 16384; length += 31 * test_stride()) {
		AUTO_FREE uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, luks->bytes, length);
		AUTO_JSON json_t *detail = detail_of("crypto_LUKS", cut, length, 0);
		assert_string_equal(text_of(detail, "problem"), "damaged");
	}
	for (size_t i = 0; i < 16384; i += 13 * test_stride()) {
		luks->bytes[i] ^= 0x11;
		AUTO_JSON json_t *detail = detail_of("crypto_LUKS", luks->bytes, LUKS_BYTES, 0);
		luks->bytes[i] ^= 0x11;
		bool in_digest = i >= 448 + 32 && i < 512; /* only 32 of its 64 bytes count */
		if (!in_digest && !json_object_get(detail, "problem"))
			fail_msg("byte %zu changed, and nothing said", i);
	}
}

static void luks_json_too_deep(void **state)
{
	(void)state;
	static uint8_t header[16384];
	memcpy(header, "LUKS\xba\xbe\0\2", 8);
	put_be64(header + 8, sizeof(header));
	memcpy(header + 72, "sha999", 6);
	memset(header + 4096, '[', sizeof(header) - 4096);
	AUTO_JSON json_t *detail = detail_of("crypto_LUKS", header, sizeof(header), 0);
	assert_string_equal(text_of(detail, "problem"), "unchecked");
	assert_null(json_object_get(detail, "keyslots"));
}

/* RAID of firmware ---------------------------------------------------------------------------- */

static void intels_raid(void **state)
{
	(void)state;
	uint8_t area[2048] = { 0 };
	uint8_t *anchor = area + 1024;
	uint32_t sum = 0;
	memcpy(anchor, "Intel Raid ISM Cfg Sig. 1.3.00", 30);
	put_le32(anchor + 36, 520); /* eight bytes more than the anchor, in the sector before */
	put_le32(anchor + 40, 0xcafe0001);
	put_le32(anchor + 44, 12);
	anchor[56] = 2;
	anchor[57] = 1;
	memcpy(anchor + 216 + 2 * 48, "Volume0", 7);
	put_le32(area + 512, 0x01020304);
	for (size_t i = 0; i < 512; i += 4)
		sum += (uint32_t)anchor[i] | (uint32_t)anchor[i + 1] << 8 |
		       (uint32_t)anchor[i + 2] << 16 | (uint32_t)anchor[i + 3] << 24;
	put_le32(anchor + 32, sum + 0x01020304);
	AUTO_JSON json_t *detail = detail_of("isw_raid_member", area, sizeof(area), 1024);
	assert_null(json_object_get(detail, "problem"));
	assert_string_equal(text_of(detail, "metadata"), "imsm");
	assert_string_equal(text_of(detail, "uuid"), "cafe0001");
	assert_string_equal(text_of(detail, "name"), "Volume0");
	area[513] ^= 1;
	AUTO_JSON json_t *changed = detail_of("isw_raid_member", area, sizeof(area), 1024);
	assert_string_equal(text_of(changed, "problem"), "checksum");
	for (size_t length = 0; length < 1536; length += test_stride()) {
		AUTO_FREE uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, area, length);
		AUTO_JSON json_t *part = detail_of("isw_raid_member", cut, length, 1024);
		assert_string_equal(text_of(part, "problem"), "damaged");
	}
}

static void ddf(void **state)
{
	(void)state;
	uint8_t sector[512];
	memset(sector, 0xff, sizeof(sector));
	put_be32(sector, 0xde11de11);
	memcpy(sector + 8, "Linux-MD0123456789abcdef", 24);
	AUTO_JSON json_t *detail = detail_of("ddf_raid_member", sector, sizeof(sector), 0);
	assert_string_equal(text_of(detail, "metadata"), "ddf");
	assert_string_equal(
		text_of(detail, "uuid"), "4c696e75782d4d4430313233343536373839616263646566");
	assert_string_equal(text_of(detail, "problem"), "checksum");
	AUTO_JSON json_t *part = detail_of("ddf_raid_member", sector, 511, 0);
	assert_string_equal(text_of(part, "problem"), "damaged");
}

#define luks_test(function) cmocka_unit_test_setup_teardown(function, set_up_luks, tear_down_luks)

int main(void)
{
	(void)setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_no_more_has_no_detail),
		cmocka_unit_test(a_volume_group),
		cmocka_unit_test(a_physical_volume_without_a_group),
		cmocka_unit_test(the_newest_whole_text_counts),
		cmocka_unit_test(lvm_cut_off_anywhere),
		cmocka_unit_test(lvm_text_cut_off_anywhere),
		cmocka_unit_test(lvm_changed_anywhere),
		cmocka_unit_test(volumes_that_stand_on_themselves),
		cmocka_unit_test(names_are_made_fit),
		cmocka_unit_test(ten_thousand_volumes),
		cmocka_unit_test(md_levels_and_roles),
		cmocka_unit_test(md_faulty_and_journal),
		cmocka_unit_test(md_cut_off_and_changed_anywhere),
		cmocka_unit_test(md_090_of_both_byte_orders),
		cmocka_unit_test(mdadm_agrees),
		luks_test(luks_version_1),
		luks_test(luks_version_2),
		luks_test(luks_version_2_cut_off_and_changed),
		cmocka_unit_test(luks_json_too_deep),
		cmocka_unit_test(intels_raid),
		cmocka_unit_test(ddf),
	};
	return cmocka_run_group_tests(tests, read_group_text, NULL);
}
