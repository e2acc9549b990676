/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks a platform, or tells it, one thing; for the tests:
 *
 *   platform_ask KIND URL USER PASSWORD CA TIMEOUT_MS WORD [UUID [SURVEY]]
 *
 * HAIKI_OWN_PROCESSES=1 (tests/host/lib.sh): somebody answers for the processes outside.
 *
 * WORD is list, clock, survey, again (survey, and once more when a line comes in), off, snapshots, erase, require (erase
 * where it is required), remove or look; SURVEY is a
 * file with an earlier survey, else the VM is surveyed anew. Prints JSON, or "CODE errno: sentence" and ends with 1. */
#include "base/file.h"
#include "wipe/platform/vsphere.h"

#include <stdio.h>
#include <string.h>

struct asking {
	const struct platform_kind *kind;
	struct platform *platform;
	struct platform_pace pace;
	struct machine machine;
};

static void print_json(json_t *value)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	if (!value || json_write_canonical(value, &text) != 0)
		abort();
	puts(buffer_text(&text));
	json_decref(value);
}

static int ask_list(struct asking *asking, struct error *error)
{
	AUTO_MACHINES struct machine_list list = { 0 };
	int result = asking->kind->list(asking->platform, &list, error);
	for (size_t i = 0; result == 0 && i < list.count; i++)
		printf("%s\t%s\t%s\t%s\n", list.items[i].uuid, list.items[i].name,
			list.items[i].service_code, machine_power_name(list.items[i].power));
	return result;
}

static int ask_clock(struct asking *asking, struct error *error)
{
	int64_t utc_ms = 0;
	int result = asking->kind->clock(asking->platform, &utc_ms, error);
	if (result == 0)
		printf("%lld\n", (long long)utc_ms);
	return result;
}

static int ask_survey(struct asking *asking, struct error *error)
{
	json_t *survey = NULL;
	(void)error;
	if (machine_to_json(&asking->machine, &survey) != 0)
		abort();
	print_json(survey);
	return 0;
}

/* In one session: surveyed, then again once a line came in. */
static int ask_again(struct asking *asking, struct error *error)
{
	char uuid[sizeof(asking->machine.uuid)];
	int result = ask_survey(asking, error);
	(void)fflush(stdout);
	while (getchar() != '\n')
		if (feof(stdin))
			abort();
	memcpy(uuid, asking->machine.uuid, sizeof(uuid));
	machine_free(&asking->machine);
	if (result == 0)
		result = asking->kind->survey(asking->platform, uuid, &asking->machine, error);
	return result == 0 ? ask_survey(asking, error) : result;
}

static int ask_off(struct asking *asking, struct error *error)
{
	bool was_off = false;
	int result = asking->kind->power_off(
		asking->platform, &asking->machine, &asking->pace, &was_off, error);
	if (result == 0)
		puts(was_off ? "was-off" : "done");
	return result;
}

static int ask_snapshots(struct asking *asking, struct error *error)
{
	unsigned count = 0;
	int result = asking->kind->remove_snapshots(
		asking->platform, &asking->machine, &asking->pace, &count, error);
	if (result == 0)
		printf("%u\n", count);
	return result;
}

static int ask_erase(struct asking *asking, struct error *error)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i < asking->machine.disk_count; i++) {
		json_t *facts = NULL;
		result = asking->kind->erase(
			asking->platform, &asking->machine, i, &asking->pace, &facts, error);
		if (result == 0)
			print_json(facts);
	}
	return result;
}

static int ask_require(struct asking *asking, struct error *error)
{
	asking->pace.erasure_required = true;
	int result = ask_snapshots(asking, error);
	return result == 0 ? ask_erase(asking, error) : result;
}

static int ask_remove(struct asking *asking, struct error *error)
{
	char answer[128] = "";
	int result = asking->kind->remove(
		asking->platform, &asking->machine, &asking->pace, answer, error);
	if (result == 0)
		puts(answer);
	return result;
}

static int ask_look(struct asking *asking, struct error *error)
{
	struct machine_look look = { 0 };
	int result = asking->kind->look(asking->platform, &asking->machine, &look, error);
	if (result == 0)
		printf("%s %s %s\n", presence_name(look.hypervisor), presence_name(look.datastore),
			presence_name(look.storage));
	for (size_t i = 0; i < look.left_count; i++)
		puts(look.left[i]);
	machine_look_free(&look);
	return result;
}

static int read_survey(
	struct asking *asking, const char *uuid, const char *path, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_JSON json_t *survey = NULL;
	if (!path)
		return asking->kind->survey(asking->platform, uuid, &asking->machine, error);
	int result = file_read(path, &text, error);
	if (result == 0)
		result = json_parse(text.data, text.length, path, &survey, error);
	if (result == 0)
		result = machine_from_json(survey, &asking->machine, error);
	(void)snprintf(asking->machine.uuid, sizeof(asking->machine.uuid), "%s", uuid);
	return result;
}

static int ask(struct asking *asking, const char *word, const char *uuid, const char *path,
	struct error *error)
{
	static const struct {
		const char *word;
		int (*call)(struct asking *asking, struct error *error);
	} words[] = {
		{ "list", ask_list },
		{ "clock", ask_clock },
		{ "survey", ask_survey },
		{ "again", ask_again },
		{ "off", ask_off },
		{ "snapshots", ask_snapshots },
		{ "erase", ask_erase },
		{ "require", ask_require },
		{ "remove", ask_remove },
		{ "look", ask_look },
	};
	int result = uuid ? read_survey(asking, uuid, path, error) : 0;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].call(asking, error);
	return result;
}

/* A time limit is asked for by what has one. */
static int open_it(struct asking *asking, const struct config_platform *config, uint64_t timeout_ms,
	struct error *error)
{
	return timeout_ms > 0 && asking->kind == &platform_vsphere
		       ? vsphere_open(config, timeout_ms, &asking->platform, error)
		       : asking->kind->open(config, &asking->platform, error);
}

int main(int argc, char **argv)
{
	struct config_platform config = { .name = "main", .service_field = "haiki.service" };
	struct error error = { 0 };
	if (argc < 8)
		return 2;
	struct asking asking = { .kind = platform_kind_find(argv[1]),
		.pace.outside_vouched = getenv("HAIKI_OWN_PROCESSES") != NULL };
	if (!asking.kind)
		return 2;
	(void)snprintf(config.kind, sizeof(config.kind), "%s", argv[1]);
	(void)snprintf(config.url, sizeof(config.url), "%s", argv[2]);
	(void)snprintf(config.user, sizeof(config.user), "%s", argv[3]);
	(void)snprintf(config.password, sizeof(config.password), "%s", argv[4]);
	(void)snprintf(config.ca, sizeof(config.ca), "%s", argv[5]);
	int result = open_it(&asking, &config, strtoull(argv[6], NULL, 10), &error);
	if (result == 0)
		result = ask(&asking, argv[7], argc > 8 ? argv[8] : NULL, argc > 9 ? argv[9] : NULL,
			&error);
	if (result != 0)
		printf("%s %d %s: %s\n", error.code, result, error_kind_name(error.kind),
			error.what);
	machine_free(&asking.machine);
	if (asking.platform)
		(void)asking.kind->close(asking.platform);
	return result == 0 ? 0 : 1;
}
