/* SPDX-License-Identifier: Apache-2.0 */
/* Parses DNS messages, including hostile ones, and pairs answers with their queries. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/dns/dns_lookups.h"
#include "core/dns/dns_message.h"
#include "core/dns/dns_strays.h"
#include "core/record/address.h"
#include "tests/support/dns_wire.h"

enum { A = 1, AAAA = 28, HTTPS = 65 };

static struct dns_wire wire;
static struct dns_message message;

static int parse(void)
{
	return dns_message_parse(wire.bytes, wire.length, false, &message);
}

static void assert_addresses(const char *expected)
{
	char text[DNS_ADDRESSES_MAX * ADDRESS_TEXT_SIZE] = "";

	for (size_t i = 0; i < message.address_count; i++) {
		size_t length = strlen(text);
		if (length > 0)
			text[length++] = ' ';
		address_format(message.addresses[i].family, &message.addresses[i].address,
			       text + length);
	}
	assert_string_equal(text, expected);
}

static void a_query_has_a_name_and_a_type(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 0x1234, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "Api.Example.COM", AAAA);
	dns_wire_edns(&wire, 1232);
	assert_int_equal(parse(), 0);
	assert_int_equal(message.id, 0x1234);
	assert_false(message.is_answer);
	assert_int_equal(message.type, AAAA);
	assert_string_equal(message.name, "api.example.com");
}

static void aliases_lead_to_addresses(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 5);
	dns_wire_question(&wire, "www.example", A);
	dns_wire_alias(&wire, "WWW.example", 300, "b.example");
	dns_wire_alias(&wire, "b.example", 60, "c.example");
	dns_wire_address(&wire, "c.example", 30, "192.0.2.1");
	dns_wire_address(&wire, "c.example", 40, "192.0.2.2");
	dns_wire_address(&wire, "other.example", 1, "192.0.2.66");
	assert_int_equal(parse(), 0);
	assert_true(message.has_answers);
	assert_addresses("192.0.2.1 192.0.2.2");
	assert_int_equal(message.ttl_s, 30);
	assert_int_equal(message.alias_count, 2);
	assert_string_equal(message.aliases[0], "b.example");
	assert_string_equal(message.aliases[1], "c.example");
}

static void aliases_may_stand_in_any_order(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 3);
	dns_wire_question(&wire, "a.example", AAAA);
	dns_wire_address(&wire, "c.example", 50, "2001:db8::7");
	dns_wire_alias(&wire, "b.example", 20, "c.example");
	dns_wire_alias(&wire, "a.example", 60, "b.example");
	assert_int_equal(parse(), 0);
	assert_addresses("2001:db8::7");
	assert_int_equal(message.ttl_s, 20);
}

static void a_loop_of_aliases_ends(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 2);
	dns_wire_question(&wire, "a.example", A);
	dns_wire_alias(&wire, "a.example", 60, "b.example");
	dns_wire_alias(&wire, "b.example", 60, "a.example");
	assert_int_equal(parse(), 0);
	assert_addresses("");
	assert_int_equal(message.alias_count, DNS_ALIASES_MAX);
	assert_true(message.has_more);
}

static void failures_have_codes(void **state)
{
	static const char *const words[] = {"NOERROR",  "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED"};
	char word[DNS_WORD_SIZE];

	(void)state;
	for (uint8_t rcode = 0; rcode < 6; rcode++) {
		dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(rcode), 1, 0);
		dns_wire_question(&wire, "x.example", A);
		assert_int_equal(parse(), 0);
		dns_message_rcode_word(message.rcode, word);
		assert_string_equal(word, words[rcode]);
	}
	dns_message_rcode_word(13, word);
	assert_string_equal(word, "RCODE13");
	dns_message_type_word(HTTPS, word);
	assert_string_equal(word, "HTTPS");
	dns_message_type_word(65535, word);
	assert_string_equal(word, "TYPE65535");
}

static void an_error_may_lack_the_question(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 7, DNS_WIRE_ANSWER(1), 0, 0);
	assert_int_equal(parse(), 0);
	assert_false(message.has_question);
	dns_wire_begin(&wire, 7, DNS_WIRE_ANSWER(0), 0, 0);
	assert_int_equal(parse(), -EBADMSG);
}

static void answers_of_edns_are_longer_than_512_bytes(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 80);
	dns_wire_question(&wire, "many.example", A);
	for (unsigned int i = 0; i < 80; i++) {
		char address[ADDRESS_TEXT_SIZE];
		snprintf(address, sizeof(address), "192.0.2.%u", i);
		dns_wire_address(&wire, "many.example", 60, address);
	}
	dns_wire_edns(&wire, 4096);
	assert_true(wire.length > 512);
	assert_int_equal(parse(), 0);
	assert_int_equal(message.address_count, DNS_ADDRESSES_MAX);
	assert_true(message.has_more);
}

static void truncated_and_cut_answers_have_a_question(void **state)
{
	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0) | DNS_WIRE_TRUNCATED, 1, 0);
	dns_wire_question(&wire, "big.example", A);
	assert_int_equal(parse(), 0);
	assert_true(message.is_truncated);

	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 2);
	dns_wire_question(&wire, "big.example", A);
	dns_wire_address(&wire, "big.example", 60, "192.0.2.1");
	dns_wire_address(&wire, "big.example", 60, "192.0.2.2");
	wire.length -= 2;
	assert_int_equal(parse(), -EBADMSG);
	assert_int_equal(dns_message_parse(wire.bytes, wire.length, true, &message), 0);
	assert_string_equal(message.name, "big.example");
	assert_false(message.has_answers);
	wire.bytes[2] |= DNS_WIRE_TRUNCATED >> 8;
	assert_int_equal(parse(), 0);
	assert_false(message.has_answers);
	assert_addresses("");
}

static void hostile_messages_are_refused(void **state)
{
	static const uint8_t to_itself[] = {0xc0, 12, 0, A, 0, 1};
	static const uint8_t forward[] = {0xc0, 14, 0xc0, 12, 0, A, 0, 1};
	static const uint8_t reserved[] = {0x80, 'x', 0, 0, A, 0, 1};
	static const struct {
		const uint8_t *question;
		size_t size;
	} questions[] = {
		{to_itself, sizeof(to_itself)},
		{forward, sizeof(forward)},
		{reserved, sizeof(reserved)},
		{to_itself, 1},
		{to_itself, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		dns_wire_begin(&wire, 1, DNS_WIRE_QUERY, 1, 0);
		dns_wire_bytes(&wire, questions[i].question, questions[i].size);
		assert_int_equal(parse(), -EBADMSG);
	}
	dns_wire_begin(&wire, 1, DNS_WIRE_QUERY, 2, 0);
	dns_wire_question(&wire, "a.example", A);
	dns_wire_question(&wire, "b.example", A);
	assert_int_equal(parse(), -EBADMSG);
	/* An A record of 16 bytes. */
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "a", A);
	dns_wire_address(&wire, "a", 60, "2001:db8::1");
	wire.bytes[12 + 7 + 4] = A;
	assert_int_equal(parse(), -EBADMSG);
	/* An alias that reaches beyond its record. */
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "a", A);
	dns_wire_alias(&wire, "a", 60, "b.example");
	wire.bytes[wire.length - 11] = 40;
	assert_int_equal(parse(), -EBADMSG);
	for (size_t length = 0; length < DNS_HEADER_SIZE; length++)
		assert_int_equal(dns_message_parse(wire.bytes, length, false, &message), -EBADMSG);
	/* An update (RFC 2136). */
	dns_wire_begin(&wire, 1, 0x2800, 1, 0);
	dns_wire_question(&wire, "a.example", 6);
	assert_int_equal(parse(), -ENOMSG);
}

