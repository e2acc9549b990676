/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys: made all at once, never overwritten, loaded only when they are sound, and what they sign. */
#include "reports/keys/keys.h"

#include "base/file.h"
#include "tests/support/sample_certificate.h"
#include "verify/certificate/detached.h"
#include <dirent.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *const file_names[] = { "ca.crt", "ca.crl", "ca.key", "signer.crt", "signer.key",
	"ledger.key", "ledger.vkey" };

struct fixture {
	char *folder;   /* everything of this test */
	char keys[600]; /* the key folder in it, not there yet */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->folder = sample_folder_make();
	(void)snprintf(fixture->keys, sizeof(fixture->keys), "%s/state/keys", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sample_folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

static void make(const struct fixture *fixture)
{
	struct error error = { 0 };

	if (keys_init(fixture->keys, SAMPLE_ORGANISATION, SAMPLE_NOW_MS, &error) != 0)
		fail_msg("%s", error.what);
}

static void path_of(const struct fixture *fixture, const char *name, char path[static 700])
{
	(void)snprintf(path, 700, "%s/%s", fixture->keys, name);
}

static void read_file(const char *path, struct buffer *buffer)
{
	struct error error = { 0 };

	if (file_read(path, buffer, &error) != 0)
		fail_msg("%s", error.what);
}

static void expect_not_loaded(
	const struct fixture *fixture, int64_t now_utc_ms, int errnum, const char *code)
{
	struct error error = { 0 };
	struct keys *keys = NULL;

	int result = sample_keys_load(fixture->keys, now_utc_ms, &keys, &error);
	if (result != -errnum || (code && strcmp(error.code, code) != 0))
		fail_msg("expected %d %s, got %d %s: %s", -errnum, code, result, error.code,
			error.what);
	assert_null(keys);
	assert_int_equal(error.kind, ERROR_WAITING);
	assert_true(error.what[0] != '\0');
}

static size_t count_entries(const char *path)
{
	size_t count = 0;
	DIR *directory = opendir(path);

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count - 2; /* . and .. */
}

/* --- making --- */

static void test_a_set_is_made_with_the_right_modes(void **state)
{
	const struct fixture *fixture = *state;
	struct stat status;
	char path[700];

	make(fixture);
	assert_int_equal(stat(fixture->keys, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(count_entries(fixture->keys), ARRAY_SIZE(file_names));
	for (size_t i = 0; i < ARRAY_SIZE(file_names); i++) {
		path_of(fixture, file_names[i], path);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, strstr(path, ".key") ? 0600 : 0644);
	}
	(void)snprintf(path, sizeof(path), "%s/state", fixture->folder);
	assert_int_equal(count_entries(path), 1); /* no temporary folder is left */
}

static void test_a_private_key_is_pkcs8(void **state)
{
	const struct fixture *fixture = *state;
	struct buffer pem = BUFFER_INIT(8192);
	char path[700];

	make(fixture);
	path_of(fixture, "signer.key", path);
	read_file(path, &pem);
	assert_non_null(strstr(buffer_text(&pem), "-----BEGIN PRIVATE KEY-----"));
	buffer_free(&pem);
}

static void test_an_empty_folder_and_slashes_at_its_end_are_fine(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };

	size_t length = strlen(fixture->keys);
	assert_int_equal(file_make_folder(fixture->keys, 0755, &error), 0);
	(void)snprintf(fixture->keys + length, sizeof(fixture->keys) - length, "//");
	make(fixture);
	assert_int_equal(count_entries(fixture->keys), ARRAY_SIZE(file_names));
}

static void test_a_second_init_overwrites_nothing(void **state)
{
	const struct fixture *fixture = *state;
	struct buffer before[ARRAY_SIZE(file_names)], after[ARRAY_SIZE(file_names)];
	struct error error = { 0 };
	char path[700];

	make(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(file_names); i++) {
		before[i] = (struct buffer)BUFFER_INIT(8192);
		path_of(fixture, file_names[i], path);
		read_file(path, &before[i]);
	}
	assert_int_equal(keys_init(fixture->keys, "Other", SAMPLE_NOW_MS, &error), -EEXIST);
	assert_string_equal(error.code, "keys-exist");
	for (size_t i = 0; i < ARRAY_SIZE(file_names); i++) {
		after[i] = (struct buffer)BUFFER_INIT(8192);
		path_of(fixture, file_names[i], path);
		read_file(path, &after[i]);
		assert_string_equal(buffer_text(&before[i]), buffer_text(&after[i]));
		buffer_free(&before[i]);
		buffer_free(&after[i]);
	}
}

static void test_one_lonely_key_is_not_overwritten(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	char path[700];

	assert_int_equal(file_make_folder(fixture->keys, 0700, &error), 0);
	path_of(fixture, "ca.key", path);
	assert_int_equal(file_write(path, "x", 1, 0600, &error), 0);
	assert_int_equal(keys_init(fixture->keys, "Other", SAMPLE_NOW_MS, &error), -EEXIST);
	assert_int_equal(count_entries(fixture->keys), 1);
}

/* Every write fails at a given size, as on a full disk; the certificates are larger than the keys. */
static void test_a_failed_write_leaves_nothing(void **state)
{
	const struct fixture *fixture = *state;
	struct rlimit limit, old;
	struct error error = { 0 };
	char path[700];

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (rlim_t bytes = 0; bytes <= 700; bytes += 100) {
		limit = old;
		limit.rlim_cur = bytes;
		(void)fflush(NULL);
		(void)signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		int result = keys_init(fixture->keys, "O", SAMPLE_NOW_MS, &error);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		if (result == 0) {
			assert_true(bytes >= 600);
			return;
		}
		assert_int_equal(result, -EFBIG);
		assert_int_not_equal(access(fixture->keys, F_OK), 0);
		(void)snprintf(path, sizeof(path), "%s/state", fixture->folder);
		assert_int_equal(count_entries(path), 0);
	}
}

static void test_names_that_do_not_fit(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	static const char character[] = "市";
	char fits[64 * 3 + 1] = "", too_long[65 * 3 + 1];

	for (size_t i = 0; i < 64; i++)
		memcpy(fits + i * 3, character, sizeof(character));
	(void)snprintf(too_long, sizeof(too_long), "%s市", fits);
	const char *const refused[] = { too_long, "\xff\xfe", "\xe5\xb8" };
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_int_equal(
			keys_init(fixture->keys, refused[i], SAMPLE_NOW_MS, &error), -EINVAL);
		assert_string_equal(error.code, "organisation-invalid");
		assert_int_not_equal(access(fixture->keys, F_OK), 0);
	}
	assert_int_equal(keys_init(fixture->keys, fits, SAMPLE_NOW_MS, &error), 0);
}

/* --- loading --- */

static void test_what_was_made_is_loaded(void **state)
{
	const struct fixture *fixture = *state;
	struct key_summary ca, signer;
	struct error error = { 0 };
	struct keys *keys = NULL;

	make(fixture);
	assert_int_equal(sample_keys_load(fixture->keys, SAMPLE_NOW_MS, &keys, &error), 0);
	assert_int_equal(keys_summary(keys, &ca, &signer, &error), 0);
	assert_string_equal(ca.subject, "CN=haiki CA,O=" SAMPLE_ORGANISATION);
	assert_string_equal(signer.subject, "CN=haiki signer,O=" SAMPLE_ORGANISATION);
	assert_int_equal(strlen(ca.sha256), 64);
	assert_string_not_equal(ca.sha256, signer.sha256);
	assert_string_not_equal(ca.serial_number, signer.serial_number);
	assert_true(strlen(ca.serial_number) >= 24); /* 128 bits, so hardly ever shorter */
	assert_int_equal(ca.not_before_utc_ms, SAMPLE_NOW_MS);
	assert_int_equal(ca.not_after_utc_ms, SAMPLE_NOW_MS + KEYS_CA_DAYS * SAMPLE_DAY_MS);
	assert_int_equal(signer.not_after_utc_ms, SAMPLE_NOW_MS + KEYS_SIGNER_DAYS * SAMPLE_DAY_MS);
	keys_free(keys);
}

static void test_extensions_are_as_promised(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	struct keys *keys = NULL;

	make(fixture);
	assert_int_equal(sample_keys_load(fixture->keys, SAMPLE_NOW_MS, &keys, &error), 0);
	X509 *ca = keys->ca_certificate, *signer = keys->signer_certificate;
	assert_int_equal(X509_check_ca(ca), 1);
	assert_int_equal(X509_get_pathlen(ca), 0);
	assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_check_ca(signer), 0);
	assert_int_equal(X509_get_key_usage(signer), KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
	assert_int_equal(X509_get_extended_key_usage(signer), XKU_SMIME);
	assert_int_equal(X509_check_purpose(signer, X509_PURPOSE_SMIME_SIGN, 0), 1);
	assert_non_null(X509_get0_subject_key_id(ca));
	assert_int_equal(ASN1_OCTET_STRING_cmp(
				 X509_get0_subject_key_id(ca), X509_get0_authority_key_id(signer)),
		0);
	keys_free(keys);
}

static void test_each_missing_file_is_waited_for(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const needed[] = { "ca.crt", "signer.crt", "signer.key", "ledger.key",
		"ledger.vkey" };
	char path[700], aside[710];

	expect_not_loaded(fixture, SAMPLE_NOW_MS, ENOENT, "keys-missing");
	make(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		path_of(fixture, needed[i], path);
		(void)snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(rename(path, aside), 0);
		expect_not_loaded(fixture, SAMPLE_NOW_MS, ENOENT, "keys-missing");
		assert_int_equal(rename(aside, path), 0);
	}
}

/* A folder that cannot be looked into is no proof that it holds keys. */
static void test_a_folder_that_cannot_be_opened_is_not_called_full(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	char loop[710];
	(void)snprintf(loop, sizeof(loop), "%s/loop", fixture->folder);
	assert_int_equal(symlink(loop, loop), 0); /* ELOOP, for root too */
	assert_int_equal(keys_init(loop, "", SAMPLE_NOW_MS, &error), -ELOOP);
	assert_string_equal(error.code, "keys-folder");
	assert_int_equal(unlink(loop), 0);
}

static void test_a_key_that_others_can_read_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	static const mode_t modes[] = { 0640, 0604, 0660, 0610 };
	char path[700];

