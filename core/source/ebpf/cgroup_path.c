/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/cgroup_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A part of the path, not NUL-terminated. */
struct span {
	const char *at;
	size_t length;
};

/* The state while the components of a path are parsed. */
struct cgroup_walk {
	struct cgroup_path *out;
	struct span parent;                /* the component before this one */
	char pod_uid[CGROUP_POD_UID_SIZE]; /* of the innermost pod so far; used once a container
					      follows */
};

static const struct {
	const char *prefix;
	enum cgroup_runtime runtime;
} name_prefixes[] = {
	{"cri-containerd", CGROUP_RUNTIME_CONTAINERD},
	{"nerdctl", CGROUP_RUNTIME_CONTAINERD},
	{"crio", CGROUP_RUNTIME_CRIO},
	{"docker", CGROUP_RUNTIME_DOCKER},
	{"libpod", CGROUP_RUNTIME_PODMAN},
	{"libpod-payload", CGROUP_RUNTIME_PODMAN},
	{"buildkit", CGROUP_RUNTIME_BUILDKIT},
};

/* Directories whose children have a container id as their name. */
static const struct {
	const char *name;
	enum cgroup_runtime runtime;
} id_parents[] = {
	{"docker", CGROUP_RUNTIME_DOCKER},
	{"moby", CGROUP_RUNTIME_DOCKER},
	{"k8s.io", CGROUP_RUNTIME_CONTAINERD},
};

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

/* Returns the part of *rest before the first `separator` and removes both from it. Without a
 * separator the part is all of *rest. */
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

