/* SPDX-License-Identifier: MIT */
/* api/credentials.c - where the keys come from */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"

#define PUBLIC_PREFIX "unsb-pk-"
#define SECRET_PREFIX "unsb-sk-"
#define FILE_MAX (1024 * 1024)

struct reason {
	char *text;
	size_t size;
};

static int fail(struct reason why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct reason why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (why.text && why.size)
		vsnprintf(why.text, why.size, format, args);
	va_end(args);
	return err;
}

void api_credentials_clear(struct api_credentials *credentials)
{
	explicit_bzero(credentials, sizeof(*credentials));
}

/* Keys go into headers: printable ASCII without blanks. */
static bool is_key(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return false;
	return len > 0 &&
		len < sizeof(((struct api_credentials *)0)->secret_key);
}

static int keep_keys(struct api_credentials *out, const char *public_key,
	size_t public_len, const char *secret_key, size_t secret_len,
	struct reason why)
{
	if (!is_key(public_key, public_len) || !is_key(secret_key, secret_len))
		return fail(why, -EINVAL,
			"%s: a key is empty, too long or "
			"has characters that no key has",
			out->source);
	if (strncmp(public_key, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0)
		return fail(why, -EINVAL,
			"%s: the secret key is in the place of the "
			"public one",
			out->source);
	memcpy(out->public_key, public_key, public_len);
	out->public_key[public_len] = '\0';
	memcpy(out->secret_key, secret_key, secret_len);
	out->secret_key[secret_len] = '\0';
	return 0;
}

/* Refuses an open file that others can read, for example. */
static int file_check(int fd, const char *path, struct reason why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is not a regular file", path);
	if (st.st_uid != geteuid())
		return fail(why, -EACCES, "%s belongs to another user", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return fail(why, -EACCES,
			"%s is accessible to others; run: chmod 600 %s", path,
			path);
	if (st.st_size > FILE_MAX)
		return fail(why, -EINVAL, "%s is too large", path);
	return 0;
}

/* *out: FILE_MAX + 1 bytes that the caller wipes and frees, on errors too. */
static int file_read(
	const char *path, char **out, size_t *len, struct reason why)
{
	ssize_t n = 1;
	int fd, err;

	*out = NULL;
	*len = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	err = file_check(fd, path, why);
	if (!err && !(*out = malloc(FILE_MAX + 1)))
		err = fail(why, -ENOMEM, "%s: out of memory", path);
	while (!err && n > 0 && *len < FILE_MAX) {
		n = read(fd, *out + *len, FILE_MAX - *len);
		if (n < 0)
			err = fail(
				why, -errno, "%s: %s", path, strerror(errno));
		else
			*len += (size_t)n;
	}
	close(fd);
	if (!err && memchr(*out, '\0', *len))
		err = fail(why, -EINVAL, "%s is not text", path);
	if (!err)
		(*out)[*len] = '\0';
	return err;
}

static const char *trim(const char *s, size_t *len)
{
	while (*len > 0 && strchr(" \t\r", *s)) {
		s++;
		(*len)--;
	}
	while (*len > 0 && strchr(" \t\r", s[*len - 1]))
		(*len)--;
	return s;
}

static bool has_prefix(const char *s, size_t len, const char *prefix)
{
	return len >= strlen(prefix) && memcmp(s, prefix, strlen(prefix)) == 0;
}

/* Splits a line "public,secret[,anything]"; false: it is not one. */
static bool row_split(
	const char *line, size_t len, const char *field[2], size_t field_len[2])
{
	const char *comma = memchr(line, ',', len), *end;

	if (!comma)
		return false;
	field_len[0] = (size_t)(comma - line);
	field[0] = trim(line, &field_len[0]);
	len -= (size_t)(comma + 1 - line);
	end = memchr(comma + 1, ',', len);
	field_len[1] = end ? (size_t)(end - comma - 1) : len;
	field[1] = trim(comma + 1, &field_len[1]);
	return has_prefix(field[0], field_len[0], PUBLIC_PREFIX) &&
		has_prefix(field[1], field_len[1], SECRET_PREFIX);
}

static int row_find(struct api_credentials *out, const char *text, int row,
	const char *path, struct reason why)
{
	const char *field[2];
	size_t field_len[2];
	int count = 0;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (row_split(text, len, field, field_len) && count++ == row)
			return keep_keys(out, field[0], field_len[0], field[1],
				field_len[1], why);
		text += len;
		text += *text == '\n';
	}
	return fail(why, -ERANGE, "%s has no account %d; accounts found: %d",
		path, row, count);
}

static int load_file(struct api_credentials *out, const char *path, int row,
	struct reason why)
{
	char *text;
	size_t len;
	int err = file_read(path, &text, &len, why);

