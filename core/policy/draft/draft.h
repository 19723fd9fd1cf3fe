/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft: a network policy in the model of netpol.h, with the facts that it is based on. drafter.h
 * makes drafts, and draft_print.h prints them.
 *
 * Everything is sorted (policies by namespace and name, rules by their first peer, peers, ports,
 * labels by key) and each element occurs once, so equal drafts are equal data. The arena of the
 * set's policies owns all memory.
 *
 * Invariants: a selector has at least one label (an empty one would select every pod); a rule has
 * at least one peer and one port (an empty list would mean any); a direction is isolated if and
 * only if it has rules. Drafts that deny all (denies_all) select every pod and isolate both
 * directions.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/lines.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/state.h"

struct draft_evidence {
	uint64_t first_ns;    /* start of the watched time, Unix time; 0: unknown */
	uint64_t last_ns;     /* end of the watched time; before first_ns if a clock was set back */
	uint64_t watched_ns;  /* duration of the watched time */
	uint64_t clock_steps; /* the number of times that a clock was set in the watched time */
	uint64_t lost;        /* lost events that may be those of any workload */
	uint64_t own_lost;    /* lost events of this workload */
	uint64_t flows;       /* flow records behind the policy */
	uint64_t connections; /* successful connections */
	uint64_t subjects;    /* number of pods, containers or programs */
	bool watched[3];      /* whether TCP, UDP and SCTP were watched */
	/* The window to which the caller limited the flows; both 0: no limit. */
	struct state_window window;
};

struct draft_coverage {
	/* All successful connections of the workload. The next four members are parts of them. */
	uint64_t connections;
	uint64_t covered;              /* allowed by the policy */
	uint64_t left_out_connections; /* to destinations that the user left out */
	uint64_t unknown_services;     /* to Services that are not known */
	uint64_t unkept;               /* to destinations beyond the quota (unkept.h) */
	uint64_t left_out;             /* destinations that an option or exclusion left out */
	/* Failed and unanswered attempts on destinations without a successful connection. The
	 * policy does not allow these destinations. */
	uint64_t failed;
	uint64_t unanswered;
};

/* The edges behind one rule, each once, in no particular order. The state owns them. */
struct draft_edges {
	const struct edge **items;
	size_t count;
};

/*
 * A destination or client that a draft does not allow: all edges of the workload with the same
 * direction, protocol, peer and port (note_compare_tuples). The state owns the edges.
 */
struct draft_left_out {
	struct draft_edges edges; /* at least one */
	const char *detail;       /* the pod, node or Service concerned, printable ASCII, or NULL */
	uint64_t count;           /* connections, failed attempts, or those without an answer */
	int error;                /* NOTE_FAILED: errno of the last failure; else 0 */
	uint8_t kind;             /* enum note_kind */
	uint8_t reason;           /* NOTE_REFUSED: enum peer_reason; else PEER_PLAIN */
	uint8_t direction;        /* enum netpol_direction */
};

/* Sorted by direction, kind, reason, the error's word, and peer. The edges of all items are one
 * array, in the order of the items. */
struct draft_left_outs {
	const struct draft_left_out *items;
	size_t count;
};

/*
 * The kinds of lines in a draft's header comment, in the order in which they are printed. They
 * follow the lines about the workload, the time and the coverage (draft_print.c). Each line is one
 * fact, begins with the fact's class ("not allowed: ", "guessed: ", "added: ") and is printable
 * ASCII.
 */
enum draft_line_kind {
	DRAFT_MISSING = 0, /* traffic that the policy lacks: not allowed, lost, or not watched */
	DRAFT_GUESSED,     /* a rule is a guess, or allows more than was seen */
	DRAFT_DETAIL,      /* printed only with draft_options.explain */
	DRAFT_LINE_KINDS,
};

struct draft {
	struct netpol *policy; /* one of the set's policies */
	const char *workload;  /* a description, printable ASCII */
	/* The policy's default name, and the workload's plain name (NAME_PLAIN) and kind. */
	const char *name;
	const char *base;
	const char *kind;
	struct draft_evidence evidence;
	struct draft_coverage coverage;
	struct lines lines[DRAFT_LINE_KINDS]; /* by enum draft_line_kind */
	/* edges[direction][i] has the edges behind rule i of the direction. NULL without
	 * draft_options.keep_edges. */
	struct draft_edges *edges[NETPOL_DIRECTIONS];
	struct draft_left_outs left_out; /* empty without draft_options.keep_edges */
	bool placeholder;                /* the user has to replace the selector */
	bool denies_all;                 /* selects all pods of its namespace; has no evidence */
	bool others_denied;              /* a draft that denies all selects its pods, too */
};

struct draft_set {
	struct netpol_set policies;
	struct draft *items; /* items[i] describes policies.items[i] */
	/* Lines about left-out traffic and guesses that belong to none of the policies. */
	struct lines warnings;
	/* With draft_options.keep_edges: the destinations of the last workload that got no policy.
	 * `warnings` then has no lines about them. */
	struct draft_left_outs left_out;
	enum draft_format format;
	bool explain; /* also print DRAFT_DETAIL lines */
};

/* `set` may be NULL. */
static inline void draft_set_free(struct draft_set *set)
{
	if (set)
		netpol_set_clear(&set->policies);
	free(set);
}

#endif
