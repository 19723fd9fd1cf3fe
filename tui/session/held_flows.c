/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/held_flows.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/memory.h"

#define FIRST_CAPACITY 64

static struct held_flow *held_flows_at(const struct held_flows *held, size_t index)
{
	return &held->flows[(held->first + index) & (held->capacity - 1)];
}

static int held_flows_grow(struct held_flows *held)
{
	size_t capacity = held->capacity ? held->capacity * 2 : FIRST_CAPACITY;

	if (held->count == HELD_FLOWS_MAX)
		return -ENOSPC;
	struct held_flow *flows = memory_checked(malloc(capacity * sizeof(*flows)));
	if (!flows)
		return -ENOMEM;
	for (size_t i = 0; i < held->count; i++)
		flows[i] = *held_flows_at(held, i);
	free(held->flows);
	held->flows = flows;
	held->capacity = capacity;
	held->first = 0;
	return 0;
}

int held_flows_push(struct held_flows *held, struct record *record, const struct conn *conn,
		    uint64_t until_ns)
{
	int error = held->count == held->capacity ? held_flows_grow(held) : 0;

	if (error)
		return error;
	struct held_flow *flow = held_flows_at(held, held->count);
	*flow = (struct held_flow){.record = *record, .until_ns = until_ns};
	if (conn)
		flow->conn = *conn;
	held->count++;
	record->kind = RECORD_NONE;
	return 0;
}

struct held_flow *held_flows_first(struct held_flows *held)
{
	return held->count ? held_flows_at(held, 0) : NULL;
}

bool held_flows_pop(struct held_flows *held, struct held_flow *out)
{
	if (!held->count)
		return false;
	*out = *held_flows_at(held, 0);
	held->first = (held->first + 1) & (held->capacity - 1);
	held->count--;
	return true;
}

void held_flows_clear(struct held_flows *held)
{
	struct held_flow flow;

	while (held_flows_pop(held, &flow))
		record_free(&flow.record);
	free(held->flows);
	*held = (struct held_flows){0};
}
