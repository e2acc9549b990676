/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages become a document (qpdf): the three files attached, metadata, and an empty field for the signature. */
#include "reports/pdf/pdf_parts.h"

#include "base/text.h"
#include <errno.h>
#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <string.h>

static int failed(qpdf_data pdf, struct error *error)
{
	const char *why = "";
	if (qpdf_has_error(pdf))
		why = qpdf_get_error_message_detail(pdf, qpdf_get_error(pdf));
	return error_set(error, ERROR_FAILED, EIO, "pdf-failed",
		_("The PDF could not be put together: %s"), why);
}

static void put(qpdf_data pdf, qpdf_oh dictionary, const char *key, qpdf_oh value)
{
	qpdf_oh_replace_key(pdf, dictionary, key, value);
}

static void put_name(qpdf_data pdf, qpdf_oh dictionary, const char *key, const char *name)
{
	put(pdf, dictionary, key, qpdf_oh_new_name(pdf, name));
}

static void put_text(qpdf_data pdf, qpdf_oh dictionary, const char *key, const char *text)
{
	put(pdf, dictionary, key, qpdf_oh_new_unicode_string(pdf, text));
}

/* As it is, without a filter. */
static qpdf_oh add_stream(qpdf_data pdf, const void *data, size_t length)
{
	qpdf_oh stream = qpdf_oh_new_stream(pdf);
	qpdf_oh_replace_stream_data(
		pdf, stream, data, length, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	return stream;
}

/* "D:20261123040343Z" (ISO 32000-1, 7.9.4) */
static void pdf_date(const char *utc, char ret[static 32])
{
	(void)snprintf(ret, 32, "D:%.4s%.2s%.2s%.2s%.2s%.2sZ", utc, utc + 5, utc + 8, utc + 11,
		utc + 14, utc + 17);
}

/* --- attachments --- */

struct attachment {
	const char *ending, *type, *relationship, *description;
	const void *data;
	size_t length;
};

static qpdf_oh add_attachment(qpdf_data pdf, const struct pdf_facts *facts,
	const struct attachment *attachment, const char *file_name)
{
	char date[32];
	pdf_date(facts->now_utc, date);
	qpdf_oh stream = add_stream(pdf, attachment->data, attachment->length);
	qpdf_oh dictionary = qpdf_oh_get_dict(pdf, stream);
	qpdf_oh parameters = qpdf_oh_new_dictionary(pdf);
	put_name(pdf, dictionary, "/Type", "/EmbeddedFile");
	put_name(pdf, dictionary, "/Subtype", attachment->type);
	put(pdf, parameters, "/Size", qpdf_oh_new_integer(pdf, (long long)attachment->length));
	put_text(pdf, parameters, "/ModDate", date);
	put(pdf, dictionary, "/Params", parameters);
	qpdf_oh files = qpdf_oh_new_dictionary(pdf);
	put(pdf, files, "/F", stream);
	put(pdf, files, "/UF", stream);
	qpdf_oh specification = qpdf_oh_new_dictionary(pdf);
	put_name(pdf, specification, "/Type", "/Filespec");
	put_name(pdf, specification, "/AFRelationship", attachment->relationship);
	put_text(pdf, specification, "/F", file_name);
	put_text(pdf, specification, "/UF", file_name);
	put_text(pdf, specification, "/Desc", attachment->description);
	put(pdf, specification, "/EF", files);
	return qpdf_make_indirect_object(pdf, specification);
}

/* The tree of names is sorted: json, p7s, proof. */
static void attach(qpdf_data pdf, const struct pdf_facts *facts)
{
	const struct pdf_source *source = facts->source;
	const struct attachment attachments[] = {
		{ ".json", "/application/json", "/Source", "the certificate, which the pages show",
			source->json, source->json_length },
		{ ".p7s", "/application/pkcs7-signature", "/Supplement",
			"its signature (CMS, detached)", source->p7s, source->p7s_length },
		{ ".proof", "/text/plain", "/Supplement",
			"its place in the ledger (C2SP tlog-proof)", source->proof,
			source->proof ? source->proof_length : 0 },
	};
	qpdf_oh names = qpdf_oh_new_array(pdf), associated = qpdf_oh_new_array(pdf);
	for (size_t i = 0; i < ARRAY_SIZE(attachments); i++) {
		char name[160];
		if (attachments[i].length == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.127s%s", source->name, attachments[i].ending);
		qpdf_oh specification = add_attachment(pdf, facts, &attachments[i], name);
		qpdf_oh_append_item(pdf, names, qpdf_oh_new_unicode_string(pdf, name));
		qpdf_oh_append_item(pdf, names, specification);
		qpdf_oh_append_item(pdf, associated, specification);
	}
	qpdf_oh tree = qpdf_oh_new_dictionary(pdf), all = qpdf_oh_new_dictionary(pdf);
	put(pdf, tree, "/Names", names);
	put(pdf, all, "/EmbeddedFiles", tree);
	put(pdf, qpdf_get_root(pdf), "/Names", all);
	put(pdf, qpdf_get_root(pdf), "/AF", associated);
}

/* --- metadata --- */

static int describe(qpdf_data pdf, const struct pdf_facts *facts)
{
	AUTO_BUFFER struct buffer packet = BUFFER_INIT(64 * KIB);
	AUTO_BUFFER struct buffer profile = BUFFER_INIT(4 * KIB);
	char date[32];
	int result = pdf_metadata(facts, &packet);
	if (result == 0)
		result = pdf_profile(&profile);
	if (result != 0)
		return result;
	qpdf_oh root = qpdf_get_root(pdf);
	qpdf_oh metadata = add_stream(pdf, packet.data, packet.length);
	put_name(pdf, qpdf_oh_get_dict(pdf, metadata), "/Type", "/Metadata");
	put_name(pdf, qpdf_oh_get_dict(pdf, metadata), "/Subtype", "/XML");
	put(pdf, root, "/Metadata", metadata);
	put_text(pdf, root, "/Lang", "ja");
	put(pdf, root, "/ViewerPreferences", qpdf_oh_parse(pdf, "<< /DisplayDocTitle true >>"));
	qpdf_oh colours = add_stream(pdf, profile.data, profile.length);
	put(pdf, qpdf_oh_get_dict(pdf, colours), "/N", qpdf_oh_new_integer(pdf, 3));
	qpdf_oh intent = qpdf_oh_parse(pdf,
		"<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) "
		"/Info (sRGB) >>");
	put(pdf, intent, "/DestOutputProfile", colours);
	put(pdf, root, "/OutputIntents", qpdf_oh_wrap_in_array(pdf, intent));
	pdf_date(facts->now_utc, date);
	qpdf_set_info_key(pdf, "/Producer", PDF_CREATOR);
	qpdf_set_info_key(pdf, "/Creator", PDF_CREATOR);
	qpdf_set_info_key(pdf, "/CreationDate", date);
	qpdf_set_info_key(pdf, "/ModDate", date);
	return 0;
}

/* --- the signature --- */

/* Its room stands in the file as zeros, and the byte range in as many letters as it can ever take. */
static void add_signature(qpdf_data pdf, const struct pdf_facts *facts)
{
	char date[32];
	qpdf_oh page = qpdf_get_page_n(pdf, 0), root = qpdf_get_root(pdf);
	qpdf_oh value = qpdf_oh_parse(pdf, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter "
					   "/ETSI.CAdES.detached " PDF_BYTE_RANGE " >>");
	pdf_date(facts->now_utc, date);
	put_text(pdf, value, "/M", date);
	char *room = calloc(1, PDF_SIGNATURE_MAX);
	put(pdf, value, "/Contents",
		room ? qpdf_oh_new_binary_string(pdf, room, PDF_SIGNATURE_MAX)
		     : qpdf_oh_new_null(pdf)); /* which pdf_sign will not find */
	free(room);
	qpdf_oh field = qpdf_oh_parse(pdf,
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (haiki) /F 132 /Rect [ 0 0 0 0 ] >>");
	put(pdf, field, "/P", page);
	put(pdf, field, "/V", qpdf_make_indirect_object(pdf, value));
	field = qpdf_make_indirect_object(pdf, field);
	qpdf_oh form = qpdf_oh_parse(pdf, "<< /SigFlags 3 >>");
	put(pdf, form, "/Fields", qpdf_oh_wrap_in_array(pdf, field));
	put(pdf, root, "/AcroForm", form);
	put(pdf, page, "/Annots", qpdf_oh_wrap_in_array(pdf, field));
}

/* Classic cross-references, one object each, attachments readable without any program. */
static int write_out(qpdf_data pdf, struct buffer *ret, struct error *error)
{
	if (qpdf_init_write_memory(pdf) & QPDF_ERRORS)
		return failed(pdf, error);
	qpdf_set_object_stream_mode(pdf, qpdf_o_disable);
	qpdf_set_stream_data_mode(pdf, qpdf_s_preserve);
	qpdf_set_compress_streams(pdf, QPDF_FALSE);
	qpdf_set_decode_level(pdf, qpdf_dl_none);
	qpdf_set_newline_before_endstream(pdf, QPDF_TRUE);
	qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
	qpdf_force_pdf_version(pdf, "1.7");
	if (qpdf_write(pdf) & QPDF_ERRORS)
		return failed(pdf, error);
	const unsigned char *data = qpdf_get_buffer(pdf);
	if (!data)
		return failed(pdf, error);
	int result = buffer_append(ret, data, qpdf_get_buffer_length(pdf));
	if (result == -EOVERFLOW)
		return error_set(error, ERROR_FAILED, EFBIG, "pdf-failed",
			_("The PDF would be larger than a certificate's PDF may be"));
	return result == 0 ? 0 : error_no_memory(error);
}

static int fill(qpdf_data pdf, const struct pdf_facts *facts, const struct buffer *pages,
	struct buffer *ret, struct error *error)
{
	qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
	qpdf_silence_errors(pdf);
	if (qpdf_read_memory(pdf, "pages", pages->data, pages->length, NULL) & QPDF_ERRORS)
		return failed(pdf, error);
	attach(pdf, facts);
	int result = describe(pdf, facts);
	if (result == -ENOMEM)
		return error_no_memory(error);
	if (result != 0)
		return error_set(error, ERROR_FAILED, -result, "pdf-failed",
			_("The certificate %s holds a text that a PDF cannot describe"),
			facts->source->name);
	add_signature(pdf, facts);
	/* The calls above tell of errors here and nowhere else. */
	if (qpdf_has_error(pdf) || qpdf_more_warnings(pdf))
		return failed(pdf, error);
	return write_out(pdf, ret, error);
}

int pdf_assemble(const struct pdf_facts *facts, const struct buffer *pages, struct buffer *ret,
	struct error *error)
{
	qpdf_data pdf = qpdf_init();
	if (!pdf)
		return error_no_memory(error);
	int result = fill(pdf, facts, pages, ret, error);
	qpdf_cleanup(&pdf);
	return result;
}
