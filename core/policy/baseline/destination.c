/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/baseline/destination.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/policy/draft/name.h"
#include "core/record/address.h"
#include "core/record/record_names.h"
#include "core/state/edge_query.h"

/* The characters of generated names (k8s.io/apimachinery, util/rand). They contain no vowels, so
 * that the names form no words. */
#define GENERATED "bcdfghjklmnpqrstvwxz2456789"
/* The length of the random end of a pod's name (apiserver, names/generate.go), and the lengths of
 * the hash of a pod template before it. */
#define RANDOM_LENGTH   5
#define HASH_LENGTH_MIN 6
#define HASH_LENGTH_MAX 10

/* The prefix of a peer that is a DNS name. */
#define DNS_PREFIX "name "

/* Returns the length of a name without "-" and the characters of `set` at its end, if these are
 * between `least` and `most`. Otherwise returns `length`. */
static size_t destination_strip(const char *name, size_t length, const char *set, size_t least,
				size_t most)
{
	size_t count = 0;

	while (count < length && strchr(set, name[length - count - 1]))
		count++;
	if (count < least || count > most || count + 1 >= length || name[length - count - 1] != '-')
		return length;
	return length - count - 1;
}

void destination_write_stem(const char *pod, char *stem, size_t size)
{
	size_t length = strlen(pod);
	size_t random = destination_strip(pod, length, GENERATED, RANDOM_LENGTH, RANDOM_LENGTH);

	if (random < length)
		random =
			destination_strip(pod, random, GENERATED, HASH_LENGTH_MIN, HASH_LENGTH_MAX);
	/* Strip the number of a StatefulSet's pod or of a replica, or the time of a CronJob's
	 * Job. */
	length = destination_strip(pod, random, "0123456789", 1, random);
	snprintf(stem, size, "%.*s", (int)length, pod);
}

__attribute__((format(printf, 3, 4))) static void
destination_add(char (*names)[DESTINATION_NAME_SIZE], size_t *count, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(names[*count], DESTINATION_NAME_SIZE, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], names[*count]) == 0)
			return;
	(*count)++;
}

/* Adds the ways to write a pod: by the stem of its name, and by its owner or its labels. */
static void destination_add_pod(const struct workloads *workloads,
				char (*names)[DESTINATION_NAME_SIZE], size_t *count,
				const struct flow_names *pod, const struct pod_record *record)
{
	const char *namespace_name = pod->namespace_name ? pod->namespace_name : "";
	char stem[DESTINATION_NAME_SIZE / 2 + 128];
	char name[NAME_SIZE];
	struct group group;

	destination_write_stem(pod->pod, stem, sizeof(stem));
	destination_add(names, count, "%.63s/%.253s", namespace_name, stem);
	if (!record)
		return;
	group_of_pod(workloads, record, &group);
	name_make(&group, NAME_PLAIN, name);
	destination_add(names, count, "%.63s/%.253s", namespace_name, name);
}

static bool destination_find_subject(const struct state *state, const struct subject *subject,
				     struct destination *destination)
{
	const struct flow_names pod = {.namespace_name = subject->namespace_name,
				       .pod = subject->pod};
	char stem[DESTINATION_NAME_SIZE / 2];

	if (subject->is_overflow)
		return false;
	switch ((enum subject_kind)subject->kind) {
	case SUBJECT_POD:
		if (!subject->pod)
			return false;
		destination_add_pod(state_workloads(state), destination->subjects,
				    &destination->subject_count, &pod, subject->pod_record);
		return true;
	case SUBJECT_CONTAINER:
		if (!subject->container)
			return false;
		destination_write_stem(subject->container, stem, sizeof(stem));
		destination_add(destination->subjects, &destination->subject_count, "container %s",
				stem);
		return true;
	case SUBJECT_PROCESS:
		if (!subject->comm || !subject->comm[0])
			return false;
		destination_add(destination->subjects, &destination->subject_count, "program %s",
				subject->comm);
		return true;
	case SUBJECT_UNRESOLVED:
	case SUBJECT_KIND_COUNT:
		break;
	}
	return false;
}

/* Adds the address, and each of the joined DNS names. */
static void destination_add_address(const struct edge *edge, struct destination *destination)
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(edge->family, &edge->peer, address);
	destination_add(destination->peers, &destination->peer_count, "%s", address);
	for (const char *name = edge->dns;
	     name && destination->peer_count < DESTINATION_PEERS_MAX;) {
		size_t length = strcspn(name, ",");

		/* "..." at the end of the list stands for names that were left out
		 * (edge_names.h). */
		if (length > 0 && strncmp(name, "...", 3) != 0)
			destination_add(destination->peers, &destination->peer_count,
					DNS_PREFIX "%.*s", (int)(length < 255 ? length : 255),
					name);
		name = name[length] ? name + length + strspn(name + length, ", ") : NULL;
	}
}

/* Adds the peer that the record of the edge's flow names. Returns false if it names none. */
static bool destination_add_named(const struct state *state, const struct edge *edge,
				  struct destination *destination)
{
	const struct workloads *workloads = state_workloads(state);
	const struct flow_names pod = {.namespace_name = edge->peer_namespace,
				       .pod = edge->peer_name};
	const char *namespace_name = edge->peer_namespace ? edge->peer_namespace : "";

