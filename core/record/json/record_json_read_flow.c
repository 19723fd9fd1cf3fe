/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/record/json/record_json_read.h"

/* The optional numbers of a flow, and where they go. */
struct number_field {
	const char *key;
	uint32_t has;
	bool wide; /* uint64_t, else uint32_t */
	size_t offset;
};

static const struct number_field number_fields[] = {
	{"latency_us", FLOW_HAS_LATENCY, true, offsetof(struct flow, latency_us)},
	{"tx_bytes", FLOW_HAS_TX, true, offsetof(struct flow, tx_bytes)},
	{"rx_bytes", FLOW_HAS_RX, true, offsetof(struct flow, rx_bytes)},
	{"duration_ms", FLOW_HAS_DURATION, true, offsetof(struct flow, duration_ms)},
	{"rtt_us", FLOW_HAS_RTT, false, offsetof(struct flow, rtt_us)},
	{"retrans", FLOW_HAS_RETRANS, false, offsetof(struct flow, retrans)},
	{"count", FLOW_HAS_COUNT, true, offsetof(struct flow, count)},
	{"pid", FLOW_HAS_PID, false, offsetof(struct flow, pid)},
	{"uid", FLOW_HAS_UID, false, offsetof(struct flow, uid)},
	{"cgroup_id", FLOW_HAS_CGROUP, true, offsetof(struct flow, cgroup_id)},
	{"netns", FLOW_HAS_NETNS, false, offsetof(struct flow, netns)},
};

static bool read_numbers(struct json_line *line, const json_t *object, struct flow *flow)
{
	for (size_t i = 0; i < sizeof(number_fields) / sizeof(number_fields[0]); i++) {
		const struct number_field *field = &number_fields[i];
		char *target = (char *)flow + field->offset;
		uint64_t number = 0;
		bool known = false;

		if (!json_get_number(line, object, field->key, field->wide ? INT64_MAX : UINT32_MAX,
				     &number, &known))
			return false;
		if (!known)
			continue;
		flow->has |= field->has;
		if (field->wide) {
			memcpy(target, &number, sizeof(number));
		} else {
			uint32_t narrow = (uint32_t)number;
			memcpy(target, &narrow, sizeof(narrow));
		}
	}
	return true;
}

static bool read_port(struct json_line *line, const json_t *object, const char *key, uint32_t has,
		      uint16_t *port, struct flow *flow)
{
	bool known = false;

	if (!json_get_port(line, object, key, port, &known))
		return false;
	if (known)
		flow->has |= has;
	return true;
}

static bool read_event(struct json_line *line, const json_t *object, struct flow *flow)
{
	const char *text = NULL;

	if (!json_need_text(line, object, "event", &text))
		return false;
	for (int event = FLOW_ATTEMPT; event <= FLOW_DATAGRAM; event++) {
		if (strcmp(text, flow_event_name((enum flow_event_type)event)) == 0)
			flow->event = (uint8_t)event;
	}
	if (flow->event == 0)
		return json_fail(line, "event",
				 "attempt, established, failed, accepted, closed, open or datagram "
				 "was expected, not '%.60s'",
				 text);
	return true;
}

static bool read_direction(struct json_line *line, const json_t *object, struct flow *flow)
{
	const char *text = NULL;

	if (!json_need_text(line, object, "direction", &text))
		return false;
	if (strcmp(text, "egress") == 0)
		flow->direction = FLOW_EGRESS;
	else if (strcmp(text, "ingress") == 0)
		flow->direction = FLOW_INGRESS;
	else
		return json_fail(line, "direction", "egress or ingress was expected, not '%.60s'",
				 text);
	return true;
}

static bool read_protocol(struct json_line *line, const json_t *object, struct flow *flow,
			  struct flow_names *names)
{
	static const uint8_t known[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP};
	const char *text = NULL;

	if (!json_get_text(line, object, "protocol", &text))
		return false;
	for (size_t i = 0; text && i < sizeof(known); i++) {
		if (strcmp(text, flow_protocol_name(known[i])) == 0)
			flow->protocol = known[i];
	}
	if (flow->protocol == FLOW_PROTOCOL_OTHER)
		names->protocol = text;
	return true;
}

