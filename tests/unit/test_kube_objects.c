/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of the Kubernetes API as records, and the store of emitted records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/record/json/record_json.h"
#include "core/source/kube/kube_objects.h"
#include "core/source/kube/kube_store.h"

static json_t *parse(const char *text)
{
	json_error_t why;
	json_t *object = json_loads(text, 0, &why);

	if (!object)
		fail_msg("%s: %s", why.text, text);
	return object;
}

struct object_case {
	const char *object;
	const char *record; /* NULL: refused */
};

/* Returns the record of the object as JSON, to be freed; NULL: refused. */
static char *record_text(enum kube_kind kind, const char *text)
{
	struct record record = {.kind = RECORD_NONE};
	struct buffer buffer = {0};
	json_t *object = parse(text);
	int error = kube_record_read(kind, object, &record);

	json_decref(object);
	if (error) {
		assert_int_equal(error, -EBADMSG);
		return NULL;
	}
	assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
	record_free(&record);
	buffer.data[buffer.length - 1] = '\0';
	return buffer.data;
}

static void check(enum kube_kind kind, const struct object_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = record_text(kind, cases[i].object);
		if (cases[i].record)
			assert_string_equal(text ? text : "refused", cases[i].record);
		else
			assert_null(text);
		free(text);
	}
}

#define CHECK(kind, cases) check(kind, cases, sizeof(cases) / sizeof((cases)[0]))

#define POD(rest)    "{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\"}" rest "}"
#define POD_IS(rest) "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\"" rest "}"
#define PORT_80      "{\"port\":80,\"protocol\":\"TCP\"}"

