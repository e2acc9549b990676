/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside `haiki inventory`: what each of its files gives to the group's table. One file per noun. */
#ifndef HAIKI_CLI_INVENTORY_H
#define HAIKI_CLI_INVENTORY_H

#include "cli/command.h"
#include "cli/output.h"
#include "inventory/store/store.h"

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

/* A value that may be given empty, to take away what is there. */
struct given_text {
	const char *text; /* borrowed from the command line; NULL: not given */
};
option_reader option_given;

/* The structs that the options below write into. */
struct tenant_values {
	struct given_text name, zone, note;
	struct option_list service_codes, without_service_codes, contacts;
};
struct contract_values {
	struct given_text tenant, start, end, grace_days, note;
	struct option_list service_codes;
	bool all_services;
};
struct vm_values {
	struct given_text service_code, tenant, name, platform;
};
struct volume_values {
	char reason[256];
};
struct import_values {
	char kind[24];
	bool dry_run;
};
struct export_values {
	char format[8];
	char output[256];
};

/* Enter one row of a kind (inventory/transfer/import.h) by what was typed, and say what it did. */
struct import_field;
enum error_kind inventory_enter(const struct invocation *invocation, const char *kind,
	const struct import_field *fields, size_t count, bool add, struct error *error);

/* {"id","action","at_utc",…} of the newest events of a subject, as text below a heading or as JSON. */
struct subject;
NODISCARD int inventory_events(
	struct store *store, const struct subject *subject, json_t *json, struct error *error);

/* The JSON objects of docs/json.md; new references, NULL without memory. */
struct tenant_record;
struct contract_record;
struct volume_record;
struct generation_record;
json_t *tenant_json(const struct tenant_record *record);
json_t *contract_json(const struct contract_record *record, int64_t now_utc_ms);
json_t *volume_json(const struct volume_record *record, const char *tenant);
json_t *generation_json(const struct generation_record *record, int64_t now_utc_ms);

/* Tables that more than one file prints. */
extern const struct table_column contract_columns[9], volume_columns[10], generation_columns[9];
void contract_row(struct table *table, const struct contract_record *record, int64_t now_utc_ms);
void volume_row(struct table *table, const struct volume_record *record, const char *tenant);
void generation_row(
	struct table *table, const struct generation_record *record, int64_t now_utc_ms);
/* A heading, and the table or ": none". */
NODISCARD int print_section(const char *title, const struct table *table, struct error *error);
/* "  name   value", where there is a value. */
void print_value(const char *name, const char *value);

/* cli/inventory_tenants.c, cli/inventory_tenant_show.c */
command_run tenant_add, tenant_change, tenant_remove;
inventory_list tenants_list_command;
inventory_show tenants_show_command;
extern const struct cli_option tenant_options[];

/* cli/inventory_contracts.c */
command_run contract_add, contract_change;
inventory_list contracts_list_command;
inventory_show contracts_show_command;
extern const struct cli_option contract_options[];

/* cli/inventory_vms.c, cli/inventory_vm_show.c */
command_run vm_add, vm_change;
inventory_list vms_list_command;
inventory_show vms_show_command;
extern const struct cli_option vm_options[];

/* cli/inventory_volumes.c */
command_run volume_link, volume_unlink, volume_relink;
inventory_list volumes_list_command;
inventory_show volumes_show_command;
extern const struct cli_option volume_options[];

/* cli/inventory_rules.c */
command_run rule_add, rule_remove;
inventory_list rules_list_command;

/* cli/inventory_generations.c */
inventory_list generations_list_command;

/* cli/inventory_import.c */
command_run inventory_import, inventory_export;
extern const struct cli_option import_options[], export_options[];

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
