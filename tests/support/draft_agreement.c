/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/draft_agreement.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "core/record/address.h"
#include "core/record/record_names.h"
#include "tests/support/scenario.h"

#define TUPLE_SIZE 128

struct agreement {
	const struct state *state;
	const struct draft_options *options;
	struct draft_set *set;
	struct evaluator *evaluator;
	struct check check;
	uint64_t *denied; /* for each draft, the number of denied connections */
};

static void *require(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static char *describe(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *describe(const char *format, ...)
{
	char *text = require(malloc(1024));
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, 1024, format, arguments);
	va_end(arguments);
	return text;
}

/* Writes a flow in the form that the lines of a draft use. */
static void format_tuple(const struct evaluate_flow *flow, uint16_t port, char text[TUPLE_SIZE])
{
	const char *name = flow_protocol_name((enum flow_protocol)flow->protocol);
	char address[ADDRESS_TEXT_SIZE];

	address_format(flow->family, &flow->peer, address);
	if (flow->direction == FLOW_INGRESS)
		snprintf(text, TUPLE_SIZE, "ingress %s %u from %s", name ? name : "?", port,
			 address);
	else
		snprintf(text, TUPLE_SIZE,
			 flow->family == 6 ? "egress %s [%s]:%u" : "egress %s %s:%u",
			 name ? name : "?", address, port);
}

static bool is_followed(const char *text, const char *tuple)
{
	const char *found = strstr(text, tuple);

	/* 10.0.0.1 is not 10.0.0.10. */
	return found &&
	       !strchr("0123456789abcdef.:", found[strlen(tuple)] ? found[strlen(tuple)] : ' ');
}

/* Returns whether a line says that a flow is not allowed. */
static bool lines_refuse(const struct lines *lines, const char *tuple)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *line = lines->items[i];
		if ((strstr(line, "not allowed") || strstr(line, "source unknown")) &&
		    is_followed(line, tuple))
			return true;
		if (strncmp(line, "... and ", 8) == 0)
			return true;
	}
	return false;
}

static bool draft_refuses(const struct draft *draft, const char *tuple)
{
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++) {
		if (lines_refuse(&draft->lines[kind], tuple))
			return true;
	}
	return false;
}

/* Finds the draft for the subject's workload. Returns its index in the set, or SIZE_MAX. */
static size_t find_draft(const struct agreement *agreement, const struct subject *subject)
{
	struct draft_set *own = NULL;
	size_t found = SIZE_MAX;

	if (drafter_draft_subject(agreement->state, subject, agreement->options, &own) != 0)
		abort();
	for (size_t i = 0; own->policies.count == 1 && i < agreement->set->policies.count; i++) {
		if (strcmp(own->policies.items[0].name, agreement->set->policies.items[i].name) ==
			    0 &&
		    strcmp(own->policies.items[0].namespace_name,
			   agreement->set->policies.items[i].namespace_name) == 0)
			found = i;
	}
	draft_set_free(own);
	return found;
}

static const struct subject *find_subject(const struct agreement *agreement,
					  const struct pod_record *pod)
{
	for (size_t i = 0; pod && i < state_subject_count(agreement->state); i++) {
		if (state_subject(agreement->state, i)->pod_record == pod)
			return state_subject(agreement->state, i);
	}
	return NULL;
}

/* Returns true if the pod's own draft (index `own`) does not select the pod, and each draft that
 * selects the pod says that it also selects pods of other workloads. */
static bool is_of_others(const struct agreement *agreement, const struct evaluate_result *result,
			 size_t own)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		size_t index = (size_t)(result->selecting[i] - agreement->set->policies.items);
		const struct lines *lines = &agreement->set->items[index].lines[DRAFT_GUESSED];
		bool says_so = false;
		for (size_t k = 0; k < lines->count; k++)
			says_so |= strstr(lines->items[k], "also selected") != NULL;
		if (index == own || !says_so)
			return false;
	}
	return true;
}

/* Returns NULL if the drafts explain why the flow is denied, else a description. They explain it if
 * a line says that the flow is not allowed: a line of the draft for the subject's workload, a line
 * of a draft that selects the pod, or a warning. */
