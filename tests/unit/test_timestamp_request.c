/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking an authority: a small one in a process of its own, on a port that it chose. (More lies, and OpenSSL's own
 * answers: tests/host/test_timestamps.sh.) */
#include "reports/timestamp/timestamp.h"

#include "inventory/jobs/certificates_cms.h"
#include "tests/support/jobs_fixture.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/scratch.h"
#include "tests/support/stamper.h"
#include "verify/certificate/detached.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ts.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

enum behaviour { HONEST, OTHER_NONCE, ERROR_500, GARBAGE, CUT_OFF };

static struct sample_ca ca;
static struct stamper stamper;
static struct scratch scratch;

/* Shared with the authority's process. */
static struct shared {
	_Atomic int behaviour;
	_Atomic int asked;
} * shared;
static pid_t server;
static unsigned port;

/* --- the authority --- */

static size_t read_question(int client, uint8_t *ret, size_t size)
{
	char text[4096];
	size_t length = 0, body = 0, expected = SIZE_MAX;
	while (length < sizeof(text) - 1) {
		ssize_t got = read(client, text + length, sizeof(text) - 1 - length);
		if (got <= 0)
			return 0;
		length += (size_t)got;
		text[length] = '\0';
		const char *end = strstr(text, "\r\n\r\n");
		const char *field = strcasestr(text, "\r\nContent-Length:");
		if (!end || !field)
			continue;
		expected = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
		body = (size_t)(end + 4 - text);
		if (length - body >= expected)
			break;
	}
	if (expected > size || length - body != expected)
		return 0;
	memcpy(ret, text + body, expected);
	return expected;
}

/* TimeStampResp around a token. */
static size_t make_answer(const uint8_t *question, size_t length, bool other_nonce, uint8_t *ret)
{
	const unsigned char *cursor = question;
	TS_REQ *asked = d2i_TS_REQ(NULL, &cursor, (long)length);
	if (!asked)
		return 0;
	BIGNUM *number = ASN1_INTEGER_to_BN(TS_REQ_get_nonce(asked), NULL);
	uint8_t nonce[64] = { 0 };
	size_t nonce_length = (size_t)BN_bn2bin(number, nonce);
	nonce[0] ^= other_nonce ? 1 : 0;
	const struct stamp_wish wish = { .nonce = nonce,
		.nonce_length = nonce_length,
		.imprint = ASN1_STRING_get0_data(
			TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(asked))),
		.extra = ca.keys->ca_certificate }; /* rides along: it is left out */
	uint8_t *token = NULL;
	size_t token_length = 0;
	stamper_stamp(&stamper, &wish, "", 0, &token, &token_length);
	size_t content = token_length + 5;
	const uint8_t head[] = { 0x30, 0x82, (uint8_t)(content >> 8), (uint8_t)content, 0x30, 3, 2,
		1, 0 };
	memcpy(ret, head, sizeof(head));
	memcpy(ret + sizeof(head), token, token_length);
	free(token);
	BN_free(number);
	TS_REQ_free(asked);
	return sizeof(head) + token_length;
}

static void answer(int client, enum behaviour behaviour, const uint8_t *question, size_t length)
{
	uint8_t body[16384] = "no time stamp";
	size_t body_length = 13;
	char head[200];
	if (behaviour != GARBAGE && behaviour != ERROR_500)
		body_length = make_answer(question, length, behaviour == OTHER_NONCE, body);
	size_t claimed = body_length;
	if (behaviour == CUT_OFF)
		body_length /= 2;
	int head_length = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		behaviour == ERROR_500 ? "500 Broken" : "200 OK", claimed);
	if (write(client, head, (size_t)head_length) != head_length ||
		write(client, body, body_length) != (ssize_t)body_length)
		return;
}

static void serve(int listening)
{
	for (;;) {
		uint8_t question[2048];
		int client = accept(listening, NULL, NULL);
		if (client < 0)
			_exit(1);
		size_t length = read_question(client, question, sizeof(question));
		(void)atomic_fetch_add(&shared->asked, 1);
		answer(client, (enum behaviour)atomic_load(&shared->behaviour), question, length);
		(void)shutdown(client, SHUT_WR);
		(void)close(client);
	}
}

static int set_up(void **state)
{
	(void)state;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	stamper_make(&(const struct stamper_wish){ 0 }, &stamper);
	scratch_make(&scratch);
	scratch_text(&scratch, "tsa-ca.crt", stamper.ca_pem);
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (shared == MAP_FAILED || listening < 0 ||
		bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(listening, 16) != 0 ||
		getsockname(listening, (struct sockaddr *)&address, &size) != 0)
		return -1;
	port = ntohs(address.sin_port);
	server = fork();
	if (server == 0)
		serve(listening);
	(void)close(listening);
	return server > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	sample_ca_free(&ca);
	stamper_free(&stamper);
	scratch_remove(&scratch);
	return 0;
}

/* --- asking --- */

