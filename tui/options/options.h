/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of every command, read once into one struct. Names are those of README. */
#ifndef POLECAT_TUI_OPTIONS_OPTIONS_H
#define POLECAT_TUI_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"

enum command {
	COMMAND_TOP = 1,
	COMMAND_TRACE,
	COMMAND_POLICY,
	COMMAND_CHECK,
	COMMAND_DOCTOR,
	COMMAND_COMPLETION,
};

struct options {
	enum command command;
	const char *program; /* argv[0]'s last part: polecat or kubectl-polecat */

	/* Where records come from; none: this machine's kernel. Strings point into argv. */
	const char *input;  /* -i; "-" is standard input */
	const char **execs; /* --exec, in order; the array is owned */
	size_t exec_count;
	const char *record_file; /* --record */

	/*
	 * What is kept and shown: -n -p -l -c --node --comm --pid --port --direction --protocol
	 * --failed -f. Owned.
	 */
	struct filter *filter;
	/* -f as it was given, several with blanks between; NULL: none. Owned. The dashboard has it
	 * in its own line, where it can be changed: there it is not in the filter. */
	char *filter_text;
	bool host;              /* --host was given */
	bool failed;            /* --failed was given: it is in the filter too */
	const char *node_name;  /* --node-name, NODE_NAME, or the host's name; never NULL */
	size_t max_connections; /* --max-connections; 0: default */

	/*
	 * Where names come from. NULL: looked for in the usual places. cri and docker are
	 * unix:///PATH or /PATH.
	 */
	const char *cri;        /* --cri, CONTAINER_RUNTIME_ENDPOINT */
	const char *docker;     /* --docker, DOCKER_HOST */
	const char *kubeconfig; /* --kubeconfig */
	const char *context;    /* --context */
	const char *host_root; /* --host-root, or /host where the host's files are there; NULL: / */
	bool no_cri;
	bool no_docker;
	bool no_kube;
	uint64_t name_wait_ns; /* --name-wait; 0: lines do not wait for names */

	/* When to end; 0: never. */
	uint64_t timeout_ns;
	uint64_t max_events;

	/* trace */
	const char *output; /* -o: columns, wide, json, or columns=a,b,c; NULL: columns. check:
			       columns or json */

	/* policy */
	const char *directory; /* -d; NULL: standard output */
	bool force;            /* --force: write over files that differ */
	bool include_failed;
	const char *dns;         /* auto, always, never; NULL: auto */
	const char *format;      /* kubernetes, cilium; NULL: kubernetes */
	const char *policy_name; /* --policy-name; NULL: each workload's */
	uint64_t min_connections;
	uint32_t max_ports; /* --ports; 0: no limit */
	uint8_t widen_ipv4; /* --widen; 0: not */
	uint8_t widen_ipv6;
	struct filter **excludes; /* --exclude, in order; owned */
	size_t exclude_count;

	/* check, top: --policy, and the words behind it; policy: --diff. In order; the array is
	 * owned, the strings point into argv. */
	const char **policy_paths;
	size_t policy_path_count;
	bool cluster; /* --cluster: the policies of the cluster too */
	bool depends; /* --depends */

	/* completion: bash, zsh, fish */
	const char *shell;

	char *host_name; /* owned; what node_name may point to */
};

/*
 * Reads the command line. 0: *options is filled in, go on; free it with options_free. Anything
 * else: the program ends with *exit_status; --help and --version have been answered on stdout,
 * errors (which option, what was expected, how to get help) on stderr, and nothing is to be freed.
 */
int options_parse(int argc, char **argv, struct options *options, int *exit_status);
void options_free(struct options *options);

/* True for what --cri and --docker take: unix:///PATH or /PATH. */
bool options_is_socket(const char *text);

#endif
