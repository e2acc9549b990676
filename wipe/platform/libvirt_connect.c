/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reaching libvirt, and what it says when something did not work. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

/* libvirt would print errors itself. */
static void say_nothing(void *context, virErrorPtr problem)
{
	(void)context;
	(void)problem;
}

static int errnum_of(int code)
{
	switch (code) {
	case VIR_ERR_NO_DOMAIN:
	case VIR_ERR_NO_STORAGE_VOL:
	case VIR_ERR_NO_STORAGE_POOL:
		return ENOENT;
	case VIR_ERR_NO_CONNECT:
	case VIR_ERR_RPC:
		return EHOSTUNREACH;
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_AUTH_CANCELLED:
	case VIR_ERR_AUTH_UNAVAILABLE:
	case VIR_ERR_ACCESS_DENIED:
		return EACCES;
	case VIR_ERR_OPERATION_TIMEOUT:
		return ETIMEDOUT;
	case VIR_ERR_NO_MEMORY:
		return ENOMEM;
	case VIR_ERR_NO_SUPPORT:
	case VIR_ERR_OPERATION_UNSUPPORTED:
	case VIR_ERR_ARGUMENT_UNSUPPORTED:
		return EOPNOTSUPP;
	default:
		return EIO;
	}
}

int libvirt_error(const struct platform *platform, const char *what, struct error *error)
{
	char said[256]; /* the next call of libvirt takes its own text away */
	const int errnum = errnum_of(virGetLastErrorCode());
	(void)snprintf(said, sizeof(said), "%s", virGetLastErrorMessage());
	if (errnum == EHOSTUNREACH || !platform->connection ||
		virConnectIsAlive(platform->connection) != 1)
		return error_set(error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable",
			_("%s: libvirt (%s) does not answer: %s"), what, platform->name, said);
	if (errnum == EACCES)
		return error_set(error, ERROR_FAILED, EACCES, "platform-denied",
			_("%s: libvirt (%s) does not allow it: %s"), what, platform->name, said);
	return error_set(error, ERROR_FAILED, errnum, "libvirt-failed",
		_("%s: libvirt (%s) says: %s"), what, platform->name, said);
}

/* ---- open and close ---- */

/* Is libvirt at this URI the one of this host? "qemu:///system" and "qemu+unix:///…" are; whatever names a host or
 * another way to it is not, even when that leads back here. */
static bool is_local(const char *url)
{
	static const char *const here[] = { "qemu:///", "qemu+unix:///" };
	for (size_t i = 0; i < ARRAY_SIZE(here); i++)
		if (strncmp(url, here[i], strlen(here[i])) == 0)
			return true;
	return false;
}

/* A socket may be another host's. Its name decides; what cannot be told is elsewhere. */
static bool is_this_host(virConnectPtr connection)
{
	char own[256];
	char *name = virConnectGetHostname(connection);
	AUTO_FREE char *owned = name;
	if (!name || gethostname(own, sizeof(own)) < 0)
		return false;
	own[sizeof(own) - 1] = 0;
	const size_t length = strcspn(own, ".");
	return length == strcspn(name, ".") && strncmp(own, name, length) == 0;
}

static int require_qemu(struct platform *platform, struct error *error)
{
	const char *type = virConnectGetType(platform->connection);
	if (type && strcmp(type, "QEMU") == 0)
		return 0;
	error_set(error, ERROR_UNSUPPORTED, EOPNOTSUPP, "platform-unsupported",
		_("libvirt (%s) drives %s; haiki deletes VMs of QEMU and KVM alone"),
		platform->name, type ? type : "?");
	return error_next(error, _("Correct url in the section of haiki.conf."));
}

/* Only the system's daemon keeps its own files where they are looked for. */
static int require_system(const struct platform *platform, const char *url, struct error *error)
{
	const char *slashes = strstr(url, "://");
	const char *path = slashes ? strchr(slashes + 3, '/') : NULL;
	const size_t length = strlen("/system");
	if (path && strncmp(path, "/system", length) == 0 &&
		(path[length] == 0 || path[length] == '?'))
		return 0;
	error_set(error, ERROR_UNSUPPORTED, EOPNOTSUPP, "platform-unsupported",
		_("libvirt (%s): %s is not the URI of a system's daemon, as qemu:///system is"),
		platform->name, url);
	return error_next(error, _("Correct url in the section of haiki.conf."));
}

/* For a person at a terminal, ssh and SASL would ask. Nobody sits there. */
static int answer_nothing(virConnectCredentialPtr credentials, unsigned count, void *context)
{
	(void)credentials;
	(void)count;
	(void)context;
	return -1;
}

