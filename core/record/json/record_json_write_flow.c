/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as JSON lines: by hand, since this runs for every event of `trace -o json` and of a
 * recording. */
#include <errno.h>

#include "core/record/address.h"
#include "core/record/json/record_json_text.h"
#include "core/record/json/record_json_write.h"

/* More than all keys, numbers, enumerations, addresses and the timestamp of a flow together. */
#define FLOW_FIXED_ROOM 1536

/* A text field with its key as it is written: `,"node":`. */
struct flow_text {
	const char *value; /* NULL: absent */
	size_t length;
};

static struct flow_text text_of(const char *value)
{
	return (struct flow_text){value, value ? strlen(value) : 0};
}

/* Every text of a flow, the flow's own or what the state knows, measured once. */
struct flow_texts {
	struct flow_text id;
	struct flow_text node;
	struct flow_text protocol;
	struct flow_text error;
	struct flow_text comm;
	struct flow_text container_id;
	struct flow_text namespace_name;
	struct flow_text pod;
	struct flow_text container;
	struct flow_text peer_namespace;
	struct flow_text peer_name;
	struct flow_text dns;
	uint8_t peer_kind;
};

static const char *first_of(const char *own, const char *other)
{
	return own ? own : other;
}

static void gather_texts(const struct flow *flow, const struct record_json_names *names,
			 struct flow_texts *texts)
{
	static const struct flow_names no_own;
	static const struct record_json_names no_names;
	const struct flow_names *own = flow->names ? flow->names : &no_own;

	if (!names)
		names = &no_names;
	texts->id = text_of(own->id);
	texts->node = text_of(first_of(own->node, names->node));
	texts->protocol = text_of(own->protocol);
	texts->error = text_of(own->error);
	texts->comm = (struct flow_text){flow->comm, strnlen(flow->comm, sizeof(flow->comm) - 1)};
	texts->container_id = text_of(first_of(own->container_id, names->container_id));
	texts->namespace_name = text_of(first_of(own->namespace_name, names->namespace_name));
	texts->pod = text_of(first_of(own->pod, names->pod));
	texts->container = text_of(first_of(own->container, names->container));
	texts->dns = text_of(first_of(own->dns, names->dns));
	if (flow->peer_kind != FLOW_PEER_UNKNOWN || own->peer_namespace || own->peer_name) {
		texts->peer_kind = flow->peer_kind;
		texts->peer_namespace = text_of(own->peer_namespace);
		texts->peer_name = text_of(own->peer_name);
	} else {
		texts->peer_kind = names->peer_kind;
		texts->peer_namespace = text_of(names->peer_namespace);
		texts->peer_name = text_of(names->peer_name);
	}
}

static size_t texts_room(const struct flow_texts *texts)
{
	size_t length = texts->id.length + texts->node.length + texts->protocol.length +
			texts->error.length + texts->comm.length + texts->container_id.length +
			texts->namespace_name.length + texts->pod.length + texts->container.length +
			texts->peer_namespace.length + texts->peer_name.length + texts->dns.length;

	/* Twelve strings have twelve pairs of quotes: FLOW_FIXED_ROOM has them. */
	return JSON_STRING_ROOM(length);
}

#define PUT_TEXT(at, key, text)                                                                \
	((text).length > 0                                                                     \
		 ? json_put_string(JSON_PUT(at, ",\"" key "\":"), (text).value, (text).length) \
		 : (at))

#define PUT_NUMBER(at, key, known, number)                               \
	((known) && (uint64_t)(number) <= INT64_MAX                      \
		 ? json_put_u64(JSON_PUT(at, ",\"" key "\":"), (number)) \
		 : (at))

static char *put_name(char *at, const char *name)
{
	at = json_put_bytes(at, name, strlen(name));
	*at++ = '"';
	return at;
}

static char *put_address(char *at, uint8_t family, const struct flow_address *address)
{
	at += address_format(family, address, at);
	*at++ = '"';
	return at;
}

static char *put_id(char *at, const struct flow *flow, const struct flow_texts *texts)
{
	if (!(flow->has & FLOW_HAS_ID))
		return at;
	if (texts->id.length > 0)
		return PUT_TEXT(at, "id", texts->id);
	at = json_put_hex64(JSON_PUT(at, ",\"id\":\""), flow->id);
	*at++ = '"';
	return at;
}

static char *put_ends(char *at, const struct flow *flow)
{
	if (flow->family == 4 || flow->family == 6)
		at = json_put_u64(JSON_PUT(at, ",\"family\":"), flow->family);
	if (flow->has & FLOW_HAS_SRC)
		at = put_address(JSON_PUT(at, ",\"src\":\""), flow->family, &flow->src);
	at = PUT_NUMBER(at, "sport", flow->has & FLOW_HAS_SPORT, flow->sport);
	if (flow->has & FLOW_HAS_DST)
		at = put_address(JSON_PUT(at, ",\"dst\":\""), flow->family, &flow->dst);
	return PUT_NUMBER(at, "dport", flow->has & FLOW_HAS_DPORT, flow->dport);
}

