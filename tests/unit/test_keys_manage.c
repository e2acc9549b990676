/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys over the years: passphrases, a new signer wherever it was cut, revocation, persons. */
#include "reports/keys/manage.h"

#include "base/file.h"
#include "reports/keys/authority.h"
#include "reports/keys/keys_change.h"
#include "reports/keys/person.h"
#include "tests/support/sample_certificate.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fixture {
	char *folder;
	struct config config;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->folder = sample_folder_make();
	config_defaults(&fixture->config);
	(void)snprintf(fixture->config.keys_folder, sizeof(fixture->config.keys_folder), "%s/keys",
		fixture->folder);
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

static void must(int result, const struct error *error)
{
	if (result != 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void make(const struct fixture *fixture, const char *passphrase)
{
	const struct keys_wish wish = {
		.organisation = SAMPLE_ORGANISATION, .ledger = "", .encrypt = passphrase != NULL
	};
	struct error error = { 0 };

	if (passphrase)
		must(file_write(fixture->config.keys_passphrase, passphrase, strlen(passphrase),
			     0600, &error),
			&error);
	must(keys_make(&fixture->config, NULL, &wish, SAMPLE_NOW_MS, &error), &error);
}

static void with_passphrase(struct fixture *fixture)
{
	(void)snprintf(fixture->config.keys_passphrase, sizeof(fixture->config.keys_passphrase),
		"%s/pass", fixture->folder);
}

static void expect_loaded(const struct fixture *fixture)
{
	struct error error = { 0 };
	struct keys *keys = NULL;

	must(keys_load(&fixture->config, SAMPLE_NOW_MS, &keys, &error), &error);
	keys_free(keys);
}

static void expect_not_loaded(const struct fixture *fixture, const char *code)
{
	struct error error = { 0 };
	struct keys *keys = NULL;

	assert_true(keys_load(&fixture->config, SAMPLE_NOW_MS, &keys, &error) < 0);
	assert_string_equal(error.code, code);
	assert_int_equal(error.kind, ERROR_WAITING);
	assert_null(keys);
}

static void path_of(const struct fixture *fixture, const char *name, char path[static 700])
{
	(void)snprintf(path, 700, "%s/%s", fixture->config.keys_folder, name);
}

/* --- passphrases --- */

static void test_what_is_a_passphrase(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *passphrase; /* NULL: refused */
	} cases[] = {
		{ "sesame\n", 7, "sesame" },
		{ "sesame", 6, "sesame" },
		{ "two words \n", 11, "two words " },
		{ "first\nsecond\n", 13, "first" },
		{ "dos\r\n", 5, "dos" },
		{ "秘密\n", 7, "秘密" },
		{ "", 0, NULL },
		{ "\n", 1, NULL },
		{ "\r\n", 2, NULL },
		{ "a\0b\n", 4, NULL },
	};
	struct fixture *fixture = *state;
	struct error error = { 0 };

	with_passphrase(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct passphrase passphrase;
		must(file_write(fixture->config.keys_passphrase, cases[i].text, cases[i].length,
			     0600, &error),
			&error);
		int result = passphrase_read(&fixture->config, &passphrase, &error);
		assert_int_equal(result, cases[i].passphrase ? 0 : -EINVAL);
		assert_int_equal(passphrase.given, cases[i].passphrase != NULL);
		if (cases[i].passphrase)
			assert_string_equal(passphrase.text, cases[i].passphrase);
		passphrase_forget(&passphrase);
		assert_string_equal(passphrase.text, "");
	}
}

static void test_the_length_of_a_passphrase(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	char text[PASSPHRASE_MAX + 2];

	with_passphrase(fixture);
	memset(text, 'x', sizeof(text));
	for (size_t length = PASSPHRASE_MAX - 2; length <= PASSPHRASE_MAX + 1; length++) {
		struct passphrase passphrase;
		must(file_write(fixture->config.keys_passphrase, text, length, 0600, &error),
			&error);
		assert_int_equal(passphrase_read(&fixture->config, &passphrase, &error),
			length < PASSPHRASE_MAX ? 0 : -EINVAL);
		passphrase_forget(&passphrase);
	}
}

static void test_none_configured_is_none(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	struct passphrase passphrase;

	(void)unsetenv("CREDENTIALS_DIRECTORY");
	must(passphrase_read(&fixture->config, &passphrase, &error), &error);
	assert_false(passphrase.given);
	/* Where systemd gave other credentials alone. */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", fixture->folder, 1), 0);
	must(passphrase_read(&fixture->config, &passphrase, &error), &error);
	assert_false(passphrase.given);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_a_longest_passphrase_opens_the_keys(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	char text[PASSPHRASE_MAX];

	memset(text, 'p', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	with_passphrase(fixture);
	make(fixture, text);
	expect_loaded(fixture);
	text[sizeof(text) - 2] = 'q'; /* the last one counts too */
	must(file_write(fixture->config.keys_passphrase, text, strlen(text), 0600, &error), &error);
	expect_not_loaded(fixture, "keys-passphrase-wrong");
}

/* What is made later is kept as well as what was made first. */
static void test_a_new_signer_is_encrypted_as_the_ca(void **state)
{
	struct fixture *fixture = *state;
	struct key_summary old, new;
	struct error error = { 0 };

	with_passphrase(fixture);
	make(fixture, "sesame");
	must(keys_rotate(&fixture->config, NULL, SAMPLE_NOW_MS, &old, &new, &error), &error);
	assert_int_equal(key_is_encrypted(fixture->config.keys_folder, "signer.key", &error), 1);
	expect_loaded(fixture);
}

/* --- a new signer, cut at every place --- */

static void copy_file(const char *from, const char *to)
{
	struct buffer bytes = BUFFER_INIT(64 * KIB);
	struct error error = { 0 };

	must(file_read(from, &bytes, &error), &error);
	must(file_write(to, bytes.data, bytes.length, 0600, &error), &error);
	buffer_free(&bytes);
}

/* How keys_change_install goes on, step by step: what is in place when it is cut. */
static void install_until(const struct fixture *fixture, int step)
{
	char from[700], to[700];

	if (step >= 1) { /* the key */
		path_of(fixture, "next/signer.key", from);
		path_of(fixture, "signer.key", to);
		assert_int_equal(rename(from, to), 0);
	}
	if (step >= 2) { /* its certificate; not recorded */
		path_of(fixture, "next/signer.crt", from);
		path_of(fixture, "signer.crt", to);
		copy_file(from, to);
	}
}

static void test_a_cut_rotation_is_finished_from_everywhere(void **state)
{
	struct fixture *fixture = *state;
	const struct authority_subject subject = { "haiki signer", "", ROLE_ISSUER,
		KEYS_SIGNER_DAYS };

	for (int step = 0; step <= 2; step++) {
		struct authority authority = { 0 };
		struct key_summary old, new;
		struct error error = { 0 };
		struct keys_new change = { .signer_key = EVP_EC_gen("P-256") };
		char serial[41], path[700];

		(void)snprintf(fixture->config.keys_folder, sizeof(fixture->config.keys_folder),
			"%s/keys-%d", fixture->folder, step);
		make(fixture, NULL);
		must(authority_load(fixture->config.keys_folder, NULL, &authority, &error), &error);
		must(authority_issue(&authority, change.signer_key, &subject, SAMPLE_NOW_MS,
			     &change.signer, &error),
			&error);
		must(keys_change_begin(fixture->config.keys_folder, &change, NULL, &error), &error);
		assert_true(keys_change_is_cut(fixture->config.keys_folder));
		install_until(fixture, step);
		if (step == 1)
			expect_not_loaded(fixture, "keys-mismatch");
		must(keys_rotate(&fixture->config, NULL, SAMPLE_NOW_MS, &old, &new, &error),
			&error);
		/* The one that was begun, not another. */
		BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(change.signer), NULL);
		char *hex = BN_bn2hex(number);
		(void)snprintf(serial, sizeof(serial), "%s", hex);
		assert_string_equal(new.serial_number, serial);
		assert_string_not_equal(old.serial_number, serial);
		assert_false(keys_change_is_cut(fixture->config.keys_folder));
		(void)snprintf(path, sizeof(path), "%s/retired/signer-%s.crt",
			fixture->config.keys_folder, old.serial_number);
		assert_int_equal(access(path, F_OK), 0);
		expect_loaded(fixture);
		OPENSSL_free(hex);
		BN_free(number);
		X509_free(change.signer);
		EVP_PKEY_free(change.signer_key);
		authority_free(&authority);
	}
}

/* Without its last file a change is none, and the next one begins anew. */
static void test_a_change_that_was_not_gathered_is_forgotten(void **state)
{
	const struct fixture *fixture = *state;
	struct key_summary old, new;
	struct error error = { 0 };
	char path[700];

	make(fixture, NULL);
	path_of(fixture, "next", path);
	assert_int_equal(mkdir(path, 0700), 0);
	path_of(fixture, "next/signer.key", path);
	must(file_write(path, "half", 4, 0600, &error), &error);
	expect_loaded(fixture);
	must(keys_rotate(&fixture->config, NULL, SAMPLE_NOW_MS, &old, &new, &error), &error);
	expect_loaded(fixture);
}

/* --- revocation --- */

static void put_on_list(
	const struct fixture *fixture, const char *which, enum revocation_reason reason)
{
	struct key_summary summary;
	struct error error = { 0 };

	must(keys_revoke(&fixture->config, NULL, which, reason, SAMPLE_NOW_MS, &summary, &error),
		&error);
}

static X509_CRL *read_list(const struct fixture *fixture)
{
	char path[700];

	path_of(fixture, "ca.crl", path);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	X509_CRL *list = PEM_read_X509_CRL(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	assert_non_null(list);
	return list;
}

static long number_of(X509_CRL *list)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
	long value = number ? ASN1_INTEGER_get(number) : -1;
	ASN1_INTEGER_free(number);
	return value;
}

static void test_the_list_grows_and_loses_nothing(void **state)
{
	static const enum revocation_reason reasons[] = { REVOKED_UNSPECIFIED,
		REVOKED_KEY_COMPROMISE, REVOKED_PRIVILEGE_WITHDRAWN };
	const struct fixture *fixture = *state;
	struct key_summary old, new;
	struct error error = { 0 };

	make(fixture, NULL);
	X509_CRL *list = read_list(fixture);
	assert_int_equal(number_of(list), 1);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)), -1);
	X509_CRL_free(list);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		must(keys_rotate(&fixture->config, NULL, SAMPLE_NOW_MS, &old, &new, &error),
			&error);
		put_on_list(fixture, old.serial_number, reasons[i]); /* from retired/ */
	}
	expect_loaded(fixture);
	list = read_list(fixture);
	assert_int_equal(number_of(list), 1 + (long)ARRAY_SIZE(reasons));
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)), ARRAY_SIZE(reasons));
	assert_int_equal(X509_CRL_get_version(list), X509_CRL_VERSION_2);
	int stated = 0;
	for (int i = 0; i < (int)ARRAY_SIZE(reasons); i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), i);
		stated += X509_REVOKED_get_ext_by_NID(entry, NID_crl_reason, -1) >= 0;
	}
	assert_int_equal(stated, 2); /* "unspecified" says nothing */
	X509_CRL_free(list);
	put_on_list(fixture, new.serial_number, REVOKED_SUPERSEDED);
	expect_not_loaded(fixture, "signer-revoked");
}

