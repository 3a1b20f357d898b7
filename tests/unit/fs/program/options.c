/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/options.c - command lines that work, and how others are
 * refused */
#include "fs/program/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <fuse_opt.h>

#include "cache/cache.h"
#include "fs/program/option.h"

#define WORDS_MAX 12

static int parse(struct options *options, const char *const *words, char *why,
	size_t why_len)
{
	char *argv[WORDS_MAX + 1];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	why[0] = '\0';
	return options_parse(options, argc, argv, why, why_len);
}

/* What `name value` line of options_describe a command line leads to. */
struct good_case {
	const char *name;
	const char *words[WORDS_MAX];
	const char *line;
};

static const struct good_case good_cases[] = {
	{ "defaults: url", { "unsandboxfs", "m" },
		"url https://api.unsandbox.com" },
	{ "defaults: account", { "unsandboxfs", "m" }, "account " },
	{ "defaults: run_wait", { "unsandboxfs", "m" }, "run_wait 1" },
	{ "url", { "unsandboxfs", "-o", "url=https://a.example:8443/x", "m" },
		"url https://a.example:8443/x" },
	{ "source is an url", { "unsandboxfs", "https://b.example", "m" },
		"url https://b.example" },
	{ "-o url= beats the source",
		{ "unsandboxfs", "https://b.example", "m", "-o",
			"url=https://a.example" },
		"url https://a.example" },
	{ "its source stays a label",
		{ "unsandboxfs", "https://b.example", "m", "-o",
			"url=https://a.example" },
		"fsname https://b.example" },
	{ "source is a label", { "unsandboxfs", "work", "m" }, "fsname work" },
	{ "a label is no url", { "unsandboxfs", "work", "m" },
		"url https://api.unsandbox.com" },
	{ "options behind the mountpoint",
		{ "mount.unsandboxfs", "work", "m", "-o", "rw,account=3" },
		"account 3" },
	{ "-o joined", { "unsandboxfs", "-oaccount=4", "m" }, "account 4" },
	{ "-o twice", { "unsandboxfs", "-o", "ro", "-o", "account=5", "m" },
		"ro 1" },
	{ "the last wins", { "unsandboxfs", "-o", "account=5,account=6", "m" },
		"account 6" },
	{ "rw after ro", { "unsandboxfs", "-o", "ro,rw", "m" }, "ro 0" },
	{ "escaped comma", { "unsandboxfs", "-o", "cacert=/a\\,b,ro", "m" },
		"cacert /a,b" },
	{ "escaped backslash", { "unsandboxfs", "-o", "cacert=/a\\\\,ro", "m" },
		"cacert /a\\" },
	{ "octal escape", { "unsandboxfs", "-o", "state_dir=/a\\040b", "m" },
		"state_dir /a b" },
	{ "backslash at the end", { "unsandboxfs", "-o", "cacert=/a\\", "m" },
		"cacert /a\\" },
	{ "empty words", { "unsandboxfs", "-o", ",,ro,", "m" }, "ro 1" },
	{ "= in a value", { "unsandboxfs", "-o", "cacert=/a=b", "m" },
		"cacert /a=b" },
	{ "fraction", { "unsandboxfs", "-o", "run_wait=0.25", "m" },
		"run_wait 0.250" },
	{ "finer than 1 ms", { "unsandboxfs", "-o", "run_wait=0.0001", "m" },
		"run_wait 0.001" },
	{ "no wait", { "unsandboxfs", "-o", "run_wait=0", "m" }, "run_wait 0" },
	{ "no time to live", { "unsandboxfs", "-o", "ttl_list=0", "m" },
		"ttl_list 0.001" },
	{ "K", { "unsandboxfs", "-o", "cache_size=500K", "m" },
		"cache_size 500K" },
	{ "G", { "unsandboxfs", "-o", "cache_size=2g", "m" }, "cache_size 2G" },
	{ "bytes", { "unsandboxfs", "-o", "cache_size=0", "m" },
		"cache_size 0" },
	{ "umask", { "unsandboxfs", "-o", "umask=077", "m" }, "umask 077" },
	{ "uid", { "unsandboxfs", "-o", "uid=4294967294", "m" },
		"uid 4294967294" },
	{ "fstab",
		{ "mount.fuse.unsandboxfs", "work", "m", "-n", "-v", "-s", "-t",
			"fuse.unsandboxfs", "-o",
			"rw,defaults,user=joe,noauto,_netdev,nofail,suid,dev,"
			"exec,relatime,x-systemd.automount,X-a=b,comment=c,"
			"allow_other" },
		"allow_other 1" },
	{ "end of options", { "unsandboxfs", "-o", "ro", "--", "-m" }, "ro 1" },
};

