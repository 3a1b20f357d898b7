/* SPDX-License-Identifier: MIT */
/* tests/server/options.c - the command line */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch.h"

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "tls", required_argument, NULL, 't' },
	{ "key", required_argument, NULL, 'k' },
	{ "data", required_argument, NULL, 'd' },
	{ "rate", required_argument, NULL, 'r' },
	{ "concurrency", required_argument, NULL, 'c' },
	{ "output-limit", required_argument, NULL, 'o' },
	{ "sudo", no_argument, NULL, 's' },
	{ "strict", no_argument, NULL, 'S' },
	{ "switch", required_argument, NULL, 'w' },
	{ "exit-with-parent", no_argument, NULL, 'e' },
	{ "plain", no_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int refuse(const char *option, const char *value)
{
	fprintf(stderr, "standin: bad value for --%s: %s\n", option, value);
	return -EINVAL;
}

static int parse_number(const char *text, long low, long high, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	if (errno || end == text || *end || *number < low || *number > high)
		return -EINVAL;
	return 0;
}

static int parse_rate(struct options *options, const char *text)
{
	char tail;

	if (sscanf(text, "%lf:%d%c", &options->rate_per_minute,
		    &options->rate_burst, &tail) != 2 ||
		!(options->rate_per_minute > 0) || options->rate_burst < 1)
		return refuse("rate", text);
	return 0;
}

static int parse_key(struct options *options, const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !colon[1])
		return refuse("key", "it must be PUBLIC:SECRET");
	if (options->key_count == OPTIONS_KEYS)
		return refuse("key", "too many of them");
	options->keys[options->key_count++] = text;
	return 0;
}

static int parse_one(struct options *options, int option, const char *value)
{
	long number = 0;

	switch (option) {
	case 'p':
		if (parse_number(value, 0, 65535, &number))
			return refuse("port", value);
		options->port = number;
		return 0;
	case 'c':
		if (parse_number(value, 1, INT_MAX, &number))
			return refuse("concurrency", value);
		options->concurrency = number;
		return 0;
	case 'o':
		if (parse_number(value, 1, INT_MAX, &number))
			return refuse("output-limit", value);
		options->output_limit = number;
		return 0;
	case 't':
		options->tls_dir = value;
		return 0;
	case 'd':
		options->data_dir = *value ? value : NULL;
		return 0;
	case 'k':
		return parse_key(options, value);
	case 'r':
		return parse_rate(options, value);
	case 'w':
		return switch_set_all(value) ? refuse("switch", value) : 0;
	case 's':
		options->sudo = true;
		return 0;
	case 'S':
		options->strict = true;
		return 0;
	case 'e':
		options->exit_with_parent = true;
		return 0;
	case 'P':
		options->is_plain = true;
		return 0;
	case 'h':
		return 1;
	default:
		return -EINVAL;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	const char *switches = getenv(OPTIONS_SWITCHES);
	int option, err;

	memset(options, 0, sizeof(*options));
	options->output_limit = 100L << 20;
	if (switches && switch_set_all(switches))
		return refuse("switch", switches);
	for (;;) {
		option = getopt_long(argc, argv, "h", long_options, NULL);
		if (option == -1)
			break;
		err = parse_one(options, option, optarg);
		if (err)
			return err;
	}
	if (optind < argc) {
		fprintf(stderr, "standin: unexpected argument: %s\n",
			argv[optind]);
		return -EINVAL;
	}
	if (!options->key_count)
		options->keys[options->key_count++] =
			"unsb-pk-test-0000-0000-0001:"
			"unsb-sk-test0-vault-unlck-12345";
	return 0;
}
