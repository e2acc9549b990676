/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line for each entry of a tree, joined by lines as wide as the terminal's letters allow. */
#include "cli/inventory_tree.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/output.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* ---- words ---- */

const char *array_level_text(const char *level, char ret[static 32])
{
	bool raid = strncmp(level, "raid", 4) == 0;
	if (strcmp(level, "container") == 0)
		return _("container");
	for (size_t i = 0; i < 31; i++) {
		ret[i] = level[i];
		if (raid && level[i] >= 'a' && level[i] <= 'z')
			ret[i] = (char)(level[i] - 'a' + 'A');
		if (!level[i])
			return ret;
	}
	ret[31] = '\0';
	return ret;
}

void array_label(const struct array_record *array, char ret[static ARRAY_LABEL_MAX])
{
	char level[32];
	const char *text =
		array->level[0] ? array_level_text(array->level, level) : array->metadata;
	(void)snprintf(ret, ARRAY_LABEL_MAX, text[0] ? "%s (%s)" : "%s", array->name, text);
}

const char *array_state_text(const char *state)
{
	static const struct described words[] = {
		{ "clean", N_("active") },
		{ "active", N_("active") },
		{ "active-idle", N_("active") },
		{ "write-pending", N_("active") },
		{ "readonly", N_("active, read-only") },
		{ "read-auto", N_("active, read-only") },
		{ "degraded", N_("DEGRADED") },
		{ "broken", N_("BROKEN") },
		{ "suspended", N_("suspended") },
		{ "inactive", N_("not assembled") },
		{ "unknown", N_("not known whether it runs") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), state);
}

void array_sync_text(const struct array_record *array, char *ret, size_t size)
{
	static const struct described words[] = {
		{ "resync", N_("synchronizing") },
		{ "recover", N_("rebuilding") },
		{ "check", N_("checking") },
		{ "repair", N_("repairing") },
		{ "reshape", N_("reshaping") },
	};
	const char *text = describe_table_word(words, ARRAY_SIZE(words), array->sync_action);
	ret[0] = '\0';
	if (text == array->sync_action)
		return; /* "idle", "frozen", "" */
	if (array->sync_done_permille < 0)
		(void)snprintf(ret, size, "%s", text);
	else
		(void)snprintf(ret, size, "%s %d.%d %%", text, array->sync_done_permille / 10,
			array->sync_done_permille % 10);
}

const char *member_state_text(const char *state)
{
	static const struct described words[] = {
		{ "active", N_("active") },
		{ "rebuilding", N_("being rebuilt") },
		{ "replacement", N_("replacing another") },
		{ "spare", N_("spare") },
		{ "faulty", N_("FAILED") },
		{ "journal", N_("journal") },
		{ "removed", N_("taken out") },
		{ "unknown", N_("state unknown") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), state);
}

static const char *volume_kind_text(enum volume_kind kind)
{
	static const struct described words[] = {
		{ "lv", N_("logical volume") },
		{ "thin-pool", N_("thin pool") },
		{ "thin", N_("thin volume") },
		{ "snapshot", N_("snapshot") },
		{ "cache", N_("cached volume") },
		{ "luks", "LUKS" },
		{ "dm", N_("device-mapper volume") },
		{ "loop", N_("loop device") },
		{ "file", N_("file") },
		{ "vm-disk", N_("disk of a VM") },
		{ "header-backup", N_("backup of a LUKS header") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), volume_kind_name(kind));
}

const char *volume_state_text(const char *state)
{
	static const struct described words[] = {
		{ "active", N_("active") },
		{ "inactive", N_("not active") },
		{ "locked", N_("not open") },
		{ "suspended", N_("suspended") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), state);
}

/* ---- one line ---- */

#define LINE_MAX_BYTES 2048

/* Add words, two blanks before them; none for an empty text. What does not fit is cut. */
static void PRINTF_LIKE(2, 3) add(char *line, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size_t used = strlen(line);
	if (length > 0)
		(void)snprintf(
			line + used, LINE_MAX_BYTES - used, "%s%s", used > 0 ? "  " : "", text);
}

static void add_size(char *line, uint64_t bytes)
{
	char size[FORMAT_SIZE];
	format_bytes(bytes, size);
	if (bytes > 0)
		add(line, "%s", size);
}

static void add_left(char *line, const struct stand *stand)
{
	char time[DESCRIBE_TIME_SIZE];
	if (stand->left_utc_ms == 0)
		return;
	describe_time(stand->left_utc_ms, time);
	add(line, _("left it %s"), time);
}

