/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_message.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"

_Static_assert(DNS_NAME_SIZE == NS_MAXDNAME && DNS_HEADER_SIZE == NS_HFIXEDSZ, "sizes of RFC 1035");

/* The longest question: a name, its type and its class. */
#define QUESTION_SIZE_MAX (NS_MAXCDNAME + NS_QFIXEDSZ)

/* Offsets and bits of the header (RFC 1035, 4.1.1). */
enum {
	OFFSET_FLAGS = 2,
	OFFSET_RCODE = 3,
	OFFSET_QUESTIONS = 4,
	OFFSET_ANSWERS = 6,
	FLAG_ANSWER = 0x80,
	FLAG_TRUNCATED = 0x02,
	OPCODE_SHIFT = 3,
	FOUR_BITS = 0x0f,
};

static void dns_message_copy_name(char to[DNS_NAME_SIZE], const char *from)
{
	size_t i = 0;

	for (; i + 1 < DNS_NAME_SIZE && from[i] != '\0'; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] - 'A' + 'a') : from[i];
	to[i] = '\0';
}

static void dns_message_read_header(const uint8_t *data, struct dns_message *out)
{
	out->id = (uint16_t)ns_get16(data);
	out->rcode = data[OFFSET_RCODE] & FOUR_BITS;
	out->is_answer = (data[OFFSET_FLAGS] & FLAG_ANSWER) != 0;
	out->is_truncated = (data[OFFSET_FLAGS] & FLAG_TRUNCATED) != 0;
}

/* Reads the question from a copy that has only the header and the question, because ns_initparse
 * refuses a message if any of its records is cut. */
static int dns_message_read_question(const uint8_t *data, size_t length, struct dns_message *out)
{
	int size = ns_skiprr(data + DNS_HEADER_SIZE, data + length, ns_s_qd, 1);
	uint8_t copy[DNS_HEADER_SIZE + QUESTION_SIZE_MAX];
	ns_msg message;
	ns_rr question;

	if (size < 0 || size > QUESTION_SIZE_MAX)
		return -EBADMSG;
	memcpy(copy, data, (size_t)(DNS_HEADER_SIZE + size));
	memset(copy + OFFSET_ANSWERS, 0, DNS_HEADER_SIZE - OFFSET_ANSWERS);
	if (ns_initparse(copy, DNS_HEADER_SIZE + size, &message) ||
	    ns_parserr(&message, ns_s_qd, 0, &question))
		return -EBADMSG;
	dns_message_copy_name(out->name, ns_rr_name(question));
	out->type = (uint16_t)ns_rr_type(question);
	out->has_question = true;
	return 0;
}

static void dns_message_lower_ttl(struct dns_message *out, uint32_t *least, const ns_rr *record)
{
	/* RFC 2181, 8: a TTL with the highest bit set counts as 0. */
	uint32_t ttl_s = ns_rr_ttl(*record) > INT32_MAX ? 0 : ns_rr_ttl(*record);

	if (ttl_s < *least)
		*least = ttl_s;
	out->ttl_s = *least;
}

/* Returns the name whose records are looked for: the question's, or the last alias. */
static const char *dns_message_current(const struct dns_message *message)
{
	return message->alias_count > 0 ? message->aliases[message->alias_count - 1]
					: message->name;
}

static int dns_message_add_alias(const ns_msg *message, const ns_rr *record,
				 struct dns_message *out)
{
	char target[DNS_NAME_SIZE];

	if (ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), ns_rr_rdata(*record),
			       target, sizeof(target)) != ns_rr_rdlen(*record))
		return -EBADMSG;
	if (out->alias_count == DNS_ALIASES_MAX)
		out->has_more = true;
	else
		dns_message_copy_name(out->aliases[out->alias_count++], target);
	return 0;
}

static int dns_message_add_address(const ns_rr *record, struct dns_message *out)
{
	size_t size = ns_rr_type(*record) == ns_t_a ? NS_INADDRSZ : NS_IN6ADDRSZ;

	if (ns_rr_rdlen(*record) != size)
		return -EBADMSG;
	if (out->address_count == DNS_ADDRESSES_MAX) {
		out->has_more = true;
		return 0;
	}
	struct dns_address *added = &out->addresses[out->address_count++];
	*added = (struct dns_address){.family = size == NS_INADDRSZ ? 4 : 6};
	memcpy(added->address.bytes, ns_rr_rdata(*record), size);
	address_unmap(&added->family, &added->address);
	return 0;
}

