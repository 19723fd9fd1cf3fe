/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/policy_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/record/flow.h"

#define PODS     14
#define SERVICES 5
#define FLOWS    60

static const char *const namespaces[] = {"shop", "data"};

uint32_t world_random(struct policy_world *world, uint32_t limit)
{
	world->random++;
	return (uint32_t)(hash_u64(world->random) >> 33) % limit;
}

static void add_line(struct policy_world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a line, in which `'` stands for `"`. */
static void add_line(struct policy_world *world, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (char *c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	if (world->line_count == WORLD_LINES_MAX)
		abort();
	world->lines[world->line_count] = strdup(text);
	if (!world->lines[world->line_count++])
		abort();
}

static void pod_labels(struct policy_world *world, unsigned int pod, char *out, size_t size)
{
	switch (world_random(world, 10)) {
	case 0:
		out[0] = '\0';
		break;
	case 1:
		snprintf(out, size, "'pod-template-hash':'%u'", pod);
		break;
	case 2:
		snprintf(out, size, "'job-name':'job-%u'", world_random(world, 2));
		break;
	case 3:
	case 4:
		snprintf(out, size, "'app':'a%u','tier':'t%u'", world_random(world, 2),
			 world_random(world, 2));
		break;
	default:
		snprintf(out, size, "'app':'a%u','pod-template-hash':'h%u'", world_random(world, 4),
			 world_random(world, 2));
	}
}

static void add_pod(struct policy_world *world, unsigned int pod)
{
	static const char *const owners[] = {"", "", ",'owner':{'kind':'Deployment','name':'web'}",
					     ",'owner':{'kind':'StatefulSet','name':'web'}",
					     ",'owner':{'kind':'ReplicaSet','name':'web-h0'}"};
	unsigned int node = world_random(world, 2) + 1;
	bool host = world_random(world, 7) == 0;
	char labels[256];
	char ips[128];

	pod_labels(world, pod, labels, sizeof(labels));
	if (host)
		snprintf(ips, sizeof(ips), "'192.168.10.%u'", 10 + node);
	else
		snprintf(ips, sizeof(ips), "'10.244.%u.%u','fd00::%u:%u'", node, 60 + pod, node,
			 60 + pod);
	add_line(world,
		 "{'v':1,'kind':'pod','namespace':'%s','name':'pod-%u','node':'n%u','ips':[%s],"
		 "'labels':{%s},'host_network':%s%s,'ports':[{'name':'http','port':%u,"
		 "'protocol':'TCP'}]}",
		 namespaces[pod % 2], pod, node, ips, labels, host ? "true" : "false",
		 owners[world_random(world, 5)], 8000 + world_random(world, 2));
}

static void add_service(struct policy_world *world, unsigned int service)
{
	static const char *const targets[] = {",'target_port':'8000'", ",'target_port':'http'", ""};
	const char *target = targets[world_random(world, 3)];
	char selector[64] = "";
	char endpoints[256] = "";

	if (world_random(world, 4) > 0)
		snprintf(selector, sizeof(selector), "'app':'a%u'", world_random(world, 4));
	else if (world_random(world, 4) > 0)
		snprintf(endpoints, sizeof(endpoints),
			 "{'ip':'203.0.113.%u','port':7000},{'ip':'10.244.%u.%u','port':7001}",
			 service + 1, 1 + world_random(world, 2), 60 + world_random(world, PODS));
	add_line(world,
		 "{'v':1,'kind':'service','namespace':'%s','name':'svc-%u',"
		 "'cluster_ips':['10.96.0.%u'],'selector':{%s},'ports':[{'name':'web',"
		 "'protocol':'TCP','port':80%s}],'endpoints':[%s]}",
		 namespaces[service % 2], service, 20 + service, selector, target, endpoints);
}

static void pick_peer(struct policy_world *world, struct world_flow *flow)
{
	unsigned int pod = world_random(world, PODS);

	flow->external = false;
	flow->port = (uint16_t)(8000 + world_random(world, 6));
	switch (world_random(world, 9)) {
	case 0:
	case 1:
		/* The node is not always the pod's node, so some of these addresses belong to no
		 * pod. */
		snprintf(flow->peer, sizeof(flow->peer), "10.244.%u.%u", 1 + world_random(world, 2),
			 60 + pod);
		break;
	case 2:
		snprintf(flow->peer, sizeof(flow->peer), "fd00::%u:%u", 1 + world_random(world, 2),
			 60 + pod);
		break;
	case 3:
	case 4:
		snprintf(flow->peer, sizeof(flow->peer), "10.96.0.%u",
			 20 + world_random(world, SERVICES + 1));
		flow->port = world_random(world, 6) == 0 ? 81 : 80;
		break;
	case 5:
		snprintf(flow->peer, sizeof(flow->peer), "192.168.10.%u",
			 11 + world_random(world, 2));
		break;
	case 6:
		snprintf(flow->peer, sizeof(flow->peer), "%s",
			 world_random(world, 2) ? "127.0.0.1" : "224.0.0.251");
		break;
	default:
		snprintf(flow->peer, sizeof(flow->peer),
			 world_random(world, 4) == 0 ? "2001:db8::%u" : "198.51.100.%u",
			 1 + world_random(world, 6));
		flow->external = true;
	}
}

static void add_flow(struct policy_world *world, unsigned int number)
{
	static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};
	static const uint8_t numbers[] = {FLOW_TCP, FLOW_TCP, FLOW_UDP, FLOW_SCTP};
	struct world_flow *flow = &world->flows[world->flow_count++];
	unsigned int pod = world_random(world, PODS);
	unsigned int protocol = world_random(world, 4);
	char common[768];

	snprintf(flow->pod, sizeof(flow->pod), "pod-%u", pod);
	snprintf(flow->namespace_name, sizeof(flow->namespace_name), "%s", namespaces[pod % 2]);
	pick_peer(world, flow);
	flow->protocol = numbers[protocol];
	flow->ingress = strncmp(flow->peer, "10.96.", 6) != 0 && world_random(world, 3) == 0;
	flow->ok = world_random(world, 5) > 0;
	flow->first_line = world->line_count;
	bool six = strchr(flow->peer, ':') != NULL;
	const char *own = six ? "2001:db8:ffff::1" : "192.0.2.254";
	snprintf(common, sizeof(common),
		 "'id':'%016x','direction':'%s','protocol':'%s','family':%d,'src':'%s',"
		 "'sport':%u,'dst':'%s','dport':%u,'namespace':'%s','pod':'pod-%u','comm':'app'",
		 number + 1, flow->ingress ? "ingress" : "egress", protocols[protocol], six ? 6 : 4,
		 flow->ingress ? flow->peer : own, 40000 + number, flow->ingress ? own : flow->peer,
		 flow->port, flow->namespace_name, pod);
	if (!flow->ingress)
		add_line(world,
			 "{'v':1,'kind':'flow','event':'attempt','ts':'2026-01-02T03:%02u:%02uZ',%"
			 "s}",
			 number / 60, number % 60, common);
	add_line(world, "{'v':1,'kind':'flow','event':'%s','ts':'2026-01-02T03:%02u:%02u.5Z',%s%s}",
		 !flow->ok       ? "failed"
		 : flow->ingress ? "accepted"
				 : "established",
		 number / 60, number % 60, common, flow->ok ? "" : ",'error':'ECONNREFUSED'");
	flow->line_count = world->line_count - flow->first_line;
}

struct policy_world *world_new(uint64_t seed)
{
	struct policy_world *world = calloc(1, sizeof(*world));

	if (!world)
		abort();
	world->random = hash_u64(seed);
	for (unsigned int node = 1; node <= 2; node++)
		add_line(world,
			 "{'v':1,'kind':'node','name':'n%u','ips':['192.168.10.%u','10.244.%u.1']}",
			 node, 10 + node, node);
	for (unsigned int pod = 0; pod < PODS; pod++)
		add_pod(world, pod);
	for (unsigned int service = 0; service < SERVICES; service++)
		add_service(world, service);
	world->identity_count = world->line_count;
	for (unsigned int number = 0; number < FLOWS; number++)
		add_flow(world, number);
	return world;
}

void world_free(struct policy_world *world)
{
	for (size_t i = 0; i < world->line_count; i++)
		free(world->lines[i]);
	free(world);
}
