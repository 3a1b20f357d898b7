/* SPDX-License-Identifier: MIT */
/* tests/server/fault.c - fault rules */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void faults_init(struct faults *faults)
{
	memset(faults, 0, sizeof(*faults));
	pthread_mutex_init(&faults->lock, NULL);
}

void fault_clear(struct fault *fault)
{
	free(fault->method);
	free(fault->path);
	text_clear(&fault->body);
	text_clear(&fault->raw);
	json_decref(fault->headers);
	memset(fault, 0, sizeof(*fault));
}

static void rules_free(struct fault *rules, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		fault_clear(rules + i);
	free(rules);
}

void faults_clear(struct faults *faults)
{
	rules_free(faults->rules, faults->count);
	pthread_mutex_destroy(&faults->lock);
}

int faults_set(struct faults *faults, const json_t *list, struct reply *reply)
{
	size_t count = json_array_size(list), i;
	struct fault *rules = calloc(count + 1, sizeof(*rules));
	int err = 0;

	if (!rules || !json_is_array(list)) {
		free(rules);
		reply_error(
			reply, 400, "BAD_RULE", "the rules must be an array");
		return -EINVAL;
	}
	for (i = 0; i < count && !err; i++)
		err = fault_read(rules + i, json_array_get(list, i), reply);
	if (err) {
		rules_free(rules, count);
		return err;
	}
	pthread_mutex_lock(&faults->lock);
	rules_free(faults->rules, faults->count);
	faults->rules = rules;
	faults->count = count;
	pthread_mutex_unlock(&faults->lock);
	return 0;
}

void faults_emit(struct faults *faults, struct text *text)
{
	size_t i;

	pthread_mutex_lock(&faults->lock);
	emit_open(text, NULL, '[');
	for (i = 0; i < faults->count; i++) {
		emit_open(text, NULL, '{');
		emit_string(text, "method", faults->rules[i].method);
		emit_string(text, "path", faults->rules[i].path);
		emit_int(text, "left", faults->rules[i].times);
		emit_close(text, '}');
	}
	emit_close(text, ']');
	pthread_mutex_unlock(&faults->lock);
}

static bool path_matches(const char *rule, const struct request *request)
{
	size_t len = strlen(rule);

	if (len && rule[len - 1] == '*')
		return !strncmp(rule, request->path, len - 1);
	return !strcmp(rule, request->path) || !strcmp(rule, request->pattern);
}

static void copy_text(struct text *to, const struct text *from)
{
	memset(to, 0, sizeof(*to));
	if (from->data)
		text_add(to, from->data, from->len);
}

static void fault_copy(struct fault *to, const struct fault *from)
{
	*to = *from;
	to->method = NULL;
	to->path = NULL;
	to->headers = from->headers ? json_deep_copy(from->headers) : NULL;
	copy_text(&to->body, &from->body);
	copy_text(&to->raw, &from->raw);
}

bool faults_take(struct faults *faults, const struct request *request,
	struct fault *fault)
{
	struct fault *rule;
	bool found = false;
	size_t i;

	pthread_mutex_lock(&faults->lock);
	for (i = 0; i < faults->count && !found; i++) {
		rule = faults->rules + i;
		if (rule->times == 0 || !path_matches(rule->path, request))
			continue;
		if (strcmp(rule->method, "*") &&
			strcmp(rule->method, request->method))
			continue;
		if (rule->times > 0)
			rule->times--;
		fault_copy(fault, rule);
		found = true;
	}
	pthread_mutex_unlock(&faults->lock);
	return found;
}

bool fault_carries_out(const struct fault *fault)
{
	if (fault->is_after)
		return true;
	if (fault->status || fault->is_garbage || fault->raw.data ||
		fault->is_endless)
		return false;
	/* A fault within the real body needs a body. */
	return fault->hang != FAULT_BEFORE && fault->hang != FAULT_HEADERS &&
		fault->close != FAULT_BEFORE && fault->close != FAULT_HEADERS;
}

bool fault_breaks_wire(const struct fault *fault)
{
	return fault->hang || fault->close || fault->truncate >= 0 ||
		fault->content_length >= 0 || fault->is_endless ||
		fault->is_garbage || fault->drip_ms || fault->raw.data;
}
