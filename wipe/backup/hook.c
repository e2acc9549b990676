/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup product behind a hook program: one program for all requests, started anew after it said what cannot be
 * understood, and never again after it was silent or ended. */
#include "wipe/backup/hook.h"

#include "base/clock.h"
#include "base/text.h"
#include "wipe/backup/hook_process.h"
#include "wipe/backup/hook_protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REQUEST_MAX (256 * KIB)

const struct hook_times hook_times_usual = {
	.silence = 120 * 1000,
	.answer = 3600 * 1000,
	.expiry = 24 * 3600 * 1000,
	.goodbye = 5000,
};

struct backup {
	const struct config_backup *config; /* borrowed */
	const struct hook_times *times;     /* borrowed */
	struct hook_process *process;       /* NULL: not running */
	bool lost;                          /* it was silent or ended: it is not asked again */
	int64_t last_id;
	char identity[BACKUP_REPOSITORY_MAX];
};

/* -- one request and its answers -- */

struct exchange {
	struct backup *backup;
	struct buffer request; /* owned */
	int64_t id;
	struct hook_patience patience;
};

static void cleanup_exchange(struct exchange *exchange)
{
	buffer_free(&exchange->request);
}

static struct exchange exchange_of(
	struct backup *backup, uint64_t limit_ms, const volatile int *stop)
{
	return (struct exchange){ .backup = backup,
		.request = BUFFER_INIT(REQUEST_MAX),
		.id = ++backup->last_id,
		.patience = { .silence_ms = backup->times->silence,
			.until_ms = clock_monotonic_ms() + (int64_t)limit_ms,
			.stop = stop } };
}

/* After any failure nobody knows what its next line would belong to. */
static int end_session(struct backup *backup, int result, const struct error *error)
{
	backup->process = hook_process_stop(backup->process,
		error && error->kind == ERROR_WAITING ? 0 : backup->times->goodbye);
	backup->lost = backup->lost || result == -ETIMEDOUT || result == -EPIPE;
	return result;
}

static int lost(const struct backup *backup, struct error *error)
{
	return error_set(error, ERROR_WAITING, EHOSTUNREACH, "backup-unreachable",
		_("The backup hook %s did not answer before, and is not asked again now"),
		backup->config->path);
}

/* What it says about itself when it cannot do what was asked. */
static int told_error(
	const struct backup *backup, const struct hook_answer *answer, struct error *error)
{
	bool waiting = strcmp(answer->code, "unreachable") == 0;
	return error_set(error, waiting ? ERROR_WAITING : ERROR_FAILED,
		waiting ? EHOSTUNREACH : EIO, waiting ? "backup-unreachable" : "backup-hook",
		_("The backup hook %s says: %s (%s)"), backup->config->path, answer->message,
		answer->code);
}

static int unexpected(const struct backup *backup, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "backup-answer",
		_("The backup hook %s gives an answer that does not belong to the question"),
		backup->config->path);
}

/* The next answer to this request. An "error" is one whose text is in *error: -EIO or -EHOSTUNREACH, and the
 * session goes on. */
static int receive(struct exchange *exchange, struct hook_answer *ret, struct error *error)
{
	struct backup *backup = exchange->backup;
	struct error own = { 0 };
	const char *line;
	size_t length;
	*ret = (struct hook_answer){ 0 };
	int r = hook_process_receive(backup->process, &exchange->patience, &line, &length, &own);
	if (r == 0)
		r = hook_answer_parse(line, length, ret, &own);
	if (r == 0 && ret->id != exchange->id)
		r = unexpected(backup, &own);
	if (r < 0) {
		if (error)
			*error = own;
		return end_session(backup, r, &own);
	}
	return ret->word == HOOK_ERROR ? told_error(backup, ret, error) : 0;
}

static int send_request(struct exchange *exchange, int built, struct error *error)
{
	struct backup *backup = exchange->backup;
	struct error own = { 0 };
	if (built < 0)
		return built == -ENOMEM
			       ? error_no_memory(error)
			       : error_set(error, ERROR_FAILED, -built, "backup-request",
					 _("A request to the backup hook %s cannot be written"),
					 backup->config->path);
	int r = hook_process_send(backup->process, exchange->request.data, exchange->request.length,
		&exchange->patience, &own);
	if (r == 0)
		return 0;
	if (error)
		*error = own;
	return end_session(backup, r, &own);
}

/* An answer that is neither an error nor one that belongs here ends the session, too. */
static int refuse_answer(struct exchange *exchange, struct error *error)
{
	struct error own = { 0 };
	int r = unexpected(exchange->backup, &own);
	if (error)
		*error = own;
	return end_session(exchange->backup, r, &own);
}

