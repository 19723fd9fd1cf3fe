/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/present_facts.h"

#include <errno.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/record/address.h"
#include "core/sandbox/helper.h"

/* The largest number of connections to examine. Reading this many takes some milliseconds. */
#define EXAMINED_MAX 100000

/* Returns the address and port at which the peer's socket listens: behind a Service, those of the
 * backend. */
static uint16_t present_listener_port(const struct flow *flow, struct flow_address *address)
{
	bool has_backend = flow->has & FLOW_HAS_BACKEND;

	*address = has_backend ? flow->nat_address : flow->dst;
	return has_backend && flow->has & FLOW_HAS_BACKEND_PORT ? flow->nat_port : flow->dport;
}

static bool present_has_place(const struct flow *flow)
{
	return flow->has & FLOW_HAS_NETNS && flow->has & FLOW_HAS_PID && flow->pid > 0;
}

struct present_place present_find_peer(const struct state *state, const struct conn *conn,
				       const struct subject *far)
{
	const struct flow *flow = &conn->flow;
	const struct conn *at = state_newest(state);
	struct present_place place = {0};  /* of the pod */
	struct present_place server = {0}; /* of a connection that was accepted */
	struct flow_address address;
	uint16_t port = present_listener_port(flow, &address);

	if (flow->direction != FLOW_EGRESS || flow->protocol != FLOW_TCP)
		return place;
	/* Each network namespace has a loopback of its own. */
	if (present_has_place(flow) && address_is_loopback(flow->family, &address))
		return (struct present_place){flow->netns, flow->pid};
	for (size_t i = 0; at && i < EXAMINED_MAX; i++, at = at->older) {
		const struct flow *other = &at->flow;
		bool accepted = other->direction == FLOW_INGRESS && other->dport == port &&
				other->family == flow->family && other->protocol == FLOW_TCP &&
				memcmp(&other->dst, &address, sizeof(address)) == 0;

		if (at->node != conn->node || !present_has_place(other))
			continue;
		if (accepted && server.netns != 0 && server.netns != other->netns)
			return (struct present_place){0};
		if (accepted && server.netns == 0)
			server = (struct present_place){other->netns, other->pid};
		if (far && far->netns_is_sure && at->subject == far && other->netns == far->netns &&
		    place.netns == 0)
			place = (struct present_place){other->netns, other->pid};
	}
	return place.netns != 0 ? place : server;
}

static void present_add_route(struct helper *helper, const struct flow *flow,
			      struct present_facts *out)
{
	uint32_t found;
	CLEANUP_CLOSE int fd =
		helper_open_netlink(helper, HELPER_ROUTES, flow->pid, flow->netns, &found);

	if (fd < 0)
		return;
	out->route_error =
		netns_find_route(fd, flow->family, &flow->dst,
				 flow->has & FLOW_HAS_UID ? &flow->uid : NULL, &out->route);
	out->has_route = out->route_error != -EIO;
}

static void present_add_listener(struct helper *helper, const struct conn *conn,
				 const struct present_place *place, struct present_facts *out)
{
	uint32_t found;
	CLEANUP_CLOSE int fd =
		helper_open_netlink(helper, HELPER_SOCKETS, place->pid, place->netns, &found);

	if (fd < 0)
		return;
	out->port = present_listener_port(&conn->flow, &out->address);
	out->listener_error = netns_find_listener(fd, conn->flow.family, &out->address, out->port,
						  &out->listener);
	out->has_listener = out->listener_error == 0 || out->listener_error == -ENOENT;
}

void present_facts_collect(struct helper *helper, const struct conn *conn,
			   const struct present_place *place, struct present_facts *out)
{
	const struct flow *flow = &conn->flow;

	*out = (struct present_facts){0};
	if (!helper || flow->direction != FLOW_EGRESS)
		return;
	if (present_has_place(flow) && flow->has & FLOW_HAS_DST)
		present_add_route(helper, flow, out);
	if (place->netns != 0)
		present_add_listener(helper, conn, place, out);
}
