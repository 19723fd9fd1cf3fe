/* SPDX-License-Identifier: Apache-2.0 */
/* Reads Docker's JSON into container records. Pure but for memory; any thread. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_DOCKER_OBJECTS_H
#define POLECAT_CORE_SOURCE_RUNTIME_DOCKER_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/*
 * Reads one item of GET /containers/json. runtime is "docker" or "podman". 0; -EINVAL for an object
 * of another form; -ENOMEM. The labels of a container that a kubelet made (dockershim, cri-dockerd)
 * name its pod, and the record gets these names.
 */
int docker_listed_container(const json_t *item, const char *runtime, struct container_record **out);

/*
 * Reads one event of GET /events. As above; -ENOENT for an event that announces no new or renamed
 * container. The event's attributes contain the container's labels beside its name, image and
 * figures of the event.
 */
int docker_event_container(const json_t *event, const char *runtime, struct container_record **out);

#endif