static void test_pods(void **state)
{
	static const struct object_case cases[] = {
		{POD(""), POD_IS("")},
		{"{\"metadata\":{\"name\":\"p\"}}", NULL},
		{"{\"metadata\":{\"namespace\":\"n\"}}", NULL},
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"\"}}", NULL},
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":5}}", NULL},
		{"{\"metadata\":7}", NULL},
		{"{}", NULL},
		/* IPv4 and IPv6 addresses, duplicates (one of them IPv4-mapped), and other
		 * values. */
		{POD(",\"status\":{\"podIP\":\"198.51.100.1\",\"podIPs\":[{\"ip\":\"198.51.100.1\"}"
		     ","
		     "{\"ip\":\"2001:DB8::0:1\"},{\"ip\":\"::ffff:198.51.100.1\"},{\"ip\":\"x\"},7]"
		     "}"),
		 POD_IS(",\"ips\":[\"198.51.100.1\",\"2001:db8::1\"]")},
		{POD(",\"status\":{\"podIP\":\"198.51.100.1\",\"phase\":\"Running\"}"),
		 POD_IS(",\"ips\":[\"198.51.100.1\"],\"phase\":\"Running\"")},
		{POD(",\"status\":{\"startTime\":\"2026-01-02T03:04:05Z\"}"),
		 POD_IS(",\"started\":\"2026-01-02T03:04:05.000000000Z\"")},
		{POD(",\"status\":{\"startTime\":\"yesterday\"}"), POD_IS("")},
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\",\"creationTimestamp\":"
		 "\"2026-01-02T03:04:05Z\"}}",
		 POD_IS(",\"started\":\"2026-01-02T03:04:05.000000000Z\"")},
		{POD(",\"spec\":{\"hostNetwork\":true,\"nodeName\":\"node1\"}"),
		 POD_IS(",\"node\":\"node1\",\"host_network\":true")},
		{POD(",\"spec\":{\"hostNetwork\":\"true\",\"nodeName\":\"\"}"), POD_IS("")},
		/* Sidecars are init containers that are always restarted. */
		{POD(",\"spec\":{\"containers\":[{\"ports\":[{\"containerPort\":80},"
		     "{\"containerPort\":53,\"protocol\":\"UDP\",\"name\":\"dns\"}]},{}],"
		     "\"initContainers\":[{\"ports\":[{\"containerPort\":1}]},"
		     "{\"restartPolicy\":\"Always\",\"ports\":[{\"containerPort\":90}]}]}"),
		 POD_IS(",\"ports\":[" PORT_80
			",{\"name\":\"dns\",\"port\":53,\"protocol\":\"UDP\"},"
			"{\"port\":90,\"protocol\":\"TCP\"}]")},
		{POD(",\"spec\":{\"containers\":[{\"ports\":[{\"containerPort\":0},"
		     "{\"containerPort\":65536},{\"containerPort\":\"80\"},{},7,"
		     "{\"containerPort\":80}]},9]}"),
		 POD_IS(",\"ports\":[" PORT_80 "]")},
		/* Invalid host ports count as absent. */
		{POD(",\"spec\":{\"containers\":[{\"ports\":[{\"containerPort\":80,\"hostPort\":"
		     "8080,\"hostIP\":\"192.0.2.1\"},"
		     "{\"containerPort\":53,\"protocol\":\"UDP\",\"hostPort\":5353}]},"
		     "{\"ports\":[{\"containerPort\":80,\"hostPort\":0,\"hostIP\":\"192.0.2.1\"},"
		     "{\"containerPort\":80,\"hostPort\":65536},"
		     "{\"containerPort\":80,\"hostPort\":\"81\"},{\"hostPort\":82}]}]}"),
		 POD_IS(",\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"host_port\":8080,"
			"\"host_ip\":\"192.0.2.1\"},"
			"{\"port\":53,\"protocol\":\"UDP\",\"host_port\":5353}," PORT_80 "," PORT_80
			"," PORT_80 "]")},
		/* Only the controller is the owner. */
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\",\"ownerReferences\":["
		 "{\"kind\":\"Node\",\"name\":\"x\"},{\"kind\":\"StatefulSet\",\"name\":\"db\","
		 "\"controller\":true}]}}",
		 POD_IS(",\"owner\":{\"kind\":\"StatefulSet\",\"name\":\"db\"}")},
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\",\"ownerReferences\":["
		 "{\"kind\":\"Job\",\"controller\":true}]}}",
		 POD_IS("")},
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\",\"uid\":\"u\",\"labels\":"
		 "{\"b\":\"2\",\"a\":\"1\",\"c\":3,\"d\":\"\"}}}",
		 POD_IS(",\"uid\":\"u\",\"labels\":{\"a\":\"1\",\"b\":\"2\",\"d\":\"\"}")},
		/* The record has the containers with an id. After a restart, it also has the
		 * previous container. */
		{POD(",\"status\":{\"containerStatuses\":[{\"name\":\"a\",\"containerID\":"
		     "\"containerd://01\",\"lastState\":{\"terminated\":{\"containerID\":"
		     "\"containerd://02\"}}},{\"name\":\"b\",\"containerID\":\"\"},{\"name\":"
		     "\"c\",\"containerID\":\"x\"},{\"containerID\":\"containerd://03\"},7],"
		     "\"initContainerStatuses\":[{\"name\":\"i\",\"containerID\":"
		     "\"cri-o://04\"}],\"ephemeralContainerStatuses\":[{\"name\":\"e\","
		     "\"containerID\":\"docker://05\"},{\"name\":\"f\",\"containerID\":"
		     "\"docker://\"}]}"),
		 POD_IS(",\"containers\":[{\"name\":\"i\",\"id\":\"04\"},{\"name\":\"a\",\"id\":"
			"\"02\"},{\"name\":\"a\",\"id\":\"01\"},{\"name\":\"e\",\"id\":\"05\"}]")},
		/* For the mirror of a static pod, the record has the UID that the node uses. */
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"p\",\"uid\":\"u\",\"annotations\":"
		 "{\"kubernetes.io/config.mirror\":\"5fab\"}}}",
		 POD_IS(",\"uid\":\"5fab\"")},
	};

	(void)state;
	CHECK(KUBE_PODS, cases);
}

#define SERVICE(rest)    "{\"metadata\":{\"namespace\":\"n\",\"name\":\"s\"}," rest "}"
#define SERVICE_IS(rest) "{\"v\":1,\"kind\":\"service\",\"namespace\":\"n\",\"name\":\"s\"" rest "}"

