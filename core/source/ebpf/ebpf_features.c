/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/syscall_function.h"
#include "core/base/cleanup.h"

#define FEATURE_MOUNT_TRACEFS                                            \
	"mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing), " \
	"or add CAP_SYS_ADMIN"

/* The enum of the reasons for dropped packets. */
#define FEATURE_DROP_REASONS "skb_drop_reason"
/* The tracepoint at writes to TCP sockets. */
#define FEATURE_TCP_WRITES "tcp_sendmsg_locked"

struct feature_row {
	const char *name; /* at most 18 columns, for doctor */
	const char *hook;
	const char *purpose;
	/* Names of the programs in bpf/; NULL after the last. The feature needs all of them. */
	const char *programs[EBPF_FEATURE_PROGRAMS];
	/* A hook that costs less than `hook`, and the programs that then replace `programs`; NULL:
	 * none. Not all kernels have it. */
	const char *cheap_hook;
	const char *cheap_programs[EBPF_FEATURE_PROGRAMS];
	bool (*has_cheap)(const struct kernel_abilities *kernel, const struct kernel_btf *types);
	/* Attaching cheap_programs may fail. `programs` are loaded, too, and take their place. */
	bool cheap_may_fail;
	/* Returns 0 if the kernel has the hooks and types that the programs need, else -errno.
	 * -EACCES: lockdown. */
	int (*probe)(const struct kernel_abilities *kernel, const struct kernel_btf *types);
	const char *remedy; /* shown if attaching fails; NULL: none */
};

static int ebpf_features_probe_late_errors(const struct kernel_abilities *kernel,
					   const struct kernel_btf *types)
{
	(void)kernel;
	return kernel_btf_find_type(types, "btf_trace_inet_sk_error_report") ? 0 : -EOPNOTSUPP;
}

static int ebpf_features_probe_drops(const struct kernel_abilities *kernel,
				     const struct kernel_btf *types)
{
	/* Linux 5.17 and later have reasons for drops. */
	if (!kernel_btf_find_type(types, FEATURE_DROP_REASONS) ||
	    !kernel_btf_find_type(types, "btf_trace_kfree_skb") ||
	    !kernel_btf_find_type(types, "btf_trace_tcp_retransmit_skb"))
		return -EOPNOTSUPP;
	return kernel->reads_kernel ? 0 : -EACCES;
}

static int ebpf_features_probe_connect(const struct kernel_abilities *kernel,
				       const struct kernel_btf *types)
{
	(void)types;
	if (!kernel->has_task_registers)
		return -EOPNOTSUPP;
	return kernel->reads_kernel ? 0 : -EACCES;
}

static int ebpf_features_probe_first_read(const struct kernel_abilities *kernel,
					  const struct kernel_btf *types)
{
	return kernel->has_socket_storage &&
			       kernel_btf_find_type(types, "btf_trace_tcp_rcv_space_adjust")
		       ? 0
		       : -EOPNOTSUPP;
}

static int ebpf_features_probe_first_write(const struct kernel_abilities *kernel,
					   const struct kernel_btf *types)
{
	/* Linux 6.3 and later have at least one of the tracepoints. */
	return kernel->has_socket_storage &&
			       (kernel_btf_find_type(types, "btf_trace_" FEATURE_TCP_WRITES) ||
				kernel_btf_find_type(types, "btf_trace_sock_send_length"))
		       ? 0
		       : -EOPNOTSUPP;
}

static bool ebpf_features_has_writes(const struct kernel_abilities *kernel,
				     const struct kernel_btf *types)
{
	(void)kernel;
	return kernel_btf_find_type(types, "btf_trace_" FEATURE_TCP_WRITES) != 0;
}

#ifdef SYSCALL_FUNCTION
static bool ebpf_features_has_calls(const struct kernel_abilities *kernel,
				    const struct kernel_btf *types)
{
	return kernel->loads_exits && kernel_btf_find_function(types, SYSCALL_FUNCTION(connect)) &&
	       kernel_btf_find_function(types, SYSCALL_FUNCTION(accept)) &&
	       kernel_btf_find_function(types, SYSCALL_FUNCTION(accept4));
}
#endif

