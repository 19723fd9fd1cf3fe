/* SPDX-License-Identifier: Apache-2.0 */
/* Where names come from, as far as the command line does not say: the environment, and how the
 * host's files are seen. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/timestamp.h"
#include "tui/options/option_parser.h"

/* Where `kubectl debug node` shows the node's root. */
#define DEBUG_HOST_ROOT "/host"

bool options_is_socket(const char *text)
{
	static const char scheme[] = "unix://";

	if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
		text += sizeof(scheme) - 1;
	return text[0] == '/' && text[1] != '\0';
}

/* A variable that names no socket of this machine (DOCKER_HOST=tcp://…) says nothing about it. */
static const char *socket_from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && options_is_socket(value) ? value : NULL;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Another file system than ours, with what a host has: a folder that is only called so is not taken
 * for it. */
static bool is_host_root(void)
{
	struct stat ours;
	struct stat theirs;

	if (stat("/", &ours) || stat(DEBUG_HOST_ROOT, &theirs) || ours.st_dev == theirs.st_dev)
		return false;
	return is_directory(DEBUG_HOST_ROOT "/run") || is_directory(DEBUG_HOST_ROOT "/etc");
}

void option_parser_default_names(struct option_parser *parser)
{
	struct options *options = parser->options;

	if (!options->cri)
		options->cri = socket_from_environment("CONTAINER_RUNTIME_ENDPOINT");
	if (!options->docker)
		options->docker = socket_from_environment("DOCKER_HOST");
	if (!options->host_root && is_host_root())
		options->host_root = DEBUG_HOST_ROOT;
	/* What stands before every path must not be a path's only slash. */
	if (options->host_root && strcmp(options->host_root, "/") == 0)
		options->host_root = NULL;
	if (!parser->name_wait_given)
		options->name_wait_ns = NS_PER_SECOND;
}
