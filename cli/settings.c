/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the configuration's plain values to what the rooms want. */
#include "cli/settings.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void settings_folder(
	const struct config *config, const char *out, char ret[static SETTINGS_FOLDER_SIZE])
{
	if (out[0])
		snprintf(ret, SETTINGS_FOLDER_SIZE, "%s", out);
	else
		snprintf(ret, SETTINGS_FOLDER_SIZE, "%s/certificates", config->state_folder);
}

int settings_engine(
	const struct config *config, size_t drives, struct engine_options *ret, struct error *error)
{
	bool known = false;
	enum engine_backend backend = engine_backend_parse(config->io_backend, &known);
	if (!known)
		return error_set(error, ERROR_USAGE, EINVAL, "config-value",
			_("The configuration names no I/O backend: %s"), config->io_backend);
	*ret = (struct engine_options){
		.backend = backend,
		.memory_budget_bytes = config->memory_budget_bytes,
		.expected_passes = (unsigned)drives,
	};
	return 0;
}

int settings_trust(
	const struct config *config, const char *path, struct trust **ret, struct error *error)
{
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(TRUST_MAX_BYTES);
	char file[512];
	if (path[0])
		snprintf(file, sizeof(file), "%s", path);
	else
		snprintf(file, sizeof(file), "%s/ca.crt", config->keys_folder);
	if (file_read(file, &pem, error) < 0) {
		error->kind = ERROR_WAITING;
		return error_next(error,
			_("Name the issuer's certificate (ca.crt), got from a place you trust, "
			  "with --trust."));
	}
	return trust_load(buffer_text(&pem), pem.length, file, ret, error);
}

int settings_host(char ret[static SETTINGS_HOST_SIZE], struct error *error)
{
	/* A name that was cut is not terminated. */
	memset(ret, 0, SETTINGS_HOST_SIZE);
	if (gethostname(ret, SETTINGS_HOST_SIZE - 1) < 0)
		return error_set(error, ERROR_FAILED, errno, "host-name",
			_("The name of this host cannot be read: %s"), strerror(errno));
	return 0;
}
