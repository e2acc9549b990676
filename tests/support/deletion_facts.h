/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of a VM's deletion as texts, and a list of them numbered (verify/tenant/deletion.h). */
#ifndef HAIKI_TESTS_SUPPORT_DELETION_FACTS_H
#define HAIKI_TESTS_SUPPORT_DELETION_FACTS_H

#include "base/json.h"

#define UTC "2027-04-10T15:00:00.000Z"
#define UUID "564d0000-0000-4000-8000-000000000001"

#define IDENTITY_OF(code, end, due, synchronised, vouched)                                         \
	"{\"fact\":\"identity\",\"uuid\":\"" UUID "\",\"name\":\"web\",\"platform\":\"dc1\","      \
	"\"service_code\":\"" code                                                                 \
	"\",\"inventory\":{\"vm\":\"M3\",\"service_code\":\"S-1\",\"tenant\":\"CITY-A\"},"         \
	"\"contracts\":[{\"number\":\"K-1\",\"start_day\":\"2026-04-01\",\"end_day\":\"" end       \
	"\",\"grace_days\":10}],\"due_utc\":\"" due "\",\"clock\":{\"synchronised\":" synchronised \
	",\"vouched\":" vouched "}}"
#define IDENTITY IDENTITY_OF("S-1", "2027-03-31", UTC, "1", "0")
#define DISK(id, place, chain, shared)                                                             \
	"{\"id\":\"" id "\",\"place\":\"" place                                                    \
	"\",\"kind\":\"qcow2\",\"size_bytes\":9,\"chain\":[" chain "],\"shared_with\":[" shared    \
	"]}"
#define SURVEY(disks)                                                                              \
	"{\"fact\":\"survey\",\"power\":\"on\",\"disks\":[" disks                                  \
	"],\"snapshots\":[\"before the update\"],\"files\":[\"/n.fd\"],\"generations\":[\"b:1\"]}"
#define POWER_OFF "{\"fact\":\"power-off\",\"result\":\"done\"}"
#define SNAPSHOTS "{\"fact\":\"snapshots\",\"removed\":1}"
#define ERASE_OF(place, method, result, level, bytes, verified, limits, volume)                    \
	"{\"fact\":\"erase\",\"disk\":\"vda\",\"place\":\"" place "\",\"method\":\"" method        \
	"\",\"result\":\"" result "\",\"level\":\"" level "\",\"bytes\":" bytes                    \
	",\"verified_bytes\":" verified ",\"limits\":[" limits "],\"reason\":\"\",\"volume\":"     \
	"\"" volume "\"}"
#define ERASE(place) ERASE_OF(place, "overwrite", "done", "clear", "9", "9", "", "")
#define UNSUPPORTED(place) ERASE_OF(place, "none", "unsupported", "none", "0", "0", "", "")
#define KEPT(place) ERASE_OF(place, "none", "kept", "none", "0", "0", "", "")
#define ERASE_FAILED(place) ERASE_OF(place, "overwrite", "failed", "none", "4", "0", "", "")
#define ZERO_FILL(place)                                                                           \
	ERASE_OF(place, "zero-fill", "done", "clear", "9", "0", "\"platform-word\"", "")
#define DELETE "{\"fact\":\"delete\",\"answer\":\"success\"}"
#define LOOK(hypervisor, datastore, storage, left)                                                 \
	"{\"fact\":\"look\",\"hypervisor\":\"" hypervisor "\",\"datastore\":\"" datastore          \
	"\",\"storage\":\"" storage "\",\"left\":[" left "]}"
#define GONE LOOK("gone", "gone", "none", "")
#define ABSENT "{\"fact\":\"absent\"}"
#define REFUSED "{\"fact\":\"refused\",\"reason\":\"hold\"}"
#define FAILED                                                                                     \
	"{\"fact\":\"failed\",\"step\":\"erase\",\"code\":\"storage-in-use\",\"message\":\"it "    \
	"is used\"}"

/* Texts with commas between them, as a list; each with its number and the time UTC. A new reference. */
json_t *deletion_facts_of(const char *text);

#endif
