/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the containers of this machine from Docker or Podman over Docker's HTTP API: names and
 * labels of the existing containers, and of each new one as the engine's events report it. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H
#define POLECAT_CORE_SOURCE_RUNTIME_DOCKER_H

#include <jansson.h>

#include "core/source/identity_source.h"

extern const struct identity_source docker_identity_source;

/*
 * Makes the record of one item of GET /containers/json. runtime is "docker" or "podman". If the
 * labels are those of a kubelet (dockershim, cri-dockerd), they name the pod and the container.
 * Returns 0; -EINVAL if the object is not such an item; -ENOMEM. Pure except for memory; any
 * thread.
 */
int docker_listed_container(const json_t *item, const char *runtime, struct container_record **out);

/*
 * Makes the record of one event of GET /events. The event's attributes are the container's labels,
 * its name and details of the event. Returns the same as docker_listed_container, or -ENOENT for an
 * event that announces no new or renamed container.
 */
int docker_event_container(const json_t *event, const char *runtime, struct container_record **out);

#endif
