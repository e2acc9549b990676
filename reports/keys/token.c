/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A key in a token, by libp11. An Ed25519 key in a token hides every key of it from libp11 0.4.12, so the ledger's key
 * is never put there. */
#include "base/digest.h"
#include "base/text.h"
#include "reports/keys/home_parts.h"
#include "reports/keys/pkcs11_uri.h"
#include <errno.h>
#include <libp11.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_MODULE "p11-kit-proxy.so"
#define CKR_PIN_INCORRECT 0xa0 /* PKCS#11 2.40, 5.1 */
#define CKR_PIN_LOCKED 0xa4

struct token {
	PKCS11_CTX *context;
	PKCS11_SLOT *slots;
	unsigned slot_count;
	bool loaded;
};

struct token *token_close(struct token *token)
{
	if (token) {
		if (token->slots)
			PKCS11_release_all_slots(token->context, token->slots, token->slot_count);
		if (token->loaded)
			PKCS11_CTX_unload(token->context);
		if (token->context)
			PKCS11_CTX_free(token->context);
	}
	free(token);
	return NULL;
}

/* What libp11 or the module says, for people. */
static const char *reason(char ret[static 160])
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;
	(void)snprintf(ret, 160, "%s", text ? text : "PKCS#11");
	ERR_clear_error();
	return ret;
}

/* --- the module --- */

static void module_of(const struct pkcs11_uri *uri, char ret[static PKCS11_TEXT_MAX + 16])
{
	if (uri->module_path[0])
		(void)snprintf(ret, PKCS11_TEXT_MAX + 16, "%s", uri->module_path);
	else if (uri->module_name[0])
		(void)snprintf(ret, PKCS11_TEXT_MAX + 16, "lib%s.so", uri->module_name);
	else
		(void)snprintf(ret, PKCS11_TEXT_MAX + 16, DEFAULT_MODULE);
}

static int load_module(const struct pkcs11_uri *uri, struct token *token, struct error *error)
{
	char module[PKCS11_TEXT_MAX + 16], why[160];
	module_of(uri, module);
	token->context = PKCS11_CTX_new();
	if (!token->context)
		return error_no_memory(error);
	token->loaded = PKCS11_CTX_load(token->context, module) == 0;
	if (token->loaded &&
		PKCS11_enumerate_slots(token->context, &token->slots, &token->slot_count) == 0)
		return 0;
	(void)error_set(error, ERROR_WAITING, ELIBACC, "token-module",
		_("The PKCS#11 module %s cannot be used: %s"), module, reason(why));
	return error_next(
		error, _("Check that the module is installed and its service runs; nothing is "
			 "lost, and what waits is certified by the next run."));
}

/* --- the token --- */

static bool matches(const char *wanted, const char *found)
{
	return !wanted[0] || (found && strcmp(wanted, found) == 0);
}

static bool is_token(const struct pkcs11_uri *uri, const PKCS11_TOKEN *token)
{
	return token && token->initialized && matches(uri->token, token->label) &&
	       matches(uri->manufacturer, token->manufacturer) &&
	       matches(uri->model, token->model) && matches(uri->serial, token->serialnr);
}

static int find_token(const struct pkcs11_uri *uri, const struct token *token, PKCS11_SLOT **ret,
	struct error *error)
{
	unsigned count = 0;
	for (unsigned i = 0; i < token->slot_count; i++)
		if (is_token(uri, token->slots[i].token)) {
			*ret = &token->slots[i];
			count++;
		}
	if (count == 1)
		return 0;
	if (count > 1)
		return error_set(error, ERROR_WAITING, EEXIST, "token-missing",
			_("%u tokens are named \"%s\"; name one by its serial number"), count,
			uri->token);
	(void)error_set(error, ERROR_WAITING, ENODEV, "token-missing",
		_("The token \"%s\" is not there"), uri->token);
	return error_next(
		error, _("Connect the token, and start again; nothing is lost, and what waits "
			 "is certified by the next run."));
}

static int locked(const char *label, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, EACCES, "token-locked",
		_("The PIN of the token \"%s\" is locked after too many wrong ones"), label);
	return error_next(
		error, _("Let the security officer of the token set a new PIN, and write it "
			 "into the file that [keys] passphrase names."));
}

static int wrong_pin(const char *label, const char *why, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, EACCES, "token-pin",
		_("The token \"%s\" did not open: %s"), label, why);
	return error_next(
		error, _("Write the right PIN into the file that [keys] passphrase names, then "
			 "start again; nothing is lost."));
}

