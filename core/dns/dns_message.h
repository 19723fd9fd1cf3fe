/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads DNS messages (RFC 1035) with the parser of glibc. The messages come from workloads and
 * their servers, so any byte may be hostile. Pure; any thread.
 *
 * Names are texts in the form of zone files: without a final dot (the root is "."), in lower case,
 * and printable, because dots inside a label, special characters and other bytes are escaped (\.
 * and \DDD).
 */
#ifndef POLECAT_CORE_DNS_DNS_MESSAGE_H
#define POLECAT_CORE_DNS_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"

/* NS_MAXDNAME of <arpa/nameser.h>: the longest escaped name, with its NUL. */
#define DNS_NAME_SIZE 1025
/* NS_HFIXEDSZ: the header of a message. */
#define DNS_HEADER_SIZE 12
/* The maximum numbers of addresses and of aliases that are kept of one answer. */
#define DNS_ADDRESSES_MAX 64
#define DNS_ALIASES_MAX   8
/* The longest text of a type or of a response code, with its NUL. */
#define DNS_WORD_SIZE 12

struct dns_address {
	struct flow_address address;
	uint8_t family; /* 4 or 6 */
};

struct dns_message {
	uint16_t id;
	uint16_t type; /* of the question */
	uint8_t rcode; /* without the extension of EDNS */
	bool is_answer;
	bool is_truncated; /* the TC bit: the client asks again over TCP */
	bool has_question; /* false: an error answer without a question; name is "", type is 0 */
	bool has_answers;  /* the answer section was read */
	bool has_more;     /* the answer has more addresses or aliases than are kept */
	uint32_t ttl_s;    /* the lowest TTL of the addresses and aliases; 0: no address */
	size_t address_count;
	size_t alias_count;
	char name[DNS_NAME_SIZE];
	/* The targets of the chain of CNAME records, starting with the target of `name`. */
	char aliases[DNS_ALIASES_MAX][DNS_NAME_SIZE];
	/* The addresses of the last alias, or of `name` if it has no alias. */
	struct dns_address addresses[DNS_ADDRESSES_MAX];
};

/*
 * Reads a query or an answer. `data` has its first `length` bytes; is_cut is true if the message is
 * longer. Reads only the header and the question if the message is a query, if is_cut is true, or
 * if the server truncated the answer (TC bit) inside a record. Returns 0. Returns -EBADMSG if the
 * message is malformed or has several questions, and -ENOMSG for other kinds of messages
 * (notifications, updates). After an error, *out is undefined, except for id and is_answer if the
 * header is complete.
 */
int dns_message_parse(const uint8_t *data, size_t length, bool is_cut, struct dns_message *out);

/* Writes the name of a type ("AAAA", "TYPE1234") or of a response code ("NXDOMAIN", "RCODE13"). */
void dns_message_type_word(uint16_t type, char word[DNS_WORD_SIZE]);
void dns_message_rcode_word(uint8_t rcode, char word[DNS_WORD_SIZE]);

#endif
