/* SPDX-License-Identifier: MIT */
/* tests/server/service.c - runs a service, and keeps its log */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "server.h"
#include "vault.h"
#include "words.h"

void service_log_path(const struct server *server,
	const struct resource *service, char *buf, size_t size)
{
	snprintf(buf, size, "%s/service/%s/log", server->dir, service->id);
}

static int open_log(const struct server *server, const struct resource *service)
{
	char path[400];

	service_log_path(server, service, path, sizeof(path));
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void service_log(const struct server *server, const struct resource *service,
	const char *line)
{
	int fd = open_log(server, service);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", line);
	close(fd);
}

static int spawn(struct server *server, struct resource *service,
	const char *dir, char **env, int log)
{
	bool has_shebang = !strncmp(service->bootstrap, "#!", 2);
	const char *direct[] = { "./bootstrap.sh", NULL };
	const char *by_bash[] = { "bash", "./bootstrap.sh", NULL };
	struct child_spec spec = {
		.argv = has_shebang ? direct : by_bash,
		.env = (const char *const *)env,
		.dir = dir,
		.has_network =
			service->has_network || json_array_size(service->ports),
		.is_service = true,
		.stdin_fd = -1,
		.stdout_fd = log,
		.stderr_fd = log,
	};

	return child_start(&service->child, &server->launcher, &spec);
}

static bool is_url(const char *bootstrap)
{
	return !strncmp(bootstrap, "http://", 7) ||
		!strncmp(bootstrap, "https://", 8);
}

int service_start(struct server *server, struct resource *service)
{
	char dir[400];
	char **given, **env;
	int log, err;

	resource_dir(server, service, dir, sizeof(dir));
	err = folder_make(dir);
	if (err || !*service->bootstrap)
		return err;
	if (is_url(service->bootstrap)) {
		service_log(server, service,
			"stand-in: there is no network to fetch it from");
		return 0;
	}
	err = folder_write(dir, "bootstrap.sh", service->bootstrap,
		strlen(service->bootstrap));
	if (err)
		return err;
	given = vault_environment(service->vault);
	env = words_environment(launcher_root(&server->launcher, dir),
		launcher_home(&server->launcher, dir),
		(const char *const *)given);
	log = open_log(server, service);
	err = env && log >= 0 ? spawn(server, service, dir, env, log) : -EIO;
	if (log >= 0)
		close(log);
	words_free(given);
	words_free(env);
	return err;
}

void service_stop(struct resource *service)
{
	if (service->child.pid <= 0)
		return;
	child_kill(&service->child);
	child_wait(&service->child);
}
