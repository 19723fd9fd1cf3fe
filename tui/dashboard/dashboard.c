/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/dashboard.h"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/timestamp.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "core/state/loss.h"
#include "tui/dashboard/appearance.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/input.h"
#include "tui/dashboard/policies.h"
#include "tui/dashboard/policy_form.h"
#include "tui/dashboard/prompts.h"
#include "tui/dashboard/screen/screen.h"
#include "tui/dashboard/screen/screen_output.h"
#include "tui/dashboard/splits.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/fold_setting.h"
#include "tui/dashboard/travel.h"
#include "tui/dashboard/typed_filter.h"
#include "tui/options/options.h"
#include "tui/session/session.h"

/* Eight frames a second look smooth and leave the CPU to the workloads. */
#define FRAME_MS 125
/* The time until the next frame if no records arrive. IDLE_MS keeps the ages current, which are in
 * seconds. IDLE_TICK_MS applies while a row shows an attempt without an answer, because its waiting
 * time is in tenths of a second. */
#define IDLE_MS      1000
#define IDLE_TICK_MS 500
/* The pause between two steps of judging all edges by newly loaded policies. */
#define COMPARE_MS 1
/* The first frame waits for the terminal's background for at most this time. Terminals on the same
 * machine answer within a few milliseconds. */
#define ANSWER_MS 100
/* The pause before the dashboard sends the rest of a frame that the terminal did not take at
 * once. */
#define RESEND_MS 20
#define NS_PER_MS (NS_PER_SECOND / 1000)

/* Requests a frame for a change. Further changes before the frame share it. */
static void dashboard_draw_soon(struct dashboard *dashboard)
{
	if (dashboard->waiting_to_draw)
		return;
	dashboard->waiting_to_draw = true;
	session_request_frame(dashboard->context.session, FRAME_MS);
}

static void dashboard_redraw(struct dashboard *dashboard)
{
	bool ticks;

	dashboard->context.monotonic_ns = clock_monotonic_ns();
	dashboard->waiting_to_draw = false;
	/* dashboard_edit_ended draws when the editor has given the terminal back. */
	if (dashboard->editor.running)
		return;
	/* Drop the frame if the terminal has not taken all of the last one. */
	dashboard->frame_dropped = !screen_output_send();
	if (!dashboard->frame_dropped) {
		travel_advance(dashboard);
		travel_enter(dashboard);
		dashboard_poll_policies(dashboard);
		dashboard_draw(dashboard);
		travel_leave(dashboard);
	}
	if (!screen_output_send()) {
		session_request_frame(dashboard->context.session, RESEND_MS);
		return;
	}
	if (dashboard->loaded.comparing) {
		session_request_frame(dashboard->context.session, COMPARE_MS);
		return;
	}
	if (dashboard->travel.plays || dashboard->unjudged || dashboard->unmarked ||
	    dashboard->summary.grouping || dashboard->loaded.due_ns) {
		dashboard_draw_soon(dashboard);
		return;
	}
	ticks = connections_tick(&dashboard->connections) && !dashboard->context.paused;
	session_request_frame(dashboard->context.session, ticks ? IDLE_TICK_MS : IDLE_MS);
}

/* Requests a frame for the time when the input must be looked at again. */
static void dashboard_watch_input(struct dashboard *dashboard)
{
	uint64_t due_ns = key_input_due(&dashboard->input);
	uint64_t now_ns = clock_monotonic_ns();

	if (!due_ns || dashboard->editor.running)
		return;
	session_request_frame(dashboard->context.session,
			      due_ns > now_ns ? (unsigned int)((due_ns - now_ns) / NS_PER_MS) + 1
					      : 0);
}

static void dashboard_on_record(void *data, const struct record *record)
{
	if (record->kind != RECORD_FLOW && record->kind != RECORD_EDGE)
		dashboard_draw_soon(data);
}

static void dashboard_on_folded(void *data, const struct conn *conn)
{
	struct dashboard *dashboard = data;

	traffic_add(&dashboard->summary.traffic, state_clocks(dashboard->context.state), conn);
}

/* Counts the connections that began in the interval of an edge record. */
static void dashboard_count_edge(struct dashboard *dashboard, const struct conn *conn)
{
	const struct clocks *clocks = state_clocks(dashboard->context.state);

	graph_add_interval(&dashboard->graph, clocks_common(clocks, conn->node, conn->first_ns),
			   clocks_common(clocks, conn->node, conn->last_ns), conn_connections(conn),
			   session_now(dashboard->context.session));
}

static void dashboard_on_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct dashboard *dashboard = data;

	if (record->kind == RECORD_EDGE)
		dashboard_count_edge(dashboard, conn);
	/* Count new connections, but not those that were open before the start. */
	if (record->kind == RECORD_FLOW && conn_is_new(conn) && record->flow.event != FLOW_OPEN)
		graph_add(&dashboard->graph, clocks_common(state_clocks(dashboard->context.state),
							   conn->node, conn->first_ns));
	dashboard_draw_soon(dashboard);
}

