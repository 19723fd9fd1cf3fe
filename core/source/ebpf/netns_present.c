/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/netns_present.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel sends at most 32 KiB in one message (netlink_dump in net/netlink/af_netlink.c). */
#define ANSWER_SIZE 32768
/* The largest number of answers to read. It limits the time on a machine with very many sockets
 * that listen; the result is then not known. */
#define ANSWERS_MAX 256

/* Handles one message. Returns 0, or an error that ends the reading. */
typedef int netns_handler(const struct nlmsghdr *message, void *data);

/* The macros of netlink(7) and rtnetlink(3) for data that is only read. */

static const void *netns_data(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

static const void *netns_value(const struct rtattr *attribute)
{
	return (const char *)attribute + RTA_LENGTH(0);
}

/* Returns the first attribute after a fixed part of this size. */
static const struct rtattr *netns_first(const void *fixed, size_t size)
{
	const void *first = (const char *)fixed + NLMSG_ALIGN(size);

	return first;
}

static const struct rtattr *netns_next(const struct rtattr *attribute, unsigned int *left)
{
	const void *next = (const char *)attribute + RTA_ALIGN(attribute->rta_len);

	*left -= RTA_ALIGN(attribute->rta_len);
	return next;
}

/* Sends a question, and passes each message of the answer to the handler. Returns 0, the kernel's
 * -errno, or -EIO if the answer is not complete. */
static int netns_ask(int fd, struct nlmsghdr *question, netns_handler *handler, void *data)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
	struct iovec out = {question, question->nlmsg_len};
	struct sockaddr_nl to = kernel;
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &out, .msg_iovlen = 1};

	if (sendmsg(fd, &message, MSG_DONTWAIT) < 0)
		return -EIO;
	for (unsigned int i = 0; i < ANSWERS_MAX; i++) {
		struct iovec in = {answer, sizeof(answer)};
		struct msghdr received = {.msg_iov = &in, .msg_iovlen = 1};
		ssize_t length = recvmsg(fd, &received, MSG_DONTWAIT);
		unsigned int left = length > 0 ? (unsigned int)length : 0;

		if (length <= 0 || received.msg_flags & MSG_TRUNC)
			return -EIO;
		for (struct nlmsghdr *at = (struct nlmsghdr *)answer; NLMSG_OK(at, left);
		     at = NLMSG_NEXT(at, left)) {
			if (at->nlmsg_type == NLMSG_DONE)
				return 0;
			if (at->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *error = NLMSG_DATA(at);
				return at->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EIO
										    : error->error;
			}
			int error = handler(at, data);
			if (error || !(question->nlmsg_flags & NLM_F_DUMP))
				return error;
		}
	}
	return -EIO;
}

/* --- listeners --- */

struct netns_listener_search {
	uint8_t family;
	struct flow_address address;
	uint16_t port;
	struct netns_listener *out;
};

/* Returns whether the socket takes IPv4 connections, too, if it is an IPv6 socket. */
static bool netns_takes_both(const struct nlmsghdr *message, const struct inet_diag_msg *socket)
{
	unsigned int left = message->nlmsg_len - (unsigned int)NLMSG_LENGTH(sizeof(*socket));

	for (const struct rtattr *at = netns_first(socket, sizeof(*socket)); RTA_OK(at, left);
	     at = netns_next(at, &left)) {
		if (at->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(at) >= sizeof(uint8_t))
			return *(const uint8_t *)netns_value(at) == 0;
	}
	return false;
}

/* Returns whether a socket's own address is this one, or that for all addresses of the family. */
static bool netns_listens_at(const struct inet_diag_msg *socket, const struct flow_address *address,
			     size_t size)
{
	static const struct flow_address any;

	return memcmp(socket->id.idiag_src, &any, size) == 0 ||
	       memcmp(socket->id.idiag_src, address->bytes, size) == 0;
}

static bool netns_is_listener(const struct nlmsghdr *message, const struct inet_diag_msg *socket,
			      const struct netns_listener_search *search)
{
	/* ::ffff:a.b.c.d, the form of an IPv4 address in an IPv6 socket. */
	struct flow_address mapped = {{[10] = 0xff, [11] = 0xff}};

	if (ntohs(socket->id.idiag_sport) != search->port || socket->idiag_state != TCP_LISTEN)
		return false;
	if (search->family == 4 && socket->idiag_family == AF_INET)
		return netns_listens_at(socket, &search->address, 4);
	if (search->family == 6 && socket->idiag_family == AF_INET6)
		return netns_listens_at(socket, &search->address, 16);
	if (search->family == 6 || socket->idiag_family != AF_INET6)
		return false;
	memcpy(mapped.bytes + 12, search->address.bytes, 4);
	return netns_listens_at(socket, &mapped, 16) && netns_takes_both(message, socket);
}

static int netns_handle_listener(const struct nlmsghdr *message, void *data)
{
	const struct netns_listener_search *search = data;
	const struct inet_diag_msg *socket = netns_data(message);
	struct netns_listener *out = search->out;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*socket)))
		return -EIO;
	if (!netns_is_listener(message, socket, search))
		return 0;
	/* Of a listener, the kernel puts the lengths of the accept queue here (tcp_diag_get_info in
	 * net/ipv4/tcp_diag.c). */
	if (out->count++ == 0 || (int64_t)socket->idiag_rqueue - socket->idiag_wqueue >
					 (int64_t)out->waiting - out->backlog) {
		out->waiting = socket->idiag_rqueue;
		out->backlog = socket->idiag_wqueue;
	}
	return 0;
}

