/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The children at work. What they are is of the whole process, as they are themselves. */
#include "device/probe/sandbox_children.h"

#include "device/probe/sandbox.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Beyond that a child is a stranger, which a guard refuses: safe, and more than ever run at once. */
#define CHILDREN_MAX 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner;                  /* whose children they are: a fork of ours has none of them */
static pid_t children[CHILDREN_MAX]; /* 0: free */

static void replace(pid_t before, pid_t after)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (children[i] != before)
			continue;
		children[i] = after;
		return;
	}
}

pid_t sandbox_children_fork(void)
{
	(void)pthread_mutex_lock(&lock);
	if (owner != getpid()) {
		memset(children, 0, sizeof(children));
		owner = getpid();
	}
	pid_t pid = fork();
	if (pid == 0)
		return 0; /* the child never asks, and leaves the lock alone */
	if (pid > 0)
		replace(0, pid);
	(void)pthread_mutex_unlock(&lock);
	return pid;
}

void sandbox_children_forget(pid_t pid)
{
	(void)pthread_mutex_lock(&lock);
	replace(pid, 0);
	(void)pthread_mutex_unlock(&lock);
}

bool sandbox_is_child(pid_t pid)
{
	bool found = false;
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < CHILDREN_MAX && !found; i++)
		found = pid > 0 && owner == getpid() && children[i] == pid;
	(void)pthread_mutex_unlock(&lock);
	return found;
}