/* -- beginning -- */

static int greet(struct backup *backup, struct error *error)
{
	struct hook_answer answer;
	CLEANUP(cleanup_exchange)
	struct exchange exchange = exchange_of(backup, backup->times->answer, NULL);
	int r = send_request(&exchange, hook_say_hello(&exchange.request, exchange.id), error);
	if (r == 0)
		r = receive(&exchange, &answer, error);
	if (r == 0 && answer.word != HOOK_READY)
		r = refuse_answer(&exchange, error);
	if (r < 0)
		return r;
	if (backup->identity[0] && strcmp(backup->identity, answer.repository) != 0)
		return error_set(error, ERROR_WAITING, ESTALE, "backup-repository",
			_("The backup repository %s is another one than before: %s, not %s"),
			backup->config->path, answer.repository, backup->identity);
	memcpy(backup->identity, answer.repository, sizeof(backup->identity));
	return 0;
}

/* Running and greeted. */
static int begin(struct backup *backup, struct error *error)
{
	if (backup->lost)
		return lost(backup, error);
	if (backup->process)
		return 0;
	backup->last_id = 0;
	int r = hook_process_start(backup->config->path, &backup->process, error);
	if (r == 0)
		r = greet(backup, error);
	if (r < 0) {
		backup->process = hook_process_stop(backup->process, 0);
		/* Who cannot even say who it is cannot be asked about anything. */
		if (error && error->kind == ERROR_FAILED)
			error->kind = ERROR_WAITING;
	}
	return r;
}

int hook_open(const struct config_backup *config, const struct hook_times *times,
	struct backup **ret, struct error *error)
{
	struct backup *backup = calloc(1, sizeof(*backup));
	if (!backup)
		return error_no_memory(error);
	backup->config = config;
	backup->times = times;
	int r = begin(backup, error);
	if (r < 0) {
		free(backup);
		return r;
	}
	*ret = backup;
	return 0;
}

static int open_usual(const struct config_backup *config, struct backup **ret, struct error *error)
{
	return hook_open(config, &hook_times_usual, ret, error);
}

static struct backup *close_hook(struct backup *backup)
{
	if (backup)
		(void)hook_process_stop(backup->process, backup->times->goodbye);
	free(backup);
	return NULL;
}

static int repository_identity(
	struct backup *backup, char ret[static BACKUP_REPOSITORY_MAX], struct error *error)
{
	(void)error;
	memcpy(ret, backup->identity, BACKUP_REPOSITORY_MAX);
	return 0;
}

/* -- list -- */

static bool was_asked(const char *const *uuids, size_t count, const char *uuid)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(uuids[i], uuid) == 0)
			return true;
	return count == 0;
}

static int add_copy(struct backup *backup, const char *const *uuids, size_t count,
	struct backup_copy *copy, struct backup_list *list, struct error *error)
{
	if (!was_asked(uuids, count, copy->vm_uuid) ||
		backup_copy_name(copy, backup->config->name) < 0)
		return unexpected(backup, error);
	if (backup_list_add(list, copy) < 0)
		return error_no_memory(error);
	return 0;
}

/* Copies until the end, which says how many there were: a list that was cut is none. */
static int receive_copies(struct exchange *exchange, const char *const *uuids, size_t count,
	struct backup_list *list, struct error *error)
{
	size_t before = list->count;
	for (;;) {
		struct hook_answer answer;
		struct error own = { 0 };
		int r = receive(exchange, &answer, error);
		if (r < 0)
			return r;
		if (answer.word == HOOK_WORKING)
			continue;
		if (answer.word == HOOK_END)
			return (size_t)answer.count == list->count - before
				       ? 0
				       : refuse_answer(exchange, error);
		if (answer.word != HOOK_COPY || list->count - before >= HOOK_COPIES_MAX)
			return refuse_answer(exchange, error);
		r = add_copy(exchange->backup, uuids, count, &answer.copy, list, &own);
		if (r < 0) {
			if (error)
				*error = own;
			return end_session(exchange->backup, r, &own);
		}
	}
}

static int list_some(struct backup *backup, const char *const *uuids, size_t count,
	struct backup_list *list, struct error *error)
{
	int r = begin(backup, error);
	if (r < 0)
		return r;
	CLEANUP(cleanup_exchange)
	struct exchange exchange = exchange_of(backup, backup->times->answer, NULL);
	r = send_request(
		&exchange, hook_say_list(&exchange.request, exchange.id, uuids, count), error);
	return r < 0 ? r : receive_copies(&exchange, uuids, count, list, error);
}

