/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file: its defaults, what each key accepts, and which line is refused. */
#include "base/config.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char folder[] = "/tmp/haiki-test-config-XXXXXX";
static char path[sizeof(folder) + 16];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/haiki.conf", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static int load_bytes(const char *text, size_t length, struct config *ret, struct error *error)
{
	assert_int_equal(file_write(path, text, length, 0644, NULL), 0);
	return config_load(path, ret, error);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	(void)state;
	struct config defaults;
	struct config config = { 0 };
	struct error error = { 0 };

	config_defaults(&defaults);
	assert_int_equal(load_bytes("", 0, &config, &error), 0);
	assert_memory_equal(&config, &defaults, sizeof(config));
	assert_string_equal(config.store, "/var/lib/haiki/haiki.db");
	assert_string_equal(config.country, "JP");
	assert_int_equal(config.memory_budget_bytes, 64 * MIB);
	assert_int_equal(config.stall_limit_ms, 300000);
	assert_string_equal(config.io_backend, "auto");
	assert_string_equal(config.guard_outside, "refuse");
	assert_string_equal(config.deletion.clock, "synchronised");
	assert_string_equal(config.deletion.erasure, "where-possible");
	assert_int_equal(config.deletion.share_percent, 10);
	assert_int_equal(config.deletion.concurrency, 2);
	assert_int_equal(config.deletion.rate_bytes_per_second, 0);
	assert_int_equal(config.deletion.latency_limit_us, 0);
	assert_int_equal(config.deletion.look_timeout_ms, 300000);
	assert_int_equal(config.deletion.notice_before_count, 3);
	assert_int_equal(config.deletion.notice_before[0], 30);
	assert_int_equal(config.deletion.notice_after_count, 3);
	assert_int_equal(config.deletion.notice_after[2], 30);
	assert_string_equal(config.deletion.sendmail, "");
	assert_int_equal(config.platform_count, 0);
	assert_int_equal(config.backup_count, 0);
}

static void every_key_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"; a comment\n# another\n[store]\nstate = /srv/haiki\ndatabase=/srv/h.db\r\n"
		"[policy]\nfile = /etc/haiki/policy.json ; why\n[keys]\nfolder: /srv/keys\n"
		"[site]\norganisation = 何々市 情報政策課\nsite = Tokyo 1\ncountry = DE\n"
		"zone = municipal\n\n[engine]\nmemory = 2GiB\nstall = 20\nio = threads\n"
		"[guard]\noutside = vouched";
	struct config config = { 0 };
	struct error error = { 0 };

	assert_int_equal(load_bytes(text, strlen(text), &config, &error), 0);
	assert_string_equal(config.state_folder, "/srv/haiki");
	assert_string_equal(config.store, "/srv/h.db");
	assert_string_equal(config.policy, "/etc/haiki/policy.json");
	assert_string_equal(config.keys_folder, "/srv/keys");
	assert_string_equal(config.organisation, "何々市 情報政策課");
	assert_string_equal(config.site, "Tokyo 1");
	assert_string_equal(config.country, "DE");
	assert_string_equal(config.zone, "municipal");
	assert_true(config.memory_budget_bytes == 2 * GIB);
	assert_int_equal(config.stall_limit_ms, 20000);
	assert_string_equal(config.io_backend, "threads");
	assert_string_equal(config.guard_outside, "vouched");
}

static void what_is_deleted_and_who_is_told_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"[deletion]\nclock = vouched\nerasure = required\nshare = 0\nconcurrency = 16\n"
		"rate = 100MiB\nlatency = 50\nlook = 2\nnotice-before = 20  3\nnotice-after =\n"
		"sendmail = /usr/sbin/sendmail\nfrom = haiki@city.example.jp\n"
		"operators = a@example.jp b+c@x.example.jp\ntemplates = /etc/haiki/notices\n";
	struct config config = { 0 };
	struct error error = { 0 };

	if (load_bytes(text, strlen(text), &config, &error) < 0)
		fail_msg("%s", error.what);
	const struct config_deletion *deletion = &config.deletion;
	assert_string_equal(deletion->clock, "vouched");
	assert_string_equal(deletion->erasure, "required");
	assert_int_equal(deletion->share_percent, 0);
	assert_int_equal(deletion->concurrency, 16);
	assert_true(deletion->rate_bytes_per_second == 100 * MIB);
	assert_int_equal(deletion->latency_limit_us, 50000);
	assert_int_equal(deletion->look_timeout_ms, 2000);
	assert_int_equal(deletion->notice_before_count, 2);
	assert_int_equal(deletion->notice_before[0], 20);
	assert_int_equal(deletion->notice_before[1], 3);
	assert_int_equal(deletion->notice_after_count, 0);
	assert_string_equal(deletion->sendmail, "/usr/sbin/sendmail");
	assert_string_equal(deletion->from, "haiki@city.example.jp");
	assert_string_equal(deletion->operators, "a@example.jp b+c@x.example.jp");
	assert_string_equal(deletion->templates, "/etc/haiki/notices");
}

