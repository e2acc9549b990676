/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages: what may be shown of a text, and that drawing never fails because of what a text says. */
#include "reports/pdf/page_parts.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_cannot_be_seen_is_shown_by_its_number(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool lines;
		const char *expected;
	} cases[] = {
		{ "", false, "" },
		{ "ZA1B2C3D", false, "ZA1B2C3D" },
		{ "東京都 千代田区", false, "東京都 千代田区" },
		{ "<b>&amp;</b>", false, "<b>&amp;</b>" },
		{ "a\nb", true, "a\nb" },
		{ "a\nb", false, "a[U+000A]b" },
		{ "a\tb\x1b[31m\x7f", true, "a[U+0009]b[U+001B][31m[U+007F]" },
		{ "\xC2\x85", true, "[U+0085]" },          /* a control of ISO 6429 */
		{ "x\xE2\x80\xAEy", false, "x[U+202E]y" }, /* right-to-left override */
		{ "x\xE2\x81\xA6y", false, "x[U+2066]y" }, /* left-to-right isolate */
		{ "x\xE2\x80\x8By", false, "x[U+200B]y" }, /* zero width space */
		{ "\xE2\x80\xA8\xE2\x80\xA9", true, "[U+2028][U+2029]" },
		{ "x\xC2\xADy", false, "x[U+00AD]y" },      /* soft hyphen */
		{ "\xEF\xBB\xBFx", false, "[U+FEFF]x" },    /* byte order mark */
		{ "\xE3\x85\xA4", false, "[U+3164]" },      /* a letter that is blank */
		{ "\xEE\x80\x80", false, "[U+E000]" },      /* private use */
		{ "\xF3\xA0\x81\x81", false, "[U+E0041]" }, /* tag letter */
		{ "\xEF\xBF\xBE", false, "[U+FFFE]" },      /* noncharacter */
		/* A form of an ideograph is part of a name; of anything else it is not. */
		{ "葛\xF3\xA0\x84\x80", false, "葛\xF3\xA0\x84\x80" },
		{ "A\xF3\xA0\x84\x80", false, "A[U+E0100]" },
		/* か with its mark, and a pile of marks. */
		{ "か\xE3\x82\x99", false, "か\xE3\x82\x99" },
		{ "a\xCC\x80\xCC\x81\xCC\x82\xCC\x83", false, "a\xCC\x80\xCC\x81[U+0302][U+0303]" },
		{ "\xFF"
		  "a\xC3",
			false,
			"\xEF\xBF\xBD"
			"a\xEF\xBF\xBD" }, /* no UTF-8 */
		{ "𠮷野家", false, "𠮷野家" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer clean = BUFFER_INIT(4096);
		assert_int_equal(page_clean(cases[i].text, cases[i].lines, &clean), 0);
		assert_string_equal(buffer_text(&clean), cases[i].expected);
	}
}

/* A writer, or a skipped test where no Japanese font is installed. */
static struct page_writer *begin(void)
{
	struct error error = { 0 };
	struct page_writer *writer = NULL;
	int result = page_begin("題名", "subject", "footer", &writer, &error);
	if (result != 0 && strcmp(error.code, "pdf-font") == 0)
		skip();
	assert_int_equal(result, 0);
	return writer;
}

static void end(struct page_writer *writer, struct buffer *pdf)
{
	struct error error = { 0 };
	int result = page_end(writer, pdf, &error);
	if (result != 0)
		fail_msg("%s", error.what);
	assert_true(pdf->length > 1000);
	assert_memory_equal(pdf->data, "%PDF-1.", 7);
}

static const char *const texts[] = { "", " ", "\n\n\n", "<span>&lt;", "\xE2\x80\xAE xyz",
	"\xFF\xFE", "長い", "%s%n%d", "a\xCC\x80\xCC\x81\xCC\x82\xCC\x83\xCC\x84", "שלום عربى",
	"\xF0\x9F\x98\x80", "\xEE\x80\x80" };

