/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch, on a made-up tree, with made-up news and made-up drives: what it tells, what it enters,
 * and that a lost event, a burst or a drive that hangs does no harm. */
#include "inventory/custody/events.h"
#include "inventory/scan/watch.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
/* after the standard ones */
#include <cmocka.h>

#define DRIVES_MAX 80
#define EVENTS_MAX 256

/* A drive as the looks find it; by its node. */
struct actor {
	char path[64];
	char serial[32], wwn[32];
	uint64_t capacity_bytes;
	const char *contents; /* "ext4"; NULL: none */
	bool hangs, fails;
};

/* Looks have nobody to hand them a context. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open; /* who hangs goes on */
	unsigned hung;
	struct actor actors[DRIVES_MAX];
	size_t count;
} stage = { .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };

struct scene {
	struct store_fixture *fixture;
	char sys[96];
	struct system_paths paths;
	struct watch_event events[EVENTS_MAX];
	size_t head, tail;
	bool overflow;
	int failure; /* what next() gives when nothing is left */
	struct watch_source source;
	struct watch *watch;
	unsigned minor;
	bool with_stack;
	char told[16384];
};

/* -- the stage -- */

static struct actor *actor_at(const char *path)
{
	for (size_t i = 0; i < stage.count; i++)
		if (strcmp(stage.actors[i].path, path) == 0)
			return &stage.actors[i];
	return NULL;
}

static void look_fake(struct found_drive *found, enum scan_depth depth)
{
	(void)pthread_mutex_lock(&stage.lock);
	const struct actor *actor = actor_at(found->path);
	if (!actor || actor->fails) {
		(void)error_set(&found->error, ERROR_FAILED, EIO, "drive-open", "no answer of %s",
			found->path);
		(void)pthread_mutex_unlock(&stage.lock);
		return;
	}
	struct actor own = *actor;
	stage.hung += own.hangs;
	while (own.hangs && !stage.open)
		(void)pthread_cond_wait(&stage.opened, &stage.lock);
	stage.hung -= own.hangs;
	(void)pthread_mutex_unlock(&stage.lock);
	struct drive_identity *identity = &found->identity;
	(void)snprintf(identity->serial, sizeof(identity->serial), "%s", own.serial);
	(void)snprintf(identity->wwn, sizeof(identity->wwn), "%s", own.wwn);
	(void)snprintf(identity->name, sizeof(identity->name), "%.60s", own.path + 5);
	(void)snprintf(identity->model, sizeof(identity->model), "M");
	identity->transport = TRANSPORT_SCSI;
	identity->capacity_bytes = own.capacity_bytes;
	if (depth != SCAN_SIGNATURES)
		return;
	found->probed = true;
	if (!own.contents)
		return;
	found->signatures.items = calloc(1, sizeof(*found->signatures.items));
	found->signatures.count = 1;
	(void)snprintf(found->signatures.items[0].type, sizeof(found->signatures.items[0].type),
		"%s", own.contents);
}

