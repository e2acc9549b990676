/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading libvirt's XML with libxml2: no network, no entities, and nothing is guessed. */
#include "wipe/platform/libvirt_domain.h"

#include "base/text.h"
#include <errno.h>
#include <libxml/parser.h>
#include <string.h>

#define XML_MAX (16 * MIB)
#define SOURCES_MAX 1024
#define BACKING_MAX 256
#define SERVICE_NAMESPACE "urn:haiki:1"

static void cleanup_document(xmlDoc **document)
{
	xmlFreeDoc(*document);
}
#define AUTO_DOCUMENT CLEANUP(cleanup_document)

static void cleanup_text(xmlChar **text)
{
	xmlFree(*text);
}
#define AUTO_TEXT CLEANUP(cleanup_text)

static void free_source(struct domain_source *source)
{
	free(source->place);
	free(source->pool);
	free(source->volume);
	for (size_t i = 0; i < source->backing_count; i++)
		free(source->backing[i].place);
	free(source->backing);
}

void domain_free(struct domain *domain)
{
	for (size_t i = 0; domain->sources && i < domain->source_count; i++)
		free_source(&domain->sources[i]);
	free(domain->sources);
	*domain = (struct domain){ 0 };
}

static int not_understood(const char *what, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "libvirt-xml",
		_("What libvirt says about it cannot be understood: %s"), what);
}

/* ---- small steps in a tree ---- */

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static xmlNode *next_named(xmlNode *node, const char *name)
{
	while (node && !is(node, name))
		node = node->next;
	return node;
}

static xmlNode *child(const xmlNode *node, const char *name)
{
	return node ? next_named(node->children, name) : NULL;
}

static bool has_children(const xmlNode *node)
{
	for (const xmlNode *item = node->children; item; item = item->next)
		if (item->type == XML_ELEMENT_NODE)
			return true;
	return false;
}

/* An attribute's text; what does not fit is not taken for something shorter. */
static int attribute(const xmlNode *node, const char *name, char *ret, size_t size)
{
	AUTO_TEXT xmlChar *text = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
	ret[0] = 0;
	if (!text)
		return 0;
	const size_t length = strlen((const char *)text);
	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret, text, length + 1);
	return 0;
}

static bool attribute_is(const xmlNode *node, const char *name, const char *value)
{
	char text[64];
	return attribute(node, name, text, sizeof(text)) == 0 && strcmp(text, value) == 0;
}

static int content(const xmlNode *node, char *ret, size_t size)
{
	AUTO_TEXT xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	ret[0] = 0;
	if (!text)
		return 0;
	const size_t length = strlen((const char *)text);
	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret, text, length + 1);
	return 0;
}

static int document_of(const char *xml, const char *root_name, xmlDoc **ret, xmlNode **ret_root,
	struct error *error)
{
	const size_t length = strlen(xml);
	if (length > XML_MAX)
		return not_understood(root_name, error);
	xmlDoc *document = xmlReadMemory(xml, (int)length, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS);
	xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	if (!root || !is(root, root_name) || document->intSubset) {
		xmlFreeDoc(document);
		return not_understood(root_name, error);
	}
	*ret = document;
	*ret_root = root;
	return 0;
}

/* ---- a source ---- */

