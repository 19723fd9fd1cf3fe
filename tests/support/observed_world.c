/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/observed_world.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

#define PODS_MAX     12
#define SERVICES_MAX 8
#define NODES_MAX    3
#define TEXT_SIZE    64

static const char *const namespaces[] = {"shop", "data", "kube-system"};
static const uint16_t redirect_ports[] = {15006, 15001, 4143, 4140};

struct observed_pod {
	char name[32];
	const char *namespace_name;
	char address[2][TEXT_SIZE]; /* IPv4, IPv6; "": none */
	unsigned int node;
	int app; /* -1: no label */
	uint16_t http;
	bool host_network;
	bool redirects; /* a service mesh redirects connections to a proxy in the pod */
	bool reported;
};

struct observed_port {
	uint16_t port;
	uint16_t target; /* 0: the pod's port "http" */
	uint16_t node_port;
	const char *protocol;
};

struct observed_service {
	const char *namespace_name;
	char address[2][TEXT_SIZE];
	char balancer[TEXT_SIZE];
	struct observed_port ports[2];
	size_t port_count;
	int app; /* -1: no selector */
};

struct builder {
	struct observed_world *world;
	struct observed_pod pods[PODS_MAX];
	size_t pod_count;
	struct observed_service services[SERVICES_MAX];
	size_t service_count;
	size_t node_count;
	bool dual_stack;
	unsigned int connections;
};

/* One connection, as the network carries it. */
struct connection {
	const struct observed_pod *client; /* NULL: the client is not a pod */
	const struct observed_pod *server; /* NULL: the server is not a pod */
	char source[TEXT_SIZE];            /* the client's own address */
	char dialed[TEXT_SIZE];
	char seen[TEXT_SIZE]; /* the source address that the server sees */
	unsigned int node;    /* the client's node; 0: outside the cluster */
	uint16_t dialed_port;
	uint16_t port; /* the destination port of the packets that reach the server */
	int family;
	const char *protocol;
	bool is_rewritten;
	bool ok;
};

static uint32_t below(struct builder *builder, uint32_t limit)
{
	builder->world->random++;
	return (uint32_t)(hash_u64(builder->world->random) >> 33) % limit;
}

static bool one_in(struct builder *builder, uint32_t limit)
{
	return below(builder, limit) == 0;
}

