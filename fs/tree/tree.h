/* SPDX-License-Identifier: MIT */
/* fs/tree/tree.h - the tree that users see: its tables */
#ifndef FS_TREE_TREE_H
#define FS_TREE_TREE_H

#include "fs/tree/tables.h"

#endif
