/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat check`: watches, then lists the flows that NetworkPolicies would deny. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/evaluate/check.h"
#include "core/policy/evaluate/evaluate_explain.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/state/flow_window.h"
#include "tui/command/commands.h"
#include "tui/options/options.h"
#include "tui/session/output.h"
#include "tui/session/session.h"

/* Fits the longest line: two names "NAMESPACE/POD" of at most 63 + 1 + 253 bytes, and an
 * explanation of at most EVALUATE_WHY_SIZE bytes. */
#define LINE_SIZE 8192
#define NAME_SIZE 640

struct printing {
	const struct options *options;
	const struct workloads *workloads;
	struct evaluator *evaluator;
	struct output *output;
};

static int check_command_append_line(struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Escapes and prints one line. */
static int check_command_append_line(struct output *output, const char *format, ...)
{
	char line[LINE_SIZE];
	char escaped[2 * LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_escape(line, escaped, sizeof(escaped));
	return output_line(output, escaped);
}

static const char *check_command_pod(const struct check_finding *finding)
{
	if (finding->flow.subject)
		return finding->flow.subject->name;
	const char *pod = finding->edge->subject->pod;
	return pod ? pod : "";
}

static const char *check_command_protocol_name(const struct check_finding *finding)
{
	if (finding->flow.protocol == FLOW_PROTOCOL_OTHER && finding->edge->protocol_name)
		return finding->edge->protocol_name;
	const char *name = flow_protocol_name((enum flow_protocol)finding->flow.protocol);
	return name ? name : "?";
}

/* Returns the DNS name of finding->flow.peer, or NULL. If finding->far is set, that peer is the
 * edge's own subject, and edge->dns is not its name. */
static const char *check_command_dns_name(const struct check_finding *finding)
{
	return finding->far ? NULL : finding->edge->dns;
}

/* Writes the peer, such as "shop/db 10.0.0.3" or "198.51.100.7 (example.com)". */
static void check_command_peer_text(const struct printing *printing,
				    const struct check_finding *finding, char text[NAME_SIZE + 320])
{
	char name[EVALUATE_PEER_SIZE];
	char address[ADDRESS_TEXT_SIZE] = "?";
	const char *dns = check_command_dns_name(finding);

	evaluate_peer_name(printing->workloads, &finding->flow, name);
	if (finding->flow.family)
		address_format(finding->flow.family, &finding->flow.peer, address);
	if (name[0])
		snprintf(text, NAME_SIZE + 320, "%s %s", name, address);
	else if (dns)
		snprintf(text, NAME_SIZE + 320, "%s (%.255s)", address, dns);
	else
		snprintf(text, NAME_SIZE + 320, "%s", address);
}

static int check_command_print_text(const struct printing *printing,
				    const struct check_finding *finding, const char *why)
{
	char peer[NAME_SIZE + 320];
	char subject[NAME_SIZE];
	bool egress = finding->flow.direction == FLOW_EGRESS;

	check_command_peer_text(printing, finding, peer);
	snprintf(subject, sizeof(subject), "%.63s/%.253s", finding->flow.namespace_name,
		 check_command_pod(finding));
	return check_command_append_line(
		printing->output, "%s -> %s %s %u: %s %s%s (%" PRIu64 " %s%s): %s",
		egress ? subject : peer, egress ? peer : subject,
		check_command_protocol_name(finding), finding->flow.port,
		egress ? "egress" : "ingress",
		evaluate_verdict_name((enum evaluate_verdict)finding->result.verdict),
		finding->far ? ", judged from its labels, not seen at this end" : "",
		finding->connections, printing->options->failed ? "attempt" : "connection",
		finding->connections == 1 ? "" : "s", why);
}

/* Escapes a text to valid UTF-8. Returns NULL for NULL and "", so that json_pack omits the key. */
static json_t *check_command_json_text(const char *text)
{
	char escaped[2 * LINE_SIZE];

	if (!text || !text[0])
		return NULL;
	text_escape(text, escaped, sizeof(escaped));
	return json_string(escaped);
}

/* Returns NULL for 0, so that json_pack omits the key. */
static json_t *check_command_json_number(uint32_t number)
{
	return number ? json_integer(number) : NULL;
}

static json_t *check_command_json_address(uint8_t family, const struct flow_address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (!family)
		return NULL;
	address_format(family, address, text);
	return json_string(text);
}

/* Returns an object that describes the peer: address, kind, namespace, name and DNS name. */
static json_t *check_command_json_peer(const struct printing *printing,
				       const struct check_finding *finding)
{
	const struct evaluate_flow *flow = &finding->flow;
	struct holder holder = {.kind = HOLDER_UNKNOWN};
	struct holder_query query;
	const char *kind = NULL;
	const char *namespace_name = NULL;
	const char *name = NULL;

	if (flow->peer_pod) {
		holder.kind = HOLDER_POD;
		holder.pod = flow->peer_pod;
	} else if (flow->family && !flow->peer_is_gone) {
		evaluate_flow_query(flow, &query);
		holder_find(printing->workloads, &query, &holder);
	}
	if (holder.kind == HOLDER_SERVICE || holder.kind == HOLDER_BALANCER) {
		kind = "service";
		namespace_name = holder.service->namespace_name;
		name = holder.service->name;
	} else if (holder.kind == HOLDER_SERVICE_RANGE) {
		kind = "service";
	} else if (holder.kind == HOLDER_POD || holder.kind == HOLDER_SHARED) {
		kind = "pod";
		namespace_name = holder.pod->namespace_name;
		name = holder.pod->name;
	} else if (holder.kind == HOLDER_NODE) {
		kind = "node";
		name = holder.node_name;
	}
	return json_pack("{s:o*, s:s*, s:o*, s:o*, s:o*}", "address",
			 check_command_json_address(flow->family, &flow->peer), "kind", kind,
			 "namespace", check_command_json_text(namespace_name), "name",
			 check_command_json_text(name), "dns",
			 check_command_json_text(check_command_dns_name(finding)));
}

static json_t *check_command_json_backend(const struct backend *backend)
{
	static const struct pod_record unknown;
	const struct pod_record *pod = backend->pod ? backend->pod : &unknown;

	return json_pack("{s:o*, s:o*, s:o*, s:o*}", "namespace",
			 check_command_json_text(pod->namespace_name), "pod",
			 check_command_json_text(pod->name), "address",
			 check_command_json_address(backend->family, &backend->address), "port",
			 check_command_json_number(backend->port));
}

static json_t *check_command_json_policies(const struct evaluate_result *result)
{
	json_t *policies = json_array();

	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol *policy = result->selecting[i];
		json_array_append_new(policies,
				      json_pack("{s:o*, s:o*, s:o*, s:o*}", "namespace",
						check_command_json_text(policy->namespace_name),
						"name", check_command_json_text(policy->name),
						"file", check_command_json_text(policy->file),
						"line", check_command_json_number(policy->line)));
	}
	return policies;
}

static int check_command_print_json(const struct printing *printing,
				    const struct check_finding *finding, const char *why)
{
	const struct evaluate_result *result = &finding->result;
	const struct evaluate_flow *flow = &finding->flow;

	json_t *object = json_pack(
		"{s:s, s:o*, s:o*, s:s, s:o*, s:i, s:o, s:o*, s:I, s:b, s:o, s:o*}", "verdict",
		evaluate_verdict_name((enum evaluate_verdict)result->verdict), "namespace",
		check_command_json_text(flow->namespace_name), "pod",
		check_command_json_text(check_command_pod(finding)), "direction",
		flow_direction_name((enum flow_direction)flow->direction), "protocol",
		check_command_json_text(check_command_protocol_name(finding)), "port",
		(int)flow->port, "peer", check_command_json_peer(printing, finding), "backend",
		result->backend ? check_command_json_backend(result->backend) : NULL,
		printing->options->failed ? "attempts" : "connections",
		(json_int_t)finding->connections, "seen", !finding->far, "policies",
		check_command_json_policies(result), "why", check_command_json_text(why));
	CLEANUP_FREE char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text ? output_line(printing->output, text) : -ENOMEM;
}

static int check_command_print_finding(const struct printing *printing,
				       const struct check_finding *finding)
{
	char why[EVALUATE_WHY_SIZE];
	bool json = printing->options->output && strcmp(printing->options->output, "json") == 0;

	int error = evaluator_explain(printing->evaluator, &finding->flow, &finding->result, why);
	if (error)
		return error;
	return json ? check_command_print_json(printing, finding, why)
		    : check_command_print_text(printing, finding, why);
}

static int check_command_print_findings(const struct printing *printing, const struct check *check)
{
	for (size_t i = 0; i < check->finding_count; i++) {
		const struct check_finding *finding = &check->findings[i];
		if (finding->result.verdict != EVALUATE_DENIED && !printing->options->depends)
			continue;
		int error = check_command_print_finding(printing, finding);
		if (error)
			return error;
	}
	return output_flush(printing->output);
}

static void check_command_report_summary(const struct options *options, const struct state *state,
					 const struct check *check, const struct netpol_set *set)
{
	size_t policies = set->count;
	char window[FLOW_WINDOW_TEXT_SIZE];
	char unjudged[NETPOL_UNJUDGED_SUMMARY_SIZE];

	fprintf(stderr,
		"%s: %zu flow%s checked against %zu polic%s: %zu would be denied, %zu depend%s on "
		"the network plugin%s%s",
		options->program, check->checked, check->checked == 1 ? "" : "s", policies,
		policies == 1 ? "y" : "ies", check->denied, check->depends,
		check->depends == 1 ? "s" : "",
		check->depends_labels ? " or on labels that are not known or have changed" : "",
		check->depends_services ? " or on the pods behind Services that are not known"
					: "");
	if (check->unknown)
		fprintf(stderr, ", %zu cannot be judged", check->unknown);
	if (check->outside)
		fprintf(stderr, "; %zu outside of pods left out", check->outside);
	if (netpol_unjudged_summary(set, unjudged))
		fprintf(stderr, "; by NetworkPolicies alone: %s", unjudged);
	flow_window_format(state_window(state), window);
	if (window[0])
		fprintf(stderr, "; only flows %s", window);
	fputc('\n', stderr);
}

static int check_command_finish(const struct options *options, struct session *session,
				const struct netpol_set *policies)
{
	const struct state *state = session_state(session);
	const struct check_options check_options = {
		.filter = options->filter,
		.failed = options->failed,
	};
	struct output output;
	struct printing printing = {
		.options = options,
		.workloads = state_workloads(state),
		.output = &output,
	};
	struct check check = {0};

	output_open(&output, STDOUT_FILENO, session);
	int error = evaluator_new(policies, state_resolver(state), &printing.evaluator);
	if (!error)
		error = check_run(&check, state, printing.evaluator, &check_options);
	if (!error)
		error = check_command_print_findings(&printing, &check);
	if (!error || error == output.error)
		check_command_report_summary(options, state, &check, policies);
	int status = output_close(&output, options, error, check.denied > 0 ? 1 : 0);
	check_clear(&check);
	evaluator_free(printing.evaluator);
	return status;
}

int check_main(const struct options *options)
{
	return commands_watch(options, "the flows seen are checked", check_command_finish);
}
