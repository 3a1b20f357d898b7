/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/kernel.h - a mount without a kernel: the test sends its
 * requests */
#ifndef TESTS_UNIT_FS_MOUNT_KERNEL_H
#define TESTS_UNIT_FS_MOUNT_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fuse.h>

#include "fs/base/clock.h"
#include "fs/mount/parts.h"
#include "fs/base/options.h"
#include "tests/unit/fs/mount/custom_io.h"
#include "tests/unit/fs/mount/wire.h"
#include "tests/holds.h"

/*
 * The whole mount, without a kernel, a network and a clock: libfuse reads
 * requests that the test wrote, the API is a script, and time passes when
 * nothing else happens. Requests are sent one after the other; one that is not
 * answered (a read that waits for a job) stays pending until it is interrupted,
 * or the mount ends.
 */

enum {
	ASKED_MAX = 1 << 14,
	NODES_MAX = 4096,
	OPEN_MAX = 64,
	REPLY_MAX = 1 << 17
};

struct kernel_open {
	uint64_t ino, fh;
	bool is_dir;
};

static struct {
	char dir[32]; /* the state directory */
	struct options options;
	struct mount *mount;
	struct fuse_session *session;
	int fd; /* readable while there is a request */
	uint64_t now_ms;
	bool is_over;
	bool is_foreign; /* requests come from another pid namespace */
	unsigned cut;	 /* the mount ends after this many turns, whatever the
			    threads are doing; 0: it does not */
	unsigned bytes; /* the length of the newest request, until it is read */
	unsigned vain_reads; /* reads that found no request */
	char request[REPLY_MAX + 4096];
	struct { /* by the request's number */
		uint32_t opcode;
		uint64_t ino;
		bool is_answered;
	} asked[ASKED_MAX];
	unsigned asked_count;
	/* The newest reply. */
	int err;
	size_t len;
	char reply[REPLY_MAX];
	struct {
		uint64_t ino, lookups;
	} nodes[NODES_MAX];
	unsigned node_count;
	struct kernel_open open[OPEN_MAX];
	unsigned open_count;
} kernel;

static struct api_credentials kernel_keys = {
	.public_key = "unsb-pk-test-0000-0000-0001",
	.secret_key = "unsb-sk-test0-vault-unlck-12345",
};

/* Replaces fs/base/clock.c. */
void clock_read(uint64_t *now_ms, struct timespec *now)
{
	*now_ms = kernel.now_ms;
	now->tv_sec = (time_t)(1800000000 + kernel.now_ms / 1000);
	now->tv_nsec = (long)(kernel.now_ms % 1000) * 1000000;
}

uint64_t clock_us(void)
{
	return 0;
}

/* ---- what the kernel remembers of the answers ---- */

static inline void kernel_node(uint64_t ino)
{
	unsigned i = 0;

	while (i < kernel.node_count && kernel.nodes[i].ino != ino)
		i++;
	if (i == NODES_MAX)
		return;
	if (i == kernel.node_count) {
		kernel.nodes[kernel.node_count++].ino = ino;
		kernel.nodes[i].lookups = 0;
	}
	kernel.nodes[i].lookups++;
}

static inline void kernel_entry(const struct fuse_entry_out *entry)
{
	unsigned type = entry->attr.mode & S_IFMT;

	if (!entry->nodeid)
		return;
	HOLDS(type == S_IFDIR || type == S_IFREG || type == S_IFLNK);
	HOLDS(entry->attr.ino == entry->nodeid);
	HOLDS(entry->attr.size <= INT64_MAX);
	kernel_node(entry->nodeid);
}

static inline void kernel_opened(
	uint64_t ino, const struct fuse_open_out *out, bool is_dir)
{
	HOLDS(kernel.open_count < OPEN_MAX);
	kernel.open[kernel.open_count++] =
		(struct kernel_open){ ino, out->fh, is_dir };
}

static inline void kernel_name(const char *name, size_t len)
{
	HOLDS(len > 0 && len <= 255);
	HOLDS(!memchr(name, '/', len) && !memchr(name, '\0', len));
}

static inline bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* Checks a listing, and returns the offset of its last entry, or 0. If `takes`,
 * its entries are counted as looked up. */
