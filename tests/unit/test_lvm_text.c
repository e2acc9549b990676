/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of LVM2's metadata text, and texts that are none. */
#include "device/probe/lvm_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static int parse(const char *text, struct lvm_tree *ret)
{
	return lvm_tree_parse(text, strlen(text), ret);
}

static void values_of_every_kind(void **state)
{
	(void)state;
	AUTO_LVM_TREE struct lvm_tree tree = { 0 };
	static const char text[] = "# a comment { [ \"\nvg {\n\tid = \"a-b\"\n\tseqno=-3 # so\n"
				   "tags=[\"x\", \"y\\\"z\" ,]\nnone = []\nmixed=[\"pv0\",0]\n"
				   "inner{deep{number = 12345678901 fraction = 1.5}}}version = 1\n";
	assert_int_equal(parse(text, &tree), 0);
	const struct lvm_node *root = &tree.nodes[0];
	const struct lvm_node *group = lvm_node_find(&tree, root, "vg", LVM_SECTION);
	assert_true(lvm_node_is(lvm_node_find(&tree, group, "id", LVM_STRING), "a-b"));
	assert_int_equal(lvm_node_find(&tree, group, "seqno", LVM_INTEGER)->number, -3);
	assert_true(lvm_node_lists(&tree, group, "tags", "x"));
	assert_true(lvm_node_lists(&tree, group, "tags", "y\\\"z"));
	assert_false(lvm_node_lists(&tree, group, "tags", "z"));
	const struct lvm_node *none = lvm_node_find(&tree, group, "none", LVM_ARRAY);
	assert_non_null(none);
	assert_null(lvm_node_child(&tree, none));
	const struct lvm_node *inner = lvm_node_find(&tree, group, "inner", LVM_SECTION);
	const struct lvm_node *deep = lvm_node_find(&tree, inner, "deep", LVM_SECTION);
	assert_int_equal(
		lvm_node_find(&tree, deep, "number", LVM_INTEGER)->number, INT64_C(12345678901));
	assert_int_equal(lvm_node_find(&tree, deep, "fraction", LVM_INTEGER)->number, 1);
	assert_int_equal(lvm_node_find(&tree, root, "version", LVM_INTEGER)->number, 1);
	assert_null(lvm_node_find(&tree, root, "id", LVM_STRING));
	assert_null(lvm_node_find(&tree, root, "vg", LVM_STRING));
	assert_null(lvm_node_find(&tree, NULL, "vg", LVM_SECTION));
}

static void a_nul_ends_the_text(void **state)
{
	(void)state;
	AUTO_LVM_TREE struct lvm_tree tree = { 0 };
	static const char text[] = "a = 1\n\0}}}";
	assert_int_equal(lvm_tree_parse(text, sizeof(text), &tree), 0);
	assert_int_equal(tree.count, 2);
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = { "a", "a =", "a = \"b", "a = \"b\\", "a = [", "a = [1",
		"a = [1 2]", "a = [,]", "a = [[1]]", "a {", "a { b = 1", "}", "a = 1 }", "= 1", "{",
		"a = x", "a = -", "a = 9223372036854775808", "a = 99999999999999999999999",
		"a b = 1", "\x01 = 2", "a { } }" };
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct lvm_tree tree = { .count = 77 };
		if (parse(wrong[i], &tree) != -EBADMSG)
			fail_msg("taken for a text: %s", wrong[i]);
		assert_int_equal(tree.count, 77);
	}
}

static void depth_is_limited(void **state)
{
	(void)state;
	char text[400] = "";
	for (int depth = 1; depth < 60; depth++) {
		struct lvm_tree tree = { 0 };
		size_t used = 0;
		for (int i = 0; i < depth; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "a{");
		for (int i = 0; i < depth; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "}");
		assert_int_equal(parse(text, &tree), depth < LVM_TEXT_DEPTH_MAX ? 0 : -EBADMSG);
		lvm_tree_free(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_every_kind),
		cmocka_unit_test(a_nul_ends_the_text),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(depth_is_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