static void platforms_and_backups_have_names(void **state)
{
	(void)state;
	static const char text[] =
		"[vsphere tokyo-1]\nurl = https://vc.example.jp/sdk\nuser = haiki@vsphere.local\n"
		"password = /etc/haiki/vc\nca = /etc/haiki/vc.pem\nservice-field = code\n"
		"[libvirt host_2] ; the second\n[backup directory]\npath = /srv/backup\n"
		"[vsphere  osaka]\nuser = u\nurl = https://osaka\n"
		"[backup product]\nkind = hook\npath = /usr/lib/haiki/hook\n"
		"[site]\nsite = S\n[libvirt x]\nurl = qemu+unix:///system?socket=/run/s\n";
	struct config config = { 0 };
	struct error error = { 0 };

	if (load_bytes(text, strlen(text), &config, &error) < 0)
		fail_msg("%s", error.what);
	assert_int_equal(config.platform_count, 4);
	assert_string_equal(config.platforms[0].kind, "vsphere");
	assert_string_equal(config.platforms[0].name, "tokyo-1");
	assert_string_equal(config.platforms[0].url, "https://vc.example.jp/sdk");
	assert_string_equal(config.platforms[0].user, "haiki@vsphere.local");
	assert_string_equal(config.platforms[0].password, "/etc/haiki/vc");
	assert_string_equal(config.platforms[0].ca, "/etc/haiki/vc.pem");
	assert_string_equal(config.platforms[0].service_field, "code");
	assert_string_equal(config.platforms[1].kind, "libvirt");
	assert_string_equal(config.platforms[1].name, "host_2");
	assert_string_equal(config.platforms[1].url, "qemu:///system");
	assert_string_equal(config.platforms[2].name, "osaka");
	assert_string_equal(config.platforms[2].service_field, "haiki.service");
	assert_string_equal(config.platforms[2].password, "");
	assert_string_equal(config.platforms[3].url, "qemu+unix:///system?socket=/run/s");
	assert_int_equal(config.backup_count, 2);
	assert_string_equal(config.backups[0].kind, "directory");
	assert_string_equal(config.backups[0].name, "directory");
	assert_string_equal(config.backups[0].path, "/srv/backup");
	assert_string_equal(config.backups[1].kind, "hook");
	assert_string_equal(config.site, "S");
}

static void a_byte_order_mark_hides_no_section(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf[site]\nsite = S\n";
	struct config config = { 0 };

	assert_int_equal(load_bytes(text, strlen(text), &config, NULL), 0);
	assert_string_equal(config.site, "S");
}

