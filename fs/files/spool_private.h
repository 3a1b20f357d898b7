/* SPDX-License-Identifier: MIT */
/* fs/files/spool_private.h - what the files of the spool share with each other
 */
#ifndef FS_FILES_SPOOL_PRIVATE_H
#define FS_FILES_SPOOL_PRIVATE_H

#include "fs/files/spool.h"

/*
 * An inode lives in up to four files (state.h). What makes a kill harmless:
 *
 *   - Every record bears a sequence number. N.json was fsynced by a commit,
 *     N.next is newer and was not; the newest whole one counts. So no change
 *     of attributes can cost what was committed, even by a power cut.
 *   - A record says itself where its inode stands. A rename is one record
 *     that claims the name; whoever claimed it with an older one has lost it.
 *     An exchange is one record, too: it says where the other one is now.
 *   - What a rename replaced stays on disk until the record that replaced it
 *     is durable, if it was durable itself (spool_node.doomed).
 *   - A commit makes durable whatever the name hangs from, too.
 */

#define SPOOL_LINKS_MAX 1000
#define SPOOL_NAME_MAX 255
#define SPOOL_SECRET_MAX (1 << 20)
#define SPOOL_RECORD_MAX ((size_t)32 * 1024 * 1024)

/* A name in a directory; belongs to the node that stands there. */
struct spool_place {
	struct spool_node *dir; /* NULL: not resolved yet (load) */
	struct spool_node *node;
	uint64_t parent; /* the directory's number */
	uint64_t order;	 /* serial of creation: the cookie of listings */
	uint32_t hash;
	struct spool_place *next; /* of the same bucket */
	char name[];
};

struct spool_names {
	struct spool_place **list; /* by order */
	size_t count, room;
	struct spool_place **buckets; /* room of them, a power of two */
};

struct spool_links {
	struct spool_place **list;
	size_t count, room;
};

/* An open content file that a commit and its inode share. */
struct spool_file {
	int fd;
	unsigned users;
};

struct spool_content {
	struct spool_file *file; /* NULL: closed, or empty */
	bool working;		 /* it is N.work, and no commit has it */
	struct timespec saved;	 /* while working: mtime of what is committed */
	uint64_t version;	 /* of the working copy, or the last one */
};

struct spool_node {
	struct spool_inode inode; /* first: the public part */
	struct spool *spool;
	struct spool_node *chain; /* of the table */
	struct spool_node *next_top;
	uint64_t sequence;  /* of the newest record */
	uint64_t durable;   /* of the newest one that is fsynced; 0: none */
	uint64_t placed;    /* of the newest one that says where it stands */
	uint64_t exchanged; /* the number of what it changed places with, until
			       both are durable; 0: none */
	uint64_t *doomed;   /* see above: numbers */
	size_t doomed_count;
	unsigned commits; /* under way; each keeps the node */
	bool is_stale;	  /* its newest record could not be written */
	bool is_secret;	  /* see spool_secret.c */
	bool kept;	  /* its files are among the doomed of another */
	/* While loading: */
	bool settle;	  /* its record is to be made durable */
	bool claimed;	  /* its record says that it stands somewhere */
	bool beaten;	  /* a newer one has a name of its */
	bool dangles;	  /* a name of its is in no directory */
	json_t *exchange; /* what its record says of `exchanged` */
	char *home;	  /* the key of the top directory it was under */
	struct spool_names names;
	struct spool_links links;
	struct spool_content content;
};

struct spool {
	struct state *state; /* borrowed */
	spool_gone *gone;
	spool_secret *is_secret;
	void (*complain)(const char *line);
	void *ctx;
	struct spool_node **table; /* by ino; room is a power of two */
	size_t count, room;
	struct spool_node *tops, *last_top;
	mode_t top_mode;   /* of top directories */
	uint64_t salt;	   /* keeps two mounts' inode numbers apart */
	uint64_t serial;   /* the next number */
	uint64_t reserved; /* numbers below it may be given out */
	uint64_t sequence; /* the newest record's */
};

static inline struct spool_node *spool_node(const struct spool_inode *inode)
{
	return (struct spool_node *)inode;
}

static inline bool spool_is_dir(const struct spool_inode *inode)
{
	return S_ISDIR(inode->mode);
}

/* ---- spool_table.c: nodes by number ---------------------------------- */

uint64_t spool_mix(const struct spool *spool, uint64_t number);
struct spool_node *spool_node_of(struct spool *spool, uint64_t number);
struct spool_node *spool_top_of(struct spool *spool, const char *root);
/* With times set and no name; in the table. NULL: errno says why. */
struct spool_node *spool_node_make(struct spool *spool, mode_t mode, uid_t uid,
	gid_t gid, const struct timespec *now);
