/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_streams.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/dns/dns_message.h"

/* The bytes before a message, with its length. */
#define PREFIX_SIZE 2

/* A segment that arrived too early: bytes before its first byte have not arrived yet. */
struct dns_held {
	struct dns_packet packet;
	uint8_t *data; /* owned; NULL: no segment is held */
};

/* One direction of a TCP connection. */
struct dns_stream {
	uint64_t socket; /* 0: free */
	uint64_t cgroup_id;
	bool is_sent;
	bool is_cut;     /* the buffer has only the first part of the message */
	bool is_in_step; /* the last message was complete */
	uint32_t next;   /* the sequence number of the next byte */
	uint32_t got;    /* bytes of the present message that arrived, including the two bytes of
	                  * its length */
	uint32_t stored; /* bytes of the message in the buffer */
	uint8_t prefix[PREFIX_SIZE];
	uint64_t used_ns;
	uint8_t *buffer; /* DNS_STREAM_MESSAGE_MAX bytes; NULL: no memory */
	struct dns_held held;
};

struct dns_streams {
	dns_streams_callback *callback;
	void *data;
	uint64_t unread;
	struct dns_stream items[DNS_STREAMS_MAX];
};

struct dns_streams *dns_streams_new(dns_streams_callback *callback, void *data)
{
	struct dns_streams *streams = memory_checked(calloc(1, sizeof(*streams)));

	if (!streams)
		return NULL;
	streams->callback = callback;
	streams->data = data;
	return streams;
}

uint64_t dns_streams_unread(const struct dns_streams *streams)
{
	return streams->unread;
}

static void dns_streams_drop_held(struct dns_stream *stream)
{
	free(stream->held.data);
	stream->held.data = NULL;
}

static void dns_streams_forget(struct dns_streams *streams, struct dns_stream *stream)
{
	streams->unread += stream->is_in_step && (stream->got > 0 || stream->held.data);
	dns_streams_drop_held(stream);
	free(stream->buffer);
	*stream = (struct dns_stream){0};
}

void dns_streams_free(struct dns_streams *streams)
{
	for (size_t i = 0; streams && i < DNS_STREAMS_MAX; i++)
		dns_streams_forget(streams, &streams->items[i]);
	free(streams);
}

void dns_streams_expire(struct dns_streams *streams, uint64_t now_ns)
{
	for (size_t i = 0; i < DNS_STREAMS_MAX; i++) {
		struct dns_stream *stream = &streams->items[i];
		if (stream->socket && now_ns >= stream->used_ns + DNS_STREAM_IDLE_NS)
			dns_streams_forget(streams, stream);
	}
}

static struct dns_stream *dns_streams_older(struct dns_stream *a, struct dns_stream *b)
{
	return a && a->used_ns <= b->used_ns ? a : b;
}

/* Returns the stream of a segment, or NULL. */
static struct dns_stream *dns_streams_find(struct dns_streams *streams,
					   const struct dns_packet *segment)
{
	for (size_t i = 0; i < DNS_STREAMS_MAX; i++) {
		struct dns_stream *stream = &streams->items[i];
		if (stream->socket == segment->client.socket && stream->is_sent == segment->is_sent)
			return stream;
	}
	return NULL;
}

/* Returns the place for a new stream of a cgroup: a free one, or that of the least recently used
 * stream of the cgroup if it has at least as many streams as are free, or of all cgroups. */
static struct dns_stream *dns_streams_choose(struct dns_streams *streams, uint64_t cgroup_id)
{
	struct dns_stream *oldest = NULL;
	struct dns_stream *oldest_own = NULL;
	size_t free_count = 0;
	size_t own = 0;

	for (size_t i = 0; i < DNS_STREAMS_MAX; i++) {
		struct dns_stream *stream = &streams->items[i];
		/* A free place was never used, so it is older than all streams. */
		oldest = dns_streams_older(oldest, stream);
		if (!stream->socket) {
			free_count++;
		} else if (stream->cgroup_id == cgroup_id) {
			own++;
			oldest_own = dns_streams_older(oldest_own, stream);
		}
	}
	return oldest_own && own >= free_count ? oldest_own : oldest;
}

/* Returns the stream of a segment, which is new if its socket had none. */
static struct dns_stream *dns_streams_get(struct dns_streams *streams,
					  const struct dns_packet *segment)
{
	struct dns_stream *stream = dns_streams_find(streams, segment);

	if (stream)
		return stream;
	stream = dns_streams_choose(streams, segment->client.cgroup_id);
	dns_streams_forget(streams, stream);
	*stream = (struct dns_stream){
		.socket = segment->client.socket,
		.cgroup_id = segment->client.cgroup_id,
		.is_sent = segment->is_sent,
		.next = segment->sequence,
		.buffer = memory_checked(malloc(DNS_STREAM_MESSAGE_MAX)),
	};
	return stream;
}

