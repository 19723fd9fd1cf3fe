/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket, which bounds how often something happens. Pure: the caller reads the clock. */
#ifndef POLECAT_CORE_BASE_RATE_LIMIT_H
#define POLECAT_CORE_BASE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
	uint64_t tokens;    /* initially the size of the first burst, which may exceed `most` */
	uint64_t filled_ns; /* monotonic time of the last refill; initially the current time */
};

/*
 * Takes a token. Returns false if the bucket is empty. The bucket gains `per_second` tokens (1 or
 * more) a second, until it holds `most` tokens.
 */
bool rate_limit_take(struct rate_limit *limit, uint64_t per_second, uint64_t most, uint64_t now_ns);

#endif
