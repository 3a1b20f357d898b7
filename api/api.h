/* SPDX-License-Identifier: MIT */
/* api/api.h - one signed request to unsandbox.com, from template to answer */
#ifndef API_API_H
#define API_API_H

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include <jansson.h>

/*
 * Every function in this header keeps these conventions:
 *
 *   - It returns 0 or -errno; -ENOMEM means out of memory.
 *   - `now_ms` is the monotonic clock in milliseconds, read by the caller.
 *   - *borrowed*: stays the caller's. *taken*: freed by the callee, on errors
 *     too. *owned by the caller*: freed by the caller with the function named.
 *   - Nothing blocks, and no callback is called before the function that
 *     started the work has returned.
 *
 * "part N" in these files is the part of api/API.md that states the fact.
 */

/* ---- bytes in JSON -------------------------------------------------- */

/*
 * Programs print any bytes, but JSON carries Unicode. One reversible mapping
 * connects them: a byte that is not part of valid UTF-8 is escaped as the code
 * point U+10FF00 + byte (and the code points U+10FF80 to U+10FFFF themselves
 * are escaped byte by byte), so that jansson accepts every text and no byte is
 * lost. Other valid UTF-8 stays as it is.
 */

/* Parses len bytes of JSON, which may contain invalid UTF-8, \u0000 and lone
 * surrogates. NULL: not JSON, more than 64 levels deep, so many values that
 * they would take much more memory than the text, or out of memory. Owned by
 * the caller. Thread-safe. */
json_t *json_read(const char *text, size_t len);

/* The same, with the reason: -EPROTO, -ENOMEM; -EMSGSIZE: too deep, or too many
 * values. */
int json_parse(const char *text, size_t len, json_t **out);

/* Parses an object of a list. In the answers of API_SESSIONS, API_SERVICES,
 * API_SNAPSHOTS and API_IMAGES..., which may be long, each object in an array
 * stays text, as a JSON string, and anything else is null. NULL: item is not
 * an object, or out of memory. Owned by the caller. Thread-safe. */
json_t *json_list_item(const json_t *item);

/* Compact text of value, with the bytes that its strings stand for. NULL: out
 * of memory. Owned by the caller, free(). Thread-safe. */
char *json_write(const json_t *value, size_t *len);

/* The same, indented by two blanks, with a newline at the end. Where that would
 * be mostly blanks, it is compact. */
char *json_write_pretty(const json_t *value, size_t *len);

/* The length of these bytes in a string of such text, without the quotes. */
size_t json_escaped_len(const char *bytes, size_t len);

/* A JSON string that stands for these bytes. NULL: out of memory. */
json_t *json_from_bytes(const void *bytes, size_t len);

/* The bytes that a JSON string stands for, and a NUL that is not counted.
 * NULL: not a string, or out of memory. Owned by the caller, free(). */
char *json_to_bytes(const json_t *string, size_t *len);

/* The same without a copy, if nothing in the string is escaped: *owned is NULL
 * then, and the bytes are borrowed from the string. */
const char *json_bytes(const json_t *string, size_t *len, char **owned);

/* The length of the UTF-8 character at the start of s, 1 to 4; 0: there is
 * none. Overlong forms, surrogates and what is above U+10FFFF are none.
 * Thread-safe. */
size_t bytes_character_len(const char *s, size_t left);

/* Copies text as one line into out, whose size is not 0: control bytes, C1
 * controls and invalid UTF-8 become \xNN, so that it steers no terminal. What
 * does not fit is cut off between characters. Thread-safe. */
void line_escape(const char *text, char *out, size_t size);

/* The first of the members named in `names` ("state|status", left to right)
 * that object has and that is not null; NULL if there is none, or object is not
 * an object. Borrowed. Part 13 lists the names that mean the same. */
json_t *json_member(const json_t *object, const char *names);

