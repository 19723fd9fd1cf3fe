/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for a draft about connections that found no room in the state's tables. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_UNKEPT_H
#define POLECAT_CORE_POLICY_DRAFT_UNKEPT_H

#include <stdint.h>

#include "core/policy/draft/lines.h"
#include "core/policy/draft/workload.h"

/*
 * Appends a line for the workload's connections to destinations beyond its quota, and one for the
 * connections of subjects that may be its replicas, but that found no room. Returns the number of
 * the workload's own connections that succeeded and were not kept.
 */
uint64_t unkept_report(const struct workload *workload, struct lines *lines);

/* Appends a line for the connections of an overflow subject, which are in no draft. */
void unkept_warn(const struct subject *others, struct lines *lines);

#endif