static void names_are_printable(void **state)
{
	static const uint8_t label[] = {9,    'a', '.', ' ', 0x1b, '\n', 0xff, '"',
					'\\', 'B', 0,   0,   A,    0,    1};

	(void)state;
	dns_wire_begin(&wire, 1, DNS_WIRE_QUERY, 1, 0);
	dns_wire_bytes(&wire, label, sizeof(label));
	assert_int_equal(parse(), 0);
	assert_string_equal(message.name, "a\\.\\032\\027\\010\\255\\\"\\\\b");
	dns_wire_begin(&wire, 1, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "", A);
	assert_int_equal(parse(), 0);
	assert_string_equal(message.name, ".");
}

/* --- pairing --- */

static struct {
	size_t count;
	enum dns_outcome outcome;
	char name[DNS_NAME_SIZE];
	uint64_t took_ns;
	size_t addresses;
	uint64_t strays;
	uint32_t pid;
	bool is_fallback;
} last;

static void on_result(void *data, const struct dns_result *result)
{
	(void)data;
	last.count++;
	last.outcome = result->outcome;
	snprintf(last.name, sizeof(last.name), "%s", result->name);
	last.took_ns = result->ended_ns - result->asked_ns;
	last.addresses = result->answer ? result->answer->address_count : 0;
	last.strays = result->strays;
	last.is_fallback = result->is_fallback;
	last.pid = result->client->pid;
}

