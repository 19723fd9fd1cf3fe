/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in a draft about connections that did not fit into the state's tables. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_UNKEPT_H
#define POLECAT_CORE_POLICY_DRAFT_UNKEPT_H

#include <stdint.h>

#include "core/policy/draft/lines.h"
#include "core/policy/draft/workload.h"

/* Appends a line for the workload's connections to destinations beyond its quota, and a line for
 * the connections of subjects that did not fit into the state's tables, but may be replicas of the
 * workload. Returns the number of the workload's own successful connections beyond the quota. */
uint64_t unkept_report(const struct workload *workload, struct lines *lines);

/* Appends a line about the connections of an overflow subject, which are in no draft. */
void unkept_warn(const struct subject *others, struct lines *lines);

#endif
