/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process that deletes the pods of a session when this process ends, in whatever way. It
 * waits for the end of its standard input. Only one thread at a time may use a reaper.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_REAPER_H
#define POLECAT_CORE_SOURCE_CLUSTER_REAPER_H

#include "core/source/cluster/kubectl.h"

struct child;

/* Starts the process. `selector` selects the pods; `namespace_name` may be NULL. Returns 0 or
 * -errno. */
int reaper_start(const struct kubectl *kubectl, const char *namespace_name, const char *selector,
		 struct child **out);

/* Lets the process delete the pods, and does not wait. */
void reaper_begin(struct child *reaper);

/* Waits until the pods are deleted, for some seconds at most, and frees the reaper, whose process
 * may continue. NULL is fine. Returns 0, or -EIO or -ETIMEDOUT with its last words in `message`. */
int reaper_finish(struct child *reaper, char message[KUBECTL_MESSAGE_SIZE]);

#endif
