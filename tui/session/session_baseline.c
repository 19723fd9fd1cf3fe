/* SPDX-License-Identifier: Apache-2.0 */
/* --baseline and --exit-on-new: reads the baseline before the sources start, and ends the session
 * with the first flow that is not in it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/policy/baseline/destination.h"
#include "core/source/segments/segment_read.h"
#include "core/source/stream/stream_read.h"
#include "core/state/loss.h"
#include "tui/options/options.h"
#include "tui/policies/netpol_load.h"
#include "tui/session/session_internal.h"

/* The exit status after a new destination (README, "Exit status"). */
#define NEW_STATUS 1

static void session_baseline_apply(void *data, struct record *record)
{
	state_apply(data, record);
}

/* Reports the gaps of the baseline: events that its recording lost, and destinations beyond
 * polecat's limits. Destinations in these gaps would count as new. */
static void session_baseline_report_losses(const struct session *session, const struct state *state)
{
	const struct state_counters *counters = state_counters(state);
	uint64_t missing = loss_records(counters);
	char unkept[LOSS_TEXT_SIZE];

	if (missing > 0)
		options_report(session->options, 0,
			       "--baseline %s: %" PRIu64
			       " events are missing in it, so known destinations may count as new",
			       session->options->baseline, missing);
	if (counters->unkept == 0)
		return;
	loss_format(LOSS_UNKEPT, counters->unkept, unkept);
	options_report(session->options, 0,
		       "--baseline %s: %s, so known destinations may count as new",
		       session->options->baseline, unkept);
}

/* Reads a recording into the baseline. Returns 0 or the exit status. */
static int session_baseline_read_recording(struct session *session, struct baseline *baseline)
{
	const struct options *options = session->options;
	char message[STREAM_READ_MESSAGE_SIZE];
	struct state *state = NULL;
	int status = 0;

	if (state_new(NULL, &state))
		return options_report(options, 3, "%s", strerror(ENOMEM));
	int error = segment_read_is_folder(options->baseline)
			    ? segment_read_folder(options->baseline, session_baseline_apply, state,
						  message)
			    : stream_read_file(options->baseline, session_baseline_apply, state,
					       message);
	if (error == -ENODATA && !options->strict)
		options_report(options, 0, "--baseline %s: %s", options->baseline, message);
	else if (error)
		status =
			options_report(options, 4, "--baseline %s: %s", options->baseline, message);
	if (!status)
		session_baseline_report_losses(session, state);
	if (!status && baseline_add_state(baseline, state))
		status = options_report(options, 3, "%s", strerror(ENOMEM));
	state_free(state);
	return status;
}

static void session_baseline_report(void *data, int status, const char *text)
{
	const struct session *session = data;

	options_report(session->options, status, "--baseline: %s", text);
}

/* Reads policies into the baseline. Returns 0 or the exit status. */
static int session_baseline_read_policies(struct session *session, struct baseline *baseline)
{
	const struct netpol_load_report report = {session_baseline_report, session};
	const char *path = session->options->baseline;
	struct netpol_set set = {0};

	int status = netpol_load_paths(&path, 1, &report, &set);
	if (!status && set.count == 0)
		status = options_report(session->options, 4,
					"--baseline %s: neither a recording nor a NetworkPolicy",
					path);
	if (!status)
		baseline_use_policies(baseline, &set);
	netpol_set_clear(&set);
	return status;
}

/* Refuses a pipe: it can be read only once, and its kind is known only from its first bytes.
 * Returns 0 or the exit status. */
static int session_baseline_check_kind(const struct options *options)
{
	const char *path = options->baseline;
	struct stat status = {0};
	bool is_input = strcmp(path, "-") == 0;

	if (!is_input && stat(path, &status))
		return options_report(options, 4, "--baseline %s: %s", path, strerror(errno));
	if (is_input || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
		return options_report(options, 4,
				      "--baseline %s: neither a regular file nor a folder; write "
				      "the output of a command to a file first",
				      path);
	return 0;
}

int session_baseline_open(struct session *session)
{
	const struct options *options = session->options;
	struct baseline *baseline = NULL;

	if (novelty_new(session->state, &session->novelty))
		return options_report(options, 3, "%s", strerror(ENOMEM));
	if (!options->baseline)
		return 0;
	int status = session_baseline_check_kind(options);
	if (status)
		return status;
	if (baseline_new(&baseline))
		return options_report(options, 3, "%s", strerror(ENOMEM));
	status = stream_is_recording(options->baseline) || segment_read_is_folder(options->baseline)
			 ? session_baseline_read_recording(session, baseline)
			 : session_baseline_read_policies(session, baseline);
	if (!status && novelty_set_baseline(session->novelty, baseline))
		status = options_report(options, 3, "%s", strerror(ENOMEM));
	if (status)
		baseline_free(baseline);
	return status;
}

int session_make_baseline(struct session *session, size_t *count)
{
	struct baseline *baseline = NULL;
	int error = baseline_new(&baseline);

	if (!error)
		error = baseline_add_state(baseline, session->state);
	if (!error) {
		*count = baseline_count(baseline);
		error = novelty_set_baseline(session->novelty, baseline);
	}
	if (error)
		baseline_free(baseline);
	return error;
}

struct novelty *session_novelty(const struct session *session)
{
	return session->novelty;
}

/* Ends the session, and keeps the text until then, because the dashboard still has the terminal. */
void session_baseline_check(struct session *session, const struct conn *conn)
{
	char text[DESTINATION_TEXT_SIZE];

	if (!session->options->exit_on_new || session->new_flow[0])
		return;
	switch (novelty_judge(session->novelty, conn->edge)) {
	case BASELINE_LACKS:
		destination_describe(session->state, conn->edge, text);
		text_escape(text, session->new_flow, sizeof(session->new_flow));
		session_stop(session, NEW_STATUS);
		break;
	case BASELINE_UNKNOWN:
		session->uncompared++;
		break;
	case BASELINE_HAS:
		break;
	}
}

void session_baseline_report_new(const struct session *session)
{
	if (session->uncompared > 0)
		options_report(session->options, 0,
			       "%" PRIu64 " event%s could not be compared with the baseline: names "
			       "or labels are not known",
			       session->uncompared, session->uncompared == 1 ? "" : "s");
	if (session->new_flow[0])
		options_report(session->options, 0, "new: %s is not in the baseline %s",
			       session->new_flow, session->options->baseline);
}
