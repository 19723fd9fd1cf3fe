/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the container or systemd service of a cgroup by parsing the cgroup's path.
 *
 * Pure and linear in the path's length. Only cgroup_container_record allocates. Container runtimes
 * and the processes inside containers choose the paths, so no path is trusted.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

enum cgroup_kind {
	CGROUP_OTHER = 0,     /* a slice, a login session, a monitor, a pod's own cgroup … */
	CGROUP_POD_CONTAINER, /* a container in a Kubernetes pod: container_id and pod_uid */
	CGROUP_CONTAINER,     /* a container outside any pod: container_id */
	CGROUP_SERVICE,       /* a systemd service outside any container: unit */
};

/* 64 hex digits and a NUL. The other forms (ECS on Fargate, BuildKit, Garden) are shorter. */
#define CGROUP_CONTAINER_ID_SIZE 65
/* A UUID has 36 bytes, and the hash of a static pod has 32. A static pod's manifest may set another
 * UID. Accept at most 63 bytes, the limit of a label value. */
#define CGROUP_POD_UID_SIZE 64
/* NAME_MAX and a NUL. */
#define CGROUP_UNIT_SIZE 256

/* Texts are NUL-terminated, and empty if they do not apply. unit may contain any byte but '/'. */
struct cgroup_path {
	enum cgroup_kind kind;
	/*
	 * "containerd", "cri-o", "docker", "podman" or "buildkit"; NULL if the path does not show
	 * the runtime, because plain cgroupfs layouts are the same for all runtimes. Static
	 * storage.
	 */
	const char *runtime;
	char container_id[CGROUP_CONTAINER_ID_SIZE];
	/* If this container runs in a node that is a container (kind, k3d, minikube): the id of the
	 * node's container. */
	char outer_id[CGROUP_CONTAINER_ID_SIZE];
	char pod_uid[CGROUP_POD_UID_SIZE]; /* with dashes instead of systemd's underscores */
	char unit[CGROUP_UNIT_SIZE];       /* with ".service"; systemd's escapes (\x2d) remain */
};

/*
 * Parses the path of a cgroup (v2, or of any v1 hierarchy), relative to the hierarchy's mount.
 * Reads `length` bytes, or up to the first NUL. The beginning of the path may be missing.
 *
 * Accepts a name only where a runtime or a kubelet puts it, because a process that may make cgroups
 * can give them any name. The result is the outermost container, because all cgroups below it
 * belong to it. A node that is a container (kind) is different: it is not in a pod, and a kubelet's
 * directories are directly below it. Then the result is the container of a pod in the node, and
 * outer_id is the node's container. Below a user's slice, no name counts as a container, because
 * every user may make cgroups there. Below a service or a system container (LXC), no name counts as
 * a pod.
 *
 * Always fills in *out, and returns out->kind. Any thread.
 *
 * Knows the layouts of the kubelet (pod and QoS cgroups of both drivers, k8s.io/kubernetes
 * pkg/kubelet/cm), containerd and CRI-O, the systemd drivers of runc and crun (slice:prefix:name),
 * Docker, Podman (scopes, payload of split cgroups, crun's inner "container"), nerdctl, BuildKit,
 * Kata, ECS (EC2 and Fargate) and Garden.
 */
enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out);

/*
 * Makes the record of a cgroup's container with id, runtime, pod_uid, outer_id and cgroup_id.
 * Returns 0 with *out, which container_record_free frees; -ENOENT if the path is not that of a
 * container; -ENOMEM. *out is untouched on failure. Any thread.
 */
int cgroup_container_record(const struct cgroup_path *path, uint64_t cgroup_id,
			    struct container_record **out);

#endif
