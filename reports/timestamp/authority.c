/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configured authority: asked by one at a time, and not again after it failed. */
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "reports/timestamp/answer.h"
#include "reports/timestamp/post.h"
#include "reports/timestamp/timestamp.h"
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define ANSWER_MAX_BYTES (TIMESTAMP_MAX_BYTES + 4 * KIB)

struct timestamp_authority {
	char url[CONFIG_VALUE_MAX];
	uint64_t timeout_ms;
	struct trust *trust;
	pthread_mutex_t lock; /* guards what follows, and the asking */
	struct error failure; /* of an earlier request; kind NONE: it has not failed */
};

static int load(struct timestamp_authority *authority, const char *file, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(TRUST_MAX_BYTES);
	if (!*file) {
		(void)error_set(error, ERROR_USAGE, EINVAL, "timestamp-ca",
			_("A time stamping authority is configured, but not who may sign for it"));
		return error_next(error,
			_("Name the file with its CA certificate in haiki.conf: [timestamp] ca."));
	}
	int result = file_read(file, &pem, error);
	if (result == 0)
		result = trust_load(buffer_text(&pem), pem.length, file, &authority->trust, error);
	return result;
}

int timestamp_authority_open(
	const struct config *config, struct timestamp_authority **ret, struct error *error)
{
	*ret = NULL;
	if (!config->timestamp_url[0])
		return 0;
	struct timestamp_authority *authority = calloc(1, sizeof(*authority));
	if (!authority || pthread_mutex_init(&authority->lock, NULL) != 0) {
		free(authority);
		return error_no_memory(error);
	}
	authority->timeout_ms = config->timestamp_timeout_ms;
	(void)snprintf(authority->url, sizeof(authority->url), "%s", config->timestamp_url);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)pthread_mutex_destroy(&authority->lock);
		free(authority);
		return error_no_memory(error);
	}
	int result = load(authority, config->timestamp_ca, error);
	if (result == 0)
		*ret = authority;
	else
		timestamp_authority_close(authority);
	return result;
}

struct timestamp_authority *timestamp_authority_close(struct timestamp_authority *authority)
{
	if (!authority)
		return NULL;
	trust_free(authority->trust);
	(void)pthread_mutex_destroy(&authority->lock);
	free(authority);
	curl_global_cleanup();
	return NULL;
}

const struct trust *timestamp_authority_trust(const struct timestamp_authority *authority)
{
	return authority->trust;
}

bool timestamp_authority_failed(struct timestamp_authority *authority)
{
	(void)pthread_mutex_lock(&authority->lock);
	bool failed = authority->failure.kind != ERROR_NONE;
	(void)pthread_mutex_unlock(&authority->lock);
	return failed;
}

/* As an auditor would, and one thing more: that it was made now, for this question. */
static int check_token(const struct timestamp_authority *authority, const uint8_t *token,
	size_t token_length, const uint8_t *nonce, const void *data, size_t length,
	struct error *error)
{
	int64_t utc_ms = 0;
	int result = timestamp_check(
		token, token_length, data, length, authority->trust, &utc_ms, NULL, error);
	if (result == 0 && !token_has_nonce(token, token_length, nonce))
		result = error_set(error, ERROR_WAITING, EBADMSG, "timestamp-nonce",
			_("The time stamping authority answered another question than was asked"));
	return result;
}

static int ask(struct timestamp_authority *authority, const void *data, size_t length,
	uint8_t **ret, size_t *ret_length, struct error *error)
{
	AUTO_BUFFER struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
	AUTO_FREE uint8_t *token = NULL;
	uint8_t nonce[NONCE_BYTES];
	size_t question_length = 0, token_length = 0;
	if (random_bytes(nonce, sizeof(nonce)) != 0)
		return error_set(error, ERROR_WAITING, EIO, "timestamp-unreachable",
			_("There are no random bytes to ask for a time stamp with"));
	AUTO_FREE uint8_t *question = question_make(data, length, nonce, &question_length);
	if (!question)
		return error_no_memory(error);
	int result = timestamp_post(
		authority->url, authority->timeout_ms, question, question_length, &answer, error);
	if (result == 0)
		result = answer_token((const uint8_t *)answer.data, answer.length, authority->trust,
			&token, &token_length, error);
	if (result == 0)
		result = check_token(authority, token, token_length, nonce, data, length, error);
	if (result != 0)
		return result;
	*ret = token;
	*ret_length = token_length;
	token = NULL;
	return 0;
}

int timestamp_request(struct timestamp_authority *authority, const void *data, size_t length,
	uint8_t **ret, size_t *ret_length, struct error *error)
{
	(void)pthread_mutex_lock(&authority->lock);
	struct error why = authority->failure;
	int result = -why.errnum;
	if (why.kind == ERROR_NONE) {
		result = ask(authority, data, length, ret, ret_length, &why);
		if (result != 0) {
			why.kind = ERROR_WAITING; /* whatever it is: the certificate waits */
			(void)error_next(&why, _("It is tried again at the next run, or by: haiki "
						 "report timestamps"));
			authority->failure = why;
		}
	}
	(void)pthread_mutex_unlock(&authority->lock);
	if (result != 0 && error)
		*error = why;
	return result;
}
