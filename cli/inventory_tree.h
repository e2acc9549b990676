/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of what stands on a drive, an array or a volume; arrays in words. */
#ifndef HAIKI_CLI_INVENTORY_TREE_H
#define HAIKI_CLI_INVENTORY_TREE_H

#include "inventory/assets/tree.h"
#include <stdio.h>

/* Each line behind two blanks; in ASCII where the locale has nothing else. */
void tree_print(FILE *stream, const struct tree *tree);
/* Array of nodes, each with "children"; NULL without memory. */
json_t *tree_json(const struct tree *tree);

/* Words for people. */
#define ARRAY_LABEL_MAX 192
void array_label(
	const struct array_record *array, char ret[static ARRAY_LABEL_MAX]); /* "md0 (RAID5)" */
const char *array_level_text(const char *level, char ret[static 32]);        /* "RAID5", "linear" */
const char *array_state_text(const char *state);
/* "rebuilding 25.0 %"; "" when nothing runs. */
void array_sync_text(const struct array_record *array, char *ret, size_t size);
const char *member_state_text(const char *state);

#endif
