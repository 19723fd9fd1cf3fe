/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of the summary and its rates. Properties hold for random records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/timestamp.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"
#include "tui/dashboard/summary/summary.h"
#include "tui/dashboard/summary/traffic.h"
#include "tui/dashboard/summary/tree.h"

#define WORKLOADS 6
#define PODS      4 /* of each workload */
#define PROGRAMS  3
#define PEERS     5
#define FLOWS     400
#define ROUNDS    12

struct fixture {
	struct state *state;
	struct traffic traffic;
	struct tree tree;
	struct tree trees[GROUP_BYS]; /* of the property test, each with other groups */
	struct random random;
	uint64_t now_ms;
	bool programs_are_pods; /* programs turn out to be containers of pods */
};

static void start(struct fixture *fixture, uint64_t seed)
{
	memset(fixture, 0, sizeof(*fixture));
	assert_int_equal(state_new(NULL, &fixture->state), 0);
	fixture->random.state = seed;
}

static void stop(struct fixture *fixture)
{
	tree_clear(&fixture->tree);
	for (size_t i = 0; i < GROUP_BYS; i++)
		tree_clear(&fixture->trees[i]);
	traffic_clear(&fixture->traffic);
	state_free(fixture->state);
}

static void measure_tree(struct fixture *fixture, struct tree *tree)
{
	tree->source = (struct tree_source){
		.state = fixture->state,
		.traffic = &fixture->traffic,
		.now_ns = TEST_EPOCH_NS + fixture->now_ms * NS_PER_MILLISECOND,
	};
	state_advance(fixture->state, tree->source.now_ns);
	tree_measure(tree, UINT64_MAX);
}

static void measure(struct fixture *fixture)
{
	measure_tree(fixture, &fixture->tree);
}

static void apply(struct fixture *fixture, struct record record)
{
	const struct conn *conn = state_apply(fixture->state, &record);

	if (conn)
		traffic_add(&fixture->traffic, state_clocks(fixture->state), conn);
	record_free(&record);
}

static void add_pod(struct fixture *fixture, unsigned int workload, unsigned int number)
{
	char name[64];
	char uid[64];
	char address[32];
	struct record record;

	snprintf(name, sizeof(name), "w%u-%u", workload, number);
	snprintf(uid, sizeof(uid), "u%u-%u", workload, number);
	snprintf(address, sizeof(address), "198.51.100.%u", workload * PODS + number);
	record = test_pod("shop", name, uid, address);
	record.pod->owner_kind = test_copy("DaemonSet");
	snprintf(name, sizeof(name), "w%u", workload);
	record.pod->owner_name = test_copy(name);
	apply(fixture, record);
}

/* Applies a flow of a pod (number below WORKLOADS * PODS) or of a program. */
static void add_flow(struct fixture *fixture, enum flow_event_type event, uint64_t id,
		     unsigned int who, unsigned int peer)
{
	struct record record = test_flow(event, id, fixture->now_ms);
	char pod[32];
	char address[32];

	snprintf(address, sizeof(address), "203.0.113.%u", peer);
	test_flow_dst(&record, address);
	record.flow.dport = (uint16_t)(1000 + peer % 3);
	if (who < WORKLOADS * PODS) {
		snprintf(pod, sizeof(pod), "w%u-%u", who / PODS, who % PODS);
		test_flow_names(&record, "node-a", "shop", pod, NULL);
	} else {
		snprintf(record.flow.comm, sizeof(record.flow.comm), "program%u",
			 who - WORKLOADS * PODS);
		test_flow_names(&record, who % 2 ? "node-a" : "node-b", NULL, NULL, NULL);
	}
	if (event == FLOW_OPEN || event == FLOW_CLOSED) {
		record.flow.tx_bytes = fixture->now_ms * (id % 7 + 1);
		record.flow.rx_bytes = fixture->now_ms * (id % 11);
		record.flow.interval_ms = (uint32_t)(1 + fixture->now_ms % 3000);
		record.flow.has |= FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_INTERVAL;
	}
	if (event == FLOW_FAILED)
		record.flow.error = ECONNREFUSED;
	apply(fixture, record);
}

