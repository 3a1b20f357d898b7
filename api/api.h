/* SPDX-License-Identifier: MIT */
/* api/api.h - one signed request to unsandbox.com, from template to answer */
#ifndef API_API_H
#define API_API_H

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <jansson.h>

/*
 * Conventions of this header, kept by every function in it:
 *
 *   - 0 or -errno is returned; -ENOMEM where memory ran out.
 *   - `now_ms` is the monotonic clock in milliseconds, read by the caller.
 *   - *borrowed*: stays the caller's; *taken*: freed by the callee, also on
 *     error; *owned by the caller*: to be freed with the function named.
 *   - nothing blocks, and no callback is made before the function that
 *     started the work has returned.
 */

/* ---- bytes in JSON -------------------------------------------------- */

/*
 * Programs print any bytes; JSON carries Unicode. In between stands one
 * reversible mapping: a byte that is not part of valid UTF-8 is held as the
 * code point U+10FF00 + byte (and the code points U+10FF80..U+10FFFF
 * themselves are held byte by byte), so that jansson accepts every text and
 * no byte is lost. Text that is valid UTF-8 is untouched by it.
 */

/* Parses an answer of len bytes, raw invalid UTF-8, \u0000 and lone surrogates
 * included. NULL where it is not JSON, is deeper than 256 levels, or
 * memory ran out. Owned by the caller. Thread-safe. */
json_t *json_read(const char *text, size_t len);

/* The same, for who must know why: -EPROTO, -ENOMEM. */
int json_parse(const char *text, size_t len, json_t **out);

/* An object of a list. In the answers of API_SESSIONS, API_SERVICES,
 * API_SNAPSHOTS and API_IMAGES..., which may be long, each object in an array
 * stays text, as a JSON string, and what is no object is null. Here it is
 * parsed; NULL: it is none, or memory ran out. Owned by the caller.
 * Thread-safe. */
json_t *json_list_item(const json_t *item);

/* Compact text of value with raw UTF-8, the bytes held by json_from_bytes put
 * back raw. NULL: no memory. Owned by the caller, free(). Thread-safe. */
char *json_write(const json_t *value, size_t *len);

/* The same, indented by two blanks and with one newline at its end. */
char *json_write_pretty(const json_t *value, size_t *len);

/* A JSON string that holds these bytes, any bytes. NULL: no memory. */
json_t *json_from_bytes(const void *bytes, size_t len);

/* The bytes that a JSON string stands for, with a NUL behind them that is not
 * counted. NULL: not a string, or no memory. Owned by the caller, free(). */
char *json_to_bytes(const json_t *string, size_t *len);

/* The first of the members named in `names` ("state|status", left to right)
 * that object has and that is not null; NULL if there is none or object is no
 * object. Borrowed. api.md part 13 lists which names mean the same. */
json_t *json_member(const json_t *object, const char *names);

/* Gives object those members of `more` that it has not, and an object of its
 * own with the members of another. (Where memory runs out, jansson's own
 * json_object_update_missing and json_copy leave some away and say nothing.)
 * -ENOMEM, NULL: no memory. */
int json_inherit(json_t *object, json_t *more);
json_t *json_twin(json_t *object);

/* A value of the API as one line of text, without a newline: booleans as 0 and
 * 1, numbers as given, strings as their bytes, arrays one item a line, objects
 * as compact JSON. NULL: no memory. Owned by the caller, free(). */
char *json_value_text(const json_t *value, size_t *len);

/* Integer, numeric string or real (its fraction cut off); -EPROTO if it is none
 * of these, or too large. (json_integer is jansson's own.) */
int json_to_integer(const json_t *value, int64_t *out);

/* Seconds and nanoseconds since 1970 of an ISO 8601 text, a number, or a
 * numeric string (api.md 13.6). -EPROTO if it is none of these. */
int json_time(const json_t *value, struct timespec *out);

/* Standard padded base64. encode: owned by the caller, NULL: no memory.
 * decode accepts missing padding and white space; -EPROTO for other bytes. */
char *base64_encode(const void *bytes, size_t len, size_t *out_len);
int base64_decode(const char *text, size_t len, char **out, size_t *out_len);

/* ---- languages (api.md 8) ------------------------------------------- */

/* The language of a file name by its ending, or NULL. Static. */
const char *language_of_name(const char *name);

/* The language that the #! line of content names (env and its options, version
 * suffixes understood), or NULL. Static. Content need not end in NUL. */
const char *language_of_shebang(const char *content, size_t len);

/* ---- credentials (api.md 1.5) --------------------------------------- */

struct api_credentials {
	char public_key[256];
	char secret_key[256];
	char source[PATH_MAX + 64]; /* where they came from, for people */
};

