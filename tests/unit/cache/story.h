/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/story.h - the stories that tests/unit/cache/story.c plays */
#ifndef TESTS_UNIT_CACHE_STORY_H
#define TESTS_UNIT_CACHE_STORY_H

/*
 * A story is a table row: a name, and steps with `; ` between them.
 *
 *   at MS                    the time from here on
 *   time                     tells the cache the time
 *   get WHO KEY [PRIORITY] = OUTCOME
 *   peek KEY = OUTCOME       or `nothing`; peekstale likewise
 *   put KEY BODY   drop KEY   dropall   cancel WHO
 *   sent N                   request N goes onto the wire now
 *   reply N STATUS [ERRNO] [BODY]
 *   on WHO: STEP             a step for WHO to take when told
 *   told WHO OUTCOME[, ...]  all that was told since the last `told`
 *   calls N                  so many requests were started, in all
 *   cancelled N...           those that were taken back, in all
 *   request N = KEY PRIORITY what request N asks for
 *   until MS, fetched MS     of the last outcome
 *   refuse ERRNO             of the next api_start
 *   stats NAME=N ...
 *
 * An OUTCOME is `wait`, or `BODY vVERSION`, `stale BODY vVERSION`, or the name
 * of an errno, with the API's message behind it if there was one. What nobody
 * `told` at the end of a story fails it.
 */
struct story {
	const char *name;
	const char *steps;
};

