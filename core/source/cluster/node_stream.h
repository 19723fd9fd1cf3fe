/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of one node: `kubectl exec -i` into the agent's pod, again and again. Each kubectl
 * writes to the same pipe, whose other end a source of records reads (stream.h). kubectl's standard
 * input carries heartbeats, and its standard error the answers of the agent to them and the words
 * of a failure. Only the thread of the cluster's source uses it.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_NODE_STREAM_H
#define POLECAT_CORE_SOURCE_CLUSTER_NODE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source/cluster/kubectl.h"

struct child;

/* The interval of heartbeats, and the time without one after which an agent ends. kubectl notices a
 * dead connection itself, mostly; an agent without answers for NODE_STREAM_STALL_MS is given up. */
#define NODE_STREAM_BEAT_MS  10000u
#define NODE_STREAM_LIMIT    "30s"
#define NODE_STREAM_STALL_MS 30000u

/* A time in which the node was not watched, as Unix times. */
struct node_gap {
	uint64_t from_ns;
	uint64_t until_ns;
};

struct node_stream {
	struct child *child;  /* kubectl; NULL: not connected */
	int pipe;             /* the write end; -1: node_stream_open was not called */
	bool answers;         /* the agent has answered since it was connected */
	bool cut;             /* the pipe may end in the middle of a line */
	bool was_watched;     /* an agent of the node has ever answered */
	uint64_t connect_ms;  /* CLOCK_MONOTONIC: the last connect */
	uint64_t answer_ms;   /* the last sign of the agent, or the connect */
	uint64_t beat_ms;     /* the next heartbeat */
	uint64_t again_ms;    /* the earliest time of the next connect */
	unsigned int wait_ms; /* of the back-off */
	uint64_t lost_ns;     /* Unix time: the node is not watched since then; 0: it is */
};

/* Makes the pipe. Returns its read end, which the caller owns, or -errno. */
int node_stream_open(struct node_stream *stream);

/* Ends the child and closes the pipe. */
void node_stream_close(struct node_stream *stream);

/* Starts kubectl with the arguments of `kubectl exec`. Returns 0 or -errno; -EAGAIN: the reader of
 * the records is late, so try again later. */
int node_stream_connect(struct node_stream *stream, const struct kubectl *kubectl,
			const char *const *command, uint64_t now_ms);

/* Returns kubectl's standard error to poll, or -1. */
int node_stream_fd(const struct node_stream *stream);

/* Sends a heartbeat if it is due. Returns the time of the next one. */
uint64_t node_stream_beat(struct node_stream *stream, uint64_t now_ms);

/* Reads an answer. Returns true if the agent has answered for the first time after a gap, which
 * *gap describes. */
bool node_stream_read(struct node_stream *stream, uint64_t now_ms, struct node_gap *gap);

/* Returns whether kubectl has ended, or must be ended because the agent does not answer.
 * node_stream_disconnect is then next. */
bool node_stream_is_over(const struct node_stream *stream, uint64_t now_ms);

/* Frees the child, and sets the time of the next connect. *error has the last words of kubectl, or
 * "". Returns true if the agent had answered, so that this is an interruption. */
bool node_stream_disconnect(struct node_stream *stream, uint64_t now_ms,
			    struct kubectl_error *error);

#endif
