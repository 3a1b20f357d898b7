/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/story.h - the stories that tests/unit/cache/story.c plays */
#ifndef TESTS_UNIT_CACHE_STORY_H
#define TESTS_UNIT_CACHE_STORY_H

/*
 * A story is a table row: a name, and steps with `; ` between them.
 *
 *   at MS                    sets the time
 *   time                     calls cache_set_time
 *   get WHO KEY [PRIORITY] = OUTCOME
 *   peek KEY = OUTCOME       or `nothing`; peekstale likewise
 *   put KEY BODY             makes the cache hold a new answer
 *   drop KEY   dropall   cancel WHO
 *   sent N                   request N is sent now
 *   reply N STATUS [ERRNO] [BODY]
 *   on WHO: STEP             WHO takes this step when it gets its answer
 *   told WHO OUTCOME[, ...]  the answers to waiting callers since the last
 *                            `told`
 *   calls N                  the number of requests started so far
 *   cancelled N...           the requests cancelled so far
 *   request N = KEY PRIORITY what request N asks for
 *   until MS, fetched MS     of the last outcome
 *   refuse ERRNO             the next api_start fails
 *   stats NAME=N ...
 *
 * An OUTCOME is `wait`, or `BODY vVERSION`, `stale BODY vVERSION`, or the name
 * of an errno, followed by the API's message, if any. A story must check all
 * answers by `told`.
 */
struct story {
	const char *name;
	const char *steps;
};

/* Two callers wait, and this response comes. */
#define STALE_AFTER(response)                                                  \
	"put services 1; at 10000; get a services = wait; "                    \
	"get b services = wait; reply 1 " response "; "                        \
	"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "            \
	"get c services = stale 1 v1; calls 1; stats stale=3 joined=1"

