/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods and containers of this node from its container runtime (containerd, CRI-O), over the
 * Container Runtime Interface: names, UIDs, labels, addresses. Looks when it is kicked, and every
 * few seconds.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_CRI_H
#define POLECAT_CORE_SOURCE_RUNTIME_CRI_H

#include "core/source/identity_source.h"
#include "core/source/source.h"

struct cri_options {
	const char *endpoint;  /* "unix:///PATH"; NULL: looked for in the usual places, again and
				  again */
	const char *host_root; /* put before every path; NULL: none */
	const char *node;      /* for the pods' records; NULL: unknown */
};

/* Makes and starts the source; all strings are copied. 0; -EINVAL for an endpoint that is no unix
 * socket; -errno. */
int cri_source_start(const struct cri_options *options, struct source **out);

/*
 * Asks the runtime once for its version, in the caller's thread, for at most some seconds. 0;
 * -ENOENT: no socket; -ENOSYS: something listens that does not speak CRI (the containerd of Docker
 * may be set up so); -errno.
 */
int cri_check(const struct cri_options *options, struct names_check *out);

#endif
