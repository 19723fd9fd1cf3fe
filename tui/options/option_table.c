/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/option_table.h"

#include <string.h>

#include "core/base/array.h"
#include "tui/options/option_value.h"

#define TOP        (1u << COMMAND_TOP)
#define TRACE      (1u << COMMAND_TRACE)
#define POLICY     (1u << COMMAND_POLICY)
#define CHECK      (1u << COMMAND_CHECK)
#define RECORD     (1u << COMMAND_RECORD)
#define DOCTOR     (1u << COMMAND_DOCTOR)
#define COMPLETION (1u << COMMAND_COMPLETION)
#define MANUAL     (1u << COMMAND_MANUAL)
#define AGENT      (1u << COMMAND_AGENT)
#define DEPLOY     (1u << COMMAND_DEPLOY)
#define UNDEPLOY   (1u << COMMAND_UNDEPLOY)
#define WATCHING   (TOP | TRACE | POLICY | CHECK)
#define READING    (WATCHING | RECORD)
#define ALL        (READING | DOCTOR | COMPLETION | MANUAL | AGENT | DEPLOY | UNDEPLOY)
/* Commands that call kubectl. */
#define CLUSTER (WATCHING | DEPLOY | UNDEPLOY)

#define MEMBER(name) .member = offsetof(struct options, name)