/* The place that a <source> of such a type names. ret is "" when it names none (an empty drive). */
static int source_place(
	const xmlNode *source, const char *type, char *ret, size_t size, bool *ret_is_file)
{
	char protocol[64], name[MACHINE_PLACE_MAX];
	*ret_is_file = strcmp(type, "file") == 0 || strcmp(type, "block") == 0;
	ret[0] = 0;
	if (!source)
		return 0;
	if (strcmp(type, "file") == 0)
		return attribute(source, "file", ret, size);
	if (strcmp(type, "block") == 0)
		return attribute(source, "dev", ret, size);
	if (strcmp(type, "dir") == 0)
		return attribute(source, "dir", ret, size);
	if (strcmp(type, "volume") == 0)
		return 0;
	/* network, nvme, vhostuser, vhostvdpa, and what is to come: somewhere that is no file */
	int result = attribute(source, "protocol", protocol, sizeof(protocol));
	if (result == 0)
		result = attribute(source, "name", name, sizeof(name));
	if (result == 0 && !name[0])
		result = attribute(source, "path", name, sizeof(name));
	if (result != 0)
		return result;
	const int length = snprintf(ret, size, "%s:%s", protocol[0] ? protocol : type, name);
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static int duplicate_text(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int add_backing(
	struct domain_source *source, const char *place, const char *format, bool is_file)
{
	if (source->backing_count >= BACKING_MAX)
		return -EOVERFLOW;
	struct domain_backing *grown =
		reallocarray(source->backing, source->backing_count + 1, sizeof(*source->backing));
	if (!grown)
		return -ENOMEM;
	source->backing = grown;
	struct domain_backing *backing = &grown[source->backing_count];
	*backing = (struct domain_backing){ .is_file = is_file };
	if (duplicate_text(place, &backing->place) < 0)
		return -ENOMEM;
	memcpy(backing->format, format, sizeof(backing->format));
	source->backing_count++;
	return 0;
}

/* <backingStore>, nested: an empty one ends the chain. An image may have its bytes in a <dataStore> too. */
static int take_backing(const xmlNode *node, struct domain_source *source)
{
	char type[32], place[MACHINE_PLACE_MAX], format[32];
	for (const xmlNode *store = child(node, "backingStore"); store;
		store = child(store, "backingStore")) {
		bool is_file = false;
		if (!has_children(store)) {
			source->backing_ends = true;
			return 0;
		}
		int result = attribute(store, "type", type, sizeof(type));
		if (result == 0)
			result = source_place(
				child(store, "source"), type, place, sizeof(place), &is_file);
		if (result == 0)
			result = attribute(child(store, "format"), "type", format, sizeof(format));
		if (result == 0 && !place[0])
			return 0; /* a volume: what stands below is then read by ourselves */
		if (result == 0)
			result = add_backing(source, place, format, is_file);
		if (result != 0)
			return result;
	}
	return 0;
}

static struct domain_source *new_source(struct domain *domain, enum domain_part part)
{
	if (domain->source_count >= SOURCES_MAX)
		return NULL;
	struct domain_source *grown =
		reallocarray(domain->sources, domain->source_count + 1, sizeof(*domain->sources));
	if (!grown)
		return NULL;
	domain->sources = grown;
	grown[domain->source_count] = (struct domain_source){ .part = part };
	return &grown[domain->source_count++];
}

/* Something with a place and no more to say about it. */
static int add_place(struct domain *domain, enum domain_part part, const char *id,
	const char *place, bool is_file)
{
	if (!place[0])
		return 0;
	struct domain_source *source = new_source(domain, part);
	if (!source || duplicate_text(place, &source->place) < 0)
		return -ENOMEM;
	source->is_file = is_file;
	(void)snprintf(source->id, sizeof(source->id), "%s", id);
	return 0;
}

static int take_volume(const xmlNode *node, struct domain_source *source)
{
	char pool[256], volume[256];
	int result = attribute(node, "pool", pool, sizeof(pool));
	if (result == 0)
		result = attribute(node, "volume", volume, sizeof(volume));
	if (result == 0 && (!pool[0] || !volume[0]))
		return -EBADMSG;
	if (result == 0)
		result = duplicate_text(pool, &source->pool);
	return result == 0 ? duplicate_text(volume, &source->volume) : result;
}

static bool is_medium(const xmlNode *disk)
{
	return attribute_is(disk, "device", "cdrom") || attribute_is(disk, "device", "floppy");
}

/* The disk of a domain, or of a snapshot's own list (whose target is its name). */
static int take_disk(const xmlNode *disk, struct domain *domain)
{
	char type[32], place[MACHINE_PLACE_MAX], id[64];
	bool is_file = false;
	const xmlNode *from = child(disk, "source");
	int result = attribute(disk, "type", type, sizeof(type));
	if (result == 0 && !type[0])
		memcpy(type, "file", sizeof("file"));
	if (result == 0)
		result = source_place(from, type, place, sizeof(place), &is_file);
	if (result == 0)
		result = child(disk, "target")
				 ? attribute(child(disk, "target"), "dev", id, sizeof(id))
				 : attribute(disk, "name", id, sizeof(id));
	const bool is_volume = strcmp(type, "volume") == 0;
	if (result != 0 || !from || (!place[0] && !is_volume))
		return result; /* an empty drive */
	struct domain_source *source =
		new_source(domain, is_medium(disk) ? DOMAIN_MEDIUM : DOMAIN_DISK);
	if (!source || duplicate_text(place, &source->place) < 0)
		return -ENOMEM;
	memcpy(source->id, id, sizeof(id));
	source->is_file = is_file;
	source->read_only = child(disk, "readonly") != NULL;
	source->shareable = child(disk, "shareable") != NULL;
	result = is_volume ? take_volume(from, source) : 0;
	if (result == 0)
		result = attribute(
			child(disk, "driver"), "type", source->format, sizeof(source->format));
	if (result == 0)
		result = take_backing(disk, source);
	/* While a copy to another place is made, that is one of its disks as well. */
	char mirror[MACHINE_PLACE_MAX];
	if (result == 0)
		result = attribute(
			child(child(disk, "mirror"), "source"), "file", mirror, sizeof(mirror));
	return result == 0 ? add_place(domain, DOMAIN_DISK, id, mirror, true) : result;
}

/* ---- what else holds bytes ---- */

static int take_device(const xmlNode *device, struct domain *domain)
{
	char place[MACHINE_PLACE_MAX], bus[16], slot[16], function[16], domain_number[16];
	const xmlNode *address = child(child(device, "source"), "address");
	if (attribute_is(device, "type", "scsi") || attribute_is(device, "type", "scsi_host"))
		return add_place(domain, DOMAIN_DEVICE, "hostdev", "scsi:", false);
	if (!attribute_is(device, "type", "pci"))
		return 0;
	if (attribute(address, "domain", domain_number, sizeof(domain_number)) < 0 ||
		attribute(address, "bus", bus, sizeof(bus)) < 0 ||
		attribute(address, "slot", slot, sizeof(slot)) < 0 ||
		attribute(address, "function", function, sizeof(function)) < 0)
		return -EBADMSG;
	(void)snprintf(place, sizeof(place), "pci:%04lx:%02lx:%02lx.%lx",
		strtoul(domain_number, NULL, 0), strtoul(bus, NULL, 0), strtoul(slot, NULL, 0),
		strtoul(function, NULL, 0));
	return add_place(domain, DOMAIN_DEVICE, "hostdev", place, false);
}

static int take_filesystem(const xmlNode *node, struct domain *domain)
{
	char type[32], place[MACHINE_PLACE_MAX], id[64];
	int result = attribute(node, "type", type, sizeof(type));
	if (result == 0)
		result = attribute(child(node, "source"),
			strcmp(type, "file") == 0    ? "file"
			: strcmp(type, "block") == 0 ? "dev"
						     : "dir",
			place, sizeof(place));
	if (result == 0)
		result = attribute(child(node, "target"), "dir", id, sizeof(id));
	return result == 0 ? add_place(domain, DOMAIN_FILESYSTEM, id[0] ? id : "filesystem", place,
				     true)
			   : result;
}

static int take_memory_module(const xmlNode *node, struct domain *domain)
{
	char place[MACHINE_PLACE_MAX];
	const int result = content(child(child(node, "source"), "path"), place, sizeof(place));
	return result == 0 ? add_place(domain, DOMAIN_MEMORY, "nvdimm", place, true) : result;
}

static int take_console(const xmlNode *node, struct domain *domain)
{
	char place[MACHINE_PLACE_MAX], copy[MACHINE_PLACE_MAX];
	place[0] = 0;
	int result = attribute_is(node, "type", "file")
			     ? attribute(child(node, "source"), "path", place, sizeof(place))
			     : 0;
	if (result == 0)
		result = attribute(child(node, "log"), "file", copy, sizeof(copy));
	if (result == 0)
		result = add_place(domain, DOMAIN_CONSOLE, "console", place, true);
	return result == 0 ? add_place(domain, DOMAIN_CONSOLE, "console", copy, true) : result;
}

static bool is_console(const xmlNode *node)
{
	return is(node, "serial") || is(node, "console") || is(node, "parallel") ||
	       is(node, "channel");
}

static int take_devices(const xmlNode *devices, struct domain *domain)
{
	int result = 0;
	for (xmlNode *node = devices ? devices->children : NULL; node && result == 0;
		node = node->next) {
		if (is(node, "disk"))
			result = take_disk(node, domain);
		else if (is(node, "hostdev"))
			result = take_device(node, domain);
		else if (is(node, "filesystem"))
			result = take_filesystem(node, domain);
		else if (is_console(node))
			result = take_console(node, domain);
		else if (is(node, "memory"))
			result = take_memory_module(node, domain);
		else if (is(node, "tpm") &&
			 attribute_is(child(node, "backend"), "type", "emulator"))
			domain->has_tpm = true;
	}
	return result;
}

/* <nvram>PATH</nvram>, or since libvirt 8.5 <nvram type='file'><source file='PATH'/></nvram>. */
static int take_nvram(const xmlNode *node, struct domain *domain)
{
	char type[32], place[MACHINE_PLACE_MAX];
	bool is_file = true;
	if (!node)
		return 0;
	int result = attribute(node, "type", type, sizeof(type));
	if (result == 0)
		result = type[0] ? source_place(child(node, "source"), type, place, sizeof(place),
					   &is_file)
				 : content(node, place, sizeof(place));
	return result == 0 ? add_place(domain, DOMAIN_NVRAM, "nvram", place, is_file) : result;
}

/* The one element of our namespace; several contradict each other, and are none. */
static int take_service_code(const xmlNode *metadata, struct domain *domain)
{
	unsigned count = 0;
	for (const xmlNode *node = metadata ? metadata->children : NULL; node; node = node->next)
		if (is(node, "service") && node->ns &&
			strcmp((const char *)node->ns->href, SERVICE_NAMESPACE) == 0) {
			if (has_children(node) || content(node, domain->service_code,
							  sizeof(domain->service_code)) < 0)
				domain->service_code[0] = 0;
			count++;
		}
	if (count > 1)
		domain->service_code[0] = 0;
	return 0;
}

static int take_domain(const xmlNode *root, struct domain *domain)
{
	int result = take_service_code(child(root, "metadata"), domain);
	if (result == 0)
		result = content(child(root, "uuid"), domain->uuid, sizeof(domain->uuid));
	if (result == 0)
		result = content(child(root, "name"), domain->name, sizeof(domain->name));
	if (result == 0)
		result = take_nvram(child(child(root, "os"), "nvram"), domain);
	return result == 0 ? take_devices(child(root, "devices"), domain) : result;
}

/* ---- documents ---- */

static int finish(int result, struct domain *domain, struct domain *ret, struct error *error)
{
	if (result == 0 && domain->name[0]) {
		*ret = *domain;
		return 0;
	}
	domain_free(domain);
	return result == -ENOMEM ? error_no_memory(error) : not_understood("domain", error);
}

int domain_parse(const char *xml, struct domain *ret, struct error *error)
{
	AUTO_DOCUMENT xmlDoc *document = NULL;
	xmlNode *root = NULL;
	struct domain domain = { 0 };
	int result = document_of(xml, "domain", &document, &root, error);
	if (result != 0)
		return result;
	result = take_domain(root, &domain);
	if (result == 0 && !domain.uuid[0])
		result = -EBADMSG;
	return finish(result, &domain, ret, error);
}

int snapshot_parse(const char *xml, struct domain *ret, struct error *error)
{
	AUTO_DOCUMENT xmlDoc *document = NULL;
	xmlNode *root = NULL;
	struct domain domain = { 0 };
	char memory[MACHINE_PLACE_MAX];
	int result = document_of(xml, "domainsnapshot", &document, &root, error);
	if (result != 0)
		return result;
	if (child(root, "domain"))
		result = take_domain(child(root, "domain"), &domain);
	if (result == 0 && child(root, "inactiveDomain"))
		result = take_domain(child(root, "inactiveDomain"), &domain);
	const xmlNode *disks = child(root, "disks");
	for (xmlNode *disk = child(disks, "disk"); disk && result == 0;
		disk = next_named(disk->next, "disk"))
		result = take_disk(disk, &domain);
	if (result == 0)
		result = attribute(child(root, "memory"), "file", memory, sizeof(memory));
	if (result == 0)
		result = add_place(&domain, DOMAIN_MEMORY, "memory", memory, true);
	if (result == 0)
		result = content(child(root, "name"), domain.name, sizeof(domain.name));
	return finish(result, &domain, ret, error);
}

int volume_parse(const char *xml, struct volume_xml *ret, struct error *error)
{
	AUTO_DOCUMENT xmlDoc *document = NULL;
	xmlNode *root = NULL;
	struct volume_xml volume = { 0 };
	int result = document_of(xml, "volume", &document, &root, error);
	if (result != 0)
		return result;
	const xmlNode *target = child(root, "target"), *backing = child(root, "backingStore");
	if (content(child(target, "path"), volume.path, sizeof(volume.path)) < 0 ||
		attribute(child(target, "format"), "type", volume.format, sizeof(volume.format)) <
			0 ||
		content(child(backing, "path"), volume.backing, sizeof(volume.backing)) < 0 ||
		attribute(child(backing, "format"), "type", volume.backing_format,
			sizeof(volume.backing_format)) < 0)
		return not_understood("volume", error);
	*ret = volume;
	return 0;
}

int pool_parse(const char *xml, char ret_folder[static MACHINE_PLACE_MAX], struct error *error)
{
	AUTO_DOCUMENT xmlDoc *document = NULL;
	xmlNode *root = NULL;
	const int result = document_of(xml, "pool", &document, &root, error);
	if (result != 0)
		return result;
	return content(child(child(root, "target"), "path"), ret_folder, MACHINE_PLACE_MAX) < 0
		       ? not_understood("pool", error)
		       : 0;
}
