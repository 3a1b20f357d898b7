/* SPDX-License-Identifier: MIT */
/* api/language.c - which language a script is written in (part 8) */
#include <string.h>
#include <strings.h>

#include "api/api.h"

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

static const char *by_ending(const char *ending, compare *differs)
{
	size_t i;

	for (i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (has_word(languages[i].endings, ending, strlen(ending),
			    differs))
			return languages[i].name;
	return NULL;
}

const char *language_of_name(const char *name)
{
	const char *dot, *slash = strrchr(name, '/'), *language;

	if (slash)
		name = slash + 1;
	dot = strrchr(name, '.');
	if (!dot || dot == name)
		return NULL;
	language = by_ending(dot + 1, strncmp);
	return language ? language : by_ending(dot + 1, strncasecmp);
}

/* A word of the #! line; s is NULL after the last one. */
struct word {
	const char *s;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct word next_word(const char **at, const char *end)
{
	struct word word = { NULL, 0 };

	while (*at < end && is_blank(**at))
		(*at)++;
	if (*at == end)
		return word;
	for (word.s = *at; *at < end && !is_blank(**at); (*at)++)
		word.len++;
	return word;
}

static bool starts_with(struct word word, const char *start)
{
	size_t len = strlen(start);

	return word.len >= len && memcmp(word.s, start, len) == 0;
}

static struct word last_part(struct word word)
{
	const char *slash = memrchr(word.s, '/', word.len);

	if (slash) {
		word.len -= (size_t)(slash + 1 - word.s);
		word.s = slash + 1;
	}
	return word;
}

/* The word that `env` would run, after its options and variables. */
static struct word env_command(const char **at, const char *end)
{
	struct word word = next_word(at, end);

	while (word.s) {
		if (starts_with(word, "-S") && word.len > 2) {
			word.s += 2;
			word.len -= 2;
			continue; /* -Spython3 */
		}
		if (word.len == 2 &&
			(starts_with(word, "-u") || starts_with(word, "-C")))
			next_word(at, end);
		else if (starts_with(word, "--split-string=")) {
			word.s += 15;
			word.len -= 15;
			continue;
		} else if (word.len && word.s[0] != '-' &&
			!memchr(word.s, '=', word.len))
			break;
		word = next_word(at, end);
	}
	return word;
}

static const char *by_interpreter(struct word word)
{
	size_t i;

	for (i = 0; word.len && i < sizeof(languages) / sizeof(languages[0]);
		i++)
		if (has_word(languages[i].interpreters, word.s, word.len,
			    strncmp))
			return languages[i].name;
	return NULL;
}

const char *language_of_shebang(const char *content, size_t len)
{
	const char *end, *at, *language;
	struct word word;

	if (len < 3 || content[0] != '#' || content[1] != '!')
		return NULL;
	end = memchr(content, '\n', len);
	if (!end)
		end = content + len;
	at = memchr(content, '\0', (size_t)(end - content));
	if (at)
		end = at;
	at = content + 2;
	word = next_word(&at, end);
	if (!word.s)
		return NULL;
	word = last_part(word);
	if (word.len == 3 && starts_with(word, "env")) {
		word = env_command(&at, end);
		if (!word.s)
			return NULL;
		word = last_part(word);
	}
	language = by_interpreter(word);
	if (language)
		return language;
	while (word.len > 0 && strchr("0123456789.-", word.s[word.len - 1]))
		word.len--; /* python3.11, lua5.4, ghc-9.2 */
	return by_interpreter(word);
}
