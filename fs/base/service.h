/* SPDX-License-Identifier: MIT */
/* fs/base/service.h - reports the state of a service to systemd, sd_notify(3)
 */
#ifndef FS_BASE_SERVICE_H
#define FS_BASE_SERVICE_H

#include <stdint.h>

/* Sends a state, such as "READY=1\nSTATUS=...", if systemd asked for it. Never
 * blocks. */
void service_notify(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* How often systemd expects WATCHDOG=1, in ms; 0: never. */
uint64_t service_watchdog_ms(void);

#endif
