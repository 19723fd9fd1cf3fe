/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/group_labels.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

#define KNATIVE_REVISION "serving.knative.dev/revision"

/*
 * Labels that controllers set for each pod, run, revision, role or node (apps/v1, batch/v1 and
 * core/v1 types.go, well_known_labels.go, and the constants of the operators below). Also labels
 * that change with each release of a chart (recommended labels of Kubernetes and Helm). Sorted.
 */
static const char *const volatile_labels[] = {
	"app.kubernetes.io/managed-by",
	"app.kubernetes.io/version",
	"apps.kruise.io/cloneset-instance-id",
	"apps.kubernetes.io/pod-index",
	"batch.kubernetes.io/controller-uid",
	"batch.kubernetes.io/job-completion-index",
	"batch.kubernetes.io/job-name",
	/* CloudNativePG: the role moves at a failover. */
	"cnpg.io/instanceName",
	"cnpg.io/instanceRole",
	GROUP_REVISION_HASH,
	"controller-uid",
	/* Elastic Cloud on Kubernetes */
	"elasticsearch.k8s.elastic.co/config-hash",
	"elasticsearch.k8s.elastic.co/version",
	"failure-domain.beta.kubernetes.io/region",
	"failure-domain.beta.kubernetes.io/zone",
	"helm.sh/chart",
	/* Istio */
	"istio.io/rev",
	"job-name",
	"jobset.sigs.k8s.io/job-global-index",
	"jobset.sigs.k8s.io/job-index",
	"jobset.sigs.k8s.io/job-key",
	"jobset.sigs.k8s.io/restart-attempt",
	/* KubeBlocks: the role moves at a failover. */
	"kubeblocks.io/role",
	"kubevirt.io/created-by",
	"kubevirt.io/migrationJobUID",
	"kubevirt.io/nodeName",
	"leaderworkerset.sigs.k8s.io/group-index",
	"leaderworkerset.sigs.k8s.io/group-key",
	"leaderworkerset.sigs.k8s.io/template-revision-hash",
	"leaderworkerset.sigs.k8s.io/worker-index",
	/* OpenKruise */
	"lifecycle.apps.kruise.io/state",
	/* MySQL of Oracle: the role moves at a failover. */
	"mysql.oracle.com/cluster-role",
	"operator.prometheus.io/shard",
	"pod-template-generation",
	GROUP_TEMPLATE_HASH,
	/* Redis of OpsTree and Spotahome: the role moves at a failover. */
	"redis-role",
	"redisfailovers-role",
	/* Argo Rollouts */
	GROUP_ROLLOUT_HASH,
	/* Istio */
	"service.istio.io/canonical-revision",
	/* Knative */
	"serving.knative.dev/configurationGeneration",
	"serving.knative.dev/configurationUID",
	KNATIVE_REVISION,
	GROUP_KNATIVE_UID,
	"serving.knative.dev/routingState",
	"serving.knative.dev/serviceUID",
	/* Spark */
	"spark-app-selector",
	"spark-exec-id",
	"spark-exec-resourceprofile-id",
	"spark-version",
	"sparkoperator.k8s.io/submission-id",
	/* PostgreSQL of Zalando and Patroni: the role moves at a failover. */
	"spilo-role",
	GROUP_STATEFULSET_POD,
	/* Strimzi */
	"strimzi.io/pod-name",
	/* Tekton */
	"tekton.dev/pipelineRun",
	"tekton.dev/pipelineRunUID",
	"tekton.dev/taskRun",
	"tekton.dev/taskRunUID",
	"topology.kubernetes.io/region",
	"topology.kubernetes.io/zone",
	"triggers.tekton.dev/triggers-eventid",
	/* Vault: the state of the server */
	"vault-active",
	"vault-initialized",
	"vault-perf-standby",
	"vault-sealed",
	"vault-version",
	GROUP_VERSION,
	/* Argo Workflows */
	"workflows.argoproj.io/completed",
	"workflows.argoproj.io/resubmitted-from-workflow",
	"workflows.argoproj.io/workflow",
};

/* Labels with common names. They are volatile only if the pod also has the label `beside`, because
 * that label shows which program set them. With `same`, both labels must have the same value. */
static const struct {
	const char *key;
	const char *beside;
	bool same;
} volatile_beside[] = {
	/* Airflow: a run of a task */
	{"airflow-worker", "dag_id", false},
	{"airflow_version", "dag_id", false},
	{"map_index", "dag_id", false},
	{"run_id", "dag_id", false},
	{"try_number", "dag_id", false},
	/* Knative */
	{"app", KNATIVE_REVISION, true},
	/* OpenShift: the revision */
	{"deployment", "deploymentconfig", false},
	/* PostgreSQL of Crunchy Data: the role of an instance. Other pods have a fixed role. */
	{"postgres-operator.crunchydata.com/role", "postgres-operator.crunchydata.com/instance",
	 false},
	/* CloudNativePG: primary or replica */
	{"role", "cnpg.io/cluster", false},
};

/* No volatile label is shorter. Many stable labels are: app, tier, run, name. */
#define VOLATILE_LENGTH_MIN (sizeof(GROUP_VERSION) - 1)

static int group_labels_compare_keys(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

bool group_labels_is_stable(const struct labels *labels, size_t index)
{
	const struct label *label = &labels->items[index];

	if (strnlen(label->key, VOLATILE_LENGTH_MIN) == VOLATILE_LENGTH_MIN &&
	    bsearch(label->key, volatile_labels, ARRAY_LENGTH(volatile_labels),
		    sizeof(volatile_labels[0]), group_labels_compare_keys))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(volatile_beside); i++) {
		/* Most keys differ in the first character. */
		if (label->key[0] != volatile_beside[i].key[0] ||
		    strcmp(label->key, volatile_beside[i].key) != 0)
			continue;
		const char *beside = labels_get(labels, volatile_beside[i].beside);
		if (beside && (!volatile_beside[i].same || strcmp(beside, label->value) == 0))
			return false;
	}
	return true;
}

bool group_labels_outlives_rollout(const char *key)
{
	return strcmp(key, GROUP_ROLLOUT_HASH) != 0 && strcmp(key, GROUP_TEMPLATE_HASH) != 0 &&
	       strcmp(key, GROUP_REVISION_HASH) != 0;
}

size_t group_labels_next_stable(const struct labels *labels, size_t from)
{
	while (from < labels->count && !group_labels_is_stable(labels, from))
		from++;
	return from;
}

const struct label *group_labels_find_job(const struct labels *labels)
{
	static const char *const keys[] = {"batch.kubernetes.io/job-name", "job-name"};

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		for (size_t k = 0; k < labels->count; k++) {
			if (strcmp(labels->items[k].key, keys[i]) == 0)
				return &labels->items[k];
		}
	}
	return NULL;
}
