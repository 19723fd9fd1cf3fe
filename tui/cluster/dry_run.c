/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/cluster/dry_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/source/cluster/agent_objects.h"
#include "core/source/cluster/cluster_nodes.h"
#include "tui/cluster/manifest.h"
#include "tui/options/options.h"

#define POD_NAME_SIZE 40

/* Prints a pod for each node. Returns 0 or -errno. */
static int dry_run_print(const struct options *options, const struct string_list *nodes)
{
	bool json = options->output && strcmp(options->output, "json") == 0;
	struct agent_place *places = memory_checked(calloc(nodes->count + 1, sizeof(*places)));
	char(*names)[POD_NAME_SIZE] = memory_checked(calloc(nodes->count + 1, sizeof(*names)));
	json_t *list = NULL;

	for (size_t i = 0; places && names && i < nodes->count; i++) {
		snprintf(names[i], POD_NAME_SIZE, "polecat-dry-run-%zu", i + 1);
		places[i] = (struct agent_place){.pod = names[i], .node = nodes->items[i]};
	}
	if (places && names)
		list = agent_objects_pods(&options->agents, "dry-run", places, nodes->count);
	int error = list ? manifest_print(json_object_get(list, "items"), json) : -ENOMEM;
	json_decref(list);
	free(places);
	free(names);
	return error;
}

int dry_run_main(const struct options *options)
{
	const struct cluster_query query = {
		.kubectl = &options->kubectl,
		.namespace_name = options->namespace_name,
		.stop_fd = -1,
	};
	struct kubectl_error error = {0};
	CLEANUP_BUFFER struct buffer filter = {0};
	struct string_list nodes = {0};
	int status = 0;
	int result = cluster_nodes_find(&query, options->targets.items, options->targets.count,
					&nodes, &filter, &error);

	if (!result)
		result = dry_run_print(options, &nodes);
	if (result == -EIO)
		status = options_report(options, kubectl_error_number(&error) == -EPIPE ? 5 : 3,
					"%s", error.message);
	else if (result)
		status = options_report(options, 3, "%s", strerror(-result));
	string_list_clear(&nodes);
	return status;
}
