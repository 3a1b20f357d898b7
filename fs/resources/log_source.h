/* SPDX-License-Identifier: MIT */
/* fs/resources/log_source.h - whose log a file is, and how the API tells it */
#ifndef FS_RESOURCES_LOG_SOURCE_H
#define FS_RESOURCES_LOG_SOURCE_H

#include "fs/core/row.h"

/* A log is a service's, or one of the API's own, which are in system/logs/. */
bool log_source_is_system(const struct node *node);

/* What the API is asked for: the service's id, or "api", "pool/NODE" (free());
 * NULL: no memory. */
char *log_source_id(const struct node *node);

/* The text of an answer: 0 (owned by the caller), -EPROTO, -ENOMEM. */
int log_source_text(
	bool is_system, const json_t *answer, char **text, size_t *len);

#endif
