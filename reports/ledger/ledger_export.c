/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole ledger as files that a stranger can check (docs/ledger.md). */
#include "base/file.h"
#include "base/text.h"
#include "inventory/jobs/jobs.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/tenant_certificate.h"
#include "reports/ledger/ledger.h"
#include "reports/ledger/ledger_files.h"
#include "reports/ledger/ledger_pages.h"
#include "reports/ledger/ledger_tree.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define SMALL_FILE_MAX (1 * MIB)

struct exporting {
	struct store *store;
	const struct keys *keys;
	const char *folder;
	enum ledger_audience audience;
	struct ledger_head head; /* what will be the checkpoint */
	bool has_earlier;
	struct checkpoint earlier; /* what the folder's checkpoint says, by our own key */
	struct buffer earlier_note;
};

/* --- what is there --- */

static int other_ledger(const struct exporting *exporting, const char *why, struct error *error)
{
	char what[PATH_MAX + 512];
	(void)snprintf(what, sizeof(what), _("The folder %s holds another ledger (%s)"),
		exporting->folder, why);
	return ledger_differs(what, error);
}

/* The folder remembers what a restored store has forgotten. */
static int rolled_back(const struct exporting *exporting, struct error *error)
{
	char what[PATH_MAX + 256];
	(void)snprintf(what, sizeof(what),
		_("The ledger in the folder %s has %" PRIu64
		  " records, and the store only %" PRIu64),
		exporting->folder, exporting->earlier.size, exporting->head.checkpoint.size);
	return ledger_differs(what, error);
}

static int check_earlier(struct exporting *exporting, struct error *error)
{
	struct merkle_tree tree = ledger_tree(exporting->store, exporting->head.checkpoint.size);
	struct merkle_hash root;
	if (exporting->earlier.size > tree.size)
		return rolled_back(exporting, error);
	int r = merkle_root(&tree, exporting->earlier.size, &root, error);
	if (r < 0)
		return r;
	if (!merkle_equal(&root, &exporting->earlier.root))
		return other_ledger(exporting, _("its records are not those of the store"), error);
	return 0;
}

static int read_earlier(struct exporting *exporting, struct error *error)
{
	char path[PATH_MAX];
	struct error reading = { 0 };
	int r = ledger_file_path(exporting->folder, "checkpoint", path, sizeof(path), error);
	if (r < 0)
		return r;
	r = file_read(path, &exporting->earlier_note, &reading);
	if (r == -ENOENT)
		return 0;
	if (r < 0 && error)
		*error = reading;
	if (r < 0)
		return r;
	if (checkpoint_open(exporting->earlier_note.data, exporting->earlier_note.length,
		    &exporting->keys->ledger_public, &exporting->earlier, &reading) != 0)
		return other_ledger(exporting, reading.what, error);
	exporting->has_earlier = true;
	return check_earlier(exporting, error);
}

/* --- what is signed --- */

static int seal(struct exporting *exporting, struct error *error)
{
	struct checkpoint ignored;
	int r = store_begin(exporting->store, error);
	if (r < 0)
		return r;
	r = ledger_seal(exporting->store, exporting->keys, &ignored, error);
	if (r == 0)
		r = ledger_head_newest(exporting->store, &exporting->head, error);
	return store_end(exporting->store, r < 0 ? r : 0, error);
}

/* The signature is another each time it is made: one that holds stays, while who signed it is the signer. One
 * who was replaced may be revoked or run out later, and with it what a stranger trusts the ledger by. */
static bool signature_holds(
	const char *path, const struct ledger_file *signed_file, const X509 *signer)
{
	AUTO_BUFFER struct buffer der = BUFFER_INIT(DETACHED_MAX_BYTES);
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	return file_read(path, &der, NULL) == 0 &&
	       detached_parse((const uint8_t *)der.data, der.length, NULL, &detached, NULL) == 0 &&
	       detached_verify(detached, signed_file->data, signed_file->length, NULL) == 0 &&
	       X509_cmp(detached_issuer(detached), signer) == 0;
}

static int sign_key(
	const struct exporting *exporting, const struct ledger_file *key, struct error *error)
{
	char path[PATH_MAX];
	AUTO_FREE uint8_t *p7s = NULL;
	size_t length = 0;
	int r = ledger_file_path(exporting->folder, "ledger.vkey.p7s", path, sizeof(path), error);
	if (r < 0 || signature_holds(path, key, exporting->keys->signer_certificate))
		return r;
	r = keys_sign(exporting->keys, key->data, key->length, &p7s, &length, error);
	const struct ledger_file file = { .folder = exporting->folder,
		.name = "ledger.vkey.p7s",
		.data = p7s,
		.length = length };
	return r == 0 ? ledger_file_write(&file, error) : r;
}

