/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session with a vCenter: logging in with a password that is read when it is needed and not kept, again when the
 * session has ended, and calling methods. */
#include "wipe/platform/vsphere.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD_MAX 512

static const struct vsphere_ref service_instance = { "ServiceInstance", "ServiceInstance" };

void vsphere_answer_free(struct vsphere_answer *answer)
{
	if (answer->document)
		xmlFreeDoc(answer->document);
	*answer = (struct vsphere_answer){ 0 };
}

bool vsphere_is_fault(const struct vsphere_answer *answer, const char *type)
{
	return strcmp(answer->fault.type, type) == 0;
}

int vsphere_refused(const struct platform *platform, const char *method,
	const struct vsphere_fault *fault, struct error *error)
{
	const char *type = fault->type[0] ? fault->type : "?";
	if (strcmp(type, "NoPermission") == 0 || strcmp(type, "InvalidLogin") == 0 ||
		strcmp(type, "NotAuthenticated") == 0)
		return error_set(error, ERROR_WAITING, EACCES, "platform-denied",
			_("%s does not permit %s to %s: %s (%s)"), platform->config.name, method,
			platform->config.user, fault->message, type);
	return error_set(error, ERROR_FAILED, EREMOTEIO, "platform-fault",
		_("%s refused %s: %s (%s)"), platform->config.name, method, fault->message, type);
}

/* ---- asking ---- */

/* One request and its answer, without minding the session. -EREMOTEIO with ret->fault, and no *error. */
static int ask(struct platform *platform, const char *method, const struct vsphere_ref *object,
	const char *arguments, struct vsphere_answer *ret, struct error *error)
{
	AUTO_BUFFER struct buffer request = BUFFER_INIT(VSPHERE_REQUEST_MAX);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(VSPHERE_ANSWER_MAX);
	int result = vsphere_request(&request, method, object, arguments);
	if (result != 0 && request.data)
		OPENSSL_cleanse(request.data, request.length);
	if (result != 0)
		return error_set(error, ERROR_FAILED, result, "platform-request",
			_("The question %s to %s cannot be written"), method,
			platform->config.name);
	result = vsphere_post(platform->post, request.data, request.length, &text, error);
	OPENSSL_cleanse(request.data, request.length);
	platform->answers = result == 0;
	return result == 0 ? vsphere_parse(buffer_text(&text), text.length, method, &ret->document,
				     &ret->node, &ret->fault, error)
			   : result;
}

/* ---- the password ---- */

static int no_password(const char *name, const char *path, const char *why, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, EACCES, "platform-password",
		_("%s: there is no password in %s: %s"), name, path, why);
	return error_next(error, _("Write it, and nothing else, on the first line."));
}

static int password_path(
	const struct config_platform *config, char ret[static PATH_MAX], struct error *error)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int length = config->password[0] ? snprintf(ret, PATH_MAX, "%s", config->password)
		     : folder && folder[0] == '/'
			     ? snprintf(ret, PATH_MAX, "%s/haiki-%s", folder, config->name)
			     : 0;
	if (length > 0 && length < PATH_MAX)
		return 0;
	(void)error_set(error, ERROR_WAITING, EACCES, "platform-password",
		_("%s: no password is given"), config->name);
	return error_next(error, _("Name its file in the platform's section, as \"password\", or "
				   "give it as the credential haiki-NAME of the systemd unit."));
}

static int read_password(
	const struct config_platform *config, char ret[static PASSWORD_MAX], struct error *error)
{
	char path[PATH_MAX];
	int result = password_path(config, path, error);
	if (result != 0)
		return result;
	if (file_check_secret(path, error) != 0) {
		/* Whatever is wrong with a file here, nobody is to take it for a VM that is not there (-ENOENT). */
		if (error) {
			error->kind = ERROR_WAITING;
			error->errnum = EACCES;
		}
		return -EACCES;
	}
	AUTO_BUFFER struct buffer text = BUFFER_INIT(PASSWORD_MAX);
	result = file_read(path, &text, error);
	if (result != 0)
		return no_password(config->name, path, strerror(-result), error);
	size_t length = strcspn(buffer_text(&text), "\r\n");
	bool good =
		length > 0 && length < PASSWORD_MAX && strlen(buffer_text(&text)) == text.length;
	if (good) {
		memcpy(ret, text.data, length);
		ret[length] = '\0';
	}
	OPENSSL_cleanse(text.data, text.length);
	return good ? 0
		    : no_password(
			      config->name, path, _("its first line is empty or too long"), error);
}