	make(fixture);
	path_of(fixture, "signer.key", path);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		expect_not_loaded(fixture, SAMPLE_NOW_MS, EPERM, NULL);
	}
}

static void test_a_damaged_file_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const damaged[] = { "ca.crt", "signer.crt", "signer.key", "ledger.key" };
	struct error error = { 0 };
	char path[700];

	make(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct buffer whole = BUFFER_INIT(8192);
		path_of(fixture, damaged[i], path);
		read_file(path, &whole);
		mode_t mode = strstr(path, ".key") ? 0600 : 0644;
		for (size_t length = 0; length + 40 < whole.length; length += 97) {
			assert_int_equal(file_write(path, whole.data, length, mode, &error), 0);
			expect_not_loaded(fixture, SAMPLE_NOW_MS, EBADMSG, "keys-malformed");
		}
		assert_int_equal(file_write(path, whole.data, whole.length, mode, &error), 0);
		buffer_free(&whole);
	}
}

static void test_a_key_with_a_passphrase_is_refused_without_asking(void **state)
{
	const struct fixture *fixture = *state;
	char path[700], passphrase[] = "secret";

	make(fixture);
	path_of(fixture, "signer.key", path);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), passphrase,
				 (int)strlen(passphrase), NULL, NULL),
		1);
	assert_int_equal(fclose(file), 0);
	EVP_PKEY_free(key);
	expect_not_loaded(fixture, SAMPLE_NOW_MS, ENOKEY, "keys-locked");
}

