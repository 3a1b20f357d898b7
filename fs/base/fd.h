/* SPDX-License-Identifier: MIT */
/* fs/base/fd.h - contents of files and directories, by descriptor */
#ifndef FS_BASE_FD_H
#define FS_BASE_FD_H

#include <dirent.h>
#include <stddef.h>

/* Writes all bytes at the descriptor's offset. 0 or -errno. */
int fd_write(int fd, const char *bytes, size_t len);
/* Reads from the descriptor's offset to the end, at most limit bytes (-EFBIG).
 * Owned by the caller, free(); a NUL follows the bytes. -EISDIR, -EINVAL: not a
 * file. */
int fd_read(int fd, size_t limit, char **out, size_t *len);
/* Copies the content of `from` to the beginning of the file `to`, as a reflink
 * where the filesystem can. 0 or -errno. */
int fd_copy(int from, int to);

/* The entries of a directory below fd; closedir() it. NULL: errno. */
DIR *dir_stream(int fd, const char *name);
/* The next entry but for "." and ".."; NULL at the end (errno 0), and if it
 * cannot be read (errno). */
struct dirent *dir_next(DIR *stream);

#endif