static void dashboard_on_input(void *data, bool ended)
{
	struct dashboard *dashboard = data;

	dashboard->context.monotonic_ns = clock_monotonic_ns();
	travel_enter(dashboard);
	if (dashboard->editor.running)
		dashboard_edit_ended(dashboard);
	else
		dashboard_input(dashboard);
	travel_leave(dashboard);
	if (dashboard->quitting)
		session_stop(dashboard->context.session, 0);
	else if (ended && !dashboard->editor.running)
		session_finish(dashboard->context.session, 0);
	else
		dashboard_redraw(dashboard);
	dashboard_watch_input(dashboard);
}

/* Draws. If the input is due, handles it before, such as an Escape that is a key. */
static void dashboard_on_frame(void *data)
{
	struct dashboard *dashboard = data;
	uint64_t due_ns = key_input_due(&dashboard->input);

	if (due_ns && due_ns <= clock_monotonic_ns() && !dashboard->editor.running)
		dashboard_on_input(dashboard, false);
	else
		dashboard_redraw(dashboard);
	dashboard_watch_input(dashboard);
}

static void dashboard_on_signal(void *data, int signal_number)
{
	const struct dashboard *dashboard = data;

	/* The editor has the terminal. It stops for the same Ctrl-Z, so stop with it. */
	if (dashboard->editor.running) {
		if (signal_number == SIGTSTP)
			raise(SIGSTOP);
		return;
	}
	if (signal_number == SIGTSTP)
		screen_suspend();
	else
		screen_resize();
	if (screen_is_ours())
		dashboard_redraw(data);
}

/* Reports the health of a source. An error stays on the message line until a key is pressed or
 * the source recovers. */
static void dashboard_report_health(struct context *context, const char *label,
				    const struct source_health *health)
{
	size_t length = strlen(label);
	bool shown = context->message.error && strncmp(context->message.text, label, length) == 0 &&
		     context->message.text[length] == ':';

	if (health->state == SOURCE_BROKEN)
		context_error(context, "%s: %s", label,
			      health->message[0] ? health->message : strerror(-health->error));
	else if (health->state == SOURCE_READY && health->message[0])
		context_note(context, "%s: %s", label, health->message);
	else if (health->state == SOURCE_READY && shown)
		context_note(context, "%s: well again", label);
}

static void dashboard_on_source_changed(void *data, struct source *source)
{
	struct dashboard *dashboard = data;
	struct source_health health;

	if (!source) {
		dashboard->context.ended = true;
		if (!dashboard->context.message.error)
			context_note(
				&dashboard->context,
				"this is the end: nothing more will come, what was seen stays");
	} else {
		source_health(source, &health);
		dashboard_report_health(&dashboard->context, source_label(source), &health);
	}
	dashboard_draw_soon(dashboard);
}

/* Ends curses, which would otherwise erase the messages that the session prints next. */
static void dashboard_on_finished(void *data)
{
	struct dashboard *dashboard = data;
	bool edited = dashboard->editor.running || dashboard->export_is_edited;

	session_watch_input(dashboard->context.session, -1);
	if (dashboard->editor.running) {
		editor_end(&dashboard->editor);
		screen_reclaim();
	}
	screen_stop();
	if (edited)
		fprintf(stderr, "%s: the edited draft is in %s\n",
			dashboard->context.options->program, dashboard->editor.path);
}

static const struct session_handlers handlers = {
	.record = dashboard_on_record,
	.folded = dashboard_on_folded,
	.flow = dashboard_on_flow,
	.input = dashboard_on_input,
	.signal = dashboard_on_signal,
	.frame = dashboard_on_frame,
	.finished = dashboard_on_finished,
	.source_changed = dashboard_on_source_changed,
	.stay_open = true,
	.sample_open = true,
};

/* Shows a message about the first kind of policy that is not judged. The message stays until a key
 * is pressed. The header counts all such policies. */
static void dashboard_warn_of_unjudged(struct context *context)
{
	char text[NETPOL_UNJUDGED_SIZE];
	size_t at = 0;

	if (netpol_unjudged_next(context->policies, &at, text))
		context_error(context, "%s", text);
}

/* Prepares the views. Returns 0 or -ENOMEM. */
static int dashboard_open_views(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	int err = loaded_policies_start(&dashboard->loaded, context->state);

	dashboard->connections.rows.source.state = context->state;
	dashboard->connections.query.folded = fold_setting_read();
	dashboard->connections.query.novelty = session_novelty(context->session);
	dashboard_use_policies(dashboard);
	connections_restart(&dashboard->connections);
	dashboard_warn_of_unjudged(context);
	dashboard->subject_page.policy = &dashboard->policy;
	context->links = &dashboard->links;
	dashboard_read_filters(dashboard);
	/* Use the text of -f as the dashboard's filter, which the user can edit. */
	if (!err && context->options->filter_text) {
		struct filter_mistake mistake;

		err = dashboard_set_filter(dashboard, context->options->filter_text, &mistake);
	}
	return err;
}