static char *put_outcome(char *at, const struct flow *flow, const struct flow_texts *texts)
{
	const char *state = flow_tcp_state_name(flow->state);
	const char *error = flow_error_name(flow->error);

	if (state)
		at = put_name(JSON_PUT(at, ",\"state\":\""), state);
	if (texts->error.length > 0) {
		at = PUT_TEXT(at, "error", texts->error);
	} else if (error) {
		at = put_name(JSON_PUT(at, ",\"error\":\""), error);
	} else if (flow->error > 0) {
		at = json_put_u64(JSON_PUT(at, ",\"error\":\""), (uint64_t)flow->error);
		*at++ = '"';
	}
	return at;
}

static char *put_figures(char *at, const struct flow *flow)
{
	uint32_t has = flow->has;

	at = PUT_NUMBER(at, "latency_us", has & FLOW_HAS_LATENCY, flow->latency_us);
	at = PUT_NUMBER(at, "tx_bytes", has & FLOW_HAS_TX, flow->tx_bytes);
	at = PUT_NUMBER(at, "rx_bytes", has & FLOW_HAS_RX, flow->rx_bytes);
	at = PUT_NUMBER(at, "duration_ms", has & FLOW_HAS_DURATION, flow->duration_ms);
	at = PUT_NUMBER(at, "rtt_us", has & FLOW_HAS_RTT, flow->rtt_us);
	at = PUT_NUMBER(at, "retrans", has & FLOW_HAS_RETRANS, flow->retrans);
	return PUT_NUMBER(at, "count", has & FLOW_HAS_COUNT, flow->count);
}

static char *put_subject(char *at, const struct flow *flow, const struct flow_texts *texts)
{
	at = PUT_NUMBER(at, "pid", flow->has & FLOW_HAS_PID, flow->pid);
	at = PUT_NUMBER(at, "uid", flow->has & FLOW_HAS_UID, flow->uid);
	at = PUT_TEXT(at, "comm", texts->comm);
	at = PUT_NUMBER(at, "cgroup_id", flow->has & FLOW_HAS_CGROUP, flow->cgroup_id);
	at = PUT_NUMBER(at, "netns", flow->has & FLOW_HAS_NETNS, flow->netns);
	at = PUT_TEXT(at, "container_id", texts->container_id);
	at = PUT_TEXT(at, "namespace", texts->namespace_name);
	at = PUT_TEXT(at, "pod", texts->pod);
	return PUT_TEXT(at, "container", texts->container);
}

static char *put_peer(char *at, const struct flow_texts *texts)
{
	const char *kind = flow_peer_kind_name(texts->peer_kind);
	char *first;

	if (!kind && texts->peer_namespace.length == 0 && texts->peer_name.length == 0)
		return at;
	at = JSON_PUT(at, ",\"peer\":");
	first = at;
	if (kind)
		at = put_name(JSON_PUT(at, ",\"kind\":\""), kind);
	at = PUT_TEXT(at, "namespace", texts->peer_namespace);
	at = PUT_TEXT(at, "name", texts->peer_name);
	*first = '{'; /* where the first field's comma is */
	*at++ = '}';
	return at;
}

int record_json_write_flow(struct record_json_buffer *buffer, const struct flow *flow,
			   const struct record_json_names *names)
{
	const char *event = flow_event_name(flow->event);
	const char *direction = flow_direction_name(flow->direction);
	const char *protocol = flow_protocol_name(flow->protocol);
	struct flow_texts texts;
	char *at;

	if (!event || !direction)
		return -EINVAL;
	gather_texts(flow, names, &texts);
	int error = json_reserve(buffer, FLOW_FIXED_ROOM + texts_room(&texts));
	if (error)
		return error;

	at = buffer->data + buffer->length;
	at = put_name(JSON_PUT(at, "{\"v\":1,\"kind\":\"flow\",\"event\":\""), event);
	at = json_put_time(buffer, JSON_PUT(at, ",\"ts\":"), flow->ts_ns);
	at = put_id(at, flow, &texts);
	at = PUT_TEXT(at, "node", texts.node);
	at = put_name(JSON_PUT(at, ",\"direction\":\""), direction);
	if (protocol)
		at = put_name(JSON_PUT(at, ",\"protocol\":\""), protocol);
	else
		at = PUT_TEXT(at, "protocol", texts.protocol);
	at = put_ends(at, flow);
	at = put_outcome(at, flow, &texts);
	at = put_figures(at, flow);
	at = put_subject(at, flow, &texts);
	at = put_peer(at, &texts);
	at = PUT_TEXT(at, "dns", texts.dns);
	at = JSON_PUT(at, "}\n");
	*at = '\0';
	buffer->length = (size_t)(at - buffer->data);
	return 0;
}
