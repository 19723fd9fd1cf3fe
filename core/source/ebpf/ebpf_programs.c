/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/flow_event.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/source/ebpf/drop_switch.h"
#include "core/source/ebpf/ebpf_features.h"
#include "core/source/ebpf/kernel_btf.h"
#include "core/source/ebpf/kernel_probe.h"
#include "core/source/ebpf/privileges.h"
#include "core/source/ebpf/ring_reader.h"
#include "polecat.skel.h"

#define EBPF_HOOKS_MAX (5 + EBPF_FEATURE_COUNT + 1)

/* More files than the maps, programs and BTF of the skeleton need. */
#define EBPF_FILES_MAX 48

struct ebpf_programs {
	struct ebpf_load_options options;
	struct kernel_btf *types;     /* not owned */
	struct polecat_bpf *skeleton; /* NULL: not open */
	bool loaded;                  /* the skeleton */
	/* The maps that other programs use, too (ebpf_programs_ring_fd and others). They stay when
	 * programs are loaded again. -1: none. */
	int ring_fd;
	int cgroup_ring_fd;
	int shares_fd;
	int counters_fd;
	int sockets_fd;
	struct ring_reader *rings[EBPF_RING_COUNT];
	struct ebpf_features features;
	struct drop_switch drop_switch;
	int drops_error;                   /* see ebpf_programs_switch_drops */
	const char *hooks[EBPF_HOOKS_MAX]; /* NULL-terminated */
	int cpu_count;
	int64_t time_offset_ns; /* of this process's time namespace */
	bool samples_files;     /* sampling walks the files of all processes */
};

/* The elements of the map `counters` (bpf/counters.h). */
struct cpu_counters {
	uint64_t sequence;
	uint64_t lost;
	uint64_t cgroups_lost;
};

/* The last warning of libbpf in this thread. */
static _Thread_local char ebpf_last_warning[256];

__attribute__((format(printf, 2, 0))) static int
ebpf_programs_print_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN)
		vsnprintf(ebpf_last_warning, sizeof(ebpf_last_warning), format, arguments);
	return 0;
}

/* Returns text about the mechanism that may refuse the programs although the process has the
 * capabilities, and the remedy. */
static const char *ebpf_programs_refuser(const struct kernel_abilities *kernel)
{
	struct rlimit locked = {.rlim_cur = RLIM_INFINITY};

	if (privileges_in_user_namespace())
		return "they hold in this user namespace only (a rootless container?); run polecat "
		       "outside of it, as root";
	/* Linux 5.11 and later charge the memory of maps to the cgroup, not to RLIMIT_MEMLOCK. */
	if (!kernel->has_socket_storage && !getrlimit(RLIMIT_MEMLOCK, &locked) &&
	    locked.rlim_cur != RLIM_INFINITY)
		return "the limit of locked memory is too low: raise it (ulimit -l unlimited), or "
		       "add "
		       "CAP_SYS_RESOURCE";
	if (kernel_lockdown())
		return "a seccomp profile (a container's?) forbids it, or kernel lockdown, which "
		       "is "
		       "on; run polecat outside of the container, or in a privileged one";
	return "a seccomp profile (a container's?) or a security module forbids it; run polecat "
	       "outside "
	       "of the container, or in a privileged one";
}

static void ebpf_programs_explain(const struct kernel_abilities *kernel, int error,
				  const char *step, char *message, size_t size)
{
	char missing[128];

	if (error == -EPERM && privileges_missing_for_bpf(missing, sizeof(missing))) {
		snprintf(message, size,
			 "not permitted to %s: missing %s; run as root (sudo polecat), or "
			 "once: " PRIVILEGES_SETCAP,
			 step, missing);
	} else if (error == -EPERM) {
		snprintf(message, size,
			 "not permitted to %s, although the capabilities are there: %s", step,
			 ebpf_programs_refuser(kernel));
	} else if (error == -EMFILE || error == -ENFILE) {
		snprintf(message, size, "cannot %s: too many open files: raise the limit of %s",
			 step,
			 error == -EMFILE ? "this process (ulimit -n)"
					  : "this machine (fs.file-max)");
	} else if (error == -ENOMEM) {
		snprintf(message, size,
			 "cannot %s: no memory; a memory limit of this cgroup (a container's?) "
			 "counts the kernel's maps, about 30 MiB",
			 step);
	} else if (!kernel->has_socket_storage && !kernel->reads_kernel) {
		snprintf(
			message, size,
			"cannot %s: kernel lockdown (confidentiality) forbids programs to read the "
			"kernel's memory, which polecat needs where programs on tracepoints cannot "
			"use socket storage (before Linux 5.11); boot with lockdown=integrity",
			step);
	} else {
		ebpf_last_warning[strcspn(ebpf_last_warning, "\n")] = '\0';
		snprintf(message, size, "cannot %s: %s%s%s", step, strerror(-error),
			 ebpf_last_warning[0] ? ": " : "", ebpf_last_warning);
	}
}

