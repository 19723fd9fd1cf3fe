/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links elements of an array of the caller into a list, from the oldest to the newest. The list has
 * positions, not pointers, so the array may move. An element can be in several lists, with a struct
 * index_link for each. Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_INDEX_LIST_H
#define POLECAT_CORE_BASE_INDEX_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* A member of each element: the positions of its neighbours. HASH_INDEX_NONE: no neighbour. */
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

/* Locates the links of one list: a struct index_link in each element of an array. */
struct index_links {
	void *first;   /* the link of the element at position 0 */
	size_t stride; /* size of an element in bytes */
};

/* Locates the member `link` of each element of an array. `items` points to the array. */
#define INDEX_LINKS(items, link) ((struct index_links){&(items)->link, sizeof(*(items))})

/* Adds the element at position `at` as the newest. The element must not be in the list. */
void index_list_append(struct index_list *list, struct index_links links, uint32_t at);

/* Adds the element at position `at` next to the element `older`, on its newer side. If older is
 * HASH_INDEX_NONE, adds it as the oldest. */
void index_list_insert(struct index_list *list, struct index_links links, uint32_t at,
		       uint32_t older);

/* Removes the element at position `at`, which must be in the list. */
void index_list_remove(struct index_list *list, struct index_links links, uint32_t at);

#endif