/*
 * Finds the keys. account >= 0: that row of the accounts file, and nothing
 * else. account < 0: UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY, else row
 * UNSANDBOX_ACCOUNT (or 0) of the accounts file. The accounts file is
 * accounts_file if given, else ~/.unsandbox/accounts.csv, else ./accounts.csv.
 * Rows without the two prefixes, blank lines and comments do not count.
 * On error `why` says it in one line that names the file:
 * -ENOENT none found, -EACCES a file that others may read or that is another
 * user's, -EINVAL a malformed file or key, -ERANGE no such row.
 */
int api_credentials_load(struct api_credentials *out, int account,
	const char *accounts_file, char *why, size_t why_len);

/* Wipes them. */
void api_credentials_clear(struct api_credentials *credentials);

/* ---- the worker ------------------------------------------------------ */

/*
 * One thread for what can neither wait nor go in steps: fsync, base64 and
 * parsing of megabytes. `work` runs there and may touch nothing but ctx;
 * `done` runs later in the loop's thread, from worker_collect. In order.
 */
struct worker;
struct worker *worker_new(void);
/* Waits for what was submitted, calls every `done`, ends the thread. */
void worker_free(struct worker *worker);
int worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx);
/* Readable while something is to be collected. */
int worker_fd(const struct worker *worker);
void worker_collect(struct worker *worker);
/* json_decref there, for values whose freeing may take long (a list of 100,000
 * takes 150 ms). Taken. worker may be NULL: it is done here, then, as it is
 * where memory ran out. */
void worker_drop(struct worker *worker, json_t *json);
/* How much was submitted and not collected. */
unsigned worker_pending(const struct worker *worker);

/* ---- endpoints ------------------------------------------------------- */

/* One row each in api/endpoints.c: method, path, content type, limits. */
enum api_endpoint {
	API_KEYS_VALIDATE,
	API_HEALTH,
	API_EXECUTE,
	API_EXECUTE_ASYNC,
	API_RUN,
	API_RUN_ASYNC,
	API_JOBS,
	API_JOB,
	API_JOB_CANCEL,
	API_LANGUAGES,
	API_SHELLS,
	API_CLUSTER,
	API_POOLS,
	API_LOGS,
	API_STATS,

	API_SESSIONS,
	API_SESSION,
	API_SESSION_CREATE,
	API_SESSION_DELETE,
	API_SESSION_FREEZE,
	API_SESSION_UNFREEZE,
	API_SESSION_SLEEP,
	API_SESSION_WAKE,
	API_SESSION_BOOST,
	API_SESSION_UNBOOST,
	API_SESSION_LOCK,
	API_SESSION_UNLOCK,
	API_SESSION_SNAPSHOT,
	API_SESSION_EXECUTE,
	API_SESSION_SHELL,

	API_SERVICES,
	API_SERVICE,
	API_SERVICE_CREATE,
	API_SERVICE_DELETE,
	API_SERVICE_PATCH,
	API_SERVICE_RESIZE,
	API_SERVICE_FREEZE,
	API_SERVICE_UNFREEZE,
	API_SERVICE_SLEEP,
	API_SERVICE_WAKE,
	API_SERVICE_LOCK,
	API_SERVICE_UNLOCK,
	API_SERVICE_LOGS,
	API_SERVICE_DOMAINS,
	API_SERVICE_ENV,
	API_SERVICE_ENV_SET,
	API_SERVICE_ENV_DELETE,
	API_SERVICE_ENV_EXPORT,
	API_SERVICE_REDEPLOY,
	API_SERVICE_EXECUTE,
	API_SERVICE_SNAPSHOT,

	API_SNAPSHOTS,
	API_SNAPSHOT,
	API_SNAPSHOT_DELETE,
	API_SNAPSHOT_CLONE,
	API_SNAPSHOT_RESTORE,
	API_SNAPSHOT_LOCK,
	API_SNAPSHOT_UNLOCK,

	API_IMAGES,
	API_IMAGES_OWNED,
	API_IMAGES_SHARED,
	API_IMAGES_PUBLIC,
	API_IMAGE,
	API_IMAGE_PUBLISH,
	API_IMAGE_DELETE,
	API_IMAGE_LOCK,
	API_IMAGE_UNLOCK,
	API_IMAGE_VISIBILITY,
	API_IMAGE_GRANT,
	API_IMAGE_REVOKE,
	API_IMAGE_TRUSTED,
	API_IMAGE_TRANSFER,
	API_IMAGE_SPAWN,
	API_IMAGE_CLONE,

	API_ENDPOINTS
};

/* "POST", "/jobs/{id}". Static. */
const char *api_endpoint_method(enum api_endpoint endpoint);
const char *api_endpoint_path(enum api_endpoint endpoint);

/* ---- the client ------------------------------------------------------ */

struct api;
struct api_call;

/* Who waits: a person's command; a run, which takes turns with those; a reader
 * of results; nobody. */
enum api_priority { API_PERSON, API_PROGRAM, API_READER, API_POLL };

