/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks of the nodes, which may be set while polecat watches. The state keeps all times on
 * steady scales, one for each node. The steady time of a node is the Unix time that its clock would
 * show if it had never been set. So the difference of two times of a node is a duration. Views
 * convert a steady time to the time that the node's clock showed then.
 *
 * A step is the amount by which a clock was set. Records of kind `clock` report the steps. A node
 * whose clock was never set costs nothing.
 *
 * The clocks of two nodes may differ. The caller measures by how much the clock of a node is ahead
 * of its own (clocks_set_ahead). Without a measurement, they are taken as equal.
 */
#ifndef POLECAT_CORE_STATE_CLOCKS_H
#define POLECAT_CORE_STATE_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

/* The maximum number of steps that are stored for a node. If there are more, the oldest are
 * dropped, and times before the first stored step are converted by the clock before that step. */
#define CLOCKS_STEPS_MAX 32

struct clock_step {
	uint64_t at_ns;    /* steady time of the step */
	int64_t before_ns; /* clock minus steady time, before the step */
};

struct node_clock {
	int64_t total_ns; /* clock minus steady time now */
	int64_t ahead_ns; /* the node's steady scale minus the caller's; with `measured` */
	bool measured;
	size_t step_count;
	struct clock_step steps[CLOCKS_STEPS_MAX]; /* in order of time */
};

/* Start with all zero. Free with clocks_clear. */
struct clocks {
	struct node_clock **nodes; /* by the node's number (node_names.h); NULL: never set */
	size_t count;
	size_t capacity;
	int64_t most_ns;   /* the largest total_ns so far of all nodes; at least 0 */
	int64_t lead_ns;   /* the time by which the caller's clock was set, see clocks_now */
	int64_t behind_ns; /* the most by which a measured clock was behind; at least 0 */
	uint64_t steps;    /* number of all steps so far */
};

void clocks_clear(struct clocks *clocks);

/* Adds a step of a node's clock. Returns 0 or -ENOMEM. Ignores a step that overflows the sum of the
 * node's steps. */
int clocks_add(struct clocks *clocks, uint32_t node, const struct clock_record *step);

/* Returns the sum of all steps of a node's clock (negative: back). */
int64_t clocks_total(const struct clocks *clocks, uint32_t node);

/* Converts a time of a new record of a node to steady time. 0 (unknown) stays 0. */
uint64_t clocks_steady(const struct clocks *clocks, uint32_t node, uint64_t unix_ns);

/* Converts a steady time of a node to the time that the node's clock showed. 0 stays 0. */
uint64_t clocks_wall(const struct clocks *clocks, uint32_t node, uint64_t steady_ns);

/* The inverse of clocks_steady: converts a steady time by the present clock, even if the time is
 * before the last step. */
uint64_t clocks_wall_now(const struct clocks *clocks, uint32_t node, uint64_t steady_ns);

/* Stores that a node's steady scale is ahead of the caller's (negative: behind). Steps of either
 * clock do not change that. Returns 0 or -ENOMEM. */
int clocks_set_ahead(struct clocks *clocks, uint32_t node, int64_t ahead_ns);

/* Returns by how much a node's clock is ahead of the caller's now; 0 without a measurement. */
int64_t clocks_ahead(const struct clocks *clocks, uint32_t node);

/* Returns the earliest steady time that may correspond to a Unix time by another machine's clock,
 * such as that of the API server. The other clock may agree with a node's clock from before a step
 * or from after it, and with the caller's clock while a node's clock is behind. */
uint64_t clocks_earliest(const struct clocks *clocks, uint64_t unix_ns);

/*
 * Returns the present time on a node's steady scale, for ages. `now_ns` is the present time on the
 * caller's steady scale. The caller's clock shows now_ns plus lead_ns. Without a measurement, the
 * function assumes that the clocks of the caller and of the node show the same time now.
 */
uint64_t clocks_now(const struct clocks *clocks, uint32_t node, uint64_t now_ns);

/* The inverse of clocks_now: converts a steady time of a node to the caller's scale. */
uint64_t clocks_common(const struct clocks *clocks, uint32_t node, uint64_t steady_ns);

#endif
