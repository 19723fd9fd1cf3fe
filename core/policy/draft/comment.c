/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/comment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/address.h"

/* More names than this do not help a reader. */
#define COMMENT_NAMES_MAX 3
#define COMMENT_NAME_SIZE 72

/* The first texts of a set, sorted, so that the order of arrival does not matter. */
struct name_set {
	const char *names[COMMENT_NAMES_MAX];
	size_t count;
	bool more;
};

static void comment_name_set_add(struct name_set *set, const char *name)
{
	size_t at = 0;

	if (!name || name[0] == '\0')
		return;
	while (at < set->count && strcmp(set->names[at], name) < 0)
		at++;
	if (at < set->count && strcmp(set->names[at], name) == 0)
		return;
	if (set->count == COMMENT_NAMES_MAX)
		set->more = true;
	else
		set->count++;
	for (size_t i = set->count; i-- > at + 1;)
		set->names[i] = set->names[i - 1];
	if (at < COMMENT_NAMES_MAX)
		set->names[at] = name;
}

struct comment_text {
	char text[4 * (COMMENT_NAMES_MAX + 1) * (COMMENT_NAME_SIZE + 2) + 32];
	size_t length;
};

static void comment_append(struct comment_text *comment, const char *text)
{
	size_t room = sizeof(comment->text) - comment->length;
	size_t length = strlen(text);

	if (length >= room)
		length = room - 1;
	memcpy(comment->text + comment->length, text, length);
	comment->length += length;
	comment->text[comment->length] = '\0';
}

static void comment_append_set(struct comment_text *comment, const struct name_set *set,
			       const char *word)
{
	for (size_t i = 0; i < set->count; i++) {
		char escaped[COMMENT_NAME_SIZE];
		size_t length = text_escape_ascii(set->names[i], escaped, sizeof(escaped));
		/* A name that was cut must not look like another one. */
		if (length < strlen(set->names[i]))
			memcpy(escaped + length - 3, "...", 3);
		if (comment->length > 0)
			comment_append(comment, ", ");
		if (i == 0)
			comment_append(comment, word);
		comment_append(comment, escaped);
	}
	if (set->more)
		comment_append(comment, ", ...");
}

static int comment_compare_seen(const struct peer_item *a, const struct peer_item *b)
{
	if (a->seen.family != b->seen.family)
		return a->seen.family < b->seen.family ? -1 : 1;
	return memcmp(&a->seen.address, &b->seen.address, sizeof(a->seen.address));
}

/* Appends the first addresses in order. */
static void comment_append_addresses(struct comment_text *comment, const struct peer_item *items,
				     size_t count)
{
	const struct peer_item *last = NULL;
	char text[ADDRESS_TEXT_SIZE];

	for (size_t shown = 0; shown <= COMMENT_NAMES_MAX; shown++) {
		const struct peer_item *next = NULL;
		for (size_t i = 0; i < count; i++) {
			if (items[i].seen.family != 0 &&
			    (!last || comment_compare_seen(&items[i], last) > 0) &&
			    (!next || comment_compare_seen(&items[i], next) < 0))
				next = &items[i];
		}
		if (!next)
			return;
		if (comment->length > 0)
			comment_append(comment, ", ");
		if (shown == COMMENT_NAMES_MAX) {
			comment_append(comment, "...");
			return;
		}
		if (shown == 0)
			comment_append(comment, "seen: ");
		address_format(next->seen.family, &next->seen.address, text);
		comment_append(comment, text);
		last = next;
	}
}

static bool comment_is_one_address(const struct netpol_peer *peer)
{
	return peer->kind == NETPOL_PEER_BLOCK && netpol_block_is_one_address(&peer->block);
}

int comment_of_peer(struct arena *arena, const struct peer_item *items, size_t count,
		    const char **out)
{
	struct name_set names = {.count = 0};
	struct name_set origins = {.count = 0};
	struct name_set programs = {.count = 0};
	struct comment_text comment; /* large, so not cleared as a whole */

	comment.text[0] = '\0';
	comment.length = 0;
	for (size_t i = 0; i < count; i++) {
		comment_name_set_add(&origins, items[i].origin);
		if (!items[i].edge)
			continue;
		if (items[i].peer.kind != NETPOL_PEER_NAME)
			comment_name_set_add(&names, items[i].edge->dns);
		comment_name_set_add(&programs, items[i].edge->comm);
	}
	comment_append_set(&comment, &names, "");
	comment_append_set(&comment, &origins, "");
	if (!comment_is_one_address(&items[0].peer))
		comment_append_addresses(&comment, items, count);
	comment_append_set(&comment, &programs, "by ");
	*out = NULL;
	if (comment.length == 0)
		return 0;
	*out = arena_string(arena, comment.text);
	return *out ? 0 : -ENOMEM;
}
