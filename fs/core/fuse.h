/* SPDX-License-Identifier: MIT */
/* fs/core/fuse.h - libfuse's low-level API, in the version that we use */
#ifndef FS_CORE_FUSE_H
#define FS_CORE_FUSE_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#endif