static void test_another_key_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	char signer[700], ca[700];

	make(fixture);
	path_of(fixture, "signer.key", signer);
	path_of(fixture, "ca.key", ca);
	assert_int_equal(rename(ca, signer), 0);
	expect_not_loaded(fixture, SAMPLE_NOW_MS, EBADMSG, "keys-mismatch");
}

static void test_a_signer_of_another_ca_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	struct sample_ca other = { 0 };
	char path[700];

	make(fixture);
	sample_ca_make(SAMPLE_ORGANISATION, &other);
	path_of(fixture, "ca.crt", path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, other.keys->ca_certificate), 1);
	assert_int_equal(fclose(file), 0);
	expect_not_loaded(fixture, SAMPLE_NOW_MS, EKEYREJECTED, "signature-wrong-signer");
	sample_ca_free(&other);
}

/* --- the ledger's key --- */

static void test_the_ledgers_key_is_named_by_the_ca(void **state)
{
	const struct fixture *fixture = *state;
	struct key_summary ca, signer;
	struct error error = { 0 };
	struct keys *keys = NULL;
	char path[700];

	make(fixture);
	assert_int_equal(sample_keys_load(fixture->keys, SAMPLE_NOW_MS, &keys, &error), 0);
	assert_int_equal(keys_summary(keys, &ca, &signer, &error), 0);
	assert_int_equal(strncmp(keys->ledger_public.name, "haiki/", 6), 0);
	assert_int_equal(strlen(keys->ledger_public.name), 6 + 16);
	assert_int_equal(strncasecmp(keys->ledger_public.name + 6, ca.serial_number, 16), 0);
	assert_int_equal(EVP_PKEY_is_a(keys->ledger_key, "ED25519"), 1);
	struct buffer vkey = BUFFER_INIT(8192);
	path_of(fixture, "ledger.vkey", path);
	read_file(path, &vkey);
	/* One line: name, eight digits, 33 bytes in base64. */
	assert_int_equal(vkey.length, 22 + 1 + 8 + 1 + 44 + 1);
	assert_int_equal(vkey.data[vkey.length - 1], '\n');
	buffer_free(&vkey);
	keys_free(keys);
}