static void dashboard_close_views(struct dashboard *dashboard)
{
	splits_save(dashboard);
	connections_clear(&dashboard->connections);
	summary_clear(&dashboard->summary);
	selection_clear(&dashboard->selection);
	policy_pane_clear(&dashboard->policy);
	lookup_rows_clear(&dashboard->subject_page.lookups);
	lookup_rows_clear(&dashboard->lookups_page.rows);
	nodes_page_clear(&dashboard->nodes_page);
	links_clear(&dashboard->links);
	filter_free(dashboard->filter);
	completion_clear(&dashboard->completion);
	filter_names_clear(&dashboard->filters);
	exclusions_clear(&dashboard->exclusions);
	travel_clear(&dashboard->travel);
	popup_clear(&dashboard->popup);
	namespace_menu_clear(&dashboard->namespace_menu);
	appearance_clear(&dashboard->appearance);
	free(dashboard->export_text);
}

/* Prints a summary after the dashboard has ended: events, connections and losses. */
static void dashboard_print_summary(const struct context *context)
{
	const struct state_counters *counters = state_counters(context->state);
	char events[CELL_COUNT_SIZE];
	char connections[CELL_COUNT_SIZE];
	char lost_text[CELL_COUNT_SIZE];

	if (counters->flows == 0)
		return;
	cell_count(counters->flows, events);
	cell_count(counters->connections, connections);
	cell_count(loss_records(counters), lost_text);
	fprintf(stderr, "%s: %s event%s of %s connection%s, %s lost\n", context->options->program,
		events, counters->flows == 1 ? "" : "s", connections,
		counters->connections == 1 ? "" : "s", lost_text);
}

/*
 * Asks the terminal for its background, and waits for a short time for the answer. Keys that arrive
 * meanwhile act as usual. An answer that arrives later counts too (appearance_handle_answer).
 */
static void dashboard_ask_background(struct dashboard *dashboard)
{
	const uint64_t end_ns = clock_monotonic_ns() + ANSWER_MS * NS_PER_MS;

	if (!screen_ask_background())
		return;
	key_input_await_answer(&dashboard->input, clock_monotonic_ns());
	/* Keys act on rows and sizes, which must be known before. */
	dashboard_update(dashboard);
	while (!dashboard->appearance.terminal_answered && !dashboard->quitting) {
		struct pollfd input = {.fd = screen_input(), .events = POLLIN};
		uint64_t now_ns = clock_monotonic_ns();

		if (now_ns >= end_ns ||
		    poll(&input, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1) <= 0 ||
		    !(input.revents & POLLIN))
			break;
		dashboard_input(dashboard);
	}
}

/* Runs the dashboard on the terminal, and restores the terminal before it returns. */
static int dashboard_run_on_screen(struct dashboard *dashboard)
{
	char message[SCREEN_MESSAGE_SIZE];
	int status;

	if (screen_start(message)) {
		fprintf(stderr, "%s: %s\n", dashboard->context.options->program, message);
		return 3;
	}
	dashboard->input.keys = screen_keys();
	appearance_start(&dashboard->appearance, &dashboard->context);
	dashboard->policy.chosen = policy_form_read();
	column_menu_read(&dashboard->connections);
	splits_read(dashboard);
	dashboard_ask_background(dashboard);
	session_watch_input(dashboard->context.session, screen_input());
	/* Handles the keys that have arrived, and draws. */
	dashboard_on_input(dashboard, false);
	status = session_run(dashboard->context.session);
	dashboard_print_summary(&dashboard->context);
	return status;
}

static int dashboard_run(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	int status = session_open(context->options, &handlers, dashboard, &context->session);

	if (status)
		return status;
	context->state = session_state(context->session);
	status = 3;
	if (dashboard_open_views(dashboard))
		fprintf(stderr, "%s: no memory\n", context->options->program);
	else
		status = dashboard_run_on_screen(dashboard);
	dashboard_close_views(dashboard);
	loaded_policies_clear(&dashboard->loaded);
	session_close(context->session);
	return status;
}

int dashboard_main(const struct options *options)
{
	char message[SCREEN_MESSAGE_SIZE];
	struct dashboard *dashboard;
	int status;

	if (screen_check(message)) {
		fprintf(stderr, "%s: %s\n", options->program, message);
		return 3;
	}
	dashboard = calloc(1, sizeof(*dashboard));
	if (!dashboard) {
		fprintf(stderr, "%s: no memory\n", options->program);
		return 3;
	}
	dashboard->context.options = options;
	dashboard->context.exclusions = &dashboard->exclusions;
	dashboard->context.filter_text = dashboard->filter_text;
	dashboard->context.glyphs = glyphs_choose(nl_langinfo(CODESET), getenv("TERM"));
	status = loaded_policies_read(&dashboard->loaded, options);
	if (!status)
		status = dashboard_run(dashboard);
	loaded_policies_clear(&dashboard->loaded);
	free(dashboard);
	return status;
}