struct api_answer {
	int err;	  /* 0, or -errno by the table of tree.md */
	int status;	  /* HTTP status; 0: no answer came */
	json_t *json;	  /* borrowed: incref it to keep it; NULL: none */
	const char *text; /* the body as it came; borrowed */
	size_t text_len;
	/* Why it failed, in the API's words or curl's, one line, control bytes
	 * escaped; "" on success. */
	const char *message;
	const char *code; /* the API's `code`, else `error` word; "" */
	int64_t sent_ms;  /* when its last try was sent (now_ms clock) */
};

/* Called exactly once for each call that was not cancelled, from api_run.
 * The answer and all in it live until it returns. */
typedef void api_done(void *ctx, const struct api_answer *answer);

struct api_param {
	const char *name;
	const char *value;
};

struct api_request {
	enum api_endpoint endpoint;
	enum api_priority priority;
	/* For {id} of the path, percent-encoded here; borrowed. NULL where the
	 * path has none. "" . and .. are refused with -EINVAL. */
	const char *id;
	const struct api_param *query; /* ends with a NULL name; borrowed */
	char *body;		       /* taken, free(); NULL: none */
	size_t body_len;
	/* The body is borrowed, until done returns or the call is cancelled. */
	bool keeps_body;
	/* Whole time, waits and retries included; 0: the configured one, and
	 * 120 s at least where the answer waits for a program. */
	uint64_t timeout_ms;
};

struct api_config {
	const char *url;    /* https://..., or http:// to loopback; borrowed */
	const char *cacert; /* PEM file to verify with; NULL: the system's */
	const char *user_agent;
	const struct api_credentials *credentials; /* borrowed, kept */
	struct worker *worker; /* borrowed; parses long answers */
	uint64_t timeout_ms;   /* default of a request; 0: 30 s */
	/* Told of every request that ended with an error, after its retries,
	 * but not of a poll that had no turn in time; may be NULL. */
	void (*on_error)(void *ctx, const char *method, const char *path,
		const struct api_answer *answer);
	/* One line for the log; never holds a secret; may be NULL. */
	void (*log)(void *ctx, int syslog_level, const char *line);
	void *ctx;
};

/* -EINVAL: an url that is neither https nor http to loopback, or that has more
 * than a host and a port, with `why`; -ENOSYS: a libcurl without an
 * asynchronous resolver. SIGPIPE is to be ignored by the process. */
int api_new(const struct api_config *config, struct api **out, char *why,
	size_t why_len);
/* Cancels all calls, without their done. */
void api_free(struct api *api);

/* -EINVAL for a bad id, or a body where none goes. The call is freed after its
 * done, or by api_cancel. done may be NULL: nobody wants to know; so may out.
 * Nothing is sent before api_run. */
int api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out);

/* Its done is not called. What was sent may have been carried out. */
void api_cancel(struct api_call *call);

/* True once the request, or part of it, went onto the wire. */
bool api_call_was_sent(const struct api_call *call);

/* Waits for curl's sockets and for fds (their revents are set), for
 * timeout_ms at most (-1: no limit), less where curl or a queued call is due
 * sooner. fds should hold the worker's, which the caller collects before
 * api_run. -EINVAL: more than 16 fds; -EIO. */
int api_poll(struct api *api, struct pollfd *fds, unsigned nfds,
	uint64_t now_ms, int timeout_ms);

/* Sends and receives what is possible, starts what is due, calls done. */
void api_run(struct api *api, uint64_t now_ms);

/* The one-time code for the next write that is answered 428, or for one that
 * was and is now started again. It serves once and is wiped then. NULL or ""
 * forgets it. -EINVAL: longer than 64, or control bytes. */
int api_set_otp(struct api *api, const char *code);

/* What the key allows, from POST /keys/validate; 0: unknown. The client keeps a
 * token bucket of it, corrected by X-RateLimit-* and by 429. */
void api_set_rate(
	struct api *api, unsigned per_minute, unsigned burst, uint64_t now_ms);

/* Counters since the start, for `.unsandboxfs/stats`. Borrowed. */
struct api_stats {
	uint64_t sent[API_ENDPOINTS]; /* tries that went out */
	uint64_t by_status[6];	      /* [0] no answer, [2] 2xx ... [5] 5xx */
	uint64_t limited;	      /* answers of 429 */
	uint64_t retries;
	uint64_t resigned; /* after a 401 that spoke of the clock */
	uint64_t bytes_sent, bytes_received; /* bodies */
	uint64_t queued;	  /* calls that wait for the bucket now */
	uint64_t in_flight;	  /* calls on the wire now */
	int64_t skew_s;		  /* what is added to our clock */
	int64_t limit, remaining; /* X-RateLimit-*, -1: never told */
	int64_t reset_unix_s;
};
const struct api_stats *api_stats(const struct api *api);

#endif
