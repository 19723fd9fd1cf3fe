/* SPDX-License-Identifier: Apache-2.0 */
/* Puts DNS messages over TCP together from segments that are split, repeated, early or missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/dns/dns_streams.h"

/* Three messages, each after its length. All bytes of a message are the same letter: a, b or c. */
static uint8_t stream[2 + 12 + 2 + 30 + 2 + 300];
static char got[512];

static void add_message(uint8_t *at, uint16_t size, char letter)
{
	at[0] = (uint8_t)(size >> 8);
	at[1] = (uint8_t)size;
	memset(at + 2, letter, size);
}

/* Appends "LETTER SIZE" to `got`, with "!" if the message is cut. */
static void on_message(void *data, const struct dns_packet *message)
{
	size_t length = strlen(got);

	(void)data;
	for (size_t i = 1; i < message->length; i++)
		assert_int_equal(message->data[i], message->data[0]);
	snprintf(got + length, sizeof(got) - length, "%s%c%zu%s", length ? " " : "",
		 message->length ? message->data[0] : '-', message->length,
		 message->is_cut ? "!" : "");
}

static int setup(void **state)
{
	add_message(stream, 12, 'a');
	add_message(stream + 14, 30, 'b');
	add_message(stream + 46, 300, 'c');
	got[0] = '\0';
	*state = dns_streams_new(on_message, NULL);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	dns_streams_free(*state);
	return 0;
}

/* Gives the bytes from `from` to `to` of the stream as one segment, of which the kernel side sent
 * the first `sent`. The sequence numbers wrap inside the stream. */
static void give_of(struct dns_streams *streams, uint64_t cgroup_id, uint64_t socket, uint32_t from,
		    uint32_t to, uint32_t sent)
{
	uint8_t *data = malloc(sent ? sent : 1); /* so that ASan sees reads past the end */
	const struct dns_packet segment = {
		.client = {.socket = socket, .cgroup_id = cgroup_id, .is_tcp = true},
		.time_ns = 1,
		.sequence = UINT32_MAX - 20 + from,
		.size = to - from,
		.data = data,
		.length = sent,
	};

	assert_non_null(data);
	memcpy(data, stream + from, sent);
	dns_streams_segment(streams, &segment);
	free(data);
}

static void give_cut(struct dns_streams *streams, uint64_t socket, uint32_t from, uint32_t to,
		     uint32_t sent)
{
	give_of(streams, 1, socket, from, to, sent);
}

static void give(struct dns_streams *streams, uint64_t socket, uint32_t from, uint32_t to)
{
	give_cut(streams, socket, from, to, to - from);
}

/* Every way to split the stream into three segments. */
static void messages_may_be_split_anywhere(void **state)
{
	uint64_t socket = 0;

	for (uint32_t first = 1; first < sizeof(stream) - 1; first += first < 50 ? 1 : 37) {
		for (uint32_t second = first + 1; second < sizeof(stream);
		     second += second < 50 ? 1 : 41) {
			got[0] = '\0';
			give(*state, ++socket, 0, first);
			give(*state, socket, first, second);
			give(*state, socket, second, sizeof(stream));
			assert_string_equal(got, "a12 b30 c300");
		}
	}
	assert_int_equal(dns_streams_unread(*state), 0);
}

static void segments_may_be_repeated_and_early(void **state)
{
	give(*state, 1, 0, 10);
	give(*state, 1, 0, 10);
	give(*state, 1, 20, 100); /* early */
	assert_string_equal(got, "");
	give(*state, 1, 5, 20); /* repeats some bytes */
	assert_string_equal(got, "a12 b30");
	give(*state, 1, 20, 100);
	give(*state, 1, 90, sizeof(stream));
	assert_string_equal(got, "a12 b30 c300");
	assert_int_equal(dns_streams_unread(*state), 0);
}