static void add_random_flow(struct fixture *fixture)
{
	static const enum flow_event_type events[] = {
		FLOW_ATTEMPT, FLOW_ATTEMPT, FLOW_ESTABLISHED, FLOW_OPEN,
		FLOW_OPEN,    FLOW_OPEN,    FLOW_FAILED,      FLOW_CLOSED,
	};
	uint64_t id = random_below(&fixture->random, 300) + 1;
	/* The subject and the peer follow from the id, as those of a connection do. */
	unsigned int who = (unsigned int)(id * 7 % (WORKLOADS * PODS + PROGRAMS));
	unsigned int peer = (unsigned int)(id * 13 % PEERS) + 1;

	if (fixture->programs_are_pods)
		who %= WORKLOADS * PODS;
	fixture->now_ms += random_below(&fixture->random, 40);
	add_flow(fixture, events[random_below(&fixture->random, ARRAY_LENGTH(events))], id, who,
		 peer);
}

static void add_figures(struct tree_figures *sums, const struct tree_figures *figures)
{
	sums->connections += figures->connections;
	sums->open += figures->open;
	sums->hanging += figures->hanging;
	sums->failed += figures->failed;
	sums->bytes += figures->bytes;
	sums->fresh += figures->fresh;
}

static void expect_figures(const struct tree_figures *sums, const struct tree_figures *figures,
			   bool fresh)
{
	assert_int_equal(sums->connections, figures->connections);
	assert_int_equal(sums->open, figures->open);
	assert_int_equal(sums->hanging, figures->hanging);
	assert_int_equal(sums->failed, figures->failed);
	assert_int_equal(sums->bytes, figures->bytes);
	if (fresh)
		assert_int_equal(sums->fresh, figures->fresh);
}

/* Checks that the numbers of the row with an index are the sums of the rows below it. Returns the
 * index of the row after them. */
static size_t expect_sums(const struct tree *tree, size_t index, bool fresh)
{
	const struct tree_row *rows = tree->rows.items;
	struct tree_figures sums = {0};
	size_t next = index + 1;

	while (next < tree->rows.count && rows[next].depth > rows[index].depth) {
		assert_int_equal(rows[next].depth, rows[index].depth + 1);
		add_figures(&sums, &rows[next].shown);
		next = expect_sums(tree, next, fresh);
	}
	if (rows[index].kind != TREE_EDGE) {
		assert_true(rows[index].open);
		expect_figures(&sums, &rows[index].shown, fresh);
	}
	return next;
}

/* Hides some subjects, and shows the others. */
static void set_random_scope(struct fixture *fixture)
{
	for (size_t i = 0; i < state_subject_count(fixture->state); i++)
		state_set_group(fixture->state, i, random_below(&fixture->random, 4) == 0);
}

static void check_sums(struct fixture *fixture, struct tree *tree)
{
	const struct subject_sums *header = state_group_sums(fixture->state, 0);
	struct tree_figures sums = {0};
	size_t workloads = 0;
	size_t destinations = 0;
	/* When a connection moves to another subject, its earlier traffic stays (traffic.h). */
	bool fresh = !fixture->programs_are_pods;

	measure_tree(fixture, tree);
	tree_unfold_all(tree);
	tree_refresh(tree, 0, tree->rows.count);
	for (size_t i = 0; i < tree->rows.count; i = expect_sums(tree, i, fresh)) {
		assert_int_equal(tree->rows.items[i].kind, TREE_GROUP);
		add_figures(&sums, &tree->rows.items[i].shown);
		workloads++;
	}
	for (size_t i = 0; i < tree->rows.count; i++)
		destinations += tree->rows.items[i].kind == TREE_EDGE;
	assert_int_equal(tree->group_count, workloads);
	assert_int_equal(tree->destinations, destinations);
	assert_int_equal(sums.connections, header->connections);
	assert_int_equal(sums.open, header->open);
	assert_int_equal(sums.hanging, header->hanging);
	assert_int_equal(sums.failed, header->failed);
}

