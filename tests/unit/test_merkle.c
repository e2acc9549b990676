/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Merkle tree against the published vectors of Certificate Transparency (RFC 6962, RFC 9162) and
 * against the definitions of RFC 6962 2.1 written down as they stand, for every size and place. */
#include "verify/ledger/merkle.h"

#include "tests/support/stride.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define LEAVES 131

/* ---- the definitions, recursive and slow ---- */

struct oracle {
	struct merkle_hash leaves[LEAVES];
	size_t size;
};

static size_t oracle_split(size_t size)
{
	size_t split = 1;
	while (split * 2 < size)
		split *= 2;
	return split;
}

/* MTH(D[start:start+size]) */
static struct merkle_hash oracle_hash(const struct merkle_hash *leaves, size_t size)
{
	struct merkle_hash hash;
	if (size == 0) {
		assert_int_equal(digest_sha256("", 0, hash.bytes), 0);
		return hash;
	}
	if (size == 1)
		return leaves[0];
	size_t split = oracle_split(size);
	uint8_t text[65] = { 1 };
	struct merkle_hash left = oracle_hash(leaves, split);
	struct merkle_hash right = oracle_hash(leaves + split, size - split);
	memcpy(text + 1, left.bytes, 32);
	memcpy(text + 33, right.bytes, 32);
	assert_int_equal(digest_sha256(text, sizeof(text), hash.bytes), 0);
	return hash;
}

/* PATH(index, D[size]) */
static size_t oracle_path(
	const struct merkle_hash *leaves, size_t size, size_t index, struct merkle_hash *ret)
{
	if (size == 1)
		return 0;
	size_t split = oracle_split(size);
	size_t count;
	if (index < split) {
		count = oracle_path(leaves, split, index, ret);
		ret[count] = oracle_hash(leaves + split, size - split);
	} else {
		count = oracle_path(leaves + split, size - split, index - split, ret);
		ret[count] = oracle_hash(leaves, split);
	}
	return count + 1;
}

/* SUBPROOF(old, D[size], whole) */
static size_t oracle_subproof(const struct merkle_hash *leaves, size_t size, size_t old, bool whole,
	struct merkle_hash *ret)
{
	if (old == size) {
		if (whole)
			return 0;
		ret[0] = oracle_hash(leaves, size);
		return 1;
	}
	size_t split = oracle_split(size);
	size_t count;
	if (old <= split) {
		count = oracle_subproof(leaves, split, old, whole, ret);
		ret[count] = oracle_hash(leaves + split, size - split);
	} else {
		count = oracle_subproof(leaves + split, size - split, old - split, false, ret);
		ret[count] = oracle_hash(leaves, split);
	}
	return count + 1;
}

/* A tree in memory; nothing but complete subtrees within it may be asked for. */
static int read_oracle(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error)
{
	(void)error;
	const struct oracle *oracle = context;
	uint64_t width = UINT64_C(1) << level;
	assert_true((number + 1) * width <= oracle->size);
	*ret = oracle_hash(oracle->leaves + number * width, width);
	return 0;
}

static struct oracle oracle;

static int make_oracle(void **state)
{
	(void)state;
	oracle.size = LEAVES;
	for (size_t i = 0; i < LEAVES; i++) {
		uint8_t entry[3] = { 0, (uint8_t)i, 'x' };
		assert_int_equal(digest_sha256(entry, sizeof(entry), oracle.leaves[i].bytes), 0);
	}
	return 0;
}

static struct merkle_tree tree_of(struct oracle *of)
{
	return (struct merkle_tree){ of->size, read_oracle, of };
}

/* ---- published vectors ---- */

static struct merkle_hash from_hex(const char *text)
{
	struct merkle_hash hash;
	assert_int_equal(hex_decode(text, hash.bytes, sizeof(hash.bytes)), 0);
	return hash;
}

static void assert_hash(const struct merkle_hash *hash, const char *text)
{
	char hex[SHA256_HEX_SIZE];
	hex_encode(hash->bytes, sizeof(hash->bytes), hex);
	assert_string_equal(hex, text);
}