static struct timestamp_authority *open_authority(enum behaviour behaviour)
{
	struct config config;
	struct error error = { 0 };
	struct timestamp_authority *authority = NULL;
	config_defaults(&config);
	config.timestamp_timeout_ms = 300000; /* a busy machine is no dead authority */
	(void)snprintf(
		config.timestamp_url, sizeof(config.timestamp_url), "http://127.0.0.1:%u/", port);
	(void)snprintf(
		config.timestamp_ca, sizeof(config.timestamp_ca), "%s/tsa-ca.crt", scratch.folder);
	assert_ok(timestamp_authority_open(&config, &authority, &error), &error);
	assert_non_null(authority);
	atomic_store(&shared->behaviour, behaviour);
	atomic_store(&shared->asked, 0);
	return authority;
}

static const char data[] = "what is stamped";

static void test_a_token(void **state)
{
	(void)state;
	CLEANUP(cleanup_timestamp_authority_close)
	struct timestamp_authority *authority = open_authority(HONEST);
	AUTO_FREE uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = 0;
	struct error error = { 0 };
	assert_ok(
		timestamp_request(authority, data, sizeof(data), &token, &length, &error), &error);
	assert_ok(timestamp_check(token, length, data, sizeof(data),
			  timestamp_authority_trust(authority), &utc_ms, NULL, &error),
		&error);
	assert_int_equal(utc_ms, SAMPLE_NOW_MS);
	assert_int_equal(atomic_load(&shared->asked), 1);
	assert_false(timestamp_authority_failed(authority));
}

/* It is asked once, and every later answer is the first one. */
static void test_failures_are_remembered(void **state)
{
	(void)state;
	static const struct {
		enum behaviour behaviour;
		const char *code;
	} cases[] = {
		{ OTHER_NONCE, "timestamp-nonce" },
		{ ERROR_500, "timestamp-http" },
		{ GARBAGE, "timestamp-malformed" },
		{ CUT_OFF, "timestamp-unreachable" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cleanup_timestamp_authority_close)
		struct timestamp_authority *authority = open_authority(cases[i].behaviour);
		for (unsigned again = 0; again < 3; again++) {
			uint8_t *token = NULL;
			size_t length = 0;
			struct error error = { 0 };
			assert_true(timestamp_request(authority, data, sizeof(data), &token,
					    &length, &error) < 0);
			assert_string_equal(error.code, cases[i].code);
			assert_int_equal(error.kind, ERROR_WAITING);
			assert_true(error.next[0] != '\0');
			assert_null(token);
		}
		assert_true(timestamp_authority_failed(authority));
		assert_int_equal(atomic_load(&shared->asked), 1);
	}
}

static void *ask_in_thread(void *context)
{
	uint8_t *token = NULL;
	size_t length = 0;
	int result = timestamp_request(context, data, sizeof(data), &token, &length, NULL);
	free(token);
	return result == 0 ? context : NULL;
}

static void test_many_at_once(void **state)
{
	(void)state;
	static const enum behaviour behaviours[] = { ERROR_500, HONEST };
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++) {
		CLEANUP(cleanup_timestamp_authority_close)
		struct timestamp_authority *authority = open_authority(behaviours[i]);
		pthread_t threads[4];
		unsigned good = 0;
		for (size_t j = 0; j < ARRAY_SIZE(threads); j++)
			assert_int_equal(
				pthread_create(&threads[j], NULL, ask_in_thread, authority), 0);
		for (size_t j = 0; j < ARRAY_SIZE(threads); j++) {
			void *result = NULL;
			assert_int_equal(pthread_join(threads[j], &result), 0);
			good += result != NULL;
		}
		assert_int_equal(good, behaviours[i] == HONEST ? ARRAY_SIZE(threads) : 0);
		assert_int_equal(atomic_load(&shared->asked),
			behaviours[i] == HONEST ? (int)ARRAY_SIZE(threads) : 1);
	}
}

static void test_nothing_configured(void **state)
{
	(void)state;
	struct config config;
	struct error error = { 0 };
	struct timestamp_authority *authority = NULL;
	config_defaults(&config);
	config.timestamp_timeout_ms = 300000; /* a busy machine is no dead authority */
	assert_int_equal(timestamp_authority_open(&config, &authority, &error), 0);
	assert_null(authority);
	(void)snprintf(config.timestamp_url, sizeof(config.timestamp_url), "http://127.0.0.1:1/");
	assert_int_equal(timestamp_authority_open(&config, &authority, &error), -EINVAL);
	assert_string_equal(error.code, "timestamp-ca");
	assert_null(authority);
}

/* --- signatures --- */

