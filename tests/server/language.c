/* SPDX-License-Identifier: MIT */
/* tests/server/language.c - languages, and how to run them here */
#include "language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERPRETED(command) command, false, false
#define VAST(command) command, false, true
#define COMPILED(command) command " && exec ./a.out", true, false

const struct language languages[] = {
	{ "python", ".py", "python3|python",
		INTERPRETED("exec \"$2\" -u \"$1\"") },
	{ "javascript", ".js", "node|nodejs", VAST("exec \"$2\" \"$1\"") },
	{ "typescript", ".ts", "tsx|ts-node|deno|bun",
		VAST("exec \"$2\" \"$1\"") },
	{ "ruby", ".rb", "ruby", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "perl", ".pl", "perl", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "php", ".php", "php",
		INTERPRETED("if grep -q '<?' \"$1\"; then exec \"$2\" \"$1\";"
			    " else exec \"$2\" -r \"$(cat \"$1\")\"; fi") },
	{ "lua", ".lua", "lua|lua5.4|lua5.3|lua5.1|luajit",
		INTERPRETED("exec \"$2\" \"$1\"") },
	{ "bash", ".sh", "bash", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "r", ".R", "Rscript", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "elixir", ".exs", "elixir", VAST("exec \"$2\" \"$1\"") },
	{ "erlang", ".erl", "escript", VAST("exec \"$2\" \"$1\"") },
	{ "tcl", ".tcl", "tclsh|tclsh8.6", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "scheme", ".scm", "guile",
		INTERPRETED("exec \"$2\" --no-auto-compile \"$1\"") },
	{ "powershell", ".ps1", "pwsh", VAST("exec \"$2\" -File \"$1\"") },
	{ "clojure", ".clj", "clojure|clj", VAST("exec \"$2\" \"$1\"") },
	{ "commonlisp", ".lisp", "sbcl", VAST("exec \"$2\" --script \"$1\"") },
	{ "crystal", ".cr", "crystal", VAST("exec \"$2\" run \"$1\"") },
	{ "groovy", ".groovy", "groovy", VAST("exec \"$2\" \"$1\"") },
	{ "deno", ".ts", "deno", VAST("exec \"$2\" run -A \"$1\"") },
	{ "awk", ".awk", "gawk|mawk|awk",
		INTERPRETED("exec \"$2\" -f \"$1\"") },
	{ "raku", ".raku", "raku", VAST("exec \"$2\" \"$1\"") },
	{ "c", ".c", "gcc|cc|clang",
		COMPILED("\"$2\" -O1 -o a.out \"$1\" -lm -lpthread") },
	{ "cpp", ".cpp", "g++|c++|clang++",
		COMPILED("\"$2\" -O1 -o a.out \"$1\" -lpthread") },
	{ "go", ".go", "go", VAST("exec \"$2\" run \"$1\"") },
	{ "rust", ".rs", "rustc", COMPILED("\"$2\" -o a.out \"$1\"") },
	{ "java", ".java", "java", VAST("exec \"$2\" \"$1\"") },
	{ "kotlin", ".kts", "kotlinc", VAST("exec \"$2\" -script \"$1\"") },
	{ "cobol", ".cob", "cobc",
		COMPILED("\"$2\" -x -free -o a.out \"$1\"") },
	{ "fortran", ".f90", "gfortran", COMPILED("\"$2\" -o a.out \"$1\"") },
	{ "d", ".d", "ldc2|dmd", COMPILED("\"$2\" -of=a.out \"$1\"") },
	{ "zig", ".zig", "zig", VAST("exec \"$2\" run \"$1\"") },
	{ "nim", ".nim", "nim",
		COMPILED("\"$2\" c --hints:off -o:a.out \"$1\"") },
	{ "v", ".v", "v", COMPILED("\"$2\" -o a.out \"$1\"") },
	{ "objc", ".m", "gcc|clang",
		COMPILED("\"$2\" -o a.out \"$1\" -lobjc") },
	{ "dart", ".dart", "dart", VAST("exec \"$2\" run \"$1\"") },
	{ "julia", ".jl", "julia", VAST("exec \"$2\" \"$1\"") },
	{ "haskell", ".hs", "runghc", VAST("exec \"$2\" \"$1\"") },
	{ "ocaml", ".ml", "ocaml", INTERPRETED("exec \"$2\" \"$1\"") },
	{ "fsharp", ".fsx", "dotnet", VAST("exec \"$2\" fsi \"$1\"") },
	{ "csharp", ".cs", "mcs",
		VAST("\"$2\" -out:a.exe \"$1\" && exec mono a.exe") },
	{ "prolog", ".pro", "swipl|gprolog",
		INTERPRETED("exec \"$2\" -q -g halt \"$1\"") },
	{ "forth", ".4th", "gforth", INTERPRETED("exec \"$2\" \"$1\" -e bye") },
	{ NULL, NULL, NULL, NULL, false, false },
};

