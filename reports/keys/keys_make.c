/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making the small CA, its signer and the ledger's key, all at once or not at all. */
#include "base/file.h"
#include "base/text.h"
#include "reports/keys/authority.h"
#include "reports/keys/home.h"
#include "reports/keys/keys_record.h"
#include "reports/keys/ledger_key.h"
#include "reports/keys/manage.h"
#include "verify/certificate/trust.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* --- a whole set --- */

struct key_set {
	struct authority ca;
	struct key_home *home;
	EVP_PKEY *signer_key;
	X509 *signer;
	struct note_key ledger;
};

static void cleanup_key_set(struct key_set *set)
{
	authority_free(&set->ca);
	EVP_PKEY_free(set->signer_key);
	X509_free(set->signer);
	home_close(set->home);
}

/* A new file's, or the one that is in the token or TPM, or a new one there. */
static int take_signer_key(const struct config *config, const struct passphrase *passphrase,
	struct key_set *set, struct error *error)
{
	if (home_kind_of(config) == HOME_FILE) {
		set->signer_key = EVP_EC_gen("P-256");
		return set->signer_key ? 0 : key_openssl_failed("keys-failed", error);
	}
	struct error finding = { 0 };
	int result = home_open(config, passphrase, &set->home, &set->signer_key, &finding);
	if (result == -ENOENT) {
		finding = (struct error){ 0 };
		result = home_make(config, passphrase, &finding);
		if (result == 0)
			result = home_open(
				config, passphrase, &set->home, &set->signer_key, &finding);
	}
	if (result != 0) {
		if (error)
			*error = finding;
		return result;
	}
	if (trust_key_is_allowed(set->signer_key))
		return 0;
	return error_set(error, ERROR_REFUSED, EKEYREJECTED, "signer-weak-key",
		_("The key that %s names is neither RSA of 2048 bits or more nor P-256, P-384 or "
		  "P-521"),
		config->keys_signer);
}

static int make_set(const struct config *config, const struct passphrase *passphrase,
	const struct keys_wish *wish, int64_t now_utc_ms, struct key_set *set, struct error *error)
{
	const struct authority_subject signer = {
		.common_name = "haiki signer",
		.title = "",
		.role = ROLE_ISSUER,
		.days = KEYS_SIGNER_DAYS,
	};
	int result = authority_make(wish->organisation, now_utc_ms, &set->ca, error);
	if (result == 0)
		result = take_signer_key(config, passphrase, set, error);
	return result == 0 ? authority_issue(&set->ca, set->signer_key, &signer, now_utc_ms,
				     &set->signer, error)
			   : result;
}

static int write_set(const struct key_set *set, const char *folder,
	const struct passphrase *passphrase, int64_t now_utc_ms, struct error *error)
{
	int result = key_write_certificate(set->ca.certificate, folder, "ca.crt", error);
	if (result == 0)
		result = key_write_certificate(set->signer, folder, "signer.crt", error);
	if (result == 0)
		result = key_write(set->ca.key, folder, "ca.key", passphrase, error);
	if (result == 0 && !set->home)
		result = key_write(set->signer_key, folder, "signer.key", passphrase, error);
	if (result == 0)
		result = authority_revoke(
			&set->ca, folder, NULL, REVOKED_UNSPECIFIED, now_utc_ms, error);
	return result;
}

static int write_ledgers(const char *folder, const X509 *ca, const char *name,
	const struct passphrase *passphrase, struct note_key *ret, struct error *error)
{
	char origin[NOTE_NAME_MAX];
	int result = 0;
	if (name[0] == '\0')
		result = ledger_key_origin(ca, origin, error);
	return result == 0
		       ? ledger_key_make(folder, name[0] ? name : origin, passphrase, ret, error)
		       : result;
}

