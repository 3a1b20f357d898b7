/* SPDX-License-Identifier: MIT */
/* api/rate.c - how many requests may go out now, and whose turn it is */
#include "api/rate.h"

#include <sys/param.h>

/* The level is in units of 1/TOKEN, so that `milli` units are added each
 * millisecond. */
#define TOKEN 60000000

#define POLL_RESERVE 2
/* now_ms is read before the answer is, and not every request takes equally long
 * to arrive: what the server says may hold only this much later, or an eighth
 * of the time between two tokens, so that little of the limit is lost. */
#define LAG_MS 250
#define LAG_PART 8
/* An answer that took no longer than this describes the present. */
#define RECENT_MS 1000
/* However late the server says that a limit ends, the next request is sent
 * after a minute, or when there is a token: limits are per minute. */
#define BLOCK_MAX_MS 60000

void rate_init(struct rate *rate)
{
	int i;

	*rate = (struct rate){ 0 };
	for (i = 0; i <= API_POLL; i++)
		TAILQ_INIT(&rate->queues[i].list);
}

bool rate_is_known(const struct rate *rate, uint64_t now_ms)
{
	return rate->milli || rate->blocked_ms > now_ms;
}

static int64_t rate_full(const struct rate *rate)
{
	unsigned burst = rate->burst ? rate->burst : rate->milli / 1000;

	return (int64_t)MAX(burst, 1) * TOKEN;
}

/* The level that is gained within ms. */
static int64_t rate_gain(const struct rate *rate, uint64_t ms)
{
	return (int64_t)(MIN(ms, TOKEN) * rate->milli);
}

/* How many milliseconds it takes to gain this level. */
static uint64_t rate_gain_ms(const struct rate *rate, int64_t level)
{
	if (level <= 0)
		return 0;
	return ((uint64_t)level + rate->milli - 1) / rate->milli;
}

static uint64_t rate_lag_ms(const struct rate *rate)
{
	return rate->milli ? MIN(LAG_MS, rate_gain_ms(rate, TOKEN) / LAG_PART)
			   : LAG_MS;
}

static void rate_refill(struct rate *rate, uint64_t now_ms)
{
	if (now_ms > rate->level_ms) {
		rate->level += rate_gain(rate, now_ms - rate->level_ms);
		rate->level_ms = now_ms;
	}
	rate->level = MIN(rate->level, rate_full(rate));
}

static void rate_level(struct rate *rate, int64_t level, uint64_t now_ms)
{
	rate->level = level;
	rate->level_ms = now_ms + rate_lag_ms(rate);
	rate->late_ms = 0;
}

static void rate_start(
	struct rate *rate, unsigned milli, unsigned burst, uint64_t now_ms)
{
	int64_t taken = (int64_t)rate->taken * TOKEN;

	rate->milli = rate->told = milli;
	rate->burst = burst;
	rate_level(rate, MAX(rate_full(rate) - taken, 0), now_ms);
	rate->taken = 0;
}

void rate_set(
	struct rate *rate, double per_minute, unsigned burst, uint64_t now_ms)
{
	bool was_unknown = !rate->milli;
	unsigned milli = (unsigned)(per_minute * 1000);

	rate->is_learned = false;
	if (per_minute > 0)
		milli = MAX(milli, 1);
	if (was_unknown || !milli) {
		rate_start(rate, milli, burst, now_ms);
		return;
	}
	rate_refill(rate, now_ms);
	if (rate->told != milli)
		rate->milli = rate->told = milli;
	rate->burst = burst;
	rate->late_ms = 0;
	rate_refill(rate, now_ms);
}

static uint64_t rate_block_max_ms(const struct rate *rate)
{
	uint64_t token_ms = rate->milli ? rate_gain_ms(rate, TOKEN) : 0;

	return MAX(token_ms, BLOCK_MAX_MS);
}

