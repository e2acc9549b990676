/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing PDFs object by object, and signing them. */
#include "tests/support/sample_pdf.h"

#include "base/digest.h"
#include <stdio.h>
#include <string.h>

#define OBJECTS 14

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "sample_pdf: %s\n", what);
	abort();
}

#define PUT(buffer, ...) must(buffer_printf(buffer, __VA_ARGS__) == 0, "out of memory")

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

static void begin(struct buffer *pdf, size_t offsets[OBJECTS], unsigned number)
{
	offsets[number] = pdf->length;
	PUT(pdf, "%u 0 obj\n", number);
}

static void put_stream(struct buffer *pdf, const char *keys, const void *data, size_t length)
{
	PUT(pdf, "<< %s /Length %zu >>\nstream\n", keys, length);
	must(buffer_append(pdf, data, length) == 0, "out of memory");
	PUT(pdf, "\nendstream\nendobj\n");
}

static void put_tree(const struct sample_pdf *wish, struct buffer *pdf)
{
	PUT(pdf, "<< /Names [ (%s.json) 6 0 R (%s.p7s) 7 0 R ", wish->name, wish->name);
	if (wish->proof)
		PUT(pdf, "(%s.proof) 8 0 R ", wish->name);
	PUT(pdf, "%s ] >>", or_nothing(wish->attachment));
}

static void put_page(const struct sample_pdf *wish, struct buffer *pdf, size_t offsets[OBJECTS])
{
	begin(pdf, offsets, 1);
	PUT(pdf,
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ 4 0 R %s ] /SigFlags 3 >> "
		"/Names << /EmbeddedFiles ",
		or_nothing(wish->field));
	put_tree(wish, pdf);
	PUT(pdf, " >> /Metadata 12 0 R %s >>\nendobj\n", or_nothing(wish->catalog));
	begin(pdf, offsets, 2);
	PUT(pdf, "<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>\nendobj\n");
	begin(pdf, offsets, 3);
	PUT(pdf, "<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 595.28 841.89 ] "
		 "/Annots [ 4 0 R ] >>\nendobj\n");
	begin(pdf, offsets, 4);
	PUT(pdf, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V 5 0 R "
		 "/Rect [ 0 0 0 0 ] /F 132 /P 3 0 R >>\nendobj\n");
}

static void put_signature(const struct sample_pdf *wish, struct buffer *pdf,
	size_t offsets[OBJECTS], size_t *ret_range, size_t *ret_contents)
{
	begin(pdf, offsets, 5);
	PUT(pdf,
		"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached %s "
		"/ByteRange [ 0 ",
		or_nothing(wish->signature));
	*ret_range = pdf->length;
	PUT(pdf, "%010u %010u %010u ] /Contents ", 0U, 0U, 0U);
	*ret_contents = pdf->length;
	PUT(pdf, "<%0*u> >>\nendobj\n", 2 * SAMPLE_PDF_ROOM, 0U);
}

static void put_file(const struct sample_pdf *wish, struct buffer *pdf, size_t offsets[OBJECTS],
	unsigned number, const char *ending)
{
	begin(pdf, offsets, number);
	if (number == 8 && !wish->proof)
		PUT(pdf, "null\nendobj\n");
	else
		PUT(pdf,
			"<< /Type /Filespec /F (%s%s) /UF (%s%s) /EF << /F %u 0 R /UF %u 0 R >> "
			">>\nendobj\n",
			wish->name, ending, wish->name, ending, number + 3, number + 3);
}

static void put_metadata(const struct sample_pdf *wish, struct buffer *pdf)
{
	char packet[4096];
	int length = snprintf(packet, sizeof(packet),
		"<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
		"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
		"xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "
		"rdf:about=\"\" xmlns:haiki=\"urn:haiki:certificate\">"
		"<haiki:name>%s</haiki:name><haiki:sha256>%s</haiki:sha256>"
		"<haiki:outcome>%s</haiki:outcome><haiki:serial>%s</haiki:serial>"
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
		wish->name, wish->sha256, wish->outcome, wish->serial);
	const char *text = wish->metadata ? wish->metadata : packet;
	must(length > 0 && (size_t)length < sizeof(packet), "metadata");
	put_stream(pdf, "/Type /Metadata /Subtype /XML", text, strlen(text));
}

