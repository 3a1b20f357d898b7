/* SPDX-License-Identifier: MIT */
/* tests/unit/api/language.c - languages by ending and by the #! line */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"

struct language_case {
	const char *from;
	const char *language; /* NULL: none */
};

static const struct language_case names[] = {
	/* all of api/API.md part 8 */
	{ "a.py", "python" },
	{ "a.js", "javascript" },
	{ "a.ts", "typescript" },
	{ "a.rb", "ruby" },
	{ "a.php", "php" },
	{ "a.pl", "perl" },
	{ "a.sh", "bash" },
	{ "a.r", "r" },
	{ "a.R", "r" },
	{ "a.lua", "lua" },
	{ "a.go", "go" },
	{ "a.rs", "rust" },
	{ "a.c", "c" },
	{ "a.cpp", "cpp" },
	{ "a.cc", "cpp" },
	{ "a.cxx", "cpp" },
	{ "a.java", "java" },
	{ "a.kt", "kotlin" },
	{ "a.m", "objc" },
	{ "a.cs", "csharp" },
	{ "a.fs", "fsharp" },
	{ "a.hs", "haskell" },
	{ "a.ml", "ocaml" },
	{ "a.clj", "clojure" },
	{ "a.scm", "scheme" },
	{ "a.ss", "scheme" },
	{ "a.erl", "erlang" },
	{ "a.ex", "elixir" },
	{ "a.exs", "elixir" },
	{ "a.jl", "julia" },
	{ "a.d", "d" },
	{ "a.nim", "nim" },
	{ "a.zig", "zig" },
	{ "a.v", "v" },
	{ "a.cr", "crystal" },
	{ "a.dart", "dart" },
	{ "a.groovy", "groovy" },
	{ "a.f90", "fortran" },
	{ "a.f95", "fortran" },
	{ "a.lisp", "commonlisp" },
	{ "a.lsp", "commonlisp" },
	{ "a.cob", "cobol" },
	{ "a.tcl", "tcl" },
	{ "a.raku", "raku" },
	{ "a.pro", "prolog" },
	{ "a.p", "prolog" },
	{ "a.4th", "forth" },
	{ "a.forth", "forth" },
	{ "a.fth", "forth" },
	/* others */
	{ "a.awk", "awk" },
	{ "a.ps1", "powershell" },
	{ "a.PY", "python" },
	{ "dir.c/a.py", "python" },
	{ "a.tar.py", "python" },
	{ "a b\n.py", "python" },
	{ "dir.py/a", NULL },
	{ "a", NULL },
	{ "a.", NULL },
	{ ".py", NULL },
	{ "", NULL },
	{ "a.txt", NULL },
	{ "a.pyc", NULL },
	{ "a.sh bash", NULL },
	{ "a. ", NULL },
};

static void languages_by_ending(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *got = language_of_name(names[i].from);
		const char *want = names[i].language;

		if (!got != !want || (got && strcmp(got, want) != 0))
			fail_msg("%s: %s", names[i].from, got ? got : "none");
	}
}