static void write_attribute(
	const struct scene *scene, const char *name, const char *attribute, const char *text)
{
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/block/%s/%s", scene->sys, name, attribute);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A disk in the tree; sequence 0: a kernel that numbers none. */
static void plug_tree(struct scene *scene, const char *name, unsigned sequence)
{
	char path[256], text[32];
	(void)snprintf(path, sizeof(path), "%s/block/%s", scene->sys, name);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(text, sizeof(text), "8:%u\n", scene->minor++);
	write_attribute(scene, name, "dev", text);
	write_attribute(scene, name, "size", "2048\n");
	(void)snprintf(text, sizeof(text), "%u\n", sequence);
	if (sequence > 0)
		write_attribute(scene, name, "diskseq", text);
}

static void unplug_tree(const struct scene *scene, const char *name)
{
	static const char *const attributes[] = { "dev", "size", "diskseq" };
	char path[256];
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		(void)snprintf(
			path, sizeof(path), "%s/block/%s/%s", scene->sys, name, attributes[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/block/%s", scene->sys, name);
	assert_int_equal(rmdir(path), 0);
}

static struct actor *act(const char *name, const char *serial, const char *wwn)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	(void)pthread_mutex_lock(&stage.lock);
	struct actor *actor = actor_at(path);
	if (!actor)
		actor = &stage.actors[stage.count++];
	*actor = (struct actor){ .capacity_bytes = 1 * MIB };
	(void)strcpy(actor->path, path);
	(void)strcpy(actor->serial, serial);
	(void)strcpy(actor->wwn, wwn);
	(void)pthread_mutex_unlock(&stage.lock);
	return actor;
}

/* -- news -- */

static void send(struct scene *scene, const char *name, bool removed)
{
	struct watch_event *event = &scene->events[scene->tail++];
	assert_true(scene->tail < EVENTS_MAX);
	*event = (struct watch_event){ .removed = removed };
	(void)strcpy(event->name, name);
	(void)eventfd_write(scene->source.descriptor, 1);
}

static int next_fake(void *context, struct watch_event *ret)
{
	struct scene *scene = context;
	eventfd_t count;
	if (scene->overflow) {
		scene->overflow = false;
		return -ENOBUFS;
	}
	if (scene->head == scene->tail) {
		(void)eventfd_read(scene->source.descriptor, &count);
		return scene->failure;
	}
	*ret = scene->events[scene->head++];
	return 1;
}

/* "appeared D1 S-1 /dev/sda\n" */
static void tell_fake(void *context, const struct watch_report *report)
{
	struct scene *scene = context;
	size_t used = strlen(scene->told);
	(void)snprintf(scene->told + used, sizeof(scene->told) - used, "%s%s%s%s%s%s%s%s%s\n",
		watch_word_name(report->word), report->drive_id ? " D" : "",
		report->drive_id ? (char[]){ (char)('0' + report->drive_id), '\0' } : "",
		report->identity && report->identity->serial[0] ? " " : "",
		report->identity ? report->identity->serial : "", report->path ? " " : "",
		report->path ? report->path : "", report->flag ? " " : "",
		report->flag ? flag_code_name(report->flag->code) : "");
	if (report->word == WATCH_APPEARED && report->history->id > 0) {
		used = strlen(scene->told) - 1;
		(void)snprintf(scene->told + used, sizeof(scene->told) - used, " before %s %s%s\n",
			report->history->host, report->history->name,
			report->history->was_present ? " present" : "");
	}
}

/* -- scenes -- */

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	void *fixture = NULL;
	if (!scene || store_fixture_setup(&fixture) < 0)
		return -1;
	scene->fixture = fixture;
	char folder[128];
	(void)snprintf(scene->sys, sizeof(scene->sys), "%s/sys", scene->fixture->folder);
	(void)snprintf(folder, sizeof(folder), "%s/block", scene->sys);
	if (mkdir(scene->sys, 0700) < 0 || mkdir(folder, 0700) < 0)
		return -1;
	scene->paths = (struct system_paths){ .sys = scene->sys };
	scene->source = (struct watch_source){
		.name = "fake",
		.descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.next = next_fake,
		.context = scene,
	};
	stage.count = 0;
	stage.open = false;
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	watch_close(scene->watch);
	(void)pthread_mutex_lock(&stage.lock);
	stage.open = true;
	(void)pthread_cond_broadcast(&stage.opened);
	(void)pthread_mutex_unlock(&stage.lock);
	(void)close(scene->source.descriptor);
	void *fixture = scene->fixture;
	int r = store_fixture_teardown(&fixture);
	free(scene);
	return r;
}

/* Looks have nobody to hand them a context. */
static struct {
	unsigned looks;
	int failure;
	size_t devices; /* that were handed over last */
} stacks;

static int look_at_stack_fake(
	const struct found_list *found, struct stack **ret, struct error *error)
{
	stacks.looks++;
	stacks.devices = found->count;
	if (stacks.failure < 0)
		return error_set(error, ERROR_FAILED, -stacks.failure, "stack", "no stack");
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void step(struct scene *scene)
{
	struct error error = { 0 };
	if (watch_step(scene->watch, 50, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

static void settle(struct scene *scene)
{
	step(scene);
	while (!watch_is_settled(scene->watch))
		step(scene);
}

static void open_watch(struct scene *scene, unsigned limit_ms)
{
	struct error error = { 0 };
	const struct watch_options options = {
		.store = scene->fixture->store,
		.host = "here",
		.paths = &scene->paths,
		.crew = { .look = look_fake, .width = 4, .stuck_ms = 20, .limit_ms = limit_ms },
		.source = &scene->source,
		.look_at_stack = scene->with_stack ? look_at_stack_fake : NULL,
		.tell = tell_fake,
		.context = scene,
	};
	if (watch_open(&options, &scene->watch, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

static void begin(struct scene *scene)
{
	open_watch(scene, 60000);
	settle(scene);
}

static void reopen(struct scene *scene)
{
	scene->watch = watch_close(scene->watch);
	scene->told[0] = '\0';
	begin(scene);
}

/* All that was told since the last time. */
static void assert_told(struct scene *scene, const char *expected)
{
	assert_string_equal(scene->told, expected);
	scene->told[0] = '\0';
}

static int64_t number(struct scene *scene, const char *sql)
{
	return store_fixture_number(scene->fixture->store, sql);
}

/* -- tests -- */

static void test_come_and_go(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sda\nready\n");

	act("sdb", "S-2", "naa.2");
	plug_tree(scene, "sdb", 2);
	send(scene, "sdb", false);
	settle(scene);
	assert_told(scene, "appeared D2 S-2 /dev/sdb\n");

	unplug_tree(scene, "sda");
	send(scene, "sda", true);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sda\n");
	assert_int_equal(number(scene, "SELECT present FROM drive WHERE id = 1"), 0);
	assert_int_equal(number(scene, "SELECT present FROM drive WHERE id = 2"), 1);
	/* It was there until it was seen to go. */
	assert_int_equal(number(scene, "SELECT last_seen_utc_ms = (SELECT utc_ms FROM event WHERE "
				       "action = 'vanished') FROM drive WHERE id = 1"),
		1);

	/* In another place, it is the same one. */
	act("sdc", "S-1", "naa.1");
	plug_tree(scene, "sdc", 3);
	send(scene, "sdc", false);
	settle(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sdc before here sda\n");
	assert_int_equal(number(scene, "SELECT count(*) FROM event WHERE action = 'appeared'"), 3);
	assert_int_equal(number(scene, "SELECT count(*) FROM event WHERE action = 'vanished'"), 1);
}

static void test_what_changed_meanwhile(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	/* One after the other: of two at once, who answers first is drive 1. */
	act("sdb", "S-2", "naa.2");
	plug_tree(scene, "sdb", 2);
	send(scene, "sdb", false);
	settle(scene);
	scene->watch = watch_close(scene->watch);
	unplug_tree(scene, "sdb");
	act("sdc", "S-3", "naa.3");
	plug_tree(scene, "sdc", 3);
	reopen(scene);
	assert_non_null(strstr(scene->told, "present D1 S-1 /dev/sda\n"));
	assert_non_null(strstr(scene->told, "appeared D3 S-3 /dev/sdc\n"));
	assert_non_null(strstr(scene->told, "vanished D2 S-2 /dev/sdb\n"));
	assert_null(strstr(scene->told, "appeared D1"));
	assert_int_equal(number(scene, "SELECT present FROM drive WHERE id = 2"), 0);
}

static void test_seen_at_another_host(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	const struct drive_identity identity = {
		.wwn = "naa.1", .serial = "S-1", .model = "M", .name = "sdq"
	};
	const struct native_capacity native = { .source = NATIVE_UNKNOWN };
	const struct drive_seen seen = {
		.identity = &identity, .native = &native, .host = "there", .utc_ms = 1000
	};
	assert_int_equal(drives_record(scene->fixture->store, &seen, NULL, &error), 0);
	begin(scene);
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "ready\nappeared D1 S-1 /dev/sda before there sdq present\n");
}

/* Pulled and another put in before anybody looked; with and without the kernel's numbers. */
static void test_replaced_between_two_looks(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sda\nready\n");
	unplug_tree(scene, "sda");
	act("sda", "S-2", "naa.2");
	plug_tree(scene, "sda", 0);
	send(scene, "sda", true);
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sda\nappeared D2 S-2 /dev/sda\n");
	/* The same drive, out and in again. */
	send(scene, "sda", true);
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "vanished D2 S-2 /dev/sda\nappeared D2 S-2 /dev/sda before here sda\n");
	/* The number alone tells it. */
	write_attribute(scene, "sda", "diskseq", "7\n");
	send(scene, "sda", false);
	settle(scene);
	scene->told[0] = '\0';
	write_attribute(scene, "sda", "diskseq", "8\n");
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "vanished D2 S-2 /dev/sda\nappeared D2 S-2 /dev/sda before here sda\n");
}

static void test_serial_changes_in_its_place(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "");
	plug_tree(scene, "sda", 1);
	begin(scene);
	scene->told[0] = '\0';
	act("sda", "S-X", "");
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sda\nappeared D2 S-X /dev/sda\n"
			   "flagged D2 S-X serial-changed\n");
	unplug_tree(scene, "sda");
	send(scene, "sda", true);
	settle(scene);
	assert_told(scene, "vanished D2 S-X /dev/sda\ncleared D2 S-X serial-changed\n");
}

static void test_same_drive_other_contents(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1")->contents = "ext4";
	plug_tree(scene, "sda", 1);
	begin(scene);
	scene->told[0] = '\0';
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "");
	act("sda", "S-1", "naa.1")->contents = "xfs";
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "changed D1 S-1 /dev/sda\n");
	assert_int_equal(number(scene, "SELECT count(*) FROM layer WHERE type = 'xfs'"), 1);
	act("sda", "S-1", "naa.1")->fails = true;
	send(scene, "sda", false);
	settle(scene);
	assert_told(scene, "unreadable D1 S-1 /dev/sda\n");
}

static void test_duplicates_are_flagged(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	scene->told[0] = '\0';
	/* The same serial, another WWN. */
	act("sdb", "S-1", "naa.2");
	plug_tree(scene, "sdb", 2);
	send(scene, "sdb", false);
	settle(scene);
	assert_told(scene, "appeared D2 S-1 /dev/sdb\nflagged D1 S-1 serial-duplicate\n"
			   "flagged D2 S-1 serial-duplicate\n");
	unplug_tree(scene, "sdb");
	send(scene, "sdb", true);
	settle(scene);
	assert_told(scene, "vanished D2 S-1 /dev/sdb\ncleared D1 S-1 serial-duplicate\n"
			   "cleared D2 S-1 serial-duplicate\n");
	/* The same in all, and larger: a copy, which stays one drive of the store until one goes. */
	act("sdc", "S-1", "naa.1")->capacity_bytes = 2 * MIB;
	plug_tree(scene, "sdc", 3);
	send(scene, "sdc", false);
	settle(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sdc before here sda present\n"
			   "flagged D1 S-1 identity-duplicate\n");
	unplug_tree(scene, "sda");
	send(scene, "sda", true);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sda\ncleared D1 S-1 identity-duplicate\n");
	assert_int_equal(
		number(scene, "SELECT present = 1 AND name = 'sdc' FROM drive WHERE id = 1"), 1);
	unplug_tree(scene, "sdc");
	send(scene, "sdc", true);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sdc\n");
	assert_int_equal(number(scene, "SELECT present FROM drive WHERE id = 1"), 0);
}

static void test_two_paths_are_one_drive(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	act("sdb", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	plug_tree(scene, "sdb", 2);
	begin(scene);
	assert_null(strstr(scene->told, "flagged"));
	assert_int_equal(number(scene, "SELECT count(*) FROM drive"), 1);
	assert_int_equal(number(scene, "SELECT twin_kind = 'path' FROM drive"), 1);
	scene->told[0] = '\0';
	unplug_tree(scene, "sda");
	send(scene, "sda", true);
	settle(scene);
	assert_told(scene, "vanished D1 S-1 /dev/sda\n");
	assert_int_equal(
		number(scene, "SELECT present = 1 AND twin_kind = '' AND name = 'sdb' FROM drive"),
		1);
}

static void test_lost_events(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	scene->told[0] = '\0';
	unplug_tree(scene, "sda");
	act("sdb", "S-2", "naa.2");
	plug_tree(scene, "sdb", 2);
	scene->overflow = true;
	settle(scene);
	assert_told(scene, "lost\nvanished D1 S-1 /dev/sda\nappeared D2 S-2 /dev/sdb\n");
}

static void test_burst(void **state)
{
	struct scene *scene = *state;
	begin(scene);
	for (int i = 0; i < 60; i++) {
		char name[16], serial[16];
		(void)snprintf(name, sizeof(name), "sd%c%c", 'a' + i / 26, 'a' + i % 26);
		(void)snprintf(serial, sizeof(serial), "S-%d", i);
		act(name, serial, "");
		plug_tree(scene, name, (unsigned)i + 1);
		for (int again = 0; again < 3; again++)
			send(scene, name, false);
	}
	/* And of what is no drive at all. */
	send(scene, "dm-0", false);
	settle(scene);
	assert_int_equal(number(scene, "SELECT count(*) FROM drive WHERE present = 1"), 60);
	assert_int_equal(number(scene, "SELECT count(*) FROM event WHERE action = 'appeared'"), 60);
}

static void test_hung_drive_holds_up_nobody(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1")->hangs = true;
	act("sdb", "S-2", "naa.2");
	plug_tree(scene, "sda", 1);
	plug_tree(scene, "sdb", 2);
	open_watch(scene, 400);
	while (!strstr(scene->told, "S-2"))
		step(scene);
	assert_null(strstr(scene->told, "/dev/sda"));
	act("sdc", "S-3", "naa.3");
	plug_tree(scene, "sdc", 3);
	send(scene, "sdc", false);
	while (!strstr(scene->told, "S-3"))
		step(scene);
	settle(scene);
	assert_non_null(strstr(scene->told, "unreadable /dev/sda\n"));
	assert_non_null(strstr(scene->told, "ready\n"));
	/* Pulled out, it is gone, whatever still hangs; its late answer goes nowhere. */
	scene->told[0] = '\0';
	unplug_tree(scene, "sda");
	send(scene, "sda", true);
	settle(scene);
	assert_told(scene, "vanished /dev/sda\n");
	(void)pthread_mutex_lock(&stage.lock);
	stage.open = true;
	(void)pthread_cond_broadcast(&stage.opened);
	while (stage.hung > 0) {
		(void)pthread_mutex_unlock(&stage.lock);
		(void)usleep(1000);
		(void)pthread_mutex_lock(&stage.lock);
	}
	(void)pthread_mutex_unlock(&stage.lock);
	settle(scene);
	assert_told(scene, "");
}

/* At the start a silent device may be the drive that stood under its name: it is not called gone. */
static void test_silent_drive_is_not_gone(void **state)
{
	struct scene *scene = *state;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	begin(scene);
	act("sda", "S-1", "naa.1")->fails = true;
	reopen(scene);
	assert_told(scene, "unreadable /dev/sda\nready\n");
	assert_int_equal(number(scene, "SELECT present FROM drive WHERE id = 1"), 1);
}

static void test_store_that_is_busy_is_tried_again(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	struct store *other = NULL;
	begin(scene);
	scene->told[0] = '\0';
	store_set_busy_timeout_ms(scene->fixture->store, 10);
	assert_int_equal(store_open(scene->fixture->path, STORE_WRITE, &other, &error), 0);
	assert_int_equal(store_begin(other, &error), 0);
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	send(scene, "sda", false);
	while (!scene->told[0])
		step(scene);
	assert_told(scene, "waiting\n");
	store_rollback(other);
	store_close(other);
	settle(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sda\n");
}

/* Once for all that has changed, and again when something that is no drive tells of itself. */
static void test_what_stands_on_them_is_entered_when_all_is_quiet(void **state)
{
	struct scene *scene = *state;
	scene->with_stack = true;
	stacks.looks = 0;
	stacks.failure = 0;
	act("sda", "S-1", "naa.1");
	act("sdb", "S-2", "naa.2");
	plug_tree(scene, "sda", 1);
	plug_tree(scene, "sdb", 2);
	begin(scene);
	assert_int_equal(stacks.looks, 1);
	assert_int_equal(stacks.devices, 2);
	step(scene);
	assert_int_equal(stacks.looks, 1);
	scene->told[0] = '\0';
	send(scene, "dm-7", false);
	step(scene);
	assert_false(watch_is_settled(scene->watch));
	assert_int_equal(stacks.looks, 1); /* not at once again */
	assert_told(scene, "");
}

static void test_stack_that_cannot_be_seen_is_tried_again(void **state)
{
	struct scene *scene = *state;
	scene->with_stack = true;
	stacks.looks = 0;
	stacks.failure = -EIO;
	act("sda", "S-1", "naa.1");
	plug_tree(scene, "sda", 1);
	open_watch(scene, 60000);
	while (stacks.looks == 0)
		step(scene);
	assert_told(scene, "appeared D1 S-1 /dev/sda\nready\nwaiting\n");
	assert_false(watch_is_settled(scene->watch));
}

static void test_no_more_news(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	begin(scene);
	scene->failure = -ENOTCONN;
	assert_int_equal(watch_step(scene->watch, 10, &error), -ENOTCONN);
	assert_string_equal(error.code, "watch-events");
}

int main(void)
{
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_come_and_go),
		IN_SCENE(test_what_changed_meanwhile),
		IN_SCENE(test_seen_at_another_host),
		IN_SCENE(test_replaced_between_two_looks),
		IN_SCENE(test_serial_changes_in_its_place),
		IN_SCENE(test_same_drive_other_contents),
		IN_SCENE(test_duplicates_are_flagged),
		IN_SCENE(test_two_paths_are_one_drive),
		IN_SCENE(test_lost_events),
		IN_SCENE(test_burst),
		IN_SCENE(test_hung_drive_holds_up_nobody),
		IN_SCENE(test_silent_drive_is_not_gone),
		IN_SCENE(test_store_that_is_busy_is_tried_again),
		IN_SCENE(test_what_stands_on_them_is_entered_when_all_is_quiet),
		IN_SCENE(test_stack_that_cannot_be_seen_is_tried_again),
		IN_SCENE(test_no_more_news),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
