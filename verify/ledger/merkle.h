/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Merkle tree of RFC 6962 section 2.1: hashes, inclusion and consistency. Pure; a reader hands out the
 * hashes, so that a tree may lie in a database, in tiles or in memory. */
#ifndef HAIKI_VERIFY_LEDGER_MERKLE_H
#define HAIKI_VERIFY_LEDGER_MERKLE_H

#include "base/digest.h"
#include "base/error.h"
#include <stdbool.h>

#define MERKLE_PROOF_MAX 64                 /* hashes in an inclusion proof */
#define MERKLE_CONSISTENCY_MAX 65           /* in a consistency proof */
#define MERKLE_SIZE_MAX (UINT64_C(1) << 62) /* leaves */

struct merkle_hash {
	uint8_t bytes[SHA256_BYTES];
};

/* SHA-256(00h ‖ entry) and SHA-256(01h ‖ left ‖ right). 0, -ENOMEM, -EIO. */
NODISCARD int merkle_leaf(const void *entry, size_t length, struct merkle_hash *ret);
NODISCARD int merkle_node(
	const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *ret);
/* The root of no leaves: SHA-256 of nothing. */
NODISCARD int merkle_empty(struct merkle_hash *ret);
bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b);

/* Gives the hash of a complete subtree: level 0 is leaves, number counts subtrees of 2^level leaves from the
 * left. 0 or -errno with error filled. */
typedef int merkle_read(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error);
struct merkle_tree {
	uint64_t size; /* leaves */
	merkle_read *read;
	void *context;
};

/* The root at size (at most tree->size), and the proofs of 2.1.1 and 2.1.2. Each reads O(log² n) hashes.
 * -EINVAL for an index or size outside the tree; the reader's errors. */
NODISCARD int merkle_root(const struct merkle_tree *tree, uint64_t size, struct merkle_hash *ret,
	struct error *error);
NODISCARD int merkle_prove_inclusion(const struct merkle_tree *tree, uint64_t index, uint64_t size,
	struct merkle_hash ret[static MERKLE_PROOF_MAX], size_t *ret_count, struct error *error);
NODISCARD int merkle_prove_consistency(const struct merkle_tree *tree, uint64_t old_size,
	uint64_t size, struct merkle_hash ret[static MERKLE_CONSISTENCY_MAX], size_t *ret_count,
	struct error *error);

/* Does the proof show that leaf stands at index of the tree of size leaves with this root? Exactly as many
 * hashes as there must be (RFC 9162 2.1.3.2, 2.1.4.2). */
bool merkle_includes(const struct merkle_hash *root, uint64_t size, uint64_t index,
	const struct merkle_hash *leaf, const struct merkle_hash *proof, size_t count);
/* Is the tree of size with root what the one of old_size with old_root became by appending alone? */
bool merkle_is_consistent(const struct merkle_hash *old_root, uint64_t old_size,
	const struct merkle_hash *root, uint64_t size, const struct merkle_hash *proof,
	size_t count);

/* The root while leaves come by in order; for checking a whole ledger without keeping it. */
struct merkle_stack {
	struct merkle_hash hashes[64];
	uint64_t size;
};
NODISCARD int merkle_push(struct merkle_stack *stack, const struct merkle_hash *leaf);
NODISCARD int merkle_stack_root(const struct merkle_stack *stack, struct merkle_hash *ret);

#endif
