/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cgroup's path says about who lives in it: a container of a pod, a plain container, a
 * systemd service.
 *
 * Pure: no I/O, no allocation (but for cgroup_container_record), linear in the path's length. Paths
 * are written by container runtimes, and inside a container by whoever runs there, so nothing about
 * them is trusted.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

enum cgroup_kind {
	CGROUP_OTHER = 0,     /* a slice, a login session, a container's monitor, a pod without a
				 container, LXC … */
	CGROUP_POD_CONTAINER, /* a container in a Kubernetes pod: container_id and pod_uid */
	CGROUP_CONTAINER,     /* a container outside any pod: container_id */
	CGROUP_SERVICE,       /* a systemd service outside any container: unit */
};

/* Where the path does not tell (plain cgroupfs layouts look the same from every runtime), it is
 * unknown. */
enum cgroup_runtime {
	CGROUP_RUNTIME_UNKNOWN = 0,
	CGROUP_RUNTIME_CONTAINERD,
	CGROUP_RUNTIME_CRIO,
	CGROUP_RUNTIME_DOCKER,
	CGROUP_RUNTIME_PODMAN,
	CGROUP_RUNTIME_BUILDKIT,
};

/* 64 hex digits and a NUL; the other forms (ECS on Fargate, BuildKit, Garden) are shorter. */
#define CGROUP_CONTAINER_ID_SIZE 65
/* A UUID has 36, a static pod's hash 32; a manifest may name another one, which must fit a label
 * value (63). */
#define CGROUP_POD_UID_SIZE 64
/* NAME_MAX and a NUL: a directory's name is at most that long. */
#define CGROUP_UNIT_SIZE 256

/* Texts are NUL-terminated, empty where they do not apply. unit may hold any byte but '/' and NUL.
 */
struct cgroup_path {
	enum cgroup_kind kind;
	enum cgroup_runtime runtime;
	char container_id[CGROUP_CONTAINER_ID_SIZE];
	char pod_uid[CGROUP_POD_UID_SIZE]; /* with dashes, also where systemd's escaping made them
					      underscores */
	char unit[CGROUP_UNIT_SIZE];       /* with ".service"; systemd's own escapes (\x2d) stay */
};

/*
 * Reads the path of a cgroup (v2, or of any v1 hierarchy), relative to the hierarchy's mount:
 * `length` bytes, or up to the first NUL. A path that lost its beginning is fine. The innermost
 * container wins, and whatever lies below a container (init.scope, system.slice …) is that
 * container. A nested container keeps the pod that it runs in.
 *
 * Returns out->kind; *out is filled in always. Any thread.
 *
 * Layouts: kubelet pkg/kubelet/cm (pod and QoS cgroups, both drivers), containerd and CRI-O cgroup
 * naming, runc and crun systemd drivers (slice:prefix:name), Docker, Podman (scopes, payload of
 * split cgroups, crun's inner "container"), nerdctl, BuildKit, Kata, ECS (EC2 and Fargate), Garden.
 */
enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out);

/* "containerd", "cri-o", "docker", "podman", "buildkit"; NULL for unknown. Static storage. */
const char *cgroup_runtime_name(enum cgroup_runtime runtime);

/*
 * The container record that a cgroup stands for: id, runtime, pod_uid and cgroup_id, the rest
 * unknown. path is NUL-terminated. 0 and *out, to be freed with container_record_free; -ENOENT
 * where the path is no container's; -ENOMEM. *out is untouched on failure. Any thread.
 */
int cgroup_container_record(const char *path, uint64_t cgroup_id, struct container_record **out);

#endif