static inline uint64_t kernel_listed(bool is_plus, bool takes)
{
	size_t head = is_plus ? sizeof(struct fuse_direntplus)
			      : sizeof(struct fuse_dirent);
	uint64_t offset = 0;

	for (size_t at = 0; at < kernel.len;) {
		const struct fuse_direntplus *plus =
			(const void *)(kernel.reply + at);
		const struct fuse_dirent *entry = is_plus
			? &plus->dirent
			: (const void *)(kernel.reply + at);

		HOLDS(kernel.len - at >= head + entry->namelen);
		kernel_name(entry->name, entry->namelen);
		HOLDS(entry->off != offset);
		offset = entry->off;
		if (takes && is_plus && !is_dots(entry->name, entry->namelen))
			kernel_entry(&plus->entry_out);
		at += FUSE_DIRENT_ALIGN(head + entry->namelen);
	}
	return offset;
}

static inline void kernel_learn(uint64_t number)
{
	const struct fuse_entry_out *entry = (const void *)kernel.reply;
	uint64_t ino = kernel.asked[number].ino;

	switch (kernel.asked[number].opcode) {
	case FUSE_LOOKUP:
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_SYMLINK:
	case FUSE_LINK:
		kernel_entry(entry);
		break;
	case FUSE_CREATE:
		kernel_entry(entry);
		kernel_opened(entry->nodeid, (const void *)(entry + 1), false);
		break;
	case FUSE_OPEN:
		kernel_opened(ino, (const void *)kernel.reply, false);
		break;
	case FUSE_OPENDIR:
		kernel_opened(ino, (const void *)kernel.reply, true);
		break;
	case FUSE_READDIRPLUS:
		kernel_listed(true, true);
		break;
	default:
		break;
	}
}

/* ---- what libfuse reads and writes ---- */

static ssize_t kernel_read(int fd, void *bytes, size_t size, void *ctx)
{
	eventfd_t count;
	size_t len = kernel.bytes;

	(void)ctx;
	if (!len) {
		kernel.vain_reads++;
		errno = EAGAIN;
		return -1;
	}
	HOLDS(eventfd_read(fd, &count) == 0);
	HOLDS(len <= size);
	memcpy(bytes, kernel.request, len);
	kernel.bytes = 0;
	return (ssize_t)len;
}

static ssize_t kernel_write(int fd, struct iovec *iov, int count, void *ctx)
{
	const struct fuse_out_header *head = iov[0].iov_base;
	size_t len = 0;

	(void)fd;
	(void)ctx;
	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	HOLDS(head->len == len);
	if (!head->unique) {
		HOLDS(head->error == FUSE_NOTIFY_POLL ||
			head->error == FUSE_NOTIFY_INVAL_INODE);
		return (ssize_t)len;
	}
	HOLDS(head->unique < kernel.asked_count);
	HOLDS(!kernel.asked[head->unique].is_answered);
	HOLDS(head->error <= 0 && head->error > -200 && head->error != -ENOSYS);
	kernel.asked[head->unique].is_answered = true;
	kernel.err = head->error;
	kernel.len = 0;
	HOLDS(len - sizeof(*head) <= sizeof(kernel.reply));
	for (int i = 1; i < count; i++) {
		memcpy(kernel.reply + kernel.len, iov[i].iov_base,
			iov[i].iov_len);
		kernel.len += iov[i].iov_len;
	}
	if (!kernel.err)
		kernel_learn(head->unique);
	return (ssize_t)len;
}

/* ---- time ---- */

static inline bool kernel_is_busy(void)
{
	return kernel.bytes || wire.count ||
		!TAILQ_EMPTY(&kernel.mount->core.ready) ||
		worker_pending(kernel.mount->core.worker) ||
		worker_pending(kernel.mount->core.recorder) ||
		worker_pending(kernel.mount->core.reader) ||
		worker_pending(kernel.mount->core.spooler) ||
		worker_pending(kernel.mount->core.prober) ||
		worker_pending(kernel.mount->core.disk.worker) ||
		notifier_is_busy(&kernel.mount->core);
}

/* Waits for the threads, so that each run of a test is the same. */
static inline void kernel_await(struct worker *worker)
{
	struct pollfd poll_fd = { .fd = worker_fd(worker), .events = POLLIN };

	while (worker_pending(worker) && poll(&poll_fd, 1, 60000) < 0 &&
		errno == EINTR)
		;
}

