/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/why_present.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/record/address.h"
#include "core/record/record_names.h"
#include "tui/dashboard/pages/why_line.h"
#include "tui/dashboard/table/cells.h"

#define LINE_SIZE 1024

bool why_present_explains(const struct present_facts *present)
{
	return (present->has_route && present->route_error) ||
	       (present->has_listener && present->listener_error == 0 &&
		netns_listener_is_full(&present->listener));
}

static void why_present_write_error(int error, char text[LINE_SIZE])
{
	const char *name = flow_error_name(-error);

	switch (-error) {
	case ENETUNREACH:
		snprintf(text, LINE_SIZE, "now: no route leads to the address");
		break;
	case EHOSTUNREACH:
		snprintf(text, LINE_SIZE, "now: a route rejects the address (unreachable)");
		break;
	case EACCES:
		snprintf(text, LINE_SIZE, "now: a route forbids the address (prohibit)");
		break;
	case EINVAL:
		snprintf(text, LINE_SIZE, "now: a route drops packets to the address (blackhole)");
		break;
	default:
		snprintf(text, LINE_SIZE, "now: the kernel answers %s when asked for the route",
			 name ? name : "with an error");
		break;
	}
}

static void why_present_draw_route(struct page *page, const struct present_facts *present)
{
	const struct netns_route *route = &present->route;
	char gateway[ADDRESS_TEXT_SIZE] = "";
	char text[LINE_SIZE];

	if (present->route_error) {
		why_present_write_error(present->route_error, text);
		why_line(page, "route", WHY_BAD, text);
		return;
	}
	if (route->has_gateway)
		address_format(route->family, &route->gateway, gateway);
	snprintf(text, sizeof(text), "now: %s%s%s%s", *gateway ? "through " : "without a gateway",
		 gateway, *route->device ? ", interface " : "", route->device);
	why_line(page, "route", WHY_GOOD, text);
}

static void why_present_draw_listener(struct page *page, uint8_t family,
				      const struct present_facts *present)
{
	const struct netns_listener *listener = &present->listener;
	char endpoint[CELL_SIZE];
	char text[LINE_SIZE];
	bool full;

	cell_endpoint(family, &present->address, present->port, endpoint, sizeof(endpoint));
	if (present->listener_error) {
		snprintf(text, sizeof(text), "now: no TCP socket listens at %s", endpoint);
		why_line(page, "listener", WHY_BAD, text);
		return;
	}
	full = netns_listener_is_full(listener);
	snprintf(text, sizeof(text),
		 "now: %" PRIu32 " connection%s wait%s for accept() at %s, the backlog is %" PRIu32
		 "%s",
		 listener->waiting, listener->waiting == 1 ? "" : "s",
		 listener->waiting == 1 ? "s" : "", endpoint, listener->backlog,
		 full ? ": it is full, and the kernel drops others" : "");
	why_line(page, "listener", full ? WHY_BAD : WHY_GOOD, text);
	if (listener->count > 1)
		page_print(page, "", ROLE_DIM,
			   "the fullest of %" PRIu32 " sockets that listen there", listener->count);
}

void why_present_draw(struct page *page, uint8_t family, const struct present_facts *present)
{
	if (present->has_route)
		why_present_draw_route(page, present);
	if (present->has_listener)
		why_present_draw_listener(page, family, present);
}
