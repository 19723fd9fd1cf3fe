/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's JSON as container records. Pure but for memory; any thread. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_DOCKER_OBJECTS_H
#define POLECAT_CORE_SOURCE_RUNTIME_DOCKER_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/*
 * One item of GET /containers/json. runtime: "docker" or "podman". 0; -EINVAL for an object that is
 * none; -ENOMEM. A container that a kubelet made (dockershim, cri-dockerd) carries its pod in
 * labels: it gets the pod's names.
 */
int docker_listed_container(const json_t *item, const char *runtime, struct container_record **out);

/*
 * One event of GET /events. As above; -ENOENT for an event that tells of no new or renamed
 * container. The event's attributes are the container's labels and, among them, name, image and
 * figures of the event.
 */
int docker_event_container(const json_t *event, const char *runtime, struct container_record **out);

#endif
