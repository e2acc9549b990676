/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a superblock says beyond its signature, as one JSON object: which array or group it is a part
 * of, what else belongs to it. docs/json.md lists the fields of each format. */
#ifndef HAIKI_DEVICE_PROBE_DETAIL_H
#define HAIKI_DEVICE_PROBE_DETAIL_H

#include "base/json.h"
#include "device/probe/area.h"
#include "device/probe/signature.h"

/* The detail of one signature found in this area. *ret: a new reference, or NULL when the format has
 * no more to say. What is broken in the superblock is no error: it stands in "problem" (see
 * detail_problem). Only -ENOMEM. Does nothing that is unsafe in a forked child: no locks, no files,
 * no translation. */
NODISCARD int detail_read(
	const struct device_area *area, const struct signature *signature, json_t **ret);

/* One reader for each format, for detail.c and tests: fills the object as far as it can. magic: where
 * in the area the signature is. 0; -EBADMSG: what is there does not follow the format; -ENODATA: the
 * area ends before the superblock does; -ENOMEM; -errno of a read. */
typedef int detail_reader(const struct device_area *area, uint64_t magic, json_t *ret);
detail_reader detail_lvm;
detail_reader detail_md;
detail_reader detail_luks;
detail_reader detail_imsm;
detail_reader detail_ddf;

/* Enter under "problem" that not all is well with the superblock; the first one stays:
 * "checksum": its checksum does not fit what is shown; "unchecked": it has one that cannot be
 * computed; "damaged": it does not follow its format, what could be read is shown; "unreadable": a
 * part of it cannot be read; "cut": there is more than is shown; "no-metadata": the rest is on other
 * drives only. 0 or -ENOMEM. */
NODISCARD int detail_problem(json_t *object, const char *word);

/* Text of a hostile disk, made fit to be shown; what is longer than DETAIL_TEXT_MAX bytes is cut and
 * a "cut". 0 or -ENOMEM. */
#define DETAIL_TEXT_MAX 1024
NODISCARD int detail_put_text(json_t *object, const char *key, const void *text, size_t length);
/* The same as an element of an array; problems go to object. */
NODISCARD int detail_push_text(json_t *object, json_t *array, const void *text, size_t length);
/* A number that may not fit: then INT64_MAX, and "damaged". */
NODISCARD int detail_put_number(json_t *object, const char *key, uint64_t number);
/* 16 bytes as "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
NODISCARD int detail_put_uuid(json_t *object, const char *key, const uint8_t uuid[static 16]);

#endif
