/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failed and slow DNS look-ups, and stray answers: one row for each name and subject that asked for
 * it. A subject has a bounded number of rows, and beyond that its oldest row makes room. Pure; one
 * thread.
 */
#ifndef POLECAT_CORE_STATE_LOOKUP_TABLE_H
#define POLECAT_CORE_STATE_LOOKUP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/base/index_list.h"
#include "core/record/record.h"
#include "core/state/subject.h"

#define LOOKUP_TABLE_MAX   4096
#define LOOKUP_SUBJECT_MAX 64

/* An answer is slow if it came after this time or later. */
#define LOOKUP_SLOW_US 200000

struct lookup {
	const struct subject *subject;
	char *name;                 /* the base name (dns_failures.h); may contain any bytes */
	char word[16];              /* word for the last failure: "NXDOMAIN", "unanswered"; "":
	                             * none */
	char comm[FLOW_COMM_SIZE];  /* name of the last process; "": unknown */
	uint32_t pid;               /* 0: unknown */
	uint8_t family;             /* family of `server`; 0: unknown */
	struct flow_address server; /* the server that was asked last */
	uint64_t failed;            /* look-ups that failed, and queries without an answer */
	uint64_t slow;              /* slow answers */
	uint64_t strays;            /* answers that no query waited for */
	uint64_t slowest_us;
	uint64_t last_ns;
	struct index_link link; /* in the list of rows in order of last_ns */
};

struct lookup_totals {
	uint64_t answers; /* answers to queries, of any kind */
	uint64_t failed;
	uint64_t unanswered;
	uint64_t truncated;
	uint64_t fallbacks; /* answers over TCP after a truncated one */
	uint64_t malformed;
	uint64_t strays;  /* answers that no query waited for; not in `answers` */
	uint64_t dropped; /* rows that were removed to make room for others */
};

/* Zero-initialise. Free with lookup_table_clear. */
struct lookup_table {
	struct lookup *items;
	size_t count;
	size_t capacity;
	struct index_list all;
	struct hash_index index; /* by subject and name */
	struct lookup_totals totals;
};

void lookup_table_clear(struct lookup_table *table);

/* Adds a FLOW_LOOKUP_FAILED or a FLOW_UNANSWERED of a subject. */
void lookup_table_add_failure(struct lookup_table *table, const struct subject *subject,
			      const struct flow *flow);

/* Counts the answer, or the stray answers, of the record. If the record needs a row
 * (lookup_needs_row), also adds it to the subject's rows; else `subject` is NULL. */
void lookup_table_add_answer(struct lookup_table *table, const struct subject *subject,
			     const struct dns_record *dns);

/* Returns whether a record is a slow answer or counts stray ones. */
bool lookup_needs_row(const struct dns_record *dns);

/* Return the newest row, and the row before another. NULL: none. */
const struct lookup *lookup_table_newest(const struct lookup_table *table);
const struct lookup *lookup_table_older(const struct lookup_table *table,
					const struct lookup *lookup);

#endif
