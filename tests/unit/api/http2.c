/* SPDX-License-Identifier: MIT */
/* tests/unit/api/http2.c - only requests that an HTTP/2 server certainly did
 * not carry out are sent again, once */
#include <errno.h>
#include <signal.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "tests/unit/api/fixture.h"

/*
 * A server with a thread for each connection. The n-th request, on whatever
 * connection, is answered by the n-th step. A GOAWAY has the last stream that
 * may have been carried out.
 */
enum step {
	ANSWER = 1,
	REFUSE,	       /* RST_STREAM, REFUSED_STREAM */
	ANSWER_REFUSE, /* headers of an answer, then the same */
	BREAK,	       /* RST_STREAM, INTERNAL_ERROR */
	CANCEL,	       /* RST_STREAM, CANCEL */
	GO_BEFORE,     /* GOAWAY with the stream before this one */
	GO_AT,	       /* GOAWAY with this stream, then close */
	GO_AT_ANSWER,  /* the same, and the answer */
	GO_FIRST,      /* GOAWAY with the first stream */
	HOLD,	       /* no answer yet */
	CLOSE,	       /* close without an answer */
};

#define STEPS_MAX 6
#define CONNECTIONS_MAX 16

struct http2_server;

struct connection {
	pthread_t thread;
	struct http2_server *server;
	int fd;
};

struct http2_server {
	pthread_t thread;
	struct connection connections[CONNECTIONS_MAX];
	int count;
	SSL_CTX *tls;
	int listener, port;
	const enum step *script;
	_Atomic unsigned requests, answered;
};

static char folder[] = "/tmp/api_http2.XXXXXX";

/* ---- frames ---- */

