/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents of proven jobs, spelled out. */
#include "tests/support/sample_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test that cannot even make its input must not go on. */
static void must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "sample_job: %s\n", what);
	abort();
}

json_t *sample_parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!value)
		(void)fprintf(stderr, "sample_job: %s in %s\n", error.text, text);
	must(value != NULL, "a document does not parse");
	return value;
}

static const char identity_text[] =
	"{\"wwn\":\"naa.5000c500a1b2c3d4\",\"serial\":\"ZA1B2C3D\",\"vendor\":\"ATA\","
	"\"model\":\"ST8M0001\",\"firmware\":\"SC61\",\"transport\":\"ata\",\"media\":\"magnetic\","
	"\"zoned\":\"none\",\"virtual\":0,\"capacity_bytes\":8388608,\"logical_sector_bytes\":512,"
	"\"physical_sector_bytes\":4096,\"read_only\":0,\"name\":\"sdb\",\"backing\":\"\"}";

static const char native_text[] = "{\"source\":\"ata-max\",\"bytes\":8388608,\"sector_bytes\":512}";

static json_t *make_subject(void)
{
	json_t *subject = sample_parse(
		"{\"layers_known\":1,\"layers\":["
		"{\"usage\":\"filesystem\",\"type\":\"ext4\","
		"\"uuid\":\"9f7c1b52-0c3e-4a68-8c0d-0c4b0a3e7a11\",\"label\":\"data\","
		"\"offset_bytes\":0,\"length_bytes\":8388608,\"partition\":0}],"
		"\"asset_number\":\"A-1042\",\"zone\":\"municipal\",\"tenant\":\"T-7\","
		"\"service_code\":\"S-31\",\"confidentiality\":\"3\",\"organisation\":"
		"\"Example City\","
		"\"host\":\"node1\",\"site\":\"Tokyo 1\",\"country\":\"JP\"}");

	must(json_object_set_new(subject, "identity", sample_parse(identity_text)) == 0,
		"identity");
	must(json_object_set_new(subject, "native", sample_parse(native_text)) == 0, "native");
	return subject;
}

static json_t *make_reason(void)
{
	return sample_parse(
		"{\"ticket\":\"CHG-881\",\"contract\":\"\",\"destination\":\"reuse\",\"policy\":{"
		"\"name\":\"default\",\"version\":\"1\",\"sha256\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}");
}

static json_t *make_people(void)
{
	return sample_parse("{\"operator\":{\"name\":\"Sato Hana\",\"title\":\"Technician\","
			    "\"place\":\"Tokyo 1\",\"account\":\"hsato\"},"
			    "\"witness\":{\"name\":\"\",\"title\":\"\",\"place\":\"\"}}");
}

/* Plans ------------------------------------------------------------------------------------ */

#define KEY_1 "\"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4\""
#define KEY_2 "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\""
#define SEED "\"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308\""
#define RANDOM(step, key)                                                                          \
	"{\"step\":" #step                                                                         \
	",\"method\":\"overwrite\",\"pattern\":{\"kind\":\"random\",\"key\":" key "}}"
#define PERIODIC(step, hex)                                                                        \
	"{\"step\":" #step                                                                         \
	",\"method\":\"overwrite\",\"pattern\":{\"kind\":\"periodic\",\"period\":\"" hex "\"}}"
#define READ_BACK(step, of)                                                                        \
	"{\"step\":" #step ",\"method\":\"read-back\",\"of_step\":" #of ",\"coverage\":\"full\"}"
#define READ_SAMPLE(step, of)                                                                      \
	"{\"step\":" #step ",\"method\":\"read-back\",\"of_step\":" #of                            \
	",\"coverage\":\"sample\",\"seed\":" SEED "}"
#define RESIDUE_SCAN(step, of)                                                                     \
	"{\"step\":" #step ",\"method\":\"residue-scan\",\"of_step\":" #of "}"
#define PLAN(scheme, steps)                                                                        \
	"{\"level\":\"clear\",\"scheme\":\"" scheme "\",\"scheme_origin\":\"example\","            \
	"\"capacity_bytes\":8388608,\"sector_bytes\":512,\"steps\":[" steps "]}"

static const char plan_plain[] =
	PLAN("random", RANDOM(1, KEY_1) "," READ_BACK(2, 1) "," RESIDUE_SCAN(3, 1));
static const char plan_sampled[] =
	PLAN("random", RANDOM(1, KEY_1) "," READ_SAMPLE(2, 1) "," RESIDUE_SCAN(3, 1));
