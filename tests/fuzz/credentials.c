/* SPDX-License-Identifier: MIT */
/* tests/fuzz/credentials.c - the accounts file */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "tests/fuzz/fuzz.h"

static void check_key(const char *key)
{
	size_t len = strlen(key);

	HOLDS(len > 0 && len < 256);
	for (size_t i = 0; i < len; i++)
		HOLDS(key[i] > ' ' && key[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static int fd = -1;
	struct api_credentials keys;
	char path[64], why[256];

	if (fd < 0)
		fd = memfd_create("accounts", MFD_CLOEXEC);
	HOLDS(fd >= 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0);
	HOLDS(pwrite(fd, bytes, len, 0) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int account = 0; account < 3; account++) {
		why[0] = '\0';
		if (api_credentials_load(
			    &keys, account, path, why, sizeof(why)) == 0) {
			check_key(keys.public_key);
			check_key(keys.secret_key);
		} else {
			HOLDS(why[0] && !strchr(why, '\n'));
			HOLDS(!strstr(why, "unsb-sk-")); /* contains no key */
		}
		api_credentials_clear(&keys);
	}
	return 0;
}
