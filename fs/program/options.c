/* SPDX-License-Identifier: MIT */
/* fs/program/options.c - the options in force: defaults, changes, texts made of
 * them */
#include "fs/program/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fuse_opt.h>

#include "fs/program/option.h"

int options_set(
	struct options *options, const char *word, char *why, size_t why_len)
{
	size_t name_len = strcspn(word, "=");
	const char *value = word[name_len] == '=' ? word + name_len + 1 : NULL;
	const struct option_row *row = option_find(word, name_len);
	int err;

	if (!row) {
		snprintf(why, why_len,
			"unknown option -o %.*s; --help lists them all",
			(int)name_len, word);
		return -EINVAL;
	}
	if (option_takes_value(row->kind) && (!value || value[0] == '\0')) {
		snprintf(why, why_len, "-o %s wants a value: %s=%s", row->name,
			row->name, row->value);
		return -EINVAL;
	}
	if (!option_takes_value(row->kind) && row->kind != OPTION_IGNORED &&
		value) {
		snprintf(why, why_len, "-o %s takes no value", row->name);
		return -EINVAL;
	}
	err = option_store(row, options, value ? value : "");
	if (err == -EINVAL || err == -ERANGE) {
		snprintf(why, why_len, "-o %s: wants %s", word,
			option_wants(row->kind));
		return -EINVAL;
	}
	if (err)
		snprintf(why, why_len, "-o %s: %s", word, strerror(-err));
	return err;
}

char *options_help(size_t *len)
{
	struct options defaults;
	const struct option_row *row;
	char *text = NULL;
	FILE *out = NULL;

	if (options_init(&defaults) == 0)
		out = open_memstream(&text, len);
	for (size_t i = 0; out && (row = option_row(i)); i++) {
		char name[32];

		if (!row->help)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", row->name,
			row->value ? "=" : "", row->value ? row->value : "");
		fprintf(out, "    -o %-21s %s", name, row->help);
		if (option_is_set(row, &defaults)) {
			fputs(" [", out);
			option_print(out, row, &defaults);
			fputc(']', out);
		}
		fputc('\n', out);
	}
	options_clear(&defaults);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int options_describe(struct options *options)
{
	const struct option_row *row;
	size_t len;
	FILE *out;

	free(options->text);
	options->text = NULL;
	out = open_memstream(&options->text, &len);

	for (size_t i = 0; out && (row = option_row(i)); i++) {
		if (!row->help)
			continue;
		fprintf(out, "%s ", row->name);
		option_print(out, row, options);
		fputc('\n', out);
	}
	return out && fclose(out) == 0 ? 0 : -ENOMEM;
}

/* The session's -o list, libfuse's escapes in it. */
static int list_add(char **list, const char *option)
{
	return fuse_opt_add_opt_escaped(list, option) ? -ENOMEM : 0;
}

static int list_fill(char **list, const struct options *options)
{
	char *source = NULL;
	int err = asprintf(&source, "fsname=%s",
			  options->source ? options->source : "unsandbox") < 0
		? -ENOMEM
		: 0;

	if (err)
		return err;
	err = list_add(list, source);
	free(source);
	if (!err)
		err = list_add(list, "subtype=unsandboxfs");
	if (!err)
		err = list_add(list, "default_permissions");
	if (!err && options->allow_other)
		err = list_add(list, "allow_other");
	if (!err && options->allow_root)
		err = list_add(list, "allow_root");
	if (!err && options->read_only)
		err = list_add(list, "ro");
	if (!err && options->debug)
		err = list_add(list, "debug");
	/* These hold no comma of their own, and are escaped by nobody. */
	if (!err && options->kernel)
		err = fuse_opt_add_opt(list, options->kernel) ? -ENOMEM : 0;
	return err;
}

int options_fuse_args(const struct options *options, struct fuse_args *args)
{
	char *list = NULL;
	int err = list_fill(&list, options);

	if (!err &&
		(fuse_opt_add_arg(args, "unsandboxfs") ||
			fuse_opt_add_arg(args, "-o") ||
			fuse_opt_add_arg(args, list)))
		err = -ENOMEM;
	free(list);
	return err;
}
