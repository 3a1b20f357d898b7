/* SPDX-License-Identifier: MIT */
/* fs/base/service.h - what systemd wants to know of a service, sd_notify(3) */
#ifndef FS_BASE_SERVICE_H
#define FS_BASE_SERVICE_H

#include <stdint.h>

/* Sends the state, as "READY=1\nSTATUS=...", if systemd asks for it. Never
 * blocks. */
void service_notify(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* How often it wants to hear WATCHDOG=1, in ms; 0: never. */
uint64_t service_watchdog_ms(void);

#endif
