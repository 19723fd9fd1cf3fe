/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: the labels of selectors, the owners of pods, the pods that share a policy, and names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/draft/group_selector.h"
#include "core/policy/draft/name.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/record.h"
#include "tests/support/scenario.h"

/* A pod as the tests write it. labels are "key=value key=value". */
struct pod_text {
	const char *name;
	const char *labels;
	const char *owner_kind; /* NULL: none */
	const char *owner_name;
};

static struct pod_record *make_pod(const struct pod_text *text)
{
	struct pod_record *pod = calloc(1, sizeof(*pod));
	char *labels = strdup(text->labels);
	char *rest = NULL;

	pod->namespace_name = strdup("shop");
	pod->name = strdup(text->name);
	if (text->owner_kind) {
		pod->owner_kind = strdup(text->owner_kind);
		pod->owner_name = strdup(text->owner_name);
	}
	for (char *label = strtok_r(labels, " ", &rest); label;
	     label = strtok_r(NULL, " ", &rest)) {
		char *equals = strchr(label, '=');
		*equals = '\0';
		assert_int_equal(labels_set(&pod->labels, label, equals + 1), 0);
	}
	free(labels);
	return pod;
}

/* Formats a selector as "key=value key=value". */
static void selector_text(const struct netpol_selector *selector, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < selector->labels.count; i++)
		length += (size_t)snprintf(out + length, size - length, "%s%s=%s", i > 0 ? " " : "",
					   selector->labels.items[i].key,
					   selector->labels.items[i].value);
}

struct selector_case {
	struct pod_text pod;
	enum group_status status;
	const char *selector;
};