static void test_a_list_of_another_ca_is_not_continued(void **state)
{
	struct fixture *fixture = *state;
	struct key_summary summary;
	struct error error = { 0 };
	char ours[700], theirs[700];

	make(fixture, NULL);
	path_of(fixture, "ca.crl", ours);
	(void)snprintf(fixture->config.keys_folder, sizeof(fixture->config.keys_folder), "%s/other",
		fixture->folder);
	make(fixture, NULL);
	path_of(fixture, "ca.crl", theirs);
	copy_file(ours, theirs);
	path_of(fixture, "signer.crt", ours);
	assert_int_equal(keys_revoke(&fixture->config, NULL, ours, REVOKED_SUPERSEDED,
				 SAMPLE_NOW_MS, &summary, &error),
		-EBADMSG);
	assert_string_equal(error.code, "keys-mismatch");
}

static void test_a_damaged_list_stops_the_signer(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = { 0 };
	char path[700];

	make(fixture, NULL);
	path_of(fixture, "ca.crl", path);
	must(file_write(path, "x", 1, 0644, &error), &error);
	expect_not_loaded(fixture, "keys-malformed");
}

static void test_reasons(void **state)
{
	static const enum revocation_reason reasons[] = { REVOKED_UNSPECIFIED,
		REVOKED_KEY_COMPROMISE, REVOKED_AFFILIATION_CHANGED, REVOKED_SUPERSEDED,
		REVOKED_CESSATION, REVOKED_PRIVILEGE_WITHDRAWN };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		assert_int_equal(
			revocation_reason_parse(revocation_reason_name(reasons[i])), reasons[i]);
	assert_int_equal(revocation_reason_parse(""), REVOKED_UNKNOWN);
	assert_int_equal(revocation_reason_parse("remove-from-crl"), REVOKED_UNKNOWN);
	assert_null(revocation_reason_name(REVOKED_UNKNOWN));
	assert_null(revocation_reason_name((enum revocation_reason)2));
}

