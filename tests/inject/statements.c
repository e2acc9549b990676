/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes down every statement that a program has SQLite run, a line each, in a program that knows
 * nothing of it (LD_PRELOAD).
 *
 *     STATEMENTS=FILE LD_PRELOAD=statements.so program
 *
 * KILL_AT=N: the process is killed where the N-th would begin, as by kill -9; KILL_MATCH=TEXT: the N-th that has this text. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt *statement);
int sqlite3_stmt_busy(struct sqlite3_stmt *statement);
const char *sqlite3_sql(struct sqlite3_stmt *statement);

static void write_line(int descriptor, const char *sql)
{
	char line[8192];
	size_t length = strlen(sql);
	if (length > sizeof(line) - 1)
		length = sizeof(line) - 1;
	for (size_t i = 0; i < length; i++)
		line[i] = (char)(sql[i] == '\n' ? ' ' : sql[i]);
	line[length] = '\n';
	if (write(descriptor, line, length + 1) < 0)
		abort();
}

static int counts(struct sqlite3_stmt *statement)
{
	const char *match = getenv("KILL_MATCH");
	const char *sql = sqlite3_sql(statement);
	return !match || (sql && strstr(sql, match));
}

/* A statement that is not busy begins with this step. */
int sqlite3_step(struct sqlite3_stmt *statement)
{
	static int (*real)(struct sqlite3_stmt *);
	const char *path = getenv("STATEMENTS");
	if (!real)
		real = (int (*)(struct sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
	const char *kill_at = getenv("KILL_AT");
	static unsigned long begun;
	if (kill_at && !sqlite3_stmt_busy(statement) && counts(statement) &&
		++begun == strtoul(kill_at, NULL, 10))
		(void)kill(getpid(), SIGKILL);
	if (path && !sqlite3_stmt_busy(statement)) {
		int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (descriptor < 0)
			abort();
		const char *sql = sqlite3_sql(statement);
		/* Of what SQLite runs for itself there is none. */
		if (sql)
			write_line(descriptor, sql);
		(void)close(descriptor);
	}
	return real(statement);
}