/* Reads the answer section once. Ignores records for names other than dns_message_current, because
 * they may be forged. */
static int dns_message_pass(ns_msg *message, uint32_t *ttl_s, struct dns_message *out)
{
	ns_rr record;
	int error = 0;

	out->address_count = 0;
	for (int i = 0; !error && i < ns_msg_count(*message, ns_s_an); i++) {
		char name[DNS_NAME_SIZE];
		if (ns_parserr(message, ns_s_an, i, &record))
			return -EBADMSG;
		dns_message_copy_name(name, ns_rr_name(record));
		if (ns_rr_class(record) != ns_c_in || strcmp(name, dns_message_current(out)) != 0)
			continue;
		if (ns_rr_type(record) == ns_t_cname)
			error = dns_message_add_alias(message, &record, out);
		else if (ns_rr_type(record) == ns_t_a || ns_rr_type(record) == ns_t_aaaa)
			error = dns_message_add_address(&record, out);
		else
			continue;
		dns_message_lower_ttl(out, ttl_s, &record);
	}
	return error;
}

/* Follows the aliases. Makes another pass while the last one found an alias, because a record can
 * precede the alias that leads to it. A loop of aliases ends at DNS_ALIASES_MAX. */
static int dns_message_read_answers(const uint8_t *data, size_t length, struct dns_message *out)
{
	uint32_t ttl_s = UINT32_MAX;
	ns_msg message;
	size_t before;

	if (ns_initparse(data, (int)length, &message))
		return out->is_truncated ? 0 : -EBADMSG;
	out->has_answers = true;
	do {
		before = out->alias_count;
		int error = dns_message_pass(&message, &ttl_s, out);
		if (error)
			return error;
	} while (out->alias_count != before && !out->has_more);
	if (out->address_count == 0)
		out->ttl_s = 0;
	return 0;
}

int dns_message_parse(const uint8_t *data, size_t length, bool is_cut, struct dns_message *out)
{
	*out = (struct dns_message){0};
	if (length < DNS_HEADER_SIZE || length > NS_MAXMSG)
		return -EBADMSG;
	dns_message_read_header(data, out);
	if ((data[OFFSET_FLAGS] >> OPCODE_SHIFT & FOUR_BITS) != ns_o_query)
		return -ENOMSG;
	unsigned int questions = ns_get16(data + OFFSET_QUESTIONS);
	/* A server that could not read the question may leave it out. */
	if (questions == 0 && out->is_answer && out->rcode != ns_r_noerror)
		return 0;
	if (questions != 1)
		return -EBADMSG;
	int error = dns_message_read_question(data, length, out);
	if (error || !out->is_answer || is_cut)
		return error;
	return dns_message_read_answers(data, length, out);
}

void dns_message_type_word(uint16_t type, char word[DNS_WORD_SIZE])
{
	/* https://www.iana.org/assignments/dns-parameters */
	static const struct {
		uint16_t type;
		const char *word;
	} words[] = {
		{1, "A"},      {2, "NS"},    {5, "CNAME"},   {6, "SOA"},   {12, "PTR"},
		{13, "HINFO"}, {15, "MX"},   {16, "TXT"},    {28, "AAAA"}, {33, "SRV"},
		{35, "NAPTR"}, {43, "DS"},   {48, "DNSKEY"}, {52, "TLSA"}, {64, "SVCB"},
		{65, "HTTPS"}, {255, "ANY"}, {257, "CAA"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (words[i].type == type) {
			snprintf(word, DNS_WORD_SIZE, "%s", words[i].word);
			return;
		}
	}
	/* RFC 3597, 5 */
	snprintf(word, DNS_WORD_SIZE, "TYPE%u", type);
}

void dns_message_rcode_word(uint8_t rcode, char word[DNS_WORD_SIZE])
{
	static const char *const words[] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",
	};

	if (rcode < ARRAY_LENGTH(words))
		snprintf(word, DNS_WORD_SIZE, "%s", words[rcode]);
	else
		snprintf(word, DNS_WORD_SIZE, "RCODE%u", rcode);
}
