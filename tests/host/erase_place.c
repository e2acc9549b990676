/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of storage alone, for tests: what a place is, erase it, take it away, look. Prints JSON; an error is
 * {"code","what"}, its exit status that of haiki. */
#include "wipe/storage/storage.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"ERASE_FOLDER=FOLDER erase_place of|erase|remove|look PLACE [required] [vouched] "
	"[rate=BYTES] [latency=MICROSECONDS]";

/* Only what lies in the folder that the test made; in a guest everything. */
static int is_ours(const char *place)
{
	const char *folder = getenv("ERASE_FOLDER");
	size_t length = folder ? strlen(folder) : 0;

	if (access("/run/haiki-guest/settings", F_OK) == 0)
		return 1;
	if (length < 2 || folder[0] != '/' || strstr(place, "/../"))
		return 0;
	if (strncmp(place, "/dev/loop", strlen("/dev/loop")) == 0) {
		const char *loop = getenv("ERASE_LOOP");
		return loop && strcmp(loop, place) == 0;
	}
	return strncmp(place, folder, length) == 0 && place[length] == '/';
}

static int print_json(json_t *value)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);

	if (!value || json_write_canonical(value, &text) < 0)
		return 1;
	(void)printf("%s\n", buffer_text(&text));
	return 0;
}

static int print_error(const struct error *error)
{
	AUTO_JSON json_t *value = json_object();

	if (!value || json_put_string(value, "code", error->code) < 0 ||
		json_put_string(value, "what", error->what) < 0)
		return 1;
	(void)print_json(value);
	return error->kind == ERROR_NONE ? 1 : (int)error->kind;
}

static int do_with(const char *verb, const char *place, const struct platform_pace *pace)
{
	const struct storage_kind *kind = NULL;
	struct error error = { 0 };
	AUTO_JSON json_t *fact = NULL;

	if (strcmp(verb, "look") == 0) {
		(void)printf("%s\n", presence_name(storage_look(place)));
		return 0;
	}
	if (storage_of(place, &kind, &error) < 0)
		return print_error(&error);
	if (strcmp(verb, "of") == 0) {
		(void)printf("%s\n", kind->name);
		return 0;
	}
	if (strcmp(verb, "remove") == 0)
		return kind->remove(place, &error) < 0 ? print_error(&error) : 0;
	if (kind->erase(place, pace, &fact, &error) < 0)
		return print_error(&error);
	return print_json(fact);
}

int main(int count, char **words)
{
	struct platform_pace pace = { 0 };

	for (int i = 3; i < count; i++) {
		pace.erasure_required = pace.erasure_required || strcmp(words[i], "required") == 0;
		pace.outside_vouched = pace.outside_vouched || strcmp(words[i], "vouched") == 0;
		(void)sscanf(words[i], "rate=%lu", &pace.rate_bytes_per_second);
		(void)sscanf(words[i], "latency=%lu", &pace.latency_limit_us);
	}
	if (count < 3 || (strcmp(words[1], "look") != 0 && !is_ours(words[2]))) {
		(void)fprintf(stderr, "%s\n", usage);
		return 2;
	}
	return do_with(words[1], words[2], &pace);
}
