/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests are written by hand; answers are read by libxml2, with everything switched off that a hostile one could use. */
#include "wipe/platform/vsphere_soap.h"

#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <inttypes.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ---- */

static const char *entity_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\r': /* would be read as a line feed */
		return "&#13;";
	default:
		return NULL;
	}
}

int vsphere_put_text(struct buffer *buffer, const char *text)
{
	int result = utf8_valid(text, strlen(text)) ? 0 : -EINVAL;
	for (const char *at = text; result == 0 && *at; at++) {
		const char *entity = entity_of(*at);
		if (entity)
			result = buffer_append_text(buffer, entity);
		else if ((unsigned char)*at < 0x20 && *at != '\t' && *at != '\n')
			result = -EINVAL;
		else
			result = buffer_append(buffer, at, 1);
	}
	return result;
}

int vsphere_put(struct buffer *buffer, const char *name, const char *text)
{
	int result = buffer_printf(buffer, "<%s>", name);
	if (result == 0)
		result = vsphere_put_text(buffer, text);
	return result == 0 ? buffer_printf(buffer, "</%s>", name) : result;
}

int vsphere_put_ref(struct buffer *buffer, const char *name, const struct vsphere_ref *ref)
{
	int result = buffer_printf(buffer, "<%s type=\"", name);
	if (result == 0)
		result = vsphere_put_text(buffer, ref->type);
	if (result == 0)
		result = buffer_append_text(buffer, "\">");
	if (result == 0)
		result = vsphere_put_text(buffer, ref->value);
	return result == 0 ? buffer_printf(buffer, "</%s>", name) : result;
}

int vsphere_request(struct buffer *buffer, const char *method, const struct vsphere_ref *object,
	const char *arguments)
{
	int result = buffer_printf(buffer,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
		" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
		" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
		"<soapenv:Body><%s xmlns=\"urn:vim25\">",
		method);
	if (result == 0)
		result = vsphere_put_ref(buffer, "_this", object);
	if (result == 0)
		result = buffer_append_text(buffer, arguments);
	return result == 0
		       ? buffer_printf(buffer, "</%s></soapenv:Body></soapenv:Envelope>\n", method)
		       : result;
}

/* ---- reading ---- */

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

const xmlNode *vsphere_child(const xmlNode *node, const char *name)
{
	for (const xmlNode *child = node ? node->children : NULL; child; child = child->next)
		if (is_element(child, name))
			return child;
	return NULL;
}

const xmlNode *vsphere_next(const xmlNode *node, const char *name)
{
	for (const xmlNode *next = node ? node->next : NULL; next; next = next->next)
		if (is_element(next, name))
			return next;
	return NULL;
}

bool vsphere_text(const xmlNode *node, char *ret, size_t size)
{
	size_t used = 0;
	ret[0] = '\0';
	if (!node)
		return false;
	for (const xmlNode *child = node->children; child; child = child->next) {
		size_t length = child->content ? strlen((const char *)child->content) : 0;
		bool is_text =
			child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE;
		if (!is_text || used + length >= size) {
			ret[0] = '\0';
			return false;
		}
		if (length > 0)
			memcpy(ret + used, child->content, length);
		used += length;
		ret[used] = '\0';
	}
	return true;
}

bool vsphere_number(const xmlNode *node, int64_t *ret)
{
	char text[32], *end = NULL;
	if (!vsphere_text(node, text, sizeof(text)) || !text[0])
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || *end)
		return false;
	*ret = number;
	return true;
}

