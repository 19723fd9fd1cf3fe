/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/clocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/memory.h"

/* Returns time_ns plus by_ns, but at least 1, because 0 means unknown. */
static uint64_t clocks_shift(uint64_t time_ns, int64_t by_ns)
{
	uint64_t result = time_ns + (uint64_t)by_ns;

	if (by_ns < 0)
		return result < time_ns && result > 0 ? result : 1;
	return result >= time_ns ? result : UINT64_MAX;
}

void clocks_clear(struct clocks *clocks)
{
	for (size_t i = 0; i < clocks->count; i++)
		free(clocks->nodes[i]);
	free(clocks->nodes);
	*clocks = (struct clocks){0};
}

static struct node_clock *clocks_get(struct clocks *clocks, uint32_t node)
{
	if (node >= clocks->count) {
		if (ARRAY_RESERVE(clocks->nodes, clocks->capacity, (size_t)node + 1))
			return NULL;
		while (clocks->count <= node)
			clocks->nodes[clocks->count++] = NULL;
	}
	if (!clocks->nodes[node])
		clocks->nodes[node] = memory_checked(calloc(1, sizeof(*clocks->nodes[node])));
	return clocks->nodes[node];
}

static const struct node_clock *clocks_find(const struct clocks *clocks, uint32_t node)
{
	return node < clocks->count ? clocks->nodes[node] : NULL;
}

int clocks_add(struct clocks *clocks, uint32_t node, const struct clock_record *step)
{
	struct node_clock *clock = clocks_get(clocks, node);
	int64_t total_ns;

	if (!clock)
		return -ENOMEM;
	if (step->step_ns > INT64_MAX ||
	    (step->set == CLOCK_SET_BACK
		     ? __builtin_sub_overflow(clock->total_ns, (int64_t)step->step_ns, &total_ns)
		     : __builtin_add_overflow(clock->total_ns, (int64_t)step->step_ns,
					      &total_ns)) ||
	    total_ns == INT64_MIN)
		return 0;
	if (clock->step_count == CLOCKS_STEPS_MAX)
		memmove(clock->steps, clock->steps + 1,
			--clock->step_count * sizeof(clock->steps[0]));
	clock->steps[clock->step_count++] = (struct clock_step){
		.at_ns = clocks_shift(step->ts_ns, -total_ns), .before_ns = clock->total_ns};
	clock->total_ns = total_ns;
	if (total_ns > clocks->most_ns)
		clocks->most_ns = total_ns;
	clocks->steps++;
	return 0;
}

int64_t clocks_total(const struct clocks *clocks, uint32_t node)
{
	const struct node_clock *clock = clocks_find(clocks, node);

	return clock ? clock->total_ns : 0;
}

uint64_t clocks_steady(const struct clocks *clocks, uint32_t node, uint64_t unix_ns)
{
	const struct node_clock *clock = clocks_find(clocks, node);

	return clock && unix_ns ? clocks_shift(unix_ns, -clock->total_ns) : unix_ns;
}

uint64_t clocks_wall(const struct clocks *clocks, uint32_t node, uint64_t steady_ns)
{
	const struct node_clock *clock = clocks_find(clocks, node);
	int64_t offset_ns = clock ? clock->total_ns : 0;

	for (size_t i = clock ? clock->step_count : 0;
	     i > 0 && steady_ns < clock->steps[i - 1].at_ns; i--)
		offset_ns = clock->steps[i - 1].before_ns;
	return steady_ns && offset_ns ? clocks_shift(steady_ns, offset_ns) : steady_ns;
}

uint64_t clocks_wall_now(const struct clocks *clocks, uint32_t node, uint64_t steady_ns)
{
	int64_t total_ns = clocks_total(clocks, node);

	return steady_ns && total_ns ? clocks_shift(steady_ns, total_ns) : steady_ns;
}

int clocks_set_ahead(struct clocks *clocks, uint32_t node, int64_t ahead_ns)
{
	struct node_clock *clock = clocks_get(clocks, node);

	if (!clock)
		return -ENOMEM;
	clock->measured = true;
	clock->ahead_ns = ahead_ns;
	int64_t behind_ns = -clocks_ahead(clocks, node);
	if (behind_ns > clocks->behind_ns)
		clocks->behind_ns = behind_ns;
	return 0;
}

int64_t clocks_ahead(const struct clocks *clocks, uint32_t node)
{
	const struct node_clock *clock = clocks_find(clocks, node);
	int64_t ahead_ns;

	if (!clock || !clock->measured ||
	    __builtin_add_overflow(clock->ahead_ns, clock->total_ns, &ahead_ns) ||
	    __builtin_sub_overflow(ahead_ns, clocks->lead_ns, &ahead_ns) || ahead_ns == INT64_MIN)
		return 0;
	return ahead_ns;
}

uint64_t clocks_earliest(const struct clocks *clocks, uint64_t unix_ns)
{
	if (unix_ns && clocks->behind_ns)
		unix_ns = clocks_shift(unix_ns, -clocks->behind_ns);
	return unix_ns && clocks->most_ns ? clocks_shift(unix_ns, -clocks->most_ns) : unix_ns;
}

/* Returns time_ns plus plus_ns minus minus_ns. */
static uint64_t clocks_move(uint64_t time_ns, int64_t plus_ns, int64_t minus_ns)
{
	return plus_ns == minus_ns ? time_ns
				   : clocks_shift(clocks_shift(time_ns, plus_ns), -minus_ns);
}

uint64_t clocks_now(const struct clocks *clocks, uint32_t node, uint64_t now_ns)
{
	const struct node_clock *clock = clocks_find(clocks, node);

	if (clock && clock->measured)
		return clocks_shift(now_ns, clock->ahead_ns);
	return clocks_move(now_ns, clocks->lead_ns, clock ? clock->total_ns : 0);
}

uint64_t clocks_common(const struct clocks *clocks, uint32_t node, uint64_t steady_ns)
{
	const struct node_clock *clock = clocks_find(clocks, node);

	if (clock && clock->measured)
		return clocks_shift(steady_ns, -clock->ahead_ns);
	return clocks_move(steady_ns, clock ? clock->total_ns : 0, clocks->lead_ns);
}
