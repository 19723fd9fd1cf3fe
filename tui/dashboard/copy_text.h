/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that `Y` and `:copy` make of a connection or a destination. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_COPY_TEXT_H
#define POLECAT_TUI_DASHBOARD_COPY_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/subject.h"

enum copy_kind {
	COPY_ADDRESS = 1, /* the peer's address */
	COPY_ROW,         /* subject, direction, peer and protocol */
	COPY_TCPDUMP,     /* an expression for tcpdump that selects its packets */
	COPY_SS,          /* a command that lists its sockets */
	COPY_YAML,        /* the draft; copy_text does not make it */
};

#define COPY_TEXT_SIZE 512

/* A connection or a destination. Ports are in host byte order, the address is in network byte
 * order. */
struct copy_source {
	const char *subject; /* may contain hostile bytes */
	const struct flow_address *peer;
	uint8_t family; /* 4 or 6 */
	uint8_t direction;
	const char *protocol;
	uint16_t port;        /* the server's */
	uint16_t client_port; /* 0: unknown, or a destination with many connections */
};

/* Returns the kind with a name, as in `:copy tcpdump`; 0: no kind has it. */
enum copy_kind copy_kind_find(const char *name);

/* Writes the text, in printable ASCII. */
void copy_text(enum copy_kind kind, const struct copy_source *source, char text[COPY_TEXT_SIZE]);

#endif
