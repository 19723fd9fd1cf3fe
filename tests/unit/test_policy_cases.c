/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows that a draft allows and denies, for each case in tests/unit/policy_cases.
 *
 * The lines of a case are records (JSON), `future RECORD` for a pod that appears after the policy
 * is applied, `allow TUPLE` and `deny TUPLE`. A TUPLE is NAMESPACE/POD egress|ingress TCP|UDP|SCTP
 * ADDRESS PORT. For a connection to a Service, ADDRESS and PORT are those of a backend. `#` begins
 * a comment. The test prints the draft, reads it back and judges the tuples with the result.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tests/support/policy_judge.h"
#include "tests/support/policy_yaml.h"
#include "tests/support/scenario.h"

#define CASES_FOLDER "tests/unit/policy_cases"
#define CASES_MAX    512
#define LINES_MAX    2048

struct policy_case {
	char *lines[LINES_MAX];
	size_t count;
};

static bool begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

static void case_read(const char *name, struct policy_case *out)
{
	char path[512];
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	snprintf(path, sizeof(path), CASES_FOLDER "/%s", name);
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	out->count = 0;
	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		assert_true(out->count < LINES_MAX);
		out->lines[out->count++] = strdup(line);
	}
	free(line);
}

static void case_free(struct policy_case *policy_case)
{
	for (size_t i = 0; i < policy_case->count; i++)
		free(policy_case->lines[i]);
}

/* Parses "shop/web ingress TCP 10.1.2.3 80". Cuts the line into the texts of the tuple. */
static void tuple_parse(const struct workloads *workloads, char *text, struct judge_tuple *tuple)
{
	char *rest = NULL;
	const char *namespace_name = strtok_r(text, "/", &rest);
	const char *pod = strtok_r(NULL, " ", &rest);
	const char *direction = strtok_r(NULL, " ", &rest);
	const char *protocol = strtok_r(NULL, " ", &rest);
	const char *peer = strtok_r(NULL, " ", &rest);
	const char *port = strtok_r(NULL, " ", &rest);

	assert_non_null(port);
	tuple->pod = workloads_pod(workloads, namespace_name, pod);
	if (!tuple->pod)
		fail_msg("no pod %s/%s", namespace_name, pod);
	tuple->direction = strcmp(direction, "ingress") == 0 ? NETPOL_INGRESS : NETPOL_EGRESS;
	tuple->protocol = strcmp(protocol, "TCP") == 0   ? FLOW_TCP
			  : strcmp(protocol, "UDP") == 0 ? FLOW_UDP
							 : FLOW_SCTP;
	tuple->peer = peer;
	tuple->port = (uint16_t)atoi(port);
}

static void case_judge(const struct policy_case *policy_case, const struct state *state,
		       const struct netpol_set *set, const char *yaml)
{
	const struct workloads *workloads = state_workloads(state);

	for (size_t i = 0; i < policy_case->count; i++) {
		const char *line = policy_case->lines[i];
		bool allow = begins(line, "allow ");
		if (!allow && !begins(line, "deny "))
			continue;
		CLEANUP_FREE char *text = strdup(strchr(line, ' ') + 1);
		struct judge_tuple tuple;
		tuple_parse(workloads, text, &tuple);
		if (policy_judge(set, workloads, &tuple, allow) != allow)
			fail_msg("the draft has to %s\n%s", line, yaml);
	}
}

static void test_case(void **context)
{
	struct policy_case *policy_case = calloc(1, sizeof(*policy_case));
	struct state *state = scenario_new();
	struct draft_set *set = NULL;
	CLEANUP_FREE char *yaml = NULL;
	size_t length = 0;

	assert_non_null(policy_case);
	case_read(*context, policy_case);
	for (size_t i = 0; i < policy_case->count; i++) {
		if (policy_case->lines[i][0] == '{')
			scenario_add_line(state, policy_case->lines[i]);
	}
	assert_int_equal(drafter_draft(state, NULL, &set), 0);
	assert_int_equal(draft_print(set, DRAFT_ALL, &yaml, &length), 0);
	struct netpol_set *again = policy_yaml_read(yaml, length);
	for (size_t i = 0; i < policy_case->count; i++) {
		if (begins(policy_case->lines[i], "future "))
			scenario_add_line(state, strchr(policy_case->lines[i], ' ') + 1);
	}
	case_judge(policy_case, state, again, yaml);
	policy_yaml_free(again);
	draft_set_free(set);
	state_free(state);
	case_free(policy_case);
	free(policy_case);
}

static int is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".case") == 0;
}

int main(void)
{
	static struct CMUnitTest tests[CASES_MAX];
	struct dirent **entries = NULL;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	int count = scandir(CASES_FOLDER, &entries, is_case, alphasort);
	if (count <= 0 || count > CASES_MAX) {
		printf("Bail out! no cases in %s: run this in the repository's folder\n",
		       CASES_FOLDER);
		return 1;
	}
	for (int i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){.name = entries[i]->d_name,
					       .test_func = test_case,
					       .initial_state = entries[i]->d_name};
	/* cmocka's macro counts the whole array. Pass only the used part. */
	int failed = _cmocka_run_group_tests("policy_cases", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return failed;
}