static int compare_keys(const void *a, const void *b)
{
	const struct backup_copy *first = a, *second = b;
	return strcmp(first->key, second->key);
}

/* The same copy twice: nobody knows which one is meant. */
static int check_once(const struct backup *backup, struct backup_list *copies, struct error *error)
{
	if (copies->count > 1)
		qsort(copies->items, copies->count, sizeof(*copies->items), compare_keys);
	for (size_t i = 1; i < copies->count; i++)
		if (strcmp(copies->items[i - 1].key, copies->items[i].key) == 0)
			return unexpected(backup, error);
	return 0;
}

static int list(struct backup *backup, const char *const *uuids, size_t count,
	struct backup_list *ret, struct error *error)
{
	AUTO_BACKUPS struct backup_list copies = { 0 };
	int r = 0;
	size_t done = 0;
	do {
		size_t some = MIN(count - done, (size_t)HOOK_ASKED_MAX);
		r = list_some(backup, uuids + done, some, &copies, error);
		done += some;
	} while (r == 0 && done < count);
	if (r == 0)
		r = check_once(backup, &copies, error);
	if (r < 0)
		return r;
	backup_list_sort(&copies);
	*ret = copies;
	copies = (struct backup_list){ 0 };
	return 0;
}

/* -- expire -- */

/* Its word; nothing was read back. */
static int make_fact(
	const struct hook_answer *answer, const char *place, json_t **ret, struct error *error)
{
	AUTO_JSON json_t *fact = json_object();
	bool done = strcmp(answer->method, "none") != 0;
	bool crypto = strcmp(answer->method, "crypto-erase") == 0;
	if (!fact || json_put_string(fact, "fact", "erase") < 0 ||
		json_put_string(fact, "disk", "") < 0 ||
		json_put_string(fact, "place", place) < 0 ||
		json_put_string(fact, "method", answer->method) < 0 ||
		json_put_string(fact, "result", done ? "done" : "unsupported") < 0 ||
		json_put_string(fact, "level",
			!done    ? "none"
			: crypto ? "purge"
				 : "clear") < 0 ||
		json_put_integer(fact, "bytes", (int64_t)answer->bytes) < 0 ||
		json_put_integer(fact, "verified_bytes", 0) < 0 ||
		json_put(fact, "limits", json_pack("[s]", "platform-word")) < 0 ||
		json_put_string(fact, "reason", "") < 0 || json_put_string(fact, "volume", "") < 0)
		return error_no_memory(error);
	*ret = json_incref(fact);
	return 0;
}

static int expire(struct backup *backup, const struct backup_copy *copy,
	const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	int r = begin(backup, error);
	if (r < 0)
		return r;
	CLEANUP(cleanup_exchange)
	struct exchange exchange =
		exchange_of(backup, backup->times->expiry, pace ? pace->stop : NULL);
	r = send_request(&exchange,
		hook_say_expire(&exchange.request, exchange.id, copy,
			pace ? pace->rate_bytes_per_second : 0),
		error);
	while (r == 0) {
		struct hook_answer answer;
		r = receive(&exchange, &answer, error);
		if (r == 0 && answer.word == HOOK_DONE)
			return make_fact(&answer, copy->place, ret_fact, error);
		if (r == 0 && answer.word != HOOK_WORKING)
			r = refuse_answer(&exchange, error);
		if (r == 0 && pace && pace->progress)
			pace->progress(pace->context, answer.bytes, answer.total_bytes);
	}
	return r;
}

/* -- look -- */

static enum presence look(struct backup *backup, const struct backup_copy *copy)
{
	struct hook_answer answer = { 0 };
	if (begin(backup, NULL) < 0)
		return PRESENCE_UNKNOWN;
	CLEANUP(cleanup_exchange)
	struct exchange exchange = exchange_of(backup, backup->times->answer, NULL);
	int r = send_request(&exchange, hook_say_look(&exchange.request, exchange.id, copy), NULL);
	do
		r = r < 0 ? r : receive(&exchange, &answer, NULL);
	while (r == 0 && answer.word == HOOK_WORKING);
	if (r < 0)
		return PRESENCE_UNKNOWN;
	if (answer.word == HOOK_GONE)
		return PRESENCE_GONE;
	if (answer.word == HOOK_PRESENT)
		return PRESENCE_PRESENT;
	if (answer.word != HOOK_NOT_KNOWN)
		(void)refuse_answer(&exchange, NULL);
	return PRESENCE_UNKNOWN;
}

const struct backup_kind backup_hook = {
	.name = "hook",
	.open = open_usual,
	.close = close_hook,
	.identity = repository_identity,
	.list = list,
	.expire = expire,
	.look = look,
};
