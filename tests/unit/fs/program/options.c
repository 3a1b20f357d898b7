/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/program/options.c - valid command lines, and errors in invalid
 * ones */
#include "fs/program/program.h"

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

/* A command line, and a line of options->text that it leads to. */
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
	{ "source is a URL", { "unsandboxfs", "https://b.example", "m" },
		"url https://b.example" },
	{ "-o url= beats the source",
		{ "unsandboxfs", "https://b.example", "m", "-o",
			"url=https://a.example" },
		"url https://a.example" },
	{ "the source is still the label",
		{ "unsandboxfs", "https://b.example", "m", "-o",
			"url=https://a.example" },
		"fsname https://b.example" },
	{ "source is a label", { "unsandboxfs", "work", "m" }, "fsname work" },
	{ "a label is not a URL", { "unsandboxfs", "work", "m" },
		"url https://api.unsandbox.com" },
	{ "options after the mountpoint",
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
	{ "as a word of its own", { "unsandboxfs", "--account=3", "m" },
		"account 3" },
	{ "without a value", { "unsandboxfs", "m", "--ro" }, "ro 1" },
	{ "fraction", { "unsandboxfs", "-o", "run_wait=0.25", "m" },
		"run_wait 0.25" },
	{ "finer than 1 ms", { "unsandboxfs", "-o", "run_wait=0.0001", "m" },
		"run_wait 0.001" },
	{ "no wait", { "unsandboxfs", "-o", "run_wait=0", "m" }, "run_wait 0" },
	{ "no time to live", { "unsandboxfs", "-o", "ttl_list=0", "m" },
		"ttl_list 0" },
	{ "every millisecond", { "unsandboxfs", "-o", "run_wait=4.101", "m" },
		"run_wait 4.101" },
	{ "rounded up", { "unsandboxfs", "-o", "run_wait=1.0001", "m" },
		"run_wait 1.001" },
	{ "a year", { "unsandboxfs", "-o", "timeout=31536000", "m" },
		"timeout 31536000" },
	{ "K", { "unsandboxfs", "-o", "cache_size=500K", "m" },
		"cache_size 500K" },
	{ "G", { "unsandboxfs", "-o", "cache_size=2g", "m" }, "cache_size 2G" },
	{ "bytes", { "unsandboxfs", "-o", "cache_size=0", "m" },
		"cache_size 0" },
	{ "umask", { "unsandboxfs", "-o", "umask=077", "m" }, "umask 077" },
	{ "fmask is umask", { "unsandboxfs", "-o", "umask=077", "m" },
		"fmask 077" },
	{ "fmask", { "unsandboxfs", "-o", "fmask=0133,umask=077", "m" },
		"fmask 133" },
	{ "dmask", { "unsandboxfs", "-o", "umask=0,dmask=027", "m" },
		"dmask 027" },
	{ "uid", { "unsandboxfs", "-o", "uid=4294967294", "m" },
		"uid 4294967294" },
	{ "fstab",
		{ "mount.fuse.unsandboxfs", "work", "m", "-n", "-v", "-s", "-t",
			"fuse.unsandboxfs", "-o",
			"rw,defaults,user=joe,noauto,_netdev,nofail,suid,dev,"
			"exec,relatime,x-systemd.automount,X-a=b,comment=c,"
			"allow_other" },
		"allow_other 1" },
	{ "all that mount(8) knows",
		{ "mount.unsandboxfs", "work", "m", "-o",
			"async,nostrictatime,lazytime,nolazytime,iversion,"
			"noiversion,mand,nomand,silent,loud,ro,nodiratime,"
			"context=system_u:object_r:removable_t:s0" },
		"ro 1" },
	{ "a mountpoint like an option",
		{ "unsandboxfs", "-o", "ro", "--", "-o" }, "ro 1" },
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
	const char *why; /* part of the message */
};