/* Test vectors of the reference implementation of RFC 6962 (certificate-transparency, merkletree). */
static const char *const published_leaves[] = { "", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f" };
static const char *const published_roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void make_published(struct oracle *ret)
{
	uint8_t entry[16];
	ret->size = ARRAY_SIZE(published_leaves);
	for (size_t i = 0; i < ret->size; i++) {
		size_t length = strlen(published_leaves[i]) / 2;
		assert_int_equal(hex_decode(published_leaves[i], entry, length), 0);
		assert_int_equal(merkle_leaf(entry, length, &ret->leaves[i]), 0);
	}
}

static void roots_are_the_published_ones(void **state)
{
	(void)state;
	struct oracle published;
	struct merkle_stack stack = { 0 };
	make_published(&published);
	struct merkle_tree tree = tree_of(&published);
	for (size_t size = 0; size < ARRAY_SIZE(published_roots); size++) {
		struct merkle_hash root;
		struct error error = { 0 };
		assert_int_equal(merkle_root(&tree, size, &root, &error), 0);
		assert_hash(&root, published_roots[size]);
		assert_int_equal(merkle_stack_root(&stack, &root), 0);
		assert_hash(&root, published_roots[size]);
		if (size < published.size)
			assert_int_equal(merkle_push(&stack, &published.leaves[size]), 0);
	}
}

static void inclusion_proofs_are_the_published_ones(void **state)
{
	(void)state;
	static const struct {
		size_t index, size, count;
		const char *hashes[3];
	} cases[] = {
		{ 0, 1, 0, { NULL } },
		{ 0, 8, 3,
			{ "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
				"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
				"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
				"4" } },
		{ 5, 8, 3,
			{ "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
				"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
				"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
				"7" } },
		{ 2, 3, 1, { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" } },
	};
	struct oracle published;
	make_published(&published);
	struct merkle_tree tree = tree_of(&published);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct merkle_hash proof[MERKLE_PROOF_MAX];
		struct error error = { 0 };
		size_t count;
		assert_int_equal(merkle_prove_inclusion(&tree, cases[i].index, cases[i].size, proof,
					 &count, &error),
			0);
		assert_int_equal(count, cases[i].count);
		for (size_t j = 0; j < count; j++)
			assert_hash(&proof[j], cases[i].hashes[j]);
		struct merkle_hash root = from_hex(published_roots[cases[i].size]);
		assert_true(merkle_includes(&root, cases[i].size, cases[i].index,
			&published.leaves[cases[i].index], proof, count));
	}
}

static void consistency_proofs_are_the_published_ones(void **state)
{
	(void)state;
	static const struct {
		size_t old, size, count;
		const char *hashes[3];
	} cases[] = {
		{ 1, 1, 0, { NULL } },
		{ 1, 8, 3,
			{ "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
				"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
				"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
				"4" } },
		{ 6, 8, 3,
			{ "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
				"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
				"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
				"7" } },
		{ 2, 5, 2,
			{ "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
				"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
				"b" } },
	};
	struct oracle published;
	make_published(&published);
	struct merkle_tree tree = tree_of(&published);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
		struct error error = { 0 };
		size_t count;
		assert_int_equal(merkle_prove_consistency(
					 &tree, cases[i].old, cases[i].size, proof, &count, &error),
			0);
		assert_int_equal(count, cases[i].count);
		for (size_t j = 0; j < count; j++)
			assert_hash(&proof[j], cases[i].hashes[j]);
		struct merkle_hash old_root = from_hex(published_roots[cases[i].old]);
		struct merkle_hash root = from_hex(published_roots[cases[i].size]);
		assert_true(merkle_is_consistent(
			&old_root, cases[i].old, &root, cases[i].size, proof, count));
	}
}

/* ---- against the definitions ---- */

static void roots_are_as_defined(void **state)
{
	(void)state;
	struct merkle_tree tree = tree_of(&oracle);
	struct merkle_stack stack = { 0 };
	for (size_t size = 0; size <= LEAVES; size++) {
		struct merkle_hash expected = oracle_hash(oracle.leaves, size);
		struct merkle_hash root;
		struct error error = { 0 };
		assert_int_equal(merkle_root(&tree, size, &root, &error), 0);
		assert_memory_equal(&root, &expected, sizeof(root));
		assert_int_equal(merkle_stack_root(&stack, &root), 0);
		assert_memory_equal(&root, &expected, sizeof(root));
		if (size < LEAVES)
			assert_int_equal(merkle_push(&stack, &oracle.leaves[size]), 0);
	}
}

static void assert_only_here(const struct merkle_hash *root, size_t size, size_t index,
	struct merkle_hash *proof, size_t count)
{
	const struct merkle_hash *leaf = &oracle.leaves[index];
	struct merkle_hash more[MERKLE_PROOF_MAX + 1];
	assert_true(merkle_includes(root, size, index, leaf, proof, count));
	/* A neighbour, another place, another size, one hash more or less. */
	assert_false(merkle_includes(
		root, size, index, &oracle.leaves[(index + 1) % LEAVES], proof, count));
	for (size_t other = 0; other < size; other++)
		if (other != index)
			assert_false(merkle_includes(root, size, other, leaf, proof, count));
	assert_false(merkle_includes(root, size, size, leaf, proof, count));
	assert_false(merkle_includes(root, 0, 0, leaf, proof, count));
	if (count > 0)
		assert_false(merkle_includes(root, size, index, leaf, proof, count - 1));
	memcpy(more, proof, count * sizeof(*proof));
	more[count] = *root;
	assert_false(merkle_includes(root, size, index, leaf, more, count + 1));
	for (size_t i = 0; i < count; i++) {
		proof[i].bytes[i % 32] ^= 1;
		assert_false(merkle_includes(root, size, index, leaf, proof, count));
		proof[i].bytes[i % 32] ^= 1;
	}
}

static void inclusion_is_as_defined_for_every_size_and_place(void **state)
{
	(void)state;
	struct merkle_tree tree = tree_of(&oracle);
	for (size_t size = 1; size <= LEAVES; size += test_stride()) {
		struct merkle_hash root = oracle_hash(oracle.leaves, size);
		for (size_t index = 0; index < size; index++) {
			struct merkle_hash expected[MERKLE_PROOF_MAX];
			struct merkle_hash proof[MERKLE_PROOF_MAX];
			struct error error = { 0 };
			size_t count;
			assert_int_equal(
				merkle_prove_inclusion(&tree, index, size, proof, &count, &error),
				0);
			assert_int_equal(count, oracle_path(oracle.leaves, size, index, expected));
			if (count > 0)
				assert_memory_equal(proof, expected, count * sizeof(*proof));
			assert_only_here(&root, size, index, proof, count);
		}
	}
}

static void assert_only_between(size_t old, size_t size, struct merkle_hash *proof, size_t count)
{
	struct merkle_hash old_root = oracle_hash(oracle.leaves, old);
	struct merkle_hash root = oracle_hash(oracle.leaves, size);
	struct merkle_hash forged = old_root;
	struct merkle_hash more[MERKLE_CONSISTENCY_MAX + 1];
	assert_true(merkle_is_consistent(&old_root, old, &root, size, proof, count));
	forged.bytes[7] ^= 1;
	assert_false(merkle_is_consistent(&forged, old, &root, size, proof, count));
	forged = root;
	forged.bytes[31] ^= 0x80;
	/* Whatever the new root is, nothing is what every tree begins with. */
	if (old > 0)
		assert_false(merkle_is_consistent(&old_root, old, &forged, size, proof, count));
	memcpy(more, proof, count * sizeof(*proof));
	more[count] = root;
	assert_false(merkle_is_consistent(&old_root, old, &root, size, more, count + 1));
	if (count > 0)
		assert_false(merkle_is_consistent(&old_root, old, &root, size, proof, count - 1));
	for (size_t i = 0; i < count; i++) {
		proof[i].bytes[i % 32] ^= 4;
		assert_false(merkle_is_consistent(&old_root, old, &root, size, proof, count));
		proof[i].bytes[i % 32] ^= 4;
	}
	if (size > old)
		assert_false(merkle_is_consistent(&root, size, &old_root, old, proof, count));
}

static void consistency_is_as_defined_for_all_sizes(void **state)
{
	(void)state;
	struct merkle_tree tree = tree_of(&oracle);
	for (size_t size = 0; size <= LEAVES; size += test_stride()) {
		for (size_t old = 0; old <= size; old++) {
			struct merkle_hash expected[MERKLE_CONSISTENCY_MAX];
			struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
			struct error error = { 0 };
			size_t count;
			assert_int_equal(
				merkle_prove_consistency(&tree, old, size, proof, &count, &error),
				0);
			size_t wanted = old == 0 ? 0
						 : oracle_subproof(oracle.leaves, size, old, true,
							   expected);
			assert_int_equal(count, wanted);
			if (count > 0)
				assert_memory_equal(proof, expected, count * sizeof(*proof));
			assert_only_between(old, size, proof, count);
		}
	}
}

/* A tree that shares its first leaves with ours and then goes another way. */
static void a_forked_tree_is_not_consistent(void **state)
{
	(void)state;
	struct oracle forked = oracle;
	struct merkle_tree tree = tree_of(&forked);
	forked.leaves[40].bytes[0] ^= 1;
	for (size_t old = 1; old <= 100; old++) {
		struct merkle_hash old_root = oracle_hash(oracle.leaves, old);
		struct merkle_hash root = oracle_hash(forked.leaves, 100);
		struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
		struct error error = { 0 };
		size_t count;
		assert_int_equal(
			merkle_prove_consistency(&tree, old, 100, proof, &count, &error), 0);
		assert_int_equal(
			merkle_is_consistent(&old_root, old, &root, 100, proof, count), old <= 40);
	}
}

static void outside_of_the_tree_is_refused(void **state)
{
	(void)state;
	struct merkle_tree tree = tree_of(&oracle);
	struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
	struct error error = { 0 };
	size_t count = 77;
	assert_int_equal(merkle_root(&tree, LEAVES + 1, &proof[0], &error), -EINVAL);
	assert_string_equal(error.code, "merkle-range");
	assert_int_equal(merkle_prove_inclusion(&tree, 5, 5, proof, &count, &error), -EINVAL);
	assert_int_equal(
		merkle_prove_inclusion(&tree, 5, LEAVES + 1, proof, &count, &error), -EINVAL);
	assert_int_equal(merkle_prove_consistency(&tree, 6, 5, proof, &count, &error), -EINVAL);
	assert_int_equal(
		merkle_prove_consistency(&tree, 6, LEAVES + 1, proof, &count, &error), -EINVAL);
	assert_int_equal(count, 77);
}

static int read_nothing(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error)
{
	(void)level;
	(void)number;
	(void)ret;
	unsigned *left = context;
	if ((*left)-- > 0)
		return 0;
	return error_set(error, ERROR_FAILED, EIO, "read", "cannot read");
}

static void what_the_reader_refuses_is_handed_on(void **state)
{
	(void)state;
	for (unsigned good = 0; good < 3; good++) {
		unsigned left = good;
		struct merkle_tree tree = { 7, read_nothing, &left };
		struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
		struct error error = { 0 };
		size_t count;
		assert_int_equal(merkle_root(&tree, 7, proof, &error), -EIO);
		assert_string_equal(error.code, "read");
		left = good;
		assert_int_equal(merkle_prove_inclusion(&tree, 3, 7, proof, &count, &error), -EIO);
		left = good;
		assert_int_equal(
			merkle_prove_consistency(&tree, 3, 7, proof, &count, &error), -EIO);
	}
}

/* A proof of a tree as large as there can be has room. */
static int read_zeros(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error)
{
	(void)context;
	(void)level;
	(void)number;
	(void)error;
	memset(ret, 0, sizeof(*ret));
	return 0;
}

static void the_largest_tree_has_room(void **state)
{
	(void)state;
	struct merkle_tree tree = { MERKLE_SIZE_MAX, read_zeros, NULL };
	struct merkle_hash proof[MERKLE_CONSISTENCY_MAX];
	struct error error = { 0 };
	size_t count;
	static const uint64_t sizes[] = { MERKLE_SIZE_MAX, MERKLE_SIZE_MAX - 1 };
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(
			merkle_prove_inclusion(&tree, 0, sizes[i], proof, &count, &error), 0);
		assert_in_range(count, 61, MERKLE_PROOF_MAX);
		assert_int_equal(merkle_prove_inclusion(
					 &tree, sizes[i] - 1, sizes[i], proof, &count, &error),
			0);
		assert_int_equal(
			merkle_prove_consistency(&tree, 1, sizes[i], proof, &count, &error), 0);
		assert_int_equal(merkle_prove_consistency(
					 &tree, sizes[i] - 1, sizes[i], proof, &count, &error),
			0);
	}
	tree.size = UINT64_MAX;
	assert_int_equal(merkle_root(&tree, MERKLE_SIZE_MAX + 1, proof, &error), -EINVAL);
	assert_false(merkle_includes(&proof[0], UINT64_MAX, 0, &proof[0], proof, 64));
	assert_false(
		merkle_is_consistent(&proof[0], UINT64_MAX - 1, &proof[0], UINT64_MAX, proof, 64));
}

