/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/filter/filter_keys.h"
#include "tests/support/source_text.h"
#include "tui/options/command_line.h"
#include "tui/options/duration.h"
#include "tui/options/option_table.h"
#include "tui/options/option_value.h"
#include "tui/options/usage.h"

#define WORDS_MAX 24

/* A command line as the tests write it: words separated by one space. "''" is an empty word. */
struct line {
	char text[512];
	char *argv[WORDS_MAX + 1];
	int argc;
};

static void split(struct line *line, const char *text)
{
	char *save = NULL;

	snprintf(line->text, sizeof(line->text), "%s", text);
	line->argc = 0;
	for (char *word = strtok_r(line->text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		assert_true(line->argc < WORDS_MAX);
		if (strcmp(word, "''") == 0)
			word[0] = '\0';
		line->argv[line->argc++] = word;
	}
	line->argv[line->argc] = NULL;
}

/* Captures the output to `stream` between catch_start and catch_end. */
struct caught {
	int stream;
	int saved;
	int file;
	char text[16384];
};

static void catch_start(struct caught *caught, int stream)
{
	fflush(NULL);
	caught->stream = stream;
	caught->saved = dup(stream);
	caught->file = memfd_create("caught", MFD_CLOEXEC);
	assert_true(caught->saved >= 0 && caught->file >= 0);
	assert_true(dup2(caught->file, stream) >= 0);
}

static void catch_end(struct caught *caught)
{
	fflush(NULL);
	dup2(caught->saved, caught->stream);
	ssize_t length = pread(caught->file, caught->text, sizeof(caught->text) - 1, 0);
	assert_true(length >= 0);
	caught->text[length] = '\0';
	close(caught->saved);
	close(caught->file);
}

/* Parses a command line that must be valid. */
static void parse(struct line *line, const char *text, struct options *options)
{
	int status = -1;

	split(line, text);
	assert_int_equal(command_line_parse(line->argc, line->argv, options, &status), 0);
}

static void test_commands(void **state)
{
	static const struct {
		const char *line;
		enum command command;
	} cases[] = {
		{"polecat", COMMAND_TOP},
		{"/usr/local/bin/polecat top", COMMAND_TOP},
		{"polecat --timeout 3", COMMAND_TOP},
		{"polecat trace", COMMAND_TRACE},
		{"kubectl-polecat policy -d out", COMMAND_POLICY},
		{"polecat check --policy p", COMMAND_CHECK},
		{"polecat record --dir d", COMMAND_RECORD},
		{"polecat doctor", COMMAND_DOCTOR},
		{"polecat completion zsh", COMMAND_COMPLETION},
		{"polecat manual keys", COMMAND_MANUAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		struct options options;
		parse(&line, cases[i].line, &options);
		assert_int_equal(options.command, cases[i].command);
		assert_string_equal(options.program,
				    cases[i].line[0] == 'k' ? "kubectl-polecat" : "polecat");
		options_free(&options);
	}
}

/* Options take precedence over environment variables. Without both, identities.places[] is NULL:
 * the identity sources then search their usual places. */
static void test_names(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	unsetenv("CONTAINER_RUNTIME_ENDPOINT");
	unsetenv("DOCKER_HOST");
	parse(&line, "polecat trace", &options);
	assert_null(options.identities.places[IDENTITY_CRI]);
	assert_null(options.identities.places[IDENTITY_DOCKER]);
	assert_null(options.identities.places[IDENTITY_KUBE]);
	assert_null(options.identities.context);
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++)
		assert_false(options.identities.disabled[i]);
	assert_true(options.name_wait_ns == NAME_WAIT_DEFAULT);
	options_free(&options);

	setenv("CONTAINER_RUNTIME_ENDPOINT", "unix:///run/e.sock", 1);
	setenv("DOCKER_HOST", "unix:///run/f.sock", 1);
	parse(&line, "polecat --name-wait 250ms --no-kube --no-cri --no-docker", &options);
	assert_string_equal(options.identities.places[IDENTITY_CRI], "unix:///run/e.sock");
	assert_string_equal(options.identities.places[IDENTITY_DOCKER], "unix:///run/f.sock");
	assert_true(options.identities.disabled[IDENTITY_CRI]);
	assert_true(options.identities.disabled[IDENTITY_DOCKER]);
	assert_true(options.identities.disabled[IDENTITY_KUBE]);
	assert_int_equal(options.name_wait_ns, 250000000);
	options_free(&options);

	parse(&line,
	      "polecat doctor --cri /run/a.sock --docker unix:///run/b.sock --kubeconfig k "
	      "--context c --host-root /host",
	      &options);
	assert_string_equal(options.identities.places[IDENTITY_CRI], "/run/a.sock");
	assert_string_equal(options.identities.places[IDENTITY_DOCKER], "unix:///run/b.sock");
	assert_string_equal(options.identities.places[IDENTITY_KUBE], "k");
	assert_string_equal(options.identities.context, "c");
	assert_string_equal(options.identities.host_root, "/host");
	options_free(&options);

	/* Ignore an engine on another machine. It does not know the containers of this machine. */
	setenv("DOCKER_HOST", "tcp://198.51.100.1:2375", 1);
	parse(&line, "polecat trace --name-wait 0 --host-root /", &options);
	assert_null(options.identities.places[IDENTITY_DOCKER]);
	assert_null(options.identities.host_root);
	assert_int_equal(options.name_wait_ns, 0);
	options_free(&options);
	unsetenv("CONTAINER_RUNTIME_ENDPOINT");
	unsetenv("DOCKER_HOST");
}

/* kubectl-polecat watches a cluster, unless it is given another source of records. */
static void test_cluster(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	parse(&line, "kubectl-polecat deploy/web node/n1 -n shop --port 80 -l a=b", &options);
	assert_true(options.kube);
	assert_false(options_watch_kernel(&options));
	assert_int_equal(options.command, COMMAND_TOP);
	assert_int_equal(options.targets.count, 2);
	assert_string_equal(options.targets.items[0], "deploy/web");
	assert_string_equal(options.targets.items[1], "node/n1");
	/* The filters, in order, for the command line of the agents. */
	static const char *const words[] = {"port", "80", "selector", "a=b", "namespace", "shop"};
	assert_int_equal(options.filter_words.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(options.filter_words.items[i], words[i]);
	options_free(&options);

	parse(&line, "kubectl-polecat trace -i f", &options);
	assert_false(options.kube);
	options_free(&options);
	parse(&line, "kubectl-polecat doctor", &options);
	assert_false(options.kube);
	options_free(&options);
	/* Agents know no names of peers. */
	parse(&line, "polecat trace --kube -f peer:db -f ns=shop --failed", &options);
	assert_int_equal(options.filter_words.count, 4);
	assert_string_equal(options.filter_words.items[1], "ns=shop");
	assert_string_equal(options.filter_words.items[2], "failed");
	assert_null(options.filter_words.items[3]);
	options_free(&options);
	parse(&line, "polecat check --kube pod/x --policy /etc pod/y", &options);
	assert_int_equal(options.targets.count, 2);
	assert_int_equal(options.policy_paths.count, 1);
	options_free(&options);
	parse(&line,
	      "polecat deploy --image i --agent-namespace n --agent-labels a=b,c= --context east "
	      "--kubeconfig k --as ann --request-timeout 3s --privileged --dry-run -o json",
	      &options);
	assert_string_equal(options.agents.image, "i");
	assert_string_equal(options.agents.namespace_name, "n");
	assert_string_equal(options.kubectl.context, "east");
	assert_string_equal(options.kubectl.kubeconfig, "k");
	assert_string_equal(options.kubectl.user, "ann");
	assert_true(options.agents.privileged && options.dry_run);
	options_free(&options);
}

static void test_values(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	parse(&line,
	      "polecat trace -i in.jsonl --record out.gz --node-name n1 --timeout 1h30m "
	      "--max-events 12 --max-connections=500 -o columns=pid,comm --host",
	      &options);
	assert_string_equal(options.input, "in.jsonl");
	assert_string_equal(options.record_file, "out.gz");
	assert_string_equal(options.node_name, "n1");
	assert_int_equal(options.timeout_ns, 5400ull * 1000000000ull);
	assert_int_equal(options.max_events, 12);
	assert_int_equal(options.max_connections, 500);
	assert_string_equal(options.output, "columns=pid,comm");
	assert_true(options.host);
	assert_true(filter_is_empty(options.filter));
	options_free(&options);

	parse(&line, "polecat trace -o json --aggregate 10s", &options);
	assert_int_equal(options.aggregate_ns, 10ull * 1000000000ull);
	options_free(&options);

	parse(&line, "polecat top --exec one --exec two", &options);
	assert_int_equal(options.execs.count, 2);
	assert_string_equal(options.execs.items[0], "one");
	assert_string_equal(options.execs.items[1], "two");
	assert_null(options.input);
	options_free(&options);

	parse(&line, "polecat policy -d out --force --include-failed --dns never", &options);
	assert_string_equal(options.directory, "out");
	assert_true(options.force);
	assert_true(options.include_failed);
	assert_string_equal(options.dns, "never");
	options_free(&options);

	/* The dashboard stores -f apart from the other filters, so that the user can clear it. */
	parse(&line, "polecat -n shop -f cart -f port:80", &options);
	assert_string_equal(options.filter_text, "cart port:80");
	assert_false(filter_is_empty(options.filter));
	options_free(&options);
	parse(&line, "polecat -f a\tor\tb -f c", &options);
	assert_string_equal(options.filter_text, "(a\tor\tb) c");
	options_free(&options);
	parse(&line, "polecat -f cart", &options);
	assert_true(filter_is_empty(options.filter));
	options_free(&options);

	parse(&line, "polecat --policy a b -i f", &options);
	assert_int_equal(options.command, COMMAND_TOP);
	assert_int_equal(options.policy_paths.count, 2);
	options_free(&options);

	parse(&line,
	      "polecat policy --format cilium --exclude port:22 --exclude !pod:web "
	      "--min-connections 3 --widen 24,64 --ports 5 --policy-name np-{name}",
	      &options);
	assert_string_equal(options.format, "cilium");
	assert_int_equal(options.exclude_count, 2);
	assert_false(filter_is_empty(options.excludes[1]));
	assert_int_equal(options.min_connections, 3);
	assert_int_equal(options.widen_ipv4, 24);
	assert_int_equal(options.widen_ipv6, 64);
	assert_int_equal(options.max_ports, 5);
	assert_string_equal(options.policy_name, "np-{name}");
	options_free(&options);

	parse(&line, "polecat policy --widen ,48", &options);
	assert_int_equal(options.widen_ipv4, 0);
	assert_int_equal(options.widen_ipv6, 48);
	options_free(&options);

	parse(&line, "polecat check --policy a -i f --policy b -o json --depends c d", &options);
	assert_int_equal(options.policy_paths.count, 4);
	assert_string_equal(options.policy_paths.items[1], "b");
	assert_string_equal(options.policy_paths.items[3], "d");
	assert_string_equal(options.output, "json");
	assert_true(options.depends);
	assert_false(options.failed);
	options_free(&options);

	parse(&line, "polecat check --cluster --policy a", &options);
	assert_true(options.cluster);
	assert_int_equal(options.policy_paths.count, 1);
	options_free(&options);

	parse(&line, "polecat check --cluster", &options);
	assert_true(options.cluster);
	assert_int_equal(options.policy_paths.count, 0);
	options_free(&options);

	parse(&line, "polecat check --policy - --failed", &options);
	assert_true(options.failed);
	assert_true(filter_is_empty(options.filter));
	options_free(&options);

	parse(&line, "polecat completion fish", &options);
	assert_string_equal(options.word, "fish");
	options_free(&options);

	/* 0 means no timeout. */
	parse(&line, "polecat trace --timeout 0 --max-events=3", &options);
	assert_int_equal(options.timeout_ns, 0);
	assert_int_equal(options.max_events, 3);
	options_free(&options);
}

static void test_node_name(void **state)
{
	struct line line;
	struct options options;
	char name[300] = "";

	(void)state;
	assert_int_equal(setenv("NODE_NAME", "from-environment", 1), 0);
	parse(&line, "polecat", &options);
	assert_string_equal(options.node_name, "from-environment");
	options_free(&options);
	parse(&line, "polecat --node-name given", &options);
	assert_string_equal(options.node_name, "given");
	options_free(&options);
	unsetenv("NODE_NAME");
	parse(&line, "polecat", &options);
	gethostname(name, sizeof(name) - 1);
	assert_string_equal(options.node_name, name);
	options_free(&options);
}

/* Returns true if the filter passes a flow of the pod shop/cart, container web, program curl (7),
 * to port 443. */
static bool passes(const struct options *options)
{
	struct flow flow = {
		.has = FLOW_HAS_PID | FLOW_HAS_DPORT,
		.pid = 7,
		.dport = 443,
		.event = FLOW_ESTABLISHED,
		.direction = FLOW_EGRESS,
		.protocol = FLOW_TCP,
		.family = 4,
		.comm = "curl",
	};
	struct filter_input input = {
		.flow = &flow,
		.node = "n1",
		.namespace_name = "shop",
		.pod = "cart",
		.container = "web",
		.state = "established",
	};
	return filter_match(options->filter, &input);
}

static void test_filters(void **state)
{
	static const struct {
		const char *line;
		bool passes;
	} cases[] = {
		{"-n shop", true},
		{"-n bank", false},
		{"-n bank,shop", true},
		{"-n bank -A", true},
		{"-A -n bank", false},
		{"-n bank -n shop", true},
		{"-p cart", true},
		{"--podname=front", false},
		{"-c web", true},
		{"-c db", false},
		{"--node n1", true},
		{"--node n2", false},
		{"--comm curl", true},
		{"--comm wget", false},
		{"--pid 7", true},
		{"--pid 8", false},
		{"--port 443", true},
		{"--port 400-500", true},
		{"--port 80", false},
		{"--direction egress", true},
		{"--direction ingress", false},
		{"--protocol TCP", true},
		{"--protocol udp", false},
		{"--failed", false},
		{"-l app=cart", false},
		{"-f pod:cart", true},
		{"-f !cart", false},
		{"-n !shop", false},
		{"-n web,shop", true},
		{"-p !front,!db", true},
		{"-c !web", false},
		{"-f db\tor\tpod:cart", true},
		{"-n shop -f cart --port 80", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct line line;
		struct options options;
		snprintf(text, sizeof(text), "polecat trace %s", cases[i].line);
		parse(&line, text, &options);
		if (passes(&options) != cases[i].passes)
			fail_msg("%s", cases[i].line);
		options_free(&options);
	}
}

/* Each error names the option and the expected value. The status is 2. */
static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{"polecat tarce", "unknown command 'tarce'; did you mean 'trace'?"},
		{"polecat xyzzy", "unknown command 'xyzzy'\n'polecat --help'"},
		{"polecat -i f trace", "the command goes first: polecat trace"},
		{"polecat trace f", "unexpected word 'f'"},
		{"polecat trace --tiemout 3", "unknown option --tiemout; did you mean --timeout?"},
		{"polecat trace --qqq", "unknown option --qqq\n'polecat trace --help'"},
		{"polecat trace --max 3", "--max could be one of several options"},
		{"polecat trace -z", "unknown option -z"},
		{"polecat trace --timeout", "--timeout needs a value: TIME"},
		{"polecat trace --time 3", "unknown option --time; did you mean --timeout?"},
		{"polecat trace --kuba --timeout 3", "unknown option --kuba"},
		{"polecat trace --max-e=3", "unknown option --max-e"},
		{"polecat policy --dns", "--dns needs a value: auto always never"},
		{"polecat trace -n", "--namespace needs a value: NAME"},
		{"polecat trace --host=yes", "--host takes no value"},
		{"polecat trace -d x",
		 "-d (--directory) is an option of 'polecat policy', not of 'trace'"},
		{"polecat top --output json", "--output is for --dry-run"},
		{"polecat trace --cri tcp://198.51.100.1", "--cri: expected unix:///PATH or /PATH"},
		{"polecat trace --docker run/a.sock", "--docker: expected unix:///PATH or /PATH"},
		{"polecat trace --name-wait soon", "--name-wait: expected a time"},
		{"polecat doctor --timeout 3", "--timeout is an option of 'polecat top'"},
		{"polecat trace --timeout x", "--timeout: expected a time such as 30s"},
		{"polecat record", "record: --dir DIR is needed"},
		{"polecat record --dir d --keep 0", "--keep: expected a time such as 7d"},
		{"polecat record --dir d --max-size 10k", "--max-size: expected a size such as 1G"},
		{"polecat record --dir d --max-size 1Gib", "not '1Gib'"},
		{"polecat record --dir d --max-size 99999999999T", "not '99999999999T'"},
		{"polecat record --dir . -i .", "--dir: '.' is being read"},
		{"polecat record --dir d -n shop", "-n (--namespace) is an option of"},
		{"polecat trace --aggregate 10s", "--aggregate is for records"},
		{"polecat policy --aggregate 10s", "--aggregate is for records"},
		{"polecat trace -o json --aggregate 0", "--aggregate: expected a time such as"},
		{"polecat trace --max-events 0", "--max-events: expected a number from 1 to"},
		{"polecat trace --max-events -3", "not '-3'"},
		{"polecat trace --max-events 3x", "not '3x'"},
		{"polecat trace --max-events 99999999999999999999",
		 "--max-events: expected a number"},
		{"polecat --max-connections 200000000",
		 "--max-connections: expected a number from 1 to 100000000"},
		{"polecat trace -o xml",
		 "--output 'xml': expected columns, wide, json or columns="},
		{"polecat trace -o columns=podd", "no column 'podd'; did you mean 'POD'?"},
		{"polecat trace -o columns=pod,,comm", "a column's name is missing"},
		{"polecat trace --pid abc", "--pid 'abc':"},
		{"polecat trace --port 70000", "--port '70000':"},
		{"polecat trace --direction up", "--direction 'up': egress or ingress"},
		{"polecat trace --protocol ''", "--protocol '':"},
		{"polecat -f pid:x", "--filter: column 5: a number or "
				     "a range (1-99) was expected\n    pid:x\n        ^\n"},
		{"polecat trace -f pid:x", "--filter: column 5: a number or "
					   "a range (1-99) was expected\n    pid:x\n        ^\n"},
		{"polecat -n !a,b", "--namespace '!a,b': write a ! before each name"},
		{"polecat policy -f pid:8", "--filter 'pid:8': drafts and checks"},
		{"polecat check --policy x -f a\tor\tlat:>1s", "have none of pid uid"},
		{"polecat policy --exclude tx:>1M", "--exclude 'tx:>1M': drafts and checks"},
		{"polecat trace -f new:yes", "the filter new: needs --baseline"},
		{"polecat policy -f new:yes", "drafts and checks have no baseline"},
		{"polecat check --policy a --baseline b",
		 "--baseline is an option of 'polecat top'"},
		{"polecat trace --exit-on-new", "--exit-on-new needs --baseline"},
		{"polecat trace -l =x", "--selector '=x':"},
		{"polecat trace -i ''", "--input: expected FILE, not an empty word"},
		{"polecat trace -i a -i b", "--input: one recording at a time"},
		{"polecat trace -i a --exec b", "--input and --exec: one or the other"},
		{"polecat trace -i a --record a", "--record: 'a' is being read"},
		{"polecat trace --exec ''", "--exec: expected COMMAND"},
		{"polecat trace -i a --since yesterday",
		 "--since: expected a time such as 2026-01-02T15:04:05Z, or an age"},
		{"polecat trace -i a --until 2026-01-02", "not '2026-01-02'"},
		{"polecat trace --since 2h", "--since needs a recording (--input)"},
		{"polecat --exec x --since 2026-01-02T15:04:05Z", "--since needs a recording"},
		{"polecat policy --until 2h", "--until: an age needs a recording (--input)"},
		{"polecat trace -i - --until 2h", "an age is counted back from the end of a file"},
		{"polecat trace --node-name ''", "--node-name: expected NAME"},
		{"polecat policy --dns maybe",
		 "--dns: expected auto, always or never, not 'maybe'"},
		{"polecat policy --format yaml", "--format: expected kubernetes or cilium"},
		{"polecat policy --exclude ''", "--exclude: expected words as for --filter"},
		{"polecat policy --exclude pid:x",
		 "--exclude: column 5: a number or "
		 "a range (1-99) was expected\n    pid:x\n        ^\n"},
		{"polecat policy --widen 33", "--widen: expected prefix lengths such as 24"},
		{"polecat policy --widen 24,", "--widen: expected prefix lengths"},
		{"polecat policy --widen 0,64", "--widen: expected prefix lengths"},
		{"polecat policy --widen 24,129", "not '24,129'"},
		{"polecat policy --ports 0", "--ports: expected a number from 1 to 65535"},
		{"polecat policy --min-connections x", "--min-connections: expected a number"},
		{"polecat policy --policy-name A", "--policy-name: expected lower-case letters"},
		{"polecat policy --policy-name {x}", "not '{x}'"},
		{"polecat policy --force",
		 "--force is for files: it needs --directory or --record"},
		{"polecat trace --force", "--force is for files: it needs --record"},
		{"polecat trace --append", "--append needs --record"},
		{"polecat trace --record a --append --force", "--append and --force: one or"},
		{"polecat check", "--policy PATH is needed"},
		{"polecat check --cluster g", "unexpected word 'g'"},
		{"polecat check --cluster --no-kube", "--cluster and --no-kube: one or the other"},
		{"polecat trace --cluster", "--cluster is an option of 'polecat top'"},
		{"polecat check -i f g", "unexpected word 'g'"},
		{"polecat check --policy", "--policy needs a value: PATH"},
		{"polecat check --policy ''", "--policy: expected PATH"},
		{"polecat check --policy a ''", "--policy: expected PATH"},
		{"polecat check --policy - -i -", "only one of all inputs can be standard input"},
		{"polecat check --policy - --policy -", "only one of all inputs"},
		{"polecat check --policy a -o wide",
		 "--output: expected columns or json, not 'wide'"},
		{"polecat trace --policy a", "--policy is an option of 'polecat top'"},
		{"polecat policy --diff ''", "--diff: expected PATH"},
		{"polecat policy --diff a ''", "--diff: expected PATH"},
		{"polecat policy --diff a -d b", "--diff and --directory: one or the other"},
		{"polecat policy --diff a --format cilium", "--diff is for --format kubernetes"},
		{"polecat policy --diff - -i -", "only one of all inputs"},
		{"polecat --kube -i f", "--kube is a source of records of its own"},
		{"polecat --kube --exec c", "--kube is a source of records of its own"},
		{"polecat trace --kube pods/", "expected pod/NAME, deploy/NAME"},
		{"polecat trace --kube what/x", "expected pod/NAME, deploy/NAME"},
		{"polecat trace pod/x", "unexpected word 'pod/x'"},
		{"polecat pod/x", "unexpected word 'pod/x'"},
		{"polecat trace --kube --process-details", "not for --kube"},
		{"polecat trace --dry-run", "--dry-run is for --kube"},
		{"polecat -o yaml", "--output is for --dry-run"},
		{"polecat deploy --agent-labels a", "--agent-labels: expected key=value"},
		{"polecat deploy --agent-limits cpu=1,=2", "--agent-limits: expected key=value"},
		{"polecat deploy --image-pull-policy some", "expected Always, IfNotPresent"},
		{"polecat deploy --timeout 3", "--timeout is an option of 'polecat top'"},
		{"polecat trace --heartbeat 3s -i -", "--heartbeat reads standard input"},
		{"polecat completion", "expected one of: bash|zsh|fish"},
		{"polecat completion tcsh", "expected one of: bash|zsh|fish; not 'tcsh'"},
		{"polecat completion bash zsh", "unexpected word 'zsh'"},
		/* Escape sequences in arguments do not reach the terminal. */
		{"polecat trace --a\033[2Jb", "unknown option --a\\x1b[2Jb"},
		{"polecat \033[2J", "unknown command '\\x1b[2J'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		struct options options;
		struct caught caught;
		int status = -1;
		split(&line, cases[i].line);
		catch_start(&caught, STDERR_FILENO);
		int result = command_line_parse(line.argc, line.argv, &options, &status);
		catch_end(&caught);
		if (result == 0 || status != 2 || !strstr(caught.text, cases[i].message) ||
		    strncmp(caught.text, "polecat: ", 9) != 0 || !strstr(caught.text, "--help'"))
			fail_msg("%s: %d, status %d, said: %s", cases[i].line, result, status,
				 caught.text);
	}
}

static void test_help(void **state)
{
	static const struct {
		const char *line;
		const char *contains[4];
	} cases[] = {
		{"polecat --help", {"Usage: polecat [COMMAND]", "trace", "Exit status", "doctor"}},
		{"polecat -h", {"Usage: polecat [COMMAND]"}},
		{"polecat help", {"Usage: polecat [COMMAND]"}},
		{"polecat help policy", {"Usage: polecat policy", "--include-failed"}},
		{"polecat trace --help",
		 {"--output FORMAT", "RETRANS", "--filter EXPR", "Exit status"}},
		{"polecat trace --pid 3 -h", {"Usage: polecat trace"}},
		{"polecat top --help", {"Usage: polecat top", "--max-connections N"}},
		{"polecat doctor --help", {"Usage: polecat doctor"}},
		{"polecat completion --help", {"bash|zsh|fish"}},
		{"polecat --version", {"polecat " POLECAT_VERSION "\n"}},
		{"polecat trace --version", {"polecat " POLECAT_VERSION "\n"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		struct options options;
		struct caught caught;
		int status = -1;
		split(&line, cases[i].line);
		catch_start(&caught, STDOUT_FILENO);
		int result = command_line_parse(line.argc, line.argv, &options, &status);
		catch_end(&caught);
		assert_int_not_equal(result, 0);
		assert_int_equal(status, 0);
		for (size_t j = 0; j < 4 && cases[i].contains[j]; j++)
			if (!strstr(caught.text, cases[i].contains[j]))
				fail_msg("%s lacks %s: %s", cases[i].line, cases[i].contains[j],
					 caught.text);
	}
}

/* No line of a help text is longer than 96 columns. */
static void test_help_is_narrow(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		struct caught caught;
		char *save = NULL;
		catch_start(&caught, STDOUT_FILENO);
		usage_print(stdout, "polecat", &command_table[i]);
		catch_end(&caught);
		for (char *text = strtok_r(caught.text, "\n", &save); text;
		     text = strtok_r(NULL, "\n", &save))
			if (strlen(text) > 96)
				fail_msg("%s", text);
	}
}

static void test_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option_definition *option = &option_table[i];
		bool answered = !strcmp(option->name, "help") || !strcmp(option->name, "version");
		if (!option->help)
			fail_msg("option --%s has no help", option->name);
		if (!option->set && !answered)
			fail_msg("option --%s has no setter", option->name);
		/* The member at offset 0 is the command, which no option sets. */
		if (option->set == option_set_flag && option->member == 0)
			fail_msg("option --%s has no MEMBER", option->name);
		assert_int_not_equal(option_table[i].commands, 0);
		assert_string_equal(option_by_name(option_table[i].name)->name,
				    option_table[i].name);
		for (size_t j = 0; j < i; j++) {
			/* Two options may have the same name if no command has both. */
			if (option_table[i].commands & option_table[j].commands) {
				assert_string_not_equal(option_table[i].name, option_table[j].name);
				if (option_table[i].letter)
					assert_int_not_equal(option_table[i].letter,
							     option_table[j].letter);
			}
		}
	}
}

/* Returns the section of the README about expressions. The caller frees it. */
static char *read_readme_expressions(void)
{
	CLEANUP_FREE char *readme = read_readme();
	const char *start = strstr(readme, "#### Expressions");

	assert_non_null(start);
	const char *end = strstr(start + 1, "\n### ");
	assert_non_null(end);
	return strndup(start, (size_t)(end - start));
}

/* Fails for a key of filters that the README does not list. */
static void test_readme_has_filter_keys(void **state)
{
	CLEANUP_FREE char *text = read_readme_expressions();

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < filter_key_count; i++) {
		char row[32];
		snprintf(row, sizeof(row), "`%s:`", filter_keys[i].name);
		if (filter_keys[i].value != FILTER_VALUE_NONE && !strstr(text, row))
			fail_msg("README.md, \"Expressions\", lacks the key %s", row);
		if (filter_keys[i].of_connection) {
			snprintf(row, sizeof(row), "`%s`", filter_keys[i].name);
			if (!strstr(text, row))
				fail_msg("README.md, \"Expressions\", lacks the key %s of those "
					 "that only connections have",
					 row);
		}
	}
}

