/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files behind platform_libvirt share. */
#ifndef HAIKI_WIPE_PLATFORM_LIBVIRT_PARTS_H
#define HAIKI_WIPE_PLATFORM_LIBVIRT_PARTS_H

#include "wipe/platform/libvirt_domain.h"
#include "wipe/platform/platform.h"
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <sys/types.h>

struct platform {
	virConnectPtr connection;
	char name[CONFIG_NAME_MAX];
	bool remote; /* its files lie on another host: nobody reads, erases or looks at them here */
};

/* ---- handles (libvirt_connect.c) ---- */

static inline void cleanup_domain_handle(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}
#define AUTO_DOMAIN_HANDLE CLEANUP(cleanup_domain_handle)
static inline void cleanup_pool_handle(virStoragePoolPtr *pool)
{
	if (*pool)
		(void)virStoragePoolFree(*pool);
}
#define AUTO_POOL_HANDLE CLEANUP(cleanup_pool_handle)
static inline void cleanup_volume_handle(virStorageVolPtr *volume)
{
	if (*volume)
		(void)virStorageVolFree(*volume);
}
#define AUTO_VOLUME_HANDLE CLEANUP(cleanup_volume_handle)

/* What libvirt said last, as an error. what: what was tried, a sentence's beginning, translated. */
int libvirt_error(const struct platform *platform, const char *what, struct error *error);

/* The domain of a UUID. *ret is NULL when libvirt says that there is none, which is no error. */
NODISCARD int libvirt_find(
	struct platform *platform, const char *uuid, virDomainPtr *ret, struct error *error);
NODISCARD int libvirt_power(struct platform *platform, virDomainPtr domain, enum machine_power *ret,
	struct error *error);

/* Not while it runs: ERROR_REFUSED "vm-running". 0 also when there is none. */
NODISCARD int libvirt_require_off(
	struct platform *platform, const struct machine *machine, struct error *error);

/* UUID, name, power, and the service code when the domain as it runs and as it is kept agree on it (libvirt.c). */
NODISCARD int libvirt_identity(
	struct platform *platform, virDomainPtr domain, struct machine *ret, struct error *error);

/* ---- lists of texts ---- */

struct texts {
	char **items; /* owned */
	size_t count;
};
NODISCARD int texts_add(struct texts *texts, const char *text); /* once each; -ENOMEM */
bool texts_have(const struct texts *texts, const char *text);
void texts_free(struct texts *texts);
#define AUTO_TEXTS CLEANUP(texts_free)

/* ---- places (libvirt_places.c) ---- */

/* Which file or device a place is, whatever it is called. Not known: nothing is there. */
struct place_identity {
	bool known, is_block;
	dev_t device, whole; /* whole: of a partition, the drive that it is on */
	ino_t inode;
};
NODISCARD int place_identify(const char *place, struct place_identity *ret, struct error *error);
/* Do they have bytes in common? A drive has with its partitions. */
bool place_same(const char *place, const struct place_identity *identity, const char *other,
	const struct place_identity *other_identity);

/* Does the place belong to a VM that stands on it: not protected against being written to, and in the folder of
 * what stands on it, or a volume of a pool? Base images are somebody's library. 1, 0, -errno. */
NODISCARD int place_belongs(
	struct platform *platform, const char *place, const char *above, struct error *error);

/* ---- what this process erases just now (libvirt_busy.c) ---- */

struct erasure {
	const char *place;               /* borrowed */
	const struct machine_disk *disk; /* borrowed: what the place belongs to, with its chain */
	struct place_identity identity;
	struct erasure *next;
};
/* Between these, files and pools are read, by one worker at a time. */
void reading_begin(void);
void reading_end(void);
/* While the erasure lasts, others read; nobody reads the place. Called while reading, which goes on behind the end. */
void erasure_begin(struct erasure *erasure);
void erasure_end(struct erasure *erasure);
/* While reading: the disk whose place it is, if that is being erased; NULL. */
const struct machine_disk *erasure_of(const char *place);
bool erasure_within(const char *folder);

/* Where libvirt's system daemon keeps a domain's saved memory (its build's localstatedir), by the domain's name. */
#define SAVED_MEMORY "/var/lib/libvirt/qemu/save/%s.save"

/* ---- what a disk stands on (libvirt_chain.c) ---- */

