/* SPDX-License-Identifier: MIT */
/* tests/server/moment.c - the server's clock, which can be moved */
#include "moment.h"

#include <stdio.h>
#include <time.h>

long long moment_wall_ms(const struct moment *moment)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec + atomic_load(&moment->skew_s)) * 1000 +
		now.tv_nsec / 1000000;
}

long long moment_now_ms(const struct moment *moment)
{
	return moment_wall_ms(moment) + atomic_load(&moment->ahead_s) * 1000;
}

long long moment_steady_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void moment_iso(long long ms, char *buf, size_t size)
{
	time_t seconds = ms / 1000;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void moment_http(long long ms, char *buf, size_t size)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = ms / 1000;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	snprintf(buf, size, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		days + 3 * parts.tm_wday, parts.tm_mday,
		months + 3 * parts.tm_mon, parts.tm_year + 1900, parts.tm_hour,
		parts.tm_min, parts.tm_sec);
}
