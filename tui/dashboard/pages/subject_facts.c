/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/subject_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/timestamp.h"
#include "core/state/rewind.h"
#include "tui/columns/conn_view.h"

/* The largest number of connections to read, the newest first. Reading this many takes some
 * milliseconds. */
#define WALK_MAX 200000

static struct subject_process *subject_facts_find_process(struct subject_facts *facts,
							  const struct flow *flow)
{
	uint32_t pid = flow->has & FLOW_HAS_PID ? flow->pid : 0;

	for (size_t i = 0; i < facts->process_count; i++) {
		struct subject_process *process = &facts->processes[i];

		if (process->pid == pid && strncmp(process->comm, flow->comm, FLOW_COMM_SIZE) == 0)
			return process;
	}
	if (facts->process_count == SUBJECT_PROCESSES_MAX) {
		facts->more_processes = true;
		return NULL;
	}
	struct subject_process *process = &facts->processes[facts->process_count++];
	*process = (struct subject_process){.pid = pid};
	memcpy(process->comm, flow->comm, sizeof(process->comm));
	return process;
}

static void subject_facts_add_connection(struct subject_facts *facts, const struct state *state,
					 const struct conn *conn, uint64_t now_ns)
{
	struct subject_process *process = subject_facts_find_process(facts, &conn->flow);
	struct flow_names names;

	if (conn->first_ns + GRAPH_SECONDS * NS_PER_SECOND >= now_ns &&
	    conn->flow.event != FLOW_OPEN)
		graph_add(&facts->graph, conn->first_ns);
	if (!process)
		return;
	process->conn_count++;
	if (conn->last_ns > process->last_ns)
		process->last_ns = conn->last_ns;
	if (process->container[0])
		return;
	conn_view_subject_names(state, conn, &names);
	if (names.container)
		snprintf(process->container, sizeof(process->container), "%s", names.container);
}

static int subject_facts_compare_processes(const void *a, const void *b)
{
	const struct subject_process *x = a;
	const struct subject_process *y = b;

	if (x->last_ns != y->last_ns)
		return x->last_ns > y->last_ns ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int subject_facts_compare_edges(const void *a, const void *b)
{
	const struct edge *x = *(const struct edge *const *)a;
	const struct edge *y = *(const struct edge *const *)b;

	if (x->conn_count != y->conn_count)
		return x->conn_count > y->conn_count ? -1 : 1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return (x > y) - (x < y);
}

static void subject_facts_collect_edges(struct subject_facts *facts, const struct subject *subject)
{
	CLEANUP_FREE const struct edge **sorted =
		reallocarray(NULL, subject->edge_count + 1, sizeof(const struct edge *));
	size_t count = 0;

	for (size_t i = 0; sorted && i < subject->edge_count; i++) {
		/* An edge is empty after its connections have moved to another subject. */
		if (subject->edges[i]->conn_count > 0)
			sorted[count++] = subject->edges[i];
	}
	if (sorted)
		qsort(sorted, count, sizeof(*sorted), subject_facts_compare_edges);
	facts->edge_total = count;
	facts->edge_count = count < SUBJECT_EDGES_MAX ? count : SUBJECT_EDGES_MAX;
	for (size_t i = 0; i < facts->edge_count; i++)
		facts->edges[i] = (struct edge_row){.edge = sorted[i], .shown = *sorted[i]};
}

void subject_facts_collect(struct subject_facts *facts, const struct state *state,
			   const struct subject *subject, uint64_t now_ns)
{
	const struct conn *conn = state_newest(state);

	memset(&facts->graph, 0, sizeof(facts->graph));
	facts->process_count = 0;
	facts->more_processes = false;
	for (size_t looked = 0; conn && looked < WALK_MAX; looked++, conn = conn->older) {
		if (conn->subject == subject && rewind_has_begun(conn))
			subject_facts_add_connection(facts, state, conn, now_ns);
	}
	qsort(facts->processes, facts->process_count, sizeof(*facts->processes),
	      subject_facts_compare_processes);
	subject_facts_collect_edges(facts, subject);
	facts->subject = *subject;
}
