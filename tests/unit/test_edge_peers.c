/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state/edge_peers.h"

#define PEERS 50u
#define EDGES 2000u

/* Returns the peer address of edge `number`. Address 0 has most edges, and some have only one. */
static uint8_t peer_of(uint32_t number)
{
	return (uint8_t)(number % 3 == 0 ? number / 3 % PEERS : 0);
}

/* Each list has all edges of its direction, family and address, in the order in which they were
 * added, and no others. */
static void test_lists(void **context)
{
	static struct edge edges[EDGES];
	struct edge_peers peers = {.items = NULL};

	(void)context;
	for (uint32_t i = 0; i < EDGES; i++) {
		edges[i].peer.bytes[3] = peer_of(i);
		edges[i].direction = i % 2 == 0 ? FLOW_EGRESS : FLOW_INGRESS;
		edges[i].family = i % 5 == 0 ? 6 : 4;
		assert_int_equal(edge_peers_add(&peers, &edges[i]), 0);
	}
	for (uint32_t key = 0; key < (PEERS + 1) * 4; key++) {
		struct flow_address address = {.bytes = {0, 0, 0, (uint8_t)(key / 4)}};
		uint8_t direction = key % 2 == 0 ? FLOW_EGRESS : FLOW_INGRESS;
		uint8_t family = key % 4 < 2 ? 4 : 6;
		struct edge_list list = edge_peers_find(&peers, direction, family, &address);
		size_t next = 0;
		for (uint32_t i = 0; i < EDGES; i++) {
			if (peer_of(i) != key / 4 || edges[i].direction != direction ||
			    edges[i].family != family)
				continue;
			assert_true(next < list.count);
			assert_ptr_equal(edge_list_get(&list, next), &edges[i]);
			next++;
		}
		assert_int_equal(list.count, next);
	}
	edge_peers_clear(&peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