static void good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_cases) / sizeof(good_cases[0]);
		i++) {
		const struct good_case *row = &good_cases[i];
		struct options options;
		char why[256], line[256];
		const char *text;

		if (parse(&options, row->words, why, sizeof(why)))
			fail_msg("%s: %s", row->name, why);
		text = options.text;
		assert_non_null(text);
		snprintf(line, sizeof(line), "\n%s\n", row->line);
		if (!strstr(text, line) &&
			strncmp(text, line + 1, strlen(line + 1)))
			fail_msg("%s: no line '%s' in\n%s", row->name,
				row->line, text);
		options_clear(&options);
	}
}

struct bad_case {
	const char *name;
	const char *words[WORDS_MAX];
	const char *why; /* a part of the line */
};

static const struct bad_case bad_cases[] = {
	{ "nothing", { "unsandboxfs" }, "no mountpoint" },
	{ "three names", { "unsandboxfs", "a", "b", "c" }, "the last is c" },
	{ "unknown -o", { "unsandboxfs", "-o", "alow_other", "m" },
		"unknown option -o alow_other" },
	{ "its value stays unsaid",
		{ "unsandboxfs", "-o", "secret_key=unsb-sk-x", "m" },
		"unknown option -o secret_key; --help" },
	{ "a prefix of one", { "unsandboxfs", "-o", "accoun=1", "m" },
		"unknown option -o accoun;" },
	{ "unknown letter", { "unsandboxfs", "-x", "m" }, "-x" },
	{ "mount's letter", { "unsandboxfs", "-n", "m" }, "-n" },
	{ "unknown word", { "unsandboxfs", "--foreground", "m" },
		"--foreground" },
	{ "-o alone", { "unsandboxfs", "m", "-o" }, "-o wants a value" },
	{ "no value", { "unsandboxfs", "-o", "url", "m" },
		"-o url wants a value: url=URL" },
	{ "empty value", { "unsandboxfs", "-o", "url=", "m" },
		"-o url wants a value" },
	{ "a value too many", { "unsandboxfs", "-o", "ro=1", "m" },
		"-o ro takes no value" },
	{ "no url", { "unsandboxfs", "-o", "url=api.unsandbox.com", "m" },
		"-o url=api.unsandbox.com: wants https://" },
	{ "other scheme", { "unsandboxfs", "ftp://a.example", "m" },
		"-o url=ftp://a.example: wants https://" },
	{ "password in an url",
		{ "unsandboxfs", "-o", "url=https://a:b@c.example/", "m" },
		"without a user's name" },
	{ "no host", { "unsandboxfs", "-o", "url=https:///x", "m" }, "wants" },
	{ "account", { "unsandboxfs", "-o", "account=one", "m" },
		"-o account=one: wants a number from 0" },
	{ "negative", { "unsandboxfs", "-o", "account=-1", "m" },
		"-o account=-1" },
	{ "too large", { "unsandboxfs", "-o", "account=2147483648", "m" },
		"-o account=2147483648" },
	{ "nobody's uid", { "unsandboxfs", "-o", "uid=4294967295", "m" },
		"-o uid=4294967295" },
	{ "overflow", { "unsandboxfs", "-o", "uid=18446744073709551617", "m" },
		"-o uid=" },
	{ "umask", { "unsandboxfs", "-o", "umask=088", "m" },
		"-o umask=088: wants an octal number" },
	{ "large umask", { "unsandboxfs", "-o", "umask=1777", "m" },
		"-o umask=1777" },
	{ "seconds", { "unsandboxfs", "-o", "run_wait=1s", "m" },
		"-o run_wait=1s: wants seconds" },
	{ "no fraction", { "unsandboxfs", "-o", "run_wait=1.", "m" },
		"-o run_wait=1." },
	{ "infinite", { "unsandboxfs", "-o", "run_wait=inf", "m" },
		"-o run_wait=inf" },
	{ "years", { "unsandboxfs", "-o", "stale_ttl=99999999999999999", "m" },
		"-o stale_ttl=" },
	{ "no time", { "unsandboxfs", "-o", "timeout=0", "m" },
		"-o timeout=0: wants more" },
	{ "bytes", { "unsandboxfs", "-o", "cache_size=1T", "m" },
		"-o cache_size=1T: wants bytes" },
	{ "many bytes", { "unsandboxfs", "-o", "cache_size=99999999999G", "m" },
		"-o cache_size=" },
	{ "both allow", { "unsandboxfs", "-o", "allow_other,allow_root", "m" },
		"exclude each other" },
};

static void bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		const struct bad_case *row = &bad_cases[i];
		struct options options;
		char why[256];
		int err = parse(&options, row->words, why, sizeof(why));

		options_clear(&options);
		if (err != -EINVAL || !strstr(why, row->why))
			fail_msg("%s: %d, '%s'", row->name, err, why);
		assert_null(strchr(why, '\n'));
	}
}