static bool read_state(struct json_line *line, const json_t *object, struct flow *flow)
{
	const char *text = NULL;

	if (!json_get_text(line, object, "state", &text))
		return false;
	for (int state = 1; text && state < FLOW_STATE_COUNT; state++) {
		if (strcmp(text, flow_tcp_state_name((enum flow_tcp_state)state)) == 0)
			flow->state = (uint8_t)state;
	}
	return true;
}

/* A name of this machine, or a number as flows without a name for it are written; other names stay
 * texts. */
static bool read_error(struct json_line *line, const json_t *object, struct flow *flow,
		       struct flow_names *names)
{
	const char *text = NULL;

	if (!json_get_text(line, object, "error", &text))
		return false;
	if (!text)
		return true;
	int number = flow_error_number(text);
	if (number > 0)
		flow->error = (int16_t)number;
	else
		names->error = text;
	return true;
}

static bool is_plain_id(const char *text)
{
	return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

/* decimal has room for a json_int_t. */
static bool read_id(struct json_line *line, const json_t *object, struct flow *flow,
		    struct flow_names *names, char decimal[24])
{
	const json_t *value = json_object_get(object, "id");
	const char *text = NULL;

	if (json_is_integer(value)) {
		snprintf(decimal, 24, "%jd", (intmax_t)json_integer_value(value));
		text = decimal;
	} else if (value && !json_is_null(value) && !json_is_string(value)) {
		return json_fail(line, "id", "a string or a whole number was expected");
	} else if (!json_get_text(line, object, "id", &text)) {
		return false;
	}
	if (!text)
		return true;
	flow->has |= FLOW_HAS_ID;
	if (is_plain_id(text)) {
		flow->id = strtoull(text, NULL, 16);
	} else {
		flow->id = hash_string(0, text);
		names->id = text;
	}
	return true;
}

/* One end. *family stays 0 where it is unknown. */
static bool read_address(struct json_line *line, const json_t *object, const char *key,
			 uint8_t *family, struct flow_address *address)
{
	const char *text = NULL;

	if (!json_get_text(line, object, key, &text))
		return false;
	if (text && address_parse(text, family, address))
		return json_fail(line, key, "an IP address was expected, not '%.60s'", text);
	return true;
}

/* Both ends. A flow has one family, the peer's: a subject's address of another one can only be a
 * guess of the writer. */
static bool read_ends(struct json_line *line, const json_t *object, struct flow *flow)
{
	uint64_t written = 0;
	uint8_t src_family = 0;
	uint8_t dst_family = 0;

	if (!json_get_number(line, object, "family", UINT8_MAX, &written, NULL))
		return false;
	if (written != 0 && written != 4 && written != 6)
		return json_fail(line, "family", "4 or 6 was expected");
	if (!read_address(line, object, "src", &src_family, &flow->src) ||
	    !read_address(line, object, "dst", &dst_family, &flow->dst))
		return false;

	uint8_t peer_family = flow->direction == FLOW_EGRESS ? dst_family : src_family;
	uint8_t own_family = flow->direction == FLOW_EGRESS ? src_family : dst_family;
	flow->family = peer_family ? peer_family : own_family;
	if (flow->family == 0)
		flow->family = (uint8_t)written;
	if (src_family != 0 && src_family == flow->family)
		flow->has |= FLOW_HAS_SRC;
	else
		flow->src = (struct flow_address){{0}};
	if (dst_family != 0 && dst_family == flow->family)
		flow->has |= FLOW_HAS_DST;
	else
		flow->dst = (struct flow_address){{0}};
	return true;
}

static bool read_comm(struct json_line *line, const json_t *object, struct flow *flow)
{
	const char *text = NULL;
	size_t length = 0;

	if (!json_get_text(line, object, "comm", &text))
		return false;
	while (text && text[length] != '\0') {
		uint32_t code;
		size_t bytes = text_decode(text + length, &code);
		if (bytes == 0 || length + bytes >= sizeof(flow->comm))
			break;
		length += bytes;
	}
	if (length > 0)
		memcpy(flow->comm, text, length);
	return true;
}

static bool read_peer(struct json_line *line, const json_t *object, struct flow *flow,
		      struct flow_names *names)
{
	json_t *peer;
	const char *text = NULL;

	if (!json_get_object(line, object, "peer", &peer))
		return false;
	if (!peer)
		return true;
	if (!json_get_text(line, peer, "kind", &text) ||
	    !json_get_text(line, peer, "namespace", &names->peer_namespace) ||
	    !json_get_text(line, peer, "name", &names->peer_name))
		return false;
	for (int kind = FLOW_PEER_POD; text && kind <= FLOW_PEER_EXTERNAL; kind++) {
		if (strcmp(text, flow_peer_kind_name((enum flow_peer_kind)kind)) == 0)
			flow->peer_kind = (uint8_t)kind;
	}
	return true;
}

/* Where the pointers of struct flow_names are, to walk over them. */
static const size_t name_offsets[] = {
	offsetof(struct flow_names, node),
	offsetof(struct flow_names, namespace_name),
	offsetof(struct flow_names, pod),
	offsetof(struct flow_names, container),
	offsetof(struct flow_names, container_id),
	offsetof(struct flow_names, dns),
	offsetof(struct flow_names, peer_namespace),
	offsetof(struct flow_names, peer_name),
	offsetof(struct flow_names, protocol),
	offsetof(struct flow_names, id),
	offsetof(struct flow_names, error),
};

_Static_assert(sizeof(name_offsets) / sizeof(name_offsets[0]) ==
		       sizeof(struct flow_names) / sizeof(const char *),
	       "a name of struct flow_names is not copied");

int record_json_keep_names(const struct flow_names *found, struct flow *flow)
{
	const char *texts[sizeof(name_offsets) / sizeof(name_offsets[0])];
	size_t sizes[sizeof(name_offsets) / sizeof(name_offsets[0])];
	size_t total = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memcpy(&texts[i], (const char *)found + name_offsets[i], sizeof(texts[i]));
		sizes[i] = texts[i] ? strlen(texts[i]) + 1 : 0;
		total += sizes[i];
	}
	if (total == 0)
		return 0;
	struct flow_names *names = calloc(1, sizeof(*names) + total);
	if (!names)
		return -ENOMEM;
	char *at = (char *)(names + 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *copy = at;
		if (!texts[i])
			continue;
		memcpy(at, texts[i], sizes[i]);
		memcpy((char *)names + name_offsets[i], &copy, sizeof(copy));
		at += sizes[i];
	}
	flow->names = names;
	return 0;
}

