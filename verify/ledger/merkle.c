/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 6962 2.1 from the complete subtrees: any part of the tree that a proof needs begins at a multiple of
 * a power of two, so it is at most one complete subtree for each bit of its size. */
#include "verify/ledger/merkle.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

#define ENTRY_MAX_BYTES 4096 /* hashed without memory of its own */

/* One at a time and very many of them: OpenSSL's look-up of the algorithm would take longer than the hash. */
static int hash(const void *data, size_t length, struct merkle_hash *ret)
{
	return digest_sha256_alone(data, length, ret->bytes);
}

int merkle_leaf(const void *entry, size_t length, struct merkle_hash *ret)
{
	uint8_t local[1 + ENTRY_MAX_BYTES];
	AUTO_FREE uint8_t *owned = NULL;
	uint8_t *input = local;
	if (length > ENTRY_MAX_BYTES) {
		if (length == SIZE_MAX)
			return -ENOMEM;
		owned = malloc(length + 1);
		if (!owned)
			return -ENOMEM;
		input = owned;
	}
	input[0] = 0x00;
	if (length > 0)
		memcpy(input + 1, entry, length);
	return hash(input, length + 1, ret);
}

int merkle_node(
	const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *ret)
{
	uint8_t input[1 + 2 * SHA256_BYTES];
	input[0] = 0x01;
	memcpy(input + 1, left->bytes, SHA256_BYTES);
	memcpy(input + 1 + SHA256_BYTES, right->bytes, SHA256_BYTES);
	return hash(input, sizeof(input), ret);
}

int merkle_empty(struct merkle_hash *ret)
{
	return hash("", 0, ret);
}

bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, SHA256_BYTES) == 0;
}

/* ---- what a tree says ---- */

static int refuse_range(struct error *error, uint64_t index, uint64_t size)
{
	return error_set(error, ERROR_FAILED, EINVAL, "merkle-range",
		_("The tree has no place %" PRIu64 " of %" PRIu64 "."), index, size);
}

static int refuse_hashing(struct error *error, int r)
{
	if (r == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
}

static int node(const struct merkle_hash *left, const struct merkle_hash *right,
	struct merkle_hash *ret, struct error *error)
{
	int r = merkle_node(left, right, ret);
	return r < 0 ? refuse_hashing(error, r) : 0;
}

/* The largest power of two that is less than size; size is at least 2. RFC 6962 calls it k. */
static uint64_t split_of(uint64_t size)
{
	uint64_t split = 1;
	while (split < size - split)
		split *= 2;
	return split;
}

/* The hash over length leaves from start on: complete subtrees from the largest to the smallest, joined
 * from the right. length is at least 1, and start a multiple of every power of two in it. */
static int range_hash(const struct merkle_tree *tree, uint64_t start, uint64_t length,
	struct merkle_hash *ret, struct error *error)
{
	struct merkle_hash parts[64];
	size_t count = 0;
	for (unsigned level = 63; level-- > 0;) {
		uint64_t width = UINT64_C(1) << level;
		if (!(length & width))
			continue;
		int r = tree->read(tree->context, level, start >> level, &parts[count++], error);
		if (r < 0)
			return r;
		start += width;
	}
	struct merkle_hash joined = parts[--count];
	while (count > 0) {
		int r = node(&parts[--count], &joined, &joined, error);
		if (r < 0)
			return r;
	}
	*ret = joined;
	return 0;
}

static bool is_size_of(const struct merkle_tree *tree, uint64_t size)
{
	return size <= tree->size && size <= MERKLE_SIZE_MAX;
}

int merkle_root(
	const struct merkle_tree *tree, uint64_t size, struct merkle_hash *ret, struct error *error)
{
	if (!is_size_of(tree, size))
		return refuse_range(error, size, tree->size);
	if (size > 0)
		return range_hash(tree, 0, size, ret, error);
	int r = merkle_empty(ret);
	return r < 0 ? refuse_hashing(error, r) : 0;
}

static void reverse(struct merkle_hash *hashes, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct merkle_hash other = hashes[i];
		hashes[i] = hashes[count - 1 - i];
		hashes[count - 1 - i] = other;
	}
}

/* From the root down to the leaf; the proof is from the leaf up. */
int merkle_prove_inclusion(const struct merkle_tree *tree, uint64_t index, uint64_t size,
	struct merkle_hash ret[static MERKLE_PROOF_MAX], size_t *ret_count, struct error *error)
{
	size_t count = 0;
	uint64_t start = 0;
	if (!is_size_of(tree, size) || index >= size)
		return refuse_range(error, index, size);
	for (uint64_t width = size; width > 1;) {
		uint64_t split = split_of(width);
		bool left = index - start < split;
		int r = left ? range_hash(tree, start + split, width - split, &ret[count], error)
			     : range_hash(tree, start, split, &ret[count], error);
		if (r < 0)
			return r;
		count++;
		start += left ? 0 : split;
		width = left ? split : width - split;
	}
	reverse(ret, count);
	*ret_count = count;
	return 0;
}

