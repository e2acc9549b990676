/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one signer to the next. */
#include "reports/keys/keys_change.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/keys/keys_record.h"
#include "reports/keys/summary.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NEXT "next"
#define RETIRED "retired"

/* The last that is written and the first that goes: with it, all of next/ is there. */
#define NEXT_SIGNER NEXT "/signer.crt"

bool keys_change_is_cut(const char *folder)
{
	return key_is_there(folder, NEXT_SIGNER);
}

/* Also what a killed process left of a file it was writing. That the change is over is on the disk before anything
 * else of it goes: a power cut must not leave half of one that looks whole. */
void keys_change_clear(const char *folder)
{
	char path[PATH_MAX];
	if (key_path(path, folder, NEXT, NULL) != 0)
		return;
	DIR *next = opendir(path);
	if (!next)
		return;
	bool over = (unlinkat(dirfd(next), "signer.crt", 0) == 0 || errno == ENOENT) &&
		    fsync(dirfd(next)) == 0;
	for (const struct dirent *entry; over && (entry = readdir(next));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(next), entry->d_name, 0);
	(void)closedir(next);
	(void)rmdir(path);
}

static int make_folder(const char *folder, const char *name, struct error *error)
{
	char path[PATH_MAX];
	int result = key_path(path, folder, name, error);
	return result == 0 ? file_make_folder(path, 0700, error) : result;
}

static int copy_certificate(
	const char *folder, const char *from, const char *to, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	X509 *certificate = NULL;
	int result = key_read_certificate(folder, from, &pem, &certificate, error);
	if (result == 0)
		result = key_write_certificate(certificate, folder, to, error);
	X509_free(certificate);
	return result;
}

int keys_change_begin(const char *folder, const struct keys_new *new,
	const struct passphrase *passphrase, struct error *error)
{
	keys_change_clear(folder); /* what was cut before it was whole */
	int result = make_folder(folder, NEXT, error);
	if (result == 0 && new->signer_key)
		result = key_write(new->signer_key, folder, NEXT "/signer.key", passphrase, error);
	if (result == 0)
		result = copy_certificate(folder, "signer.crt", NEXT "/old-signer.crt", error);
	if (result == 0 && new->ca)
		result = copy_certificate(folder, "ca.crt", NEXT "/old-ca.crt", error);
	if (result == 0 && new->ca)
		result = key_write_certificate(new->ca, folder, NEXT "/ca.crt", error);
	if (result == 0 && new->ca && sk_X509_num(new->chain) > 0)
		result = key_write_certificates(new->chain, folder, NEXT "/chain.crt", error);
	return result == 0 ? key_write_certificate(new->signer, folder, NEXT_SIGNER, error)
			   : result;
}

/* --- into place; each step may have been done already --- */

/* Moves what is there; what is not there was moved before. */
static int move(const char *folder, const char *from, const char *to, struct error *error)
{
	char old_path[PATH_MAX], new_path[PATH_MAX];
	int result = key_path(old_path, folder, from, error);
	if (result == 0)
		result = key_path(new_path, folder, to, error);
	if (result != 0 || rename(old_path, new_path) == 0 || errno == ENOENT)
		return result;
	return error_set(error, ERROR_FAILED, errno, "keys-write", _("Cannot move %s to %s: %s"),
		old_path, new_path, strerror(errno));
}

/* retired/PREFIX-SERIAL.ENDING */
static int retired_name(const X509 *certificate, const char *prefix, const char *ending,
	char ret[static 96], struct error *error)
{
	char serial[41];
	if (!key_serial_number(certificate, serial, sizeof(serial)))
		return key_openssl_failed("keys-failed", error);
	(void)snprintf(ret, 96, RETIRED "/%s-%s.%s", prefix, serial, ending);
	return 0;
}

