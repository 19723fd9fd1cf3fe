/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/agent_objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"

/* The last resort for a pod whose owner has died without a trace. */
#define DEADLINE_SECONDS (UINT64_C(12) * 60 * 60)

/* A one-shot agent ends when nobody was connected for this time. The heartbeat of its streams ends
 * after half of it (cluster.c), and streams are connected again within seconds. */
#define IDLE "60s"

/* The memory of a node with 100,000 connections at once is below this. */
#define MEMORY_LIMIT "512Mi"

/* The longest key or value of a label, with its prefix (apimachinery, validation.go). */
#define LABEL_SIZE 320

/* The capabilities of an agent. README, "The rights of agents", says what each is for. */
static const char *const agent_capabilities[] = {"BPF", "PERFMON", "NET_ADMIN"};

/* Adds "key=value,…" to an object. Returns NULL, or why the text cannot be used. `object` may be
 * NULL. */
static const char *agent_add_pairs(json_t *object, const char *text)
{
	char key[LABEL_SIZE];
	char value[LABEL_SIZE];

	while (text && *text) {
		size_t length = strcspn(text, ",");
		size_t equals = strcspn(text, "=");
		if (equals == 0 || equals >= length || equals >= sizeof(key) ||
		    length - equals > sizeof(value))
			return "key=value was expected, split by commas";
		snprintf(key, sizeof(key), "%.*s", (int)equals, text);
		snprintf(value, sizeof(value), "%.*s", (int)(length - equals - 1),
			 text + equals + 1);
		if (object && json_object_set_new(object, key, json_string(value)))
			return "text in UTF-8 was expected";
		text += length + (text[length] == ',');
	}
	return NULL;
}

const char *agent_options_refuse(const struct agent_options *options)
{
	const char *refused = agent_add_pairs(NULL, options->limits);

	return refused ? refused : agent_add_pairs(NULL, options->labels);
}

static json_t *agent_labels(const struct agent_options *options, const char *component,
			    const char *run)
{
	json_t *labels = json_pack("{s:s, s:s, s:s*}", AGENT_LABEL_NAME, "polecat",
				   AGENT_LABEL_COMPONENT, component, AGENT_LABEL_RUN, run);

	if (labels)
		(void)agent_add_pairs(labels, options->labels);
	return labels;
}

/* Returns the metadata of an object. Steals the labels. */
static json_t *agent_metadata(const char *name, const char *namespace_name, json_t *labels)
{
	return json_pack("{s:s, s:s*, s:o*}", "name", name, "namespace", namespace_name, "labels",
			 labels);
}

static json_t *agent_security(const struct agent_options *options)
{
	json_t *added = json_array();

	if (options->privileged) {
		json_decref(added);
		return json_pack("{s:i, s:b, s:b}", "runAsUser", 0, "privileged", 1,
				 "readOnlyRootFilesystem", 1);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(agent_capabilities); i++)
		json_array_append_new(added, json_string(agent_capabilities[i]));
	return json_pack("{s:i, s:b, s:b, s:{s:[s], s:o}}", "runAsUser", 0,
			 "readOnlyRootFilesystem", 1, "allowPrivilegeEscalation", 0, "capabilities",
			 "drop", "ALL", "add", added);
}

static json_t *agent_resources(const struct agent_options *options)
{
	json_t *limits = json_object();

	(void)agent_add_pairs(limits, options->limits ? options->limits : "memory=" MEMORY_LIMIT);
	return json_pack("{s:{s:s, s:s}, s:o}", "requests", "cpu", "10m", "memory", "32Mi",
			 "limits", limits);
}

/* A folder of the node that an agent sees. */
struct agent_folder {
	const char *name;
	const char *path;
	const char *type; /* of the hostPath */
	const char *mount_path;
	bool writable;
};

/* Adds a volume, or with `mounts` the place in which the container sees it. */
static void agent_add_volume(json_t *volumes, const struct agent_folder *folder, bool mounts)
{
	if (mounts)
		json_array_append_new(volumes, json_pack("{s:s, s:s, s:b}", "name", folder->name,
							 "mountPath", folder->mount_path,
							 "readOnly", !folder->writable));
	else
		json_array_append_new(volumes, json_pack("{s:s, s:{s:s, s:s}}", "name",
							 folder->name, "hostPath", "path",
							 folder->path, "type", folder->type));
}

/* Returns the volumes, or with `mounts` the places in which the container sees them. */
static json_t *agent_volumes(const struct agent_options *options, bool mounts)
{
	static const struct agent_folder fixed[] = {
		/* Cgroups, sockets of container runtimes, the kubelet's log links. */
		{"host", "/", "Directory", AGENT_HOST_ROOT, false},
		/* The ids of tracepoints. A container's own /sys has no tracefs. */
		{"tracing", "/sys/kernel/tracing", "Directory", "/sys/kernel/tracing", false},
	};
	const struct agent_folder recorder = {"recorder", options->recorder, "DirectoryOrCreate",
					      "/var/lib/polecat", true};
	json_t *volumes = json_array();

	for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++)
		agent_add_volume(volumes, &fixed[i], mounts);
	if (options->recorder)
		agent_add_volume(volumes, &recorder, mounts);
	return volumes;
}

