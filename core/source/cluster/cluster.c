/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/cluster.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/child.h"
#include "core/source/cluster/cluster_agents.h"
#include "core/source/cluster/cluster_nodes.h"

/* The interval between two looks at the nodes (with targets, at their pods), and at the agents'
 * pods while some of them start. The last one grows, because a pod may never start. */
#define FIND_MS       30000u
#define FIND_SOON_MS  15000u
#define LOOK_MS       1000u
#define LOOK_LAST_MS  10000u
#define LOOKS_OF_EACH 20u

/* The most nodes that are remembered after they were not found any more. */
#define AWAY_MAX 4096u

/* The time for kubectl to end by itself after its input has ended. */
#define END_MS 300

/* --- nodes --- */

static void cluster_node_clear(struct cluster_node *node)
{
	node_stream_close(&node->stream);
	free(node->name);
	free(node->pod);
	free(node->namespace_name);
}

/* Remembers since when a node is not watched, for the gap if it comes back. */
static void cluster_note_away(struct cluster *cluster, struct cluster_node *node)
{
	if (!node->stream.was_watched || cluster->away_count >= AWAY_MAX)
		return;
	struct cluster_away *added =
		ARRAY_ADD(cluster->away, cluster->away_count, cluster->away_capacity);
	if (!added)
		return;
	added->name = node->name;
	added->lost_ns = node->stream.lost_ns ? node->stream.lost_ns : clock_real_ns();
	node->name = NULL;
}

/* Gives a node that has come back the time since when it is not watched. */
static void cluster_restore_away(struct cluster *cluster, struct cluster_node *node)
{
	for (size_t i = 0; i < cluster->away_count; i++) {
		if (strcmp(cluster->away[i].name, node->name) != 0)
			continue;
		node->stream.was_watched = true;
		node->stream.lost_ns = cluster->away[i].lost_ns;
		free(cluster->away[i].name);
		ARRAY_REMOVE(cluster->away, cluster->away_count, i);
		return;
	}
}

/* Adds a node, and the read end of its pipe for the main thread. Returns 0 or -errno. */
static int cluster_add_node(struct cluster *cluster, const char *name)
{
	struct cluster_node node = {.stream = {.pipe = -1}, .listed = true};
	struct cluster_stream given = {.fd = -1};
	int error = text_copy(name, &node.name);

	if (!error)
		error = text_copy(name, &given.node);
	if (!error) {
		given.fd = node_stream_open(&node.stream);
		error = given.fd < 0 ? given.fd : 0;
	}
	struct cluster_node *added =
		error ? NULL
		      : ARRAY_ADD(cluster->nodes, cluster->node_count, cluster->node_capacity);
	if (added) {
		*added = node;
		pthread_mutex_lock(&cluster->lock);
		struct cluster_stream *place =
			ARRAY_ADD(cluster->given, cluster->given_count, cluster->given_capacity);
		if (place)
			*place = given;
		pthread_mutex_unlock(&cluster->lock);
		if (place) {
			cluster_restore_away(cluster, added);
			source_wake(cluster->source);
			return 0;
		}
		cluster->node_count--;
	}
	if (given.fd >= 0)
		close(given.fd);
	free(given.node);
	cluster_node_clear(&node);
	return error ? error : -ENOMEM;
}

/* Removes the nodes that were not found any more. Their streams end. */
static void cluster_remove_unlisted(struct cluster *cluster)
{
	for (size_t i = cluster->node_count; i-- > 0;) {
		if (cluster->nodes[i].listed)
			continue;
		cluster_note_away(cluster, &cluster->nodes[i]);
		cluster_node_clear(&cluster->nodes[i]);
		ARRAY_REMOVE(cluster->nodes, cluster->node_count, i);
	}
}

/* Finds the nodes to watch. A failure keeps the nodes that were known. Returns 0; -ECANCELED;
 * -ENOMEM; or -EIO with *error. */
