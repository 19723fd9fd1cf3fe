/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the requirements of the collector by trying them, never by a version number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "core/sandbox/capabilities.h"
#include "core/source/ebpf/conntrack.h"
#include "core/source/ebpf/ebpf.h"
#include "core/source/ebpf/ebpf_features.h"
#include "core/source/ebpf/ebpf_loader.h"
#include "core/source/ebpf/privileges.h"
#include "core/source/ebpf/udp.h"

struct check_list {
	struct ebpf_check *checks;
	size_t count;
};

static struct ebpf_check *ebpf_check_add(struct check_list *list, const char *name,
					 const char *purpose, bool required)
{
	struct ebpf_check *check = &list->checks[list->count++];

	*check = (struct ebpf_check){.name = name, .purpose = purpose, .required = required};
	return check;
}

static void ebpf_check_privilege(struct check_list *list, const char *name, const char *purpose,
				 enum privilege privilege, bool required)
{
	struct ebpf_check *check = ebpf_check_add(list, name, purpose, required);

	bool confined = privileges_in_user_namespace();

	if (!confined && (privileges_have(privilege) || privileges_have(PRIVILEGE_SYS_ADMIN)))
		return;
	check->error = -EPERM;
	snprintf(check->message, sizeof(check->message), "%s",
		 confined ? "capabilities in a user namespace (a rootless container?) do not "
			    "count; "
			    "run polecat outside of it, as root"
			  : "run as root, or once: " PRIVILEGES_SETCAP);
}

static void ebpf_check_map(struct check_list *list, const char *name, const char *purpose,
			   enum bpf_map_type type, const char *since)
{
	struct ebpf_check *check = ebpf_check_add(list, name, purpose, true);
	char missing[64];

	/* Without privileges the kernel refuses every map, and the probe would report every type as
	 * missing. */
	if (privileges_missing_for_bpf(missing, sizeof(missing))) {
		check->error = -EPERM;
		snprintf(check->message, sizeof(check->message), "cannot be tried without %s",
			 missing);
	} else if (privileges_in_user_namespace()) {
		check->error = -EPERM;
		snprintf(check->message, sizeof(check->message),
			 "cannot be tried in a user namespace");
	} else {
		int answer = libbpf_probe_bpf_map_type(type, NULL);
		if (answer == 1)
			return;
		check->error = answer < 0 ? answer : -EOPNOTSUPP;
		snprintf(check->message, sizeof(check->message), "%s (Linux %s and later have it)",
			 answer < 0 ? strerror(-answer) : "this kernel does not have it", since);
	}
}

static void ebpf_check_sampler(struct check_list *list, const struct ebpf_programs *programs)
{
	struct ebpf_check *check = ebpf_check_add(list, "socket iterator",
						  "counters of connections that stay open", false);
	const struct kernel_abilities *kernel = &ebpf_programs_features(programs)->kernel;
	struct ebpf_check *storage =
		ebpf_check_add(list, "accepted sockets", EBPF_STORAGE_PURPOSE, false);

	if (!kernel->has_socket_storage) {
		storage->error = -EOPNOTSUPP;
		snprintf(storage->message, sizeof(storage->message),
			 "this kernel lacks socket storage on tracepoints: an accepted connection "
			 "belongs to the last process that listened on its port, and UDP sockets "
			 "that were open at the start have no process until they send");
	}
	if (!ebpf_programs_samples_files(programs))
		return;
	check->error = -EOPNOTSUPP;
	snprintf(check->message, sizeof(check->message),
		 "this kernel refuses iter/bpf_sk_storage_map: the files of all processes are "
		 "walked instead, which costs more and misses sockets that no process holds");
}

static void ebpf_check_features(struct check_list *list, const struct ebpf_programs *programs)
{
	const struct ebpf_features *features = ebpf_programs_features(programs);
	struct ebpf_check *reads = ebpf_check_add(
		list, "kernel memory", "programs read paths, packets and pointers", false);

	if (!features->kernel.reads_kernel) {
		reads->error = -EACCES;
		snprintf(reads->message, sizeof(reads->message),
			 "kernel lockdown (%s) forbids it; connections, DNS and UDP are watched",
			 kernel_lockdown() ? kernel_lockdown() : "confidentiality");
	}
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		struct ebpf_check *check =
			ebpf_check_add(list, ebpf_feature_name(i), ebpf_feature_purpose(i), false);
		check->error = features->errors[i];
		if (check->error)
			ebpf_feature_explain(i, check->error, check->message,
					     sizeof(check->message));
	}
}