static void remove_set(const char *folder)
{
	static const char *const names[] = { "ca.crt", "signer.crt", "ca.key", "signer.key",
		"ca.crl", "ledger.key", "ledger.vkey" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (key_path(path, folder, names[i], NULL) == 0)
			(void)unlink(path);
	(void)rmdir(folder);
}

static int record_set(
	struct store *store, const struct key_set *set, int64_t now_utc_ms, struct error *error)
{
	static const struct key_change ca = { "made", "ca", "" };
	static const struct key_change signer = { "made", "signer", "" };
	static const struct key_change ledger = { "made", "ledger", "" };
	int result = keys_record(store, &ca, set->ca.certificate, now_utc_ms, error);
	if (result == 0)
		result = keys_record(store, &signer, set->signer, now_utc_ms, error);
	return result == 0 ? keys_record_ledger(store, &ledger, &set->ledger, now_utc_ms, error)
			   : result;
}

/* --- into its place --- */

static int sync_folder(const char *path, struct error *error)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fsync(fd) == 0)
		return 0;
	return error_set(error, ERROR_FAILED, errno, "keys-write",
		_("Cannot make sure that the keys are on the disk in %s: %s"), path,
		strerror(errno));
}

static int already_there(const char *folder, struct error *error)
{
	(void)error_set(error, ERROR_REFUSED, EEXIST, "keys-exist",
		_("The folder %s already holds keys or other files; keys are never overwritten"),
		folder);
	return error_next(error,
		_("Use the keys that are there, or name another folder in the configuration."));
}

/* rename(2) replaces an empty folder and refuses any other, so nothing can be overwritten. */
static int publish(
	const char *temporary, const char *folder, const char *parent, struct error *error)
{
	if (rename(temporary, folder) == 0)
		return sync_folder(parent, error);
	if (errno == ENOTEMPTY || errno == EEXIST)
		return already_there(folder, error);
	return error_set(error, ERROR_FAILED, errno, "keys-write",
		_("Cannot make the key folder %s: %s"), folder, strerror(errno));
}

/* The records are committed last: without them the set is not there either. */
static int publish_recorded(const struct key_set *set, struct store *store, const char *temporary,
	const char *folder, const char *parent, int64_t now_utc_ms, struct error *error)
{
	int result = store ? store_begin(store, error) : 0;
	if (result != 0)
		return result;
	result = record_set(store, set, now_utc_ms, error);
	if (result == 0)
		result = publish(temporary, folder, parent, error);
	bool published = result == 0;
	if (store)
		result = store_end(store, result, error);
	if (result != 0 && published)
		remove_set(folder);
	return result;
}

static int make_and_publish(const struct config *config, struct store *store,
	const struct keys_wish *wish, const char *folder, const char *parent, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	CLEANUP(cleanup_key_set) struct key_set set = { 0 };
	char temporary[PATH_MAX];
	const struct passphrase *seal = wish->encrypt ? &passphrase : NULL;
	int result = passphrase_read(config, &passphrase, error);
	if (result == 0)
		result = make_set(config, &passphrase, wish, now_utc_ms, &set, error);
	if (result == 0)
		result = file_make_folder(parent, 0700, error);
	if (result == 0)
		result = key_path(temporary, parent, ".keys-XXXXXX", error);
	if (result != 0)
		return result;
	if (!mkdtemp(temporary))
		return file_advise(
			error_set(error, ERROR_FAILED, errno, "keys-write",
				_("Cannot make a folder in %s: %s"), parent, strerror(errno)),
			error);
	result = write_set(&set, temporary, seal, now_utc_ms, error);
	if (result == 0)
		result = write_ledgers(
			temporary, set.ca.certificate, wish->ledger, seal, &set.ledger, error);
	if (result == 0)
		result =
			publish_recorded(&set, store, temporary, folder, parent, now_utc_ms, error);
	if (result != 0)
		remove_set(temporary);
	return result;
}

/* --- where keys are already --- */