static char *judge_finding(struct agreement *agreement, const struct check_finding *finding)
{
	const struct evaluate_result *result = &finding->result;
	const struct subject *subject = finding->far
						? find_subject(agreement, finding->flow.subject)
						: finding->edge->subject;
	size_t own = subject ? find_draft(agreement, subject) : SIZE_MAX;
	char tuple[TUPLE_SIZE];
	char seen[TUPLE_SIZE];

	format_tuple(&finding->flow, finding->far ? finding->flow.port : finding->edge->port,
		     tuple);
	if (is_of_others(agreement, result, own))
		return NULL;
	if (own != SIZE_MAX && !finding->far)
		agreement->denied[own] += finding->connections;
	if (own != SIZE_MAX && draft_refuses(&agreement->set->items[own], tuple))
		return NULL;
	/* A pod at the far end that has no flows of its own has no subject, so find_draft cannot
	 * find a draft for it. The draft for its workload still selects it. */
	for (size_t i = 0; i < result->selecting_count; i++) {
		size_t index = (size_t)(result->selecting[i] - agreement->set->policies.items);
		if (draft_refuses(&agreement->set->items[index], tuple))
			return NULL;
	}
	if (lines_refuse(&agreement->set->warnings, tuple))
		return NULL;
	if (finding->far) {
		/* The far end need not allow a flow that the draft for the near end leaves out. */
		struct evaluate_flow near;
		own = find_draft(agreement, finding->edge->subject);
		evaluate_flow_of_edge(agreement->state, finding->edge, &near);
		format_tuple(&near, finding->edge->port, seen);
		if ((own != SIZE_MAX && draft_refuses(&agreement->set->items[own], seen)) ||
		    lines_refuse(&agreement->set->warnings, seen))
			return NULL;
	}
	return describe("%s/%s: %s is denied%s by %s, and no line says so",
			finding->flow.namespace_name,
			finding->flow.subject ? finding->flow.subject->name : "?", tuple,
			finding->far ? " (far end)" : "",
			result->selecting_count > 0 ? result->selecting[0]->name : "?");
}

static char *judge(struct agreement *agreement)
{
	const struct check *check = &agreement->check;
	const struct draft_set *set = agreement->set;

	for (size_t i = 0; i < check->finding_count; i++) {
		char *violation = check->findings[i].result.verdict == EVALUATE_DENIED
					  ? judge_finding(agreement, &check->findings[i])
					  : NULL;
		if (violation)
			return violation;
	}
	for (size_t i = 0; i < set->policies.count; i++) {
		const struct draft_coverage *coverage = &set->items[i].coverage;
		if (coverage->covered > coverage->connections)
			return describe("%s: %" PRIu64 " of %" PRIu64 " allowed",
					set->policies.items[i].name, coverage->covered,
					coverage->connections);
		if (agreement->denied[i] > coverage->connections - coverage->covered)
			return describe("%s: %" PRIu64 " of %" PRIu64 " allowed, but %" PRIu64
					" are denied",
					set->policies.items[i].name, coverage->covered,
					coverage->connections, agreement->denied[i]);
	}
	return NULL;
}

char *draft_agreement_violation(const struct state *state, const struct draft_options *options,
				size_t *flows)
{
	struct draft_options explained = *options;
	struct agreement agreement = {.state = state, .options = &explained};
	const struct check_options check_options = {.filter = options->filter};

	explained.explain = true;
	if (drafter_draft(state, &explained, &agreement.set) != 0 ||
	    evaluator_new(&agreement.set->policies, state_resolver(state), &agreement.evaluator) !=
		    0 ||
	    check_run(&agreement.check, state, agreement.evaluator, &check_options) != 0)
		abort();
	agreement.denied =
		require(calloc(agreement.set->policies.count + 1, sizeof(*agreement.denied)));
	char *violation = judge(&agreement);
	if (flows)
		*flows = agreement.check.checked;
	free(agreement.denied);
	check_clear(&agreement.check);
	evaluator_free(agreement.evaluator);
	draft_set_free(agreement.set);
	return violation;
}

char *draft_agreement_violation_of(char *const *lines, size_t count,
				   const struct draft_options *options, size_t *flows)
{
	struct state *state = scenario_new();

	for (size_t i = 0; i < count; i++)
		scenario_add_line(state, lines[i]);
	char *violation = draft_agreement_violation(state, options, flows);
	state_free(state);
	return violation;
}

/* Moves the `size` lines that begin at index `at` to the end of the array of `count` lines. */
static void move_to_end(char **lines, size_t count, size_t at, size_t size)
{
	char **moved = require(malloc(size * sizeof(*moved)));

	memcpy(moved, lines + at, size * sizeof(*moved));
	memmove(lines + at, lines + at + size, (count - at - size) * sizeof(*lines));
	memcpy(lines + count - size, moved, size * sizeof(*moved));
	free(moved);
}

/* Reverses move_to_end: moves the last `size` of `count` lines back to index `at`. */
static void move_back(char **lines, size_t count, size_t at, size_t size)
{
	char **moved = require(malloc(size * sizeof(*moved)));

	memcpy(moved, lines + count - size, size * sizeof(*moved));
	memmove(lines + at + size, lines + at, (count - at - size) * sizeof(*lines));
	memcpy(lines + at, moved, size * sizeof(*moved));
	free(moved);
}

size_t draft_agreement_reduce(char **lines, size_t count, const struct draft_options *options)
{
	for (size_t size = count / 2; size > 0; size = size > 1 ? size / 2 : 0) {
		for (size_t at = 0; at + size <= count;) {
			move_to_end(lines, count, at, size);
			char *violation =
				draft_agreement_violation_of(lines, count - size, options, NULL);
			if (violation)
				count -= size;
			else
				move_back(lines, count, at, size);
			at += violation ? 0 : size;
			free(violation);
		}
	}
	return count;
}