static void ebpf_check_udp(struct check_list *list, const struct ebpf_loaded *loaded)
{
	struct ebpf_check *check = ebpf_check_add(list, "cgroup_skb", "UDP flows", false);
	struct ebpf_check *dns =
		ebpf_check_add(list, "DNS", "names of peers, look-ups that failed", false);
	struct ebpf_check *sender =
		ebpf_check_add(list, "UDP senders", "the process that sends, for UDP flows", false);

	check->error = loaded->udp_error;
	if (check->error) {
		snprintf(check->message, sizeof(check->message), "%s", loaded->udp_message);
		dns->error = check->error;
		snprintf(dns->message, sizeof(dns->message),
			 "not read, because UDP flows are not watched");
	} else if (!udp_sends_dns(loaded->udp)) {
		dns->error = -EOPNOTSUPP;
		snprintf(dns->message, sizeof(dns->message),
			 "not read: this kernel refuses the programs that copy messages (%s)",
			 udp_dns_error(loaded->udp));
	} else if (!udp_sends_dns_segments(loaded->udp)) {
		dns->error = -EOPNOTSUPP;
		snprintf(dns->message, sizeof(dns->message),
			 "read over UDP only: this kernel refuses the program for TCP (%s)",
			 udp_dns_error(loaded->udp));
	}
	if (!ebpf_programs_features(loaded->programs)->kernel.sees_task_in_cgroups) {
		sender->error = -EOPNOTSUPP;
		snprintf(
			sender->message, sizeof(sender->message),
			"this kernel does not say: a UDP flow belongs to the process that made its "
			"socket");
	}
}

/* Reports whether SCTP is loaded. If it is not, the check fails, although the programs see the
 * associations of a module that is loaded later. */
static void ebpf_check_sctp(struct check_list *list, const struct ebpf_loaded *loaded)
{
	struct ebpf_check *check = ebpf_check_add(list, "SCTP", "SCTP associations", false);

	check->error = loaded->udp_error;
	if (check->error) {
		snprintf(check->message, sizeof(check->message),
			 "not watched, because UDP flows are not watched");
		return;
	}
	enum sctp_presence presence = sctp_find_support_here();
	if (presence == SCTP_LOADED)
		return;
	check->error = -EOPNOTSUPP;
	snprintf(
		check->message, sizeof(check->message), "%s",
		presence == SCTP_NOT_LOADED
			? "the module sctp is not loaded; when a process makes the first socket "
			  "of SCTP, the kernel loads it, unless that is forbidden here, and "
			  "polecat watches its associations"
			: "the kernel has not loaded SCTP, and /lib/modules has no module sctp for "
			  "it; if it is loaded later, its associations are watched");
}

static void ebpf_check_programs(struct check_list *list)
{
	static const struct ebpf_loader_options defaults;
	struct ebpf_loaded loaded = {0};
	struct ebpf_check *load = ebpf_check_add(list, "kernel programs",
						 "load and pass the kernel's verifier", true);
	struct ebpf_check *attach = ebpf_check_add(
		list, "hooks", "tp_btf/inet_sock_set_state, cgroup_mkdir, iterators", true);

	char message[sizeof(load->message)] = "";
	int error = ebpf_loader_run(&defaults, &loaded, message, sizeof(message));
	struct ebpf_check *failed = loaded.load_error ? load : attach;
	failed->error = error;
	memcpy(failed->message, message, sizeof(message));
	if (loaded.load_error) {
		attach->error = error;
		snprintf(attach->message, sizeof(attach->message),
			 "not tried: the programs do not load");
	} else {
		ebpf_check_sampler(list, loaded.programs);
	}
	if (!error) {
		ebpf_check_features(list, loaded.programs);
		ebpf_check_udp(list, &loaded);
		ebpf_check_sctp(list, &loaded);
	}
	udp_close(loaded.udp);
	ebpf_programs_close(loaded.programs);
}

static void ebpf_check_conntrack(struct check_list *list)
{
	struct ebpf_check *check = ebpf_check_add(
		list, "conntrack", "ports, clients and backends before address translation", false);
	struct conntrack *conntrack = conntrack_open(NULL, &check->error);

	if (check->error == -ENOSYS)
		snprintf(check->message, sizeof(check->message),
			 "this program was built without libnetfilter_conntrack (make static)");
	else if (check->error)
		snprintf(check->message, sizeof(check->message), "%s",
			 check->error == -EPERM ? "needs CAP_NET_ADMIN, and CAP_SYS_ADMIN for the "
						  "network namespaces of pods"
						: strerror(-check->error));
	conntrack_close(conntrack);
}

size_t ebpf_check(struct ebpf_check checks[EBPF_CHECK_MAX])
{
	struct check_list list = {.checks = checks};

	libbpf_set_print(NULL);
	/* A binary with file capabilities uses none of them before this. */
	(void)capabilities_use(UINT64_MAX);
	ebpf_check_privilege(&list, "CAP_BPF", "load kernel programs and maps", PRIVILEGE_BPF,
			     true);
	ebpf_check_privilege(&list, "CAP_PERFMON", "trace with them", PRIVILEGE_PERFMON, true);
	struct ebpf_check *btf = ebpf_check_add(&list, "BTF", "types of the running kernel", true);
	btf->error = ebpf_programs_check_btf(btf->message, sizeof(btf->message));
	ebpf_check_map(&list, "ring buffer", "events to user space", BPF_MAP_TYPE_RINGBUF, "5.8");
	ebpf_check_map(&list, "socket storage", "data about each connection, stored in its socket",
		       BPF_MAP_TYPE_SK_STORAGE, "5.2");
	ebpf_check_programs(&list);
	ebpf_check_conntrack(&list);
	return list.count;
}
