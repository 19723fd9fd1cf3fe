/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers of this machine from Docker or Podman, over Docker's HTTP API: names and labels, those
 * that are there and each one that is made, by the engine's own events.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H
#define POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H

#include "core/source/identity_source.h"
#include "core/source/source.h"

struct docker_options {
	const char *endpoint;  /* "unix:///PATH"; NULL: looked for in the usual places, again and
				  again */
	const char *host_root; /* put before every path; NULL: none */
};

/* Makes and starts the source; all strings are copied. 0; -EINVAL for an endpoint that is no unix
 * socket; -errno. */
int docker_source_start(const struct docker_options *options, struct source **out);

/* Asks the engine once for its version, as cri_check does. 0; -ENOENT: no socket; -errno. */
int docker_check(const struct docker_options *options, struct names_check *out);

#endif
