/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the kind "vsphere" share: the session, questions about properties, and tasks. Within this room. */
#ifndef HAIKI_WIPE_PLATFORM_VSPHERE_H
#define HAIKI_WIPE_PLATFORM_VSPHERE_H

#include "wipe/platform/platform.h"
#include "wipe/platform/vsphere_post.h"
#include "wipe/platform/vsphere_soap.h"

#define VSPHERE_TIMEOUT_MS 120000 /* for one answer */

struct vsphere_index;

/* One session with a vCenter. */
struct platform {
	struct config_platform config;
	struct vsphere_post *post; /* owned */
	bool answers;              /* it did the last time */
	unsigned logins; /* what belongs to a session (views) is lost when this has changed */
	/* owned: who uses what, as of the last question; may be NULL */
	struct vsphere_index *index;
	struct vsphere_ref root, collector, views, sessions, fields, disks, file_manager;
};

/* ---- the session (vsphere_session.c) ---- */

/* Connect and log in; timeout_ms for one answer. As platform_kind.open. */
NODISCARD int vsphere_open(const struct config_platform *config, uint64_t timeout_ms,
	struct platform **ret, struct error *error);
/* Logs out, which may fail unheard; NULL is allowed. */
struct platform *vsphere_close(struct platform *platform);

/* An answer; freed by vsphere_answer_free, which allows a zeroed one. */
struct vsphere_answer {
	xmlDoc *document;           /* owned */
	const xmlNode *node;        /* the element of the response, borrowed from document */
	struct vsphere_fault fault; /* when it was -EREMOTEIO */
};
void vsphere_answer_free(struct vsphere_answer *answer);
#define AUTO_ANSWER CLEANUP(vsphere_answer_free)

/* Call a method of an object. arguments: XML. When the session has ended it logs in again, once, and asks again: what
 * a server refused for want of a session it did not do. -EREMOTEIO "platform-fault" with the platform's own sentence and
 * ret->fault (-EACCES "platform-denied" when it is not permitted); errors of vsphere_post and vsphere_parse. */
NODISCARD int vsphere_call(struct platform *platform, const char *method,
	const struct vsphere_ref *object, const char *arguments, struct vsphere_answer *ret,
	struct error *error);

/* Is it the last call's fault? */
bool vsphere_is_fault(const struct vsphere_answer *answer, const char *type);

/* The error of a fault that a method or a task ended with. */
int vsphere_refused(const struct platform *platform, const char *method,
	const struct vsphere_fault *fault, struct error *error);

/* ---- properties (vsphere_properties.c) ---- */

#define VSPHERE_PATHS_MAX 8

struct vsphere_query {
	const struct vsphere_ref *object; /* of this one; NULL: of all of this type */
	const char *type;
	const char *paths[VSPHERE_PATHS_MAX + 1]; /* NULL last */
	unsigned page;                            /* most objects in one answer */
};

/* Called for each object: <obj/> and <propSet/>s. 0 goes on, -errno ends it with *error set. */
typedef int vsphere_each(void *context, const xmlNode *content, struct error *error);

/* Ask for properties, page by page, until there are no more: either each object was handed out or an error is
 * returned. -EAGAIN "platform-object-gone" (ERROR_WAITING) when the one that was asked for is not there any more. */
NODISCARD int vsphere_collect(struct platform *platform, const struct vsphere_query *query,
	vsphere_each *each, void *context, struct error *error);

/* The value of a property of an object; NULL: it has none. */
const xmlNode *vsphere_property(const xmlNode *content, const char *path);
bool vsphere_property_text(const xmlNode *content, const char *path, char *ret, size_t size);

/* The value of one property that is a reference; -ENODATA "platform-answer" when it has none. Errors of vsphere_collect. */
NODISCARD int vsphere_get_ref(struct platform *platform, const struct vsphere_ref *object,
	const char *path, struct vsphere_ref *ret, struct error *error);

/* ---- tasks (vsphere_task.c) ---- */

struct vsphere_task {
	const char *method;
	const struct vsphere_ref *object;
	const char *arguments;
	uint64_t timeout_ms;              /* 0: as long as it takes */
	const struct platform_pace *pace; /* may be NULL */
	uint64_t total_bytes;             /* for progress; 0: none is told */
};

/* Start a task and wait for its end. result (may be NULL; else zeroed by the caller) gets the answer whose node is the
 * value of info.result, NULL when it has none. *ret_fault: what it failed with; set with -EREMOTEIO alone, whether the
 * method or the task refused. -EINTR "interrupted" when it was to stop: then the task was told to, and may have ended
 * all the same. -ETIMEDOUT "platform-slow". */
NODISCARD int vsphere_run(struct platform *platform, const struct vsphere_task *task,
	struct vsphere_answer *result, struct vsphere_fault *ret_fault, struct error *error);

/* Sleep, and be back early when it is to stop: true. */
bool vsphere_pause(const struct platform_pace *pace, uint64_t ms);

/* ---- machines (vsphere_machines.c) ---- */

int vsphere_list(struct platform *platform, struct machine_list *ret, struct error *error);
int vsphere_identify(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error);
int vsphere_survey(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error);

/* The VM that was surveyed, asked anew: its object still has this UUID; else, and where the survey is of an earlier run
 * (no ref), the one of all VMs that has it. -ENOENT "vm-absent", -EEXIST "vm-uuid-twice"; -EAGAIN "vm-unidentified"
 * (ERROR_WAITING) when there is none and some VM's UUID cannot be read. */