static void rate_block(struct rate *rate, int64_t wait_s, uint64_t now_ms)
{
	uint64_t wait_ms = (uint64_t)MIN(wait_s, INT32_MAX) * 1000;
	uint64_t until_ms = now_ms + MIN(wait_ms, rate_block_max_ms(rate));

	rate->blocked_ms = MAX(rate->blocked_ms, until_ms);
	rate->late_ms = 0;
}

/*
 * The server counted at some moment between the request and now. Since then its
 * count has grown by new tokens, and fallen by requests that it had not
 * counted. Our own count is kept if it is within these bounds: taking the lower
 * one each time would lose a token for each run under way, at every answer.
 */
static void rate_bound(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms)
{
	int64_t full = rate_full(rate), least, most;

	rate_refill(rate, now_ms);
	if (answer->remaining > full / TOKEN) {
		rate->is_window = true; /* not a bucket of our size */
		return;
	}
	most = answer->remaining * TOKEN;
	if (answer->age_ms > RECENT_MS)
		most += rate_gain(rate, answer->age_ms - RECENT_MS);
	/* It tells whole tokens, of which it may have a part more. */
	if (rate->level >= most + TOKEN)
		rate_level(rate, most, now_ms);
	if (rate->is_window || answer->since >= (uint64_t)answer->remaining)
		return;
	least = (answer->remaining - (int64_t)answer->since) * TOKEN;
	if (rate->level < least)
		rate_level(rate, least, now_ms);
}

void rate_learn(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms)
{
	if (answer->limit > 0 && answer->limit < 1000000 &&
		(!rate->milli || rate->is_learned)) {
		if (rate->told != (unsigned)answer->limit * 1000)
			rate_start(rate, (unsigned)answer->limit * 1000, 0,
				now_ms);
		rate->is_learned = true;
	}
	if (answer->remaining < 0 || !rate->milli)
		return;
	rate_bound(rate, answer, now_ms);
	if (answer->remaining == 0 && rate->is_learned && answer->reset_s > 0)
		rate_block(rate, answer->reset_s, now_ms);
}

/* A rate is told as a whole number, also where it is one request in 42 seconds:
 * then the next token comes so much later than our own. */
static void rate_slow_down(struct rate *rate, uint64_t wait_ms)
{
	unsigned least = MAX(rate->told / 2, rate->told - MIN(rate->told, 999));
	uint64_t token_ms;

	if (!rate->milli)
		return;
	token_ms = rate_gain_ms(rate, TOKEN);
	if (wait_ms >= token_ms) /* of another limit */
		return;
	rate->milli = MIN(MAX((unsigned)(TOKEN / (token_ms + wait_ms)), least),
		rate->milli);
}

bool rate_limited(struct rate *rate, int64_t wait_s, uint64_t now_ms)
{
	uint64_t wait_ms = (uint64_t)MIN(MAX(wait_s, 0), INT32_MAX) * 1000;

	rate_level(rate, 0, now_ms);
	if (wait_s <= 0)
		return false;
	rate_slow_down(rate, wait_ms);
	rate_level(rate, MAX(TOKEN - rate_gain(rate, wait_ms), 0), now_ms);
	rate_block(rate, wait_s, now_ms);
	return wait_ms <= rate_block_max_ms(rate);
}

/* The level that a request needs if `ahead` others go before it. */
static int64_t rate_need(
	const struct rate *rate, enum api_priority priority, uint64_t ahead)
{
	int64_t room = rate_full(rate) / TOKEN - 1;
	int64_t reserve = priority == API_POLL ? MIN(room, POLL_RESERVE) : 0;

	return (reserve + (int64_t)ahead + 1) * TOKEN;
}

/* When there is a token for a request if `ahead` others go before it. */
static uint64_t rate_token_ms(
	const struct rate *rate, enum api_priority priority, uint64_t ahead)
{
	int64_t missing = rate_need(rate, priority, ahead) - rate->level;

	if (!rate->milli || missing <= 0)
		return rate->blocked_ms;
	return MAX(
		rate->level_ms + rate_gain_ms(rate, missing), rate->blocked_ms);
}

