/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of conducts: what a member does not say is honest. */
#include "conduct.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct conduct conducts[] = {
	{ .name = "honest", .help = "does what it says" },
	{ .name = "fails-halfway",
		.help = "an erase ends as failed, with half of the medium erased",
		.ending = ENDING_HALF },
	{ .name = "aborts",
		.help = "an erase is accepted, then given up as failed; nothing is erased",
		.ending = ENDING_ABORTED },
	{ .name = "lies-success",
		.help = "an erase makes progress and succeeds, and nothing is erased",
		.ending = ENDING_NOTHING },
	{ .name = "stale-success",
		.help = "shows an old success before any command, and still a while after one",
		.telling = TELLING_STALE },
	{ .name = "refuses",
		.help = "refuses every erase command, and shows an old success all the time",
		.ending = ENDING_REFUSED,
		.telling = TELLING_STALE },
	{ .name = "hides-status",
		.help = "erases, and answers nothing about it",
		.telling = TELLING_NONE },
	{ .name = "lies-hidden",
		.help = "answers nothing about an erase, and erases nothing",
		.ending = ENDING_NOTHING,
		.telling = TELLING_NONE },
	{ .name = "hangs-at-40",
		.help = "the progress of an erase stops at 40 % for ever",
		.ending = ENDING_NEVER },
	{ .name = "slow",
		.help = "an erase takes ten times as long, each read and write 20 ms more",
		.slowness = 10,
		.io_delay_ms = 20 },
	{ .name = "long-probe",
		.help = "takes a second for each answer about identity and capacity",
		.probe_delay_ms = 1000 },
	{ .name = "frozen",
		.help = "refuses security and sanitize until the next power cycle",
		.frozen = true },
	{ .name = "locked",
		.help = "the medium is behind a password that nobody knows",
		.locked = true },
	{ .name = "hpa",
		.help = "a quarter of the sectors is a host protected area (ATA)",
		.hidden = HIDDEN_HPA },
	{ .name = "hpa-over-dco",
		.help = "a quarter is hidden by DCO, another quarter by HPA (ATA)",
		.hidden = HIDDEN_HPA_OVER_DCO },
	{ .name = "amac",
		.help = "a quarter is beyond the accessible maximum address (ATA)",
		.hidden = HIDDEN_AMAC },
	{ .name = "needs-write",
		.help = "after an erase a sector cannot be read before it was written",
		.needs_write = true },
	{ .name = "unmaps-only",
		.help = "an erase only unmaps: zeros are read, `remap` brings the bytes back",
		.ending = ENDING_UNMAPPED },
	{ .name = "two-tenants",
		.help = "two namespaces on one medium; a sanitize hits both (NVMe)",
		.two_tenants = true },
	{ .name = "loses-cache",
		.help = "a flush succeeds and forgets what waited to be written",
		.loses_cache = true },
	{ .name = "vanishes",
		.help = "the process ends when half of the medium was written",
		.vanishes = true },
	{ .name = "dies-at-sector",
		.help = "eight sectors in the middle can neither be read nor written",
		.dies_halfway = true },
	{ .name = "changes-serial",
		.help = "has another serial number from the first write on",
		.serial = SERIAL_CHANGES },
	{ .name = "changes-quietly",
		.help = "the same, and announces it to nobody: only who asks again sees it",
		.serial = SERIAL_QUIET },
	{ .name = "empty-serial",
		.help = "says neither serial number nor WWN",
		.serial = SERIAL_EMPTY },
	{ .name = "garbled-serial",
		.help = "has control bytes and broken UTF-8 in its serial number",
		.serial = SERIAL_GARBLED },
};

#define CONDUCTS (sizeof(conducts) / sizeof(conducts[0]))

const struct conduct *conduct_at(unsigned index)
{
	return index < CONDUCTS ? &conducts[index] : NULL;
}

const struct conduct *conduct_honest(void)
{
	return &conducts[0];
}

const struct conduct *conduct_find(const char *name)
{
	for (size_t i = 0; i < CONDUCTS; i++)
		if (strcmp(conducts[i].name, name) == 0)
			return &conducts[i];
	return NULL;
}

void conduct_print_names(void)
{
	for (size_t i = 0; i < CONDUCTS; i++)
		printf("  %-16s %s\n", conducts[i].name, conducts[i].help);
}
