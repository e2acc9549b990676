/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What losing members does to an array: a pure function of its level, layout and members. What it cannot
 * tell, it says it cannot tell. */
#ifndef HAIKI_INVENTORY_ASSETS_REDUNDANCY_H
#define HAIKI_INVENTORY_ASSETS_REDUNDANCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum member_state {
	MEMBER_UNKNOWN,
	MEMBER_ACTIVE,      /* holds its part of the data, up to date */
	MEMBER_REBUILDING,  /* has a place, is being filled */
	MEMBER_REPLACEMENT, /* is being filled beside the one it shall replace */
	MEMBER_SPARE,
	MEMBER_FAULTY,
	MEMBER_JOURNAL,
};
const char *member_state_name(enum member_state state); /* "active", "rebuilding" …; stable */
enum member_state member_state_parse(const char *word); /* UNKNOWN for none */

struct redundancy_member {
	int slot; /* its place among the data; -1: none */
	enum member_state state;
	bool goes; /* is it taken away? */
};

struct redundancy_question {
	const char *level; /* as the kernel writes it: "raid5" */
	int64_t layout;    /* md's number, which says how RAID10 lays its copies; -1: not known */
	unsigned device_count;
	const char *sync_action; /* while a resync or reshape runs nothing is sure */
	const struct redundancy_member *members;
	size_t count;
};

enum redundancy_verdict {
	REDUNDANCY_UNKNOWN,
	REDUNDANCY_BROKEN,    /* data are missing already, whatever is taken away */
	REDUNDANCY_DESTROYED, /* without them the data are lost */
	REDUNDANCY_LAST,      /* goes on, and bears no further loss */
	REDUNDANCY_GOES_ON,   /* goes on, and bears left_after more */
	REDUNDANCY_UNTOUCHED, /* none of them holds data: spares, failed ones, those being filled */
};

struct redundancy {
	enum redundancy_verdict verdict;
	int left_now;   /* any so many members may be lost without losing data; -1: not known, or
	                 * data are missing already */
	int left_after; /* the same without those that go; -1 also when data are lost */
	unsigned copies_now, copies_after; /* RAID1 only: members that hold all the data */
	unsigned missing;                  /* places without an active member, now */
};

/* Cannot fail. Source: Linux md(4), and drivers/md for where RAID10 puts its copies. */
void redundancy_judge(const struct redundancy_question *question, struct redundancy *ret);

#endif