static const struct story stories[] __attribute__((unused)) = {
	{ "a fresh answer is served without a request",
		"get a services = wait; calls 1; "
		"request 1 = services person; at 300; reply 1 200 11; "
		"told a 11 v1; fetched 0; until 10000; at 9999; "
		"get a services = 11 v1; until 10000; calls 1; at 10000; "
		"get a services = wait; calls 2; reply 2 200 22; "
		"told a 22 v2; stats hits=1 misses=2 joined=0 entries=1" },
	{ "one request for all callers, answered in order",
		"get a service/web = wait; get b service/web = wait; "
		"get c service/web = wait; calls 1; reply 1 200 1; "
		"told a 1 v1, b 1 v1, c 1 v1; get d service/web = 1 v1; "
		"stats misses=1 joined=2 hits=1" },
	{ "the priority is that of the first caller",
		"get a services poll = wait; get b services person = wait; "
		"request 1 = services poll; get c service/x reader = wait; "
		"request 2 = service/x reader; reply 1 200 1; "
		"reply 2 200 2; told a 1 v1, b 1 v1, c 2 v2" },
	{ "keys are exact",
		"get a service/web = wait; get b service/we = wait; "
		"get c services = wait; get d job/web = wait; calls 4; "
		"reply 2 200 2; told b 2 v1; reply 1 200 1; reply 3 200 3; "
		"reply 4 200 4; told a 1 v2, c 3 v3, d 4 v4; "
		"get a service/we = 2 v1" },
	{ "each kind has its time to live",
		"put services 1; put service/a 2; put languages 3; "
		"put key 4; put health 5; put jobs 6; put job/1 7; "
		"peek key = nothing; peekstale key = stale 4 v4; at 999; "
		"peek job/1 = 7 v7; "
		"at 1000; peek job/1 = nothing; peek jobs = nothing; "
		"peek health = 5 v5; at 10000; peek health = nothing; "
		"peek services = nothing; peek service/a = 2 v2; at 20000; "
		"peek service/a = nothing; at 3599999; "
		"peek languages = 3 v3; at 3600000; peek languages = nothing; "
		"calls 0" },
	{ "endpoints that write, execute or read the vault are refused",
		"get a run = EINVAL; get a env/web = EINVAL; "
		"get a service/ = EINVAL; "
		"peekstale env/web = nothing; drop env/web; calls 0; "
		"stats entries=0" },
	{ "a request that api_start refuses leaves no entry",
		"refuse EINVAL; get a service/.. = EINVAL; refuse ENOMEM; "
		"get a services = ENOMEM; stats entries=0 misses=0; "
		"get a services = wait; reply 1 200 1; told a 1 v1" },
	{ "a 404 is kept for its own time",
		"get a service/x = wait; reply 1 404 ENOENT gone; "
		"told a ENOENT gone; until 4000; at 3999; "
		"get b service/x = ENOENT; until 4000; "
		"peek service/x = nothing; peekstale service/x = nothing; "
		"calls 1; at 4000; get b service/x = wait; reply 2 200 1; "
		"told b 1 v2; stats negative=1" },
	{ "a 404 discards the answer",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 404 ENOENT; told a ENOENT; "
		"peekstale service/x = nothing; at 24000; "
		"get a service/x = wait; reply 2 0 ECONNREFUSED; "
		"told a ECONNREFUSED" },
	{ "an unknown host is no 404",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 0 ENOENT; told a stale 1 v1" },
	{ "no connection: stale answers", STALE_AFTER("0 ECONNREFUSED") },
	{ "a time-out: stale answers", STALE_AFTER("0 ETIMEDOUT") },
	{ "not sent in time: stale answers, and no pause",
		"put services 1; put snapshots 2; at 10000; "
		"get a services poll = wait; get b services = wait; "
		"get c service/x poll = wait; reply 1 0 EBUSY; "
		"reply 2 0 EBUSY; told a stale 1 v1, b stale 1 v1, c EBUSY; "
		"until 10000; get b snapshots = wait; "
		"get a services = wait; get c service/x = wait; calls 5; "
		"reply 3 200 22; reply 4 200 11; reply 5 200 33; "
		"told b 22 v3, a 11 v4, c 33 v5; stats stale=2" },
	{ "429: stale answers", STALE_AFTER("429 EBUSY") },
	{ "500: stale answers", STALE_AFTER("500 EREMOTEIO") },
	{ "503: stale answers", STALE_AFTER("503 EREMOTEIO") },
	{ "a malformed response: stale answers", STALE_AFTER("200 EPROTO") },
	{ "a 5xx with ENOENT: stale answers", STALE_AFTER("500 ENOENT") },
	{ "success without JSON: stale answers",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 200; told a stale 1 v1; get b health = wait; "
		"reply 2 204; told b EPROTO" },
	{ "after a 403 the stale answer is not served",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 403 EACCES not yours; told a EACCES not yours; "
		"get b service/x = EACCES; calls 1; at 21000; "
		"get b service/x = wait; reply 2 0 ECONNREFUSED; "
		"told b ECONNREFUSED; calls 2; stats stale=0" },
	{ "stale_ttl ends stale answers, also while a caller waits",
		"put services 1; at 299999; get a services = wait; "
		"reply 1 503 EREMOTEIO; told a stale 1 v1; at 300000; "
		"get b services = EREMOTEIO; at 300999; "
		"get b services = wait; time; at 310000; "
		"reply 2 503 EREMOTEIO; told b EREMOTEIO; put services 2; "
		"at 609999; get c services = wait; at 610000; time; "
		"reply 3 503 EREMOTEIO; told c EREMOTEIO" },
	{ "the pause: 1 s, doubling to 10 s, one retry after each",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 503 EREMOTEIO; told a stale 1 v1; at 10999; "
		"get a services = stale 1 v1; at 11000; "
		"get a services = wait; get b services = stale 1 v1; "
		"reply 2 503 EREMOTEIO; told a stale 1 v1; at 12999; "
		"get a services = stale 1 v1; at 13000; "
		"get a services = wait; reply 3 503 EREMOTEIO; "
		"told a stale 1 v1; at 16999; get a services = stale 1 v1; "
		"at 17000; get a services = wait; reply 4 503 EREMOTEIO; "
		"told a stale 1 v1; at 24999; get a services = stale 1 v1; "
		"calls 4" },
	{ "the pause is 10 s at most",
		"put languages 1; put health 2; at 5000; "
		"get a health = wait; reply 1 503 EREMOTEIO; at 6000; "
		"get a health = wait; reply 2 503 EREMOTEIO; at 8000; "
		"get a health = wait; reply 3 503 EREMOTEIO; at 12000; "
		"get a health = wait; reply 4 503 EREMOTEIO; at 20000; "
		"get a health = wait; reply 5 503 EREMOTEIO; "
		"told a stale 2 v2, a stale 2 v2, a stale 2 v2, a stale 2 v2, "
		"a stale 2 v2; "
		"at 29999; get a health = stale 2 v2; at 30000; "
		"get a health = wait; reply 6 503 EREMOTEIO; "
		"told a stale 2 v2; at 39999; get a health = stale 2 v2; "
		"at 40000; get a health = wait; reply 7 200 3; told a 3 v3" },
	{ "the first good response ends the pause for all",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ECONNREFUSED; "
		"told a stale 1 v1; get b snapshots = stale 2 v2; "
		"get c health = wait; reply 2 200 9; told c 9 v3; "
		"get a services = wait; get b snapshots = wait; "
		"reply 3 200 1; reply 4 200 5; told a 1 v1, b 5 v4; "
		"stats stale=2" },
	{ "a 404 or 403 ends the pause, too",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a stale 1 v1; "
		"get b service/x = wait; reply 2 403 EACCES; told b EACCES; "
		"get a services = wait; reply 3 200 2; told a 2 v2" },
	{ "the API is down: other entries pause, too",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 429 EBUSY; "
		"told a stale 1 v1; get b snapshots = stale 2 v2; calls 1; "
		"at 11000; get b snapshots = wait; "
		"get a services = stale 1 v1; reply 2 200 2; told b 2 v2; "
		"get a services = wait; reply 3 200 1; told a 1 v1" },
	{ "one resource is broken: other entries do not pause",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 500 EREMOTEIO; "
		"told a stale 1 v1; get b snapshots = wait; reply 2 200 2; "
		"told b 2 v2; get a services = stale 1 v1; at 11000; "
		"get a services = wait; reply 3 200 1; told a 1 v1; calls 3" },
	{ "many failures at once are one pause",
		"put services 1; put snapshots 2; put health 3; at 10000; "
		"get a services = wait; get b snapshots = wait; "
		"get c health = wait; reply 1 503 EREMOTEIO; "
		"reply 2 503 EREMOTEIO; reply 3 503 EREMOTEIO; "
		"told a stale 1 v1, b stale 2 v2, c stale 3 v3; at 11000; "
		"get a services = wait; reply 4 200 4; told a 4 v4" },
	{ "without an answer, the error is served again for 1 s",
		"get a services = wait; reply 1 0 ECONNREFUSED no route; "
		"told a ECONNREFUSED no route; at 999; "
		"get b services = ECONNREFUSED; calls 1; "
		"get c health = wait; at 1000; get b services = wait; "
		"reply 2 0 ECONNREFUSED; reply 3 0 ECONNREFUSED; "
		"told c ECONNREFUSED, b ECONNREFUSED; at 1999; "
		"get b services = ECONNREFUSED; at 2000; "
		"calls 3; get b services = wait; reply 4 200 1; "
		"told b 1 v1" },
	{ "after a 428 the next caller asks at once",
		"get a services = wait; reply 1 428 EPERM code wanted; "
		"told a EPERM code wanted; stats entries=0; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "out of memory for an answer: -ENOMEM, and nothing is kept",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 200 ENOMEM; told a ENOMEM; get a services = wait; "
		"reply 2 200 2; told a 2 v2" },
	{ "after a time-out stale answers are served at once",
		"put services 1; at 10000; get a services = wait; at 40000; "
		"time; reply 1 0 ETIMEDOUT; told a stale 1 v1; at 40999; "
		"get a services = stale 1 v1; calls 1; at 41000; "
		"get a services = stale 1 v1; calls 2; at 50000; "
		"get a services = stale 1 v1; calls 2; reply 2 200 2; "
		"told ; get a services = 2 v2; at 80000; "
		"get a services = wait; reply 3 200 3; told a 3 v3" },
	{ "in the background: a request that failed to start is retried",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ETIMEDOUT; "
		"told a stale 1 v1; at 11000; refuse ENOMEM; "
		"get a services = stale 1 v1; calls 1; at 13000; "
		"get a services = stale 1 v1; calls 2; "
		"get b services = stale 1 v1; drop services; cancelled 2; "
		"get c services = wait; reply 3 200 3; told c 3 v3" },
	{ "a pause starts at the time that was set",
		"put services 1; at 10000; get a services = wait; at 15000; "
		"time; reply 1 503 EREMOTEIO; told a stale 1 v1; at 15999; "
		"get a services = stale 1 v1; at 16000; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "a drop: callers before it get the old answer, later ones a new one",
		"get a services = wait; drop services; "
		"get b services = wait; calls 2; reply 1 200 1; "
		"told a 1 v1; fetched 0; until 0; peek services = nothing; "
		"get c services = wait; calls 2; reply 2 200 2; "
		"told b 2 v2, c 2 v2; get d services = 2 v2" },
	{ "a drop: the new answer comes first, and is kept",
		"get a services = wait; drop services; "
		"get b services = wait; reply 2 200 2; told b 2 v1; "
		"reply 1 200 1; told a 1 v2; get c services = 2 v1; calls 2" },
	{ "repeated drops",
		"get a services = wait; drop services; "
		"get b services = wait; drop services; "
		"get c services = wait; drop services; calls 3; "
		"reply 3 200 3; reply 1 200 1; reply 2 200 2; "
		"told c 3 v1, a 1 v2, b 2 v3; peekstale services = nothing" },
	{ "a dropped entry has no stale answer",
		"put services 1; drop services; peek services = nothing; "
		"peekstale services = nothing; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a ECONNREFUSED" },
	{ "a failed request from before a drop: answered, and not kept",
		"put services 1; at 10000; get a services = wait; "
		"drop services; reply 1 500 EREMOTEIO boom; "
		"told a EREMOTEIO boom; get b services = wait; "
		"reply 2 200 2; told b 2 v2" },
	{ "a drop concerns one entry only",
		"put services 1; put service/web 2; put service/we 3; "
		"drop service/web; peek services = 1 v1; "
		"peek service/web = nothing; peek service/we = 3 v3; "
		"drop services; peek services = nothing; "
		"peek service/we = 3 v3; drop snapshots; drop service/none" },
	{ "a drop ends the pause and the error of its entry",
		"get a services = wait; reply 1 500 EREMOTEIO; "
		"told a EREMOTEIO; drop services; stats entries=0; "
		"get a services = wait; reply 2 404 ENOENT; told a ENOENT; "
		"drop services; get a services = wait; reply 3 200 3; "
		"told a 3 v2" },
	{ "answers to requests from before dropping all are not kept",
		"put services 1; put service/a 2; get a snapshots = wait; "
		"get b health = wait; dropall; "
		"peekstale services = nothing; "
		"peekstale service/a = nothing; get c snapshots = wait; "
		"calls 3; reply 1 200 1; reply 2 200 2; "
		"told a 1 v3, b 2 v4; reply 3 200 3; told c 3 v5; "
		"peek health = nothing" },
	{ "after dropping all, a caller asks at once, even in a pause",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ECONNREFUSED; "
		"told a stale 1 v1; dropall; get a services = wait; "
		"reply 2 200 3; told a 3 v3" },
	{ "an equal answer has the same version",
		"put services {\"a\":1,\"b\":[2]}; at 10000; "
		"get a services = wait; reply 1 200 {\"b\":[2],\"a\":1}; "
		"told a {\"b\":[2],\"a\":1} v1; at 20000; "
		"get a services = wait; reply 2 200 {\"b\":[2],\"a\":3}; "
		"told a {\"b\":[2],\"a\":3} v2; drop services; "
		"get a services = wait; reply 3 200 {\"b\":[2],\"a\":3}; "
		"told a {\"b\":[2],\"a\":3} v2; dropall; "
		"get a services = wait; reply 4 200 {\"b\":[2],\"a\":4}; "
		"told a {\"b\":[2],\"a\":4} v3" },
	{ "a 404 changes the version",
		"get a service/x = wait; reply 1 200 1; told a 1 v1; "
		"at 20000; get a service/x = wait; reply 2 404 ENOENT; "
		"told a ENOENT; at 24000; get a service/x = wait; "
		"reply 3 200 1; told a 1 v3" },
	{ "one caller cancels: the others get the answer",
		"get a services = wait; get b services = wait; "
		"get c services = wait; cancel a; cancel c; cancelled ; "
		"reply 1 200 1; told b 1 v1" },
	{ "the last one cancels: a queued request is cancelled",
		"get a services = wait; get b services = wait; cancel b; "
		"cancelled ; cancel a; cancelled 1; stats entries=0; "
		"get c services = wait; calls 2; reply 2 200 2; told c 2 v1" },
	{ "the last one cancels: a request that was sent fills the entry",
		"get a services = wait; sent 1; cancel a; cancelled ; "
		"get b services = wait; calls 1; reply 1 200 1; "
		"told b 1 v1; at 10000; get c services = wait; sent 2; "
		"cancel c; reply 2 200 2; told ; get d services = 2 v2" },
	{ "the last one cancels: a request from before a drop is cancelled",
		"get a services = wait; sent 1; drop services; cancelled ; "
		"cancel a; cancelled 1; get b services = wait; sent 2; "
		"cancel b; drop services; cancelled 1 2; stats entries=0" },
	{ "the last one cancels: the old answer stays",
		"put services 1; at 10000; get a services = wait; cancel a; "
		"cancelled 1; peekstale services = stale 1 v1; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "in ready: cancelling a later wait",
		"get a services = wait; get b services = wait; "
		"get c services = wait; on a: cancel b; reply 1 200 1; "
		"told a 1 v1, c 1 v1" },
	{ "in ready: cancelling the last wait",
		"get a services = wait; get b services = wait; "
		"on a: cancel b; reply 1 200 1; told a 1 v1; "
		"get c services = 1 v1" },
	{ "in ready: cancelling its own wait has no effect",
		"get a services = wait; get b services = wait; "
		"on a: cancel a; on b: cancel b; reply 1 200 1; "
		"told a 1 v1, b 1 v1" },
	{ "in ready: after a drop the others still get the answer",
		"get a services = wait; get b services = wait; "
		"on a: drop services; on a: get c services = wait; "
		"reply 1 200 1; told a 1 v1, b 1 v1; calls 2; "
		"reply 2 200 2; told c 2 v2" },
	{ "in ready: dropping all",
		"get a services = wait; get b services = wait; "
		"get c snapshots = wait; on a: dropall; reply 1 200 1; "
		"told a 1 v1, b 1 v1; reply 2 200 2; told c 2 v2; "
		"peek snapshots = nothing" },
	{ "in ready: the new answer is served",
		"get a services = wait; get b services = wait; "
		"on a: get c services = 1 v1; reply 1 200 1; "
		"told a 1 v1, b 1 v1" },
	{ "in ready: asking again after an error is one request",
		"get a services = wait; get b services = wait; "
		"on a: drop services; on a: get c services = wait; "
		"on b: get d services = wait; reply 1 503 EREMOTEIO boom; "
		"told a EREMOTEIO boom, b EREMOTEIO boom; calls 2; "
		"reply 2 200 2; told c 2 v1, d 2 v1" },
	{ "in ready: without a time to live, asking again is another request",
		"get a key = wait; get b key = wait; "
		"on a: get c key = wait; reply 1 200 1; "
		"told a 1 v1, b 1 v1; calls 2; reply 2 200 1; told c 1 v1" },
	{ "in ready: cancelling and starting waits for other answers",
		"get a services = wait; get b snapshots = wait; "
		"on a: cancel b; on a: get c health = wait; reply 1 200 1; "
		"told a 1 v1; cancelled 2; reply 3 200 3; told c 3 v2" },
	{ "cache_free forgets the waits",
		"put services 1; get a snapshots = wait; "
		"get b health = wait; drop health; get c health = wait; "
		"calls 3" },
	{ "an earlier time does not matter",
		"at 5000; put services 1; at 1000; get a services = 1 v1; "
		"peekstale services = 1 v1" },
	{ "an answer is dated by its request",
		"get a services = wait; at 3000; sent 1; at 4000; "
		"reply 1 200 1; told a 1 v1; fetched 3000; until 13000; "
		"peek services = 1 v1; at 13000; peek services = nothing; "
		"peekstale services = stale 1 v1" },
	{ "a 404 is dated by its request",
		"at 2000; get a service/x = wait; at 3000; sent 1; at 4000; "
		"reply 1 404 ENOENT; told a ENOENT; fetched 3000; until 7000" },
	{ "one resource is broken: one retry after each pause",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 500 EREMOTEIO; told a stale 1 v1; at 11000; "
		"get a services = wait; get b services = stale 1 v1; "
		"reply 2 500 EREMOTEIO; told a stale 1 v1; at 12999; "
		"get a services = stale 1 v1; at 13000; "
		"get a services = wait; reply 3 200 3; told a 3 v2" },
	{ "after a recovery the pause is 1 s again",
		"put jobs 1; at 1000; get a jobs = wait; "
		"reply 1 500 EREMOTEIO; at 2000; get a jobs = wait; "
		"reply 2 500 EREMOTEIO; at 4000; get a jobs = wait; "
		"reply 3 200 1; told a stale 1 v1, a stale 1 v1, a 1 v1; "
		"at 5000; get a jobs = wait; reply 4 500 EREMOTEIO; "
		"at 6000; get a jobs = wait; reply 5 200 1; "
		"told a stale 1 v1, a 1 v1" },
	{ "a broken resource without an answer serves its error again",
		"get a services = wait; reply 1 500 EREMOTEIO boom; "
		"told a EREMOTEIO boom; at 999; "
		"get a services = EREMOTEIO; at 1000; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "out of memory, or one broken resource, does not end the pause of "
	  "the API",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a stale 1 v1; "
		"get b health = wait; reply 2 500 EREMOTEIO; "
		"told b EREMOTEIO; get c key = wait; reply 3 200 ENOMEM; "
		"told c ENOMEM; get a services = stale 1 v1" },
};

#endif