enum chain_of {
	CHAIN_OWN, /* all of it has to be known: -EBADMSG "qcow2-malformed", ERROR_REFUSED "chain-unknown" */
	CHAIN_OTHERS, /* whatever may stand on ours: formats that nobody stated are believed */
};
/* Append what a place stands on, nearest first. *ret_size_bytes: as the guest sees it, 0 unknown. */
NODISCARD int chain_walk(const char *place, const char *format, enum chain_of whose,
	struct texts *ret, uint64_t *ret_size_bytes, struct error *error);
NODISCARD int chain_of_source(struct platform *platform, const struct domain_source *source,
	enum chain_of whose, struct texts *ret, uint64_t *ret_size_bytes, struct error *error);

/* ---- all that a domain names (libvirt_forms.c) ---- */

/* Of the domain as it runs, as it is kept, as it was saved, as its snapshots have it. snapshot: "" or its name. */
typedef int domain_form(
	void *context, const struct domain *form, const char *snapshot, struct error *error);
NODISCARD int libvirt_forms(struct platform *platform, virDomainPtr domain, domain_form *visit,
	void *context, struct error *error);

/* ---- who uses what (libvirt_uses.c) ---- */

struct uses {
	struct use {
		char *place; /* owned */
		char *who;   /* owned: a UUID, or "volume:PLACE" */
		struct place_identity identity;
	} * items;
	size_t count;
};
void uses_free(struct uses *uses);
#define AUTO_USES CLEANUP(uses_free)

/* Every place that other domains of the platform name or stand on, and what other volumes of its pools stand on. What
 * cannot be told is an error: then nothing may be touched. */
NODISCARD int uses_collect(struct platform *platform, const struct machine *machine,
	struct uses *ret, struct error *error);
/* Append whoever uses the place. */
NODISCARD int uses_of(
	const struct uses *uses, const char *place, struct texts *ret_who, struct error *error);

/* ---- the pools (libvirt_pools.c) ---- */

/* Listing the pools failed: 0 when this libvirt was built without any. */
int pool_none(struct platform *platform, struct error *error);
/* Refresh the pool in whose folder the place lies, unless something else is being erased there. 1; 0: there is none;
 * -errno: it could not be asked. */
NODISCARD int pool_refresh_of(struct platform *platform, const char *place, struct error *error);
/* The volume at a place; *ret NULL for none. */
NODISCARD int pool_volume_at(
	struct platform *platform, const char *place, virStorageVolPtr *ret, struct error *error);
/* Where <source pool= volume=> lies; *ret NULL when libvirt knows no such pool. Owned. */
NODISCARD int pool_resolve(struct platform *platform, const char *pool, const char *volume,
	char **ret, struct error *error);

/* ---- a place of a survey, and what may be done to it ---- */

#define KEPT_PREFIX                                                                                \
	MACHINE_KEPT_PREFIX /* in shared_with: this place was somebody else's when it was surveyed */
#define VOLUME_PREFIX "volume:" /* in shared_with: a volume that no VM uses stands on it */

enum keep { KEEP_UNKNOWN, KEEP_NOT, KEEP_SHARED, KEEP_FOREIGN };
/* Place number link of a disk: 0 the disk's own, then its chain. */
const char *disk_place(const struct machine_disk *disk, size_t link);
NODISCARD int place_keep(struct platform *platform, const struct uses *uses,
	const struct machine *machine, const struct machine_disk *disk, size_t link, enum keep *ret,
	struct error *error);
/* Is it something that is taken away with the VM? Devices and folders of the host stay. */
bool disk_is_deletable(const struct machine_disk *disk);
/* Can we reach it: a path on this very host? */
bool place_in_reach(const struct platform *platform, const char *place);

/* ---- the parts of the descriptor ---- */

int libvirt_survey(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error);
int libvirt_power_off(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, bool *ret_was_off, struct error *error);
int libvirt_remove_snapshots(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, unsigned *ret_count, struct error *error);
int libvirt_erase(struct platform *platform, const struct machine *machine, size_t disk,
	const struct platform_pace *pace, json_t **ret_facts, struct error *error);
int libvirt_remove(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, char answer[static 128], struct error *error);
int libvirt_remove_rests(struct platform *platform, const struct machine *machine,
	int64_t erased_utc_ms, const struct platform_pace *pace, char answer[static 128],
	struct error *error);
int libvirt_look(struct platform *platform, const struct machine *machine, struct machine_look *ret,
	struct error *error);
int libvirt_open(const struct config_platform *config, struct platform **ret, struct error *error);
struct platform *libvirt_close(struct platform *platform);

#endif