static void add_line(struct builder *builder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a line, in which `'` stands for `"`. */
static void add_line(struct builder *builder, const char *format, ...)
{
	struct observed_world *world = builder->world;
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (char *c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	if (world->count == world->capacity) {
		world->capacity = 2 * world->capacity + 64;
		world->lines = reallocarray(world->lines, world->capacity, sizeof(*world->lines));
		if (!world->lines)
			abort();
	}
	world->lines[world->count] = strdup(text);
	if (!world->lines[world->count++])
		abort();
}

/* --- the cluster --- */

static void node_address(unsigned int node, int family, char text[TEXT_SIZE])
{
	snprintf(text, TEXT_SIZE, family == 6 ? "fd99::%u" : "192.168.10.%u", 10 + node);
}

static void add_nodes(struct builder *builder)
{
	builder->node_count = 1 + below(builder, NODES_MAX);
	for (unsigned int node = 1; node <= builder->node_count; node++) {
		char blocks[96] = "";
		if (!one_in(builder, 3))
			snprintf(blocks, sizeof(blocks), "'10.244.%u.0/24','fd00:0:0:%u::/64'",
				 node, node);
		if (one_in(builder, 6))
			continue;
		add_line(builder,
			 "{'v':1,'kind':'node','name':'n%u','ips':['192.168.10.%u','fd99::%u'%s],"
			 "'pod_cidrs':[%s]}",
			 node, 10 + node, 10 + node, one_in(builder, 2) ? ",'172.18.0.1'" : "",
			 blocks);
	}
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		if (!one_in(builder, 2))
			add_line(builder, "{'v':1,'kind':'namespace','name':'%s','labels':{%s}}",
				 namespaces[i], one_in(builder, 2) ? "'team':'red'" : "");
	}
}

static void pod_labels(struct builder *builder, const struct observed_pod *pod, unsigned int number,
		       char text[256])
{
	size_t length = 0;

	text[0] = '\0';
	if (pod->app >= 0)
		length = (size_t)snprintf(text, 256, "'app':'a%d'", pod->app);
	if (one_in(builder, 3))
		length += (size_t)snprintf(text + length, 256 - length, "%s'tier':'t%u'",
					   length ? "," : "", below(builder, 2));
	switch (below(builder, 6)) {
	case 0:
		snprintf(text + length, 256 - length, "%s'pod-template-hash':'h%u'",
			 length ? "," : "", below(builder, 2));
		break;
	case 1:
		snprintf(text + length, 256 - length,
			 "%s'statefulset.kubernetes.io/pod-name':'p%u'", length ? "," : "", number);
		break;
	case 2:
		snprintf(text + length, 256 - length, "%s'role':'r%u'", length ? "," : "",
			 below(builder, 3));
		break;
	default:
		break;
	}
}

static void report_pod(struct builder *builder, struct observed_pod *pod, unsigned int number)
{
	static const char *const owners[] = {"",
					     "",
					     ",'owner':{'kind':'Deployment','name':'web'}",
					     ",'owner':{'kind':'StatefulSet','name':'web'}",
					     ",'owner':{'kind':'ReplicaSet','name':'web-h0'}",
					     ",'owner':{'kind':'DaemonSet','name':'agent'}"};
	char labels[256];
	char node[32] = "";
	char host_port[96] = "";
	char ips[160];

	pod_labels(builder, pod, number, labels);
	if (!one_in(builder, 8))
		snprintf(node, sizeof(node), "'node':'n%u',", pod->node);
	if (!pod->host_network && one_in(builder, 6)) {
		char host_ip[TEXT_SIZE];
		node_address(1 + below(builder, 3), 4, host_ip);
		int length = snprintf(host_port, sizeof(host_port), ",'host_port':%u",
				      8000 + below(builder, 4));
		if (one_in(builder, 2))
			snprintf(host_port + length, sizeof(host_port) - (size_t)length,
				 ",'host_ip':'%s'", host_ip);
	}
	snprintf(ips, sizeof(ips), pod->address[1][0] ? "'%s','%s'" : "'%s'", pod->address[0],
		 pod->address[1]);
	pod->reported = true;
	add_line(builder,
		 "{'v':1,'kind':'pod','namespace':'%s','name':'%s',%s'ips':[%s],'labels':{%s},"
		 "'host_network':%s%s%s,'ports':[{'name':'http','port':%u,'protocol':'TCP'%s}]}",
		 pod->namespace_name, pod->name, node, ips, labels,
		 pod->host_network ? "true" : "false", owners[below(builder, 6)],
		 one_in(builder, 8) ? ",'started':'2026-01-02T03:05:00Z'" : "", pod->http,
		 host_port);
}

static void add_pods(struct builder *builder)
{
	builder->pod_count = 2 + below(builder, PODS_MAX - 1);
	for (unsigned int number = 0; number < builder->pod_count; number++) {
		struct observed_pod *pod = &builder->pods[number];
		pod->namespace_name = namespaces[below(builder, 5) % 3];
		pod->node = 1 + below(builder, (uint32_t)builder->node_count);
		pod->app = one_in(builder, 8) ? -1 : (int)below(builder, 4);
		pod->host_network = one_in(builder, 7);
		pod->redirects = one_in(builder, 6);
		pod->http = (uint16_t)(8000 + below(builder, 3));
		snprintf(pod->name, sizeof(pod->name), "pod-%u", number);
		if (pod->host_network) {
			node_address(pod->node, 4, pod->address[0]);
			if (builder->dual_stack)
				node_address(pod->node, 6, pod->address[1]);
		} else {
			/* Now and then two pods claim one address. */
			unsigned int host = one_in(builder, 25) ? 60 : 60 + number;
			snprintf(pod->address[0], TEXT_SIZE, "10.244.%u.%u", pod->node, host);
			if (builder->dual_stack && !one_in(builder, 4))
				snprintf(pod->address[1], TEXT_SIZE, "fd00:0:0:%u::%u", pod->node,
					 host);
		}
		if (!one_in(builder, 8))
			report_pod(builder, pod, number);
	}
}

static void make_ports(struct builder *builder, struct observed_service *service)
{
	static const char *const protocols[] = {"TCP", "TCP", "TCP", "UDP", "SCTP"};

	service->port_count = 1 + below(builder, 2);
	for (size_t i = 0; i < service->port_count; i++) {
		struct observed_port *port = &service->ports[i];
		port->port = (uint16_t)(one_in(builder, 6) ? 53 : 80 + below(builder, 3));
		port->protocol = protocols[below(builder, 5)];
		port->target = one_in(builder, 3)
				       ? (strcmp(port->protocol, "TCP") == 0 ? 0 : port->port)
				       : (uint16_t)(8000 + below(builder, 3));
		port->node_port = (uint16_t)(one_in(builder, 3) ? 30080 + below(builder, 4) : 0);
	}
	/* The API refuses two ports with the same number and protocol. */
	if (service->port_count == 2 && service->ports[0].port == service->ports[1].port &&
	    strcmp(service->ports[0].protocol, service->ports[1].protocol) == 0)
		service->port_count = 1;
}

static void format_ports(const struct observed_service *service, char text[512])
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < service->port_count; i++) {
		const struct observed_port *port = &service->ports[i];
		char target[48] = "'http'";
		if (port->target != 0)
			snprintf(target, sizeof(target), "%u", port->target);
		length += (size_t)snprintf(text + length, 512 - length,
					   "%s{'name':'p%zu','protocol':'%s','port':%u,"
					   "'target_port':%s,'node_port':%u}",
					   length ? "," : "", i, port->protocol, port->port, target,
					   port->node_port);
	}
}

