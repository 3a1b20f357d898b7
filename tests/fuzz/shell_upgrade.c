/* SPDX-License-Identifier: MIT */
/* tests/fuzz/shell_upgrade.c - the answer to the upgrade to a WebSocket */
#include <errno.h>
#include <string.h>

#include "api/shell.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
	struct upgrade upgrade, begun;
	struct text in = { 0 };

	/* A result for a part of the head is the same for the whole. */
	HOLDS(text_add(&in, bytes, len / 2) == 0);
	int first = upgrade_answer(&in, false, key, &begun);
	HOLDS(text_add(&in, bytes + len / 2, len - len / 2) == 0);
	int err = upgrade_answer(&in, true, key, &upgrade);
	HOLDS(err <= 0 && first <= 0);
	HOLDS(upgrade.used <= len && begun.used <= len / 2);
	HOLDS(err != 0 || upgrade.headers.status == 101);
	if (first == 0)
		HOLDS(err == 0 && upgrade.used == begun.used);
	if (first != -EINPROGRESS)
		HOLDS(upgrade.headers.status == begun.headers.status);
	for (const char *at = upgrade.message; *at; at++)
		HOLDS((unsigned char)*at >= ' ' && *at != 0x7f);
	HOLDS(err == 0 || err == -EINPROGRESS || upgrade.message[0]);
	upgrade_clear(&upgrade);
	upgrade_clear(&begun);
	text_clear(&in);
	return 0;
}
