/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence: the facts a job recorded, in order, as they happened. An event is a JSON object whose
 * "kind" decides its fields; one table (evidence.c) is both the writer's check and the reader's.
 * The kinds and fields are documented in docs/certificate.md. */
#ifndef HAIKI_VERIFY_JUDGE_EVIDENCE_H
#define HAIKI_VERIFY_JUDGE_EVIDENCE_H

#include "device/command/capacity.h"

#define EVIDENCE_EVENTS_MAX 20000

/* Check one event: kind known, every field of the kind there with its type and bounds, none else;
 * with_stamp: "seq" and "utc" must be there too (they are added by the store). -EBADMSG. */
NODISCARD int evidence_check_event(const json_t *event, bool with_stamp, struct error *error);

/* Check a whole array: each event, seq 1, 2, 3 … without gaps. Times may go back (a clock can be
 * set); that is no error here. -EBADMSG, -EFBIG for more than EVIDENCE_EVENTS_MAX. */
NODISCARD int evidence_check(const json_t *events, struct error *error);

/* The object "native" of subject and opened: source, bytes, sector_bytes. *ret is a new reference.
 * 0, -ENOMEM, -EINVAL. */
NODISCARD int evidence_native_to_json(const struct native_capacity *native, json_t **ret);
/* Strict inverse; where names the object around it. -EBADMSG. */
NODISCARD int evidence_native_from_json(
	const json_t *json, const char *where, struct native_capacity *ret, struct error *error);

#endif