int ebpf_programs_check_btf(char *message, size_t size)
{
	struct btf *btf;
	int error = kernel_btf_parse(&btf);

	btf__free(btf);
	if (error)
		snprintf(message, size,
			 "this kernel has no readable BTF (/sys/kernel/btf/vmlinux: %s); polecat "
			 "needs a "
			 "kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of current "
			 "distributions "
			 "are",
			 strerror(-error));
	return error;
}

/* Chooses the copies of tcp_state_change, the iterators, and the map of the sockets. */
static void ebpf_programs_select(struct polecat_bpf *skeleton,
				 const struct kernel_abilities *kernel, bool samples_files)
{
	bool has_storage = kernel->has_socket_storage;

	bpf_program__set_autoload(skeleton->progs.tcp_state_change_third,
				  kernel->preempts_programs);
	bpf_program__set_autoload(skeleton->progs.tcp_state_change_fourth,
				  kernel->preempts_programs);
	bpf_map__set_autocreate(skeleton->maps.sockets, has_storage);
	bpf_map__set_autocreate(skeleton->maps.socket_infos, !has_storage);
	bpf_map__set_autocreate(skeleton->maps.socket_copies, !has_storage);
	bpf_program__set_autoload(skeleton->progs.backfill_listeners, has_storage);
	bpf_program__set_autoload(skeleton->progs.backfill_connections, has_storage);
	bpf_program__set_autoload(skeleton->progs.sample_connections,
				  has_storage && !samples_files);
	bpf_program__set_autoload(skeleton->progs.sample_files, has_storage && samples_files);
	bpf_program__set_autoload(skeleton->progs.backfill_copied_listeners, !has_storage);
	bpf_program__set_autoload(skeleton->progs.backfill_copied_connections, !has_storage);
	bpf_program__set_autoload(skeleton->progs.sample_copies, !has_storage);
	/* libbpf does not know over which map this program iterates. ebpf_programs_attach names the
	 * map and attaches the program. */
	bpf_program__set_autoattach(skeleton->progs.sample_connections, false);
}

/* Opens the skeleton, unless it is open and not loaded. Returns 0 or -errno. */
static int ebpf_programs_open_skeleton(struct ebpf_programs *programs)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, open,
			    .btf_custom_path = kernel_btf_path(programs->types));

	if (programs->skeleton && !programs->loaded)
		return 0;
	programs->skeleton = polecat_bpf__open_opts(&open);
	programs->loaded = false;
	return programs->skeleton ? 0 : -errno;
}

/* Loads BTF with a key and a value of the map's sizes, which the kernel demands for the storage of
 * sockets. Returns the BTF's descriptor or -errno. */
static int ebpf_programs_load_map_types(const struct bpf_map *map,
					struct bpf_map_create_opts *options)
{
	struct btf *types = btf__new_empty();
	int key = types ? btf__add_int(types, "int", bpf_map__key_size(map), BTF_INT_SIGNED) : -1;
	int value = key > 0 ? btf__add_struct(types, "value", bpf_map__value_size(map)) : -1;
	int error = value > 0 ? btf__load_into_kernel(types) : -ENOMEM;
	int fd = error ? error : fcntl(btf__fd(types), F_DUPFD_CLOEXEC, 0);

	if (!error && fd < 0)
		fd = -errno;
	options->btf_fd = (uint32_t)fd;
	options->btf_key_type_id = (uint32_t)key;
	options->btf_value_type_id = (uint32_t)value;
	btf__free(types);
	return fd;
}

/* Makes the map, unless it exists, and gives it to the skeleton. Returns 0 or -errno. */
static int ebpf_programs_share_map(struct bpf_map *map, int *fd)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(map));

	if (*fd < 0) {
		CLEANUP_CLOSE int types_fd = -1;
		if (bpf_map__type(map) == BPF_MAP_TYPE_SK_STORAGE) {
			types_fd = ebpf_programs_load_map_types(map, &options);
			if (types_fd < 0)
				return types_fd;
		}
		*fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
				     bpf_map__value_size(map), bpf_map__max_entries(map), &options);
	}
	return *fd < 0 ? *fd : bpf_map__reuse_fd(map, *fd);
}

