/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a volume is. Deletion trusts these links, so a link is only made by exact, case-sensitive
 * matches, and never where two of them disagree. */
#ifndef HAIKI_INVENTORY_TENANTS_LINKS_H
#define HAIKI_INVENTORY_TENANTS_LINKS_H

#include "inventory/assets/volumes.h"

/* What can say whose a volume is, and the word for it in volume.linked_by:
 *   person      a person said so (links_set); also "nobody's". Beats all below.
 *   import      a file said so. Beats all below.
 *   lv-tag      an LVM tag "haiki.tenant=CODE" or "haiki.service=CODE", or a rule on a whole tag
 *   tag         the same of what is no LVM volume and no LUKS volume
 *   luks-label  the LUKS label "haiki:CODE", or a rule on a whole label
 *   luks-token  a LUKS2 token of type "haiki-tenant" with "tenant" or "service"
 *   path        a rule on the path: exactly this, or everything below a path that ends with "/"
 *   path-glob   a rule on the path with * ? [] that stay within one folder
 *   vm          a rule on the UUID of the VM
 *   vm-name     a rule on the whole name of the VM
 *   origin      none of these, but what it is a snapshot, thin volume or header copy of is linked
 * and where nobody is linked:
 *   conflict        two of these name different tenants, or an unknown and a known one
 *   unknown-tenant  the code that is named is no tenant's
 * A volume's origin takes part beside its own tags and rules: it must not name another tenant. */
#define LINKED_BY_PERSON "person"
#define LINKED_BY_IMPORT "import"
#define LINKED_BY_ORIGIN "origin"
#define LINKED_BY_CONFLICT "conflict"
#define LINKED_BY_UNKNOWN "unknown-tenant"

/* Did a person or an import say it? Then tags and rules are not asked. */
bool links_is_said(const char *linked_by);

/* -- rules -- */

enum link_rule_kind {
	LINK_RULE_UNKNOWN,
	LINK_RULE_LV_TAG,
	LINK_RULE_LUKS_LABEL,
	LINK_RULE_PATH,      /* "/srv/a.img", "/srv/a/", "host-1:/srv/a/" */
	LINK_RULE_PATH_GLOB, /* "/srv/a-*.img", "host-1:/srv/a-*" */
	LINK_RULE_VM,        /* a UUID, kept in lower case */
	LINK_RULE_VM_NAME,
};
const char *link_rule_kind_name(enum link_rule_kind kind); /* "lv-tag", "luks-label" … */
enum link_rule_kind link_rule_kind_parse(const char *word);

#define LINK_PATTERN_MAX VOLUME_PATH_MAX

struct link_rule {
	enum link_rule_kind kind;
	char pattern[LINK_PATTERN_MAX];
	int64_t tenant_id;
	char tenant[64]; /* its code; not read by links_add_rule */
};
struct link_rule_list {
	struct link_rule *items; /* owned */
	size_t count;
};
void link_rule_list_free(struct link_rule_list *list);
#define AUTO_LINK_RULES CLEANUP(link_rule_list_free)

/* Bring a pattern into the one spelling that is kept. -EINVAL "rule-malformed": empty, too long, no
 * UTF-8, control characters; a path that is not absolute, has "//" or "..", or names a node of /dev
 * by a kernel name (sdb, dm-3), which means another device tomorrow; a VM that is no UUID. */
NODISCARD int link_rule_check(struct link_rule *rule, struct error *error);

/* In the caller's transaction. -EEXIST "rule-exists" for one with this kind and pattern, whoever it
 * names. Both append an event on the tenant; volumes are linked anew by links_apply. */
NODISCARD int links_add_rule(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error);
/* -ENOENT "rule-unknown". */
NODISCARD int links_remove_rule(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error);
/* By kind and pattern; tenant_id 0: of all. */
NODISCARD int links_rules(
	struct store *store, int64_t tenant_id, struct link_rule_list *ret, struct error *error);

/* -- what is said of one volume -- */

struct link_statement {
	char by[48];                 /* as above */
	char text[LINK_PATTERN_MAX]; /* the tag, the label, the pattern, the origin's ID */
	int64_t tenant_id;           /* 0: the code is no tenant's */
	char tenant[64]; /* its code; what was named when unknown; "" of a disputed origin */
};
struct link_statement_list {
	struct link_statement *items; /* owned */
	size_t count;
};
void link_statement_list_free(struct link_statement_list *list);
#define AUTO_LINK_STATEMENTS CLEANUP(link_statement_list_free)

/* Everything that tags, rules and the origin say, also where a person's word beats it. */
NODISCARD int links_statements(struct store *store, const struct volume_record *volume,
	struct link_statement_list *ret, struct error *error);

struct link_decision {
	int64_t tenant_id; /* 0: nobody */
	const char *by;    /* borrowed from the statements, or a constant */
};
/* What follows from the statements; pure. */
struct link_decision links_decide(const struct link_statement_list *statements);

/* -- linking; in the caller's transaction, each change an event on the volume -- */

/* Decide anew unless a person or an import said it; then what came from the volume, where it changed. */
NODISCARD int links_update(
	struct store *store, int64_t volume_id, int64_t now_utc_ms, struct error *error);

/* Which volumes to decide anew. */
enum links_scope {
	LINKS_ALL,
	LINKS_TAGGED,    /* bearing tags: after a service code was taken away */
	LINKS_UNSETTLED, /* in conflict, or naming an unknown tenant: after a tenant was added */
};
NODISCARD int links_update_all(
	struct store *store, enum links_scope scope, int64_t now_utc_ms, struct error *error);
/* The volumes that a rule speaks of: after it was added or removed. */
NODISCARD int links_apply(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error);

/* Someone's word: by is LINKED_BY_PERSON or _IMPORT, tenant_id 0 is "nobody's", reason may be "".
 * What came from the volume is decided anew. -ENOENT "volume-unknown". */
struct link_word {
	int64_t tenant_id;
	const char *by;
	const char *reason;
};
NODISCARD int links_set(struct store *store, int64_t volume_id, const struct link_word *word,
	int64_t now_utc_ms, struct error *error);
/* Forget what a person or an import said: tags and rules decide again. */
NODISCARD int links_release(struct store *store, int64_t volume_id, const char *reason,
	int64_t now_utc_ms, struct error *error);

#endif
