/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/netpol_cluster.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/source/kube/kube_policies.h"

#define CLUSTER "cluster"

struct reading {
	const struct options *options;
	struct netpol_set *set;
	size_t from_files; /* policies that were in the set before */
};

static void netpol_cluster_report(const struct options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints one line to stderr, escaped. */
static void netpol_cluster_report(const struct options *options, const char *format, ...)
{
	char message[1024];
	char escaped[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	text_escape(message, escaped, sizeof(escaped));
	fprintf(stderr, "%s: %s: %s\n", options->program, CLUSTER, escaped);
}

static bool netpol_cluster_is_in_files(const struct reading *reading, const char *namespace_name,
				       const char *name)
{
	for (size_t i = 0; i < reading->from_files; i++) {
		const struct netpol *policy = &reading->set->items[i];
		if (strcmp(policy->namespace_name, namespace_name) == 0 &&
		    strcmp(policy->name, name) == 0)
			return true;
	}
	return false;
}

static void netpol_cluster_clear_lines(struct netpol *policy)
{
	policy->line = 0;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			policy->rules[d].items[i].line = 0;
	}
}

/* Adds one policy of the cluster. A callback of kube_policies. */
static int netpol_cluster_add(void *data, const char *namespace_name, const char *name,
			      const char *text, size_t length)
{
	const struct reading *reading = data;
	struct netpol_set *set = reading->set;
	struct yaml_error error = {0};
	size_t before = set->count;

	if (netpol_cluster_is_in_files(reading, namespace_name, name))
		return 0;
	int result = netpol_read(set, CLUSTER, text, length, "default", &error);
	if (result == -EBADMSG)
		netpol_cluster_report(reading->options, "NetworkPolicy %.63s/%.253s: %s",
				      namespace_name, name, error.message);
	for (size_t i = before; i < set->count; i++)
		netpol_cluster_clear_lines(&set->items[i]);
	return result;
}

int netpol_cluster_read(const struct options *options, struct netpol_set *set)
{
	const struct kube_config_options kube = {
		.kubeconfig = options->identities.places[IDENTITY_KUBE],
		.context = options->identities.context,
	};
	struct reading reading = {.options = options, .set = set, .from_files = set->count};
	char message[KUBE_POLICIES_MESSAGE_SIZE];

	int error = kube_policies(&kube, netpol_cluster_add, &reading, message);
	if (!error)
		return 0;
	/* A policy that cannot be read has been reported already. */
	if (message[0])
		netpol_cluster_report(options, "%s", message);
	else if (error != -EBADMSG)
		netpol_cluster_report(options, "%s", strerror(-error));
	return error == -EBADMSG ? 4 : 3;
}
