/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tenants: whose bytes there are. A code is given once, never changed and never given to another. */
#ifndef HAIKI_INVENTORY_TENANTS_TENANTS_H
#define HAIKI_INVENTORY_TENANTS_TENANTS_H

#include "inventory/custody/events.h"

/* Codes of tenants and services: a letter or digit, then letters, digits and _ + . - (what LVM takes
 * in a tag and a LUKS label can hold); upper and lower case are different. */
#define TENANT_CODE_MAX 64
#define TENANT_NAME_MAX 256
#define TENANT_ZONE_MAX 64
#define TENANT_NOTE_MAX (4 * KIB)
#define TENANT_CONTACTS_MAX (8 * KIB)
#define TENANT_SERVICES_MAX (16 * KIB)

struct tenant_record {
	int64_t id; /* shown as T<id> */
	char code[TENANT_CODE_MAX];
	char name[TENANT_NAME_MAX];
	char zone[TENANT_ZONE_MAX];
	char *contacts;      /* owned: JSON [{"email","name","phone","role"}…] */
	char *service_codes; /* owned: in order, a blank between two */
	char *note;          /* owned */
	int64_t created_utc_ms;
};
struct tenant_list {
	struct tenant_record *items; /* owned */
	size_t count;
};
void tenant_list_free(struct tenant_list *list);
#define AUTO_TENANTS CLEANUP(tenant_list_free)

bool tenant_code_valid(const char *code);

/* By code. */
NODISCARD int tenants_list(struct store *store, struct tenant_list *ret, struct error *error);
/* By "T5", code or service code, exactly; all that match. */
NODISCARD int tenants_find(
	struct store *store, const char *word, struct tenant_list *ret, struct error *error);
/* The id of the tenant with this code; 0: none. */
NODISCARD int tenants_by_code(
	struct store *store, const char *code, int64_t *ret_id, struct error *error);
/* Its code, "" for 0 and for an id that is no tenant's. */
NODISCARD int tenants_code(
	struct store *store, int64_t id, char ret[static TENANT_CODE_MAX], struct error *error);
/* The one tenant that a person means by "T5" or a code. -ENOENT "tenant-unknown"; -EEXIST
 * "tenant-ambiguous" where "T5" is one tenant's ID and another's code. */
NODISCARD int tenants_one(
	struct store *store, const char *word, int64_t *ret_id, struct error *error);

/* Enter (id 0) or change one, in the caller's transaction, with an event naming what changed (an
 * array of texts, borrowed); links follow only by links_update_all. -EINVAL "tenant-malformed",
 * -EEXIST "service-code-taken", -EINVAL "code-fixed" for another code than it has. */
NODISCARD int tenants_write(struct store *store, const struct tenant_record *record,
	const json_t *changed, int64_t now_utc_ms, int64_t *ret_id, struct error *error);
/* -EBUSY "tenant-in-use" naming what still refers to it. */
NODISCARD int tenants_remove(
	struct store *store, int64_t id, int64_t now_utc_ms, struct error *error);

/* An id that no row has and, as events tell, none ever had: "SELECT max(id)" would give that of a
 * removed one again, with its history. table: tenant, contract, generation. */
NODISCARD int subject_new_id(
	struct store *store, enum subject_kind kind, int64_t *ret_id, struct error *error);

/* Text for people that is kept: UTF-8, at most size - 1 bytes, no control characters but tab and
 * line break where lines is set. -EINVAL "text-malformed" naming what. */
NODISCARD int text_check(
	const char *text, size_t size, bool lines, const char *what, struct error *error);

#endif