int merkle_prove_consistency(const struct merkle_tree *tree, uint64_t old_size, uint64_t size,
	struct merkle_hash ret[static MERKLE_CONSISTENCY_MAX], size_t *ret_count,
	struct error *error)
{
	size_t count = 0;
	uint64_t start = 0;
	uint64_t width = size;
	if (!is_size_of(tree, size) || old_size > size)
		return refuse_range(error, old_size, size);
	if (old_size == 0)
		width = 0;
	while (start + width > old_size && width > 1) {
		uint64_t split = split_of(width);
		bool left = old_size - start <= split;
		int r = left ? range_hash(tree, start + split, width - split, &ret[count], error)
			     : range_hash(tree, start, split, &ret[count], error);
		if (r < 0)
			return r;
		count++;
		start += left ? 0 : split;
		width = left ? split : width - split;
	}
	/* What is left is a part of the old tree. Its hash is the old root itself unless something of
	 * the old tree stood left of it. */
	if (start > 0) {
		int r = range_hash(tree, start, width, &ret[count], error);
		if (r < 0)
			return r;
		count++;
	}
	reverse(ret, count);
	*ret_count = count;
	return 0;
}

/* ---- what a proof says ---- */

bool merkle_includes(const struct merkle_hash *root, uint64_t size, uint64_t index,
	const struct merkle_hash *leaf, const struct merkle_hash *proof, size_t count)
{
	if (index >= size || size > MERKLE_SIZE_MAX)
		return false;
	uint64_t at = index;
	uint64_t last = size - 1;
	struct merkle_hash joined = *leaf;
	for (size_t i = 0; i < count; i++, at >>= 1, last >>= 1) {
		if (last == 0)
			return false;
		bool right = (at & 1) != 0 || at == last;
		if (merkle_node(right ? &proof[i] : &joined, right ? &joined : &proof[i], &joined) <
			0)
			return false;
		/* The last node of a level has no sibling where its number is even: it moves up alone. */
		while (right && !(at & 1) && at != 0) {
			at >>= 1;
			last >>= 1;
		}
	}
	return last == 0 && merkle_equal(&joined, root);
}

static bool is_power_of_two(uint64_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/* Of two that both have leaves and differ in size. */
static bool grew_into(const struct merkle_hash *old_root, uint64_t old_size,
	const struct merkle_hash *root, uint64_t size, const struct merkle_hash *proof,
	size_t count)
{
	uint64_t at = old_size - 1;
	uint64_t last = size - 1;
	size_t next = 0;
	/* A complete old tree is itself the first part; its hash is not sent. */
	const struct merkle_hash *first = old_root;
	if (!is_power_of_two(old_size)) {
		if (count == 0)
			return false;
		first = &proof[next++];
	}
	while (at & 1) {
		at >>= 1;
		last >>= 1;
	}
	struct merkle_hash old_joined = *first;
	struct merkle_hash joined = *first;
	for (; next < count; next++, at >>= 1, last >>= 1) {
		if (last == 0)
			return false;
		bool right = (at & 1) != 0 || at == last;
		if (right && merkle_node(&proof[next], &old_joined, &old_joined) < 0)
			return false;
		if (merkle_node(right ? &proof[next] : &joined, right ? &joined : &proof[next],
			    &joined) < 0)
			return false;
		while (right && !(at & 1) && at != 0) {
			at >>= 1;
			last >>= 1;
		}
	}
	return last == 0 && merkle_equal(&old_joined, old_root) && merkle_equal(&joined, root);
}

bool merkle_is_consistent(const struct merkle_hash *old_root, uint64_t old_size,
	const struct merkle_hash *root, uint64_t size, const struct merkle_hash *proof,
	size_t count)
{
	struct merkle_hash empty;
	if (old_size > size || size > MERKLE_SIZE_MAX || merkle_empty(&empty) < 0)
		return false;
	if (size == 0 && !merkle_equal(root, &empty))
		return false;
	if (old_size == 0)
		return count == 0 && merkle_equal(old_root, &empty);
	if (old_size == size)
		return count == 0 && merkle_equal(old_root, root);
	return grew_into(old_root, old_size, root, size, proof, count);
}

/* ---- leaves in order ---- */

/* hashes[level] is a complete subtree that waits for its right sibling, where size has that bit. */
int merkle_push(struct merkle_stack *stack, const struct merkle_hash *leaf)
{
	struct merkle_hash joined = *leaf;
	unsigned level = 0;
	if (stack->size >= MERKLE_SIZE_MAX)
		return -EOVERFLOW;
	for (; stack->size >> level & 1; level++) {
		int r = merkle_node(&stack->hashes[level], &joined, &joined);
		if (r < 0)
			return r;
	}
	stack->hashes[level] = joined;
	stack->size++;
	return 0;
}

int merkle_stack_root(const struct merkle_stack *stack, struct merkle_hash *ret)
{
	struct merkle_hash joined;
	bool any = false;
	if (stack->size == 0)
		return merkle_empty(ret);
	for (unsigned level = 0; level < 64; level++) {
		if (!(stack->size >> level & 1))
			continue;
		if (!any) {
			joined = stack->hashes[level];
			any = true;
			continue;
		}
		int r = merkle_node(&stack->hashes[level], &joined, &joined);
		if (r < 0)
			return r;
	}
	*ret = joined;
	return 0;
}
