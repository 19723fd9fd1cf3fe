/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/comment.h"

#include <errno.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/address.h"

/* The maximum number of values in a part of a comment. More values do not help the reader. */
#define COMMENT_NAMES_MAX 3
#define COMMENT_NAME_SIZE 72

/* The parts of a comment, in their order. */
enum comment_part {
	COMMENT_NAMES = 0, /* DNS names that resolved to the address */
	COMMENT_ORIGINS,
	COMMENT_ADDRESSES,
	COMMENT_PROGRAMS,
	COMMENT_PARTS,
};

static const char *comment_get_text(const struct peer_item *item, enum comment_part part)
{
	if (part == COMMENT_ORIGINS)
		return item->origin;
	if (!item->edge || (part == COMMENT_NAMES && item->peer.kind == NETPOL_PEER_NAME))
		return NULL;
	return part == COMMENT_NAMES ? item->edge->dns : item->edge->comm;
}

static bool comment_has(const struct peer_item *item, enum comment_part part)
{
	if (part == COMMENT_ADDRESSES)
		return item->seen.family != 0;
	const char *text = comment_get_text(item, part);
	return text && text[0] != '\0';
}

/* Compares one part of two items. Both items must have it (comment_has). */
static int comment_compare(const struct peer_item *a, const struct peer_item *b,
			   enum comment_part part)
{
	if (part != COMMENT_ADDRESSES)
		return strcmp(comment_get_text(a, part), comment_get_text(b, part));
	return a->seen.family != b->seen.family
		       ? a->seen.family - b->seen.family
		       : memcmp(&a->seen.address, &b->seen.address, sizeof(a->seen.address));
}

static void comment_append(struct buffer *comment, const struct peer_item *item,
			   enum comment_part part)
{
	char text[COMMENT_NAME_SIZE];

	if (part == COMMENT_ADDRESSES) {
		address_format(item->seen.family, &item->seen.address, text);
	} else {
		const char *name = comment_get_text(item, part);
		size_t length = text_escape_ascii(name, text, sizeof(text));
		/* A name that is cut ends in "...", so that it does not look like another name. */
		if (length < strlen(name))
			memcpy(text + length - 3, "...", 3);
	}
	buffer_append_text(comment, text);
}

/* Appends the distinct values of a part, at most COMMENT_NAMES_MAX of them. Sorts them, so that the
 * comment does not depend on the order of the items. */
static void comment_append_part(struct buffer *comment, const struct peer_item *items, size_t count,
				enum comment_part part)
{
	static const char *const words[COMMENT_PARTS] = {
		[COMMENT_NAMES] = "",
		[COMMENT_ORIGINS] = "",
		[COMMENT_ADDRESSES] = "seen: ",
		[COMMENT_PROGRAMS] = "by ",
	};
	const struct peer_item *last = NULL;

	for (size_t shown = 0; shown <= COMMENT_NAMES_MAX; shown++) {
		const struct peer_item *next = NULL;
		for (size_t i = 0; i < count; i++) {
			if (comment_has(&items[i], part) &&
			    (!last || comment_compare(&items[i], last, part) > 0) &&
			    (!next || comment_compare(&items[i], next, part) < 0))
				next = &items[i];
		}
		if (!next)
			return;
		if (comment->length > 0)
			buffer_append_text(comment, ", ");
		if (shown == 0)
			buffer_append_text(comment, words[part]);
		if (shown < COMMENT_NAMES_MAX)
			comment_append(comment, next, part);
		else
			buffer_append_text(comment, "...");
		last = next;
	}
}

int comment_of_peer(struct arena *arena, struct buffer *scratch, const struct peer_item *items,
		    size_t count, const char **out)
{
	const struct netpol_peer *peer = &items[0].peer;

	buffer_clear(scratch);
	for (enum comment_part part = COMMENT_NAMES; part < COMMENT_PARTS; part++) {
		if (items[0].is_public && part != COMMENT_ORIGINS)
			continue;
		/* If the peer is a single address, the rule shows it already. */
		if (part != COMMENT_ADDRESSES || peer->kind != NETPOL_PEER_BLOCK ||
		    !netpol_block_is_one_address(&peer->block))
			comment_append_part(scratch, items, count, part);
	}
	*out = scratch->length > 0 ? arena_string(arena, scratch->data) : NULL;
	return scratch->error != 0 || (scratch->length > 0 && !*out) ? -ENOMEM : 0;
}