/* Adds the share of all cgroups that find no room in the map of shares. Returns 0 or -errno. */
static int ebpf_programs_add_common_share(int shares_fd)
{
	static const struct ring_share empty;
	uint64_t common = 0;

	if (bpf_map_update_elem(shares_fd, &common, &empty, BPF_NOEXIST) && errno != EEXIST)
		return -errno;
	return 0;
}

static int ebpf_programs_share_maps(struct ebpf_programs *programs)
{
	struct polecat_bpf *skeleton = programs->skeleton;
	int error = bpf_map__set_max_entries(skeleton->maps.ring,
					     (uint32_t)ebpf_programs_ring_bytes(programs));

	if (!error)
		error = ebpf_programs_share_map(skeleton->maps.ring, &programs->ring_fd);
	if (!error)
		error = ebpf_programs_share_map(skeleton->maps.cgroup_ring,
						&programs->cgroup_ring_fd);
	if (!error)
		error = ebpf_programs_share_map(skeleton->maps.ring_shares, &programs->shares_fd);
	if (!error)
		error = ebpf_programs_add_common_share(programs->shares_fd);
	if (!error)
		error = ebpf_programs_share_map(skeleton->maps.counters, &programs->counters_fd);
	if (!error && programs->features.kernel.has_socket_storage)
		error = ebpf_programs_share_map(skeleton->maps.sockets, &programs->sockets_fd);
	return error;
}

/* Sets the constants of the programs. */
static void ebpf_programs_set_constants(const struct ebpf_programs *programs)
{
	const struct ebpf_features *features = &programs->features;
	struct polecat_bpf__rodata *constants = programs->skeleton->rodata;
	uint64_t id_base = 0;

	if (getrandom(&id_base, sizeof(id_base), GRND_NONBLOCK) < 0)
		id_base = (uint64_t)getpid() << 48;
	constants->connection_id_base = id_base;
	constants->ring_bytes = ebpf_programs_ring_bytes(programs);
	constants->has_socket_storage = features->kernel.has_socket_storage;
	constants->reads_kernel = features->kernel.reads_kernel;
	constants->preempts_programs = features->kernel.preempts_programs;
	constants->mute_by_cgroup = programs->options.mute_by_cgroup;
	constants->connects_reported = ebpf_features_want(features, EBPF_FEATURE_CONNECT_ERRORS);
	constants->drops_watched = ebpf_features_want(features, EBPF_FEATURE_DROPS);
	constants->accepts_reported = ebpf_features_want(features, EBPF_FEATURE_ACCEPTORS);
}

/* Opens and loads the skeleton. If samples_files is true, sampling walks the files of all processes
 * instead of the map of the sockets. Returns 0 or -errno; sets programs->skeleton only on
 * success. */
static int ebpf_programs_open_and_load(struct ebpf_programs *programs, bool samples_files)
{
	int error = ebpf_programs_open_skeleton(programs);

	if (error)
		return error;
	struct polecat_bpf *skeleton = programs->skeleton;
	ebpf_programs_set_constants(programs);
	ebpf_features_select(&programs->features, skeleton->obj);
	ebpf_programs_select(skeleton, &programs->features.kernel, samples_files);
	error = ebpf_programs_share_maps(programs);
	if (!error)
		error = kernel_btf_set_hooks(programs->types, skeleton->obj);
	if (!error)
		error = polecat_bpf__load(skeleton);
	if (error) {
		polecat_bpf__destroy(skeleton);
		programs->skeleton = NULL;
		return error;
	}
	programs->loaded = true;
	programs->samples_files = samples_files;
	return 0;
}

/* Loads the programs with the sampler that this kernel accepts. Returns 0 or -errno. */
static int ebpf_programs_load_samplers(struct ebpf_programs *programs)
{
	const struct kernel_abilities *kernel = &programs->features.kernel;
	bool samples_files = programs->options.avoid_map_iterators || !kernel->has_socket_storage ||
			     !kernel->iterates_sockets;
	int error = ebpf_programs_open_and_load(programs, samples_files);

	if (error && !samples_files)
		error = ebpf_programs_open_and_load(programs, true);
	return error;
}

/* Loads the programs again with fewer optional ones, because the kernel refused all of them
 * together. Adds one optional program after the other, and leaves out those that the kernel
 * refuses. */
