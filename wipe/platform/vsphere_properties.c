/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties by the PropertyCollector, page by page (RetrievePropertiesEx, ContinueRetrievePropertiesEx). */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

#define PAGES_MAX 100000 /* an answer that never ends is none */

static int malformed(const struct platform *platform, struct error *error)
{
	return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
		_("The answer of %s about properties cannot be read"), platform->config.name);
}

/* ---- the question ---- */

static int put_paths(struct buffer *buffer, const struct vsphere_query *query)
{
	int result = buffer_append_text(buffer, "<specSet><propSet>");
	if (result == 0)
		result = vsphere_put(buffer, "type", query->type);
	if (result == 0)
		result = buffer_append_text(buffer, "<all>false</all>");
	for (size_t i = 0; result == 0 && query->paths[i]; i++)
		result = vsphere_put(buffer, "pathSet", query->paths[i]);
	return result == 0 ? buffer_append_text(buffer, "</propSet><objectSet>") : result;
}

/* All that a view shows, without the view itself. */
static const char through_view[] =
	"<skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>view</name>"
	"<type>ContainerView</type><path>view</path><skip>false</skip></selectSet>";

static int write_question(
	struct buffer *buffer, const struct vsphere_query *query, const struct vsphere_ref *object)
{
	int result = put_paths(buffer, query);
	if (result == 0)
		result = vsphere_put_ref(buffer, "obj", object);
	if (result == 0)
		result = buffer_append_text(
			buffer, query->object ? "<skip>false</skip>" : through_view);
	if (result == 0)
		result = buffer_append_text(buffer, "</objectSet></specSet><options>");
	if (result == 0 && query->page > 0)
		result = buffer_printf(buffer, "<maxObjects>%u</maxObjects>", query->page);
	return result == 0 ? buffer_append_text(buffer, "</options>") : result;
}

/* ---- the pages ---- */

/* Hand out the objects of one page. ret_token: "" when it was the last. */
static int read_page(const struct platform *platform, const struct vsphere_answer *answer,
	vsphere_each *each, void *context, char *ret_token, size_t size, struct error *error)
{
	const xmlNode *value = vsphere_child(answer->node, "returnval");
	const xmlNode *token = vsphere_child(value, "token");
	int result = 0;
	ret_token[0] = '\0';
	if (token && (!vsphere_text(token, ret_token, size) || !ret_token[0]))
		return malformed(platform, error);
	for (const xmlNode *object = vsphere_child(value, "objects"); result == 0 && object;
		object = vsphere_next(object, "objects"))
		result = each(context, object, error);
	return result;
}

static int collect_of(struct platform *platform, const struct vsphere_query *query,
	const struct vsphere_ref *object, vsphere_each *each, void *context, struct error *error)
{
	AUTO_BUFFER struct buffer question = BUFFER_INIT(64 * KIB);
	char token[512] = "";
	int result = write_question(&question, query, object);
	if (result != 0)
		return error_no_memory(error);
	for (unsigned page = 0; result == 0 && page < PAGES_MAX; page++) {
		AUTO_ANSWER struct vsphere_answer answer = { 0 };
		result = vsphere_call(platform,
			page == 0 ? "RetrievePropertiesEx" : "ContinueRetrievePropertiesEx",
			&platform->collector, buffer_text(&question), &answer, error);
		if (result == -EREMOTEIO && vsphere_is_fault(&answer, "ManagedObjectNotFound"))
			return error_set(error, ERROR_WAITING, EAGAIN, "platform-object-gone",
				_("%s has no %s any more"), platform->config.name, object->value);
		if (result == 0)
			result = read_page(
				platform, &answer, each, context, token, sizeof(token), error);
		if (result != 0 || !token[0])
			return result;
		buffer_free(&question);
		question = (struct buffer)BUFFER_INIT(64 * KIB);
		if (vsphere_put(&question, "token", token) != 0)
			return error_no_memory(error);
	}
	return result == 0 ? malformed(platform, error) : result;
}

/* ---- of all of a type ---- */

static int make_view(
	struct platform *platform, const char *type, struct vsphere_ref *ret, struct error *error)
{
	AUTO_BUFFER struct buffer arguments = BUFFER_INIT(4 * KIB);
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	int result = vsphere_put_ref(&arguments, "container", &platform->root);
	if (result == 0)
		result = vsphere_put(&arguments, "type", type);
	if (result == 0)
		result = vsphere_put(&arguments, "recursive", "true");
	if (result != 0)
		return error_no_memory(error);
	result = vsphere_call(platform, "CreateContainerView", &platform->views,
		buffer_text(&arguments), &answer, error);
	if (result == 0 && !vsphere_read_ref(vsphere_child(answer.node, "returnval"), ret))
		result = malformed(platform, error);
	return result;
}

static int collect_all(struct platform *platform, const struct vsphere_query *query,
	vsphere_each *each, void *context, struct error *error)
{
	struct vsphere_ref view;
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	int result = make_view(platform, query->type, &view, error);
	if (result != 0)
		return result;
	unsigned logins = platform->logins;
	result = collect_of(platform, query, &view, each, context, error);
	/* A view, and a token, of a session that has ended show nothing: half a list is none. */
	if (result == 0 && platform->logins != logins)
		result = malformed(platform, error);
	/* it goes with the session at the latest */
	if (platform->logins == logins)
		(void)!vsphere_call(platform, "DestroyView", &view, "", &answer, NULL);
	return result;
}

int vsphere_collect(struct platform *platform, const struct vsphere_query *query,
	vsphere_each *each, void *context, struct error *error)
{
	return query->object ? collect_of(platform, query, query->object, each, context, error)
			     : collect_all(platform, query, each, context, error);
}

/* ---- reading one object ---- */

const xmlNode *vsphere_property(const xmlNode *content, const char *path)
{
	char name[128];
	for (const xmlNode *set = vsphere_child(content, "propSet"); set;
		set = vsphere_next(set, "propSet"))
		if (vsphere_text(vsphere_child(set, "name"), name, sizeof(name)) &&
			strcmp(name, path) == 0)
			return vsphere_child(set, "val");
	return NULL;
}

bool vsphere_property_text(const xmlNode *content, const char *path, char *ret, size_t size)
{
	return vsphere_text(vsphere_property(content, path), ret, size);
}

struct one_ref {
	const char *path;
	struct vsphere_ref ref;
	bool found;
};

static int read_one_ref(void *context, const xmlNode *content, struct error *error)
{
	(void)error;
	struct one_ref *one = context;
	one->found = vsphere_read_ref(vsphere_property(content, one->path), &one->ref);
	return 0;
}

int vsphere_get_ref(struct platform *platform, const struct vsphere_ref *object, const char *path,
	struct vsphere_ref *ret, struct error *error)
{
	struct one_ref one = { .path = path };
	const struct vsphere_query query = {
		.object = object, .type = object->type, .paths = { path }
	};
	int result = vsphere_collect(platform, &query, read_one_ref, &one, error);
	if (result == 0 && !one.found)
		return error_set(error, ERROR_WAITING, ENODATA, "platform-answer",
			_("%s does not say what %s of %s is"), platform->config.name, path,
			object->value);
	if (result == 0)
		*ret = one.ref;
	return result;
}