static const struct selector_case selectors[] = {
	{{"a", "", NULL, NULL}, GROUP_NO_LABELS, NULL},
	{{"a", "app=web", NULL, NULL}, GROUP_OK, "app=web"},
	{{"a", "app=web pod-template-hash=1", NULL, NULL}, GROUP_OK, "app=web"},
	{{"a",
	  "a=1 controller-revision-hash=x pod-template-generation=1 "
	  "statefulset.kubernetes.io/pod-name=a apps.kubernetes.io/pod-index=0 controller-uid=u "
	  "batch.kubernetes.io/controller-uid=u job-name=j batch.kubernetes.io/job-name=j "
	  "batch.kubernetes.io/job-completion-index=0 topology.kubernetes.io/zone=z "
	  "topology.kubernetes.io/region=r failure-domain.beta.kubernetes.io/zone=z "
	  "failure-domain.beta.kubernetes.io/region=r app.kubernetes.io/version=1 "
	  "app.kubernetes.io/managed-by=Helm helm.sh/chart=c",
	  NULL, NULL},
	 GROUP_OK,
	 "a=1"},
	{{"a", "app.kubernetes.io/instance=i app.kubernetes.io/name=n", NULL, NULL},
	 GROUP_OK,
	 "app.kubernetes.io/instance=i app.kubernetes.io/name=n"},
	{{"a", "app=s version=1 istio.io/rev=x service.istio.io/canonical-revision=1", NULL, NULL},
	 GROUP_OK,
	 "app=s"},
	{{"a", "app=h-1 serving.knative.dev/revision=h-1 serving.knative.dev/service=h", NULL,
	  NULL},
	 GROUP_OK,
	 "serving.knative.dev/service=h"},
	{{"a", "app=h deployment=h-1 deploymentconfig=h", NULL, NULL},
	 GROUP_OK,
	 "app=h deploymentconfig=h"},
	{{"a", "deployment=h", NULL, NULL}, GROUP_OK, "deployment=h"},
	{{"a", "cnpg.io/cluster=c cnpg.io/instanceRole=primary role=primary", NULL, NULL},
	 GROUP_OK,
	 "cnpg.io/cluster=c"},
	{{"a", "role=client", NULL, NULL}, GROUP_OK, "role=client"},
	{{"a", "cluster-name=c role=api", NULL, NULL}, GROUP_OK, "cluster-name=c role=api"},
	{{"a", "app=redis tier=backend role=master", NULL, NULL},
	 GROUP_OK,
	 "app=redis role=master tier=backend"},
	{{"a", "app=r redis-role=leader redisfailovers-role=master", NULL, NULL},
	 GROUP_OK,
	 "app=r"},
	{{"a", "app=v vault-active=true vault-sealed=false vault-version=1.15", NULL, NULL},
	 GROUP_OK,
	 "app=v"},
	{{"a",
	  "kubevirt.io=virt-launcher kubevirt.io/created-by=u kubevirt.io/nodeName=n "
	  "vm.kubevirt.io/name=vm",
	  NULL, NULL},
	 GROUP_OK,
	 "kubevirt.io=virt-launcher vm.kubevirt.io/name=vm"},
	{{"a",
	  "postgres-operator.crunchydata.com/cluster=c "
	  "postgres-operator.crunchydata.com/instance=i "
	  "postgres-operator.crunchydata.com/role=master",
	  NULL, NULL},
	 GROUP_OK,
	 "postgres-operator.crunchydata.com/cluster=c "
	 "postgres-operator.crunchydata.com/instance=i"},
	{{"a",
	  "postgres-operator.crunchydata.com/cluster=c "
	  "postgres-operator.crunchydata.com/role=pgbouncer",
	  NULL, NULL},
	 GROUP_OK,
	 "postgres-operator.crunchydata.com/cluster=c "
	 "postgres-operator.crunchydata.com/role=pgbouncer"},
	{{"a", "dag_id=d run_id=manual try_number=2 airflow-worker=7", NULL, NULL},
	 GROUP_OK,
	 "dag_id=d"},
	{{"a", "run_id=x", NULL, NULL}, GROUP_OK, "run_id=x"},
	{{"a", "spark-app-selector=x spark-exec-id=1 spark-role=executor", NULL, NULL},
	 GROUP_OK,
	 "spark-role=executor"},
	{{"a", "role/control= app=n", NULL, NULL}, GROUP_OK, "app=n role/control="},
	{{"a-1-b", "pod-template-hash=1", "ReplicaSet", "a-1"}, GROUP_VOLATILE_LABELS, NULL},
	{{"a", "job-name=migrate controller-uid=u", "Job", "migrate"},
	 GROUP_OK,
	 "job-name=migrate"},
	{{"a", "job-name=m batch.kubernetes.io/job-name=m", "Job", "m"},
	 GROUP_OK,
	 "batch.kubernetes.io/job-name=m"},
	{{"a", "job-name=migrate", NULL, NULL}, GROUP_OK, "job-name=migrate"},
	{{"a", "job-name=report-28812345", "Job", "report-28812345"}, GROUP_VOLATILE_LABELS, NULL},
	{{"a", "job-name=report-28812345", "CronJob", "report"}, GROUP_VOLATILE_LABELS, NULL},
	{{"a", "job-name=", "Job", "m"}, GROUP_VOLATILE_LABELS, NULL},
	{{"a", "app=not/a/value", NULL, NULL}, GROUP_BAD_LABELS, NULL},
	{{"a", "app=web -bad=1", NULL, NULL}, GROUP_BAD_LABELS, NULL},
	{{"a", "job-name=not/valid", "Job", "x"}, GROUP_BAD_LABELS, NULL},
};

static void test_selectors(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
		const struct selector_case *c = &selectors[i];
		struct pod_record *pod = make_pod(&c->pod);
		struct arena arena = {.newest = NULL};
		char text[512];

		if (group_pod_labels(NULL, pod) != c->status)
			fail_msg("'%s': status %d", c->pod.labels, group_pod_labels(NULL, pod));
		if (c->status == GROUP_OK) {
			const struct netpol_selector *selector = group_selector(&arena, NULL, pod);
			assert_non_null(selector);
			selector_text(selector, text, sizeof(text));
			assert_string_equal(text, c->selector);
			assert_true(netpol_selector_matches(selector, &pod->labels));
		}
		arena_free(&arena);
		pod_record_free(pod);
	}
}

/* Records of owners, in which `'` stands for `"`. */
#define OWNER(type, name, selector, rest)                                                      \
	"{'v':1,'kind':'workload','namespace':'shop','name':'" name "','type':'" type "'" rest \
	",'selector':{" selector "}}"
