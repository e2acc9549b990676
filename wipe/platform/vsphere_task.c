/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks: started, asked for until they have ended, and told to end when the run is to stop. */
#include "wipe/platform/vsphere.h"

#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>
#include <time.h>

#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 2000

enum task_state { TASK_UNKNOWN, TASK_RUNNING, TASK_SUCCESS, TASK_ERROR };

/* What one look at a task showed. */
struct task_look {
	enum task_state state;
	int64_t percent;
	struct vsphere_fault fault;
	xmlNode *result; /* a copy, owned */
};

static bool is_to_stop(const struct platform_pace *pace)
{
	return pace && pace->stop && *pace->stop;
}

bool vsphere_pause(const struct platform_pace *pace, uint64_t ms)
{
	const struct timespec slice = { .tv_nsec = 20 * 1000 * 1000 };
	int64_t end = clock_monotonic_ms() + (int64_t)ms;
	while (!is_to_stop(pace) && clock_monotonic_ms() < end)
		(void)nanosleep(&slice, NULL);
	return is_to_stop(pace);
}

static enum task_state state_of(const xmlNode *content)
{
	char word[32];
	if (!vsphere_property_text(content, "info.state", word, sizeof(word)))
		return TASK_UNKNOWN;
	if (strcmp(word, "success") == 0)
		return TASK_SUCCESS;
	if (strcmp(word, "error") == 0)
		return TASK_ERROR;
	return strcmp(word, "running") == 0 || strcmp(word, "queued") == 0 ? TASK_RUNNING
									   : TASK_UNKNOWN;
}

static int read_task(void *context, const xmlNode *content, struct error *error)
{
	struct task_look *look = context;
	look->state = state_of(content);
	(void)vsphere_number(vsphere_property(content, "info.progress"), &look->percent);
	const xmlNode *fault = vsphere_property(content, "info.error");
	if (fault)
		vsphere_read_fault(fault, &look->fault);
	const xmlNode *value = vsphere_property(content, "info.result");
	if (value && !look->result) {
		/* libxml2 copies without changing; its signature does not say so */
		look->result = xmlCopyNode((xmlNode *)value, 1); // NOLINT
		if (!look->result)
			return error_no_memory(error);
	}
	return 0;
}

/* The result as an answer of its own. */
static int keep_result(struct task_look *look, struct vsphere_answer *ret, struct error *error)
{
	if (!look->result || !ret)
		return 0;
	xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
	if (!document)
		return error_no_memory(error);
	(void)xmlDocSetRootElement(document, look->result);
	ret->document = document;
	ret->node = look->result;
	look->result = NULL;
	return 0;
}

static void cancel(struct platform *platform, const struct vsphere_ref *task)
{
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	(void)!vsphere_call(platform, "CancelTask", task, "", &answer, NULL);
}

static void tell_progress(const struct vsphere_task *task, int64_t percent)
{
	if (task->pace && task->pace->progress && task->total_bytes > 0 && percent >= 0 &&
		percent <= 100)
		task->pace->progress(task->pace->context,
			task->total_bytes / 100 * (uint64_t)percent, task->total_bytes);
}

static int look_at(struct platform *platform, const struct vsphere_ref *ref, struct task_look *ret,
	struct error *error)
{
	const struct vsphere_query query = { .object = ref,
		.type = "Task",
		.paths = { "info.state", "info.progress", "info.error", "info.result" } };
	return vsphere_collect(platform, &query, read_task, ret, error);
}

static int ended(const struct platform *platform, const struct vsphere_task *task,
	struct task_look *look, struct vsphere_answer *result, struct vsphere_fault *ret_fault,
	struct error *error)
{
	if (look->state == TASK_SUCCESS)
		return keep_result(look, result, error);
	if (look->state == TASK_ERROR) {
		*ret_fault = look->fault;
		return vsphere_refused(platform, task->method, &look->fault, error);
	}
	return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
		_("%s does not say what has become of %s"), platform->config.name, task->method);
}

/* Until the task has ended. */
static int wait_for(struct platform *platform, const struct vsphere_task *task,
	const struct vsphere_ref *ref, struct task_look *look, struct error *error)
{
	int64_t start = clock_monotonic_ms();
	for (uint64_t pause = FIRST_PAUSE_MS;; pause = MIN(pause * 2, LONGEST_PAUSE_MS)) {
		int result = look_at(platform, ref, look, error);
		if (result != 0 || look->state != TASK_RUNNING)
			return result;
		tell_progress(task, look->percent);
		if (task->timeout_ms > 0 &&
			clock_monotonic_ms() - start > (int64_t)task->timeout_ms)
			return error_set(error, ERROR_WAITING, ETIMEDOUT, "platform-slow",
				_("%s has not ended %s in time"), platform->config.name,
				task->method);
		if (vsphere_pause(task->pace, pause)) {
			cancel(platform, ref);
			return error_set(error, ERROR_INTERRUPTED, EINTR, "interrupted",
				_("%s was stopped on %s"), task->method, platform->config.name);
		}
	}
}

int vsphere_run(struct platform *platform, const struct vsphere_task *task,
	struct vsphere_answer *result, struct vsphere_fault *ret_fault, struct error *error)
{
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	struct vsphere_ref ref;
	struct task_look look = { 0 };
	int outcome =
		vsphere_call(platform, task->method, task->object, task->arguments, &answer, error);
	if (outcome != 0) {
		*ret_fault = answer.fault;
		return outcome;
	}
	if (!vsphere_read_ref(vsphere_child(answer.node, "returnval"), &ref))
		return ended(platform, task, &look, NULL, ret_fault, error);
	outcome = wait_for(platform, task, &ref, &look, error);
	if (outcome == 0)
		outcome = ended(platform, task, &look, result, ret_fault, error);
	if (look.result)
		xmlFreeNode(look.result);
	return outcome;
}
