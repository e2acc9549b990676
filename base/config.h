/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file /etc/haiki/haiki.conf (INI, read by inih), one struct of plain values. */
#ifndef HAIKI_BASE_CONFIG_H
#define HAIKI_BASE_CONFIG_H

#include "base/error.h"

#define CONFIG_DEFAULT_PATH "/etc/haiki/haiki.conf"
#define CONFIG_VALUE_MAX 256

#define CONFIG_PLATFORMS_MAX 16
#define CONFIG_BACKUPS_MAX 16
#define CONFIG_DAYS_MAX 8
#define CONFIG_NAME_MAX 64 /* of a section: letters, digits, "-" and "_" */

/* [vsphere NAME] or [libvirt NAME]: where VMs live. */
struct config_platform {
	char kind[16]; /* "vsphere", "libvirt" */
	char name[CONFIG_NAME_MAX];
	char url[CONFIG_VALUE_MAX]; /* vsphere: https://HOST/sdk; libvirt: its URI, qemu:///system by default */
	char user[CONFIG_VALUE_MAX];
	char password
		[CONFIG_VALUE_MAX]; /* a file, readable by its owner alone; empty: systemd's credential haiki-NAME */
	char ca[CONFIG_VALUE_MAX]; /* PEM file of who may sign its TLS certificate; empty: the host's */
	char service_field
		[CONFIG_NAME_MAX]; /* which custom attribute bears the service code: haiki.service */
};

/* [backup NAME] */
struct config_backup {
	char kind[16]; /* "directory", "hook" */
	char name[CONFIG_NAME_MAX];
	char path[CONFIG_VALUE_MAX]; /* the repository's folder, or the program */
};

/* [deletion]: of what tenants left behind. */
struct config_deletion {
	char clock[16];   /* clock = synchronised | vouched */
	char erasure[16]; /* erasure = where-possible | required */
	unsigned
		share_percent; /* share = 10; 0 to 100: more of all VMs at once waits for approval */
	unsigned concurrency;  /* concurrency = 2; VMs at once, 1 to 16 */
	uint64_t rate_bytes_per_second; /* rate = 0; of one disk */
	uint64_t
		latency_limit_us; /* latency = 0; milliseconds for one request, above which haiki goes more slowly; 0 never */
	uint64_t
		look_timeout_ms; /* look = 300; seconds to ask again whether a VM is gone, 1 to 86400 */
	unsigned notice_before
		[CONFIG_DAYS_MAX]; /* notice-before = 30 7 1; days before it is due, descending; empty: none */
	size_t notice_before_count;
	unsigned notice_after[CONFIG_DAYS_MAX]; /* notice-after = 1 7 30; days after, ascending */
	size_t notice_after_count;
	char sendmail
		[CONFIG_VALUE_MAX]; /* sendmail = /usr/sbin/sendmail; empty (the default): nobody is told */
	char from[CONFIG_VALUE_MAX];      /* from = ; address, needed with sendmail */
	char operators[CONFIG_VALUE_MAX]; /* operators = ; addresses, a blank between two */
	char templates[CONFIG_VALUE_MAX]; /* templates = ; folder */
};

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
	struct config_deletion deletion;
	struct config_platform platforms[CONFIG_PLATFORMS_MAX]; /* in the order of the file */
	size_t platform_count;
	struct config_backup backups[CONFIG_BACKUPS_MAX];
	size_t backup_count;
};

/* Fill with the defaults. */
void config_defaults(struct config *ret);

/* Read path over the defaults. path NULL means CONFIG_DEFAULT_PATH, and then a missing file is no
 * error. A state folder given there moves the store and the keys with it, unless they are given
 * too. Unknown sections or keys, keys given twice, values too long, paths that do not begin with "/",
 * numbers out of range and lines over 197 bytes are -EINVAL naming file and line; so are, of the
 * sections with a name, a second one of a name (platforms of both kinds share theirs), one too many
 * and one that lacks what it needs (vsphere: url and user; backup: path). sendmail without from is
 * -EINVAL naming the file. A file that cannot be read is -errno. *ret is untouched on error. */
NODISCARD int config_load(const char *path, struct config *ret, struct error *error);

/* "64MiB", "100M", "1g", "4096" (bytes; K, M, G, T and KiB… are powers of 1024).
 * -EINVAL or -ERANGE otherwise. */
NODISCARD int config_parse_size(const char *text, uint64_t *ret_bytes);

#endif
