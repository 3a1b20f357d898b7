/* SPDX-License-Identifier: MIT */
/* fs/files/first_edition.h - records of the first edition's state directories
 */
#ifndef FS_FILES_FIRST_EDITION_H
#define FS_FILES_FIRST_EDITION_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A name that a record claims. Owned by the caller, free(). NULL: there is no
 * i-th, or it is no name. */
char *first_edition_name(const json_t *record, size_t i, uint64_t *parent);
/* NULL: it is no record. */
json_t *first_edition_parse(const char *text, size_t len);

#endif