static void test_services(void **state)
{
	static const struct object_case cases[] = {
		{SERVICE("\"spec\":{\"clusterIP\":\"203.0.113.1\",\"clusterIPs\":[\"203.0.113.1\","
			 "\"2001:db8::a\"],\"type\":\"ClusterIP\"}"),
		 SERVICE_IS(",\"type\":\"ClusterIP\",\"cluster_ips\":[\"203.0.113.1\","
			    "\"2001:db8::a\"]")},
		{SERVICE("\"spec\":{\"clusterIP\":\"203.0.113.1\"}"),
		 SERVICE_IS(",\"cluster_ips\":[\"203.0.113.1\"]")},
		{SERVICE("\"spec\":{\"clusterIP\":\"None\",\"clusterIPs\":[\"None\"]}"),
		 SERVICE_IS(",\"cluster_ips\":[\"None\"]")},
		{SERVICE("\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"example.com\","
			 "\"clusterIP\":\"203.0.113.1\"}"),
		 SERVICE_IS(",\"type\":\"ExternalName\"")},
		{SERVICE("\"spec\":{\"externalIPs\":[\"192.0.2.5\",\"x\",5]},\"status\":"
			 "{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.4\"},"
			 "{\"hostname\":\"lb.example\"}]}}"),
		 SERVICE_IS(",\"lb_ips\":[\"192.0.2.4\",\"192.0.2.5\"]")},
		/* Nodes do not rewrite the address of a load balancer with ipMode Proxy. */
		{SERVICE("\"status\":{\"loadBalancer\":{\"ingress\":["
			 "{\"ip\":\"192.0.2.6\",\"ipMode\":\"Proxy\"},"
			 "{\"ip\":\"192.0.2.7\",\"ipMode\":\"VIP\"}]}}"),
		 SERVICE_IS(",\"lb_ips\":[\"192.0.2.7\"],\"proxy_ips\":[\"192.0.2.6\"]")},
		{SERVICE("\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":\"http\",\"name\":\"w\"}"
			 ","
			 "{\"port\":53,\"protocol\":\"UDP\",\"targetPort\":5353,\"nodePort\":30053}"
			 ","
			 "{\"port\":0},{\"port\":90,\"targetPort\":{}}]}"),
		 SERVICE_IS(",\"ports\":[{\"name\":\"w\",\"protocol\":\"TCP\",\"port\":80,"
			    "\"target_port\":\"http\"},{\"protocol\":\"UDP\",\"port\":53,"
			    "\"target_port\":5353,\"node_port\":30053},"
			    "{\"protocol\":\"TCP\",\"port\":90}]")},
		{"{\"metadata\":{\"name\":\"s\"}}", NULL},
	};

	(void)state;
	CHECK(KUBE_SERVICES, cases);
}

static void test_nodes_and_namespaces(void **state)
{
	static const struct object_case nodes[] = {
		{"{\"metadata\":{\"name\":\"a\",\"annotations\":{\"projectcalico.org/"
		 "IPv4IPIPTunnelAddr\":\"198.51.100.64\",\"other\":\"192.0.2.99\"}},\"spec\":{"
		 "\"podCIDR\":\"198.51.100.0/25\",\"podCIDRs\":[\"198.51.100.0/25\","
		 "\"2001:db8::/64\",\"x/1\",\"198.51.100.0\"]},\"status\":{\"addresses\":["
		 "{\"type\":\"InternalIP\",\"address\":\"192.0.2.1\"},"
		 "{\"type\":\"ExternalIP\",\"address\":\"203.0.113.9\"},"
		 "{\"type\":\"Hostname\",\"address\":\"a\"}]}}",
		 "{\"v\":1,\"kind\":\"node\",\"name\":\"a\",\"ips\":[\"192.0.2.1\",\"203.0.113.9\","
		 "\"198.51.100.64\"],\"pod_cidrs\":[\"198.51.100.0/25\",\"2001:db8::/64\"]}"},
		{"{\"metadata\":{}}", NULL},
	};
	static const struct object_case namespaces[] = {
		{"{\"metadata\":{\"name\":\"a\",\"labels\":{\"k\":\"v\"}}}",
		 "{\"v\":1,\"kind\":\"namespace\",\"name\":\"a\",\"labels\":{\"k\":\"v\"}}"},
		{"[]", NULL},
	};

	(void)state;
	CHECK(KUBE_NODES, nodes);
	CHECK(KUBE_NAMESPACES, namespaces);
}

