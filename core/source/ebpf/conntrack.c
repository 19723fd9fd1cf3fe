/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* dup3 */
#include "core/source/ebpf/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/rate_limit.h"
#include "core/record/address.h"
#include "core/sandbox/helper.h"

/* The maximum number of pods' network namespaces with an open conntrack socket. */
#define NAMESPACES_MAX 64
/* An open socket keeps its namespace alive, also after the pod was deleted. So close a socket that
 * was not used for this long. The next flow of a pod that still runs opens another one. */
#define NAMESPACE_IDLE_NS (5 * NS_PER_SECOND)
/*
 * The maximum number of questions to the kernel per second. Each takes about 10 µs, so all take at
 * most 2 % of the collector's time.
 */
#define QUESTIONS_PER_SECOND 2000
/* The maximum number of these questions that are about sockets that are not connected. */
#define DATAGRAM_QUESTIONS_PER_SECOND 500
#define HOST_ADDRESSES_MAX            256
/* The age at which the host's addresses are read again. */
#define ADDRESSES_FRESH_NS (10 * NS_PER_SECOND)
/* If conntrack shows that a destination is not translated, do not ask about it again for this
 * time. */
#define DESTINATION_FRESH_NS (10 * NS_PER_SECOND)
#define DESTINATIONS_MAX     1024
/* After MISSES_MAX questions in a row without an answer, a namespace probably has no conntrack.
 * Then send only every ASK_AGAIN_OF-th question to the kernel. */
#define MISSES_MAX   16
#define ASK_AGAIN_OF 64

/* One network namespace. */
struct conntrack_namespace {
	uint32_t inode;             /* 0: free */
	struct nfct_handle *handle; /* conntrack socket; NULL: none */
	uint32_t misses;            /* questions since the last answer */
	uint64_t used_ns;           /* CLOCK_MONOTONIC time of the last use; 0: free */
};

/* A destination that was not translated when conntrack was last asked about it. */
struct conntrack_destination {
	uint64_t until_ns;
	struct flow_address address;
	uint16_t port;
};

struct conntrack {
	/* The namespaces of this process and, if different, of process 1. One is the host's. */
	struct conntrack_namespace routers[2];
	struct conntrack_namespace pods[NAMESPACES_MAX];
	struct conntrack_destination plain[DESTINATIONS_MAX];
	struct nf_conntrack *answer;
	bool answered;
	/* The addresses of this namespace's interfaces, network byte order. */
	struct {
		uint8_t family;
		struct flow_address address;
	} host[HOST_ADDRESSES_MAX];
	size_t host_count;
	uint64_t host_read_ns; /* 0: never */
	struct rate_limit questions;
	struct rate_limit datagrams; /* limits the questions of conntrack_ask_there */
	struct helper *helper;       /* not owned */
};

/* One end of a connection. The address's family is that of the flow. */
struct conntrack_end {
	const struct flow_address *address;
	uint16_t port;
};

static int conntrack_on_answer(enum nf_conntrack_msg_type type, struct nf_conntrack *entry,
			       void *data)
{
	struct conntrack *conntrack = data;

	(void)type;
	nfct_copy(conntrack->answer, entry, NFCT_CP_OVERRIDE);
	conntrack->answered = true;
	return NFCT_CB_CONTINUE;
}

/* Opens a conntrack socket in the calling thread's namespace. */
static struct nfct_handle *conntrack_open_here(struct conntrack *conntrack)
{
	struct nfct_handle *handle = nfct_open(NFNL_SUBSYS_CTNETLINK, 0);

	if (!handle)
		return NULL;
	fcntl(nfct_fd(handle), F_SETFD, FD_CLOEXEC);
	if (nfct_callback_register(handle, NFCT_T_ALL, conntrack_on_answer, conntrack)) {
		nfct_close(handle);
		return NULL;
	}
	return handle;
}

/* Opens a conntrack socket in the network namespace of a process. Fails if the inode number of the
 * namespace is not `wanted` (0: any). Sets *inode to that number. */
