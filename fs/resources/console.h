/* SPDX-License-Identifier: MIT */
/* fs/resources/console.h - the live shells of sessions and services, as seen
 * inside the room */
#ifndef FS_RESOURCES_CONSOLE_H
#define FS_RESOURCES_CONSOLE_H

#include "fs/core/core.h"

struct console;
LIST_HEAD(console_list, console);

/* A resource that was deleted keeps no output. */
void console_forget(struct core *core, const char *id);
/* Detaches all. To be called before api_free. */
void consoles_stop(struct core *core);
void consoles_free(struct console_list *consoles);

#endif