static int cluster_find(struct cluster *cluster, struct kubectl_error *error)
{
	const struct cluster_options *options = &cluster->options;
	const struct cluster_query query = {
		.kubectl = &options->kubectl,
		.namespace_name = options->namespace_name,
		.stop_fd = source_stop_fd(cluster->source),
	};
	struct string_list names = {0};
	struct buffer filter = {0};
	int result = cluster_nodes_find(&query, options->targets, options->target_count, &names,
					&filter, error);

	for (size_t i = 0; !result && i < cluster->node_count; i++)
		cluster->nodes[i].listed = false;
	for (size_t i = 0; !result && i < names.count; i++) {
		struct cluster_node *node = cluster_agents_node(cluster, names.items[i]);
		if (node)
			node->listed = true;
		else
			result = cluster_add_node(cluster, names.items[i]);
	}
	if (!result)
		cluster_remove_unlisted(cluster);
	/* The filter of the first answer stays: the main thread has it. */
	if (!result && !cluster->found && filter.length > 0)
		result = text_copy(filter.data, &cluster->filter);
	cluster->found |= !result;
	string_list_clear(&names);
	buffer_free(&filter);
	return result;
}

/* --- health --- */

/* Sets the health: a node that is not watched, and the number of the others. */
static void cluster_report(struct cluster *cluster)
{
	const struct cluster_node *first = NULL;
	const struct cluster_node *refused = NULL;
	size_t unwatched = 0;
	char others[64] = "";

	for (size_t i = 0; i < cluster->node_count; i++) {
		const struct cluster_node *node = &cluster->nodes[i];
		if (node->problem[0] == '\0')
			continue;
		unwatched++;
		if (!first)
			first = node;
		if (node->refused)
			refused = node;
	}
	if (unwatched > 1)
		snprintf(others, sizeof(others), " (and %zu more of %zu nodes)", unwatched - 1,
			 cluster->node_count);
	if (first)
		source_set_health(cluster->source, SOURCE_READY, -ENODATA, "%s: %.400s%s",
				  first->name, (refused ? refused : first)->problem, others);
	else if (cluster->problem[0])
		source_set_health(cluster->source, SOURCE_READY, 0, "%s", cluster->problem);
	else
		source_set_health(cluster->source, SOURCE_READY, 0, "%s", "");
}

/* Returns whether no node is watched, and none can be. */
static bool cluster_is_hopeless(const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->node_count; i++) {
		if (!cluster->nodes[i].refused)
			return false;
	}
	return cluster->node_count > 0;
}

/* --- streams --- */

static void cluster_emit_gap(struct cluster *cluster, const struct cluster_node *node,
			     const struct node_gap *gap)
{
	struct record record = {
		.kind = RECORD_LOST,
		.lost =
			{
				.where = LOST_GAP,
				.count = 1,
				.from_ns = gap->from_ns,
				.until_ns = gap->until_ns,
			},
	};

	/* Without a name, the gap still counts. */
	(void)text_copy(node->name, &record.lost.node);
	source_emit(cluster->source, &record);
	source_flush(cluster->source);
}

static void cluster_connect(struct cluster *cluster, struct cluster_node *node, uint64_t now_ms)
{
	const char *arguments[KUBECTL_ARGUMENTS_MAX] = {
		"exec",        "--stdin",         "--namespace",   node->namespace_name,
		node->pod,     "--container",     AGENT_CONTAINER, "--",
		"polecat",     "trace",           "--output",      "json",
		"--heartbeat", NODE_STREAM_LIMIT, "--host-root",   AGENT_HOST_ROOT,
		"--no-kube",
	};
	size_t count = 0;

	while (arguments[count])
		count++;
	for (const char *const *more = cluster->options.command; more && *more; more++) {
		if (count + 1 < KUBECTL_ARGUMENTS_MAX)
			arguments[count++] = *more;
	}
	if (cluster->filter && !cluster->options.all_flows && count + 2 < KUBECTL_ARGUMENTS_MAX) {
		arguments[count++] = "--filter";
		arguments[count++] = cluster->filter;
	}
	int error =
		node_stream_connect(&node->stream, &cluster->options.kubectl, arguments, now_ms);
	if (error)
		node->stream.again_ms = now_ms + LOOK_MS;
	if (error && error != -EAGAIN)
		snprintf(node->problem, sizeof(node->problem), "kubectl: %s", strerror(-error));
}

