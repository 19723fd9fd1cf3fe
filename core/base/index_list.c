/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/index_list.h"

static struct index_link *index_list_link(struct index_links links, uint32_t at)
{
	return (void *)((char *)links.first + at * links.stride);
}

void index_list_insert(struct index_list *list, struct index_links links, uint32_t at,
		       uint32_t older)
{
	uint32_t *from_older =
		older == HASH_INDEX_NONE ? &list->oldest : &index_list_link(links, older)->newer;
	uint32_t newer = *from_older;
	uint32_t *from_newer =
		newer == HASH_INDEX_NONE ? &list->newest : &index_list_link(links, newer)->older;

	*index_list_link(links, at) = (struct index_link){older, newer};
	*from_older = at;
	*from_newer = at;
}

void index_list_append(struct index_list *list, struct index_links links, uint32_t at)
{
	index_list_insert(list, links, at, list->newest);
}

void index_list_remove(struct index_list *list, struct index_links links, uint32_t at)
{
	const struct index_link link = *index_list_link(links, at);

	if (link.older == HASH_INDEX_NONE)
		list->oldest = link.newer;
	else
		index_list_link(links, link.older)->newer = link.newer;
	if (link.newer == HASH_INDEX_NONE)
		list->newest = link.older;
	else
		index_list_link(links, link.newer)->older = link.older;
}
