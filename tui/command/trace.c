/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat trace`: a line for each event, as columns for people or as records for machines. */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
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
	bool live; /* columns of this machine's kernel */
	bool header_printed;
	bool host_reported;
};

/* A line was appended (0) or could not be. */
static void line_is_done(struct trace *trace, int error)
{
	if (error && !trace->output.error)
		trace->output.error = error;
	else
		output_written(&trace->output);
	if (trace->output.error)
		session_stop(trace->session, 0);
}

static void print_record(void *data, const struct record *record)
{
	struct trace *trace = data;

	/* Flows follow when they have passed the filter. */
	if (record->kind != RECORD_FLOW)
		line_is_done(trace, record_json_write(&trace->output.buffer, record, NULL));
}

static void print_json_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct trace *trace = data;
	struct conn_names subject;

	conn_view_subject_names(session_state(trace->session), conn, &subject);
	struct flow_names names = {
		.node = subject.node,
		.namespace_name = subject.namespace_name,
		.pod = subject.pod,
		.container = subject.container,
		.container_id = subject.container_id,
	};
	const struct flow known = {.names = &names};
	line_is_done(trace, record_json_write(&trace->output.buffer, record, &known));
}

static void print_header(struct trace *trace)
{
	trace->header_printed = true;
	line_is_done(trace, column_printer_header(trace->printer, &trace->output.buffer));
}

/* NODE, NAMESPACE and POD come once anything is known to be in a pod, and stay. */
static void show_pods_if_known(struct trace *trace)
{
	if (workloads_pod_count(state_workloads(session_state(trace->session))) > 0 &&
	    column_printer_show_pods(trace->printer, true))
		trace->header_printed = false;
}

/*
 * A recording of the dashboard has the counters of each open connection once a second. As lines
 * they would bury all else; JSON keeps them.
 */
static bool is_sample(const struct flow *flow, const struct conn *conn)
{
	return flow->event == FLOW_OPEN && flow->ts_ns > conn->first_ns;
}

static void print_columns_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct trace *trace = data;

	if (is_sample(&record->flow, conn)) {
		session_uncount(trace->session);
		return;
	}

	show_pods_if_known(trace);
	if (conn->subject->pod && column_printer_show_pods(trace->printer, true))
		trace->header_printed = false;
	if (!trace->header_printed)
		print_header(trace);
	line_is_done(trace, column_printer_row(trace->printer, session_state(trace->session),
					       &record->flow, conn, &trace->output.buffer));
}

/* Says once that flows of the host's own processes are left out: the user may look for them. */
static void report_hidden_host(struct trace *trace)
{
	if (trace->host_reported || !session_left_out_host(trace->session))
		return;
	trace->host_reported = true;
	fprintf(stderr,
		"%s: containers run here: other processes are left out (--host shows them)\n",
		trace->options->program);
}

static void flush(void *data)
{
	struct trace *trace = data;

	report_hidden_host(trace);

	/* A person sees that it works before there is anything to see. Recordings have it at once.
	 */
	if (trace->live && trace->terminal && !trace->header_printed) {
		show_pods_if_known(trace);
		print_header(trace);
	}
	if (output_flush(&trace->output))
		session_stop(trace->session, 0);
}

static int open_columns(struct trace *trace)
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

void commands_report_lost(const struct options *options, struct session *session)
{
	const struct state_counters *counters = state_counters(session_state(session));

	for (unsigned int where = 1; where <= LOST_STREAM; where++) {
		uint64_t count = counters->lost[where];
		if (count && where == LOST_STREAM)
			fprintf(stderr, "%s: lines that could not be read: %" PRIu64 "\n",
				options->program, count);
		else if (count)
			fprintf(stderr, "%s: %" PRIu64 " event%s lost (%s)\n", options->program,
				count, count == 1 ? " was" : "s were",
				record_word(&lost_where_words, where));
	}
}

int trace_main(const struct options *options)
{
	bool json = options->output && strcmp(options->output, "json") == 0;
	struct trace trace = {
		.options = options,
		.live = !json && !options->input && options->exec_count == 0,
	};
	struct session_handlers handlers = {
		.record = json ? print_record : NULL,
		.flow = json ? print_json_flow : print_columns_flow,
		.idle = flush,
		.wait_for_names = json || filter_needs_names(options->filter),
	};

	int error = json ? 0 : open_columns(&trace);
	if (error) {
		fprintf(stderr, "%s: %s\n", options->program, strerror(-error));
		return 3;
	}
	int status = session_open(options, &handlers, &trace, &trace.session);
	if (!status) {
		output_open(&trace.output, STDOUT_FILENO, trace.session);
		status = session_run(trace.session);
		report_hidden_host(&trace);
		status = output_status(&trace.output, options->program, status);
		if (!trace.output.error)
			commands_report_lost(options, trace.session);
	}
	session_close(trace.session);
	output_free(&trace.output);
	column_printer_free(trace.printer);
	return status;
}