static void format_endpoints(struct builder *builder, const struct observed_service *service,
			     char text[256])
{
	const struct observed_pod *pod =
		&builder->pods[below(builder, (uint32_t)builder->pod_count)];

	text[0] = '\0';
	if (service->app >= 0 || one_in(builder, 4))
		return;
	if (one_in(builder, 2))
		snprintf(text, 256, "{'ip':'203.0.113.%u','port':7000}", below(builder, 3));
	else
		snprintf(text, 256, "{'ip':'%s','port':7001}", pod->address[0]);
}

static void add_services(struct builder *builder)
{
	/* In some clusters, polecat has no permission to list Services. In most clusters, the range
	 * of Service addresses is known. */
	bool hidden = one_in(builder, 4);

	if (!one_in(builder, 3))
		add_line(builder, "{'v':1,'kind':'service_range','name':'kubernetes',"
				  "'cidrs':['10.96.0.0/16','fd96::/112']}");
	builder->service_count = below(builder, SERVICES_MAX + 1);
	for (unsigned int number = 0; number < builder->service_count; number++) {
		struct observed_service *service = &builder->services[number];
		bool headless = one_in(builder, 8);
		char cluster_ips[160] = "'None'";
		char selector[32] = "";
		char ports[512];
		char endpoints[256];
		char balancer[80] = "";
		service->namespace_name = namespaces[below(builder, 5) % 3];
		service->app = one_in(builder, 6) ? -1 : (int)below(builder, 4);
		make_ports(builder, service);
		if (!headless) {
			snprintf(service->address[0], TEXT_SIZE, "10.96.0.%u", 20 + number);
			if (builder->dual_stack)
				snprintf(service->address[1], TEXT_SIZE, "fd96::%u", 20 + number);
			snprintf(cluster_ips, sizeof(cluster_ips),
				 builder->dual_stack ? "'%s','%s'" : "'%s'", service->address[0],
				 service->address[1]);
		}
		/* Several Services may share a load balancer's address. In k3s, the load balancer
		 * has the addresses of the nodes. */
		if (one_in(builder, 3))
			snprintf(service->balancer, TEXT_SIZE,
				 one_in(builder, 3) ? "192.168.10.11" : "198.18.0.%u",
				 1 + below(builder, 2));
		if (service->balancer[0])
			snprintf(balancer, sizeof(balancer), "'%s'", service->balancer);
		if (service->app >= 0)
			snprintf(selector, sizeof(selector), "'app':'a%d'", service->app);
		format_ports(service, ports);
		format_endpoints(builder, service, endpoints);
		if (!hidden && !one_in(builder, 10))
			add_line(builder,
				 "{'v':1,'kind':'service','namespace':'%s','name':'svc-%u',"
				 "'cluster_ips':[%s],'lb_ips':[%s],'selector':{%s},'ports':[%s],"
				 "'endpoints':[%s]}",
				 service->namespace_name, number, cluster_ips, balancer, selector,
				 ports, endpoints);
	}
}

