/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A libblkid with holes, for a program that knows nothing of it (LD_PRELOAD): a device that carries a
 * word of command at its second mebibyte has taken over whoever probes it, and does what it says:
 *
 *     HAIKI-TEST crash | open | socket | write | spin | flood
 *
 * A device without one is probed as ever. */
#include <blkid.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACE (1024 * 1024)
#define WORD "HAIKI-TEST "

int blkid_do_probe(blkid_probe probe);

static void obey(const char *word, int device)
{
	static const char noise[65536];
	volatile int *nowhere = NULL;
	if (strncmp(word, "crash", 5) == 0)
		*nowhere = 1;
	/* Whoever gets through has done harm that the test sees. */
	if (strncmp(word, "open", 4) == 0 && open("/dev/null", O_RDONLY) >= 0)
		_exit(0);
	if (strncmp(word, "socket", 6) == 0)
		(void)!socket(AF_INET, SOCK_STREAM, 0);
	if (strncmp(word, "write", 5) == 0)
		(void)!pwrite(device, "taken over", 10, 0);
	while (strncmp(word, "spin", 4) == 0)
		continue;
	for (int fd = 0; strncmp(word, "flood", 5) == 0; fd = (fd + 1) % 64)
		if (fd != device)
			(void)!write(fd, noise, sizeof(noise));
}

int blkid_do_probe(blkid_probe probe)
{
	char text[32] = "";
	int (*real)(blkid_probe) = (int (*)(blkid_probe))dlsym(RTLD_NEXT, "blkid_do_probe");
	int device = blkid_probe_get_fd(probe);
	if (pread(device, text, sizeof(text) - 1, PLACE) > 0 &&
		strncmp(text, WORD, strlen(WORD)) == 0)
		obey(text + strlen(WORD), device);
	return real(probe);
}