static void test_slices(void **state)
{
	/* The record has the endpoints that are ready, of unknown state, or still serving, once per
	 * port. It lacks endpoints that do not serve, host names, and ports without a number. */
	json_t *object = parse(
		"{\"metadata\":{\"namespace\":\"n\",\"name\":\"x\",\"labels\":"
		"{\"kubernetes.io/service-name\":\"s\"}},\"endpoints\":["
		"{\"addresses\":[\"198.51.100.1\",\"198.51.100.2\"],\"conditions\":{\"ready\":true}"
		"},"
		"{\"addresses\":[\"198.51.100.3\"],\"conditions\":{}},"
		"{\"addresses\":[\"198.51.100.4\"],\"conditions\":{\"ready\":false,\"serving\":"
		"true}},"
		"{\"addresses\":[\"198.51.100.5\"],\"conditions\":{\"ready\":false,\"serving\":"
		"false}},"
		"{\"addresses\":[\"api.example\"]},{},5],"
		"\"ports\":[{\"port\":80,\"name\":\"web\"},{\"port\":53,\"protocol\":\"UDP\"},"
		"{\"port\":null}]}");
	struct record record;

	(void)state;
	assert_int_equal(kube_record_read(KUBE_SLICES, object, &record), 0);
	const struct service_record *slice = record.service;
	assert_string_equal(slice->name, "s");
	assert_int_equal(slice->endpoint_count, 8);
	assert_string_equal(slice->endpoints[0].ip, "198.51.100.1");
	assert_int_equal(slice->endpoints[0].port, 80);
	assert_string_equal(slice->endpoints[0].name, "web");
	assert_string_equal(slice->endpoints[0].protocol, "TCP");
	assert_string_equal(slice->endpoints[7].ip, "198.51.100.4");
	assert_string_equal(slice->endpoints[7].protocol, "UDP");
	record_free(&record);
	json_decref(object);
}

#define WORKLOAD(rest) "{\"metadata\":{\"namespace\":\"n\",\"name\":\"w\"}" rest "}"
#define WORKLOAD_IS(type, rest)                                                              \
	"{\"v\":1,\"kind\":\"workload\",\"namespace\":\"n\",\"name\":\"w\",\"type\":\"" type \
	"\"" rest "}"

static void test_workloads(void **state)
{
	static const struct object_case deployments[] = {
		{WORKLOAD(",\"spec\":{\"selector\":{\"matchLabels\":{\"b\":\"2\","
			  "\"a\":\"1\"}}}"),
		 WORKLOAD_IS("Deployment", ",\"selector\":{\"a\":\"1\",\"b\":\"2\"}")},
		{WORKLOAD(",\"spec\":{\"selector\":{\"matchExpressions\":["
			  "{\"key\":\"t\",\"operator\":\"In\",\"values\":[\"x\",\"y\"]},"
			  "{\"key\":\"t\",\"operator\":\"NotIn\",\"values\":[\"z\"]},"
			  "{\"key\":\"e\",\"operator\":\"Exists\"},"
			  "{\"key\":\"d\",\"operator\":\"DoesNotExist\"},"
			  "{\"key\":\"g\",\"operator\":\"Gt\"},{\"operator\":\"In\"},7]}}"),
		 WORKLOAD_IS("Deployment", ",\"expressions\":[\"t in (x,y)\",\"t notin (z)\","
					   "\"e\",\"!d\"]")},
		{WORKLOAD(",\"spec\":{\"selector\":7}"), WORKLOAD_IS("Deployment", "")},
		{"{\"metadata\":{\"name\":\"w\"}}", NULL},
	};
	static const struct object_case replicasets[] = {
		{"{\"metadata\":{\"namespace\":\"n\",\"name\":\"w\",\"ownerReferences\":["
		 "{\"kind\":\"Rollout\",\"name\":\"r\",\"controller\":true}]},\"spec\":"
		 "{\"selector\":{\"matchLabels\":{\"a\":\"1\"}}}}",
		 WORKLOAD_IS("ReplicaSet", ",\"owner\":{\"kind\":\"Rollout\",\"name\":\"r\"},"
					   "\"selector\":{\"a\":\"1\"}")},
	};
	static const struct object_case others[] = {{WORKLOAD(""), WORKLOAD_IS("Job", "")}};

	(void)state;
	CHECK(KUBE_DEPLOYMENTS, deployments);
	CHECK(KUBE_REPLICASETS, replicasets);
	CHECK(KUBE_JOBS, others);
}

