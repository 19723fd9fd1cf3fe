/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded queue of flows that wait for the names of their containers, first in first out. Owns its
 * records. One thread.
 */
#ifndef POLECAT_TUI_SESSION_HELD_FLOWS_H
#define POLECAT_TUI_SESSION_HELD_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/conn.h"

/* About 10 MiB when it is full. */
#define HELD_FLOWS_MAX 16384

struct held_flow {
	struct record record;
	/* Copy of the connection at the time of the flow: later events must not show in its line.
	 * The pointers of its lists are not valid. */
	struct conn conn;
	uint64_t until_ns; /* CLOCK_MONOTONIC */
};

/* A ring: `count` flows from index `first` on. Zero-initialise. */
struct held_flows {
	struct held_flow *flows;
	size_t capacity; /* a power of two, or 0 */
	size_t first;
	size_t count;
};

/* Takes over the record (it becomes RECORD_NONE) and copies the connection. Returns 0; -ENOSPC if
 * the queue is full or -ENOMEM, and the caller keeps the record. */
int held_flows_push(struct held_flows *held, struct record *record, const struct conn *conn,
		    uint64_t until_ns);

/* Returns the oldest flow, valid until the next push; NULL: none. */
struct held_flow *held_flows_first(struct held_flows *held);

/* Moves the oldest flow to *out; the caller frees out->record. False: none. */
bool held_flows_pop(struct held_flows *held, struct held_flow *out);

void held_flows_clear(struct held_flows *held);

#endif