static void long_entries_are_hashed_too(void **state)
{
	(void)state;
	static uint8_t text[1 + 8192];
	struct merkle_hash leaf;
	struct merkle_hash expected;
	memset(text + 1, 'e', sizeof(text) - 1);
	static const size_t lengths[] = { 0, 1, 4095, 4096, 4097, 8192 };
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		assert_int_equal(merkle_leaf(text + 1, lengths[i], &leaf), 0);
		assert_int_equal(digest_sha256(text, lengths[i] + 1, expected.bytes), 0);
		assert_memory_equal(&leaf, &expected, sizeof(leaf));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_the_published_ones),
		cmocka_unit_test(inclusion_proofs_are_the_published_ones),
		cmocka_unit_test(consistency_proofs_are_the_published_ones),
		cmocka_unit_test(roots_are_as_defined),
		cmocka_unit_test(inclusion_is_as_defined_for_every_size_and_place),
		cmocka_unit_test(consistency_is_as_defined_for_all_sizes),
		cmocka_unit_test(a_forked_tree_is_not_consistent),
		cmocka_unit_test(outside_of_the_tree_is_refused),
		cmocka_unit_test(what_the_reader_refuses_is_handed_on),
		cmocka_unit_test(the_largest_tree_has_room),
		cmocka_unit_test(long_entries_are_hashed_too),
	};
	return cmocka_run_group_tests_name("merkle", tests, make_oracle, NULL);
}
