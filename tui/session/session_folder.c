/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flight recorder (`polecat record`): writes every record into the segments of a folder. Each
 * segment begins with the latest hello of each node, the identities in force, and the open
 * connections, so that it can be read without the segments before it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/source/segments/segment_folder.h"
#include "core/source/segments/segment_writer.h"
#include "core/state/identity/snapshot.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* A stream may name any number of nodes. */
#define HELLOS_MAX 4096

#define KEEP_DEFAULT_NS  (7 * 24 * 3600 * NS_PER_SECOND)
#define MAX_SIZE_DEFAULT 1000000000ull

struct session_folder {
	struct segment_writer *writer;
	/* The latest hello of each node. */
	struct record *hellos;
	size_t hello_count;
	size_t hello_capacity;
	int reported; /* the error of the writer that was reported last; 0: none */
};

static void session_folder_free(struct session_folder *folder)
{
	for (size_t i = 0; i < folder->hello_count; i++)
		record_free(&folder->hellos[i]);
	free(folder->hellos);
	free(folder);
}

int session_folder_open(struct session *session)
{
	const struct options *options = session->options;
	struct session_folder *folder = memory_checked(calloc(1, sizeof(*folder)));
	const struct segment_writer_options settings = {
		.path = options->record_folder,
		.keep_ns = options->keep_ns ? options->keep_ns : KEEP_DEFAULT_NS,
		.max_size = options->max_size ? options->max_size : MAX_SIZE_DEFAULT,
		.replays = options->input != NULL,
	};
	int error = folder ? segment_writer_open(&settings, &folder->writer) : -ENOMEM;

	if (!error) {
		session->folder = folder;
		return 0;
	}
	free(folder);
	return options_report(options, 4, "--dir %s: %s", options->record_folder,
			      segment_folder_strerror(error));
}

int session_folder_start(struct session *session)
{
	int error = segment_writer_start(session->folder->writer);

	return error ? options_report(session->options, 3, "--dir %s: %s",
				      session->options->record_folder, strerror(-error))
		     : 0;
}

static bool session_folder_same_node(const struct hello_record *a, const struct hello_record *b)
{
	return strcmp(a->node ? a->node : "", b->node ? b->node : "") == 0;
}

/* Stores the latest hello of a node. */
static void session_folder_keep_hello(struct session_folder *folder, const struct record *record)
{
	struct record copy;
	size_t at = 0;

	if (record_copy_body(record, &copy))
		return;
	while (at < folder->hello_count &&
	       !session_folder_same_node(folder->hellos[at].hello, record->hello))
		at++;
	if (at < folder->hello_count) {
		record_free(&folder->hellos[at]);
		folder->hellos[at] = copy;
		return;
	}
	struct record *added = at < HELLOS_MAX ? ARRAY_ADD(folder->hellos, folder->hello_count,
							   folder->hello_capacity)
					       : NULL;
	if (added)
		*added = copy;
	else
		record_free(&copy);
}

static void session_folder_add(void *data, const struct record *record)
{
	segment_writer_add(data, record, NULL);
}

