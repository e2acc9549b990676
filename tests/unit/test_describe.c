/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive and what is about to happen to it, in words: the verdict first, every reason of a refusal,
 * and nothing from the drive that could steer the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/describe.c"
#include "cli/describe_preview.c"
#include "cli/describe_claims.c"
#include "cli/inventory_tree.c"
#include "cli/format.c"
#include "cli/output.c"
#include "cli/table.c"

static struct signature hostile = {
	.usage = SIGNATURE_FILESYSTEM,
	.type = "ext4",
	.uuid = "6a1f",
	.label = "a\033[31mred\033]0;title\007\xe2\x80\xae",
	.length_bytes = 4096,
};

/* What print writes; the caller frees. */
static char *written(void (*print)(FILE *stream, const void *what), const void *what)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	assert_non_null(stream);
	print(stream, what);
	fclose(stream);
	return text;
}

static void print_layers(FILE *stream, const void *what)
{
	describe_layers(stream, what);
}

static void a_label_cannot_steer_the_terminal(void **state)
{
	(void)state;
	struct signature_list signatures = { .items = &hostile, .count = 1 };
	AUTO_FREE char *text = written(print_layers, &signatures);
	assert_string_equal(text, "  filesystem  ext4  4.1 kB  \"a?[31mred?]0;title??\"  6a1f\n");
}

static void print_preview(FILE *stream, const void *what)
{
	static const struct policy policy = { .name = "test", .version = "1" };
	describe_preview(stream, what, &policy);
}

static void fill(struct job_preview *preview)
{
	strcpy(preview->identity.serial, "ZC1A2B3C");
	strcpy(preview->identity.model, "DRIVE");
	strcpy(preview->identity.name, "sdb");
	preview->identity.transport = TRANSPORT_NVME;
	preview->identity.media = MEDIA_FLASH;
	preview->identity.capacity_bytes = 1048576;
	preview->identity.logical_sector_bytes = 512;
	preview->native.source = NATIVE_UNKNOWN;
	preview->signatures.items = &hostile;
	preview->signatures.count = 1;
	preview->signatures_known = true;
	preview->plan_error.kind = ERROR_UNSUPPORTED;
	strcpy(preview->plan_error.what, "no plan");
	preview->guard.count = 3;
	preview->guard.findings[0] =
		(struct guard_finding){ "identity", GUARD_PASSED, "", "", false };
	preview->guard.findings[1] =
		(struct guard_finding){ "mounted", GUARD_REFUSED, "mnt", "", false };
	preview->guard.findings[2] =
		(struct guard_finding){ "opened", GUARD_NOT_MADE, "who", "", false };
}

static void a_refusal_comes_first_and_names_every_reason(void **state)
{
	(void)state;
	AUTO_FREE struct job_preview *preview = calloc(1, sizeof(*preview));
	fill(preview);
	AUTO_FREE char *text = written(print_preview, preview);
	assert_string_equal(text,
		"WILL NOT BE WIPED\n"
		"Drive    DRIVE (serial ZC1A2B3C, /dev/sdb)\n"
		"         1.0 MB (1,048,576 bytes) · NVMe · flash · 512 B\n"
		"         native capacity unknown: hidden areas cannot be excluded\n"
		"Carries  ext4\n"
		"  filesystem  ext4  4.1 kB  \"a?[31mred?]0;title??\"  6a1f\n"
		"Plan     no plan\n"
		"Guard    REFUSED\n"
		"         mnt [mounted]\n"
		"         could not be checked: who [opened]\n"
		"         → Unmount it everywhere, then try again.\n"
		"\n");
	assert_int_equal(describe_preview_code(preview), ERROR_REFUSED);
}

static void what_may_be_wiped_shows_every_step(void **state)
{
	(void)state;
	AUTO_FREE struct job_preview *preview = calloc(1, sizeof(*preview));
	fill(preview);
	preview->guard.allowed = true;
	preview->plan_error = (struct error){ 0 };
	struct plan *plan = &preview->plan;
	plan->level = LEVEL_CLEAR;
	strcpy(plan->scheme, "two");
	strcpy(plan->scheme_origin, "nobody");
	plan->step_count = 3;
	plan->steps[0].method = STEP_OVERWRITE;
	plan->steps[0].pattern.kind = STREAM_PERIODIC;
	plan->steps[0].pattern.period_bytes = 9;
	memset(plan->steps[0].pattern.period, 0xa5, 9);
	plan->steps[1].method = STEP_READ_BACK;
	plan->steps[1].of_step = 1;
	plan->steps[1].coverage = VERIFICATION_SAMPLE;
	plan->steps[2].method = STEP_RESIDUE_SCAN;
	plan->steps[2].of_step = 1;
	AUTO_FREE char *text = written(print_preview, preview);
	assert_memory_equal(text, "MAY BE WIPED\n", 13);
	assert_non_null(strstr(text, "Plan     clear · two (nobody)\n"
				     "         policy test, version 1\n"
				     "   1  overwrite every byte: 0xa5a5a5a5a5a5a5a5…\n"
				     "   2  read back what step 1 wrote, a sample of 10 % or more\n"
				     "   3  look for what may be left after step 1\n"
				     "Guard    nothing uses the drive\n"));
	assert_int_equal(describe_preview_code(preview), ERROR_NONE);
}