static int ebpf_programs_load_some(struct ebpf_programs *programs)
{
	struct ebpf_features *features = &programs->features;
	uint32_t candidates = features->wanted;

	features->wanted = 0;
	int error = ebpf_programs_load_samplers(programs);
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT && !error; i++) {
		if (!(candidates >> i & 1))
			continue;
		struct polecat_bpf *loaded = programs->skeleton;
		features->wanted |= 1u << i;
		int refused = ebpf_programs_load_samplers(programs);
		if (refused) {
			ebpf_features_refuse(features, i, refused);
			programs->skeleton = loaded;
			programs->loaded = true;
		} else {
			polecat_bpf__destroy(loaded);
		}
	}
	return error;
}

/* Returns whether loading the programs fails because too many files are open. In this case, libbpf
 * often returns an error other than -EMFILE. */
static bool ebpf_programs_lack_files(void)
{
	int fds[EBPF_FILES_MAX];
	size_t count = 0;
	bool lack = false;

	while (count < EBPF_FILES_MAX && !lack) {
		fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		lack = fds[count] < 0 && errno == EMFILE;
		if (fds[count] < 0)
			break;
		count++;
	}
	while (count > 0)
		close(fds[--count]);
	return lack;
}

/* Returns false for errors that do not depend on the programs. */
static bool ebpf_programs_may_load_less(const struct kernel_abilities *kernel, int error)
{
	return !kernel->error && error != -EMFILE && error != -ENFILE && error != -EOPNOTSUPP;
}

/* Loads the programs that this kernel accepts. Returns 0, or -errno with a message. */
static int ebpf_programs_load_skeleton(struct ebpf_programs *programs, char *message, size_t size)
{
	const struct kernel_abilities *kernel = &programs->features.kernel;
	int error = kernel->error;

	if (!error && !kernel->has_socket_storage && !kernel->reads_kernel)
		error = -EOPNOTSUPP;
	else if (!error)
		error = ebpf_programs_load_samplers(programs);
	if (error && ebpf_programs_may_load_less(kernel, error))
		error = ebpf_programs_load_some(programs);
	if (error && ebpf_programs_lack_files())
		error = -EMFILE;
	if (error && error != -EPERM && error != -EMFILE && ebpf_programs_check_btf(message, size))
		return -EOPNOTSUPP;
	if (error)
		ebpf_programs_explain(&programs->features.kernel, error, "load the kernel programs",
				      message, size);
	return error;
}

int64_t ebpf_programs_clock_offset(const struct ebpf_programs *programs)
{
	return programs->time_offset_ns;
}

uint64_t ebpf_programs_now(const struct ebpf_programs *programs)
{
	return clock_boot_ns() - (uint64_t)programs->time_offset_ns;
}

int ebpf_programs_open(const struct ebpf_load_options *options, struct kernel_btf *types,
		       struct ebpf_programs **out)
{
	struct ebpf_programs *programs = memory_checked(calloc(1, sizeof(*programs)));

	if (!programs)
		return -ENOMEM;
	programs->options = *options;
	programs->types = types;
	programs->ring_fd = -1;
	programs->cgroup_ring_fd = -1;
	programs->shares_fd = -1;
	programs->counters_fd = -1;
	programs->sockets_fd = -1;
	libbpf_set_print(ebpf_programs_print_warning);
	int error = ebpf_programs_open_skeleton(programs);
	if (!error)
		error = kernel_btf_want_object(types, programs->skeleton->obj);
	if (!error)
		error = ebpf_features_want_types(types);
	if (error)
		ebpf_programs_close(programs);
	else
		*out = programs;
	return error;
}

int ebpf_programs_probe(struct ebpf_programs *programs)
{
	struct kernel_abilities *kernel = &programs->features.kernel;

	ebpf_features_probe(&programs->features, programs->types);
	kernel->has_socket_storage &= !programs->options.avoid_socket_storage;
	kernel->reads_kernel &= !programs->options.avoid_kernel_reads;
	return kernel->error ? kernel->error : ebpf_programs_share_maps(programs);
}

static int ebpf_programs_open_rings(struct ebpf_programs *programs)
{
	const struct bpf_map *cgroup_ring = programs->skeleton->maps.cgroup_ring;
	int error = ring_reader_open(programs->ring_fd, ebpf_programs_ring_bytes(programs),
				     &programs->rings[EBPF_RING_SOCKETS]);

	return error ? error
		     : ring_reader_open(programs->cgroup_ring_fd, bpf_map__max_entries(cgroup_ring),
					&programs->rings[EBPF_RING_CGROUPS]);
}

