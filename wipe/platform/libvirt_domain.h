/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the XML of a libvirt domain, snapshot, pool or volume says; pure, of whatever bytes.
 *
 * Source: libvirt, formatdomain, formatsnapshot, formatstorage. */
#ifndef HAIKI_WIPE_PLATFORM_LIBVIRT_DOMAIN_H
#define HAIKI_WIPE_PLATFORM_LIBVIRT_DOMAIN_H

#include "wipe/platform/platform.h"

/* Of what kind something is that a domain holds bytes in. */
enum domain_part {
	DOMAIN_DISK,
	DOMAIN_MEDIUM,     /* in a CD-ROM or floppy drive: somebody's library */
	DOMAIN_NVRAM,      /* variables of UEFI */
	DOMAIN_MEMORY,     /* what a snapshot saved of its memory; a persistent memory module */
	DOMAIN_FILESYSTEM, /* a folder of the host that is passed through */
	DOMAIN_DEVICE,     /* a device of the host that is passed through */
	DOMAIN_CONSOLE,    /* a file that a serial port writes to */
};

struct domain_source {
	enum domain_part part;
	char id[64];
	char format[32]; /* "raw", "qcow2", …; "" not said, which libvirt takes for raw */
	char *place;     /* owned: a path, or "rbd:pool/image"; "" for a volume of a pool */
	bool is_file;    /* a path on libvirt's host, to a file or block device */
	bool read_only;
	bool shareable; /* said to be another VM's too, wherever that runs */
	char *pool, *volume; /* owned: of <source pool= volume=>; else NULL */
	/* What libvirt says that it stands on, nearest first; owned. */
	struct domain_backing {
		char *place, format[32];
		bool is_file;
	} * backing;
	size_t backing_count;
	bool backing_ends; /* libvirt says that nothing stands below the last of them */
};

struct domain {
	char uuid[64], name[256];
	char service_code[64];         /* "" none, or several */
	bool has_tpm;                  /* an emulated one, whose state libvirt keeps in a folder */
	struct domain_source *sources; /* owned */
	size_t source_count;
};
void domain_free(struct domain *domain);
#define AUTO_DOMAIN CLEANUP(domain_free)

/* <domain>. -EBADMSG "libvirt-xml". */
NODISCARD int domain_parse(const char *xml, struct domain *ret, struct error *error);

/* <domainsnapshot>: its name, and all that it names, of the domain as it was then as well as of its own. */
NODISCARD int snapshot_parse(const char *xml, struct domain *ret, struct error *error);

struct volume_xml {
	char path[MACHINE_PLACE_MAX], format[32];
	char backing[MACHINE_PLACE_MAX], backing_format[32];
};
NODISCARD int volume_parse(const char *xml, struct volume_xml *ret, struct error *error);

/* Where a pool's volumes lie: "/srv/images", "/dev/vg0"; "" nowhere on a host. */
NODISCARD int pool_parse(
	const char *xml, char ret_folder[static MACHINE_PLACE_MAX], struct error *error);

#endif
