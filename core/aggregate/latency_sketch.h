/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sketches of latencies: histograms whose buckets grow with the value, so that percentiles are
 * known without the values.
 *
 * Values below 8 have a bucket of their own. Each power of two above is divided into 8 buckets, and
 * a percentile is the middle of its bucket. So a percentile differs from the exact value by at most
 * a sixteenth of it. A sketch stores only the powers of two in which it has values. All sketches
 * share one pool of such parts, and the pool is bounded. Pure. One thread.
 */
#ifndef POLECAT_CORE_AGGREGATE_LATENCY_SKETCH_H
#define POLECAT_CORE_AGGREGATE_LATENCY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define LATENCY_SKETCH_BUCKETS 8

/* One power of two of one sketch. */
struct latency_part {
	uint32_t next; /* of the same sketch, in ascending order, or of the free ones; 0: none */
	uint32_t octave;
	uint32_t counts[LATENCY_SKETCH_BUCKETS];
};

/* Zero-initialise, and set max. Free with latency_pool_clear. */
struct latency_pool {
	struct latency_part *parts; /* parts[0] is not used */
	size_t count;
	size_t capacity;
	size_t max; /* the most parts in use */
	size_t used;
	uint32_t free_list;
};

/* Zero-initialise. */
struct latency_sketch {
	uint32_t first; /* its first part in the pool; 0: none */
	uint32_t count; /* values */
	uint64_t max;
};

/* Adds a value. Returns 0; -ENOSPC if the pool is full; -ENOMEM. After an error, the sketch is
 * unchanged. */
int latency_sketch_add(struct latency_pool *pool, struct latency_sketch *sketch, uint64_t value);

/* Returns a percentile, from 1 to 100: at least so many of a hundred values are not above it. An
 * empty sketch has 0. */
uint64_t latency_sketch_percentile(const struct latency_pool *pool,
				   const struct latency_sketch *sketch, unsigned int percent);

/* Returns the parts of a sketch to the pool, and empties it. */
void latency_sketch_clear(struct latency_pool *pool, struct latency_sketch *sketch);

void latency_pool_clear(struct latency_pool *pool);

#endif