static void test_service_ranges(void **state)
{
	static const struct object_case ranges[] = {
		{"{\"metadata\":{\"name\":\"kubernetes\"},\"spec\":{\"cidrs\":[\"10.96.0.0/16\","
		 "\"2001:db8::/112\",\"nothing\",7]}}",
		 "{\"v\":1,\"kind\":\"service_range\",\"name\":\"kubernetes\","
		 "\"source\":\"ServiceCIDR kubernetes\","
		 "\"cidrs\":[\"10.96.0.0/16\",\"2001:db8::/112\"]}"},
		{"{\"metadata\":{}}", NULL},
	};

	(void)state;
	CHECK(KUBE_SERVICECIDRS, ranges);
}

/* --- the store --- */

static struct buffer told;

static void emit_record(void *data, struct record *record)
{
	(void)data;
	assert_int_equal(record_json_write(&told, record, NULL), 0);
	record_free(record);
}

static void expect(const char *text)
{
	assert_string_equal(told.data && told.length ? told.data : "", text);
	told.length = 0;
}

static struct kube_store *new_store(void)
{
	struct kube_store *store = NULL;

	assert_int_equal(kube_store_new(emit_record, NULL, &store), 0);
	told.length = 0;
	return store;
}

static void apply(struct kube_store *store, enum kube_kind kind, const char *text, bool deleted)
{
	json_t *object = parse(text);

	assert_int_equal(kube_store_apply(store, kind, object, deleted), 0);
	assert_int_equal(kube_store_flush(store), 0);
	json_decref(object);
}

#define NAMED(name) "{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\"}}"
#define UID(name, uid) \
	"{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\",\"uid\":\"" uid "\"}}"
#define LINE(kind, name, rest) \
	"{\"v\":1,\"kind\":\"" kind "\",\"namespace\":\"n\",\"name\":\"" name "\"" rest "}\n"
#define OWNED(name, kind, owner)                                                         \
	"{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\",\"ownerReferences\":[" \
	"{\"kind\":\"" kind "\",\"name\":\"" owner "\",\"controller\":true}]}}"
#define OWNER(kind, name) ",\"owner\":{\"kind\":\"" kind "\",\"name\":\"" name "\"}"

static void test_emitted_once(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	apply(store, KUBE_PODS, NAMED("p"), false);
	expect(LINE("pod", "p", ""));
	apply(store, KUBE_PODS, NAMED("p"), false);
	expect("");
	apply(store, KUBE_PODS, NAMED("p"), true);
	expect(LINE("pod", "p", ",\"deleted\":true"));
	assert_int_equal(kube_store_count(store, KUBE_PODS), 0);
	apply(store, KUBE_PODS, NAMED("p"), false);
	expect(LINE("pod", "p", ""));
	kube_store_free(store);
}

static void test_vanished(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	kube_store_list_begin(store, KUBE_PODS);
	apply(store, KUBE_PODS, NAMED("a"), false);
	apply(store, KUBE_PODS, NAMED("c"), false);
	apply(store, KUBE_PODS, NAMED("b"), false);
	assert_int_equal(kube_store_list_end(store, KUBE_PODS), 0);
	told.length = 0;
	kube_store_list_begin(store, KUBE_PODS);
	apply(store, KUBE_PODS, NAMED("b"), false);
	/* The list starts again. Pod b was only in the list that was not finished. */
	kube_store_list_begin(store, KUBE_PODS);
	apply(store, KUBE_PODS, NAMED("c"), false);
	assert_int_equal(kube_store_list_end(store, KUBE_PODS), 0);
	expect(LINE("pod", "b", ",\"deleted\":true") LINE("pod", "a", ",\"deleted\":true"));
	assert_int_equal(kube_store_count(store, KUBE_PODS), 1);
	kube_store_free(store);
}

