/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a drive's credential. */
#include "cli/credential.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/confirm.h"
#include <errno.h>
#include <string.h>

static int take_line(
	const char *path, FILE *input, char ret[static CREDENTIAL_SIZE], struct error *error)
{
	char line[CREDENTIAL_SIZE + 1] = "";
	const char *problem = NULL;

	if (!fgets(line, sizeof(line), input))
		line[0] = '\0';
	size_t length = strcspn(line, "\r\n");
	if (length >= CREDENTIAL_SIZE)
		problem = _("its first line is too long");
	line[length] = '\0';
	if (length == 0)
		problem = _("its first line is empty");
	if (!problem)
		memcpy(ret, line, length + 1);
	explicit_bzero(line, sizeof(line));
	if (!problem)
		return 0;
	error_set(error, ERROR_USAGE, EINVAL, "credential",
		_("There is no PSID or password in %s: %s"), path, problem);
	return error_next(error, _("Write it, and nothing else, on one line."));
}

static void ask(bool is_secret)
{
	if (!confirm_possible())
		return;
	fprintf(stderr, "%s ",
		is_secret ? _("Password of the drive's owner:")
			  : _("PSID, as it is printed on the drive's label:"));
	fflush(stderr);
}

int credential_read(const char *path, bool is_secret, FILE *input, char ret[static CREDENTIAL_SIZE],
	struct error *error)
{
	if (strcmp(path, "-") == 0) {
		ask(is_secret);
		return take_line(_("what was typed"), input, ret, error);
	}
	int r = is_secret ? file_check_secret(path, error) : 0;
	if (r < 0)
		return r;
	FILE *file = fopen(path, "re");
	if (!file)
		return file_advise(error_set(error, ERROR_FAILED, errno, "credential",
					   _("Cannot open %s: %s"), path, strerror(errno)),
			error);
	r = take_line(path, file, ret, error);
	(void)fclose(file);
	return r;
}
