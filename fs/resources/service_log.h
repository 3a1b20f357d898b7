/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log.h - a log of a service or of the API, as a file that
 * grows */
#ifndef FS_RESOURCES_SERVICE_LOG_H
#define FS_RESOURCES_SERVICE_LOG_H

#include <sys/queue.h>

#include "fs/core/row.h"

/*
 * The API gives the whole log, or its last lines, and no place to go on from.
 * So the log is fetched whole when it is opened first, into a file without a
 * name in the state directory, and what has come since is found by asking for
 * some last lines and laying them over the end of what is held. Only where they
 * do not tell are more asked for, in the end all
 * (fs/resources/service_log_held.h).
 *
 * It is asked again when somebody reads at its end, or asks for its size, and
 * the last answer is a second old; what is known is told where no other answer
 * comes within a second. However many follow it, one request is on its way.
 * What nobody has open is not held.
 *
 * Its size is 0 until something of it was read: what is told before is what
 * tar and cp find afterwards, or they say that the file changed.
 */
struct service_log;
TAILQ_HEAD(service_log_list, service_log);

int service_log_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int service_log_open(
	struct op *op, const struct node *node, struct handle *handle);
/* No answer is waited for any more. To be called before api_free. */
void service_logs_stop(struct core *core);

#endif
