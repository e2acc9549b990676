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
		if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')
			*line = ' ';
	}
	char *out = text.data;
	for (const char *in = text.data; *in; in++)
		if (*in != ' ' || (in > text.data && in[-1] != '\n'))
			*out++ = *in;
	if (load_bytes(text.data, (size_t)(out - text.data), &config, &error) < 0)
		fail_msg("%s", error.what);
	assert_string_not_equal(config.site, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_key_is_read),
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
