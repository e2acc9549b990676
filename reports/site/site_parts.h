/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the site share: its files, its entries, writing HTML. Inside reports/site only. */
#ifndef HAIKI_REPORTS_SITE_SITE_PARTS_H
#define HAIKI_REPORTS_SITE_SITE_PARTS_H

#include "base/buffer.h"
#include "base/json.h"
#include "reports/site/site.h"
#include "verify/certificate/certificate.h"
#include <stdbool.h>

#define SITE_PAGE_MAX (64 * MIB)
#define SITE_NAME_MAX 96 /* of a certificate, with NUL */

/* -- HTML (html.c). All append; 0, -ENOMEM, -EOVERFLOW. -- */

/* Text for an element or a quoted attribute. Characters that are not seen or turn the direction of others around
 * are shown by their number, ⟨U+202E⟩; a line break stays where lines is set. Bytes that are no UTF-8: U+FFFD. */
NODISCARD int html_text(struct buffer *buffer, const char *text, bool lines);
/* The same two texts in their languages. */
NODISCARD int html_both(struct buffer *buffer, const char *japanese, const char *english);
/* A value of others: <bdi>, with the path that the browser compares it by ("" none). */
NODISCARD int html_value(struct buffer *buffer, const char *path, const char *value);

/* A template with @name@ for each of the values, which are HTML already. -EINVAL for a name that is not there. */
struct html_slot {
	const char *name;
	const char *html;
};
NODISCARD int html_fill(struct buffer *buffer, const char *template, size_t length,
	const struct html_slot *slots, size_t count);

/* Value as JavaScript: ASCII alone, and nothing that could end a script. */
NODISCARD int script_json(struct buffer *buffer, const json_t *value);
NODISCARD int script_base64(struct buffer *buffer, const void *data, size_t length);

/* -- the files that are part of the program (assets.c) -- */

struct asset {
	const char *data; /* static; NUL behind its length */
	size_t length;
};
/* "style.css"; empty for a name that is not in the table. */
struct asset asset_named(const char *name);
/* Those that are copied into site/. */
extern const char *const asset_files[];
extern const size_t asset_file_count;

/* -- the folder (folder.c) -- */

struct site_folder;
/* Begin the new one beside path. Codes of site_write. */
NODISCARD int site_folder_begin(const char *path, struct site_folder **ret, struct error *error);
/* A file of it, at most one folder deep, which is there already. */
NODISCARD int site_folder_make(struct site_folder *folder, const char *name, struct error *error);
NODISCARD int site_folder_write(struct site_folder *folder, const char *name, const void *data,
	size_t length, struct error *error);
/* Onto the disk, and in the old one's place; then the old one is removed. */
NODISCARD int site_folder_finish(struct site_folder *folder, struct error *error);
/* Frees; what was not finished is removed. Returns NULL. */
struct site_folder *site_folder_drop(struct site_folder *folder);
DEFINE_CLEANUP(struct site_folder *, site_folder_drop);

/* -- entries (entries.c) -- */

/* Where a document of this format has what the list shows: paths within it. */
struct site_shape {
	const char *format, *label, *detail, *tenant, *outcome;
};

/* One certificate, as the list has it. All owned. */
struct site_entry {
	const struct site_shape *shape; /* static */
	char name[SITE_NAME_MAX];
	char *label;  /* the drive's serial, the contract's number */
	char *detail; /* the model, the tenant's name */
	char *tenant;
	char *outcome; /* stable word */
	char issued[32];
	char sha256[65];
	char supersedes[SITE_NAME_MAX]; /* "" none */
	char later[SITE_NAME_MAX];      /* the newest that takes its place; "" none */
	bool good;                      /* proven, and nothing less */
};
struct site_entries {
	struct site_entry *items; /* owned; those that are not proven first, then the newest */
	size_t count;
};
void site_entries_free(struct site_entries *entries);
#define AUTO_SITE_ENTRIES CLEANUP(site_entries_free)
/* From the store, for the request's tenant; counts into *ret_summary. Files that do not lie in the certificates'
 * folder are written there. */
NODISCARD int site_entries_read(struct store *store, const struct site_request *request,
	struct site_entries *ret, struct site_summary *ret_summary, struct error *error);

/* -- pages -- */

struct site_page_source {
	const struct site_request *request;
	const char *anchors_html;
	const struct site_entry *entry;
	const json_t *certificate;
	const struct certificate_anchors *anchors;
	struct bundle files; /* owned; json, p7s, and proof where there is one */
	size_t pdf_length;   /* 0: none */
};
/* c/NAME.html (page.c) */
NODISCARD int site_page(
	const struct site_page_source *source, struct buffer *ret, struct error *error);

/* index.html and list/ (list.c) */
NODISCARD int site_list(struct site_folder *folder, const struct site_request *request,
	const char *anchors_html, const struct site_entries *entries,
	const struct site_summary *summary, struct error *error);

/* What every page has: the policy, the organisation, the switch of languages, the places for dropped files, what
 * was not checked, the footer. name: of a certificate in the example commands. */
#define SITE_FRAME_SLOTS 6
struct site_frame {
	struct buffer limits, footer, organisation;
	struct html_slot slots[SITE_FRAME_SLOTS];
};
NODISCARD int site_frame_make(const struct site_request *request, const char *anchors_html,
	const char *name, struct site_frame *ret);
void site_frame_free(struct site_frame *frame);
#define AUTO_FRAME CLEANUP(site_frame_free)

#endif
