/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the site: what becomes of hostile text, which records are not for everybody, and a folder that is
 * replaced as a whole. What browsers make of it: tests/host/test_site.sh. */
#include "reports/site/site_parts.h"

#include "reports/certificate/certificate.h"
#include "tests/support/sample_certificate.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

/* -- text -- */

static const struct {
	const char *text;
	bool lines;
	const char *html;
} texts[] = {
	{ "", false, "" },
	{ "WD-WCC4E1", false, "WD-WCC4E1" },
	{ "<script>alert('1')</script>", false, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" },
	{ "\" onload=\"x", false, "&quot; onload=&quot;x" },
	{ "&amp;", false, "&amp;amp;" },
	{ "例示市 髙﨑 𠮷野家", false, "例示市 髙﨑 𠮷野家" },
	/* Direction turned around, as if it were another name. */
	{ "a\xe2\x80\xaegnp.\xe2\x80\xac", false, "a⟨U+202E⟩gnp.⟨U+202C⟩" },
	{ "a\xe2\x81\xa6"
	  "b\xe2\x81\xa9",
		false, "a⟨U+2066⟩b⟨U+2069⟩" },
	{ "a\xe2\x80\x8b"
	  "b",
		false, "a⟨U+200B⟩b" },
	{ "\xef\xbb\xbfx", false, "⟨U+FEFF⟩x" },
	{ "\xf3\xa0\x81\x81x", false, "⟨U+E0041⟩x" },
	{ "a\x01\x7f\tb", false, "a⟨U+0001⟩⟨U+007F⟩⟨U+0009⟩b" },
	{ "a\xc2\x85"
	  "b",
		false, "a⟨U+0085⟩b" },
	{ "a\nb", false, "a⟨U+000A⟩b" },
	{ "a\nb\r", true, "a\nb⟨U+000D⟩" },
	/* Arabic and Hebrew themselves are text. */
	{ "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", false, "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d" },
	/* No UTF-8. */
	{ "a\xff"
	  "b\xc3",
		false,
		"a\xef\xbf\xbd"
		"b\xef\xbf\xbd" },
	{ "\xc0\xbc", false, "\xef\xbf\xbd\xef\xbf\xbd" },
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB);
		assert_int_equal(html_text(&buffer, texts[i].text, texts[i].lines), 0);
		assert_string_equal(buffer_text(&buffer), texts[i].html);
	}
}

static void test_value(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB);
	assert_int_equal(html_value(&buffer, "subject.tenant", "<a>\n"), 0);
	assert_string_equal(buffer_text(&buffer),
		"<bdi dir=\"auto\" data-fact=\"subject.tenant\">&lt;a&gt;⟨U+000A⟩</bdi>");
	AUTO_BUFFER struct buffer small = BUFFER_INIT(8);
	assert_int_equal(html_value(&small, "", "long"), -EOVERFLOW);
}

static void test_script(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB);
	AUTO_JSON json_t *value =
		json_pack("[s, s, s]", "</script><!--", "\xe2\x80\xa8\xe2\x80\xae", "\"\\&例");
	assert_int_equal(script_json(&buffer, value), 0);
	assert_string_equal(buffer_text(&buffer),
		"[\"\\u003c/"
		"script\\u003e\\u003c!--\",\"\\u2028\\u202E\",\"\\\"\\\\\\u0026\\u4F8B\"]");
}

static void test_base64(void **state)
{
	(void)state;
	static const uint8_t bytes[5000];
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB), none = BUFFER_INIT(MIB),
				  two = BUFFER_INIT(MIB);
	assert_int_equal(script_base64(&none, NULL, 0), 0);
	assert_string_equal(buffer_text(&none), "\"\"");
	assert_int_equal(script_base64(&two, "ab", 2), 0);
	assert_string_equal(buffer_text(&two), "\"YWI=\"");
	/* In pieces, with padding at the end alone. */
	assert_int_equal(script_base64(&buffer, bytes, sizeof(bytes)), 0);
	assert_int_equal(buffer.length, 2 + (sizeof(bytes) + 2) / 3 * 4);
	assert_ptr_equal(strchr(buffer_text(&buffer), '='), buffer.data + buffer.length - 2);
}

