/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sample to check again, drawn so that anybody can draw it too (docs/audit.md). */
#include "base/digest.h"
#include "reports/audit/audit_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *audit_copy(const char *text)
{
	return strdup(text);
}

struct drawn {
	uint8_t digest[SHA256_BYTES];
	size_t number;
};

static int compare_drawn(const void *a, const void *b)
{
	const struct drawn *one = a, *other = b;
	int order = memcmp(one->digest, other->digest, SHA256_BYTES);
	return order != 0 ? order : one->number < other->number ? -1 : 1;
}

static int digest_name(const char *seed, const char *name, uint8_t ret[static SHA256_BYTES])
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	int r = buffer_append_text(&text, seed);
	if (r == 0)
		r = buffer_append_text(&text, name);
	return r < 0 ? r : digest_sha256(buffer_text(&text), text.length, ret);
}

static int draw(const char *seed, const char *const *names, size_t count, struct drawn *drawn)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		drawn[i].number = i;
		r = digest_name(seed, names[i], drawn[i].digest);
	}
	if (r == 0 && count > 1)
		qsort(drawn, count, sizeof(*drawn), compare_drawn);
	return r;
}

int audit_sample(const char *seed, const char *const *names, size_t count, struct audit_draw **ret,
	size_t *ret_count, struct error *error)
{
	size_t wanted = count / 100 * AUDIT_SAMPLE_PERCENT +
			(count % 100 * AUDIT_SAMPLE_PERCENT + 99) / 100;
	AUTO_FREE struct drawn *drawn = calloc(count + 1, sizeof(*drawn));
	AUTO_FREE struct audit_draw *list = calloc(wanted + 1, sizeof(*list));
	if (!drawn || !list || draw(seed, names, count, drawn) < 0)
		return error_no_memory(error);
	for (size_t i = 0; i < wanted; i++) {
		list[i].number = drawn[i].number;
		hex_encode(drawn[i].digest, SHA256_BYTES, list[i].digest);
	}
	*ret = list;
	*ret_count = wanted;
	list = NULL;
	return 0;
}

static bool is_proven(const struct audit_certificate *certificate)
{
	return strcmp(certificate->texts[AUDIT_OUTCOME],
		       certificate->texts[AUDIT_CONTRACT][0] ? "closed" : "proven") == 0;
}

/* What was drawn of the certificates with these numbers. */
static int keep_sample(struct audit *audit, const size_t *numbers, const struct audit_draw *drawn)
{
	audit->sample = calloc(audit->sample_count + 1, sizeof(*audit->sample));
	if (!audit->sample)
		return -ENOMEM;
	for (size_t i = 0; i < audit->sample_count; i++) {
		struct audit_certificate *certificate =
			&audit->certificates[numbers[drawn[i].number]];
		certificate->sampled = true;
		audit->sample[i].certificate = certificate;
		(void)snprintf(audit->sample[i].digest, sizeof(audit->sample[i].digest), "%s",
			drawn[i].digest);
	}
	return 0;
}

int audit_fill_sample(struct audit *audit, struct error *error)
{
	AUTO_FREE const char **names = calloc(audit->certificate_count + 1, sizeof(*names));
	AUTO_FREE size_t *numbers = calloc(audit->certificate_count + 1, sizeof(*numbers));
	struct audit_draw *drawn = NULL;
	if (!names || !numbers)
		return error_no_memory(error);
	for (size_t i = 0; i < audit->certificate_count; i++) {
		if (!is_proven(&audit->certificates[i]))
			continue;
		names[audit->sample_of] = audit->certificates[i].texts[AUDIT_NAME];
		numbers[audit->sample_of++] = i;
	}
	int r = audit_sample(
		audit->seed, names, audit->sample_of, &drawn, &audit->sample_count, error);
	if (r == 0 && keep_sample(audit, numbers, drawn) < 0)
		r = error_no_memory(error);
	free(drawn);
	return r;
}
