/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents of proven jobs in which the drive erases itself, spelled out; the answers byte for byte as
 * the standards have them. */
#include "tests/support/sample_job.h"

#include <stdlib.h>
#include <string.h>

#define KEY "\"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4\""
#define SEED_1 "\"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308\""
#define SEED_2 "\"1f352c073b6108d72d9810a30914dff41f352c073b6108d72d9810a30914dff4\""
#define PASSWORD "\"8686868686868686868686868686868686868686868686868686868686868686\""
#define MARKERS 100
#define MARKER_BYTES (MARKERS * 512)

#define PLANT(step, seed)                                                                          \
	"{\"step\":" #step ",\"method\":\"plant-markers\",\"markers\":100,\"seed\":" seed "}"
#define ERASE(step, technique, scope, more)                                                        \
	"{\"step\":" #step ",\"method\":\"erase\",\"technique\":\"" technique                      \
	"\",\"scope\":\"" scope "\",\"expected_seconds\":120" more "}"
#define CHECK(step, of) "{\"step\":" #step ",\"method\":\"check-markers\",\"of_step\":" #of "}"
#define READ_BACK(step, of)                                                                        \
	"{\"step\":" #step ",\"method\":\"read-back\",\"of_step\":" #of ",\"coverage\":\"full\"}"
#define SCAN(step, of) "{\"step\":" #step ",\"method\":\"residue-scan\",\"of_step\":" #of "}"
#define PLAN(name, more, steps)                                                                    \
	"{\"level\":\"purge\",\"scheme\":\"" name "\",\"scheme_origin\":\"example\","              \
	"\"capacity_bytes\":8388608,\"sector_bytes\":512," more "\"steps\":[" steps "]}"
#define CHOSEN(methods)                                                                            \
	"\"candidates\":[{\"methods\":\"" methods                                                  \
	"\",\"level\":\"purge\",\"expected_seconds\":120,\"chosen\":1,\"why\":\"chosen\"},"        \
	"{\"methods\":\"overwrite\",\"level\":\"clear\",\"expected_seconds\":-1,\"chosen\":0,"     \
	"\"why\":\"level-too-low\"}],"

static const char plan_nvme[] = PLAN("nvme-sanitize-crypto", CHOSEN("nvme-sanitize-crypto"),
	PLANT(1, SEED_1) "," ERASE(2, "nvme-sanitize-crypto", "subsystem", "") "," CHECK(
		3, 1) "," SCAN(4, 2));
static const char plan_combined[] = PLAN("combined", "",
	"{\"step\":1,\"method\":\"restore-capacity\"}," PLANT(2, SEED_1) "," ERASE(3,
		"ata-sanitize-crypto", "drive",
		"") "," CHECK(4, 2) "," PLANT(5, SEED_2) "," ERASE(6, "ata-security-enhanced",
		"drive", ",\"password\":" PASSWORD) "," CHECK(7,
		5) ",{\"step\":8,\"method\":\"overwrite\",\"pattern\":{\"kind\":\"random\","
		   "\"key\":" KEY "}}," READ_BACK(9, 8) "," SCAN(10, 8));
static const char plan_scsi[] = PLAN("scsi-sanitize-overwrite", "",
	PLANT(1, SEED_1) "," ERASE(2, "scsi-sanitize-overwrite", "drive",
		",\"pattern\":{\"kind\":\"periodic\",\"period\":\"c3a5963c\"}") "," READ_BACK(3,
		2) "," CHECK(4, 1) "," SCAN(5, 2));
static const char plan_keys[] = PLAN("luks-erase",
	"\"encrypted_from_first_write\":1,\"encryption_basis\":\"recorded by hsato\",",
	ERASE(1, "luks-erase", "drive", "") "," SCAN(2, 1));
static const char plan_found[] = PLAN("nvme-sanitize-block", "\"deallocated_accepted\":1,",
	PLANT(1, SEED_1) "," ERASE(2, "nvme-sanitize-block", "subsystem", "") "," CHECK(
		3, 1) "," SCAN(4, 2));

/* Answers ---------------------------------------------------------------------------------- */