static void set_key_file(const struct exporting *exporting, char text[static NOTE_VKEY_MAX + 1],
	struct ledger_file *ret)
{
	note_key_format(&exporting->keys->ledger_public, text);
	size_t length = strlen(text);
	text[length] = '\n';
	text[length + 1] = '\0';
	*ret = (struct ledger_file){ .folder = exporting->folder,
		.name = "ledger.vkey",
		.data = text,
		.length = length + 1 };
}

static int look_at_key(const struct exporting *exporting, bool *ret_there, struct error *error)
{
	char text[NOTE_VKEY_MAX + 1];
	struct ledger_file file;
	set_key_file(exporting, text, &file);
	return ledger_file_look(&file, ret_there, error);
}

static int write_key(const struct exporting *exporting, struct error *error)
{
	char text[NOTE_VKEY_MAX + 1];
	struct ledger_file file;
	bool there = false;
	set_key_file(exporting, text, &file);
	int r = look_at_key(exporting, &there, error);
	if (r == 0 && !there)
		r = ledger_file_write(&file, error);
	return r == 0 ? sign_key(exporting, &file, error) : r;
}

/* --- for whom --- */

static void set_audience_file(const struct exporting *exporting, struct ledger_file *ret)
{
	const char *text = exporting->audience == LEDGER_FOR_AUDITOR ? "auditor\n" : "public\n";
	*ret = (struct ledger_file){ .folder = exporting->folder,
		.name = "audience",
		.data = text,
		.length = strlen(text) };
}

/* Also while no record is withheld yet: the next one would be told to those it is withheld from. */
static int look_at_audience(const struct exporting *exporting, bool *ret_there, struct error *error)
{
	struct ledger_file file;
	struct error reading = { 0 };
	set_audience_file(exporting, &file);
	int r = ledger_file_look(&file, ret_there, &reading);
	if (r == -EEXIST)
		return ledger_other_audience(exporting->folder, error);
	if (r < 0 && error)
		*error = reading;
	return r;
}

static int write_audience(const struct exporting *exporting, struct error *error)
{
	struct ledger_file file;
	bool there = false;
	set_audience_file(exporting, &file);
	int r = look_at_audience(exporting, &there, error);
	return r == 0 && !there ? ledger_file_write(&file, error) : r;
}

/* --- what stands beside the tree --- */

/* A list of revoked signers is replaced by a newer one. */
static int write_revocations(
	const struct exporting *exporting, const char *crl, struct error *error)
{
	AUTO_BUFFER struct buffer data = BUFFER_INIT(SMALL_FILE_MAX);
	struct error reading = { 0 };
	int r = crl ? file_read(crl, &data, &reading) : -ENOENT;
	if (r == -ENOENT)
		return 0;
	if (r < 0 && error)
		*error = reading;
	if (r < 0)
		return r;
	const struct ledger_file file = { .folder = exporting->folder,
		.name = "ca.crl",
		.data = data.data,
		.length = data.length,
		.grows = false };
	bool there = false;
	if (ledger_file_look(&file, &there, NULL) == 0 && there)
		return 0;
	return ledger_file_write(&file, error);
}

struct copying {
	struct store *store;
	enum ledger_audience audience;
	char folder[PATH_MAX];
};

/* The record of one that tells of a hold stays: it says no more than that the job was refused. */
static int copy_certificate(
	void *context, const struct certificate_record *certificate, struct error *error)
{
	const struct copying *copying = context;
	AUTO_JSON json_t *document = NULL;
	int r = json_parse(
		certificate->json, strlen(certificate->json), certificate->name, &document, error);
	if (r < 0)
		return r;
	if (copying->audience == LEDGER_FOR_PUBLIC && certificate_tells_of_hold(document))
		return 0;
	return certificate_export(copying->store, certificate, copying->folder, error);
}

static int copy_of_tenant(
	void *context, const struct tenant_certificate_record *record, struct error *error)
{
	const struct copying *copying = context;
	return tenant_certificate_export(copying->store, record, copying->folder, error);
}

