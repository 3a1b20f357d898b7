/* SPDX-License-Identifier: MIT */
/* tests/server/image.h - what requests for images share */
#ifndef TESTS_SERVER_IMAGE_H
#define TESTS_SERVER_IMAGE_H

#include "resource.h"

/* Answers with the image; the lock is held. */
void image_reply(struct server *server, struct request *request,
	const struct resource *image, struct reply *reply);

/* Like resource_take, but only for the owner: others may read and spawn. */
struct resource *image_take_own(
	struct server *server, struct request *request, struct reply *reply);

#endif