static void remove_file(const struct fixture *fixture, const char *name)
{
	char path[700];

	path_of(fixture, name, path);
	assert_int_equal(unlink(path), 0);
}

static void test_an_older_folder_gets_the_ledgers_key_and_keeps_the_others(void **state)
{
	const struct fixture *fixture = *state;
	struct buffer before = BUFFER_INIT(8192), after = BUFFER_INIT(8192);
	struct error error = { 0 };
	struct keys *keys = NULL;
	char path[700];

	make(fixture);
	remove_file(fixture, "ledger.key");
	remove_file(fixture, "ledger.vkey");
	path_of(fixture, "signer.key", path);
	read_file(path, &before);
	make(fixture);
	assert_int_equal(count_entries(fixture->keys), ARRAY_SIZE(file_names));
	read_file(path, &after);
	assert_string_equal(buffer_text(&before), buffer_text(&after));
	assert_int_equal(sample_keys_load(fixture->keys, SAMPLE_NOW_MS, &keys, &error), 0);
	keys_free(keys);
	buffer_free(&before);
	buffer_free(&after);
}

/* Its public half was not written any more; the key may not be replaced by another. */
static void test_a_ledgers_key_without_its_public_half_is_kept(void **state)
{
	const struct fixture *fixture = *state;
	struct buffer before = BUFFER_INIT(8192), after = BUFFER_INIT(8192);
	char path[700];

	make(fixture);
	path_of(fixture, "ledger.vkey", path);
	read_file(path, &before);
	remove_file(fixture, "ledger.vkey");
	make(fixture);
	read_file(path, &after);
	assert_string_equal(buffer_text(&before), buffer_text(&after));
	buffer_free(&before);
	buffer_free(&after);
}

static void test_a_public_half_without_its_key_stays_as_it_is(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };

	make(fixture);
	remove_file(fixture, "ledger.key");
	assert_int_equal(keys_init(fixture->keys, "", SAMPLE_NOW_MS, &error), -EEXIST);
	expect_not_loaded(fixture, SAMPLE_NOW_MS, ENOENT, "keys-missing");
}

/* Each byte of the public half counts. */
static void test_a_changed_public_half_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	struct buffer vkey = BUFFER_INIT(8192);
	struct error error = { 0 };
	char path[700];

	make(fixture);
	path_of(fixture, "ledger.vkey", path);
	read_file(path, &vkey);
	for (size_t i = 0; i + 1 < vkey.length; i++) {
		vkey.data[i] ^= 1;
		assert_int_equal(file_write(path, vkey.data, vkey.length, 0644, &error), 0);
		expect_not_loaded(fixture, SAMPLE_NOW_MS, EBADMSG, NULL);
		vkey.data[i] ^= 1;
	}
	buffer_free(&vkey);
}

static void test_the_time_counts(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	struct keys *keys = NULL;
	int64_t end = SAMPLE_NOW_MS + KEYS_SIGNER_DAYS * SAMPLE_DAY_MS;

	make(fixture);
	expect_not_loaded(fixture, SAMPLE_NOW_MS - 1000, EKEYREJECTED, "signer-not-yet-valid");
	assert_int_equal(sample_keys_load(fixture->keys, end - 1000, &keys, &error), 0);
	keys_free(keys);
	expect_not_loaded(fixture, end + 1000, EKEYEXPIRED, "signer-expired");
}

/* --- signing --- */

static void test_the_signature_has_its_attributes(void **state)
{
	static const char document[] = "{\"a\":1}";
	struct sample_ca ca = { 0 };
	struct error error = { 0 };
	uint8_t *p7s = NULL;
	size_t length = 0;

	(void)state;
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	assert_int_equal(keys_sign(ca.keys, document, strlen(document), &p7s, &length, &error), 0);
	CMS_ContentInfo *cms = sample_cms_read(p7s, length);
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	static const int present[] = { NID_pkcs9_contentType, NID_pkcs9_messageDigest,
		NID_pkcs9_signingTime, NID_id_smime_aa_signingCertificateV2 };
	for (size_t i = 0; i < ARRAY_SIZE(present); i++)
		assert_true(CMS_signed_get_attr_by_NID(info, present[i], -1) >= 0);
	assert_int_equal(CMS_signed_get_attr_count(info), ARRAY_SIZE(present));
	assert_true(CMS_unsigned_get_attr_count(info) <= 0);
	STACK_OF(X509) *inside = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(inside), 2);
	sk_X509_pop_free(inside, X509_free);
	CMS_ContentInfo_free(cms);
	free(p7s);
	sample_ca_free(&ca);
}

