/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sections and keys the configuration has, and what stands there when nothing is said. */
#include "base/config_parts.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define IN_CONFIG(member) offsetof(struct config, member)
#define IN_PLATFORM(member) offsetof(struct config_platform, member)
#define IN_BACKUP(member) offsetof(struct config_backup, member)

const struct config_key config_keys[] = {
	{ "store", "state", IN_CONFIG(state_folder), config_take_path, false },
	{ "store", "database", IN_CONFIG(store), config_take_path, false },
	{ "policy", "file", IN_CONFIG(policy), config_take_path_or_nothing, false },
	{ "keys", "folder", IN_CONFIG(keys_folder), config_take_path, false },
	{ "keys", "signer", IN_CONFIG(keys_signer), config_take_signer, false },
	{ "keys", "passphrase", IN_CONFIG(keys_passphrase), config_take_path_or_nothing, false },
	{ "timestamp", "url", IN_CONFIG(timestamp_url), config_take_url_or_nothing, false },
	{ "timestamp", "ca", IN_CONFIG(timestamp_ca), config_take_path_or_nothing, false },
	{ "timestamp", "timeout", IN_CONFIG(timestamp_timeout_ms), config_take_timeout, false },
	{ "site", "organisation", IN_CONFIG(organisation), config_take_text, false },
	{ "site", "site", IN_CONFIG(site), config_take_text, false },
	{ "site", "country", IN_CONFIG(country), config_take_country, false },
	{ "site", "zone", IN_CONFIG(zone), config_take_text, false },
	{ "engine", "memory", IN_CONFIG(memory_budget_bytes), config_take_memory, false },
	{ "engine", "stall", IN_CONFIG(stall_limit_ms), config_take_stall, false },
	{ "engine", "io", IN_CONFIG(io_backend), config_take_io, false },
	{ "guard", "outside", IN_CONFIG(guard_outside), config_take_outside, false },
	{ "deletion", "clock", IN_CONFIG(deletion.clock), config_take_clock, false },
	{ "deletion", "erasure", IN_CONFIG(deletion.erasure), config_take_erasure, false },
	{ "deletion", "share", IN_CONFIG(deletion.share_percent), config_take_share, false },
	{ "deletion", "concurrency", IN_CONFIG(deletion.concurrency), config_take_concurrency,
		false },
	{ "deletion", "rate", IN_CONFIG(deletion.rate_bytes_per_second), config_take_rate, false },
	{ "deletion", "latency", IN_CONFIG(deletion.latency_limit_us), config_take_latency, false },
	{ "deletion", "look", IN_CONFIG(deletion.look_timeout_ms), config_take_look, false },
	{ "deletion", "notice-before", IN_CONFIG(deletion), config_take_notice_before, false },
	{ "deletion", "notice-after", IN_CONFIG(deletion), config_take_notice_after, false },
	{ "deletion", "sendmail", IN_CONFIG(deletion.sendmail), config_take_path_or_nothing,
		false },
	{ "deletion", "from", IN_CONFIG(deletion.from), config_take_address_or_nothing, false },
	{ "deletion", "operators", IN_CONFIG(deletion.operators), config_take_addresses, false },
	{ "deletion", "templates", IN_CONFIG(deletion.templates), config_take_path_or_nothing,
		false },
	{ "vsphere", "url", IN_PLATFORM(url), config_take_platform_url, true },
	{ "vsphere", "user", IN_PLATFORM(user), config_take_user, true },
	{ "vsphere", "password", IN_PLATFORM(password), config_take_path_or_nothing, false },
	{ "vsphere", "ca", IN_PLATFORM(ca), config_take_path_or_nothing, false },
	{ "vsphere", "service-field", IN_PLATFORM(service_field), config_take_service_field,
		false },
	{ "libvirt", "url", IN_PLATFORM(url), config_take_uri, false },
	{ "backup", "kind", IN_BACKUP(kind), config_take_backup_kind, false },
	{ "backup", "path", IN_BACKUP(path), config_take_path, true },
};
const size_t config_key_count = ARRAY_SIZE(config_keys);
_Static_assert(ARRAY_SIZE(config_keys) <= CONFIG_KEYS_MAX, "a reading notes which keys are given");