static void parents_are_the_sums_of_their_children(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct fixture fixture;

		start(&fixture, seed);
		for (unsigned int by = 0; by < GROUP_BYS; by++)
			tree_group_by(&fixture.trees[by], (enum group_by)by);
		for (unsigned int round = 0; round < ROUNDS; round++) {
			fixture.programs_are_pods = round >= ROUNDS / 2;
			for (unsigned int i = 0; i < FLOWS / ROUNDS; i++)
				add_random_flow(&fixture);
			/* Pods become known later, so that their workloads change. */
			add_pod(&fixture, round % WORKLOADS,
				(unsigned int)random_below(&fixture.random, PODS));
			set_random_scope(&fixture);
			for (unsigned int by = 0; by < GROUP_BYS; by++)
				check_sums(&fixture, &fixture.trees[by]);
		}
		stop(&fixture);
	}
}

static const struct tree_row *row_at(const struct fixture *fixture, size_t index)
{
	assert_true(index < fixture->tree.rows.count);
	return &fixture->tree.rows.items[index];
}

/* Checks names of workloads and pods and ports of destinations, from top to bottom. */
static void expect_rows(const struct fixture *fixture, const char *const *rows, size_t count)
{
	assert_int_equal(fixture->tree.rows.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct tree_row *row = row_at(fixture, i);
		char text[128];

		if (row->edge)
			snprintf(text, sizeof(text), "%*s%u", row->depth, "", row->edge->port);
		else
			snprintf(text, sizeof(text), "%*s%s", row->depth, "",
				 tree_name(&fixture->tree, row));
		assert_string_equal(text, rows[i]);
	}
}

#define EXPECT_ROWS(fixture, ...)                                \
	expect_rows(fixture, (const char *const[]){__VA_ARGS__}, \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Workload 0 has two pods and a failure, workload 1 has one pod, and program 0 hangs. */
static void add_example(struct fixture *fixture)
{
	add_pod(fixture, 0, 0);
	add_pod(fixture, 0, 1);
	add_pod(fixture, 1, 0);
	fixture->now_ms = 1000;
	add_flow(fixture, FLOW_OPEN, 1, PODS, 1);
	add_flow(fixture, FLOW_ESTABLISHED, 2, 0, 2);
	add_flow(fixture, FLOW_ATTEMPT, 3, 1, 1);
	add_flow(fixture, FLOW_FAILED, 3, 1, 1);
	add_flow(fixture, FLOW_ATTEMPT, 4, WORKLOADS * PODS, 1);
	fixture->now_ms = 9000;
	add_flow(fixture, FLOW_ESTABLISHED, 5, 1, 2);
	measure(fixture);
	assert_int_equal(tree_arrange(&fixture->tree), 0);
}

static const struct subject *find_pod(const struct fixture *fixture, const char *pod)
{
	for (size_t i = 0; i < state_subject_count(fixture->state); i++) {
		const struct subject *subject = state_subject(fixture->state, i);

		if (subject->pod && strcmp(subject->pod, pod) == 0)
			return subject;
	}
	fail();
	return NULL;
}

static void problems_come_first(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	assert_int_equal(row_at(&fixture, 1)->children, 2);
	tree_unfold_all(&fixture.tree);
	EXPECT_ROWS(&fixture, "program0", " 1001", "shop/w0", " shop/w0-1", "  1001", "  1002",
		    " shop/w0-0", "  1002", "shop/w1", " 1001");
	fixture.tree.order = TREE_BY_NAME;
	tree_fold_all(&fixture.tree);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	fixture.tree.order = TREE_BY_BYTES;
	fixture.tree.inverted = true;
	tree_arrange(&fixture.tree);
	assert_string_equal(tree_name(&fixture.tree, row_at(&fixture, 2)), "shop/w1");
	stop(&fixture);
}

static void rows_fold_in_place(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	assert_int_equal(tree_unfold(tree, 1), 2);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", " shop/w0-1", " shop/w0-0", "shop/w1");
	assert_int_equal(tree_unfold(tree, 1), 0);
	assert_int_equal(tree_unfold(tree, 2), 2);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", " shop/w0-1", "  1001", "  1002", " shop/w0-0",
		    "shop/w1");
	assert_int_equal(tree_parent(tree, 4), 2);
	assert_int_equal(tree_parent(tree, 2), 1);
	assert_int_equal(tree_parent(tree, 1), 1);
	assert_int_equal(tree_find_edge(tree, row_at(&fixture, 4)->edge), 4);
	assert_int_equal(tree_find_subject(tree, row_at(&fixture, 5)->subject), 5);
	/* A row that was folded with open rows below it shows them again. */
	assert_int_equal(tree_fold(tree, 1), 4);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	assert_int_equal(tree_unfold(tree, 1), 4);
	/* Rearranging keeps rows unfolded. */
	tree_arrange(tree);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", " shop/w0-1", "  1001", "  1002", " shop/w0-0",
		    "shop/w1");
	assert_true(tree_is_unfolded(tree));
	tree_fold_all(tree);
	assert_false(tree_is_unfolded(tree));
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	stop(&fixture);
}

