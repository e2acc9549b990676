/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives: look for them, list them, show one with what it carries and its jobs. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/describe_flags.h"
#include "cli/format.h"
#include "cli/inventory_custody.h"
#include "cli/inventory_keys.h"
#include "cli/inventory_leave.h"
#include "cli/inventory_tree.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/settings.h"
#include "inventory/scan/scan.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct table_column columns[] = {
	{ N_("ID"), false, true },
	{ N_("SERIAL"), false, true },
	{ N_("MODEL"), false, false },
	{ N_("SIZE"), true, true },
	{ N_("TRANSPORT"), false, true },
	{ N_("MEDIA"), false, true },
	{ N_("CARRIES"), false, false },
	{ N_("NAME"), false, true },
	{ N_("HOST"), false, false },
	{ N_("STATE"), false, true },
	{ N_("FLAGS"), false, false },
	{ N_("CUSTODY"), false, true },
	{ N_("PLACE"), false, true },
	{ N_("NOTE"), false, false },
};

/* "SITE/RACK/SLOT", as far as it is known. */
static void format_place(const struct drive_record *record, char *ret, size_t size)
{
	const char *const parts[] = { record->site, record->rack, record->slot };
	size_t length = 0;
	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(parts) && length < size; i++)
		if (parts[i][0])
			length += (size_t)snprintf(ret + length, size - length, "%s%s",
				length > 0 ? "/" : "", parts[i]);
}
#define PLACE_SIZE (3 * sizeof(((struct drive_record *)NULL)->site))

/* What one row or one JSON object says. Borrowed. */
struct row {
	int64_t id; /* 0: not in the store */
	const struct drive_identity *identity;
	const struct native_capacity *native;
	const struct signature_list *signatures;
	bool probed, present;
	const char *name, *host, *note;
	const struct drive_record *record; /* NULL: found, not entered */
	const struct flag *flags;
	size_t flag_count;
};

/* In service is what most are, and goes without saying. */
static void add_custody(struct table *table, const struct drive_record *record)
{
	char place[PLACE_SIZE] = "";
	bool in_service = !record || strcmp(record->custody, "in-service") == 0;
	if (record)
		format_place(record, place, sizeof(place));
	table_cell(table, "%s", in_service ? "" : record->custody);
	table_cell(table, "%s", place);
}

static void add_row(struct table *table, const struct row *row)
{
	char layers[160], flags[160], size[FORMAT_SIZE];
	describe_flags_short(row->flags, row->flag_count, flags, sizeof(flags));
	describe_layers_short(row->signatures, row->probed, layers, sizeof(layers));
	format_bytes(row->identity->capacity_bytes, size);
	if (row->identity->capacity_bytes == 0)
		size[0] = '\0'; /* it could not be opened */
	if (row->id > 0)
		table_cell(table, "D%" PRId64, row->id);
	else
		table_cell(table, "-");
	table_cell(table, "%s", row->identity->serial);
	table_cell(table, "%s", row->identity->model);
	table_cell(table, "%s", size);
	table_cell(table, "%s", describe_transport(row->identity->transport));
	table_cell(table, "%s", describe_media(row->identity->media));
	table_cell(table, "%s", layers);
	table_cell(table, "%s", row->name);
	table_cell(table, "%s", row->host);
	table_cell(table, "%s", row->present ? "" : _("absent"));
	table_cell(table, "%s", flags);
	add_custody(table, row->record);
	table_cell(table, "%s", row->note);
}

