/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/copy_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/record/address.h"

#define PROTOCOL_SIZE 16

enum copy_kind copy_kind_find(const char *name)
{
	static const char *const names[] = {
		[COPY_ADDRESS] = "address", [COPY_ROW] = "row",   [COPY_TCPDUMP] = "tcpdump",
		[COPY_SS] = "ss",           [COPY_YAML] = "yaml",
	};

	for (size_t kind = COPY_ADDRESS; kind < ARRAY_LENGTH(names); kind++)
		if (strcmp(names[kind], name) == 0)
			return (enum copy_kind)kind;
	return 0;
}

static void copy_tcpdump(const struct copy_source *source, const char *protocol,
			 const char *address, char text[COPY_TEXT_SIZE])
{
	int length = snprintf(text, COPY_TEXT_SIZE, "%s and host %s and port %u", protocol, address,
			      source->port);

	if (source->client_port)
		snprintf(text + length, COPY_TEXT_SIZE - (size_t)length, " and port %u",
			 source->client_port);
}

/* In ss, the destination is the other end of the socket, whichever end opened the connection. */
static void copy_ss(const struct copy_source *source, const char *protocol, const char *address,
		    char text[COPY_TEXT_SIZE])
{
	bool ipv6 = source->family == 6;
	const char *option = strcmp(protocol, "udp") == 0    ? "-u"
			     : strcmp(protocol, "sctp") == 0 ? "-S"
							     : "-t";

	snprintf(text, COPY_TEXT_SIZE, "ss -anp %s 'dst %s%s%s and %s = :%u'", option,
		 ipv6 ? "[" : "", address, ipv6 ? "]" : "",
		 source->direction == FLOW_INGRESS ? "sport" : "dport", source->port);
}

void copy_text(enum copy_kind kind, const struct copy_source *source, char text[COPY_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];
	char protocol[PROTOCOL_SIZE];
	char subject[COPY_TEXT_SIZE / 2];
	bool ipv6 = source->family == 6;

	address_format(source->family, source->peer, address);
	snprintf(protocol, sizeof(protocol), "%s", source->protocol);
	for (char *letter = protocol; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	switch (kind) {
	case COPY_TCPDUMP:
		copy_tcpdump(source, protocol, address, text);
		break;
	case COPY_SS:
		copy_ss(source, protocol, address, text);
		break;
	case COPY_ROW:
		text_escape_ascii(source->subject, subject, sizeof(subject));
		snprintf(text, COPY_TEXT_SIZE, "%s %s %s%s%s:%u/%s", subject,
			 source->direction == FLOW_INGRESS ? "<-" : "->", ipv6 ? "[" : "", address,
			 ipv6 ? "]" : "", source->port, protocol);
		break;
	case COPY_ADDRESS:
	case COPY_YAML:
		snprintf(text, COPY_TEXT_SIZE, "%s", address);
		break;
	}
}
