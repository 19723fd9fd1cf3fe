/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a flight recorder's segments. A name has the number of the segment, and times in
 * whole seconds (UTC):
 *
 *   0000000012_20260102T030405Z.jsonl.gz                           open: began at this time
 *   0000000012_20260102T030405Z_20260102T040000Z.jsonl.gz          closed: of its events
 *   0000000012_20260102T030405Z_20260102T040000Z_steps.jsonl.gz    a clock was set
 *   0000000012_20260102T030405Z_20260102T040000Z_cut.jsonl.gz      could not be completed
 *   0000000012_20260102T030405Z_20260102T040000Z_from0000000003.jsonl.gz
 *                                                  edges, in place of the segments from 3 to 12
 *
 * A segment of edges that is not complete has a name that ends in .partial.
 *
 * Numbers only rise, so the names are in the order of writing, which is also the order of time
 * unless a clock was set. Pure.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_NAME_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define SEGMENT_NAME_SIZE 112

struct segment_name {
	uint64_t number;   /* from 1 on */
	uint64_t first_ns; /* Unix time of the earliest event, or of the beginning if not closed */
	uint64_t last_ns;  /* of the latest event; 0: not closed */
	uint64_t from;     /* edges: the number of the first segment that this one replaces */
	bool closed;
	bool steps; /* a clock was set in the segment */
	bool cut;   /* its end could not be written */
};

/* Writes the name. Rounds first_ns down and last_ns up to whole seconds. */
void segment_name_format(const struct segment_name *name, char text[SEGMENT_NAME_SIZE]);

/* Returns whether the text is the name of a segment of edges that was not completed. */
bool segment_name_is_partial(const char *text);

/* Returns false if the text is not the name of a segment. */
bool segment_name_parse(const char *text, struct segment_name *name);

#endif
