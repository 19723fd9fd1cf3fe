/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/privileges.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/cleanup.h"

static uint64_t privileges_effective_capabilities(void)
{
	char line[256];
	uint64_t set = 0;
	CLEANUP_FCLOSE FILE *status = fopen("/proc/self/status", "re");

	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "CapEff: %" SCNx64, &set) == 1)
			break;
	}
	return set;
}

bool privileges_have(enum privilege privilege)
{
	return (privileges_effective_capabilities() >> privilege & 1) != 0;
}

bool privileges_missing_for_bpf(char *text, size_t size)
{
	bool all = privileges_have(PRIVILEGE_SYS_ADMIN);
	bool bpf = all || privileges_have(PRIVILEGE_BPF);
	bool perfmon = all || privileges_have(PRIVILEGE_PERFMON);

	snprintf(text, size, "%s%s%s", bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
		 perfmon ? "" : "CAP_PERFMON");
	return !bpf || !perfmon;
}

bool privileges_in_user_namespace(void)
{
	uint64_t inside = 0;
	uint64_t outside = 0;
	uint64_t length = UINT32_MAX;
	CLEANUP_FCLOSE FILE *map = fopen("/proc/self/uid_map", "re");

	/* The initial namespace maps each user id to itself. The map of a new namespace is empty
	 * (user_namespaces(7)). */
	if (!map)
		return false;
	if (fscanf(map, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &length) != 3)
		return true;
	return inside != 0 || outside != 0 || length != UINT32_MAX;
}