/* Writes a connection as one that is open now. now_ns: see session_now. */
static void session_folder_add_open(struct session *session, const struct conn *conn,
				    uint64_t now_ns)
{
	const struct clocks *clocks = state_clocks(session->state);
	struct record record = {.kind = RECORD_FLOW, .flow = conn->flow};
	struct flow *flow = &record.flow;
	struct flow_names names = {0};
	struct flow known = {.names = &names};
	uint64_t steady_ns = clocks_now(clocks, conn->node, now_ns);

	/* A row of an edge record is not a connection. Its segment has the record. */
	if (conn->sums)
		return;
	if (steady_ns < conn->last_ns)
		steady_ns = conn->last_ns;
	conn_view_known(session->state, conn, &names, &known);
	flow->ts_ns = clocks_wall_now(clocks, conn->node, steady_ns);
	flow->event = FLOW_OPEN;
	flow->has &= ~(uint32_t)(FLOW_HAS_DURATION | FLOW_HAS_INTERVAL);
	flow->error = 0;
	flow->end = 0;
	flow->fin_by = 0;
	if (conn->phase == CONN_CLOSED)
		flow->state = FLOW_STATE_ESTABLISHED;
	if (conn->phase == CONN_ATTEMPT || conn->phase == CONN_FAILED) {
		flow->state = FLOW_STATE_SYN_SENT;
	} else if (conn->established_ns && conn->established_ns <= steady_ns) {
		flow->duration_ms = (steady_ns - conn->established_ns) / NS_PER_MILLISECOND;
		flow->has |= FLOW_HAS_DURATION;
	}
	segment_writer_add(session->folder->writer, &record, &known);
}

/* Returns whether a connection was open until its latest flow. */
static bool session_folder_just_ended(const struct conn *conn)
{
	return conn->flow_count > 1 && (conn->phase == CONN_CLOSED || conn->phase == CONN_FAILED);
}

/* Begins a segment with everything that is in force. `first`: the connection of the first flow of
 * the segment, which the state has folded; or NULL. */
static void session_folder_begin(struct session *session, uint64_t ts_ns, const struct conn *first)
{
	struct session_folder *folder = session->folder;
	uint64_t now_ns = session_now(session);

	segment_writer_begin(folder->writer, ts_ns);
	for (size_t i = 0; i < folder->hello_count; i++)
		segment_writer_add(folder->writer, &folder->hellos[i], NULL);
	snapshot_identities(state_workloads(session->state), session_folder_add, folder->writer);
	for (const struct conn *conn = state_oldest(session->state); conn; conn = conn->newer) {
		if (conn->phase == CONN_ATTEMPT || conn->phase == CONN_ESTABLISHED)
			session_folder_add_open(session, conn, now_ns);
	}
	if (first && session_folder_just_ended(first))
		session_folder_add_open(session, first, now_ns);
	segment_writer_end_start(folder->writer);
}

/* Reports that records cannot be written, and that they can be written again. */
static void session_folder_report(struct session *session)
{
	struct session_folder *folder = session->folder;
	struct segment_writer_status status;

	segment_writer_status(folder->writer, &status);
	if (status.error == folder->reported)
		return;
	folder->reported = status.error;
	if (status.error)
		options_report(session->options, 0, "--dir %s: %s; trying again",
			       session->options->record_folder, strerror(-status.error));
	else
		options_report(session->options, 0,
			       "--dir %s: recording again; %" PRIu64 " events were lost",
			       session->options->record_folder, status.lost);
}

void session_folder_write(struct session *session, const struct record *record,
			  const struct conn *conn, const struct flow *known)
{
	struct session_folder *folder = session->folder;
	uint64_t ts_ns = segment_writer_time(record);

	if (segment_writer_wants_start(folder->writer, ts_ns))
		session_folder_begin(session, ts_ns, conn);
	if (record->kind == RECORD_HELLO)
		session_folder_keep_hello(folder, record);
	segment_writer_add(folder->writer, record, known);
}

void session_folder_flush(struct session *session)
{
	segment_writer_flush(session->folder->writer);
	session_folder_report(session);
}

int session_folder_close(struct session *session)
{
	const struct options *options = session->options;
	struct segment_writer_status status = {0};

	segment_writer_close(session->folder->writer, &status);
	session_folder_free(session->folder);
	session->folder = NULL;
	if (status.lost == 0)
		return 0;
	return options_report(options, options->allow_loss ? 0 : SESSION_INCOMPLETE,
			      "--dir %s: %" PRIu64 " event%s could not be written%s%s",
			      options->record_folder, status.lost, status.lost == 1 ? "" : "s",
			      status.error ? ": " : "",
			      status.error ? strerror(-status.error) : "");
}
