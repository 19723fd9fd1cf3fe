/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/descriptor_limit.h"

#include <sys/resource.h>

void descriptor_limit_raise(size_t needed)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return;
	limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}
