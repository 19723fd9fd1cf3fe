/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat deploy` and `polecat undeploy`: pass the objects of the agents to kubectl. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/cluster/agent_objects.h"
#include "core/source/cluster/kubectl.h"
#include "tui/cluster/manifest.h"
#include "tui/command/commands.h"
#include "tui/options/options.h"

/* Runs kubectl with the objects as its input, and prints its output. Returns the exit status. */
static int deploy_run(const struct options *options, const char *const *arguments,
		      const json_t *objects)
{
	struct kubectl_call call = {.arguments = arguments, .stop_fd = -1};
	CLEANUP_BUFFER struct buffer output = {0};
	struct kubectl_error error = {0};
	json_t *list =
		json_pack("{s:s, s:s, s:O}", "apiVersion", "v1", "kind", "List", "items", objects);
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
	int result = -ENOMEM;

	json_decref(list);
	call.input = text;
	/* kubectl may end before it has read its input. */
	signal(SIGPIPE, SIG_IGN);
	if (text)
		result = kubectl_run(&options->kubectl, &call, &output, &error);
	free(text);
	if (output.data)
		fputs(output.data, stdout);
	if (result == -EIO)
		return options_report(options, kubectl_error_number(&error) == -EPIPE ? 5 : 3, "%s",
				      error.message);
	return result ? options_report(options, 3, "%s", strerror(-result)) : 0;
}

/* Makes the objects, and prints them or passes them to kubectl. */
static int deploy_or_undeploy(const struct options *options, const char *const *arguments)
{
	bool json = options->output && strcmp(options->output, "json") == 0;
	json_t *objects = agent_objects_deploy(&options->agents);
	int status;

	if (!objects)
		return options_report(options, 3, "%s", strerror(ENOMEM));
	if (options->dry_run)
		status = manifest_print(objects, json) ? 3 : 0;
	else
		status = deploy_run(options, arguments, objects);
	json_decref(objects);
	return status;
}

int deploy_main(const struct options *options)
{
	static const char *const arguments[] = {"apply", "-f", "-", NULL};
	int status = deploy_or_undeploy(options, arguments);

	if (!status && !options->dry_run)
		options_report(options, 0,
			       "the agents start, and do nothing until 'kubectl polecat' watches "
			       "their nodes");
	return status;
}

int undeploy_main(const struct options *options)
{
	static const char *const arguments[] = {"delete", "--ignore-not-found", "-f", "-", NULL};

	return deploy_or_undeploy(options, arguments);
}