static struct nfct_handle *conntrack_open_of(struct conntrack *conntrack, uint32_t pid,
					     uint32_t wanted, uint32_t *inode)
{
	CLEANUP_CLOSE int fd =
		helper_open_netlink(conntrack->helper, HELPER_CONNTRACK, pid, wanted, inode);
	struct nfct_handle *handle = fd < 0 ? NULL : conntrack_open_here(conntrack);

	/* The library cannot use a given socket, so replace the one that it has opened. */
	if (handle && dup3(fd, nfct_fd(handle), O_CLOEXEC) < 0) {
		nfct_close(handle);
		handle = NULL;
	}
	return handle;
}

/* Asks the kernel for the conntrack entry of packets that `from` sends to `to`. Returns 0 or
 * -errno. */
static int conntrack_query(struct conntrack *conntrack, struct nfct_handle *handle,
			   const struct flow *flow, const struct conntrack_end *from,
			   const struct conntrack_end *to)
{
	bool v4 = flow->family == 4;
	struct nf_conntrack *question = nfct_new();

	if (!question)
		return -ENOMEM;
	nfct_set_attr_u8(question, ATTR_L3PROTO, v4 ? AF_INET : AF_INET6);
	nfct_set_attr_u8(question, ATTR_L4PROTO, flow->protocol);
	nfct_set_attr(question, v4 ? ATTR_IPV4_SRC : ATTR_IPV6_SRC, from->address->bytes);
	nfct_set_attr(question, v4 ? ATTR_IPV4_DST : ATTR_IPV6_DST, to->address->bytes);
	nfct_set_attr_u16(question, ATTR_PORT_SRC, htons(from->port));
	nfct_set_attr_u16(question, ATTR_PORT_DST, htons(to->port));
	conntrack->answered = false;
	int error = nfct_query(handle, NFCT_Q_GET, question) ? -errno : 0;
	nfct_destroy(question);
	return error;
}

/* Asks about a connection that cannot exist. Returns 0 if the kernel answers that it has none, else
 * -errno. */
static int conntrack_probe(struct conntrack *conntrack)
{
	const struct flow flow = {.family = 4, .protocol = FLOW_TCP};
	const struct conntrack_end end = {&flow.src, 1};
	int error = conntrack_query(conntrack, conntrack->routers[0].handle, &flow, &end, &end);

	return error == -ENOENT ? 0 : error;
}

struct conntrack *conntrack_open(struct helper *helper, int *error)
{
	struct conntrack *conntrack = memory_checked(calloc(1, sizeof(*conntrack)));
	struct stat status = {.st_ino = 0};

	*error = -ENOMEM;
	if (!conntrack)
		return NULL;
	conntrack->helper = helper;
	conntrack->questions = (struct rate_limit){QUESTIONS_PER_SECOND, clock_monotonic_ns()};
	conntrack->datagrams =
		(struct rate_limit){DATAGRAM_QUESTIONS_PER_SECOND, clock_monotonic_ns()};
	conntrack->answer = nfct_new();
	if (conntrack->answer) {
		conntrack->routers[0].handle = conntrack_open_here(conntrack);
		*error = conntrack->routers[0].handle ? conntrack_probe(conntrack) : -errno;
	}
	if (*error || stat("/proc/thread-self/ns/net", &status)) {
		conntrack_close(conntrack);
		return NULL;
	}
	conntrack->routers[0].inode = (uint32_t)status.st_ino;
	conntrack->routers[1].handle =
		conntrack_open_of(conntrack, 1, 0, &conntrack->routers[1].inode);
	if (conntrack->routers[1].handle &&
	    conntrack->routers[1].inode == conntrack->routers[0].inode) {
		nfct_close(conntrack->routers[1].handle);
		conntrack->routers[1] = (struct conntrack_namespace){0};
	}
	*error = 0;
	return conntrack;
}

static void conntrack_close_namespace(struct conntrack_namespace *namespace)
{
	if (namespace->handle)
		nfct_close(namespace->handle);
	*namespace = (struct conntrack_namespace){0};
}