/* --- connections --- */

static const char *address_of(const struct observed_pod *pod, int family)
{
	return pod->address[family == 6];
}

static void pick_client(struct builder *builder, struct connection *connection)
{
	const struct observed_pod *pod =
		&builder->pods[below(builder, (uint32_t)builder->pod_count)];

	switch (below(builder, 8)) {
	case 0:
		snprintf(connection->source, TEXT_SIZE,
			 connection->family == 6 ? "2001:db8::%u" : "203.0.113.%u",
			 1 + below(builder, 5));
		return;
	case 1:
		connection->node = 1 + below(builder, (uint32_t)builder->node_count);
		node_address(connection->node, connection->family, connection->source);
		return;
	default:
		connection->client = pod;
		connection->node = pod->node;
		snprintf(connection->source, TEXT_SIZE, "%s", address_of(pod, connection->family));
	}
}

/* Finds a pod behind a port of a Service, and the port on which the pod listens. */
static void find_backend(struct builder *builder, const struct observed_service *service,
			 const struct observed_port *port, struct connection *connection)
{
	size_t start = below(builder, (uint32_t)builder->pod_count);

	connection->protocol = port->protocol;
	connection->is_rewritten = true;
	for (size_t i = 0; i < builder->pod_count; i++) {
		const struct observed_pod *pod = &builder->pods[(start + i) % builder->pod_count];
		if (service->app < 0 || pod->app != service->app ||
		    strcmp(pod->namespace_name, service->namespace_name) != 0 ||
		    !address_of(pod, connection->family)[0])
			continue;
		connection->server = pod;
		connection->port = port->target ? port->target : pod->http;
		return;
	}
}

/* Sets the source that the server sees: a node's address if kube-proxy masquerades the client. */
static void masquerade(struct builder *builder, struct connection *connection)
{
	unsigned int node = connection->node ? connection->node
					     : 1 + below(builder, (uint32_t)builder->node_count);

	node_address(node, connection->family, connection->seen);
}

static void dial_service(struct builder *builder, struct connection *connection)
{
	const struct observed_service *service;
	const struct observed_port *port;

	if (builder->service_count == 0)
		return;
	service = &builder->services[below(builder, (uint32_t)builder->service_count)];
	port = &service->ports[below(builder, (uint32_t)service->port_count)];
	connection->dialed_port = port->port;
	snprintf(connection->dialed, TEXT_SIZE, "%s", service->address[connection->family == 6]);
	find_backend(builder, service, port, connection);
	if (port->node_port != 0 && one_in(builder, 2)) {
		node_address(1 + below(builder, (uint32_t)builder->node_count), connection->family,
			     connection->dialed);
		connection->dialed_port = port->node_port;
		masquerade(builder, connection);
	} else if (service->balancer[0] && connection->family == 4 && one_in(builder, 2)) {
		snprintf(connection->dialed, TEXT_SIZE, "%s", service->balancer);
		if (one_in(builder, 2))
			masquerade(builder, connection);
	}
}