/* Begins the next message. */
static void dns_streams_begin(struct dns_stream *stream)
{
	stream->got = 0;
	stream->stored = 0;
	stream->is_cut = false;
}

static uint32_t dns_streams_message_size(const struct dns_stream *stream)
{
	return (uint32_t)stream->prefix[0] << 8 | stream->prefix[1];
}

static void dns_streams_report(struct dns_streams *streams, struct dns_stream *stream,
			       const struct dns_packet *segment)
{
	struct dns_packet message = *segment;

	message.data = stream->buffer;
	message.length = stream->stored;
	message.is_cut = stream->is_cut;
	stream->is_in_step = true;
	dns_streams_begin(stream);
	streams->callback(streams->data, &message);
}

/* Adds `size` bytes of the present message, of which `data` has the first `length`. */
static void dns_streams_add(struct dns_stream *stream, const uint8_t *data, size_t length,
			    uint32_t size)
{
	size_t room = DNS_STREAM_MESSAGE_MAX - stream->stored;
	size_t copied = size < length ? size : length;

	copied = copied < room ? copied : room;
	if (stream->is_cut)
		copied = 0;
	else if (copied > 0)
		memcpy(stream->buffer + stream->stored, data, copied);
	stream->stored += (uint32_t)copied;
	stream->got += size;
	stream->is_cut |= copied < size;
}

/* Reads the next bytes of a stream, after the first `skip` bytes of a segment. */
static void dns_streams_read(struct dns_streams *streams, struct dns_stream *stream,
			     const struct dns_packet *segment, uint32_t skip)
{
	uint32_t at = skip;

	stream->next = segment->sequence + segment->size;
	while (at < segment->size) {
		if (stream->got < PREFIX_SIZE) {
			/* Without the length, the beginning of the next message is unknown. */
			if (at >= segment->length)
				break;
			stream->prefix[stream->got++] = segment->data[at++];
			continue;
		}
		uint32_t rest = dns_streams_message_size(stream) + PREFIX_SIZE - stream->got;
		if (dns_streams_message_size(stream) < DNS_HEADER_SIZE)
			break;
		rest = rest < segment->size - at ? rest : segment->size - at;
		size_t have = at < segment->length ? segment->length - at : 0;
		dns_streams_add(stream, have ? segment->data + at : NULL, have, rest);
		at += rest;
		if (stream->got == dns_streams_message_size(stream) + PREFIX_SIZE)
			dns_streams_report(streams, stream, segment);
	}
	if (at == segment->size)
		return;
	streams->unread += stream->is_in_step;
	stream->is_in_step = false;
	dns_streams_begin(stream);
}

/* Keeps a segment until the missing one comes. */
static void dns_streams_hold(struct dns_stream *stream, const struct dns_packet *segment)
{
	stream->held.data = memory_checked(malloc(segment->length ? segment->length : 1));
	if (!stream->held.data)
		return;
	memcpy(stream->held.data, segment->data, segment->length);
	stream->held.packet = *segment;
	stream->held.packet.data = stream->held.data;
}

/* Reads a segment that does not come too early. Its first bytes may have come before. */
static void dns_streams_continue(struct dns_streams *streams, struct dns_stream *stream,
				 const struct dns_packet *segment)
{
	uint32_t known = stream->next - segment->sequence;

	if (known < segment->size)
		dns_streams_read(streams, stream, segment, known);
}

/* Continues with the held segment. If bytes before the segment are missing, takes the segment's
 * first byte as the beginning of a message. */
static void dns_streams_release(struct dns_streams *streams, struct dns_stream *stream)
{
	struct dns_packet held = stream->held.packet;

	if ((int32_t)(held.sequence - stream->next) > 0) {
		streams->unread++;
		dns_streams_begin(stream);
		stream->next = held.sequence;
	}
	dns_streams_continue(streams, stream, &held);
	dns_streams_drop_held(stream);
}

void dns_streams_segment(struct dns_streams *streams, const struct dns_packet *segment)
{
	struct dns_stream *stream = dns_streams_get(streams, segment);

	if (!stream->buffer) {
		streams->unread++;
		dns_streams_forget(streams, stream);
		return;
	}
	stream->used_ns = segment->time_ns;
	if ((int32_t)(segment->sequence - stream->next) > 0 && stream->held.data)
		dns_streams_release(streams, stream);
	if ((int32_t)(segment->sequence - stream->next) > 0) {
		dns_streams_hold(stream, segment);
		return;
	}
	dns_streams_continue(streams, stream, segment);
	if (stream->held.data && (int32_t)(stream->held.packet.sequence - stream->next) <= 0)
		dns_streams_release(streams, stream);
}
