/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PDFs of certificates written by hand: a blank page with the files attached, signed; and as odd as a test
 * wants them. Aborts when it cannot do its work. */
#ifndef HAIKI_TESTS_SUPPORT_SAMPLE_PDF_H
#define HAIKI_TESTS_SUPPORT_SAMPLE_PDF_H

#include "base/buffer.h"
#include "tests/support/sample_certificate.h"

#define SAMPLE_PDF_ROOM 4096 /* bytes for the CMS */

/* All borrowed; what is left out is as a good one has it. */
struct sample_pdf {
	const struct sample_files *files;
	const char *proof; /* NULL: none is attached */
	const char *name, *sha256, *outcome, *serial;
	const struct keys *keys;
	/* Oddities. */
	const char *catalog;    /* more keys of the catalog */
	const char *field;      /* more fields of the form */
	const char *attachment; /* more entries of the tree of files */
	const char *stream;     /* more keys of the JSON's stream */
	const char *signature;  /* more keys of the signature */
	const char *object;     /* one more object, number 13 */
	const char *metadata;   /* the packet instead of one that is made */
	const char *trailer;    /* more keys of the trailer */
	unsigned shorter_range; /* bytes at the end that are not signed */
};

/* The values of a document's own: name, sha256, outcome, serial. */
void sample_pdf_of(const json_t *document, const struct sample_files *files,
	const struct keys *keys, struct sample_pdf *ret, char ret_sha256[static 65]);
/* Appends to *ret. */
void sample_pdf_write(const struct sample_pdf *wish, struct buffer *ret);

#endif
