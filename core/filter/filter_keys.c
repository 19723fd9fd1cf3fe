/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_keys.h"

#include <string.h>
#include <strings.h>

#include "core/base/array.h"

const struct filter_key filter_keys[] = {
	{"ns", "namespace", FILTER_FIELD_NAMESPACE, FILTER_VALUE_TEXT,
	 .help = "namespace of the pod"},
	{"pod", NULL, FILTER_FIELD_POD, FILTER_VALUE_TEXT, .help = "pod"},
	{"container", NULL, FILTER_FIELD_CONTAINER, FILTER_VALUE_TEXT,
	 .help = "container's name or id", .varies = true},
	{"node", NULL, FILTER_FIELD_NODE, FILTER_VALUE_TEXT, .help = "node"},
	{"label", NULL, FILTER_FIELD_LABEL, FILTER_VALUE_LABELS,
	 .help = "labels of the pod or container: label:app=cart"},
	{"comm", NULL, FILTER_FIELD_COMM, FILTER_VALUE_TEXT, .help = "program", .varies = true},
	{"cmd", NULL, FILTER_ANY_FIELD, FILTER_VALUE_NONE,
	 .help = "polecat does not keep the command lines of connections; use comm:"},
	{"pid", NULL, FILTER_FIELD_PID, FILTER_VALUE_NUMBER, .help = "process",
	 .of_connection = true},
	{"uid", NULL, FILTER_FIELD_UID, FILTER_VALUE_NUMBER, .help = "user", .of_connection = true},
	{"src", NULL, FILTER_FIELD_SOURCE, FILTER_VALUE_ADDRESS,
	 .help = "side that opened the connection: address, block or name", .varies = true},
	{"dst", NULL, FILTER_FIELD_DESTINATION, FILTER_VALUE_ADDRESS,
	 .help = "side that accepted it: address, block or name", .varies = true},
	{"addr", NULL, FILTER_FIELD_ADDRESS, FILTER_VALUE_ADDRESS, .help = "either side",
	 .varies = true},
	{"peer", NULL, FILTER_FIELD_PEER, FILTER_VALUE_ADDRESS,
	 .help = "other side: name, DNS name, address or block"},
	{"port", NULL, FILTER_FIELD_DPORT, FILTER_VALUE_PORT, .help = "server's port"},
	{"sport", NULL, FILTER_FIELD_SPORT, FILTER_VALUE_PORT, .help = "client's port",
	 .of_connection = true},
	{"dport", NULL, FILTER_FIELD_DPORT, FILTER_VALUE_PORT, .help = "server's port"},
	{"dns", NULL, FILTER_FIELD_DNS, FILTER_VALUE_TEXT, .help = "DNS name of the peer",
	 .varies = true},
	{"proto", NULL, FILTER_FIELD_PROTOCOL, FILTER_VALUE_TEXT, .help = "protocol",
	 .words = "tcp udp sctp"},
	{"dir", NULL, FILTER_FIELD_DIRECTION, FILTER_VALUE_TEXT, .help = "direction",
	 .words = "egress ingress"},
	{"state", NULL, FILTER_FIELD_STATE, FILTER_VALUE_TEXT, .help = "state", .varies = true},
	{"err", "error", FILTER_FIELD_ERROR, FILTER_VALUE_TEXT, .help = "error of a failed attempt",
	 .varies = true},
	{"drop", NULL, FILTER_FIELD_DROP, FILTER_VALUE_TEXT, .help = "reason for a dropped packet",
	 .varies = true},
	{"end", NULL, FILTER_FIELD_END, FILTER_VALUE_TEXT, .help = "how the connection ended",
	 .of_connection = true},
	{"tx", NULL, FILTER_FIELD_TX, FILTER_VALUE_BYTES, .help = "bytes sent",
	 .of_connection = true},
	{"rx", NULL, FILTER_FIELD_RX, FILTER_VALUE_BYTES, .help = "bytes received",
	 .of_connection = true},
	{"rate", NULL, FILTER_FIELD_RATE, FILTER_VALUE_BYTES,
	 .help = "bytes a second, both directions", .of_connection = true},
	{"lat", NULL, FILTER_FIELD_LATENCY, FILTER_VALUE_TIME,
	 .help = "latency of the connect; of an attempt without an answer, the time so far",
	 .of_connection = true},
	{"rtt", NULL, FILTER_FIELD_RTT, FILTER_VALUE_TIME, .help = "round-trip time",
	 .of_connection = true},
	{"age", NULL, FILTER_FIELD_AGE, FILTER_VALUE_TIME,
	 .help = "time since the connection began", .of_connection = true},
	{"conn", NULL, FILTER_FIELD_CONNECTIONS, FILTER_VALUE_NUMBER,
	 .help = "connections to the same peer and port"},
	{"new", NULL, FILTER_FIELD_NEW, FILTER_VALUE_TEXT,
	 .help = "whether the destination is new, not in the baseline", .words = "yes no"},
};

const size_t filter_key_count = ARRAY_LENGTH(filter_keys);

static bool filter_key_is(const char *key, const char *name, size_t length)
{
	return key && strlen(key) == length && strncasecmp(key, name, length) == 0;
}

const struct filter_key *filter_key_find(const char *name, size_t length)
{
	for (size_t i = 0; i < filter_key_count; i++) {
		if (filter_key_is(filter_keys[i].name, name, length) ||
		    filter_key_is(filter_keys[i].alias, name, length))
			return &filter_keys[i];
	}
	return NULL;
}

const struct filter_key *filter_key_of_field(enum filter_field field)
{
	for (size_t i = 0; i < filter_key_count; i++) {
		if (filter_keys[i].value != FILTER_VALUE_NONE && filter_keys[i].field == field)
			return &filter_keys[i];
	}
	return NULL;
}

uint64_t filter_key_varying_fields(void)
{
	uint64_t fields = filter_field_bit(FILTER_FIELD_EITHER_PORT);

	for (size_t i = 0; i < filter_key_count; i++) {
		if (filter_keys[i].of_connection || filter_keys[i].varies)
			fields |= filter_field_bit(filter_keys[i].field);
	}
	return fields;
}
