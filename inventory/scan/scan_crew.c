/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crew: a queue of looks, threads that take from it, and answers. A thread goes on with the next
 * look as long as no more than `width` are busy. */
#include "inventory/scan/scan_crew.h"

#include "base/clock.h"
#include "base/patient.h"
#include "inventory/scan/scan_look.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define STUCK_MS 1000
/* How often the crew looks for who is stuck, while somebody waits for an answer. */
#define STEP_MS 100

enum look_state { LOOK_WAITING, LOOK_RUNNING, LOOK_STUCK, LOOK_ANSWERED, LOOK_GIVEN_UP };

struct look {
	struct look *next; /* in the queue of its state; a thread's own while it runs */
	enum look_state state;
	int64_t since_ms; /* running: monotonic */
	struct crew_answer answer;
};

/* Shared by the opener and its threads; whoever leaves last frees it. lock guards all of it. */
struct crew {
	struct crew_options options;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct look *waiting, *running, *done; /* running: and stuck */
	size_t busy;                           /* threads that are not stuck */
	size_t holders;                        /* threads, and the opener */
	size_t pending;                        /* the opener's: not yet answered for */
	int descriptor;
	bool closed;
};

void crew_options_default(struct crew_options *ret)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	*ret = (struct crew_options){
		.look = scan_look_real,
		.width = 4 * (unsigned)MAX(processors, 1),
		.stuck_ms = STUCK_MS,
		.limit_ms = SCAN_LIMIT_MS,
	};
}

/* -- queues, with the lock held -- */

static void append(struct look **queue, struct look *look)
{
	while (*queue)
		queue = &(*queue)->next;
	look->next = NULL;
	*queue = look;
}

static struct look *take_first(struct look **queue)
{
	struct look *look = *queue;
	if (look)
		*queue = look->next;
	return look;
}

static void take_out(struct look **queue, const struct look *look)
{
	while (*queue && *queue != look)
		queue = &(*queue)->next;
	if (*queue)
		*queue = look->next;
}

static void free_look(struct look *look)
{
	signature_list_free(&look->answer.found.signatures);
	free(look);
}

static void free_queue(struct look **queue)
{
	for (struct look *look = take_first(queue); look; look = take_first(queue))
		free_look(look);
}

/* With the lock held; unlocks. */
static void leave(struct crew *crew)
{
	bool last = --crew->holders == 0;
	(void)pthread_mutex_unlock(&crew->lock);
	if (!last)
		return;
	free_queue(&crew->waiting);
	free_queue(&crew->done);
	(void)pthread_cond_destroy(&crew->answered);
	(void)pthread_mutex_destroy(&crew->lock);
	(void)close(crew->descriptor);
	free(crew);
}

/* -- threads -- */

static void announce(struct crew *crew)
{
	(void)pthread_cond_signal(&crew->answered);
	(void)eventfd_write(crew->descriptor, 1);
}

/* With the lock held: the look has come back. True when its thread still counts as busy. */
static bool come_back(struct crew *crew, struct look *look)
{
	bool busy = look->state == LOOK_RUNNING;
	if (look->state == LOOK_GIVEN_UP) {
		free_look(look);
		return false;
	}
	take_out(&crew->running, look);
	if (crew->closed) {
		free_look(look);
		return busy;
	}
	look->state = LOOK_ANSWERED;
	append(&crew->done, look);
	announce(crew);
	return busy;
}

static void *work(void *argument)
{
	struct crew *crew = argument;
	bool busy = true;
	(void)pthread_mutex_lock(&crew->lock);
	while (!crew->closed && crew->waiting) {
		/* Whoever was stuck finds its place taken, or takes one again. */
		if (!busy && crew->busy >= crew->options.width)
			break;
		crew->busy += busy ? 0 : 1;
		struct look *look = take_first(&crew->waiting);
		look->state = LOOK_RUNNING;
		look->since_ms = clock_monotonic_ms();
		append(&crew->running, look);
		(void)pthread_mutex_unlock(&crew->lock);
		crew->options.look(&look->answer.found, look->answer.depth);
		(void)pthread_mutex_lock(&crew->lock);
		busy = come_back(crew, look);
	}
	crew->busy -= busy ? 1 : 0;
	leave(crew);
	return NULL;
}

/* With the lock held: nobody is there to look, so the first that waits is answered for. */
static void refuse_first(struct crew *crew, int result)
{
	struct look *look = take_first(&crew->waiting);
	if (!look)
		return;
	look->answer.result = result;
	look->state = LOOK_ANSWERED;
	append(&crew->done, look);
	announce(crew);
}