int netns_find_listener(int fd, uint8_t family, const struct flow_address *address, uint16_t port,
			struct netns_listener *out)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct netns_listener found = {0};
	struct netns_listener_search search = {family, *address, port, &found};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct {
			struct nlmsghdr header;
			struct inet_diag_req_v2 request;
		} question = {
			.header = {.nlmsg_len = sizeof(question),
				   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
			.request = {.sdiag_family = families[i],
				    .sdiag_protocol = IPPROTO_TCP,
				    .idiag_states = 1u << TCP_LISTEN},
		};
		int error = netns_ask(fd, &question.header, netns_handle_listener, &search);

		/* A kernel without IPv6 has no IPv6 sockets. */
		if (error && !(families[i] == AF_INET6 && error == -ENOENT))
			return error == -ENOENT ? -EIO : error;
	}
	if (found.count == 0)
		return -ENOENT;
	*out = found;
	return 0;
}

/* --- routes --- */

struct netns_route_answer {
	struct netns_route *out;
	uint32_t ifindex; /* 0: none */
};

static size_t netns_address_size(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

static void netns_set_gateway(struct netns_route *route, uint8_t family, const void *bytes)
{
	route->has_gateway = true;
	route->family = family == AF_INET6 ? 6 : 4;
	memcpy(route->gateway.bytes, bytes, netns_address_size(family));
}

/* Adds one attribute of a route to the answer. */
static void netns_read_attribute(struct netns_route_answer *answer, uint8_t family,
				 const struct rtattr *attribute)
{
	const struct rtvia *via = netns_value(attribute);
	size_t size = RTA_PAYLOAD(attribute);

	if (attribute->rta_type == RTA_OIF && size >= sizeof(answer->ifindex))
		memcpy(&answer->ifindex, netns_value(attribute), sizeof(answer->ifindex));
	else if (attribute->rta_type == RTA_GATEWAY && size >= netns_address_size(family))
		netns_set_gateway(answer->out, family, netns_value(attribute));
	else if (attribute->rta_type == RTA_VIA && size >= sizeof(*via) &&
		 size >= sizeof(*via) + netns_address_size((uint8_t)via->rtvia_family))
		netns_set_gateway(answer->out, (uint8_t)via->rtvia_family, via->rtvia_addr);
}

static int netns_handle_route(const struct nlmsghdr *message, void *data)
{
	struct netns_route_answer *answer = data;
	const struct rtmsg *route = netns_data(message);

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return -EIO;
	/* IPv6 answers with the route that rejects, where IPv4 answers with its error. */
	if (route->rtm_type == RTN_UNREACHABLE)
		return -EHOSTUNREACH;
	if (route->rtm_type == RTN_PROHIBIT)
		return -EACCES;
	if (route->rtm_type == RTN_BLACKHOLE)
		return -EINVAL;
	unsigned int left = message->nlmsg_len - (unsigned int)NLMSG_LENGTH(sizeof(*route));
	for (const struct rtattr *at = netns_first(route, sizeof(*route)); RTA_OK(at, left);
	     at = netns_next(at, &left))
		netns_read_attribute(answer, route->rtm_family, at);
	return 0;
}

static int netns_handle_device(const struct nlmsghdr *message, void *data)
{
	struct netns_route_answer *answer = data;
	const struct ifinfomsg *device = netns_data(message);

	if (message->nlmsg_type != RTM_NEWLINK ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*device)))
		return -EIO;
	unsigned int left = message->nlmsg_len - (unsigned int)NLMSG_LENGTH(sizeof(*device));
	for (const struct rtattr *at = netns_first(device, sizeof(*device)); RTA_OK(at, left);
	     at = netns_next(at, &left)) {
		if (at->rta_type == IFLA_IFNAME)
			snprintf(answer->out->device, sizeof(answer->out->device), "%.*s",
				 (int)RTA_PAYLOAD(at), (const char *)netns_value(at));
	}
	return 0;
}

/* Adds the name of the interface, in the namespace of the socket. */
static void netns_name_device(int fd, struct netns_route_answer *answer)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg device;
	} question = {
		.header = {.nlmsg_len = sizeof(question),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.device = {.ifi_index = (int)answer->ifindex},
	};

	if (answer->ifindex > 0)
		(void)netns_ask(fd, &question.header, netns_handle_device, answer);
}

/* A question about a route, with its attributes. */
struct netns_route_question {
	struct nlmsghdr header;
	struct rtmsg route;
	_Alignas(struct rtattr) char attributes[64];
};

static void netns_add_attribute(struct netns_route_question *question, unsigned short type,
				const void *bytes, size_t size)
{
	size_t used = question->header.nlmsg_len - NLMSG_LENGTH(sizeof(question->route));
	struct rtattr *attribute = (struct rtattr *)(question->attributes + used);

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), bytes, size);
	question->header.nlmsg_len += (unsigned int)RTA_SPACE(size);
}

int netns_find_route(int fd, uint8_t family, const struct flow_address *address,
		     const uint32_t *uid, struct netns_route *out)
{
	struct netns_route_question question = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = family == 6 ? AF_INET6 : AF_INET,
			  .rtm_dst_len = family == 6 ? 128 : 32},
	};
	struct netns_route_answer answer = {.out = out};

	*out = (struct netns_route){0};
	netns_add_attribute(&question, RTA_DST, address->bytes, family == 6 ? 16 : 4);
	if (uid)
		netns_add_attribute(&question, RTA_UID, uid, sizeof(*uid));
	int error = netns_ask(fd, &question.header, netns_handle_route, &answer);
	if (!error)
		netns_name_device(fd, &answer);
	return error;
}