#define OWNED_BY(kind, name) ",'owner':{'kind':'" kind "','name':'" name "'}"

/* A pod with the records of its owners, and the expected workload and selector. */
struct owner_case {
	const char *owners[3];
	struct pod_text pod;
	const char *kind; /* the kind of the workload */
	const char *selector;
};

static const struct owner_case owner_cases[] = {
	/* The owner's selector selects the pods, whatever the pods' other labels are. */
	{{OWNER("Deployment", "web", "'app':'web','version':'v1'", "")},
	 {"web-1-a", "app=web tier=x version=v1", "Deployment", "web"},
	 "Deployment",
	 "app=web version=v1"},
	{{OWNER("StatefulSet", "db", "'app':'db'", "")},
	 {"db-0", "app=db role=primary", "StatefulSet", "db"},
	 "StatefulSet",
	 "app=db"},
	{{OWNER("DaemonSet", "log", "'version':'1'", "")},
	 {"log-a", "version=1 controller-revision-hash=x", "DaemonSet", "log"},
	 "DaemonSet",
	 "version=1"},
	/* Knative makes a Deployment for each revision. */
	{{OWNER("Deployment", "h-1", "'serving.knative.dev/revisionUID':'u'", "")},
	 {"h-1-a",
	  "app=h-1 serving.knative.dev/revision=h-1 serving.knative.dev/revisionUID=u "
	  "serving.knative.dev/service=h",
	  "Deployment", "h-1"},
	 "Deployment",
	 "serving.knative.dev/service=h"},
	/* The ReplicaSet's record leads to the Deployment, although the names differ. */
	{{OWNER("ReplicaSet", "odd", "'app':'web','pod-template-hash':'1'",
		OWNED_BY("Deployment", "web")),
	  OWNER("Deployment", "web", "'app':'web'", "")},
	 {"odd-a", "app=web tier=x pod-template-hash=1", "ReplicaSet", "odd"},
	 "Deployment",
	 "app=web"},
	/*
	 * If the Deployment has no record, the draft uses the selector of its ReplicaSet without
	 * the label pod-template-hash.
	 */
	{{OWNER("ReplicaSet", "web-1", "'app':'web','pod-template-hash':'1'",
		OWNED_BY("Deployment", "web"))},
	 {"web-1-a", "app=web tier=x pod-template-hash=1", "Deployment", "web"},
	 "Deployment",
	 "app=web"},
	{{OWNER("ReplicaSet", "web-1", "'app':'web','rollouts-pod-template-hash':'1'",
		OWNED_BY("Rollout", "web"))},
	 {"web-1-a", "app=web tier=x rollouts-pod-template-hash=1", "Rollout", "web"},
	 "Rollout",
	 "app=web"},
	{{OWNER("ReplicaSet", "web", "'app':'web'", "")},
	 {"web-a", "app=web tier=x", "ReplicaSet", "web"},
	 "ReplicaSet",
	 "app=web"},
	/* The UID in a Job's selector belongs to one run, so a draft uses the Job's name. */
	{{OWNER("Job", "m", "'batch.kubernetes.io/controller-uid':'u'", "")},
	 {"m-a", "batch.kubernetes.io/controller-uid=u batch.kubernetes.io/job-name=m", "Job", "m"},
	 "Job",
	 "batch.kubernetes.io/job-name=m"},
	{{OWNER("Job", "m", "'app':'m'", "")}, {"m-a", "app=m tier=x", "Job", "m"}, "Job", "app=m"},
	{{OWNER("Job", "r-x", "'controller-uid':'u'", OWNED_BY("CronJob", "r"))},
	 {"r-x-a", "app=r controller-uid=u", "Job", "r-x"},
	 "CronJob",
	 "app=r"},
	/* If the owner of a Job is not a CronJob, each run of that owner may create another Job, so
	 * the draft uses the pod's labels. */
	{{OWNER("Job", "step", "'app':'x'", OWNED_BY("Workflow", "build"))},
	 {"step-a", "app=x tier=y", "Job", "step"},
	 NULL,
	 "app=x tier=y"},
	/* The draft uses the pod's labels if the owner's selector has expressions, does not match
	 * the pod or is empty. */
	{{"{'v':1,'kind':'workload','namespace':'shop','name':'web','type':'Deployment','selector':"
	  "{'app':'web'},'expressions':['tier in (x,y)']}"},
	 {"web-1-a", "app=web tier=x", "Deployment", "web"},
	 "Deployment",
	 "app=web tier=x"},
	{{OWNER("Deployment", "web", "'app':'other'", "")},
	 {"web-1-a", "app=web tier=x", "Deployment", "web"},
	 "Deployment",
	 "app=web tier=x"},
	{{OWNER("Deployment", "web", "", "")},
	 {"web-1-a", "app=web tier=x", "Deployment", "web"},
	 "Deployment",
	 "app=web tier=x"},
};

