/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOAP 1.1 as the vSphere Web Services speak it (urn:vim25): writing requests, reading answers and faults. Pure; nothing
 * here asks anybody. Within this room. */
#ifndef HAIKI_WIPE_PLATFORM_VSPHERE_SOAP_H
#define HAIKI_WIPE_PLATFORM_VSPHERE_SOAP_H

#include "base/buffer.h"
#include "base/error.h"
#include <libxml/tree.h>
#include <stdbool.h>

#define VSPHERE_ANSWER_MAX (32 * MIB)
#define VSPHERE_REQUEST_MAX (4 * MIB)

static inline void cleanup_xml(xmlDoc **document)
{
	if (*document)
		xmlFreeDoc(*document);
}
#define AUTO_XML CLEANUP(cleanup_xml)

/* A managed object: "VirtualMachine", "vm-42". */
struct vsphere_ref {
	char type[64];
	char value[256];
};

/* What the platform says went wrong: the type of the fault ("NotAuthenticated") and its sentence. */
struct vsphere_fault {
	char type[64]; /* "" when none is named */
	char message[400];
};

/* ---- writing ---- */

/* Append text so that it stands for itself between two tags and in an attribute. Errors of buffer_append; -EINVAL for
 * what XML cannot hold. */
NODISCARD int vsphere_put_text(struct buffer *buffer, const char *text);
/* <name>text</name> */
NODISCARD int vsphere_put(struct buffer *buffer, const char *name, const char *text);
/* <name type="…">value</name> */
NODISCARD int vsphere_put_ref(
	struct buffer *buffer, const char *name, const struct vsphere_ref *ref);

/* The whole request: the method of one object with its arguments, which are XML. */
NODISCARD int vsphere_request(struct buffer *buffer, const char *method,
	const struct vsphere_ref *object, const char *arguments);

/* ---- reading ---- */

/* Parse an answer to a method. 0: *ret_response is its response element, borrowed from *ret, which the caller frees.
 * -EREMOTEIO: it is a fault, told in *ret_fault, without *ret and with no *error set. -EBADMSG "platform-answer"
 * (ERROR_WAITING): what is no answer to this method. What has a document type, entities of its own or an encoding other
 * than UTF-8 is none. */
NODISCARD int vsphere_parse(const char *text, size_t length, const char *method, xmlDoc **ret,
	const xmlNode **ret_response, struct vsphere_fault *ret_fault, struct error *error);

/* Elements, by their name without namespace: the first child, the next sibling; NULL: none. NULL is allowed. */
const xmlNode *vsphere_child(const xmlNode *node, const char *name);
const xmlNode *vsphere_next(const xmlNode *node, const char *name);
/* The type of an element (xsi:type) without prefix; "" when none is told or it is longer than that. */
void vsphere_type(const xmlNode *node, char ret[static 64]);
/* The text in an element that holds nothing else. False when there is none (NULL), it has elements inside, or does not
 * fit; then ret is "". */
bool vsphere_text(const xmlNode *node, char *ret, size_t size);
bool vsphere_number(const xmlNode *node, int64_t *ret);
/* A ManagedObjectReference: its type and value; false when either is missing. */
bool vsphere_read_ref(const xmlNode *node, struct vsphere_ref *ret);
/* A LocalizedMethodFault, as info.error of a task. */
void vsphere_read_fault(const xmlNode *node, struct vsphere_fault *ret);

#endif
