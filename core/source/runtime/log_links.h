/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubelet's log links: /var/log/containers has one for each container, whose name is
 * <pod>_<namespace>_<container>-<container id>.log (k8s.io/kubernetes pkg/kubelet/kuberuntime
 * legacy.go). Names without labels, for a node whose runtime cannot be asked. New links are told by
 * inotify.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_LOG_LINKS_H
#define POLECAT_CORE_SOURCE_RUNTIME_LOG_LINKS_H

#include "core/source/source.h"

#define LOG_LINKS_FOLDER "/var/log/containers"

struct log_links_options {
	const char *folder;    /* NULL: LOG_LINKS_FOLDER */
	const char *host_root; /* put before it; NULL: none */
};

/* Makes and starts the source; all strings are copied. 0 or -errno. */
int log_links_source_start(const struct log_links_options *options, struct source **out);

/*
 * The container that a link's file name stands for: id, name, namespace, pod, the rest unknown. 0;
 * -EINVAL for a name of another form; -ENOMEM. Pure but for memory; any thread.
 */
int log_links_parse(const char *file_name, struct container_record **out);

#endif