/* Fails for an option or a command that the README does not mention. */
static void test_readme_is_complete(void **state)
{
	CLEANUP_FREE char *readme = read_readme();

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		char name[64];
		snprintf(name, sizeof(name), "--%s", option_table[i].name);
		if (!strstr(readme, name))
			fail_msg("README.md does not mention the option %s", name);
	}
	for (size_t i = 0; i < command_count; i++) {
		char name[64];
		snprintf(name, sizeof(name), "polecat %s", command_table[i].name);
		if (!strstr(readme, name) && command_table[i].command != COMMAND_TOP)
			fail_msg("README.md does not mention the command '%s'", name);
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms; /* 0: refused */
	} cases[] = {
		{"30s", 30000},
		{"30", 30000},
		{"5m", 300000},
		{"1h30m", 5400000},
		{"1h30m5s", 5405000},
		{"2d", 172800000},
		{"500ms", 500},
		{"1s500ms", 1500},
		{"1.5s", 1500},
		{"0.25", 250},
		{"1.5h", 5400000},
		{"007s", 7000},
		{"36525d", 36525ull * 86400000},
		{"", 0},
		{"0", 0},
		{"0s", 0},
		{"-3s", 0},
		{"+3s", 0},
		{" 3s", 0},
		{"3 s", 0},
		{"3s ", 0},
		{"s", 0},
		{"3x", 0},
		{"3S", 0},
		{"5m1h", 0},
		{"1m1m", 0},
		{"1h30", 0},
		{"1..5s", 0},
		{"1.5.1s", 0},
		{".5s", 0},
		{"1e3", 0},
		{"36526d", 0},
		{"99999999999999999999", 0},
		{"9999999999999999d", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 42;
		int result = duration_parse(cases[i].text, &ns);
		uint64_t expected = cases[i].ms ? cases[i].ms * 1000000 : 42;
		if (ns != expected || (result == 0) != (cases[i].ms != 0))
			fail_msg("'%s': %d, %llu ns", cases[i].text, result,
				 (unsigned long long)ns);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *line;
		uint64_t size;
	} cases[] = {
		{"polecat record --dir d --max-size 1000000", 1000000},
		{"polecat record --dir d --max-size 1M", 1000000},
		{"polecat record --dir d --max-size 2000k", 2000000},
		{"polecat record --dir d --max-size 2000K", 2000000},
		{"polecat record --dir d --max-size 500Mi", 500ull << 20},
		{"polecat record --dir d --max-size 3Gi", 3ull << 30},
		{"polecat record --dir d --max-size 2T", 2000000000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		struct options options;
		parse(&line, cases[i].line, &options);
		assert_int_equal(options.max_size, cases[i].size);
		options_free(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_node_name),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_is_narrow),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_readme_is_complete),
		cmocka_unit_test(test_readme_has_filter_keys),
		cmocka_unit_test(test_durations),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
