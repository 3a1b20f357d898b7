/* SPDX-License-Identifier: MIT */
/* fs/ops/save.c - a save executes exactly once, however the file was written */
#include "fs/ops/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/proc_probe.h"
#include "fs/ops/open_descriptors.h"

/*
 * When has a file been saved?
 *
 * Not when a descriptor is closed: a shell closes one at the dup2 that follows
 * its open, before any byte is written, and its children close theirs between
 * two lines of `{ a; b; } > f`. Not when the last descriptor is gone either:
 * then nobody is left to be told of an error. So content has a generation, and
 * a close is a save if the generation was not sent yet and the closing process
 * is the one that opened the file, has no other writable descriptor of it, and
 * is not being killed. Everything else is saved by the last release, which
 * always comes and is handled before the process's next request, since there is
 * one loop. But every close makes durable what was written, unless /proc says
 * that its process goes on writing.
 *
 * A rename moves the inode, and with it the note of what was sent: content
 * never runs again under a new name. Content that was not sent (it was written
 * under a name that does not run) is saved by a rename onto a name that does,
 * unless a writer is left, whose close will save it.
 */

/* ---- what an operation waits for ---- */

/* A job that the close started, in op->extra. */
struct save {
	struct job *job; /* held */
	bool settles;
};

static void save_free(struct op *op)
{
	struct save *save = op->extra;

	job_drop(save->job);
}

/* Nobody is to see the file's old job once the close has returned, whatever it
 * returns. */
static int save_settle(struct op *op)
{
	if (op->step != 1)
		return 0;
	int err = notifier_settle(op);
	if (err)
		return err;
	op_deadline_clear(op);
	op->step = 2;
	return 0;
}

static int save_wait(struct op *op)
{
	const struct save *save = op->extra;
	int err = save_settle(op);

	if (!err)
		err = save ? job_wait_saved(op, save->job, save->settles)
			: op->task ? task_wait(op)
				   : 0;
	return err ? err : op_reply_ok(op);
}

/* A name under which a file is saved; dir NULL: it has none that runs. */
struct save_name {
	struct file *dir;
	const char *name;
};

static int save_run(struct core *core, struct file *file,
	struct file_opened *opened, const struct save_name *as, struct op *op)
{
	bool settles = dir_kind_settles(as->dir, as->name);
	struct save *save = op ? malloc(sizeof(*save)) : NULL;
	struct job *job;

	if (op && !save)
		return -ENOMEM;
	run_unsettle(file);
	file->sent = file->generation;
	int err =
		run_start(core, as->dir, as->name, file, opened, settles, &job);
	if (!err && run_is_copied(job)) {
		free(save);
		return commit_start(core, file, opened, op);
	}
	if (err || !op) {
		free(save);
		return err;
	}
	*save = (struct save){ .job = job, .settles = settles };
	job_hold(job);
	op->extra = save;
	op->end = save_free;
	return 0;
}

/* Logs a line about a name that its owner may expect to run. */
static void save_note(struct core *core, struct file *file)
{
	struct file *dir, *project;
	const char *name;

	if (file->sent == file->generation || file->noted == file->generation ||
		!file_place(file, 0, &dir, &name))
		return;
	file->noted = file->generation; /* not again at the release */
	if (dir_kind_keeps(dir, name, file))
		log_line(LOG_INFO,
			"%s/%s: no known ending and no #!: kept as an input "
			"file",
			file_top_key(dir), name);
	project = project_of(dir);
	if (project == dir && project_lacks_main(project, name, file) &&
		core->jobs->noted != project->ino) {
		core->jobs->noted = project->ino;
		log_line(LOG_INFO,
			"%s: kept as an input file of its directory, in which "
			"main.* runs, or what .settings/main names",
			name);
	}
}

/* Runs the file if its name says so, else makes it durable. op, which may be
 * NULL, is given what it has to wait for. */
static int save_start(struct core *core, struct file *file,
	struct file_opened *opened, const struct save_name *as, struct op *op)
{
	if (as->dir && file->sent != file->generation) {
		if (!name_is_too_long(as->name))
			return save_run(core, file, opened, as, op);
		commit_start(core, file, opened, NULL);
		return -ENAMETOOLONG;
	}
	save_note(core, file);
	return commit_start(core, file, opened, op);
}

