/* SPDX-License-Identifier: MIT */
/* tests/server/capture.c - captures a child's output until it ends */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "moment.h"

enum {
	PIECE = 1 << 18,
	PIPE_SIZE = 1 << 18,
};

struct capture {
	struct job *job;
	/* stdout, stderr, the child's end; -1 after their end. */
	struct pollfd fds[3];
	size_t limit;
	bool is_late;
	bool is_too_much;
};

static void end(struct capture *run)
{
	pthread_mutex_lock(&run->job->lock);
	child_kill(&run->job->child);
	pthread_mutex_unlock(&run->job->lock);
}

/* Reads once; false at the end of file. */
static bool take(struct capture *run, int fd, struct text *into)
{
	char *place;
	ssize_t got = 0;
	size_t total;

	pthread_mutex_lock(&run->job->lock);
	place = text_room(into, PIECE);
	if (place)
		got = read(fd, place, PIECE);
	if (got > 0) {
		into->len += got;
		into->data[into->len] = '\0';
	}
	total = run->job->out.len + run->job->err.len;
	if (total > run->limit)
		into->len -= total - run->limit;
	pthread_mutex_unlock(&run->job->lock);
	if (total > run->limit && !run->is_too_much) {
		run->is_too_much = true;
		end(run);
	}
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void take_all(struct capture *run)
{
	struct text *into[2] = { &run->job->out, &run->job->err };
	int i;

	for (i = 0; i < 2; i++) {
		if (run->fds[i].fd < 0 || !run->fds[i].revents)
			continue;
		if (take(run, run->fds[i].fd, into[i]))
			continue;
		close(run->fds[i].fd);
		run->fds[i].fd = -1;
	}
}

static void follow(struct capture *run, long long timeout_ms)
{
	long long until = timeout_ms ? moment_steady_ms() + timeout_ms : 0;
	long long left;

	while (run->fds[2].fd >= 0 || run->fds[0].fd >= 0 ||
		run->fds[1].fd >= 0) {
		left = until ? until - moment_steady_ms() : -1;
		if (until && left <= 0) {
			run->is_late = true;
			until = 0;
			end(run);
			continue;
		}
		if (poll(run->fds, 3, left) <= 0)
			continue;
		take_all(run);
		if (run->fds[2].revents)
			run->fds[2].fd = -1;
	}
}

static void judge(struct capture *run, int exit_code)
{
	struct job *job = run->job;

	job->exit_code = exit_code;
	if (job->is_cancelled) {
		job->end_state = JOB_CANCELLED;
	} else if (run->is_late) {
		job->end_state = JOB_TIMEOUT;
		job->exit_code = 124;
	} else if (run->is_too_much) {
		job->end_state = JOB_FAILED;
		text_puts(&job->error, "The output is over its limit");
	} else {
		job->end_state = JOB_COMPLETED;
	}
}

static int start(struct job *job, const struct launcher *launcher,
	const struct child_spec *spec)
{
	int err;

	pthread_mutex_lock(&job->lock);
	err = child_start(&job->child, launcher, spec);
	if (!err && job->is_cancelled)
		child_kill(&job->child);
	pthread_mutex_unlock(&job->lock);
	return err;
}

static int finish(struct job *job)
{
	struct child child;

	pthread_mutex_lock(&job->lock);
	child = job->child;
	job->child.pid = 0;
	job->child.pidfd = -1;
	pthread_mutex_unlock(&job->lock);
	return child_wait(&child);
}

void capture(struct job *job, const struct launcher *launcher,
	struct child_spec *spec, long long timeout_ms, size_t limit)
{
	struct capture run = { .job = job, .limit = limit };
	int pipes[2][2], i, err, code = 126;

	for (i = 0; i < 2; i++) {
		if (pipe2(pipes[i], O_CLOEXEC))
			pipes[i][0] = pipes[i][1] = -1;
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		fcntl(pipes[i][0], F_SETPIPE_SZ, PIPE_SIZE);
		run.fds[i] = (struct pollfd){ pipes[i][0], POLLIN, 0 };
	}
	spec->stdout_fd = pipes[0][1];
	spec->stderr_fd = pipes[1][1];
	err = start(job, launcher, spec);
	close(pipes[0][1]);
	close(pipes[1][1]);
	run.fds[2] = (struct pollfd){ job->child.pidfd, POLLIN, 0 };
	follow(&run, timeout_ms);
	if (!err)
		code = finish(job);
	pthread_mutex_lock(&job->lock);
	if (err)
		text_printf(&job->err, "stand-in: cannot start: %s\n",
			strerror(-err));
	judge(&run, code);
	pthread_mutex_unlock(&job->lock);
}