enum { DATA, HEADERS, RST_STREAM = 3, SETTINGS, GOAWAY = 7 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

static bool read_all(SSL *tls, void *bytes, size_t len)
{
	size_t at = 0, n;

	for (; at < len; at += n)
		if (!SSL_read_ex(tls, (char *)bytes + at, len - at, &n))
			return false;
	return true;
}

static void put32(unsigned char *out, uint32_t value)
{
	value = htonl(value);
	memcpy(out, &value, sizeof(value));
}

static void write_frame(SSL *tls, int type, int flags, uint32_t stream,
	const void *payload, size_t len)
{
	unsigned char frame[64] = { 0, 0, (unsigned char)len,
		(unsigned char)type, (unsigned char)flags };
	size_t n;

	put32(frame + 5, stream);
	if (len)
		memcpy(frame + 9, payload, len);
	SSL_write_ex(tls, frame, 9 + len, &n);
}

static void write_reset(SSL *tls, uint32_t stream, uint32_t error)
{
	unsigned char payload[4];

	put32(payload, error);
	write_frame(tls, RST_STREAM, 0, stream, payload, sizeof(payload));
}

static void write_goaway(SSL *tls, uint32_t last)
{
	unsigned char payload[8] = { 0 };

	put32(payload, last);
	write_frame(tls, GOAWAY, 0, 0, payload, sizeof(payload));
}

static void write_head(SSL *tls, uint32_t stream)
{
	/* 0x88 is ":status: 200" */
	write_frame(tls, HEADERS, END_HEADERS, stream, "\x88", 1);
}

static void write_answer(SSL *tls, uint32_t stream)
{
	write_head(tls, stream);
	write_frame(tls, DATA, END_STREAM, stream, "{\"a\":1}", 7);
}

/* False: the connection ends. */
static bool take_step(struct http2_server *server, SSL *tls, uint32_t stream)
{
	enum step step = server->script[server->requests++];

	server->answered += step == ANSWER || step == GO_AT_ANSWER;
	switch (step) {
	case ANSWER:
		write_answer(tls, stream);
		return true;
	case ANSWER_REFUSE:
		write_head(tls, stream);
		write_reset(tls, stream, 7);
		return true;
	case REFUSE:
		write_reset(tls, stream, 7);
		return true;
	case BREAK:
		write_reset(tls, stream, 2);
		return true;
	case HOLD:
		return true;
	case GO_FIRST:
		write_goaway(tls, 1);
		return true;
	case CANCEL:
		write_reset(tls, stream, 8);
		return true;
	case GO_BEFORE:
		write_goaway(tls, stream > 1 ? stream - 2 : 0);
		return true;
	case GO_AT:
		write_goaway(tls, stream);
		return false;
	case GO_AT_ANSWER:
		write_goaway(tls, stream);
		write_answer(tls, stream);
		return true;
	default:
		return false;
	}
}

/* ---- connections ---- */

static void serve(struct http2_server *server, SSL *tls)
{
	unsigned char head[9], payload[16384];
	bool goes_on = read_all(tls, payload, 24); /* the client's preface */

	write_frame(tls, SETTINGS, 0, 0, NULL, 0);
	while (goes_on && read_all(tls, head, sizeof(head))) {
		size_t len = (size_t)head[0] << 16 | head[1] << 8 | head[2];
		uint32_t stream;

		memcpy(&stream, head + 5, sizeof(stream));
		stream = ntohl(stream);
		if (len > sizeof(payload) || !read_all(tls, payload, len))
			return;
		if (head[3] == SETTINGS && !(head[4] & ACK))
			write_frame(tls, SETTINGS, ACK, 0, NULL, 0);
		if ((head[3] == HEADERS || head[3] == DATA) &&
			(head[4] & END_STREAM))
			goes_on = take_step(server, tls, stream);
	}
}

static void *connection_run(void *ctx)
{
	struct connection *connection = ctx;
	SSL *tls = SSL_new(connection->server->tls);

	SSL_set_fd(tls, connection->fd);
	if (SSL_accept(tls) == 1)
		serve(connection->server, tls);
	SSL_shutdown(tls);
	SSL_free(tls);
	shutdown(connection->fd, SHUT_RDWR);
	return NULL;
}

static void *server_run(void *ctx)
{
	struct http2_server *server = ctx;
	int fd;

	while (server->count < CONNECTIONS_MAX &&
		(fd = accept(server->listener, NULL, NULL)) >= 0) {
		struct connection *connection =
			&server->connections[server->count++];

		connection->server = server;
		connection->fd = fd;
		if (pthread_create(&connection->thread, NULL, connection_run,
			    connection) != 0)
			abort();
	}
	return NULL;
}

static int choose_http2(SSL *tls, const unsigned char **out,
	unsigned char *out_len, const unsigned char *in, unsigned in_len,
	void *ctx)
{
	(void)tls, (void)in, (void)in_len, (void)ctx;
	*out = (const unsigned char *)"h2";
	*out_len = 2;
	return SSL_TLSEXT_ERR_OK;
}

static void http2_start(struct http2_server *server, const enum step *script)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->script = script;
	server->tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate_file(
				 server->tls, "good.pem", SSL_FILETYPE_PEM),
		1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(
				 server->tls, "good.key", SSL_FILETYPE_PEM),
		1);
	SSL_CTX_set_alpn_select_cb(server->tls, choose_http2, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(server->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server->listener, 16), 0);
	assert_int_equal(getsockname(server->listener,
				 (struct sockaddr *)&address, &len),
		0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(
		pthread_create(&server->thread, NULL, server_run, server), 0);
}

static void http2_stop(struct http2_server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	for (int i = 0; i < server->count; i++) {
		shutdown(server->connections[i].fd, SHUT_RDWR);
		pthread_join(server->connections[i].thread, NULL);
		close(server->connections[i].fd);
	}
	close(server->listener);
	SSL_CTX_free(server->tls);
}

/* ---- the table ---- */

struct http2_case {
	const char *name;
	enum step steps[STEPS_MAX]; /* the first is of an earlier request */
	int err;		    /* of a POST */
	unsigned requests, answered;
	bool was_sent; /* as api_call_was_sent says */
};

