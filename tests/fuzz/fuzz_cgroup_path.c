/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: the parser does not read beyond the end of a path, and its result is consistent for
 * every path. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/ebpf/cgroup_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_path parsed;
	enum cgroup_kind kind = cgroup_path_parse((const char *)data, size, &parsed);
	size_t id = strnlen(parsed.container_id, sizeof(parsed.container_id));
	size_t uid = strnlen(parsed.pod_uid, sizeof(parsed.pod_uid));
	size_t unit = strnlen(parsed.unit, sizeof(parsed.unit));

	if (id == sizeof(parsed.container_id) || uid == sizeof(parsed.pod_uid) ||
	    unit == sizeof(parsed.unit))
		abort();
	if (kind != parsed.kind)
		abort();
	if ((id > 0) != (kind == CGROUP_POD_CONTAINER || kind == CGROUP_CONTAINER))
		abort();
	if ((uid > 0) != (kind == CGROUP_POD_CONTAINER))
		abort();
	if ((unit > 0) != (kind == CGROUP_SERVICE))
		abort();
	return 0;
}