static const struct feature_row feature_rows[EBPF_FEATURE_COUNT] = {
	[EBPF_FEATURE_CONNECT_ERRORS] =
		{
			.name = "failed connects",
			.hook = "tracepoint/syscalls/sys_exit_connect",
			.purpose = "connects that fail before the first packet (no route, not "
				   "permitted)",
			.programs = {"connect_returned"},
#ifdef SYSCALL_FUNCTION
			.cheap_hook = "fexit/" SYSCALL_FUNCTION(connect),
			.cheap_programs = {"connect_exited"},
			.has_cheap = ebpf_features_has_calls,
			.cheap_may_fail = true,
#endif
			.probe = ebpf_features_probe_connect,
			.remedy = FEATURE_MOUNT_TRACEFS,
		},
	[EBPF_FEATURE_LATE_ERRORS] =
		{
			.name = "late errors",
			.hook = "tp_btf/inet_sk_error_report",
			.purpose = "errors of attempts that the process reads first (SO_ERROR)",
			.programs = {"error_reported"},
			.probe = ebpf_features_probe_late_errors,
		},
	[EBPF_FEATURE_DROPS] =
		{
			.name = "dropped packets",
			.hook = "tp_btf/kfree_skb",
			.purpose = "where and why packets of hanging connections are dropped",
			.programs = {"packet_dropped", "segment_retransmitted"},
			.probe = ebpf_features_probe_drops,
		},
	[EBPF_FEATURE_ACCEPTORS] =
		{
			.name = "acceptors",
			.hook = "tracepoint/syscalls/sys_exit_accept4",
			.purpose = "the process that accepts, where another one listens",
			.programs = {"accept_returned", "accept4_returned"},
#ifdef SYSCALL_FUNCTION
			.cheap_hook = "fexit/" SYSCALL_FUNCTION(accept4),
			.cheap_programs = {"accept_exited", "accept4_exited"},
			.has_cheap = ebpf_features_has_calls,
			.cheap_may_fail = true,
#endif
			.probe = ebpf_features_probe_connect,
			.remedy = FEATURE_MOUNT_TRACEFS,
		},
	[EBPF_FEATURE_FIRST_READ] =
		{
			.name = "first readers",
			.hook = "tp_btf/tcp_rcv_space_adjust",
			.purpose = "the process that reads first from an accepted connection",
			.programs = {"socket_read"},
			.probe = ebpf_features_probe_first_read,
		},
	[EBPF_FEATURE_FIRST_WRITE] =
		{
			.name = "first writers",
			.hook = "tp_btf/sock_send_length",
			.purpose = "the process that writes first to an accepted connection",
			.programs = {"socket_written"},
			.cheap_hook = "tp_btf/" FEATURE_TCP_WRITES,
			.cheap_programs = {"socket_writes"},
			.has_cheap = ebpf_features_has_writes,
			.probe = ebpf_features_probe_first_write,
		},
};

int ebpf_features_want_types(struct kernel_btf *types)
{
	int error = kernel_btf_want(types, FEATURE_DROP_REASONS);

	return error ? error : kernel_probe_want_types(types);
}

void ebpf_features_probe(struct ebpf_features *features, const struct kernel_btf *types)
{
	*features = (struct ebpf_features){0};
	kernel_probe(types, &features->kernel);
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (feature_rows[i].has_cheap &&
		    feature_rows[i].has_cheap(&features->kernel, types))
			features->cheap |= 1u << i;
		features->errors[i] = feature_rows[i].probe(&features->kernel, types);
		if (!features->errors[i])
			features->wanted |= 1u << i;
	}
}

static bool ebpf_features_is_cheap(const struct ebpf_features *features, enum ebpf_feature feature)
{
	return features->cheap >> feature & 1;
}

/* Returns the nth program of a feature that is in use, or NULL. */
static struct bpf_program *ebpf_features_program(const struct ebpf_features *features,
						 struct bpf_object *object,
						 enum ebpf_feature feature, size_t nth)
{
	const struct feature_row *row = &feature_rows[feature];
	const char *name = ebpf_features_is_cheap(features, feature) ? row->cheap_programs[nth]
								     : row->programs[nth];

	return name ? bpf_object__find_program_by_name(object, name) : NULL;
}

/* Marks a program for loading. `name` may be NULL. */
static void ebpf_features_select_program(struct bpf_object *object, const char *name, bool load)
{
	struct bpf_program *program = name ? bpf_object__find_program_by_name(object, name) : NULL;

	if (!program)
		return;
	bpf_program__set_autoload(program, load);
	bpf_program__set_autoattach(program, false);
}

void ebpf_features_select(const struct ebpf_features *features, struct bpf_object *object)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		const struct feature_row *row = &feature_rows[i];
		bool wanted = ebpf_features_want(features, i);
		bool cheap = ebpf_features_is_cheap(features, i);
		for (size_t nth = 0; nth < EBPF_FEATURE_PROGRAMS; nth++) {
			ebpf_features_select_program(object, row->programs[nth],
						     wanted && (!cheap || row->cheap_may_fail));
			ebpf_features_select_program(object, row->cheap_programs[nth],
						     wanted && cheap);
		}
	}
}

void ebpf_features_refuse(struct ebpf_features *features, enum ebpf_feature feature, int error)
{
	features->wanted &= ~(1u << feature);
	features->errors[feature] = error;
}

static void ebpf_features_detach(struct ebpf_features *features, enum ebpf_feature feature)
{
	for (size_t nth = 0; nth < EBPF_FEATURE_PROGRAMS; nth++) {
		bpf_link__destroy(features->links[feature][nth]);
		features->links[feature][nth] = NULL;
	}
}

/*
 * Returns the number of a tracepoint, or -errno. Opens a new tracefs instance, because the file
 * system of a container or of `ip netns exec` often has no tracefs. Needs CAP_SYS_ADMIN.
 */