/* Each row begins with letter, name, argument, commands, section of --help and setter. */
const struct option_definition option_table[] = {
	{'o', "output", "FORMAT", TRACE, OPTION_GROUP_COMMAND, option_set_output,
	 .values = "columns wide json columns=",
	 .help = "output format: columns (default), wide, json (one record per\n"
		 "line) or columns=NAME,NAME… with names of the list below"},
	{'d', "directory", "DIR", POLICY, OPTION_GROUP_COMMAND, option_set_text, MEMBER(directory),
	 .completion = OPTION_COMPLETES_DIRECTORY,
	 .help = "write one file per workload, NAMESPACE-NAME.yaml, into DIR\n"
		 "instead of writing all to standard output. Create DIR if it\n"
		 "does not exist. Keep an existing file that differs and exit\n"
		 "with status 4"},
	{0, "include-failed", NULL, POLICY, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(include_failed),
	 .help = "also allow flows that were attempted and never succeeded"},
	{0, "explain", NULL, POLICY, OPTION_GROUP_COMMAND, option_set_flag, MEMBER(explain),
	 .help = "print in each draft's header everything that was left out,\n"
		 "guessed or added, besides the summary"},
	{0, "dns", "WHEN", POLICY, OPTION_GROUP_COMMAND, option_set_word,
	 .values = "auto always never", MEMBER(dns),
	 .help = "allow DNS: auto (default), always or never. auto adds the\n"
		 "cluster's DNS to every policy that restricts egress, unless\n"
		 "you left it out, and UDP beside TCP for the clients of a DNS\n"
		 "server; always adds it even if you left it out; never adds\n"
		 "nothing"},
	{0, "format", "KIND", POLICY, OPTION_GROUP_COMMAND, option_set_word,
	 .values = "kubernetes cilium", MEMBER(format),
	 .help = "kind of policy: kubernetes (default) drafts NetworkPolicy,\n"
		 "cilium drafts CiliumNetworkPolicy with toFQDNs for external\n"
		 "peers whose DNS name was seen"},
	{0, "exclude", "EXPR", POLICY, OPTION_GROUP_COMMAND, option_add_exclude,
	 .help = "leave out flows that match EXPR, in the language of --filter;\n"
		 "can be repeated"},
	{0, "min-connections", "N", POLICY, OPTION_GROUP_COMMAND, option_set_count,
	 MEMBER(min_connections), .max = INT64_MAX,
	 .help = "leave out flows with fewer than N connections and list each\n"
		 "in a comment"},
	{0, "widen", "N[,M]", POLICY, OPTION_GROUP_COMMAND, option_set_widen,
	 .help = "replace single addresses outside the cluster by blocks: /N\n"
		 "for IPv4, /M for IPv6 (24, 24,64 or ,64). Never widen to a\n"
		 "block that contains an address of the cluster. A comment\n"
		 "lists each block with the number of addresses it allows"},
	{0, "theme", "NAME", TOP, OPTION_GROUP_COMMAND, option_set_text, MEMBER(theme),
	 .help = "colours: dark, light, mono and others (t lists them), or the\n"
		 "file of a base16 or base24 scheme (default: $POLECAT_THEME,\n"
		 "else the settings, else by the terminal's background)"},
	{0, "public", NULL, POLICY | TOP, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(group_public),
	 .help = "where a port has many public addresses (--max-peers), allow all\n"
		 "public addresses instead: 0.0.0.0/0 and ::/0 except private,\n"
		 "special and the cluster's own ranges"},
	{0, "max-peers", "N", POLICY | TOP, OPTION_GROUP_COMMAND, option_set_count,
	 MEMBER(max_peers), .max = UINT32_MAX,
	 .help = "if one port has N public addresses or more, --public replaces\n"
		 "them; without --public, a comment suggests it (default 50)"},
	{0, "service-ports", NULL, POLICY | TOP, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(service_ports),
	 .help = "also allow the ports of Services, beside those of their pods,\n"
		 "for plugins that judge packets before they are rewritten (AWS)"},
	{0, "default-deny", NULL, POLICY | TOP, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(default_deny),
	 .help = "add to each drafted namespace a policy for all its pods that\n"
		 "allows only DNS; the other policies add what they allow"},
	{0, "ports", "N", POLICY, OPTION_GROUP_COMMAND, option_set_count, MEMBER(max_ports),
	 .max = 65535,
	 .help = "replace more than N ports of one protocol to one peer by the\n"
		 "range from the lowest to the highest, or by all ports if the\n"
		 "range has more than half of all ports; a comment lists each"},
	{0, "ignore-label", "KEYS", POLICY, OPTION_GROUP_COMMAND, option_set_ignored_labels,
	 .help = "leave these labels out of all selectors: keys, or the start of\n"
		 "keys with a *, split by commas. Labels that controllers change,\n"
		 "and those that differ among pods of one owner, are always left\n"
		 "out"},
	{0, "policy-name", "NAME", POLICY, OPTION_GROUP_COMMAND, option_set_policy_name,
	 .help = "name of the policies; {workload} is replaced by the name of\n"
		 "the workload, {kind} by the kind of its owner (deployment,\n"
		 "pod), {namespace} by the namespace, {name} by the default\n"
		 "name, which is the workload's name, with the kind if two\n"
		 "workloads have the same name. If NAME gives two policies the\n"
		 "same name, it is completed by the default name"},
	{0, "diff", "PATH", POLICY, OPTION_GROUP_COMMAND, option_add_text, MEMBER(policy_paths),
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "print, instead of the draft, the rules that it adds (+) to\n"
		 "the policies in PATH and the rules of PATH that no flow used\n"
		 "(-). PATH as for 'check'. Exit status 1 if they differ"},
	{0, "policy", "PATH", CHECK | TOP, OPTION_GROUP_COMMAND, option_add_text,
	 MEMBER(policy_paths), .completion = OPTION_COMPLETES_FILE,
	 .help = "existing NetworkPolicies to judge flows by: a file, a\n"
		 "directory (all its .yaml, .yml and .json files) or - for\n"
		 "standard input; can be repeated or followed by more paths"},
	{0, "cluster", NULL, CHECK | POLICY | TOP, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(cluster),
	 .help = "read the NetworkPolicies of the cluster from its API, for\n"
		 "'policy' as --diff does. A policy in a file replaces the\n"
		 "policy of the same name in the cluster. Policies of other\n"
		 "kinds are named: they are not judged"},
	{0, "baseline", "PATH", TRACE | TOP, OPTION_GROUP_COMMAND, option_set_text,
	 MEMBER(baseline), .completion = OPTION_COMPLETES_FILE,
	 .help = "known destinations: those of a recording (a file, or the folder\n"
		 "of a flight recorder), or those that the NetworkPolicies in a\n"
		 "file or directory allow. Others are new:\n"
		 "the filter new:yes, and in the dashboard the mark NEW"},
	{0, "exit-on-new", NULL, TRACE | TOP, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(exit_on_new),
	 .help = "with --baseline: exit with status 1 at the first flow to or\n"
		 "from a new destination, and name it"},
	{0, "process-details", NULL, TRACE | RECORD, OPTION_GROUP_COMMAND, option_set_flag,
	 MEMBER(process_details),
	 .help = "with -o json, --record or record: also the executable and the\n"
		 "command line of processes of this machine"},
	{'o', "output", "FORMAT", CHECK, OPTION_GROUP_COMMAND, option_set_word,
	 .values = "columns json", MEMBER(output),
	 .help = "output format: columns (default, one line per denied flow)\n"
		 "or json (one object per denied flow)"},
	{'o', "output", "FORMAT", DEPLOY | UNDEPLOY | TOP, OPTION_GROUP_COMMAND, option_set_word,
	 .values = "yaml json", MEMBER(output),
	 .help = "with --dry-run: the form of the objects, yaml (default) or json"},
	{0, "depends", NULL, CHECK, OPTION_GROUP_COMMAND, option_set_flag, MEMBER(depends),
	 .help = "also list the flows that some network plugins allow and\n"
		 "others deny; they do not change the exit status"},

	{0, "exit-when-idle", "TIME", AGENT, OPTION_GROUP_COMMAND, option_set_time, MEMBER(idle_ns),
	 .help = "exit when no other process ran in this container for TIME\n"
		 "(default: never)"},

	{0, "dir", "DIR", RECORD, OPTION_GROUP_COMMAND, option_set_text, MEMBER(record_folder),
	 .completion = OPTION_COMPLETES_DIRECTORY,
	 .help = "the folder of the segments, made if it does not exist. Only you\n"
		 "may have rights to it. -i DIR reads it, also while it is\n"
		 "written"},
	{0, "keep", "TIME", RECORD, OPTION_GROUP_COMMAND, option_set_period, MEMBER(keep_ns),
	 .help = "remove segments that ended before this time: 7d (default), 12h"},
	{0, "max-size", "SIZE", RECORD, OPTION_GROUP_COMMAND, option_set_size, MEMBER(max_size),
	 .help = "fold, then remove, the oldest segments beyond this size: 1G\n"
		 "(default), 500M, 2Gi; at least 1M"},

	{'i', "input", "FILE", READING, OPTION_GROUP_SOURCE, option_set_input, MEMBER(input),
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "read a recording instead of this machine's kernel: a file (- is\n"
		 "standard input; gzip files are decompressed), or the folder of\n"
		 "a flight recorder (record --dir)"},
	{0, "kube", NULL, WATCHING, OPTION_GROUP_SOURCE, option_set_flag, MEMBER(kube),
	 .help = "watch the nodes of a cluster, through the agents there or a\n"
		 "pod on each node that is deleted at the end. 'kubectl polecat'\n"
		 "implies it. pod/NAME, deploy/NAME, sts/NAME, ds/NAME and\n"
		 "node/NAME select what to watch"},
	{0, "exec", "COMMAND", READING, OPTION_GROUP_SOURCE, option_add_text, MEMBER(execs),
	 .completion = OPTION_COMPLETES_COMMAND,
	 .help = "read records from the output of COMMAND, such as polecat on\n"
		 "another machine; can be repeated"},
	{0, "record", "FILE", WATCHING, OPTION_GROUP_SOURCE, option_set_text, MEMBER(record_file),
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "also write every record, filtered or not, to FILE, for -i;\n"
		 "compressed if the name ends in .gz. A file that exists is kept,\n"
		 "and polecat exits with status 4"},
	{0, "append", NULL, WATCHING, OPTION_GROUP_SOURCE, option_set_flag, MEMBER(append),
	 .help = "with --record: add to an existing recording"},
	{0, "aggregate", "TIME", WATCHING, OPTION_GROUP_SOURCE, option_set_period,
	 MEMBER(aggregate_ns),
	 .help = "in -o json of trace and in --record: instead of flows, one edge\n"
		 "record per subject, direction, peer, port and protocol in each\n"
		 "TIME. Drafts and checks of them are those of the flows. With\n"
		 "--kube, the agents send edge records to every command"},
	{0, "force", NULL, WATCHING, OPTION_GROUP_SOURCE, option_set_flag, MEMBER(force),
	 .help = "replace existing files: the recording of --record once a\n"
		 "record arrives, and with -d drafts that differ"},
	{0, "since", "TIME", READING, OPTION_GROUP_SOURCE, option_set_moment, MEMBER(since),
	 .help = "with -i: leave out flows before TIME: 2026-01-02T15:04:05Z, or\n"
		 "an age, counted back from the recording's last flow: 2h, 90s.\n"
		 "Connections that were open then are shown as open"},
	{0, "until", "TIME", READING, OPTION_GROUP_SOURCE, option_set_moment, MEMBER(until),
	 .help = "leave out flows at TIME and after it. Without -i: end at TIME,\n"
		 "which cannot be an age then"},
	{0, "node-name", "NAME", READING, OPTION_GROUP_SOURCE, option_set_text, MEMBER(node_name),
	 .help = "node name of this machine (default: $NODE_NAME, else the\n"
		 "host name)"},

	{0, "cri", "SOCKET", READING | DOCTOR, OPTION_GROUP_NAMES, option_set_socket,
	 MEMBER(identities.places[IDENTITY_CRI]), .completion = OPTION_COMPLETES_FILE,
	 .help = "socket of the container runtime, unix:///PATH (default:\n"
		 "$CONTAINER_RUNTIME_ENDPOINT, else the usual paths)"},
	{0, "no-cri", NULL, READING | DOCTOR, OPTION_GROUP_NAMES, option_set_flag,
	 MEMBER(identities.disabled[IDENTITY_CRI]), .help = "do not ask a container runtime"},
	{0, "docker", "SOCKET", READING | DOCTOR, OPTION_GROUP_NAMES, option_set_socket,
	 MEMBER(identities.places[IDENTITY_DOCKER]), .completion = OPTION_COMPLETES_FILE,
	 .help = "socket of Docker or Podman, unix:///PATH (default:\n"
		 "$DOCKER_HOST, else the usual paths)"},
	{0, "no-docker", NULL, READING | DOCTOR, OPTION_GROUP_NAMES, option_set_flag,
	 MEMBER(identities.disabled[IDENTITY_DOCKER]), .help = "do not ask Docker or Podman"},
	{0, "kubeconfig", "FILE", READING | DEPLOY | UNDEPLOY | DOCTOR, OPTION_GROUP_NAMES,
	 option_set_text, MEMBER(identities.places[IDENTITY_KUBE]),
	 .completion = OPTION_COMPLETES_FILE,
	 .help = "kubeconfig file for the Kubernetes API (default: $KUBECONFIG,\n"
		 "~/.kube/config, the service account of the pod)"},
	{0, "context", "NAME", READING | DEPLOY | UNDEPLOY | DOCTOR, OPTION_GROUP_NAMES,
	 option_set_text, MEMBER(identities.context),
	 .help = "context of the kubeconfig file (default: its current context)"},
	{0, "no-kube", NULL, READING | DOCTOR, OPTION_GROUP_NAMES, option_set_flag,
	 MEMBER(identities.disabled[IDENTITY_KUBE]), .help = "do not ask the Kubernetes API"},
	{0, "host-root", "DIR", READING | DOCTOR, OPTION_GROUP_NAMES, option_set_text,
	 MEMBER(identities.host_root), .completion = OPTION_COMPLETES_DIRECTORY,
	 .help = "directory where a container sees the files of the host\n"
		 "(default: /host under 'kubectl debug node', else /)"},
	{0, "name-wait", "TIME", READING, OPTION_GROUP_NAMES, option_set_time, MEMBER(name_wait_ns),
	 .help = "longest time that trace, recordings and filters by name wait for\n"
		 "the names of a new container and its pod (default 1s, or 3s\n"
		 "if the Kubernetes API alone gives names; 0: do not wait)"},

	{0, "image", "NAME", WATCHING | DEPLOY, OPTION_GROUP_CLUSTER, option_set_text,
	 MEMBER(agents.image), .help = "image of the agents (default " POLECAT_IMAGE ")"},
	{0, "image-pull-policy", "WHEN", WATCHING | DEPLOY, OPTION_GROUP_CLUSTER, option_set_word,
	 .values = "Always IfNotPresent Never", MEMBER(agents.pull_policy),
	 .help = "when nodes pull the image: Always, IfNotPresent (default),\n"
		 "Never"},
	{0, "agent-namespace", "NAME", CLUSTER, OPTION_GROUP_CLUSTER, option_set_text,
	 MEMBER(agents.namespace_name),
	 .help = "namespace of the agents (default polecat; of the pods for one\n"
		 "session: that of the context). It must exist"},
	{0, "agent-labels", "LABELS", WATCHING | DEPLOY, OPTION_GROUP_CLUSTER,
	 option_set_agent_labels, MEMBER(agents.labels),
	 .help = "further labels of the agents' pods: key=value,key=value"},
	{0, "agent-limits", "LIMITS", WATCHING | DEPLOY, OPTION_GROUP_CLUSTER,
	 option_set_agent_labels, MEMBER(agents.limits),
	 .help = "limits of an agent: cpu=500m,memory=1Gi (default\n"
		 "memory=512Mi)"},
	{0, "agent-deadline", "TIME", WATCHING, OPTION_GROUP_CLUSTER, option_set_time,
	 MEMBER(agents.deadline_ns),
	 .help = "end the pods of this session after TIME, whatever happens\n"
		 "here (default 12h); polecat makes new ones if it still runs"},
	{0, "privileged", NULL, WATCHING | DEPLOY, OPTION_GROUP_CLUSTER, option_set_flag,
	 MEMBER(agents.privileged),
	 .help = "make the agents privileged, for nodes on which the capabilities\n"
		 "BPF, PERFMON and NET_ADMIN do not suffice"},
	{0, "recorder", "DIR", DEPLOY, OPTION_GROUP_CLUSTER, option_set_text,
	 MEMBER(agents.recorder),
	 .help = "give the agents a folder of their node for recordings, as\n"
		 "/var/lib/polecat"},
	{0, "as", "USER", CLUSTER, OPTION_GROUP_CLUSTER, option_set_text, MEMBER(kubectl.user),
	 .help = "user to impersonate, as in kubectl"},
	{0, "request-timeout", "TIME", CLUSTER, OPTION_GROUP_CLUSTER, option_set_text,
	 MEMBER(kubectl.request_timeout),
	 .help = "limit of each request of kubectl, as in kubectl"},
	{0, "dry-run", NULL, CLUSTER, OPTION_GROUP_CLUSTER, option_set_flag, MEMBER(dry_run),
	 .help = "print the objects that would be made or deleted, and exit"},

	{'n', "namespace", "NAME", WATCHING, OPTION_GROUP_FILTER, option_set_text,
	 MEMBER(namespace_name), .filter = FILTER_NAMESPACE,
	 .help = "pods of these namespaces: shop,web or !kube-system"},
	{'A', "all-namespaces", NULL, WATCHING, OPTION_GROUP_FILTER, option_clear_text,
	 MEMBER(namespace_name),
	 .help = "pods of every namespace (default); overrides an earlier -n"},
	{'p', "podname", "NAME", WATCHING, OPTION_GROUP_FILTER, option_add_filter,
	 .filter = FILTER_POD, .help = "these pods, which need not exist yet: NAME,NAME or !NAME"},
	{'l', "selector", "LABELS", WATCHING, OPTION_GROUP_FILTER, option_add_filter,
	 .filter = FILTER_SELECTOR, .help = "pods with these labels: key=value[,key!=value…]"},
	{'c', "containername", "NAME", WATCHING, OPTION_GROUP_FILTER, option_add_filter,
	 .filter = FILTER_CONTAINER,
	 .help = "these containers, by name or by 6 or more characters of their\n"
		 "IDs: NAME,NAME or !NAME"},
	{0, "node", "NAME", WATCHING, OPTION_GROUP_FILTER, option_add_filter, .filter = FILTER_NODE,
	 .help = "flows that were seen on this node"},
	{0, "comm", "NAME", WATCHING, OPTION_GROUP_FILTER, option_add_filter, .filter = FILTER_COMM,
	 .help = "processes of this name"},
	{0, "pid", "PID", TOP | TRACE, OPTION_GROUP_FILTER, option_add_filter, .filter = FILTER_PID,
	 .help = "this process"},
	{0, "port", "PORT", WATCHING, OPTION_GROUP_FILTER, option_add_filter, .filter = FILTER_PORT,
	 .help = "server port: a number or a range, 8000-8999"},
	{0, "direction", "DIRECTION", WATCHING, OPTION_GROUP_FILTER, option_add_filter,
	 .values = "egress ingress", .filter = FILTER_DIRECTION,
	 .help = "egress (opened here) or ingress (accepted here)"},
	{0, "protocol", "PROTOCOL", WATCHING, OPTION_GROUP_FILTER, option_add_filter,
	 .values = "tcp udp sctp", .filter = FILTER_PROTOCOL, .help = "tcp, udp or sctp"},
	{0, "failed", NULL, WATCHING, OPTION_GROUP_FILTER, option_set_failed,
	 .filter = FILTER_FAILED, .help = "failed attempts, dropped packets, failed DNS look-ups"},
	{0, "host", NULL, WATCHING, OPTION_GROUP_FILTER, option_set_flag, MEMBER(host),
	 .help = "also show processes outside containers (default if no\n"
		 "containers run at the start)"},
	{'f', "filter", "EXPR", WATCHING, OPTION_GROUP_FILTER, option_add_filter_text,
	 .help = "an expression as in the dashboard's / line: web,\n"
		 "ns:shop, port:80,443, lat:>100ms, peer:203.0.113.0/24,\n"
		 "comm~^cur, !dir:ingress, a or (b and not c)"},

	{0, "timeout", "TIME", READING, OPTION_GROUP_END, option_set_time, MEMBER(timeout_ns),
	 .help = "exit after this time: 30s, 5m, 1h30m; a plain number is\n"
		 "seconds"},
	{0, "heartbeat", "TIME", TRACE, OPTION_GROUP_END, option_set_time, MEMBER(heartbeat_ns),
	 .help = "exit when standard input ends, or when no byte came on it for\n"
		 "TIME. For agents: their reader may go away without a trace"},
	{0, "max-events", "N", WATCHING, OPTION_GROUP_END, option_set_count, MEMBER(max_events),
	 .max = INT64_MAX, .help = "exit after N events of connections that pass the filters"},
	{0, "max-connections", "N", READING, OPTION_GROUP_END, option_set_count,
	 MEMBER(max_connections), .max = 100000000,
	 .help = "number of connections to keep in memory (default 100000);\n"
		 "closed connections are dropped first"},
	{0, "allow-loss", NULL, TRACE | POLICY | CHECK | RECORD, OPTION_GROUP_END, option_set_flag,
	 MEMBER(allow_loss), .help = "exit with status 0 instead of 6 if data is incomplete"},
	{0, "strict", NULL, READING, OPTION_GROUP_END, option_set_flag, MEMBER(strict),
	 .help = "refuse a recording that is cut or damaged"},

	{'h', "help", NULL, ALL, OPTION_GROUP_OTHER, .help = "print this text and exit"},
	{0, "version", NULL, ALL, OPTION_GROUP_OTHER, .help = "print the version and exit"},
};

