/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows exactly as record_json_write_flow writes them: fields in its order, no spaces, strings of
 * printable ASCII without escapes. That is nearly every line of a recording or of another polecat's
 * stream, and reading it so takes a tenth of the time that a JSON library needs. Whatever deviates
 * in any way is left to the library, which also says what is wrong with it; the tests hold the two
 * readers to the same answers.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/record/json/record_json_read.h"

/* Longer lines are rare: labels and names of a flow fit many times over. */
#define PLAIN_MAX 4096

/* A copy of the line that strings are cut out of in place. */
struct plain {
	char *at;
	bool failed; /* the line is not plain */
};

/* Steps over a literal text if it stands here. */
static bool take(struct plain *plain, const char *literal, size_t length)
{
	if (strncmp(plain->at, literal, length) != 0)
		return false;
	plain->at += length;
	return true;
}

#define TAKE(plain, literal) take((plain), (literal), sizeof(literal) - 1)

/* The rest of a string whose quote was taken, cut off with a NUL. NULL, and failed, where it is not
 * plain or empty. */
static char *rest_of_string(struct plain *plain)
{
	char *start = plain->at;
	char *end = start;

	while ((unsigned char)*end >= 0x20 && (unsigned char)*end < 0x7f && *end != '"' &&
	       *end != '\\')
		end++;
	if (*end != '"' || end == start) {
		plain->failed = true;
		return NULL;
	}
	*end = '\0';
	plain->at = end + 1;
	return start;
}

static uint64_t rest_of_number(struct plain *plain, uint64_t max)
{
	const char *start = plain->at;
	uint64_t number = 0;

	/* Eighteen digits cannot overflow. */
	while (*plain->at >= '0' && *plain->at <= '9' && plain->at - start < 19)
		number = number * 10 + (uint64_t)(*plain->at++ - '0');
	size_t digits = (size_t)(plain->at - start);
	if (digits == 0 || digits > 18 || (digits > 1 && *start == '0') || number > max)
		plain->failed = true;
	return number;
}

#define STRING(plain, key) (TAKE((plain), ",\"" key "\":\"") ? rest_of_string(plain) : NULL)
#define NUMBER(plain, key, max) \
	(TAKE((plain), ",\"" key "\":") ? rest_of_number((plain), (max)) : 0)

/* A number that sets a bit where it stands. */
#define FIGURE(plain, flow, key, field, bit, max)                                                  \
	do {                                                                                       \
		if (TAKE((plain), ",\"" key "\":")) {                                              \
			(flow)->field = (__typeof__((flow)->field))rest_of_number((plain), (max)); \
			(flow)->has |= (bit);                                                      \
		}                                                                                  \
	} while (0)

/* The value whose name the text is, of `names` by value from `first` to `last`; 0, and failed,
 * where it is none. */
#define NAMED(plain, text, type, name_of, first, last)                                          \
	__extension__({                                                                         \
		uint8_t named_value = 0;                                                        \
		for (int named = (first); (text) && named <= (last) && !named_value; named++) { \
			const char *named_text = name_of((type)named);                          \
			if (named_text && strcmp((text), named_text) == 0)                      \
				named_value = (uint8_t)named;                                   \
		}                                                                               \
		if ((text) && !named_value)                                                     \
			(plain)->failed = true;                                                 \
		named_value;                                                                    \
	})

static void read_beginning(struct plain *plain, struct flow *flow, struct flow_names *names)
{
	const char *event = TAKE(plain, "{\"v\":1,\"kind\":\"flow\",\"event\":\"")
				    ? rest_of_string(plain)
				    : NULL;
	const char *time = STRING(plain, "ts");
	const char *id = STRING(plain, "id");

	if (!event || !time || timestamp_parse(time, strlen(time), &flow->ts_ns)) {
		plain->failed = true;
		return;
	}
	flow->event = NAMED(plain, event, enum flow_event_type, flow_event_name, FLOW_ATTEMPT,
			    FLOW_DATAGRAM);
	if (id) {
		if (strlen(id) != 16 || strspn(id, "0123456789abcdef") != 16)
			plain->failed = true;
		flow->id = strtoull(id, NULL, 16);
		flow->has |= FLOW_HAS_ID;
	}
	names->node = STRING(plain, "node");

	const char *direction = STRING(plain, "direction");
	if (!direction)
		plain->failed = true;
	flow->direction = NAMED(plain, direction, enum flow_direction, flow_direction_name,
				FLOW_EGRESS, FLOW_INGRESS);
	const char *protocol = STRING(plain, "protocol");
	if (protocol && strcmp(protocol, "TCP") == 0)
		flow->protocol = FLOW_TCP;
	else if (protocol && strcmp(protocol, "UDP") == 0)
		flow->protocol = FLOW_UDP;
	else
		plain->failed = true;
}

