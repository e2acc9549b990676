/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several commands take from the configuration and from the host they run on. */
#ifndef HAIKI_CLI_SETTINGS_H
#define HAIKI_CLI_SETTINGS_H

#include "base/config.h"
#include "device/engine/engine.h"
#include "verify/certificate/trust.h"

#define SETTINGS_FOLDER_SIZE (CONFIG_VALUE_MAX + 16)

/* The certificates' folder: out, or where it is "" the one in the state folder. */
void settings_folder(
	const struct config *config, const char *out, char ret[static SETTINGS_FOLDER_SIZE]);

/* The I/O engine for so many drives at once. */
NODISCARD int settings_engine(const struct config *config, size_t drives,
	struct engine_options *ret, struct error *error);

/* The anchors of certificates: the file named by path, or where it is "" ca.crt of the keys folder. */
NODISCARD int settings_trust(
	const struct config *config, const char *path, struct trust **ret, struct error *error);

#define SETTINGS_HOST_SIZE 128

/* The name of this host. */
NODISCARD int settings_host(char ret[static SETTINGS_HOST_SIZE], struct error *error);

#endif