/* If a segment is missing, only the messages with bytes in that segment are lost. */
static void a_stream_continues_after_a_gap(void **state)
{
	give(*state, 1, 0, 20);
	give(*state, 1, 46, 100);
	give(*state, 1, 150, 151); /* two gaps: the first is never filled */
	assert_string_equal(got, "a12");
	assert_int_equal(dns_streams_unread(*state), 1);
	give(*state, 1, 100, 150);
	give(*state, 1, 151, sizeof(stream));
	assert_string_equal(got, "a12 c300");
	assert_int_equal(dns_streams_unread(*state), 1);
}

/* The kernel side sends the first bytes of a long segment. */
static void long_messages_are_cut(void **state)
{
	give_cut(*state, 1, 0, sizeof(stream), 100);
	assert_string_equal(got, "a12 b30 c52!");
	give(*state, 1, sizeof(stream), sizeof(stream)); /* empty */
	assert_int_equal(dns_streams_unread(*state), 0);
	/* The length of the next message is missing. */
	got[0] = '\0';
	give_cut(*state, 2, 0, 20, 15);
	assert_string_equal(got, "a12");
	give(*state, 2, 20, 46);
	assert_int_equal(dns_streams_unread(*state), 1);
	assert_string_equal(got, "a12");
	give(*state, 2, 46, sizeof(stream));
	assert_string_equal(got, "a12");
}

/* A connection that was open before the start is read from the beginning of a message. */
static void nonsense_is_ignored(void **state)
{
	memset(stream + 14, 0, 2);
	give(*state, 1, 14, 46);
	assert_string_equal(got, "");
	assert_int_equal(dns_streams_unread(*state), 0);
	give(*state, 1, 46, sizeof(stream));
	assert_string_equal(got, "c300");
}

/* One cgroup gets half of the streams. */
static void streams_are_bounded_and_end(void **state)
{
	for (uint64_t socket = 1; socket <= DNS_STREAMS_MAX; socket++)
		give(*state, socket, 0, 20);
	assert_int_equal(dns_streams_unread(*state), DNS_STREAMS_MAX / 2);
	dns_streams_expire(*state, DNS_STREAM_IDLE_NS);
	assert_int_equal(dns_streams_unread(*state), DNS_STREAMS_MAX / 2);
	dns_streams_expire(*state, DNS_STREAM_IDLE_NS + 1);
	assert_int_equal(dns_streams_unread(*state), DNS_STREAMS_MAX);
}

/* The streams of one cgroup, however many, do not take the place of those of another. */
static void a_flood_of_streams_hides_no_others(void **state)
{
	give_of(*state, 2, 10001, 0, 20, 20);
	for (uint64_t socket = 1; socket <= 10 * DNS_STREAMS_MAX; socket++)
		give(*state, socket, 0, 10);
	give_of(*state, 2, 10002, 0, 20, 20);
	for (uint64_t socket = 1; socket <= 10 * DNS_STREAMS_MAX; socket++)
		give(*state, socket, 0, 10);
	got[0] = '\0';
	give_of(*state, 2, 10001, 20, 46, 26);
	give_of(*state, 2, 10002, 20, 46, 26);
	assert_string_equal(got, "b30 b30");
}

/* With more cgroups than streams, the oldest stream makes place. */
static void every_cgroup_gets_a_stream(void **state)
{
	for (uint64_t cgroup = 1; cgroup <= 2 * DNS_STREAMS_MAX; cgroup++) {
		got[0] = '\0';
		give_of(*state, cgroup, cgroup, 0, 10, 10);
		give_of(*state, cgroup, cgroup, 10, 46, 36);
		assert_string_equal(got, "a12 b30");
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(messages_may_be_split_anywhere),
		TEST(segments_may_be_repeated_and_early),
		TEST(a_stream_continues_after_a_gap),
		TEST(long_messages_are_cut),
		TEST(nonsense_is_ignored),
		TEST(streams_are_bounded_and_end),
		TEST(a_flood_of_streams_hides_no_others),
		TEST(every_cgroup_gets_a_stream),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
