/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions over libcurl. */
#include "wipe/platform/vsphere_post.h"

#include "base/text.h"
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* The version decides what the server says: 6.5 is the oldest that is cared for, and the newest know it too. */
#define ACTION "SOAPAction: urn:vim25/6.5"
#define CONTENT_TYPE "Content-Type: text/xml; charset=utf-8"
#define CONNECT_TIMEOUT_MS 20000

struct vsphere_post {
	CURL *curl;
	struct curl_slist *headers;
	char *name, *url, *ca;
	char reason[CURL_ERROR_SIZE];
};

static size_t receive(char *data, size_t size, size_t count, void *context)
{
	struct buffer *answer = context;
	return buffer_append(answer, data, size * count) == 0 ? size * count : 0;
}

static struct curl_slist *make_headers(void)
{
	static const char *const lines[] = { ACTION, CONTENT_TYPE, "Expect:" };
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

/* A limit that libcurl refuses is one that would not hold. */
static bool set_limits(CURL *curl, uint64_t timeout_ms)
{
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
		       (long)MIN(timeout_ms, CONNECT_TIMEOUT_MS)) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool set_trust(CURL *curl, const char *ca)
{
	return curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		       CURLE_OK &&
	       /* a proxy of the environment has no business with the password */
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       (!*ca || (curl_easy_setopt(curl, CURLOPT_CAINFO, ca) == CURLE_OK &&
				curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

static bool set_question(struct vsphere_post *post)
{
	CURL *curl = post->curl;
	return curl_easy_setopt(curl, CURLOPT_URL, post->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, post->headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "haiki") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_COOKIEFILE, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->reason) == CURLE_OK;
}

/* Platforms are opened in several threads. */
static void start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

int vsphere_post_open(
	const struct vsphere_post_options *options, struct vsphere_post **ret, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (strncmp(options->url, "https://", strlen("https://")) != 0)
		return error_set(error, ERROR_FAILED, EINVAL, "platform-url",
			_("%s: the address of a vCenter begins with https://, not so %s"),
			options->name, options->url);
	struct vsphere_post *post = calloc(1, sizeof(*post));
	if (!post)
		return error_no_memory(error);
	(void)pthread_once(&once, start_curl);
	post->curl = curl_easy_init();
	post->headers = make_headers();
	post->name = strdup(options->name);
	post->url = strdup(options->url);
	post->ca = strdup(options->ca);
	if (!post->curl || !post->headers || !post->name || !post->url || !post->ca ||
		!set_limits(post->curl, options->timeout_ms) || !set_trust(post->curl, post->ca) ||
		!set_question(post)) {
		(void)vsphere_post_close(post);
		return error_no_memory(error);
	}
	*ret = post;
	return 0;
}

struct vsphere_post *vsphere_post_close(struct vsphere_post *post)
{
	if (!post)
		return NULL;
	curl_easy_cleanup(post->curl);
	curl_slist_free_all(post->headers);
	free(post->name);
	free(post->url);
	free(post->ca);
	free(post);
	return NULL;
}

void vsphere_post_forget(struct vsphere_post *post)
{
	(void)curl_easy_setopt(post->curl, CURLOPT_COOKIELIST, "ALL");
}

static int untrusted(const struct vsphere_post *post, const char *reason, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, EPROTO, "platform-untrusted",
		_("No protected connection to %s (%s): %s"), post->name, post->url, reason);
	return error_next(
		error, _("Name the file with the certificate of who signed the platform's "
			 "in its section, as \"ca\"."));
}

static int failed(const struct vsphere_post *post, CURLcode code, struct error *error)
{
	const char *reason = post->reason[0] ? post->reason : curl_easy_strerror(code);
	switch ((int)code) { /* of the many only some are told apart */
	case CURLE_OUT_OF_MEMORY:
		return error_no_memory(error);
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return error_set(error, ERROR_WAITING, EFBIG, "platform-answer",
			_("%s (%s) answered with more than is ever wanted"), post->name, post->url);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return untrusted(post, reason, error);
	default: /* not an enum */
		error_set(error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable",
			_("%s (%s) does not answer: %s"), post->name, post->url, reason);
		return error_next(error,
			_("See whether this host reaches it; its address is "
			  "\"url\" of [vsphere %s]."),
			post->name);
	}
}

int vsphere_post(struct vsphere_post *post, const char *body, size_t length, struct buffer *ret,
	struct error *error)
{
	long status = 0;
	post->reason[0] = '\0';
	if (curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, body) != CURLE_OK ||
		curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE, (long)length) != CURLE_OK ||
		curl_easy_setopt(post->curl, CURLOPT_WRITEDATA, ret) != CURLE_OK)
		return error_no_memory(error);
	CURLcode code = curl_easy_perform(post->curl);
	(void)curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, "");
	if (code != CURLE_OK)
		return failed(post, code, error);
	if (curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
		(status != 200 && status != 500))
		return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
			_("%s (%s) answered with the HTTP status %ld"), post->name, post->url,
			status);
	return 0;
}