static int copy_certificates(const struct exporting *exporting, struct error *error)
{
	struct copying copying = { .store = exporting->store, .audience = exporting->audience };
	int r = ledger_file_path(
		exporting->folder, "certificates", copying.folder, sizeof(copying.folder), error);
	if (r == 0)
		r = certificates_walk(exporting->store, copy_certificate, &copying, error);
	return r == 0 ? tenant_certificates_walk(exporting->store, copy_of_tenant, &copying, error)
		      : r;
}

/* What a witness added in the folder itself stays. */
static int write_checkpoint(const struct exporting *exporting, struct error *error)
{
	AUTO_BUFFER struct buffer note = BUFFER_INIT(NOTE_MAX_BYTES);
	int r = ledger_head_write(exporting->store, &exporting->head, &note, error);
	if (r < 0)
		return r;
	const struct buffer *there = &exporting->earlier_note;
	if (exporting->has_earlier && there->length >= note.length &&
		memcmp(there->data, note.data, note.length) == 0)
		return 0;
	const struct ledger_file file = { .folder = exporting->folder,
		.name = "checkpoint",
		.data = note.data,
		.length = note.length };
	return ledger_file_write(&file, error);
}

/* --- in order --- */

/* Of two exports into one folder the slower one would put an older head over a newer. */
static int lock_folder(
	const char *folder, enum ledger_audience audience, int *ret_fd, struct error *error)
{
	int r = file_make_folder(folder, audience == LEDGER_FOR_AUDITOR ? 0700 : 0755, error);
	if (r < 0)
		return r;
	AUTO_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		fd = -1; /* the caller's now */
		return 0;
	}
	if (fd >= 0 && errno == EWOULDBLOCK) {
		(void)error_set(error, ERROR_WAITING, EBUSY, "ledger-busy",
			_("Another export into the folder %s is running"), folder);
		return error_next(error, _("Wait for its end, then export again."));
	}
	return file_advise(error_set(error, ERROR_FAILED, errno, "ledger-folder",
				   _("Cannot use the folder %s: %s"), folder, strerror(errno)),
		error);
}

static int look_at_pages(
	struct exporting *exporting, struct ledger_pages *pages, struct error *error)
{
	struct merkle_hash root;
	int r = ledger_pages_look(
		exporting->store, pages, exporting->head.checkpoint.size, &root, error);
	if (r == 0 && !merkle_equal(&root, &exporting->head.checkpoint.root))
		r = ledger_damaged(exporting->store,
			_("its records are not those its head was signed for"), error);
	return r;
}

static int export_all(struct exporting *exporting, const char *crl, struct error *error)
{
	CLEANUP(cleanup_ledger_pages_free) struct ledger_pages *pages = NULL;
	bool there = false;
	int r = seal(exporting, error);
	if (r == 0)
		r = read_earlier(exporting, error);
	if (r == 0)
		r = look_at_audience(exporting, &there, error);
	if (r == 0)
		r = look_at_key(exporting, &there, error);
	if (r == 0)
		r = ledger_pages_make(exporting->folder, exporting->audience, &pages, error);
	if (r == 0)
		r = look_at_pages(exporting, pages, error);
	if (r == 0)
		r = write_audience(exporting, error);
	if (r == 0)
		r = ledger_pages_write(exporting->store, pages, error);
	if (r == 0)
		r = write_key(exporting, error);
	if (r == 0)
		r = write_revocations(exporting, crl, error);
	if (r == 0)
		r = copy_certificates(exporting, error);
	if (r == 0)
		r = write_checkpoint(exporting, error);
	if (r == 0 && exporting->has_earlier)
		ledger_pages_tidy(exporting->folder, exporting->earlier.size,
			exporting->head.checkpoint.size);
	return r;
}

int ledger_export(struct store *store, const struct keys *keys, enum ledger_audience audience,
	const char *folder, const char *crl, struct checkpoint *ret, struct error *error)
{
	struct exporting exporting = { .store = store,
		.keys = keys,
		.folder = folder,
		.audience = audience,
		.earlier_note = BUFFER_INIT(NOTE_MAX_BYTES) };
	AUTO_FD int lock = -1;
	int r = lock_folder(folder, audience, &lock, error);
	if (r == 0)
		r = export_all(&exporting, crl, error);
	if (r == 0)
		*ret = exporting.head.checkpoint;
	buffer_free(&exporting.earlier_note);
	ledger_head_free(&exporting.head);
	return r;
}