static void cluster_disconnect(struct cluster *cluster, struct cluster_node *node, uint64_t now_ms)
{
	struct kubectl_error error;
	bool answered = node_stream_disconnect(&node->stream, now_ms, &error);

	snprintf(node->problem, sizeof(node->problem), "%s%s%.500s",
		 answered ? "the stream ended" : "cannot be watched", error.message[0] ? ": " : "",
		 error.message);
	node->refused = !answered &&
			(error.failure == KUBECTL_FORBIDDEN || error.failure == KUBECTL_NO_PROGRAM);
	/* The pod may be gone: an agent was replaced, or a pod has reached its deadline. */
	node->ready = false;
	cluster->look_ms = now_ms;
	cluster->looks = 0;
	if (!node->one_shot && cluster->find_ms > now_ms + LOOK_MS)
		cluster->find_ms = now_ms + LOOK_MS;
}

/* Serves the stream of one node. Returns the time at which it needs to be served again. */
static uint64_t cluster_serve_node(struct cluster *cluster, struct cluster_node *node,
				   uint64_t now_ms)
{
	if (node_stream_is_over(&node->stream, now_ms))
		cluster_disconnect(cluster, node, now_ms);
	if (!node->stream.child && node->ready && !node->refused && now_ms >= node->stream.again_ms)
		cluster_connect(cluster, node, now_ms);
	if (!node->stream.child)
		return node->ready && !node->refused ? node->stream.again_ms : UINT64_MAX;
	return node_stream_beat(&node->stream, now_ms);
}

/* Waits for words of the streams, until a time. Returns false to stop. */
static bool cluster_wait(struct cluster *cluster, uint64_t until_ms)
{
	size_t count = cluster->node_count;

	if (ARRAY_RESERVE(cluster->polled, cluster->polled_capacity, count + 1))
		return identity_wait(cluster->source, LOOK_MS, IDENTITY_WAIT_FIXED);
	for (size_t i = 0; i < count; i++)
		cluster->polled[i] = (struct pollfd){
			.fd = node_stream_fd(&cluster->nodes[i].stream), .events = POLLIN};
	cluster->polled[count] =
		(struct pollfd){.fd = source_stop_fd(cluster->source), .events = POLLIN};
	uint64_t now_ms = clock_monotonic_ms();
	int timeout = until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
	int ready = poll(cluster->polled, count + 1, timeout);
	now_ms = clock_monotonic_ms();
	for (size_t i = 0; ready > 0 && i < count; i++) {
		struct cluster_node *node = &cluster->nodes[i];
		struct node_gap gap;
		if (!cluster->polled[i].revents)
			continue;
		if (node_stream_read(&node->stream, now_ms, &gap))
			cluster_emit_gap(cluster, node, &gap);
		if (node->stream.answers)
			node->problem[0] = '\0';
	}
	return !source_stopping(cluster->source);
}

/* --- the thread --- */

/* Finds the nodes for the first time, and asks for their pods. Returns 0, or -errno after setting
 * the health. */
static int cluster_begin(struct cluster *cluster)
{
	struct kubectl_error error = {0};
	int result = cluster_find(cluster, &error);

	if (!result && cluster->node_count == 0) {
		snprintf(error.message, sizeof(error.message),
			 "the cluster has no Linux node that is ready: kubectl get nodes");
		result = -EIO;
	}
	if (!result)
		result = cluster_agents_begin(cluster, &error);
	if (!result)
		result = cluster_agents_make(cluster, &error);
	if (result && result != -ECANCELED)
		source_set_health(cluster->source, SOURCE_BROKEN,
				  result == -EIO ? kubectl_error_number(&error) : result, "%s",
				  result == -EIO ? error.message : strerror(-result));
	return result;
}