static const struct bad_case bad_cases[] = {
	{ "nothing", { "unsandboxfs" }, "no mountpoint" },
	{ "three names", { "unsandboxfs", "a", "b", "c" }, "the last is c" },
	{ "unknown -o", { "unsandboxfs", "-o", "alow_other", "m" },
		"unknown option -o alow_other" },
	{ "the value of an unknown option is not repeated",
		{ "unsandboxfs", "-o", "secret_key=unsb-sk-x", "m" },
		"unknown option -o secret_key; --help all lists" },
	{ "a prefix of one", { "unsandboxfs", "-o", "accoun=1", "m" },
		"unknown option -o accoun;" },
	{ "unknown letter", { "unsandboxfs", "-x", "m" }, "-x" },
	{ "letter of mount(8) only", { "unsandboxfs", "-n", "m" }, "-n" },
	{ "unknown letter among others", { "unsandboxfs", "-fx", "m" }, "-x" },
	{ "-o among letters", { "unsandboxfs", "-fo", "ro", "m" },
		"-fo: write -o as an argument of its own" },
	{ "a dash alone", { "unsandboxfs", "-", "m" }, "unknown option -;" },
	{ "unknown word", { "unsandboxfs", "--foreground", "m" },
		"--foreground" },
	{ "ignored, as a word", { "unsandboxfs", "--noauto", "m" },
		"unknown option --noauto;" },
	{ "no value of a word", { "unsandboxfs", "--url", "m" },
		"--url needs a value: url=URL" },
	{ "needless value of an option", { "unsandboxfs", "--ro=1", "m" },
		"--ro takes no value" },
	{ "bad value of a word", { "unsandboxfs", "--account=x", "m" },
		"account=x: must be a number" },
	{ "unknown word with a value", { "unsandboxfs", "--key=x", "m" },
		"unknown option --key;" },
	{ "needless value of a word", { "unsandboxfs", "--help=x", "m" },
		"--help takes no value" },
	{ "-o before another", { "unsandboxfs", "-o", "-f", "m" },
		"-o needs a value" },
	{ "-t alone", { "mount.unsandboxfs", "a", "m", "-t" },
		"-t needs a value" },
	{ "-t of another", { "unsandboxfs", "-t", "fuse", "m" },
		"unknown option -t" },
	{ "-o alone", { "unsandboxfs", "m", "-o" }, "-o needs a value" },
	{ "no value", { "unsandboxfs", "-o", "url", "m" },
		"-o url needs a value: url=URL" },
	{ "empty value", { "unsandboxfs", "-o", "url=", "m" },
		"-o url needs a value" },
	{ "needless value", { "unsandboxfs", "-o", "ro=1", "m" },
		"-o ro takes no value" },
	{ "not a URL", { "unsandboxfs", "-o", "url=api.unsandbox.com", "m" },
		"-o url=api.unsandbox.com: must be https://" },
	{ "other scheme", { "unsandboxfs", "ftp://a.example", "m" },
		"-o url=ftp://a.example: must be https://" },
	{ "a password in a URL is not repeated",
		{ "unsandboxfs", "-o", "url=https://a:b@c.example/", "m" },
		"-o url: must be https://HOST, without a user or a password" },
	{ "nor one in the source",
		{ "unsandboxfs", "https://a@c.example", "m" },
		"-o url: must be https://HOST, without" },
	{ "no host", { "unsandboxfs", "-o", "url=https:///x", "m" },
		"must be" },
	{ "account", { "unsandboxfs", "-o", "account=one", "m" },
		"-o account=one: must be a number from 0 to 2147483647" },
	{ "negative", { "unsandboxfs", "-o", "account=-1", "m" },
		"-o account=-1" },
	{ "too large", { "unsandboxfs", "-o", "account=2147483648", "m" },
		"-o account=2147483648" },
	{ "nobody's uid", { "unsandboxfs", "-o", "uid=4294967295", "m" },
		"-o uid=4294967295" },
	{ "overflow", { "unsandboxfs", "-o", "uid=18446744073709551617", "m" },
		"-o uid=" },
	{ "umask", { "unsandboxfs", "-o", "umask=088", "m" },
		"-o umask=088: must be an octal number from 0 to 777" },
	{ "large umask", { "unsandboxfs", "-o", "umask=1777", "m" },
		"-o umask=1777" },
	{ "seconds", { "unsandboxfs", "-o", "run_wait=1s", "m" },
		"-o run_wait=1s: must be seconds" },
	{ "no fraction", { "unsandboxfs", "-o", "run_wait=1.", "m" },
		"-o run_wait=1." },
	{ "infinite", { "unsandboxfs", "-o", "run_wait=inf", "m" },
		"-o run_wait=inf" },
	{ "years", { "unsandboxfs", "-o", "stale_ttl=99999999999999999", "m" },
		"-o stale_ttl=" },
	{ "no time", { "unsandboxfs", "-o", "timeout=0", "m" },
		"-o timeout=0: must be more than 0 seconds" },
	{ "two points", { "unsandboxfs", "-o", "run_wait=1.2.3", "m" },
		"-o run_wait=1.2.3" },
	{ "no digit before", { "unsandboxfs", "-o", "run_wait=.5", "m" },
		"-o run_wait=.5" },
	{ "a sign", { "unsandboxfs", "-o", "run_wait=+1", "m" },
		"-o run_wait=+1" },
	{ "a blank", { "unsandboxfs", "-o", "account= 1", "m" },
		"-o account= 1" },
	{ "hexadecimal", { "unsandboxfs", "-o", "account=0x1", "m" },
		"-o account=0x1" },
	{ "more than a year",
		{ "unsandboxfs", "-o", "timeout=31536000.001", "m" },
		"-o timeout=" },
	{ "two units", { "unsandboxfs", "-o", "cache_size=1KK", "m" },
		"-o cache_size=1KK" },
	{ "a unit alone", { "unsandboxfs", "-o", "cache_size=K", "m" },
		"-o cache_size=K" },
	{ "bytes", { "unsandboxfs", "-o", "cache_size=1T", "m" },
		"-o cache_size=1T: must be bytes" },
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

static void others_cannot_write_by_default(void **state)
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

static void fuse_arguments_are_made(void **state)
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

/* getmntent(3) cannot read a line whose source is empty. */
static void an_empty_source_is_ignored(void **state)
{
	const char *const words[] = { "unsandboxfs", "", "m", NULL };
	struct options options;
	char why[256];

	(void)state;
	assert_int_equal(parse(&options, words, why, sizeof(why)), 0);
	assert_string_equal(options.mountpoint, "m");
	assert_null(options.source);
	options_clear(&options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(letters),
		cmocka_unit_test(paths_become_absolute),
		cmocka_unit_test(others_cannot_write_by_default),
		cmocka_unit_test(fuse_arguments_are_made),
		cmocka_unit_test(an_empty_source_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