static void weigh(
	struct plan *plan, const char *methods, enum level level, int64_t seconds, const char *why)
{
	struct plan_candidate *candidate = &plan->candidates[plan->candidate_count++];
	strcpy(candidate->methods, methods);
	strcpy(candidate->why, why);
	candidate->level = level;
	candidate->expected_seconds = seconds;
	candidate->chosen = strcmp(why, "chosen") == 0;
}

static void what_the_drive_does_by_itself_is_shown_with_what_was_weighed(void **state)
{
	(void)state;
	AUTO_FREE struct job_preview *preview = calloc(1, sizeof(*preview));
	fill(preview);
	preview->guard.allowed = true;
	preview->plan_error = (struct error){ 0 };
	struct plan *plan = &preview->plan;
	plan->level = LEVEL_PURGE;
	plan->capacity_bytes = 64 * MIB;
	plan->sector_bytes = 512;
	plan->step_count = 6;
	plan->steps[0].method = STEP_RESTORE_CAPACITY;
	plan->steps[1] = (struct plan_step){ .method = STEP_ERASE,
		.technique = TECHNIQUE_DISCARD,
		.scope = SCOPE_NAMESPACE,
		.expected_seconds = -1 };
	plan->steps[2].method = STEP_PLANT_MARKERS;
	plan->steps[2].markers = 1000;
	plan->steps[3] = (struct plan_step){ .method = STEP_ERASE,
		.technique = TECHNIQUE_NVME_SANITIZE_CRYPTO,
		.scope = SCOPE_SUBSYSTEM,
		.expected_seconds = 130 };
	plan->steps[4].method = STEP_CHECK_MARKERS;
	plan->steps[4].of_step = 3;
	plan->steps[5].method = STEP_RESIDUE_SCAN;
	plan->steps[5].of_step = 4;
	weigh(plan, "ata-sanitize-block", LEVEL_PURGE, -1, "frozen");
	weigh(plan, "scsi-sanitize-block", LEVEL_PURGE, -1, "not-supported");
	weigh(plan, "discard+nvme-sanitize-crypto", LEVEL_PURGE, 130, "chosen");
	weigh(plan, "nvme-sanitize-block", LEVEL_PURGE, 60, "not-needed");
	AUTO_FREE char *text = written(print_preview, preview);
	assert_non_null(strstr(text,
		"Plan     purge · discard+nvme-sanitize-crypto\n"
		"         policy test, version 1\n"
		"   1  lift what hides a part of the medium, up to 67.1 MB (67,108,864 bytes)\n"
		"   2  prepare by discard (this namespace); that erases nothing yet\n"
		"   3  plant 1000 markers over the whole medium\n"
		"   4  erase by nvme-sanitize-crypto (the whole subsystem, every namespace, about "
		"0:02:10 as the drive says)\n"
		"   5  look for the markers of step 3: none may be left\n"
		"   6  look for what may be left after step 4\n"
		"Methods    ata-sanitize-block · purge: the drive is frozen\n"
		"             → Thaw the drive: put the machine to sleep"));
	assert_non_null(strstr(text,
		"         → discard+nvme-sanitize-crypto · purge, about 0:02:10 as the drive says: "
		"taken: the first that does\n"
		"           nvme-sanitize-block · purge, about 0:01:00 as the drive says: it would "
		"do, but an earlier one does\n"
		"           and 1 that the drive does not offer, or that were not asked for "
		"(all: --json)\n"
		"Guard    nothing uses the drive\n"));
}

static void words_of_a_certificate_are_told_in_words_of_people(void **state)
{
	(void)state;
	assert_string_equal(describe_level_word("purge"), "purge");
	assert_string_equal(describe_level_word("unheard of"), "unheard of");
	assert_string_equal(describe_verification_word("full"), "read back in full");
	assert_string_equal(describe_verification_word("half"), "half");
	assert_string_equal(describe_transport(TRANSPORT_VIRTIO), "virtio");
	assert_string_equal(describe_media(MEDIA_MAGNETIC), "magnetic");
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_cannot_steer_the_terminal),
		cmocka_unit_test(a_refusal_comes_first_and_names_every_reason),
		cmocka_unit_test(what_may_be_wiped_shows_every_step),
		cmocka_unit_test(what_the_drive_does_by_itself_is_shown_with_what_was_weighed),
		cmocka_unit_test(words_of_a_certificate_are_told_in_words_of_people),
	};
	return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}