	if (edge_names_pod(edge)) {
		destination_add_pod(workloads, destination->peers, &destination->peer_count, &pod,
				    workloads_pod(workloads, namespace_name, edge->peer_name));
		return true;
	}
	if (edge->peer_kind == FLOW_PEER_SERVICE && edge->peer_name)
		destination_add(destination->peers, &destination->peer_count,
				"service %.63s/%.253s", namespace_name, edge->peer_name);
	else if (edge->peer_kind == FLOW_PEER_NODE || edge->peer_kind == FLOW_PEER_HOST)
		destination_add(destination->peers, &destination->peer_count, "node");
	else
		return false;
	return true;
}

static bool destination_find_peer(const struct state *state, const struct edge *edge,
				  struct destination *destination)
{
	const struct workloads *workloads = state_workloads(state);
	struct holder_query query = edge_query(edge);
	struct holder holder = {.kind = HOLDER_UNKNOWN};
	struct flow_names pod = {0};

	if (edge_names_pod(edge))
		return destination_add_named(state, edge, destination);
	if (edge->family == 0)
		return false;
	query.node = state_node(state, edge->subject);
	holder_find(workloads, &query, &holder);
	if (holder.service) {
		destination_add(destination->peers, &destination->peer_count,
				"service %.63s/%.253s", holder.service->namespace_name,
				holder.service->name);
		return true;
	}
	switch ((enum holder_kind)holder.kind) {
	case HOLDER_LOOPBACK:
		destination_add(destination->peers, &destination->peer_count, "loopback");
		return true;
	case HOLDER_NODE:
		destination_add(destination->peers, &destination->peer_count, "node");
		return true;
	case HOLDER_POD:
	case HOLDER_SHARED:
		pod.namespace_name = holder.pod->namespace_name;
		pod.pod = holder.pod->name;
		destination_add_pod(workloads, destination->peers, &destination->peer_count, &pod,
				    holder.pod);
		return true;
	default:
		break;
	}
	if (destination_add_named(state, edge, destination))
		return true;
	/* The address is in a node's block for pods, but no record describes the pod yet. Do not
	 * compare the address, because pods reuse addresses. */
	if (workloads_in_pod_block(workloads, edge->family, &edge->peer))
		return false;
	destination_add_address(edge, destination);
	return true;
}

bool destination_find(const struct state *state, const struct edge *edge,
		      struct destination *destination)
{
	destination->subject_count = 0;
	destination->peer_count = 0;
	destination->edge = edge;
	return !edge->is_overflow && edge->conn_count > 0 &&
	       destination_find_subject(state, edge->subject, destination) &&
	       destination_find_peer(state, edge, destination);
}

size_t destination_count(const struct destination *destination)
{
	return destination->subject_count * destination->peer_count;
}

static const char *destination_protocol(const struct edge *edge)
{
	const char *name = flow_protocol_name((enum flow_protocol)edge->protocol);

	return name ? name : edge->protocol_name ? edge->protocol_name : "?";
}

/* Writes both ends in the direction in which the connection was opened. */
static void destination_write_ends(const struct edge *edge, const char *subject, const char *peer,
				   char text[DESTINATION_TEXT_SIZE])
{
	bool egress = edge->direction == FLOW_EGRESS;

	snprintf(text, DESTINATION_TEXT_SIZE, "%.338s -> %.338s %.32s %u", egress ? subject : peer,
		 egress ? peer : subject, destination_protocol(edge), edge->port);
}

void destination_write(const struct destination *destination, size_t index,
		       char text[DESTINATION_TEXT_SIZE])
{
	size_t length;

	destination_write_ends(destination->edge,
			       destination->subjects[index / destination->peer_count],
			       destination->peers[index % destination->peer_count], text);
	/* A connection between two pods has an edge at each end. The direction keeps the two
	 * destinations apart. */
	length = strlen(text);
	snprintf(text + length, DESTINATION_TEXT_SIZE - length, " %s",
		 flow_direction_name((enum flow_direction)destination->edge->direction));
}

void destination_describe(const struct state *state, const struct edge *edge,
			  char text[DESTINATION_TEXT_SIZE])
{
	struct destination destination;
	char peer[DESTINATION_NAME_SIZE];

	if (!destination_find(state, edge, &destination)) {
		snprintf(text, DESTINATION_TEXT_SIZE, "%.338s", edge->subject->display);
		return;
	}
	const char *name =
		strncmp(destination.peers[destination.peer_count - 1], DNS_PREFIX,
			strlen(DNS_PREFIX)) == 0
			? destination.peers[destination.peer_count - 1] + strlen(DNS_PREFIX)
			: NULL;
	if (name)
		snprintf(peer, sizeof(peer), "%.48s (%.255s)", destination.peers[0], name);
	else
		snprintf(peer, sizeof(peer), "%s", destination.peers[0]);
	destination_write_ends(edge, edge->subject->display, peer, text);
}
