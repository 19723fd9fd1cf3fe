/* SPDX-License-Identifier: Apache-2.0 */
/* Writes every record, filtered or not, in the form of `trace -o json`: to the file of --record, or
 * to the folder of a flight recorder (session_folder.c). */
#include "core/base/clock.h"
#include "core/source/stream/recorder.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

static int session_record_report(const struct session *session, int error)
{
	return options_report(session->options, 4, "--record %s: %s", session->options->record_file,
			      recorder_strerror(error));
}

int session_record_open(struct session *session)
{
	const struct options *options = session->options;
	enum recorder_mode mode = RECORDER_NEW;

	if (session->folder)
		return session_folder_start(session);
	if (!options->record_file)
		return 0;
	if (options->append)
		mode = RECORDER_APPEND;
	else if (options->force)
		mode = RECORDER_REPLACE;
	int error = recorder_open(options->record_file, mode, &session->recorder);
	return error ? session_record_report(session, error) : 0;
}

bool session_records(const struct session *session)
{
	return session->recorder || session->folder;
}

void session_record(struct session *session, const struct record *record, const struct conn *conn)
{
	if (!session_aggregate_add(&session->recorded_edges, record, conn))
		session_record_write(session, record, conn);
}

void session_record_write(struct session *session, const struct record *record,
			  const struct conn *conn)
{
	struct flow_names names = {0};
	struct flow known = {.names = &names};

	if (!session_records(session))
		return;
	if (conn)
		conn_view_known(session->state, conn, &names, &known);
	session->recorded = true;
	if (session->folder)
		session_folder_write(session, record, conn, &known);
	/* The recorder stores its first error, and session_record_close reports it. */
	else if (recorder_write(session->recorder, record, &known))
		session_stop(session, 4);
}

unsigned int session_record_interval(const struct session *session)
{
	/* A flight recorder loses at most a second. The delay of the loop comes on top of the
	 * interval. */
	return session->folder ? SESSION_FLUSH_MS / 2 : SESSION_FLUSH_MS;
}

bool session_record_idle(struct session *session)
{
	if (!session_records(session) || !session->recorded)
		return false;
	/* Flush in intervals: a crash then loses little, and the data still compresses well. */
	uint64_t now = clock_monotonic_ns();
	if (now - session->recorded_flush_ns <
	    session_record_interval(session) * NS_PER_MILLISECOND)
		return true;
	session->recorded_flush_ns = now;
	session->recorded = false;
	if (session->folder)
		session_folder_flush(session);
	else if (recorder_flush(session->recorder))
		session_stop(session, 4);
	return false;
}

int session_record_close(struct session *session)
{
	if (session->folder)
		return session_folder_close(session);
	int error = recorder_close(session->recorder);
	session->recorder = NULL;
	return error ? session_record_report(session, error) : 0;
}