static int put_record(json_t *json, const struct drive_record *record)
{
	char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
	clock_format(record->first_seen_utc_ms, first);
	clock_format(record->last_seen_utc_ms, last);
	if (json_put_string(json, "first_seen_utc", first) < 0 ||
		json_put_string(json, "last_seen_utc", last) < 0 ||
		json_put_string(json, "asset_number", record->asset_number) < 0 ||
		json_put_string(json, "zone", record->zone) < 0 ||
		json_put_string(json, "tenant", record->tenant) < 0 ||
		json_put_string(json, "service_code", record->service_code) < 0 ||
		json_put_string(json, "twin", twin_kind_name(record->twin)) < 0 ||
		json_put_string(json, "twin_path", record->twin_path) < 0 ||
		json_put_string(json, "custody", record->custody) < 0 ||
		json_put_string(json, "site", record->site) < 0 ||
		json_put_string(json, "rack", record->rack) < 0 ||
		json_put_string(json, "slot", record->slot) < 0)
		return -ENOMEM;
	return 0;
}

static json_t *row_json(const struct row *row)
{
	AUTO_JSON json_t *json = json_object();
	char id[DRIVE_ID_MAX] = "";
	if (row->id > 0)
		snprintf(id, sizeof(id), "D%" PRId64, row->id);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put(json, "identity", describe_identity_json(row->identity)) < 0 ||
		json_put(json, "native", describe_native_json(row->native)) < 0 ||
		json_put(json, "layers", describe_layers_json(row->signatures)) < 0 ||
		json_put_integer(json, "layers_known", row->probed) < 0 ||
		json_put_integer(json, "present", row->present) < 0 ||
		json_put_string(json, "host", row->host) < 0 ||
		json_put_string(json, "note", row->note) < 0 ||
		json_put(json, "flags", describe_flags_json(row->flags, row->flag_count)) < 0 ||
		(row->record && put_record(json, row->record) < 0))
		return NULL;
	return json_incref(json);
}

/* All drives of the store with their flags, to be found by id. */
struct known {
	struct drive_list drives;
	const struct drive_record **by_id; /* owned */
	struct flag_list flags;
};

static void known_free(struct known *known)
{
	drive_list_free(&known->drives);
	flag_list_free(&known->flags);
	free(known->by_id);
}

static int compare_records(const void *a, const void *b)
{
	const struct drive_record *const *one = a;
	const struct drive_record *const *other = b;
	return (*one)->id < (*other)->id ? -1 : (*one)->id > (*other)->id;
}

static int known_read(struct store *store, struct known *ret, struct error *error)
{
	int r = drives_list(store, &ret->drives, error);
	if (r == 0)
		r = flags_list(store, &ret->flags, error);
	if (r < 0)
		return r;
	ret->by_id = calloc(ret->drives.count + 1, sizeof(const struct drive_record *));
	if (!ret->by_id)
		return error_no_memory(error);
	for (size_t i = 0; i < ret->drives.count; i++)
		ret->by_id[i] = &ret->drives.items[i];
	if (ret->drives.count > 1)
		qsort(ret->by_id, ret->drives.count, sizeof(*ret->by_id), compare_records);
	return 0;
}

static const struct drive_record *known_find(const struct known *known, int64_t id)
{
	const struct drive_record wanted = { .id = id };
	const struct drive_record *key = &wanted;
	if (id == 0 || known->drives.count == 0)
		return NULL;
	const struct drive_record **found = bsearch(
		&key, known->by_id, known->drives.count, sizeof(*known->by_id), compare_records);
	return found ? *found : NULL;
}

static struct row row_of_found(
	const struct found_drive *drive, const struct known *known, const char *host)
{
	struct row row = { .identity = &drive->identity,
		.native = &drive->native,
		.signatures = &drive->signatures,
		.probed = drive->probed,
		.present = true,
		.name = drive->identity.name[0] ? drive->identity.name : drive->path,
		.host = host,
		.note = drive->error.kind == ERROR_NONE ? "" : drive->error.what,
		.record = known_find(known, drive->id) };
	if (row.record) {
		row.id = row.record->id;
		row.flags = flags_find(&known->flags, row.id, &row.flag_count);
	}
	return row;
}