/* Each socket has a cgroup of its own, with the id of the socket. */
static bool has_own_cgroups;

static int setup(void **state)
{
	memset(&last, 0, sizeof(last));
	*state = dns_lookups_new(8, on_result, NULL);
	has_own_cgroups = false;
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	dns_lookups_free(*state);
	return 0;
}

/* Hands the message in `wire` to the lookups. */
static void give(struct dns_lookups *lookups, uint64_t socket, uint8_t server, bool is_sent,
		 uint64_t time_ns)
{
	const struct dns_packet packet = {
		.client = {.socket = socket,
			   .cgroup_id = has_own_cgroups ? socket : 0,
			   .server = {.bytes = {192, 0, 2, server}},
			   .family = 4,
			   .server_port = 53,
			   .pid = 10},
		.time_ns = time_ns,
		.is_sent = is_sent,
		.data = wire.bytes,
		.length = wire.length,
	};

	dns_lookups_packet(lookups, &packet);
}

static void ask(struct dns_lookups *lookups, uint64_t socket, uint16_t id, const char *name,
		uint64_t time_ns)
{
	dns_wire_begin(&wire, id, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, name, A);
	give(lookups, socket, 53, true, time_ns);
}

static void answer(struct dns_lookups *lookups, uint64_t socket, uint16_t id, const char *name,
		   uint64_t time_ns)
{
	dns_wire_begin(&wire, id, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, name, A);
	dns_wire_address(&wire, name, 60, "203.0.113.1");
	give(lookups, socket, 53, false, time_ns);
}

static void answers_belong_to_a_socket_a_server_and_an_id(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", 100);
	ask(lookups, 2, 7, "b.example", 200);
	answer(lookups, 2, 7, "b.example", 1200);
	assert_int_equal(last.count, 1);
	assert_int_equal(last.outcome, DNS_ANSWERED);
	assert_string_equal(last.name, "b.example");
	assert_int_equal(last.took_ns, 1000);
	assert_int_equal(last.addresses, 1);
	assert_int_equal(last.pid, 10);
	/* Stray answers: wrong id, wrong question, wrong server, and a second answer to a query.
	 * They are reported as one sum for each socket. */
	answer(lookups, 1, 8, "a.example", 1300);
	answer(lookups, 1, 7, "evil.example", 1300);
	give(lookups, 1, 66, false, 1300);
	answer(lookups, 2, 7, "b.example", 1300);
	assert_int_equal(last.count, 1);
	dns_lookups_expire(lookups, 1300);
	assert_int_equal(last.count, 3);
	assert_int_equal(last.outcome, DNS_STRAY);
	assert_int_equal(last.strays, 1);
	assert_string_equal(last.name, "b.example");
	assert_int_equal(last.addresses, 0);
	assert_int_equal(last.pid, 10);
	assert_int_equal(dns_lookups_counts(lookups)->stray, 4);
	answer(lookups, 1, 7, "A.EXAMPLE", 1400);
	assert_int_equal(last.count, 4);
	assert_int_equal(last.outcome, DNS_ANSWERED);
	assert_string_equal(last.name, "a.example");
}

