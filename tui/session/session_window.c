/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --since and --until: leaves out flows outside of the window, and adds the connections that were
 * open at its start (core/state/flow_window.h). All other records pass, so that names stay known.
 */
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/source/segments/segment_folder.h"
#include "core/source/segments/segment_set.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* Sources report a loss at most this time after it. The kernel's losses are read several times a
 * second (core/source/ebpf/ebpf.c). */
#define LOSS_REPORT_NS (2 * NS_PER_SECOND)

/* Returns the Unix time of a moment. `latest_ns` is the time from which ages count back. */
static uint64_t session_window_resolve(const struct option_moment *moment, uint64_t latest_ns)
{
	if (!moment->given)
		return 0;
	if (!moment->is_age)
		return moment->ns;
	return latest_ns > moment->ns ? latest_ns - moment->ns : 0;
}

/*
 * Finds the time of the recording's last flow, if --since or --until is an age. *latest stays as it
 * is if there is no such time: the opening of the recording reports a file that cannot be read.
 * Returns 0 or the exit status.
 */
static int session_window_find_latest(const struct options *options, struct stream_latest *latest)
{
	int error = segment_folder_is(options->input)
			    ? segment_set_find_latest(options->input, latest)
			    : stream_find_latest(options->input, latest);

	if (error == -ENOTSUP)
		return options_report(options, 2,
				      "--since, --until: an age is counted back from the end of a "
				      "file, and %s is none. Give a time such as "
				      "2026-01-02T15:04:05Z",
				      options->input);
	if (error == -ENODATA)
		options_report(options, 0,
			       "--since, --until: an age is counted back from the latest flow, and "
			       "%s has no flow",
			       options->input);
	return 0;
}

int session_window_open(struct session *session, struct state_window *limits)
{
	const struct options *options = session->options;
	const struct option_moment *since = &options->since;
	const struct option_moment *until = &options->until;
	struct stream_latest latest = {0};

	if (!since->given && !until->given)
		return 0;
	if (since->is_age && until->is_age && since->ns <= until->ns)
		return options_report(options, 2, "--since must be before --until");
	if (since->is_age || until->is_age) {
		int status = session_window_find_latest(options, &latest);
		/* Without a flow, there is nothing to limit. */
		if (status || !latest.unix_ns)
			return status;
	}
	limits->since_ns = session_window_resolve(since, latest.unix_ns);
	limits->until_ns = session_window_resolve(until, latest.unix_ns);
	if (since->is_age)
		limits->since_steady_ns = session_window_resolve(since, latest.steady_ns);
	if (until->is_age)
		limits->until_steady_ns = session_window_resolve(until, latest.steady_ns);
	limits->has_until = until->given;
	if (since->given && limits->has_until && limits->since_ns >= limits->until_ns)
		return options_report(options, 2, "--since must be before --until");
	if (!options->input && limits->has_until && limits->until_ns <= clock_real_ns())
		return options_report(options, 2, "--until is in the past");
	if (flow_window_new(limits, (size_t)options->max_connections, &session->window))
		return options_report(options, 3, "%s", strerror(ENOMEM));
	session->limits = *limits;
	return 0;
}

/* Returns whether session_stop ended the session, so that no more records are delivered. */
static bool session_window_discards(const struct session *session)
{
	return session->stopped && !session->stop_drain;
}

/* Adds the connections that were open at the start of the window, once flows inside or after it
 * show that the recording has reached it. */
static void session_window_add_open(struct session *session)
{
	struct record record;
	uint64_t dropped;

	while (!session_window_discards(session) &&
	       flow_window_next_open(session->window, &record)) {
		session_give(session, &record);
		session_handle_flow(session, &record);
		record_free(&record);
	}
	while (!session_window_discards(session) &&
	       edge_window_next(&session->edge_window, &record)) {
		const struct flow_names *names = record.edge->flow.names;
		record.edge->from_ns =
			flow_window_start(session->window, names ? names->node : NULL);
		record.edge->flow.ts_ns = record.edge->from_ns;
		session_give(session, &record);
		session_handle_flow(session, &record);
		record_free(&record);
	}
	dropped = flow_window_report_dropped(session->window) +
		  edge_window_report_dropped(&session->edge_window);
	if (dropped) {
		record = (struct record){.kind = RECORD_LOST,
					 .lost = {.count = dropped, .where = LOST_MEMORY}};
		state_apply(session->state, &record);
	}
}