/* With the lock held: as many threads as there is work and room for. */
static void start_threads(struct crew *crew)
{
	size_t wanted = 0;
	for (const struct look *look = crew->waiting; look; look = look->next)
		wanted++;
	while (wanted > 0 && crew->busy < crew->options.width) {
		crew->busy++;
		crew->holders++;
		int r = patient_start_thread(work, crew);
		if (r == 0) {
			wanted--;
			continue;
		}
		crew->busy--;
		crew->holders--;
		if (crew->busy == 0)
			refuse_first(crew, r);
		return;
	}
}

/* With the lock held: who takes too long. */
static void judge_running(struct crew *crew)
{
	int64_t now = clock_monotonic_ms();
	struct look *next;
	for (struct look *look = crew->running; look; look = next) {
		next = look->next;
		int64_t taken_ms = now - look->since_ms;
		if (look->state == LOOK_RUNNING && taken_ms >= crew->options.stuck_ms) {
			look->state = LOOK_STUCK;
			crew->busy--;
		}
		if (taken_ms < crew->options.limit_ms)
			continue;
		struct look *answer = calloc(1, sizeof(*answer));
		if (!answer)
			continue; /* tried again at the next call */
		if (look->state == LOOK_RUNNING)
			crew->busy--;
		take_out(&crew->running, look);
		look->state = LOOK_GIVEN_UP; /* its thread's from here on */
		answer->answer = (struct crew_answer){ .ticket = look->answer.ticket,
			.depth = look->answer.depth,
			.result = -ETIMEDOUT };
		append(&crew->done, answer);
		announce(crew);
	}
}

/* -- for the opener -- */

int crew_open(const struct crew_options *options, struct crew **ret)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	if (!crew)
		return -ENOMEM;
	crew->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (crew->descriptor < 0) {
		int r = -errno;
		free(crew);
		return r;
	}
	pthread_condattr_t monotonic; /* the wall clock may be set while we wait */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&crew->lock, NULL);
	(void)pthread_cond_init(&crew->answered, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	crew->options = *options;
	crew->holders = 1;
	*ret = crew;
	return 0;
}

struct crew *crew_close(struct crew *crew)
{
	if (!crew)
		return NULL;
	(void)pthread_mutex_lock(&crew->lock);
	crew->closed = true;
	leave(crew);
	return NULL;
}

int crew_add(struct crew *crew, const char *path, enum scan_depth depth, uint64_t ticket)
{
	size_t length = strlen(path);
	if (length >= sizeof(((struct found_drive *)NULL)->path))
		return -ENAMETOOLONG;
	struct look *look = calloc(1, sizeof(*look));
	if (!look)
		return -ENOMEM;
	memcpy(look->answer.found.path, path, length + 1);
	look->answer.depth = depth;
	look->answer.ticket = ticket;
	(void)pthread_mutex_lock(&crew->lock);
	append(&crew->waiting, look);
	crew->pending++;
	start_threads(crew);
	(void)pthread_mutex_unlock(&crew->lock);
	return 0;
}

/* With the lock held; it is free while this waits. */
static void wait_a_step(struct crew *crew, int64_t until_ms)
{
	int64_t at_ms = MIN(clock_monotonic_ms() + STEP_MS, until_ms);
	struct timespec until = {
		.tv_sec = (time_t)(at_ms / 1000),
		.tv_nsec = (long)(at_ms % 1000) * 1000000,
	};
	(void)pthread_cond_timedwait(&crew->answered, &crew->lock, &until);
}

int crew_take(struct crew *crew, unsigned wait_ms, struct crew_answer *ret)
{
	int64_t until_ms = clock_monotonic_ms() + wait_ms;
	eventfd_t count;
	(void)pthread_mutex_lock(&crew->lock);
	for (;;) {
		judge_running(crew);
		start_threads(crew);
		if (crew->done || crew->pending == 0 || clock_monotonic_ms() >= until_ms)
			break;
		wait_a_step(crew, until_ms);
	}
	struct look *look = take_first(&crew->done);
	if (look) {
		*ret = look->answer;
		crew->pending--;
	}
	/* Under the lock, or an answer that comes meanwhile would go unnoticed. */
	if (!crew->done)
		(void)eventfd_read(crew->descriptor, &count);
	(void)pthread_mutex_unlock(&crew->lock);
	free(look);
	return look ? 1 : 0;
}

size_t crew_pending(const struct crew *crew)
{
	return crew->pending;
}

int crew_descriptor(const struct crew *crew)
{
	return crew->descriptor;
}