/* json_inherit gives object the members of `more` that it lacks; -ENOMEM.
 * json_twin returns a new object with the same members; NULL: out of memory.
 * (jansson's json_object_update_missing and json_copy silently leave members
 * out if memory runs out.) */
int json_inherit(json_t *object, json_t *more);
json_t *json_twin(json_t *object);

/* A value of the API as one line of text, without a newline: booleans as 0 and
 * 1, numbers as given, strings as their bytes, arrays one item a line, objects
 * as compact JSON. NULL: out of memory. Owned by the caller, free(). */
char *json_value_text(const json_t *value, size_t *len);

/* The value of an integer, a numeric string, or a real, whose fraction is cut
 * off; -EPROTO: something else, or too large. */
int json_to_integer(const json_t *value, int64_t *out);

/* Seconds and nanoseconds since 1970 of an ISO 8601 text, a number, or a
 * numeric string (part 13). -EPROTO: something else. */
int json_time(const json_t *value, struct timespec *out);

/*
 * Like open_memstream: fclose sets *text and *len, and ends the text with a
 * zero. But the stream leaves no copy of it in freed memory. If fclose returns
 * EOF, it is out of memory, and *text is NULL; otherwise the caller owns the
 * text. NULL: out of memory. Do not seek.
 */
FILE *text_stream_open(char **text, size_t *len);

/* Standard padded base64, owned by the caller, free(). encode: NULL: out of
 * memory. decode accepts missing padding and white space; -EPROTO: any other
 * byte, -ENOMEM. */
char *base64_encode(const void *bytes, size_t len, size_t *out_len);
int base64_decode(const char *text, size_t len, char **out, size_t *out_len);

/* ---- languages (part 8) --------------------------------------------- */

/* The language of a file name by its ending, or NULL. Static. */
const char *language_of_name(const char *name);

/* The language that the #! line of content names (env with options, and version
 * suffixes are understood), or NULL. Static. Content needs no final NUL. */
const char *language_of_shebang(const char *content, size_t len);

/* ---- credentials (part 1) ------------------------------------------- */

struct api_credentials {
	char public_key[256];
	char secret_key[256];
	char source[PATH_MAX + 64]; /* where they came from, for messages */
	char file[PATH_MAX];	    /* absolute; "": the environment */
	int row;		    /* of the file */
};

/* $HOME if it is absolute and not owned by another user, else the home
 * directory of the passwd entry; NULL: there is none. Valid until the next
 * call. */
const char *home_directory(void);

/*
 * Finds the keys. account >= 0: only in that row of the accounts file. account
 * < 0: in UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY, else in row
 * UNSANDBOX_ACCOUNT (or 0) of the accounts file. The accounts file is
 * accounts_file if given, else $CREDENTIALS_DIRECTORY/accounts.csv (of
 * systemd's LoadCredential=), ~/.unsandbox/accounts.csv, or ./accounts.csv.
 * Rows without the two prefixes, blank lines and comments are not counted.
 * On error `why` is one line that names the file: -ENOENT no keys found,
 * -EACCES the file is readable by others or belongs to another user, -EINVAL a
 * malformed file or key, -ERANGE no such row.
 */
int api_credentials_load(struct api_credentials *out, int account,
	const char *accounts_file, char *why, size_t why_len);

/* Reads the keys again from the same file and row. On error they are unchanged:
 * the errors of api_credentials_load, -EINVAL if the public key differs,
 * -ENOTSUP if they came from the environment. */
int api_credentials_reload(
	struct api_credentials *credentials, char *why, size_t why_len);
/* Wipes the keys. */
void api_credentials_clear(struct api_credentials *credentials);

/* ---- the worker ------------------------------------------------------ */

/*
 * One thread for work that would block the loop and cannot be split: fsync,
 * base64 and parsing of megabytes. `work` runs in it and may touch nothing but
 * ctx; `done` runs later in the loop's thread, from worker_collect. Both run in
 * the order of submission, but for worker_give_way.
 */