/* ---- requests that miss their deadline ---- */

/*
 * Whether a request gets its token in time depends on all that go before it.
 * Looking at all of them at every event would be quadratic, so each look notes
 * a time, late_ms, before which it need not be repeated. When a request gets
 * its token changes only
 *
 *   - while the bucket is full and gains nothing, which is at full_ms or later;
 *     from then on it has to wait for wait_ms at most;
 *   - by one token, when a request that came later goes first;
 *   - when an answer corrects the bucket, which resets late_ms.
 */
static void rate_note(
	struct rate *rate, const struct rate_entry *entry, uint64_t ahead)
{
	uint64_t deadline_ms = entry->deadline_ms, full_ms, wait_ms, at;
	int64_t full = rate_full(rate);

	at = MAX(rate_token_ms(rate, entry->priority, ahead), entry->due_ms);
	if (at >= deadline_ms) {
		rate->late_ms = 0;
		return;
	}
	if (!rate->milli) {
		rate->late_ms = MIN(rate->late_ms, deadline_ms);
		return;
	}
	full_ms = rate->level_ms + rate_gain_ms(rate, full - rate->level);
	wait_ms = rate_lag_ms(rate) +
		rate_gain_ms(
			rate, rate_need(rate, entry->priority, ahead) - full);
	if (wait_ms < deadline_ms)
		full_ms = MAX(full_ms, deadline_ms - wait_ms);
	rate->late_ms = MIN(rate->late_ms, MIN(full_ms, deadline_ms));
	rate->overtakings = MIN(rate->overtakings,
		(deadline_ms - at - 1) / rate_gain_ms(rate, TOKEN));
}

static void rate_overtaken(struct rate *rate)
{
	uint64_t token_ms;

	if (!rate->milli)
		return;
	token_ms = rate_gain_ms(rate, TOKEN);
	if (rate->overtakings == 0 || rate->late_ms < token_ms) {
		rate->late_ms = 0;
		return;
	}
	rate->overtakings--;
	rate->late_ms -= token_ms;
}

/* ---- the queues ---- */

static void rate_insert(
	struct rate *rate, struct rate_entry *entry, bool is_first)
{
	struct rate_queue *queue = &rate->queues[entry->priority];
	uint64_t ahead = is_first ? 0 : queue->count;
	int i;

	for (i = 0; i < (int)entry->priority; i++)
		ahead += rate->queues[i].count;
	if (entry->priority == API_PERSON)
		ahead += rate->queues[API_PROGRAM].count;
	rate_overtaken(rate);
	rate_note(rate, entry, ahead);
	if (is_first)
		rate->late_ms = 0;

	queue->due_ms = MIN(queue->due_ms, entry->due_ms);
	queue->deadline_ms = MIN(queue->deadline_ms, entry->deadline_ms);
	if (is_first)
		TAILQ_INSERT_HEAD(&queue->list, entry, link);
	else
		TAILQ_INSERT_TAIL(&queue->list, entry, link);
	queue->count++;
	rate->count++;
}

void rate_push(struct rate *rate, struct rate_entry *entry)
{
	rate_insert(rate, entry, false);
}

void rate_push_again(struct rate *rate, struct rate_entry *entry)
{
	rate_insert(rate, entry, true);
}

void rate_remove(struct rate *rate, struct rate_entry *entry)
{
	struct rate_queue *queue = &rate->queues[entry->priority];

	if (entry->due_ms == queue->due_ms ||
		entry->deadline_ms == queue->deadline_ms)
		queue->is_known = false;
	TAILQ_REMOVE(&queue->list, entry, link);
	queue->count--;
	rate->count--;
}

static void queue_update(struct rate_queue *queue)
{
	struct rate_entry *entry;

	if (queue->is_known)
		return;
	queue->due_ms = queue->deadline_ms = UINT64_MAX;
	TAILQ_FOREACH(entry, &queue->list, link)
	{
		queue->due_ms = MIN(queue->due_ms, entry->due_ms);
		queue->deadline_ms =
			MIN(queue->deadline_ms, entry->deadline_ms);
	}
	queue->is_known = true;
}

