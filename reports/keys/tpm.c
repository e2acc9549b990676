/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A persistent key of the machine's TPM 2.0, by OpenSSL's provider tpm2 (tpm2-openssl). */
#include "base/text.h"
#include "reports/keys/home_parts.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Persistent objects, TPM 2.0 Part 2, 7.4 (TPM_HT_PERSISTENT). */
#define HANDLE_FIRST 0x81000000UL
#define HANDLE_LAST 0x81ffffffUL

/* Providers stay loaded for as long as the key is used. */
struct tpm {
	OSSL_PROVIDER *usual, *provider;
};

struct tpm *tpm_close(struct tpm *tpm)
{
	if (tpm && tpm->provider)
		OSSL_PROVIDER_unload(tpm->provider);
	if (tpm && tpm->usual)
		OSSL_PROVIDER_unload(tpm->usual);
	free(tpm);
	return NULL;
}

static int parse_handle(const char *name, unsigned long *ret, struct error *error)
{
	const char *digits = name + strlen("tpm:0x");
	char *end = NULL;
	errno = 0;
	unsigned long handle =
		strncmp(name, "tpm:0x", 6) == 0 && digits[0] ? strtoul(digits, &end, 16) : 0;
	if (end && *end == '\0' && strspn(digits, "0123456789abcdefABCDEF") == strlen(digits) &&
		errno == 0 && handle >= HANDLE_FIRST && handle <= HANDLE_LAST) {
		*ret = handle;
		return 0;
	}
	(void)error_set(error, ERROR_USAGE, EINVAL, "tpm-handle",
		_("%s does not name a persistent key of a TPM"), name);
	return error_next(
		error, _("Write it as tpm:0x81000001; handles are 0x81000000 to 0x81ffffff."));
}

static int no_provider(struct error *error)
{
	/* What could not be loaded is a file; what was loaded and does not start finds no TPM. */
	bool missing = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_DSO ||
		       ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_DSO;
	ERR_clear_error();
	if (missing) {
		(void)error_set(error, ERROR_WAITING, ELIBACC, "tpm-provider",
			_("OpenSSL's provider for TPM 2.0 is not installed"));
		return error_next(error, _("Install the package tpm2-openssl, then start again."));
	}
	(void)error_set(
		error, ERROR_WAITING, ENODEV, "tpm-missing", _("The TPM 2.0 does not answer"));
	return error_next(
		error, _("See that it is switched on in the firmware and that /dev/tpmrm0 may "
			 "be used; nothing is lost, and what waits is certified by the next "
			 "run."));
}

/* Random numbers and digests stay those of OpenSSL itself: the TPM is only asked for what is its own. */
static int load_providers(struct tpm *tpm, struct error *error)
{
	uint8_t first[1];
	/* The TPM's library writes to stderr unless it is told otherwise; what went wrong is said by us. */
	if (setenv("TSS2_LOG", "all+NONE", 0) != 0)
		return error_no_memory(error);
	if (RAND_bytes(first, sizeof(first)) != 1)
		return error_no_memory(error);
	ERR_clear_error();
	tpm->usual = OSSL_PROVIDER_load(NULL, "default");
	tpm->provider = tpm->usual ? OSSL_PROVIDER_load(NULL, "tpm2") : NULL;
	if (!tpm->provider)
		return no_provider(error);
	return EVP_set_default_properties(NULL, "?provider=default") == 1 ? 0
									  : error_no_memory(error);
}

/* --- the key --- */

static int give_authorisation(char *buffer, int size, int writing, void *context)
{
	const struct passphrase *authorisation = context;
	size_t length = strlen(authorisation->text);
	(void)writing;
	if (size < 0 || length > (size_t)size)
		return -1;
	memcpy(buffer, authorisation->text, length);
	return (int)length;
}

static EVP_PKEY *load_key(unsigned long handle, const struct passphrase *authorisation)
{
	char uri[64];
	struct passphrase copy = *authorisation;
	EVP_PKEY *key = NULL;
	(void)snprintf(
		uri, sizeof(uri), "handle:0x%lx%s", handle, authorisation->given ? "?pass" : "");
	UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_authorisation, 0);
	OSSL_STORE_CTX *store = method ? OSSL_STORE_open_ex(uri, NULL, "?provider=tpm2", method,
						 &copy, NULL, NULL, NULL)
				       : NULL;
	while (store && !key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		if (!info)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	if (store)
		OSSL_STORE_close(store);
	UI_destroy_method(method);
	OPENSSL_cleanse(&copy, sizeof(copy));
	return key;
}

int tpm_open(const char *name, const struct passphrase *authorisation, struct tpm **ret,
	EVP_PKEY **ret_key, struct error *error)
{
	unsigned long handle = 0;
	int result = parse_handle(name, &handle, error);
	if (result != 0)
		return result;
	struct tpm *tpm = calloc(1, sizeof(*tpm));
	if (!tpm)
		return error_no_memory(error);
	result = load_providers(tpm, error);
	if (result == 0 && !(*ret_key = load_key(handle, authorisation))) {
		ERR_clear_error();
		(void)error_set(error, ERROR_WAITING, ENOENT, "tpm-key",
			_("The TPM has no key under the handle 0x%lx"), handle);
		result = error_next(error,
			_("Make it with: haiki report key init --signer tpm:0x%lx, or "
			  "name another handle in [keys] signer."),
			handle);
	}
	if (result == 0)
		*ret = tpm;
	else
		tpm_close(tpm);
	return result;
}

/* --- making one --- */

int tpm_make(const char *name, const struct passphrase *authorisation, struct error *error)
{
	char folder[] = "/tmp/haiki-tpm-XXXXXX", context[sizeof(folder) + 16], number[24];
	unsigned long handle = 0;
	int result = parse_handle(name, &handle, error);
	if (result != 0)
		return result;
	if (!mkdtemp(folder))
		return error_set(error, ERROR_FAILED, errno, "home-tool",
			_("Cannot make a folder in %s: %s"), "/tmp", strerror(errno));
	(void)snprintf(context, sizeof(context), "%s/context", folder);
	(void)snprintf(number, sizeof(number), "0x%lx", handle);
	/* Without an authorisation "-p file:-" reads an empty one. */
	const char *const create[] = { "tpm2_createprimary", "-Q", "-C", "o", "-g", "sha256", "-G",
		"ecc256:ecdsa-sha256", "-a",
		"fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign", "-p", "file:-",
		"-c", context, NULL };
	const char *const keep[] = { "tpm2_evictcontrol", "-Q", "-C", "o", "-c", context, number,
		NULL };
	result = home_run(create, authorisation->text, NULL, "tpm2-tools", error);
	if (result == 0)
		result = home_run(keep, NULL, NULL, "tpm2-tools", error);
	/* A TPM without a resource manager keeps what was made, and has room for three. */
	static const char *const flush[] = { "tpm2_flushcontext", "-Q", "-t", NULL };
	if (result == 0 && home_run(flush, NULL, NULL, "tpm2-tools", NULL) != 0)
		result = 0; /* the key is there */
	(void)unlink(context);
	(void)rmdir(folder);
	return result;
}
