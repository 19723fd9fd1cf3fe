/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the command line. The README describes the options. */
#ifndef POLECAT_TUI_OPTIONS_OPTIONS_H
#define POLECAT_TUI_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/source/cluster/agent_objects.h"
#include "core/source/cluster/kubectl.h"
#include "core/source/identity_source.h"

enum command {
	COMMAND_TOP = 1,
	COMMAND_TRACE,
	COMMAND_POLICY,
	COMMAND_CHECK,
	COMMAND_RECORD,
	COMMAND_DOCTOR,
	COMMAND_COMPLETION,
	COMMAND_MANUAL,
	COMMAND_AGENT,
	COMMAND_DEPLOY,
	COMMAND_UNDEPLOY,
};

/* The value of name_wait_ns without --name-wait. The session then chooses the time. */
#define NAME_WAIT_DEFAULT UINT64_MAX

/* Texts of the command line, in order. The array is owned. */
struct option_texts {
	const char **items;
	size_t count;
};

/* A point in time, of --since or --until. */
struct option_moment {
	bool given;
	bool is_age;
	uint64_t ns; /* Unix time, or the age */
};

/* Strings point into argv, the environment or static storage unless they are marked as owned. */
struct options {
	enum command command;
	const char *program; /* last component of argv[0]: polecat or kubectl-polecat */

	/* Sources of records. Without input, execs and kube, the source is this machine's
	 * kernel. */
	const char *input;          /* -i; "-" is standard input */
	struct option_texts execs;  /* --exec */
	bool kube;                  /* --kube, or started as kubectl-polecat */
	const char *record_file;    /* --record */
	struct option_moment since; /* --since */
	struct option_moment until; /* --until */
	bool append;                /* --append: add to record_file */
	uint64_t aggregate_ns;      /* --aggregate; 0: not given */
	const char *record_folder;  /* --dir of `record` */
	uint64_t keep_ns;           /* --keep; 0: the default */
	uint64_t max_size;          /* --max-size in bytes; 0: the default */
	const char *theme;          /* --theme; NULL: not given */

	/* The terms of -n -p -l -c --node --comm --pid --port --direction --protocol --failed -f.
	 * Owned. */
	struct filter *filter;
	/*
	 * The texts of all -f, joined by spaces; NULL: no -f. Owned. In the dashboard the text is
	 * not part of `filter`. It becomes the dashboard's filter line, which the user can change.
	 */
	char *filter_text;
	const char *namespace_name; /* -n; part of `filter` too */
	bool host;                  /* --host */
	bool failed;                /* --failed; part of `filter` too, except in `check` */
	const char *node_name;      /* --node-name, $NODE_NAME or the host's name; never NULL */
	const char *baseline;       /* --baseline: a recording, or policies; NULL: none */
	bool exit_on_new;           /* --exit-on-new */
	uint64_t max_connections;   /* --max-connections; 0: default */
	bool allow_loss;            /* --allow-loss */
	bool strict;                /* --strict */
	bool process_details;       /* --process-details */

	/* --cri, --docker, --kubeconfig, --context, --host-root, --no-kube, --no-cri, --no-docker,
	 * and the environment variables that replace a missing --cri or --docker. */
	struct identity_config identities;
	uint64_t name_wait_ns; /* --name-wait, or NAME_WAIT_DEFAULT; 0: do not wait for names */

	/* Limits; 0: no limit. */
	uint64_t timeout_ns;
	uint64_t heartbeat_ns; /* --heartbeat */
	uint64_t max_events;

	/* -o of trace: columns, wide, json, columns=a,b,c; of check: columns, json. NULL:
	 * columns. */
	const char *output;

	/* Options of `policy`; `top` uses some for its drafts. */
	const char *directory; /* -d; NULL: standard output */
	bool force;            /* --force: replace files that differ, or the recording */
	bool include_failed;
	bool explain;
	const char *dns;            /* --dns: auto, always, never; NULL: auto */
	const char *format;         /* --format: kubernetes, cilium; NULL: kubernetes */
	const char *policy_name;    /* --policy-name; NULL: the name of each workload */
	const char *ignored_labels; /* --ignore-label; NULL: none */
	uint64_t min_connections;
	bool group_public;
	uint64_t max_peers; /* --max-peers; 0: the default */
	bool service_ports; /* --service-ports */
	bool default_deny;  /* --default-deny */
	uint64_t max_ports; /* --ports; 0: no limit */
	uint8_t widen_ipv4; /* --widen: prefix length for IPv4; 0: not widened */
	uint8_t widen_ipv6;
	struct filter **excludes; /* --exclude, in order; owned */
	size_t exclude_count;

	struct option_texts policy_paths; /* --policy, --diff, and the words that follow them */
	bool cluster;                     /* --cluster: also the policies of the cluster */
	bool depends;                     /* --depends */

	/* A cluster (--kube, `deploy`). */
	struct option_texts targets;      /* pod/NAME, node/NAME and the like */
	struct option_texts filter_words; /* the names and values of the filter options, in turn */
	struct agent_options agents;      /* --image and others */
	struct kubectl kubectl;           /* --as, --request-timeout; the rest is in identities */
	bool dry_run;                     /* --dry-run: print the objects */

	uint64_t idle_ns; /* --exit-when-idle; 0: never */

	const char *word; /* the argument of `completion` (a shell) or `manual` (a page) */

	char *host_name; /* owned; node_name may point to it */
};

/* Returns true if the command line names policies to judge flows by, or to compare a draft with. */
static inline bool options_name_policies(const struct options *options)
{
	return options->policy_paths.count > 0 || options->cluster;
}

/* Returns true if a command that watches gets its flows from the kernel of this machine, not from a
 * recording or from streams. */
static inline bool options_watch_kernel(const struct options *options)
{
	return !options->input && options->execs.count == 0 && !options->kube;
}

/* Frees the members and zeroes the struct. */
void options_free(struct options *options);

/*
 * Fills in node_name, the sockets and the host root if the command line does not set them. Takes
 * the values from the environment and the file system. Returns 0 or -ENOMEM.
 */
int options_set_defaults(struct options *options);

/*
 * Prints one line to stderr: the name of the program and the message, escaped. Returns `status`, so
 * that a caller can report an error and return its exit status in one statement.
 */
int options_report(const struct options *options, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns true if the text has the form that --cri and --docker require: unix:///PATH or /PATH. */
bool options_is_socket(const char *text);

#endif