static void groups_are_chosen(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	tree_group_by(tree, GROUP_BY_NAMESPACE);
	measure(&fixture);
	tree_arrange(tree);
	EXPECT_ROWS(&fixture, "no namespace", "shop");
	/* The pods are listed even if a namespace has only one. */
	tree_unfold(tree, 0);
	EXPECT_ROWS(&fixture, "no namespace", " program0", "shop");
	tree_group_by(tree, GROUP_BY_NODE);
	measure(&fixture);
	tree_arrange(tree);
	EXPECT_ROWS(&fixture, "node-b", "node-a");
	tree_group_by(tree, GROUP_BY_DESTINATION);
	measure(&fixture);
	tree_unfold_all(tree);
	EXPECT_ROWS(&fixture, "203.0.113.1 1001/tcp", " 1001", " 1001", " 1001",
		    "203.0.113.2 1002/tcp", " 1002", " 1002");
	assert_string_equal(row_at(&fixture, 1)->subject->display, "program0");
	assert_int_equal(row_at(&fixture, 0)->shown.connections, 3);
	tree_group_by(tree, GROUP_BY_PROCESS);
	measure(&fixture);
	tree_arrange(tree);
	EXPECT_ROWS(&fixture, "program0", "curl");
	assert_int_equal(tree->destinations, 5);
	stop(&fixture);
}

static void rows_keep_their_places_until_they_are_arranged(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	for (unsigned int i = 0; i < 9; i++) {
		add_flow(&fixture, FLOW_ATTEMPT, 20 + i, PODS, 1 + i);
		add_flow(&fixture, FLOW_FAILED, 20 + i, PODS, 1 + i);
	}
	measure(&fixture);
	tree_refresh(&fixture.tree, 0, 3);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	assert_int_equal(row_at(&fixture, 2)->shown.failed, 9);
	assert_int_equal(fixture.tree.destinations - fixture.tree.arranged_destinations, 8);
	tree_arrange(&fixture.tree);
	EXPECT_ROWS(&fixture, "program0", "shop/w1", "shop/w0");
	stop(&fixture);
}

static void too_many_destinations_are_counted(void **state)
{
	struct fixture fixture;
	const struct tree_row *last;
	size_t edges = 0;

	(void)state;
	start(&fixture, 1);
	fixture.now_ms = 1000;
	for (unsigned int pod = 0; pod < 2; pod++) {
		for (unsigned int i = 0; i < TREE_ROWS_MAX * 6 / 10; i++) {
			struct record record =
				test_flow(FLOW_ATTEMPT, pod * 100000 + i + 1, 1000 + i);
			char pod_name[16];

			snprintf(pod_name, sizeof(pod_name), "pod%u", pod);
			record.flow.dport = (uint16_t)(i + 1);
			test_flow_names(&record, "node-a", "shop", pod_name, NULL);
			apply(&fixture, record);
		}
	}
	measure(&fixture);
	tree_unfold_all(&fixture.tree);
	assert_int_equal(fixture.tree.rows.count, TREE_ROWS_MAX);
	last = row_at(&fixture, TREE_ROWS_MAX - 1);
	assert_int_equal(last->kind, TREE_MORE);
	for (size_t i = 0; i < fixture.tree.rows.count; i++)
		edges += fixture.tree.rows.items[i].kind == TREE_EDGE;
	assert_int_equal(edges + last->children, fixture.tree.destinations);
	stop(&fixture);
}

