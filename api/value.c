/* SPDX-License-Identifier: MIT */
/* api/value.c - values of an answer, in any of their forms (part 13) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "api/jansson.h"
#include "api/text.h"

/* Greater numbers of seconds are milliseconds: 1e11 s is the year 5138. */
#define SECONDS_MAX 1e11
#define BLANKS " \t\r\n"

json_t *json_member(const json_t *object, const char *names)
{
	while (names && *names) {
		size_t len = strcspn(names, "|");
		json_t *member = json_object_getn(object, names, len);

		if (member && !json_is_null(member))
			return member;
		names += len;
		names += *names == '|';
	}
	return NULL;
}

int json_inherit(json_t *object, json_t *more)
{
	const char *name;
	json_t *value;

	json_object_foreach (more, name, value)
		if (!json_object_get(object, name) &&
			json_object_set_nocheck(object, name, value))
			return -ENOMEM;
	return 0;
}

json_t *json_twin(json_t *object)
{
	json_t *twin = json_object();

	if (!twin || json_inherit(twin, object) == 0)
		return twin;
	json_decref(twin);
	return NULL;
}

json_t *json_list_item(const json_t *item)
{
	size_t len;
	char *text = json_to_bytes(item, &len);
	json_t *json = text ? json_read(text, len) : NULL;

	free(text);
	return json;
}

static void add_value(struct text *text, const json_t *value)
{
	char *bytes;
	size_t len;

	if (!value || json_is_null(value))
		return;
	if (json_is_boolean(value)) {
		text_add_string(text, json_is_true(value) ? "1" : "0");
		return;
	}
	bytes = json_is_string(value) ? json_to_bytes(value, &len)
				      : json_write(value, &len);
	if (bytes)
		text_add(text, bytes, len);
	else
		text->is_failed = true;
	free(bytes);
}

char *json_value_text(const json_t *value, size_t *len)
{
	struct text text = { 0 };
	size_t i;

	if (!json_is_array(value))
		add_value(&text, value);
	for (i = 0; i < json_array_size(value); i++) {
		if (i > 0)
			text_add(&text, "\n", 1);
		add_value(&text, json_array_get(value, i));
	}
	return text_take(&text, len);
}

/* A string that is a number, perhaps with white space around it. */
static int string_real(const json_t *value, double *out)
{
	const char *s = json_string_value(value);
	char *end;

	if (!s)
		return -EPROTO;
	s += strspn(s, BLANKS);
	if (*s == '\0' || s[strspn(s, "0123456789+-.eE" BLANKS)] != '\0')
		return -EPROTO;
	*out = strtod(s, &end);
	end += strspn(end, BLANKS);
	return *end == '\0' && *out - *out == 0 ? 0 : -EPROTO;
}

static int real_integer(double real, int64_t *out)
{
	if (!(real > -9.2e18 && real < 9.2e18))
		return -EPROTO;
	*out = (int64_t)real;
	return 0;
}

int json_to_integer(const json_t *value, int64_t *out)
{
	const char *s = json_string_value(value);
	double real;
	char *end;

	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return 0;
	}
	if (json_is_real(value))
		return real_integer(json_real_value(value), out);
	if (string_real(value, &real) < 0)
		return -EPROTO;
	errno = 0;
	*out = strtoll(s, &end, 10);
	end += strspn(end, BLANKS);
	if (errno == 0 && *end == '\0')
		return 0;
	return real_integer(real, out);
}

static int time_of_number(double seconds, struct timespec *out)
{
	if (seconds >= SECONDS_MAX)
		seconds /= 1000;
	if (!(seconds > -SECONDS_MAX && seconds < SECONDS_MAX))
		return -EPROTO;
	out->tv_sec = (time_t)seconds;
	if (seconds < (double)out->tv_sec)
		out->tv_sec--;
	out->tv_nsec = (long)((seconds - (double)out->tv_sec) * 1e9);
	return 0;
}

/* Reads ".123456789" or ",123456789" at *s and moves past it; further digits
 * are ignored. */
static long nanoseconds(const char **s)
{
	long value = 0, scale = 100000000;

	if (**s != '.' && **s != ',')
		return 0;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++) {
		value += (**s - '0') * scale;
		scale /= 10;
	}
	return value;
}

/* Seconds east of UTC of "", "Z", "UTC", "+02", "+0200" or "+02:00". */
static int zone(const char *s, long *seconds)
{
	struct tm tm = { 0 };

	s += *s == ' ';
	if (*s && strcasecmp(s, "Z") != 0 && strcmp(s, "UTC") != 0) {
		s = strptime(s, "%z", &tm);
		if (!s || *s)
			return -EPROTO;
	}
	*seconds = tm.tm_gmtoff;
	return 0;
}

static int time_of_text(const char *s, struct timespec *out)
{
	struct tm tm = { 0 };
	long ns = 0, east;

	/* strptime would take fewer digits */
	if (strspn(s, "0123456789-") < 10 || s[4] != '-' || s[7] != '-')
		return -EPROTO;
	s = strptime(s, "%Y-%m-%d", &tm);
	if (s && strchr("Tt ", *s) && s[0] && s[1] >= '0' && s[1] <= '9') {
		s = strptime(s + 1, "%H:%M", &tm);
		if (s && *s == ':') {
			s = strptime(s + 1, "%S", &tm);
			ns = s ? nanoseconds(&s) : 0;
		}
	}
	if (!s || zone(s, &east) < 0)
		return -EPROTO;
	out->tv_sec = timegm(&tm) - east;
	out->tv_nsec = ns;
	return 0;
}

int json_time(const json_t *value, struct timespec *out)
{
	double seconds;

	if (json_is_number(value))
		return time_of_number(json_number_value(value), out);
	if (string_real(value, &seconds) == 0)
		return time_of_number(seconds, out);
	if (!json_is_string(value))
		return -EPROTO;
	return time_of_text(json_string_value(value), out);
}