static inline void kernel_await_all(void)
{
	kernel_await(kernel.mount->core.worker);
	kernel_await(kernel.mount->core.recorder);
	kernel_await(kernel.mount->core.reader);
	kernel_await(kernel.mount->core.spooler);
	kernel_await(kernel.mount->core.prober);
	kernel_await(kernel.mount->core.disk.worker);
	kernel_await(kernel.mount->core.notifier.worker);
}

/* One turn; time passes if nothing else can. */
static inline void kernel_turn(bool answers, unsigned step_ms)
{
	if (kernel.cut && --kernel.cut == 0)
		kernel.is_over = true;
	if (kernel.is_over)
		return;
	if (!kernel.cut)
		kernel_await_all();
	if (!(answers && !kernel.bytes && wire_answer()) && !kernel_is_busy())
		kernel.now_ms += step_ms;
	kernel.is_over = !mount_turn(kernel.mount, 0);
}

/* Runs until nothing is left to do, except after time has passed. */
static inline void kernel_settle(void)
{
	for (unsigned i = 0; i < 1000 && !kernel.is_over; i++) {
		kernel_turn(true, 0);
		if (!kernel_is_busy())
			return;
	}
}

/* ---- requests ---- */

static inline uint64_t kernel_post(uint32_t opcode, uint64_t ino,
	const void *args, size_t args_len, const void *more, size_t more_len)
{
	struct fuse_in_header head = {
		.len = (uint32_t)(sizeof(head) + args_len + more_len),
		.opcode = opcode,
		.unique = kernel.asked_count,
		.nodeid = ino,
		.uid = getuid(),
		.gid = getgid(),
		.pid = kernel.is_foreign ? 0 : (uint32_t)getpid(),
	};
	uint64_t one = 1;

	HOLDS(kernel.asked_count < ASKED_MAX && !kernel.bytes);
	HOLDS(head.len <= sizeof(kernel.request));
	memcpy(kernel.request, &head, sizeof(head));
	if (args_len)
		memcpy(kernel.request + sizeof(head), args, args_len);
	if (more_len)
		memcpy(kernel.request + sizeof(head) + args_len, more,
			more_len);
	kernel.bytes = head.len;
	kernel.asked[kernel.asked_count].opcode = opcode;
	kernel.asked[kernel.asked_count].ino = ino;
	kernel.asked[kernel.asked_count].is_answered = false;
	HOLDS(write(kernel.fd, &one, sizeof(one)) == sizeof(one));
	return kernel.asked_count++;
}

/* Sends a request, and returns the reply's error; -EINPROGRESS if there is none
 * within 30 s. */
static inline int kernel_ask(uint32_t opcode, uint64_t ino, const void *args,
	size_t args_len, const void *more, size_t more_len)
{
	uint64_t number, begun_ms = kernel.now_ms;
	unsigned step_ms = 1;

	if (kernel.is_over || kernel.asked_count + 1 >= ASKED_MAX)
		return -ECONNABORTED;
	number = kernel_post(opcode, ino, args, args_len, more, more_len);
	kernel.err = 0;
	for (unsigned i = 0; i < 2000; i++) {
		kernel_turn(true, step_ms);
		if (kernel.asked[number].is_answered)
			return kernel.err;
		if (kernel.is_over || kernel.now_ms - begun_ms > 30000)
			break;
		if (!kernel_is_busy())
			step_ms *= 2;
	}
	HOLDS(!kernel.bytes || kernel.is_over);
	return -EINPROGRESS;
}

#define ASK(opcode, ino, args, more, more_len)                                 \
	kernel_ask(opcode, ino, &(args), sizeof(args), more, more_len)

static inline bool kernel_is_open(unsigned number)
{
	return !kernel.asked[number].is_answered &&
		kernel.asked[number].opcode != FUSE_FORGET &&
		kernel.asked[number].opcode != FUSE_INTERRUPT;
}

/* Interrupts all pending requests, which must be answered then. */
static inline void kernel_interrupt(void)
{
	unsigned last = kernel.asked_count;

	for (unsigned i = 1; i < last && !kernel.is_over; i++) {
		struct fuse_interrupt_in in = { .unique = i };

		if (!kernel_is_open(i) || kernel.asked_count == ASKED_MAX)
			continue;
		kernel_post(FUSE_INTERRUPT, 0, &in, sizeof(in), NULL, 0);
		kernel_turn(false, 0);
		kernel_settle();
		/* a close that looks into /proc, or that saves, goes on */
		for (int turn = 0; turn < 100 && kernel_is_open(i); turn++)
			kernel_turn(true, 1000);
		HOLDS(!kernel_is_open(i) || kernel.is_over);
	}
}