/* The other panes show the subject that they showed before, as long as it is in the selected group.
 */
static void a_group_of_edges_keeps_its_subject(void **state)
{
	struct fixture fixture;
	struct summary summary = {.list = {.moved = true}};
	struct tree *tree = &summary.tree;
	const struct subject *second;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	tree_group_by(tree, GROUP_BY_DESTINATION);
	measure_tree(&fixture, tree);
	tree_arrange(tree);
	assert_string_equal(tree_name(tree, &tree->rows.items[1]), "203.0.113.2 1002/tcp");
	summary.list.cursor = 1;
	/* The second pod of workload 0 has 203.0.113.1 as its first destination. */
	second = find_pod(&fixture, "w0-1");
	assert_ptr_equal(summary_subject(&summary, second), second);
	/* Another pod joins. */
	add_pod(&fixture, 2, 0);
	add_flow(&fixture, FLOW_ESTABLISHED, 30, 2 * PODS, 2);
	measure_tree(&fixture, tree);
	assert_ptr_equal(summary_subject(&summary, second), second);
	assert_int_equal(tree->sums[tree->rows.items[1].group].members, 3);
	/* A subject that is not in the group is not kept. */
	assert_ptr_not_equal(summary_subject(&summary, find_pod(&fixture, "w1-0")),
			     find_pod(&fixture, "w1-0"));
	/* A new pod at a known destination is not a new destination. An unknown peer is a new
	 * destination. */
	assert_int_equal(tree_new_destinations(tree), 0);
	add_flow(&fixture, FLOW_ESTABLISHED, 31, 2 * PODS, 4);
	add_flow(&fixture, FLOW_ESTABLISHED, 32, 0, 4);
	measure_tree(&fixture, tree);
	assert_int_equal(tree_new_destinations(tree), 1);
	tree_group_by(tree, GROUP_BY_PROCESS);
	measure_tree(&fixture, tree);
	tree_arrange(tree);
	add_flow(&fixture, FLOW_ESTABLISHED, 33, 2 * PODS, 5);
	add_flow(&fixture, FLOW_ESTABLISHED, 34, 0, 5);
	measure_tree(&fixture, tree);
	assert_int_equal(tree_new_destinations(tree), 2);
	tree_clear(tree);
	stop(&fixture);
}

static void a_row_for_several_subjects_has_no_subject(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;
	const struct tree_row *last;

	(void)state;
	start(&fixture, 1);
	fixture.now_ms = 1000;
	for (unsigned int i = 0; i < TREE_ROWS_MAX + 10; i++) {
		struct record record = test_flow(FLOW_ATTEMPT, i + 1, 1000 + i);
		char pod_name[16];

		snprintf(pod_name, sizeof(pod_name), "pod%u", i % 10);
		record.flow.dport = (uint16_t)(i / 10 + 1);
		test_flow_names(&record, "node-a", "shop", pod_name, NULL);
		apply(&fixture, record);
	}
	tree_group_by(tree, GROUP_BY_PROCESS);
	measure(&fixture);
	tree_arrange(tree);
	tree_unfold(tree, 0);
	last = row_at(&fixture, tree->rows.count - 1);
	assert_int_equal(last->kind, TREE_MORE);
	assert_null(last->subject);
	stop(&fixture);
}

/* Applies a flow of a pod without a workload. */
static void add_pod_flow(struct fixture *fixture, uint64_t id, const char *pod, uint16_t port)
{
	struct record record = test_flow(FLOW_ATTEMPT, id, 1000);

	record.flow.dport = port;
	test_flow_names(&record, "node-a", "shop", pod, NULL);
	apply(fixture, record);
}

