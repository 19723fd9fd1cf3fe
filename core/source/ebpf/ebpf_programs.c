/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/flow_event.h"
#include "core/base/cleanup.h"
#include "core/source/ebpf/privileges.h"
#include "polecat.skel.h"

struct ebpf_programs {
	struct polecat_bpf *skeleton;
	struct ring_buffer *ring;
	struct bpf_link *iterators[EBPF_ITERATOR_COUNT];
	int cpu_count;
	bool samples_files; /* sample_files is loaded instead of sample_connections */
};

/* The elements of the map `counters` (bpf/counters.h). */
struct cpu_counters {
	uint64_t sequence;
	uint64_t lost;
};

/* The last warning of libbpf, which has one print function for the process. Only one thread loads
 * programs at a time. */
static char ebpf_last_warning[256];

__attribute__((format(printf, 2, 0))) static int
ebpf_programs_print_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN)
		vsnprintf(ebpf_last_warning, sizeof(ebpf_last_warning), format, arguments);
	return 0;
}

static void ebpf_programs_explain(int error, const char *step, char *message, size_t size)
{
	char missing[128];

	if (error == -EPERM && privileges_missing_for_bpf(missing, sizeof(missing))) {
		snprintf(message, size,
			 "not permitted to %s: missing %s; run as root (sudo polecat), or once: "
			 "sudo setcap "
			 "cap_bpf,cap_perfmon,cap_net_admin=ep $(command -v polecat)",
			 step, missing);
		return;
	}
	if (error == -EPERM) {
		snprintf(message, size,
			 "not permitted to %s, although the capabilities are there: %s", step,
			 privileges_in_user_namespace()
				 ? "they hold in this user namespace only (a rootless container?); "
				   "run polecat outside of it, as root"
				 : "a seccomp profile (a container's?) or kernel lockdown forbids "
				   "it; "
				   "run polecat outside of the container, or in a privileged one");
		return;
	}
	ebpf_last_warning[strcspn(ebpf_last_warning, "\n")] = '\0';
	snprintf(message, size, "cannot %s: %s%s%s", step, strerror(-error),
		 ebpf_last_warning[0] ? ": " : "", ebpf_last_warning);
}

/* Call this only after a failure: parsing the kernel's BTF is slow, and libbpf does it too. */
static bool ebpf_programs_lacks_btf(char *message, size_t size)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf) {
		snprintf(message, size,
			 "this kernel has no readable BTF (/sys/kernel/btf/vmlinux: %s); polecat "
			 "needs a kernel built "
			 "with CONFIG_DEBUG_INFO_BTF=y, as those of current distributions are",
			 strerror(errno));
		return true;
	}
	btf__free(btf);
	return false;
}

/* Opens and loads the skeleton, with sample_files instead of sample_connections if samples_files is
 * true. 0, or -errno without a skeleton. */
static int ebpf_programs_open_and_load(struct ebpf_programs *programs,
				       const struct ebpf_load_options *options, bool samples_files)
{
	struct polecat_bpf *skeleton = polecat_bpf__open();
	uint64_t id_base = 0;
	int error;

	if (!skeleton)
		return -errno;
	if (options->ring_bytes > 0)
		bpf_map__set_max_entries(skeleton->maps.ring, (uint32_t)options->ring_bytes);
	skeleton->rodata->mute_by_cgroup = options->mute_by_cgroup;
	if (getrandom(&id_base, sizeof(id_base), GRND_NONBLOCK) < 0)
		id_base = (uint64_t)getpid() << 48;
	skeleton->rodata->connection_id_base = id_base;
	bpf_program__set_autoload(skeleton->progs.sample_connections, !samples_files);
	bpf_program__set_autoload(skeleton->progs.sample_files, samples_files);

	error = polecat_bpf__load(skeleton);
	if (error) {
		polecat_bpf__destroy(skeleton);
		return error;
	}
	programs->skeleton = skeleton;
	programs->samples_files = samples_files;
	return 0;
}

/* Loads the programs, with the sampler that this kernel accepts. 0 or -errno with a message. */
static int ebpf_programs_load_skeleton(struct ebpf_programs *programs,
				       const struct ebpf_load_options *options, char *message,
				       size_t size)
{
	char missing[128];
	int error = ebpf_programs_open_and_load(programs, options, options->avoid_map_iterators);

	if (error && !options->avoid_map_iterators &&
	    !privileges_missing_for_bpf(missing, sizeof(missing)) &&
	    !ebpf_programs_open_and_load(programs, options, true))
		return 0;
	if (error && error != -EPERM && ebpf_programs_lacks_btf(message, size))
		return -EOPNOTSUPP;
	if (error)
		ebpf_programs_explain(error, "load the kernel programs", message, size);
	return error;
}

int ebpf_programs_load(const struct ebpf_load_options *options, ebpf_event_callback callback,
		       void *data, struct ebpf_programs **out, char *message, size_t size)
{
	int error;
	struct ebpf_programs *programs = calloc(1, sizeof(*programs));

	if (!programs)
		return -ENOMEM;

	ebpf_last_warning[0] = '\0';
	libbpf_set_print(ebpf_programs_print_warning);
	error = ebpf_programs_load_skeleton(programs, options, message, size);
	if (error)
		goto fail;
	programs->cpu_count = libbpf_num_possible_cpus();
	programs->ring =
		ring_buffer__new(bpf_map__fd(programs->skeleton->maps.ring), callback, data, NULL);
	if (!programs->ring || programs->cpu_count <= 0) {
		error = -errno;
		ebpf_programs_explain(error, "map the ring buffer", message, size);
		goto fail;
	}
	*out = programs;
	return 0;

fail:
	ebpf_programs_close(programs);
	return error;
}