static json_t *nvme_log(
	int step, const char *moment, const char *status, int progress, const char *raw)
{
	return sample_answer(step, moment, "nvme-sanitize-log", status, progress, raw);
}

/* IDENTIFY DEVICE: word 128 supported, and enabled or not. */
static json_t *security(int step, const char *moment, bool enabled)
{
	char raw[1025];

	memset(raw, '0', 1024);
	raw[1024] = '\0';
	raw[2 * 121] = '4'; /* 16,384 sectors */
	raw[2 * 167] = '4'; /* word 83 is valid */
	raw[2 * 256 + 1] = enabled ? '3' : '1';
	return sample_answer(
		step, moment, "ata-security", enabled ? "never" : "succeeded", -1, raw);
}

/* Jobs ------------------------------------------------------------------------------------- */

/* All namespaces were looked at. */
static json_t *guard(void)
{
	json_t *event = sample_guard("passed");

	json_array_append_new(json_object_get(event, "checks"),
		sample_pack(json_pack("{s:s, s:s, s:s}", "check", "namespaces", "result", "passed",
			"detail", "")));
	return event;
}

static void begin(struct sample_job *job)
{
	sample_append(job, sample_program_event("created"));
	sample_append(job, guard());
	sample_append(job, sample_opened());
}

static void step(struct sample_job *job, int number, int64_t bytes, int flushed)
{
	sample_append(job, sample_started(number, 0));
	sample_append(job, sample_finished(number, "complete", bytes, flushed));
}

static void finish(struct sample_job *job, int number)
{
	sample_append(job, sample_finished(number, "complete", 0, 0));
}

static void check(struct sample_job *job, int number, int zeroed)
{
	sample_append(job, sample_started(number, 0));
	sample_append(job, sample_markers(number, MARKERS, 0, 0, zeroed));
	sample_append(job, sample_finished(number, "complete", MARKER_BYTES, 0));
}

