/* SPDX-License-Identifier: MIT */
/* tests/server/terminal.c - the live shells of sessions and services */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "audit.h"
#include "folder.h"
#include "server.h"
#include "terminal_socket.h"
#include "vault.h"
#include "words.h"

void terminals_init(struct terminals *terminals)
{
	pthread_mutex_init(&terminals->lock, NULL);
	LIST_INIT(&terminals->list);
}

static void terminal_free(struct terminal *terminal)
{
	close(terminal->master);
	if (terminal->log >= 0)
		close(terminal->log);
	pthread_cond_destroy(&terminal->room);
	free(terminal->id);
	free(terminal);
}

void terminals_clear(struct terminals *terminals)
{
	struct terminal *terminal;

	while ((terminal = LIST_FIRST(&terminals->list))) {
		LIST_REMOVE(terminal, link);
		pthread_join(terminal->thread, NULL);
		terminal_free(terminal);
	}
	pthread_mutex_destroy(&terminals->lock);
}

static struct terminal *terminal_find(struct server *server, const char *id)
{
	struct terminal *terminal;

	LIST_FOREACH(terminal, &server->terminals.list, link)
	if (!strcmp(terminal->id, id) && !terminal->has_ended)
		return terminal;
	return NULL;
}

/* ---- its output ---- */

static size_t terminal_room(const struct terminal *terminal)
{
	unsigned long long oldest = terminal->printed;
	struct attached *attached;

	LIST_FOREACH(attached, &terminal->sockets, link)
	if (attached->sent < oldest)
		oldest = attached->sent;
	return TERMINAL_RING - (size_t)(terminal->printed - oldest);
}

static void terminal_tell(struct terminal *terminal)
{
	const uint64_t one = 1;
	struct attached *attached;

	LIST_FOREACH(attached, &terminal->sockets, link)
	if (write(attached->event, &one, sizeof(one)) < 0)
		perror("standin");
}

static void terminal_print(
	struct terminal *terminal, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		terminal->ring[terminal->printed++ % TERMINAL_RING] = bytes[i];
	terminal_tell(terminal);
}

static void *terminal_read(void *ctx)
{
	struct terminal *terminal = ctx;
	pthread_mutex_t *lock = &terminal->server->terminals.lock;
	char bytes[16384];
	ssize_t n;
	int status;

	for (;;) {
		struct pollfd fd = { .fd = terminal->master, .events = POLLIN };
		poll(&fd, 1, -1);
		n = read(terminal->master, bytes, sizeof(bytes));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n > 0 && terminal->log >= 0 &&
			write(terminal->log, bytes, (size_t)n) < 0)
			perror("standin");
		pthread_mutex_lock(lock);
		if (n <= 0)
			break;
		while (terminal_room(terminal) < (size_t)n &&
			!terminal->is_killed)
			pthread_cond_wait(&terminal->room, lock);
		terminal_print(terminal, bytes, (size_t)n);
		pthread_mutex_unlock(lock);
	}
	pthread_mutex_unlock(lock);
	status = child_wait(&terminal->child);
	pthread_mutex_lock(lock);
	terminal->has_ended = true;
	terminal->status = status;
	terminal_tell(terminal);
	pthread_mutex_unlock(lock);
	return NULL;
}

/* ---- its start and end ---- */

static int terminal_spawn(struct server *server,
	const struct resource *resource, struct terminal *terminal, int slave)
{
	bool is_session = resource->kind == KIND_SESSION;
	const char *argv[] = { "env", "TERM=xterm-256color", "setsid", "-cw",
		is_session ? resource->shell : "bash", NULL };
	char dir[400], **vault, **env;
	struct child_spec spec = {
		.argv = argv,
		.dir = dir,
		.has_network = resource->has_network,
		.stdin_fd = slave,
		.stdout_fd = slave,
		.stderr_fd = slave,
	};
	int err = -ENOMEM;

	resource_dir(server, resource, dir, sizeof(dir));
	if (folder_make(dir)) /* a seeded resource has none yet */
		return -EIO;
	vault = is_session ? NULL : vault_environment(resource->vault);
	env = words_environment(launcher_root(&server->launcher, dir),
		launcher_home(&server->launcher, dir),
		(const char *const *)vault);
	spec.env = (const char *const *)env;
	if (env)
		err = child_start(&terminal->child, &server->launcher, &spec);
	words_free(vault);
	words_free(env);
	return err;
}