/* Platforms of both kinds share one room of names: a VM's record says only the name. */
static struct config_platform *open_platform(
	struct config *config, const char *name, const char **ret_problem)
{
	for (size_t i = 0; i < config->platform_count; i++)
		if (strcmp(config->platforms[i].name, name) == 0) {
			*ret_problem = N_("another platform has this name already");
			return NULL;
		}
	if (config->platform_count == CONFIG_PLATFORMS_MAX) {
		*ret_problem = N_("there are more than 16 platforms");
		return NULL;
	}
	struct config_platform *platform = &config->platforms[config->platform_count++];
	*platform = (struct config_platform){ 0 };
	(void)snprintf(platform->name, sizeof(platform->name), "%s", name);
	return platform;
}

static void *open_vsphere(struct config *config, const char *name, const char **ret_problem)
{
	struct config_platform *platform = open_platform(config, name, ret_problem);

	if (platform) {
		memcpy(platform->kind, "vsphere", sizeof("vsphere"));
		memcpy(platform->service_field, "haiki.service", sizeof("haiki.service"));
	}
	return platform;
}

static void *open_libvirt(struct config *config, const char *name, const char **ret_problem)
{
	struct config_platform *platform = open_platform(config, name, ret_problem);

	if (platform) {
		memcpy(platform->kind, "libvirt", sizeof("libvirt"));
		memcpy(platform->url, "qemu:///system", sizeof("qemu:///system"));
	}
	return platform;
}

static void *open_backup(struct config *config, const char *name, const char **ret_problem)
{
	for (size_t i = 0; i < config->backup_count; i++)
		if (strcmp(config->backups[i].name, name) == 0) {
			*ret_problem = N_("another backup has this name already");
			return NULL;
		}
	if (config->backup_count == CONFIG_BACKUPS_MAX) {
		*ret_problem = N_("there are more than 16 backups");
		return NULL;
	}
	struct config_backup *backup = &config->backups[config->backup_count++];
	*backup = (struct config_backup){ .kind = "directory" };
	(void)snprintf(backup->name, sizeof(backup->name), "%s", name);
	return backup;
}

static const struct config_section sections[] = {
	{ "store", NULL },
	{ "policy", NULL },
	{ "keys", NULL },
	{ "timestamp", NULL },
	{ "site", NULL },
	{ "engine", NULL },
	{ "guard", NULL },
	{ "deletion", NULL },
	{ "vsphere", open_vsphere },
	{ "libvirt", open_libvirt },
	{ "backup", open_backup },
};

const struct config_section *config_section_find(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strlen(sections[i].word) == length &&
			memcmp(sections[i].word, word, length) == 0)
			return &sections[i];
	return NULL;
}

void config_defaults(struct config *ret)
{
	*ret = (struct config){
		.state_folder = "/var/lib/haiki",
		.store = "/var/lib/haiki/haiki.db",
		.keys_folder = "/var/lib/haiki/keys",
		.keys_signer = "file",
		.timestamp_timeout_ms = UINT64_C(10) * 1000,
		.country = "JP",
		.memory_budget_bytes = 64 * MIB,
		.stall_limit_ms = UINT64_C(300) * 1000,
		.io_backend = "auto",
		.guard_outside = "refuse",
		.deletion = {
			.clock = "synchronised",
			.erasure = "where-possible",
			.share_percent = 10,
			.concurrency = 2,
			.look_timeout_ms = UINT64_C(300) * 1000,
			.notice_before = { 30, 7, 1 },
			.notice_before_count = 3,
			.notice_after = { 1, 7, 30 },
			.notice_after_count = 3,
		},
	};
}
