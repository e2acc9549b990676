/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crew that looks at drives: how many at once, who is stuck, who is given up. */
#include "inventory/scan/scan_crew.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

/* A look has nobody to hand it a context. Each test begins it anew. */
static struct {
	atomic_uint now, most; /* looks under way */
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open;          /* the gate: "hangs…" waits for it */
	atomic_uint passed; /* those that waited and went on */
} scene = { .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };

static void begin_scene(void)
{
	scene.open = false;
	atomic_store(&scene.now, 0);
	atomic_store(&scene.most, 0);
	atomic_store(&scene.passed, 0);
}

static void open_gate(void)
{
	(void)pthread_mutex_lock(&scene.lock);
	scene.open = true;
	(void)pthread_cond_broadcast(&scene.opened);
	(void)pthread_mutex_unlock(&scene.lock);
}

static void wait_at_gate(void)
{
	(void)pthread_mutex_lock(&scene.lock);
	while (!scene.open)
		(void)pthread_cond_wait(&scene.opened, &scene.lock);
	(void)pthread_mutex_unlock(&scene.lock);
}

static void look_fake(struct found_drive *found, enum scan_depth depth)
{
	unsigned now = atomic_fetch_add(&scene.now, 1) + 1;
	unsigned most = atomic_load(&scene.most);
	while (now > most && !atomic_compare_exchange_weak(&scene.most, &most, now))
		continue;
	if (strncmp(found->path, "hangs", 5) == 0) {
		wait_at_gate();
		found->signatures.items = calloc(1, sizeof(*found->signatures.items));
		found->signatures.count = 1;
	} else {
		(void)usleep(1000);
	}
	(void)snprintf(
		found->identity.serial, sizeof(found->identity.serial), "S-%.100s", found->path);
	found->probed = depth == SCAN_SIGNATURES;
	atomic_fetch_sub(&scene.now, 1);
	atomic_fetch_add(&scene.passed, 1);
}

static struct crew *make_crew(unsigned width, unsigned stuck_ms, unsigned limit_ms)
{
	const struct crew_options options = { look_fake, width, stuck_ms, limit_ms };
	struct crew *crew = NULL;
	begin_scene();
	assert_int_equal(crew_open(&options, &crew), 0);
	return crew;
}

static void test_no_more_than_its_width(void **state)
{
	(void)state;
	enum { COUNT = 200 };
	bool seen[COUNT] = { false };
	struct crew *crew = make_crew(5, 60000, 60000);
	for (unsigned i = 0; i < COUNT; i++) {
		char path[16];
		(void)snprintf(path, sizeof(path), "drive%u", i);
		assert_int_equal(crew_add(crew, path, SCAN_SIGNATURES, i), 0);
	}
	struct crew_answer answer;
	while (crew_pending(crew) > 0) {
		if (crew_take(crew, 1000, &answer) == 0)
			continue;
		char serial[16];
		(void)snprintf(serial, sizeof(serial), "S-drive%u", (unsigned)answer.ticket);
		assert_int_equal(answer.result, 0);
		assert_string_equal(answer.found.identity.serial, serial);
		assert_true(answer.found.probed);
		assert_false(seen[answer.ticket]);
		seen[answer.ticket] = true;
	}
	for (unsigned i = 0; i < COUNT; i++)
		assert_true(seen[i]);
	assert_true(atomic_load(&scene.most) <= 5);
	crew_close(crew);
}

/* More that hang than there are places, in front of all the others. */
static void test_stuck_ones_take_no_place(void **state)
{
	(void)state;
	enum { HUNG = 6, COUNT = 40 };
	unsigned good = 0, given_up = 0;
	struct crew *crew = make_crew(2, 20, 2000);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(crew_add(crew, i < HUNG ? "hangs" : "drive", SCAN_IDENTITY, i), 0);
	struct crew_answer answer;
	while (crew_pending(crew) > 0) {
		if (crew_take(crew, 1000, &answer) == 0)
			continue;
		assert_int_equal(answer.result, answer.ticket < HUNG ? -ETIMEDOUT : 0);
		good += answer.result == 0;
		given_up += answer.result == -ETIMEDOUT;
	}
	assert_int_equal(good, COUNT - HUNG);
	assert_int_equal(given_up, HUNG);
	/* They come back into a crew that goes on, and what they found is freed. */
	open_gate();
	while (atomic_load(&scene.passed) < COUNT)
		(void)usleep(1000);
	assert_int_equal(crew_add(crew, "drive", SCAN_IDENTITY, 7), 0);
	while (crew_take(crew, 1000, &answer) == 0)
		continue;
	assert_int_equal(answer.ticket, 7);
	crew_close(crew);
}

/* Who comes back before it is given up has its answer taken. */
static void test_slow_is_not_lost(void **state)
{
	(void)state;
	struct crew_answer answer = { 0 };
	struct crew *crew = make_crew(1, 10, 60000);
	assert_int_equal(crew_add(crew, "hangs", SCAN_IDENTITY, 1), 0);
	assert_int_equal(crew_add(crew, "drive", SCAN_IDENTITY, 2), 0);
	while (crew_take(crew, 1000, &answer) == 0)
		continue;
	assert_int_equal(answer.ticket, 2);
	open_gate();
	while (crew_take(crew, 1000, &answer) == 0)
		continue;
	assert_int_equal(answer.ticket, 1);
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.found.signatures.count, 1);
	signature_list_free(&answer.found.signatures);
	assert_int_equal(crew_pending(crew), 0);
	crew_close(crew);
}

static void test_closed_while_they_look(void **state)
{
	(void)state;
	struct crew *crew = make_crew(2, 10, 60000);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(crew_add(crew, "hangs", SCAN_IDENTITY, i), 0);
	while (atomic_load(&scene.now) < 2)
		(void)usleep(1000);
	assert_null(crew_close(crew));
	/* Those that looked come back to nobody, the others never began. */
	open_gate();
	while (atomic_load(&scene.passed) < 2)
		(void)usleep(1000);
	assert_int_equal(atomic_load(&scene.most), 2);
	assert_null(crew_close(NULL));
}

static void test_path_too_long(void **state)
{
	(void)state;
	char path[512];
	struct crew *crew = make_crew(1, 10, 10);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(crew_add(crew, path, SCAN_IDENTITY, 1), -ENAMETOOLONG);
	assert_int_equal(crew_pending(crew), 0);
	crew_close(crew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_than_its_width),
		cmocka_unit_test(test_stuck_ones_take_no_place),
		cmocka_unit_test(test_slow_is_not_lost),
		cmocka_unit_test(test_closed_while_they_look),
		cmocka_unit_test(test_path_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
