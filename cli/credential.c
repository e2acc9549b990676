/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a drive's credential, byte by byte. */
#include "cli/credential.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "wipe/erase/opal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>

/* One line, or all there is. Its length; -E2BIG when it does not fit. */
static ssize_t read_line(int fd, char ret[static CREDENTIAL_SIZE])
{
	size_t used = 0;
	for (;;) {
		char byte;
		ssize_t got = read(fd, &byte, 1);
		if (got < 0)
			return -errno;
		if (got == 0 || byte == '\n')
			return (ssize_t)used;
		if (used == CREDENTIAL_SIZE - 1)
			return -E2BIG;
		ret[used++] = byte;
	}
}

/* A drive listens to a few wrong ones only: what cannot be right is told before it is asked. */
static bool can_be_psid(const char *line)
{
	char psid[PSID_CHARACTERS + 1];
	bool can_be = opal_psid_clean(line, psid);
	explicit_bzero(psid, sizeof(psid));
	return can_be;
}

/* NULL: it is one. */
static const char *problem_of(char line[static CREDENTIAL_SIZE], ssize_t length, bool is_secret)
{
	if (length == -E2BIG)
		return _("its first line is too long");
	if (length < 0)
		return strerror((int)-length);
	if (length > 0 && line[length - 1] == '\r')
		line[--length] = '\0';
	if (length == 0)
		return _("its first line is empty");
	if (strlen(line) < (size_t)length)
		return _("its first line has a NUL byte");
	return is_secret || can_be_psid(line)
		       ? NULL
		       : _("its first line does not have the 32 letters and digits of a PSID");
}

static int take_line(int fd, const char *path, bool is_secret, char ret[static CREDENTIAL_SIZE],
	struct error *error)
{
	char line[CREDENTIAL_SIZE] = "";
	const char *problem = problem_of(line, read_line(fd, line), is_secret);
	if (!problem)
		memcpy(ret, line, sizeof(line));
	explicit_bzero(line, sizeof(line));
	if (!problem)
		return 0;
	error_set(error, ERROR_USAGE, EINVAL, "credential",
		_("There is no PSID or password in %s: %s"), path, problem);
	return error_next(error, _("Write it, and nothing else, on one line."));
}

/* On a terminal, which does not show a password. */
static int ask(bool is_secret, char ret[static CREDENTIAL_SIZE], struct error *error)
{
	struct termios shown;
	bool hide = is_secret && tcgetattr(STDIN_FILENO, &shown) == 0;
	fprintf(stderr, "%s ",
		is_secret ? _("Password of the drive's owner:")
			  : _("PSID, as it is printed on the drive's label:"));
	fflush(stderr);
	if (hide) {
		struct termios hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	int r = take_line(STDIN_FILENO, _("what was typed"), is_secret, ret, error);
	if (hide) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		output_line(stderr, "%s", "");
	}
	return r;
}

int credential_read(
	const char *path, bool is_secret, char ret[static CREDENTIAL_SIZE], struct error *error)
{
	if (strcmp(path, "-") == 0)
		return confirm_possible() ? ask(is_secret, ret, error)
					  : take_line(STDIN_FILENO, _("what was typed"), is_secret,
						    ret, error);
	int r = is_secret ? file_check_secret(path, error) : 0;
	if (r < 0)
		return r;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return file_advise(error_set(error, ERROR_FAILED, errno, "credential",
					   _("Cannot open %s: %s"), path, strerror(errno)),
			error);
	return take_line(fd, path, is_secret, ret, error);
}

bool credential_missing(enum technique technique, bool has_psid, bool has_password)
{
	if (technique == TECHNIQUE_OPAL_PSID_REVERT)
		return !has_psid;
	return (technique == TECHNIQUE_OPAL_REVERT || technique == TECHNIQUE_OPAL_GENKEY) &&
	       !has_password;
}
