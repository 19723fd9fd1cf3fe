/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts of loaded policies on observed connections, as the dashboard caches them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/rewind.h"
#include "tests/support/records.h"
#include "tui/dashboard/table/rows.h"
#include "tui/dashboard/view/verdicts.h"

#define WEB "192.0.2.1"
#define DB  "198.51.100.1"

static const char egress_policy[] = "apiVersion: networking.k8s.io/v1\n"
				    "kind: NetworkPolicy\n"
				    "metadata: {name: web, namespace: shop}\n"
				    "spec:\n"
				    "  podSelector: {matchLabels: {app: web}}\n"
				    "  policyTypes: [Egress]\n"
				    "  egress:\n"
				    "  - ports: [{port: 443}]\n";

/* Restricts only db, the far end of the flows of web. */
static const char ingress_policy[] = "apiVersion: networking.k8s.io/v1\n"
				     "kind: NetworkPolicy\n"
				     "metadata: {name: db, namespace: shop}\n"
				     "spec:\n"
				     "  podSelector: {matchLabels: {app: db}}\n"
				     "  ingress: []\n";

struct fixture {
	struct netpol_set policies;
	struct state *state;
	struct verdicts *verdicts;
};

static void start(struct fixture *fixture, const char *policy)
{
	struct yaml_error error;

	memset(fixture, 0, sizeof(*fixture));
	assert_int_equal(netpol_read(&fixture->policies, "p.yaml", policy, strlen(policy),
				     "default", &error),
			 0);
	assert_int_equal(state_new(NULL, &fixture->state), 0);
	assert_int_equal(verdicts_new(&fixture->policies, fixture->state, &fixture->verdicts), 0);
}

static void stop(struct fixture *fixture)
{
	verdicts_free(fixture->verdicts);
	state_free(fixture->state);
	netpol_set_clear(&fixture->policies);
}

static void add_pod(struct fixture *fixture, const char *name, const char *app, const char *ip)
{
	struct record record = test_pod("shop", name, name, ip);

	record.pod->labels.items = calloc(1, sizeof(*record.pod->labels.items));
	assert_non_null(record.pod->labels.items);
	record.pod->labels.items[0].key = test_copy("app");
	record.pod->labels.items[0].value = test_copy(app);
	record.pod->labels.count = 1;
	state_apply(fixture->state, &record);
	record_free(&record);
}

static const struct conn *add_flow(struct fixture *fixture, uint64_t id, uint16_t port,
				   const char *pod)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, id);
	const struct conn *conn;

	record.flow.dport = port;
	test_flow_dst(&record, DB);
	if (pod)
		test_flow_names(&record, NULL, "shop", pod, NULL);
	conn = state_apply(fixture->state, &record);
	record_free(&record);
	return conn;
}

static void sweep(struct fixture *fixture)
{
	int rounds = 0;

	while (verdicts_sweep(fixture->verdicts))
		assert_true(++rounds < 1000);
}

static void an_edge_is_denied_or_allowed(void **test_state)
{
	struct fixture fixture;
	struct verdict verdict;

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "web", WEB);
	const struct edge *good = add_flow(&fixture, 1, 443, "web")->edge;
	const struct edge *bad = add_flow(&fixture, 2, 5432, "web")->edge;
	const struct edge *host = add_flow(&fixture, 3, 5432, NULL)->edge;

	assert_int_equal(verdicts_judge(fixture.verdicts, good), EVALUATE_ALLOWED);
	assert_int_equal(verdicts_judge(fixture.verdicts, bad), EVALUATE_DENIED);
	assert_int_equal(verdicts_judge(fixture.verdicts, host), 0);
	assert_int_equal(verdicts_explain(fixture.verdicts, bad, &verdict), 0);
	assert_non_null(strstr(verdict.why, "shop/web"));
	assert_false(verdict.far);
	assert_int_equal(verdict.result.selecting_count, 1);
	assert_int_equal(verdicts_explain(fixture.verdicts, host, &verdict), -ENOENT);
	stop(&fixture);
}

static void the_far_end_is_judged_too(void **test_state)
{
	struct fixture fixture;
	struct verdict verdict;

	(void)test_state;
	start(&fixture, ingress_policy);
	add_pod(&fixture, "web", "web", WEB);
	add_pod(&fixture, "db", "db", DB);
	const struct edge *edge = add_flow(&fixture, 1, 5432, "web")->edge;

	assert_int_equal(verdicts_judge(fixture.verdicts, edge), EVALUATE_DENIED);
	assert_int_equal(verdicts_explain(fixture.verdicts, edge, &verdict), 0);
	assert_true(verdict.far);
	assert_non_null(strstr(verdict.why, "shop/db"));
	stop(&fixture);
}

static void verdicts_follow_identities(void **test_state)
{
	struct fixture fixture;

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "other", WEB);
	const struct edge *edge = add_flow(&fixture, 1, 5432, "web")->edge;

	sweep(&fixture);
	assert_int_equal(verdicts_known(fixture.verdicts, edge), EVALUATE_ALLOWED);
	assert_int_equal(verdicts_denied(fixture.verdicts), 0);
	add_pod(&fixture, "web", "web", WEB);
	/* The old verdict stays until the next sweep. */
	assert_int_equal(verdicts_known(fixture.verdicts, edge), EVALUATE_ALLOWED);
	sweep(&fixture);
	/* The labels at the time of the flow allow it, but the present labels do not. */
	assert_int_equal(verdicts_known(fixture.verdicts, edge), EVALUATE_DEPENDS);
	assert_int_equal(verdicts_denied(fixture.verdicts), 0);
	stop(&fixture);
}

