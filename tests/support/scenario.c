/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/record/json/record_json.h"

struct state *scenario_new(void)
{
	struct state *state = NULL;

	assert_int_equal(state_new(NULL, &state), 0);
	return state;
}

void scenario_add_line(struct state *state, const char *line)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {.message = ""};

	if (record_json_read(line, strlen(line), &record, &error) != 0)
		fail_msg("%s: %s", error.message, line);
	state_apply(state, &record);
	record_free(&record);
}

void scenario_add(struct state *state, const char *format, ...)
{
	char text[4096];
	char *rest = NULL;
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	assert_true(length >= 0 && (size_t)length < sizeof(text));
	for (char *c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		scenario_add_line(state, line);
}

void scenario_pod(struct state *state, const char *namespace_name, const char *name, const char *ip,
		  const char *labels)
{
	scenario_add(state,
		     "{'v':1,'kind':'pod','namespace':'%s','name':'%s','node':'n1','ips':['%s'],"
		     "'labels':{%s}}",
		     namespace_name, name, ip, labels);
}

static void one_event(struct state *state, const char *event, const char *extra,
		      unsigned int number, const char *who, const char *tuple)
{
	scenario_add(
		state,
		"{'v':1,'kind':'flow','event':'%s','ts':'2026-01-02T03:%02u:%02uZ','id':'%016x',%s,"
		"%s%s}",
		event, number / 60 % 60, number % 60, number, who, tuple, extra);
}

void scenario_flow(struct state *state, unsigned int number, const char *namespace_name,
		   const char *pod, const char *direction, const char *protocol, const char *peer,
		   unsigned int port, const char *result)
{
	char who[512];
	char tuple[512];
	bool ingress = strcmp(direction, "ingress") == 0;
	bool six = strchr(peer, ':') != NULL;
	const char *own = six ? "2001:db8:ffff::1" : "192.0.2.254";

	snprintf(who, sizeof(who), "'namespace':'%s','pod':'%s','comm':'app','node':'n1'",
		 namespace_name, pod);
	snprintf(tuple, sizeof(tuple),
		 "'direction':'%s','protocol':'%s','family':%d,'src':'%s','sport':40000,'dst':'%s',"
		 "'dport':%u",
		 direction, protocol, six ? 6 : 4, ingress ? peer : own, ingress ? own : peer,
		 port);
	if (strcmp(result, "hanging") == 0)
		one_event(state, "attempt", "", number, who, tuple);
	else if (strcmp(result, "refused") == 0)
		one_event(state, "failed", ",'error':'ECONNREFUSED'", number, who, tuple);
	else if (strcmp(protocol, "UDP") == 0)
		one_event(state, "datagram", ",'count':1", number, who, tuple);
	else
		one_event(state, ingress ? "accepted" : "established", "", number, who, tuple);
}

const struct subject *scenario_subject(const struct state *state, const char *namespace_name,
				       const char *pod)
{
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		if (subject->kind == SUBJECT_POD && strcmp(subject->pod, pod) == 0 &&
		    strcmp(subject->namespace_name, namespace_name) == 0)
			return subject;
	}
	fail_msg("no subject %s/%s", namespace_name, pod);
	return NULL;
}
