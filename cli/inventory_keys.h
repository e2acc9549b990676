/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory` encryption and key-copy: what they write their options into. */
#ifndef HAIKI_CLI_INVENTORY_KEYS_H
#define HAIKI_CLI_INVENTORY_KEYS_H

#include "cli/inventory.h"
#include "device/identity/identity.h"

struct encryption_options {
	char basis[256], ticket[128], reason[256];
};
extern const struct cli_option encryption_record_options[];
extern const struct cli_option encryption_revoke_options[];
command_run encryption_record_command;
command_run encryption_revoke_command;

struct key_copy_options {
	char how[256];
};
extern const struct cli_option key_copy_destroyed_options[];
command_run key_copy_record_command;
command_run key_copy_destroyed_command;
inventory_list key_copies_list_command;

/* Tell that the drive carries a header again whose keys were destroyed. */
void describe_key_copies(const struct drive_identity *identity);

/* A line where somebody said that the drive was encrypted from its first write; the same as JSON, a
 * new reference. */
NODISCARD int encryption_print_on_drive(
	struct store *store, const struct drive_identity *identity, struct error *error);
NODISCARD int encryption_on_drive_json(struct store *store, const struct drive_identity *identity,
	json_t **ret, struct error *error);

#endif
