/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question over libcurl. */
#include "reports/timestamp/post.h"

#include "base/text.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>

#define CONTENT_TYPE "Content-Type: application/timestamp-query"
#define ACCEPT "Accept: application/timestamp-reply"

static size_t receive(char *data, size_t size, size_t count, void *context)
{
	struct buffer *answer = context;
	return buffer_append(answer, data, size * count) == 0 ? size * count : 0;
}

static int failed(CURLcode code, const char *url, const char *reason, struct error *error)
{
	switch ((int)code) { /* of the many only some are told apart */
	case CURLE_OUT_OF_MEMORY:
		return error_no_memory(error);
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(error, ERROR_WAITING, ETIMEDOUT, "timestamp-timeout",
			_("The time stamping authority %s did not answer in time"), url);
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return error_set(error, ERROR_WAITING, EFBIG, "timestamp-too-large",
			_("The answer of the time stamping authority %s is larger than any time "
			  "stamp"),
			url);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return error_set(error, ERROR_WAITING, EPROTO, "timestamp-tls",
			_("No protected connection to the time stamping authority %s: %s"), url,
			reason);
	default: /* not an enum */
		return error_set(error, ERROR_WAITING, EHOSTUNREACH, "timestamp-unreachable",
			_("The time stamping authority %s cannot be reached: %s"), url, reason);
	}
}

/* A limit that libcurl refuses is one that would not hold. */
static bool set_limits(CURL *curl, const char *url, uint64_t timeout_ms)
{
	return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool set_query(CURL *curl, const struct curl_slist *headers, const void *query,
	size_t length, struct buffer *answer, char *reason)
{
	return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "haiki") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, query) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)length) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason) == CURLE_OK;
}

static struct curl_slist *make_headers(void)
{
	static const char *const lines[] = { CONTENT_TYPE, ACCEPT, "Expect:" };
	struct curl_slist *headers = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct curl_slist *more = curl_slist_append(headers, lines[i]);
		if (!more) {
			curl_slist_free_all(headers);
			return NULL;
		}
		headers = more;
	}
	return headers;
}

static int ask(CURL *curl, const char *url, const char *reason, struct error *error)
{
	CURLcode code = curl_easy_perform(curl);
	long status = 0;
	if (code != CURLE_OK)
		return failed(code, url, reason[0] ? reason : curl_easy_strerror(code), error);
	if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
		return error_set(error, ERROR_WAITING, EREMOTEIO, "timestamp-http",
			_("The time stamping authority %s answered with the HTTP status %ld"), url,
			status);
	return 0;
}

int timestamp_post(const char *url, uint64_t timeout_ms, const void *query, size_t length,
	struct buffer *ret, struct error *error)
{
	char reason[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = make_headers();
	int result;
	if (curl && headers && set_limits(curl, url, timeout_ms) &&
		set_query(curl, headers, query, length, ret, reason))
		result = ask(curl, url, reason, error);
	else
		result = error_no_memory(error);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return result;
}
