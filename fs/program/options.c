/* SPDX-License-Identifier: MIT */
/* fs/program/options.c - the command line, parsed with fuse_opt and the table
 */
#include "fs/program/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fuse_opt.h>

#include "api/api.h"

#define KEY_TYPE 1 /* for fuse_opt: -t and the word behind it */

/* What was parsed so far. */
struct command_line {
	struct options *options;
	const char *first, *last;  /* of SOURCE and MOUNTPOINT; not owned */
	int count;		   /* of those */
	bool is_helper;		   /* called by mount(8) */
	bool has_url;		   /* -o url= was given, so SOURCE is a label */
	char where[PATH_MAX + 16]; /* "FILE:LINE: " of the configuration file */
	int err;		   /* the first error */
	char *why;
	size_t why_len;
};

#define refuse_line(line, format, ...)                                         \
	refuse(-EINVAL, (line)->why, (line)->why_len, "%s" format,             \
		(line)->where, ##__VA_ARGS__)

/* ps and findmnt show a URL to everyone, so it must not have a password. */
static bool url_has_user(const char *url)
{
	const char *host = strstr(url, "://");

	return host && memchr(host, '@', 3 + strcspn(host + 3, "/?#"));
}

static int value_store(struct command_line *line, const struct option_row *row,
	const char *value)
{
	char must_be[80];
	int err;

	if (row->type == OPTION_URL && url_has_user(value))
		return refuse_line(line,
			"-o %s: must be https://HOST, without a user or a "
			"password",
			row->name);
	line->has_url |= row->type == OPTION_URL;
	err = option_store(row, line->options, value);
	if (err == -EINVAL) {
		option_must_be(row, must_be, sizeof(must_be));
		return refuse_line(line, "-o %s=%s: must be %s", row->name,
			value, must_be);
	}
	if (err && err != -ENOMEM)
		refuse_line(
			line, "-o %s=%s: %s", row->name, value, strerror(-err));
	return err;
}

/* One option: "ro" or "url=URL" of a -o list, "--url=URL", or "-f". */
static int option_parse(struct command_line *line, const char *word)
{
	int len = (int)strcspn(word, "=");
	const char *dash = word[0] == '-' ? "" : "-o ";
	const char *value = word + len + (word[len] == '=');
	const struct option_row *row = option_find(word, (size_t)len);

	if (!row && strncmp(word, "--", 2) == 0) {
		row = option_find(word + 2, (size_t)len - 2);
		row = row && row->help ? row : NULL;
		dash = "--";
	}
	if (!row || (row->type == OPTION_HELPER && !line->is_helper))
		return refuse_line(line,
			"unknown option %s%.*s; --help all lists the options",
			word[0] == '-' ? "" : dash, len, word);
	if (row->value && value[0] == '\0')
		return refuse_line(line, "%s%s needs a value: %s=%s", dash,
			row->name, row->name, row->value);
	if (!row->value && word[len] != '\0' && row->type != OPTION_IGNORED &&
		row->type != OPTION_LABEL)
		return refuse_line(line, "%s%.*s takes no value",
			word[0] == '-' ? "" : dash, len, word);
	if (row->type == OPTION_LABEL &&
		access("/sys/fs/selinux/enforce", F_OK))
		return 0;
	if (row->type == OPTION_KERNEL || row->type == OPTION_LABEL)
		return fuse_opt_add_opt_escaped(&line->options->kernel, word)
			? -ENOMEM
			: 0;
	return value_store(line, row, value);
}

/* "-fd" is "-f -d". */
static int letters_parse(struct command_line *line, const char *letters)
{
	int err = 0;

	for (const char *letter = letters; !err && *letter; letter++) {
		const char word[] = { '-', *letter, '\0' };

		err = *letter == 'o'
			? refuse_line(line,
				  "-%s: write -o as an argument of its own",
				  letters)
			: option_parse(line, word);
	}
	return err;
}

/* Called by fuse_opt_parse for each argument, and each option of a -o list. */
static int argument_parse(
	void *ctx, const char *word, int key, struct fuse_args *args)
{
	struct command_line *line = ctx;

	(void)args;
	if (key == FUSE_OPT_KEY_NONOPT) {
		if (line->count++ == 0)
			line->first = word;
		line->last = word;
	} else if (key == KEY_TYPE) {
		line->err = option_parse(line, "-t");
	} else if (word[0] == '-' && word[1] != '-' && word[1] != '\0') {
		line->err = letters_parse(line, word + 1);
	} else if (word[0] != '\0') {
		line->err = option_parse(line, word);
	}
	return line->err ? -1 : 0;
}

/* The word whose value is missing, or NULL. At the end of the line libfuse
 * would print a message of its own; before an option it would take the option
 * as the value. */
static const char *value_missing(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "-t") == 0)
			if (i + 1 == argc || argv[i + 1][0] == '-')
				return argv[i];
	return NULL;
}

