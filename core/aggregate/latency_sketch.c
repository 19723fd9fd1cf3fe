/* SPDX-License-Identifier: Apache-2.0 */
#include "core/aggregate/latency_sketch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

/* log2(LATENCY_SKETCH_BUCKETS) */
#define BUCKET_BITS 3

/* Returns the bucket of a value: its octave times LATENCY_SKETCH_BUCKETS, plus its place in it. */
static uint32_t latency_sketch_bucket(uint64_t value)
{
	if (value < LATENCY_SKETCH_BUCKETS)
		return (uint32_t)value;
	uint32_t shift = 63 - (uint32_t)__builtin_clzll(value) - BUCKET_BITS;
	return (shift + 1) * LATENCY_SKETCH_BUCKETS +
	       (uint32_t)(value >> shift & (LATENCY_SKETCH_BUCKETS - 1));
}

/* Returns the middle of a bucket. */
static uint64_t latency_sketch_middle(uint32_t bucket)
{
	if (bucket < 2 * LATENCY_SKETCH_BUCKETS)
		return bucket;
	uint32_t shift = bucket / LATENCY_SKETCH_BUCKETS - 1;
	uint64_t low = (uint64_t)(LATENCY_SKETCH_BUCKETS + bucket % LATENCY_SKETCH_BUCKETS)
		       << shift;
	return low + ((1ull << shift) >> 1);
}

/* Returns the position of an unused part, or a negative error. */
static int64_t latency_pool_take(struct latency_pool *pool)
{
	uint32_t at = pool->free_list;

	if (pool->used >= pool->max)
		return -ENOSPC;
	if (at) {
		pool->free_list = pool->parts[at].next;
	} else {
		if (ARRAY_RESERVE(pool->parts, pool->capacity, pool->count + 2))
			return -ENOMEM;
		if (pool->count == 0)
			pool->count = 1;
		at = (uint32_t)pool->count++;
	}
	pool->used++;
	return at;
}

int latency_sketch_add(struct latency_pool *pool, struct latency_sketch *sketch, uint64_t value)
{
	uint32_t bucket = latency_sketch_bucket(value);
	uint32_t octave = bucket / LATENCY_SKETCH_BUCKETS;
	uint32_t before = 0;
	uint32_t at = sketch->first;

	while (at && pool->parts[at].octave < octave) {
		before = at;
		at = pool->parts[at].next;
	}
	if (!at || pool->parts[at].octave != octave) {
		int64_t added = latency_pool_take(pool);
		if (added < 0)
			return (int)added;
		pool->parts[added] = (struct latency_part){.next = at, .octave = octave};
		at = (uint32_t)added;
		*(before ? &pool->parts[before].next : &sketch->first) = at;
	}
	pool->parts[at].counts[bucket % LATENCY_SKETCH_BUCKETS]++;
	sketch->count++;
	if (value > sketch->max)
		sketch->max = value;
	return 0;
}

uint64_t latency_sketch_percentile(const struct latency_pool *pool,
				   const struct latency_sketch *sketch, unsigned int percent)
{
	uint64_t rank = ((uint64_t)sketch->count * percent + 99) / 100;
	uint64_t seen = 0;

	for (uint32_t at = sketch->first; at; at = pool->parts[at].next) {
		const struct latency_part *part = &pool->parts[at];
		for (uint32_t i = 0; i < LATENCY_SKETCH_BUCKETS; i++) {
			seen += part->counts[i];
			if (seen < rank)
				continue;
			uint64_t middle =
				latency_sketch_middle(part->octave * LATENCY_SKETCH_BUCKETS + i);
			return middle < sketch->max ? middle : sketch->max;
		}
	}
	return sketch->max;
}

void latency_sketch_clear(struct latency_pool *pool, struct latency_sketch *sketch)
{
	uint32_t at = sketch->first;

	while (at) {
		uint32_t next = pool->parts[at].next;
		pool->parts[at].next = pool->free_list;
		pool->free_list = at;
		pool->used--;
		at = next;
	}
	*sketch = (struct latency_sketch){0};
}

void latency_pool_clear(struct latency_pool *pool)
{
	free(pool->parts);
	*pool = (struct latency_pool){.max = pool->max};
}