/* A file with several names runs once, under the first that runs. */
static int save_find_name(struct file *file, struct save_name *as)
{
	struct stat st;
	int err = file_stat(file, &st);

	/* Is the last name known? */
	if (!err && st.st_nlink &&
		!file_place(file, st.st_nlink - 1, &as->dir, &as->name))
		err = file_find_places(file);
	for (size_t i = 0; !err && file_place(file, i, &as->dir, &as->name);
		i++)
		if (dir_kind_runs(as->dir, as->name, file))
			return 0;
	as->dir = NULL;
	return err;
}

int save_flush(struct op *op)
{
	struct handle *handle = op->handle;
	struct file *file = handle->file;
	enum writer_close found;
	struct save_name as;

	if (op->step)
		return save_wait(op);
	if (!handle->is_writable)
		return op_reply_ok(op);
	if (file->sent == file->generation && !file_is_dirty(file))
		return op_reply_ok(op);
	int err = close_probe_ask(op, handle->opener, file->ino, &found);
	if (err)
		return err;
	op->step = 1;
	/* a daemon that it has started may keep the file open for ever */
	if (found == WRITER_CHILD)
		found = WRITER_LAST;
	if (found == WRITER_KILLED) {
		log_line(LOG_INFO,
			"a writer was killed before its close: what it "
			"wrote is kept and not run");
		file->sent = file->generation;
	}
	if (found == WRITER_MORE)
		return op_reply_ok(op);
	/* The release may run it, of which nobody is told. */
	if (found == WRITER_UNKNOWN && file->sent != file->generation)
		job_of_file_expire(op->core, file->number);
	if (found == WRITER_LAST)
		err = save_find_name(file, &as);
	if (!err)
		err = found == WRITER_LAST
			? save_start(op->core, file, &handle->opened, &as, op)
			: commit_start(op->core, file, &handle->opened, op);
	return err ? err : save_wait(op);
}

int save_fsync(struct op *op)
{
	struct file *file = op->handle->file;
	struct file_opened *opened =
		S_ISDIR(file->type) ? NULL : &op->handle->opened;
	int err = op->task ? 0 : commit_start(op->core, file, opened, op);

	return err ? err : save_wait(op);
}

void save_released(struct core *core, struct handle *handle)
{
	struct file *file = handle->file;
	struct save_name as;
	struct stat st;
	int err;

	if (file->writers ||
		(file->sent == file->generation && !file_is_dirty(file)))
		return;
	err = file_stat(file, &st);
	if (!err && !st.st_nlink)
		return;
	if (!err)
		err = save_find_name(file, &as);
	if (!err)
		err = save_start(core, file, &handle->opened, &as, NULL);
	if (err)
		log_line(LOG_ERR, "a file could not be saved: %s",
			strerror(-err));
}

/* Saves a file under its new name, or the main program of a directory that a
 * rename has made a project. */
static int renamed_start(
	struct op *op, struct file *file, struct file *dir, const char *name)
{
	struct project_reason reason;
	struct program main = { .file = file, .dir = dir };
	int err = 0;

	if (S_ISDIR(file->type) && project_of(file) == file &&
		!project_is_plain(file)) {
		err = project_find_main(file, &main, &reason);
		if (err)
			return err == -ENODATA ? 0 : err;
		name = main.name;
	}
	const struct save_name as = { main.dir, name };
	file = main.file;
	if (!S_ISDIR(file->type))
		run_unsettle(file);
	if (S_ISREG(file->type) && !file->writers &&
		file->sent != file->generation && !name_is_too_long(name) &&
		dir_kind_runs(main.dir, name, file))
		err = save_run(op->core, file, NULL, &as, op);
	if (main.name)
		program_clear(&main);
	return err;
}

int save_renamed(
	struct op *op, struct file *file, struct file *dir, const char *name)
{
	const struct save *save;
	int err = 0;

	if (!op->extra && !op->task)
		err = renamed_start(op, file, dir, name);
	save = op->extra;
	if (!err && op->task)
		err = task_wait(op);
	if (err == -EINPROGRESS)
		return err;
	/* The name has changed whatever becomes of the run: with an error here,
	 * the user would believe that it has not. */
	if (err)
		log_line(LOG_ERR, "a renamed file could not be run: %s",
			strerror(-err));
	return save && !job_is_kept(save->job)
		? op_wait(op, &save->job->waiters)
		: 0;
}