static struct rate_entry *first_due(
	const struct rate *rate, enum api_priority priority, uint64_t now_ms)
{
	struct rate_entry *entry = TAILQ_FIRST(&rate->queues[priority].list);

	while (entry && entry->due_ms > now_ms)
		entry = TAILQ_NEXT(entry, link);
	return entry;
}

/* Chooses between a person's request and a run's; either may be NULL. */
static struct rate_entry *take_turn(
	struct rate_entry *person, struct rate_entry *run, bool *is_runs_turn)
{
	bool is_run = !person || (run && *is_runs_turn);

	*is_runs_turn = !is_run;
	return is_run ? run : person;
}

/* The requests that are due at a given time, in the order in which they will be
 * sent. */
struct line {
	struct rate_entry *next[API_POLL + 1];
	bool is_runs_turn;
};

static struct line line_of(const struct rate *rate, uint64_t due_ms)
{
	struct line line = { .is_runs_turn = rate->is_runs_turn };
	int i;

	for (i = 0; i <= API_POLL; i++)
		line.next[i] = first_due(rate, i, due_ms);
	return line;
}

static struct rate_entry *line_next(struct line *line)
{
	struct rate_entry *entry = take_turn(line->next[API_PERSON],
		line->next[API_PROGRAM], &line->is_runs_turn);
	int priority;

	for (priority = API_READER; priority <= API_POLL && !entry; priority++)
		entry = line->next[priority];
	if (entry)
		line->next[entry->priority] = TAILQ_NEXT(entry, link);
	return entry;
}

struct rate_entry *rate_next(struct rate *rate, uint64_t now_ms)
{
	struct line due = line_of(rate, now_ms);
	struct line all = line_of(rate, UINT64_MAX);
	struct rate_entry *entry = line_next(&due);

	rate_refill(rate, now_ms);
	if (!entry || rate_token_ms(rate, entry->priority, 0) > now_ms)
		return NULL;
	if (entry != line_next(&all))
		rate_overtaken(rate);
	if (entry->priority <= API_PROGRAM)
		rate->is_runs_turn = due.is_runs_turn;
	rate_remove(rate, entry);
	/* The server's bucket is also full until this request arrives. */
	if (rate->level >= rate_full(rate))
		rate->level_ms = now_ms + rate_lag_ms(rate);
	if (rate->milli)
		rate->level -= TOKEN;
	else
		rate->taken++;
	return entry;
}

void rate_late(struct rate *rate, uint64_t now_ms, struct rate_list *late)
{
	struct line line = line_of(rate, UINT64_MAX), before = line;
	struct rate_entry *entry;
	uint64_t ahead = 0, at;

	if (now_ms < rate->late_ms)
		return;
	rate_refill(rate, now_ms);
	rate->late_ms = rate->overtakings = UINT64_MAX;
	for (; (entry = line_next(&line)); before = line) {
		at = rate_token_ms(rate, entry->priority, ahead);
		at = MAX(MAX(at, entry->due_ms), now_ms);
		if (at < entry->deadline_ms) {
			rate_note(rate, entry, ahead++);
			continue;
		}
		rate_remove(rate, entry);
		TAILQ_INSERT_TAIL(late, entry, link);
		line.is_runs_turn = before.is_runs_turn; /* it took no turn */
	}
}

uint64_t rate_wake_ms(struct rate *rate, uint64_t now_ms)
{
	uint64_t wake = UINT64_MAX, at;
	int i;

	rate_refill(rate, now_ms);
	for (i = 0; i <= API_POLL; i++) {
		struct rate_queue *queue = &rate->queues[i];

		if (queue->count == 0)
			continue;
		queue_update(queue);
		at = MAX(rate_token_ms(rate, i, 0), queue->due_ms);
		wake = MIN(wake, MIN(at, queue->deadline_ms));
	}
	return wake;
}
