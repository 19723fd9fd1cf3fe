/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: every message is read or refused. The names in a message are printable ASCII without
 * spaces or capital letters. dns_lookups accepts any sequence of packets, and reports each query
 * at most three times: as malformed, as unanswered and as answered.
 *
 * dns_streams accepts any sequence of segments.
 *
 * The input is a sequence of packets: two bytes with the length of the message, one byte of flags,
 * then the message. The flags are the direction, whether the message is cut off, one of two
 * sockets, and the seconds until the next packet.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/dns/dns_lookups.h"
#include "core/dns/dns_message.h"
#include "core/dns/dns_streams.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned int fuzz_sum;

static void check_name(const char *name)
{
	if (strlen(name) >= DNS_NAME_SIZE)
		abort();
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~' || (*name >= 'A' && *name <= 'Z'))
			abort();
	}
}

static void check_message(const struct dns_message *message)
{
	check_name(message->name);
	if (message->alias_count > DNS_ALIASES_MAX || message->address_count > DNS_ADDRESSES_MAX)
		abort();
	for (size_t i = 0; i < message->alias_count; i++)
		check_name(message->aliases[i]);
	for (size_t i = 0; i < message->address_count; i++) {
		if (message->addresses[i].family != 4 && message->addresses[i].family != 6)
			abort();
	}
}

static void on_result(void *data, const struct dns_result *result)
{
	size_t *results = data;

	*results += result->outcome != DNS_STRAY;
	check_name(result->name);
	if (result->answer)
		check_message(result->answer);
}

/* Checks that a message is not longer than DNS_STREAM_MESSAGE_MAX, and that each byte of the
 * message can be read. */
static void on_message(void *data, const struct dns_packet *message)
{
	(void)data;
	if (message->length > DNS_STREAM_MESSAGE_MAX)
		abort();
	for (size_t i = 0; i < message->length; i++)
		fuzz_sum += message->data[i];
}

/* Passes the packet to the streams as a segment. The first byte of the packet is the segment's
 * position in the stream. */
static void check_segment(struct dns_streams *streams, const struct dns_packet *packet,
			  uint8_t flags)
{
	struct dns_packet segment = *packet;

	segment.sequence = packet->length > 0 ? packet->data[0] : 0;
	segment.size = (uint32_t)packet->length + (flags & 2 ? 40 : 0);
	dns_streams_segment(streams, &segment);
	dns_streams_expire(streams, packet->time_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message message;
	size_t results = 0;
	size_t queries = 0;
	uint64_t now_ns = 0;
	struct dns_lookups *lookups = dns_lookups_new(8, on_result, &results);

	struct dns_streams *streams = dns_streams_new(on_message, NULL);

	if (!lookups || !streams)
		abort();
	if (dns_message_parse(data, size, false, &message) == 0)
		check_message(&message);
	while (size >= 3) {
		size_t length = (size_t)data[0] << 8 | data[1];
		uint8_t flags = data[2];
		data += 3;
		size -= 3;
		if (length > size)
			length = size;
		const struct dns_packet packet = {
			.client = {.socket = 1 + (flags >> 2 & 1), .family = 4, .server_port = 53},
			.time_ns = now_ns,
			.is_sent = flags & 1,
			.is_cut = flags & 2,
			.data = data,
			.length = length,
		};
		dns_lookups_packet(lookups, &packet);
		check_segment(streams, &packet, flags);
		queries += packet.is_sent;
		now_ns += (uint64_t)(flags >> 3) * NS_PER_SECOND;
		dns_lookups_expire(lookups, now_ns);
		data += length;
		size -= length;
	}
	dns_lookups_expire(lookups, UINT64_MAX);
	dns_streams_free(streams);
	if (results > 3 * queries)
		abort();
	dns_lookups_free(lookups);
	return 0;
}
