/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes an edge as a destination: workload, direction, peer, port and protocol, without anything
 * that a rollout or a restart changes.
 *
 * A pod is written as its namespace and workload, a container or a program by its name, a Service
 * by its name, all nodes as "node". Another peer is written as its address and, if known, its DNS
 * names. So one edge has several texts: sources differ in what they know, and a name server may
 * return another address each time. Two edges are the same destination if they have a text in
 * common.
 *
 * Pure. One thread.
 */
#ifndef POLECAT_CORE_POLICY_BASELINE_DESTINATION_H
#define POLECAT_CORE_POLICY_BASELINE_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/state/state.h"

/* Fits two names of 253 bytes, a namespace of 63 bytes each, and the words between them. */
#define DESTINATION_TEXT_SIZE 768

/* An edge can have as many DNS names as record_names allows; further ones are left out. */
#define DESTINATION_PEERS_MAX    12
#define DESTINATION_SUBJECTS_MAX 2
#define DESTINATION_NAME_SIZE    340

/* The ways to write the two ends of an edge. */
struct destination {
	char subjects[DESTINATION_SUBJECTS_MAX][DESTINATION_NAME_SIZE];
	size_t subject_count;
	char peers[DESTINATION_PEERS_MAX][DESTINATION_NAME_SIZE];
	size_t peer_count;
	const struct edge *edge;
};

/* Finds the ways to write an edge. Returns false if it cannot be compared: its subject or its peer
 * has no name yet, it stands for many destinations, or no connection is left in it. */
bool destination_find(const struct state *state, const struct edge *edge,
		      struct destination *destination);

/* Returns the number of texts, and writes one of them. Texts are not escaped. */
size_t destination_count(const struct destination *destination);
void destination_write(const struct destination *destination, size_t index,
		       char text[DESTINATION_TEXT_SIZE]);

/* Writes the destination for a person: "shop/cart -> 203.0.113.9 TCP 443". Not escaped. */
void destination_describe(const struct state *state, const struct edge *edge,
			  char text[DESTINATION_TEXT_SIZE]);

/* Writes a pod's name without the parts that its controllers generate: "web-6d4cf56db6-x2x4z" and
 * "web-0" become "web". */
void destination_write_stem(const char *pod, char *stem, size_t size);

#endif
