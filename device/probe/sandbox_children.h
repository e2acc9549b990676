/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which processes are children of ours that read hostile bytes. For a moment after the fork such a
 * child holds a copy of every descriptor we have, claimed drives too: who looks for foreign users of a
 * drive has to know it. For sandbox*.c; others ask sandbox_is_child. */
#ifndef HAIKI_DEVICE_PROBE_SANDBOX_CHILDREN_H
#define HAIKI_DEVICE_PROBE_SANDBOX_CHILDREN_H

#include "base/macros.h"
#include <sys/types.h>

/* fork(2), remembering the child before anybody can ask for it. */
NODISCARD pid_t sandbox_children_fork(void);

/* It has ended and is about to be reaped, or somebody else was told of its end. Before its number is
 * free for another process, which must not pass for ours. */
void sandbox_children_forget(pid_t pid);

#endif