static void check_owner_case(const struct owner_case *c)
{
	struct state *state = scenario_new();
	struct pod_record *pod = make_pod(&c->pod);
	struct group_rules rules = {.workloads = state_workloads(state)};
	struct arena arena = {.newest = NULL};
	struct group group;
	char text[512];

	for (size_t i = 0; i < 3 && c->owners[i]; i++)
		scenario_add(state, "%s", c->owners[i]);
	group_of_pod(rules.workloads, pod, &group);
	if (c->kind)
		assert_string_equal(group.kind, c->kind);
	else
		assert_null(group.kind);
	assert_int_equal(group_status(rules.workloads, &group), GROUP_OK);
	assert_int_equal(group_split(&group, &rules), 0);
	assert_false(group.by_labels);
	const struct netpol_selector *selector = group_selector(&arena, &rules, pod);
	assert_non_null(selector);
	selector_text(selector, text, sizeof(text));
	assert_string_equal(text, c->selector);
	bool has_version = labels_get(&selector->labels, "version") != NULL;
	bool drops_version = group_drops_version(rules.workloads, pod);
	assert_int_equal(drops_version, labels_get(&pod->labels, "version") && !has_version);
	group_rules_clear(&rules);
	arena_free(&arena);
	pod_record_free(pod);
	state_free(state);
}

static void test_owners(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(owner_cases) / sizeof(owner_cases[0]); i++)
		check_owner_case(&owner_cases[i]);
}

/*
 * If the owner's selector is known, its pods are one workload even without a common stable label.
 */
static void test_one_owner_is_one_workload(void **context)
{
	static const char pod[] = "{'v':1,'kind':'pod','namespace':'shop','name':'%s','labels':"
				  "{'version':'1','pod':'%s'},'owner':{'kind':'Sts','name':'x'}}";
	struct group_rules rules = {.ignored = "version"};
	struct arena arena = {.newest = NULL};
	struct group group;

	(void)context;
	for (int known = 0; known < 2; known++) {
		struct state *state = scenario_new();
		rules.workloads = state_workloads(state);
		scenario_add(state, pod, "x-0", "0");
		scenario_add(state, pod, "x-1", "1");
		if (known)
			scenario_add(state, OWNER("Sts", "x", "'version':'1'", ""));
		const struct pod_record *first = workloads_pod(rules.workloads, "shop", "x-0");
		group_of_pod(rules.workloads, first, &group);
		assert_int_equal(group_split(&group, &rules), 0);
		assert_int_equal(group.by_labels, !known);
		/* --ignore-label also applies to the owner's selector. */
		const struct netpol_selector *selector = group_selector(&arena, &rules, first);
		assert_int_equal(selector->labels.count, !known);
		group_rules_clear(&rules);
		state_free(state);
	}
	arena_free(&arena);
}

struct name_case {
	struct pod_text pod;
	const char *kind; /* NULL: none */
	const char *name; /* of the policy; `*` at the end stands for a hash */
};