void conntrack_close(struct conntrack *conntrack)
{
	if (!conntrack)
		return;
	for (size_t i = 0; i < 2; i++)
		conntrack_close_namespace(&conntrack->routers[i]);
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		conntrack_close_namespace(&conntrack->pods[i]);
	if (conntrack->answer)
		nfct_destroy(conntrack->answer);
	free(conntrack);
}

void conntrack_expire(struct conntrack *conntrack, uint64_t now_ns)
{
	for (size_t i = 0; conntrack && i < NAMESPACES_MAX; i++) {
		struct conntrack_namespace *at = &conntrack->pods[i];
		if (at->inode != 0 && now_ns > at->used_ns &&
		    now_ns - at->used_ns >= NAMESPACE_IDLE_NS)
			conntrack_close_namespace(at);
	}
}

/* Returns true if one more question may be asked now. */
static bool conntrack_may_ask(struct conntrack *conntrack, struct conntrack_namespace *namespace)
{
	if (!namespace->handle)
		return false;
	if (namespace->misses >= MISSES_MAX && ++namespace->misses % ASK_AGAIN_OF != 0)
		return false;
	return rate_limit_take(&conntrack->questions, QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND,
			       clock_monotonic_ns());
}

/* Finds the entry of packets that `from` sends to `to`. They may be in the original or in the reply
 * direction of the entry. If it returns true, conntrack->answer is the entry. */
static bool conntrack_ask(struct conntrack *conntrack, struct conntrack_namespace *namespace,
			  const struct flow *flow, const struct conntrack_end *from,
			  const struct conntrack_end *to)
{
	if (!conntrack_may_ask(conntrack, namespace))
		return false;
	bool known = conntrack_query(conntrack, namespace->handle, flow, from, to) == 0 &&
		     conntrack->answered;
	namespace->misses = known ? 0 : namespace->misses + 1;
	return known;
}

static void conntrack_answer_address(const struct conntrack *conntrack, uint8_t family,
				     enum nf_conntrack_attr v4, enum nf_conntrack_attr v6,
				     struct flow_address *address)
{
	const void *bytes = nfct_get_attr(conntrack->answer, family == 4 ? v4 : v6);

	*address = (struct flow_address){{0}};
	if (bytes)
		memcpy(address->bytes, bytes, family == 4 ? 4 : 16);
}

/* Returns the namespace of the flow's process, opened at the first use, or NULL. */
static struct conntrack_namespace *conntrack_namespace_of(struct conntrack *conntrack,
							  const struct flow *flow)
{
	struct conntrack_namespace *oldest = &conntrack->pods[0];
	uint64_t now_ns = clock_monotonic_ns();

	for (size_t i = 0; i < NAMESPACES_MAX; i++) {
		struct conntrack_namespace *at = &conntrack->pods[i];
		if (at->inode == flow->netns) {
			at->used_ns = now_ns;
			return at;
		}
		if (at->used_ns < oldest->used_ns)
			oldest = at;
	}
	if (!(flow->has & FLOW_HAS_PID))
		return NULL;
	conntrack_close_namespace(oldest);
	oldest->handle = conntrack_open_of(conntrack, flow->pid, flow->netns, &oldest->inode);
	if (!oldest->handle) {
		/* The process has exited: try again with the namespace's next flow. */
		oldest->inode = 0;
		return NULL;
	}
	oldest->used_ns = now_ns;
	return oldest;
}

static bool conntrack_is_router(const struct conntrack *conntrack, uint32_t inode)
{
	return conntrack->routers[0].inode == inode || conntrack->routers[1].inode == inode;
}

