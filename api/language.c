/* SPDX-License-Identifier: MIT */
/* api/language.c - which language a script is written in (part 8) */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"

#define BLANKS " \t\r"
/* Of a #! line; the kernel reads 256 bytes. */
#define LINE_SIZE 512

struct language {
	const char *name;
	const char *endings;	  /* between blanks */
	const char *interpreters; /* between blanks, without versions */
};

/* The endings are those of the API's own clients (un.c and its like) and four
 * that some of them add: awk, mjs, ps1, scala. */
static const struct language languages[] = {
	{ "awk", "awk", "awk gawk mawk nawk" },
	{ "bash", "sh bash", "bash sh dash ash ksh mksh zsh rbash" },
	{ "c", "c", "tcc" },
	{ "clojure", "clj", "clojure clj bb" },
	{ "cobol", "cob", "cobc" },
	{ "commonlisp", "lisp lsp", "clisp sbcl ecl" },
	{ "cpp", "cpp cc cxx", "" },
	{ "crystal", "cr", "crystal" },
	{ "csharp", "cs", "dotnet-script csharp" },
	{ "d", "d", "rdmd dmd" },
	{ "dart", "dart", "dart" },
	{ "deno", "", "deno" },
	{ "elixir", "ex exs", "elixir" },
	{ "erlang", "erl", "escript" },
	{ "forth", "4th forth fth", "gforth pforth" },
	{ "fortran", "f90 f95", "" },
	{ "fsharp", "fs", "fsharpi fsi" },
	{ "go", "go", "gorun go" },
	{ "groovy", "groovy", "groovy" },
	{ "haskell", "hs", "runhaskell runghc stack" },
	{ "java", "java", "java" },
	{ "javascript", "js mjs", "node nodejs bun" },
	{ "julia", "jl", "julia" },
	{ "kotlin", "kt", "kotlin kotlinc" },
	{ "lua", "lua", "lua luajit" },
	{ "nim", "nim", "nim" },
	{ "objc", "m", "" },
	{ "ocaml", "ml", "ocaml" },
	{ "perl", "pl", "perl" },
	{ "php", "php", "php" },
	{ "powershell", "ps1", "pwsh powershell" },
	{ "prolog", "pro p", "swipl gprolog prolog" },
	{ "python", "py", "python pypy" },
	{ "r", "r R", "Rscript r littler" },
	{ "racket", "", "racket" },
	{ "raku", "raku", "raku perl6 rakudo" },
	{ "ruby", "rb", "ruby jruby" },
	{ "rust", "rs", "rust-script" },
	{ "scala", "scala", "scala" },
	{ "scheme", "scm ss", "scheme guile chibi-scheme csi gosh" },
	{ "swift", "", "swift" },
	{ "tcl", "tcl", "tclsh wish expect" },
	{ "typescript", "ts", "ts-node tsx" },
	{ "v", "v", "v" },
	{ "zig", "zig", "zig" },
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

typedef int compare(const char *a, const char *b, size_t len);

static bool has_word(
	const char *words, const char *word, size_t len, compare *differs)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == len && differs(words, word, len) == 0)
			return true;
		words += n;
		words += strspn(words, " ");
	}
	return false;
}

static const char *find(
	bool by_ending, const char *word, size_t len, compare *differs)
{
	const char *words;
	size_t i;

	for (i = 0; i < LANGUAGES; i++) {
		words = by_ending ? languages[i].endings
				  : languages[i].interpreters;
		if (has_word(words, word, len, differs))
			return languages[i].name;
	}
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *language_of_name(const char *name)
{
	const char *dot, *language;
	size_t len;

	name = last_part(name);
	dot = strrchr(name, '.');
	if (!dot || dot == name)
		return NULL;
	len = strlen(++dot);
	language = find(true, dot, len, strncmp);
	return language ? language : find(true, dot, len, strncasecmp);
}

/* ---- the #! line ---- */

static bool starts_with(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

/* The word that `env` would run, after its options and variables; NULL: there
 * is none. */
static const char *env_command(char **rest)
{
	const char *word;

	while ((word = strtok_r(NULL, BLANKS, rest))) {
		if (starts_with(word, "--split-string="))
			word += strlen("--split-string=");
		else if (starts_with(word, "-S"))
			word += strlen("-S"); /* -Spython3 */
		else if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0)
			strtok_r(NULL, BLANKS, rest);
		if (*word && *word != '-' && !strchr(word, '='))
			break;
	}
	return word;
}

const char *language_of_shebang(const char *content, size_t len)
{
	const char *name, *language;
	char line[LINE_SIZE], *rest;

	if (len < 3 || content[0] != '#' || content[1] != '!')
		return NULL;
	snprintf(line, sizeof(line), "%.*s",
		(int)(len < sizeof(line) ? len : sizeof(line)) - 2,
		content + 2);
	line[strcspn(line, "\n")] = '\0';
	name = strtok_r(line, BLANKS, &rest);
	if (name && strcmp(last_part(name), "env") == 0)
		name = env_command(&rest);
	if (!name)
		return NULL;
	name = last_part(name);
	len = strlen(name);
	language = find(false, name, len, strncmp);
	if (language)
		return language;
	while (len > 0 && strchr("0123456789.-", name[len - 1]))
		len--; /* python3.11, lua5.4, ghc-9.2 */
	return find(false, name, len, strncmp);
}
