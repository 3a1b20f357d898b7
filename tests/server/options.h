/* SPDX-License-Identifier: MIT */
/* tests/server/options.h - the command line */
#ifndef TESTS_SERVER_OPTIONS_H
#define TESTS_SERVER_OPTIONS_H

#include <stdbool.h>

#define OPTIONS_KEYS 16

struct options {
	int port;
	const char *tls_dir;
	const char *data_dir;
	/* PUBLIC:SECRET each, borrowed from argv. */
	const char *keys[OPTIONS_KEYS];
	int key_count;
	/* 0: no limit. */
	double rate_per_minute;
	int rate_burst;
	int concurrency;
	long output_limit;
	bool sudo;
	bool strict;
	bool exit_with_parent;
	bool is_plain;
};

/* Switches for every stand-in that is started, as for --switch. */
#define OPTIONS_SWITCHES "STANDIN_SWITCHES"

/*
 * 0; 1 if --help was given; -EINVAL with a line on stderr that names the
 * error.
 */
int options_parse(struct options *options, int argc, char **argv);

/* Prints the text of --help. */
void options_help(void);

#endif
