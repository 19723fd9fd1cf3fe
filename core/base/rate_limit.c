/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/rate_limit.h"

#include "core/base/clock.h"

bool rate_limit_take(struct rate_limit *limit, uint64_t per_second, uint64_t most, uint64_t now_ns)
{
	uint64_t elapsed_ns = now_ns - limit->filled_ns;
	/* Bound the time: more of it earns no more tokens, but could overflow the product below. */
	uint64_t longest_ns = (most + 1) * NS_PER_SECOND / per_second;

	if (elapsed_ns > longest_ns)
		elapsed_ns = longest_ns;
	uint64_t earned = elapsed_ns * per_second / NS_PER_SECOND;
	if (earned > 0) {
		limit->filled_ns = now_ns;
		if (limit->tokens < most)
			limit->tokens =
				earned < most - limit->tokens ? limit->tokens + earned : most;
	}
	if (limit->tokens == 0)
		return false;
	limit->tokens--;
	return true;
}
