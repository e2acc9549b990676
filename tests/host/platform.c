/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call to a platform, for the tests, with its answer as JSON: what haiki wipe expired does, one step at a time.
 *
 *   platform KIND URL list
 *   platform KIND URL survey UUID                   the survey, to be kept in a file
 *   platform KIND URL off|snapshots|erase|remove|look UUID SURVEY
 *
 * REQUIRED=1: what cannot be erased is an error. An error is its code and its sentence on stderr, and exit 1. */
#include "wipe/platform/platform.h"

#include <stdio.h>
#include <string.h>

static int fail(const struct error *error)
{
	(void)fprintf(
		stderr, "%s %d: %s | %s\n", error->code, error->kind, error->what, error->next);
	return 1;
}

static int print(json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(1) | JSON_SORT_KEYS);
	(void)puts(text ? text : "?");
	free(text);
	json_decref(value);
	return 0;
}

static json_t *texts(char *const *items, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(array, json_string(items[i]));
	return array;
}

static int list(const struct platform_kind *kind, struct platform *platform, struct error *error)
{
	AUTO_MACHINES struct machine_list machines = { 0 };
	if (kind->list(platform, &machines, error) < 0)
		return fail(error);
	json_t *array = json_array();
	for (size_t i = 0; i < machines.count; i++) {
		const struct machine *machine = &machines.items[i];
		(void)json_array_append_new(
			array, json_pack("{s:s,s:s,s:s,s:s}", "uuid", machine->uuid, "name",
				       machine->name, "service_code", machine->service_code,
				       "power", machine_power_name(machine->power)));
	}
	return print(array);
}

static int survey(const struct platform_kind *kind, struct platform *platform, const char *uuid,
	struct error *error)
{
	AUTO_MACHINE struct machine machine = { 0 };
	json_t *answer = NULL;
	if (kind->survey(platform, uuid, &machine, error) < 0)
		return fail(error);
	return machine_to_json(&machine, &answer) < 0 ? 1 : print(answer);
}

static int erase(const struct platform_kind *kind, struct platform *platform,
	const struct machine *machine, struct error *error)
{
	const struct platform_pace pace = { .erasure_required = getenv("REQUIRED") != NULL,
		.outside_vouched = getenv("HAIKI_OWN_PROCESSES") != NULL };
	json_t *all = json_array();
	for (size_t i = 0; i < machine->disk_count; i++) {
		AUTO_JSON json_t *facts = NULL;
		if (kind->erase(platform, machine, i, &pace, &facts, error) < 0) {
			json_decref(all);
			return fail(error);
		}
		(void)json_array_extend(all, facts);
	}
	return print(all);
}

static int look(const struct platform_kind *kind, struct platform *platform,
	const struct machine *machine, struct error *error)
{
	AUTO_LOOK struct machine_look seen = { 0 };
	if (kind->look(platform, machine, &seen, error) < 0)
		return fail(error);
	return print(json_pack("{s:s,s:s,s:s,s:o}", "hypervisor", presence_name(seen.hypervisor),
		"datastore", presence_name(seen.datastore), "storage", presence_name(seen.storage),
		"left", texts(seen.left, seen.left_count)));
}

static int step(const struct platform_kind *kind, struct platform *platform, const char *verb,
	const struct machine *machine, struct error *error)
{
	const struct platform_pace pace = { 0 };
	bool was_off = false;
	unsigned count = 0;
	char answer[128] = "";
	if (strcmp(verb, "off") == 0)
		return kind->power_off(platform, machine, &pace, &was_off, error) < 0
			       ? fail(error)
			       : print(json_pack("{s:s}", "result", was_off ? "was-off" : "done"));
	if (strcmp(verb, "snapshots") == 0)
		return kind->remove_snapshots(platform, machine, &pace, &count, error) < 0
			       ? fail(error)
			       : print(json_pack("{s:i}", "removed", (int)count));
	if (strcmp(verb, "erase") == 0)
		return erase(kind, platform, machine, error);
	if (strcmp(verb, "remove") == 0)
		return kind->remove(platform, machine, &pace, answer, error) < 0
			       ? fail(error)
			       : print(json_pack("{s:s}", "answer", answer));
	return strcmp(verb, "look") == 0 ? look(kind, platform, machine, error) : 2;
}

static int read_survey(
	const char *path, const char *uuid, struct machine *machine, struct error *error)
{
	json_t *kept = json_load_file(path, 0, NULL);
	AUTO_JSON json_t *owned = kept;
	if (!kept || machine_from_json(kept, machine, error) < 0)
		return -1;
	(void)snprintf(machine->uuid, sizeof(machine->uuid), "%s", uuid);
	(void)snprintf(machine->name, sizeof(machine->name), "its-name");
	return 0;
}

static int run(const struct platform_kind *kind, struct platform *platform, int count, char **words)
{
	struct error error = { 0 };
	AUTO_MACHINE struct machine machine = { 0 };
	if (strcmp(words[0], "list") == 0)
		return list(kind, platform, &error);
	if (count < 2)
		return 2;
	if (strcmp(words[0], "survey") == 0)
		return survey(kind, platform, words[1], &error);
	if (count < 3 || read_survey(words[2], words[1], &machine, &error) < 0)
		return fail(&error);
	return step(kind, platform, words[0], &machine, &error);
}

int main(int count, char **words)
{
	struct config_platform config = { .name = "test", .service_field = "haiki.service" };
	struct platform *platform = NULL;
	struct error error = { 0 };
	const struct platform_kind *kind = count >= 4 ? platform_kind_find(words[1]) : NULL;
	if (!kind)
		return 2;
	(void)snprintf(config.kind, sizeof(config.kind), "%s", words[1]);
	(void)snprintf(config.url, sizeof(config.url), "%s", words[2]);
	if (kind->open(&config, &platform, &error) < 0)
		return fail(&error);
	const int status = run(kind, platform, count - 3, words + 3);
	(void)kind->close(platform);
	return status;
}
