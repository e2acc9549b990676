/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libcryptsetup on a copy of a header. (LUKS2 with the drive's own encryption, "hw-opal", is known to
 * libcryptsetup from 2.7 on; with 2.6 such a header does not load, and is overwritten all the same.) */
#include "wipe/erase/luks_keys.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

/* Its first use sets up its crypto library for the whole process. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* Without this it prints. What matters of what it says is what it returns. */
static void be_silent(int level, const char *message, void *context)
{
	(void)level;
	(void)message;
	(void)context;
}

static void cleanup_crypt(struct crypt_device **device)
{
	crypt_free(*device);
}

int luks_copy_open(uint64_t length_bytes)
{
	int fd = memfd_create("luks-header", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)length_bytes)) {
		int errnum = errno;
		(void)close(fd);
		return -errnum;
	}
	return fd;
}

/* 1: it loads; 0: it does not; -EIO. Under the lock. */
static int load(int copy_fd, struct crypt_device **ret)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", copy_fd);
	crypt_set_log_callback(NULL, be_silent, NULL);
	/* Its locks are files in /run for who else uses the device; nobody else has the copy. */
	if (crypt_metadata_locking(NULL, 0) < 0)
		return -EIO;
	if (crypt_init(ret, path) < 0)
		return -EIO;
	crypt_set_log_callback(*ret, be_silent, NULL);
	return crypt_load(*ret, CRYPT_LUKS, NULL) == 0;
}

static bool is_active(struct crypt_device *device, int slot)
{
	return crypt_keyslot_status(device, slot) != CRYPT_SLOT_INACTIVE;
}

/* Its own count of the slots there may be; a type it has no number for has none. */
static int slots_of(struct crypt_device *device)
{
	const char *type = crypt_get_type(device);
	int max = type ? crypt_keyslot_max(type) : 0;
	return MAX(max, 0);
}

static int ask(int copy_fd, struct luks_opinion *ret)
{
	CLEANUP(cleanup_crypt) struct crypt_device *device = NULL;
	int result = load(copy_fd, &device);
	*ret = (struct luks_opinion){ .loads = result > 0 };
	if (result <= 0)
		return result;
	for (int slot = 0; slot < slots_of(device); slot++)
		ret->slots += is_active(device, slot);
	return 0;
}

int luks_ask(int copy_fd, struct luks_opinion *ret)
{
	(void)pthread_mutex_lock(&one_at_a_time);
	int result = ask(copy_fd, ret);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return result;
}

static int destroy(int copy_fd, unsigned *ret_destroyed)
{
	CLEANUP(cleanup_crypt) struct crypt_device *device = NULL;
	int result = load(copy_fd, &device);
	*ret_destroyed = 0;
	if (result <= 0)
		return result;
	for (int slot = 0; slot < slots_of(device); slot++)
		if (is_active(device, slot) && crypt_keyslot_destroy(device, slot) == 0)
			(*ret_destroyed)++;
	return 0;
}

int luks_destroy_slots(int copy_fd, unsigned *ret_destroyed)
{
	(void)pthread_mutex_lock(&one_at_a_time);
	int result = destroy(copy_fd, ret_destroyed);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return result;
}
