/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The site as a whole: what the store holds and the files that were handed out, put together into one folder. */
#include "reports/site/site.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "reports/site/anchors.h"
#include "reports/site/site_parts.h"
#include "verify/certificate/detached.h"
#include "verify/certificate/trust.h"
#include "verify/ledger/proof.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PDF_MAX_BYTES (32 * MIB)

/* -- the files of a certificate -- */

static int missing(const struct site_request *request, const struct site_entry *entry,
	const char *ending, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, ENOENT, "certificate-missing",
		_("%s/%s.%s is missing, and without it there is no page of this certificate"),
		request->certificates, entry->name, ending);
	return error_next(error, _("Write it with: haiki report certificate JOB"));
}

static int path_of(const struct site_page_source *source, const char *ending,
	char ret[static PATH_MAX], struct error *error)
{
	int length = snprintf(ret, PATH_MAX, "%s/%s.%s", source->request->certificates,
		source->entry->name, ending);
	if (length > 0 && length < PATH_MAX)
		return 0;
	return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
		_("The path of the folder %s is too long"), source->request->certificates);
}

/* Read it, and put a copy into the site. 1 when it was there, 0 when not. */
static int take_file(struct site_folder *folder, const struct site_page_source *source,
	const char *ending, struct buffer *ret, struct error *error)
{
	char path[PATH_MAX], name[SITE_NAME_MAX + 32];
	int length = snprintf(path, sizeof(path), "%s/%s.%s", source->request->certificates,
		source->entry->name, ending);
	if (length < 0 || (size_t)length >= sizeof(path))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
			_("The path of the folder %s is too long"), source->request->certificates);
	int result = file_read(path, ret, error);
	if (result == -ENOENT) {
		if (error)
			*error = (struct error){ 0 };
		return 0;
	}
	if (result != 0)
		return result;
	(void)snprintf(name, sizeof(name), "certificates/%s.%s", source->entry->name, ending);
	result = site_folder_write(folder, name, ret->data, ret->length, error);
	return result == 0 ? 1 : result;
}

static int need_file(struct site_folder *folder, const struct site_page_source *source,
	const char *ending, struct buffer *ret, struct error *error)
{
	int result = take_file(folder, source, ending, ret, error);
	if (result == 0)
		return missing(source->request, source->entry, ending, error);
	return result < 0 ? result : 0;
}

/* Would an auditor accept these files, and are they what the store holds? */
static int check_files(const struct site_page_source *source, const struct bundle *files,
	const char *ending, struct error *error)
{
	AUTO_REPORT struct certificate_report report = { 0 };
	int result = certificate_check(files, source->anchors, &report, error);
	if (result != 0)
		return result;
	if (strcmp(report.sha256, source->entry->sha256) != 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "certificate-differs",
			_("%s/%s.%s is not the certificate that the store holds"),
			source->request->certificates, source->entry->name, ending);
	if (report.valid)
		return 0;
	const char *why = "";
	for (size_t i = 0; i < CERTIFICATE_CHECKS && !*why; i++)
		why = report.checks[i].error.what;
	(void)error_set(error, ERROR_FAILED, EBADMSG, "certificate-not-valid",
		_("%s/%s.%s does not hold, and nothing was written: %s"),
		source->request->certificates, source->entry->name, ending, why);
	return error_next(error, _("Look at it with: haiki verify certificate %s/%s.%s"),
		source->request->certificates, source->entry->name, ending);
}

static int take_pdf(
	struct site_folder *folder, struct site_page_source *source, struct error *error)
{
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_BUNDLE struct bundle files = { 0 };
	char path[PATH_MAX];
	int result = take_file(folder, source, "pdf", &pdf, error);
	if (result <= 0)
		return result;
	source->pdf_length = pdf.length;
	result = path_of(source, "pdf", path, error);
	if (result == 0)
		result = bundle_read(path, NULL, &files, error);
	return result == 0 ? check_files(source, &files, "pdf", error) : result;
}

static int take_files(
	struct site_folder *folder, struct site_page_source *source, struct error *error)
{
	int result = need_file(folder, source, "json", &source->files.json, error);
	if (result == 0)
		result = need_file(folder, source, "p7s", &source->files.p7s, error);
	if (result == 0)
		result = take_file(folder, source, "proof", &source->files.proof, error);
	if (result >= 0)
		result = check_files(source, &source->files, "json", error);
	return result == 0 ? take_pdf(folder, source, error) : result;
}

/* -- pages -- */

/* Names become those of files and stand in addresses: what we gave them needs no other characters. */
static int check_name(const struct site_entry *entry, struct error *error)
{
	size_t length = strspn(entry->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789-_");
	if (length > 0 && entry->name[length] == '\0')
		return 0;
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-malformed",
		_("\"%s\" is no name of a certificate"), entry->name);
}

