/* SPDX-License-Identifier: MIT */
/* fs/mount/signals.c - handles signals, and reports to systemd */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/mount/parts.h"

static void watchdog_fire(void *ctx)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;

	service_notify("WATCHDOG=1");
	timer_arm(&core->timers, &mount->watchdog_timer,
		core->now_ms + service_watchdog_ms());
}

int signals_open(struct mount *mount)
{
	sigset_t set;

	signals_block(&set);
	mount->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	mount->watchdog_timer.fire = watchdog_fire;
	mount->watchdog_timer.ctx = mount;
	if (service_watchdog_ms())
		watchdog_fire(mount);
	return mount->signal_fd < 0 ? -errno : 0;
}

void signals_block(sigset_t *set)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2 };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(set, signals[i]);
	sigprocmask(SIG_BLOCK, set, NULL);
}

/* What failed with the old secret key may succeed with the new one. */
static void keys_reload(struct mount *mount)
{
	struct core *core = &mount->core;
	char why[1024];

	service_notify("RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)clock_us());
	if (api_credentials_reload(mount->credentials, why, sizeof(why))) {
		log_line(LOG_ERR, "keys: %s", why);
	} else {
		log_line(LOG_NOTICE, "keys: read %s again",
			mount->credentials->source);
		cache_drop_all(core->cache);
	}
	service_notify("READY=1");
}

void signals_read(struct mount *mount)
{
	struct signalfd_siginfo info;

	while (read(mount->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			log_reopen();
			keys_reload(mount);
		} else if (info.ssi_signo == SIGUSR2) {
			log_line(LOG_NOTICE, "requests to the API are %s",
				log_debug_toggle() ? "logged"
						   : "logged no longer");
		} else {
			log_line(LOG_INFO, "ended by %s",
				strsignal(info.ssi_signo));
			mount->is_stopping = true;
		}
	}
}
