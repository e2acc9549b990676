/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making the small CA and its signer, all at once or not at all. */
#include "reports/keys/keys.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/keys/key_files.h"
#include "reports/keys/ledger_key.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SERIAL_BITS 128
#define ORGANISATION_MAX_CHARACTERS 64 /* RFC 5280 A.1, ub-organization-name */

/* --- certificates --- */

static bool add_name(X509_NAME *name, const char *organisation, const char *common_name)
{
	if (organisation[0] && X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
				       (const unsigned char *)organisation, -1, -1, 0) != 1)
		return false;
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		       (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

struct extension {
	int nid;
	const char *value;
};

/* RFC 5280 4.2.1. The subject's key identifier comes before the authority's, which copies it when a
 * certificate is self-signed. */
static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
};

/* emailProtection is what `openssl cms -verify` wants of a signer unless it is told otherwise. */
static const struct extension signer_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
	{ NID_ext_key_usage, "emailProtection" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
};

static bool set_serial_number(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool set = number &&
		   BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
		   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return set;
}

/* What is made for one certificate: an issuer of NULL means itself. */
struct blueprint {
	const char *organisation;
	const char *common_name;
	int days;
	const struct extension *extensions;
	size_t extension_count;
};

static bool fill_certificate(X509 *certificate, EVP_PKEY *key, X509 *issuer,
	const struct blueprint *blueprint, int64_t now_utc_ms)
{
	time_t now = (time_t)(now_utc_ms / 1000);
	if (X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial_number(certificate) ||
		!X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &now) ||
		!X509_time_adj_ex(X509_getm_notAfter(certificate), blueprint->days, 0, &now) ||
		!add_name(X509_get_subject_name(certificate), blueprint->organisation,
			blueprint->common_name) ||
		X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
		X509_set_pubkey(certificate, key) != 1)
		return false;
	for (size_t i = 0; i < blueprint->extension_count; i++)
		if (!add_extension(certificate, issuer, blueprint->extensions[i].nid,
			    blueprint->extensions[i].value))
			return false;
	return true;
}

static int make_certificate(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
	const struct blueprint *blueprint, int64_t now_utc_ms, X509 **ret, struct error *error)
{
	X509 *certificate = X509_new();
	if (!certificate ||
		!fill_certificate(
			certificate, key, issuer ? issuer : certificate, blueprint, now_utc_ms) ||
		X509_sign(certificate, issuer_key, EVP_sha256()) <= 0) {
		X509_free(certificate);
		return key_openssl_failed("keys-failed", error);
	}
	*ret = certificate;
	return 0;
}

/* --- a whole set --- */

struct key_set {
	EVP_PKEY *ca_key, *signer_key;
	X509 *ca, *signer;
};

static void cleanup_key_set(struct key_set *set)
{
	EVP_PKEY_free(set->ca_key);
	EVP_PKEY_free(set->signer_key);
	X509_free(set->ca);
	X509_free(set->signer);
}

static int make_set(
	const char *organisation, int64_t now_utc_ms, struct key_set *set, struct error *error)
{
	const struct blueprint ca = { organisation, "haiki CA", KEYS_CA_DAYS, ca_extensions,
		ARRAY_SIZE(ca_extensions) };
	const struct blueprint signer = { organisation, "haiki signer", KEYS_SIGNER_DAYS,
		signer_extensions, ARRAY_SIZE(signer_extensions) };
	set->ca_key = EVP_EC_gen("P-256");
	set->signer_key = EVP_EC_gen("P-256");
	if (!set->ca_key || !set->signer_key)
		return key_openssl_failed("keys-failed", error);
	int result =
		make_certificate(set->ca_key, NULL, set->ca_key, &ca, now_utc_ms, &set->ca, error);
	if (result == 0)
		result = make_certificate(set->signer_key, set->ca, set->ca_key, &signer,
			now_utc_ms, &set->signer, error);
	return result;
}

static int write_set(const struct key_set *set, const char *folder, struct error *error)
{
	char origin[NOTE_NAME_MAX];
	int result = key_write_certificate(set->ca, folder, "ca.crt", error);
	if (result == 0)
		result = key_write_certificate(set->signer, folder, "signer.crt", error);
	if (result == 0)
		result = key_write(set->ca_key, folder, "ca.key", error);
	if (result == 0)
		result = key_write(set->signer_key, folder, "signer.key", error);
	if (result == 0)
		result = ledger_key_origin(set->ca, origin, error);
	return result == 0 ? ledger_key_make(folder, origin, error) : result;
}

static void remove_set(const char *folder)
{
	static const char *const names[] = { "ca.crt", "signer.crt", "ca.key", "signer.key",
		"ledger.key", "ledger.vkey" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (key_path(path, folder, names[i], NULL) == 0)
			(void)unlink(path);
	(void)rmdir(folder);
}

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

static int check_organisation(const char *organisation, struct error *error)
{
	X509_NAME *name = X509_NAME_new();
	bool usable = name && add_name(name, organisation, "haiki CA");
	X509_NAME_free(name);
	ERR_clear_error();
	if (usable)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "organisation-invalid",
		_("The organisation's name must be UTF-8 of at most %d characters"),
		ORGANISATION_MAX_CHARACTERS);
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

/* All that an older haiki needed is there, and no public half of a ledger's key. */
static bool lacks_only_the_ledgers(const char *folder)
{
	static const char *const needed[] = { "ca.crt", "signer.crt", "signer.key" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (key_path(path, folder, needed[i], NULL) != 0 || access(path, F_OK) != 0)
			return false;
	return key_path(path, folder, "ledger.vkey", NULL) == 0 && access(path, F_OK) != 0 &&
	       errno == ENOENT;
}

static int add_ledgers(const char *folder, struct error *error)
{
	char origin[NOTE_NAME_MAX];
	X509 *ca = NULL;
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = key_read_certificate(folder, "ca.crt", &pem, &ca, error);
	if (result == 0)
		result = ledger_key_origin(ca, origin, error);
	if (result == 0)
		result = ledger_key_make(folder, origin, error);
	X509_free(ca);
	return result;
}

int keys_init(const char *folder, const char *organisation, int64_t now_utc_ms, struct error *error)
{
	char path[PATH_MAX], parent[PATH_MAX], temporary[PATH_MAX];
	int result = split_path(folder, path, parent, error);
	if (result == 0)
		result = check_organisation(organisation, error);
	if (result == 0 && lacks_only_the_ledgers(path))
		return add_ledgers(path, error);
	if (result == 0)
		result = check_empty(path, error);
	if (result == 0)
		result = file_make_folder(parent, 0700, error);
	if (result == 0)
		result = key_path(temporary, parent, ".keys-XXXXXX", error);
	if (result != 0)
		return result;
	CLEANUP(cleanup_key_set) struct key_set set = { 0 };
	result = make_set(organisation, now_utc_ms, &set, error);
	if (result != 0)
		return result;
	if (!mkdtemp(temporary))
		return file_advise(
			error_set(error, ERROR_FAILED, errno, "keys-write",
				_("Cannot make a folder in %s: %s"), parent, strerror(errno)),
			error);
	result = write_set(&set, temporary, error);
	if (result == 0)
		result = publish(temporary, path, parent, error);
	if (result != 0)
		remove_set(temporary);
	return result;
}
