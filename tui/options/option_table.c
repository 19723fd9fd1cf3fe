/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/option_table.h"

#include <string.h>

#define TOP        (1u << COMMAND_TOP)
#define TRACE      (1u << COMMAND_TRACE)
#define POLICY     (1u << COMMAND_POLICY)
#define CHECK      (1u << COMMAND_CHECK)
#define DOCTOR     (1u << COMMAND_DOCTOR)
#define COMPLETION (1u << COMMAND_COMPLETION)
#define WATCHING   (TOP | TRACE | POLICY | CHECK)
#define ALL        (WATCHING | DOCTOR | COMPLETION)

/* In the order of --help, within each group. */
static const struct option_definition options[] = {
	{.id = OPTION_OUTPUT,
	 .letter = 'o',
	 .name = "output",
	 .argument = "FORMAT",
	 .values = "columns wide json columns=",
	 .commands = TRACE,
	 .help = "columns (default), wide, json (one record a line), or\n"
		 "columns=NAME,NAME… of the names below"},
	{.id = OPTION_DIRECTORY,
	 .letter = 'd',
	 .name = "directory",
	 .argument = "DIR",
	 .commands = POLICY,
	 .completion = OPTION_COMPLETES_DIRECTORY,
	 .help = "write one file per workload, NAMESPACE-NAME.yaml, into DIR\n"
		 "(made if need be) instead of all to standard output; a file\n"
		 "that is there and differs stays as it is, and the status is 4"},
	{.id = OPTION_FORCE,
	 .name = "force",
	 .commands = POLICY,
	 .help = "with -d: write over files that differ"},
	{.id = OPTION_INCLUDE_FAILED,
	 .name = "include-failed",
	 .commands = POLICY,
	 .help = "also allow what was attempted and never succeeded"},
	{.id = OPTION_DNS,
	 .name = "dns",
	 .argument = "WHEN",
	 .values = "auto always never",
	 .commands = POLICY,
	 .help = "allow DNS in every policy: auto (default: TCP 53 beside UDP\n"
		 "53 and the other way, where one was seen), always, never"},
	{.id = OPTION_FORMAT,
	 .name = "format",
	 .argument = "KIND",
	 .values = "kubernetes cilium",
	 .commands = POLICY,
	 .help = "kubernetes (default): NetworkPolicy; or cilium:\n"
		 "CiliumNetworkPolicy, with toFQDNs where the DNS name of an\n"
		 "external peer was seen"},
	{.id = OPTION_EXCLUDE,
	 .name = "exclude",
	 .argument = "EXPR",
	 .commands = POLICY,
	 .help = "leave out what matches EXPR, in the language of --filter;\n"
		 "may be given several times"},
	{.id = OPTION_MIN_CONNECTIONS,
	 .name = "min-connections",
	 .argument = "N",
	 .commands = POLICY,
	 .help = "leave out what has fewer than N connections; each is listed\n"
		 "in a comment"},
	{.id = OPTION_WIDEN,
	 .name = "widen",
	 .argument = "N[,M]",
	 .commands = POLICY,
	 .help = "single addresses outside the cluster become blocks: /N for\n"
		 "IPv4, /M for IPv6 (24, 24,64 or ,64); never one that has an\n"
		 "address of the cluster in it, and each is listed with the\n"
		 "number of addresses that it allows"},
	{.id = OPTION_PORTS,
	 .name = "ports",
	 .argument = "N",
	 .commands = POLICY,
	 .help = "more than N ports of a protocol to one peer become the range\n"
		 "from the lowest to the highest, or all ports where that is\n"
		 "more than half of them; each is listed"},
	{.id = OPTION_POLICY_NAME,
	 .name = "policy-name",
	 .argument = "NAME",
	 .commands = POLICY,
	 .help = "the policies' name; {name} in it stands for the one that\n"
		 "they have by default, {namespace} for their namespace. Where\n"
		 "several in a namespace would be called the same, the default\n"
		 "name stands behind it"},
	{.id = OPTION_DIFF,
	 .name = "diff",
	 .argument = "PATH",
	 .commands = POLICY,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "instead of the draft, print what it adds (+) to the policies\n"
		 "in PATH, and what they allow that was not seen (-), rule by\n"
		 "rule; PATH as for 'check'. Status 0: no difference, 1: some"},
	{.id = OPTION_POLICY,
	 .name = "policy",
	 .argument = "PATH",
	 .commands = CHECK | TOP,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "NetworkPolicies that exist, to tell what they would deny: a\n"
		 "file, a folder with all its .yaml, .yml and .json files, or\n"
		 "- for standard input; may be given several times, and more\n"
		 "paths may follow"},
	{.id = OPTION_CLUSTER,
	 .name = "cluster",
	 .commands = CHECK,
	 .help = "the NetworkPolicies that the cluster has now, asked of its\n"
		 "API; with --policy too, a policy of a file replaces the\n"
		 "cluster's of the same name"},
	{.id = OPTION_CHECK_OUTPUT,
	 .letter = 'o',
	 .name = "output",
	 .argument = "FORMAT",
	 .values = "columns json",
	 .commands = CHECK,
	 .help = "columns (default): a line for each flow that would be\n"
		 "denied; or json: an object for each"},
	{.id = OPTION_DEPENDS,
	 .name = "depends",
	 .commands = CHECK,
	 .help = "also list the flows that some network plugins allow and\n"
		 "others deny; they do not change the exit status"},

	{.id = OPTION_INPUT,
	 .letter = 'i',
	 .name = "input",
	 .argument = "FILE",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_SOURCE,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "read a recording instead of this machine's kernel; - is\n"
		 "standard input, .gz is read as it is"},
	{.id = OPTION_EXEC,
	 .name = "exec",
	 .argument = "COMMAND",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_SOURCE,
	 .completion = OPTION_COMPLETES_COMMAND,
	 .help = "read what COMMAND prints, such as the records of polecat on\n"
		 "another machine; may be given several times"},
	{.id = OPTION_RECORD,
	 .name = "record",
	 .argument = "FILE",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_SOURCE,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "also write every record, filtered or not, to FILE, for -i;\n"
		 "compressed where the name ends in .gz"},
	{.id = OPTION_NODE_NAME,
	 .name = "node-name",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_SOURCE,
	 .help = "this machine's node name (default: $NODE_NAME, else the\n"
		 "host's name)"},

	{.id = OPTION_CRI,
	 .name = "cri",
	 .argument = "SOCKET",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "the container runtime's socket, unix:///PATH (default:\n"
		 "$CONTAINER_RUNTIME_ENDPOINT, else the usual places)"},
	{.id = OPTION_NO_CRI,
	 .name = "no-cri",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .help = "do not ask a container runtime"},
	{.id = OPTION_DOCKER,
	 .name = "docker",
	 .argument = "SOCKET",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "Docker's or Podman's socket, unix:///PATH (default:\n"
		 "$DOCKER_HOST, else the usual places)"},
	{.id = OPTION_NO_DOCKER,
	 .name = "no-docker",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .help = "do not ask Docker or Podman"},
	{.id = OPTION_KUBECONFIG,
	 .name = "kubeconfig",
	 .argument = "FILE",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "how to reach the Kubernetes API (default: $KUBECONFIG,\n"
		 "~/.kube/config, the service account of the pod)"},
	{.id = OPTION_CONTEXT,
	 .name = "context",
	 .argument = "NAME",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .help = "the context of the kubeconfig (default: its current one)"},
	{.id = OPTION_NO_KUBE,
	 .name = "no-kube",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .help = "do not ask the Kubernetes API"},
	{.id = OPTION_HOST_ROOT,
	 .name = "host-root",
	 .argument = "DIR",
	 .commands = WATCHING | DOCTOR,
	 .group = OPTION_GROUP_NAMES,
	 .completion = OPTION_COMPLETES_DIRECTORY,
	 .help = "where the host's files are, in a container that sees them\n"
		 "elsewhere (found by itself under kubectl debug node: /host)"},
	{.id = OPTION_NAME_WAIT,
	 .name = "name-wait",
	 .argument = "TIME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_NAMES,
	 .help = "how long JSON, recordings and filters by name wait for the\n"
		 "name of a new container (default 1s; 0: not at all)"},

	{.id = OPTION_NAMESPACE,
	 .letter = 'n',
	 .name = "namespace",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_NAMESPACE,
	 .help = "pods of this namespace, or of any in a list with commas"},
	{.id = OPTION_ALL_NAMESPACES,
	 .letter = 'A',
	 .name = "all-namespaces",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .help = "every namespace (default); undoes an earlier -n"},
	{.id = OPTION_POD,
	 .letter = 'p',
	 .name = "podname",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_POD,
	 .help = "this pod, which need not exist yet"},
	{.id = OPTION_SELECTOR,
	 .letter = 'l',
	 .name = "selector",
	 .argument = "LABELS",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_SELECTOR,
	 .help = "pods with these labels: key=value[,key!=value…]"},
	{.id = OPTION_CONTAINER,
	 .letter = 'c',
	 .name = "containername",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_CONTAINER,
	 .help = "this container, by name or by 6 or more characters of its id"},
	{.id = OPTION_NODE,
	 .name = "node",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_NODE,
	 .help = "what was seen on this node"},
	{.id = OPTION_COMM,
	 .name = "comm",
	 .argument = "NAME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_COMM,
	 .help = "processes of this name"},
	{.id = OPTION_PID,
	 .name = "pid",
	 .argument = "PID",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_PID,
	 .help = "this process"},
	{.id = OPTION_PORT,
	 .name = "port",
	 .argument = "PORT",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_PORT,
	 .help = "the server's port: a number or a range, 8000-8999"},
	{.id = OPTION_DIRECTION,
	 .name = "direction",
	 .argument = "DIRECTION",
	 .values = "egress ingress",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_DIRECTION,
	 .help = "egress (opened here) or ingress (accepted here)"},
	{.id = OPTION_PROTOCOL,
	 .name = "protocol",
	 .argument = "PROTOCOL",
	 .values = "tcp udp sctp",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_PROTOCOL,
	 .help = "tcp, udp or sctp"},
	{.id = OPTION_FAILED,
	 .name = "failed",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .filter = FILTER_FAILED,
	 .help = "attempts that failed"},
	{.id = OPTION_HOST,
	 .name = "host",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .help = "also processes outside any container (default where the\n"
		 "machine runs no containers)"},
	{.id = OPTION_FILTER,
	 .letter = 'f',
	 .name = "filter",
	 .argument = "EXPR",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_FILTER,
	 .help = "words of the dashboard's / line: any text of a row,\n"
		 "field:text, field:number, !not, \"two words\""},

	{.id = OPTION_TIMEOUT,
	 .name = "timeout",
	 .argument = "TIME",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_END,
	 .help = "end after this time: 30s, 5m, 1h30m; a bare number is seconds"},
	{.id = OPTION_MAX_EVENTS,
	 .name = "max-events",
	 .argument = "N",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_END,
	 .help = "end after N events of connections that pass the filters"},
	{.id = OPTION_MAX_CONNECTIONS,
	 .name = "max-connections",
	 .argument = "N",
	 .commands = WATCHING,
	 .group = OPTION_GROUP_END,
	 .help = "connections that are kept in memory (default 100000); closed\n"
		 "ones leave first"},

	{.id = OPTION_HELP,
	 .letter = 'h',
	 .name = "help",
	 .commands = ALL,
	 .group = OPTION_GROUP_OTHER,
	 .help = "this text"},
	{.id = OPTION_VERSION,
	 .name = "version",
	 .commands = ALL,
	 .group = OPTION_GROUP_OTHER,
	 .help = "the version"},
};

