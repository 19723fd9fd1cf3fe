/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket: bounds how often something happens. Pure, the caller has the clock. */
#ifndef POLECAT_CORE_BASE_RATE_LIMIT_H
#define POLECAT_CORE_BASE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
	uint64_t tokens;    /* at the start: what may happen at once; may exceed `most` */
	uint64_t filled_ns; /* monotonic time of the last refill; at the start: now */
};

/*
 * Takes a token. Returns false if the bucket is empty. Tokens come back at `per_second` (1 or more), until
 * there are `most`.
 */
bool rate_limit_take(struct rate_limit *limit, uint64_t per_second, uint64_t most, uint64_t now_ns);

#endif