static int retire(
	const char *folder, const char *from, const char *prefix, X509 **ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	char name[96];
	int result = key_read_certificate(folder, from, &pem, ret, error);
	if (result == 0)
		result = retired_name(*ret, prefix, "crt", name, error);
	return result == 0 ? key_write_certificate(*ret, folder, name, error) : result;
}

/* The old CA issues nothing any more; its list of revoked certificates goes with it. */
static int install_ca(const char *folder, const X509 *old, struct error *error)
{
	char name[96];
	int result = retired_name(old, "ca", "key", name, error);
	if (result == 0)
		result = move(folder, "ca.key", name, error);
	if (result == 0)
		result = retired_name(old, "ca", "crl", name, error);
	if (result == 0)
		result = move(folder, "ca.crl", name, error);
	if (result == 0 && key_is_there(folder, "chain.crt"))
		result = retired_name(old, "chain", "crt", name, error);
	if (result == 0 && key_is_there(folder, "chain.crt"))
		result = move(folder, "chain.crt", name, error);
	return result;
}

static int install_chain(const char *folder, struct error *error)
{
	STACK_OF(X509) *chain = NULL;
	if (!key_is_there(folder, NEXT "/chain.crt"))
		return 0;
	int result = key_read_certificates(folder, NEXT "/chain.crt", &chain, error);
	if (result == 0)
		result = key_write_certificates(chain, folder, "chain.crt", error);
	sk_X509_pop_free(chain, X509_free);
	return result;
}

struct changed {
	X509 *old_signer, *old_ca, *signer, *ca;
};

static void cleanup_changed(struct changed *changed)
{
	X509_free(changed->old_signer);
	X509_free(changed->old_ca);
	X509_free(changed->signer);
	X509_free(changed->ca);
}

static int record(
	struct store *store, const struct changed *changed, int64_t now_utc_ms, struct error *error)
{
	const struct {
		struct key_change change;
		X509 *certificate;
	} records[] = {
		{ { "retired", "ca", "" }, changed->old_ca },
		{ { "taken", "ca", "" }, changed->ca },
		{ { "retired", "signer", "" }, changed->old_signer },
		{ { "taken", "signer", "" }, changed->signer },
	};
	int result = 0;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(records); i++)
		if (records[i].certificate)
			result = keys_record(store, &records[i].change, records[i].certificate,
				now_utc_ms, error);
	return result;
}

static int install_authority(const char *folder, struct changed *changed, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = retire(folder, NEXT "/old-ca.crt", "ca", &changed->old_ca, error);
	if (result == 0)
		result = key_read_certificate(folder, NEXT "/ca.crt", &pem, &changed->ca, error);
	if (result == 0 && X509_cmp(changed->old_ca, changed->ca) != 0)
		result = install_ca(folder, changed->old_ca, error);
	if (result == 0)
		result = key_write_certificate(changed->ca, folder, "ca.crt", error);
	return result == 0 ? install_chain(folder, error) : result;
}

int keys_change_install(const char *folder, struct store *store, int64_t now_utc_ms,
	struct key_summary *ret_old, struct key_summary *ret_new, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	CLEANUP(cleanup_changed) struct changed changed = { 0 };
	int result = make_folder(folder, RETIRED, error);
	if (result == 0)
		result = retire(
			folder, NEXT "/old-signer.crt", "signer", &changed.old_signer, error);
	if (result == 0)
		result = key_read_certificate(
			folder, NEXT "/signer.crt", &pem, &changed.signer, error);
	if (result == 0 && key_is_there(folder, NEXT "/ca.crt"))
		result = install_authority(folder, &changed, error);
	if (result == 0)
		result = move(folder, NEXT "/signer.key", "signer.key", error);
	if (result == 0)
		result = key_write_certificate(changed.signer, folder, "signer.crt", error);
	if (result == 0)
		result = record(store, &changed, now_utc_ms, error);
	if (result == 0)
		result = key_summarise(changed.old_signer, ret_old, error);
	return result == 0 ? key_summarise(changed.signer, ret_new, error) : result;
}