static void test_nothing_is_handed_out_that_does_not_verify(void **state)
{
	struct sample_ca ca = { 0 };
	struct error error = { 0 };
	uint8_t *p7s = NULL;
	size_t length = 0;

	(void)state;
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	EVP_PKEY *right = ca.keys->signer_key;
	ca.keys->signer_key = ca.ca_key; /* as a token with another key would */
	assert_int_equal(keys_sign(ca.keys, "x", 1, &p7s, &length, &error), -EIO);
	assert_string_equal(error.code, "signing-failed");
	assert_null(p7s);
	ca.keys->signer_key = right;
	sample_ca_free(&ca);
}

static int run(const char *command)
{
	int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The witness who knows nothing of haiki: the command line in docs/certificate.md. */
static void test_openssl_alone_verifies(void **state)
{
	const struct fixture *fixture = *state;
	static const char document[] = "{\"a\":1}";
	static const char altered[] = "{\"a\":2}";
	struct error error = { 0 };
	struct keys *keys = NULL;
	uint8_t *p7s = NULL;
	size_t length = 0;
	char path[700], command[2000];

	if (run("openssl version >/dev/null 2>&1") != 0) {
		print_message("the openssl program is not installed\n");
		skip();
	}
	make(fixture);
	assert_int_equal(sample_keys_load(fixture->keys, SAMPLE_NOW_MS, &keys, &error), 0);
	assert_int_equal(keys_sign(keys, document, strlen(document), &p7s, &length, &error), 0);
	(void)snprintf(path, sizeof(path), "%s/d.p7s", fixture->folder);
	assert_int_equal(file_write(path, p7s, length, 0644, &error), 0);
	(void)snprintf(path, sizeof(path), "%s/d.json", fixture->folder);
	static const char *const options[] = { "", "-cades", "-no-CApath -no-CAstore" };
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		(void)snprintf(command, sizeof(command),
			"cd %s && openssl cms -verify -binary -inform DER -in d.p7s -content "
			"d.json "
			"-CAfile state/keys/ca.crt -attime %lld %s -out /dev/null 2>openssl.log",
			fixture->folder, (long long)(SAMPLE_NOW_MS / 1000) + 60, options[i]);
		assert_int_equal(file_write(path, document, strlen(document), 0644, &error), 0);
		assert_int_equal(run(command), 0);
		assert_int_equal(file_write(path, altered, strlen(altered), 0644, &error), 0);
		assert_int_not_equal(run(command), 0);
	}
	free(p7s);
	keys_free(keys);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_set_is_made_with_the_right_modes),
		TEST(test_a_private_key_is_pkcs8),
		TEST(test_an_empty_folder_and_slashes_at_its_end_are_fine),
		TEST(test_a_second_init_overwrites_nothing),
		TEST(test_one_lonely_key_is_not_overwritten),
		TEST(test_a_failed_write_leaves_nothing),
		TEST(test_names_that_do_not_fit),
		TEST(test_what_was_made_is_loaded),
		TEST(test_extensions_are_as_promised),
		TEST(test_each_missing_file_is_waited_for),
		TEST(test_a_folder_that_cannot_be_opened_is_not_called_full),
		TEST(test_a_key_that_others_can_read_is_refused),
		TEST(test_a_damaged_file_is_refused),
		TEST(test_a_key_with_a_passphrase_is_refused_without_asking),
		TEST(test_another_key_is_refused),
		TEST(test_a_signer_of_another_ca_is_refused),
		TEST(test_the_ledgers_key_is_named_by_the_ca),
		TEST(test_an_older_folder_gets_the_ledgers_key_and_keeps_the_others),
		TEST(test_a_ledgers_key_without_its_public_half_is_kept),
		TEST(test_a_public_half_without_its_key_stays_as_it_is),
		TEST(test_a_changed_public_half_is_refused),
		TEST(test_the_time_counts),
		TEST(test_the_signature_has_its_attributes),
		TEST(test_nothing_is_handed_out_that_does_not_verify),
		TEST(test_openssl_alone_verifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
