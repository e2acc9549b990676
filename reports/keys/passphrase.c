/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading one line byte by byte, so that nothing of it stays in a buffer. */
#include "reports/keys/passphrase.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

void passphrase_forget(struct passphrase *passphrase)
{
	OPENSSL_cleanse(passphrase, sizeof(*passphrase));
}

static int unusable(const char *name, int errnum, const char *why, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, errnum, "keys-passphrase",
		_("There is no passphrase in %s: %s"), name, why);
	return error_next(error, _("Write it, and nothing else, on the first line."));
}

/* Its length, or -errno. */
static ssize_t read_line(int fd, char ret[static PASSPHRASE_MAX])
{
	size_t used = 0;
	for (;;) {
		char byte;
		ssize_t got = read(fd, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0 || byte == '\n')
			return (ssize_t)used;
		if (used == PASSPHRASE_MAX - 1)
			return -E2BIG;
		ret[used++] = byte;
	}
}

int passphrase_read_fd(int fd, const char *name, struct passphrase *ret, struct error *error)
{
	*ret = (struct passphrase){ 0 };
	ssize_t length = read_line(fd, ret->text);
	if (length == -E2BIG)
		return unusable(name, EINVAL, _("its first line is too long"), error);
	if (length < 0)
		return unusable(name, (int)-length, strerror((int)-length), error);
	if (length > 0 && ret->text[length - 1] == '\r')
		ret->text[--length] = '\0';
	if (length == 0)
		return unusable(name, EINVAL, _("its first line is empty"), error);
	if (strlen(ret->text) < (size_t)length)
		return unusable(name, EINVAL, _("its first line has a NUL byte"), error);
	ret->given = true;
	return 0;
}

int passphrase_read_file(const char *path, struct passphrase *ret, struct error *error)
{
	*ret = (struct passphrase){ 0 };
	int result = file_check_secret(path, error);
	if (result != 0) {
		if (error)
			error->kind = ERROR_WAITING;
		return result;
	}
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? unusable(path, errno, strerror(errno), error)
		      : passphrase_read_fd(fd, path, ret, error);
}

int passphrase_read(const struct config *config, struct passphrase *ret, struct error *error)
{
	*ret = (struct passphrase){ 0 };
	if (config->keys_passphrase[0])
		return passphrase_read_file(config->keys_passphrase, ret, error);
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int length = folder && folder[0] == '/'
			     ? snprintf(path, sizeof(path), "%s/" PASSPHRASE_CREDENTIAL, folder)
			     : 0;
	if (length <= 0 || (size_t)length >= sizeof(path) ||
		(access(path, F_OK) != 0 && errno == ENOENT))
		return 0;
	return passphrase_read_file(path, ret, error);
}