/* A row that the user selects unfolds even if there are more workloads than rows. */
static void the_selected_row_unfolds_in_any_case(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;
	const size_t pods = TREE_ROWS_MAX + 100;
	char name[16];

	(void)state;
	start(&fixture, 1);
	fixture.now_ms = 1000;
	for (size_t i = 0; i < pods; i++) {
		snprintf(name, sizeof(name), "p%05zu", i);
		add_pod_flow(&fixture, i + 1, name, 80);
	}
	for (size_t i = 0; i < TREE_ROWS_LEAST + 10; i++)
		add_pod_flow(&fixture, 100000 + i, "p00000", (uint16_t)(1000 + i));
	measure(&fixture);
	tree->order = TREE_BY_NAME;
	assert_false(tree_unfold_all(tree));
	assert_false(tree_is_unfolded(tree));
	assert_int_equal(tree->rows.count, pods);
	assert_int_equal(tree_unfold(tree, pods - 1), 1);
	assert_int_equal(tree_unfold(tree, 0), TREE_ROWS_LEAST);
	assert_int_equal(row_at(&fixture, TREE_ROWS_LEAST)->kind, TREE_MORE);
	assert_int_equal(row_at(&fixture, TREE_ROWS_LEAST)->children, 12);
	/* Rearranging keeps the row unfolded. */
	tree_arrange(tree);
	assert_int_equal(tree->rows.count, pods + TREE_ROWS_LEAST + 1);
	assert_int_equal(row_at(&fixture, TREE_ROWS_LEAST)->children, 12);
	assert_true(row_at(&fixture, tree->rows.count - 2)->open);
	stop(&fixture);
}

/* Subjects below a group that do not fit are counted. */
static void too_many_members_are_counted(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;
	const size_t pods = TREE_ROWS_MAX + 100;
	const struct tree_row *last;
	char name[16];

	(void)state;
	start(&fixture, 1);
	fixture.now_ms = 1000;
	for (size_t i = 0; i < pods; i++) {
		snprintf(name, sizeof(name), "p%05zu", i);
		add_pod_flow(&fixture, i + 1, name, 80);
	}
	tree_group_by(tree, GROUP_BY_NODE);
	measure(&fixture);
	assert_false(tree_unfold_all(tree));
	assert_int_equal(tree->rows.count, TREE_ROWS_MAX);
	last = row_at(&fixture, TREE_ROWS_MAX - 1);
	assert_int_equal(last->kind, TREE_MORE);
	assert_int_equal(last->children, pods - (TREE_ROWS_MAX - 2));
	/* A subject unfolds in any case, and leaves a row for each of the others. */
	assert_int_equal(tree_unfold(tree, 1), 1);
	tree_arrange(tree);
	assert_true(row_at(&fixture, 1)->open);
	last = row_at(&fixture, tree->rows.count - 1);
	assert_int_equal(last->kind, TREE_MORE);
	assert_int_equal(last->children, pods - (TREE_ROWS_MAX - 2));
	stop(&fixture);
}

/* Folding does not update the numbers. */
static void folded_rows_keep_their_numbers(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	tree_unfold_all(tree);
	tree_refresh(tree, 0, tree->rows.count);
	for (unsigned int i = 0; i < 9; i++) {
		add_flow(&fixture, FLOW_ATTEMPT, 20 + i, PODS, 1);
		add_flow(&fixture, FLOW_FAILED, 20 + i, PODS, 1);
	}
	tree_fold_all(tree);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1");
	assert_int_equal(row_at(&fixture, 2)->shown.failed, 0);
	/* A row and those below it are counted at the same time, the others are not. */
	tree_unfold(tree, 2);
	tree_refresh_group(tree, 3);
	assert_int_equal(row_at(&fixture, 2)->shown.failed, 9);
	assert_int_equal(row_at(&fixture, 3)->shown.failed, 9);
	add_flow(&fixture, FLOW_ATTEMPT, 40, 1, 1);
	tree_refresh_group(tree, 3);
	assert_int_equal(row_at(&fixture, 1)->shown.hanging, 0);
	stop(&fixture);
}