static void put_streams(const struct sample_pdf *wish, struct buffer *pdf, size_t offsets[OBJECTS])
{
	char keys[256];
	(void)snprintf(keys, sizeof(keys), "/Type /EmbeddedFile /Subtype /application#2fjson %s",
		or_nothing(wish->stream));
	begin(pdf, offsets, 9);
	put_stream(pdf, keys, wish->files->json, wish->files->json_length);
	begin(pdf, offsets, 10);
	put_stream(pdf, "/Type /EmbeddedFile", wish->files->p7s, wish->files->p7s_length);
	begin(pdf, offsets, 11);
	put_stream(pdf, "/Type /EmbeddedFile", or_nothing(wish->proof),
		strlen(or_nothing(wish->proof)));
	begin(pdf, offsets, 12);
	put_metadata(wish, pdf);
	begin(pdf, offsets, 13);
	PUT(pdf, "%s\nendobj\n", wish->object ? wish->object : "null");
}

static void put_table(
	const struct sample_pdf *wish, struct buffer *pdf, const size_t offsets[OBJECTS])
{
	size_t start = pdf->length;
	PUT(pdf, "xref\n0 %u\n0000000000 65535 f \n", OBJECTS);
	for (unsigned i = 1; i < OBJECTS; i++)
		PUT(pdf, "%010zu 00000 n \n", offsets[i]);
	PUT(pdf, "trailer << /Root 1 0 R /Size %u %s >>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS,
		or_nothing(wish->trailer), start);
}

/* Fill in the range, sign both parts, and fill in the signature. */
static void sign(const struct sample_pdf *wish, struct buffer *pdf, size_t range, size_t contents)
{
	size_t behind = contents + 2 + 2 * SAMPLE_PDF_ROOM;
	char numbers[64];
	(void)snprintf(numbers, sizeof(numbers), "%010zu %010zu %010zu", contents, behind,
		pdf->length - behind - wish->shorter_range);
	memcpy(pdf->data + range, numbers, strlen(numbers));
	size_t length = contents + pdf->length - behind, cms_length = 0;
	uint8_t *data = malloc(length), *cms = NULL;
	must(data != NULL, "out of memory");
	memcpy(data, pdf->data, contents);
	memcpy(data + contents, pdf->data + behind, pdf->length - behind);
	must(keys_sign(wish->keys, data, length, &cms, &cms_length, NULL) == 0 &&
			cms_length <= SAMPLE_PDF_ROOM,
		"sign");
	char *hex = malloc(2 * cms_length + 1);
	must(hex != NULL, "out of memory");
	hex_encode(cms, cms_length, hex);
	memcpy(pdf->data + contents + 1, hex, 2 * cms_length);
	free(hex);
	free(cms);
	free(data);
}

void sample_pdf_write(const struct sample_pdf *wish, struct buffer *ret)
{
	size_t offsets[OBJECTS] = { 0 }, range = 0, contents = 0;
	must(ret->length == 0, "the buffer is not empty");
	PUT(ret, "%%PDF-1.7\n%%\xbf\xf7\xa2\xfe\n");
	put_page(wish, ret, offsets);
	put_signature(wish, ret, offsets, &range, &contents);
	put_file(wish, ret, offsets, 6, ".json");
	put_file(wish, ret, offsets, 7, ".p7s");
	put_file(wish, ret, offsets, 8, ".proof");
	put_streams(wish, ret, offsets);
	put_table(wish, ret, offsets);
	sign(wish, ret, range, contents);
}

void sample_pdf_of(const json_t *document, const struct sample_files *files,
	const struct keys *keys, struct sample_pdf *ret, char ret_sha256[static 65])
{
	const json_t *identity = json_object_get(json_object_get(document, "subject"), "identity");
	must(digest_sha256_hex(files->json, files->json_length, ret_sha256) == 0, "digest");
	*ret = (struct sample_pdf){
		.files = files,
		.keys = keys,
		.name = json_string_value(json_object_get(document, "name")),
		.sha256 = ret_sha256,
		.outcome = json_string_value(
			json_object_get(json_object_get(document, "verdict"), "outcome")),
		.serial = json_string_value(json_object_get(identity, "serial")),
	};
}
