/* SPDX-License-Identifier: Apache-2.0 */
/* Makes records for tests. All functions abort if out of memory. */
#ifndef POLECAT_TESTS_SUPPORT_RECORDS_H
#define POLECAT_TESTS_SUPPORT_RECORDS_H

#include <stdint.h>

#include "core/record/record.h"

#define TEST_EPOCH_NS 1767322984000000000ull /* 2026-01-02T03:03:04Z */

/* Makes a flow of a TCP connection from 192.0.2.1 to 198.51.100.1:443 (egress), `ms` milliseconds
 * after TEST_EPOCH_NS. A test that sets a further optional member must also set its
 * bit in `has`. */
struct record test_flow(enum flow_event_type event, uint64_t id, uint64_t ms);

/* Set an address, its bit in `has`, and the family. */
void test_flow_src(struct record *record, const char *address);
void test_flow_dst(struct record *record, const char *address);

/* Sets the names of a flow. Allocates them as one block, like flow_names_copy. Any name may be
 * NULL. */
void test_flow_names(struct record *record, const char *node, const char *namespace_name,
		     const char *pod, const char *container_id);

/* Make identity records. A text may be NULL unless the record requires it. Spaces separate the
 * addresses of a list. */
struct record test_container(const char *id, uint64_t cgroup_id, const char *name);
struct record test_pod(const char *namespace_name, const char *name, const char *uid,
		       const char *ips);
struct record test_service(const char *namespace_name, const char *name, const char *cluster_ips);

struct record test_dns(const char *name, const char *addresses);

/* Copies a text; NULL stays NULL. */
char *test_copy(const char *text);

#endif
