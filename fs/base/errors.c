/* SPDX-License-Identifier: MIT */
/* fs/base/errors.c - the last errors: what an errno cannot carry */
#include "fs/base/errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "fs/base/libc.h"

enum { ERRORS_KEPT = 100, ERROR_LINE = 1280 };

struct errors {
	unsigned next, count;
	uint64_t added;
	char lines[ERRORS_KEPT][ERROR_LINE];
};

#ifdef LIBC_LACKS_ERROR_NAMES
/* The errors of the API, the network and the disk. */
static const char *strerrorname_np(int err)
{
#define NAME(error) [error] = #error
	static const char *const names[] = { NAME(EPERM), NAME(ENOENT),
		NAME(EINTR), NAME(EIO), NAME(E2BIG), NAME(EBADF), NAME(EAGAIN),
		NAME(ENOMEM), NAME(EACCES), NAME(EBUSY), NAME(EEXIST),
		NAME(EXDEV), NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL),
		NAME(ENFILE), NAME(EMFILE), NAME(EFBIG), NAME(ENOSPC),
		NAME(EROFS), NAME(EMLINK), NAME(ENAMETOOLONG), NAME(ENOTEMPTY),
		NAME(ELOOP), NAME(EBADR), NAME(ENODATA), NAME(EPROTO),
		NAME(EBADMSG), NAME(EOVERFLOW), NAME(EILSEQ), NAME(EOPNOTSUPP),
		NAME(ENETUNREACH), NAME(ECONNABORTED), NAME(ECONNRESET),
		NAME(ETIMEDOUT), NAME(ECONNREFUSED), NAME(EHOSTUNREACH),
		NAME(ESTALE), NAME(EREMOTEIO), NAME(EDQUOT), NAME(ECANCELED),
		NAME(EKEYEXPIRED), NAME(EKEYREJECTED) };
#undef NAME

	return err >= 0 && (size_t)err < sizeof(names) / sizeof(*names)
		? names[err]
		: NULL;
}
#endif

static void line_print(char *line, const struct timespec *now,
	const char *method, const char *path, int http_status, int err,
	const char *message)
{
	const char *name = strerrorname_np(-err);
	char at[32], words[800], where[256];
	struct tm utc;

	gmtime_r(&now->tv_sec, &utc);
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &utc);
	line_escape(message && *message ? message : strerror(-err), words,
		sizeof(words));
	line_escape(path, where, sizeof(where));
	snprintf(line, ERROR_LINE, "%s %s %s %d %s %s", at, method, where,
		http_status, name ? name : "EIO", words);
}

struct errors *errors_new(void)
{
	return calloc(1, sizeof(struct errors));
}

void errors_free(struct errors *errors)
{
	free(errors);
}

void errors_add(struct errors *errors, const struct timespec *now,
	const char *method, const char *path, int http_status, int err,
	const char *message)
{
	line_print(errors->lines[errors->next], now, method, path, http_status,
		err, message);
	errors->next = (errors->next + 1) % ERRORS_KEPT;
	if (errors->count < ERRORS_KEPT)
		errors->count++;
	errors->added++;
}

uint64_t errors_count(const struct errors *errors)
{
	return errors->added;
}

void errors_print(const struct errors *errors, FILE *out)
{
	unsigned at =
		(errors->next + ERRORS_KEPT - errors->count) % ERRORS_KEPT;

	for (unsigned i = 0; i < errors->count; i++)
		fprintf(out, "%s\n", errors->lines[(at + i) % ERRORS_KEPT]);
}