struct worker;
/* NULL: out of memory, or no thread. */
struct worker *worker_new(void);
/* Waits for all that was submitted, calls every `done`, ends the thread. */
void worker_free(struct worker *worker);
/* done may be NULL. -ENOMEM: neither work nor done will run. */
int worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx);
/* For a `work` of many pieces, between them: does what waits behind it. NULL:
 * there is no worker. */
void worker_give_way(struct worker *worker);
/* Readable while there is something to collect. */
int worker_fd(const struct worker *worker);
void worker_collect(struct worker *worker);
/* json_decref in the worker, for values that may take long to free (a list of
 * 100,000 takes 150 ms). Taken. Without a worker (NULL), or out of memory, it
 * is done at once. */
void worker_drop(struct worker *worker, json_t *json);
/* How many were submitted and not collected. */
unsigned worker_pending(const struct worker *worker);

/* ---- long output ------------------------------------------------------ */

/*
 * What a program prints may be longer than memory should hold. Where a request
 * says so (spools), such a string of the answer is written to a file while it
 * is received; its value in answer->json has only the beginning. Members that
 * mean the same and have the same text have the same value.
 *
 * Held and dropped by the loop's thread; spool_find is thread-safe.
 */
struct spool;
struct spooled {
	json_t *value;
	int fd;		       /* of a file without a name, O_RDWR; borrowed */
	uint64_t size;	       /* of the whole string in bytes */
	uint64_t escaped_size; /* json_escaped_len of it */
	int err; /* -errno of a write; then the file is not whole */
};
/* Both take NULL. */
struct spool *spool_hold(struct spool *spool);
void spool_drop(struct spool *spool);
/* NULL: the value is whole; and if spool is NULL. Borrowed. */
const struct spooled *spool_find(
	const struct spool *spool, const json_t *value);

/* A new file without a name in the directory, O_RDWR. A descriptor, owned by
 * the caller, or -errno. By one thread at a time. */
int file_unnamed(int dir_fd);

/* ---- endpoints ------------------------------------------------------- */

/* API_KEYS_VALIDATE and so on: api/endpoint_rows.h lists them all, with method,
 * path, content type and limits. */
enum api_endpoint {
#define ROW(name, ...) name,
#include "api/endpoint_rows.h"
	API_ENDPOINTS
};

/* "POST", "/jobs/{id}". Static. */
const char *api_endpoint_method(enum api_endpoint endpoint);
const char *api_endpoint_path(enum api_endpoint endpoint);

/* ---- the client ------------------------------------------------------ */

struct api;
struct api_call;

/* Who waits for the answer: a person's command; a run, which takes turns with
 * API_PERSON; a reader of results; nobody. */
enum api_priority { API_PERSON, API_PROGRAM, API_READER, API_POLL };

struct api_answer {
	int err;	     /* 0, or -errno by the table in api/errno.c */
	int status;	     /* HTTP status; 0: no answer */
	json_t *json;	     /* borrowed: incref it to keep it; NULL: none */
	struct spool *spool; /* borrowed: hold it to keep it; NULL: none */
	const char *text;    /* the body as received, and a NUL; borrowed. NULL:
			      * it is empty, or longer than 64 KB */
	size_t text_len;
	/* Of the body, 64 bits of SHA-256, if the request hashes it; 0: empty.
	 */
	uint64_t text_hash;
	/* The reason of a failure, from the API or from curl, as one line with
	 * control bytes escaped; "" on success. */
	const char *message;
	const char *code; /* the API's `code`, else `error` word; "" */
	int64_t sent_ms;  /* when its last attempt was sent (now_ms clock) */
};

/* Called exactly once for each call that was not cancelled, from api_run. The
 * answer and everything in it is valid until it returns. */
typedef void api_done(void *ctx, const struct api_answer *answer);