/* Another pod of the same name: emits the deletion of the first pod, then the second pod. Ignores
 * the deletion of the first pod that arrives later. */
static void test_replaced(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	apply(store, KUBE_PODS, UID("p", "1"), false);
	told.length = 0;
	apply(store, KUBE_PODS, UID("p", "2"), false);
	expect(LINE("pod", "p", ",\"uid\":\"1\",\"deleted\":true")
		       LINE("pod", "p", ",\"uid\":\"2\""));
	apply(store, KUBE_PODS, UID("p", "1"), true);
	expect("");
	apply(store, KUBE_PODS, UID("p", "2"), true);
	expect(LINE("pod", "p", ",\"uid\":\"2\",\"deleted\":true"));
	kube_store_free(store);
}

#define WORKLOAD_LINE(name, type, rest) LINE("workload", name, ",\"type\":\"" type "\"" rest)

static void test_owners(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	apply(store, KUBE_REPLICASETS, OWNED("web-1", "Deployment", "web"), false);
	apply(store, KUBE_REPLICASETS, NAMED("bare"), false);
	expect(WORKLOAD_LINE("web-1", "ReplicaSet", OWNER("Deployment", "web"))
		       WORKLOAD_LINE("bare", "ReplicaSet", ""));
	apply(store, KUBE_PODS, OWNED("p1", "ReplicaSet", "web-1"), false);
	expect(LINE("pod", "p1", OWNER("Deployment", "web")));
	apply(store, KUBE_PODS, OWNED("p2", "ReplicaSet", "bare"), false);
	expect(LINE("pod", "p2", OWNER("ReplicaSet", "bare")));
	/* Two pods wait for one Job that arrives later. */
	apply(store, KUBE_PODS, OWNED("p3", "Job", "backup-1"), false);
	apply(store, KUBE_PODS, OWNED("p4", "Job", "backup-1"), false);
	expect(LINE("pod", "p3", OWNER("Job", "backup-1"))
		       LINE("pod", "p4", OWNER("Job", "backup-1")));
	apply(store, KUBE_PODS, OWNED("p4", "Job", "backup-1"), true);
	told.length = 0;
	apply(store, KUBE_JOBS, OWNED("backup-1", "CronJob", "backup"), false);
	expect(WORKLOAD_LINE("backup-1", "Job", OWNER("CronJob", "backup"))
		       LINE("pod", "p3", OWNER("CronJob", "backup")));
	/* The owner is deleted before the pod. */
	apply(store, KUBE_JOBS, OWNED("backup-1", "CronJob", "backup"), true);
	expect(WORKLOAD_LINE("backup-1", "Job", OWNER("CronJob", "backup") ",\"deleted\":true"));
	apply(store, KUBE_PODS, OWNED("p3", "Job", "backup-1"), true);
	expect(LINE("pod", "p3", OWNER("CronJob", "backup") ",\"deleted\":true"));
	kube_store_free(store);
}

#define SCALED(name, wanted, present)                                                              \
	"{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\",\"ownerReferences\":[{\"kind\":" \
	"\"Deployment\",\"name\":\"web\",\"controller\":true}]},\"spec\":{\"replicas\":" wanted    \
	"},\"status\":{\"replicas\":" present "}}"

/* Emits the record of an owner only if the record changes, and the record of a ReplicaSet only
 * while it has pods. */
