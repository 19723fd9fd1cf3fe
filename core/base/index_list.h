/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links elements of an array of the caller into a list, from the oldest to the newest. The list has
 * positions, not pointers, so the array may move. An element can be in several lists, with a link
 * for each. Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_INDEX_LIST_H
#define POLECAT_CORE_BASE_INDEX_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* A member of each element. HASH_INDEX_NONE: the element is at this end of the list. */
struct index_link {
	uint32_t older;
	uint32_t newer;
};

/* Initialise with INDEX_LIST_EMPTY. Needs no freeing. */
struct index_list {
	uint32_t oldest; /* HASH_INDEX_NONE: the list is empty */
	uint32_t newest;
};

#define INDEX_LIST_EMPTY ((struct index_list){HASH_INDEX_NONE, HASH_INDEX_NONE})

/* The links of one list in the elements of an array. */
struct index_links {
	void *first;   /* the link of the element at position 0 */
	size_t stride; /* size of an element in bytes */
};

/* The links of the elements of `items`, a pointer, in their member `link`. */
#define INDEX_LINKS(items, link) ((struct index_links){&(items)->link, sizeof(*(items))})

/* Adds the element at a position, which is not in the list, as the newest. */
void index_list_append(struct index_list *list, struct index_links links, uint32_t at);

/* Removes the element at a position, which is in the list. */
void index_list_remove(struct index_list *list, struct index_links links, uint32_t at);

#endif
