/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress on stderr: a line per drive, painted over, on a terminal; JSON lines otherwise, at most
 * one per drive and second. */
#ifndef HAIKI_CLI_PROGRESS_H
#define HAIKI_CLI_PROGRESS_H

#include "wipe/work/run.h"
#include <stdio.h>

struct progress;

/* stream is borrowed. NULL without memory; the other functions take NULL and do nothing: progress
 * is never a reason to stop. */
struct progress *progress_open(FILE *stream, size_t count);

/* Show all jobs; context is a struct progress. Fits run_options.progress. */
void progress_show(void *context, const struct run_progress *jobs, size_t count);

struct progress *progress_close(struct progress *progress);
DEFINE_CLEANUP(struct progress *, progress_close);

/* The line of one drive, not longer than columns (0: no limit). For the terminal and its test. */
void progress_line(const struct run_progress *job, unsigned columns, char *ret, size_t size);

/* The same as one JSON object (docs/json.md); a new reference, NULL without memory. */
json_t *progress_json(const struct run_progress *job);

#endif