static void the_sweep_counts_connections_and_is_bounded(void **test_state)
{
	struct fixture fixture;
	int rounds = 1;

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "web", WEB);
	for (uint64_t id = 1; id <= 5000; id++)
		add_flow(&fixture, id, (uint16_t)(1000 + id), "web");
	for (uint64_t id = 6001; id <= 6003; id++)
		add_flow(&fixture, id, 1001, "web");
	add_flow(&fixture, 7000, 443, "web");
	while (verdicts_sweep(fixture.verdicts))
		rounds++;
	assert_true(rounds > 1);
	/* Each connection to a port other than 443 is counted once. */
	assert_int_equal(verdicts_denied(fixture.verdicts), 5003);
	add_flow(&fixture, 8000, 1001, "web");
	sweep(&fixture);
	assert_int_equal(verdicts_denied(fixture.verdicts), 5004);
	stop(&fixture);
}

static void problems_include_the_denied(void **test_state)
{
	struct fixture fixture;
	struct row_query query = {.problems = true};

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "web", WEB);
	const struct conn *good = add_flow(&fixture, 1, 443, "web");
	const struct conn *bad = add_flow(&fixture, 2, 5432, "web");

	sweep(&fixture);
	assert_false(row_query_matches(&query, fixture.state, bad, 0));
	query.verdicts = fixture.verdicts;
	assert_true(row_query_matches(&query, fixture.state, bad, 0));
	assert_false(row_query_matches(&query, fixture.state, good, 0));
	stop(&fixture);
}

/* The number of a subject is the sum of those of its edges, also before the next sweep. */
static void edges_and_subjects_count_at_the_same_time(void **test_state)
{
	struct fixture fixture;
	const struct edge *edge;

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "web", WEB);
	edge = add_flow(&fixture, 1, 1001, "web")->edge;
	assert_int_equal(verdicts_denied_on(fixture.verdicts, edge), 0);
	sweep(&fixture);
	assert_int_equal(verdicts_denied_on(fixture.verdicts, edge), 1);
	add_flow(&fixture, 2, 1001, "web");
	assert_int_equal(edge->conn_count, 2);
	assert_int_equal(verdicts_denied_on(fixture.verdicts, edge), 1);
	assert_int_equal(verdicts_denied_of(fixture.verdicts, edge->subject), 1);
	sweep(&fixture);
	assert_int_equal(verdicts_denied_on(fixture.verdicts, edge), 2);
	assert_int_equal(verdicts_denied_of(fixture.verdicts, edge->subject), 2);
	stop(&fixture);
}

/* While an earlier time is shown, an edge lacks its later events. So nothing is judged then. The
 * next sweep in the present judges the edge. */
static void nothing_is_judged_at_another_time(void **test_state)
{
	struct fixture fixture;
	struct rewind *rewind = NULL;

	(void)test_state;
	start(&fixture, egress_policy);
	add_pod(&fixture, "web", "web", WEB);
	const struct edge *first = add_flow(&fixture, 1, 5432, "web")->edge;
	assert_int_equal(verdicts_judge(fixture.verdicts, first), EVALUATE_DENIED);
	const struct edge *later = add_flow(&fixture, 9, 5433, "web")->edge;
	/* The identities change, so the first edge is to be judged again. */
	add_pod(&fixture, "web", "other", WEB);

	assert_int_equal(rewind_new(fixture.state, &rewind), 0);
	assert_int_equal(rewind_begin(rewind, first->last_ns), 0);
	assert_false(verdicts_sweep(fixture.verdicts));
	assert_int_equal(verdicts_judge(fixture.verdicts, first), EVALUATE_DENIED);
	assert_int_equal(verdicts_judge(fixture.verdicts, later), 0);
	rewind_end(rewind);

	add_pod(&fixture, "web", "web", WEB);
	sweep(&fixture);
	assert_int_equal(verdicts_known(fixture.verdicts, later), EVALUATE_DENIED);
	assert_int_equal(verdicts_denied(fixture.verdicts), 2);
	rewind_free(rewind);
	stop(&fixture);
}

static void without_policies_nothing_is_denied(void **test_state)
{
	const struct edge edge = {.conn_count = 1};

	(void)test_state;
	assert_int_equal(verdicts_judge(NULL, &edge), 0);
	assert_int_equal(verdicts_known(NULL, &edge), 0);
	assert_int_equal(verdicts_denied(NULL), 0);
	assert_int_equal(verdicts_denied_on(NULL, &edge), 0);
	verdicts_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edge_is_denied_or_allowed),
		cmocka_unit_test(the_far_end_is_judged_too),
		cmocka_unit_test(verdicts_follow_identities),
		cmocka_unit_test(the_sweep_counts_connections_and_is_bounded),
		cmocka_unit_test(edges_and_subjects_count_at_the_same_time),
		cmocka_unit_test(problems_include_the_denied),
		cmocka_unit_test(nothing_is_judged_at_another_time),
		cmocka_unit_test(without_policies_nothing_is_denied),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dashboard_verdicts", tests, NULL, NULL);
}
