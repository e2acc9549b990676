/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file /etc/haiki/haiki.conf (INI, read by inih), one struct of plain values. */
#ifndef HAIKI_BASE_CONFIG_H
#define HAIKI_BASE_CONFIG_H

#include "base/error.h"

#define CONFIG_DEFAULT_PATH "/etc/haiki/haiki.conf"
#define CONFIG_VALUE_MAX 256

/* Every value has a default, so no file is needed. Strings are UTF-8. */
struct config {
	char state_folder[CONFIG_VALUE_MAX]; /* [store] state = /var/lib/haiki */
	char store[CONFIG_VALUE_MAX];        /* [store] database = STATE/haiki.db */
	char policy[CONFIG_VALUE_MAX];       /* [policy] file = ; empty: the shipped default */
	char keys_folder[CONFIG_VALUE_MAX];  /* [keys] folder = STATE/keys */
	char keys_signer[CONFIG_VALUE_MAX];  /* [keys] signer = file | pkcs11:URI | tpm:0xHANDLE */
	char keys_passphrase
		[CONFIG_VALUE_MAX]; /* [keys] passphrase = file; of the key, PIN of the token;
	                                         * empty: systemd's credential haiki-passphrase, or none */
	char timestamp_url
		[CONFIG_VALUE_MAX]; /* [timestamp] url = ; http(s), empty: no time stamps */
	char timestamp_ca[CONFIG_VALUE_MAX]; /* [timestamp] ca = ; PEM file of who may sign them */
	uint64_t timestamp_timeout_ms;       /* [timestamp] timeout = 10; seconds for one answer */
	char organisation[CONFIG_VALUE_MAX]; /* [site] organisation = */
	char site[CONFIG_VALUE_MAX];         /* [site] site = ; where this host stands */
	char country[CONFIG_VALUE_MAX];      /* [site] country = JP */
	char zone[CONFIG_VALUE_MAX];  /* [site] zone = ; municipal, private or as configured */
	uint64_t memory_budget_bytes; /* [engine] memory = 64MiB; all I/O buffers together */
	uint64_t stall_limit_ms;      /* [engine] stall = 300; seconds without one answer */
	char io_backend[16];          /* [engine] io = auto | io_uring | threads */
	char guard_outside[16]; /* [guard] outside = refuse | vouched; see wipe/guard/guard.h */
};

/* Fill with the defaults. */
void config_defaults(struct config *ret);

/* Read path over the defaults. path NULL means CONFIG_DEFAULT_PATH, and then a missing file is no
 * error. A state folder given there moves the store and the keys with it, unless they are given
 * too. Unknown sections or keys, keys given twice, values too long, paths that do not begin with "/",
 * numbers out of range and lines over 197 bytes are -EINVAL naming file and line; a file that
 * cannot be read is -errno. *ret is untouched on error. */
NODISCARD int config_load(const char *path, struct config *ret, struct error *error);

/* "64MiB", "100M", "1g", "4096" (bytes; K, M, G, T and KiB… are powers of 1024).
 * -EINVAL or -ERANGE otherwise. */
NODISCARD int config_parse_size(const char *text, uint64_t *ret_bytes);

#endif
