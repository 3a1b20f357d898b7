/* SPDX-License-Identifier: MIT */
/* tests/mount/forgetful.c - LD_PRELOAD: what a power cut may take away */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * In the directory $FORGETFUL, on the same disk:
 *   log        each change of names, and each fsync that begins and ends
 *   kept/N     another link to each file N that has lost a name, so that a cut
 *              can give it back; nobody sees it in st_nlink
 *   content/S  what the file had whose fsync S began
 * A change and its line in the log are one step for all threads. A kill between
 * the two leaves a change that is not in the log: a cut that forgets it.
 * tests/mount/forgetful.py reads all of that.
 */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1, own_fd = -1;
static unsigned long serial;
static ino_t *kept;
static size_t kept_count;

__attribute__((constructor)) static void begin(void)
{
	const char *own = getenv("FORGETFUL");

	own_fd = open(own ? own : "", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own_fd >= 0)
		log_fd = NEXT(openat64)(own_fd, "log",
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	unsetenv("LD_PRELOAD");
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(log_fd, line, (size_t)len) != len)
		abort();
}

static struct stat stat_of(int fd, const char *name)
{
	struct stat st = { 0 };

	if (NEXT(fstatat64)(fd, name, (struct stat64 *)&st,
		    AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		st.st_ino = 0;
	return st;
}

/* A name as the log has it: its directory, and the last part of its path. */
struct slot {
	unsigned long dir;
	const char *name;
};

static struct slot slot_of(int fd, const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[4096];

	snprintf(path, sizeof(path), "%.*s", slash ? (int)(slash - name) : 0,
		name);
	return (struct slot){ stat_of(fd, path).st_ino,
		slash ? slash + 1 : name };
}

static void keep(int fd, const char *name)
{
	struct stat st = stat_of(fd, name);
	char own[32];

	if (!st.st_ino || S_ISDIR(st.st_mode))
		return;
	snprintf(own, sizeof(own), "kept/%lu", (unsigned long)st.st_ino);
	if (NEXT(linkat)(fd, name, own_fd, own, 0))
		return;
	pthread_mutex_lock(&kept_lock);
	void *grown = reallocarray(kept, kept_count + 1, sizeof(*kept));
	if (!grown)
		abort();
	kept = grown;
	kept[kept_count++] = st.st_ino;
	pthread_mutex_unlock(&kept_lock);
}

/* ---- names ---- */

static void note_new(int fd, const char *name)
{
	struct stat st = stat_of(fd, name);

	struct slot slot = slot_of(fd, name);

	note("new\t%lu\t%s\t%lu\t%c\n", slot.dir, slot.name,
		(unsigned long)st.st_ino,
		S_ISDIR(st.st_mode)	      ? 'd'
			: S_ISLNK(st.st_mode) ? 'l'
					      : 'f');
}

#define MAKING(type, name, declared, given, at, entry)                         \
	type name declared                                                     \
	{                                                                      \
		pthread_mutex_lock(&lock);                                     \
		type result = NEXT(name) given;                                \
		if (result >= 0)                                               \
			note_new(at, entry);                                   \
		pthread_mutex_unlock(&lock);                                   \
		return result;                                                 \
	}

MAKING(int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode),
	fd, name)
MAKING(int, mkdir, (const char *name, mode_t mode), (name, mode), AT_FDCWD,
	name)
MAKING(int, symlinkat, (const char *target, int fd, const char *name),
	(target, fd, name), fd, name)
MAKING(int, linkat,
	(int from, const char *old, int fd, const char *name, int flags),
	(from, old, fd, name, flags), fd, name)

int openat64(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	if (!(flags & O_CREAT))
		return NEXT(openat64)(fd, name, flags, mode);
	pthread_mutex_lock(&lock);
	bool is_new = !stat_of(fd, name).st_ino;
	int result = NEXT(openat64)(fd, name, flags, mode);
	if (result >= 0 && is_new)
		note_new(fd, name);
	pthread_mutex_unlock(&lock);
	return result;
}

int unlinkat(int fd, const char *name, int flags)
{
	pthread_mutex_lock(&lock);
	keep(fd, name);
	int result = NEXT(unlinkat)(fd, name, flags);
	struct slot slot = slot_of(fd, name);
	if (!result)
		note("gone\t%lu\t%s\n", slot.dir, slot.name);
	pthread_mutex_unlock(&lock);
	return result;
}

int renameat2(
	int from, const char *old, int to, const char *name, unsigned flags)
{
	pthread_mutex_lock(&lock);
	if (!flags && stat_of(from, old).st_ino)
		keep(to, name);
	int result = NEXT(renameat2)(from, old, to, name, flags);
	struct slot one = slot_of(from, old), other = slot_of(to, name);
	if (!result)
		note("move\t%lu\t%s\t%lu\t%s\t%u\n", one.dir, one.name,
			other.dir, other.name, flags);
	pthread_mutex_unlock(&lock);
	return result;
}

int renameat(int from, const char *old, int to, const char *name)
{
	return renameat2(from, old, to, name, 0);
}

/* ---- content ---- */

static void copy(int from, const char *name)
{
	int to = (int)syscall(
		SYS_openat, own_fd, name, O_WRONLY | O_CREAT, 0600);
	char bytes[65536], path[32];
	ssize_t n;

	/* It may be open for writing only. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
	from = NEXT(openat64)(AT_FDCWD, path, O_RDONLY);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			abort();
	close(from);
	close(to);
}

static void copy_each(int dir_fd)
{
	int fd = NEXT(openat64)(dir_fd, ".", O_RDONLY | O_DIRECTORY);
	DIR *stream = fdopendir(fd);
	struct dirent *entry;
	char name[64];

	while (stream && (entry = readdir(stream))) {
		if (entry->d_type != DT_REG)
			continue;
		fd = NEXT(openat64)(dir_fd, entry->d_name, O_RDONLY);
		snprintf(name, sizeof(name), "content/%lu.%lu", serial,
			(unsigned long)entry->d_ino);
		copy(fd, name);
		close(fd);
	}
	closedir(stream);
}

static unsigned long sync_begin(int fd, bool is_all)
{
	struct stat st = stat_of(fd, "");
	char name[64];

	pthread_mutex_lock(&lock);
	unsigned long number = ++serial;
	snprintf(name, sizeof(name), "content/%lu", number);
	if (is_all)
		copy_each(fd);
	else if (S_ISREG(st.st_mode))
		copy(fd, name);
	note("begin\t%lu\t%lu\t%d\n", number, (unsigned long)st.st_ino, is_all);
	pthread_mutex_unlock(&lock);
	return number;
}

/* The disk itself need not be asked, unless it is one of stalled.c. */
int fsync(int fd)
{
	unsigned long number = sync_begin(fd, false);
	int result = getenv("STALLED") ? NEXT(fsync)(fd) : 0;

	if (!result)
		note("end\t%lu\n", number);
	return result;
}

/* Of all that is directly in this directory. */
int syncfs(int fd)
{
	note("end\t%lu\n", sync_begin(fd, true));
	return 0;
}

/* ---- the links in kept/: who looks does not wait for who changes ---- */

static int without_kept(int result, struct stat64 *st)
{
	pthread_mutex_lock(&kept_lock);
	for (size_t i = 0; !result && i < kept_count; i++)
		if (kept[i] == st->st_ino)
			st->st_nlink--;
	pthread_mutex_unlock(&kept_lock);
	return result;
}

int fstat64(int fd, struct stat64 *st)
{
	return without_kept(NEXT(fstat64)(fd, st), st);
}

int fstatat64(int fd, const char *name, struct stat64 *st, int flags)
{
	return without_kept(NEXT(fstatat64)(fd, name, st, flags), st);
}
