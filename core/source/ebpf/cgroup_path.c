/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/cgroup_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/memory.h"
#include "core/base/text.h"

/* A part of the path, not NUL-terminated. */
struct span {
	const char *at;
	size_t length;
};

/* The part of the cgroup hierarchy that the parser has reached in the path. It decides which names
 * the parser accepts next. */
enum cgroup_place {
	CGROUP_PLACE_HOST = 0, /* only the host's root user makes directories here */
	CGROUP_PLACE_SERVICE,  /* below a service, which may make directories here */
	CGROUP_PLACE_USER,     /* below a user's slice: any user makes directories here */
	CGROUP_PLACE_MACHINE,  /* below a system container (LXC, nspawn) */
	CGROUP_PLACE_NODE,     /* below a container that is not in a pod, and may be a node */
	CGROUP_PLACE_INSIDE,   /* below any other container, which may make directories here */
};

/* The state while the components of a path are parsed. */
struct cgroup_walk {
	struct cgroup_path *out;
	enum cgroup_place place;
	struct span parent;                /* the component before this one */
	char pod_uid[CGROUP_POD_UID_SIZE]; /* UID of the pod at `parent`; "": it is not a pod */
};

/* A name in cgroup paths, and the runtime that uses it. */
struct cgroup_runtime {
	const char *name;
	const char *runtime;
};

/* The words before a container's id, as in "crio-ID". */
static const struct cgroup_runtime cgroup_prefixes[] = {
	{"cri-containerd", "containerd"},
	{"nerdctl", "containerd"},
	{"crio", "cri-o"},
	{"docker", "docker"},
	{"libpod", "podman"},
	{"libpod-payload", "podman"},
	{"buildkit", "buildkit"},
	{NULL, NULL},
};

/* Directories whose children have a container id as their name. */
static const struct cgroup_runtime cgroup_id_parents[] = {
	{"docker", "docker"},
	{"moby", "docker"},
	{"k8s.io", "containerd"},
	{NULL, NULL},
};

#define CGROUP_DIGITS "0123456789"
#define CGROUP_HEX    CGROUP_DIGITS "abcdef"
#define CGROUP_BASE36 CGROUP_DIGITS "abcdefghijklmnopqrstuvwxyz"

/* Kubernetes does not define the characters of a UID that is not a UUID. Accept the characters that
 * both a file name and a label value may contain. */
#define CGROUP_UID_BYTES CGROUP_BASE36 "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_."

static bool cgroup_span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

static bool cgroup_span_skip_prefix(struct span *span, const char *prefix)
{
	size_t length = strlen(prefix);

	if (span->length < length || memcmp(span->at, prefix, length) != 0)
		return false;
	span->at += length;
	span->length -= length;
	return true;
}

static bool cgroup_span_cut_suffix(struct span *span, const char *suffix)
{
	size_t length = strlen(suffix);

	if (span->length < length || memcmp(span->at + span->length - length, suffix, length) != 0)
		return false;
	span->length -= length;
	return true;
}

/* Returns the part of *rest before the first `separator`, and removes both from *rest. Without a
 * separator, returns all of *rest. */
static struct span cgroup_span_next(struct span *rest, char separator)
{
	const char *end = rest->length ? memchr(rest->at, separator, rest->length) : NULL;
	struct span part = *rest;

	if (end) {
		part.length = (size_t)(end - rest->at);
		rest->at += part.length + 1;
		rest->length -= part.length + 1;
	} else {
		rest->at += rest->length;
		rest->length = 0;
	}
	return part;
}

/* Copies a span, cut to `size` bytes with the NUL. */
static void cgroup_span_copy(struct span span, char *out, size_t size)
{
	size_t length = span.length < size ? span.length : size - 1;

	memcpy(out, span.at, length);
	out[length] = '\0';
}

/* Returns whether the span is not empty and contains only bytes of `bytes`. */
static bool cgroup_span_consists_of(struct span span, const char *bytes)
{
	for (size_t i = 0; i < span.length; i++) {
		if (!strchr(bytes, span.at[i]))
			return false;
	}
	return span.length > 0;
}

/* Returns the entry with this name, or the empty entry at the end of the table. */
static const struct cgroup_runtime *cgroup_find_runtime(const struct cgroup_runtime *table,
							struct span name)
{
	while (table->name && !cgroup_span_is(name, table->name))
		table++;
	return table;
}

/* containerd's CRI plugin, CRI-O, Docker, Podman and nerdctl use 32 random bytes in hex. */
static bool cgroup_is_container_id(struct span span)
{
	return span.length == 64 && cgroup_span_consists_of(span, CGROUP_HEX);
}