const struct language_alias language_aliases[] = {
	{ "node", "javascript" },
	{ "js", "javascript" },
	{ "ts", "typescript" },
	{ "lisp", "commonlisp" },
	{ NULL, NULL },
};

/* Interpreters that are not named like their language. */
static const struct language_alias interpreters[] = {
	{ "sh", "bash" },
	{ "dash", "bash" },
	{ "zsh", "bash" },
	{ "ksh", "bash" },
	{ "nodejs", "javascript" },
	{ "rscript", "r" },
	{ "tclsh", "tcl" },
	{ "wish", "tcl" },
	{ "perl6", "raku" },
	{ "gawk", "awk" },
	{ "mawk", "awk" },
	{ "guile", "scheme" },
	{ "sbcl", "commonlisp" },
	{ "clisp", "commonlisp" },
	{ "pwsh", "powershell" },
	{ "escript", "erlang" },
	{ "runghc", "haskell" },
	{ "runhaskell", "haskell" },
	{ "swipl", "prolog" },
	{ "gforth", "forth" },
	{ "luajit", "lua" },
	{ "bun", "javascript" },
	{ "ts-node", "typescript" },
	{ "tsx", "typescript" },
	{ NULL, NULL },
};

static const char *alias_find(
	const struct language_alias *list, const char *name)
{
	for (; list->alias; list++)
		if (!strcmp(list->alias, name))
			return list->name;
	return NULL;
}

const struct language *language_find(const char *name)
{
	const char *proper = alias_find(language_aliases, name);
	const struct language *language;

	if (proper)
		name = proper;
	for (language = languages; language->name; language++)
		if (!strcmp(language->name, name))
			return language;
	return NULL;
}

static void lower(char *name)
{
	for (; *name; name++)
		if (*name >= 'A' && *name <= 'Z')
			*name += 'a' - 'A';
}

static const struct language *interpreter_language(char *name)
{
	const struct language *language = NULL;
	const char *proper;
	size_t len;

	lower(name);
	for (;;) {
		proper = alias_find(interpreters, name);
		language = language_find(proper ? proper : name);
		len = strlen(name);
		if (language || !len || !strchr("0123456789.-", name[len - 1]))
			return language;
		name[len - 1] = '\0';
	}
}

const struct language *language_of_shebang(const char *code, size_t len)
{
	const char *newline = memchr(code, '\n', len);
	size_t line = newline ? (size_t)(newline - code) : len;
	char first[256], *word, *state, *name;

	if (len < 2 || memcmp(code, "#!", 2))
		return NULL;
	snprintf(first, sizeof(first), "%.*s", (int)line - 2, code + 2);
	word = strtok_r(first, " \t\r", &state);
	if (!word)
		return NULL;
	name = strrchr(word, '/');
	name = name ? name + 1 : word;
	if (strcmp(name, "env"))
		return interpreter_language(name);
	while ((word = strtok_r(NULL, " \t\r", &state)))
		if (word[0] != '-' && !strchr(word, '='))
			break;
	if (!word)
		return NULL;
	name = strrchr(word, '/');
	return interpreter_language(name ? name + 1 : word);
}

static bool tool_find(const char *dirs, const char *name, size_t name_len,
	char *path, size_t size)
{
	size_t len;

	for (; dirs && *dirs; dirs += len) {
		dirs += *dirs == ':';
		len = strcspn(dirs, ":");
		snprintf(path, size, "%.*s/%.*s", (int)len, dirs, (int)name_len,
			name);
		if (len && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* The system's tools come first: a wrapper in PATH costs time. */
bool language_tool(const struct language *language, char *path, size_t size)
{
	static const char usual[] = "/usr/local/bin:/usr/bin:/bin";
	const char *tools = language->tools;
	size_t len;

	for (; *tools; tools += len) {
		tools += *tools == '|';
		len = strcspn(tools, "|");
		if (tool_find(usual, tools, len, path, size) ||
			tool_find(getenv("PATH"), tools, len, path, size))
			return true;
	}
	return false;
}
