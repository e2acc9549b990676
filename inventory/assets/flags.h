/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with who a drive says it is. A flagged drive stays a drive of its own: nothing is ever
 * merged. What is flagged follows from the store alone, so a flag goes when its cause has gone. */
#ifndef HAIKI_INVENTORY_ASSETS_FLAGS_H
#define HAIKI_INVENTORY_ASSETS_FLAGS_H

#include "base/json.h"
#include "device/identity/identity.h"
#include "inventory/store/store.h"

enum flag_code {
	FLAG_UNKNOWN,
	FLAG_SERIAL_EMPTY,       /* only a WWN to know it by */
	FLAG_SERIAL_GARBLED,     /* control characters, no UTF-8, nothing but blanks */
	FLAG_SERIAL_PLACEHOLDER, /* what a maker writes who gives no serials; {"origin"} */
	FLAG_SERIAL_DUPLICATE,   /* other present drives have it: {"others": ["D7"…]} */
	FLAG_SERIAL_CHANGED,     /* the same WWN or place had another before: {"was"} */
	FLAG_WWN_ZERO,           /* nothing but zeros */
	FLAG_WWN_DUPLICATE,      /* other present drives have it: {"others"} */
	FLAG_IDENTITY_DUPLICATE, /* another device of its host says it is this very drive: {"path"} */
	FLAG_TWO_HOSTS, /* turns up at two hosts in turn and left neither: {"other_host"} */
};

/* "serial-empty" … stable; "unknown". */
const char *flag_code_name(enum flag_code code);
enum flag_code flag_code_parse(const char *word);

/* Of one drive alone, by what it says: a bit 1 << code for each of SERIAL_EMPTY, _GARBLED,
 * _PLACEHOLDER and WWN_ZERO. Virtual devices, whose names we make ourselves, have none. */
unsigned flags_of_identity(const struct drive_identity *identity);
/* Who writes this serial into everything, N_(); NULL: nobody known. Letters in either case. */
const char *flag_placeholder_origin(const char *serial);

/* Two devices of one host that give the same serial and WWN. */
enum twin_kind {
	TWIN_NONE,
	TWIN_PATH, /* WWN, model and capacity agree: one medium by two paths */
	TWIN_COPY, /* they do not: two things that cannot be told apart by name */
};
const char *twin_kind_name(enum twin_kind kind);  /* "", "path", "copy" */
enum twin_kind twin_kind_parse(const char *word); /* what is neither "" nor "path" is a copy */
enum twin_kind twin_kind_of(const struct drive_identity *a, const struct drive_identity *b);

struct flag {
	int64_t drive_id;
	enum flag_code code;
	char *detail; /* owned: canonical JSON object */
	int64_t first_utc_ms;
};
struct flag_list {
	struct flag *items; /* owned; by drive, then code */
	size_t count;
};
void flag_list_free(struct flag_list *list);
#define AUTO_FLAGS CLEANUP(flag_list_free)

/* The flags that stand: of all drives, or of one. */
NODISCARD int flags_list(struct store *store, struct flag_list *ret, struct error *error);
NODISCARD int flags_of_drive(
	struct store *store, int64_t drive_id, struct flag_list *ret, struct error *error);
/* The run of a drive's flags in a list of all; *ret_count may be 0. */
const struct flag *flags_find(const struct flag_list *list, int64_t drive_id, size_t *ret_count);

struct flag_changes {
	struct flag_list raised, cleared;
};
void flag_changes_free(struct flag_changes *changes);
#define AUTO_FLAG_CHANGES CLEANUP(flag_changes_free)

/* Work out all flags anew from the store, in the caller's transaction: raise, clear, and append the
 * events "flag-raised" and "flag-cleared". A drive that is absent keeps the flags that are its own
 * (flags_of_identity) and loses the others. ret (may be NULL): what changed. */
NODISCARD int flags_refresh(
	struct store *store, int64_t now_utc_ms, struct flag_changes *ret, struct error *error);

#endif