int ebpf_programs_load(struct ebpf_programs *programs, char *message, size_t size)
{
	ebpf_last_warning[0] = '\0';
	int error = ebpf_programs_load_skeleton(programs, message, size);
	if (error)
		return error;
	programs->time_offset_ns = kernel_clock_offset();
	programs->cpu_count = libbpf_num_possible_cpus();
	error = programs->cpu_count > 0 ? ebpf_programs_open_rings(programs) : -EINVAL;
	if (error)
		ebpf_programs_explain(&programs->features.kernel, error, "map the ring buffers",
				      message, size);
	return error;
}

static void ebpf_programs_list_hooks(struct ebpf_programs *programs)
{
	size_t count = 0;

	if (!programs->samples_files)
		programs->hooks[count++] = "iter/bpf_sk_storage_map";
	programs->hooks[count++] = "iter/task_file";
	programs->hooks[count++] = "tp_btf/cgroup_mkdir";
	programs->hooks[count++] = "tp_btf/cgroup_rmdir";
	programs->hooks[count++] = "tp_btf/inet_sock_set_state";
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (ebpf_features_want(&programs->features, i))
			programs->hooks[count++] = ebpf_feature_hook(&programs->features, i);
	}
}

int ebpf_programs_attach(struct ebpf_programs *programs, char *message, size_t size)
{
	struct polecat_bpf *skeleton = programs->skeleton;
	union bpf_iter_link_info sockets = {.map.map_fd =
						    (uint32_t)bpf_map__fd(skeleton->maps.sockets)};
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, over_sockets, .link_info = &sockets,
			    .link_info_len = sizeof(sockets));
	int error = polecat_bpf__attach(skeleton);

	if (!error && !programs->samples_files) {
		skeleton->links.sample_connections =
			bpf_program__attach_iter(skeleton->progs.sample_connections, &over_sockets);
		if (!skeleton->links.sample_connections)
			error = -errno;
	}
	if (error) {
		ebpf_programs_explain(&programs->features.kernel, error,
				      "attach the kernel programs", message, size);
		return error;
	}
	ebpf_features_attach(&programs->features, skeleton->obj);
	ebpf_programs_list_hooks(programs);
	return 0;
}