/* One that has this number already; not in the table. */
struct spool_node *spool_node_new(
	struct spool *spool, uint64_t number, mode_t mode);
int spool_table_add(struct spool *spool, struct spool_node *node);
/* Takes it from the table and frees it; its files stay. */
void spool_node_free(struct spool_node *node);
/* Removes the node and its files if neither name, handle nor commit is left;
 * else closes a content file that nobody has open. */
void spool_node_rest(struct spool_node *node);
/* So that numbers are not used again after the next start, either. */
int spool_serial_save(struct spool *spool, uint64_t reserved);

/* ---- spool_names.c: directories -------------------------------------- */

struct spool_place *spool_place_new(struct spool_node *node, uint64_t parent,
	const char *name, size_t len, uint64_t order);
struct spool_place *spool_place_find(
	const struct spool_node *dir, const char *name);
/* Room for one more, so that the functions below cannot fail. */
int spool_names_reserve(struct spool_node *dir);
int spool_links_reserve(struct spool_node *node);
void spool_names_add(struct spool_node *dir, struct spool_place *place);
/* The same for a load: in any order, and sorted when all are there, so that
 * no two have the same order. */
void spool_names_append(struct spool_node *dir, struct spool_place *place);
void spool_names_sort(struct spool_node *dir);
void spool_names_remove(struct spool_place *place);
void spool_links_add(struct spool_place *place);
void spool_links_remove(struct spool_place *place);
/* Both, and nlink of the node and of the directory. */
void spool_place_add(struct spool_node *dir, struct spool_place *place);
void spool_place_detach(struct spool_place *place); /* the caller's then */
/* Makes top the top of a directory and of all below. */
void spool_top_set(struct spool_node *dir, struct spool_inode *top);
/* 0, -EINVAL, -ENAMETOOLONG. */
int spool_name_check(const char *name, size_t len);

/* ---- spool_record.c, spool_decode.c ---------------------------------- */

/* The record's text with this sequence. Owned by the caller, free(). */
char *spool_record_text(
	const struct spool_node *node, uint64_t sequence, size_t *len);
/* Writes N.next. Its sequence is the spool's newest. */
int spool_record_write(struct spool_node *node);
/* The same for a change of where it stands. */
int spool_record_place(struct spool_node *node);
/* The same for what follows from a change that is on disk already, so that it
 * cannot fail any more: what could not be written is written at the end. */
void spool_record_follow(struct spool_node *node);
/* So for the times of a directory. */
void spool_record_touch(struct spool_node *dir, const struct timespec *now);
/* Writes N.json durably, at once: at start and end only. */
int spool_record_settle(struct spool_node *node);
/* Removes the records, so that the inode is not there after a start. */
int spool_record_remove(struct spool_node *node);
int spool_files_remove(struct spool *spool, uint64_t number);
int spool_doomed_remove(struct spool_node *node);
/* Name of a file of inodes/. */
#define SPOOL_FILE_LEN 64
char *spool_file_name(
	char out[SPOOL_FILE_LEN], uint64_t number, const char *ending);
/* Makes a node of a record; -EINVAL with why: damaged; -ENOMEM. Its places are
 * in its links, not resolved. */
int spool_record_read(struct spool *spool, uint64_t number, const char *text,
	size_t len, struct spool_node **out, const char **why);
/* Fills links from the JSON of a record; -EINVAL -ENOMEM. */
int spool_links_read(struct spool_node *node, const json_t *list);

/* ---- spool_load.c, spool_resolve.c, spool_rescue.c
 * ------------------------------------ */

int spool_load(struct spool *spool);
/* Makes the directories again that are lost and in which something is. */
int spool_rescue(
	struct spool *spool, struct spool_node *const *nodes, size_t count);
/* Gives each name to its newest claimant, rescues what hangs from damaged
 * directories, drops what has no name. */
int spool_resolve(struct spool *spool);
void spool_complain(struct spool *spool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Renames N.ending to N.ending.damaged. */
void spool_set_aside(struct spool *spool, uint64_t number, const char *ending);
void spool_tops_add(struct spool *spool, struct spool_node *top);

/* ---- spool_content.c ------------------------------------------------- */

void spool_file_drop(struct spool_file *file);
/* Closes it where nobody needs it open. */
void spool_content_rest(struct spool_node *node);
void spool_content_free(struct spool_node *node);
/* Opens what a read gives; content->file stays NULL where it is empty. */
int spool_content_open(struct spool_node *node);

/* ---- spool_secret.c -------------------------------------------------- */

/* Before a node gets this name: 0, -EPERM (see spool_keep_secret), -EFBIG,
 * -ENOMEM, -EIO. */
int spool_secret_named(struct spool_node *node, const struct spool_node *dir,
	const char *name);
void spool_secret_wipe(const struct spool_node *node);

#endif
