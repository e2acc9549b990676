/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki inventory`: the table of its commands, and which noun a word belongs to. */
#include "cli/inventory_custody.h"
#include "cli/inventory_keys.h"
#include "device/drive.h"

#include <errno.h>
#include <string.h>

/* In the order in which a word is looked for. */
static const struct inventory_noun nouns[] = {
	{ "drives", drives_list_command, drives_show_command },
	{ "arrays", arrays_list_command, arrays_show_command },
	{ "tenants", tenants_list_command, tenants_show_command },
	{ "contracts", contracts_list_command, contracts_show_command },
	{ "volumes", volumes_list_command, volumes_show_command },
	{ "vms", vms_list_command, vms_show_command },
	{ "rules", rules_list_command, NULL },
	{ "generations", generations_list_command, NULL },
	{ "holds", holds_list_command, holds_show_command },
	{ "key-copies", key_copies_list_command, NULL },
	{ "events", events_list_command, NULL },
};

static enum error_kind list(const struct invocation *invocation, struct error *error)
{
	const char *word = invocation->argument_count > 0 ? invocation->arguments[0] : "drives";
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		if (strcmp(nouns[i].word, word) == 0)
			return nouns[i].list(invocation, error);
	const char *words[ARRAY_SIZE(nouns) + 1] = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		words[i] = nouns[i].word;
	const char *nearest = options_nearest(word, words);
	error_set(error, ERROR_USAGE, EINVAL, "noun-unknown",
		_("The inventory has no list called \"%s\"."), word);
	if (nearest)
		error_next(error, _("Did you mean \"%s\"?"), nearest);
	else
		error_next(error, _("See: haiki inventory list --help"));
	return command_failed(error);
}

/* A path is asked who stands there now: by its name the store may mean a drive of yesterday. What is
 * no drive of the store may still be an array's or a volume's name. */
static int word_of_path(struct store *store, const char *path, char id[static SUBJECT_ID_MAX],
	const char **ret, struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	struct error ignored = { 0 };
	struct subject subject = { SUBJECT_DRIVE, 0 };
	if (strncmp(path, "/dev/", 5) != 0)
		return 0;
	if (drive_open(path, DRIVE_LOOK, &drive, &ignored) == 0 &&
		(drive->identity.serial[0] || drive->identity.wwn[0])) {
		int r = drives_id_of(store, &drive->identity, &subject.id, error);
		if (r < 0)
			return r;
	}
	*ret = strncmp(path, "/dev/mapper/", 12) == 0 ? path + 12 : path + 5;
	if (subject.id > 0) {
		subject_format(&subject, id);
		*ret = id;
	}
	return 0;
}

static enum error_kind show(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	const char *word = invocation->arguments[0];
	char id[SUBJECT_ID_MAX];
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		word_of_path(store, word, id, &word, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++) {
		int r = nouns[i].show ? nouns[i].show(invocation, store, word, error) : 0;
		if (r < 0)
			return command_failed(error);
		if (r > 0)
			return ERROR_NONE;
	}
	error_set(error, ERROR_FAILED, ENOENT, "unknown", _("The inventory knows no \"%s\"."),
		invocation->arguments[0]);
	error_next(error,
		_("Give the ID (D12, A3, T5, C9, V7, M3, H3), serial, WWN, UUID, /dev path, "
		  "code, number or name, in full; a new drive is entered by: haiki inventory "
		  "scan"));
	return command_failed(error);
}

static const struct command commands[] = {
	{ "scan", "", 0, 0, N_("look for drives and enter them into the store"), NULL, { NULL }, 0,
		inventory_scan, true },
	{ "list", "[NOUN]", 0, 1, N_("list what the store knows"),
		N_("NOUN is one of: drives (as without it), arrays, tenants, contracts, volumes, "
		   "vms, rules, generations, holds, key-copies, events."),
		{ NULL }, 0, list, false },
	{ "watch", "", 0, 0, N_("follow drives as they come and go"),
		N_("Looks at all drives, then says who appears and vanishes, a line each, and "
		   "keeps "
		   "the store up to date, until it is ended (Ctrl-C). With --json a line is one "
		   "JSON object."),
		{ inventory_watch_table }, sizeof(struct inventory_watch_options), inventory_watch,
		true },
	{ "show", "ID", 1, 1,
		N_("show one drive, array, tenant, contract, volume, VM or hold in full"),
		N_("ID is an inventory ID (D12, A3, T5, C9, V7, M3, H3), a /dev path, or in full "
		   "and "
		   "exactly a serial, a WWN, RACK/SLOT, a tenant's or service's code, a contract's "
		   "number, a VM's UUID, an array's or volume's name."),
		{ NULL }, 0, show, false },
	{ "history", "[ID]", 0, 1, N_("who did what to it, when and why; where a drive was seen"),
		N_("ID is an inventory ID or what the thing is called; without it all events."),
		{ inventory_history_options }, sizeof(struct history_options), inventory_history,
		false },
	{ "custody", "ID STATE", 2, 2, N_("record who has a drive now"),
		N_("STATE is one of: in-service, quarantined, sanitizing, sanitized, reused, "
		   "returned, disposed, destroyed, failed. A drive is sanitized, reused, returned "
		   "or disposed only with a certificate that proves the level the policy wants."),
		{ inventory_custody_options }, sizeof(struct custody_options), inventory_custody,
		false },
	{ "place", "ID", 1, 1, N_("record where a drive is: site, rack, slot"), NULL,
		{ inventory_place_options }, sizeof(struct place_options), inventory_place, false },
	{ "label", "ID", 1, 1, N_("record asset number, zone, tenant or service code of a drive"),
		N_("\"\" takes a label off. A zone that is set changes when the drive is reused; a "
		   "wrong entry is corrected with --reason."),
		{ inventory_label_options }, sizeof(struct label_options), inventory_label, false },
	{ "tenant add", "CODE", 1, 1, N_("enter a tenant"), NULL, { tenant_options },
		sizeof(struct tenant_values), tenant_add, false },
	{ "tenant change", "TENANT", 1, 1, N_("change what is known of a tenant"),
		N_("Only what is given is changed. --contact replaces all contacts."),
		{ tenant_options }, sizeof(struct tenant_values), tenant_change, false },
	{ "tenant remove", "TENANT", 1, 1, N_("remove a tenant that nothing refers to"), NULL,
		{ NULL }, 0, tenant_remove, false },
	{ "contract add", "NUMBER", 1, 1, N_("enter a contract of a tenant"),
		N_("Days are calendar days in Asia/Tokyo, written 2027-03-31; the end is the last "
		   "day."),
		{ contract_options }, sizeof(struct contract_values), contract_add, false },
	{ "contract change", "NUMBER", 1, 1, N_("change a contract"),
		N_("Only what is given is changed; --end \"\" takes the end away."),
		{ contract_options }, sizeof(struct contract_values), contract_change, false },
	{ "vm add", "UUID", 1, 1, N_("enter a VM: whose it is"),
		N_("Before it is deleted after its contract, its platform must bear the same "
		   "service code on it."),
		{ vm_options }, sizeof(struct vm_values), vm_add, false },
	{ "vm change", "VM", 1, 1, N_("change what is known of a VM"),
		N_("VM is its ID (M3) or its UUID. Only what is given is changed; its service code "
		   "and platform not any more once its deletion has begun."),
		{ vm_options }, sizeof(struct vm_values), vm_change, false },
	{ "volume link", "VOLUME TENANT", 2, 2, N_("say whose a volume is"),
		N_("A person's word beats tags and rules. What came from the volume follows it."),
		{ volume_options }, sizeof(struct volume_values), volume_link, false },
	{ "volume unlink", "VOLUME", 1, 1, N_("say that a volume is nobody's"),
		N_("Tags and rules do not link it again; \"volume relink\" lets them."),
		{ volume_options }, sizeof(struct volume_values), volume_unlink, false },
	{ "volume relink", "VOLUME", 1, 1, N_("let tags and rules say whose a volume is"), NULL,
		{ volume_options }, sizeof(struct volume_values), volume_relink, false },
	{ "rule add", "KIND PATTERN TENANT", 3, 3, N_("link volumes to a tenant by a rule"),
		N_("KIND is one of: lv-tag, luks-label, path, path-glob, vm, vm-name. A path that "
		   "ends with / means everything below it; HOST:/PATH means one host only."),
		{ NULL }, 0, rule_add, false },
	{ "rule remove", "KIND PATTERN", 2, 2, N_("remove a rule"), NULL, { NULL }, 0, rule_remove,
		false },
	{ "import", "FILE…", 1, ANY_NUMBER, N_("enter what files say, CSV or JSON: all or nothing"),
		N_("docs/import.md names the columns."), { import_options },
		sizeof(struct import_values), inventory_import, false },
	{ "export", "KIND", 1, 1, N_("write all of a kind as CSV or JSON"),
		N_("KIND is one of: tenants, rules, contracts, drives, volumes, vms, generations."),
		{ export_options }, sizeof(struct export_values), inventory_export, false },
	{ "hold place", "TARGET", 1, 1, N_("forbid to destroy what TARGET carries"),
		N_("TARGET is a drive, an array, a volume, a tenant or a VM. It blocks at once; a "
		   "second "
		   "person confirms it."),
		{ inventory_hold_place_options }, sizeof(struct hold_options), inventory_hold_place,
		false },
	{ "hold confirm", "HOLD", 1, 1, N_("confirm a hold that another person placed"), NULL,
		{ NULL }, 0, inventory_hold_confirm, false },
	{ "hold lift", "HOLD", 1, 1, N_("ask to lift a hold; it goes on blocking"), NULL,
		{ inventory_hold_reason_options }, sizeof(struct hold_options), inventory_hold_lift,
		false },
	{ "hold lift-confirm", "HOLD", 1, 1, N_("lift a hold, as another person asked"), NULL,
		{ NULL }, 0, inventory_hold_lift_confirm, false },
	{ "hold lift-cancel", "HOLD", 1, 1, N_("keep a hold that somebody asked to lift"), NULL,
		{ NULL }, 0, inventory_hold_lift_cancel, false },
	{ "encryption record", "ID", 1, 1,
		N_("record that a drive or volume was encrypted from its first write"),
		N_("Only then does the destruction of its LUKS keys count as an erasure. It ends "
		   "when the drive is sanitized, and does not count while anything else than LUKS "
		   "is on it."),
		{ encryption_record_options }, sizeof(struct encryption_options),
		encryption_record_command, false },
	{ "encryption revoke", "ID", 1, 1, N_("take such a record back"), NULL,
		{ encryption_revoke_options }, sizeof(struct encryption_options),
		encryption_revoke_command, false },
	{ "key-copy record", "UUID PLACE", 2, 2,
		N_("record that a copy of a LUKS header lies somewhere"),
		N_("UUID is that of the LUKS volume, PLACE is HOST:/PATH or any words. A copy of a "
		   "header is a copy of its keys; so is a detached header. It stays on the "
		   "certificate of its drive until it is destroyed."),
		{ NULL }, 0, key_copy_record_command, false },
	{ "key-copy destroyed", "ID", 1, 1, N_("record that a copy of a LUKS header was destroyed"),
		NULL, { key_copy_destroyed_options }, sizeof(struct key_copy_options),
		key_copy_destroyed_command, false },
};

const struct command_group inventory_group = {
	.name = "inventory",
	.summary = N_("what exists and whose it is"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
