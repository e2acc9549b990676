/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on what on this host now: drives, partitions, arrays and volumes, from the kernel's tree;
 * and what could stand there but is not assembled, from what the superblocks say. Reads only. */
#ifndef HAIKI_INVENTORY_SCAN_STACK_H
#define HAIKI_INVENTORY_SCAN_STACK_H

#include "device/identity/identity.h"
#include "device/probe/signature.h"
#include "inventory/assets/arrays.h"
#include "inventory/assets/redundancy.h"
#include "inventory/assets/volumes.h"

struct found_list;

enum stack_kind {
	STACK_DRIVE, /* a whole disk as a scan sees it, loop and zram devices too */
	STACK_PARTITION,
	STACK_ARRAY,
	STACK_VOLUME,
};

#define STACK_NONE SIZE_MAX

/* What a volume is, as volumes.h has it. */
struct stack_volume {
	enum volume_kind kind;
	char key[VOLUME_KEY_MAX];
	char title[256], uuid[64], path[256], state[48];
	char origin_key[VOLUME_KEY_MAX];
	json_t *tags; /* owned; array of texts; NULL: what says them was not read */
};

/* One thing that stands somewhere. Texts are clean. */
struct stack_node {
	enum stack_kind kind;
	char name[64]; /* the kernel's: "sda1", "md0", "dm-3"; "" for what is not assembled */
	dev_t number;  /* 0: the same */
	uint64_t size_bytes;
	bool is_local; /* its key lacks the host, behind its first colon */

	size_t parent;             /* PARTITION: of which node */
	unsigned partition_number; /* PARTITION */
	size_t found;              /* DRIVE: its index in the list of the scan, or STACK_NONE */
	struct array_record array; /* ARRAY: all but id, host and times */
	struct stack_volume volume;

	struct signature_list *own; /* ARRAY, VOLUME: what is on it; owned; NULL: not read */
	const struct signature_list *carries; /* own, or the found drive's; NULL: not read */

	/* While the kernel's tree is read. */
	bool hidden;    /* an inner part of a volume, or the same volume by another device */
	size_t same_as; /* hidden: of which node, or STACK_NONE */
	char layer[32]; /* dm.h */
};

/* upper stands on lower: indexes of nodes. */
struct stack_edge {
	size_t upper, lower;
	int slot; /* -1: none */
	enum member_state state;
	bool is_member; /* of an array: the state counts */
	bool left;      /* the superblock says so, the array that runs does not */
};

/* Owned by the caller. Nodes may move while more are added: keep indexes. */
struct stack {
	struct stack_node *nodes;
	size_t count, capacity;
	struct stack_edge *edges;
	size_t edge_count, edge_capacity;
};
void stack_free(struct stack *stack);
#define AUTO_STACK CLEANUP(stack_free)

/* The kernel's part. paths NULL: the real ones. What vanishes while it is read is left out; -errno only
 * when <sys>/block cannot be read, -ENOMEM. */
NODISCARD int stack_read(const struct system_paths *paths, struct stack *ret, struct error *error);

/* Tell which of its drives are the found ones, so that what they carry is known. found is borrowed for as
 * long as the stack lives. */
void stack_attach(struct stack *stack, const struct found_list *found);

/* Read what is on the arrays and volumes that stand, each with patience; what cannot be read stays
 * unknown. */
NODISCARD int stack_probe(struct stack *stack, struct error *error);

/* Add what the superblocks tell: arrays and volumes that are not assembled, members that an array does
 * not claim, names and tags of volumes. */
NODISCARD int stack_derive(struct stack *stack, struct error *error);

/* All of the above for what a scan has found. */
NODISCARD int stack_look(const struct found_list *found, struct stack **ret, struct error *error);
/* The kernel's part held against what one drive carries (NULL: not read): which arrays and volumes it
 * belongs to that are not assembled, or run without it. -ENODEV "drive-unknown" when the kernel does not
 * have it. */
NODISCARD int stack_of_drive(const char *path, const struct signature_list *signatures,
	struct stack **ret, struct error *error);
struct stack *stack_destroy(struct stack *stack); /* NULL is allowed; returns NULL */

/* Enter it all, in the caller's transaction; the found drives have been entered. What this host had and no longer has is marked; what another host has assembled is not
 * touched. */
NODISCARD int stack_record(struct stack *stack, struct store *store, const struct found_list *found,
	const char *host, int64_t now_utc_ms, struct error *error);

/* For those files of this room that make a stack. */
NODISCARD int stack_add_node(struct stack *stack, const struct stack_node *node, size_t *ret_index);
/* Twice the same edge is one. */
NODISCARD int stack_add_edge(struct stack *stack, const struct stack_edge *edge);
/* STACK_NONE when there is none. */
size_t stack_find_name(const struct stack *stack, const char *name);
size_t stack_find_number(const struct stack *stack, dev_t number);
size_t stack_find_volume(const struct stack *stack, const char *key);
size_t stack_find_array(const struct stack *stack, const char *key);
/* The partition of a node, added when the kernel does not have it; the node itself for number 0. */
NODISCARD int stack_place(struct stack *stack, size_t node, unsigned partition_number,
	const struct signature *at, size_t *ret_index);
/* Below an array or a multipath device that holds all of it. */
bool stack_is_covered(const struct stack *stack, size_t node);
/* LVM's part of stack_derive. */
NODISCARD int stack_derive_lvm(struct stack *stack);
bool stack_has_edge(const struct stack *stack, size_t upper, size_t lower);
bool stack_has_upper(const struct stack *stack, size_t lower);

#endif