static int terminal_start(struct server *server,
	const struct resource *resource, struct terminal **out)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int slave, err;

	if (!terminal)
		return -ENOMEM;
	if (openpty(&terminal->master, &slave, NULL, NULL, &size)) {
		free(terminal);
		return -errno;
	}
	fcntl(terminal->master, F_SETFD, FD_CLOEXEC);
	fcntl(terminal->master, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(slave, F_SETFD, FD_CLOEXEC);
	pthread_cond_init(&terminal->room, NULL);
	terminal->log = -1;
	terminal->server = server;
	terminal->has_multiplexer =
		resource->multiplexer && *resource->multiplexer;
	terminal->id = strdup(resource->id);
	err = terminal->id ? terminal_spawn(server, resource, terminal, slave)
			   : -ENOMEM;
	close(slave);
	terminal->log = err ? -1 : audit_open(server, resource);
	if (!err &&
		pthread_create(
			&terminal->thread, NULL, terminal_read, terminal)) {
		child_kill(&terminal->child);
		child_wait(&terminal->child);
		err = -EAGAIN;
	}
	if (err) {
		terminal_free(terminal);
		return err;
	}
	LIST_INSERT_HEAD(&server->terminals.list, terminal, link);
	*out = terminal;
	return 0;
}

void terminal_kill(struct server *server, const char *id)
{
	struct terminal *terminal;

	pthread_mutex_lock(&server->terminals.lock);
	LIST_FOREACH(terminal, &server->terminals.list, link)
	{
		if (terminal->has_ended || (id && strcmp(terminal->id, id)))
			continue;
		child_freeze(&terminal->child, false);
		child_kill(&terminal->child);
		/* Do not wait for slow sockets any more. */
		terminal->is_killed = true;
		pthread_cond_broadcast(&terminal->room);
	}
	pthread_mutex_unlock(&server->terminals.lock);
}

void terminal_freeze(struct server *server, const char *id, bool is_frozen)
{
	struct terminal *terminal;

	pthread_mutex_lock(&server->terminals.lock);
	terminal = terminal_find(server, id);
	if (terminal)
		child_freeze(&terminal->child, is_frozen);
	pthread_mutex_unlock(&server->terminals.lock);
}

/* ---- the request ---- */

static struct attached *attach(
	struct server *server, const struct resource *resource, int *err)
{
	struct attached *attached = calloc(1, sizeof(*attached));
	struct terminal *terminal;

	*err = attached ? 0 : -ENOMEM;
	if (!attached)
		return NULL;
	attached->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_lock(&server->terminals.lock);
	terminal = terminal_find(server, resource->id);
	if (!terminal)
		*err = terminal_start(server, resource, &terminal);
	if (!*err) {
		attached->terminal = terminal;
		attached->sent = terminal->printed;
		LIST_INSERT_HEAD(&terminal->sockets, attached, link);
	}
	pthread_mutex_unlock(&server->terminals.lock);
	if (!*err)
		return attached;
	close(attached->event);
	free(attached);
	return NULL;
}

/* Without authentication, the account is the owner of the id. */
static void take_owner(struct server *server, struct request *request)
{
	static const enum kind kinds[] = { KIND_SESSION, KIND_SERVICE };

	pthread_mutex_lock(&server->resources.lock);
	for (size_t i = 0; i < 2; i++) {
		const struct shelf *shelf =
			&server->resources.shelves[kinds[i]];
		for (size_t j = 0; j < shelf->count; j++)
			if (!strcmp(shelf->list[j]->id, request->parts[1]))
				request->account = shelf->list[j]->owner;
	}
	pthread_mutex_unlock(&server->resources.lock);
}

static void terminal_upgrade(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *resource;
	struct attached *attached;
	int err;

	if (terminal_admit(server, request, reply))
		return;
	if (!request->account)
		take_owner(server, request);
	if (!request->account) {
		reply_error(reply, 404, "NOT_FOUND", "session not found");
		return;
	}
	resource = action_take_shell(server, request, reply);
	if (!resource)
		return;
	if (strcmp(resource->state, "running")) {
		resource_drop(server);
		reply_error(reply, 409, "NOT_RUNNING",
			"It is not running: unfreeze it first");
		return;
	}
	attached = attach(server, resource, &err);
	resource_drop(server);
	if (!attached)
		reply_error(reply, 503, "UNAVAILABLE", strerror(-err));
	else if (!websocket_accept(
			 request, reply, terminal_socket_run, attached))
		terminal_detach(attached);
}

const struct route terminal_routes[] = {
	{ "GET", "/sessions/ID/shell", ROUTE_OPEN, terminal_upgrade },
	{ 0 },
};
