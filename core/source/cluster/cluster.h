/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agents on the nodes of a cluster, as one source: it finds the nodes, makes a pod on each
 * (unless `polecat deploy` has made one), connects a stream to each through `kubectl exec -i`, and
 * deletes its pods at the end.
 *
 * The records of a node come through a pipe of its own, which kubectl writes to directly, and which
 * the main thread reads by a source of its own (cluster_next_stream, stream.h). This source emits
 * only the gaps: RECORD_LOST for a time in which a node was not watched.
 *
 * The source is SOURCE_STARTING until the nodes are known and their pods are asked for, so that a
 * missing right is reported before anything else is shown. Then it is SOURCE_READY. Its message
 * names a node that is not watched, and why; the error is then -ENODATA.
 *
 * Every end deletes the pods. A child process (the reaper) waits for the end of a pipe, which this
 * process holds, and runs `kubectl delete`. The pipe ends with this process, even if it is killed.
 * If the workstation or its network fails, no heartbeat reaches the pod, which ends by itself.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_H
#define POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_H

#include "core/source/cluster/cluster_options.h"
#include "core/source/source.h"

/* Makes and starts the source. Returns 0 or -errno. Main thread. */
int cluster_source_start(const struct cluster_options *options, struct source **out);

/* Returns the stream of the next node that was found since the last call. Returns false if there is
 * no further one. The source wakes the main loop when there is one. Main thread. */
bool cluster_next_stream(struct source *source, struct cluster_stream *stream);

/* Stops the source, and waits until its pods are deleted, for some seconds at most. Returns 0, or
 * -errno with the reason and the remedy in `message`. Main thread, before source_free. */
int cluster_finish(struct source *source, char message[KUBECTL_MESSAGE_SIZE]);

/* Returns the filter that the flows of the targets pass, or NULL: all flows. Valid after the source
 * is SOURCE_READY, until it is freed. Main thread. */
const char *cluster_filter(struct source *source);

#endif
