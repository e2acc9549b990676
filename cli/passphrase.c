/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for a passphrase without showing it. */
#include "cli/passphrase.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int ask(const char *question, struct passphrase *ret, struct error *error)
{
	struct termios shown;
	bool hide = tcgetattr(STDIN_FILENO, &shown) == 0;
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	if (hide) {
		struct termios hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	int result = passphrase_read_fd(STDIN_FILENO, _("what was typed"), ret, error);
	if (hide) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		output_line(stderr, "%s", "");
	}
	return result;
}

static int ask_again(const struct passphrase *first, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase second = { 0 };
	int result = ask(_("The same passphrase again:"), &second, error);
	if (result == 0 && strcmp(first->text, second.text) != 0)
		result = error_set(error, ERROR_USAGE, EINVAL, "keys-passphrase",
			_("The two passphrases are not the same"));
	return result;
}

int passphrase_ask(const char *path, bool is_new, struct passphrase *ret, struct error *error)
{
	if (strcmp(path, "-") != 0)
		return passphrase_read_file(path, ret, error);
	if (!confirm_possible())
		return passphrase_read_fd(STDIN_FILENO, _("what was typed"), ret, error);
	int result = ask(_("Passphrase of the person's key:"), ret, error);
	return result == 0 && is_new ? ask_again(ret, error) : result;
}
