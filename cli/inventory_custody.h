/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory` custody, place, label, hold and history: what they write their options into. */
#ifndef HAIKI_CLI_INVENTORY_CUSTODY_H
#define HAIKI_CLI_INVENTORY_CUSTODY_H

#include "cli/inventory.h"
#include "inventory/assets/drives.h"
#include "inventory/custody/events.h"

/* An option that may be given as "", which is not the same as not given. */
struct fact {
	bool given;
	char text[64];
};

struct custody_options {
	char reason[512], ticket[128], receiver[256], witness[256];
	char to_zone[64], certificate[96], trust[512], policy[256];
	struct fact site, rack, slot;
};
extern const struct cli_option inventory_custody_options[];
command_run inventory_custody;

struct place_options {
	struct fact site, rack, slot;
};
extern const struct cli_option inventory_place_options[];
command_run inventory_place;

struct label_options {
	struct fact asset_number, zone, tenant, service_code;
	char reason[512];
};
extern const struct cli_option inventory_label_options[];
command_run inventory_label;

/* The one drive that is called so: ID, serial, WWN, RACK/SLOT. -ENOENT "unknown", -EEXIST "ambiguous". */
NODISCARD int inventory_one_drive(
	struct store *store, const char *word, struct drive_record *ret, struct error *error);

/* cli/inventory_holds.c */
struct hold_options {
	char authority[128];
	char reason[256];
};
extern const struct cli_option inventory_hold_place_options[];
extern const struct cli_option inventory_hold_reason_options[];
command_run inventory_hold_place;
command_run inventory_hold_confirm;
command_run inventory_hold_lift;
command_run inventory_hold_lift_confirm;
command_run inventory_hold_lift_cancel;
inventory_list holds_list_command;
inventory_show holds_show_command;
/* A line for each hold that covers the drive; and their IDs as JSON, a new reference. */
NODISCARD int holds_print_on_drive(
	struct store *store, const struct drive_identity *identity, struct error *error);
NODISCARD int holds_on_drive_json(struct store *store, const struct drive_identity *identity,
	json_t **ret, struct error *error);

/* cli/inventory_events.c */
struct history_options {
	uint64_t limit; /* 0: not given */
};
extern const struct cli_option inventory_history_options[];
command_run inventory_history;
inventory_list events_list_command;
/* The newest events of a subject (NULL: of all) as a table, or as JSON {"events"}. */
NODISCARD int events_print(struct store *store, const struct subject *subject, size_t limit,
	bool as_json, struct error *error);

#endif
