/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/cgroup_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the path that are not NUL-terminated. */
struct span {
	const char *at;
	size_t length;
};

/* What is known half way through a path. */
struct walk {
	struct cgroup_path *out;
	struct span parent;                /* the component before this one */
	char pod_uid[CGROUP_POD_UID_SIZE]; /* of the innermost pod so far; it counts once a
					      container follows */
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

/* Directories whose children are named by the bare container id. */
static const struct {
	const char *name;
	enum cgroup_runtime runtime;
} id_parents[] = {
	{"docker", CGROUP_RUNTIME_DOCKER},
	{"moby", CGROUP_RUNTIME_DOCKER},
	{"k8s.io", CGROUP_RUNTIME_CONTAINERD},
};

static bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

static bool span_skip_prefix(struct span *span, const char *prefix)
{
	size_t length = strlen(prefix);

	if (span->length < length || memcmp(span->at, prefix, length) != 0)
		return false;
	span->at += length;
	span->length -= length;
	return true;
}

static bool span_cut_suffix(struct span *span, const char *suffix)
{
	size_t length = strlen(suffix);

	if (span->length < length || memcmp(span->at + span->length - length, suffix, length) != 0)
		return false;
	span->length -= length;
	return true;
}

/* Splits at the first `separator`: the part before it, and *rest what follows; without one, the
 * whole and nothing. */
static struct span span_next(struct span *rest, char separator)
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

/* The caller has checked that it fits; what does not is cut. */
static void span_copy(struct span span, char *out, size_t size)
{
	size_t length = span.length < size ? span.length : size - 1;

	memcpy(out, span.at, length);
	out[length] = '\0';
}

static bool is_lower_hex(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_base36(char byte)
{
	return is_digit(byte) || (byte >= 'a' && byte <= 'z');
}

static bool is_hex_or_dash(char byte)
{
	return is_lower_hex(byte) || byte == '-';
}

/* What Kubernetes lets stand in a UID that is no UUID is not fixed; this is what a file name and a
 * label can carry. */
static bool is_uid_byte(char byte)
{
	return is_base36(byte) || (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '_' ||
	       byte == '.';
}

static bool span_all(struct span span, bool (*test)(char))
{
	for (size_t i = 0; i < span.length; i++) {
		if (!test(span.at[i]))
			return false;
	}
	return span.length > 0;
}

/* containerd's CRI plugin, CRI-O, Docker, Podman and nerdctl all name containers by 32 random bytes
 * in hex. */
static bool is_container_id(struct span span)
{
	return span.length == 64 && span_all(span, is_lower_hex);
}

/* BuildKit's identity.NewID: 25 digits in base 36. */
static bool is_buildkit_id(struct span span)
{
	return span.length == 25 && span_all(span, is_base36);
}

/* ECS on Fargate: the task's 32 hex digits, a dash, and a number. */
static bool is_fargate_id(struct span span)
{
	if (span.length <= 33 || span.length > 53 || span.at[32] != '-')
		return false;
	struct span task = {span.at, 32};
	struct span number = {span.at + 33, span.length - 33};
	return span_all(task, is_lower_hex) && span_all(number, is_digit);
}

static void found_container(struct walk *walk, struct span id, enum cgroup_runtime runtime)
{
	struct cgroup_path *out = walk->out;

	span_copy(id, out->container_id, sizeof(out->container_id));
	memcpy(out->pod_uid, walk->pod_uid, sizeof(out->pod_uid));
	out->runtime = runtime;
	out->kind = out->pod_uid[0] ? CGROUP_POD_CONTAINER : CGROUP_CONTAINER;
	out->unit[0] = '\0';
}

static bool found_pod(struct walk *walk, struct span uid, bool escaped)
{
	if (uid.length >= sizeof(walk->pod_uid) || !span_all(uid, is_uid_byte))
		return false;
	span_copy(uid, walk->pod_uid, sizeof(walk->pod_uid));
	for (char *byte = walk->pod_uid; escaped && *byte; byte++) {
		if (*byte == '_')
			*byte = '-';
	}
	return true;
}

/*
 * A pod's slice of the systemd driver: [PARENT-]kubepods[-QOS]-podUID.slice. In a slice's name a
 * dash stands for one level, so the kubelet writes the UID's own dashes as underscores, and the
 * name repeats all its parents.
 */
static bool parse_pod_slice(struct walk *walk, struct span name)
{
	if (!span_cut_suffix(&name, ".slice"))
		return false;
	for (bool below_kubepods = false; name.length > 0;) {
		struct span part = span_next(&name, '-');

		if (below_kubepods && span_skip_prefix(&part, "pod"))
			return name.length == 0 && found_pod(walk, part, true);
		below_kubepods = span_is(part, "kubepods") ||
				 (below_kubepods &&
				  (span_is(part, "burstable") || span_is(part, "besteffort")));
	}
	return false;
}

/* A pod's directory of the cgroupfs driver: kubepods[/QOS]/podUID. */
static bool parse_pod_directory(struct walk *walk, struct span name)
{
	if (!span_is(walk->parent, "kubepods") && !span_is(walk->parent, "burstable") &&
	    !span_is(walk->parent, "besteffort"))
		return false;
	return span_skip_prefix(&name, "pod") && found_pod(walk, name, false);
}

/*
 * PREFIX and an id, joined by a dash in a scope's (or CRI-O's and Podman's cgroupfs) name, or by a
 * colon where a runtime without systemd was handed systemd's form. A monitor (crio-conmon,
 * libpod-conmon) is not the container. An unknown prefix is believed only on a scope: `runc
 * --systemd-cgroup` lets the caller choose it.
 */
static bool parse_prefixed(struct walk *walk, struct span prefix, struct span id, bool any_prefix)
{
	enum cgroup_runtime runtime = CGROUP_RUNTIME_UNKNOWN;
	bool known = false;
	struct span before_conmon = prefix;

	if (span_cut_suffix(&before_conmon, "conmon"))
		return false;
	for (size_t i = 0; i < sizeof(name_prefixes) / sizeof(name_prefixes[0]); i++) {
		if (span_is(prefix, name_prefixes[i].prefix)) {
			runtime = name_prefixes[i].runtime;
			known = true;
		}
	}
	if (!known && !any_prefix)
		return false;
	if (!is_container_id(id) && !(runtime == CGROUP_RUNTIME_BUILDKIT && is_buildkit_id(id)))
		return false;
	found_container(walk, id, runtime);
	return true;
}

/* SLICE:PREFIX:ID in one component, as runtimes name it that do not speak to systemd although the
 * kubelet does. */
static bool parse_colons(struct walk *walk, struct span name)
{
	struct span slice = span_next(&name, ':');
	struct span prefix = span_next(&name, ':');

	if (!is_container_id(name) && !is_buildkit_id(name))
		return false;
	parse_pod_slice(walk, slice);
	return parse_prefixed(walk, prefix, name, true);
}

/* Splits NAME at its last dash and tries the two sides as prefix and id. */
static bool parse_scope_or_dashed(struct walk *walk, struct span name)
{
	bool scope = span_cut_suffix(&name, ".scope");
	struct span prefix = name;

	while (prefix.length > 0 && prefix.at[prefix.length - 1] != '-')
		prefix.length--;
	struct span id = {name.at + prefix.length, name.length - prefix.length};
	return span_cut_suffix(&prefix, "-") && parse_prefixed(walk, prefix, id, scope);
}

/* Names that are an id and nothing else: what the directory above is called decides. */
static bool parse_bare_id(struct walk *walk, struct span name)
{
	enum cgroup_runtime runtime = CGROUP_RUNTIME_UNKNOWN;

	span_skip_prefix(&name, "kata_");
	if (is_container_id(name)) {
		/* Podman's cgroupfs layout has its pods there, under ids of the same form. */
		if (span_is(walk->parent, "libpod_parent"))
			return false;
		for (size_t i = 0; i < sizeof(id_parents) / sizeof(id_parents[0]); i++) {
			if (span_is(walk->parent, id_parents[i].name))
				runtime = id_parents[i].runtime;
		}
	} else if (span_is(walk->parent, "buildkit") && is_buildkit_id(name)) {
		runtime = CGROUP_RUNTIME_BUILDKIT;
	} else if (!is_fargate_id(name) && !(span_is(walk->parent, "garden") && name.length >= 28 &&
					     name.length <= 36 && span_all(name, is_hex_or_dash))) {
		return false;
	}
	found_container(walk, name, runtime);
	return true;
}

/* systemd's units count only outside containers: what systemd runs inside one belongs to the
 * container. */
static void parse_unit(struct walk *walk, struct span name)
{
	struct cgroup_path *out = walk->out;
	struct span stem = name;

	if (out->container_id[0] || name.length >= sizeof(out->unit))
		return;
	if (span_cut_suffix(&stem, ".service") && stem.length > 0) {
		span_copy(name, out->unit, sizeof(out->unit));
		out->kind = CGROUP_SERVICE;
	} else if (span_cut_suffix(&stem, ".scope") && !span_is(stem, "init")) {
		/* An application that a user's service manager started is not that manager. */
		out->unit[0] = '\0';
		out->kind = CGROUP_OTHER;
	}
}

enum cgroup_kind cgroup_path_parse(const char *path, size_t length, struct cgroup_path *out)
{
	struct walk walk = {.out = out, .parent = {"", 0}};
	struct span rest = {path, strnlen(path, length)};

	*out = (struct cgroup_path){0};
	span_cut_suffix(&rest, " (deleted)");
	while (rest.length > 0) {
		struct span name = span_next(&rest, '/');

		if (name.length == 0)
			continue;
		if (!parse_pod_slice(&walk, name) && !parse_pod_directory(&walk, name) &&
		    !parse_colons(&walk, name) && !parse_bare_id(&walk, name) &&
		    !parse_scope_or_dashed(&walk, name))
			parse_unit(&walk, name);
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