static void letters(void **state)
{
	const char *const words[] = { "unsandboxfs", "-fd", "m", NULL };
	const char *const fake[] = { "/sbin/mount.unsandboxfs", "a", "m", "-f",
		NULL };
	const char *const help[] = { "unsandboxfs", "--help", NULL };
	const char *const version[] = { "unsandboxfs", "-V", NULL };
	struct options options;
	char why[256];

	(void)state;
	assert_int_equal(parse(&options, words, why, sizeof(why)), 0);
	assert_true(options.foreground && options.debug && !options.fake);
	assert_string_equal(options.mountpoint, "m");
	assert_null(options.source);
	options_clear(&options);

	assert_int_equal(parse(&options, fake, why, sizeof(why)), 0);
	assert_true(options.fake && !options.foreground);
	options_clear(&options);

	assert_int_equal(parse(&options, help, why, sizeof(why)), 0);
	assert_true(options.show_help);
	options_clear(&options);

	assert_int_equal(parse(&options, version, why, sizeof(why)), 0);
	assert_true(options.show_version);
	options_clear(&options);
}

static void paths_become_absolute(void **state)
{
	const char *const words[] = { "unsandboxfs", "-o",
		"cacert=ca.pem,state_dir=/s,accounts_file=../a", "m", NULL };
	char why[256], want[4200], *directory = getcwd(NULL, 0);
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, words, why, sizeof(why)), 0);
	snprintf(want, sizeof(want), "%s/ca.pem", directory);
	assert_string_equal(options.cacert, want);
	snprintf(want, sizeof(want), "%s/../a", directory);
	assert_string_equal(options.accounts_file, want);
	assert_string_equal(options.state_dir, "/s");
	options_clear(&options);
	free(directory);
}

static void others_may_not_write_unless_told(void **state)
{
	const char *const words[] = { "unsandboxfs", "m", NULL };
	mode_t before = umask(0);
	struct options options;
	char why[256];

	(void)state;
	assert_int_equal(parse(&options, words, why, sizeof(why)), 0);
	assert_int_equal(options.umask, 022);
	assert_int_equal(umask(before), 0);
	options_clear(&options);
}

static void fuse_is_told(void **state)
{
	const char *const words[] = { "unsandboxfs", "a,b\\c", "m", "-o",
		"noexec,allow_other,auto_unmount,ro,noatime", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct options options;
	char why[256];

	(void)state;
	assert_int_equal(parse(&options, words, why, sizeof(why)), 0);
	assert_int_equal(options_fuse_args(&options, &args), 0);
	assert_int_equal(args.argc, 3);
	assert_string_equal(args.argv[2],
		"fsname=a\\,b\\\\c,subtype=unsandboxfs,default_permissions,"
		"allow_other,ro,noexec,noatime");
	fuse_opt_free_args(&args);
	options_clear(&options);
}

/* Every row, those not yet written too. */
static void rows_keep_the_rules(void **state)
{
	const struct option_row *row;
	size_t len, kinds = 0;
	char *help = options_help(&len);

	(void)state;
	assert_non_null(help);
	for (size_t i = 0; (row = option_row(i)); i++) {
		bool is_shown = row->help != NULL;

		if (option_find(row->name, strlen(row->name)) != row)
			fail_msg("%s: twice", row->name);
		if (option_takes_value(row->kind) != (row->value != NULL))
			fail_msg("%s: value", row->name);
		if (is_shown != (strstr(help, row->name) != NULL) && is_shown)
			fail_msg("%s: not in --help", row->name);
		if (row->kind == OPTION_IGNORED && is_shown)
			fail_msg("%s: ignored, and in --help", row->name);
		kinds += row->kind == OPTION_TTL;
	}
	assert_in_range(kinds, 1, CACHE_KINDS);
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 80)
			fail_msg("longer than 80: %s", line);
	free(help);
}

/* Those of --help, in the man page and the README. */
static void options_are_documented(void **state)
{
	static const char *const pages[] = { "man/unsandboxfs.1", "README.md" };
	static char text[1 << 16];
	const struct option_row *row;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		FILE *page = fopen(pages[i], "re");

		if (!page)
			fail_msg("%s: run this at the checkout's root",
				pages[i]);
		text[fread(text, 1, sizeof(text) - 1, page)] = '\0';
		fclose(page);
		for (size_t j = 0; (row = option_row(j)); j++) {
			char word[64];

			snprintf(word, sizeof(word), "%s%s", row->name,
				row->value ? "=" : "");
			if (row->help && !strstr(text, word))
				fail_msg("%s does not tell of %s", pages[i],
					word);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(letters),
		cmocka_unit_test(paths_become_absolute),
		cmocka_unit_test(others_may_not_write_unless_told),
		cmocka_unit_test(fuse_is_told),
		cmocka_unit_test(rows_keep_the_rules),
		cmocka_unit_test(options_are_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
