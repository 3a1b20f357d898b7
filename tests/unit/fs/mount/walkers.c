/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/walkers.c - programs that walk a tree run no commands */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fs/mount/calls.h"

#define SERVICE                                                                \
	"{\"service_id\":\"w1\",\"id\":\"w1\",\"name\":\"web\","               \
	"\"state\":\"running\",\"url\":\"https://web.example\","               \
	"\"locked\":false,\"vcpu\":1,\"ports\":[80],\"domains\":[\"a.b\"],"    \
	"\"unfreeze_on_demand\":true,"                                         \
	"\"created_at\":\"2026-11-22T06:45:48Z\"}"

enum { MINUTES_5 = 300000 };

/* The list of services does not have the bootstrap script. */
static void say_no_script(void)
{
	static char list[] = "{\"services\":[" SERVICE "]}";

	wire_forget_says();
	wire_say(&(struct say){
		.status = 200, .body = list, .len = strlen(list) });
}

/* Opens the bootstrap, and returns how many commands that has run. */
static uint64_t commands(uint32_t flags)
{
	const uint64_t *sent = kernel.mount->core.api->stats.sent;
	uint64_t before = sent[API_SERVICE_EXECUTE];

	say_no_script();
	assert_int_equal(call_stat("services/web"), 0);
	wire_forget_says();
	assert_int_equal(call_cat_by("services/web/bootstrap", flags), 0);
	return sent[API_SERVICE_EXECUTE] - before;
}

static void bootstrap(void **ctx)
{
	(void)ctx;
	kernel_open();
	assert_int_equal(kernel_mount(), 0);
	kernel_settle(); /* the key is validated */
	assert_int_equal(commands(O_RDONLY), 1);
	kernel.now_ms += MINUTES_5;
	assert_int_equal(commands(O_RDONLY | O_NOFOLLOW), 0);
	assert_int_equal(commands(O_RDONLY), 1);
	kernel_unmount();
	kernel_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bootstrap) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