/* All that an older haiki needed is there, and no public half of a ledger's key. */
static bool lacks_only_the_ledgers(const char *folder)
{
	static const char *const needed[] = { "ca.crt", "signer.crt", "signer.key" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (key_path(path, folder, needed[i], NULL) != 0 || access(path, F_OK) != 0)
			return false;
	return !key_is_there(folder, "ledger.vkey");
}

static int add_ledgers(const struct config *config, struct store *store,
	const struct keys_wish *wish, int64_t now_utc_ms, struct error *error)
{
	static const struct key_change made = { "made", "ledger", "" };
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	struct note_key public;
	X509 *ca = NULL;
	int result = passphrase_read(config, &passphrase, error);
	int encrypted =
		result == 0 ? key_is_encrypted(config->keys_folder, "signer.key", error) : result;
	if (encrypted >= 0)
		result = key_read_certificate(config->keys_folder, "ca.crt", &pem, &ca, error);
	else
		result = encrypted;
	if (result == 0 && store)
		result = store_begin(store, error);
	if (result != 0) {
		X509_free(ca);
		return result;
	}
	result = write_ledgers(config->keys_folder, ca, wish->ledger,
		encrypted > 0 || wish->encrypt ? &passphrase : NULL, &public, error);
	if (result == 0)
		result = keys_record_ledger(store, &made, &public, now_utc_ms, error);
	X509_free(ca);
	return store ? store_end(store, result, error) : result;
}

/* folder without slashes at its end, and the folder it stands in. */
static int split_path(const char *folder, char ret_path[static PATH_MAX],
	char ret_parent[static PATH_MAX], struct error *error)
{
	int length = snprintf(ret_path, PATH_MAX, "%s", folder);
	if (length <= 0 || length >= PATH_MAX)
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
			_("The path of the key folder is empty or too long"));
	while (length > 1 && ret_path[length - 1] == '/')
		ret_path[--length] = '\0';
	const char *slash = strrchr(ret_path, '/');
	if (!slash)
		(void)snprintf(ret_parent, PATH_MAX, ".");
	else if (slash == ret_path)
		(void)snprintf(ret_parent, PATH_MAX, "/");
	else
		(void)snprintf(ret_parent, PATH_MAX, "%.*s", (int)(slash - ret_path), ret_path);
	return 0;
}

/* Something is there already? Asked before any work; publish() decides. */
static int check_empty(const char *folder, struct error *error)
{
	DIR *directory = opendir(folder);
	if (!directory && errno == ENOENT)
		return 0;
	if (!directory && errno == ENOTDIR)
		return already_there(folder, error);
	if (!directory)
		return file_advise(error_set(error, ERROR_FAILED, errno, "keys-folder",
					   _("Cannot look into the key folder %s: %s"), folder,
					   strerror(errno)),
			error);
	bool populated = false;
	for (const struct dirent *entry; !populated && (entry = readdir(directory));)
		populated = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	(void)closedir(directory);
	return populated ? already_there(folder, error) : 0;
}

static int check_passphrase(const struct config *config, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	int result = passphrase_read(config, &passphrase, error);
	if (result != 0 || passphrase.given)
		return result;
	(void)error_set(error, ERROR_USAGE, ENOKEY, "keys-passphrase",
		_("The keys cannot be put under a passphrase: none is configured"));
	return error_next(error, _("Write it into a file of mode 0600 and name that in the "
				   "configuration: [keys] passphrase."));
}

int keys_make(const struct config *config, struct store *store, const struct keys_wish *wish,
	int64_t now_utc_ms, struct error *error)
{
	char path[PATH_MAX], parent[PATH_MAX];
	int result = split_path(config->keys_folder, path, parent, error);
	if (result == 0 && wish->encrypt)
		result = check_passphrase(config, error);
	if (result == 0 && lacks_only_the_ledgers(path))
		return add_ledgers(config, store, wish, now_utc_ms, error);
	if (result == 0)
		result = check_empty(path, error);
	return result == 0 ? make_and_publish(config, store, wish, path, parent, now_utc_ms, error)
			   : result;
}

int keys_init(const char *folder, const char *organisation, int64_t now_utc_ms, struct error *error)
{
	const struct keys_wish wish = { .organisation = organisation, .ledger = "" };
	struct config config;
	config_defaults(&config);
	int length = snprintf(config.keys_folder, sizeof(config.keys_folder), "%s", folder);
	if (length < 0 || (size_t)length >= sizeof(config.keys_folder))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
			_("The path of the key folder is empty or too long"));
	return keys_make(&config, NULL, &wish, now_utc_ms, error);
}