static void test_into_a_signature(void **state)
{
	(void)state;
	CLEANUP(cleanup_timestamp_authority_close)
	struct timestamp_authority *authority = open_authority(HONEST);
	AUTO_FREE uint8_t *plain = NULL, *stamped = NULL;
	uint8_t *again = NULL;
	size_t plain_length = 0, stamped_length = 0, again_length = 0;
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	struct detached_signer signer;
	struct error error = { 0 };
	int64_t utc_ms = 0;
	assert_ok(keys_sign(ca.keys, data, sizeof(data), &plain, &plain_length, &error), &error);
	assert_ok(timestamp_add(authority, plain, plain_length, &stamped, &stamped_length, &error),
		&error);
	assert_ok(detached_parse(stamped, stamped_length, NULL, &detached, &error), &error);
	detached_signer_get(detached, 0, &signer);
	assert_ok(timestamp_check(signer.token, signer.token_length, signer.value,
			  signer.value_length, stamper.trust, &utc_ms, NULL, &error),
		&error);
	assert_int_equal(
		timestamp_add(authority, stamped, stamped_length, &again, &again_length, &error),
		-EALREADY);
	assert_int_equal(
		timestamp_add(authority, plain, plain_length - 1, &again, &again_length, &error),
		-EBADMSG);
	assert_null(again);
	assert_int_equal(atomic_load(&shared->asked), 1);
}

/* --- the store --- */

#define JOB "J20261123-AAAAA"

/* A form of a certificate's signature that is over this text. */
static void put_form(struct store *store, const char *name, int number, const char *text)
{
	struct error error = { 0 };
	char sql[8192], hex[6000] = "";
	AUTO_FREE uint8_t *p7s = NULL;
	size_t length = 0;
	assert_ok(keys_sign(ca.keys, text, strlen(text), &p7s, &length, &error), &error);
	assert_true(2 * length < sizeof(hex));
	for (size_t i = 0; i < length; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", p7s[i]);
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO certificate_cms VALUES ('%s', %d, 1, 'signature', '%s')", name, number,
		hex);
	assert_ok(store_execute(store, sql, NULL, 0, NULL, &error), &error);
}

/* Certificates of so many jobs, whose documents are signed in truth. */
static void certify(struct store *store, int count)
{
	for (int i = 0; i < count; i++) {
		struct error error = { 0 };
		char id[JOB_ID_SIZE], name[64];
		AUTO_CERTIFICATE struct certificate_record record = { 0 };
		(void)snprintf(id, sizeof(id), JOB "%d", i + 2);
		(void)snprintf(name, sizeof(name), "haiki-%s-1", id);
		insert_job(store, id, NOW + i);
		append_kinds(store, id, "created");
		certify_job(store, id, name, 1);
		assert_int_equal(certificates_latest(store, id, &record, &error), 1);
		put_form(store, name, 1, record.json);
	}
}

static int count_one(
	void *context, const struct certificate_record *certificate, struct error *error)
{
	(void)certificate, (void)error;
	(*(unsigned *)context)++;
	return 0;
}

static void test_what_waits(void **state)
{
	const struct store_fixture *fixture = *state;
	struct error error = { 0 };
	size_t done = 7, waiting = 7;
	unsigned handed = 0;
	certify(fixture->store, 3);
	assert_int_equal(timestamp_pending(fixture->store, NULL, NOW, count_one, &handed, &done,
				 &waiting, &error),
		0);
	assert_int_equal(done + waiting, 0);
	struct timestamp_authority *failing = open_authority(ERROR_500);
	assert_true(timestamp_pending(fixture->store, failing, NOW, count_one, &handed, &done,
			    &waiting, &error) < 0);
	assert_string_equal(error.code, "timestamp-http");
	assert_int_equal(done, 0);
	assert_int_equal(waiting, 3);
	assert_int_equal(atomic_load(&shared->asked), 1);
	timestamp_authority_close(failing);
	struct timestamp_authority *honest = open_authority(HONEST);
	for (unsigned again = 0; again < 2; again++) {
		assert_ok(timestamp_pending(fixture->store, honest, NOW, count_one, &handed, &done,
				  &waiting, &error),
			&error);
		assert_int_equal(done, again == 0 ? 3 : 0);
		assert_int_equal(waiting, 0);
	}
	assert_int_equal(handed, 3);
	assert_int_equal(atomic_load(&shared->asked), 3);
	timestamp_authority_close(honest);
}

/* A signature in the store that is over something else gets no stamp to dress it up. */
static void test_a_foreign_signature(void **state)
{
	const struct store_fixture *fixture = *state;
	CLEANUP(cleanup_timestamp_authority_close)
	struct timestamp_authority *authority = open_authority(HONEST);
	struct error error = { 0 };
	size_t done = 0, waiting = 0;
	certify(fixture->store, 2);
	put_form(fixture->store, "haiki-" JOB "2-1", 2, "something else");
	assert_true(timestamp_pending(fixture->store, authority, NOW, NULL, NULL, &done, &waiting,
			    &error) < 0);
	assert_string_equal(error.code, "signature-wrong-content");
	assert_int_equal(done, 1);
	assert_int_equal(waiting, 1);
	assert_int_equal(atomic_load(&shared->asked), 1);
}

#define with_store(function)                                                                       \
	cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token),
		cmocka_unit_test(test_failures_are_remembered),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_nothing_configured),
		cmocka_unit_test(test_into_a_signature),
		with_store(test_what_waits),
		with_store(test_a_foreign_signature),
	};
	(void)setenv("no_proxy", "127.0.0.1", 1);
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
