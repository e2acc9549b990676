/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside `haiki inventory`: what each of its files gives to the group's table. One file per noun. */
#ifndef HAIKI_CLI_INVENTORY_H
#define HAIKI_CLI_INVENTORY_H

#include "cli/command.h"
#include "inventory/store.h"

/* `inventory list NOUN`: opens the store, prints all of it. */
typedef command_run inventory_list;

/* `inventory show WORD`: print what the noun has under this word, as text or as one JSON document.
 * 1: printed; 0: nothing has this word; -errno with error filled. The store is open for reading. */
typedef int inventory_show(const struct invocation *invocation, struct store *store,
	const char *word, struct error *error);

struct inventory_noun {
	const char *word; /* "drives" */
	inventory_list *list;
	inventory_show *show; /* NULL: nothing to show one by one */
};

/* cli/inventory_drives.c */
command_run inventory_scan;
inventory_list drives_list_command;
inventory_show drives_show_command;

/* cli/inventory_watch.c */
struct inventory_watch_options {
	bool once;
	unsigned seconds; /* 0: no end */
};
extern const struct cli_option inventory_watch_table[];
command_run inventory_watch;

/* cli/inventory_arrays.c */
inventory_list arrays_list_command;
inventory_show arrays_show_command;

#endif
