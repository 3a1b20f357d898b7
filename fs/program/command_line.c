/* SPDX-License-Identifier: MIT */
/* fs/program/command_line.c - argv, as people and mount(8) write it, to options
 */
#include "fs/program/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/program/option.h"

/* One character of a -o list at *from, which is moved behind it. As in libfuse
 * a backslash takes the next one literally, and \040 is a blank. */
static char unescape(const char **from)
{
	const char *at = *from;

	if (at[0] != '\\' || at[1] == '\0') {
		*from = at + 1;
		return at[0];
	}
	if (at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		at[3] >= '0' && at[3] <= '7') {
		*from = at + 4;
		return (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
			(at[3] - '0'));
	}
	*from = at + 2;
	return at[1];
}

/* Each option of list, to options_set. */
static int list_parse(
	struct options *options, const char *list, char *why, size_t why_len)
{
	char *word = malloc(strlen(list) + 1);
	int err = word ? 0 : -ENOMEM;

	while (!err && *list != '\0') {
		size_t len = 0;

		while (*list != '\0' && *list != ',')
			word[len++] = unescape(&list);
		word[len] = '\0';
		if (*list == ',')
			list++;
		if (len > 0)
			err = options_set(options, word, why, why_len);
	}
	free(word);
	return err;
}

/* What stands without a dash: MOUNTPOINT, or SOURCE MOUNTPOINT. */
struct operands {
	const char *first;
	const char *last;
	int count;
};

static void operand_add(struct operands *operands, const char *word)
{
	if (operands->count++ == 0)
		operands->first = word;
	operands->last = word;
}

static int operands_store(struct options *options,
	const struct operands *operands, char *why, size_t why_len)
{
	const char *source = operands->first;
	int err;

	if (operands->count == 0) {
		snprintf(why, why_len,
			"no mountpoint; usage: unsandboxfs "
			"[options] MOUNTPOINT");
		return -EINVAL;
	}
	if (operands->count > 2) {
		snprintf(why, why_len,
			"%d names where MOUNTPOINT, or SOURCE MOUNTPOINT, is "
			"wanted: the last is %s",
			operands->count, operands->last);
		return -EINVAL;
	}
	err = option_text(&options->mountpoint, strdup(operands->last));
	if (err || operands->count == 1)
		return err;
	if (strstr(source, "://") && !options->has_url) {
		char *word = NULL;

		if (asprintf(&word, "url=%s", source) < 0)
			return -ENOMEM;
		err = options_set(options, word, why, why_len);
		free(word);
	}
	if (!err && !options->source)
		err = option_text(&options->source, strdup(source));
	return err;
}

/* mount(8) calls us by these names, and gives -n -s -v -t TYPE, and -f where
 * nothing is to be mounted. */
static bool is_mount_helper(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strncmp(slash ? slash + 1 : program, "mount.", 6) == 0;
}

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int letter_parse(struct options *options, int letter, bool is_helper,
	char **argv, char *why, size_t why_len)
{
	switch (letter) {
	case 'o':
		return list_parse(options, optarg, why, why_len);
	case 'f':
		*(is_helper ? &options->fake : &options->foreground) = true;
		return 0;
	case 'd':
		options->debug = options->foreground = true;
		return 0;
	case 'h':
		options->show_help = true;
		return 0;
	case 'V':
		options->show_version = true;
		return 0;
	case 's':
		return 0; /* one thread is all there is */
	case 'n':
	case 'v':
	case 't':
		if (is_helper)
			return 0;
		optopt = letter;
		break;
	case ':':
		snprintf(why, why_len, "-%c wants a value", optopt);
		return -EINVAL;
	}
	if (optopt)
		snprintf(
			why, why_len, "unknown option -%c; see --help", optopt);
	else
		snprintf(why, why_len, "unknown option %s; see --help",
			argv[optind - 1]);
	return -EINVAL;
}

static int words_parse(struct options *options, int argc, char **argv,
	char *why, size_t why_len)
{
	bool is_helper = argc > 0 && is_mount_helper(argv[0]);
	struct operands operands = { 0 };
	int letter, err = 0;

	opterr = 0;
	optind = 0; /* from the start, in a test's second call too */
	while (!err &&
		(letter = getopt_long(argc, argv, "-:o:fdhVsnvt:", long_options,
			 NULL)) != -1) {
		if (letter == 1)
			operand_add(&operands, optarg);
		else
			err = letter_parse(
				options, letter, is_helper, argv, why, why_len);
	}
	if (err || options->show_help || options->show_version)
		return err;
	while (optind < argc)
		operand_add(&operands, argv[optind++]);
	return operands_store(options, &operands, why, why_len);
}

int options_parse(struct options *options, int argc, char **argv, char *why,
	size_t why_len)
{
	int err = options_init(options);

	if (!err)
		err = words_parse(options, argc, argv, why, why_len);
	if (!err && options->allow_other && options->allow_root) {
		snprintf(why, why_len,
			"-o allow_root and -o allow_other exclude each other");
		err = -EINVAL;
	}
	if (!err && options->timeout_ms == 0) {
		snprintf(why, why_len, "-o timeout=0: wants more than 0");
		err = -EINVAL;
	}
	if (!err)
		err = options_describe(options);
	if (err == -ENOMEM)
		snprintf(why, why_len, "out of memory");
	return err;
}