/* Groups are divided in steps of a limited time. The last call of the steps has all members. */
static void grouping_takes_several_calls(void **state)
{
	struct fixture fixture;
	struct groups groups = {.by = GROUP_BY_DESTINATION};
	unsigned int percent = 0;
	size_t calls = 1;
	size_t members = 0;

	(void)state;
	start(&fixture, 1);
	for (unsigned int i = 0; i < 5000; i++) {
		struct record record = test_flow(FLOW_ATTEMPT, i + 1, 1000 + i);
		char pod_name[16];

		snprintf(pod_name, sizeof(pod_name), "pod%u", i % 10);
		record.flow.dport = (uint16_t)(i / 10 + 1);
		test_flow_names(&record, "node-a", "shop", pod_name, NULL);
		apply(&fixture, record);
	}
	groups_update(&groups, fixture.state, 0);
	assert_true(groups_are_behind(&groups));
	assert_false(groups.divided);
	for (; groups_are_behind(&groups); calls++) {
		assert_in_range(groups_percent(&groups), percent + 1, 99);
		percent = groups_percent(&groups);
		groups_update(&groups, fixture.state, 0);
	}
	assert_in_range(calls, 5, 7);
	assert_int_equal(groups_percent(&groups), 100);
	assert_true(groups.divided);
	for (size_t i = 0; i < groups.count; i++)
		members += groups.items[i].member_count;
	assert_int_equal(groups.count, 500);
	assert_int_equal(members, 5000);
	/* With enough time, one call does it. */
	groups_divide(&groups, GROUP_BY_DESTINATION);
	groups_update(&groups, fixture.state, UINT64_MAX);
	assert_false(groups_are_behind(&groups));
	assert_int_equal(groups.count, 500);
	groups_clear(&groups);
	stop(&fixture);
}

static void a_workload_gets_a_second_pod(void **state)
{
	struct fixture fixture;
	struct tree *tree = &fixture.tree;

	(void)state;
	start(&fixture, 1);
	add_example(&fixture);
	tree_unfold(tree, 2);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1", " 1001");
	assert_non_null(row_at(&fixture, 2)->subject);
	add_pod(&fixture, 1, 1);
	add_flow(&fixture, FLOW_ESTABLISHED, 30, PODS + 1, 2);
	measure(&fixture);
	tree_refresh(tree, 0, tree->rows.count);
	/* The rows keep their places. The row of the workload says that pods joined. */
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1", " 1001");
	assert_null(row_at(&fixture, 2)->subject);
	assert_int_equal(row_at(&fixture, 2)->children, 2);
	assert_int_equal(row_at(&fixture, 2)->listed, 1);
	tree_fold(tree, 2);
	tree_unfold(tree, 2);
	EXPECT_ROWS(&fixture, "program0", "shop/w0", "shop/w1", " shop/w1-0", " shop/w1-1");
	assert_int_equal(row_at(&fixture, 2)->listed, 2);
	stop(&fixture);
}

/* --- rates --- */

static void add_bytes(struct traffic *traffic, uint64_t end_ms, uint64_t span_ms, uint64_t bytes)
{
	static const struct clocks clocks;
	static struct subject subject;
	static struct edge edge;
	const struct conn conn = {
		.subject = &subject,
		.edge = &edge,
		.counted_ns = end_ms * NS_PER_MILLISECOND,
		.fresh_bytes = bytes,
		.fresh_span_ns = span_ms * NS_PER_MILLISECOND,
	};

	traffic_add(traffic, &clocks, &conn);
}

/* Returns the bytes of the last minute of the subject of add_bytes, and checks them against those
 * of the edge. */
static void get_minute(const struct traffic *traffic, uint64_t now_ms,
		       uint64_t minute[TRAFFIC_MINUTE])
{
	static const struct subject subject;

	memset(minute, 0, TRAFFIC_MINUTE * sizeof(*minute));
	traffic_add_minute(traffic, &subject, now_ms * NS_PER_MILLISECOND, minute);
	assert_int_equal(traffic_of_subject(traffic, &subject, now_ms * NS_PER_MILLISECOND),
			 minute[TRAFFIC_MINUTE - 1]);
}

