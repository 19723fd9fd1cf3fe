/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the sources that the options name. Reports failures by a message and an exit status. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/source/ebpf/ebpf.h"
#include "core/source/segments/segment_folder.h"
#include "core/source/segments/segment_source.h"
#include "core/source/stream/stream.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* Interval between two samples of the counters of open connections. */
#define SAMPLE_MS 1000

int session_add_source(struct session *session, struct source *source, bool names)
{
	struct session_source *added = ARRAY_EXTEND(session->sources, session->source_count);

	if (!added) {
		source_free(source);
		return -ENOMEM;
	}
	*added = (struct session_source){.source = source, .names = names};
	return 0;
}

int session_source_status(const struct session *session, const struct source_health *health)
{
	switch (health->error) {
	case -EPIPE:
		return 5;
	case -ENODATA:
		return session->options->strict ? 4 : SESSION_INCOMPLETE;
	case -EBADMSG:
	case -EPROTO:
	case -ENOENT:
		return 4;
	default:
		/* Any failure to read a recording is bad input (status 4). */
		return session->replay ? 4 : 3;
	}
}

void session_report(const struct session *session, struct source *source,
		    const struct source_health *health)
{
	const char *reason = health->message[0] ? health->message : strerror(-health->error);

	options_report(session->options, 0, "%s: %s", source_label(source), reason);
}

int session_wait_until_started(struct session *session, struct source *source)
{
	struct spsc *queue = source_queue(source);
	struct source_health health;

	for (;;) {
		spsc_arm(queue);
		source_health(source, &health);
		if (health.state != SOURCE_STARTING || spsc_size(queue) > 0)
			break;
		struct pollfd polled[] = {
			{.fd = spsc_fd(queue), .events = POLLIN},
			{.fd = session->signal_fd, .events = POLLIN},
		};
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			break;
		/* session_run reads the signal later. */
		if (polled[1].revents)
			break;
		if (polled[0].revents)
			spsc_disarm(queue);
	}
	if (health.state != SOURCE_BROKEN)
		return 0;
	session_report(session, source, &health);
	return session_source_status(session, &health);
}

static int session_open_kernel(struct session *session)
{
	struct ebpf_options options = {
		.node = session->options->node_name,
		.sample_ms = session->handlers.sample_open ? SAMPLE_MS : 0,
		.mute = session_may_mute(session),
		.clock = &session->clock,
	};
	struct source *source = NULL;

	int error = ebpf_source_start(&options, &source);
	if (!error)
		error = session_add_source(session, source, false);
	if (error)
		return options_report(session->options, 3, "kernel: cannot start: %s",
				      strerror(-error));
	session->muting_source = options.mute ? source : NULL;
	session->helper = ebpf_source_helper(source);
	session->kernel = true;
	session->sources[session->source_count - 1].kernel = true;
	session_names_open(session);
	return session_wait_until_started(session, source);
}

/*
 * Adds and starts a source. `error` is the result of opening it. Returns 0. After an error, reports
 * the option and its value, and returns `status`.
 */
static int session_start_source(struct session *session, struct source *source, int error,
				const char *option, const char *value, int status)
{
	if (!error)
		error = session_add_source(session, source, false);
	if (!error)
		error = source_start(source);
	return error ? options_report(session->options, status, "--%s %s: %s", option, value,
				      strerror(-error))
		     : 0;
}

/* Opens the folder of a flight recorder, without the segments outside of the window. */
static int session_open_folder(struct session *session)
{
	const struct state_window *limits = &session->limits;
	const struct segment_window window = {
		.since_ns = limits->since_ns,
		.until_ns = limits->has_until ? limits->until_ns : 0,
		.is_age = limits->since_steady_ns || limits->until_steady_ns,
	};
	struct source *source = NULL;

	session->replay = true;
	int error = segment_source_open(session->options->input, &window, &source);
	if (error)
		return options_report(session->options, 4, "--input %s: %s",
				      session->options->input, segment_source_strerror(error));
	return session_start_source(session, source, 0, "input", session->options->input, 4);
}

void session_find_gaps(struct session *session, struct string_list *gaps)
{
	for (size_t i = 0; i < session_source_count(session); i++) {
		struct source *source = session_source(session, i);
		char text[SOURCE_MESSAGE_SIZE + 64];
		char line[4 * SOURCE_MESSAGE_SIZE];
		struct source_health health;

		source_health(source, &health);
		if (health.error != -ENODATA)
			continue;
		snprintf(text, sizeof(text), "%s: %s", source_label(source), health.message);
		text_escape_ascii(text, line, sizeof(line));
		(void)string_list_add(gaps, line);
	}
}

int session_open_sources(struct session *session)
{
	const struct options *options = session->options;
	struct source *source = NULL;
	int status = 0;

	if (options->input && segment_folder_is(options->input))
		return session_open_folder(session);
	if (options->input) {
		session->replay = true;
		int error = stream_source_open_file(options->input, &source);
		return session_start_source(session, source, error, "input", options->input, 4);
	}
	if (options->kube)
		return session_cluster_open(session);
	if (options->execs.count == 0)
		return session_open_kernel(session);
	session_raise_limit(options->execs.count);
	for (size_t i = 0; i < options->execs.count && !status; i++) {
		const char *command = options->execs.items[i];
		int error = session_add_command(session, command);
		if (error)
			status = options_report(options, 5, "--exec %s: %s", command,
						strerror(-error));
	}
	return status;
}