/* Returns the specification of an agent's pod. A one-shot agent ends by itself. */
static json_t *agent_pod(const struct agent_options *options, bool one_shot)
{
	json_t *command =
		one_shot ? json_pack("[s, s, s, s]", "polecat", "agent", "--exit-when-idle", IDLE)
			 : json_pack("[s, s]", "polecat", "agent");
	json_t *container =
		json_pack("{s:s, s:s, s:s, s:o, s:[{s:s, s:{s:{s:s}}}], s:o, s:o, s:o}", "name",
			  AGENT_CONTAINER, "image", options->image ? options->image : POLECAT_IMAGE,
			  "imagePullPolicy",
			  options->pull_policy ? options->pull_policy : "IfNotPresent", "command",
			  command, "env", "name", "NODE_NAME", "valueFrom", "fieldRef", "fieldPath",
			  "spec.nodeName", "resources", agent_resources(options), "securityContext",
			  agent_security(options), "volumeMounts", agent_volumes(options, true));

	/* All taints are tolerated: a node with a problem is one to look at. The numbers of
	 * processes are those of the node (hostPID). Its conntrack, which knows the backends of
	 * Services, and its addresses are those of its network namespace (hostNetwork). */
	return json_pack("{s:b, s:b, s:b, s:b, s:i, s:[{s:s}], s:[o], s:o}", "hostPID", 1,
			 "hostNetwork", 1, "automountServiceAccountToken", 0, "enableServiceLinks",
			 0, "terminationGracePeriodSeconds", 2, "tolerations", "operator", "Exists",
			 "containers", container, "volumes", agent_volumes(options, false));
}

json_t *agent_objects_pods(const struct agent_options *options, const char *run,
			   const struct agent_place *places, size_t count)
{
	uint64_t deadline = options->deadline_ns
				    ? (options->deadline_ns + NS_PER_SECOND - 1) / NS_PER_SECOND
				    : DEADLINE_SECONDS;
	json_t *items = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *spec = agent_pod(options, true);
		json_object_set_new(spec, "nodeName", json_string(places[i].node));
		json_object_set_new(spec, "restartPolicy", json_string("Never"));
		json_object_set_new(spec, "activeDeadlineSeconds",
				    json_integer((json_int_t)deadline));
		json_t *pod = json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "Pod",
					"metadata",
					agent_metadata(places[i].pod, options->namespace_name,
						       agent_labels(options, "one-shot", run)),
					"spec", spec);
		if (json_array_append_new(items, pod)) {
			json_decref(items);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", items);
}

/* --- polecat deploy --- */

static json_t *agent_object(const char *api_version, const char *kind, json_t *metadata)
{
	return json_pack("{s:s, s:s, s:o}", "apiVersion", api_version, "kind", kind, "metadata",
			 metadata);
}

/* Returns a rule of the core group. Steals the verbs. */
static json_t *agent_rule(const char *resource, json_t *verbs)
{
	return json_pack("{s:[s], s:[s], s:o}", "apiGroups", "", "resources", resource, "verbs",
			 verbs);
}

/* Returns the Role of people who may watch through the agents. */
static json_t *agent_viewer_role(const char *namespace_name, json_t *labels)
{
	json_t *role = agent_object("rbac.authorization.k8s.io/v1", "Role",
				    agent_metadata("polecat-viewer", namespace_name, labels));

	json_object_set_new(role, "rules",
			    json_pack("[o, o]",
				      agent_rule("pods", json_pack("[s, s]", "get", "list")),
				      agent_rule("pods/exec", json_pack("[s]", "create"))));
	return role;
}

static json_t *agent_daemon_set(const struct agent_options *options, const char *namespace_name)
{
	json_t *set = agent_object(
		"apps/v1", "DaemonSet",
		agent_metadata("polecat", namespace_name, agent_labels(options, "agent", NULL)));
	json_t *pod = agent_pod(options, false);

	json_object_set_new(pod, "serviceAccountName", json_string("polecat"));
	json_object_set_new(pod, "nodeSelector", json_pack("{s:s}", "kubernetes.io/os", "linux"));
	/* A rollout replaces the agents of a tenth of the nodes at a time. */
	json_object_set_new(set, "spec",
			    json_pack("{s:{s:{s:s, s:s}}, s:{s:s, s:{s:s}}, s:{s:{s:o}, s:o}}",
				      "selector", "matchLabels", AGENT_LABEL_NAME, "polecat",
				      AGENT_LABEL_COMPONENT, "agent", "updateStrategy", "type",
				      "RollingUpdate", "rollingUpdate", "maxUnavailable", "10%",
				      "template", "metadata", "labels",
				      agent_labels(options, "agent", NULL), "spec", pod));
	return set;
}

static json_t *agent_namespace(const char *name, json_t *labels)
{
	/* Agents see the host, which Pod Security admission allows at this level only. */
	json_object_set_new(labels, "pod-security.kubernetes.io/enforce",
			    json_string("privileged"));
	return agent_object("v1", "Namespace", agent_metadata(name, NULL, labels));
}

json_t *agent_objects_deploy(const struct agent_options *options)
{
	const char *name = options->namespace_name ? options->namespace_name : AGENT_NAMESPACE;
	json_t *labels = agent_labels(options, "agent", NULL);
	json_t *objects = json_array();
	bool owned = strcmp(name, AGENT_NAMESPACE) == 0;

	json_t *account = agent_object("v1", "ServiceAccount",
				       agent_metadata("polecat", name, json_deep_copy(labels)));
	json_object_set_new(account, "automountServiceAccountToken", json_false());
	if (owned)
		json_array_append_new(objects, agent_namespace(name, json_deep_copy(labels)));
	json_array_append_new(objects, account);
	json_array_append_new(objects, agent_viewer_role(name, labels));
	if (json_array_append_new(objects, agent_daemon_set(options, name)) == 0 &&
	    json_array_size(objects) == 3 + (size_t)owned)
		return objects;
	json_decref(objects);
	return NULL;
}
