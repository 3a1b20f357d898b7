/* SPDX-License-Identifier: MIT */
/* fs/base/base.h - the base: what every room may use */
#ifndef FS_BASE_BASE_H
#define FS_BASE_BASE_H

#include "fs/base/clock.h"
#include "fs/base/errors.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/json.h"
#include "fs/base/key_value.h"
#include "fs/base/libc.h"
#include "fs/base/log.h"
#include "fs/base/name_rule.h"
#include "fs/base/options.h"
#include "fs/base/parallel.h"
#include "fs/base/proc.h"
#include "fs/base/safe_name.h"
#include "fs/base/service.h"
#include "fs/base/setting.h"
#include "fs/base/state.h"

#endif