static bool cgroup_is_lower_hex(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static bool cgroup_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool cgroup_is_base36(char byte)
{
	return cgroup_is_digit(byte) || (byte >= 'a' && byte <= 'z');
}

static bool cgroup_is_hex_or_dash(char byte)
{
	return cgroup_is_lower_hex(byte) || byte == '-';
}

/* Kubernetes does not define the characters of a UID that is not a UUID. These are the ones that a
 * file name and a label value may contain. */
static bool cgroup_is_uid_byte(char byte)
{
	return cgroup_is_base36(byte) || (byte >= 'A' && byte <= 'Z') || byte == '-' ||
	       byte == '_' || byte == '.';
}

static bool cgroup_span_all(struct span span, bool (*test)(char))
{
	for (size_t i = 0; i < span.length; i++) {
		if (!test(span.at[i]))
			return false;
	}
	return span.length > 0;
}

/* containerd's CRI plugin, CRI-O, Docker, Podman and nerdctl use 32 random bytes in hex. */
static bool cgroup_is_container_id(struct span span)
{
	return span.length == 64 && cgroup_span_all(span, cgroup_is_lower_hex);
}

/* BuildKit uses 25 digits in base 36 (identity.NewID). */
static bool cgroup_is_buildkit_id(struct span span)
{
	return span.length == 25 && cgroup_span_all(span, cgroup_is_base36);
}

/* ECS on Fargate uses the task's 32 hex digits, a dash and a number. */
static bool cgroup_is_fargate_id(struct span span)
{
	if (span.length <= 33 || span.length > 53 || span.at[32] != '-')
		return false;
	struct span task = {span.at, 32};
	struct span number = {span.at + 33, span.length - 33};
	return cgroup_span_all(task, cgroup_is_lower_hex) &&
	       cgroup_span_all(number, cgroup_is_digit);
}

static void cgroup_found_container(struct cgroup_walk *walk, struct span id,
				   enum cgroup_runtime runtime)
{
	struct cgroup_path *out = walk->out;

	cgroup_span_copy(id, out->container_id, sizeof(out->container_id));
	memcpy(out->pod_uid, walk->pod_uid, sizeof(out->pod_uid));
	out->runtime = runtime;
	out->kind = out->pod_uid[0] ? CGROUP_POD_CONTAINER : CGROUP_CONTAINER;
	out->unit[0] = '\0';
}

static bool cgroup_found_pod(struct cgroup_walk *walk, struct span uid, bool escaped)
{
	if (uid.length >= sizeof(walk->pod_uid) || !cgroup_span_all(uid, cgroup_is_uid_byte))
		return false;
	cgroup_span_copy(uid, walk->pod_uid, sizeof(walk->pod_uid));
	for (char *byte = walk->pod_uid; escaped && *byte; byte++) {
		if (*byte == '_')
			*byte = '-';
	}
	return true;
}

/*
 * Parses a pod's slice of the systemd driver: [PARENT-]kubepods[-QOS]-podUID.slice. A dash in the
 * name of a slice separates levels, so the name repeats all parents, and the kubelet writes the
 * UID's dashes as underscores.
 */
static bool cgroup_parse_pod_slice(struct cgroup_walk *walk, struct span name)
{
	if (!cgroup_span_cut_suffix(&name, ".slice"))
		return false;
	for (bool below_kubepods = false; name.length > 0;) {
		struct span part = cgroup_span_next(&name, '-');

		if (below_kubepods && cgroup_span_skip_prefix(&part, "pod"))
			return name.length == 0 && cgroup_found_pod(walk, part, true);
		below_kubepods = cgroup_span_is(part, "kubepods") ||
				 (below_kubepods && (cgroup_span_is(part, "burstable") ||
						     cgroup_span_is(part, "besteffort")));
	}
	return false;
}

/* Parses a pod's directory of the cgroupfs driver: kubepods[/QOS]/podUID. */
static bool cgroup_parse_pod_directory(struct cgroup_walk *walk, struct span name)
{
	if (!cgroup_span_is(walk->parent, "kubepods") &&
	    !cgroup_span_is(walk->parent, "burstable") &&
	    !cgroup_span_is(walk->parent, "besteffort"))
		return false;
	return cgroup_span_skip_prefix(&name, "pod") && cgroup_found_pod(walk, name, false);
}

/*
 * Parses a prefix and an id. A dash joins them in the name of a scope (or of a directory of CRI-O and
 * Podman with cgroupfs), a colon in systemd's form for a runtime without systemd. A monitor
 * (crio-conmon, libpod-conmon) is not the container. any_prefix: accept an unknown prefix, which the
 * caller of `runc --systemd-cgroup` may choose for a scope.
 */
static bool cgroup_parse_prefixed(struct cgroup_walk *walk, struct span prefix, struct span id,
				  bool any_prefix)
{
	enum cgroup_runtime runtime = CGROUP_RUNTIME_UNKNOWN;
	bool known = false;
	struct span before_conmon = prefix;

	if (cgroup_span_cut_suffix(&before_conmon, "conmon"))
		return false;
	for (size_t i = 0; i < sizeof(name_prefixes) / sizeof(name_prefixes[0]); i++) {
		if (cgroup_span_is(prefix, name_prefixes[i].prefix)) {
			runtime = name_prefixes[i].runtime;
			known = true;
		}
	}
	if (!known && !any_prefix)
		return false;
	if (!cgroup_is_container_id(id) &&
	    !(runtime == CGROUP_RUNTIME_BUILDKIT && cgroup_is_buildkit_id(id)))
		return false;
	cgroup_found_container(walk, id, runtime);
	return true;
}

/* Parses SLICE:PREFIX:ID in one component: the name from a runtime that does not use systemd although
 * the kubelet does. */
static bool cgroup_parse_colons(struct cgroup_walk *walk, struct span name)
{
	struct span slice = cgroup_span_next(&name, ':');
	struct span prefix = cgroup_span_next(&name, ':');

	if (!cgroup_is_container_id(name) && !cgroup_is_buildkit_id(name))
		return false;
	cgroup_parse_pod_slice(walk, slice);
	return cgroup_parse_prefixed(walk, prefix, name, true);
}

/* Splits the name at its last dash into a prefix and an id. */
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
	enum cgroup_runtime runtime = CGROUP_RUNTIME_UNKNOWN;

	cgroup_span_skip_prefix(&name, "kata_");
	if (cgroup_is_container_id(name)) {
		/* With cgroupfs, Podman's own pods have ids of the same form there. */
		if (cgroup_span_is(walk->parent, "libpod_parent"))
			return false;
		for (size_t i = 0; i < sizeof(id_parents) / sizeof(id_parents[0]); i++) {
			if (cgroup_span_is(walk->parent, id_parents[i].name))
				runtime = id_parents[i].runtime;
		}
	} else if (cgroup_span_is(walk->parent, "buildkit") && cgroup_is_buildkit_id(name)) {
		runtime = CGROUP_RUNTIME_BUILDKIT;
	} else if (!cgroup_is_fargate_id(name) &&
		   !(cgroup_span_is(walk->parent, "garden") && name.length >= 28 &&
		     name.length <= 36 && cgroup_span_all(name, cgroup_is_hex_or_dash))) {
		return false;
	}
	cgroup_found_container(walk, name, runtime);
	return true;
}

