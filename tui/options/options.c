/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/source/registry/identity_sources.h"

/* Fits a message with a path and a reason. */
#define LINE_SIZE (PATH_MAX + 4096)

/* `kubectl debug node` mounts the node's root file system here. */
#define DEBUG_HOST_ROOT "/host"

int options_report(const struct options *options, int status, const char *format, ...)
{
	char message[LINE_SIZE];
	char escaped[2 * LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	text_escape(message, escaped, sizeof(escaped));
	fprintf(stderr, "%s: %s\n", options->program, escaped);
	return status;
}

bool options_is_socket(const char *text)
{
	static const char scheme[] = "unix://";

	if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
		text += sizeof(scheme) - 1;
	return text[0] == '/' && text[1] != '\0';
}

/* Returns the value of an environment variable. Returns NULL if the value is not a socket of this
 * machine (DOCKER_HOST=tcp://…). */
static const char *options_socket_variable(const char *name)
{
	const char *value = getenv(name);

	return value && options_is_socket(value) ? value : NULL;
}

static bool options_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Returns true if /host is the root of a host: it is on a different file system than /, and
 * /host/run or /host/etc is a folder. Some containers have a folder /host for other purposes. */
static bool options_has_host_root(void)
{
	struct stat ours;
	struct stat theirs;

	if (stat("/", &ours) || stat(DEBUG_HOST_ROOT, &theirs) || ours.st_dev == theirs.st_dev)
		return false;
	return options_is_directory(DEBUG_HOST_ROOT "/run") ||
	       options_is_directory(DEBUG_HOST_ROOT "/etc");
}

static int options_set_node_name(struct options *options)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (!options->node_name)
		options->node_name = getenv("NODE_NAME");
	if (options->node_name && options->node_name[0])
		return 0;
	if (gethostname(name, sizeof(name) - 1) || !name[0])
		snprintf(name, sizeof(name), "localhost");
	options->host_name = strdup(name);
	options->node_name = options->host_name;
	return options->host_name ? 0 : -ENOMEM;
}

int options_set_defaults(struct options *options)
{
	struct identity_config *identities = &options->identities;
	int error = options_set_node_name(options);

	identities->node = options->node_name;
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		if (!identities->places[i] && identity_sources[i]->environment)
			identities->places[i] =
				options_socket_variable(identity_sources[i]->environment);
	}
	if (!identities->host_root && options_has_host_root())
		identities->host_root = DEBUG_HOST_ROOT;
	/* The root becomes a prefix of absolute paths, so "/" would double their slash. */
	if (identities->host_root && strcmp(identities->host_root, "/") == 0)
		identities->host_root = NULL;
	return error;
}

void options_free(struct options *options)
{
	free(options->execs.items);
	free(options->targets.items);
	free(options->filter_words.items);
	for (size_t i = 0; i < options->exclude_count; i++)
		filter_free(options->excludes[i]);
	free(options->excludes);
	free(options->policy_paths.items);
	filter_free(options->filter);
	free(options->filter_text);
	free(options->host_name);
	*options = (struct options){0};
}
