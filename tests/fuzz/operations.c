/* SPDX-License-Identifier: MIT */
/* tests/fuzz/operations.c - operations on the tree, with a scripted API */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/threads.h"
#include "tests/unit/fs/mount/calls.h"

/*
 * An input is a script of one command per line: a word and its arguments,
 * separated by blanks; the last one takes the rest of the line. %XX is any
 * byte. Other lines are skipped.
 */

enum { WORDS = 4, LINES = 32 };

struct word {
	char *text; /* ends in a NUL */
	size_t len;
};

static long number(const struct word *word)
{
	return strtol(word->text, NULL, 0);
}

/* ---- requests ---- */

static void do_stat(const struct word *words)
{
	call_stat(words[0].text);
	call_readlink(words[0].text);
}

static void do_list(const struct word *words)
{
	call_list(words[0].text, FUSE_READDIR);
}

static void do_list_plus(const struct word *words)
{
	call_list(words[0].text, FUSE_READDIRPLUS);
}

static void do_cat(const struct word *words)
{
	call_cat(words[0].text);
}

static void do_put(const struct word *words)
{
	call_put(words[0].text, words[1].text, words[1].len);
}

static void do_add(const struct word *words)
{
	call_add(words[0].text, words[1].text, words[1].len);
}

static void do_open(const struct word *words)
{
	unsigned which;

	call_open_to_write(words[0].text, 0, &which);
}

static void do_open_read(const struct word *words)
{
	unsigned which;

	call_open(words[0].text, O_RDONLY | O_NONBLOCK, &which);
}

/* An open file. */
static struct kernel_open *opened(const struct word *word)
{
	unsigned which = (unsigned)number(word);

	if (which >= kernel.open_count || kernel.open[which].is_dir)
		return NULL;
	return &kernel.open[which];
}

static void do_write(const struct word *words)
{
	struct kernel_open *open = opened(words);

	if (open)
		call_write((unsigned)(open - kernel.open),
			(uint64_t)number(words + 1) & INT64_MAX, words[2].text,
			words[2].len);
}

static void do_read(const struct word *words)
{
	struct kernel_open *open = opened(words);
	struct fuse_read_in in = { .size = 100,
		.offset = (uint64_t)number(words + 1) & INT64_MAX };

	if (!open)
		return;
	in.fh = open->fh;
	ASK(FUSE_READ, open->ino, in, NULL, 0);
}

static void do_flush(const struct word *words)
{
	struct kernel_open *open = opened(words);
	struct fuse_flush_in in = { 0 };
	struct fuse_fsync_in sync = { 0 };
	struct fuse_poll_in poll = { .kh = 7,
		.flags = FUSE_POLL_SCHEDULE_NOTIFY };

	if (!open)
		return;
	in.fh = sync.fh = poll.fh = open->fh;
	ASK(FUSE_POLL, open->ino, poll, NULL, 0);
	ASK(FUSE_FSYNC, open->ino, sync, NULL, 0);
	ASK(FUSE_FLUSH, open->ino, in, NULL, 0);
}

static void do_close(const struct word *words)
{
	struct kernel_open *open = opened(words);

	if (open)
		kernel_release((unsigned)(open - kernel.open));
}

static void do_room(const struct word *words)
{
	struct kernel_open *open = opened(words);
	struct fuse_fallocate_in in = { .length = 1 };

	if (!open)
		return;
	in.fh = open->fh;
	in.offset = (uint64_t)number(words + 1) & INT64_MAX;
	in.mode = (uint32_t)number(words + 2);
	ASK(FUSE_FALLOCATE, open->ino, in, NULL, 0);
}

static void do_mkdir(const struct word *words)
{
	call_mkdir(words[0].text);
}

static void do_mknod(const struct word *words)
{
	call_mknod(words[0].text);
}

static void do_rmdir(const struct word *words)
{
	call_remove(words[0].text, FUSE_RMDIR);
}

static void do_rm(const struct word *words)
{
	call_remove(words[0].text, FUSE_UNLINK);
}

static void do_mv(const struct word *words)
{
	call_move(words[1].text, words[2].text, (uint32_t)number(words) & 3);
}

static void do_link(const struct word *words)
{
	call_link(words[0].text, words[1].text);
}

static void do_symlink(const struct word *words)
{
	call_symlink(words[0].text, words[1].text);
}

static void do_set(const struct word *words)
{
	uint32_t valid = (uint32_t)number(words) &
		(FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_SIZE | FATTR_ATIME |
			FATTR_MTIME | FATTR_ATIME_NOW | FATTR_MTIME_NOW);

	call_set(words[2].text, valid, (uint64_t)number(words + 1) & INT64_MAX);
}