static const struct name_case names[] = {
	{{"mypod", "run=mypod", NULL, NULL}, NULL, "mypod"},
	{{"x", "app=web tier=front", NULL, NULL}, NULL, "web"},
	{{"x", "app.kubernetes.io/name=redis app.kubernetes.io/instance=a", NULL, NULL},
	 NULL,
	 "redis-a"},
	{{"x", "app.kubernetes.io/name=web app.kubernetes.io/instance=web", NULL, NULL},
	 NULL,
	 "web"},
	{{"x", "role=client", NULL, NULL}, NULL, "role-client"},
	{{"x", "example.com/role=client", NULL, NULL}, NULL, "role-client"},
	{{"x", "role/control=", NULL, NULL}, NULL, "control"},
	{{"x", "app=1.0", NULL, NULL}, NULL, "1.0"},
	{{"x", "app=Web_1", NULL, NULL}, NULL, "web-1-*"},
	{{"x", "app=a._b", NULL, NULL}, NULL, "a--b-*"},
	{{"web-1-a", "app=web", "Deployment", "web"}, "Deployment", "web"},
	{{"web-1-a", "app=web pod-template-hash=1", "ReplicaSet", "web-1"}, "Deployment", "web"},
	{{"web-1-a", "app=web pod-template-hash=2", "ReplicaSet", "web-1"}, "ReplicaSet", "web-1"},
	{{"web-1-a", "app=web pod-template-hash=1", NULL, NULL}, "Deployment", "web"},
	{{"db-0", "app=db statefulset.kubernetes.io/pod-name=db-0", NULL, NULL},
	 "StatefulSet",
	 "db"},
	{{"r-28812345-x", "app=r job-name=r-28812345", "Job", "r-28812345"}, "CronJob", "r"},
	{{"r-1700000000-x", "app=r", "Job", "r-1700000000"}, "CronJob", "r"},
	{{"r-20260101-x", "app=r", "Job", "r-20260101"}, "Job", "r-20260101"},
	{{"kube-proxy-n1", "app=p", "Node", "n1"}, NULL, "p"},
	{{"x", "app=x", "Workflow", "build.1"}, NULL, "x"},
	{{"x", "app=x", "Widget", "build.1"}, "Widget", "build.1"},
	{{"web-1-a", "app=web rollouts-pod-template-hash=1", "ReplicaSet", "web-1"},
	 "Rollout",
	 "web"},
	{{"web-1-a", "app=web deploymentconfig=web", "ReplicationController", "web-1"},
	 "DeploymentConfig",
	 "web"},
};

/* Checks the longer names of a workload: the name with its kind, and the name with a hash. */
static void check_longer_names(const struct group *group, const char *plain)
{
	char kind[NAME_LABEL_SIZE];
	char name[NAME_SIZE];
	char expected[NAME_SIZE];

	name_kind(group, kind);
	for (size_t i = 0; kind[i]; i++)
		assert_true((kind[i] >= 'a' && kind[i] <= 'z') || group->kind);
	snprintf(expected, sizeof(expected), "%s-%s", plain, kind);
	name_make(group, NAME_WITH_KIND, name);
	assert_string_equal(name, expected);
	if (!group->kind)
		snprintf(expected, sizeof(expected), "%s", plain);
	name_make(group, NAME_WITH_HASH, name);
	assert_int_equal(strlen(name), strlen(expected) + 9);
	assert_memory_equal(name, expected, strlen(expected));
	assert_true(syntax_is_dns_subdomain(name));
}

static void test_names(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct name_case *c = &names[i];
		struct pod_record *pod = make_pod(&c->pod);
		const struct subject subject = {.kind = SUBJECT_POD, .pod_record = pod};
		struct group group;
		char name[NAME_SIZE];
		size_t length = strlen(c->name);

		assert_int_equal(group_identify(NULL, &subject, &group), GROUP_OK);
		if (c->kind)
			assert_string_equal(group.kind, c->kind);
		else
			assert_null(group.kind);
		size_t written = name_make(&group, NAME_PLAIN, name);
		assert_int_equal(written, strlen(name));
		assert_true(syntax_is_dns_subdomain(name));
		if (c->name[length - 1] == '*') {
			assert_int_equal(strlen(name), length - 1 + 8);
			assert_memory_equal(name, c->name, length - 1);
		} else {
			assert_string_equal(name, c->name);
			check_longer_names(&group, c->name);
		}
		pod_record_free(pod);
	}
}

