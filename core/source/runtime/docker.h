/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The containers of this machine from Docker or Podman over Docker's HTTP API: names and labels of
 * those that exist, and of each new one as the engine's events report it.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H
#define POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H

#include "core/source/identity_source.h"

extern const struct identity_source docker_identity_source;

#endif
