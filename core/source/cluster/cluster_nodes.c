/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/cluster_nodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Adds a name unless the list has it. Returns 0 or -ENOMEM. */
static int cluster_nodes_add(struct string_list *nodes, const char *name, size_t length)
{
	for (size_t i = 0; i < nodes->count; i++) {
		if (strncmp(nodes->items[i], name, length) == 0 && nodes->items[i][length] == '\0')
			return 0;
	}
	return string_list_add_bytes(nodes, name, length);
}

int cluster_nodes_read(const char *table, struct string_list *nodes)
{
	int error = 0;

	while (*table && !error) {
		size_t name = strcspn(table, " \n");
		const char *status = table + name + strspn(table + name, " ");
		size_t length = strcspn(status, " \n");
		/* "Ready", or "Ready,SchedulingDisabled". */
		if (name > 0 && length >= 5 && strncmp(status, "Ready", 5) == 0)
			error = cluster_nodes_add(nodes, table, name);
		table += strcspn(table, "\n");
		table += *table == '\n';
	}
	return error;
}

/* Adds all ready nodes. The table is much shorter than the objects: a node object has the names of
 * all its images. */
static int cluster_nodes_find_all(const struct cluster_query *query, struct string_list *nodes,
				  struct kubectl_error *error)
{
	const char *arguments[] = {"get",          "nodes", "--selector", "kubernetes.io/os=linux",
				   "--no-headers", NULL};
	const struct kubectl_call call = {.arguments = arguments, .stop_fd = query->stop_fd};
	CLEANUP_BUFFER struct buffer output = {0};
	int result = kubectl_run(query->kubectl, &call, &output, error);

	return result ? result : cluster_nodes_read(output.data ? output.data : "", nodes);
}

int cluster_nodes_find(const struct cluster_query *query, const char *const *targets, size_t count,
		       struct string_list *nodes, struct buffer *filter,
		       struct kubectl_error *error)
{
	bool everywhere = count == 0;
	size_t filtered = 0;

	for (size_t i = 0; i < count; i++) {
		size_t before = filter->length;
		buffer_append_text(filter, filtered > 0 ? " or " : "");
		size_t start = filter->length;
		int result =
			cluster_target_find(query, targets[i], nodes, filter, &everywhere, error);
		if (result)
			return result;
		if (filter->length > start)
			filtered++;
		else
			filter->length = before;
	}
	/* A node by itself passes all its flows. Beside other objects, these select the flows. */
	if (filter->data)
		filter->data[filter->length] = '\0';
	return everywhere ? cluster_nodes_find_all(query, nodes, error) : filter->error;
}
