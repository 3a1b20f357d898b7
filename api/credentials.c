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
#include "api/text.h"

#define PUBLIC_PREFIX "unsb-pk-"
#define SECRET_PREFIX "unsb-sk-"
#define BLANKS " \t\r"
#define FILE_MAX (1024 * 1024)
#define CHUNK 4096

struct reason {
	char *text;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int fail(
	struct reason why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why.text, why.size, format, args);
	va_end(args);
	return err;
}

void api_credentials_clear(struct api_credentials *credentials)
{
	explicit_bzero(credentials, sizeof(*credentials));
}

/* Keys are sent in headers, so only printable ASCII without blanks. */
static bool is_key(const char *key)
{
	size_t len = 0;

	while (key[len] > ' ' && key[len] <= '~')
		len++;
	return len > 0 && key[len] == '\0' &&
		len < sizeof(((struct api_credentials *)0)->secret_key);
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static int keep_keys(struct api_credentials *out, const char *public_key,
	const char *secret_key, struct reason why)
{
	if (!is_key(public_key) || !is_key(secret_key))
		return fail(why, -EINVAL,
			"%s: a key is empty, too long or has characters that "
			"are not allowed in keys",
			out->source);
	if (has_prefix(public_key, SECRET_PREFIX))
		return fail(why, -EINVAL,
			"%s: the secret key is where the public key should be",
			out->source);
	strcpy(out->public_key, public_key);
	strcpy(out->secret_key, secret_key);
	return 0;
}

/* Is the file one of LoadCredential=, which systemd keeps from others? */
static bool is_of_systemd(const char *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	return directory && *directory && has_prefix(path, directory) &&
		path[strlen(directory)] == '/' && !strstr(path, "/../");
}

/* Refuses a file that is unsafe, such as one that others can read. */
static int file_check(int fd, const char *path, struct reason why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(why, -errno, "%s: %m", path);
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is not a regular file", path);
	if (st.st_size > FILE_MAX)
		return fail(why, -EINVAL, "%s is too large", path);
	if (is_of_systemd(path)) /* systemd gives us access by an ACL */
		return 0;
	if (st.st_uid != geteuid())
		return fail(why, -EACCES, "%s belongs to another user", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return fail(why, -EACCES,
			"%s is accessible to others; run: chmod 600 %s", path,
			path);
	return 0;
}

/* Adds the file's text to out, which the caller clears, on errors too. Does not
 * rely on its size: it may grow meanwhile, or be unknown. */
static int file_read(const char *path, struct text *out, struct reason why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;
	ssize_t n = 1;

	if (fd < 0)
		return fail(why, -errno, "%s: %m", path);
	err = file_check(fd, path, why);
	while (!err && n > 0) {
		if (text_reserve(out, CHUNK))
			err = fail(why, -ENOMEM, "%s: out of memory", path);
		else if ((n = read(fd, out->data + out->len, CHUNK)) < 0)
			err = fail(why, -errno, "%s: %m", path);
		else if ((out->len += (size_t)n) > FILE_MAX)
			err = fail(why, -EINVAL, "%s is too large", path);
	}
	close(fd);
	if (!err && memchr(out->data, '\0', out->len))
		err = fail(why, -EINVAL, "%s is not text", path);
	return err ? err : text_add(out, "", 0);
}

/* The next field of a line, without the blanks around it; NULL: none. */
static char *next_field(char **line)
{
	char *field = strsep(line, ",");
	size_t len;

	if (!field)
		return NULL;
	field += strspn(field, BLANKS);
	for (len = strlen(field); len > 0 && strchr(BLANKS, field[len - 1]);)
		len--;
	field[len] = '\0';
	return field;
}

/* A row is "public,secret[,anything]"; text is changed. */
static int row_find(struct api_credentials *out, char *text, int row,
	const char *path, struct reason why)
{
	char *line, *public_key, *secret_key;
	int count = 0;

	if (has_prefix(text, "\xef\xbb\xbf"))
		text += 3;
	while ((line = strsep(&text, "\n"))) {
		public_key = next_field(&line);
		secret_key = next_field(&line);
		if (secret_key && has_prefix(public_key, PUBLIC_PREFIX) &&
			has_prefix(secret_key, SECRET_PREFIX) && count++ == row)
			return keep_keys(out, public_key, secret_key, why);
	}
	return fail(why, -ERANGE, "%s has no account %d; accounts found: %d",
		path, row, count);
}

static int load_file(struct api_credentials *out, const char *path, int row,
	struct reason why)
{
	struct text text = { .is_secret = true };
	int err = file_read(path, &text, why);

	if (!err) {
		snprintf(out->source, sizeof(out->source), "%s, account %d",
			path, row);
		err = row_find(out, text.data, row, path, why);
		out->row = row;
		if (!err && !realpath(path, out->file))
			err = fail(why, -errno, "%s: %m", path);
	}
	text_clear(&text);
	return err;
}

/* When a user mounts by mount(8), HOME is still root's. */
const char *home_directory(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;
	struct stat st;

	if (home && *home == '/' && (stat(home, &st) || st.st_uid == geteuid()))
		return home;
	user = getpwuid(geteuid());
	return user ? user->pw_dir : home && *home == '/' ? home : NULL;
}

static bool home_file(char *path, size_t size)
{
	const char *home = home_directory();

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
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	int err = -ENOENT;

	if (directory && *directory == '/' &&
		snprintf(path, sizeof(path), "%s/accounts.csv", directory) <
			(int)sizeof(path))
		err = load_file(out, path, row, why);
	if (err != -ENOENT)
		return err;
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
			"UNSANDBOX_SECRET_KEY, or create %s with a line "
			"PUBLIC,SECRET",
			path);
	return err;
}

/* Returns 1 if the environment has no keys. */
static int load_environment(struct api_credentials *out, struct reason why)
{
	const char *public_key = getenv("UNSANDBOX_PUBLIC_KEY");
	const char *secret_key = getenv("UNSANDBOX_SECRET_KEY");

	if ((!public_key || !*public_key) && (!secret_key || !*secret_key))
		return 1;
	if (!public_key || !*public_key || !secret_key || !*secret_key)
		return fail(why, -EINVAL,
			"only one of UNSANDBOX_PUBLIC_KEY and "
			"UNSANDBOX_SECRET_KEY is set; set both or none");
	strcpy(out->source, "UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY");
	return keep_keys(out, public_key, secret_key, why);
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

int api_credentials_reload(
	struct api_credentials *credentials, char *why_text, size_t why_len)
{
	struct reason why = { why_text, why_len };
	struct api_credentials fresh = { 0 };
	int err;

	if (!credentials->file[0])
		return fail(why, -ENOTSUP,
			"the keys are from the environment; mount again to "
			"change them");
	err = load_file(&fresh, credentials->file, credentials->row, why);
	if (!err && strcmp(fresh.public_key, credentials->public_key))
		err = fail(why, -EINVAL,
			"%s has another public key now; mount again to use it",
			credentials->source);
	if (!err)
		*credentials = fresh;
	api_credentials_clear(&fresh);
	return err;
}
