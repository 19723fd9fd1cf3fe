/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows that wait in a line, first in first out, for the names of their containers. Bounded; owns
 * the records in it. One thread.
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
	/* The connection as it was then: its line must not tell what came later. Its lists'
	 * pointers mean nothing. */
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

/* Takes over the record (it becomes RECORD_NONE) and copies the connection. 0; -ENOSPC when the
 * line is full, -ENOMEM: the record stays the caller's. */
int held_flows_push(struct held_flows *held, struct record *record, const struct conn *conn,
		    uint64_t until_ns);

/* The one that waits longest, valid until the next push; NULL: none. */
struct held_flow *held_flows_first(struct held_flows *held);

/* Moves that one out: out->record is the caller's then. False: none. */
bool held_flows_pop(struct held_flows *held, struct held_flow *out);

void held_flows_clear(struct held_flows *held);

#endif
