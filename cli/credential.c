/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a PSID or a password, byte by byte: nothing of the input behind its line is taken, since
 * serials may be typed there, and no buffer keeps a copy. */
#include "cli/credential.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <termios.h>

bool credential_is_psid(const struct credential_options *options)
{
	return options->psid[0] || options->psid_file[0];
}

bool credential_is_password(const struct credential_options *options)
{
	return options->credential_file[0];
}

static bool takes_psid(enum technique technique)
{
	return technique == TECHNIQUE_OPAL_PSID_REVERT;
}

static bool takes_password(enum technique technique)
{
	return technique == TECHNIQUE_OPAL_REVERT || technique == TECHNIQUE_OPAL_GENKEY;
}

bool credential_needed(enum technique technique)
{
	return takes_psid(technique) || takes_password(technique);
}

bool credential_fits(const struct credential_options *options, enum technique technique)
{
	return (takes_psid(technique) && credential_is_psid(options)) ||
	       (takes_password(technique) && credential_is_password(options));
}

int credential_check(const struct credential_options *options, size_t drives, struct error *error)
{
	int given = (options->psid[0] != '\0') + (options->psid_file[0] != '\0') +
		    (options->credential_file[0] != '\0');
	if (given > 1) {
		error_set(error, ERROR_USAGE, EINVAL, "credential-twice",
			_("Only one of --psid, --psid-file and --credential-file can be given."));
		return error_next(error, _("Give the one that the plan asks for."));
	}
	if (drives > 1 && credential_is_psid(options)) {
		error_set(error, ERROR_USAGE, EINVAL, "psid-of-many",
			_("A PSID belongs to one drive, but several were named. A drive that is "
			  "told a wrong one a few times listens to none any more."));
		return error_next(error, _("Name the drive whose label it stands on."));
	}
	return 0;
}

/* ---- reading ---- */

static int refuse(const char *from, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "credential-invalid", _("%s: %s"), from, why);
}

/* One line, or all there is. Returns its length; -E2BIG when it does not fit. */
static ssize_t read_line(int fd, char ret[static CREDENTIAL_MAX])
{
	size_t used = 0;
	for (;;) {
		char byte;
		ssize_t got = read(fd, &byte, 1);
		if (got < 0)
			return -errno;
		if (got == 0 || byte == '\n')
			return (ssize_t)used;
		if (used == CREDENTIAL_MAX - 1)
			return -E2BIG;
		ret[used++] = byte;
	}
}

static int take_line(int fd, const char *from, char ret[static CREDENTIAL_MAX], struct error *error)
{
	char line[CREDENTIAL_MAX] = "";
	ssize_t length = read_line(fd, line);
	int r = 0;
	if (length == -E2BIG)
		r = refuse(from, _("It is longer than 255 bytes."), error);
	else if (length < 0)
		r = error_set(error, ERROR_FAILED, (int)length, "credential-read",
			_("%s cannot be read: %s"), from, strerror((int)-length));
	else if (length > 0 && line[length - 1] == '\r')
		line[--length] = '\0';
	if (r == 0 && memchr(line, '\0', (size_t)length))
		r = refuse(from, _("It has a NUL byte."), error);
	if (r == 0 && length == 0)
		r = refuse(from, _("It is empty."), error);
	if (r == 0)
		memcpy(ret, line, (size_t)length + 1);
	OPENSSL_cleanse(line, sizeof(line));
	return r;
}

/* What is typed after the prompt; the terminal does not show a password. */
static int ask(bool is_psid, char ret[static CREDENTIAL_MAX], struct error *error)
{
	struct termios shown;
	bool hide = !is_psid && tcgetattr(STDIN_FILENO, &shown) == 0;
	fprintf(stderr, "%s ",
		is_psid ? _("Scan or type the PSID on the drive's label:")
			: _("Type the owner's password of the drive:"));
	fflush(stderr);
	if (hide) {
		struct termios hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	int r = take_line(STDIN_FILENO, _("The keyboard"), ret, error);
	if (hide) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		output_line(stderr, "%s", "");
	}
	return r;
}

static int read_file(
	const char *path, bool is_psid, char ret[static CREDENTIAL_MAX], struct error *error)
{
	int r = is_psid ? 0 : file_check_secret(path, error);
	if (r < 0)
		return r;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		r = -errno;
		error_set(error, ERROR_FAILED, -r, "credential-read", _("%s cannot be read: %s"),
			path, strerror(-r));
		return file_advise(r, error);
	}
	return take_line(fd, path, ret, error);
}

int credential_read(const struct credential_options *options, char ret[static CREDENTIAL_MAX],
	struct error *error)
{
	bool is_psid = credential_is_psid(options);
	const char *path = is_psid ? options->psid_file : options->credential_file;
	ret[0] = '\0';
	if (options->psid[0]) {
		memcpy(ret, options->psid, sizeof(options->psid));
		return 0;
	}
	if (!path[0])
		return 0;
	if (strcmp(path, "-") != 0)
		return read_file(path, is_psid, ret, error);
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ask(is_psid, ret, error);
	return take_line(STDIN_FILENO, _("The standard input"), ret, error);
}

void credential_forget(char credential[static CREDENTIAL_MAX])
{
	OPENSSL_cleanse(credential, CREDENTIAL_MAX);
}