static void read_end(struct plain *plain, const char *text, struct flow *flow,
		     struct flow_address *address, uint32_t bit)
{
	uint8_t family = 0;

	if (!text)
		return;
	if (address_parse(text, &family, address) || family != flow->family)
		plain->failed = true;
	flow->has |= bit;
}

static void read_ends(struct plain *plain, struct flow *flow)
{
	flow->family = (uint8_t)NUMBER(plain, "family", 6);
	if (flow->family != 4 && flow->family != 6)
		plain->failed = true;
	const char *source = STRING(plain, "src");
	FIGURE(plain, flow, "sport", sport, FLOW_HAS_SPORT, UINT16_MAX);
	const char *destination = STRING(plain, "dst");
	FIGURE(plain, flow, "dport", dport, FLOW_HAS_DPORT, UINT16_MAX);
	read_end(plain, source, flow, &flow->src, FLOW_HAS_SRC);
	read_end(plain, destination, flow, &flow->dst, FLOW_HAS_DST);
}

static void read_outcome(struct plain *plain, struct flow *flow)
{
	const char *state = STRING(plain, "state");
	flow->state = NAMED(plain, state, enum flow_tcp_state, flow_tcp_state_name,
			    FLOW_STATE_ESTABLISHED, FLOW_STATE_COUNT - 1);
	const char *error = STRING(plain, "error");
	if (error) {
		int number = flow_error_number(error);
		if (number <= 0)
			plain->failed = true;
		flow->error = (int16_t)number;
	}
	FIGURE(plain, flow, "latency_us", latency_us, FLOW_HAS_LATENCY, INT64_MAX);
	FIGURE(plain, flow, "tx_bytes", tx_bytes, FLOW_HAS_TX, INT64_MAX);
	FIGURE(plain, flow, "rx_bytes", rx_bytes, FLOW_HAS_RX, INT64_MAX);
	FIGURE(plain, flow, "duration_ms", duration_ms, FLOW_HAS_DURATION, INT64_MAX);
	FIGURE(plain, flow, "rtt_us", rtt_us, FLOW_HAS_RTT, UINT32_MAX);
	FIGURE(plain, flow, "retrans", retrans, FLOW_HAS_RETRANS, UINT32_MAX);
	FIGURE(plain, flow, "count", count, FLOW_HAS_COUNT, INT64_MAX);
}

static void read_subject(struct plain *plain, struct flow *flow, struct flow_names *names)
{
	FIGURE(plain, flow, "pid", pid, FLOW_HAS_PID, UINT32_MAX);
	FIGURE(plain, flow, "uid", uid, FLOW_HAS_UID, UINT32_MAX);
	const char *comm = STRING(plain, "comm");
	if (comm) {
		size_t length = strlen(comm);
		if (length >= sizeof(flow->comm))
			plain->failed = true;
		else
			memcpy(flow->comm, comm, length);
	}
	FIGURE(plain, flow, "cgroup_id", cgroup_id, FLOW_HAS_CGROUP, INT64_MAX);
	FIGURE(plain, flow, "netns", netns, FLOW_HAS_NETNS, UINT32_MAX);
	names->container_id = STRING(plain, "container_id");
	names->namespace_name = STRING(plain, "namespace");
	names->pod = STRING(plain, "pod");
	names->container = STRING(plain, "container");
}

static void read_peer(struct plain *plain, struct flow *flow, struct flow_names *names)
{
	if (TAKE(plain, ",\"peer\":{\"kind\":\"")) {
		const char *kind = rest_of_string(plain);
		flow->peer_kind = NAMED(plain, kind, enum flow_peer_kind, flow_peer_kind_name,
					FLOW_PEER_POD, FLOW_PEER_EXTERNAL);
		names->peer_namespace = STRING(plain, "namespace");
		names->peer_name = STRING(plain, "name");
		if (!TAKE(plain, "}"))
			plain->failed = true;
	}
	names->dns = STRING(plain, "dns");
}

bool record_json_read_plain(const char *line, size_t length, struct record *record)
{
	char copy[PLAIN_MAX];
	struct plain plain = {.at = copy};
	struct flow_names names = {0};
	struct record read = {.kind = RECORD_FLOW};

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	/* Each step goes on after a failure: nothing is read past the NUL at the end. */
	read_beginning(&plain, &read.flow, &names);
	if (plain.failed)
		return false;
	read_ends(&plain, &read.flow);
	read_outcome(&plain, &read.flow);
	read_subject(&plain, &read.flow, &names);
	read_peer(&plain, &read.flow, &names);
	if (plain.failed || !TAKE(&plain, "}") || plain.at != copy + length)
		return false;
	if (record_json_keep_names(&names, &read.flow))
		return false; /* no memory: the other reader says so */
	*record = read;
	return true;
}