/* --- persons --- */

static void make_person(
	const struct fixture *fixture, const char *name, enum role role, struct person_key *ret)
{
	struct passphrase passphrase = { .text = "own", .given = true };
	struct key_summary summary;
	struct error error = { 0 };
	char folder[700];

	(void)snprintf(folder, sizeof(folder), "%s/person-%s", fixture->folder, name);
	const struct person_wish wish = { name, "Manager", role, folder, &passphrase };
	must(keys_person(&fixture->config, NULL, &wish, SAMPLE_NOW_MS, &summary, &error), &error);
	must(person_load(folder, &passphrase, ret, &error), &error);
	assert_string_equal(ret->name, name);
	assert_int_equal(role_of_certificate(ret->certificate), role);
	assert_int_equal(
		keys_person(&fixture->config, NULL, &wish, SAMPLE_NOW_MS, &summary, &error),
		-EEXIST);
}

static void test_names(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "佐藤 花子", "佐藤　花子", true },
		{ "佐藤花子", " 佐藤 花子 ", true },
		{ "A. Person", "a.person", true },
		{ "A. Person", "B. Person", false },
		{ "佐藤", "佐藤花子", false },
		{ "", "x", false },
		{ "x", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(person_same_name(cases[i].a, cases[i].b), cases[i].same);
		assert_int_equal(person_same_name(cases[i].b, cases[i].a), cases[i].same);
	}
}

