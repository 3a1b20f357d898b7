/* SPDX-License-Identifier: MIT */
/* tests/server/fault.c - the rules by which the server misbehaves */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

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

static bool read_point(enum fault_point *point, const json_t *value)
{
	const char *word = json_string_value(value);

	if (!word)
		return false;
	*point = !strcmp(word, "before")   ? FAULT_BEFORE
		: !strcmp(word, "headers") ? FAULT_HEADERS
		: !strcmp(word, "body")	   ? FAULT_BODY
					   : FAULT_NEVER;
	return *point != FAULT_NEVER;
}

static bool read_word(char **word, const json_t *value)
{
	if (!json_is_string(value))
		return false;
	free(*word);
	*word = strdup(json_string_value(value));
	return *word;
}

static bool read_number(long long *number, const json_t *value)
{
	*number = json_integer_value(value);
	return json_is_integer(value) && *number >= 0;
}

static bool read_bool(bool *flag, const json_t *value)
{
	*flag = json_is_true(value);
	return json_is_boolean(value);
}

/* A body is a string, or any other JSON, which is sent as such. */
static bool read_body(struct text *body, const json_t *value)
{
	char *dump;

	text_clear(body);
	text_puts(body, "");
	if (json_is_string(value)) {
		text_add(body, json_string_value(value),
			json_string_length(value));
		return true;
	}
	dump = json_dumps(value, JSON_COMPACT);
	if (dump)
		text_puts(body, dump);
	free(dump);
	return dump;
}

/* A JSON string of about this many bytes in all. */
static bool read_fill(struct text *body, const json_t *value)
{
	long long len;
	char *place;

	if (!read_number(&len, value) || len < 13 || len > 1LL << 30)
		return false;
	text_clear(body);
	text_puts(body, "{\"filler\":\"");
	place = text_room(body, len - 13);
	if (!place)
		return false;
	memset(place, 'x', len - 13);
	body->len += len - 13;
	text_puts(body, "\"}");
	return true;
}

static bool read_base64(struct text *bytes, const json_t *value)
{
	text_clear(bytes);
	return json_is_string(value) &&
		base64_decode(bytes, json_string_value(value),
			json_string_length(value)) == 0;
}

static bool read_headers(json_t **headers, const json_t *value)
{
	const char *name;
	json_t *each;

	json_object_foreach ((json_t *)value, name, each) {
		if (!json_is_string(each))
			return false;
	}
	json_decref(*headers);
	*headers = json_deep_copy(value);
	return json_is_object(value) && *headers;
}

static bool read_field(
	struct fault *fault, const char *name, const json_t *value)
{
	long long number;

	if (!strcmp(name, "method"))
		return read_word(&fault->method, value);
	if (!strcmp(name, "path"))
		return read_word(&fault->path, value);
	if (!strcmp(name, "times")) {
		if (!read_number(&number, value))
			return false;
		fault->times = number ? number : -1;
		return true;
	}
	if (!strcmp(name, "status")) {
		if (!read_number(&number, value))
			return false;
		fault->status = number;
		return number >= 100 && number <= 999;
	}
	if (!strcmp(name, "after"))
		return read_bool(&fault->is_after, value);
	if (!strcmp(name, "delay_ms"))
		return read_number(&fault->delay_ms, value);
	if (!strcmp(name, "body"))
		return read_body(&fault->body, value);
	if (!strcmp(name, "body_base64"))
		return read_base64(&fault->body, value);
	if (!strcmp(name, "fill"))
		return read_fill(&fault->body, value);
	if (!strcmp(name, "headers"))
		return read_headers(&fault->headers, value);
	if (!strcmp(name, "hang"))
		return read_point(&fault->hang, value);
	if (!strcmp(name, "close"))
		return read_point(&fault->close, value);
	if (!strcmp(name, "reset"))
		return read_bool(&fault->is_reset, value);
	if (!strcmp(name, "truncate"))
		return read_number(&fault->truncate, value);
	if (!strcmp(name, "content_length"))
		return read_number(&fault->content_length, value);
	if (!strcmp(name, "endless"))
		return read_bool(&fault->is_endless, value);
	if (!strcmp(name, "garbage"))
		return read_bool(&fault->is_garbage, value);
	if (!strcmp(name, "drip_ms"))
		return read_number(&fault->drip_ms, value);
	if (!strcmp(name, "raw_base64"))
		return read_base64(&fault->raw, value);
	return false;
}

static int read_rule(
	struct fault *fault, const json_t *rule, struct reply *reply)
{
	const char *name;
	json_t *value;
	char message[128];

	fault->times = -1;
	fault->truncate = -1;
	fault->content_length = -1;
	fault->method = strdup("*");
	fault->path = strdup("*");
	if (!json_is_object(rule)) {
		reply_error(reply, 400, "BAD_RULE", "a rule is an object");
		return -EINVAL;
	}
	json_object_foreach ((json_t *)rule, name, value) {
		if (read_field(fault, name, value))
			continue;
		snprintf(message, sizeof(message), "not understood: %.80s",
			name);
		reply_error(reply, 400, "BAD_RULE", message);
		return -EINVAL;
	}
	if (fault->body.data && !fault->status)
		fault->status = 200;
	return 0;
}

int faults_set(struct faults *faults, const json_t *list, struct reply *reply)
{
	size_t count = json_array_size(list), i;
	struct fault *rules = calloc(count + 1, sizeof(*rules));
	int err = 0;

	if (!rules || !json_is_array(list)) {
		free(rules);
		reply_error(reply, 400, "BAD_RULE", "an array is wanted");
		return -EINVAL;
	}
	for (i = 0; i < count && !err; i++)
		err = read_rule(rules + i, json_array_get(list, i), reply);
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
	/* What strikes in the real body needs one. */
	return fault->hang != FAULT_BEFORE && fault->hang != FAULT_HEADERS &&
		fault->close != FAULT_BEFORE && fault->close != FAULT_HEADERS;
}

bool fault_breaks_wire(const struct fault *fault)
{
	return fault->hang || fault->close || fault->truncate >= 0 ||
		fault->content_length >= 0 || fault->is_endless ||
		fault->is_garbage || fault->drip_ms || fault->raw.data;
}
