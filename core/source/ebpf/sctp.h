/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the SCTP associations that the programs of bpf/sctp.h follow. The programs send the steps
 * of an association to the ring. Its counters, and an end without a packet, are found by reading
 * the map of the associations. One thread at a time may use the maps.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_SCTP_H
#define POLECAT_CORE_SOURCE_EBPF_SCTP_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/flow_event.h"

struct bpf_map;

struct sctp_maps {
	const struct bpf_map *rows;
	const struct bpf_map *tags;
	const struct bpf_map *closed;
	uint32_t *used; /* the table of CGROUP_PLACES counts that the programs share */
};

/* The associations that sctp_read passes to its callback, in addition to those that have ended. */
enum sctp_choice {
	SCTP_ENDED_ONLY,
	SCTP_CHANGED, /* also open ones with packets since the previous reading */
	SCTP_ALL,     /* also all attempts and open ones */
};

typedef void sctp_callback(void *data, const struct sctp_event *event);

/* Calls back with a RING_EVENT_OPEN for each chosen association or attempt (row.state says which),
 * and with a RING_EVENT_FAILED for each attempt whose socket was closed, or that the kernel must
 * have given up. Deletes associations that have ended. Times are CLOCK_BOOTTIME;
 * last_ns is that of the previous reading. */
void sctp_read(const struct sctp_maps *maps, enum sctp_choice choice, uint64_t last_ns,
	       uint64_t now_ns, sctp_callback *callback, void *data);

/* Returns whether an association that had no packet for silent_ns has ended, or never began. */
bool sctp_is_over(const struct sctp_row *row, uint64_t silent_ns);

/* Returns the error of an attempt whose socket was closed silent_ns after the last packet:
 * ETIMEDOUT if the kernel must have given up before, else 0. */
int sctp_close_error(const struct sctp_row *row, uint64_t silent_ns);

enum sctp_presence {
	SCTP_ABSENT,     /* no sign of it */
	SCTP_NOT_LOADED, /* the module exists, but is not loaded */
	SCTP_LOADED,
};

/* Returns whether a kernel has SCTP. `protocols` is the path of its list of protocols
 * (/proc/net/protocols), `modules` that of its list of modules (modules.dep). The kernel loads the
 * module when a process makes the first socket of SCTP. */
enum sctp_presence sctp_find_support(const char *protocols, const char *modules);

/* Returns whether the running kernel has SCTP. */
enum sctp_presence sctp_find_support_here(void);

#endif