static void signature_line(const struct tree_entry *entry, char *line)
{
	const struct signature *signature = &entry->signature;
	if (entry->kind == TREE_PARTITION)
		add(line, "%s %u", _("partition"), signature->partition_number);
	else
		add(line, "%s", describe_usage(signature->usage));
	add(line, "%s", signature->type);
	add_size(line, signature->length_bytes);
	if (signature->label[0])
		add(line, "\"%s\"", signature->label);
	add(line, "%s", signature->uuid);
	if (entry->group[0])
		add(line, _("volume group %s"), entry->group);
	if (entry->mounted[0])
		add(line, _("mounted at %s"), entry->mounted);
}

static void array_line(const struct tree_entry *entry, char *line)
{
	const struct array_record *array = &entry->array;
	char label[ARRAY_LABEL_MAX], sync[64];
	array_label(array, label);
	array_sync_text(array, sync, sizeof(sync));
	add(line, "A%" PRId64, array->id);
	add(line, _("array %s"), label);
	add_size(line, array->size_bytes);
	add(line, "%s", array->uuid);
	add(line, "%s", array->present ? array_state_text(array->state) : _("absent"));
	add(line, "%s", sync);
	if (entry->stand.slot >= 0)
		add(line, _("slot %d"), entry->stand.slot);
	if (entry->stand.left_utc_ms == 0)
		add(line, "%s", member_state_text(entry->stand.state));
	add_left(line, &entry->stand);
}

static void volume_line(const struct tree_entry *entry, char *line)
{
	const struct volume_record *volume = &entry->volume;
	add(line, "V%" PRId64, volume->id);
	add(line, "%s %s", volume_kind_text(volume->kind), volume->name);
	add_size(line, volume->size_bytes);
	add(line, "%s", volume->uuid);
	add(line, "%s", volume->present ? volume_state_text(volume->state) : _("absent"));
	if (entry->tenant[0])
		add(line, _("tenant %s"), entry->tenant);
	add_left(line, &entry->stand);
}

static void drive_line(const struct tree_entry *entry, char *line)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&entry->drive.identity, label);
	add(line, "D%" PRId64, entry->drive.id);
	add(line, "%s", label);
	add(line, "%s", entry->drive.identity.backing);
	add_left(line, &entry->stand);
}

static void line_of(const struct tree_entry *entry, char line[static LINE_MAX_BYTES])
{
	line[0] = '\0';
	if (entry->stand.left_utc_ms != 0)
		add(line, "%s", _("formerly:"));
	switch (entry->kind) {
	case TREE_SIGNATURE:
	case TREE_PARTITION:
		signature_line(entry, line);
		return;
	case TREE_ARRAY:
		array_line(entry, line);
		break;
	case TREE_VOLUME:
		volume_line(entry, line);
		break;
	case TREE_DRIVE:
		drive_line(entry, line);
		break;
	}
	if (entry->again)
		add(line, "%s", _("(as above)"));
}

/* ---- the tree ---- */

struct branches {
	const char *more, *end, *through, *none;
};

/* What the locale says in the order of setlocale(3); main() makes no other letters than UTF-8, but a
 * terminal that is not said to show them gets none for the lines. */
static const struct branches *branches_of_locale(void)
{
	static const struct branches ascii = { "|- ", "`- ", "|  ", "   " };
	static const struct branches lines = { "├─ ", "└─ ", "│  ", "   " };
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);
		if (value && value[0])
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8") ? &lines
										       : &ascii;
	}
	return &ascii;
}

/* Is another entry of this depth below the same one? */
static bool goes_on(const struct tree *tree, size_t index, unsigned depth)
{
	for (size_t i = index + 1; i < tree->count && tree->items[i].depth >= depth; i++)
		if (tree->items[i].depth == depth)
			return true;
	return false;
}

static const char *branch_at(const struct branches *branches, bool here, bool open)
{
	if (here)
		return open ? branches->more : branches->end;
	return open ? branches->through : branches->none;
}

void tree_print(FILE *stream, const struct tree *tree)
{
	const struct branches *branches = branches_of_locale();
	bool open[TREE_DEPTH_MAX + 1] = { false };
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *entry = &tree->items[i];
		char line[LINE_MAX_BYTES], prefix[(TREE_DEPTH_MAX + 1) * 8] = "";
		open[entry->depth] = goes_on(tree, i, entry->depth);
		for (unsigned depth = 0; depth <= entry->depth; depth++) {
			size_t used = strlen(prefix);
			(void)snprintf(prefix + used, sizeof(prefix) - used, "%s",
				branch_at(branches, depth == entry->depth, open[depth]));
		}
		line_of(entry, line);
		output_line(stream, "  %s%s", prefix, line);
	}
	if (tree->truncated)
		output_line(stream, "  %s", _("… and more than can be listed"));
}

