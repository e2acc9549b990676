/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives, plans, guards and verdicts in words and as JSON, the same in every command. */
#ifndef HAIKI_CLI_DESCRIBE_H
#define HAIKI_CLI_DESCRIBE_H

#include "inventory/assets/drives.h"
#include "wipe/job.h"
#include <stdio.h>

/* "gpt, vfat, ext4"; "nothing known" is said as such. */
void describe_layers_short(
	const struct signature_list *signatures, bool known, char *ret, size_t size);
/* A tree: a line per signature, partitions and what is in them indented. */
void describe_layers(FILE *stream, const struct signature_list *signatures);
/* Array of objects: usage, type, uuid, label, offset_bytes, length_bytes, partition. */
json_t *describe_layers_json(const struct signature_list *signatures);

/* {"source","bytes","sector_bytes"} */
json_t *describe_native_json(const struct native_capacity *native);
json_t *describe_identity_json(const struct drive_identity *identity);

/* Drive, what it carries, plan or why there is none, and what the guard found. */
void describe_preview(FILE *stream, const struct job_preview *preview, const struct policy *policy);
json_t *describe_preview_json(const struct job_preview *preview);

/* The exit code a preview leads to: NONE when it may run. */
enum error_kind describe_preview_code(const struct job_preview *preview);

/* Stable words and what people read for them, N_(); a word that is not in the table stays as it is. */
struct described {
	const char *word, *text;
};
const char *describe_table_word(const struct described *words, size_t count, const char *word);

/* Words for people, translated. */
const char *describe_usage(enum signature_usage usage);
const char *describe_level(enum level level);
const char *describe_verification(enum verification verification);
/* One word of it, for the cell of a table. */
const char *describe_verification_short(enum verification verification);
/* The same from the stable words of a certificate. */
const char *describe_level_word(const char *level);
const char *describe_verification_word(const char *verification);
const char *describe_outcome(enum outcome outcome);
const char *describe_method(const char *method);
const char *describe_transport(enum transport transport);
const char *describe_media(enum media media);
const char *describe_state(enum job_state state);

/* A UTC time as local time of the reader, to the second; "-" for 0. */
#define DESCRIBE_TIME_SIZE 32
void describe_time(int64_t utc_ms, char ret[static DESCRIBE_TIME_SIZE]);

#endif
