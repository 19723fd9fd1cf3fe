/* SPDX-License-Identifier: Apache-2.0 */
/* --record: writes every record, filtered or not, in the form of `trace -o json`. */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/source/stream/recorder.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

static int session_record_report(const struct session *session, int error)
{
	fprintf(stderr, "%s: --record %s: %s\n", session->options->program,
		session->options->record_file, strerror(-error));
	return 4;
}

int session_record_open(struct session *session)
{
	if (!session->options->record_file)
		return 0;
	int error = recorder_open(session->options->record_file, &session->recorder);
	return error ? session_record_report(session, error) : 0;
}

void session_record(struct session *session, const struct record *record, const struct conn *conn)
{
	struct flow_names names = {0};
	const struct flow known = {.names = &names};

	if (!session->recorder)
		return;
	if (conn) {
		struct conn_names subject;
		conn_view_subject_names(session->state, conn, &subject);
		names.node = subject.node;
		names.namespace_name = subject.namespace_name;
		names.pod = subject.pod;
		names.container = subject.container;
		names.container_id = subject.container_id;
	}
	/* The error is sticky: session_record_close reports it. */
	session->recorded = true;
	if (recorder_write(session->recorder, record, &known))
		session_stop(session, 4);
}

bool session_record_idle(struct session *session)
{
	if (!session->recorder || !session->recorded)
		return false;
	/* Short enough to lose little in a crash, long enough to compress well. */
	uint64_t now = clock_monotonic_ns();
	if (now - session->recorded_flush_ns < NS_PER_SECOND)
		return true;
	session->recorded_flush_ns = now;
	session->recorded = false;
	if (recorder_flush(session->recorder))
		session_stop(session, 4);
	return false;
}

int session_record_close(struct session *session)
{
	int error = recorder_close(session->recorder);
	session->recorder = NULL;
	return error ? session_record_report(session, error) : 0;
}
