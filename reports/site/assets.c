/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The site's own files are part of the program, byte for byte those beside this one: templates of its
 * pages, its style, its scripts. */
#include "reports/site/site_parts.h"

#include <string.h>

#define EMBED(symbol, file)                                                                        \
	__asm__(".pushsection .rodata\n"                                                           \
		".local asset_" #symbol "_start\n"                                                 \
		".local asset_" #symbol "_end\n"                                                   \
		"asset_" #symbol "_start:\n"                                                       \
		".incbin \"reports/site/" file "\"\n"                                              \
		"asset_" #symbol "_end:\n"                                                         \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char asset_##symbol##_start[] __attribute__((visibility("hidden")));          \
	extern const char asset_##symbol##_end[] __attribute__((visibility("hidden")))

EMBED(style, "style.css");
EMBED(bytes, "bytes.js");
EMBED(der, "der.js");
EMBED(x509, "x509.js");
EMBED(cms, "cms.js");
EMBED(ledger, "ledger.js");
EMBED(check, "check.js");
EMBED(words, "words.js");
EMBED(view, "view.js");
EMBED(pdf, "pdf.js");
EMBED(drop, "drop.js");
EMBED(list_script, "list.js");
EMBED(certificate_script, "certificate.js");
EMBED(list, "list.html");
EMBED(certificate, "certificate.html");
EMBED(languages, "part_languages.html");
EMBED(dropping, "part_drop.html");
EMBED(limits, "part_limits.html");
EMBED(footer, "part_footer.html");

/* Where it begins and where it ends; the length is known only to the linker. */
static const struct {
	const char *name, *start, *end;
} embedded[] = {
	{ "style.css", asset_style_start, asset_style_end },
	{ "bytes.js", asset_bytes_start, asset_bytes_end },
	{ "der.js", asset_der_start, asset_der_end },
	{ "x509.js", asset_x509_start, asset_x509_end },
	{ "cms.js", asset_cms_start, asset_cms_end },
	{ "ledger.js", asset_ledger_start, asset_ledger_end },
	{ "check.js", asset_check_start, asset_check_end },
	{ "words.js", asset_words_start, asset_words_end },
	{ "view.js", asset_view_start, asset_view_end },
	{ "pdf.js", asset_pdf_start, asset_pdf_end },
	{ "drop.js", asset_drop_start, asset_drop_end },
	{ "list.js", asset_list_script_start, asset_list_script_end },
	{ "certificate.js", asset_certificate_script_start, asset_certificate_script_end },
	{ "list.html", asset_list_start, asset_list_end },
	{ "certificate.html", asset_certificate_start, asset_certificate_end },
	{ "part_languages.html", asset_languages_start, asset_languages_end },
	{ "part_drop.html", asset_dropping_start, asset_dropping_end },
	{ "part_limits.html", asset_limits_start, asset_limits_end },
	{ "part_footer.html", asset_footer_start, asset_footer_end },
};

const char *const asset_files[] = { "style.css", "bytes.js", "der.js", "x509.js", "cms.js",
	"ledger.js", "check.js", "words.js", "view.js", "pdf.js", "drop.js", "list.js",
	"certificate.js" };
const size_t asset_file_count = ARRAY_SIZE(asset_files);

struct asset asset_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(embedded); i++)
		if (strcmp(embedded[i].name, name) == 0)
			return (struct asset){ embedded[i].start,
				(size_t)(embedded[i].end - embedded[i].start) };
	return (struct asset){ "", 0 };
}
