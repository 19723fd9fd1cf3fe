/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the datagrams of this machine's UDP sockets with the programs of bpf/udp.bpf.c. The kernel
 * counts; the collector reads the counters every second and gets the changes.
 *
 * A flow consists of the datagrams between one socket and one peer, in both directions. The flow's
 * direction is that of its first datagram. A flow ends when its socket closes. One thread at a time
 * may use a struct udp.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_UDP_H
#define POLECAT_CORE_SOURCE_EBPF_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/ebpf/kernel_probe.h"
#include "core/source/ebpf/sctp.h"
#include "core/source/ebpf/udp_change.h"

struct udp;
struct udp_row;

struct kernel_btf;

struct udp_options {
	int counters_fd;         /* the map of ebpf_programs_counters_fd */
	int ring_fd;             /* the ring of ebpf_programs_ring_fd, for struct dns_event */
	int shares_fd;           /* the map of ebpf_programs_shares_fd */
	size_t ring_bytes;       /* the size of the ring */
	int sockets_fd;          /* the map of ebpf_programs_sockets_fd; -1: none */
	size_t max_flows;        /* capacity of the map udp_more; 0: 65,536 */
	size_t max_associations; /* capacity of the map sctp_rows; 0: 16,384 */
	struct kernel_abilities kernel;
};

/* Opens the programs, and notes their types and hooks in `types`, which must stay valid until
 * udp_start returns. Returns 0 or -errno. */
int udp_open(struct kernel_btf *types, struct udp **out);

/*
 * Loads the programs, finds the owners of the UDP sockets that are open, and attaches the programs
 * to the root of cgroup v2. Needs CAP_NET_ADMIN in addition to the privileges of
 * ebpf_programs_load. Call it once, after kernel_btf_read; programs of other objects may be loaded
 * at the same time. Returns 0, or -errno with the cause in `message` (size bytes); then the only
 * use of `udp` is udp_close.
 */
int udp_start(struct udp *udp, const struct udp_options *options, char *message, size_t size);

/* Detaches and unloads. NULL is fine. */
void udp_close(struct udp *udp);

/* Calls back for each flow with new datagrams, and for each flow that has ended. now_ns:
 * CLOCK_BOOTTIME. Returns the number of flows that got no entry for lack of memory. Their datagrams
 * are not reported. */
size_t udp_read(struct udp *udp, uint64_t now_ns, udp_callback *callback, void *data);

/* Reads the SCTP associations: see sctp_read. now_ns: CLOCK_BOOTTIME. */
void udp_read_associations(struct udp *udp, enum sctp_choice choice, uint64_t now_ns,
			   sctp_callback *callback, void *data);

/* Returns the id of a row's flow, as in struct udp_change. The members socket, peer, end and
 * first_ns of the row identify the flow. */
uint64_t udp_flow_id(const struct udp_row *row);

/* Returns true if the programs send DNS messages to the ring. NULL: false. */
bool udp_sends_dns(const struct udp *udp);

/* Returns true if they also send DNS messages over TCP. */
bool udp_sends_dns_segments(const struct udp *udp);

/* Returns a message that says why the programs do not send DNS messages, or none over TCP. Valid as
 * long as `udp`. */
const char *udp_dns_error(const struct udp *udp);

/* Returns the names of the hooks in use, NULL-terminated, in static storage. The list is empty if
 * `udp` is NULL. */
const char *const *udp_hooks(const struct udp *udp);

#endif