static long ebpf_features_read_tracepoint(const char *event)
{
	char path[128];
	char text[32] = "";
	CLEANUP_CLOSE int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	CLEANUP_CLOSE int mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		return -errno;
	snprintf(path, sizeof(path), "events/%s/id", event);
	CLEANUP_CLOSE int fd = openat(mount, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -errno;
	return strtol(text, NULL, 10);
}

/* Attaches a program to its tracepoint without a mounted tracefs. Returns NULL with errno. */
static struct bpf_link *ebpf_features_attach_tracepoint(const struct bpf_program *program)
{
	static const char prefix[] = "tracepoint/";
	const char *section = bpf_program__section_name(program);

	if (strncmp(section, prefix, strlen(prefix)) != 0)
		return NULL;
	long number = ebpf_features_read_tracepoint(section + strlen(prefix));
	if (number <= 0)
		return NULL;
	struct perf_event_attr attributes = {
		.size = sizeof(attributes),
		.type = PERF_TYPE_TRACEPOINT,
		.config = (uint64_t)number,
	};
	int event = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return NULL;
	struct bpf_link *link = bpf_program__attach_perf_event(program, event);
	if (!link)
		close(event);
	return link;
}

static struct bpf_link *ebpf_features_attach_program(const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link && errno == ENOENT) {
		link = ebpf_features_attach_tracepoint(program);
		if (!link)
			errno = ENOENT;
	}
	return link;
}

/* Attaches the programs of a feature. Returns 0, or -errno with none of them attached. */
static int ebpf_features_attach_all(struct ebpf_features *features, struct bpf_object *object,
				    enum ebpf_feature feature)
{
	for (size_t nth = 0; nth < EBPF_FEATURE_PROGRAMS; nth++) {
		struct bpf_program *program = ebpf_features_program(features, object, feature, nth);
		if (!program)
			continue;
		features->links[feature][nth] = ebpf_features_attach_program(program);
		if (!features->links[feature][nth]) {
			int error = -errno;
			ebpf_features_detach(features, feature);
			return error;
		}
	}
	return 0;
}

static void ebpf_features_unload(struct bpf_object *object,
				 const char *const names[EBPF_FEATURE_PROGRAMS])
{
	for (size_t nth = 0; nth < EBPF_FEATURE_PROGRAMS && names[nth]; nth++)
		bpf_program__unload(bpf_object__find_program_by_name(object, names[nth]));
}

/* Attaches cheap_programs, which may fail, or else the programs that they replace. Unloads the
 * programs that are not in use. Returns 0 or -errno. */
static int ebpf_features_attach_either(struct ebpf_features *features, struct bpf_object *object,
				       enum ebpf_feature feature)
{
	const struct feature_row *row = &feature_rows[feature];

	if (!ebpf_features_attach_all(features, object, feature)) {
		ebpf_features_unload(object, row->programs);
		return 0;
	}
	features->cheap &= ~(1u << feature);
	ebpf_features_unload(object, row->cheap_programs);
	return ebpf_features_attach_all(features, object, feature);
}

void ebpf_features_attach(struct ebpf_features *features, struct bpf_object *object)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		bool either = ebpf_features_is_cheap(features, i) && feature_rows[i].cheap_may_fail;
		if (!ebpf_features_want(features, i))
			continue;
		int error = either ? ebpf_features_attach_either(features, object, i)
				   : ebpf_features_attach_all(features, object, i);
		if (error)
			ebpf_features_refuse(features, i, error);
	}
}

int ebpf_features_switch(struct ebpf_features *features, struct bpf_object *object,
			 enum ebpf_feature feature, bool on)
{
	struct bpf_link **link = &features->links[feature][0];

	if (on == (*link != NULL))
		return 0;
	if (on) {
		*link = ebpf_features_attach_program(
			ebpf_features_program(features, object, feature, 0));
		return *link ? 0 : -errno;
	}
	bpf_link__destroy(*link);
	*link = NULL;
	return 0;
}

void ebpf_features_close(struct ebpf_features *features)
{
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++)
		ebpf_features_detach(features, i);
}

const char *ebpf_feature_name(enum ebpf_feature feature)
{
	return feature_rows[feature].name;
}

const char *ebpf_feature_hook(const struct ebpf_features *features, enum ebpf_feature feature)
{
	const struct feature_row *row = &feature_rows[feature];

	return ebpf_features_is_cheap(features, feature) && row->cheap_hook ? row->cheap_hook
									    : row->hook;
}

const char *ebpf_feature_purpose(enum ebpf_feature feature)
{
	return feature_rows[feature].purpose;
}

void ebpf_feature_explain(enum ebpf_feature feature, int error, char *message, size_t size)
{
	const struct feature_row *row = &feature_rows[feature];
	bool unmounted = error == -ENOENT && row->remedy;
	const char *cause = strerror(-error);

	if (error == -EOPNOTSUPP)
		cause = "this kernel does not have it";
	else if (error == -EACCES)
		cause = "kernel lockdown (confidentiality) forbids it";
	snprintf(message, size, "not seen: %s%s%s", cause, unmounted ? "; " : "",
		 unmounted ? row->remedy : "");
}