bool record_json_read_flow(struct json_line *line, const json_t *object, struct record *record)
{
	struct flow *flow = &record->flow;
	struct flow_names names = {0};
	char decimal_id[24];
	bool has_time = false;

	if (!read_event(line, object, flow) || !read_direction(line, object, flow) ||
	    !json_get_time(line, object, "ts", &flow->ts_ns, &has_time))
		return false;
	if (!has_time)
		return json_fail(line, "ts", "missing");
	return read_protocol(line, object, flow, &names) && read_ends(line, object, flow) &&
	       read_port(line, object, "sport", FLOW_HAS_SPORT, &flow->sport, flow) &&
	       read_port(line, object, "dport", FLOW_HAS_DPORT, &flow->dport, flow) &&
	       read_id(line, object, flow, &names, decimal_id) && read_state(line, object, flow) &&
	       read_error(line, object, flow, &names) && read_numbers(line, object, flow) &&
	       read_comm(line, object, flow) && read_peer(line, object, flow, &names) &&
	       json_get_text(line, object, "node", &names.node) &&
	       json_get_text(line, object, "container_id", &names.container_id) &&
	       json_get_text(line, object, "namespace", &names.namespace_name) &&
	       json_get_text(line, object, "pod", &names.pod) &&
	       json_get_text(line, object, "container", &names.container) &&
	       json_get_text(line, object, "dns", &names.dns) &&
	       (record_json_keep_names(&names, flow) == 0 || json_fail_memory(line));
}