static void one_socket_asks_for_both_families(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", 100);
	dns_wire_begin(&wire, 8, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "a.example", AAAA);
	give(lookups, 1, 53, true, 100);
	dns_wire_begin(&wire, 8, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "a.example", AAAA);
	dns_wire_address(&wire, "a.example", 60, "2001:db8::1");
	give(lookups, 1, 53, false, 200);
	assert_int_equal(last.count, 1);
	answer(lookups, 1, 7, "a.example", 300);
	assert_int_equal(last.count, 2);
}

static void a_query_without_an_answer_is_reported_once(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", NS_PER_SECOND);
	/* The client repeats the query. */
	ask(lookups, 1, 7, "a.example", 3 * NS_PER_SECOND);
	dns_lookups_expire(lookups, 6 * NS_PER_SECOND - 1);
	assert_int_equal(last.count, 0);
	dns_lookups_expire(lookups, 6 * NS_PER_SECOND);
	dns_lookups_expire(lookups, 7 * NS_PER_SECOND);
	assert_int_equal(last.count, 1);
	assert_int_equal(last.outcome, DNS_UNANSWERED);
	answer(lookups, 1, 7, "a.example", 9 * NS_PER_SECOND);
	assert_int_equal(last.count, 2);
	assert_int_equal(last.outcome, DNS_ANSWERED);
	assert_int_equal(last.took_ns, 8 * NS_PER_SECOND);
}

static void old_queries_are_forgotten(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", 0);
	dns_lookups_expire(lookups, DNS_FORGET_NS);
	answer(lookups, 1, 7, "a.example", DNS_FORGET_NS);
	assert_int_equal(last.count, 1);
	dns_lookups_expire(lookups, DNS_FORGET_NS);
	assert_int_equal(last.count, 2);
	assert_int_equal(dns_lookups_counts(lookups)->stray, 1);
}

/* A query over UDP that gets a truncated answer and the next query over TCP are one look-up. */
static void truncated_answers_are_asked_for_again(void **state)
{
	struct dns_lookups *lookups = *state;
	struct dns_packet packet = {
		.client = {.socket = 2, .pid = 10, .is_tcp = true},
		.time_ns = 2000,
		.is_sent = true,
		.data = wire.bytes,
	};

	ask(lookups, 1, 7, "a.example", 100);
	dns_wire_begin(&wire, 7, DNS_WIRE_ANSWER(0) | DNS_WIRE_TRUNCATED, 1, 0);
	dns_wire_question(&wire, "a.example", A);
	give(lookups, 1, 53, false, 1000);
	assert_int_equal(last.took_ns, 900);
	assert_false(last.is_fallback);
	dns_wire_begin(&wire, 8, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "a.example", A);
	packet.length = wire.length;
	dns_lookups_packet(lookups, &packet);
	dns_wire_begin(&wire, 8, DNS_WIRE_ANSWER(0), 1, 0);
	dns_wire_question(&wire, "a.example", A);
	packet.is_sent = false;
	packet.time_ns = 3000;
	packet.length = wire.length;
	dns_lookups_packet(lookups, &packet);
	assert_int_equal(last.count, 2);
	assert_true(last.is_fallback);
	assert_int_equal(last.took_ns, 2900);
	/* The same query without a truncated answer before it. */
	dns_wire_begin(&wire, 9, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "a.example", A);
	packet.is_sent = true;
	packet.length = wire.length;
	dns_lookups_packet(lookups, &packet);
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS + 3000);
	assert_int_equal(last.outcome, DNS_UNANSWERED);
	assert_false(last.is_fallback);
	assert_int_equal(last.took_ns, DNS_UNANSWERED_NS);
}

