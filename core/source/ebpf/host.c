/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/record/address.h"

/* Converts the address of an interface. False for other families than IPv4 and IPv6. */
static bool host_address_of(const struct sockaddr *socket_address, uint8_t *family,
			    struct flow_address *address)
{
	*address = (struct flow_address){{0}};
	if (socket_address && socket_address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, socket_address, sizeof(v4));
		memcpy(address->bytes, &v4.sin_addr, sizeof(v4.sin_addr));
		*family = 4;
		return true;
	}
	if (socket_address && socket_address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, socket_address, sizeof(v6));
		memcpy(address->bytes, &v6.sin6_addr, sizeof(v6.sin6_addr));
		*family = 6;
		return true;
	}
	return false;
}

static int host_add_address(struct string_list *ips, const struct sockaddr *socket_address)
{
	struct flow_address address;
	char text[ADDRESS_TEXT_SIZE];
	uint8_t family;

	if (ips->count >= HOST_ADDRESSES_MAX ||
	    !host_address_of(socket_address, &family, &address) ||
	    address_is_loopback(family, &address) || address_is_link_local_v6(family, &address))
		return 0;
	address_format(family, &address, text);
	return string_list_has(ips, text) ? 0 : string_list_add(ips, text);
}

int host_node_record(const char *name, struct node_record **out)
{
	struct ifaddrs *interfaces = NULL;
	int error = 0;

	if (getifaddrs(&interfaces))
		return -errno;
	struct node_record *node = calloc(1, sizeof(*node));
	if (node)
		node->name = strdup(name);
	if (!node || !node->name)
		error = -ENOMEM;
	for (const struct ifaddrs *at = interfaces; at && !error; at = at->ifa_next)
		error = host_add_address(&node->ips, at->ifa_addr);
	freeifaddrs(interfaces);
	if (error) {
		node_record_free(node);
		return error;
	}
	*out = node;
	return 0;
}