	if (!err) {
		snprintf(out->source, sizeof(out->source), "%s, account %d",
			path, row);
		err = row_find(out, text, row, path, why);
	}
	if (text)
		explicit_bzero(text, FILE_MAX + 1);
	free(text);
	return err;
}

static bool home_file(char *path, size_t size)
{
	const char *home = getenv("HOME");
	struct passwd *user;

	if (!home || !*home) {
		user = getpwuid(geteuid());
		home = user ? user->pw_dir : NULL;
	}
	return home &&
		snprintf(path, size, "%s/.unsandbox/accounts.csv", home) <
		(int)size;
}

/* A row that the first file lacks is looked for in the second; if that lacks
 * it, too, the first file's error is reported. */
static int load_default_files(
	struct api_credentials *out, int row, struct reason why)
{
	char path[PATH_MAX], unused[8];
	struct reason ignored = { unused, sizeof(unused) };
	int err = -ENOENT;

	if (home_file(path, sizeof(path)))
		err = load_file(out, path, row, why);
	else
		fail(why, -ENOENT, "no home directory");
	if (err == -ERANGE && load_file(out, "accounts.csv", row, ignored) == 0)
		return 0;
	if (err != -ENOENT)
		return err;
	err = load_file(out, "accounts.csv", row, why);
	if (err == -ENOENT)
		fail(why, err,
			"no keys: set UNSANDBOX_PUBLIC_KEY and "
			"UNSANDBOX_SECRET_KEY, or create %s",
			path);
	return err;
}

/* 1: the environment has no keys. */
static int load_environment(struct api_credentials *out, struct reason why)
{
	const char *public_key = getenv("UNSANDBOX_PUBLIC_KEY");
	const char *secret_key = getenv("UNSANDBOX_SECRET_KEY");

	if (!public_key || !*public_key || !secret_key || !*secret_key)
		return 1;
	strcpy(out->source, "UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY");
	return keep_keys(out, public_key, strlen(public_key), secret_key,
		strlen(secret_key), why);
}

static int environment_row(int *row, struct reason why)
{
	const char *text = getenv("UNSANDBOX_ACCOUNT");
	char *end;
	long value;

	*row = 0;
	if (!text || !*text)
		return 0;
	value = strtol(text, &end, 10);
	if (*end || end == text || value < 0 || value > INT_MAX)
		return fail(
			why, -EINVAL, "UNSANDBOX_ACCOUNT is not a row number");
	*row = (int)value;
	return 0;
}

int api_credentials_load(struct api_credentials *out, int account,
	const char *accounts_file, char *why_text, size_t why_len)
{
	struct reason why = { why_text, why_len };
	int err = 1;

	memset(out, 0, sizeof(*out));
	if (account < 0) {
		err = load_environment(out, why);
		if (err == 1 && (err = environment_row(&account, why)) == 0)
			err = 1;
	}
	if (err == 1 && accounts_file)
		err = load_file(out, accounts_file, account, why);
	else if (err == 1)
		err = load_default_files(out, account, why);
	if (err)
		api_credentials_clear(out);
	return err;
}