static const char plan_scheme[] =
	PLAN("three", PERIODIC(1, "00") "," READ_BACK(2, 1) "," RANDOM(3, KEY_2) "," READ_BACK(4,
			      3) "," RANDOM(5, KEY_1) "," READ_BACK(6, 5) "," RESIDUE_SCAN(7, 5));

/* Events ----------------------------------------------------------------------------------- */

json_t *sample_pack(json_t *event)
{
	must(event != NULL, "an event cannot be made");
	return event;
}

json_t *sample_guard(const char *result)
{
	return sample_pack(json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "kind",
		"guard", "result", result, "checks", "check", "identity", "result", "passed",
		"detail", "", "check", "mounted", "result", result, "detail",
		strcmp(result, "passed") == 0 ? "" : "/dev/sdb1 is mounted on /srv"));
}

json_t *sample_opened(void)
{
	return sample_pack(json_pack("{s:s, s:s, s:o, s:o, s:i}", "kind", "opened", "path",
		"/dev/sdb", "identity", sample_parse(identity_text), "native",
		sample_parse(native_text), "exclusive", 1));
}

json_t *sample_started(int step, int64_t from_bytes)
{
	return sample_pack(json_pack("{s:s, s:i, s:I}", "kind", "started", "step", step,
		"from_bytes", (json_int_t)from_bytes));
}

json_t *sample_bad_range(int step, const char *range)
{
	return sample_pack(json_pack("{s:s, s:i, s:s, s:i, s:i, s:i}", "kind", "bad-range", "step",
		step, "range", range, "offset_bytes", 4096, "length_bytes", 512, "errno", 5));
}

json_t *sample_residue(int step, int coincident)
{
	return sample_pack(json_pack("{s:s, s:i, s:s, s:i, s:i}", "kind", "residue", "step", step,
		"type", "ext4", "offset_bytes", 1080, "coincident", coincident));
}

json_t *sample_finished(int step, const char *result, int64_t bytes, int flushed)
{
	return sample_pack(json_pack("{s:s, s:i, s:s, s:I, s:i, s:i, s:i}", "kind", "finished",
		"step", step, "result", result, "bytes", (json_int_t)bytes, "bad_bytes", 0,
		"flushed", flushed, "errno", 0));
}

json_t *sample_closing(void)
{
	return sample_pack(json_pack("{s:s, s:o, s:i}", "kind", "closing", "identity",
		sample_parse(identity_text), "same", 1));
}

json_t *sample_error(const char *code)
{
	return sample_pack(
		json_pack("{s:s, s:s, s:i}", "kind", "error", "code", code, "errno", 16));
}

json_t *sample_interrupted(const char *cause)
{
	return sample_pack(json_pack("{s:s, s:s}", "kind", "interrupted", "cause", cause));
}

json_t *sample_program_event(const char *kind)
{
	return sample_pack(json_pack(
		"{s:s, s:i, s:s}", "kind", kind, "clock_synchronised", 1, "version", "0.1.0"));
}

json_t *sample_resumed(void)
{
	return sample_program_event("resumed");
}

json_t *sample_ended(void)
{
	return sample_pack(json_pack("{s:s, s:i}", "kind", "ended", "clock_synchronised", 1));
}

json_t *sample_answer(int step, const char *moment, const char *witness, const char *status,
	int progress, const char *raw)
{
	return sample_pack(json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s}", "kind", "answer",
		"step", step, "moment", moment, "witness", witness, "status", status, "progress",
		progress, "raw", raw));
}

json_t *sample_markers(int step, int checked, int remaining, int unreadable, int zeroed)
{
	return sample_pack(json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "kind", "markers", "step",
		step, "checked", checked, "remaining", remaining, "unreadable", unreadable,
		"zeroed", zeroed));
}

json_t *sample_capacity(int step, const char *area, int64_t before, int64_t after)
{
	return sample_pack(json_pack("{s:s, s:i, s:s, s:I, s:I, s:i}", "kind", "capacity", "step",
		step, "area", area, "before_sectors", (json_int_t)before, "after_sectors",
		(json_int_t)after, "errno", 0));
}

json_t *sample_health(const char *moment)
{
	return sample_pack(json_pack("{s:s, s:s, s:s, s:s}", "kind", "health", "moment", moment,
		"what", "nvme-health-log", "raw", "00010203"));
}

