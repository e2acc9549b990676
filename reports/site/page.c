/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of one certificate: what it says, drawn from the statement, and the files themselves, so that the
 * browser can check them. */
#include "base/text.h"
#include "reports/site/site_parts.h"
#include "reports/statement/statement.h"
#include <errno.h>
#include <string.h>

/* -- the statement -- */

/* Items of a list have no label of their own; they are read out under the section's. */
static int put_field(
	struct buffer *buffer, const struct wording *section, const struct statement_field *field)
{
	bool item = field->label.japanese[0] == '\0';
	const struct wording *label = item ? section : &field->label;
	int result = buffer_append_text(
		buffer, item ? "<div class=\"item\"><dt class=\"unseen\">" : "<div><dt>");
	if (result == 0)
		result = html_both(buffer, label->japanese, label->english);
	if (result == 0)
		result = buffer_append_text(buffer, "</dt><dd>");
	if (result == 0 && field->japanese && field->english)
		result = html_both(buffer, field->japanese, field->english);
	else if (result == 0 && field->value && field->value[0])
		result = html_value(buffer, "", field->value);
	return result == 0 ? buffer_append_text(buffer, "</dd></div>\n") : result;
}

static int put_section(struct buffer *buffer, const struct statement_section *section)
{
	int result = buffer_append_text(buffer, "<h3>");
	if (result == 0)
		result = html_both(buffer, section->title.japanese, section->title.english);
	if (result == 0)
		result = buffer_append_text(buffer, "</h3>\n<dl>\n");
	for (size_t i = 0; result == 0 && i < section->count; i++)
		result = put_field(buffer, &section->title, &section->fields[i]);
	return result == 0 ? buffer_append_text(buffer, "</dl>\n") : result;
}

static int put_sections(struct buffer *buffer, const struct statement *statement)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i < statement->count; i++)
		result = put_section(buffer, &statement->sections[i]);
	return result;
}

/* -- the parts around it -- */

static int put_subject(struct buffer *buffer, const struct site_entry *entry)
{
	int result = html_value(buffer, entry->shape->label, entry->label);
	if (result == 0)
		result = buffer_append_text(buffer, " <span class=\"model\">");
	if (result == 0)
		result = html_value(buffer, entry->shape->detail, entry->detail);
	if (result == 0)
		result = buffer_append_text(buffer, "</span>");
	if (result != 0 || !entry->tenant[0])
		return result;
	result = buffer_append_text(buffer, " <span class=\"model\">— ");
	if (result == 0)
		result = html_both(buffer, "テナント ", "tenant ");
	if (result == 0)
		result = html_value(buffer, entry->shape->tenant, entry->tenant);
	return result == 0 ? buffer_append_text(buffer, "</span>") : result;
}

static int put_superseded(struct buffer *buffer, const struct site_entry *entry)
{
	if (!entry->later[0])
		return 0;
	return buffer_printf(buffer,
		"<p class=\"warning\" data-later=\"%s\"><span "
		"lang=\"ja\">この証明書より新しいものがあります: "
		"</span><span "
		"lang=\"en\">A newer certificate takes the place of this one: </span>"
		"<a href=\"%s.html\">%s</a></p>",
		entry->later, entry->later, entry->later);
}

static int put_file(struct buffer *buffer, const char *name, const char *ending,
	const char *japanese, const char *english, size_t length)
{
	if (length == 0)
		return 0;
	int result = buffer_printf(buffer, "<li><a href=\"../certificates/%s.%s\"%s>%s.%s</a> ",
		name, ending, strcmp(ending, "pdf") == 0 ? "" : " download", name, ending);
	if (result == 0)
		result = html_both(buffer, japanese, english);
	return result == 0 ? buffer_printf(buffer, "<span class=\"size\">%zu KiB</span></li>\n",
				     (length + 1023) / 1024)
			   : result;
}

static int put_files(struct buffer *buffer, const struct site_page_source *source)
{
	const char *name = source->entry->name;
	int result = put_file(buffer, name, "pdf", "印刷用。下の 3 つを含む",
		"to print; holds the three below", source->pdf_length);
	if (result == 0)
		result = put_file(buffer, name, "json", "証明書", "the certificate",
			source->files.json.length);
	if (result == 0)
		result = put_file(
			buffer, name, "p7s", "署名", "its signature", source->files.p7s.length);
	if (result == 0)
		result = put_file(buffer, name, "proof", "台帳の証明", "its proof from the ledger",
			source->files.proof.length);
	return result;
}

