/* SPDX-License-Identifier: MIT */
/* fs/resources/service_bootstrap.h - the script that starts a service; its
 * domains */
#ifndef FS_RESOURCES_SERVICE_BOOTSTRAP_H
#define FS_RESOURCES_SERVICE_BOOTSTRAP_H

#include "fs/core/row.h"

/* Reading gives the script, from an answer of the API that has it, else from
 * the service itself, or as it was read or saved last if that is frozen (-EBUSY
 * if it was not); saving another redeploys with it. */
int bootstrap_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s);
int bootstrap_render(struct op *op, const struct node *node, FILE *out);
bool bootstrap_is_hidden(struct op *op, const struct node *node);
int bootstrap_write(
	struct op *op, const struct node *node, const char *text, size_t len);

int domains_write(
	struct op *op, const struct node *node, const char *text, size_t len);

#endif