static void test_names_that_no_certificate_holds(void **state)
{
	static const char *const refused[] = { "", "\xff",
		"0123456789012345678901234567890123456789012345678901234567890123456789" };
	const struct fixture *fixture = *state;
	struct passphrase passphrase = { .text = "own", .given = true };
	struct key_summary summary;
	char folder[700];

	make(fixture, NULL);
	(void)snprintf(folder, sizeof(folder), "%s/person", fixture->folder);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct person_wish wish = { refused[i], "", ROLE_WITNESS, folder,
			&passphrase };
		struct error error = { 0 };
		assert_int_equal(
			keys_person(&fixture->config, NULL, &wish, SAMPLE_NOW_MS, &summary, &error),
			-EINVAL);
		assert_string_equal(error.code, "person-invalid");
		assert_int_not_equal(access(folder, F_OK), 0);
	}
}

/* The others' signatures stay byte by byte, and each new one is bound to the same document. */
static void test_signatures_beside_each_other(void **state)
{
	static const char document[] = "{\"a\":1}";
	const struct fixture *fixture = *state;
	struct person_key sato = { 0 }, wada = { 0 };
	struct keys *keys = NULL;
	struct error error = { 0 };
	uint8_t *one = NULL, *two = NULL, *three = NULL, *none = NULL;
	size_t one_length = 0, two_length = 0, three_length = 0, none_length = 0;

	make(fixture, NULL);
	make_person(fixture, "sato", ROLE_APPROVER, &sato);
	make_person(fixture, "wada", ROLE_WITNESS, &wada);
	must(keys_load(&fixture->config, SAMPLE_NOW_MS, &keys, &error), &error);
	must(keys_sign(keys, document, strlen(document), &one, &one_length, &error), &error);
	const size_t length = strlen(document);
	must(person_sign(&sato, ROLE_APPROVER,
		     &(struct signed_document){ document, length, one, one_length }, &two,
		     &two_length, &error),
		&error);
	must(person_sign(&wada, ROLE_WITNESS,
		     &(struct signed_document){ document, length, two, two_length }, &three,
		     &three_length, &error),
		&error);
	struct detached *detached = NULL;
	must(detached_parse(three, three_length, NULL, &detached, &error), &error);
	assert_int_equal(detached_signer_count(detached), 3);
	detached_free(detached);
	/* Not of another document, and nobody twice. */
	assert_int_not_equal(
		person_sign(&sato, ROLE_APPROVER,
			&(struct signed_document){ "{\"a\":2}", length, one, one_length }, &none,
			&none_length, &error),
		0);
	assert_int_not_equal(person_sign(&sato, ROLE_APPROVER,
				     &(struct signed_document){ document, length, two, two_length },
				     &none, &none_length, &error),
		0);
	assert_null(none);
	free(one);
	free(two);
	free(three);
	keys_free(keys);
	person_free(&sato);
	person_free(&wada);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_a_passphrase),
		TEST(test_the_length_of_a_passphrase),
		TEST(test_none_configured_is_none),
		TEST(test_a_longest_passphrase_opens_the_keys),
		TEST(test_a_new_signer_is_encrypted_as_the_ca),
		TEST(test_a_cut_rotation_is_finished_from_everywhere),
		TEST(test_a_change_that_was_not_gathered_is_forgotten),
		TEST(test_the_list_grows_and_loses_nothing),
		TEST(test_a_list_of_another_ca_is_not_continued),
		TEST(test_a_damaged_list_stops_the_signer),
		TEST(test_reasons),
		TEST(test_names),
		TEST(test_names_that_no_certificate_holds),
		TEST(test_signatures_beside_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