/* If a client repeats a query, each of the queries may get an answer. Only further answers are
 * stray. */
static void answers_to_repeated_queries_are_not_stray(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", 100);
	ask(lookups, 1, 7, "a.example", 200);
	answer(lookups, 1, 7, "a.example", 300);
	assert_int_equal(last.count, 1);
	answer(lookups, 1, 7, "a.example", 301);
	dns_lookups_expire(lookups, 301);
	assert_int_equal(last.count, 1);
	answer(lookups, 1, 7, "a.example", 302);
	dns_lookups_expire(lookups, 302);
	assert_int_equal(last.count, 2);
	assert_int_equal(last.outcome, DNS_STRAY);
	/* A repeated query that got one of its two answers is not reported as unanswered. */
	ask(lookups, 2, 8, "b.example", 400);
	ask(lookups, 2, 8, "b.example", 401);
	answer(lookups, 2, 8, "b.example", 402);
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS + 500);
	assert_int_equal(last.count, 3);
	assert_int_equal(last.outcome, DNS_ANSWERED);
}

/* Answers are not stray if the query may have been sent before polecat started, or if the packet
 * of the query may be lost. */
static void answers_to_queries_that_were_not_seen_are_not_stray(void **state)
{
	struct dns_lookups *lookups = *state;
	struct dns_packet packet = {
		.client = {.socket = 1, .family = 4, .server_port = 53},
		.is_begun_by_server = true,
		.data = wire.bytes,
	};

	dns_lookups_expire(lookups, 1);
	answer(lookups, 9, 1, "a.example", 2);
	packet.length = wire.length;
	packet.time_ns = DNS_UNANSWERED_NS;
	dns_lookups_packet(lookups, &packet);
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS);
	assert_int_equal(dns_lookups_counts(lookups)->stray, 1);
	packet.time_ns = DNS_UNANSWERED_NS + 1;
	dns_lookups_packet(lookups, &packet);
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS + 1);
	assert_int_equal(dns_lookups_counts(lookups)->stray, 2);
	answer(lookups, 9, 1, "a.example", DNS_UNANSWERED_NS + 2);
	dns_lookups_note_loss(lookups, DNS_UNANSWERED_NS + 3);
	answer(lookups, 9, 1, "a.example", DNS_UNANSWERED_NS + 4);
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS + 5);
	assert_int_equal(dns_lookups_counts(lookups)->stray, 2);
}

/* Stray answers are summed up for each socket. Beyond DNS_STRAYS_MAX sockets, all further
 * sockets share one sum, which names no process. */
static void stray_answers_of_many_sockets(void **state)
{
	struct dns_lookups *lookups = *state;

	for (uint64_t socket = 1; socket <= DNS_STRAYS_MAX + 10; socket++)
		answer(lookups, socket, 1, "a.example", socket);
	dns_lookups_expire(lookups, 100);
	assert_int_equal(last.count, DNS_STRAYS_MAX + 1);
	assert_int_equal(last.strays, 10);
	assert_int_equal(last.pid, 0);
	assert_int_equal(dns_lookups_counts(lookups)->stray, DNS_STRAYS_MAX + 10);
}

static void malformed_answers_do_not_end_a_query(void **state)
{
	struct dns_lookups *lookups = *state;

	ask(lookups, 1, 7, "a.example", 0);
	for (int i = 0; i < 3; i++) {
		dns_wire_begin(&wire, 7, DNS_WIRE_ANSWER(0), 2, 0);
		give(lookups, 1, 53, false, 10);
	}
	assert_int_equal(last.count, 1);
	assert_int_equal(last.outcome, DNS_MALFORMED);
	assert_int_equal(dns_lookups_counts(lookups)->malformed, 3);
	answer(lookups, 1, 7, "a.example", 20);
	assert_int_equal(last.count, 2);
	assert_int_equal(last.outcome, DNS_ANSWERED);
}