/* Sections with a name up to the greatest number, and one more. */
static void there_are_only_so_many(void **state)
{
	(void)state;
	static const struct {
		const char *section, *last, *said;
	} cases[] = {
		{ "[libvirt p%d]\n", "[vsphere p]\n", "more than 16 platforms" },
		{ "[backup p%d]\npath = /p\n", "[backup p]\n", "more than 16 backups" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config;
		struct error error = { 0 };
		char text[2048] = "";
		for (int n = 1; n <= 16; n++) {
			size_t length = strlen(text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(text + length, sizeof(text) - length, cases[i].section, n);
#pragma GCC diagnostic pop
		}
		assert_int_equal(load_bytes(text, strlen(text), &config, &error), 0);
		assert_int_equal(i == 0 ? config.platform_count : config.backup_count, 16);
		(void)strcat(text, cases[i].last);
		assert_int_equal(load_bytes(text, strlen(text), &config, &error), -EINVAL);
		assert_non_null(strstr(error.what, cases[i].said));
	}
}

static void the_store_and_keys_follow_the_state_folder(void **state)
{
	(void)state;
	struct config config;

	assert_int_equal(load_bytes("[store]\nstate=/s\n", 17, &config, NULL), 0);
	assert_string_equal(config.store, "/s/haiki.db");
	assert_string_equal(config.keys_folder, "/s/keys");
	assert_int_equal(load_bytes("[store]\nstate=/s\ndatabase=/d\n", 29, &config, NULL), 0);
	assert_string_equal(config.store, "/d");
	assert_string_equal(config.keys_folder, "/s/keys");
}

static void a_bad_line_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *said;
	} cases[] = {
		{ "state = /x\n", 1, "not known in this section" },
		{ "[stroe]\n", 1, "section is not known" },
		{ "[store]\n\n[store2]\n[keys]\n", 3, "section is not known" },
		{ "[store]\nstat = /x\n", 2, "not known in this section" },
		{ "[store]\nState = /x\n", 2, "not known in this section" },
		{ "[keys]\nstate = /x\n", 2, "not known in this section" },
		{ "[store]\nstate\n", 2, "neither" },
		{ "[store\nstate = /x\n", 1, "section" },
		{ "[store]\nstate = relative\n", 2, "begins with /" },
		{ "[store]\nstate =\n", 2, "begins with /" },
		{ "[store]\nstate = /a\nstate = /b\n", 3, "twice" },
		{ "[store]\nstate = /a\n  /b\n", 3, "indented" },
		{ "[store]\nstate = /a\n  zone = x\n", 3, "indented" },
		{ "[policy]\nfile = policy.json\n", 2, "begins with /" },
		{ "[site]\ncountry = Japan\n", 2, "two capital letters" },
		{ "[site]\ncountry = jp\n", 2, "two capital letters" },
		{ "[engine]\nmemory = 0\n", 2, "memory" },
		{ "[engine]\nmemory = 1023KiB\n", 2, "memory" },
		{ "[engine]\nmemory = 2048G\n", 2, "memory" },
		{ "[engine]\nmemory = -1\n", 2, "memory" },
		{ "[engine]\nmemory = much\n", 2, "memory" },
		{ "[engine]\nstall = 0\n", 2, "stall" },
		{ "[engine]\nstall = 86401\n", 2, "stall" },
		{ "[engine]\nstall = 1k\n", 2, "stall" },
		{ "[engine]\nstall = 99999999999999999999\n", 2, "stall" },
		{ "[engine]\nio = fast\n", 2, "io must be" },
		{ "[engine]\nio =\n", 2, "io must be" },
		{ "[guard]\noutside = yes\n", 2, "outside must be" },
		{ "[guard]\noutside = Vouched\n", 2, "outside must be" },
		{ "[guard]\noutside =\n", 2, "outside must be" },
		{ "[guard]\ninside = vouched\n", 2, "not known in this section" },
		{ " [store]\n", 1, "first column" },
		{ "[store]\nstate = /a\n  [keys]\n", 3, "first column" },
		{ "[store x]\n", 1, "section is not known" },
		{ "[vmware tokyo]\n", 1, "section is not known" },
		{ "[Vsphere tokyo]\n", 1, "section is not known" },
		{ "[vsphere]\n", 1, "needs a name" },
		{ "[backup  ]\n", 1, "needs a name" },
		{ "[libvirt a b]\n", 1, "letters, digits" },
		{ "[libvirt a/b]\n", 1, "letters, digits" },
		{ "[libvirt a.b]\n", 1, "letters, digits" },
		{ "[libvirt 東京]\n", 1, "letters, digits" },
		{ "[libvirt "
		  "a123456789b123456789c123456789d123456789e123456789f123456789g123]\n",
			1, "longer than 63" },
		{ "[libvirt a]\n[libvirt a]\n", 2, "another platform has this name" },
		{ "[libvirt a]\n[vsphere a]\n", 2, "another platform has this name" },
		{ "[backup a]\npath = /a\n[backup a]\n", 3, "another backup has this name" },
		{ "[libvirt a]\nurl = x\n", 2, "URI" },
		{ "[libvirt a]\nurl = qemu:///a b\n", 2, "URI" },
		{ "[libvirt a]\nuser = x\n", 2, "not known in this section" },
		{ "[libvirt a]\nurl = qemu:///a\nurl = qemu:///b\n", 3, "twice" },
		{ "[vsphere a]\nurl = http://vc/sdk\n", 2, "https://" },
		{ "[vsphere a]\nurl = https://\n", 2, "https://" },
		{ "[vsphere a]\nurl = https://u:p@vc/sdk\n", 2, "part of the address" },
		{ "[vsphere a]\nurl = https://v c/sdk\n", 2, "blanks" },
		{ "[vsphere a]\nuser =\n", 2, "user must not be empty" },
		{ "[vsphere a]\npassword = secret\n", 2, "begins with /" },
		{ "[vsphere a]\nservice-field =\n", 2, "service-field" },
		{ "[vsphere a]\nuser = u\n", 1, "missing" },
		{ "[site]\n[vsphere a]\nurl = https://a\n[libvirt b]\n", 2, "missing" },
		/* What one was given is not the other's. */
		{ "[vsphere a]\nurl = https://a\nuser = u\n[vsphere b]\nurl = https://b\n", 4,
			"missing" },
		{ "[backup a]\n", 1, "missing" },
		{ "[backup a]\nkind = tape\n", 2, "kind must be" },
		{ "[backup a]\npath = x\n", 2, "begins with /" },
		{ "[deletion]\nclock = yes\n", 2, "clock must be" },
		{ "[deletion]\nerasure = optional\n", 2, "erasure must be" },
		{ "[deletion]\nshare = 101\n", 2, "share must be" },
		{ "[deletion]\nshare = 10%\n", 2, "share must be" },
		{ "[deletion]\nshare =\n", 2, "share must be" },
		{ "[deletion]\nconcurrency = 0\n", 2, "concurrency must be" },
		{ "[deletion]\nconcurrency = 17\n", 2, "concurrency must be" },
		{ "[deletion]\nrate = fast\n", 2, "rate must be" },
		{ "[deletion]\nlatency = 60001\n", 2, "latency must be" },
		{ "[deletion]\nlook = 0\n", 2, "look must be" },
		{ "[deletion]\nlook = 86401\n", 2, "look must be" },
		{ "[deletion]\nnotice-before = 7 30\n", 2, "largest first" },
		{ "[deletion]\nnotice-before = 7 7\n", 2, "largest first" },
		{ "[deletion]\nnotice-before = 9 8 7 6 5 4 3 2 1\n", 2, "at most 8" },
		{ "[deletion]\nnotice-before = 7,1\n", 2, "largest first" },
		{ "[deletion]\nnotice-before = 0\n", 2, "1 to 3650" },
		{ "[deletion]\nnotice-after = 7 1\n", 2, "smallest first" },
		{ "[deletion]\nnotice-after = 3651\n", 2, "1 to 3650" },
		{ "[deletion]\nsendmail = sendmail\n", 2, "begins with /" },
		{ "[deletion]\nfrom = -x@example.jp\n", 2, "address must be plain" },
		{ "[deletion]\noperators = a@b.jp,c@d.jp\n", 2, "address must be plain" },
		/* The first of several is told. */
		{ "[store]\nbad\n[nonsense]\n", 2, "neither" },
		{ "[nonsense]\nbad\n", 1, "section is not known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config;
		struct config before;
		struct error error = { 0 };
		char place[64];
		memset(&config, 0x5a, sizeof(config));
		before = config;
		(void)snprintf(place, sizeof(place), "%s, line %d:", path, cases[i].line);
		int result = load_bytes(cases[i].text, strlen(cases[i].text), &config, &error);
		if (result != -EINVAL || !strstr(error.what, place) ||
			!strstr(error.what, cases[i].said))
			fail_msg("%s: %d %s", cases[i].text, result, error.what);
		assert_int_equal(error.kind, ERROR_USAGE);
		assert_memory_equal(&config, &before, sizeof(config));
	}
}

static void mail_needs_a_sender(void **state)
{
	(void)state;
	static const char text[] = "[deletion]\nsendmail = /usr/sbin/sendmail\n";
	struct config config;
	struct error error = { 0 };

	assert_int_equal(load_bytes(text, strlen(text), &config, &error), -EINVAL);
	assert_non_null(strstr(error.what, "from is not"));
}

static void long_lines_are_refused_not_split(void **state)
{
	(void)state;
	struct config config;
	struct error error = { 0 };
	char text[400] = "[site]\nsite = ";
	size_t start = strlen(text);

	memset(text + start, 'x', 198 - (start - strlen("[site]\n")));
	text[strlen("[site]\n") + 198] = '\n';
	assert_int_equal(load_bytes(text, strlen(text), &config, &error), 0);
	assert_int_equal(strlen(config.site), 198 - strlen("site = "));

	memset(text + start, 'x', 300);
	assert_int_equal(load_bytes(text, strlen(text), &config, &error), -EINVAL);
	assert_non_null(strstr(error.what, "line 2: the line is too long"));
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	struct config config;

	assert_int_equal(load_bytes("[site]\nsite = \xff\n", 16, &config, NULL), -EINVAL);
	assert_int_equal(load_bytes("[site]\nsite = \x1b\n", 16, &config, NULL), -EINVAL);
	assert_int_equal(load_bytes("[site]\0[bad]\n", 13, &config, NULL), -EINVAL);
	assert_int_equal(load_bytes("[site]\nsite = x\n", 16, &config, NULL), 0);
}

static void a_named_file_must_be_there(void **state)
{
	(void)state;
	struct config config;
	struct error error = { 0 };

	assert_int_equal(config_load("/nonexistent/haiki.conf", &config, &error), -ENOENT);
	assert_non_null(strstr(error.what, "/nonexistent/haiki.conf"));
	assert_int_equal(config_load(folder, &config, &error), -EINVAL);
}

static void sizes_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "007", 0, 7 },
		{ "1k", 0, KIB },
		{ "1K", 0, KIB },
		{ "1KiB", 0, KIB },
		{ "100M", 0, 100 * MIB },
		{ "64MiB", 0, 64 * MIB },
		{ "1g", 0, GIB },
		{ "3TiB", 0, 3 * 1024 * GIB },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "16777215T", 0, UINT64_C(16777215) << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1 M", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1P", -EINVAL, 0 },
		{ "1MiBs", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 42;
		int result = config_parse_size(cases[i].text, &bytes);
		if (result != cases[i].result || bytes != (result < 0 ? 42 : cases[i].bytes))
			fail_msg("%s: %d", cases[i].text, result);
	}
}

