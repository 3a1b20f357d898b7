/* SPDX-License-Identifier: MIT */
/* fs/drafts/drafts.h - drafts: directories that are filled first, committed
 * later */
#ifndef FS_DRAFTS_DRAFTS_H
#define FS_DRAFTS_DRAFTS_H

#include "fs/drafts/create.h"

#endif