/* BuildKit uses 25 digits in base 36 (identity.NewID of github.com/moby/buildkit). */
static bool cgroup_is_buildkit_id(struct span span)
{
	return span.length == 25 && cgroup_span_consists_of(span, CGROUP_BASE36);
}

/* ECS on Fargate uses the task's 32 hex digits, a dash and a number. */
static bool cgroup_is_fargate_id(struct span span)
{
	if (span.length <= 33 || span.length > 53 || span.at[32] != '-')
		return false;
	struct span task = {span.at, 32};
	struct span number = {span.at + 33, span.length - 33};
	return cgroup_span_consists_of(task, CGROUP_HEX) &&
	       cgroup_span_consists_of(number, CGROUP_DIGITS);
}

static void cgroup_found_container(struct cgroup_walk *walk, struct span id, const char *runtime)
{
	struct cgroup_path *out = walk->out;

	if (walk->place != CGROUP_PLACE_HOST && walk->place != CGROUP_PLACE_NODE)
		walk->pod_uid[0] = '\0';
	memcpy(out->outer_id, out->container_id, sizeof(out->outer_id));
	cgroup_span_copy(id, out->container_id, sizeof(out->container_id));
	memcpy(out->pod_uid, walk->pod_uid, sizeof(out->pod_uid));
	out->runtime = runtime;
	out->kind = out->pod_uid[0] ? CGROUP_POD_CONTAINER : CGROUP_CONTAINER;
	out->unit[0] = '\0';
	walk->place = walk->place == CGROUP_PLACE_HOST && out->kind == CGROUP_CONTAINER
			      ? CGROUP_PLACE_NODE
			      : CGROUP_PLACE_INSIDE;
}

static bool cgroup_found_pod(struct cgroup_walk *walk, struct span uid, bool escaped)
{
	if (uid.length >= sizeof(walk->pod_uid) || !cgroup_span_consists_of(uid, CGROUP_UID_BYTES))
		return false;
	cgroup_span_copy(uid, walk->pod_uid, sizeof(walk->pod_uid));
	for (char *byte = walk->pod_uid; escaped && *byte; byte++) {
		if (*byte == '_')
			*byte = '-';
	}
	return true;
}

/* Returns whether the span is the name of a QoS cgroup, in which the kubelet puts pods. */
static bool cgroup_is_qos_class(struct span span)
{
	return cgroup_span_is(span, "burstable") || cgroup_span_is(span, "besteffort");
}

/* Parses a pod's slice of the systemd driver, [PARENT-]kubepods[-QOS]-podUID.slice. Dashes separate
 * levels, so the kubelet writes the UID's dashes as underscores. */
static bool cgroup_parse_slice_name(struct cgroup_walk *walk, struct span name)
{
	if (!cgroup_span_cut_suffix(&name, ".slice"))
		return false;
	for (bool below_kubepods = false; name.length > 0;) {
		struct span part = cgroup_span_next(&name, '-');

		if (below_kubepods && cgroup_span_skip_prefix(&part, "pod"))
			return name.length == 0 && cgroup_found_pod(walk, part, true);
		below_kubepods = cgroup_span_is(part, "kubepods") ||
				 (below_kubepods && cgroup_is_qos_class(part));
	}
	return false;
}

/* Parses a pod's slice, which must be where systemd puts it: A-B-C.slice is in A-B.slice. */
static bool cgroup_parse_pod_slice(struct cgroup_walk *walk, struct span name)
{
	struct span above = walk->parent;

	/* If the beginning of the path is missing, the parent is unknown. */
	if (above.length == 0 || cgroup_span_is(above, ".."))
		return cgroup_parse_slice_name(walk, name);
	if (!cgroup_span_cut_suffix(&above, ".slice") || above.length >= name.length ||
	    memcmp(above.at, name.at, above.length) != 0 || name.at[above.length] != '-')
		return false;
	struct span rest = {name.at + above.length + 1, name.length - above.length - 1};
	return cgroup_span_skip_prefix(&rest, "pod") && cgroup_parse_slice_name(walk, name);
}

/* Parses a pod's directory of the cgroupfs driver: kubepods[/QOS]/podUID. */
static bool cgroup_parse_pod_directory(struct cgroup_walk *walk, struct span name)
{
	return (cgroup_span_is(walk->parent, "kubepods") || cgroup_is_qos_class(walk->parent)) &&
	       cgroup_span_skip_prefix(&name, "pod") && cgroup_found_pod(walk, name, false);
}

/*
 * Parses the prefix and the id of a container, which the caller has split. Returns false for the
 * prefix of a monitor (crio-conmon, libpod-conmon), which has the id of its container. any_prefix
 * accepts an unknown prefix, too: the caller of `runc --systemd-cgroup` chooses the prefix of a
 * scope.
 */