static void draw_everything(struct page_writer *writer, const char *text)
{
	const struct page_label labels[] = { { text, text, text, false },
		{ text, text, text, true } };
	const struct page_column columns[] = { { text, 1, false }, { text, 3, true },
		{ text, 0, false } };
	const char *const cells[] = { text, text, text, text, text, text };
	page_title(writer, text, text, text);
	page_verdict(writer, false, text, text);
	page_qr(writer, "haiki", text, 30);
	page_large(writer, text, text, text);
	page_fields(writer, labels, ARRAY_SIZE(labels));
	page_field(writer, text, text, text);
	page_heading(writer, text, text);
	page_paragraph(writer, text);
	page_note(writer, text);
	page_item(writer, text, text);
	page_signer(writer, text, text, text);
	page_table(writer, columns, ARRAY_SIZE(columns), cells, 2);
}

static void no_text_holds_up_a_page(void **state)
{
	(void)state;
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(16 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		draw_everything(writer, texts[i]);
	end(writer, &pdf);
}

/* A hundred thousand letters, with blanks and without. */
static void a_long_text_is_cut(void **state)
{
	(void)state;
	static char text[100001], words[100001];
	memset(text, 'A', sizeof(text) - 1);
	for (size_t i = 0; i + 1 < sizeof(words); i++)
		words[i] = i % 7 == 6 ? ' ' : 'x';
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(16 * MIB);
	draw_everything(writer, text);
	draw_everything(writer, words);
	assert_true(writer->page_count < 30);
	end(writer, &pdf);
}

static void a_table_goes_on_over_pages(void **state)
{
	(void)state;
	const struct page_column columns[] = { { "製造番号", 2, false }, { "件数", 1, true } };
	static const char *cells[2 * 400];
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		cells[i] = i % 2 ? "12" : "ZA1B2C3D";
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(16 * MIB);
	page_table(writer, columns, ARRAY_SIZE(columns), cells, ARRAY_SIZE(cells) / 2);
	assert_true(writer->page_count > 5);
	end(writer, &pdf);
}

static void more_pages_than_anyone_reads_are_refused(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(16 * MIB);
	for (size_t i = 0; i < PAGES_MAX + 1; i++) {
		page_heading(writer, "章", "chapter");
		writer->y = PAGE_BOTTOM;
	}
	assert_int_equal(page_end(writer, &pdf, &error), -EFBIG);
	assert_string_equal(error.code, "pdf-failed");
	assert_int_equal(pdf.length, 0);
}

static void a_buffer_that_is_too_small_is_an_error(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(100);
	page_paragraph(writer, "何か");
	assert_true(page_end(writer, &pdf, &error) < 0);
	assert_string_equal(error.code, "pdf-failed");
	assert_int_equal(pdf.length, 0);
}

/* A sign of cuneiform, of which hardly a machine has a font; where it does, nothing is missing. */
static void a_character_that_no_font_has_is_told(void **state)
{
	(void)state;
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(MIB);
	page_paragraph(writer, "山\xF0\x92\x80\x80\xF0\x92\x80\x80川\xF0\x92\x80\x81");
	const char *missing = page_missing(writer);
	if (missing[0] == '\0') {
		(void)page_drop(writer);
		skip();
	}
	assert_string_equal(missing, "U+12000 U+12001");
	end(writer, &pdf);
}

static void what_everybody_writes_is_never_missing(void **state)
{
	(void)state;
	struct page_writer *writer = begin();
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(MIB);
	page_paragraph(writer, "髙橋 﨑 渡邉 渡邊 齋藤 辻󠄀 ①②③ ㈱ ABC abc 012 "
			       "ー〜…・、。「」");
	assert_string_equal(page_missing(writer), "");
	end(writer, &pdf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_seen_is_shown_by_its_number),
		cmocka_unit_test(no_text_holds_up_a_page),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(a_table_goes_on_over_pages),
		cmocka_unit_test(more_pages_than_anyone_reads_are_refused),
		cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
		cmocka_unit_test(a_character_that_no_font_has_is_told),
		cmocka_unit_test(what_everybody_writes_is_never_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