static int put_page(struct site_folder *folder, const struct site_page_source *common,
	const struct site_entry *entry, struct error *error)
{
	struct site_page_source source = *common;
	AUTO_BUFFER struct buffer page = BUFFER_INIT(SITE_PAGE_MAX);
	AUTO_JSON json_t *certificate = NULL;
	char name[SITE_NAME_MAX + 16];
	source.entry = entry;
	source.files = (struct bundle){ .json = BUFFER_INIT(JSON_MAX_BYTES),
		.p7s = BUFFER_INIT(DETACHED_MAX_BYTES),
		.proof = BUFFER_INIT(PROOF_MAX_BYTES) };
	int result = check_name(entry, error);
	if (result == 0)
		result = take_files(folder, &source, error);
	if (result == 0)
		result = json_parse_canonical(source.files.json.data, source.files.json.length,
			entry->name, &certificate, error);
	source.certificate = certificate;
	if (result == 0)
		result = site_page(&source, &page, error);
	bundle_free(&source.files);
	if (result != 0)
		return result;
	(void)snprintf(name, sizeof(name), "c/%s.html", entry->name);
	return site_folder_write(folder, name, page.data, page.length, error);
}

/* -- what all pages read -- */

static int put_assets(struct site_folder *folder, struct error *error)
{
	for (size_t i = 0; i < asset_file_count; i++) {
		char name[64];
		struct asset asset = asset_named(asset_files[i]);
		(void)snprintf(name, sizeof(name), "site/%s", asset_files[i]);
		int result = site_folder_write(folder, name, asset.data, asset.length, error);
		if (result != 0)
			return result;
	}
	return 0;
}

/* list/site.js: the anchors, the ledger's key, and where the entries go. */
static int put_site_script(struct site_folder *folder, const struct site_request *request,
	const struct buffer *anchors, struct error *error)
{
	AUTO_BUFFER struct buffer script = BUFFER_INIT(SITE_PAGE_MAX);
	AUTO_JSON json_t *key = json_string(request->ledger_key);
	int result = key ? buffer_printf(&script,
				   "\"use strict\";\nhaiki.site = { anchors: [%s], ledgerKey: ",
				   buffer_text(anchors))
			 : -ENOMEM;
	if (result == 0)
		result = script_json(&script, key);
	if (result == 0)
		result = buffer_append_text(&script, " };\nhaiki.entries = [];\n");
	if (result != 0)
		return error_no_memory(error);
	return site_folder_write(folder, "list/site.js", script.data, script.length, error);
}

static int put_common(struct site_folder *folder, const struct site_request *request,
	const struct buffer *anchors, struct error *error)
{
	static const char *const folders[] = { "site", "list", "c", "certificates" };
	int result = 0;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(folders); i++)
		result = site_folder_make(folder, folders[i], error);
	if (result == 0)
		result = put_assets(folder, error);
	if (result == 0)
		result = site_folder_write(
			folder, "ca.crt", request->anchors, request->anchors_length, error);
	if (result == 0 && request->ledger_key[0])
		result = site_folder_write(folder, "ledger.vkey", request->ledger_key,
			strlen(request->ledger_key), error);
	return result == 0 ? put_site_script(folder, request, anchors, error) : result;
}

/* -- all -- */

/* Each page, then the list. */
static int put_pages(struct site_folder *folder, const struct site_page_source *common,
	const struct site_entries *entries, const struct site_summary *summary, struct error *error)
{
	for (size_t i = 0; i < entries->count; i++) {
		int result = put_page(folder, common, &entries->items[i], error);
		if (result != 0)
			return result;
	}
	return site_list(folder, common->request, common->anchors_html, entries, summary, error);
}

int site_write(struct store *store, const struct site_request *request, struct site_summary *ret,
	struct error *error)
{
	AUTO_SITE_ENTRIES struct site_entries entries = { 0 };
	CLEANUP(cleanup_site_folder_drop) struct site_folder *folder = NULL;
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	AUTO_BUFFER struct buffer script = BUFFER_INIT(TRUST_MAX_BYTES * 2);
	AUTO_BUFFER struct buffer html = BUFFER_INIT(TRUST_MAX_BYTES * 2);
	struct site_summary summary = { 0 };
	int result = trust_load(request->anchors, request->anchors_length, "ca.crt", &trust, error);
	if (result == 0)
		result = site_anchors(
			request->anchors, request->anchors_length, &script, &html, error);
	if (result == 0)
		result = site_entries_read(store, request, &entries, &summary, error);
	if (result == 0)
		result = site_folder_begin(request->folder, &folder, error);
	if (result == 0)
		result = put_common(folder, request, &script, error);
	const struct certificate_anchors anchors = { .trust = trust,
		.timestamp_trust = request->timestamp_trust,
		.now_utc_ms = request->now_utc_ms };
	const struct site_page_source common = {
		.request = request, .anchors_html = buffer_text(&html), .anchors = &anchors
	};
	if (result == 0)
		result = put_pages(folder, &common, &entries, &summary, error);
	if (result == 0)
		result = site_folder_finish(folder, error);
	if (result == 0)
		*ret = summary;
	return result;
}