/* Looks at the nodes and pods when it is time. */
static void cluster_look(struct cluster *cluster, uint64_t now_ms)
{
	struct kubectl_error error = {0};
	bool waits = false;
	int result = 0;

	if (now_ms >= cluster->find_ms) {
		result = cluster_find(cluster, &error);
		cluster->find_ms =
			now_ms + (cluster->options.target_count > 0 ? FIND_SOON_MS : FIND_MS);
		cluster->look_ms = now_ms;
	}
	if (now_ms >= cluster->look_ms) {
		if (!result)
			result = cluster_agents_look(cluster, &error);
		if (!result)
			result = cluster_agents_make(cluster, &error);
		for (size_t i = 0; i < cluster->node_count; i++)
			waits |= !cluster->nodes[i].ready && !cluster->nodes[i].refused;
		unsigned int wait_ms = LOOK_MS * (1 + cluster->looks++ / LOOKS_OF_EACH);
		if (wait_ms > LOOK_LAST_MS)
			wait_ms = LOOK_LAST_MS;
		cluster->look_ms = waits || result ? now_ms + wait_ms : UINT64_MAX;
	}
	if (result != -ECANCELED)
		snprintf(cluster->problem, sizeof(cluster->problem), "%s",
			 result ? error.message : "");
}

/* Ends the streams. Their agents end with their input, most of the time before kubectl is ended. */
static void cluster_end_streams(struct cluster *cluster)
{
	uint64_t deadline_ms = clock_monotonic_ms() + END_MS;
	bool running = true;

	for (size_t i = 0; i < cluster->node_count; i++) {
		if (cluster->nodes[i].stream.child)
			child_close_input(cluster->nodes[i].stream.child);
	}
	while (running && clock_monotonic_ms() < deadline_ms) {
		running = false;
		for (size_t i = 0; i < cluster->node_count; i++) {
			struct node_stream *stream = &cluster->nodes[i].stream;
			struct pollfd polled = {.fd = node_stream_fd(stream), .events = POLLIN};
			if (polled.fd < 0)
				continue;
			running = true;
			if (poll(&polled, 1, 0) > 0)
				child_watch(stream->child)->readable(child_watch(stream->child));
		}
		if (running)
			poll(NULL, 0, 10);
	}
	for (size_t i = 0; i < cluster->node_count; i++) {
		if (cluster->nodes[i].stream.child)
			child_begin_stop(cluster->nodes[i].stream.child);
	}
	for (size_t i = 0; i < cluster->node_count; i++)
		node_stream_close(&cluster->nodes[i].stream);
}

/* Reports the nodes from which no record can have come. A result is incomplete without them. */
static void cluster_report_unwatched(struct cluster *cluster)
{
	struct source_health health;

	source_health(cluster->source, &health);
	if (health.state == SOURCE_BROKEN)
		return;
	for (size_t i = 0; i < cluster->node_count; i++) {
		struct cluster_node *node = &cluster->nodes[i];
		if (!node->stream.was_watched && node->problem[0] == '\0')
			snprintf(node->problem, sizeof(node->problem),
				 "it was not watched: its agent has not started");
	}
	cluster_report(cluster);
}

