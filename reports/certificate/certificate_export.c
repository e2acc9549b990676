/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate from the store as the files that are handed out. */
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "reports/certificate/certificate.h"
#include "reports/ledger/ledger.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct output {
	char path[PATH_MAX];
	const void *data;
	size_t length;
	bool there; /* and equal */
	bool grows; /* what is there may be its beginning: cosignatures come later */
	bool forms; /* what is there may be an older form of the same signature */
};

static int set_output(struct output *output, const char *folder, const char *name,
	const char *ending, const void *data, size_t data_length, struct error *error)
{
	output->data = data;
	output->length = data_length;
	int length = snprintf(output->path, sizeof(output->path), "%s/%s%s", folder, name, ending);
	if (length > 0 && (size_t)length < sizeof(output->path))
		return 0;
	return error_set(error, ERROR_USAGE, ENAMETOOLONG, "path-too-long",
		_("The path of the folder %s is too long"), folder);
}

/* A signature may get time stamps and second persons' signatures, and loses none. */
static bool is_older_form(const struct buffer *found, const struct output *output)
{
	CLEANUP(cleanup_detached_free) struct detached *older = NULL;
	CLEANUP(cleanup_detached_free) struct detached *newer = NULL;
	return detached_parse((const uint8_t *)found->data, found->length, NULL, &older, NULL) ==
		       0 &&
	       detached_parse(output->data, output->length, NULL, &newer, NULL) == 0 &&
	       detached_extends(older, newer);
}

/* What was handed out under a name never changes. */
static int look(struct output *output, struct error *error)
{
	AUTO_BUFFER struct buffer found = BUFFER_INIT(output->length + 1);
	struct error reading = { 0 };
	int result = file_read(output->path, &found, &reading);
	output->there = false;
	if (result == -ENOENT)
		return 0;
	if (result == 0 && found.length == output->length &&
		memcmp(found.data, output->data, output->length) == 0) {
		output->there = true;
		return 0;
	}
	if (result == 0 && output->grows && found.length < output->length &&
		memcmp(found.data, output->data, found.length) == 0)
		return 0;
	if (result == 0 && output->forms && is_older_form(&found, output))
		return 0;
	if (result != 0 && result != -EFBIG) {
		if (error)
			*error = reading;
		return result;
	}
	(void)error_set(error, ERROR_FAILED, EEXIST, "certificate-differs",
		_("%s is there already with another content, and nothing was written"),
		output->path);
	return error_next(
		error, _("Keep that file for an inquiry and export into another folder."));
}

/* In order; an output without data is none. Nothing is written unless all may be. */
static int write_all(struct output *outputs, size_t count, const char *folder, struct error *error)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		if (outputs[i].length > 0)
			result = look(&outputs[i], error);
	if (result == 0)
		result = file_make_folder(folder, 0755, error);
	for (size_t i = 0; result == 0 && i < count; i++)
		if (outputs[i].length > 0 && !outputs[i].there)
			result = file_write(
				outputs[i].path, outputs[i].data, outputs[i].length, 0644, error);
	return result;
}

/* Empty when no head covers the certificate yet. */
static int make_proof(
	struct store *store, const char *name, struct buffer *ret, struct error *error)
{
	struct error why = { 0 };
	int result = ledger_prove(store, name, ret, &why);
	if (result == -ENOENT && strcmp(why.code, "ledger-not-sealed") == 0)
		return 0;
	if (result != 0 && error)
		*error = why;
	return result;
}

static int damaged(const struct certificate_record *certificate, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-malformed",
		_("The certificate %s is damaged in the store and was not exported"),
		certificate->name);
}

/* The document last: while it is not there, nothing without its signature and proof is. */
static int export_decoded(struct store *store, const struct certificate_record *certificate,
	uint8_t *p7s, size_t length, const char *folder, struct error *error)
{
	AUTO_BUFFER struct buffer proof = BUFFER_INIT(PROOF_MAX_BYTES);
	char sha256[SHA256_HEX_SIZE];
	size_t json_length = strlen(certificate->json);
	if (digest_sha256_hex(certificate->json, json_length, sha256) != 0)
		return error_no_memory(error);
	if (hex_decode(certificate->p7s_hex, p7s, length) != 0 ||
		strcmp(sha256, certificate->sha256) != 0)
		return damaged(certificate, error);
	struct output outputs[3] = { { .forms = true }, { .grows = true }, { .length = 0 } };
	int result = make_proof(store, certificate->name, &proof, error);
	if (result == 0)
		result = set_output(
			&outputs[0], folder, certificate->name, ".p7s", p7s, length, error);
	if (result == 0)
		result = set_output(&outputs[1], folder, certificate->name, ".proof", proof.data,
			proof.length, error);
	if (result == 0)
		result = set_output(&outputs[2], folder, certificate->name, ".json",
			certificate->json, json_length, error);
	return result == 0 ? write_all(outputs, ARRAY_SIZE(outputs), folder, error) : result;
}

static int export_form(struct store *store, const struct certificate_record *certificate,
	const char *folder, struct error *error)
{
	size_t length = strlen(certificate->p7s_hex) / 2;
	if (certificate->name[0] == '\0' || certificate->name[0] == '.' ||
		strchr(certificate->name, '/') || length == 0 || length > DETACHED_MAX_BYTES)
		return damaged(certificate, error);
	uint8_t *p7s = malloc(length);
	if (!p7s)
		return error_no_memory(error);
	int result = export_decoded(store, certificate, p7s, length, folder, error);
	free(p7s);
	return result;
}

/* Another process may have stamped it and written the newer form while we came with the older. */
int certificate_export(struct store *store, const struct certificate_record *certificate,
	const char *folder, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record newest = { 0 };
	struct error why = { 0 };
	int result = export_form(store, certificate, folder, &why);
	if (result == -EEXIST && certificates_named(store, certificate->name, &newest, NULL) == 1 &&
		strcmp(newest.p7s_hex, certificate->p7s_hex) != 0)
		return export_form(store, &newest, folder, error);
	if (result != 0 && error)
		*error = why;
	return result;
}

bool certificate_tells_of_hold(const json_t *certificate)
{
	const json_t *evidence = json_object_get(certificate, "evidence");
	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *checks = json_object_get(json_array_get(evidence, i), "checks");
		for (size_t j = 0; j < json_array_size(checks); j++) {
			const json_t *check = json_array_get(checks, j);
			const char *name = json_string_value(json_object_get(check, "check"));
			const char *result = json_string_value(json_object_get(check, "result"));
			if (name && strcmp(name, "hold") == 0 &&
				(!result || strcmp(result, "passed") != 0))
				return true;
		}
	}
	return false;
}
