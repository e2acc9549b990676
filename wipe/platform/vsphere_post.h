/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTPS connection to a vCenter over libcurl, with limits: TLS is verified, nothing is followed, no proxy is asked,
 * and an answer has an end in time and in bytes. Within this room. */
#ifndef HAIKI_WIPE_PLATFORM_VSPHERE_POST_H
#define HAIKI_WIPE_PLATFORM_VSPHERE_POST_H

#include "base/buffer.h"
#include "base/error.h"

/* Keeps the connection and the session's cookie, in memory alone. Belongs to one thread. */
struct vsphere_post;

struct vsphere_post_options {
	const char *name;    /* the platform's, for messages */
	const char *url;     /* https:// alone */
	const char *ca;      /* PEM file of who may sign its certificate; "": the host's */
	uint64_t timeout_ms; /* for one answer, to its last byte */
};

/* Nothing is sent. -EINVAL "platform-url". */
NODISCARD int vsphere_post_open(
	const struct vsphere_post_options *options, struct vsphere_post **ret, struct error *error);
struct vsphere_post *vsphere_post_close(struct vsphere_post *post);

/* POST these bytes; the answer's body is appended to *ret, at most its limit. 0 for the HTTP statuses 200 and 500 (a
 * fault). All errors are ERROR_WAITING: -EHOSTUNREACH "platform-unreachable" (nobody there, no answer in time, cut
 * off), -EPROTO "platform-untrusted" (TLS), -EFBIG "platform-answer" (too large), -EBADMSG "platform-answer" (another
 * status). What was asked for may have happened all the same. */
NODISCARD int vsphere_post(struct vsphere_post *post, const char *body, size_t length,
	struct buffer *ret, struct error *error);

/* The session's cookie is forgotten. */
void vsphere_post_forget(struct vsphere_post *post);

#endif
