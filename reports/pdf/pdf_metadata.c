/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMP packet: what the document is (PDF/A-3, ISO 19005-3), and what its pages were drawn from. */
#include "reports/pdf/pdf_parts.h"

#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* As the text of an element (XML 1.0, 2.4). What XML cannot hold is -EINVAL. */
static int put_escaped(struct buffer *ret, const char *text)
{
	size_t length = strlen(text);
	int result = utf8_valid(text, length) ? 0 : -EINVAL;
	for (size_t i = 0; i < length && result == 0; i++) {
		uint8_t byte = (uint8_t)text[i];
		if (byte < 0x20)
			result = -EINVAL;
		else if (byte == '<')
			result = buffer_append_text(ret, "&lt;");
		else if (byte == '>')
			result = buffer_append_text(ret, "&gt;");
		else if (byte == '&')
			result = buffer_append_text(ret, "&amp;");
		else
			result = buffer_append(ret, &text[i], 1);
	}
	return result;
}

static int put_property(struct buffer *ret, const char *name, const char *text)
{
	int result = buffer_printf(ret, "<%s>", name);
	if (result == 0)
		result = put_escaped(ret, text);
	return result == 0 ? buffer_printf(ret, "</%s>\n", name) : result;
}

/* A text with its language, as Dublin Core has it. */
static int put_alternative(struct buffer *ret, const char *name, const char *text)
{
	int result = buffer_printf(ret, "<%s><rdf:Alt><rdf:li xml:lang=\"x-default\">", name);
	if (result == 0)
		result = put_escaped(ret, text);
	return result == 0 ? buffer_printf(ret, "</rdf:li></rdf:Alt></%s>\n", name) : result;
}

#define NAMESPACE "https://haiki.invalid/ns/certificate/1/"

static const char head[] = "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
			   "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
			   "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
			   "<rdf:Description rdf:about=\"\"\n"
			   " xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
			   " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n"
			   " xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"\n"
			   " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"\n"
			   " xmlns:haiki=\"" NAMESPACE "\">\n"
			   "<pdfaid:part>3</pdfaid:part>\n"
			   "<pdfaid:conformance>B</pdfaid:conformance>\n";

/* PDF/A wants properties of one's own described (ISO 19005-3, 6.6.2.3.3). */
static const char schema_head[] =
	"</rdf:Description>\n"
	"<rdf:Description rdf:about=\"\"\n"
	" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\"\n"
	" xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\"\n"
	" xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n"
	"<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n"
	"<pdfaSchema:schema>haiki certificate</pdfaSchema:schema>\n"
	"<pdfaSchema:namespaceURI>" NAMESPACE "</pdfaSchema:namespaceURI>\n"
	"<pdfaSchema:prefix>haiki</pdfaSchema:prefix>\n"
	"<pdfaSchema:property><rdf:Seq>\n";

static const char tail[] = "</rdf:Seq></pdfaSchema:property>\n"
			   "</rdf:li></rdf:Bag></pdfaExtension:schemas>\n"
			   "</rdf:Description>\n"
			   "</rdf:RDF>\n"
			   "</x:xmpmeta>\n"
			   "<?xpacket end=\"r\"?>\n";

/* What the pages were drawn from. */
static const struct {
	const char *name, *description;
} properties[] = {
	{ "sha256", "SHA-256 of the attached JSON document" },
	{ "name", "number of the certificate" },
	{ "outcome", "outcome of the job" },
	{ "serial", "serial number of the drive" },
};

static int put_own(struct buffer *ret, const struct pdf_facts *facts)
{
	const char *const values[ARRAY_SIZE(properties)] = { facts->sha256, facts->source->name,
		facts->outcome, facts->serial };
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(properties) && result == 0; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "haiki:%s", properties[i].name);
		result = put_property(ret, name, values[i]);
	}
	return result;
}

static int put_schema(struct buffer *ret)
{
	int result = buffer_append_text(ret, schema_head);
	for (size_t i = 0; i < ARRAY_SIZE(properties) && result == 0; i++)
		result = buffer_printf(ret,
			"<rdf:li rdf:parseType=\"Resource\">"
			"<pdfaProperty:name>%s</pdfaProperty:name>"
			"<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
			"<pdfaProperty:category>external</pdfaProperty:category>"
			"<pdfaProperty:description>%s</pdfaProperty:description></rdf:li>\n",
			properties[i].name, properties[i].description);
	return result == 0 ? buffer_append_text(ret, tail) : result;
}

int pdf_metadata(const struct pdf_facts *facts, struct buffer *ret)
{
	char date[32];
	(void)snprintf(date, sizeof(date), "%.19sZ", facts->now_utc);
	int result = buffer_append_text(ret, head);
	if (result == 0)
		result = put_alternative(ret, "dc:title", facts->title);
	if (result == 0)
		result = put_alternative(ret, "dc:description", facts->statement.verdict.english);
	if (result == 0)
		result = put_property(ret, "xmp:CreatorTool", PDF_CREATOR);
	if (result == 0)
		result = put_property(ret, "xmp:CreateDate", date);
	if (result == 0)
		result = put_property(ret, "xmp:ModifyDate", date);
	if (result == 0)
		result = put_property(ret, "pdf:Producer", PDF_CREATOR);
	if (result == 0)
		result = put_own(ret, facts);
	return result == 0 ? put_schema(ret) : result;
}