/* Each kind of answer has its own limit on the decompressed size. */
enum api_answer_kind {
	API_ANSWER_OTHER,
	API_ANSWER_LIST,
	API_ANSWER_OUTPUT, /* what programs print, and their artifacts */
	API_ANSWER_KINDS
};

struct api_param {
	const char *name;
	const char *value;
};

struct api_request {
	enum api_endpoint endpoint;
	enum api_priority priority;
	/* For {id} in the path, percent-encoded by the client; borrowed. NULL
	 * if the path has none. "", ".", ".." and more than 1024 bytes are
	 * refused with -EPROTO: ids are the API's. */
	const char *id;
	const struct api_param *query; /* ends with a NULL name; borrowed */
	char *body; /* taken, free(), wiped before; NULL: none */
	size_t body_len;
	/* The body is borrowed until done returns or the call is cancelled. */
	bool keeps_body;
	bool hashes_text; /* the answer's; not if it spools */
	/* The members, named as for json_member, whose long strings go to
	 * files, if the client has a spooler; static. NULL: none. */
	const char *spools;
	/* The time limit with all waits and retries; 0: the configured one, and
	 * at least 120 s where the answer waits for a program. That of an
	 * API_PROGRAM starts anew when it gets its turn. */
	uint64_t timeout_ms;
};

/* All pointers are borrowed until api_free, but url only until api_new returns.
 */
struct api_config {
	const char *url;    /* https://..., or http:// to loopback */
	const char *cacert; /* PEM file of trusted CAs; NULL: the system's */
	const char *user_agent; /* NULL: none is sent */
	const struct api_credentials *credentials;
	struct worker *worker; /* parses long answers; may be NULL */
	/* Writes long strings of answers to files; NULL: they are in memory.
	 * To be freed after all that may hold a spool. */
	struct worker *spooler;
	int spool_dir_fd;
	uint64_t timeout_ms; /* default of a request; 0: 30 s */
	/* The longest answer in bytes; 0: 8, 64 and 256 MiB. */
	uint64_t answer_max[API_ANSWER_KINDS];
	/* Called for every request that ended with an error, after its retries,
	 * but not for a run or a poll that had no turn in time; may be NULL.
	 */
	void (*on_error)(void *ctx, const char *method, const char *path,
		const struct api_answer *answer);
	/* One line for the log, without any secret; may be NULL. */
	void (*log)(void *ctx, int syslog_level, const char *line);
	void *ctx;
};

/* -EINVAL: a URL that is neither https nor http to loopback, or has more than a
 * host and a port; -ENOSYS: a libcurl without an asynchronous resolver or
 * something else that is needed; both with `why`. -ENOMEM. The process must
 * ignore SIGPIPE. */
int api_new(const struct api_config *config, struct api **out, char *why,
	size_t why_len);
/* Cancels all calls without calling their done. */
void api_free(struct api *api);

/* -EPROTO: a bad id, which on_error is told; -EINVAL: a GET with a body. The
 * call is freed after its done, or by api_cancel. done and out may be NULL.
 * Nothing is sent before api_run. */
int api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out);

/* Its done is not called. A request that was sent may still be carried out. */
void api_cancel(struct api_call *call);

/* True once the request, or a part of it, was sent. */
bool api_call_was_sent(const struct api_call *call);

/* Waits for curl's sockets and for fds, whose revents are set (POLLHUP and
 * POLLERR may be set as POLLIN), for timeout_ms at most (-1: no limit), or less
 * if curl or a waiting call is due sooner. fds should include the worker's; the
 * caller collects it before api_run. -EINVAL: more than 16 fds; -EIO, -ENOMEM:
 * curl failed. */
int api_poll(struct api *api, struct pollfd *fds, unsigned nfds,
	uint64_t now_ms, int timeout_ms);

/* Sends and receives without waiting, starts what is due, calls done. */
void api_run(struct api *api, uint64_t now_ms);

/* ---- the live shell (parts 5 and 16.7) ------------------------------- */