/* A result that is printed at the end must not depend on the order of the flows, so it waits for
 * all flows. A line for each flow, or a row, must not wait. */
static bool session_window_waits(const struct session *session)
{
	return !session->handlers.flow && !session_records(session);
}

void session_window_end(struct session *session)
{
	if (session->window && session->window_reached)
		session_window_add_open(session);
}

static bool session_window_accept_flow(struct session *session, struct session_source *source,
				       struct flow *flow)
{
	const char *node = flow->names ? flow->names->node : NULL;
	enum flow_window_place place = flow_window_place(session->window, node, flow->ts_ns);
	uint64_t steady_ns = flow_window_steady(session->window, node, flow->ts_ns);

	if (flow->ts_ns > source->latest_ns)
		source->latest_ns = flow->ts_ns;
	if (steady_ns > source->latest_steady_ns)
		source->latest_steady_ns = steady_ns;
	if (place == FLOW_WINDOW_BEFORE) {
		if (!flow_window_add(session->window, flow))
			return false;
		flow->ts_ns = flow_window_start(session->window, node);
		return true;
	}
	session->window_reached = true;
	session->window_passed |= place == FLOW_WINDOW_AFTER;
	if (!session_window_waits(session))
		session_window_add_open(session);
	return place == FLOW_WINDOW_INSIDE;
}

/* Accepts an interval that overlaps the window: the counts of a part of it are not known. */
static bool session_window_accept_edge(struct session *session, struct session_source *source,
				       const struct edge_record *edge)
{
	const char *node = edge->flow.names ? edge->flow.names->node : NULL;
	uint64_t steady_ns = flow_window_steady(session->window, node, edge->flow.ts_ns);
	enum flow_window_place begins = flow_window_place(session->window, node, edge->from_ns);
	enum flow_window_place ends = flow_window_place(session->window, node, edge->flow.ts_ns);

	if (edge->flow.ts_ns > source->latest_ns)
		source->latest_ns = edge->flow.ts_ns;
	if (steady_ns > source->latest_steady_ns)
		source->latest_steady_ns = steady_ns;
	if (ends == FLOW_WINDOW_BEFORE) {
		edge_window_add(&session->edge_window, edge);
		return false;
	}
	session->window_reached = true;
	session->window_passed |= begins == FLOW_WINDOW_AFTER;
	if (!session_window_waits(session))
		session_window_add_open(session);
	return begins != FLOW_WINDOW_AFTER;
}

/* Returns whether a loss may concern the window: losses have no time, so the latest flow before the
 * report decides. */
static bool session_window_accept_loss(const struct session *session,
				       const struct session_source *source)
{
	const struct state_window *limits = &session->limits;

	if (limits->since_steady_ns ? source->latest_steady_ns < limits->since_steady_ns
				    : source->latest_ns < limits->since_ns)
		return false;
	if (!limits->has_until)
		return true;
	return limits->until_steady_ns
		       ? source->latest_steady_ns < limits->until_steady_ns + LOSS_REPORT_NS
		       : source->latest_ns < limits->until_ns + LOSS_REPORT_NS;
}

bool session_window_accept(struct session *session, struct session_source *source,
			   struct record *record)
{
	if (!session->window)
		return true;
	switch ((enum record_kind)record->kind) {
	case RECORD_FLOW:
		return session_window_accept_flow(session, source, &record->flow);
	case RECORD_EDGE:
		return session_window_accept_edge(session, source, record->edge);
	case RECORD_CLOCK:
		flow_window_set_clock(session->window, record->clock);
		return true;
	case RECORD_LOST:
		return session_window_accept_loss(session, source);
	default:
		return true;
	}
}

bool session_window_counts(const struct session *session, const struct record *record)
{
	return record->kind != RECORD_DNS || !session->window ||
	       flow_window_place(session->window, record->dns->node, record->dns->ts_ns) ==
		       FLOW_WINDOW_INSIDE;
}

uint64_t session_window_now(const struct session *session, uint64_t last_ns)
{
	uint64_t until_ns = session->limits.until_ns;

	if (!session->window_passed)
		return last_ns;
	if (session->limits.until_steady_ns)
		until_ns = session->limits.until_steady_ns;
	else
		until_ns -= (uint64_t)state_latest_lead(session->state);
	return until_ns > last_ns ? until_ns : last_ns;
}