static void dial(struct builder *builder, struct connection *connection)
{
	const struct observed_pod *pod =
		&builder->pods[below(builder, (uint32_t)builder->pod_count)];
	static const char *const odd[] = {"127.0.0.1",       "224.0.0.251", "169.254.20.10",
					  "10.244.1.1",      "10.96.0.99",  "10.244.9.9",
					  "255.255.255.255", "0.0.0.0",     "172.18.0.1"};

	connection->protocol = one_in(builder, 5) ? "UDP" : one_in(builder, 8) ? "SCTP" : "TCP";
	connection->dialed_port = (uint16_t)(one_in(builder, 8)    ? 53
					     : one_in(builder, 12) ? 40000 + below(builder, 3)
								   : 8000 + below(builder, 4));
	connection->port = connection->dialed_port;
	switch (below(builder, 10)) {
	case 0:
		if (connection->family == 4) {
			snprintf(connection->dialed, TEXT_SIZE, "%s", odd[below(builder, 9)]);
			return;
		}
		__attribute__((fallthrough));
	case 1:
		snprintf(connection->dialed, TEXT_SIZE,
			 connection->family == 6 ? "2001:db8:1::%u" : "198.51.100.%u",
			 1 + below(builder, 6));
		return;
	case 2:
		node_address(1 + below(builder, (uint32_t)builder->node_count), connection->family,
			     connection->dialed);
		/* A hostPort: the node forwards the connection to the pod. */
		if (one_in(builder, 2)) {
			connection->server = pod;
			connection->is_rewritten = true;
		}
		return;
	case 3:
	case 4:
	case 5:
	case 6:
		dial_service(builder, connection);
		return;
	default:
		connection->server = pod;
		snprintf(connection->dialed, TEXT_SIZE, "%s", address_of(pod, connection->family));
	}
}

/* --- records of connections --- */

static void add_flow(struct builder *builder, const struct connection *connection, bool ingress,
		     const char *event, const char *extra)
{
	const struct observed_pod *pod = ingress ? connection->server : connection->client;
	unsigned int number = builder->connections;
	char subject[160];
	char node[24] = "";
	uint16_t port = ingress ? connection->port : connection->dialed_port;
	const char *to =
		ingress ? address_of(connection->server, connection->family) : connection->dialed;
	char wire[48] = "";

	if (pod)
		snprintf(subject, sizeof(subject), "'namespace':'%s','pod':'%s','comm':'app'",
			 pod->namespace_name, pod->name);
	else
		snprintf(subject, sizeof(subject), "'comm':'curl'");
	if (number % 5 != 0 && (pod || connection->node))
		snprintf(node, sizeof(node), "'node':'n%u',", pod ? pod->node : connection->node);
	if (ingress && connection->server->redirects && strcmp(connection->protocol, "TCP") == 0) {
		if (number % 3 == 0)
			snprintf(wire, sizeof(wire), ",'wire_dport':%u", port);
		port = redirect_ports[number % 4];
	}
	builder->world->observations++;
	add_line(
		builder,
		"{'v':1,'kind':'flow','event':'%s','ts':'2026-01-02T03:%02u:%02uZ','id':'%08x%08x',"
		"%s'direction':'%s','protocol':'%s','family':%d,'src':'%s','sport':%u,'dst':'%s',"
		"'dport':%u%s,%s%s}",
		event, number / 60 % 60, number % 60, ingress + 1u, number + 1, node,
		ingress ? "ingress" : "egress", connection->protocol, connection->family,
		ingress ? connection->seen : connection->source, 40000 + number % 20000, to, port,
		wire, subject, extra);
}

/* Writes the name of a peer: right, wrong or none. */
static void format_peer(struct builder *builder, const struct observed_pod *peer, char text[192])
{
	text[0] = '\0';
	if (one_in(builder, 12))
		peer = &builder->pods[below(builder, (uint32_t)builder->pod_count)];
	if (peer && one_in(builder, 3))
		snprintf(text, 192, ",'peer':{'kind':'pod','namespace':'%s','name':'%s'}",
			 peer->namespace_name, peer->name);
}

