/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a libvirt sends (XML) and what an image says it stands on (qcow2), of any bytes: refused with a sentence, or
 * understood with its promises kept. The first byte says which it is. */
#include "tests/fuzz/fuzz.h"

#include "wipe/platform/libvirt_domain.h"
#include "wipe/platform/qcow2.h"
#include <errno.h>
#include <string.h>

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_text(const char *text, size_t size)
{
	require(text && strnlen(text, size) < size);
}

static void check_source(const struct domain_source *source)
{
	check_text(source->id, sizeof(source->id));
	check_text(source->place, MACHINE_PLACE_MAX);
	/* Something is named: a place, or a volume of a pool. */
	require(source->place[0] || (source->pool && source->volume));
	for (size_t i = 0; i < source->backing_count; i++) {
		check_text(source->backing[i].place, MACHINE_PLACE_MAX);
		require(source->backing[i].place[0]);
	}
}

static void check_domain(struct domain *domain)
{
	require(domain->name[0]);
	check_text(domain->service_code, sizeof(domain->service_code));
	for (size_t i = 0; i < domain->source_count; i++)
		check_source(&domain->sources[i]);
	domain_free(domain);
}

static void try_xml(char kind, const char *text)
{
	struct domain domain = { 0 };
	struct volume_xml volume = { 0 };
	char folder[MACHINE_PLACE_MAX] = "";
	struct error error = { 0 };
	int result = 0;
	if (kind == 'd' || kind == 's')
		result = kind == 'd' ? domain_parse(text, &domain, &error)
				     : snapshot_parse(text, &domain, &error);
	else
		result = kind == 'v' ? volume_parse(text, &volume, &error)
				     : pool_parse(text, folder, &error);
	require(result == 0 || (error.kind != ERROR_NONE && error.what[0]));
	if (result == 0 && (kind == 'd' || kind == 's'))
		check_domain(&domain);
}

static void try_place(const char *reference)
{
	char place[MACHINE_PLACE_MAX];
	bool is_local = false;
	struct error error = { 0 };
	if (qcow2_place("/srv/images/top.qcow2", reference, place, sizeof(place), &is_local,
		    &error) < 0) {
		require(error.what[0]);
		return;
	}
	check_text(place, sizeof(place));
	require(place[0] && (!is_local || place[0] == '/'));
}

static void try_qcow2(const uint8_t *bytes, size_t length)
{
	struct qcow2_header header = { 0 };
	size_t needed = 0;
	struct error error = { 0 };
	const int result = qcow2_parse("image", bytes, length, &header, &needed, &error);
	if (result == -ENODATA)
		require(needed > length && needed <= QCOW2_CLUSTER_MAX);
	else if (result < 0)
		require(error.what[0]);
	if (result != 0)
		return;
	check_text(header.backing, sizeof(header.backing));
	check_text(header.data, sizeof(header.data));
	check_text(header.backing_format, sizeof(header.backing_format));
	if (header.backing[0])
		try_place(header.backing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	/* Exactly as long, so that the sanitizer sees the first byte read behind it. */
	char *bytes = malloc(size);
	if (!bytes)
		abort();
	memcpy(bytes, data + 1, size - 1);
	bytes[size - 1] = 0;
	if (data[0] == 'q')
		try_qcow2((const uint8_t *)bytes, size - 1);
	else if (data[0] == 'p')
		try_place(bytes);
	else
		try_xml((char)data[0], bytes);
	free(bytes);
	return 0;
}