/* The files as the browser checks them. In base64, so that nothing in them can end the script. */
static int put_carried(struct buffer *buffer, const struct site_page_source *source)
{
	const struct {
		const char *key;
		const struct buffer *file;
	} files[] = {
		{ "json", &source->files.json },
		{ "p7s", &source->files.p7s },
		{ "proof", &source->files.proof },
	};
	int result = buffer_printf(buffer, "{\"name\":\"%s\",\"sha256\":\"%s\"",
		source->entry->name, source->entry->sha256);
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(files); i++) {
		result = buffer_printf(buffer, ",\"%s\":", files[i].key);
		if (result == 0)
			result = script_base64(buffer, files[i].file->data, files[i].file->length);
	}
	return result == 0 ? buffer_append_text(buffer, "}") : result;
}

/* -- the page -- */

/* What was not proven is no certificate of an erasure, and does not call itself one. */
static const struct wording certificate_kind = { "certificate", "データ消去証明書",
	"Certificate of data erasure" };
static const struct wording record_kind = { "record", "記録 (データ消去の証明ではありません)",
	"Record (not a certificate of erasure)" };

struct parts {
	struct buffer kind, serial, verdict, subject, name, superseded, sections, files, carried;
};

static void parts_free(struct parts *parts)
{
	buffer_free(&parts->kind);
	buffer_free(&parts->serial);
	buffer_free(&parts->verdict);
	buffer_free(&parts->subject);
	buffer_free(&parts->name);
	buffer_free(&parts->superseded);
	buffer_free(&parts->sections);
	buffer_free(&parts->files);
	buffer_free(&parts->carried);
}

static int make_parts(
	const struct site_page_source *source, const struct statement *statement, struct parts *ret)
{
	const struct site_entry *entry = source->entry;
	int result = html_text(&ret->serial, entry->label[0] ? entry->label : entry->name, false);
	const struct wording *kind = statement->good ? &certificate_kind : &record_kind;
	if (result == 0)
		result = html_both(&ret->kind, kind->japanese, kind->english);
	if (result == 0)
		result = html_both(
			&ret->verdict, statement->verdict.japanese, statement->verdict.english);
	if (result == 0)
		result = put_subject(&ret->subject, entry);
	if (result == 0)
		result = html_value(&ret->name, "name", entry->name);
	if (result == 0)
		result = put_superseded(&ret->superseded, entry);
	if (result == 0)
		result = put_sections(&ret->sections, statement);
	if (result == 0)
		result = put_files(&ret->files, source);
	return result == 0 ? put_carried(&ret->carried, source) : result;
}

static int fill_page(const struct site_page_source *source, const struct statement *statement,
	const struct parts *parts, const struct site_frame *frame, struct buffer *ret)
{
	const struct wording *kind = statement->good ? &certificate_kind : &record_kind;
	struct html_slot slots[SITE_FRAME_SLOTS + 16] = {
		{ "kind", buffer_text(&parts->kind) },
		{ "kind_ja", kind->japanese },
		{ "kind_en", kind->english },
		{ "serial_plain", buffer_text(&parts->serial) },
		{ "standing", statement->good ? "good" : "bad" },
		{ "sign", statement->good ? "✓" : "✕" },
		{ "outcome_path", source->entry->shape->outcome },
		{ "outcome", source->entry->outcome },
		{ "verdict", buffer_text(&parts->verdict) },
		{ "subject", buffer_text(&parts->subject) },
		{ "name", buffer_text(&parts->name) },
		{ "superseded", buffer_text(&parts->superseded) },
		{ "sections", buffer_text(&parts->sections) },
		{ "files", buffer_text(&parts->files) },
		{ "sha256", source->entry->sha256 },
		{ "carried", buffer_text(&parts->carried) },
	};
	memcpy(slots + 16, frame->slots, sizeof(frame->slots));
	struct asset template = asset_named("certificate.html");
	return html_fill(ret, template.data, template.length, slots, ARRAY_SIZE(slots));
}

int site_page(const struct site_page_source *source, struct buffer *ret, struct error *error)
{
	AUTO_STATEMENT struct statement statement = { 0 };
	AUTO_FRAME struct site_frame frame = { 0 };
	CLEANUP(parts_free)
	struct parts parts = {
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
		BUFFER_INIT(SITE_PAGE_MAX),
	};
	int result = statement_make(source->certificate, &statement, error);
	if (result != 0)
		return result;
	/* The large words at the top are the store's, the certificate's and the statement's at once. */
	if (statement.good != source->entry->good)
		return error_set(error, ERROR_FAILED, EBADMSG, "certificate-malformed",
			_("What the certificate %s states cannot be told"), source->entry->name);
	result = make_parts(source, &statement, &parts);
	if (result == 0)
		result = site_frame_make(
			source->request, source->anchors_html, source->entry->name, &frame);
	if (result == 0)
		result = fill_page(source, &statement, &parts, &frame, ret);
	if (result == 0)
		return 0;
	return error_set(error, ERROR_FAILED, -result, "site-page",
		_("The page of the certificate %s cannot be made: %s"), source->entry->name,
		strerror(-result));
}
