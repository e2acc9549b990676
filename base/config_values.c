/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each key of the configuration accepts. */
#include "base/config_parts.h"

#include "base/mail_address.h"
#include "base/text.h"
#include <string.h>

#define MEMORY_MIN_BYTES MIB
#define MEMORY_MAX_BYTES (1024 * GIB)
#define STALL_MIN_SECONDS 1
#define STALL_MAX_SECONDS 86400
#define TIMEOUT_MIN_SECONDS 1
#define TIMEOUT_MAX_SECONDS 600
#define CONCURRENCY_MAX 16
#define RATE_MAX_BYTES (1024 * GIB)
#define LATENCY_MAX_MS 60000
#define LOOK_MAX_SECONDS 86400
#define NOTICE_DAYS_MAX 3650

/* What a line is refused for; one sentence part each. */
static const char problem_memory[] = N_("the memory must be 1MiB to 1TiB");
static const char problem_stall[] = N_("the stall limit must be 1 to 86400 seconds");

const char *config_take_text(void *field, const char *value)
{
	size_t length = strlen(value);

	if (length >= CONFIG_VALUE_MAX)
		return N_("the value is too long");
	memcpy(field, value, length + 1);
	return NULL;
}

const char *config_take_path(void *field, const char *value)
{
	if (*value != '/')
		return N_("the value must be a path that begins with /");
	return config_take_text(field, value);
}

const char *config_take_path_or_nothing(void *field, const char *value)
{
	return *value == '\0' ? config_take_text(field, value) : config_take_path(field, value);
}

const char *config_take_country(void *field, const char *value)
{
	if (strlen(value) != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
		return N_("the country must be two capital letters (ISO 3166)");
	return config_take_text(field, value);
}

const char *config_take_memory(void *field, const char *value)
{
	uint64_t bytes;

	if (config_parse_size(value, &bytes) < 0 || bytes < MEMORY_MIN_BYTES ||
		bytes > MEMORY_MAX_BYTES)
		return problem_memory;
	*(uint64_t *)field = bytes;
	return NULL;
}

/* Digits and nothing else: a size without a unit. */
static bool take_number(const char *value, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t number;

	if (strspn(value, "0123456789") != strlen(value) || config_parse_size(value, &number) < 0 ||
		number < min || number > max)
		return false;
	*ret = number;
	return true;
}

static bool take_seconds(void *field, const char *value, uint64_t min, uint64_t max)
{
	uint64_t seconds;

	if (!take_number(value, min, max, &seconds))
		return false;
	*(uint64_t *)field = seconds * 1000;
	return true;
}

const char *config_take_stall(void *field, const char *value)
{
	return take_seconds(field, value, STALL_MIN_SECONDS, STALL_MAX_SECONDS) ? NULL
										: problem_stall;
}

const char *config_take_timeout(void *field, const char *value)
{
	return take_seconds(field, value, TIMEOUT_MIN_SECONDS, TIMEOUT_MAX_SECONDS)
		       ? NULL
		       : N_("the time limit must be 1 to 600 seconds");
}

const char *config_take_signer(void *field, const char *value)
{
	if (strcmp(value, "file") != 0 && strncmp(value, "pkcs11:", 7) != 0 &&
		strncmp(value, "tpm:", 4) != 0)
		return N_("the signer must be file, pkcs11:… or tpm:…");
	return config_take_text(field, value);
}

const char *config_take_url_or_nothing(void *field, const char *value)
{
	if (*value != '\0' && strncmp(value, "http://", 7) != 0 &&
		strncmp(value, "https://", 8) != 0)
		return N_("the address must begin with http:// or https://");
	return config_take_text(field, value);
}

/* One of a few words. */
static bool take_word(void *field, const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(value, *words) == 0) {
			memcpy(field, value, strlen(value) + 1);
			return true;
		}
	return false;
}

const char *config_take_io(void *field, const char *value)
{
	static const char *const words[] = { "auto", "io_uring", "threads", NULL };
	return take_word(field, value, words) ? NULL : N_("io must be auto, io_uring or threads");
}

const char *config_take_outside(void *field, const char *value)
{
	static const char *const words[] = { "refuse", "vouched", NULL };
	return take_word(field, value, words) ? NULL : N_("outside must be refuse or vouched");
}

const char *config_take_clock(void *field, const char *value)
{
	static const char *const words[] = { "synchronised", "vouched", NULL };
	return take_word(field, value, words) ? NULL : N_("clock must be synchronised or vouched");
}

const char *config_take_erasure(void *field, const char *value)
{
	static const char *const words[] = { "where-possible", "required", NULL };
	return take_word(field, value, words) ? NULL
					      : N_("erasure must be where-possible or required");
}

