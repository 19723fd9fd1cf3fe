/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded first-in-first-out queue of flows that wait for the names of their containers, and of
 * `clock` records among them, whose order matters. The queue owns its records. Not thread-safe.
 */
#ifndef POLECAT_TUI_SESSION_HELD_FLOWS_H
#define POLECAT_TUI_SESSION_HELD_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/conn.h"

/* A full queue takes about 10 MiB. */
#define HELD_FLOWS_MAX 16384

struct held_flow {
	struct record record;
	/* Copy of the connection at the time of the flow, so that the flow's line does not show
	 * later events. The list pointers of the copy are not valid. All zero for other records. */
	struct conn conn;
	uint64_t until_ns; /* the flow waits until this time, CLOCK_MONOTONIC */
};

/* A ring: `count` flows from index `first` on. Zero-initialise. */
struct held_flows {
	struct held_flow *flows;
	size_t capacity; /* a power of two, or 0 */
	size_t first;
	size_t count;
};

/* Moves the record into the queue (*record becomes RECORD_NONE) and copies the connection, which
 * may be NULL. Returns 0. Returns -ENOSPC if the queue is full, or -ENOMEM; the caller then still
 * owns the record. */
int held_flows_push(struct held_flows *held, struct record *record, const struct conn *conn,
		    uint64_t until_ns);

/* Returns the oldest flow, which is valid until the next push; NULL: the queue is empty. */
struct held_flow *held_flows_first(struct held_flows *held);

/* Moves the oldest flow to *out. The caller frees out->record. Returns false if the queue is
 * empty. */
bool held_flows_pop(struct held_flows *held, struct held_flow *out);

void held_flows_clear(struct held_flows *held);

#endif