static const struct http2_case cases[] = {
	{ "answered", { ANSWER, ANSWER }, 0, 2, 2, true },
	{ "refused once", { ANSWER, REFUSE, ANSWER }, 0, 3, 2, true },
	{ "refused twice", { ANSWER, REFUSE, REFUSE, ANSWER }, -ECONNRESET, 3,
		1, false },
	{ "GOAWAY before it", { ANSWER, GO_BEFORE, ANSWER }, 0, 3, 2, true },
	{ "GOAWAY before it, twice", { ANSWER, GO_BEFORE, GO_BEFORE, ANSWER },
		-ECONNRESET, 3, 1, false },
	{ "refused, then lost", { ANSWER, REFUSE, CLOSE, ANSWER }, -ECONNRESET,
		3, 1, true },
	{ "GOAWAY, but it may have run", { ANSWER, GO_AT, ANSWER }, -ECONNRESET,
		2, 1, true },
	{ "GOAWAY and its answer", { ANSWER, GO_AT_ANSWER, ANSWER }, 0, 2, 2,
		true },
	{ "an answer, and refused", { ANSWER, ANSWER_REFUSE, ANSWER },
		-ECONNRESET, 2, 1, true },
	{ "an internal error", { ANSWER, BREAK, ANSWER }, -ECONNRESET, 2, 1,
		true },
	{ "cancelled", { ANSWER, CANCEL, ANSWER }, -ECONNRESET, 2, 1, true },
	{ "closed", { ANSWER, CLOSE, ANSWER }, -ECONNRESET, 2, 1, true },
	{ "GOAWAY with the last answer", { GO_AT_ANSWER, ANSWER }, 0, 2, 2,
		true },
	{ "the first one refused", { REFUSE, ANSWER, ANSWER }, 0, 3, 2, true },
};

/* What on_last copies of the call before it is freed. */
struct last {
	struct outcome outcome;
	struct api_call *call;
	bool was_sent;
};

static void on_last(void *ctx, const struct api_answer *answer)
{
	struct last *last = ctx;

	last->was_sent = api_call_was_sent(last->call);
	on_done(&last->outcome, answer);
}

/* Whether this curl's verbose text does not report the GOAWAY of these steps.
 */
static bool lacks_goaway(const enum step *steps)
{
	while (*steps && *steps != GO_BEFORE && *steps != GO_FIRST)
		steps++;
	return *steps &&
		curl_version_info(CURLVERSION_NOW)->version_num < 0x075800;
}

static void each_case(void **state)
{
	const struct http2_case *row = *state;
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct last last = { 0 };
	struct api_request request = {
		.endpoint = API_EXECUTE,
		.body = strdup("{}"),
		.body_len = 2,
	};
	struct http2_server server;
	char url[64];

	if (lacks_goaway(row->steps))
		skip();
	fixture_start(fixture);
	api_free(fixture->api);
	http2_start(&server, row->steps);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", server.port);
	client_start(fixture, url, "good.pem");
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_int_equal(fixture->outcome.err, 0);

	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 on_last, &last, &last.call),
		0);
	settle(fixture);
	assert_int_equal(last.outcome.count, 1);
	if (last.outcome.err != row->err || server.requests != row->requests ||
		server.answered != row->answered ||
		last.was_sent != row->was_sent)
		fail_msg("%d (%s), %u requests, %u answered, %d",
			last.outcome.err, last.outcome.message, server.requests,
			server.answered, last.was_sent);
	outcome_clear(&last.outcome);
	fixture_stop(fixture);
	http2_stop(&server);
	free(fixture);
}

/* One GOAWAY refuses two requests. */
static void two_at_once(void **state)
{
	static const enum step steps[] = { ANSWER, HOLD, GO_FIRST, ANSWER,
		ANSWER };
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct outcome outcome = { 0 };
	struct http2_server server;
	char url[64];

	(void)state;
	if (lacks_goaway(steps))
		skip();
	fixture_start(fixture);
	api_free(fixture->api);
	http2_start(&server, steps);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", server.port);
	client_start(fixture, url, "good.pem");
	ask(fixture, API_EXECUTE, NULL, "{}");
	start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	settle(fixture);
	assert_int_equal(outcome.count, 2);
	assert_int_equal(outcome.err, 0);
	assert_int_equal(server.requests, 5);
	assert_int_equal(server.answered, 3);
	outcome_clear(&outcome);
	fixture_stop(fixture);
	http2_stop(&server);
	free(fixture);
}

static int make_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder) < 0 ||
		system("openssl req -x509 -newkey ec -pkeyopt "
		       "ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
		       "/CN=test -keyout good.key -out good.pem -addext "
		       "subjectAltName=IP:127.0.0.1 2>/dev/null");
}

static int drop_folder(void **state)
{
	(void)state;
	unlink("good.pem");
	unlink("good.key");
	return chdir("/") < 0 || rmdir(folder) < 0;
}

int main(void)
{
	enum { ROWS = sizeof(cases) / sizeof(cases[0]) };
	struct CMUnitTest tests[ROWS + 1] = {
		[ROWS] = cmocka_unit_test(two_at_once),
	};
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < ROWS; i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = each_case,
			.initial_state = (void *)&cases[i],
		};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
