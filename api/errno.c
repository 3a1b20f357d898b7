/* SPDX-License-Identifier: MIT */
/* api/errno.c - what went wrong, as -errno: the one table of it */
#include "api/errno.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

struct status_row {
	int first, last;
	int err;
	const char *word; /* NULL: whatever the answer says */
};

/* The first row that fits counts. */
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

/* These are what the kernel says, and say more than curl does. */
static const int os_errors[] = {
	ECONNREFUSED,
	EHOSTUNREACH,
	ENETUNREACH,
	ETIMEDOUT,
	ECONNRESET,
};

/* True where word stands in text, in any case, and no longer word around it:
 * "locked" is not in "unlocked" nor in "blocked". Words that are cut off in
 * the table ("concurren") may go on. */
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

static bool words_have(const struct words *words, const char *word)
{
	return has_word(words->message, word) || has_word(words->code, word) ||
		has_word(words->error, word);
}

bool words_speak_of_clock(const struct words *words)
{
	return words_have(words, "timestamp") ||
		words_have(words, "time stamp") || words_have(words, "clock");
}

int errno_of_status(int status, const struct words *words)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const struct status_row *row = &statuses[i];

		if (status >= row->first && status <= row->last &&
			(!row->word || words_have(words, row->word)))
			return row->err;
	}
	return -EPROTO;
}

int errno_of_curl(CURLcode code, long os_errno)
{
	size_t i;

	if (code == CURLE_COULDNT_CONNECT)
		for (i = 0; i < sizeof(os_errors) / sizeof(os_errors[0]); i++)
			if (os_errno == os_errors[i])
				return -os_errors[i];
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].err;
	return -EPROTO;
}
