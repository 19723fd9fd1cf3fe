/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat trace`: prints a line for each event, as columns or as JSON records. */
#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/record/json/record_json.h"
#include "tui/columns/column_printer.h"
#include "tui/columns/conn_view.h"
#include "tui/command/commands.h"
#include "tui/options/options.h"
#include "tui/session/output.h"
#include "tui/session/session.h"

struct trace {
	const struct options *options;
	struct session *session;
	struct column_printer *printer; /* NULL: JSON */
	struct output output;
	bool terminal;
	bool live; /* prints columns, and the source is this machine's kernel or a cluster */
	bool host_reported;
};

/* Handles the result of appending a line: writes the buffer if it holds a full block, or stops the
 * session on an error. */
static void trace_line_is_done(struct trace *trace, int error)
{
	if (error && !trace->output.error)
		trace->output.error = error;
	else
		output_written(&trace->output);
	if (trace->output.error)
		session_stop(trace->session, 0);
}

static void trace_print_record(void *data, const struct record *record)
{
	struct trace *trace = data;

	/* Skip flows and edges: trace_print_json_flow prints those that pass the filter. */
	if (record->kind != RECORD_FLOW && record->kind != RECORD_EDGE)
		trace_line_is_done(trace, record_json_write(&trace->output.buffer, record, NULL));
}

static void trace_print_json_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct trace *trace = data;
	struct flow_names names = {0};
	struct flow known = {.names = &names};

	if (conn)
		conn_view_known(session_state(trace->session), conn, &names, &known);
	trace_line_is_done(trace, record_json_write(&trace->output.buffer, record, &known));
}

/* Shows NODE, NAMESPACE and POD once a pod is known. */
static void trace_show_pods_if_known(struct trace *trace)
{
	if (workloads_count(state_workloads(session_state(trace->session)), RECORD_POD) > 0)
		column_printer_show_pods(trace->printer, true);
}

/*
 * Returns true if the flow only reports the current counters of an open connection (a sample). A
 * recording that the dashboard made has a sample of each open connection once a second. Output as
 * columns leaves samples out; JSON keeps them.
 */
static bool trace_is_sample(const struct flow *flow, const struct conn *conn)
{
	return flow->event == FLOW_OPEN && !conn_is_new(conn);
}

static void trace_print_columns_flow(void *data, const struct record *record,
				     const struct conn *conn)
{
	struct trace *trace = data;

	const struct flow *flow = record->kind == RECORD_EDGE ? &record->edge->flow : &record->flow;
	if (record->kind == RECORD_FLOW && trace_is_sample(flow, conn)) {
		session_uncount(trace->session);
		return;
	}

	trace_show_pods_if_known(trace);
	if (conn->subject->pod)
		column_printer_show_pods(trace->printer, true);
	trace_line_is_done(trace, column_printer_row(trace->printer, session_state(trace->session),
						     flow, conn, &trace->output.buffer));
}

/* Reports once that flows of processes outside containers are left out. */
static void trace_report_hidden_host(struct trace *trace)
{
	if (trace->host_reported || !session_left_out_host(trace->session))
		return;
	trace->host_reported = true;
	options_report(trace->options, 0,
		       "containers run here: other processes are left out (--host shows them)");
}

static void trace_flush(void *data)
{
	struct trace *trace = data;

	trace_report_hidden_host(trace);

	/* Print the header at once: on a quiet machine it is the only sign that trace runs. */
	if (trace->live && trace->terminal) {
		trace_show_pods_if_known(trace);
		if (column_printer_header_is_due(trace->printer))
			trace_line_is_done(trace, column_printer_header(trace->printer,
									&trace->output.buffer));
	}
	if (output_flush(&trace->output))
		session_stop(trace->session, 0);
}

static int trace_open_columns(struct trace *trace)
{
	struct winsize size;

	int error = column_printer_new(trace->options->output, &trace->printer, NULL);
	if (error)
		return error;
	trace->terminal = isatty(STDOUT_FILENO) == 1;
	if (trace->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		column_printer_fit_terminal(trace->printer, size.ws_col,
					    strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "…" : "~");
	return 0;
}

int trace_main(const struct options *options)
{
	bool json = options->output && strcmp(options->output, "json") == 0;
	struct trace trace = {
		.options = options,
		.live = !json && (options_watch_kernel(options) || options->kube),
	};
	struct session_handlers handlers = {
		.record = json ? trace_print_record : NULL,
		.flow = json ? trace_print_json_flow : trace_print_columns_flow,
		.idle = trace_flush,
		.wait_for_names = true,
		.aggregates = json,
	};

	int error = json ? 0 : trace_open_columns(&trace);
	if (error)
		return options_report(options, 3, "%s", strerror(-error));
	int status = session_open(options, &handlers, &trace, &trace.session);
	if (!status) {
		output_open(&trace.output, STDOUT_FILENO, trace.session);
		session_watch_output(trace.session, STDOUT_FILENO);
		status = session_run(trace.session);
		trace_report_hidden_host(&trace);
		status = output_close(&trace.output, options, 0, status);
		if (!trace.output.error)
			commands_report_lost(options, trace.session);
		status = commands_status(options, trace.session, status);
	}
	session_close(trace.session);
	column_printer_free(trace.printer);
	return status;
}
