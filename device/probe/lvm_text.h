/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2's metadata text (lvm2 calls it config text: NAME { KEY = VALUE … }) as a tree. */
#ifndef HAIKI_DEVICE_PROBE_LVM_TEXT_H
#define HAIKI_DEVICE_PROBE_LVM_TEXT_H

#include "base/macros.h"
#include <stdbool.h>

#define LVM_TEXT_DEPTH_MAX 16
#define LVM_TEXT_NODES_MAX (3 * 1024 * 1024) /* a group of 10,000 volumes takes a tenth */

enum lvm_node_kind { LVM_SECTION, LVM_ARRAY, LVM_STRING, LVM_INTEGER };

/* Nodes are numbered; the root section is 0, which as next or child is "none". */
struct lvm_node {
	enum lvm_node_kind kind;
	uint32_t name_length; /* 0 for an array's elements */
	uint32_t text_length; /* of a string, escapes in it still escaped */
	uint32_t child;       /* first of a section or array */
	uint32_t next;        /* sibling, in the order of the text */
	const char *name;     /* borrowed from the text, not NUL-terminated */
	union {
		const char *text; /* borrowed */
		int64_t number;
	};
};

struct lvm_tree {
	struct lvm_node *nodes; /* owned */
	uint32_t count;
	uint32_t capacity;
};

void lvm_tree_free(struct lvm_tree *tree);
#define AUTO_LVM_TREE CLEANUP(lvm_tree_free)

/* Parse length bytes (less than 4 GiB), which the tree borrows. A NUL ends the text. 0; -EBADMSG: it
 * does not follow the grammar, or is deeper or of more nodes than the limits above; -ENOMEM. *ret is
 * untouched on error. */
NODISCARD int lvm_tree_parse(const char *text, size_t length, struct lvm_tree *ret);

/* The first child of that name and kind; NULL when there is none, or when parent is NULL. */
const struct lvm_node *lvm_node_find(const struct lvm_tree *tree, const struct lvm_node *parent,
	const char *name, enum lvm_node_kind kind);

/* Walking: the first child, the next sibling; NULL at the end. */
const struct lvm_node *lvm_node_child(const struct lvm_tree *tree, const struct lvm_node *parent);
const struct lvm_node *lvm_node_next(const struct lvm_tree *tree, const struct lvm_node *node);

/* Does the string's text equal? */
bool lvm_node_is(const struct lvm_node *string, const char *text);
/* Is it among the elements of the array of that name? */
bool lvm_node_lists(const struct lvm_tree *tree, const struct lvm_node *parent, const char *name,
	const char *text);

#endif