static const struct language_case scripts[] = {
	{ "#!/bin/sh", "bash" },
	{ "#!/bin/bash\necho /node\n", "bash" },
	{ "#! /bin/bash -e\n", "bash" },
	{ "#!/bin/bash\r\n", "bash" },
	{ "#!/usr/bin/dash\n", "bash" },
	{ "#!/usr/bin/zsh\n", "bash" },
	{ "#!/usr/bin/env python3\n", "python" },
	{ "#!/usr/bin/env python\n", "python" },
	{ "#!/usr/local/bin/python3.11\n", "python" },
	{ "#!/usr/bin/python2.7 -u\n", "python" },
	{ "#!/usr/bin/pypy3\n", "python" },
	{ "#!/usr/bin/env -S python3 -u\n", "python" },
	{ "#!/usr/bin/env -Spython3 -u\n", "python" },
	{ "#!/usr/bin/env --split-string=python3 -u\n", "python" },
	{ "#!/usr/bin/env --split-string= python3\n", "python" },
	{ "#!/usr/bin/env -i python3\n", "python" },
	{ "#!/usr/bin/env -u HOME node\n", "javascript" },
	{ "#!/usr/bin/env A=1 B=/x/ruby perl\n", "perl" },
	{ "#!/usr/bin/env -S A=1 /opt/bin/ruby3.2\n", "ruby" },
	{ "#!/usr/bin/env node\n", "javascript" },
	{ "#!/usr/bin/nodejs\n", "javascript" },
	{ "#!/usr/bin/perl -w\n", "perl" },
	{ "#!/usr/bin/perl5.36\n", "perl" },
	{ "#!/usr/bin/perl6\n", "raku" },
	{ "#!/usr/bin/raku\n", "raku" },
	{ "#!/usr/bin/php8.2\n", "php" },
	{ "#!/usr/bin/lua5.4\n", "lua" },
	{ "#!/usr/bin/awk -f\n", "awk" },
	{ "#!/usr/bin/gawk -f\n", "awk" },
	{ "#!/usr/bin/tclsh8.6\n", "tcl" },
	{ "#!/usr/bin/wish\n", "tcl" },
	{ "#!/usr/bin/Rscript --vanilla\n", "r" },
	{ "#!/usr/bin/env julia\n", "julia" },
	{ "#!/usr/bin/env groovy\n", "groovy" },
	{ "#!/usr/bin/guile -s\n", "scheme" },
	{ "#!/usr/bin/sbcl --script\n", "commonlisp" },
	{ "#!/usr/bin/env ocaml\n", "ocaml" },
	{ "#!/usr/bin/env elixir\n", "elixir" },
	{ "#!/usr/bin/env escript\n", "erlang" },
	{ "#!/usr/bin/env runhaskell\n", "haskell" },
	{ "#!/usr/bin/env pwsh\n", "powershell" },
	{ "#!/usr/bin/env ts-node\n", "typescript" },
	{ "#!/usr/bin/swipl -q\n", "prolog" },
	{ "#!/usr/bin/env scala\n", "scala" },
	{ "#!python3\n", "python" },
	{ "#!/usr/bin/notalanguage\n", NULL },
	{ "#!/usr/bin/env\n", NULL },
	{ "#!/usr/bin/env -i\n", NULL },
	{ "#!/usr/bin/env A=1\n", NULL },
	{ "#!/usr/bin/env -S\n", NULL },
	{ "#!\n", NULL },
	{ "#!   \n", NULL },
	{ "#!", NULL },
	{ "#", NULL },
	{ "", NULL },
	{ "#!/\n", NULL },
	{ "#!/usr/bin/3.14\n", NULL },
	{ "# !/bin/sh\n", NULL },
	{ " #!/bin/sh\n", NULL },
	{ "\n#!/bin/sh\n", NULL },
	{ "print(1)\n#!/bin/sh\n", NULL },
};

static void languages_by_shebang(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const char *want = scripts[i].language;
		size_t len = strlen(scripts[i].from);
		/* without a final NUL, so that a sanitizer sees a read past it
		 */
		char *copy = memcpy(malloc(len + !len), scripts[i].from, len);
		const char *got = language_of_shebang(copy, len);

		free(copy);
		if (!got != !want || (got && strcmp(got, want) != 0))
			fail_msg("%s: %s", scripts[i].from, got ? got : "none");
	}
}

static void any_bytes_are_accepted(void **state)
{
	(void)state;
	assert_null(language_of_shebang("#!\0/bin/sh\n", 11));
	assert_string_equal(
		language_of_shebang("#!/bin/sh\n\0\xff", 12), "bash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_by_ending),
		cmocka_unit_test(languages_by_shebang),
		cmocka_unit_test(any_bytes_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