static int print_found(const struct invocation *invocation, const struct found_list *found,
	const struct known *known, const char *host, struct error *error)
{
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_OUTPUT_LIST struct output_list drives;
	output_list_begin(&drives, "drives");
	for (size_t i = 0; i < found->count; i++) {
		struct row row =
			row_of_found(&found->items[i], known, invocation->json ? host : "");
		if (invocation->json)
			output_list_add(&drives, row_json(&row));
		else
			add_row(&table, &row);
	}
	if (invocation->json)
		return output_list_end(&drives, error);
	return found->count > 0 ? output_table(&table, error) : 0;
}

enum error_kind inventory_scan(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_FOUND struct found_list found = { 0 };
	CLEANUP(known_free) struct known known = { 0 };
	struct clock_reading now;
	char host[SETTINGS_HOST_SIZE];
	clock_read(&now);
	if (settings_host(host, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		scan_drives(SCAN_SIGNATURES, &found, error) < 0 ||
		scan_record(store, &found, host, now.utc_ms, error) < 0 ||
		known_read(store, &known, error) < 0 ||
		print_found(invocation, &found, &known, host, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i].key_copies > 0)
			describe_key_copies(&found.items[i].identity);
	if (found.count == 0 && !invocation->json)
		output_line(stderr, _("haiki: the kernel of %s shows no drive."), host);
	return ERROR_NONE;
}

/* A drive as the store has it. */
static struct row row_of(const struct drive_record *record, const struct signature_list *signatures)
{
	return (struct row){ .id = record->id,
		.identity = &record->identity,
		.native = &record->native,
		.signatures = signatures,
		.probed = !record->last_error[0],
		.present = record->present,
		.name = record->identity.name,
		.host = record->host,
		.note = record->last_error,
		.record = record };
}

enum error_kind drives_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_DRIVES struct drive_list list = { 0 };
	AUTO_DRIVE_LAYERS struct drive_layers_list layers = { 0 };
	AUTO_FLAGS struct flag_list flags = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_OUTPUT_LIST struct output_list drives;
	output_list_begin(&drives, "drives");
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		drives_list(store, &list, error) < 0 ||
		drives_signatures_all(store, &layers, error) < 0 ||
		flags_list(store, &flags, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < list.count; i++) {
		const struct drive_record *record = &list.items[i];
		struct row row = row_of(record, drive_layers_find(&layers, record->id));
		row.flags = flags_find(&flags, record->id, &row.flag_count);
		if (invocation->json)
			output_list_add(&drives, row_json(&row));
		else
			add_row(&table, &row);
	}
	int r = invocation->json ? output_list_end(&drives, error) : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

static void print_field(const char *name, const char *value)
{
	if (*value)
		output_line(stdout, "  %s%*s  %s", name, format_padding(name, 25), "", value);
}

static void show_identity(const struct drive_record *record)
{
	const struct drive_identity *identity = &record->identity;
	char label[IDENTITY_LABEL_MAX], text[FORMAT_SIZE], time[DESCRIBE_TIME_SIZE];
	char place[PLACE_SIZE];
	format_place(record, place, sizeof(place));
	identity_label(identity, label);
	output_line(stdout, "D%" PRId64 "  %s", record->id, label);
	print_field(_("serial"), identity->serial);
	print_field("WWN", identity->wwn);
	print_field(_("vendor"), identity->vendor);
	print_field(_("model"), identity->model);
	print_field(_("firmware"), identity->firmware);
	print_field(_("transport"), describe_transport(identity->transport));
	print_field(_("media"), describe_media(identity->media));
	print_field(_("backing file"), identity->backing);
	format_bytes_exact(identity->capacity_bytes, text);
	print_field(_("capacity"), text);
	if (record->native.source != NATIVE_UNKNOWN)
		format_bytes_exact(record->native.native_bytes, text);
	print_field(_("native capacity"),
		record->native.source == NATIVE_UNKNOWN ? _("unknown") : text);
	snprintf(text, sizeof(text), "%u / %u B", identity->logical_sector_bytes,
		identity->physical_sector_bytes);
	print_field(_("logical / physical sector"), text);
	print_field(_("host"), record->host);
	print_field(_("custody"), record->custody);
	print_field(_("place"), place);
	print_field(_("asset number"), record->asset_number);
	print_field(_("zone"), record->zone);
	print_field(_("tenant"), record->tenant);
	print_field(_("service code"), record->service_code);
	describe_time(record->last_seen_utc_ms, time);
	print_field(_("last seen"), time);
	if (record->twin == TWIN_PATH)
		print_field(_("second path"), record->twin_path);
	if (!record->present)
		output_line(stdout, "  %s", _("absent at the last scan of its host"));
	print_field(_("last problem"), record->last_error);
}

static int add_job(struct table *table, json_t *array, const struct job_record *job,
	const struct job_result *result, const char *certificate, struct error *error)
{
	char created[DESCRIBE_TIME_SIZE], utc[CLOCK_TEXT_SIZE];
	describe_time(job->created_utc_ms, created);
	clock_format(job->created_utc_ms, utc);
	table_cell(table, "%s", job->id);
	table_cell(table, "%s", created);
	table_cell(table, "%s", describe_state(job->state));
	table_cell(table, "%s", describe_outcome(result->verdict.outcome));
	table_cell(table, "%s", certificate);
	json_t *json = json_object();
	if (!json || json_put_string(json, "job", job->id) < 0 ||
		json_put_string(json, "created_utc", utc) < 0 ||
		json_put_string(json, "state", job_state_name(job->state)) < 0 ||
		json_put_string(json, "outcome", outcome_name(result->verdict.outcome)) < 0 ||
		json_put_string(json, "certificate", certificate) < 0) {
		json_decref(json);
		return error_no_memory(error);
	}
	return json_push(array, json) < 0 ? error_no_memory(error) : 0;
}

static int collect_jobs(struct store *store, const struct drive_identity *identity,
	struct table *table, json_t *array, struct error *error)
{
	AUTO_JOBS struct job_list jobs = { 0 };
	int r = jobs_of_drive(store, identity->serial, identity->wwn, &jobs, error);
	for (size_t i = 0; r == 0 && i < jobs.count; i++) {
		struct job_result result = { 0 };
		/* The latest there is, also of a job that was cut and may still go on. */
		AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
		r = result_read(store, jobs.items[i].id, &result, error);
		if (r == 0)
			r = certificates_latest(store, jobs.items[i].id, &certificate, error);
		if (r >= 0)
			r = add_job(table, array, &jobs.items[i], &result, certificate.name, error);
	}
	return r;
}

static void show_flags(const struct flag_list *flags)
{
	for (size_t i = 0; i < flags->count; i++) {
		char text[512];
		describe_flag(&flags->items[i], text, sizeof(text));
		print_field(i == 0 ? _("beware") : "", text);
	}
}

/* All that is said of one drive. */
struct shown {
	const struct drive_record *record;
	struct signature_list signatures;
	struct flag_list flags;
	struct tree tree;
	struct leave leave;
	struct table jobs;
	json_t *jobs_json;                    /* owned */
	json_t *holds_json, *encryption_json; /* owned */
};

static const struct table_column job_columns[] = {
	{ N_("JOB"), false, true },
	{ N_("CREATED"), false, true },
	{ N_("STATE"), false, true },
	{ N_("OUTCOME"), false, true },
	{ N_("CERTIFICATE"), false, true },
};

static void shown_free(struct shown *shown)
{
	signature_list_free(&shown->signatures);
	flag_list_free(&shown->flags);
	tree_free(&shown->tree);
	leave_free(&shown->leave);
	table_free(&shown->jobs);
	json_decref(shown->jobs_json);
	json_decref(shown->holds_json);
	json_decref(shown->encryption_json);
}

static int read_shown(
	struct store *store, const struct live *live, struct shown *shown, struct error *error)
{
	const struct drive_record *record = shown->record;
	const struct subject subject = { SUBJECT_DRIVE, record->id };
	if (!shown->jobs_json)
		return error_no_memory(error);
	int r = drives_signatures(store, record->id, &shown->signatures, error);
	if (r == 0)
		r = flags_of_drive(store, record->id, &shown->flags, error);
	if (r == 0)
		r = tree_read(store, &subject, live, &shown->tree, error);
	if (r == 0)
		r = leave_read(store, live, record, &shown->tree, &shown->leave, error);
	if (r == 0)
		r = collect_jobs(store, &record->identity, &shown->jobs, shown->jobs_json, error);
	if (r == 0)
		r = holds_on_drive_json(store, &record->identity, &shown->holds_json, error);
	if (r == 0)
		r = encryption_on_drive_json(
			store, &record->identity, &shown->encryption_json, error);
	return r;
}

static int show_text(struct store *store, const struct shown *shown, struct error *error)
{
	char tenants[512];
	show_identity(shown->record);
	show_flags(&shown->flags);
	int r = holds_print_on_drive(store, &shown->record->identity, error);
	if (r == 0)
		r = encryption_print_on_drive(store, &shown->record->identity, error);
	if (r < 0)
		return r;
	output_line(stdout, "%s", "");
	leave_print(&shown->leave, shown->record);
	tree_tenants(&shown->tree, tenants, sizeof(tenants));
	if (tenants[0])
		output_line(stdout, _("Tenants on it, now or formerly: %s"), tenants);
	output_line(stdout, "%s", "");
	output_line(stdout, "%s%s", _("What it carries"),
		shown->record->last_error[0] ? _(": not all could be read")
		: shown->tree.count == 0     ? _(": nothing known")
					     : "");
	tree_print(stdout, &shown->tree);
	if (shown->signatures.truncated)
		output_line(stdout, "  %s", _("… and more than can be listed"));
	output_line(stdout, "%s", "");
	output_line(stdout, "%s%s", _("Jobs"), shown->jobs.cell_count == 0 ? _(": none") : "");
	return shown->jobs.cell_count > 0 ? output_table(&shown->jobs, error) : 0;
}

static json_t *shown_json(const struct shown *shown)
{
	struct row row = row_of(shown->record, &shown->signatures);
	row.flags = shown->flags.items;
	row.flag_count = shown->flags.count;
	AUTO_JSON json_t *json = row_json(&row);
	if (!json || json_put(json, "holds", json_incref(shown->holds_json)) < 0 ||
		json_put(json, "encryption", json_incref(shown->encryption_json)) < 0 ||
		json_put(json, "jobs", json_incref(shown->jobs_json)) < 0 ||
		json_put(json, "tree", tree_json(&shown->tree)) < 0 ||
		json_put(json, "arrays", leave_json(&shown->leave)) < 0)
		return NULL;
	return json_incref(json);
}

static int show_drive(struct store *store, const struct live *live,
	const struct drive_record *record, bool as_json, json_t *drives, struct error *error)
{
	CLEANUP(shown_free)
	struct shown shown = {
		.record = record,
		.jobs = TABLE_INIT(job_columns),
		.jobs_json = json_array(),
	};
	int r = read_shown(store, live, &shown, error);
	if (r < 0)
		return r;
	if (!as_json)
		return show_text(store, &shown, error);
	return json_push(drives, shown_json(&shown)) < 0 ? error_no_memory(error) : 0;
}

int drives_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	AUTO_LIVE struct live live = { 0 };
	AUTO_JSON json_t *drives = json_array();
	char host[SETTINGS_HOST_SIZE];
	if (!drives)
		return error_no_memory(error);
	int r = drives_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	/* Where it is now is an addition: what the store knows is shown without it. */
	struct error ignored = { 0 };
	bool known =
		settings_host(host, &ignored) == 0 && live_read(NULL, host, &live, &ignored) == 0;
	for (size_t i = 0; i < list.count; i++) {
		r = show_drive(store, known ? &live : NULL, &list.items[i], invocation->json,
			drives, error);
		if (r < 0)
			return r;
	}
	if (invocation->json)
		r = output_list_json("drives", json_incref(drives), error);
	return r < 0 ? r : 1;
}
