/* SPDX-License-Identifier: MIT */
/* fs/tree/mount.c - .unsandboxfs/: this mount itself */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/resources/resources.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

/* What this mount reports about itself changes all the time. */
static int moving_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	(void)op;
	(void)node;
	(void)attr;
	*timeout_s = 0;
	return 0;
}

static void put(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void api_print(const struct api_stats *stats, FILE *out)
{
	static const char *const classes[] = { "no_answer", "1xx", "2xx", "3xx",
		"4xx", "5xx" };
	char name[64];

	for (int i = 0; i < API_ENDPOINTS; i++)
		if (stats->sent[i])
			fprintf(out, "requests %s %s %" PRIu64 "\n",
				api_endpoint_method(i), api_endpoint_path(i),
				stats->sent[i]);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "answers_%s", classes[i]);
		put(out, name, stats->by_status[i]);
	}
	put(out, "answers_429", stats->limited);
	put(out, "retries", stats->retries);
	put(out, "resigned", stats->resigned);
	put(out, "bytes_sent", stats->bytes_sent);
	put(out, "bytes_received", stats->bytes_received);
	put(out, "requests_queued", stats->queued);
	put(out, "requests_in_flight", stats->in_flight);
	fprintf(out, "clock_skew_s %" PRId64 "\n", stats->skew_s);
	fprintf(out, "rate_limit %" PRId64 "\n", stats->limit);
	fprintf(out, "rate_remaining %" PRId64 "\n", stats->remaining);
	fprintf(out, "rate_reset %" PRId64 "\n", stats->reset_unix_s);
}

static void cache_print(const struct cache_stats *stats, FILE *out)
{
	put(out, "cache_hits", stats->hits);
	put(out, "cache_misses", stats->misses);
	put(out, "cache_joined", stats->joined);
	put(out, "cache_stale", stats->stale);
	put(out, "cache_negative", stats->negative);
	put(out, "cache_evicted", stats->evicted);
	put(out, "cache_entries", stats->entries);
	put(out, "cache_bytes", stats->bytes);
}

static void resources_print(struct core *core, FILE *out)
{
	uint64_t count, bytes;

	lists_measure(core, &count, &bytes);
	put(out, "resources", count);
	put(out, "resources_bytes", bytes);
	put(out, "resources_bytes_each", count ? bytes / count : 0);
}

static int stats_render(struct op *op, const struct node *node, FILE *out)
{
	struct core *core = op->core;
	const struct op *parked;
	const struct job *job;
	uint64_t waiting = 0, readers = 0, going = 0, jobs = 0;

	(void)node;
	TAILQ_FOREACH(parked, &core->parked, link)
	{
		waiting++;
		readers += parked->unwait != NULL;
	}
	TAILQ_FOREACH(job, &core->jobs->all, link)
	{
		jobs++;
		going += !job_is_final(job);
	}
	api_print(api_stats(core->api), out);
	cache_print(cache_stats(core->cache), out);
	resources_print(core, out);
	put(out, "operations", core->operations);
	put(out, "operations_waiting", waiting);
	put(out, "longest_turn_us", core->longest_turn_us);
	put(out, "readers_waiting", readers);
	put(out, "handles", core->handles);
	put(out, "nodes", core->nodes.count);
	put(out, "jobs", jobs);
	put(out, "jobs_going_on", going);
	return 0;
}

/* The same as Prometheus reads it: "requests GET /jobs 3" has labels. */
static int metrics_render(struct op *op, const struct node *node, FILE *out)
{
	char *text = NULL, *rest, *line, method[16], path[128];
	size_t len;
	FILE *stats = text_stream_open(&text, &len);
	uint64_t value;

	if (!stats)
		return -ENOMEM;
	stats_render(op, node, stats);
	if (fclose(stats)) {
		free(text);
		return -ENOMEM;
	}
	for (rest = text; (line = strtok_r(rest, "\n", &rest));)
		if (sscanf(line, "requests %15s %127s %" SCNu64, method, path,
			    &value) == 3)
			fprintf(out,
				"unsandboxfs_requests{method=\"%s\","
				"path=\"%s\"} %" PRIu64 "\n",
				method, path, value);
		else
			fprintf(out, "unsandboxfs_%s\n", line);
	free(text);
	return 0;
}

static int log_render(struct op *op, const struct node *node, FILE *out)
{
	size_t len;
	char *text = log_text(&len);

	(void)op;
	(void)node;
	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	free(text);
	return 0;
}

static int errors_render(struct op *op, const struct node *node, FILE *out)
{
	(void)node;
	errors_print(op->core->errors, out);
	return 0;
}

static int config_render(struct op *op, const struct node *node, FILE *out)
{
	const char *text = op->core->options->text;

	(void)node;
	fprintf(out, "public_key %s\n", op->core->credentials->public_key);
	fprintf(out, "credentials %s\n", op->core->credentials->source);
	fprintf(out, "state %s\n", op->core->state.path);
	if (text)
		fputs(text, out);
	return 0;
}

static int refresh_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	(void)node;
	(void)text;
	(void)len;
	lists_forget(op->core);
	cache_drop_all(op->core->cache);
	notify_all(op->core);
	return 0;
}

static int otp_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	char code[128];

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len >= sizeof(code) || memchr(text, ' ', len))
		return row_refuse(op->core, "WRITE", node, NULL, -EINVAL,
			"a one-time code is one word");
	memcpy(code, text, len);
	code[len] = '\0';
	int err = api_set_otp(op->core->api, code);
	explicit_bzero(code, sizeof(code));
	return err;
}

#define ABOUT(name, printed, says)                                             \
	READABLE("/.unsandboxfs/" name, says, .attr = moving_attr,             \
		.render = printed)
const struct row tree_mount_rows[] = {
	FIXED_DIRECTORY("/.unsandboxfs", "this mount itself"),
	ABOUT("stats", stats_render, "counters, one `name value` a line"),
	ABOUT("metrics", metrics_render, "the same for Prometheus"),
	ABOUT("log", log_render, "what the daemon logged last"),
	ABOUT("errors", errors_render,
		"the last 100 errors: time, method, path, HTTP status, "
		"errno, the API's words"),
	ABOUT("config", config_render,
		"the settings in force, without secrets"),
	READABLE("/.unsandboxfs/version", "the version of unsandboxfs",
		.attr = moving_attr, .text = UNSANDBOXFS_VERSION "\n"),
	WRITABLE("/.unsandboxfs/refresh", "1 drops what is cached",
		.flags = ROW_ACTION,
		.text = "write 1 here to drop all cached answers\n",
		.write = refresh_write),
	ROW(ROW_FILE, "/.unsandboxfs/otp", 0600,
		"the one-time code for what the API answers with 428",
		.text = "write the one-time code here that the API asks for, "
			"then repeat what was refused\n",
		.write = otp_write),
	{ 0 },
};
