/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Derives the way a connection ended from its last state before CLOSE and the socket's error. */
#ifndef POLECAT_BPF_END_H
#define POLECAT_BPF_END_H

#include <stdbool.h>

#include "bpf/flow_event.h"
#include "bpf/kernel_types.h"

#include <linux/errno.h>

/* include/net/sock.h: sk_shutdown has this bit once the process reads no more. */
#define RCV_SHUTDOWN 1

/*
 * Returns an enum flow_event_end for a connection that was established.
 *
 * tcp_reset sets ECONNRESET or EPIPE for an RST that arrived, tcp_write_err sets ETIMEDOUT or the
 * last ICMP error, tcp_abort (ss -K) sets ECONNABORTED. Without an error, a state in which this end
 * has not sent a FIN means that it sent an RST: unread data, SO_LINGER 0, or no memory.
 *
 * After the process has closed its end, tcp_reset also runs for data that arrives too late, which
 * this end answers with an RST. The result is then FIN, because the FIN came first.
 */
static __always_inline __u8 end_of(const struct sock *sk, int old_state)
{
	/* SYN_RECV: with TCP Fast Open, a process can use the connection before the handshake is
	 * complete. */
	bool open = old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT ||
		    old_state == TCP_SYN_RECV;

	switch (sk->sk_err) {
	case 0:
		if (open)
			return FLOW_EVENT_END_RESET;
		break;
	case ECONNRESET:
	case EPIPE:
		if (open || !(sk->sk_shutdown & RCV_SHUTDOWN))
			return FLOW_EVENT_END_RESET_BY_PEER;
		break;
	case ECONNABORTED:
		return FLOW_EVENT_END_KILLED;
	default:
		return FLOW_EVENT_END_TIMEOUT;
	}
	return old_state == TCP_LAST_ACK ? FLOW_EVENT_END_FIN_BY_PEER : FLOW_EVENT_END_FIN;
}

#endif