static void test_emitted_owners(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	apply(store, KUBE_REPLICASETS, SCALED("web-1", "0", "0"), false);
	apply(store, KUBE_PODS, OWNED("p", "ReplicaSet", "web-1"), false);
	expect(LINE("pod", "p", OWNER("Deployment", "web")));
	apply(store, KUBE_REPLICASETS, SCALED("web-2", "0", "1"), false);
	expect(WORKLOAD_LINE("web-2", "ReplicaSet", OWNER("Deployment", "web")));
	apply(store, KUBE_REPLICASETS, SCALED("web-2", "0", "0"), false);
	apply(store, KUBE_REPLICASETS, SCALED("web-1", "0", "0"), true);
	expect("");
	apply(store, KUBE_REPLICASETS, SCALED("web-1", "0", "0"), false);
	kube_store_list_begin(store, KUBE_REPLICASETS);
	assert_int_equal(kube_store_list_end(store, KUBE_REPLICASETS), 0);
	expect(WORKLOAD_LINE("web-2", "ReplicaSet", ",\"deleted\":true"));
	apply(store, KUBE_DEPLOYMENTS, NAMED("web"), false);
	apply(store, KUBE_DEPLOYMENTS, NAMED("web"), false);
	expect(WORKLOAD_LINE("web", "Deployment", ""));
	apply(store, KUBE_DEPLOYMENTS, NAMED("web"), true);
	expect(WORKLOAD_LINE("web", "Deployment", ",\"deleted\":true"));
	kube_store_free(store);
}

#define CONTROL(namespace, key, argument)                                                  \
	"{\"metadata\":{\"namespace\":\"" namespace "\",\"name\":\"api\"},\"spec\":{"      \
						    "\"containers\":[{},{\"" key           \
						    "\":[7,\"kube-apiserver\",\"" argument \
						    "\"]}]}}"
#define API_POD "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"kube-system\",\"name\":\"api\"}\n"

/* The command of the API server's pod has the range of Service addresses. */
static void test_range_of_pod(void **state)
{
	static const char range[] =
		"{\"v\":1,\"kind\":\"service_range\",\"name\":\"api\",\"source\":\"argument of pod "
		"kube-system/api\",\"cidrs\":[\"10.96.0.0/12\",\"2001:db8::/112\"]}\n" API_POD;
	static const char *const keys[] = {
		CONTROL("kube-system", "command",
			"--service-cluster-ip-range=10.96.0.0/12,2001:db8::/112,nothing,"),
		CONTROL("kube-system", "args",
			"--service-cluster-ip-range=10.96.0.0/12,2001:db8::/112"),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct kube_store *store = new_store();
		apply(store, KUBE_PODS, keys[i], false);
		expect(range);
		apply(store, KUBE_PODS, keys[i], false);
		expect("");
		kube_store_free(store);
	}
	struct kube_store *store = new_store();
	apply(store, KUBE_PODS,
	      CONTROL("kube-system", "args", "--service-cluster-ip-range-x=10.96.0.0/12"), false);
	expect(API_POD);
	apply(store, KUBE_PODS, CONTROL("n", "args", "--service-cluster-ip-range=10.96.0.0/12"),
	      false);
	expect(LINE("pod", "api", ""));
	kube_store_free(store);
}

#define API_SERVER(uid, arguments)                                                     \
	"{\"metadata\":{\"namespace\":\"kube-system\",\"name\":\"api\",\"uid\":\"" uid \
	"\"},\"spec\":{\"containers\":[{\"command\":[\"kube-apiserver\"" arguments "]}]}}"
#define API_SERVER_IS(uid)                                                                        \
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"kube-system\",\"name\":\"api\",\"uid\":\"" uid \
	"\""
#define API_RANGE "{\"v\":1,\"kind\":\"service_range\",\"name\":\"api\""

/* A new pod of the API server may have the same name as the former pod, but a different service
 * range, or no service range. */
