/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing LVM2's metadata text, which a hostile disk may have written. */
#include "device/probe/lvm_text.h"

#include <errno.h>
#include <string.h>

struct parser {
	const char *at;
	const char *end;
	struct lvm_tree tree;
	unsigned depth;
};

void lvm_tree_free(struct lvm_tree *tree)
{
	free(tree->nodes);
	*tree = (struct lvm_tree){ 0 };
}

/* Nodes --------------------------------------------------------------------------------------- */

/* Add a node behind *last of its parent, or as its first child. Pointers to nodes are not kept: the
 * array may move. */
static int add_node(
	struct parser *parser, const struct lvm_node *node, uint32_t parent, uint32_t *last)
{
	struct lvm_tree *tree = &parser->tree;
	if (tree->count == LVM_TEXT_NODES_MAX)
		return -EBADMSG;
	if (tree->count == tree->capacity) {
		uint32_t capacity = tree->capacity ? tree->capacity * 2 : 256;
		struct lvm_node *nodes = reallocarray(tree->nodes, capacity, sizeof(*tree->nodes));
		if (!nodes)
			return -ENOMEM;
		tree->nodes = nodes;
		tree->capacity = capacity;
	}
	uint32_t number = tree->count++;
	tree->nodes[number] = *node;
	if (number != 0 && *last != 0)
		tree->nodes[*last].next = number;
	else if (number != 0)
		tree->nodes[parent].child = number;
	*last = number;
	return 0;
}

/* Words --------------------------------------------------------------------------------------- */

static void skip_blanks(struct parser *parser)
{
	while (parser->at < parser->end) {
		char byte = *parser->at;
		if (byte == '#')
			while (parser->at < parser->end && *parser->at != '\n')
				parser->at++;
		else if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
			parser->at++;
		else
			return;
	}
}

static bool take(struct parser *parser, char byte)
{
	skip_blanks(parser);
	if (parser->at == parser->end || *parser->at != byte)
		return false;
	parser->at++;
	return true;
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || strchr("_-+./", byte);
}

static int take_name(struct parser *parser, struct lvm_node *ret)
{
	ret->name = parser->at;
	while (parser->at < parser->end && *parser->at && is_name_byte(*parser->at))
		parser->at++;
	ret->name_length = (uint32_t)(parser->at - ret->name);
	return ret->name_length > 0 ? 0 : -EBADMSG;
}

static int take_string(struct parser *parser, struct lvm_node *ret)
{
	ret->kind = LVM_STRING;
	ret->text = parser->at;
	for (; parser->at < parser->end && *parser->at; parser->at++) {
		if (*parser->at == '"') {
			ret->text_length = (uint32_t)(parser->at - ret->text);
			parser->at++;
			return 0;
		}
		if (*parser->at == '\\' && parser->at + 1 < parser->end)
			parser->at++;
	}
	return -EBADMSG;
}

/* A fraction, which no field that is read here has, is taken for its whole part. */
static int take_number(struct parser *parser, struct lvm_node *ret)
{
	bool negative = parser->at < parser->end && *parser->at == '-';
	int64_t number = 0;
	size_t digits = 0;
	if (negative)
		parser->at++;
	for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9'; digits++) {
		int64_t digit = *parser->at++ - '0';
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, digit, &number))
			return -EBADMSG;
	}
	if (digits > 0 && parser->at < parser->end && *parser->at == '.')
		for (parser->at++;
			parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9';)
			parser->at++;
	ret->kind = LVM_INTEGER;
	ret->number = negative ? -number : number;
	return digits > 0 ? 0 : -EBADMSG;
}

/* Values and sections ------------------------------------------------------------------------- */

static int take_plain(struct parser *parser, struct lvm_node *ret)
{
	return take(parser, '"') ? take_string(parser, ret) : take_number(parser, ret);
}