static void test_fill(void **state)
{
	(void)state;
	const struct html_slot slots[] = { { "name", "<b>@x@</b>" }, { "x", "never" } };
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(MIB);
	static const char good[] = "a @name@ b@name@", unknown[] = "a @other@", open[] = "a @name";
	assert_int_equal(html_fill(&buffer, good, strlen(good), slots, 2), 0);
	/* What was put in is not looked at again. */
	assert_string_equal(buffer_text(&buffer), "a <b>@x@</b> b<b>@x@</b>");
	assert_int_equal(html_fill(&buffer, unknown, strlen(unknown), slots, 2), -EINVAL);
	assert_int_equal(html_fill(&buffer, open, strlen(open), slots, 2), -EINVAL);
}

/* Every file there, and none that carries a script or a style within. */
static void test_assets(void **state)
{
	static const char *const pages[] = { "list.html", "certificate.html", "part_limits.html",
		"part_drop.html", "part_footer.html", "part_languages.html" };
	(void)state;
	for (size_t i = 0; i < asset_file_count; i++)
		assert_true(asset_named(asset_files[i]).length > 100);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		const char *text = asset_named(pages[i]).data;
		assert_true(asset_named(pages[i]).length > 50);
		assert_null(strstr(text, "style="));
		assert_null(strstr(text, "<style"));
		assert_null(strstr(text, "onclick"));
		assert_null(strstr(text, "http:"));
		assert_null(strstr(text, "https:"));
	}
	assert_int_equal(asset_named("other").length, 0);
}

/* -- holds -- */

static void set_hold(json_t *certificate, const char *result)
{
	json_t *evidence = json_object_get(certificate, "evidence");
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		json_t *checks = json_object_get(json_array_get(evidence, i), "checks");
		for (size_t j = 0; j < json_array_size(checks); j++) {
			json_t *check = json_array_get(checks, j);
			if (strcmp(json_string_value(json_object_get(check, "check")), "hold") == 0)
				assert_int_equal(json_put_string(check, "result", result), 0);
		}
	}
}

static void test_holds(void **state)
{
	(void)state;
	AUTO_JSON json_t *certificate = sample_certificate_document(SAMPLE_JOB_PLAIN);
	assert_false(certificate_tells_of_hold(certificate));
	json_t *guard = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "kind", "guard", "checks", "check",
		"hold", "result", "passed", "detail", "");
	assert_int_equal(json_array_append_new(json_object_get(certificate, "evidence"), guard), 0);
	assert_false(certificate_tells_of_hold(certificate));
	set_hold(certificate, "refused");
	assert_true(certificate_tells_of_hold(certificate));
	/* Not known is not "none". */
	set_hold(certificate, "not-made");
	assert_true(certificate_tells_of_hold(certificate));
}

/* -- the folder -- */