static void end(struct sample_job *job, int scan)
{
	step(job, scan, 1310720, 0);
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

/* The sibling may not be what was begun with: it is another namespace. */
static void make_nvme(struct sample_job *job)
{
	begin(job);
	sample_append(job, sample_sibling());
	sample_append(job, sample_health("before"));
	step(job, 1, MARKER_BYTES, 1);
	sample_append(job, sample_started(2, 0));
	sample_append(job,
		nvme_log(2, "before", "never", -1, "ffff000000000000ffffffffffffffffffffffff"));
	sample_append(job, sample_answer(2, "accepted", "completion", "running", -1, "6e0000"));
	sample_append(job, nvme_log(2, "during", "running", 16384,
				   "004002000402000000000000ffffffffffffffff"));
	sample_append(job,
		nvme_log(2, "after", "succeeded", -1, "ffff01010402000000000000ffffffffffffffff"));
	finish(job, 2);
	check(job, 3, 0);
	sample_append(job, sample_health("after"));
	end(job, 4);
	sample_set_drive(job, "media", json_string("flash"));
	sample_set_drive(job, "transport", json_string("nvme"));
}

static void ata_sanitize(struct sample_job *job, int number)
{
	static const char completed[] = "005000018000000000000000";

	sample_append(job, sample_started(number, 0));
	sample_append(job,
		sample_answer(number, "before", "ata-sanitize-status", "succeeded", -1, completed));
	sample_append(job, sample_answer(number, "accepted", "completion", "running", -1,
				   "61005000010000000000000000"));
	sample_append(job, sample_answer(number, "during", "ata-sanitize-status", "running", 16384,
				   "005000014000000000004000"));
	sample_append(job,
		sample_answer(number, "after", "ata-sanitize-status", "succeeded", -1, completed));
	finish(job, number);
}

static void ata_security_erase(struct sample_job *job, int number)
{
	sample_append(job, sample_started(number, 0));
	sample_append(job, security(number, "before", false));
	sample_append(job, sample_answer(number, "accepted", "completion", "succeeded", -1,
				   "41005000000000000000000000"));
	sample_append(job, security(number, "after", false));
	finish(job, number);
}

/* Half of the medium is hidden at first. */
static void make_combined(struct sample_job *job)
{
	begin(job);
	sample_append(job, sample_started(1, 0));
	sample_append(job, sample_capacity(1, "hpa", 8192, 16384));
	finish(job, 1);
	sample_append(job, guard());
	sample_append(job, sample_opened());
	step(job, 2, MARKER_BYTES, 1);
	ata_sanitize(job, 3);
	check(job, 4, 0);
	step(job, 5, MARKER_BYTES, 1);
	ata_security_erase(job, 6);
	check(job, 7, MARKERS);
	step(job, 8, SAMPLE_CAPACITY_BYTES, 1);
	step(job, 9, SAMPLE_CAPACITY_BYTES, 0);
	end(job, 10);
	sample_set_integer(json_object_get(job->subject, "identity"), "capacity_bytes",
		SAMPLE_CAPACITY_BYTES / 2);
	sample_set_integer(json_object_get(sample_event(job, "opened", 0), "identity"),
		"capacity_bytes", SAMPLE_CAPACITY_BYTES / 2);
}

static void make_scsi(struct sample_job *job)
{
	static const char no_sense[] = "00700000000000000a00000000000000000000";

	begin(job);
	step(job, 1, MARKER_BYTES, 1);
	sample_append(job, sample_started(2, 0));
	sample_append(job, sample_answer(2, "before", "scsi-sense", "never", -1, no_sense));
	sample_append(job, sample_answer(2, "accepted", "completion", "running", -1, "7300"));
	sample_append(job, sample_answer(2, "during", "scsi-sense", "running", 16384,
				   "00700002000000000a00000000041b00804000"));
	sample_append(job, sample_answer(2, "after", "scsi-sense", "never", -1, no_sense));
	finish(job, 2);
	step(job, 3, SAMPLE_CAPACITY_BYTES, 0);
	check(job, 4, 0);
	end(job, 5);
	sample_set_drive(job, "transport", json_string("scsi"));
}

static void make_keys(struct sample_job *job)
{
	begin(job);
	sample_append(job, sample_started(1, 0));
	sample_append(job, sample_answer(1, "before", "luks-headers", "never", -1, "0201"));
	sample_append(
		job, sample_answer(1, "accepted", "completion", "succeeded", -1, "4500000000"));
	sample_append(job, sample_answer(1, "after", "luks-headers", "succeeded", -1, "0000"));
	finish(job, 1);
	end(job, 2);
}

static void make_found(struct sample_job *job)
{
	begin(job);
	step(job, 1, MARKER_BYTES, 1);
	sample_append(job, sample_started(2, 0));
	sample_append(job,
		nvme_log(2, "before", "succeeded", -1, "ffff010004000000000000000000000000000000"));
	sample_append(job, sample_answer(2, "accepted", "completion", "running", -1, "6e0000"));
	sample_append(job, sample_interrupted("power-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, guard());
	sample_append(job, sample_opened());
	sample_append(job,
		nvme_log(2, "found", "running", 32768, "008002000200000000000000ffffffffffffffff"));
	sample_append(job, sample_started(2, 0));
	sample_append(job,
		nvme_log(2, "after", "succeeded", -1, "ffff01010200000000000000ffffffffffffffff"));
	finish(job, 2);
	check(job, 3, MARKERS);
	end(job, 4);
	sample_set_drive(job, "media", json_string("flash"));
	sample_set_drive(job, "transport", json_string("nvme"));
}

void sample_purge_make(enum sample_job_kind kind, struct sample_job *job)
{
	static const struct {
		const char *plan;
		void (*make)(struct sample_job *job);
	} kinds[SAMPLE_JOB_KINDS] = {
		[SAMPLE_JOB_NVME] = { plan_nvme, make_nvme },
		[SAMPLE_JOB_COMBINED] = { plan_combined, make_combined },
		[SAMPLE_JOB_SCSI] = { plan_scsi, make_scsi },
		[SAMPLE_JOB_KEYS] = { plan_keys, make_keys },
		[SAMPLE_JOB_FOUND] = { plan_found, make_found },
	};

	job->plan = sample_parse(kinds[kind].plan);
	kinds[kind].make(job);
}
