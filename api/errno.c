/* SPDX-License-Identifier: MIT */
/* api/errno.c - the one table that turns errors into -errno */
#include "api/errno.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

struct status_row {
	int first, last;
	int err;
	const char *word; /* in the answer; NULL: any answer */
};

/* The first row that matches is used (api/API.md part 2). */
static const struct status_row statuses[] = {
	{ 200, 299, 0, NULL },
	{ 300, 399, -EPROTO, NULL },
	{ 401, 401, -EKEYREJECTED, "timestamp" },
	{ 401, 401, -EKEYEXPIRED, "expired" },
	{ 401, 401, -EKEYREJECTED, NULL },
	{ 402, 403, -EPERM, "locked" },
	{ 402, 403, -EKEYEXPIRED, "key_expired" },
	{ 402, 403, -EKEYEXPIRED, "key expired" },
	{ 402, 403, -EKEYEXPIRED, "key has expired" },
	{ 402, 403, -EACCES, NULL },
	{ 404, 404, -ENOENT, NULL },
	{ 405, 405, -EOPNOTSUPP, NULL },
	{ 408, 408, -ETIMEDOUT, NULL },
	{ 409, 409, -EEXIST, "taken" },
	{ 409, 409, -EEXIST, "exists" },
	{ 409, 409, -EEXIST, "already in use" },
	{ 409, 409, -EEXIST, "duplicate" },
	{ 409, 409, -EPERM, "locked" },
	{ 409, 409, -EBUSY, NULL },
	{ 410, 410, -ENOENT, NULL },
	{ 413, 413, -EFBIG, NULL },
	{ 423, 423, -EPERM, NULL },
	{ 426, 426, -EOPNOTSUPP, NULL },
	{ 428, 428, -EPERM, NULL },
	{ 429, 429, -EDQUOT, "concurren" },
	{ 429, 429, -EDQUOT, "slot" },
	{ 429, 429, -EBUSY, NULL },
	{ 451, 451, -EACCES, NULL },
	{ 400, 499, -EINVAL, NULL },
	{ 500, 599, -EREMOTEIO, NULL },
};

struct curl_row {
	CURLcode code;
	int err;
};

static const struct curl_row codes[] = {
	{ CURLE_OK, 0 },
	{ CURLE_OUT_OF_MEMORY, -ENOMEM },
	{ CURLE_URL_MALFORMAT, -EINVAL },
	{ CURLE_BAD_FUNCTION_ARGUMENT, -EINVAL },
	{ CURLE_UNKNOWN_OPTION, -ENOSYS },
	{ CURLE_NOT_BUILT_IN, -ENOSYS },
	{ CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH },
	{ CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH },
	{ CURLE_COULDNT_CONNECT, -ECONNREFUSED },
	{ CURLE_PROXY, -ECONNREFUSED },
	{ CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
	{ CURLE_SEND_ERROR, -ECONNRESET },
	{ CURLE_RECV_ERROR, -ECONNRESET },
	{ CURLE_GOT_NOTHING, -ECONNRESET },
	{ CURLE_HTTP2, -ECONNRESET },
	{ CURLE_HTTP2_STREAM, -ECONNRESET },
	{ CURLE_ABORTED_BY_CALLBACK, -ECONNRESET },
};

/* True if a word of text begins with `word`, in any case: "locked" is not in
 * "unlocked" or "blocked", but "concurren" is in "concurrency". */
static bool has_word(const char *text, const char *word)
{
	const char *at = text;

	while ((at = strcasestr(at, word))) {
		if (at == text || !isalpha((unsigned char)at[-1]))
			return true;
		at++;
	}
	return false;
}

static bool api_error_has(const struct api_error *error, const char *word)
{
	return has_word(error->message, word) || has_word(error->code, word) ||
		has_word(error->error, word);
}

bool api_error_is_about_clock(const struct api_error *error)
{
	return api_error_has(error, "timestamp") ||
		api_error_has(error, "time stamp") ||
		api_error_has(error, "clock");
}

int errno_of_status(int status, const struct api_error *error)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const struct status_row *row = &statuses[i];

		if (status >= row->first && status <= row->last &&
			(!row->word || api_error_has(error, row->word)))
			return row->err;
	}
	return -EPROTO;
}

int errno_of_curl(CURLcode code, long os_errno)
{
	size_t i;

	/* The kernel's error says more than curl's. */
	if (code == CURLE_COULDNT_CONNECT &&
		(os_errno == EHOSTUNREACH || os_errno == ENETUNREACH ||
			os_errno == ETIMEDOUT || os_errno == ECONNRESET))
		return (int)-os_errno;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].err;
	return -EPROTO;
}

int errno_of_curl_multi(CURLMcode code)
{
	switch (code) {
	case CURLM_OK:
		return 0;
	case CURLM_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLM_UNKNOWN_OPTION:
		return -ENOSYS;
	case CURLM_BAD_FUNCTION_ARGUMENT:
		return -EINVAL;
	default:
		return -EIO;
	}
}