/* Parses a unit of systemd. Inside a container it belongs to the container. */
static void cgroup_parse_unit(struct cgroup_walk *walk, struct span name)
{
	struct cgroup_path *out = walk->out;
	struct span stem = name;

	if (out->container_id[0] || name.length >= sizeof(out->unit))
		return;
	if (cgroup_span_cut_suffix(&stem, ".service") && stem.length > 0) {
		cgroup_span_copy(name, out->unit, sizeof(out->unit));
		out->kind = CGROUP_SERVICE;
	} else if (cgroup_span_cut_suffix(&stem, ".scope") && !cgroup_span_is(stem, "init")) {
		/* An application started by a user's service manager is not that manager. */
		out->unit[0] = '\0';
		out->kind = CGROUP_OTHER;
	}
}

enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out)
{
	struct cgroup_walk walk = {.out = out, .parent = {"", 0}};
	struct span rest = {path, strnlen(path, length)};

	*out = (struct cgroup_path){0};
	cgroup_span_cut_suffix(&rest, " (deleted)");
	while (rest.length > 0) {
		struct span name = cgroup_span_next(&rest, '/');

		if (name.length == 0)
			continue;
		if (!cgroup_parse_pod_slice(&walk, name) &&
		    !cgroup_parse_pod_directory(&walk, name) && !cgroup_parse_colons(&walk, name) &&
		    !cgroup_parse_bare_id(&walk, name) &&
		    !cgroup_parse_scope_or_dashed(&walk, name))
			cgroup_parse_unit(&walk, name);
		walk.parent = name;
	}
	return out->kind;
}

const char *cgroup_runtime_name(enum cgroup_runtime runtime)
{
	switch (runtime) {
	case CGROUP_RUNTIME_UNKNOWN:
		break;
	case CGROUP_RUNTIME_CONTAINERD:
		return "containerd";
	case CGROUP_RUNTIME_CRIO:
		return "cri-o";
	case CGROUP_RUNTIME_DOCKER:
		return "docker";
	case CGROUP_RUNTIME_PODMAN:
		return "podman";
	case CGROUP_RUNTIME_BUILDKIT:
		return "buildkit";
	}
	return NULL;
}

int cgroup_container_record(const char *path, uint64_t cgroup_id, struct container_record **out)
{
	struct cgroup_path parsed;
	enum cgroup_kind kind = cgroup_path_parse(path, SIZE_MAX, &parsed);

	if (kind != CGROUP_POD_CONTAINER && kind != CGROUP_CONTAINER)
		return -ENOENT;

	const char *runtime = cgroup_runtime_name(parsed.runtime);
	struct container_record *container = calloc(1, sizeof(*container));
	if (!container)
		return -ENOMEM;
	container->id = strdup(parsed.container_id);
	container->runtime = runtime ? strdup(runtime) : NULL;
	container->pod_uid = parsed.pod_uid[0] ? strdup(parsed.pod_uid) : NULL;
	container->cgroup_id = cgroup_id;
	if (!container->id || (runtime && !container->runtime) ||
	    (parsed.pod_uid[0] && !container->pod_uid)) {
		container_record_free(container);
		return -ENOMEM;
	}
	*out = container;
	return 0;
}