static int ebpf_programs_attach_iterators(struct ebpf_programs *programs)
{
	union bpf_iter_link_info info = {
		.map.map_fd = (uint32_t)bpf_map__fd(programs->skeleton->maps.sockets)};
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, over_sockets, .link_info = &info,
			    .link_info_len = sizeof(info));
	struct bpf_program *const bodies[] = {
		[EBPF_BACKFILL_LISTENERS] = programs->skeleton->progs.backfill_listeners,
		[EBPF_BACKFILL_CONNECTIONS] = programs->skeleton->progs.backfill_connections,
		[EBPF_SAMPLE_CONNECTIONS] = programs->samples_files
						    ? programs->skeleton->progs.sample_files
						    : programs->skeleton->progs.sample_connections,
	};
	const size_t over_map =
		programs->samples_files ? EBPF_ITERATOR_COUNT : EBPF_SAMPLE_CONNECTIONS;

	for (size_t i = 0; i < EBPF_ITERATOR_COUNT; i++) {
		programs->iterators[i] =
			bpf_program__attach_iter(bodies[i], i == over_map ? &over_sockets : NULL);
		if (!programs->iterators[i])
			return -errno;
	}
	return 0;
}

int ebpf_programs_attach(struct ebpf_programs *programs, char *message, size_t size)
{
	struct polecat_bpf *skeleton = programs->skeleton;
	struct {
		struct bpf_program *program;
		struct bpf_link **link;
	} live[] = {
		{skeleton->progs.cgroup_made, &skeleton->links.cgroup_made},
		{skeleton->progs.tcp_state_change, &skeleton->links.tcp_state_change},
		{skeleton->progs.tcp_state_change_twin, &skeleton->links.tcp_state_change_twin},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(live) / sizeof(live[0]) && !error; i++) {
		*live[i].link = bpf_program__attach(live[i].program);
		if (!*live[i].link)
			error = -errno;
	}
	if (!error)
		error = ebpf_programs_attach_iterators(programs);
	if (error)
		ebpf_programs_explain(error, "attach the kernel programs", message, size);
	return error;
}

void ebpf_programs_close(struct ebpf_programs *programs)
{
	if (!programs)
		return;
	for (size_t i = 0; i < EBPF_ITERATOR_COUNT; i++)
		bpf_link__destroy(programs->iterators[i]);
	ring_buffer__free(programs->ring);
	polecat_bpf__destroy(programs->skeleton);
	free(programs);
}

int ebpf_programs_mute_fd(const struct ebpf_programs *programs)
{
	int fd = fcntl(bpf_map__fd(programs->skeleton->maps.muted), F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int ebpf_mute(int mute_fd, uint64_t cgroup_id)
{
	uint8_t muted = 1;

	return bpf_map_update_elem(mute_fd, &cgroup_id, &muted, BPF_ANY) ? -errno : 0;
}

int ebpf_programs_fd(const struct ebpf_programs *programs)
{
	return ring_buffer__epoll_fd(programs->ring);
}

int ebpf_programs_consume(struct ebpf_programs *programs)
{
	return ring_buffer__consume(programs->ring);
}

size_t ebpf_programs_capacity(const struct ebpf_programs *programs)
{
	return bpf_map__max_entries(programs->skeleton->maps.ring) / sizeof(struct flow_event);
}

void ebpf_programs_arm(struct ebpf_programs *programs, bool wake)
{
	/* The store must precede the next reading of the ring: a record that arrives between the
	 * two would not wake the reader. */
	__atomic_store_n(&programs->skeleton->bss->reader_waiting, wake ? 1u : 0u,
			 __ATOMIC_SEQ_CST);
}

int ebpf_programs_iterate(struct ebpf_programs *programs, enum ebpf_iterator iterator,
			  ebpf_event_callback callback, void *data)
{
	struct flow_event events[64];
	CLEANUP_CLOSE int fd = bpf_iter_create(bpf_link__fd(programs->iterators[iterator]));

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got = read(fd, events, sizeof(events));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++) {
			int answer = callback(data, &events[i], sizeof(events[i]));
			if (answer)
				return answer;
		}
	}
}

int ebpf_programs_lost(const struct ebpf_programs *programs, uint64_t *out)
{
	uint32_t zero = 0;
	uint64_t lost = 0;
	CLEANUP_FREE struct cpu_counters *counters =
		calloc((size_t)programs->cpu_count, sizeof(*counters));

	if (!counters)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(programs->skeleton->maps.counters), &zero, counters))
		return -errno;
	for (int cpu = 0; cpu < programs->cpu_count; cpu++)
		lost += counters[cpu].lost;
	*out = lost;
	return 0;
}

bool ebpf_programs_samples_files(const struct ebpf_programs *programs)
{
	return programs->samples_files;
}

const char *const *ebpf_programs_hooks(const struct ebpf_programs *programs)
{
	static const char *const hooks[] = {
		"tp_btf/inet_sock_set_state",
		"tp_btf/cgroup_mkdir",
		"iter/task_file",
		"iter/bpf_sk_storage_map",
		NULL,
	};
	static const char *const without_map_iterators[] = {
		"tp_btf/inet_sock_set_state",
		"tp_btf/cgroup_mkdir",
		"iter/task_file",
		NULL,
	};

	return programs->samples_files ? without_map_iterators : hooks;
}
