/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/travel.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/timestamp.h"
#include "core/state/conn_words.h"
#include "core/state/rewind.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/scope.h"
#include "tui/dashboard/visits.h"

/* The speeds of playing, as powers of two. 0 is the speed at which the events happened. */
#define SPEED_LEAST (-3)
#define SPEED_MOST  16

/* The widest histogram. */
#define BARS_MAX 512
/* "12:34:56.789 " before the histogram. */
#define CLOCK_SIZE 13
/* The size of the figures after the histogram. */
#define FIGURES_SIZE 64

void travel_clear(struct travel *travel)
{
	timeline_clear(&travel->timeline);
}

/* Counts the denied connections and the new destinations at the time that is shown. */
static void travel_count_marks(const struct context *context)
{
	verdicts_regroup(context->verdicts);
	novelty_regroup(session_novelty(context->session));
}

/* Lets every view read the state again, because the state now shows another time. The table keeps
 * its cursor. */
static void travel_renew_views(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;

	dashboard->connections.query.rewound = dashboard->travel.on;
	connections_apply_query(&dashboard->connections);
	dashboard->summary.stale = true;
	dashboard->selection.stale = true;
	policy_draft_renew(&dashboard->policy.draft);
	dashboard->subject_page.next_ns = 0;
	context->now_ns = session_now(context->session);
	travel_count_marks(context);
}

/* Fills in the graph of the header: the connections that began in the minute before the time. */
static void travel_fill_graph(struct travel *travel)
{
	const struct timeline *timeline = &travel->timeline;
	size_t at = timeline_count_until(timeline, travel->time_ns);

	travel->graph = (struct graph){0};
	while (at > 0 && timeline->events[at - 1].time_ns + (GRAPH_SECONDS + 1) * NS_PER_SECOND >
				 travel->time_ns)
		at--;
	for (; at < timeline->count && timeline->events[at].time_ns <= travel->time_ns; at++)
		if (timeline->events[at].step == TIMELINE_BEGAN)
			graph_add(&travel->graph, timeline->events[at].time_ns);
}

/* Leaves the page of a connection that had not begun at the time. */
static void travel_close_page(struct dashboard *dashboard)
{
	const struct conn *conn =
		state_find(dashboard->context.state, dashboard->detail.conn.sequence);

	if (dashboard->page == DASHBOARD_DETAIL && conn && !rewind_has_begun(conn))
		dashboard_close_pages(dashboard);
}

/* Shows a time. */
static void travel_show(struct dashboard *dashboard, uint64_t time_ns)
{
	struct travel *travel = &dashboard->travel;
	struct context *context = &dashboard->context;

	if (context->paused) {
		connections_pause(&dashboard->connections, false);
		context->paused = false;
	}
	travel->on = true;
	travel->time_ns = time_ns;
	travel_enter(dashboard);
	if (!travel->on)
		return;
	travel_fill_graph(travel);
	travel_close_page(dashboard);
	travel_renew_views(dashboard);
}

/* Shows the time of an event, and selects its connection. */
static void travel_go(struct dashboard *dashboard, const struct timeline_event *event)
{
	struct travel *travel = &dashboard->travel;

	travel->event = *event;
	travel_show(dashboard, event->time_ns);
	if (!travel->on)
		return;
	connections_restart(&dashboard->connections);
	connections_show(&dashboard->connections, event->sequence);
}

bool travel_end(struct dashboard *dashboard)
{
	struct travel *travel = &dashboard->travel;

	if (!travel->on)
		return false;
	travel->on = false;
	travel->plays = false;
	travel->event.sequence = 0;
	session_return(dashboard->context.session);
	travel_renew_views(dashboard);
	connections_restart(&dashboard->connections);
	return true;
}

void travel_enter(struct dashboard *dashboard)
{
	if (!dashboard->travel.on)
		return;
	/* It is not known which of the evicted connections had begun by an earlier time. */
	if (dashboard->travel.time_ns < state_counters(dashboard->context.state)->evicted_ns) {
		travel_end(dashboard);
		context_error(&dashboard->context,
			      "connections of that time were evicted: this is the present");
		return;
	}
	if (session_travel(dashboard->context.session, dashboard->travel.time_ns)) {
		travel_end(dashboard);
		context_error(&dashboard->context, "no memory to show another time");
		return;
	}
	travel_count_marks(&dashboard->context);
}

void travel_leave(struct dashboard *dashboard)
{
	session_return(dashboard->context.session);
}

/* Reads the events of the connections in scope. If nothing has happened, or memory is short, shows
 * a message and returns false. */
