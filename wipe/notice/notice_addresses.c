/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is told: the contacts of a tenant, or the operator's people. One address that is none stops the
 * whole: a notice that reached only some would count as sent. */
#include "wipe/notice/notice_parts.h"

#include "base/json.h"
#include "base/mail_address.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_there(const struct buffer *addresses, const char *address, size_t length)
{
	const char *at = buffer_text(addresses);

	for (at += strspn(at, ",\n "); *at != '\0'; at += strspn(at, ",\n ")) {
		size_t one = strcspn(at, ",\n ");
		if (one == length && memcmp(at, address, length) == 0)
			return true;
		at += one;
	}
	return false;
}

static int add(struct buffer *ret, const char *address, size_t length, struct error *error)
{
	if (is_there(ret, address, length))
		return 0;
	if ((ret->length > 0 && buffer_append_text(ret, ",\n ") < 0) ||
		buffer_append(ret, address, length) < 0)
		return error_no_memory(error);
	return 0;
}

static int add_operators(
	const struct config_deletion *config, struct buffer *ret, struct error *error)
{
	const char *at = config->operators;
	size_t length = 0;
	int r = 0;

	if (mail_addresses_bad(at, &length))
		return error_set(error, ERROR_FAILED, EINVAL, "notice-address",
			_("Among the operators of the configuration is an address that cannot be "
			  "used."));
	for (at += strspn(at, " "); *at != '\0' && r == 0; at += strspn(at, " ")) {
		length = strcspn(at, " ");
		r = add(ret, at, length, error);
		at += length;
	}
	return r;
}

static int add_contacts(const struct tenant_record *tenant, struct buffer *ret, struct error *error)
{
	AUTO_JSON json_t *contacts = NULL;
	const char *text =
		tenant->contacts && tenant->contacts[0] != '\0' ? tenant->contacts : "[]";
	int r = json_parse(text, strlen(text), "contacts", &contacts, error);

	for (size_t i = 0; r == 0 && i < json_array_size(contacts); i++) {
		const json_t *email = json_object_get(json_array_get(contacts, i), "email");
		const char *address = json_string_value(email);
		/* One that is reached by telephone alone. */
		if (!address || address[0] == '\0')
			continue;
		if (!mail_address_is_plain(address, json_string_length(email))) {
			(void)error_set(error, ERROR_FAILED, EINVAL, "notice-address",
				_("Contact %zu of tenant %s has an address that cannot be used: "
				  "%s"),
				i + 1, tenant->code, address);
			return error_next(error, _("Correct it: haiki inventory import FILE"));
		}
		r = add(ret, address, json_string_length(email), error);
	}
	return r;
}

int notice_addresses(const struct config_deletion *config, const char *audience,
	const struct tenant_record *tenant, struct buffer *ret, struct error *error)
{
	bool customer = strcmp(audience, "customer") == 0;
	int r = customer ? add_contacts(tenant, ret, error) : add_operators(config, ret, error);

	if (r < 0 || ret->length > 0)
		return r;
	if (customer)
		return error_set(error, ERROR_FAILED, ENOENT, "notice-no-address",
			_("Tenant %s has no contact with an address of mail."), tenant->code);
	return error_set(error, ERROR_FAILED, ENOENT, "notice-no-address",
		_("The configuration names no operators to be told: [deletion] operators"));
}
