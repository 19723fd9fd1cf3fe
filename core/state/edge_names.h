/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DNS names of an edge's peer. A text is a list of names, sorted and joined by ", ". It ends in
 * "..." if there are further names.
 *
 * Each connection is bound once, to the text with the names that the process had looked up before
 * the connection began. The edge stores each different text once, and the union of their names. It
 * never removes a text. Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_EDGE_NAMES_H
#define POLECAT_CORE_STATE_EDGE_NAMES_H

#include "core/state/subject.h"

/* The largest numbers of different texts that an edge stores, and of names in their union. */
#define EDGE_NAMES_TEXTS 16
#define EDGE_NAMES_UNION 16

/* Returns the edge's copy of a text, and adds its names to edge->dns. Returns NULL if the text is
 * empty or has DNS_NAMES_TEXT_SIZE bytes or more, if the edge has too many texts, or if out of
 * memory. */
const char *edge_names_bind(struct edge *edge, const char *text);

/* Frees the texts and the names that the edge stores. */
void edge_names_clear(struct edge *edge);

#endif
