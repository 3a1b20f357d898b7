/* SPDX-License-Identifier: MIT */
/* tests/unit/api/tls.c - which servers the client trusts (openssl s_server) */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/api/fixture.h"

static char folder[] = "/tmp/api_tls.XXXXXX";

static pid_t server_pid;
static int server_port;

/* A self-signed certificate for names, in NAME.pem, and NAME.key. */
static int make_certificate(const char *name, const char *names)
{
	char command[500];

	snprintf(command, sizeof(command),
		"openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
		"-keyout %s.key -out %s.pem -addext subjectAltName=%s "
		"2>/dev/null",
		name, name, names);
	return system(command);
}

static void tls_start(const char *name, const char *option)
{
	char certificate[32], key[32], line[200];
	int out[2];
	FILE *lines;

	snprintf(certificate, sizeof(certificate), "%s.pem", name);
	snprintf(key, sizeof(key), "%s.key", name);
	assert_int_equal(pipe(out), 0);
	server_pid = fork();
	if (server_pid == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		execlp("openssl", "openssl", "s_server", "-accept",
			"127.0.0.1:0", "-cert", certificate, "-key", key,
			"-HTTP", option, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	lines = fdopen(out[0], "r");
	server_port = 0;
	while (!server_port && fgets(line, sizeof(line), lines))
		sscanf(line, "ACCEPT 127.0.0.1:%d", &server_port);
	assert_int_not_equal(server_port, 0);
	fclose(lines);
}

static void tls_stop(void)
{
	kill(server_pid, SIGTERM);
	waitpid(server_pid, NULL, 0);
}

struct tls_case {
	const char *name;
	const char *certificate; /* of the server */
	const char *option;	 /* of s_server */
	const char *host;
	const char *trusted; /* NULL: what the system trusts */
	int err;
	const char *message;
};

static const struct tls_case cases[] = {
	{ "trusted", "good", NULL, "127.0.0.1", "good.pem", 0, "" },
	{ "trusted by name", "good", NULL, "localhost", "good.pem", 0, "" },
	{ "unknown to the system", "good", NULL, "127.0.0.1", NULL, -EPROTO,
		"certificate" },
	{ "signed by another", "good", NULL, "127.0.0.1", "other.pem", -EPROTO,
		"certificate" },
	{ "for another name", "other", NULL, "127.0.0.1", "other.pem", -EPROTO,
		"subject name" },
	{ "no such file", "good", NULL, "127.0.0.1", "absent.pem", -EPROTO,
		NULL },
	{ "TLS 1.2", "good", "-tls1_2", "127.0.0.1", "good.pem", 0, "" },
	{ "TLS 1.1", "good", "-tls1_1", "127.0.0.1", "good.pem", -EPROTO,
		NULL },
};

static void only_the_right_server_is_trusted(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	char url[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tls_case *row = &cases[i];

		fixture_start(fixture);
		api_free(fixture->api);
		tls_start(row->certificate, row->option);
		snprintf(url, sizeof(url), "https://%s:%d", row->host,
			server_port);
		client_start(fixture, url, row->trusted);
		ask(fixture, API_HEALTH, NULL, NULL);
		if (fixture->outcome.err != row->err ||
			(row->message &&
				!strstr(fixture->outcome.message,
					row->message)))
			fail_msg("%s: %d, %s", row->name, fixture->outcome.err,
				fixture->outcome.message);
		/* nothing is sent before the server is verified */
		assert_int_equal(api_stats(fixture->api)->sent[API_HEALTH],
			row->err == 0);
		tls_stop();
		fixture_stop(fixture);
	}
	free(fixture);
}

static void a_server_without_tls_gets_nothing(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	char url[64];

	(void)state;
	fixture_start(fixture);
	api_free(fixture->api);
	SCRIPT(fixture, { 200, NULL, "{}", NULL, AFTER_CLOSE, 0 });
	snprintf(
		url, sizeof(url), "https://127.0.0.1:%d", fixture->server.port);
	client_start(fixture, url, NULL);
	start(fixture, API_EXECUTE, NULL, "{}", &fixture->outcome);
	/* the server waits for a request that never comes */
	turn(fixture, 100);
	fixture->now_ms += 120000;
	settle(fixture);
	assert_int_equal(fixture->outcome.err, -ETIMEDOUT);
	assert_int_equal(server_seen_count(&fixture->server), 0);
	fixture_stop(fixture);
	free(fixture);
}

/* SSLKEYLOGFILE would write the connection's keys, which decrypt it. */
static void sslkeylogfile_is_ignored(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	char url[64];

	(void)state;
	setenv("SSLKEYLOGFILE", "keys", 1);
	fixture_start(fixture);
	api_free(fixture->api);
	tls_start("good", NULL);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", server_port);
	client_start(fixture, url, "good.pem");
	ask(fixture, API_HEALTH, NULL, NULL);
	assert_int_equal(fixture->outcome.err, 0);
	tls_stop();
	fixture_stop(fixture);
	assert_int_not_equal(unlink("keys"), 0);
	free(fixture);
}

static int make_folder(void **state)
{
	FILE *file;

	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0 ||
		make_certificate("good", "DNS:localhost,IP:127.0.0.1") != 0 ||
		make_certificate("other", "DNS:other.example") != 0)
		return -1;
	file = fopen("health", "w");
	fputs("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n"
	      "Connection: close\r\n\r\n{\"status\":\"ok\"}",
		file);
	return fclose(file);
}

static int drop_folder(void **state)
{
	(void)state;
	unlink("health");
	unlink("good.pem");
	unlink("good.key");
	unlink("other.pem");
	unlink("other.key");
	return chdir("/") < 0 || rmdir(folder) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_right_server_is_trusted),
		cmocka_unit_test(a_server_without_tls_gets_nothing),
		cmocka_unit_test(sslkeylogfile_is_ignored),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