static int connect_to(struct platform *platform, const char *url, struct error *error)
{
	virConnectAuth nobody = { .cb = answer_nothing };
	platform->connection = virConnectOpenAuth(url, &nobody, 0);
	if (platform->connection)
		return 0;
	const int code = virGetLastErrorCode();
	const char *said = virGetLastErrorMessage();
	if (code == VIR_ERR_AUTH_FAILED || code == VIR_ERR_AUTH_CANCELLED ||
		code == VIR_ERR_AUTH_UNAVAILABLE || code == VIR_ERR_ACCESS_DENIED)
		error_set(error, ERROR_FAILED, EACCES, "platform-denied",
			_("libvirt (%s) at %s lets nobody in: %s"), platform->name, url, said);
	else if (code == VIR_ERR_GNUTLS_ERROR || strstr(said, "ertificate"))
		error_set(error, ERROR_FAILED, EPROTO, "platform-untrusted",
			_("libvirt (%s) at %s cannot be trusted: %s"), platform->name, url, said);
	else
		error_set(error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable",
			_("libvirt (%s) at %s does not answer: %s"), platform->name, url, said);
	return error_next(error, _("Try it with: virsh -c %s list --all"), url);
}

int libvirt_open(const struct config_platform *config, struct platform **ret, struct error *error)
{
	const char *url = config->url[0] ? config->url : "qemu:///system";
	struct platform *platform = calloc(1, sizeof(*platform));
	if (!platform)
		return error_no_memory(error);
	memcpy(platform->name, config->name, sizeof(platform->name));
	virSetErrorFunc(NULL, say_nothing);
	int result = require_system(platform, url, error);
	if (result == 0 && virInitialize() < 0)
		result = libvirt_error(platform, _("Starting"), error);
	if (result == 0)
		result = connect_to(platform, url, error);
	if (result == 0)
		result = require_qemu(platform, error);
	if (result != 0) {
		libvirt_close(platform);
		return result;
	}
	platform->remote = !is_local(url) || !is_this_host(platform->connection);
	*ret = platform;
	return 0;
}

struct platform *libvirt_close(struct platform *platform)
{
	if (platform && platform->connection)
		(void)virConnectClose(platform->connection);
	free(platform);
	return NULL;
}

/* ---- one domain ---- */

int libvirt_find(
	struct platform *platform, const char *uuid, virDomainPtr *ret, struct error *error)
{
	virDomainPtr domain = virDomainLookupByUUIDString(platform->connection, uuid);
	if (!domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return libvirt_error(platform, _("Looking for the VM"), error);
	*ret = domain;
	return 0;
}

int libvirt_power(struct platform *platform, virDomainPtr domain, enum machine_power *ret,
	struct error *error)
{
	int state = 0, reason = 0;
	if (virDomainGetState(domain, &state, &reason, 0) < 0)
		return libvirt_error(platform, _("Asking for the power of the VM"), error);
	*ret = state == VIR_DOMAIN_SHUTOFF                                     ? MACHINE_OFF
	       : state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_PMSUSPENDED ? MACHINE_SUSPENDED
	       : state == VIR_DOMAIN_NOSTATE ? MACHINE_POWER_UNKNOWN
					     : MACHINE_ON;
	return 0;
}

int libvirt_require_off(
	struct platform *platform, const struct machine *machine, struct error *error)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	enum machine_power power = MACHINE_POWER_UNKNOWN;
	int result = libvirt_find(platform, machine->uuid, &domain, error);
	if (result != 0 || !domain)
		return result;
	result = libvirt_power(platform, domain, &power, error);
	if (result != 0 || power == MACHINE_OFF)
		return result;
	error_set(error, ERROR_REFUSED, EBUSY, "vm-running",
		_("The VM %s (%s) is not switched off: nothing of it is touched"), machine->name,
		machine->uuid);
	return error_next(error, _("Run haiki wipe expired again: it is switched off first."));
}

/* ---- lists of texts ---- */

bool texts_have(const struct texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

int texts_add(struct texts *texts, const char *text)
{
	if (texts_have(texts, text))
		return 0;
	char **grown = reallocarray(texts->items, texts->count + 1, sizeof(*texts->items));
	if (!grown)
		return -ENOMEM;
	texts->items = grown;
	grown[texts->count] = strdup(text);
	if (!grown[texts->count])
		return -ENOMEM;
	texts->count++;
	return 0;
}

void texts_free(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct texts){ 0 };
}