void tree_tenants(const struct tree *tree, char *ret, size_t size)
{
	size_t length = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < tree->count; i++) {
		const char *tenant = tree->items[i].tenant;
		bool is_new = tenant[0] != '\0';
		for (size_t j = 0; j < i && is_new; j++)
			is_new = strcmp(tree->items[j].tenant, tenant) != 0;
		if (is_new && length < size)
			length += (size_t)snprintf(
				ret + length, size - length, "%s%s", length ? ", " : "", tenant);
	}
}

/* ---- JSON ---- */

static int put_stand(json_t *json, const struct tree_entry *entry)
{
	char left[CLOCK_TEXT_SIZE] = "";
	if (entry->stand.left_utc_ms != 0)
		clock_format(entry->stand.left_utc_ms, left);
	if (json_put_integer(json, "slot", entry->stand.slot) < 0 ||
		json_put_string(json, "member_state", entry->stand.state) < 0 ||
		json_put_string(json, "left_utc", left) < 0 ||
		json_put_integer(json, "again", entry->again) < 0)
		return -ENOMEM;
	return 0;
}

static int put_text(json_t *json, const char *id, const char *type, const char *name,
	const char *uuid, const char *state)
{
	if (json_put_string(json, "id", id) < 0 || json_put_string(json, "type", type) < 0 ||
		json_put_string(json, "name", name) < 0 ||
		json_put_string(json, "uuid", uuid) < 0 ||
		json_put_string(json, "state", state) < 0)
		return -ENOMEM;
	return 0;
}

static int put_signature(json_t *json, const struct tree_entry *entry)
{
	const struct signature *signature = &entry->signature;
	if (json_put_string(
		    json, "kind", entry->kind == TREE_PARTITION ? "partition" : "signature") < 0 ||
		json_put_string(json, "usage", signature_usage_name(signature->usage)) < 0 ||
		json_put_string(json, "type", signature->type) < 0 ||
		json_put_string(json, "uuid", signature->uuid) < 0 ||
		json_put_string(json, "label", signature->label) < 0 ||
		json_put_integer(json, "offset_bytes", (int64_t)signature->offset_bytes) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)signature->length_bytes) < 0 ||
		json_put_integer(json, "partition", signature->partition_number) < 0 ||
		json_put_string(json, "group", entry->group) < 0 ||
		json_put_string(json, "mounted", entry->mounted) < 0)
		return -ENOMEM;
	return 0;
}

static int put_entry(json_t *json, const struct tree_entry *entry)
{
	char id[SUBJECT_ID_MAX];
	int r = 0;
	subject_format(&entry->stand.upper, id);
	switch (entry->kind) {
	case TREE_SIGNATURE:
	case TREE_PARTITION:
		return put_signature(json, entry);
	case TREE_ARRAY:
		if (json_put_string(json, "kind", "array") < 0 ||
			json_put_integer(json, "size_bytes", (int64_t)entry->array.size_bytes) <
				0 ||
			json_put_integer(json, "present", entry->array.present) < 0)
			return -ENOMEM;
		r = put_text(json, id, entry->array.level, entry->array.name, entry->array.uuid,
			entry->array.state);
		break;
	case TREE_VOLUME:
		if (json_put_string(json, "kind", "volume") < 0 ||
			json_put_integer(json, "size_bytes", (int64_t)entry->volume.size_bytes) <
				0 ||
			json_put_integer(json, "present", entry->volume.present) < 0 ||
			json_put_string(json, "tenant", entry->tenant) < 0)
			return -ENOMEM;
		r = put_text(json, id, volume_kind_name(entry->volume.kind), entry->volume.name,
			entry->volume.uuid, entry->volume.state);
		break;
	case TREE_DRIVE:
		if (json_put_string(json, "kind", "drive") < 0)
			return -ENOMEM;
		r = put_text(json, id, "", entry->drive.identity.name, "", "");
		break;
	}
	return r < 0 ? r : put_stand(json, entry);
}

/* The entries from *index on that lie at this depth, with all below them. */
static json_t *nodes_json(const struct tree *tree, size_t *index, unsigned depth)
{
	AUTO_JSON json_t *nodes = json_array();
	while (nodes && *index < tree->count && tree->items[*index].depth == depth) {
		AUTO_JSON json_t *json = json_object();
		const struct tree_entry *entry = &tree->items[(*index)++];
		if (!json || put_entry(json, entry) < 0 ||
			json_put(json, "children", nodes_json(tree, index, depth + 1)) < 0 ||
			json_push(nodes, json_incref(json)) < 0)
			return NULL;
	}
	return json_incref(nodes);
}

json_t *tree_json(const struct tree *tree)
{
	size_t index = 0;
	return nodes_json(tree, &index, 0);
}