static const struct story stories[] __attribute__((unused)) = {
	{ "what is fresh is served without asking",
		"get a services = wait; calls 1; "
		"request 1 = services person; at 300; reply 1 200 11; "
		"told a 11 v1; fetched 0; until 10000; at 9999; "
		"get a services = 11 v1; until 10000; calls 1; at 10000; "
		"get a services = wait; calls 2; reply 2 200 22; "
		"told a 22 v2; stats hits=1 misses=2 joined=0 entries=1" },
	{ "one request for all who wait, told in order",
		"get a service/web = wait; get b service/web = wait; "
		"get c service/web = wait; calls 1; reply 1 200 1; "
		"told a 1 v1, b 1 v1, c 1 v1; get d service/web = 1 v1; "
		"stats misses=1 joined=2 hits=1" },
	{ "the priority is that of the first who waits",
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
		"put logs/a 8; peek logs/a = nothing; "
		"peekstale logs/a = stale 8 v8; at 999; peek job/1 = 7 v7; "
		"at 1000; peek job/1 = nothing; peek jobs = nothing; "
		"peek health = 5 v5; at 10000; peek health = nothing; "
		"peek services = nothing; peek service/a = 2 v2; at 20000; "
		"peek service/a = nothing; at 599999; peek key = 4 v4; "
		"at 3599999; peek key = nothing; peek languages = 3 v3; "
		"calls 0" },
	{ "what writes, executes or tells of the vault is refused",
		"get a run = EINVAL; get a env/web = EINVAL; "
		"get a service/ = EINVAL; put env/web 1; "
		"peekstale env/web = nothing; drop env/web; calls 0; "
		"stats entries=0" },
	{ "what the API's client refuses leaves no trace",
		"refuse EINVAL; get a service/.. = EINVAL; refuse ENOMEM; "
		"get a services = ENOMEM; stats entries=0 misses=0; "
		"get a services = wait; reply 1 200 1; told a 1 v1" },
	{ "a 404 is kept for its own time",
		"get a service/x = wait; reply 1 404 ENOENT gone; "
		"told a ENOENT gone; until 4000; at 3999; "
		"get b service/x = ENOENT gone; until 4000; "
		"peek service/x = nothing; peekstale service/x = nothing; "
		"calls 1; at 4000; get b service/x = wait; reply 2 200 1; "
		"told b 1 v2; stats negative=1" },
	{ "a 404 ends what was known",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 404 ENOENT; told a ENOENT; "
		"peekstale service/x = nothing; at 24000; "
		"get a service/x = wait; reply 2 0 ECONNREFUSED; "
		"told a ECONNREFUSED" },
	{ "a name that is not found on the way to the API is no 404",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 0 ENOENT; told a stale 1 v1" },
	{ "no connection: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 0 ECONNREFUSED; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "a time-out: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 0 ETIMEDOUT; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "no turn before the time limit: stale, and no harm to others",
		"put services 1; put snapshots 2; at 10000; "
		"get a services poll = wait; get b services = wait; "
		"get c service/x poll = wait; reply 1 0 EBUSY; "
		"reply 2 0 EBUSY; told a stale 1 v1, b stale 1 v1, c EBUSY; "
		"until 10000; get b snapshots = wait; "
		"get a services = wait; get c service/x = wait; calls 5; "
		"reply 3 200 22; reply 4 200 11; reply 5 200 33; "
		"told b 22 v3, a 11 v4, c 33 v5; stats stale=2" },
	{ "429: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 429 EBUSY; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "500: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 500 EREMOTEIO; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "503: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 503 EREMOTEIO; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "an answer that is no promise: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 200 EPROTO; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "a 5xx that says so in a 404's words: stale, rather than dead",
		"put services 1; at 10000; get a services = wait; "
		"get b services = wait; reply 1 500 ENOENT; "
		"told a stale 1 v1, b stale 1 v1; until 10000; fetched 0; "
		"get c services = stale 1 v1; calls 1; "
		"stats stale=3 joined=1" },
	{ "success without JSON is stale, too",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 200; told a stale 1 v1; get b health = wait; "
		"reply 2 204; told b EPROTO" },
	{ "403 is not served what was known",
		"put service/x 1; at 20000; get a service/x = wait; "
		"reply 1 403 EACCES not yours; told a EACCES not yours; "
		"get b service/x = EACCES not yours; at 21000; "
		"get b service/x = wait; reply 2 0 ECONNREFUSED; "
		"told b ECONNREFUSED; stats stale=0 errors=1" },
	{ "stale ends with stale_ttl, also while one waits",
		"put services 1; at 299999; get a services = wait; "
		"reply 1 503 EREMOTEIO; told a stale 1 v1; at 300000; "
		"get b services = EREMOTEIO; at 300999; "
		"get b services = wait; time; at 310000; "
		"reply 2 503 EREMOTEIO; told b EREMOTEIO; put services 2; "
		"at 609999; get c services = wait; at 610000; time; "
		"reply 3 503 EREMOTEIO; told c EREMOTEIO" },
	{ "the pause: 1 s, doubling to 10 s, one try after each",
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
	{ "the first good answer ends it, for all",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ECONNREFUSED; "
		"told a stale 1 v1; get b snapshots = stale 2 v2; "
		"get c health = wait; reply 2 200 9; told c 9 v3; "
		"get a services = wait; get b snapshots = wait; "
		"reply 3 200 1; reply 4 200 5; told a 1 v1, b 5 v4; "
		"stats stale=2" },
	{ "also a 404 or 403 shows that the API is there",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a stale 1 v1; "
		"get b service/x = wait; reply 2 403 EACCES; told b EACCES; "
		"get a services = wait; reply 3 200 2; told a 2 v2" },
	{ "the API is away: other entries pause, too",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 429 EBUSY; "
		"told a stale 1 v1; get b snapshots = stale 2 v2; calls 1; "
		"at 11000; get b snapshots = wait; "
		"get a services = stale 1 v1; reply 2 200 2; told b 2 v2; "
		"get a services = wait; reply 3 200 1; told a 1 v1" },
	{ "one resource is broken: other entries ask",
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
	{ "what holds nothing gives its error again for 1 s",
		"get a services = wait; reply 1 0 ECONNREFUSED no route; "
		"told a ECONNREFUSED no route; at 999; "
		"get b services = ECONNREFUSED no route; "
		"get c health = wait; at 1000; get b services = wait; "
		"reply 2 0 ECONNREFUSED; reply 3 0 ECONNREFUSED; "
		"told c ECONNREFUSED, b ECONNREFUSED; at 1999; "
		"get b services = ECONNREFUSED; at 2000; "
		"get b services = wait; reply 4 200 1; told b 1 v1; "
		"stats errors=2" },
	{ "a code was wanted: the next one asks at once",
		"get a services = wait; reply 1 428 EPERM code wanted; "
		"told a EPERM code wanted; stats entries=0; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "no memory for an answer is said to those who wait, and forgotten",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 200 ENOMEM; told a ENOMEM; get a services = wait; "
		"reply 2 200 2; told a 2 v2" },
	{ "after a time-out nobody with a stale answer waits",
		"put services 1; at 10000; get a services = wait; at 40000; "
		"time; reply 1 0 ETIMEDOUT; told a stale 1 v1; at 40999; "
		"get a services = stale 1 v1; calls 1; at 41000; "
		"get a services = stale 1 v1; calls 2; at 50000; "
		"get a services = stale 1 v1; calls 2; reply 2 200 2; "
		"told ; get a services = 2 v2; at 80000; "
		"get a services = wait; reply 3 200 3; told a 3 v3" },
	{ "behind the back: what could not be sent is tried again",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ETIMEDOUT; "
		"told a stale 1 v1; at 11000; refuse ENOMEM; "
		"get a services = stale 1 v1; calls 1; at 13000; "
		"get a services = stale 1 v1; calls 2; "
		"get b services = stale 1 v1; drop services; cancelled 2; "
		"get c services = wait; reply 3 200 3; told c 3 v3" },
	{ "a pause is dated by the time that was told",
		"put services 1; at 10000; get a services = wait; at 15000; "
		"time; reply 1 503 EREMOTEIO; told a stale 1 v1; at 15999; "
		"get a services = stale 1 v1; at 16000; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "a drop: who came before gets the old answer, who after a new one",
		"get a services = wait; drop services; "
		"get b services = wait; calls 2; reply 1 200 1; "
		"told a 1 v1; fetched 0; until 0; peek services = nothing; "
		"get c services = wait; calls 2; reply 2 200 2; "
		"told b 2 v2, c 2 v2; get d services = 2 v2" },
	{ "a drop: the new answer comes first, and stays",
		"get a services = wait; drop services; "
		"get b services = wait; reply 2 200 2; told b 2 v1; "
		"reply 1 200 1; told a 1 v2; get c services = 2 v1; calls 2" },
	{ "drops upon drops",
		"get a services = wait; drop services; "
		"get b services = wait; drop services; "
		"get c services = wait; drop services; calls 3; "
		"reply 3 200 3; reply 1 200 1; reply 2 200 2; "
		"told c 3 v1, a 1 v2, b 2 v3; peekstale services = nothing" },
	{ "a dropped entry has nothing stale",
		"put services 1; drop services; peek services = nothing; "
		"peekstale services = nothing; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a ECONNREFUSED" },
	{ "a failure of an overtaken request is told, and not kept",
		"put services 1; at 10000; get a services = wait; "
		"drop services; reply 1 500 EREMOTEIO boom; "
		"told a EREMOTEIO boom; get b services = wait; "
		"reply 2 200 2; told b 2 v2" },
	{ "a drop takes its entry and no other",
		"put services 1; put service/web 2; put service/we 3; "
		"drop service/web; peek services = 1 v1; "
		"peek service/web = nothing; peek service/we = 3 v3; "
		"drop services; peek services = nothing; "
		"peek service/we = 3 v3; drop snapshots; drop service/none" },
	{ "a drop ends pauses and errors of its entry",
		"get a services = wait; reply 1 500 EREMOTEIO; "
		"told a EREMOTEIO; drop services; stats entries=0; "
		"get a services = wait; reply 2 404 ENOENT; told a ENOENT; "
		"drop services; get a services = wait; reply 3 200 3; "
		"told a 3 v2" },
	{ "dropping all overtakes all",
		"put services 1; put service/a 2; get a snapshots = wait; "
		"get b health = wait; dropall; "
		"peekstale services = nothing; "
		"peekstale service/a = nothing; get c snapshots = wait; "
		"calls 3; reply 1 200 1; reply 2 200 2; "
		"told a 1 v3, b 2 v4; reply 3 200 3; told c 3 v5; "
		"peek health = nothing" },
	{ "dropping all asks at once, also in a pause",
		"put services 1; put snapshots 2; at 10000; "
		"get a services = wait; reply 1 0 ECONNREFUSED; "
		"told a stale 1 v1; dropall; get a services = wait; "
		"reply 2 200 3; told a 3 v3" },
	{ "the version stays where the answer does",
		"put services {\"a\":1,\"b\":[2]}; at 10000; "
		"get a services = wait; reply 1 200 {\"b\":[2],\"a\":1}; "
		"told a {\"b\":[2],\"a\":1} v1; at 20000; "
		"get a services = wait; reply 2 200 {\"b\":[2],\"a\":3}; "
		"told a {\"b\":[2],\"a\":3} v2; drop services; "
		"get a services = wait; reply 3 200 {\"b\":[2],\"a\":3}; "
		"told a {\"b\":[2],\"a\":3} v2; dropall; "
		"get a services = wait; reply 4 200 {\"b\":[2],\"a\":4}; "
		"told a {\"b\":[2],\"a\":4} v3" },
	{ "the version moves away and back with a 404",
		"get a service/x = wait; reply 1 200 1; told a 1 v1; "
		"at 20000; get a service/x = wait; reply 2 404 ENOENT; "
		"told a ENOENT; at 24000; get a service/x = wait; "
		"reply 3 200 1; told a 1 v3" },
	{ "a put is newer than what is on its way",
		"get a service/web = wait; put service/web 7; "
		"reply 1 200 1; told a 1 v2; get b service/web = 7 v1; "
		"calls 1" },
	{ "a put takes back a request that nobody waits for",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 0 ETIMEDOUT; told a stale 1 v1; at 11000; "
		"get a services = stale 1 v1; calls 2; put services 2; "
		"cancelled 2; get a services = 2 v2; until 21000" },
	{ "a put without an answer is a drop",
		"put services 1; put services -; "
		"peekstale services = nothing; put snapshots -; "
		"stats entries=1" },
	{ "the others still get it when one goes",
		"get a services = wait; get b services = wait; "
		"get c services = wait; cancel a; cancel c; cancelled ; "
		"reply 1 200 1; told b 1 v1" },
	{ "the last one goes: what is queued is taken back",
		"get a services = wait; get b services = wait; cancel b; "
		"cancelled ; cancel a; cancelled 1; stats entries=0; "
		"get c services = wait; calls 2; reply 2 200 2; told c 2 v1" },
	{ "the last one goes: what was sent is kept",
		"get a services = wait; sent 1; cancel a; cancelled ; "
		"get b services = wait; calls 1; reply 1 200 1; "
		"told b 1 v1; at 10000; get c services = wait; sent 2; "
		"cancel c; reply 2 200 2; told ; get d services = 2 v2" },
	{ "the last one goes: what was overtaken is of no use",
		"get a services = wait; sent 1; drop services; cancelled ; "
		"cancel a; cancelled 1; get b services = wait; sent 2; "
		"cancel b; drop services; cancelled 1 2; stats entries=0" },
	{ "the last one goes: what was known stays",
		"put services 1; at 10000; get a services = wait; cancel a; "
		"cancelled 1; peekstale services = stale 1 v1; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "in ready: those behind may be cancelled",
		"get a services = wait; get b services = wait; "
		"get c services = wait; on a: cancel b; reply 1 200 1; "
		"told a 1 v1, c 1 v1" },
	{ "in ready: the last one behind may be cancelled",
		"get a services = wait; get b services = wait; "
		"on a: cancel b; reply 1 200 1; told a 1 v1; "
		"get c services = 1 v1" },
	{ "in ready: one may cancel oneself, to no effect",
		"get a services = wait; get b services = wait; "
		"on a: cancel a; on b: cancel b; reply 1 200 1; "
		"told a 1 v1, b 1 v1" },
	{ "in ready: a drop is of what came, the others still get it",
		"get a services = wait; get b services = wait; "
		"on a: drop services; on a: get c services = wait; "
		"reply 1 200 1; told a 1 v1, b 1 v1; calls 2; "
		"reply 2 200 2; told c 2 v2" },
	{ "in ready: all may be dropped",
		"get a services = wait; get b services = wait; "
		"get c snapshots = wait; on a: dropall; reply 1 200 1; "
		"told a 1 v1, b 1 v1; reply 2 200 2; told c 2 v2; "
		"peek snapshots = nothing" },
	{ "in ready: what came is served",
		"get a services = wait; get b services = wait; "
		"on a: get c services = 1 v1; reply 1 200 1; "
		"told a 1 v1, b 1 v1" },
	{ "in ready: asking again after an error asks once",
		"get a services = wait; get b services = wait; "
		"on a: drop services; on a: get c services = wait; "
		"on b: get d services = wait; reply 1 503 EREMOTEIO boom; "
		"told a EREMOTEIO boom, b EREMOTEIO boom; calls 2; "
		"reply 2 200 2; told c 2 v1, d 2 v1" },
	{ "in ready: without time to live, asking again is another request",
		"get a logs/web = wait; get b logs/web = wait; "
		"on a: get c logs/web = wait; reply 1 200 1; "
		"told a 1 v1, b 1 v1; calls 2; reply 2 200 1; told c 1 v1" },
	{ "in ready: waits for other answers may be cancelled, and made",
		"get a services = wait; get b snapshots = wait; "
		"on a: cancel b; on a: get c health = wait; reply 1 200 1; "
		"told a 1 v1; cancelled 2; reply 3 200 3; told c 3 v2" },
	{ "in ready: a put does not change what the others get",
		"get a services = wait; get b services = wait; "
		"on a: put services 9; reply 1 200 1; told a 1 v1, b 1 v1; "
		"get c services = 9 v2" },
	{ "those who wait when the cache goes are forgotten",
		"put services 1; get a snapshots = wait; "
		"get b health = wait; drop health; get c health = wait; "
		"calls 3" },
	{ "time does not run backwards for what is held",
		"at 5000; put services 1; at 1000; get a services = 1 v1; "
		"peekstale services = 1 v1" },
	{ "an answer is as old as its request",
		"get a services = wait; at 3000; sent 1; at 4000; "
		"reply 1 200 1; told a 1 v1; fetched 3000; until 13000; "
		"peek services = 1 v1; at 13000; peek services = nothing; "
		"peekstale services = stale 1 v1" },
	{ "a 404 is as old as its request",
		"at 2000; get a service/x = wait; at 3000; sent 1; at 4000; "
		"reply 1 404 ENOENT; told a ENOENT; fetched 3000; until 7000" },
	{ "one resource is broken: one tries after each pause",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 500 EREMOTEIO; told a stale 1 v1; at 11000; "
		"get a services = wait; get b services = stale 1 v1; "
		"reply 2 500 EREMOTEIO; told a stale 1 v1; at 12999; "
		"get a services = stale 1 v1; at 13000; "
		"get a services = wait; reply 3 200 3; told a 3 v2" },
	{ "what recovered pauses for 1 s again",
		"put jobs 1; at 1000; get a jobs = wait; "
		"reply 1 500 EREMOTEIO; at 2000; get a jobs = wait; "
		"reply 2 500 EREMOTEIO; at 4000; get a jobs = wait; "
		"reply 3 200 1; told a stale 1 v1, a stale 1 v1, a 1 v1; "
		"at 5000; get a jobs = wait; reply 4 500 EREMOTEIO; "
		"at 6000; get a jobs = wait; reply 5 200 1; "
		"told a stale 1 v1, a 1 v1" },
	{ "a broken resource that holds nothing gives its error again",
		"get a services = wait; reply 1 500 EREMOTEIO boom; "
		"told a EREMOTEIO boom; at 999; "
		"get a services = EREMOTEIO boom; at 1000; "
		"get a services = wait; reply 2 200 1; told a 1 v1" },
	{ "what says nothing of the API does not end its pause",
		"put services 1; at 10000; get a services = wait; "
		"reply 1 0 ECONNREFUSED; told a stale 1 v1; "
		"get b health = wait; reply 2 500 EREMOTEIO; "
		"told b EREMOTEIO; get c key = wait; reply 3 200 ENOMEM; "
		"told c ENOMEM; get a services = stale 1 v1" },
};

#endif