static void record_end(struct builder *builder, const struct connection *connection, bool ingress)
{
	bool datagram = strcmp(connection->protocol, "UDP") == 0;
	char extra[512] = "";
	char more[256] = "";

	format_peer(builder,
		    ingress                    ? connection->client
		    : connection->is_rewritten ? NULL
					       : connection->server,
		    extra);
	if (ingress && strcmp(connection->seen, connection->source) != 0 && !one_in(builder, 3))
		snprintf(more, sizeof(more), ",'origin':{'ip':'%s','port':%u}", connection->source,
			 40000 + builder->connections % 20000);
	if (!ingress && connection->is_rewritten && connection->server && one_in(builder, 3))
		snprintf(more, sizeof(more), ",'backend':{'ip':'%s','port':%u}",
			 address_of(connection->server, connection->family), connection->port);
	strcat(extra, more);
	if (!ingress && !datagram && one_in(builder, 2))
		add_flow(builder, connection, ingress, "attempt", extra);
	if (connection->ok && datagram) {
		strcat(extra, ",'count':1");
		add_flow(builder, connection, ingress, "datagram", extra);
	} else if (connection->ok) {
		static const char *const events[] = {"established", "open", "closed"};
		const char *event = events[below(builder, 3)];
		if (ingress && strcmp(event, "established") == 0)
			event = "accepted";
		add_flow(builder, connection, ingress, event, extra);
		if (one_in(builder, 3))
			add_flow(builder, connection, ingress, "closed", extra);
	} else if (!ingress) {
		strcat(extra, ",'error':'ECONNREFUSED'");
		add_flow(builder, connection, ingress, "failed", extra);
	}
}

static void add_connection(struct builder *builder)
{
	struct connection connection = {
		.family = builder->dual_stack && one_in(builder, 3) ? 6 : 4,
		.ok = !one_in(builder, 6),
	};

	pick_client(builder, &connection);
	dial(builder, &connection);
	if (!connection.source[0] || !connection.dialed[0])
		return;
	if (connection.server && !address_of(connection.server, connection.family)[0])
		connection.server = NULL;
	if (!connection.seen[0])
		snprintf(connection.seen, TEXT_SIZE, "%s", connection.source);
	unsigned int repeats = one_in(builder, 4) ? 1 + below(builder, 4) : 1;
	for (unsigned int i = 0; i < repeats; i++) {
		if (connection.node != 0 && !one_in(builder, 4))
			record_end(builder, &connection, false);
		if (connection.server && !connection.server->host_network && connection.ok &&
		    !one_in(builder, 4))
			record_end(builder, &connection, true);
		builder->connections++;
	}
}

/* Changes the cluster between connections: a pod ends and another pod gets its address, or a pod is
 * reported again. */
static void change_cluster(struct builder *builder)
{
	unsigned int number = below(builder, (uint32_t)builder->pod_count);
	struct observed_pod *pod = &builder->pods[number];

	if (!pod->reported || one_in(builder, 2)) {
		report_pod(builder, pod, number);
		return;
	}
	add_line(builder, "{'v':1,'kind':'pod','namespace':'%s','name':'%s','deleted':true}",
		 pod->namespace_name, pod->name);
	snprintf(pod->name, sizeof(pod->name), "new-%u-%u", number, builder->connections);
	if (pod->app >= 0 && one_in(builder, 2))
		pod->app = (int)below(builder, 4);
	if (!one_in(builder, 3))
		report_pod(builder, pod, number);
}

struct observed_world *observed_world_new(uint64_t seed, size_t observations)
{
	struct builder *builder = calloc(1, sizeof(*builder));
	struct observed_world *world = calloc(1, sizeof(*world));

	if (!builder || !world)
		abort();
	builder->world = world;
	world->random = hash_u64(seed);
	builder->dual_stack = one_in(builder, 2);
	add_nodes(builder);
	add_pods(builder);
	add_services(builder);
	while (world->observations < observations) {
		add_connection(builder);
		if (one_in(builder, 40))
			change_cluster(builder);
	}
	free(builder);
	return world;
}

void observed_world_free(struct observed_world *world)
{
	for (size_t i = 0; i < world->count; i++)
		free(world->lines[i]);
	free(world->lines);
	free(world);
}
