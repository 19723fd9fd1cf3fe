/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts DNS messages over TCP together (RFC 1035, 4.2.2: two bytes with the length precede each
 * message). A message may be split at any byte, also inside the length, and a segment may have
 * several messages. A segment may arrive twice, or too early. A stream that misses a segment
 * continues with the next segment.
 *
 * A message is read up to DNS_STREAM_MESSAGE_MAX bytes, or up to the first byte that the kernel
 * side did not send. It is then marked as cut. Pure; one thread at a time.
 */
#ifndef POLECAT_CORE_DNS_DNS_STREAMS_H
#define POLECAT_CORE_DNS_DNS_STREAMS_H

#include <stdint.h>

#include "core/dns/dns_packet.h"

#define DNS_STREAM_MESSAGE_MAX 8192

/* The maximum number of streams that are followed at once (two for each socket). A cgroup gets
 * another one only if it has fewer streams than are free, as in the kernel's ring (bpf/ring.h), so
 * one cgroup alone gets half of them. Otherwise its least recently used stream is forgotten. */
#define DNS_STREAMS_MAX 256

/* A stream is forgotten if no segment of it arrives for this time. */
#define DNS_STREAM_IDLE_NS (30 * 1000000000ull)

struct dns_streams;

/* `message` is valid during the call. The callback must not use the streams. */
typedef void dns_streams_callback(void *data, const struct dns_packet *message);

/* Returns NULL if out of memory. */
struct dns_streams *dns_streams_new(dns_streams_callback *callback, void *data);

/* NULL is allowed. */
void dns_streams_free(struct dns_streams *streams);

/* Handles one segment, and calls back for each message that it completes. */
void dns_streams_segment(struct dns_streams *streams, const struct dns_packet *segment);

/* Forgets idle streams. Call it about once a second. */
void dns_streams_expire(struct dns_streams *streams, uint64_t now_ns);

/* Returns the number of messages of which a part is missing. */
uint64_t dns_streams_unread(const struct dns_streams *streams);

#endif
