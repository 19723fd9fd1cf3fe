/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluator for tests in other languages. Reads lines of JSON, and answers the queries among
 * them.
 *
 *   {"v":1,"kind":"pod",…}    an identity record; no answer
 *   {"reset":true}            forgets identities and policies; no answer
 *   {"policies":"YAML"}       sets the policies; answers "policies N" or "refused LINE:COLUMN WHY"
 *   {"judge":{"namespace":…,"pod":…,"direction":…,"protocol":…,"peer":…,"port":…,"rewritten":…}}
 *       answers "VERDICT REASON" and, if a rule allows the flow, " NAMESPACE/NAME LINE".
 *       With "rewritten":true, the address of a Service does not stand for its pods.
 *   {"why":{…}}               the same query, answered with an explanation
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_explain.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"

struct world {
	struct workloads *workloads;
	struct resolver *resolver;
	struct netpol_set policies;
	struct evaluator *evaluator; /* NULL: not made yet */
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "evaluate: %s\n", what);
	exit(2);
}

static void world_clear(struct world *world)
{
	evaluator_free(world->evaluator);
	netpol_set_clear(&world->policies);
	resolver_free(world->resolver);
	workloads_free(world->workloads);
	*world = (struct world){0};
}

static void world_reset(struct world *world)
{
	world_clear(world);
	if (workloads_new(&world->workloads) || resolver_new(world->workloads, &world->resolver))
		fail("no memory");
}

static void read_policies(struct world *world, const json_t *text)
{
	struct yaml_error error;

	evaluator_free(world->evaluator);
	world->evaluator = NULL;
	netpol_set_clear(&world->policies);
	int result = netpol_read(&world->policies, "policies", json_string_value(text),
				 json_string_length(text), "default", &error);
	if (result == -EBADMSG)
		printf("refused %u:%u %s\n", error.line, error.column, error.message);
	else if (result)
		fail("no memory");
	else
		printf("policies %zu\n", world->policies.count);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail(key);
	return text;
}

static uint8_t protocol_of(const char *name)
{
	static const uint8_t protocols[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP};

	for (size_t i = 0; i < sizeof(protocols); i++)
		if (strcmp(flow_protocol_name((enum flow_protocol)protocols[i]), name) == 0)
			return protocols[i];
	return FLOW_PROTOCOL_OTHER;
}

static void judge(struct world *world, const json_t *query, bool words)
{
	struct evaluate_flow flow = {
		.namespace_name = text_of(query, "namespace"),
		.port = (uint16_t)json_integer_value(json_object_get(query, "port")),
		.direction = strcmp(text_of(query, "direction"), "ingress") == 0 ? FLOW_INGRESS
										 : FLOW_EGRESS,
		.protocol = protocol_of(text_of(query, "protocol")),
	};
	struct evaluate_result result;
	char why[EVALUATE_WHY_SIZE];

	flow.subject = workloads_pod(world->workloads, flow.namespace_name, text_of(query, "pod"));
	if (address_parse(text_of(query, "peer"), &flow.family, &flow.peer))
		fail("peer");
	if (!world->evaluator &&
	    evaluator_new(&world->policies, world->resolver, &world->evaluator))
		fail("no memory");
	int error = json_is_true(json_object_get(query, "rewritten"))
			    ? evaluator_judge_rewritten(world->evaluator, &flow, &result)
			    : evaluator_judge(world->evaluator, &flow, &result);
	if (!error && words)
		error = evaluator_explain(world->evaluator, &flow, &result, why);
	if (error)
		fail("no memory");
	if (words) {
		puts(why);
		return;
	}
	printf("%s %s", evaluate_verdict_name((enum evaluate_verdict)result.verdict),
	       evaluate_reason_name((enum evaluate_reason)result.reason));
	if (result.policy)
		printf(" %s/%s %u", result.policy->namespace_name, result.policy->name,
		       result.rule->line);
	putchar('\n');
}

static void read_record(struct world *world, const char *line, size_t length)
{
	struct record record = {0};
	struct record_json_error error;

	int result = record_json_read(line, length, &record, &error);
	if (result && result != -ENOMSG)
		fail(result == -ENOMEM ? "no memory" : error.message);
	if (!result && record.kind != RECORD_HELLO && record.kind != RECORD_FLOW &&
	    workloads_apply(world->workloads, &record))
		fail("no memory");
	record_free(&record);
}

static void handle(struct world *world, const char *line, size_t length)
{
	json_error_t error;
	json_t *object = json_loadb(line, length, 0, &error);

	if (!object)
		fail(error.text);
	if (json_object_get(object, "reset"))
		world_reset(world);
	else if (json_object_get(object, "policies"))
		read_policies(world, json_object_get(object, "policies"));
	else if (json_object_get(object, "judge"))
		judge(world, json_object_get(object, "judge"), false);
	else if (json_object_get(object, "why"))
		judge(world, json_object_get(object, "why"), true);
	else
		read_record(world, line, length);
	json_decref(object);
}

int main(void)
{
	struct world world = {0};
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	world_reset(&world);
	while ((length = getline(&line, &capacity, stdin)) > 0) {
		if (line[length - 1] == '\n')
			length--;
		if (length > 0)
			handle(&world, line, (size_t)length);
	}
	free(line);
	world_clear(&world);
	return fflush(stdout) ? 2 : 0;
}
