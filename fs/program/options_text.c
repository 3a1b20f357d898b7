/* SPDX-License-Identifier: MIT */
/* fs/program/options_text.c - the options for --help, for people, for libfuse
 */
#include "fs/program/program.h"

#include <errno.h>
#include <stdlib.h>

#include <fuse_opt.h>

static int row_help(
	FILE *out, const struct option_row *row, const struct options *defaults)
{
	char *value = option_text(row, defaults), name[40];

	if (!value)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s%s%s%s",
		row->name[0] == '-' ? "" : "-o ", row->name,
		row->value ? "=" : "", row->value ? row->value : "");
	fprintf(out, "    %-24s %s", name, row->help);
	if (row->value && value[0] != '\0')
		fprintf(out, " [%s]", value);
	fputc('\n', out);
	free(value);
	return 0;
}

int options_help(FILE *out)
{
	const struct option_row *row = option_rows;
	struct options defaults;
	int err = options_init(&defaults);

	for (; !err && row->name; row++)
		if (row->help)
			err = row_help(out, row, &defaults);
	options_clear(&defaults);
	return err;
}

int options_describe(const struct options *options, char **text)
{
	const struct option_row *row = option_rows;
	size_t len;
	FILE *out = open_memstream(text, &len);
	int err = out ? 0 : -ENOMEM;

	for (; !err && row->name; row++) {
		char *value;

		if (!row->help || row->name[0] == '-')
			continue;
		value = option_text(row, options);
		fprintf(out, "%s %s\n", row->name, value);
		err = value ? 0 : -ENOMEM;
		free(value);
	}
	return !out || fclose(out) ? -ENOMEM : err;
}

int options_fuse_args(const struct options *options, struct fuse_args *args)
{
	const char *const given[] = {
		"subtype=unsandboxfs,default_permissions",
		options->allow_other ? "allow_other" : NULL,
		options->allow_root ? "allow_root" : NULL,
		options->read_only ? "ro" : NULL,
		options->debug ? "debug" : NULL,
		options->kernel,
	};
	char *list = NULL, *name;
	int failed;

	if (asprintf(&name, "fsname=%s",
		    options->source ? options->source : "unsandbox") < 0)
		return -ENOMEM;
	failed = fuse_opt_add_opt_escaped(&list, name);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (!failed && given[i])
			failed = fuse_opt_add_opt(&list, given[i]);
	failed = failed || fuse_opt_add_arg(args, "unsandboxfs") ||
		fuse_opt_add_arg(args, "-o") || fuse_opt_add_arg(args, list);
	free(name);
	free(list);
	return failed ? -ENOMEM : 0;
}