static void bytes_are_spread_over_their_time(void **state)
{
	struct traffic traffic = {0};
	uint64_t minute[TRAFFIC_MINUTE];
	uint64_t sum = 0;

	(void)state;
	/* From 101 s to 105 s: half of a window, a window, half of a window. */
	add_bytes(&traffic, 105000, 4000, 1001);
	/* The window until 104 s is the latest complete one until 107 s. */
	get_minute(&traffic, 106999, minute);
	assert_int_equal(minute[TRAFFIC_MINUTE - 1], 500);
	assert_int_equal(minute[TRAFFIC_MINUTE - 2], 250);
	get_minute(&traffic, 107000, minute);
	assert_int_equal(minute[TRAFFIC_MINUTE - 1], 251);
	assert_int_equal(minute[TRAFFIC_MINUTE - 2], 500);
	assert_int_equal(minute[TRAFFIC_MINUTE - 3], 250);
	/* Without a time, they count at its end. */
	add_bytes(&traffic, 105500, 0, 100);
	get_minute(&traffic, 107000, minute);
	assert_int_equal(minute[TRAFFIC_MINUTE - 1], 351);
	assert_int_equal(traffic_rate(351), 175);
	/* If the bytes were sent over more than a minute, only the share of the last minute
	 * counts. */
	add_bytes(&traffic, 200000, 100000, 100000);
	get_minute(&traffic, 201000, minute);
	for (size_t i = 0; i < TRAFFIC_MINUTE; i++)
		sum += minute[i];
	assert_int_equal(sum, 60000);
	/* After a minute, all is forgotten. */
	get_minute(&traffic, 270000, minute);
	for (size_t i = 0; i < TRAFFIC_MINUTE; i++)
		assert_int_equal(minute[i], 0);
	traffic_clear(&traffic);
}

static void bytes_from_before_the_start_are_no_traffic(void **state)
{
	struct record record = test_flow(FLOW_OPEN, 1, 0);
	const struct conn *conn;

	record.flow.tx_bytes = 1000;
	record.flow.has |= FLOW_HAS_TX;
	conn = state_fixture_apply(*state, record);
	assert_int_equal(conn->fresh_bytes, 0);
	record = test_flow(FLOW_OPEN, 1, 1000);
	record.flow.tx_bytes = 1300;
	record.flow.has |= FLOW_HAS_TX;
	conn = state_fixture_apply(*state, record);
	assert_int_equal(conn->fresh_bytes, 300);
	assert_int_equal(conn->fresh_span_ns, NS_PER_SECOND);
	/* A flow without new bytes. */
	record = test_flow(FLOW_OPEN, 1, 2000);
	record.flow.tx_bytes = 1300;
	record.flow.has |= FLOW_HAS_TX;
	conn = state_fixture_apply(*state, record);
	assert_int_equal(conn->fresh_bytes, 0);
	/* The bytes of a short connection, whose only report is its end. */
	state_fixture_apply(*state, test_flow(FLOW_ATTEMPT, 2, 2000));
	record = test_flow(FLOW_CLOSED, 2, 2500);
	record.flow.rx_bytes = 70;
	record.flow.has |= FLOW_HAS_RX;
	conn = state_fixture_apply(*state, record);
	assert_int_equal(conn->fresh_bytes, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_are_the_sums_of_their_children),
		cmocka_unit_test(problems_come_first),
		cmocka_unit_test(rows_fold_in_place),
		cmocka_unit_test(groups_are_chosen),
		cmocka_unit_test(rows_keep_their_places_until_they_are_arranged),
		cmocka_unit_test(too_many_destinations_are_counted),
		cmocka_unit_test(a_group_of_edges_keeps_its_subject),
		cmocka_unit_test(a_row_for_several_subjects_has_no_subject),
		cmocka_unit_test(the_selected_row_unfolds_in_any_case),
		cmocka_unit_test(too_many_members_are_counted),
		cmocka_unit_test(folded_rows_keep_their_numbers),
		cmocka_unit_test(grouping_takes_several_calls),
		cmocka_unit_test(a_workload_gets_a_second_pod),
		cmocka_unit_test(bytes_are_spread_over_their_time),
		cmocka_unit_test_setup_teardown(bytes_from_before_the_start_are_no_traffic,
						state_fixture_setup, state_fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