/*
 * A terminal in a session or a service (by its id), over a WebSocket. Bytes
 * written to it are typed there; what it prints arrives as events.
 */
struct api_shell;

enum api_shell_end {
	SHELL_REFUSED,	/* it was never open; err and message say why */
	SHELL_EXITED,	/* the shell has ended */
	SHELL_DETACHED, /* it lives on without us */
	SHELL_LOST,	/* the connection broke; err and message say how */
};

struct api_shell_ended {
	enum api_shell_end end;
	int status; /* the shell's exit status; -1: unknown */
	/* The refusal; if the shell was lost, only err and message are set.
	 * Borrowed. */
	const struct api_answer *answer;
	int64_t wait_s; /* how long the answer asks to wait; -1: it does not */
};

/* Called from api_run. They must not close the shell. */
struct api_shell_events {
	void (*opened)(void *ctx);
	/* What the terminal printed; borrowed. */
	void (*output)(void *ctx, const void *bytes, size_t len);
	/* api_shell_write takes bytes again. */
	void (*writable)(void *ctx);
	/* Called once, the last event. */
	void (*ended)(void *ctx, const struct api_shell_ended *ended);
};

/* Starts to connect. -EPROTO: a bad id. events is borrowed. The caller closes
 * *out with api_shell_close. */
int api_shell_open(struct api *api, const char *id,
	const struct api_shell_events *events, void *ctx, uint64_t now_ms,
	struct api_shell **out);
/* Detaches and frees the shell; calls no event. NULL does nothing. */
void api_shell_close(struct api_shell *shell);
/* Queues up to len bytes to type and returns how many: 0 while the queue is
 * full, or once the shell has ended. -ENOMEM. */
ssize_t api_shell_write(struct api_shell *shell, const void *bytes, size_t len);
/* Whether api_shell_write takes bytes; if not, the event `writable` follows. */
bool api_shell_has_room(struct api_shell *shell);
/* Sets the terminal's size, now and whenever it is attached. */
void api_shell_resize(struct api_shell *shell, unsigned columns, unsigned rows);
/* How many milliseconds to wait before attaching again after the tries-th
 * failure (counted from 1), with the back-off of requests. -1: do not retry. */
int64_t api_shell_retry_ms(const struct api_shell_ended *ended, unsigned tries);
/* While paused, nothing is received, so that the server has to wait. */
void api_shell_pause(struct api_shell *shell, bool is_paused);

/* The one-time code (part 11) for the next write that is answered 428, or for
 * one that was and is started again. It is used once and then wiped. NULL or ""
 * forgets it. -EINVAL: longer than 64 bytes, or not printable ASCII. */
int api_set_otp(struct api *api, const char *code);

/* What the key allows, as POST /keys/validate says: up to a million a minute,
 * or less than one; 0: unknown. The client keeps a token bucket of it,
 * corrected by X-RateLimit-* and by 429. */
void api_set_rate(
	struct api *api, double per_minute, unsigned burst, uint64_t now_ms);

/* Counters since the start, for `.unsandboxfs/stats`. Borrowed. */
struct api_stats {
	uint64_t sent[API_ENDPOINTS]; /* attempts that were sent */
	uint64_t by_status[6];	      /* [0] no answer, [2] 2xx ... [5] 5xx */
	uint64_t limited;	      /* answers of 429 */
	uint64_t retries;
	uint64_t resigned; /* signed again after a 401 about the clock */
	uint64_t bytes_sent, bytes_received; /* bodies */
	uint64_t queued;	  /* calls that wait for their turn now */
	uint64_t in_flight;	  /* calls on the wire now */
	int64_t skew_s;		  /* added to our clock for time stamps */
	int64_t limit, remaining; /* X-RateLimit-*; -1: never received */
	int64_t reset_unix_s;
};
const struct api_stats *api_stats(const struct api *api);

#endif