/* A PIN is tried once, and never as the last try before the token locks itself. */
static int log_in(PKCS11_SLOT *slot, const struct passphrase *pin, struct error *error)
{
	const PKCS11_TOKEN *token = slot->token;
	char why[160];
	if (!token->loginRequired)
		return 0;
	if (token->userPinLocked)
		return locked(token->label, error);
	if (!pin->given)
		return wrong_pin(token->label, _("it wants a PIN, and none is configured"), error);
	if (token->userPinFinalTry)
		return wrong_pin(token->label,
			_("one more wrong PIN would lock it; log in once by another program"),
			error);
	if (PKCS11_login(slot, 0, pin->text) == 0)
		return 0;
	int code = ERR_GET_REASON(ERR_peek_last_error());
	if (code == CKR_PIN_LOCKED) {
		ERR_clear_error();
		return locked(token->label, error);
	}
	if (code == CKR_PIN_INCORRECT) {
		ERR_clear_error();
		return wrong_pin(token->label, _("the PIN is wrong"), error);
	}
	return wrong_pin(token->label, reason(why), error);
}

/* --- the key --- */

static bool is_key(const struct pkcs11_uri *uri, const PKCS11_KEY *key)
{
	return key->isPrivate && matches(uri->object, key->label) &&
	       (uri->id_length == 0 || (uri->id_length == key->id_len &&
					       memcmp(uri->id, key->id, key->id_len) == 0));
}

static int find_key(
	const struct pkcs11_uri *uri, const PKCS11_SLOT *slot, EVP_PKEY **ret, struct error *error)
{
	PKCS11_KEY *keys = NULL, *found = NULL;
	unsigned count = 0, matching = 0;
	char why[160];
	if (PKCS11_enumerate_keys(slot->token, &keys, &count) != 0)
		return error_set(error, ERROR_WAITING, EIO, "token-key",
			_("The keys of the token \"%s\" cannot be listed: %s"), slot->token->label,
			reason(why));
	for (unsigned i = 0; i < count; i++)
		if (is_key(uri, &keys[i])) {
			found = &keys[i];
			matching++;
		}
	if (matching != 1) {
		(void)error_set(error, ERROR_WAITING, matching == 0 ? ENOENT : EEXIST, "token-key",
			_("The token \"%s\" has %u private keys named \"%s\", and one is needed"),
			slot->token->label, matching, uri->object);
		return error_next(error, _("Name the key by object and id in [keys] signer."));
	}
	*ret = PKCS11_get_private_key(found);
	if (*ret)
		return 0;
	return error_set(error, ERROR_WAITING, EIO, "token-key",
		_("The key \"%s\" of the token \"%s\" cannot be used: %s"), uri->object,
		slot->token->label, reason(why));
}

int token_open(const char *text, const struct passphrase *pin, struct token **ret,
	EVP_PKEY **ret_key, struct error *error)
{
	struct pkcs11_uri uri;
	PKCS11_SLOT *slot = NULL;
	int result = pkcs11_uri_parse(text, &uri, error);
	if (result != 0)
		return result;
	struct token *token = calloc(1, sizeof(*token));
	if (!token)
		return error_no_memory(error);
	result = load_module(&uri, token, error);
	if (result == 0)
		result = find_token(&uri, token, &slot, error);
	if (result == 0)
		result = log_in(slot, pin, error);
	if (result == 0)
		result = find_key(&uri, slot, ret_key, error);
	if (result == 0)
		*ret = token;
	else
		token_close(token);
	return result;
}

/* --- making one --- */

/* A key's id is how certificates and keys find each other in a token; a random one meets no other. */
static int choose_id(const struct pkcs11_uri *uri, char ret[static 2 * PKCS11_ID_MAX + 1])
{
	uint8_t id[PKCS11_ID_MAX];
	size_t length = uri->id_length;
	memcpy(id, uri->id, length);
	if (length == 0) {
		length = 8;
		if (RAND_bytes(id, (int)length) != 1)
			return -EIO;
	}
	hex_encode(id, length, ret);
	return 0;
}

int token_make(const char *text, const struct passphrase *pin, struct error *error)
{
	struct pkcs11_uri uri;
	char module[PKCS11_TEXT_MAX + 16], id[2 * PKCS11_ID_MAX + 1];
	char variable[sizeof("HAIKI_PIN=") + PASSPHRASE_MAX];
	int result = pkcs11_uri_parse(text, &uri, error);
	if (result != 0)
		return result;
	if (choose_id(&uri, id) != 0)
		return error_no_memory(error);
	module_of(&uri, module);
	const char *const arguments[] = { "pkcs11-tool", "--module", module, "--token-label",
		uri.token, "--login", "--pin", "env:HAIKI_PIN", "--keypairgen", "--key-type",
		"EC:prime256v1", "--usage-sign", "--label",
		uri.object[0] ? uri.object : "haiki signer", "--id", id, NULL };
	(void)snprintf(variable, sizeof(variable), "HAIKI_PIN=%s", pin->text);
	result = home_run(arguments, NULL, variable, "opensc", error);
	OPENSSL_cleanse(variable, sizeof(variable));
	return result;
}