struct fixture {
	char *folder;
	char site[600];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	fixture->folder = sample_folder_make();
	(void)snprintf(fixture->site, sizeof(fixture->site), "%s/site", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	sample_folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

static bool has(const struct fixture *fixture, const char *name)
{
	char path[700];
	struct stat status;
	(void)snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	return lstat(path, &status) == 0;
}

static void put(const struct fixture *fixture, const char *name, const char *text)
{
	char path[700];
	(void)snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_site(const struct fixture *fixture, const char *page)
{
	CLEANUP(cleanup_site_folder_drop) struct site_folder *folder = NULL;
	struct error error = { 0 };
	char name[64];
	assert_int_equal(site_folder_begin(fixture->site, &folder, &error), 0);
	assert_int_equal(site_folder_make(folder, "c", &error), 0);
	(void)snprintf(name, sizeof(name), "c/%s.html", page);
	assert_int_equal(site_folder_write(folder, name, "x", 1, &error), 0);
	assert_int_equal(site_folder_finish(folder, &error), 0);
}

static void test_replaced(void **state)
{
	const struct fixture *fixture = *state;
	make_site(fixture, "one");
	assert_true(has(fixture, "site/c/one.html"));
	make_site(fixture, "two");
	assert_true(has(fixture, "site/c/two.html"));
	assert_false(has(fixture, "site/c/one.html"));
	assert_false(has(fixture, ".site.haiki-new"));
}

/* Given up half-way, or killed: the site is as it was, and what was begun is in nobody's way. */
static void test_given_up(void **state)
{
	const struct fixture *fixture = *state;
	struct site_folder *folder = NULL;
	struct error error = { 0 };
	make_site(fixture, "one");
	assert_int_equal(site_folder_begin(fixture->site, &folder, &error), 0);
	assert_true(has(fixture, ".site.haiki-new"));
	assert_int_equal(site_folder_make(folder, "c", &error), 0);
	/* The same twice is a mistake of ours, never a page that lost its text. */
	assert_int_equal(site_folder_write(folder, "c/a.html", "x", 1, &error), 0);
	assert_int_equal(site_folder_write(folder, "c/a.html", "y", 1, &error), -EEXIST);
	site_folder_drop(folder);
	assert_true(has(fixture, "site/c/one.html"));
	assert_false(has(fixture, ".site.haiki-new"));
	char left[700];
	(void)snprintf(left, sizeof(left), "%s/.site.haiki-new", fixture->folder);
	assert_int_equal(mkdir(left, 0755), 0);
	put(fixture, ".site.haiki-new/index.html", "half a page");
	make_site(fixture, "two");
	assert_true(has(fixture, "site/c/two.html"));
	assert_false(has(fixture, "site/index.html"));
}

static void refused(const struct fixture *fixture, const char *path, const char *code)
{
	struct site_folder *folder = NULL;
	struct error error = { 0 };
	(void)fixture;
	assert_true(site_folder_begin(path, &folder, &error) < 0);
	assert_string_equal(error.code, code);
	assert_null(folder);
}

static void test_foreign(void **state)
{
	const struct fixture *fixture = *state;
	char path[700];
	/* Empty is fine. */
	assert_int_equal(mkdir(fixture->site, 0755), 0);
	make_site(fixture, "one");
	put(fixture, "site/notes.txt", "mine");
	refused(fixture, fixture->site, "site-foreign");
	assert_true(has(fixture, "site/notes.txt"));
	/* A file, a link, a folder of somebody, one that only looks like ours. */
	put(fixture, "file", "mine");
	(void)snprintf(path, sizeof(path), "%s/file", fixture->folder);
	refused(fixture, path, "site-foreign");
	(void)snprintf(path, sizeof(path), "%s/link", fixture->folder);
	assert_int_equal(symlink("site", path), 0);
	refused(fixture, path, "site-foreign");
	(void)snprintf(path, sizeof(path), "%s/other", fixture->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	put(fixture, "other/index.html", "mine");
	refused(fixture, path, "site-foreign");
	put(fixture, "other/site.json", "{}");
	refused(fixture, path, "site-foreign");
	assert_true(has(fixture, "other/index.html"));
	(void)snprintf(path, sizeof(path), "%s/..", fixture->folder);
	refused(fixture, path, "site-path");
	refused(fixture, "/", "site-path");
	refused(fixture, "", "site-path");
	(void)snprintf(path, sizeof(path), "%s/none/site", fixture->folder);
	refused(fixture, path, "site-write");
}

static void test_busy(void **state)
{
	const struct fixture *fixture = *state;
	CLEANUP(cleanup_site_folder_drop) struct site_folder *folder = NULL;
	struct error error = { 0 };
	assert_int_equal(site_folder_begin(fixture->site, &folder, &error), 0);
	refused(fixture, fixture->site, "site-busy");
	/* Who was refused took nothing away. */
	assert_true(has(fixture, ".site.haiki-new/site.json"));
	assert_int_equal(site_folder_finish(folder, &error), 0);
	assert_true(has(fixture, "site/site.json"));
	/* Until the one who wrote it is done, so is the new one; and then it can be replaced. */
	refused(fixture, fixture->site, "site-busy");
	folder = site_folder_drop(folder);
	make_site(fixture, "two");
	assert_true(has(fixture, "site/c/two.html"));
}

#define FOLDER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_assets),
		cmocka_unit_test(test_holds),
		FOLDER_TEST(test_replaced),
		FOLDER_TEST(test_given_up),
		FOLDER_TEST(test_foreign),
		FOLDER_TEST(test_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
