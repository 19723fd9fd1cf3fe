/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and attaches the kernel programs, and reads their records. Only the files of this folder
 * include libbpf. One thread at a time may call these functions. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_PROGRAMS_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ebpf_features;
struct kernel_btf;
struct ebpf_programs;

enum ebpf_iterator {
	EBPF_BACKFILL_LISTENERS,
	EBPF_BACKFILL_CONNECTIONS,
	EBPF_SAMPLE_CONNECTIONS, /* those that changed since the last sample */
	EBPF_LIST_CONNECTIONS,   /* all that have an id */
};

/* Called for each record of the ring or of an iterator. `event` is a struct flow_event,
 * cgroup_event or dns_event, and must not be changed. A negative result ends the reading. */
typedef int (*ebpf_event_callback)(void *data, void *event, size_t size);

struct ebpf_load_options {
	size_t ring_bytes;         /* 0: the default */
	bool mute_by_cgroup;       /* the caller will use ebpf_mute */
	bool avoid_map_iterators;  /* sample through processes' files, not map iterators */
	bool avoid_socket_storage; /* as on Linux 5.10 (struct kernel_abilities) */
	bool avoid_kernel_reads;   /* as under lockdown=confidentiality */
};

/* Opens the programs, and notes their types and hooks in `types`, which must stay valid until they
 * are loaded. Returns 0 or -errno. */
int ebpf_programs_open(const struct ebpf_load_options *options, struct kernel_btf *types,
		       struct ebpf_programs **out);

/* Finds the abilities of the kernel (ebpf_programs_features), and makes the maps that other
 * programs share. Call it after kernel_btf_read, even if that failed. Returns 0 or -errno, and then
 * ebpf_programs_load fails with the cause. */
int ebpf_programs_probe(struct ebpf_programs *programs);

/* Loads the programs. Returns 0, or -EPERM, -EOPNOTSUPP or another -errno with the cause and the
 * remedy in `message` (size bytes). */
int ebpf_programs_load(struct ebpf_programs *programs, char *message, size_t size);

/* Checks that the kernel's BTF can be read. Returns 0, or -errno with a message. Slow. */
int ebpf_programs_check_btf(char *message, size_t size);

/* Returns a descriptor for ebpf_mute, which is valid until the caller closes it, or -errno. */
int ebpf_programs_mute_fd(const struct ebpf_programs *programs);

/* Returns true if ebpf_mute was called for the cgroup. */
bool ebpf_is_muted(int mute_fd, uint64_t cgroup_id);

/* Makes the kernel report no events of this cgroup's sockets. Returns 0 or -errno (-E2BIG: the list
 * is full). Any thread. */
int ebpf_mute(int mute_fd, uint64_t cgroup_id);

/* Attaches the live programs, after which events arrive. Returns 0, or -errno with a message. */
int ebpf_programs_attach(struct ebpf_programs *programs, char *message, size_t size);

/* Detaches and unloads. NULL is fine. */
void ebpf_programs_close(struct ebpf_programs *programs);

/* The rings of the programs. */
enum ebpf_ring {
	EBPF_RING_CGROUPS, /* new and removed cgroups */
	EBPF_RING_SOCKETS, /* all other events */
	EBPF_RING_COUNT,
};

/* Returns a descriptor. While the rings are armed (ebpf_programs_arm), the descriptor is readable
 * if the ring has records. */
int ebpf_programs_fd(const struct ebpf_programs *programs, enum ebpf_ring ring);

/* Passes the records in a ring to the callback, see ring_reader_consume. Returns their number, the
 * negative result of the callback, or -errno. */
int ebpf_programs_consume(struct ebpf_programs *programs, enum ebpf_ring ring,
			  ebpf_event_callback callback, void *data);

/* Returns the largest number of records that fit into the ring of the sockets. */
size_t ebpf_programs_capacity(const struct ebpf_programs *programs);

/*
 * Asks the kernel to wake the reader at the next record of any ring if `wake` is true, and not to
 * wake it otherwise. After a call with true, call ebpf_programs_consume once more for each ring,
 * because records that came earlier do not wake the reader. Then sleep with a timeout: the kernel
 * programs read the flag without a memory barrier, so a wake-up can be lost.
 */
void ebpf_programs_arm(struct ebpf_programs *programs, bool wake);

/* Attaches the program for dropped packets, or detaches it while a flood makes it costly
 * (drop_switch.h). Call it each time the reader wakes up. `now_ms`: CLOCK_MONOTONIC. Returns 0, or
 * -errno from the time when the program could not be attached until it is attached. */
int ebpf_programs_switch_drops(struct ebpf_programs *programs, uint64_t now_ms);

/* Runs one iterator to its end. Returns 0, the result of the callback, or -errno. */
int ebpf_programs_iterate(struct ebpf_programs *programs, enum ebpf_iterator iterator,
			  ebpf_event_callback callback, void *data);

/* The events that the kernel side has lost since the load. */
struct ebpf_lost {
	uint64_t total;   /* ring full, map full, no memory */
	uint64_t cgroups; /* those of `total` that were events of new cgroups */
};

/* Reads the number of lost events. Returns 0, or -errno with *out untouched. */
int ebpf_programs_lost(const struct ebpf_programs *programs, struct ebpf_lost *out);

/* Returns the position in the ring of the sockets up to which its records were read. */
uint64_t ebpf_programs_position(const struct ebpf_programs *programs);

/* Returns the map of the counters that ebpf_programs_lost reads, for other programs that count
 * losses. Valid from ebpf_programs_probe until ebpf_programs_close. */
int ebpf_programs_counters_fd(const struct ebpf_programs *programs);

/* Return the ring of the sockets, the map ring_shares (bpf/ring.h), and the size of the ring, for
 * other programs that send records to it. Valid from ebpf_programs_probe until
 * ebpf_programs_close. */
int ebpf_programs_ring_fd(const struct ebpf_programs *programs);
int ebpf_programs_shares_fd(const struct ebpf_programs *programs);
size_t ebpf_programs_ring_bytes(const struct ebpf_programs *programs);

/* Returns the map `sockets` (bpf/socket_info.h), or -1 without has_socket_storage. Valid until
 * ebpf_programs_close. */
int ebpf_programs_sockets_fd(const struct ebpf_programs *programs);

/* Returns true if open connections are sampled through the files of all processes, because the
 * kernel refuses iterators over maps (iter/bpf_sk_storage_map) or the options avoid them. */
bool ebpf_programs_samples_files(const struct ebpf_programs *programs);

/* Returns the kernel programs' time (CLOCK_BOOTTIME outside time namespaces). clock_boot_ns differs
 * from it by the offset of this process's time namespace. */
uint64_t ebpf_programs_now(const struct ebpf_programs *programs);

/* Returns the offset that ebpf_programs_now subtracts: clock_boot_ns minus the kernel programs'
 * time. */
int64_t ebpf_programs_clock_offset(const struct ebpf_programs *programs);

/* Returns the names of the hooks in use, NULL-terminated. Empty before ebpf_programs_attach. */
const char *const *ebpf_programs_hooks(const struct ebpf_programs *programs);

/* Returns the optional programs, and why some of them are missing. */
const struct ebpf_features *ebpf_programs_features(const struct ebpf_programs *programs);

#endif