NODISCARD int vsphere_find(struct platform *platform, const struct machine *machine,
	struct vsphere_ref *ret, enum machine_power *ret_power, struct error *error);
/* The same over all VMs alone, whatever the survey says. */
NODISCARD int vsphere_find_listed(struct platform *platform, const char *uuid,
	struct vsphere_ref *ret, enum machine_power *ret_power, struct error *error);

/* ---- disks (vsphere_disks.c, vsphere_index.c) ---- */

/* What one disk of a VM stands on now. */
struct vsphere_disk {
	char id[64];
	char kind[32];
	uint64_t size_bytes;
	char **places; /* owned: its own first, then what that stands on */
	size_t place_count;
};

/* Who uses which file: of all VMs but one. */
struct vsphere_user {
	char *place; /* owned */
	char uuid[64];
};

struct vsphere_files {
	struct vsphere_disk *disks; /* owned: of the VM */
	size_t disk_count;
	char **files; /* owned: of the VM; its configuration first */
	size_t file_count;
	char **snapshots; /* owned: of the VM; names */
	size_t snapshot_count;
	struct vsphere_user *users; /* owned: of all others, sorted by place */
	size_t user_count;
};
void vsphere_files_free(struct vsphere_files *files);
#define AUTO_FILES CLEANUP(vsphere_files_free)

/* What the VM (NULL: none) has and what all others use (vsphere_index.c). fresh: every VM is asked for everything, as
 * before anything is destroyed. Else the VM itself is asked, and of the others those that are new or whose configuration
 * has changed since they were. -EAGAIN "vm-unreadable" (ERROR_WAITING) when one does not tell: what it uses cannot be
 * known. -ENOTSUP "vm-disk-unknown": a disk of the VM that is not understood. */
NODISCARD int vsphere_files_of(struct platform *platform, const struct vsphere_ref *vm, bool fresh,
	struct vsphere_files *ret, struct error *error);
struct vsphere_index *vsphere_index_free(struct vsphere_index *index); /* NULL is allowed */

/* Of one VM's properties: does a device hold bytes; the places of a backing and of what it stands on, -EBADMSG when one
 * cannot be read; everything into *files. */
bool vsphere_holds_bytes(const xmlNode *device);
NODISCARD int vsphere_read_chain(const xmlNode *backing, char ***ret, size_t *ret_count);
NODISCARD int vsphere_read_own(
	struct vsphere_files *files, const xmlNode *content, struct error *error);

NODISCARD int vsphere_texts_add(char ***texts, size_t *count, const char *text);
void vsphere_texts_free(char **texts, size_t count);

/* The first of those who use a place; *ret_count: how many. */
const struct vsphere_user *vsphere_users_of(
	const struct vsphere_files *files, const char *place, size_t *ret_count);

/* What of a surveyed disk may be touched, by what stands there now and what stood there. */
enum vsphere_whose {
	VSPHERE_WHOSE_UNKNOWN, /* as shared */
	VSPHERE_SHARED,        /* another VM uses it, or did when it was surveyed */
	VSPHERE_OWN,           /* this VM's alone */
};
enum vsphere_whose vsphere_whose(
	const struct vsphere_files *files, const struct machine_disk *disk, const char *place);
/* Is nothing of the disk anybody else's? */
bool vsphere_disk_is_own(const struct vsphere_files *files, const struct machine_disk *disk);

/* Does the VM use this place now; which disk of it. NULL: none. */
const struct vsphere_disk *vsphere_disk_at(const struct vsphere_files *files, const char *place);

/* -ESTALE "vm-changed" when the VM has a disk or a place now that its survey does not know. */
NODISCARD int vsphere_unchanged(
	const struct vsphere_files *files, const struct machine *machine, struct error *error);

/* ---- places (vsphere_places.c), pure ---- */

/* "[ds1] a/b.vmdk": the datastore, the folder ("a", "" none), the name. False for what is no such place. */
struct vsphere_place {
	char datastore[256], folder[MACHINE_PLACE_MAX], name[256];
};
bool vsphere_place_parse(const char *text, struct vsphere_place *ret);

/* Is this file name the disk's descriptor ("b.vmdk") or one of its extents ("b-flat.vmdk", "b-s001.vmdk" …)? */
bool vsphere_is_of_disk(const char *file, const char *descriptor);

/* ---- what changes something ---- */

int vsphere_erase(struct platform *platform, const struct machine *machine, size_t disk,
	const struct platform_pace *pace, json_t **ret_facts, struct error *error);
int vsphere_remove(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, char answer[static 128], struct error *error);
int vsphere_look(struct platform *platform, const struct machine *machine, struct machine_look *ret,
	struct error *error);

/* Delete the files of what the VM has of its own in disks that it shared and that were detached (vsphere_delta.c). files:
 * as they are after that. What another VM uses, and what the VM itself still uses, is not touched. */
NODISCARD int vsphere_delete_own_parts(struct platform *platform, const struct vsphere_ref *vm,
	const struct machine *machine, const struct vsphere_files *files, struct error *error);

/* The datacenter that an object stands in. -ENODATA "platform-answer" when it stands in none. */
NODISCARD int vsphere_datacenter_of(struct platform *platform, const struct vsphere_ref *object,
	struct vsphere_ref *ret, struct error *error);

#endif