/* The example that is installed, as it stands and with every comment taken away. */
static void the_shipped_example_is_sound(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(65536);
	struct config defaults;
	struct config config = { 0 };
	struct error error = { 0 };

	if (file_read("packaging/haiki.conf", &text, NULL) < 0) {
		print_message(
			"# skip: the example is not here: run this from the top of the sources\n");
		skip();
	}
	config_defaults(&defaults);
	if (config_load("packaging/haiki.conf", &config, &error) < 0)
		fail_msg("%s", error.what);
	assert_memory_equal(&config, &defaults, sizeof(config));
	/* "#key = value" becomes a setting; "# text" stays a comment. */
	for (char *line = text.data; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] == '#' && (line[1] == '[' || (line[1] >= 'a' && line[1] <= 'z')))
			*line = ' ';
	}
	char *out = text.data;
	for (const char *in = text.data; *in; in++)
		if (*in != ' ' || (in > text.data && in[-1] != '\n'))
			*out++ = *in;
	if (load_bytes(text.data, (size_t)(out - text.data), &config, &error) < 0)
		fail_msg("%s", error.what);
	assert_string_not_equal(config.site, "");
	assert_string_not_equal(config.deletion.sendmail, "");
	assert_int_equal(config.platform_count, 2);
	assert_int_equal(config.backup_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(what_is_deleted_and_who_is_told_is_read),
		cmocka_unit_test(platforms_and_backups_have_names),
		cmocka_unit_test(a_byte_order_mark_hides_no_section),
		cmocka_unit_test(there_are_only_so_many),
		cmocka_unit_test(mail_needs_a_sender),
		cmocka_unit_test(the_store_and_keys_follow_the_state_folder),
		cmocka_unit_test(a_bad_line_is_named),
		cmocka_unit_test(long_lines_are_refused_not_split),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_named_file_must_be_there),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(the_shipped_example_is_sound),
	};
	return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
