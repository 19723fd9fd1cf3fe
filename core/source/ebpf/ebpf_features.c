/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

struct feature_row {
	const char *hook;
	const char *purpose;
	const char *program; /* its name in bpf/ */
	/* Returns 0 if the kernel has the parts that the program uses, else -errno. */
	int (*probe)(const struct btf *kernel);
	const char *remedy; /* for an error at attaching; NULL: none */
};

/* Returns 0 if the kernel has a tracepoint with BTF. */
static int ebpf_features_probe_tracepoint(const struct btf *kernel, const char *name)
{
	char type[80];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF) < 0 ? -EOPNOTSUPP : 0;
}

static int ebpf_features_probe_late_errors(const struct btf *kernel)
{
	return ebpf_features_probe_tracepoint(kernel, "inet_sk_error_report");
}

static int ebpf_features_probe_connect(const struct btf *kernel)
{
	(void)kernel;
	/* Linux 5.15 and later have the helper. */
	int answer = libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_task_pt_regs, NULL);

	return answer == 0 ? -EOPNOTSUPP : 0;
}

static const struct feature_row feature_rows[EBPF_FEATURE_COUNT] = {
	[EBPF_FEATURE_CONNECT_ERRORS] =
		{
			.hook = "tracepoint/syscalls/sys_exit_connect",
			.purpose = "connects that fail before the first packet (no route, not "
				   "permitted)",
			.program = "connect_returned",
			.probe = ebpf_features_probe_connect,
			.remedy = "mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing",
		},
	[EBPF_FEATURE_LATE_ERRORS] =
		{
			.hook = "tp_btf/inet_sk_error_report",
			.purpose = "errors that a process reads before its attempt ends",
			.program = "error_reported",
			.probe = ebpf_features_probe_late_errors,
		},
};

void ebpf_features_probe(struct ebpf_features *features)
{
	struct btf *kernel = btf__load_vmlinux_btf();

	*features = (struct ebpf_features){0};
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		features->errors[i] = kernel ? feature_rows[i].probe(kernel) : -EOPNOTSUPP;
		if (!features->errors[i])
			features->wanted |= 1u << i;
	}
	btf__free(kernel);
}

void ebpf_features_select(const struct ebpf_features *features, struct bpf_object *object)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(object, feature_rows[i].program);
		bpf_program__set_autoload(program, ebpf_features_want(features, i));
		bpf_program__set_autoattach(program, false);
	}
}

void ebpf_features_refuse(struct ebpf_features *features, enum ebpf_feature feature, int error)
{
	features->wanted &= ~(1u << feature);
	features->errors[feature] = error;
}

void ebpf_features_attach(struct ebpf_features *features, struct bpf_object *object)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (!ebpf_features_want(features, i))
			continue;
		features->links[i] = bpf_program__attach(
			bpf_object__find_program_by_name(object, feature_rows[i].program));
		if (!features->links[i])
			ebpf_features_refuse(features, i, -errno);
	}
}

void ebpf_features_close(struct ebpf_features *features)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		bpf_link__destroy(features->links[i]);
		features->links[i] = NULL;
	}
}

const char *ebpf_feature_hook(enum ebpf_feature feature)
{
	return feature_rows[feature].hook;
}

const char *ebpf_feature_purpose(enum ebpf_feature feature)
{
	return feature_rows[feature].purpose;
}

void ebpf_feature_explain(enum ebpf_feature feature, int error, char *message, size_t size)
{
	const struct feature_row *row = &feature_rows[feature];
	bool unmounted = error == -ENOENT && row->remedy;

	snprintf(message, size, "not seen: %s%s%s",
		 error == -EOPNOTSUPP ? "this kernel does not have it" : strerror(-error),
		 unmounted ? "; " : "", unmounted ? row->remedy : "");
}
