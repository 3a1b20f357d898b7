/* SPDX-License-Identifier: MIT */
/* fs/tree/readme.h - the README at the root of the mount */
#ifndef FS_TREE_README_H
#define FS_TREE_README_H

extern const char readme_text[];

#endif
