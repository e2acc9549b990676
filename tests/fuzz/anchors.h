/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The anchors of the corpora signature and timestamp. The private keys behind them were never stored, so nothing but
 * the files of these corpora can be good. */
#ifndef HAIKI_TESTS_FUZZ_ANCHORS_H
#define HAIKI_TESTS_FUZZ_ANCHORS_H

#include "base/digest.h"
#include "verify/certificate/trust.h"
#include <string.h>

#define SEEDS_MS INT64_C(1795410000000) /* 2026-11-23T05:00:00Z: when they are good */

static const char issuer_anchor[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBrjCCAVSgAwIBAgIQVubbGPYNIzHAYzxknt+ZOjAKBggqhkjOPQQDAjAkMQ8w\n"
	"DQYDVQQKDAZjb3JwdXMxETAPBgNVBAMMCGhhaWtpIENBMCAXDTI2MTEyMjA1MDAw\n"
	"MFoYDzIwNTExMTE2MDUwMDAwWjAkMQ8wDQYDVQQKDAZjb3JwdXMxETAPBgNVBAMM\n"
	"CGhhaWtpIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEk8ZV21yMc8Co4Zyb\n"
	"0yEYjegMqhPAi8n/VYu9mhBxnyOJvE+C4GUsKwMsFyjx7aH0TmEmNb2mlrPePYHc\n"
	"7XmO3KNmMGQwEgYDVR0TAQH/BAgwBgEB/wIBADAOBgNVHQ8BAf8EBAMCAQYwHQYD\n"
	"VR0OBBYEFFbBHq0/SohBvIeYwidYk3yybXzpMB8GA1UdIwQYMBaAFFbBHq0/SohB\n"
	"vIeYwidYk3yybXzpMAoGCCqGSM49BAMCA0gAMEUCIDaLUFvIgMPYL4lvSh9U7BhQ\n"
	"iCxvu/zTz+VfZTOpFcAkAiEA7zOK4bAGHmb9ahwrZyTWQpVmzAAmKh5cdx1ixhEJ\n"
	"Dfw=\n"
	"-----END CERTIFICATE-----\n";

static const char time_anchor[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBXjCCAQWgAwIBAgIBZDAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAx0ZXN0IHRp\n"
	"bWUgQ0EwHhcNMTYxMTI1MDUwMDAwWhcNMzYxMTIwMDUwMDAwWjAXMRUwEwYDVQQD\n"
	"DAx0ZXN0IHRpbWUgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARthooF0/Il\n"
	"KFeyTPhnUOVq9oiADI7jFwlwNXENUeQZI2wVbBCLlXTqrAf90z0g/sbTzD20tusk\n"
	"wu9e9mjtFDwho0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAd\n"
	"BgNVHQ4EFgQUz7/4Z25lB7c7ZrJfsx+87x6EUH8wCgYIKoZIzj0EAwIDRwAwRAIg\n"
	"EwqKumrcoW3VRaNUFwDW85slxPNHMq79SF5vPcMspIoCIBGHd8p/1Sj7IDJlY+C+\n"
	"uQvbV0kZZmsptUleySTpY0/2\n"
	"-----END CERTIFICATE-----\n";

static inline void must(bool promise)
{
	if (!promise)
		abort();
}

/* Fixed for the life of the process: parsing it again for each input would only cost time. */
static inline const struct trust *anchor_load(struct trust **place, const char *pem)
{
	if (!*place)
		must(trust_load(pem, strlen(pem), "anchor", place, NULL) == 0);
	return *place;
}

static inline const struct trust *issuer_trust(void)
{
	static struct trust *trust;
	return anchor_load(&trust, issuer_anchor);
}

static inline const struct trust *time_trust(void)
{
	static struct trust *trust;
	return anchor_load(&trust, time_anchor);
}

/* Is its digest one of these? */
static inline bool is_known(const void *data, size_t size, const char *const *digests, size_t count)
{
	char sha256[SHA256_HEX_SIZE];
	must(digest_sha256_hex(data, size, sha256) == 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sha256, digests[i]) == 0)
			return true;
	return false;
}

#endif
