/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any records become a state and drafts. The drafts of Kubernetes policies are printable
 * ASCII, and netpol_read reads each of them. The flows of the state can be judged by them. Drafting
 * again gives the same text.
 *
 * The first byte of the input selects options of the draft. The records follow as JSON lines; lines
 * that are no records are ignored.
 */
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "tests/fuzz/fuzz.h"

static struct state *make_state(const uint8_t *data, size_t size)
{
	struct state *state = NULL;
	struct record_json_error error;
	char *text = fuzz_text(data, size);
	char *rest = NULL;

	must(state_new(NULL, &state) == 0);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct record record = {.kind = RECORD_NONE};
		if (record_json_read(line, strlen(line), &record, &error))
			continue;
		state_apply(state, &record);
		record_free(&record);
	}
	state_advance(state, state_counters(state)->last_ns);
	free(text);
	return state;
}

static char *draft(const struct state *state, const struct draft_options *options, size_t *policies)
{
	struct draft_set *set = NULL;
	char *text = NULL;
	size_t length = 0;

	must(drafter_draft(state, options, &set) == 0);
	must(draft_print(set, DRAFT_ALL, &text, &length) == 0 && strlen(text) == length);
	*policies = set->policies.count;
	draft_set_free(set);
	return text;
}

static void judge(const struct state *state, const struct netpol_set *set)
{
	struct evaluator *evaluator = NULL;
	const struct check_options options = {.failed = false};
	struct check check = {0};

	must(evaluator_new(set, state_resolver(state), &evaluator) == 0);
	must(check_run(&check, state, evaluator, &options) == 0);
	must(check.denied + check.depends == check.finding_count &&
	     check.finding_count <= check.checked);
	check_clear(&check);
	evaluator_free(evaluator);
}

static void check_kubernetes(const struct state *state, const char *text, size_t policies)
{
	struct netpol_set set = {0};
	struct yaml_error error = {0};

	must(netpol_read(&set, "draft", text, strlen(text), "default", &error) == 0);
	must(set.count == policies);
	judge(state, &set);
	netpol_set_clear(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct draft_options options = {
		.include_failed = data[0] & 1,
		.explain = data[0] & 2,
		.default_deny = data[0] & 4,
		.format = data[0] & 8 ? DRAFT_CILIUM : DRAFT_KUBERNETES,
		.group_public = data[0] & 16,
		.max_peers = data[0] & 16 ? 2 : 0,
		.service_ports = data[0] & 32,
		.max_ports = data[0] & 64 ? 1 : 0,
		.widen_ipv4 = data[0] & 128 ? 24 : 0,
	};
	struct state *state = make_state(data + 1, size - 1);
	size_t policies = 0;
	char *text = draft(state, &options, &policies);
	char *again = draft(state, &options, &policies);

	must(strcmp(text, again) == 0);
	for (const char *at = text; *at; at++)
		must(*at == '\n' || (*at >= ' ' && *at <= '~'));
	if (options.format == DRAFT_KUBERNETES)
		check_kubernetes(state, text, policies);
	free(text);
	free(again);
	state_free(state);
	return 0;
}