/* Adds the counts. */
static void note_refused(void *data, uint64_t cgroup_id, uint64_t count)
{
	uint64_t *refused = data;

	assert_in_range(cgroup_id, 1, 2);
	refused[cgroup_id] += count;
}

/* Queries of one cgroup that wait leave room for those of another one. */
static void a_flood_leaves_room_for_others(void **state)
{
	struct dns_lookups *lookups = *state;
	uint64_t refused[3] = {0};

	has_own_cgroups = true;
	for (uint16_t id = 1; id <= 10; id++)
		ask(lookups, 1, id, "a.example", id);
	ask(lookups, 2, 1, "b.example", 11);
	answer(lookups, 2, 1, "b.example", 12);
	assert_int_equal(last.count, 1);
	assert_int_equal(last.outcome, DNS_ANSWERED);
	assert_int_equal(dns_lookups_report_refused(lookups, note_refused, refused), 6);
	assert_int_equal(refused[1], 6);
	assert_int_equal(dns_lookups_counts(lookups)->unkept, 6);
	/* After the answers, there is room again. */
	answer(lookups, 1, 1, "a.example", 13);
	answer(lookups, 1, 2, "a.example", 13);
	ask(lookups, 1, 11, "a.example", 14);
	assert_int_equal(dns_lookups_report_refused(lookups, note_refused, refused), 0);
}

static void the_number_of_queries_is_bounded(void **state)
{
	struct dns_lookups *lookups = *state;

	has_own_cgroups = true;
	for (uint16_t id = 1; id <= 10; id++)
		ask(lookups, id, id, "a.example", id);
	assert_int_equal(dns_lookups_counts(lookups)->unkept, 2);
	/* Queries that were reported as unanswered make room for new ones. */
	dns_lookups_expire(lookups, DNS_UNANSWERED_NS + 8);
	assert_int_equal(last.count, 8);
	ask(lookups, 1, 19, "b.example", DNS_UNANSWERED_NS + 9);
	assert_int_equal(dns_lookups_counts(lookups)->unkept, 2);
	answer(lookups, 1, 1, "a.example", DNS_UNANSWERED_NS + 10);
	assert_int_equal(last.count, 8);
	answer(lookups, 1, 19, "b.example", DNS_UNANSWERED_NS + 10);
	assert_int_equal(last.count, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_has_a_name_and_a_type),
		cmocka_unit_test(aliases_lead_to_addresses),
		cmocka_unit_test(aliases_may_stand_in_any_order),
		cmocka_unit_test(a_loop_of_aliases_ends),
		cmocka_unit_test(failures_have_codes),
		cmocka_unit_test(an_error_may_lack_the_question),
		cmocka_unit_test(answers_of_edns_are_longer_than_512_bytes),
		cmocka_unit_test(truncated_and_cut_answers_have_a_question),
		cmocka_unit_test(hostile_messages_are_refused),
		cmocka_unit_test(names_are_printable),
		cmocka_unit_test_setup_teardown(answers_belong_to_a_socket_a_server_and_an_id,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_socket_asks_for_both_families, setup, teardown),
		cmocka_unit_test_setup_teardown(a_query_without_an_answer_is_reported_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(old_queries_are_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_answers_are_asked_for_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(answers_to_repeated_queries_are_not_stray, setup,
						teardown),
		cmocka_unit_test_setup_teardown(answers_to_queries_that_were_not_seen_are_not_stray,
						setup, teardown),
		cmocka_unit_test_setup_teardown(stray_answers_of_many_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_answers_do_not_end_a_query, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_number_of_queries_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_leaves_room_for_others, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