void ebpf_programs_close(struct ebpf_programs *programs)
{
	if (!programs)
		return;
	for (size_t i = 0; i < EBPF_RING_COUNT; i++)
		ring_reader_close(programs->rings[i]);
	ebpf_features_close(&programs->features);
	polecat_bpf__destroy(programs->skeleton);
	if (programs->ring_fd >= 0)
		close(programs->ring_fd);
	if (programs->cgroup_ring_fd >= 0)
		close(programs->cgroup_ring_fd);
	if (programs->shares_fd >= 0)
		close(programs->shares_fd);
	if (programs->counters_fd >= 0)
		close(programs->counters_fd);
	if (programs->sockets_fd >= 0)
		close(programs->sockets_fd);
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

bool ebpf_is_muted(int mute_fd, uint64_t cgroup_id)
{
	uint8_t muted;

	return bpf_map_lookup_elem(mute_fd, &cgroup_id, &muted) == 0;
}

int ebpf_programs_fd(const struct ebpf_programs *programs, enum ebpf_ring ring)
{
	return ring == EBPF_RING_CGROUPS ? programs->cgroup_ring_fd : programs->ring_fd;
}

int ebpf_programs_consume(struct ebpf_programs *programs, enum ebpf_ring ring,
			  ebpf_event_callback callback, void *data)
{
	return ring_reader_consume(programs->rings[ring], callback, data);
}

size_t ebpf_programs_capacity(const struct ebpf_programs *programs)
{
	return ebpf_programs_ring_bytes(programs) / sizeof(struct flow_event);
}

void ebpf_programs_arm(struct ebpf_programs *programs, bool wake)
{
	/* The store must precede the next reading of the ring. If it came after that reading, a
	 * record that arrives between them would not wake the reader. */
	__atomic_store_n(&programs->skeleton->bss->reader_waiting, wake ? 1u : 0u,
			 __ATOMIC_SEQ_CST);
}

int ebpf_programs_switch_drops(struct ebpf_programs *programs, uint64_t now_ms)
{
	struct drop_switch *state = &programs->drop_switch;
	struct polecat_bpf__bss *variables = programs->skeleton->bss;

	if (!ebpf_features_want(&programs->features, EBPF_FEATURE_DROPS))
		return 0;
	const struct drop_switch_input input = {
		.flood = __atomic_load_n(&variables->drops_flood, __ATOMIC_RELAXED),
		.pending = __atomic_load_n(&variables->drops_pending, __ATOMIC_RELAXED),
		.watched = __atomic_load_n(&variables->drops_watch_count, __ATOMIC_RELAXED),
	};
	bool on = drop_switch_wants_on(state, &input, now_ms);
	if (input.flood && !state->keeps_flood)
		__atomic_store_n(&variables->drops_flood, 0, __ATOMIC_RELAXED);
	if (on == !state->is_off)
		return programs->drops_error;
	/* If the program cannot be attached, the next call tries again. */
	programs->drops_error = ebpf_features_switch(&programs->features, programs->skeleton->obj,
						     EBPF_FEATURE_DROPS, on);
	if (!programs->drops_error)
		drop_switch_set(state, on, now_ms);
	return programs->drops_error;
}

/* Returns the link of the iterator that reads the counters of open connections. */
static struct bpf_link *ebpf_programs_sampler(const struct ebpf_programs *programs)
{
	const struct polecat_bpf *skeleton = programs->skeleton;

	if (!programs->features.kernel.has_socket_storage)
		return skeleton->links.sample_copies;
	return programs->samples_files ? skeleton->links.sample_files
				       : skeleton->links.sample_connections;
}

int ebpf_programs_iterate(struct ebpf_programs *programs, enum ebpf_iterator iterator,
			  ebpf_event_callback callback, void *data)
{
	const struct polecat_bpf *skeleton = programs->skeleton;
	bool copied = !programs->features.kernel.has_socket_storage;
	const struct bpf_link *const links[] = {
		[EBPF_BACKFILL_LISTENERS] = copied ? skeleton->links.backfill_copied_listeners
						   : skeleton->links.backfill_listeners,
		[EBPF_BACKFILL_CONNECTIONS] = copied ? skeleton->links.backfill_copied_connections
						     : skeleton->links.backfill_connections,
		[EBPF_SAMPLE_CONNECTIONS] = ebpf_programs_sampler(programs),
		[EBPF_LIST_CONNECTIONS] = ebpf_programs_sampler(programs),
	};
	struct flow_event events[64];
	CLEANUP_CLOSE int fd = bpf_iter_create(bpf_link__fd(links[iterator]));

	if (fd < 0)
		return -errno;
	skeleton->bss->list_all = iterator == EBPF_LIST_CONNECTIONS;
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

int ebpf_programs_lost(const struct ebpf_programs *programs, struct ebpf_lost *out)
{
	uint32_t zero = 0;
	struct ebpf_lost lost = {0};
	CLEANUP_FREE struct cpu_counters *counters =
		memory_checked(calloc((size_t)programs->cpu_count, sizeof(*counters)));

	if (!counters)
		return -ENOMEM;
	if (bpf_map_lookup_elem(programs->counters_fd, &zero, counters))
		return -errno;
	for (int cpu = 0; cpu < programs->cpu_count; cpu++) {
		lost.total += counters[cpu].lost;
		lost.cgroups += counters[cpu].cgroups_lost;
	}
	*out = lost;
	return 0;
}

uint64_t ebpf_programs_position(const struct ebpf_programs *programs)
{
	return ring_reader_position(programs->rings[EBPF_RING_SOCKETS]);
}

int ebpf_programs_counters_fd(const struct ebpf_programs *programs)
{
	return programs->counters_fd;
}

int ebpf_programs_ring_fd(const struct ebpf_programs *programs)
{
	return programs->ring_fd;
}

int ebpf_programs_shares_fd(const struct ebpf_programs *programs)
{
	return programs->shares_fd;
}

size_t ebpf_programs_ring_bytes(const struct ebpf_programs *programs)
{
	return programs->options.ring_bytes ? programs->options.ring_bytes : RING_BYTES;
}

int ebpf_programs_sockets_fd(const struct ebpf_programs *programs)
{
	return programs->sockets_fd;
}

bool ebpf_programs_samples_files(const struct ebpf_programs *programs)
{
	return programs->samples_files;
}

const char *const *ebpf_programs_hooks(const struct ebpf_programs *programs)
{
	return programs->hooks;
}

const struct ebpf_features *ebpf_programs_features(const struct ebpf_programs *programs)
{
	return &programs->features;
}