/* For any text, the name is valid for the API server and as a file name. */
static void test_any_text_becomes_a_name(void **context)
{
	static const char *const texts[] = {"",      "-",   "...", "\xff\xfe", "a b", "\n",
					    "--a--", "A.B", ".a.", "a.-b",     "z.",  "\xc3\xa9"};
	char longest[600];
	char value[NAME_LABEL_SIZE];

	(void)context;
	memset(longest, '.', sizeof(longest));
	longest[0] = 'a';
	longest[300] = 'b';
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : longest;
		struct subject subject = {.kind = SUBJECT_PROCESS, .comm = strdup(text)};
		struct group group;
		char name[NAME_SIZE];

		assert_int_equal(group_identify(NULL, &subject, &group), GROUP_OK);
		name_make(&group, NAME_PLAIN, name);
		assert_true(syntax_is_dns_subdomain(name));
		name_label_value(group.name, value);
		assert_true(value[0] != '\0' && syntax_is_label_value(value));
		free(subject.comm);
	}
}

/* A pair of pods, and whether both share a policy. */
struct pair_case {
	struct pod_text a, b;
	bool same;
};

static const struct pair_case pairs[] = {
	{{"a", "app=w", NULL, NULL}, {"b", "app=w", NULL, NULL}, true},
	{{"a", "app=w", NULL, NULL}, {"b", "app=w tier=x", NULL, NULL}, false},
	{{"a", "app=w", NULL, NULL}, {"b", "app=v", NULL, NULL}, false},
	{{"w-1-a", "app=w pod-template-hash=1", "ReplicaSet", "w-1"},
	 {"w-2-b", "app=w pod-template-hash=2", "ReplicaSet", "w-2"},
	 true},
	{{"w-1-a", "app=w", "Deployment", "w"}, {"w-0", "app=w", "StatefulSet", "w"}, false},
	{{"a", "app=w", "Deployment", "a"}, {"b", "app=w", "Deployment", "b"}, false},
	{{"a", "app=w helm.sh/chart=w-1", NULL, NULL},
	 {"b", "app=w helm.sh/chart=w-2", NULL, NULL},
	 true},
	{{"a", "app=w app.kubernetes.io/instance=1", NULL, NULL},
	 {"b", "app=w app.kubernetes.io/instance=2", NULL, NULL},
	 false},
	{{"r-28812345-a", "app=r", "Job", "r-28812345"},
	 {"r-28812400-b", "app=r", "Job", "r-28812400"},
	 true},
};

static void test_pairs(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct pod_record *a = make_pod(&pairs[i].a);
		struct pod_record *b = make_pod(&pairs[i].b);
		const struct subject x = {.kind = SUBJECT_POD, .pod_record = a};
		const struct subject y = {.kind = SUBJECT_POD, .pod_record = b};
		struct group first;
		struct group second;

		group_identify(NULL, &x, &first);
		group_identify(NULL, &y, &second);
		int order = group_compare(&first, &second);
		if ((order == 0) != pairs[i].same)
			fail_msg("pair %zu: %d", i, order);
		assert_int_equal(order > 0, group_compare(&second, &first) < 0);
		assert_int_equal(group_hash(&first) == group_hash(&second), pairs[i].same);
		pod_record_free(a);
		pod_record_free(b);
	}
}

static void test_statuses(void **context)
{
	const struct subject unknown = {.kind = SUBJECT_POD};
	struct pod_record *pod = make_pod(&(struct pod_text){"a", "app=w", NULL, NULL});
	const struct subject known = {.kind = SUBJECT_POD, .pod_record = pod};
	struct group group;

	(void)context;
	assert_int_equal(group_identify(NULL, &unknown, &group), GROUP_POD_UNKNOWN);
	pod->host_network = true;
	assert_int_equal(group_identify(NULL, &known, &group), GROUP_HOST_NETWORK);
	pod->host_network = false;
	pod->namespace_name[0] = 'S';
	assert_int_equal(group_identify(NULL, &known, &group), GROUP_BAD_NAMESPACE);
	pod_record_free(pod);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_one_owner_is_one_workload),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_any_text_becomes_a_name),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_statuses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_group", tests, NULL, NULL);
}