/* ---- logging in and out ---- */

static int log_in(struct platform *platform, struct error *error)
{
	char password[PASSWORD_MAX] = "";
	/* large enough from the start, so that no copy of the password is left behind */
	AUTO_BUFFER struct buffer arguments = BUFFER_INIT(16 * KIB);
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	int result = read_password(&platform->config, password, error);
	if (result != 0)
		return result;
	vsphere_post_forget(platform->post);
	result = vsphere_put(&arguments, "userName", platform->config.user);
	if (result == 0)
		result = vsphere_put(&arguments, "password", password);
	OPENSSL_cleanse(password, sizeof(password));
	if (result == 0)
		result = ask(platform, "Login", &platform->sessions, buffer_text(&arguments),
			&answer, error);
	else
		result = error_set(error, ERROR_WAITING, result, "platform-password",
			_("%s: the password holds what cannot be sent"), platform->config.name);
	if (arguments.data)
		OPENSSL_cleanse(arguments.data, arguments.length);
	platform->logins++;
	if (result != -EREMOTEIO)
		return result;
	(void)vsphere_refused(platform, "Login", &answer.fault, error);
	error_set(error, ERROR_WAITING, EACCES, "platform-denied",
		_("%s does not let %s log in: %s"), platform->config.name, platform->config.user,
		answer.fault.message);
	return error_next(error, _("Look at \"user\" and the password of [vsphere %s]."),
		platform->config.name);
}

int vsphere_call(struct platform *platform, const char *method, const struct vsphere_ref *object,
	const char *arguments, struct vsphere_answer *ret, struct error *error)
{
	int result = ask(platform, method, object, arguments, ret, error);
	if (result == -EREMOTEIO && vsphere_is_fault(ret, "NotAuthenticated")) {
		/* that it has ended is no answer to this method */
		vsphere_answer_free(ret);
		result = log_in(platform, error);
		if (result == 0)
			result = ask(platform, method, object, arguments, ret, error);
	}
	if (result == -EREMOTEIO)
		return vsphere_refused(platform, method, &ret->fault, error);
	return result;
}

/* Which objects serve what. */
static int read_content(struct platform *platform, struct error *error)
{
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	int result = ask(platform, "RetrieveServiceContent", &service_instance, "", &answer, error);
	if (result == -EREMOTEIO)
		return vsphere_refused(platform, "RetrieveServiceContent", &answer.fault, error);
	if (result != 0)
		return result;
	const xmlNode *content = vsphere_child(answer.node, "returnval");
	const struct {
		const char *name;
		struct vsphere_ref *ref;
	} wanted[] = {
		{ "rootFolder", &platform->root },
		{ "propertyCollector", &platform->collector },
		{ "viewManager", &platform->views },
		{ "sessionManager", &platform->sessions },
		{ "customFieldsManager", &platform->fields },
		{ "virtualDiskManager", &platform->disks },
		{ "fileManager", &platform->file_manager },
	};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!vsphere_read_ref(vsphere_child(content, wanted[i].name), wanted[i].ref))
			return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
				_("%s is no vCenter: it has no %s"), platform->config.name,
				wanted[i].name);
	return 0;
}

int vsphere_open(const struct config_platform *config, uint64_t timeout_ms, struct platform **ret,
	struct error *error)
{
	struct platform *platform = calloc(1, sizeof(*platform));
	if (!platform)
		return error_no_memory(error);
	platform->config = *config;
	const struct vsphere_post_options options = {
		.name = config->name, .url = config->url, .ca = config->ca, .timeout_ms = timeout_ms
	};
	int result = vsphere_post_open(&options, &platform->post, error);
	if (result == 0)
		result = read_content(platform, error);
	if (result == 0)
		result = log_in(platform, error);
	if (result == 0)
		*ret = platform;
	else
		(void)vsphere_close(platform);
	return result;
}

struct platform *vsphere_close(struct platform *platform)
{
	if (!platform)
		return NULL;
	if (platform->logins > 0 && platform->answers) {
		AUTO_ANSWER struct vsphere_answer answer = { 0 };
		(void)!ask(platform, "Logout", &platform->sessions, "", &answer, NULL);
	}
	(void)vsphere_post_close(platform->post);
	(void)vsphere_index_free(platform->index);
	free(platform);
	return NULL;
}