static void do_xattr(const struct word *words)
{
	call_set_xattr(
		words[0].text, words[1].text, words[2].text, words[2].len);
	call_get_xattr(words[0].text, words[1].text);
	if (!words[2].len)
		call_remove_xattr(words[0].text, words[1].text);
}

/* ---- other events ---- */

static void do_say(const struct word *words)
{
	struct say say = { .status = (int)number(words),
		.body = words[1].text,
		.len = words[1].len };

	if (say.status >= 100 && say.status <= 599)
		wire_say(&say);
}

static void do_head(const struct word *words)
{
	struct say say = { .status = (int)number(words),
		.header = words[1].text };

	if (say.status >= 100 && say.status <= 599)
		wire_say(&say);
}

static void do_lose(const struct word *words)
{
	struct say say = { .lost = (CURLcode)(1 + number(words) % 90) };

	if (say.lost > 0)
		wire_say(&say);
}

static void do_wait(const struct word *words)
{
	kernel.now_ms += (uint64_t)number(words) % 100000;
	kernel_settle();
}

static void do_interrupt(const struct word *words)
{
	(void)words;
	kernel_interrupt();
}

static void close_all(void)
{
	kernel_interrupt();
	while (kernel.open_count && !kernel.is_over)
		kernel_release(kernel.open_count - 1);
	kernel_interrupt();
}

static void do_forget(const struct word *words)
{
	(void)words;
	close_all();
	kernel_forget();
}

static void do_again(const struct word *words)
{
	(void)words;
	kernel_unmount();
	HOLDS(kernel_mount() == 0);
}

/* The mount ends during the next request. */
static void do_cut(const struct word *words)
{
	kernel.cut = 1 + (unsigned)number(words) % 64;
}

static const struct {
	const char *name;
	unsigned words;
	void (*act)(const struct word *words);
} acts[] = {
	{ "stat", 1, do_stat },
	{ "ls", 1, do_list },
	{ "lsl", 1, do_list_plus },
	{ "cat", 1, do_cat },
	{ "put", 2, do_put },
	{ "add", 2, do_add },
	{ "open", 1, do_open },
	{ "openr", 1, do_open_read },
	{ "write", 3, do_write },
	{ "read", 2, do_read },
	{ "flush", 1, do_flush },
	{ "close", 1, do_close },
	{ "room", 3, do_room },
	{ "mkdir", 1, do_mkdir },
	{ "mknod", 1, do_mknod },
	{ "rmdir", 1, do_rmdir },
	{ "rm", 1, do_rm },
	{ "mv", 3, do_mv },
	{ "ln", 2, do_link },
	{ "lns", 2, do_symlink },
	{ "set", 3, do_set },
	{ "xattr", 3, do_xattr },
	{ "say", 2, do_say },
	{ "head", 2, do_head },
	{ "lose", 1, do_lose },
	{ "wait", 1, do_wait },
	{ "intr", 0, do_interrupt },
	{ "forget", 0, do_forget },
	{ "again", 0, do_again },
	{ "cut", 1, do_cut },
};

/* ---- the script ---- */

static void unescape(struct word *word)
{
	char *to = word->text;
	unsigned byte;

	for (size_t i = 0; i < word->len; i++) {
		if (word->text[i] == '%' && i + 2 < word->len &&
			sscanf(word->text + i + 1, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			i += 2;
		} else {
			*to++ = word->text[i];
		}
	}
	*to = '\0';
	word->len = (size_t)(to - word->text);
}

static void line_act(char *line)
{
	struct word words[WORDS] = { 0 };
	char *name = strsep(&line, " ");
	size_t i = 0, count = sizeof(acts) / sizeof(*acts);

	while (i < count && strcmp(name, acts[i].name))
		i++;
	if (i == count)
		return;
	for (unsigned at = 0; at < acts[i].words; at++) {
		bool is_last = at + 1 == acts[i].words;
		words[at].text = is_last ? line : strsep(&line, " ");
		if (!words[at].text)
			return;
		words[at].len = strlen(words[at].text);
		unescape(&words[at]);
	}
	acts[i].act(words);
	kernel_settle();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *script = strndup((const char *)bytes, len), *rest = script;
	char *line;

	HOLDS(script);
	kernel_open();
	HOLDS(kernel_mount() == 0);
	for (int i = 0; i < LINES && (line = strsep(&rest, "\n")); i++)
		line_act(line);
	close_all();
	HOLDS(kernel.is_over || !kernel.mount->core.handles);
	kernel.now_ms += 61000; /* temporary files beside values expire */
	kernel_settle();
	kernel_forget();
	HOLDS(kernel.is_over || kernel.mount->core.nodes.count == 1);
	wire_forget_says();
	kernel_unmount();
	kernel_close();
	free(script);
	return 0;
}