/* An attribute "type": that of XML Schema instances, or the one without a namespace. */
static void read_type(const xmlNode *node, bool of_schema, char ret[static 64])
{
	ret[0] = '\0';
	for (const xmlAttr *attribute = node ? node->properties : NULL; attribute;
		attribute = attribute->next) {
		const xmlNode *value = attribute->children;
		if (strcmp((const char *)attribute->name, "type") != 0 ||
			(attribute->ns != NULL) != of_schema || !value || value->next ||
			value->type != XML_TEXT_NODE || !value->content)
			continue;
		const char *text = (const char *)value->content;
		const char *colon = strrchr(text, ':');
		text = colon ? colon + 1 : text;
		if (strlen(text) < 64)
			memcpy(ret, text, strlen(text) + 1);
		return;
	}
}

void vsphere_type(const xmlNode *node, char ret[static 64])
{
	read_type(node, true, ret);
}

bool vsphere_read_ref(const xmlNode *node, struct vsphere_ref *ret)
{
	struct vsphere_ref ref = { 0 };
	read_type(node, false, ref.type);
	if (!vsphere_text(node, ref.value, sizeof(ref.value)) || !ref.value[0] || !ref.type[0])
		return false;
	*ret = ref;
	return true;
}

void vsphere_read_fault(const xmlNode *node, struct vsphere_fault *ret)
{
	vsphere_type(vsphere_child(node, "fault"), ret->type);
	(void)vsphere_text(
		vsphere_child(node, "localizedMessage"), ret->message, sizeof(ret->message));
}

/* <Fault><faultstring/><detail><XFault xsi:type="X"/></detail></Fault> */
static void read_soap_fault(const xmlNode *node, struct vsphere_fault *ret)
{
	static const char ending[] = "Fault";
	*ret = (struct vsphere_fault){ 0 };
	(void)vsphere_text(vsphere_child(node, "faultstring"), ret->message, sizeof(ret->message));
	const xmlNode *detail = vsphere_child(node, "detail");
	const xmlNode *child = detail ? detail->children : NULL;
	while (child && child->type != XML_ELEMENT_NODE)
		child = child->next;
	vsphere_type(child, ret->type);
	if (ret->type[0] || !child)
		return;
	/* the element's name says it too */
	(void)snprintf(ret->type, sizeof(ret->type), "%.63s", (const char *)child->name);
	size_t length = strlen(ret->type);
	if (length > strlen(ending) && strcmp(ret->type + length - strlen(ending), ending) == 0)
		ret->type[length - strlen(ending)] = '\0';
}

static int no_answer(const char *method, const char *why, struct error *error)
{
	return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
		_("The platform's answer to %s cannot be read: %s"), method, why);
}

static void start_parser(void)
{
	xmlInitParser();
}

/* Without a network, without entities, without output on stderr, with libxml2's own limits on depth and length. */
static xmlDoc *read_document(const char *text, size_t length)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, start_parser);
	if (length > VSPHERE_ANSWER_MAX || !utf8_valid(text, length) ||
		memmem(text, length, "<!DOCTYPE", strlen("<!DOCTYPE")))
		return NULL;
	xmlDoc *document = xmlReadMemory(text, (int)length, "answer.xml", "UTF-8",
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (document && (document->intSubset || document->extSubset)) {
		xmlFreeDoc(document);
		return NULL;
	}
	return document;
}

int vsphere_parse(const char *text, size_t length, const char *method, xmlDoc **ret,
	const xmlNode **ret_response, struct vsphere_fault *ret_fault, struct error *error)
{
	char name[128];
	AUTO_XML xmlDoc *document = read_document(text, length);
	const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	if (!root || !is_element(root, "Envelope"))
		return no_answer(method, _("it is no SOAP message"), error);
	const xmlNode *body = vsphere_child(root, "Body");
	const xmlNode *fault = vsphere_child(body, "Fault");
	if (fault) {
		read_soap_fault(fault, ret_fault);
		return -EREMOTEIO;
	}
	(void)snprintf(name, sizeof(name), "%sResponse", method);
	const xmlNode *response = vsphere_child(body, name);
	if (!response)
		return no_answer(method, _("it answers something else"), error);
	*ret_response = response;
	*ret = document;
	document = NULL;
	return 0;
}