/* Adds the destination port that the client used before a REDIRECT in the pod. */
static void conntrack_add_wire_port(struct conntrack *conntrack, struct flow *flow)
{
	const struct conntrack_end server = {&flow->dst, flow->dport};
	const struct conntrack_end client = {&flow->src, flow->sport};
	struct conntrack_namespace *namespace;

	if (!(flow->has & FLOW_HAS_NETNS) || conntrack_is_router(conntrack, flow->netns))
		return;
	namespace = conntrack_namespace_of(conntrack, flow);
	if (!namespace || !conntrack_ask(conntrack, namespace, flow, &server, &client))
		return;
	uint16_t port = ntohs(nfct_get_attr_u16(conntrack->answer, ATTR_ORIG_PORT_DST));
	if (port == 0 || port == flow->dport)
		return;
	flow->wire_dport = port;
	flow->has |= FLOW_HAS_WIRE_DPORT;
}

static void conntrack_read_host(struct conntrack *conntrack)
{
	struct ifaddrs *interfaces = NULL;

	conntrack->host_count = 0;
	if (getifaddrs(&interfaces))
		return;
	for (const struct ifaddrs *at = interfaces;
	     at && conntrack->host_count < HOST_ADDRESSES_MAX; at = at->ifa_next) {
		if (address_of_socket(at->ifa_addr, &conntrack->host[conntrack->host_count].family,
				      &conntrack->host[conntrack->host_count].address))
			conntrack->host_count++;
	}
	freeifaddrs(interfaces);
}

/*
 * Returns true if the flow comes from an address of the host. Only then can the host have
 * masqueraded the client.
 */
static bool conntrack_client_is_host(struct conntrack *conntrack, const struct flow *flow)
{
	uint64_t now = clock_monotonic_ns();

	if (conntrack->host_read_ns == 0 || now - conntrack->host_read_ns >= ADDRESSES_FRESH_NS) {
		conntrack_read_host(conntrack);
		conntrack->host_read_ns = now;
	}
	for (size_t i = 0; i < conntrack->host_count; i++) {
		if (conntrack->host[i].family == flow->family &&
		    address_equal(&conntrack->host[i].address, &flow->src))
			return true;
	}
	return false;
}

/* Adds the address that the client had before masquerading. If conntrack shows that the client was
 * not masqueraded, this address is src. */
static void conntrack_add_origin(struct conntrack *conntrack, struct flow *flow)
{
	const struct conntrack_end server = {&flow->dst, flow_wire_port(flow)};
	const struct conntrack_end client = {&flow->src, flow->sport};

	if (!conntrack_client_is_host(conntrack, flow))
		return;
	for (size_t i = 0; i < 2; i++) {
		if (!conntrack_ask(conntrack, &conntrack->routers[i], flow, &server, &client))
			continue;
		conntrack_answer_address(conntrack, flow->family, ATTR_ORIG_IPV4_SRC,
					 ATTR_ORIG_IPV6_SRC, &flow->nat_address);
		flow->nat_port = ntohs(nfct_get_attr_u16(conntrack->answer, ATTR_ORIG_PORT_SRC));
		flow->has |= FLOW_HAS_ORIGIN | FLOW_HAS_ORIGIN_PORT;
		return;
	}
}

static struct conntrack_destination *conntrack_destination_of(struct conntrack *conntrack,
							      const struct flow *flow)
{
	uint32_t words[4];
	uint32_t mixed;

	memcpy(words, flow->dst.bytes, sizeof(words));
	mixed = (words[0] ^ words[1] ^ words[2] ^ words[3] ^ flow->dport) * 2654435761u;
	return &conntrack->plain[(mixed >> 16) % DESTINATIONS_MAX];
}

/* Adds the backend behind a Service's address. */
static void conntrack_add_backend(struct conntrack *conntrack, struct flow *flow)
{
	const struct conntrack_end client = {&flow->src, flow->sport};
	const struct conntrack_end service = {&flow->dst, flow->dport};
	struct conntrack_destination *plain = conntrack_destination_of(conntrack, flow);
	uint64_t now = clock_monotonic_ns();
	struct flow_address address;

	if (plain->until_ns > now && plain->port == flow->dport &&
	    address_equal(&plain->address, &flow->dst))
		return;
	for (size_t i = 0; i < 2; i++) {
		if (!conntrack_ask(conntrack, &conntrack->routers[i], flow, &client, &service))
			continue;
		uint16_t port = ntohs(nfct_get_attr_u16(conntrack->answer, ATTR_REPL_PORT_SRC));
		conntrack_answer_address(conntrack, flow->family, ATTR_REPL_IPV4_SRC,
					 ATTR_REPL_IPV6_SRC, &address);
		if (port == flow->dport && address_equal(&address, &flow->dst)) {
			*plain = (struct conntrack_destination){now + DESTINATION_FRESH_NS,
								flow->dst, flow->dport};
			return;
		}
		flow->nat_address = address;
		flow->nat_port = port;
		flow->has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
		return;
	}
}

