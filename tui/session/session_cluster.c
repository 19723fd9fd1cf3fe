/* SPDX-License-Identifier: Apache-2.0 */
/* --kube: the agents on the nodes of a cluster (core/source/cluster/cluster.h), and a source of
 * records for each of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/source/cluster/cluster.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* The number of streams for which the limit of descriptors is raised. Each of them has four: two of
 * a pipe, and two of kubectl. */
#define STREAMS_MAX 8192

/*
 * Fills in the filter options for the agents, so that they do not send the flows that this session
 * would not show. A recording has all flows. The dashboard can change the text of --filter, so that
 * one is not among filter_words there. `texts` holds the words.
 */
static int session_cluster_words(const struct session *session, struct buffer *texts,
				 const char *words[SESSION_CLUSTER_WORDS])
{
	const struct options *options = session->options;
	const struct option_texts *given = &options->filter_words;
	size_t offsets[SESSION_CLUSTER_WORDS];
	size_t count = 0;

	for (size_t i = 0; i + 1 < given->count && count + 4 < SESSION_CLUSTER_WORDS; i += 2) {
		if (options->record_file)
			break;
		offsets[count++] = texts->length;
		buffer_printf(texts, "--%s", given->items[i]);
		if (given->items[i + 1])
			buffer_printf(texts, "=%s", given->items[i + 1]);
		buffer_append_char(texts, '\0');
	}
	/* An interval of an agent takes one record of each peer, instead of one for each event. */
	if (options->aggregate_ns) {
		offsets[count++] = texts->length;
		buffer_printf(texts, "--aggregate=%" PRIu64 "ms%c",
			      (uint64_t)(options->aggregate_ns / NS_PER_MILLISECOND), '\0');
	}
	if (texts->error)
		return texts->error;
	for (size_t i = 0; i < count; i++)
		words[i] = texts->data + offsets[i];
	/* The agents' own decision would be about the containers of one node. */
	if (options->host)
		words[count++] = "--host";
	words[count] = NULL;
	return 0;
}

int session_cluster_add_streams(struct session *session)
{
	struct cluster_stream stream;
	int error = 0;

	while (session->cluster && !error && cluster_next_stream(session->cluster, &stream)) {
		error = session_add_pipe(session, stream.fd, stream.node);
		/* The records of the stream are bound to the node of its pod. */
		if (!error)
			session_streams_replace(
				session, &session->sources[session->source_count - 1], stream.node);
		free(stream.node);
	}
	return error;
}

int session_cluster_open(struct session *session)
{
	const struct options *options = session->options;
	struct filter_error error = {0};
	struct source *source = NULL;

	if (options->agents.privileged)
		options_report(options, 0, "the pods of this session are privileged");
	session_raise_limit(STREAMS_MAX);
	int result =
		session_cluster_words(session, &session->cluster_texts, session->cluster_words);
	const struct cluster_options cluster = {
		.kubectl = options->kubectl,
		.agents = options->agents,
		.namespace_name = options->namespace_name,
		.targets = options->targets.items,
		.target_count = options->targets.count,
		.command = session->cluster_words,
		.all_flows = options->record_file != NULL,
	};
	if (!result)
		result = cluster_source_start(&cluster, &source);
	if (!result)
		result = session_add_source(session, source, false);
	if (result)
		return options_report(options, 3, "cluster: cannot start: %s", strerror(-result));
	session->cluster = source;
	session_names_open(session);
	int status = session_wait_until_started(session, source);
	if (!status && cluster_filter(source) &&
	    filter_parse(options->filter, cluster_filter(source), &error))
		status = options_report(options, 3, "cluster: '%s': %s", cluster_filter(source),
					error.message);
	if (!status && session_cluster_add_streams(session))
		status = options_report(options, 3, "cluster: %s", strerror(ENOMEM));
	/* The image may take a while. */
	if (!status && !session->handlers.stay_open && isatty(STDERR_FILENO) == 1)
		options_report(options, 0, "agents start on %zu node%s", session->stream_count,
			       session->stream_count == 1 ? "" : "s");
	return status;
}

void session_cluster_close(struct session *session)
{
	char message[KUBECTL_MESSAGE_SIZE];

	if (session->cluster && cluster_finish(session->cluster, message))
		options_report(session->options, 0, "%s", message);
	session->cluster = NULL;
}