static void test_range_of_replaced_pod(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	apply(store, KUBE_PODS, API_SERVER("u1", ",\"--service-cluster-ip-range=10.96.0.0/12\""),
	      false);
	expect(API_RANGE ",\"source\":\"argument of pod kube-system/api\",\"cidrs\":["
			 "\"10.96.0.0/12\"]}\n" API_SERVER_IS("u1") "}\n");
	apply(store, KUBE_PODS, API_SERVER("u2", ",\"--service-cluster-ip-range=10.32.0.0/16\""),
	      false);
	expect(API_RANGE ",\"source\":\"argument of pod kube-system/api\",\"cidrs\":["
			 "\"10.32.0.0/16\"]}\n" API_SERVER_IS(
				 "u1") ",\"deleted\":true}\n" API_SERVER_IS("u2") "}\n");
	apply(store, KUBE_PODS, API_SERVER("u3", ""), false);
	expect(API_RANGE ",\"deleted\":true}\n" API_SERVER_IS(
		"u2") ",\"deleted\":true}\n" API_SERVER_IS("u3") "}\n");
	apply(store, KUBE_PODS, API_SERVER("u4", ""), false);
	expect(API_SERVER_IS("u3") ",\"deleted\":true}\n" API_SERVER_IS("u4") "}\n");
	kube_store_free(store);
}

#define SLICE(name, service, ip)                                                                \
	"{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\",\"labels\":{"                 \
	"\"kubernetes.io/service-name\":\"" service "\"}},\"endpoints\":[{\"addresses\":[\"" ip \
	"\"]}],\"ports\":[{\"port\":80}]}"
#define ENDPOINT(ip) "{\"ip\":\"" ip "\",\"port\":80,\"protocol\":\"TCP\"}"

static void test_service_parts(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	/* No service is emitted until the slices have been listed. */
	apply(store, KUBE_SERVICES, NAMED("s"), false);
	expect("");
	kube_store_list_begin(store, KUBE_SLICES);
	apply(store, KUBE_SLICES, SLICE("s-2", "s", "198.51.100.2"), false);
	apply(store, KUBE_SLICES, SLICE("s-1", "s", "198.51.100.1"), false);
	apply(store, KUBE_SLICES, SLICE("t-1", "t", "198.51.100.3"), false);
	expect("");
	assert_int_equal(kube_store_list_end(store, KUBE_SLICES), 0);
	assert_int_equal(kube_store_flush(store), 0);
	expect(LINE("service", "s",
		    ",\"endpoints\":[" ENDPOINT("198.51.100.1") "," ENDPOINT("198.51.100.2") "]"));
	/* A slice moves to another service. The other service is listed only after the move. */
	apply(store, KUBE_SLICES, SLICE("s-2", "t", "198.51.100.2"), false);
	expect(LINE("service", "s", ",\"endpoints\":[" ENDPOINT("198.51.100.1") "]"));
	apply(store, KUBE_SERVICES, NAMED("t"), false);
	expect(LINE("service", "t",
		    ",\"endpoints\":[" ENDPOINT("198.51.100.2") "," ENDPOINT("198.51.100.3") "]"));
	apply(store, KUBE_SLICES, SLICE("s-1", "s", "198.51.100.1"), true);
	expect(LINE("service", "s", ""));
	apply(store, KUBE_SERVICES, NAMED("s"), true);
	expect(LINE("service", "s", ",\"deleted\":true"));
	/* An empty list of services deletes service t, although its slices still exist. An empty
	 * list of slices then emits nothing. */
	kube_store_list_begin(store, KUBE_SERVICES);
	assert_int_equal(kube_store_list_end(store, KUBE_SERVICES), 0);
	expect(LINE("service", "t", ",\"deleted\":true"));
	kube_store_list_begin(store, KUBE_SLICES);
	assert_int_equal(kube_store_list_end(store, KUBE_SLICES), 0);
	expect("");
	assert_int_equal(kube_store_count(store, KUBE_SERVICES), 0);
	kube_store_free(store);
}

static void test_without_slices(void **state)
{
	struct kube_store *store = new_store();

	(void)state;
	kube_store_set_available(store, KUBE_SLICES, false);
	apply(store, KUBE_SERVICES, NAMED("s"), false);
	expect(LINE("service", "s", ""));
	kube_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_nodes_and_namespaces),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_workloads),
		cmocka_unit_test(test_service_ranges),
		cmocka_unit_test(test_range_of_pod),
		cmocka_unit_test(test_range_of_replaced_pod),
		cmocka_unit_test(test_emitted_once),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_emitted_owners),
		cmocka_unit_test(test_service_parts),
		cmocka_unit_test(test_without_slices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests_name("kube_objects", tests, NULL, NULL);
	free(told.data);
	return failed;
}
