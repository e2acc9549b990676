/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading the configuration is made of: its sections, their keys, and what each key accepts. Used by
 * base/config*.c alone. */
#ifndef HAIKI_BASE_CONFIG_PARTS_H
#define HAIKI_BASE_CONFIG_PARTS_H

#include "base/config.h"
#include <stdbool.h>

/* Puts value into *field, or returns why it cannot: part of a sentence, untranslated. */
typedef const char *config_take(void *field, const char *value);

config_take config_take_text, config_take_path, config_take_path_or_nothing, config_take_country,
	config_take_memory, config_take_stall, config_take_timeout, config_take_signer,
	config_take_url_or_nothing, config_take_io, config_take_outside, config_take_clock,
	config_take_erasure, config_take_share, config_take_concurrency, config_take_rate,
	config_take_latency, config_take_look, config_take_address_or_nothing,
	config_take_addresses, config_take_platform_url, config_take_uri, config_take_user,
	config_take_service_field, config_take_backup_kind;
/* field is the whole struct config_deletion: the days and their count belong together. */
config_take config_take_notice_before, config_take_notice_after;

struct config_key {
	const char *section;
	const char *name;
	size_t field; /* in struct config; in its own struct where the section has a name */
	config_take *take;
	bool needed; /* a section that is opened by name is nothing without it */
};
extern const struct config_key config_keys[];
#define CONFIG_KEYS_MAX 64
extern const size_t config_key_count; /* at most CONFIG_KEYS_MAX */

/* Makes room for one more section of this name with its defaults; *ret_problem tells why not. */
typedef void *config_open(struct config *config, const char *name, const char **ret_problem);

struct config_section {
	const char *word;
	config_open *open; /* [word NAME]; NULL: [word], and its fields lie in struct config */
};
/* NULL: there is none. word need not end behind length. */
const struct config_section *config_section_find(const char *word, size_t length);

#endif