static bool travel_read_events(struct dashboard *dashboard)
{
	struct travel *travel = &dashboard->travel;
	struct context *context = &dashboard->context;

	travel->unread = false;
	session_return(context->session);
	if (timeline_update(&travel->timeline, context->state))
		context_error(context, "no memory to show another time");
	else if (travel->timeline.count == 0)
		context_note(context, "nothing has happened yet");
	travel_enter(dashboard);
	return travel->timeline.count > 0;
}

/* Shows a message about an event: "began (first) shop/cart-1 → 203.0.113.9 port 443". */
static void travel_describe(struct dashboard *dashboard, const struct timeline_event *event)
{
	static const char *const steps[] = {
		[TIMELINE_BEGAN] = "began",
		[TIMELINE_ESTABLISHED] = "established",
		[TIMELINE_ENDED] = "ended",
	};
	struct context *context = &dashboard->context;
	const struct conn *conn = state_find(context->state, event->sequence);
	char peer[CELL_SIZE];

	if (!conn)
		return;
	cell_edge_peer(context->state, conn->edge, peer);
	context_note(context, "%s%s %s %s %s port %u",
		     event->failed ? "failed" : steps[event->step], event->first ? " (first)" : "",
		     conn->subject->display, cell_arrow(context->glyphs, conn->edge->direction),
		     peer, conn->edge->port);
}

static void travel_report_end(struct dashboard *dashboard, int direction,
			      enum timeline_choice choice)
{
	const struct travel *travel = &dashboard->travel;
	struct context *context = &dashboard->context;

	if (direction > 0)
		context_note(context, choice == TIMELINE_ALL
					      ? "this is the last event: Esc shows the present"
					      : "no failure and no new destination after this: Esc "
						"shows the present");
	else if (travel->timeline.least_ns)
		context_note(context, "connections from before this time were evicted: use "
				      "--max-connections N or --until TIME");
	else
		context_note(context, choice == TIMELINE_ALL
					      ? "this is the first event"
					      : "no failure and no new destination before this");
}

/* Returns the number of events up to the chosen one, or else up to the time that is shown. */
static size_t travel_position(const struct travel *travel)
{
	size_t at = travel->event.sequence ? timeline_find(&travel->timeline, &travel->event)
					   : travel->timeline.count;

	return at < travel->timeline.count
		       ? at + 1
		       : timeline_count_until(&travel->timeline, travel->time_ns);
}

/* Returns the event before or after the chosen one, or else before or after the time that is
 * shown. */
static const struct timeline_event *travel_find(const struct travel *travel, int direction,
						enum timeline_choice choice)
{
	const struct timeline *timeline = &travel->timeline;
	size_t position = travel_position(travel);

	if (!travel->on)
		return direction < 0 ? timeline_before(timeline, timeline->count, choice) : NULL;
	if (direction > 0)
		return timeline_after(timeline, position, choice);
	/* Without a chosen event, those of the present time have been shown. */
	if (!travel->event.sequence)
		position =
			travel->time_ns ? timeline_count_until(timeline, travel->time_ns - 1) : 0;
	else if (position > 0)
		position--;
	return timeline_before(timeline, position, choice);
}

void travel_step(struct dashboard *dashboard, int direction, enum timeline_choice choice)
{
	struct travel *travel = &dashboard->travel;
	const struct timeline_event *event;

	travel->plays = false;
	if (!travel_read_events(dashboard))
		return;
	event = travel_find(travel, direction, choice);
	if (!event) {
		travel_report_end(dashboard, direction, choice);
		return;
	}
	travel_go(dashboard, event);
	travel_describe(dashboard, event);
}

void travel_play(struct dashboard *dashboard)
{
	struct travel *travel = &dashboard->travel;

	if (travel->plays) {
		travel->plays = false;
		return;
	}
	if (!travel_read_events(dashboard))
		return;
	/* When playing starts at the present, it begins with the first event. */
	travel->event.sequence = 0;
	if (!travel->on) {
		travel_show(dashboard, travel->timeline.events[0].time_ns);
		connections_restart(&dashboard->connections);
	}
	travel->plays = travel->on;
	travel->played_ns = clock_monotonic_ns();
}

void travel_change_speed(struct dashboard *dashboard, int direction)
{
	struct travel *travel = &dashboard->travel;
	int speed = travel->speed + direction;

	if (speed >= SPEED_LEAST && speed <= SPEED_MOST)
		travel->speed = speed;
	if (!travel->plays)
		context_note(&dashboard->context, "R plays at this speed");
}

