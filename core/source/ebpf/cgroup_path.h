/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the path of a cgroup: a container of a pod, a container without a pod, or a systemd
 * service.
 *
 * Pure and linear in the path's length; only cgroup_container_record allocates. Container runtimes
 * and the processes inside containers choose the paths, so no path is trusted.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

enum cgroup_kind {
	CGROUP_OTHER = 0, /* a slice, a login session, a container's monitor, a pod itself, LXC … */
	CGROUP_POD_CONTAINER, /* a container in a Kubernetes pod: container_id and pod_uid */
	CGROUP_CONTAINER,     /* a container outside any pod: container_id */
	CGROUP_SERVICE,       /* a systemd service outside any container: unit */
};

/* 64 hex digits and a NUL; the other forms (ECS on Fargate, BuildKit, Garden) are shorter. */
#define CGROUP_CONTAINER_ID_SIZE 65
/* A UUID has 36 bytes and a static pod's hash 32. A manifest may set another UID, which must fit into
 * a label value (63). */
#define CGROUP_POD_UID_SIZE 64
/* NAME_MAX and a NUL. */
#define CGROUP_UNIT_SIZE 256

/* Texts are NUL-terminated, and empty if they do not apply. unit may contain any byte but '/'. */
struct cgroup_path {
	enum cgroup_kind kind;
	/* "containerd", "cri-o", "docker", "podman" or "buildkit"; NULL if the path does not show it:
	 * plain cgroupfs layouts are the same for all runtimes. Static storage. */
	const char *runtime;
	char container_id[CGROUP_CONTAINER_ID_SIZE];
	/* The container that is the node of this one: kind, k3d, minikube. */
	char outer_id[CGROUP_CONTAINER_ID_SIZE];
	char pod_uid[CGROUP_POD_UID_SIZE]; /* with dashes instead of systemd's underscores */
	char unit[CGROUP_UNIT_SIZE];       /* with ".service"; systemd's escapes (\x2d) remain */
};

/*
 * Parses the path of a cgroup (v2, or of any v1 hierarchy) relative to the hierarchy's mount:
 * `length` bytes, or up to the first NUL. The beginning of the path may be missing.
 *
 * A name is believed only where a runtime or a kubelet puts it. The outermost container counts, and
 * everything below it belongs to it: a process that may make cgroups below its own can give them any
 * name. The one exception is a container outside any pod with a kubelet's layout directly below it, a
 * node in a container: then the container in its pod counts, and outer_id is the node. Below a user's
 * slice nothing is a container, since every user makes cgroups there; below a service or a system
 * container (LXC) nothing is a pod.
 *
 * Returns out->kind; *out is always filled in. Any thread.
 *
 * Layouts: kubelet pkg/kubelet/cm (pod and QoS cgroups, both drivers), containerd and CRI-O cgroup
 * naming, runc and crun systemd drivers (slice:prefix:name), Docker, Podman (scopes, payload of
 * split cgroups, crun's inner "container"), nerdctl, BuildKit, Kata, ECS (EC2 and Fargate), Garden.
 */
enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out);

/*
 * Makes the record of a cgroup's container with id, runtime, pod_uid, outer_id and cgroup_id. 0 and
 * *out, to be freed with container_record_free; -ENOENT: not the path of a container; -ENOMEM. *out
 * is untouched on failure. Any thread.
 */
int cgroup_container_record(const struct cgroup_path *path, uint64_t cgroup_id,
			    struct container_record **out);

#endif