static bool cgroup_parse_prefixed(struct cgroup_walk *walk, struct span prefix, struct span id,
				  bool any_prefix)
{
	const struct cgroup_runtime *known = cgroup_find_runtime(cgroup_prefixes, prefix);
	bool buildkit = known->name && strcmp(known->name, "buildkit") == 0;
	struct span before_conmon = prefix;

	if (cgroup_span_cut_suffix(&before_conmon, "conmon") || (!known->name && !any_prefix))
		return false;
	if (!cgroup_is_container_id(id) && !(buildkit && cgroup_is_buildkit_id(id)))
		return false;
	cgroup_found_container(walk, id, known->runtime);
	return true;
}

/* Parses SLICE:PREFIX:ID in one component. A runtime that does not use systemd makes a directory
 * with this name if the kubelet uses systemd. */
static bool cgroup_parse_colons(struct cgroup_walk *walk, struct span name)
{
	struct span slice = cgroup_span_next(&name, ':');
	struct span prefix = cgroup_span_next(&name, ':');

	if (!cgroup_is_container_id(name) && !cgroup_is_buildkit_id(name))
		return false;
	cgroup_parse_slice_name(walk, slice);
	return cgroup_parse_prefixed(walk, prefix, name, true);
}

/* Parses PREFIX-ID with ".scope" (systemd) or without (CRI-O and Podman with cgroupfs). The prefix
 * ends at the last dash. */
static bool cgroup_parse_scope_or_dashed(struct cgroup_walk *walk, struct span name)
{
	bool scope = cgroup_span_cut_suffix(&name, ".scope");
	struct span prefix = name;

	while (prefix.length > 0 && prefix.at[prefix.length - 1] != '-')
		prefix.length--;
	struct span id = {name.at + prefix.length, name.length - prefix.length};
	return cgroup_span_cut_suffix(&prefix, "-") &&
	       cgroup_parse_prefixed(walk, prefix, id, scope);
}

/* Parses a name that is only an id. The name of its parent directory shows the runtime. */
static bool cgroup_parse_bare_id(struct cgroup_walk *walk, struct span name)
{
	const char *runtime = NULL;

	cgroup_span_skip_prefix(&name, "kata_");
	if (cgroup_is_container_id(name)) {
		/* In libpod_parent (Podman with cgroupfs), 64 hex digits are the id of a Podman
		 * pod. The names of Podman's containers are libpod-ID there. */
		if (cgroup_span_is(walk->parent, "libpod_parent"))
			return false;
		runtime = cgroup_find_runtime(cgroup_id_parents, walk->parent)->runtime;
	} else if (cgroup_span_is(walk->parent, "buildkit") && cgroup_is_buildkit_id(name)) {
		runtime = "buildkit";
	} else if (!cgroup_is_fargate_id(name) &&
		   !(cgroup_span_is(walk->parent, "garden") && name.length >= 28 &&
		     name.length <= 36 && cgroup_span_consists_of(name, CGROUP_HEX "-"))) {
		return false;
	}
	cgroup_found_container(walk, name, runtime);
	return true;
}

/* Parses the name of a systemd unit. */
static void cgroup_parse_unit(struct cgroup_walk *walk, struct span name)
{
	struct cgroup_path *out = walk->out;
	struct span stem = name;

	if (name.length >= sizeof(out->unit))
		return;
	if (cgroup_span_cut_suffix(&stem, ".service") && stem.length > 0) {
		cgroup_span_copy(name, out->unit, sizeof(out->unit));
		out->kind = CGROUP_SERVICE;
	} else if (cgroup_span_cut_suffix(&stem, ".scope") && !cgroup_span_is(stem, "init")) {
		/*
		 * A scope below a service, such as an application's below user@UID.service, is not
		 * a part of the service.
		 */
		out->unit[0] = '\0';
		out->kind = CGROUP_OTHER;
	}
}

/* Parses a container's name in any of its forms. */
static bool cgroup_parse_container(struct cgroup_walk *walk, struct span name)
{
	return cgroup_parse_colons(walk, name) || cgroup_parse_bare_id(walk, name) ||
	       cgroup_parse_scope_or_dashed(walk, name);
}

/* Returns whether the span is the name of a directory that the kubelet makes above its pods. */
static bool cgroup_is_of_kubelet(struct span name)
{
	if (cgroup_span_cut_suffix(&name, ".slice") && name.length == 0)
		return false;
	while (name.length > 0) {
		struct span part = cgroup_span_next(&name, '-');

		if (!cgroup_span_is(part, "kubelet") && !cgroup_span_is(part, "kubepods") &&
		    !cgroup_is_qos_class(part))
			return false;
	}
	return true;
}