const char *config_take_backup_kind(void *field, const char *value)
{
	static const char *const words[] = { "directory", "hook", NULL };
	return take_word(field, value, words) ? NULL : N_("kind must be directory or hook");
}

const char *config_take_share(void *field, const char *value)
{
	uint64_t percent;

	if (!take_number(value, 0, 100, &percent))
		return N_("share must be 0 to 100, a number alone");
	*(unsigned *)field = (unsigned)percent;
	return NULL;
}

const char *config_take_concurrency(void *field, const char *value)
{
	uint64_t count;

	if (!take_number(value, 1, CONCURRENCY_MAX, &count))
		return N_("concurrency must be 1 to 16");
	*(unsigned *)field = (unsigned)count;
	return NULL;
}

const char *config_take_rate(void *field, const char *value)
{
	uint64_t bytes;

	if (config_parse_size(value, &bytes) < 0 || bytes > RATE_MAX_BYTES)
		return N_("rate must be bytes per second, 0 to 1TiB");
	*(uint64_t *)field = bytes;
	return NULL;
}

const char *config_take_latency(void *field, const char *value)
{
	uint64_t latency_ms;

	if (!take_number(value, 0, LATENCY_MAX_MS, &latency_ms))
		return N_("latency must be 0 to 60000 milliseconds");
	*(uint64_t *)field = latency_ms * 1000;
	return NULL;
}

const char *config_take_look(void *field, const char *value)
{
	return take_seconds(field, value, 1, LOOK_MAX_SECONDS)
		       ? NULL
		       : N_("look must be 1 to 86400 seconds");
}

/* Days with blanks between two, each one further than the one before it. */
static bool take_days(
	const char *value, bool ascending, unsigned ret_days[CONFIG_DAYS_MAX], size_t *ret_count)
{
	unsigned days[CONFIG_DAYS_MAX] = { 0 };
	size_t count = 0;

	for (value += strspn(value, " \t"); *value != '\0'; value += strspn(value, " \t")) {
		size_t length = strcspn(value, " \t");
		char word[8];
		uint64_t day;
		if (count == CONFIG_DAYS_MAX || length >= sizeof(word))
			return false;
		memcpy(word, value, length);
		word[length] = '\0';
		if (!take_number(word, 1, NOTICE_DAYS_MAX, &day))
			return false;
		if (count > 0 && (ascending ? day <= days[count - 1] : day >= days[count - 1]))
			return false;
		days[count++] = (unsigned)day;
		value += length;
	}
	memcpy(ret_days, days, sizeof(days));
	*ret_count = count;
	return true;
}

const char *config_take_notice_before(void *field, const char *value)
{
	struct config_deletion *deletion = field;

	return take_days(value, false, deletion->notice_before, &deletion->notice_before_count)
		       ? NULL
		       : N_("notice-before must be at most 8 numbers of days, 1 to 3650, the "
			    "largest first");
}

const char *config_take_notice_after(void *field, const char *value)
{
	struct config_deletion *deletion = field;

	return take_days(value, true, deletion->notice_after, &deletion->notice_after_count)
		       ? NULL
		       : N_("notice-after must be at most 8 numbers of days, 1 to 3650, the "
			    "smallest first");
}

static const char problem_address[] = N_("an address must be plain, as office@city.example.jp");

const char *config_take_address_or_nothing(void *field, const char *value)
{
	if (*value != '\0' && !mail_address_is_plain(value, strlen(value)))
		return problem_address;
	return config_take_text(field, value);
}

const char *config_take_addresses(void *field, const char *value)
{
	return mail_addresses_bad(value, NULL) ? problem_address : config_take_text(field, value);
}

const char *config_take_platform_url(void *field, const char *value)
{
	static const char scheme[] = "https://";
	size_t length = strlen(scheme);

	if (strncmp(value, scheme, length) != 0 || strcspn(value + length, "/") == 0)
		return N_("the address must begin with https:// and name a host");
	/* It is told in messages and stands in the ledger. */
	if (strchr(value, '@'))
		return N_("user and password must not be part of the address");
	return strpbrk(value, " \t") ? N_("the address must not have blanks in it")
				     : config_take_text(field, value);
}

const char *config_take_uri(void *field, const char *value)
{
	if (!strstr(value, ":/") || *value == ':' || strpbrk(value, " \t"))
		return N_("url must be an URI of libvirt, as qemu:///system");
	return config_take_text(field, value);
}

const char *config_take_user(void *field, const char *value)
{
	return *value == '\0' ? N_("the user must not be empty") : config_take_text(field, value);
}

const char *config_take_service_field(void *field, const char *value)
{
	if (*value == '\0' || strlen(value) >= CONFIG_NAME_MAX)
		return N_("service-field must be 1 to 63 bytes long");
	return config_take_text(field, value);
}