static int take_array(struct parser *parser, uint32_t array)
{
	uint32_t last = 0;
	while (!take(parser, ']')) {
		struct lvm_node element = { 0 };
		if (last != 0 && !take(parser, ','))
			return -EBADMSG;
		/* A comma may stand before the end. */
		if (last != 0 && take(parser, ']'))
			return 0;
		skip_blanks(parser);
		int result = take_plain(parser, &element);
		if (result == 0)
			result = add_node(parser, &element, array, &last);
		if (result < 0)
			return result;
	}
	return 0;
}

static int take_section(struct parser *parser, uint32_t section);

/* NAME = VALUE, or NAME { … }. */
static int take_item(struct parser *parser, uint32_t section, uint32_t *last)
{
	struct lvm_node node = { 0 };
	int result = take_name(parser, &node);
	if (result < 0)
		return result;
	bool opens = take(parser, '{');
	if (!opens && !take(parser, '='))
		return -EBADMSG;
	bool array = !opens && take(parser, '[');
	if (array)
		node.kind = LVM_ARRAY;
	else if (!opens)
		result = take_plain(parser, &node);
	if (result == 0)
		result = add_node(parser, &node, section, last);
	if (result == 0 && array)
		result = take_array(parser, *last);
	if (result == 0 && opens)
		result = take_section(parser, *last);
	return result;
}

static bool at_end(struct parser *parser)
{
	skip_blanks(parser);
	return parser->at == parser->end || *parser->at == '\0';
}

/* To the closing brace; the root has none and goes to the end. */
static int take_section(struct parser *parser, uint32_t section)
{
	uint32_t last = 0;
	if (++parser->depth > LVM_TEXT_DEPTH_MAX)
		return -EBADMSG;
	while (section == 0 ? !at_end(parser) : !take(parser, '}')) {
		int result = take_item(parser, section, &last);
		if (result < 0)
			return result;
	}
	parser->depth--;
	return 0;
}

int lvm_tree_parse(const char *text, size_t length, struct lvm_tree *ret)
{
	const struct lvm_node root = { .kind = LVM_SECTION };
	struct parser parser = { .at = text, .end = text + length };
	uint32_t last = 0;
	if (length > UINT32_MAX)
		return -EBADMSG;
	int result = add_node(&parser, &root, 0, &last);
	if (result == 0)
		result = take_section(&parser, 0);
	if (result < 0) {
		lvm_tree_free(&parser.tree);
		return result;
	}
	*ret = parser.tree;
	return 0;
}

/* Looking ------------------------------------------------------------------------------------- */

const struct lvm_node *lvm_node_child(const struct lvm_tree *tree, const struct lvm_node *parent)
{
	return parent && parent->child ? &tree->nodes[parent->child] : NULL;
}

const struct lvm_node *lvm_node_next(const struct lvm_tree *tree, const struct lvm_node *node)
{
	return node->next ? &tree->nodes[node->next] : NULL;
}

const struct lvm_node *lvm_node_find(const struct lvm_tree *tree, const struct lvm_node *parent,
	const char *name, enum lvm_node_kind kind)
{
	size_t length = strlen(name);
	const struct lvm_node *node = lvm_node_child(tree, parent);
	for (; node; node = lvm_node_next(tree, node))
		if (node->kind == kind && node->name_length == length &&
			memcmp(node->name, name, length) == 0)
			return node;
	return NULL;
}

bool lvm_node_is(const struct lvm_node *string, const char *text)
{
	return string && string->kind == LVM_STRING && string->text_length == strlen(text) &&
	       memcmp(string->text, text, string->text_length) == 0;
}

bool lvm_node_lists(const struct lvm_tree *tree, const struct lvm_node *parent, const char *name,
	const char *text)
{
	const struct lvm_node *node =
		lvm_node_child(tree, lvm_node_find(tree, parent, name, LVM_ARRAY));
	for (; node; node = lvm_node_next(tree, node))
		if (lvm_node_is(node, text))
			return true;
	return false;
}