json_t *sample_sibling(void)
{
	json_t *event = sample_pack(json_pack("{s:s, s:o, s:i}", "kind", "sibling", "identity",
		sample_parse(identity_text), "exclusive", 1));

	sample_set_text(json_object_get(event, "identity"), "name", "nvme0n2");
	sample_set_text(json_object_get(event, "identity"), "wwn", "eui.0025385b91b00002");
	return event;
}

/* Jobs ------------------------------------------------------------------------------------- */

static void begin(struct sample_job *job)
{
	sample_append(job, sample_program_event("created"));
	sample_append(job, sample_guard("passed"));
}

static void go_on(struct sample_job *job, const char *cause)
{
	sample_append(job, sample_interrupted(cause));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
}

static void whole_step(struct sample_job *job, int step, int64_t bytes, int flushed)
{
	sample_append(job, sample_started(step, 0));
	sample_append(job, sample_finished(step, "complete", bytes, flushed));
}

static void residue_step(struct sample_job *job, int step)
{
	whole_step(job, step, 1310720, 0);
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

static void make_plain(struct sample_job *job, int64_t read_back_bytes)
{
	begin(job);
	sample_append(job, sample_opened());
	whole_step(job, 1, SAMPLE_CAPACITY_BYTES, 1);
	whole_step(job, 2, read_back_bytes, 0);
	residue_step(job, 3);
}

static void make_scheme(struct sample_job *job)
{
	begin(job);
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	for (int step = 1; step <= 5; step += 2) {
		whole_step(job, step, SAMPLE_CAPACITY_BYTES, 1);
		whole_step(job, step + 1, SAMPLE_CAPACITY_BYTES, 0);
	}
	residue_step(job, 7);
	sample_insert(job, sample_find(job, "finished", 6), sample_residue(7, 1));
}

static void make_resumed(struct sample_job *job)
{
	begin(job);
	sample_append(job, sample_opened());
	sample_append(job, sample_started(1, 0));
	go_on(job, "process-lost");
	sample_append(job, sample_started(1, 2097152));
	sample_append(job, sample_finished(1, "cancelled", 3145728, 1));
	sample_append(job, sample_interrupted("operator"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("refused"));
	sample_append(job, sample_interrupted("operator"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_error("drive-busy"));
	go_on(job, "operator");
	sample_append(job, sample_started(1, 5242880));
	sample_append(job, sample_finished(1, "complete", 3145728, 1));
	sample_append(job, sample_started(2, 0));
	go_on(job, "power-lost");
	whole_step(job, 2, SAMPLE_CAPACITY_BYTES, 0);
	residue_step(job, 3);
}

void sample_job_make(enum sample_job_kind kind, struct sample_job *ret)
{
	static const char *const plans[] = { plan_plain, plan_scheme, plan_sampled, plan_plain };

	ret->subject = make_subject();
	ret->reason = make_reason();
	ret->people = make_people();
	ret->plan =
		(size_t)kind < sizeof(plans) / sizeof(plans[0]) ? sample_parse(plans[kind]) : NULL;
	ret->evidence = sample_pack(json_array());
	switch (kind) {
	case SAMPLE_JOB_PLAIN:
		make_plain(ret, SAMPLE_CAPACITY_BYTES);
		break;
	case SAMPLE_JOB_SAMPLED:
		make_plain(ret, SAMPLE_SAMPLED_BYTES);
		break;
	case SAMPLE_JOB_SCHEME:
		make_scheme(ret);
		break;
	case SAMPLE_JOB_RESUMED:
		make_resumed(ret);
		break;
	case SAMPLE_JOB_NVME:
	case SAMPLE_JOB_COMBINED:
	case SAMPLE_JOB_SCSI:
	case SAMPLE_JOB_KEYS:
	case SAMPLE_JOB_FOUND:
		sample_purge_make(kind, ret);
		break;
	case SAMPLE_JOB_KINDS:
		must(0, "no such kind");
	}
}

static const struct {
	const char *name;
	const char *verification;
	int64_t overwritten, read_back;
} expected[SAMPLE_JOB_KINDS] = {
	[SAMPLE_JOB_PLAIN] = { "plain", "full", SAMPLE_CAPACITY_BYTES, SAMPLE_CAPACITY_BYTES },
	[SAMPLE_JOB_SCHEME] = { "scheme", "full", SAMPLE_CAPACITY_BYTES, SAMPLE_CAPACITY_BYTES },
	[SAMPLE_JOB_SAMPLED] = { "sampled", "sample", SAMPLE_CAPACITY_BYTES, SAMPLE_SAMPLED_BYTES },
	[SAMPLE_JOB_RESUMED] = { "resumed", "full", SAMPLE_CAPACITY_BYTES, SAMPLE_CAPACITY_BYTES },
	[SAMPLE_JOB_NVME] = { "nvme", "markers", 0, 0 },
	[SAMPLE_JOB_COMBINED] = { "combined", "full", SAMPLE_CAPACITY_BYTES,
		SAMPLE_CAPACITY_BYTES },
	[SAMPLE_JOB_SCSI] = { "scsi", "full", 0, SAMPLE_CAPACITY_BYTES },
	[SAMPLE_JOB_KEYS] = { "keys", "none", 0, 0 },
	[SAMPLE_JOB_FOUND] = { "found", "markers", 0, 0 },
};

const char *sample_job_name(enum sample_job_kind kind)
{
	return expected[kind].name;
}

const char *sample_job_level(enum sample_job_kind kind)
{
	return kind < SAMPLE_JOB_NVME ? "clear" : "purge";
}

const char *sample_job_verification(enum sample_job_kind kind)
{
	return expected[kind].verification;
}

int64_t sample_job_overwritten(enum sample_job_kind kind)
{
	return expected[kind].overwritten;
}

int64_t sample_job_read_back(enum sample_job_kind kind)
{
	return expected[kind].read_back;
}

void sample_job_copy(const struct sample_job *job, struct sample_job *ret)
{
	ret->subject = sample_pack(json_deep_copy(job->subject));
	ret->reason = sample_pack(json_deep_copy(job->reason));
	ret->people = sample_pack(json_deep_copy(job->people));
	ret->plan = sample_pack(json_deep_copy(job->plan));
	ret->evidence = sample_pack(json_deep_copy(job->evidence));
}

void sample_job_free(struct sample_job *job)
{
	json_decref(job->subject);
	json_decref(job->reason);
	json_decref(job->people);
	json_decref(job->plan);
	json_decref(job->evidence);
	memset(job, 0, sizeof(*job));
}

/* Editing ---------------------------------------------------------------------------------- */

size_t sample_find(const struct sample_job *job, const char *kind, unsigned nth)
{
	size_t index;
	json_t *event;

	json_array_foreach (job->evidence, index, event)
		if (strcmp(json_string_value(json_object_get(event, "kind")), kind) == 0 &&
			nth-- == 0)
			return index;
	must(0, kind);
	return 0;
}

json_t *sample_event(const struct sample_job *job, const char *kind, unsigned nth)
{
	return json_array_get(job->evidence, sample_find(job, kind, nth));
}

void sample_renumber(struct sample_job *job)
{
	size_t index;
	json_t *event;

	json_array_foreach (job->evidence, index, event) {
		char utc[32];

		(void)snprintf(utc, sizeof(utc), "2026-11-23T04:%02u:%02u.123Z",
			(unsigned)(index / 60) % 60, (unsigned)index % 60);
		sample_set_integer(event, "seq", (int64_t)index + 1);
		sample_set_text(event, "utc", utc);
	}
}

void sample_insert(struct sample_job *job, size_t index, json_t *event)
{
	must(json_array_insert_new(job->evidence, index, event) == 0, "insert");
	sample_renumber(job);
}

void sample_append(struct sample_job *job, json_t *event)
{
	sample_insert(job, json_array_size(job->evidence), event);
}

void sample_remove(struct sample_job *job, size_t index)
{
	must(json_array_remove(job->evidence, index) == 0, "remove");
	sample_renumber(job);
}

void sample_cut(struct sample_job *job, size_t count)
{
	while (json_array_size(job->evidence) > count)
		sample_remove(job, json_array_size(job->evidence) - 1);
}

void sample_set_drive(struct sample_job *job, const char *key, json_t *value)
{
	size_t index;
	json_t *event, *identity = json_object_get(job->subject, "identity");

	must(json_object_set(identity, key, value) == 0, key);
	json_array_foreach (job->evidence, index, event) {
		const char *kind = json_string_value(json_object_get(event, "kind"));
		if (strcmp(kind, "opened") != 0 && strcmp(kind, "closing") != 0)
			continue;
		must(json_object_set(json_object_get(event, "identity"), key, value) == 0, key);
	}
	json_decref(value);
}

void sample_set_integer(json_t *object, const char *key, int64_t value)
{
	must(json_object_set_new(object, key, json_integer((json_int_t)value)) == 0, key);
}

void sample_set_text(json_t *object, const char *key, const char *value)
{
	must(json_object_set_new(object, key, json_string(value)) == 0, key);
}
