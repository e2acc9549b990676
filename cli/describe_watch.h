/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who came, who went and what was known of them: a line for a person, an object for a program. */
#ifndef HAIKI_CLI_DESCRIBE_WATCH_H
#define HAIKI_CLI_DESCRIBE_WATCH_H

#include "base/buffer.h"
#include "inventory/scan/watch.h"

/* One line without its end. What does not fit into the buffer is left out. */
void describe_watch(const struct watch_report *report, struct buffer *ret);
/* docs/json.md, inventory watch; NULL without memory. source: "udev", "kernel". */
json_t *describe_watch_json(const struct watch_report *report, const char *source);

#endif