/* Each row has command, name, argument, words of the argument, summary and about. */
const struct command_definition command_table[] = {
	{COMMAND_TOP, "top", NULL, NULL,
	 "show the dashboard: connections, destinations, policy (default)",
	 "Shows the connections of this machine live, sums them up per destination and drafts\n"
	 "the NetworkPolicy that allows them, and nothing else but DNS. Press ? for the keys."},
	{COMMAND_TRACE, "trace", NULL, NULL, "print connections as they happen",
	 "Prints a line for each event of a connection: attempt (at connect(), before an\n"
	 "answer), established, the reason for a failure, accepted (on the listening side),\n"
	 "closed (with the bytes of both directions), open (connections that existed at the\n"
	 "start). NODE, NAMESPACE and POD are omitted until a pod is known. An unknown value\n"
	 "is \"-\". On a terminal, long names are shortened in the middle."},
	{COMMAND_POLICY, "policy", NULL, NULL, "draft NetworkPolicies from the connections seen",
	 "Watches until --timeout or Ctrl-C, or reads a recording (-i), and then prints one\n"
	 "NetworkPolicy (with --format cilium: CiliumNetworkPolicy) per workload as YAML. It\n"
	 "allows the connections that succeeded, and nothing else but DNS."},
	{COMMAND_CHECK, "check", "--policy PATH…|--cluster", NULL,
	 "list the flows that NetworkPolicies would deny",
	 "Watches until --timeout or Ctrl-C, or reads a recording (-i), and then prints a line\n"
	 "for each flow (pod, direction, protocol, peer, port) that the NetworkPolicies of\n"
	 "--policy or --cluster would deny: both ends, the number of connections, the policy\n"
	 "that selects the pod and the reason why no rule allows the flow. Each end of a flow\n"
	 "is judged. If only one end was seen and the other is a pod, the pod is judged too,\n"
	 "and the line says so. A Service address stands for all pods behind it.\n"
	 "Only connections that succeeded are judged. With --failed, attempts that never\n"
	 "succeeded are judged instead, to find the policy that blocks them. Exit status 1 if\n"
	 "a flow would be denied."},
	{COMMAND_RECORD, "record", "--dir DIR", NULL,
	 "record everything into a folder of bounded size (flight recorder)",
	 "Writes all records into DIR, in compressed segments of about an hour, until --timeout\n"
	 "or Ctrl-C. To stay within --max-size, folds the oldest segments into sums for each\n"
	 "workload and destination, and then removes them. A crash loses at most the last\n"
	 "second. While the disk is full, counts the events that cannot be written, and goes on\n"
	 "when there is room again. -i DIR reads the folder in every command; --since and --until\n"
	 "then skip the segments outside of the window."},
	{COMMAND_DOCTOR, "doctor", NULL, NULL,
	 "report what works on this machine and what is missing",
	 "Tries each feature that polecat needs from the kernel, the privileges, the container\n"
	 "runtimes, the cluster and the terminal, one per line. Exit status 0 if every\n"
	 "required feature works, 3 otherwise."},
	{COMMAND_COMPLETION, "completion", "bash|zsh|fish", "bash zsh fish",
	 "print a shell completion script",
	 "To load it into the current shell:\n"
	 "  bash  source <(polecat completion bash)\n"
	 "  zsh   source <(polecat completion zsh)\n"
	 "  fish  polecat completion fish | source"},
	{COMMAND_MANUAL, "manual", "polecat|keys|filters|records", "polecat keys filters records",
	 "print a manual page",
	 "To read it:\n"
	 "  polecat manual polecat | man -l -\n"
	 "The page polecat has the commands and options, keys the keys of the dashboard,\n"
	 "filters the language of --filter, records the fields of -o json and --record."},
	{COMMAND_AGENT, "agent", NULL, NULL,
	 "do nothing until ended: the main process of an agent's pod",
	 "Waits for SIGTERM or SIGINT, and does nothing else. polecat --kube starts a command\n"
	 "in the pod (kubectl exec) while somebody watches its node."},
	{COMMAND_DEPLOY, "deploy", NULL, NULL, "install agents on all nodes of the cluster",
	 "Makes a namespace, a DaemonSet and a Role for those who may watch, through kubectl. The\n"
	 "agents do nothing until somebody watches their node: 'kubectl polecat' then uses them\n"
	 "and makes no pods of its own. 'undeploy' removes everything."},
	{COMMAND_UNDEPLOY, "undeploy", NULL, NULL, "remove the agents of the cluster",
	 "Deletes the objects that 'deploy' makes, through kubectl."},
};

const size_t option_count = ARRAY_LENGTH(option_table);
const size_t command_count = ARRAY_LENGTH(command_table);

const struct command_definition *command_find(enum command command)
{
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].command == command)
			return &command_table[i];
	return NULL;
}

const struct command_definition *command_by_name(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	return NULL;
}

const struct option_definition *option_by_name(const char *name)
{
	for (size_t i = 0; i < option_count; i++)
		if (strcmp(option_table[i].name, name) == 0)
			return &option_table[i];
	return NULL;
}

bool command_has_option(const struct command_definition *command,
			const struct option_definition *option)
{
	return option->commands & 1u << command->command;
}