/* Writes the speed: "4x", "1/2x". */
static void travel_write_speed(const struct travel *travel, char *text, size_t size)
{
	if (travel->speed >= 0)
		snprintf(text, size, "%ux", 1u << travel->speed);
	else
		snprintf(text, size, "1/%ux", 1u << -travel->speed);
}

void travel_advance(struct dashboard *dashboard)
{
	struct travel *travel = &dashboard->travel;
	uint64_t now_ns = dashboard->context.monotonic_ns;
	uint64_t passed_ns = now_ns > travel->played_ns ? now_ns - travel->played_ns : 0;
	uint64_t last_ns;

	if (travel->on && travel->unread && !travel_read_events(dashboard))
		travel->plays = false;
	if (!travel->plays)
		return;
	travel->played_ns = now_ns;
	last_ns = travel->timeline.events[travel->timeline.count - 1].time_ns;
	/* In another scope, the last event may be earlier. */
	if (travel->time_ns >= last_ns) {
		travel->plays = false;
		return;
	}
	/* Do not count the time during which polecat was stopped or an editor had the terminal. */
	if (passed_ns > NS_PER_SECOND)
		passed_ns = NS_PER_SECOND;
	passed_ns = travel->speed >= 0 ? passed_ns << travel->speed : passed_ns >> -travel->speed;
	if (passed_ns >= last_ns - travel->time_ns) {
		passed_ns = last_ns - travel->time_ns;
		travel->plays = false;
	}
	if (passed_ns > 0)
		travel_show(dashboard, travel->time_ns + passed_ns);
}

/* Draws the parts of the time. A part with failures is a cross in the colour of failures; parts
 * after the time that is shown are dim. */
static void travel_draw_bars(const struct travel *travel, struct canvas *line, size_t count)
{
	struct timeline_bar bars[BARS_MAX];
	const struct glyphs *glyphs = line->glyphs;
	size_t now = timeline_bar_at(&travel->timeline, travel->time_ns, count);
	uint64_t most = 1;

	timeline_draw(&travel->timeline, bars, count);
	for (size_t i = 0; i < count; i++)
		if (bars[i].events > most)
			most = bars[i].events;
	for (size_t i = 0; i < count; i++) {
		/* Round up, so that a part with any event differs from an empty one. */
		uint64_t level = (bars[i].events * (GLYPH_SPARK_LEVELS - 1) + most - 1) / most;

		if (i == now)
			canvas_add(line, bars[i].failures ? ROLE_FAILED : ROLE_PAUSED, "%s",
				   glyphs->border[BORDER_UP | BORDER_DOWN]);
		else if (bars[i].failures)
			canvas_add(line, ROLE_FAILED, "%s", glyphs->cross);
		else
			canvas_add(line, i < now ? ROLE_GRAPH : ROLE_DIM, "%s",
				   glyphs->spark[level]);
	}
}

/* Writes the time that is shown, without the date. */
static void travel_write_clock(const struct dashboard *dashboard, char text[CLOCK_SIZE])
{
	const struct clocks *clocks = state_clocks(dashboard->context.state);
	char clock[TIMESTAMP_TEXT_SIZE];

	timestamp_format(dashboard->travel.time_ns + (uint64_t)clocks->lead_ns, clock);
	snprintf(text, CLOCK_SIZE, "%.12s", clock + 11);
}

void travel_write_when(const struct dashboard *dashboard, char text[TRAVEL_WHEN_SIZE])
{
	char clock[CLOCK_SIZE];

	text[0] = '\0';
	if (!dashboard->travel.on)
		return;
	travel_write_clock(dashboard, clock);
	snprintf(text, TRAVEL_WHEN_SIZE, " as of %s", clock);
}

void travel_draw(struct dashboard *dashboard, struct canvas *line)
{
	const struct travel *travel = &dashboard->travel;
	char clock[CLOCK_SIZE];
	char figures[FIGURES_SIZE];
	char speed[16];
	int columns;

	travel_write_clock(dashboard, clock);
	travel_write_speed(travel, speed, sizeof(speed));
	snprintf(figures, sizeof(figures), " %zu/%zu %s%s", travel_position(travel),
		 travel->timeline.count, travel->plays ? "playing " : "", speed);
	line->column = 1;
	canvas_add(line, ROLE_PAUSED, "%s ", clock);
	columns = line->area.columns - line->column - (int)strlen(figures) - 1;
	if (columns > 0)
		travel_draw_bars(travel, line, (size_t)(columns < BARS_MAX ? columns : BARS_MAX));
	canvas_add(line, ROLE_DIM, "%s", figures);
}
