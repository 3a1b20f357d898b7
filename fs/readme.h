/* SPDX-License-Identifier: MIT */
/* fs/readme.h - the README at the root of the mount */
#ifndef FS_README_H
#define FS_README_H

extern const char readme_text[];

#endif