static inline void kernel_forget(void)
{
	for (unsigned i = 0; i < kernel.node_count; i++) {
		struct fuse_forget_in in = { kernel.nodes[i].lookups };

		if (kernel.is_over || kernel.asked_count == ASKED_MAX)
			return;
		kernel_post(FUSE_FORGET, kernel.nodes[i].ino, &in, sizeof(in),
			NULL, 0);
		kernel_turn(false, 0);
	}
	kernel.node_count = 0;
}

/* Closes, and returns the error of the FLUSH. */
static inline int kernel_release(unsigned which)
{
	int err = 0;

	struct kernel_open open = kernel.open[which];
	struct fuse_flush_in flush = { .fh = open.fh };
	struct fuse_release_in release = { .fh = open.fh };

	kernel.open[which] = kernel.open[--kernel.open_count];
	/* no request about it is pending when it is closed */
	kernel_interrupt();
	if (!open.is_dir)
		err = ASK(FUSE_FLUSH, open.ino, flush, NULL, 0);
	kernel_interrupt();
	ASK(open.is_dir ? FUSE_RELEASEDIR : FUSE_RELEASE, open.ino, release,
		NULL, 0);
	return err;
}

/* ---- start and end ---- */

static inline void kernel_ready(
	void *ctx, enum exit_status status, const char *message)
{
	(void)ctx;
	(void)status;
	(void)message;
}

/* Starts the mount; 0, or the error of mount_new or of INIT. */
static inline int kernel_mount(void)
{
	static const struct fuse_custom_io io = { .read = kernel_read,
		.writev = kernel_write };
	struct fuse_init_in init = { .major = 7,
		.minor = 34,
		.max_readahead = 1 << 17,
		.flags = FUSE_DO_READDIRPLUS };
	char *argv[] = { (char *)"test" };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	enum exit_status status;
	char why[PATH_MAX];
	int err = mount_new(&kernel.options, &kernel_keys, &kernel.mount, why,
		sizeof(why), &status);

	if (err)
		return err;
	kernel.session = mount_session(kernel.mount, &args);
	fuse_opt_free_args(&args);
	kernel.fd = eventfd(0, EFD_CLOEXEC);
	HOLDS(kernel.session && kernel.fd >= 0);
	HOLDS(fuse_session_custom_io(kernel.session, &io, kernel.fd) == 0);
	mount_begin(kernel.mount, kernel.session, kernel_ready, NULL);
	/* libfuse allocates 1 MiB, which is slow under a sanitizer */
	kernel.mount->request.mem = malloc(sizeof(kernel.request));
	kernel.asked_count = 1;
	kernel.is_over = kernel.mount->is_stopping;
	kernel.open_count = kernel.node_count = kernel.cut = 0;
	kernel.bytes = 0;
	return ASK(FUSE_INIT, 0, init, NULL, 0);
}

static inline void kernel_unmount(void)
{
	mount_end(kernel.mount);
	for (unsigned i = 1; i < kernel.asked_count && !kernel.bytes; i++)
		HOLDS(!kernel_is_open(i));
	HOLDS(!wire.count);
	custom_io_end();
	fuse_session_destroy(kernel.session);
	mount_free(kernel.mount);
	kernel.mount = NULL;
}

static inline int kernel_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* Creates a state directory, in memory if possible. */
static inline void kernel_open(void)
{
	strcpy(kernel.dir, "/dev/shm/fs_kernel.XXXXXX");
	if (!mkdtemp(kernel.dir)) {
		strcpy(kernel.dir, "/tmp/fs_kernel.XXXXXX");
		HOLDS(mkdtemp(kernel.dir));
	}
	kernel.now_ms = 1000;
	HOLDS(options_init(&kernel.options) == 0);
	free(kernel.options.state_dir);
	kernel.options.state_dir = strdup(kernel.dir);
	kernel.options.url = kernel.options.url
		? kernel.options.url
		: strdup("https://api.unsandbox.com");
}

static inline void kernel_close(void)
{
	nftw(kernel.dir, kernel_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	options_clear(&kernel.options);
}

#endif