static const struct command_definition commands[] = {
	{.command = COMMAND_TOP,
	 .name = "top",
	 .summary = "the dashboard: connections, destinations, policy (default)",
	 .about = "Shows the connections of this machine live, sums them up, and drafts the "
		  "NetworkPolicy\n"
		  "that would allow exactly what was seen. Press ? in it for its keys."},
	{.command = COMMAND_TRACE,
	 .name = "trace",
	 .summary = "print connections as they happen",
	 .about = "Prints a line for each event in the life of a connection, once it happens: "
		  "attempt (at\n"
		  "connect(), before there is an answer), established, or why it failed; accepted, "
		  "on the\n"
		  "side that listens; closed, with the bytes of both ways; open, for what was "
		  "there before\n"
		  "the start. NODE, NAMESPACE and POD are left out while nothing is known to be in "
		  "a pod.\n"
		  "An unknown value is \"-\". On a terminal, long names are shortened in the "
		  "middle."},
	{.command = COMMAND_POLICY,
	 .name = "policy",
	 .summary = "draft NetworkPolicies from what is seen",
	 .about = "Watches until --timeout or Ctrl-C, or reads a recording (-i), and then prints, "
		  "as YAML,\n"
		  "one NetworkPolicy (or, with --format cilium, CiliumNetworkPolicy) per workload "
		  "that allows\n"
		  "exactly the connections that succeeded."},
	{.command = COMMAND_CHECK,
	 .name = "check",
	 .argument = "--policy PATH…|--cluster",
	 .summary = "say which flows NetworkPolicies would deny",
	 .about =
		 "Watches until --timeout or Ctrl-C, or reads a recording (-i), and then prints a "
		 "line for\n"
		 "each flow (pod, direction, protocol, peer, port) that the NetworkPolicies of "
		 "--policy or\n"
		 "--cluster would deny: who to whom, how many connections, the policy that selects "
		 "the pod\n"
		 "and why nothing allows it. Each end of a flow is judged; where only one was seen "
		 "and the\n"
		 "other is a pod, that one is judged too, and the line says so. A Service's "
		 "address "
		 "stands\n"
		 "for all the pods behind it.\n"
		 "Only what succeeded counts as denied; with --failed it is what was attempted and "
		 "never\n"
		 "succeeded instead: which policy does it hang on? The status is 1 when something "
		 "would be\n"
		 "denied."},
	{.command = COMMAND_DOCTOR,
	 .name = "doctor",
	 .summary = "say what works here, and what is missing for the rest",
	 .about = "Tries what polecat needs of this kernel, these privileges and this terminal, "
		  "line by\n"
		  "line. The status is 0 when everything that is needed works, and 3 otherwise."},
	{.command = COMMAND_COMPLETION,
	 .name = "completion",
	 .argument = "bash|zsh|fish",
	 .summary = "print a script that completes command lines in a shell",
	 .about = "To load it in the shell that runs:\n"
		  "  bash  source <(polecat completion bash)\n"
		  "  zsh   source <(polecat completion zsh)\n"
		  "  fish  polecat completion fish | source"},
};

const struct option_definition *option_table(size_t *count)
{
	*count = sizeof(options) / sizeof(options[0]);
	return options;
}

const struct command_definition *command_table(size_t *count)
{
	*count = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct command_definition *command_find(enum command command)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == command)
			return &commands[i];
	return NULL;
}

const struct option_definition *option_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}
