/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubelet's log links: /var/log/containers has a link for each container, with the file name
 * <pod>_<namespace>_<container>-<container id>.log (k8s.io/kubernetes pkg/kubelet/kuberuntime
 * legacy.go). They give names, but no labels, if polecat cannot ask the runtime. inotify reports
 * new links.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_LOG_LINKS_H
#define POLECAT_CORE_SOURCE_RUNTIME_LOG_LINKS_H

#include "core/source/identity_source.h"

extern const struct identity_source log_links_identity_source;

/*
 * Parses the file name of a link into a container with its id, name, namespace and pod. Returns 0;
 * -EINVAL if it is not the file name of a link; -ENOMEM. Any thread.
 */
int log_links_parse(const char *file_name, struct container_record **out);

#endif