void conntrack_complete(struct conntrack *conntrack, struct flow *flow)
{
	const uint32_t needed = FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT;

	if (!conntrack || (flow->has & needed) != needed ||
	    address_is_loopback(flow->family, &flow->dst))
		return;
	if (flow->direction == FLOW_EGRESS) {
		conntrack_add_backend(conntrack, flow);
		return;
	}
	conntrack_add_wire_port(conntrack, flow);
	conntrack_add_origin(conntrack, flow);
}

/* Finds the entry of packets that `from` sends to `to`, in the flow's network namespace. Returns 0,
 * -ENOENT or -EAGAIN. */
static int conntrack_ask_there(struct conntrack *conntrack, const struct flow *flow,
			       const struct conntrack_end *from, const struct conntrack_end *to)
{
	const uint32_t needed =
		FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT | FLOW_HAS_NETNS;
	struct conntrack_namespace *found = NULL;

	if (!conntrack || (flow->has & needed) != needed)
		return -ENOENT;
	for (size_t i = 0; i < 2 && !found; i++) {
		if (conntrack->routers[i].inode == flow->netns)
			found = &conntrack->routers[i];
	}
	if (!rate_limit_take(&conntrack->datagrams, DATAGRAM_QUESTIONS_PER_SECOND,
			     DATAGRAM_QUESTIONS_PER_SECOND, clock_monotonic_ns()))
		return -EAGAIN;
	if (!found)
		found = conntrack_namespace_of(conntrack, flow);
	return found && conntrack_ask(conntrack, found, flow, from, to) ? 0 : -ENOENT;
}

/* Returns whether the answers of the entry in conntrack->answer come from this end. */
static bool conntrack_answers_from(const struct conntrack *conntrack, uint8_t family,
				   const struct conntrack_end *end)
{
	struct flow_address address;

	conntrack_answer_address(conntrack, family, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC,
				 &address);
	return ntohs(nfct_get_attr_u16(conntrack->answer, ATTR_REPL_PORT_SRC)) == end->port &&
	       address_equal(&address, end->address);
}

int conntrack_find_service(struct conntrack *conntrack, const struct flow *flow,
			   struct flow_address *address, uint16_t *port)
{
	const struct conntrack_end client = {&flow->src, flow->sport};
	const struct conntrack_end backend = {&flow->dst, flow->dport};
	int error = conntrack_ask_there(conntrack, flow, &backend, &client);

	if (error)
		return error;
	struct flow_address service;
	uint16_t service_port = ntohs(nfct_get_attr_u16(conntrack->answer, ATTR_ORIG_PORT_DST));
	conntrack_answer_address(conntrack, flow->family, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST,
				 &service);
	if (!conntrack_answers_from(conntrack, flow->family, &backend) || service_port == 0 ||
	    (service_port == flow->dport && address_equal(&service, &flow->dst)))
		return -ENOENT;
	*address = service;
	*port = service_port;
	return 0;
}

bool conntrack_may_translate(struct conntrack *conntrack, const struct flow *flow)
{
	const struct conntrack_end client = {&flow->src, flow->sport};
	const struct conntrack_end server = {&flow->dst, flow->dport};
	int error = conntrack_ask_there(conntrack, flow, &client, &server);

	if (error)
		return error == -EAGAIN;
	return !conntrack_answers_from(conntrack, flow->family, &server);
}
