/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/left_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/state/conn_words.h"

/* Returns whether notes of a kind are about traffic that the draft does not allow. */
static bool left_out_has_kind(uint8_t kind)
{
	switch ((enum note_kind)kind) {
	case NOTE_SOURCE_UNKNOWN:
	case NOTE_PORT_UNKNOWN:
	case NOTE_REFUSED:
	case NOTE_EXCLUDED:
	case NOTE_FEW:
	case NOTE_FAILED:
	case NOTE_UNANSWERED:
		return true;
	case NOTE_FAILED_ALLOWED:
	case NOTE_GUESSED:
	case NOTE_DNS_ADDED:
	case NOTE_REPLY:
		break;
	}
	return false;
}

int left_out_compare_reasons(const struct draft_left_out *a, const struct draft_left_out *b)
{
	int order = a->direction - b->direction;

	if (order == 0)
		order = a->kind - b->kind;
	if (order == 0)
		order = a->reason - b->reason;
	/* Several errno values have the same word, so compare the words. */
	return order != 0 ? order
			  : strcmp(conn_failure_word(a->error), conn_failure_word(b->error));
}

/* Makes the item of a note, without its edges. */
static struct draft_left_out left_out_of(const struct note *note)
{
	return (struct draft_left_out){
		.detail = note->detail,
		.count = note->count,
		.error = note->kind == NOTE_FAILED ? note->edge->last_error : 0,
		.kind = note->kind,
		.reason = note->kind == NOTE_REFUSED ? note->reason : (uint8_t)PEER_PLAIN,
		.direction = (uint8_t)netpol_direction_of(note->edge->direction),
	};
}

/* Orders notes like the items that they become. */
static int left_out_compare_notes(const void *a, const void *b)
{
	const struct note *x = *(const struct note *const *)a;
	const struct note *y = *(const struct note *const *)b;
	struct draft_left_out first = left_out_of(x);
	struct draft_left_out second = left_out_of(y);
	int order = left_out_compare_reasons(&first, &second);

	return order != 0 ? order : note_compare_tuples(x->edge, y->edge);
}

/* Finds the notes about traffic that is left out, in the order of their items. `notes` has room for
 * all notes. Returns their number, and adds the number of edges of their items to *edge_count. */
static size_t left_out_find_notes(const struct evidence *evidence, const struct note **notes,
				  size_t *edge_count)
{
	size_t count = 0;

	for (size_t i = 0; i < evidence->notes.count; i++) {
		const struct note *note = &evidence->notes.items[i];
		size_t edges;

		if (!left_out_has_kind(note->kind))
			continue;
		notes[count++] = note;
		evidence_find_tuple(evidence, note->edge, &edges);
		*edge_count += edges > 0 ? edges : 1;
	}
	if (count > 1)
		qsort(notes, count, sizeof(*notes), left_out_compare_notes);
	return count;
}

/* Writes the edges with the tuple of a note to `edges`, and returns their number. */
static size_t left_out_get_edges(const struct evidence *evidence, const struct note *note,
				 const struct edge **edges)
{
	size_t count;
	const struct evidence_edge *tuple = evidence_find_tuple(evidence, note->edge, &count);

	for (size_t i = 0; i < count; i++)
		edges[i] = tuple[i].edge;
	/* A note about a client's edge has no tuple in the evidence, so use the edge of the
	 * note. */
	if (count == 0)
		edges[count++] = note->edge;
	return count;
}

int left_out_collect(const struct evidence *evidence, struct draft *draft)
{
	CLEANUP_FREE const struct note **notes =
		reallocarray(NULL, evidence->notes.count + 1, sizeof(*notes));
	struct arena *arena = draft->lines[0].arena;
	size_t edge_count = 0;

	if (!notes)
		return -ENOMEM;
	if (!evidence->options->keep_edges)
		return 0;
	size_t count = left_out_find_notes(evidence, notes, &edge_count);
	struct draft_left_out *items = arena_array(arena, count + 1, sizeof(*items));
	const struct edge **edges = arena_array(arena, edge_count + 1, sizeof(*edges));
	if (!items || !edges)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		items[i] = left_out_of(notes[i]);
		items[i].edges.items = edges;
		items[i].edges.count = left_out_get_edges(evidence, notes[i], edges);
		edges += items[i].edges.count;
	}
	draft->left_out = (struct draft_left_outs){.items = items, .count = count};
	return 0;
}

void left_out_drop_notes(struct notes *notes)
{
	size_t kept = 0;

	for (size_t i = 0; i < notes->count; i++) {
		if (!left_out_has_kind(notes->items[i].kind))
			notes->items[kept++] = notes->items[i];
	}
	notes->count = kept;
}

void left_out_reason(const struct draft_left_out *item, char text[LEFT_OUT_REASON_SIZE])
{
	const char *reason = "";

	switch ((enum note_kind)item->kind) {
	case NOTE_SOURCE_UNKNOWN:
		reason = "clients behind the pod's own node, whose addresses are not known";
		break;
	case NOTE_PORT_UNKNOWN:
		reason = "the port before a service mesh's proxy is not known";
		break;
	case NOTE_REFUSED:
		reason = note_reason((enum peer_reason)item->reason);
		break;
	case NOTE_EXCLUDED:
		reason = "by you";
		break;
	case NOTE_FEW:
		reason = "by you, too few connections";
		break;
	case NOTE_UNANSWERED:
		reason = "never answered";
		break;
	case NOTE_FAILED:
		reason = conn_failure_word(item->error);
		break;
	case NOTE_FAILED_ALLOWED:
	case NOTE_GUESSED:
	case NOTE_DNS_ADDED:
	case NOTE_REPLY:
		break;
	}
	snprintf(text, LEFT_OUT_REASON_SIZE, "%s", reason);
}
