/* SPDX-License-Identifier: Apache-2.0 */
/* Records for tests, made by hand. All abort when memory is refused. */
#ifndef POLECAT_TESTS_SUPPORT_RECORDS_H
#define POLECAT_TESTS_SUPPORT_RECORDS_H

#include <stdint.h>

#include "core/record/record.h"

#define TEST_EPOCH_NS 1767322984000000000ull /* 2026-01-02T03:03:04Z */

/*
 * A TCP flow of an egress connection, 192.0.2.1 to 198.51.100.1:443, `ms` milliseconds after
 * TEST_EPOCH_NS. The test changes what it is about, and sets the flag in `has` of what it adds.
 */
struct record test_flow(enum flow_event_type event, uint64_t id, uint64_t ms);

/* Sets an address and its has flag: "src" side or "dst" side. family follows the text. */
void test_flow_src(struct record *record, const char *address);
void test_flow_dst(struct record *record, const char *address);

/* Names for a flow, in one block as records carry them; any may be NULL. */
void test_flow_names(struct record *record, const char *node, const char *namespace_name,
		     const char *pod, const char *container_id);

/* Identity records; texts may be NULL but the id and names that a record must have. ips are
 * separated by spaces. */
struct record test_container(const char *id, uint64_t cgroup_id, const char *name);
struct record test_pod(const char *namespace_name, const char *name, const char *uid,
		       const char *ips);
struct record test_service(const char *namespace_name, const char *name, const char *cluster_ips);

struct record test_dns(const char *name, const char *addresses);

/* strdup that aborts; NULL stays NULL. */
char *test_copy(const char *text);

#endif