static void cluster_run(struct source *source, void *data)
{
	struct cluster *cluster = data;

	cluster->source = source;
	int result = cluster_begin(cluster);
	cluster->find_ms = clock_monotonic_ms() + FIND_SOON_MS;
	cluster->look_ms = 0;
	while (!result && !source_stopping(source)) {
		uint64_t now_ms = clock_monotonic_ms();
		cluster_look(cluster, now_ms);
		uint64_t until_ms =
			cluster->find_ms < cluster->look_ms ? cluster->find_ms : cluster->look_ms;
		for (size_t i = 0; i < cluster->node_count; i++) {
			uint64_t due_ms = cluster_serve_node(cluster, &cluster->nodes[i], now_ms);
			until_ms = due_ms < until_ms ? due_ms : until_ms;
		}
		/* A stream that ended in this turn makes a look at the pods due. */
		until_ms = cluster->look_ms < until_ms ? cluster->look_ms : until_ms;
		cluster_report(cluster);
		source_flush(source);
		if (cluster_is_hopeless(cluster)) {
			source_set_health(source, SOURCE_BROKEN, -EPERM, "%s: %s",
					  cluster->nodes[0].name, cluster->nodes[0].problem);
			break;
		}
		if (!cluster_wait(cluster, until_ms))
			break;
	}
	if (!result)
		cluster_report_unwatched(cluster);
	cluster_end_streams(cluster);
	if (cluster->reaper)
		reaper_begin(cluster->reaper);
}

static void cluster_free(void *data)
{
	struct cluster *cluster = data;
	char message[KUBECTL_MESSAGE_SIZE];

	if (!cluster)
		return;
	(void)reaper_finish(cluster->reaper, message);
	for (size_t i = 0; i < cluster->node_count; i++)
		cluster_node_clear(&cluster->nodes[i]);
	free(cluster->nodes);
	for (size_t i = 0; i < cluster->away_count; i++)
		free(cluster->away[i].name);
	free(cluster->away);
	for (size_t i = 0; i < cluster->given_count; i++) {
		close(cluster->given[i].fd);
		free(cluster->given[i].node);
	}
	free(cluster->given);
	free(cluster->polled);
	free(cluster->filter);
	pthread_mutex_destroy(&cluster->lock);
	free(cluster);
}

static const struct source_operations cluster_operations = {
	.label = "cluster",
	.run = cluster_run,
	.free_data = cluster_free,
};

int cluster_source_start(const struct cluster_options *options, struct source **out)
{
	struct cluster *cluster = memory_checked(calloc(1, sizeof(*cluster)));
	uint64_t number;

	if (!cluster)
		return -ENOMEM;
	cluster->options = *options;
	pthread_mutex_init(&cluster->lock, NULL);
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = clock_real_ns();
	snprintf(cluster->run, sizeof(cluster->run), "%08x", (unsigned int)number);
	return source_start_new(&cluster_operations, cluster, out);
}

bool cluster_next_stream(struct source *source, struct cluster_stream *stream)
{
	struct cluster *cluster = source_data(source);
	bool found = false;

	pthread_mutex_lock(&cluster->lock);
	if (cluster->given_count > 0) {
		*stream = cluster->given[0];
		ARRAY_REMOVE(cluster->given, cluster->given_count, 0);
		found = true;
	}
	pthread_mutex_unlock(&cluster->lock);
	return found;
}

int cluster_finish(struct source *source, char message[KUBECTL_MESSAGE_SIZE])
{
	struct cluster *cluster = source_data(source);
	char last[KUBECTL_MESSAGE_SIZE];

	source_stop(source);
	int error = reaper_finish(cluster->reaper, last);
	cluster->reaper = NULL;
	if (error)
		snprintf(message, KUBECTL_MESSAGE_SIZE,
			 "the pods of this session are not deleted yet: kubectl delete pods "
			 "--selector %s=%s%s%s (%.300s)",
			 AGENT_LABEL_RUN, cluster->run,
			 cluster->options.agents.namespace_name ? " --namespace " : "",
			 cluster->options.agents.namespace_name
				 ? cluster->options.agents.namespace_name
				 : "",
			 last[0] ? last : "kubectl did not end yet");
	return error;
}

const char *cluster_filter(struct source *source)
{
	const struct cluster *cluster = source_data(source);

	return cluster->filter;
}