/*
 * Parses a component below a container outside any pod. Such a container is a node if a directory
 * of a kubelet is directly below it: kubelet.slice or kubelet (kind), kubepods (k3d),
 * kubepods.slice (minikube). crun may put a directory "container" in between.
 */
static void cgroup_parse_in_node(struct cgroup_walk *walk, struct span name)
{
	bool in_pod = walk->pod_uid[0] != '\0';

	if (in_pod && cgroup_parse_container(walk, name)) {
		walk->place = CGROUP_PLACE_INSIDE;
		return;
	}
	walk->pod_uid[0] = '\0';
	if (in_pod ||
	    (!cgroup_is_of_kubelet(name) && !cgroup_span_is(name, "container") &&
	     !cgroup_parse_pod_slice(walk, name) && !cgroup_parse_pod_directory(walk, name)))
		walk->place = CGROUP_PLACE_INSIDE;
}

/* Returns whether the service is a kubelet or a runtime that makes cgroups for pods. */
static bool cgroup_is_runtime_service(struct span name)
{
	static const char *const runtimes[] = {"containerd", "crio", "cri-docker", "docker",
					       "kubelet",    "k3s",  "rke2",       "snap.microk8s"};

	for (size_t i = 0; i < ARRAY_LENGTH(runtimes); i++) {
		struct span rest = name;
		if (cgroup_span_skip_prefix(&rest, runtimes[i]))
			return true;
	}
	return false;
}

/* If the component `name` belongs to a service, a user or a system container, changes walk->place
 * for the components below `name`. */
static void cgroup_enter(struct cgroup_walk *walk, struct span name)
{
	struct span stem = name;
	struct span user = name;

	if (cgroup_span_is(name, "user.slice") ||
	    (cgroup_span_skip_prefix(&user, "user@") && cgroup_span_cut_suffix(&user, ".service")))
		walk->place = CGROUP_PLACE_USER;
	else if (walk->place == CGROUP_PLACE_HOST &&
		 (cgroup_span_is(name, "lxc") || cgroup_span_skip_prefix(&user, "lxc.") ||
		  cgroup_span_skip_prefix(&user, "systemd-nspawn@")))
		walk->place = CGROUP_PLACE_MACHINE;
	else if (walk->place == CGROUP_PLACE_HOST && cgroup_span_cut_suffix(&stem, ".service") &&
		 !cgroup_is_runtime_service(name))
		walk->place = CGROUP_PLACE_SERVICE;
}

/* Parses a component above any container. */
static void cgroup_parse_component(struct cgroup_walk *walk, struct span name)
{
	char pod_uid[CGROUP_POD_UID_SIZE];

	if (walk->place == CGROUP_PLACE_USER) {
		cgroup_parse_unit(walk, name);
		return;
	}
	if (cgroup_parse_container(walk, name))
		return;
	memcpy(pod_uid, walk->pod_uid, sizeof(pod_uid));
	walk->pod_uid[0] = '\0';
	if (walk->place == CGROUP_PLACE_HOST && pod_uid[0] == '\0' &&
	    (cgroup_parse_pod_slice(walk, name) || cgroup_parse_pod_directory(walk, name)))
		return;
	cgroup_parse_unit(walk, name);
	cgroup_enter(walk, name);
}

enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out)
{
	struct cgroup_walk walk = {.out = out, .parent = {"", 0}};
	struct span rest = {path, strnlen(path, length)};

	*out = (struct cgroup_path){0};
	cgroup_span_cut_suffix(&rest, " (deleted)");
	while (rest.length > 0 && walk.place != CGROUP_PLACE_INSIDE) {
		struct span name = cgroup_span_next(&rest, '/');

		if (name.length == 0)
			continue;
		if (walk.place == CGROUP_PLACE_NODE)
			cgroup_parse_in_node(&walk, name);
		else
			cgroup_parse_component(&walk, name);
		walk.parent = name;
	}
	return out->kind;
}

int cgroup_container_record(const struct cgroup_path *path, uint64_t cgroup_id,
			    struct container_record **out)
{
	if (path->kind != CGROUP_POD_CONTAINER && path->kind != CGROUP_CONTAINER)
		return -ENOENT;
	struct container_record *container = memory_checked(calloc(1, sizeof(*container)));
	if (!container)
		return -ENOMEM;
	container->cgroup_id = cgroup_id;
	if (text_copy(path->container_id, &container->id) ||
	    text_copy(path->runtime, &container->runtime) ||
	    text_copy(path->pod_uid, &container->pod_uid) ||
	    text_copy(path->outer_id, &container->outer_id)) {
		container_record_free(container);
		return -ENOMEM;
	}
	*out = container;
	return 0;
}
