/* SPDX-License-Identifier: MIT */
/* tests/fuzz/http_bytes.c - any bytes as an answer, through curl to the client
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/client.h"
#include "tests/fuzz/fuzz.h"

/*
 * The first byte of an input chooses the request. The rest is sent on each
 * connection, which is then closed. Each input is received twice, once in one
 * piece and once in two, with the same success. There is no server: curl gets
 * one end of a socket pair.
 */

enum { ENDS_MAX = 64, TURNS_MAX = 2000, ANSWER_MAX = 64 << 10 };

static const struct {
	enum api_endpoint endpoint;
	const char *id, *body;
} requests[] = {
	{ API_SERVICES, NULL, NULL },
	{ API_EXECUTE, NULL, "{\"code\":\"\"}" },
	{ API_JOB, "j", NULL },
	{ API_SERVICE_ENV_EXPORT, "w", "{}" },
	{ API_SERVICE_ENV_SET, "w", "A=1\n" },
	{ API_SESSION_DELETE, "s", NULL },
	{ API_KEYS_VALIDATE, NULL, NULL },
	{ API_HEALTH, NULL, NULL },
};

static struct {
	const uint8_t *bytes;
	size_t len, first;  /* the bytes, and how many are sent at once */
	int ends[ENDS_MAX]; /* the server's ends of all connections */
	size_t sent[ENDS_MAX];
	unsigned count;
} wire;

struct outcome {
	unsigned count; /* calls of on_done */
	unsigned tries; /* connections */
	int err, status;
	uint64_t hash;
};

/* ---- the server ---- */

/* Sends up to `end` on a connection, or as much as its socket takes. */
static void wire_send(unsigned i, size_t end)
{
	ssize_t n = 0;

	if (wire.sent[i] < end)
		n = send(wire.ends[i], wire.bytes + wire.sent[i],
			end - wire.sent[i], MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		wire.sent[i] += (size_t)n;
	/* close would reset it if there are unread bytes of the request */
	if (wire.sent[i] == wire.len)
		shutdown(wire.ends[i], SHUT_WR);
}

static curl_socket_t wire_open(
	void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	int pair[2];

	(void)ctx;
	(void)purpose;
	(void)address;
	if (wire.count == ENDS_MAX ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return CURL_SOCKET_BAD;
	wire.ends[wire.count] = pair[1];
	wire.sent[wire.count] = 0;
	wire_send(wire.count++, wire.first);
	return pair[0];
}

/* Replaces the system's: a pair is already connected, but libcurl 7.88 calls
 * connect even if CURLOPT_SOCKOPTFUNCTION returns
 * CURL_SOCKOPT_ALREADY_CONNECTED.
 */
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	(void)fd;
	(void)address;
	(void)len;
	return 0;
}

/* Replaces curl's and calls it, so that each transfer uses wire_open. */
CURL *curl_easy_init(void)
{
	static CURL *(*curls)(void);
	CURL *easy;

	if (!curls)
		*(void **)&curls = dlsym(RTLD_NEXT, "curl_easy_init");
	HOLDS(curls);
	easy = curls();
	HOLDS(easy);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, wire_open);
	return easy;
}

/* ---- the client ---- */

static void check_line(const char *line)
{
	for (; *line; line++)
		HOLDS((unsigned char)*line >= ' ' && *line != 0x7f);
}

static void on_log(void *ctx, int syslog_level, const char *line)
{
	(void)ctx;
	HOLDS(syslog_level >= 0 && syslog_level <= 7);
	check_line(line);
	HOLDS(!strstr(line, "unsb-sk-"));
}

static void on_done(void *ctx, const struct api_answer *answer)
{
	struct outcome *outcome = ctx;

	HOLDS(answer->err <= 0 && answer->err > -200);
	HOLDS(answer->status == 0 ||
		(answer->status >= 100 && answer->status <= 999));
	HOLDS(answer->err || answer->status / 100 == 2);
	HOLDS(!answer->err == !answer->message[0]);
	HOLDS(answer->text_len <= ANSWER_MAX);
	HOLDS(!answer->text || answer->text[answer->text_len] == '\0');
	check_line(answer->message);
	check_line(answer->code);
	outcome->count++;
	outcome->err = answer->err;
	outcome->status = answer->status;
	outcome->hash = answer->err ? 0 : answer->text_hash;
}

/* Runs until the call is done. Waits take no real time. */
static void settle(struct api *api, struct outcome *outcome, size_t len)
{
	uint64_t now_ms = 1000;
	unsigned step_ms = 1;

	for (int turn = 0; turn < TURNS_MAX && !outcome->count; turn++) {
		api_run(api, now_ms);
		bool waits = !api_stats(api)->in_flight;

		for (unsigned i = 0; i < wire.count; i++)
			wire_send(i, len);
		HOLDS(api_poll(api, NULL, 0, now_ms, waits ? 0 : 10) == 0);
		if (waits)
			now_ms += step_ms = MIN(2 * step_ms, 1000);
	}
	HOLDS(outcome->count == 1);
}

static struct outcome ask(unsigned which, size_t first)
{
	static const struct api_credentials keys = {
		.public_key = "unsb-pk-test-0000-0000-0001",
		.secret_key = "unsb-sk-test0-vault-unlck-12345",
	};
	static const struct api_config config = {
		.url = "http://127.0.0.1:9",
		.credentials = &keys,
		.answer_max = { ANSWER_MAX, ANSWER_MAX, ANSWER_MAX },
		.log = on_log,
	};
	const char *body = requests[which].body;
	struct api_request request = {
		.hashes_text = true,
		.endpoint = requests[which].endpoint,
		.id = requests[which].id,
		.body = body ? strdup(body) : NULL,
		.body_len = body ? strlen(body) : 0,
		.timeout_ms = 3000,
	};
	struct outcome outcome = { 0 };
	struct api *api;
	char why[200];

	wire.first = first;
	HOLDS(api_new(&config, &api, why, sizeof(why)) == 0);
	HOLDS(api_start(api, &request, 1000, on_done, &outcome, NULL) == 0);
	settle(api, &outcome, wire.len);
	outcome.tries = wire.count;
	HOLDS(outcome.tries > 0);
	/* Only safe requests are sent again without an answer. */
	if (!endpoint_is_safe(endpoint_row(request.endpoint)))
		HOLDS(outcome.status || outcome.tries == 1);
	api_free(api);
	while (wire.count)
		close(wire.ends[--wire.count]);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static bool is_begun;
	unsigned which =
		len ? bytes[0] % (sizeof(requests) / sizeof(*requests)) : 0;
	struct outcome whole, split;

	if (!is_begun)
		HOLDS(curl_global_init_wiped() == CURLE_OK);
	is_begun = true;
	wire.bytes = bytes + !!len;
	wire.len = len - !!len;
	whole = ask(which, wire.len);
	split = ask(which, wire.len / 2);
	/* The wait before a retry is random, and curl finds a NUL in a header
	 * only if its line is received at once. */
	if (whole.tries > 1 || split.tries > 1 ||
		memchr(wire.bytes, '\0', wire.len))
		return 0;
	HOLDS(!whole.err == !split.err);
	/* in the same garbage curl may find different errors */
	HOLDS(whole.err || whole.hash == split.hash);
	return 0;
}