static int arguments_parse(struct command_line *line, int argc, char **argv)
{
	static const struct fuse_opt templates[] = {
		FUSE_OPT_KEY("-t ", KEY_TYPE),
		FUSE_OPT_END,
	};
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	const char *missing = value_missing(argc, argv);

	if (missing)
		return refuse_line(line, "%s needs a value", missing);
	if (fuse_opt_parse(&args, line, templates, argument_parse) &&
		!line->err)
		line->err = -ENOMEM;
	fuse_opt_free_args(&args);
	return line->err;
}

/* Whether nobody else may write the open file. */
static bool is_own(FILE *file)
{
	struct stat st;

	return fstat(fileno(file), &st) == 0 &&
		(st.st_uid == geteuid() || st.st_uid == 0) &&
		!(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* ~/.config/unsandboxfs/config: an option a line, as in a -o list. */
static int config_parse(struct command_line *line)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = home_directory();
	bool is_xdg = xdg && *xdg == '/';
	char path[PATH_MAX], *text = NULL, *word;
	size_t room = 0;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s%s/unsandboxfs/config",
		is_xdg	       ? xdg
			: home ? home
			       : "",
		is_xdg ? "" : "/.config");
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!is_own(file))
		err = refuse_line(line,
			"%s: others can write it; run: chmod go-w %s", path,
			path);
	for (int n = 1; !err && getline(&text, &room, file) > 0; n++) {
		word = text + strspn(text, " \t");
		word[strcspn(word, "\r\n")] = '\0';
		if (word[0] == '\0' || word[0] == '#')
			continue;
		snprintf(line->where, sizeof(line->where), "%s:%d: ", path, n);
		err = word[0] == '-' ? refuse_line(line, "%s: no option", word)
				     : option_parse(line, word);
	}
	if (!err && ferror(file))
		err = refuse_line(line, "%s: %s", path, strerror(errno));
	free(text);
	fclose(file);
	line->where[0] = '\0';
	line->has_url = false; /* SOURCE takes precedence */
	return err;
}

static int mountpoint_store(struct command_line *line)
{
	struct options *options = line->options;
	int err;

	if (line->count == 0)
		return refuse_line(line,
			"no mountpoint; usage: unsandboxfs [options] "
			"MOUNTPOINT");
	if (line->count > 1 && !line->is_helper &&
		strcmp(line->first, "run") == 0)
		return refuse_line(line,
			"usage: unsandboxfs run [options] MOUNTPOINT -- "
			"COMMAND...");
	if (line->count > 2)
		return refuse_line(line,
			"%d names, but only SOURCE and MOUNTPOINT are "
			"expected; the last is %s",
			line->count, line->last);
	options->mountpoint = strdup(line->last);
	if (!options->mountpoint)
		return -ENOMEM;
	options->is_passed = mountpoint_passed(options->mountpoint) >= 0;
	if (options->is_passed &&
		(options->auto_unmount || options->idle_exit_ms))
		return refuse_line(line,
			"-o %s: only the caller that passes %s can unmount it",
			options->auto_unmount ? "auto_unmount" : "idle_exit",
			options->mountpoint);
	if (line->count == 1)
		return 0;
	if (strstr(line->first, "://") && !line->has_url) {
		err = value_store(line, option_find("url", 3), line->first);
		if (err)
			return err;
	}
	if (options->source || line->first[0] == '\0')
		return 0;
	options->source = strdup(line->first);
	return options->source ? 0 : -ENOMEM;
}

/* Sets what depends on more than one argument. */
static int options_settle(struct command_line *line)
{
	struct options *options = line->options;

	/* To mount(8), -f means: do all but the mount. */
	options->fake = options->foreground && line->is_helper;
	options->foreground =
		options->debug || (options->foreground && !line->is_helper);
	if (!options->has_fmask)
		options->fmask = options->umask;
	if (!options->has_dmask)
		options->dmask = options->umask;
	if (options->run) {
		static char sh[] = "sh", c[] = "-c";

		memcpy(options->shell, (char *[]){ sh, c, options->run },
			3 * sizeof(char *));
		options->command = options->shell;
	}
	if (options->allow_other && options->allow_root)
		return refuse_line(line,
			"-o allow_other and -o allow_root exclude each other");
	options->show_all = line->count == 1 && strcmp(line->last, "all") == 0;
	if (options->show_help || options->show_version)
		return 0;
	if (options->is_check && line->count == 0)
		return 0;
	return mountpoint_store(line);
}

int options_parse(struct options *options, int argc, char **argv, char *why,
	size_t why_len)
{
	struct command_line line = {
		.options = options,
		.is_helper = argc > 0 &&
			strncmp(basename(argv[0]), "mount.", 6) == 0,
		.why = why,
		.why_len = why_len,
	};
	int err = options_init(options);
	/* Its errors matter only if the command line asks for a mount. */
	int config_err = err ? 0 : config_parse(&line);

	if (!err && config_err != -ENOMEM)
		err = arguments_parse(&line, argc, argv);
	if (!options->show_help && !options->show_version && config_err)
		err = config_err;
	if (!err)
		err = options_settle(&line);
	if (!err)
		err = options_describe(options, &options->text);
	if (err == -ENOMEM)
		refuse_line(&line, "out of memory");
	return err;
}
