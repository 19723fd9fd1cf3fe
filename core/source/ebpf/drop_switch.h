/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides when the program packet_dropped (bpf/drops.h) is attached. The kernel runs it for each
 * packet that it drops, so during a flood of dropped packets it slows down the sender. It has work
 * only while an attempt is pending or a connection is watched. Otherwise a flood detaches it.
 *
 * While it is detached, the first SYN of an attempt may be dropped unseen. An attempt that has no
 * answer after DROP_SWITCH_PATIENCE_MS attaches it again, before the first retransmission of the
 * SYN, which follows after a second. One thread at a time may use a drop_switch.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_DROP_SWITCH_H
#define POLECAT_CORE_SOURCE_EBPF_DROP_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

/* Most attempts get their answer in this time. */
#define DROP_SWITCH_PATIENCE_MS 100
/* The time for which the program stays attached after it had work. */
#define DROP_SWITCH_HOLD_MS 3000
/* The time after which the program is attached again to see whether the flood lasts. */
#define DROP_SWITCH_REST_MS 5000

/* All times are those of CLOCK_MONOTONIC, in milliseconds. All zeros: the program is attached. */
struct drop_switch {
	bool is_off;
	uint64_t off_ms;     /* if is_off: when the program was detached */
	uint64_t pending_ms; /* the time since which attempts have been pending; 0: none is
	                      * pending */
	uint64_t worked_ms;  /* the last time when the program had work; 0: never */
	bool flood_is_old;   /* the next report of a flood may be from the time when the program had
	                      * to stay attached */
	/* The caller must not clear drops_flood, because the program stays attached even during a
	 * flood. If the flag were cleared, each new report would wake the collector. */
	bool keeps_flood;
};

/* The variables of the same names in bpf/drops.h. */
struct drop_switch_input {
	bool flood;
	uint32_t pending;
	uint32_t watched;
};

/* Returns whether the program must be attached. Unless keeps_flood is set then, the caller clears
 * drops_flood. If the result is equal to is_off, the caller attaches or detaches the program, and
 * then calls drop_switch_set. */
bool drop_switch_wants_on(struct drop_switch *state, const struct drop_switch_input *input,
			  uint64_t now_ms);

/* Notes that the program is attached or detached from now on. */
void drop_switch_set(struct drop_switch *state, bool on, uint64_t now_ms);

#endif
