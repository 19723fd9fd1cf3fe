/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/record_json.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "core/record/json/json_plain.h"
#include "tests/support/random_record.h"

#define FLOW                                                                            \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"closed\",\"ts\":\"2026-01-01T00:00:00." \
	"000000001Z\","
#define EGRESS FLOW "\"direction\":\"egress\""

/* Reads a line, and fails if the reader refuses it. */
static void read_line(const char *line, struct record *record)
{
	struct record_json_error error = {0};

	if (record_json_read(line, strlen(line), record, &error))
		fail_msg("%s\nrefused at %zu: %s", line, error.column, error.message);
}

/* Lines in the form that the writer produces. Together they contain every field of every kind. */
static const char *const canonical[] = {
	"{\"v\":1,\"kind\":\"hello\"}",
	"{\"v\":1,\"kind\":\"hello\",\"node\":\"n1\",\"kernel\":\"6.1.0\",\"polecat\":\"0.1.0\","
	"\"started\":\"2026-01-01T00:00:00.000000001Z\",\"hooks\":[\"a\",\"b\"]}",
	EGRESS "}",
	EGRESS ",\"family\":6}",
	FLOW "\"id\":\"00000000deadbeef\",\"node\":\"n1\",\"direction\":\"egress\",\"protocol\":"
	     "\"TCP\",\"family\":4,\"src\":\"192.0.2.1\",\"sport\":40000,\"dst\":\"203.0.113.9\","
	     "\"dport\":443,\"state\":\"CLOSE\",\"error\":\"ECONNRESET\",\"latency_us\":1,"
	     "\"tx_bytes\":2,\"rx_bytes\":9223372036854775807,\"duration_ms\":4,\"rtt_us\":5,"
	     "\"retrans\":0,\"count\":7,\"pid\":8,\"uid\":0,\"comm\":\"curl\",\"cgroup_id\":"
	     "9223372036854775807,\"netns\":4294967295,\"container_id\":\"c0ffee\","
	     "\"namespace\":\"shop\",\"pod\":\"cart-1\",\"container\":\"cart\",\"peer\":{\"kind\":"
	     "\"service\",\"namespace\":\"shop\",\"name\":\"db\"},\"dns\":\"db.shop\"}",
	FLOW "\"id\":\"conn-7\",\"direction\":\"ingress\",\"protocol\":\"ICMP\",\"family\":6,"
	     "\"src\":\"2001:db8::1\",\"dst\":\"2001:db8::2\",\"dport\":0,\"error\":\"EWEIRD\","
	     "\"peer\":{\"name\":\"x\"}}",
	FLOW "\"direction\":\"egress\",\"protocol\":\"SCTP\",\"error\":\"999\",\"peer\":{\"kind\":"
	     "\"external\"}}",
	"{\"v\":1,\"kind\":\"container\",\"id\":\"c0ffee\",\"name\":\"cart\",\"runtime\":"
	"\"containerd\",\"cgroup_id\":1,\"netns\":2,\"pid\":3,\"namespace\":\"shop\",\"pod\":"
	"\"cart-1\",\"pod_uid\":\"u\",\"labels\":{\"a\":\"\",\"b\":\"c\"}}",
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"cart-1\",\"uid\":\"u\","
	"\"node\":"
	"\"n1\",\"ips\":[\"192.0.2.1\",\"2001:db8::1\"],\"labels\":{\"app\":\"cart\"},"
	"\"host_network\":true,\"ports\":[{\"name\":\"http\",\"port\":80,\"protocol\":\"TCP\"},{}],"
	"\"owner\":{\"kind\":\"ReplicaSet\",\"name\":\"cart\"},\"phase\":\"Running\",\"deleted\":"
	"true}",
	"{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"db\",\"type\":"
	"\"ClusterIP\",\"cluster_ips\":[\"None\"],\"lb_ips\":[\"lb.example.com\",\"192.0.2.3\"],"
	"\"selector\":{\"app\":\"db\"},\"labels\":{\"x\":\"y\"},\"ports\":[{\"name\":\"pg\","
	"\"protocol\":\"TCP\",\"port\":5432,\"target_port\":5432,\"node_port\":30000},{\"port\":1,"
	"\"target_port\":\"http\"}],\"endpoints\":[{\"ip\":\"192.0.2.4\",\"port\":5432,"
	"\"protocol\":\"TCP\",\"name\":\"pg\"}],\"deleted\":true}",
	"{\"v\":1,\"kind\":\"namespace\",\"name\":\"shop\",\"labels\":{\"a\":\"b\"},\"deleted\":"
	"true}",
	"{\"v\":1,\"kind\":\"node\",\"name\":\"n1\",\"ips\":[\"192.0.2.1\"],\"pod_cidrs\":["
	"\"192.0.2.0/25\"],\"deleted\":true}",
	"{\"v\":1,\"kind\":\"workload\",\"namespace\":\"shop\",\"name\":\"cart-1\",\"type\":"
	"\"ReplicaSet\",\"owner\":{\"kind\":\"Deployment\",\"name\":\"cart\"},\"selector\":"
	"{\"app\":\"cart\",\"pod-template-hash\":\"1\"},\"expressions\":[\"tier in (a,b)\"],"
	"\"deleted\":true}",
	"{\"v\":1,\"kind\":\"dns\",\"node\":\"n1\",\"namespace\":\"shop\",\"pod\":\"p\","
	"\"container_id\":\"c\",\"netns\":1,\"name\":\"x.example\",\"addresses\":[\"192.0.2.1\"],"
	"\"ttl_s\":30,\"rcode\":\"NOERROR\"}",
	"{\"v\":1,\"kind\":\"lost\",\"where\":\"kernel\",\"count\":0}",
	"{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":1}",
	"{\"v\":1,\"kind\":\"lost\",\"where\":\"memory\",\"count\":2}",
	"{\"v\":1,\"kind\":\"lost\",\"where\":\"stream\",\"count\":9223372036854775807}",
};

static void test_canonical_lines_come_back(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
		struct record record;
		read_line(canonical[i], &record);
		buffer.length = 0;
		assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
		assert_int_equal(buffer.length, strlen(buffer.data));
		assert_int_equal(buffer.data[buffer.length - 1], '\n');
		buffer.data[buffer.length - 1] = '\0';
		assert_string_equal(buffer.data, canonical[i]);
		record_free(&record);
	}
	free(buffer.data);
}

/* Control characters in a line would let a process name redraw a terminal. */
static void assert_line_is_safe(const char *line)
{
	for (const char *at = line; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
		bool c1 = byte == 0xc2 && (unsigned char)at[1] < 0xa0;
		if ((byte < 0x20 && !(byte == '\n' && at[1] == '\0')) || byte == 0x7f || c1)
			fail_msg("byte %02x in %s", byte, line);
	}
	assert_null(strstr(line, "\xe2\x80\xa8"));
}

/* Reads a line with the JSON library. The inserted space, which polecat never writes, makes the
 * plain reader refuse the line. */
static int read_by_library(const char *line, struct record *record)
{
	struct record_json_error error;
	char spaced[16384];

	snprintf(spaced, sizeof(spaced), " %s", line);
	return record_json_read(spaced, strlen(spaced), record, &error);
}

static void assert_equal_records(const struct record *a, const struct record *b, const char *line)
{
	const char *field = record_difference(a, b);

	if (field)
		fail_msg("the field %s differs after reading. Does its row (record_fields.c, "
			 "flow_fields.h) have the type, member and presence bit of the struct? %s",
			 field, line);
}

/* The writer writes every field of every kind, present and absent, and the JSON library reads it
 * back. The plain reader (json_plain.h) must read back flows, too. */
static void test_random_records_come_back(void **state)
{
	struct random random = {.state = 20260101};
	struct buffer buffer = {0};

	(void)state;
	for (int round = 0; round < 3000; round++) {
		for (int kind = RECORD_HELLO; kind <= RECORD_LOST; kind++) {
			struct record record;
			struct record back;

			random_record(&random, (enum record_kind)kind,
				      (enum random_presence)(round % 3), &record);
			buffer.length = 0;
			assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
			assert_line_is_safe(buffer.data);
			buffer.data[--buffer.length] = '\0';
			if (read_by_library(buffer.data, &back))
				fail_msg("the library's reader refuses %s", buffer.data);
			assert_equal_records(&record, &back, buffer.data);
			record_free(&back);
			if (kind == RECORD_FLOW) {
				if (!json_plain_read(buffer.data, buffer.length, &back))
					fail_msg("the plain reader declines %s", buffer.data);
				assert_equal_records(&record, &back, buffer.data);
				record_free(&back);
			}
			record_free(&record);
		}
	}
	free(buffer.data);
}

static void compare_readers(const char *line, int *accepted)
{
	struct record plain;
	struct record other;

	if (!json_plain_read(line, strlen(line), &plain))
		return;
	(*accepted)++;
	if (read_by_library(line, &other))
		fail_msg("only the plain reader accepts %s", line);
	assert_equal_records(&plain, &other, line);
	record_free(&plain);
	record_free(&other);
}

/* Lines have two readers: one of polecat for plain lines, and jansson for all others. jansson
 * accepts every line that the plain one accepts, and reads the same values. Each line here has one
 * changed byte. */
static void test_readers_agree(void **state)
{
	struct random random = {.state = 77};
	struct buffer buffer = {0};
	int accepted = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		static const char bytes[] = "0123456789abcdefxTCPUE\"\\,:{}[]. -\xc3\xa9\x7f\x01";
		struct record record;
		random_record(&random, RECORD_FLOW, (enum random_presence)(round % 3), &record);
		buffer.length = 0;
		assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
		buffer.data[--buffer.length] = '\0';
		for (int change = 0; change < 30; change++) {
			size_t at = random_below(&random, buffer.length);
			char before = buffer.data[at];
			buffer.data[at] = bytes[random_below(&random, sizeof(bytes) - 1)];
			compare_readers(buffer.data, &accepted);
			buffer.data[at] = before;
		}
		record_free(&record);
	}
	assert_true(accepted > 500);
	free(buffer.data);
}

struct refused {
	const char *line;
	int result;
	size_t column; /* 0: not checked */
	const char *message;
};

static void test_reading_refuses(void **state)
{
	static const struct refused cases[] = {
		{"", -EBADMSG, 1, "a JSON object was expected"},
		{"hello", -EBADMSG, 0, "a JSON object was expected"},
		{"[]", -EBADMSG, 1, "not a list"},
		{"1", -EBADMSG, 0, "a JSON object was expected"},
		{"{\"v\":1,\"kind\":\"hello\"} x", -EBADMSG, 24, "a JSON object was expected"},
		{"{\"v\":1 \"kind\":\"hello\"}", -EBADMSG, 13, "'}' expected"},
		{"{\"v\":1,\"kind\":\"hello\",\"node\":\"\xff\"}", -EBADMSG, 0,
		 "unable to decode byte"},
		{"{\"v\":1,\"kind\":\"hello\",\"node\":\"\\u0000\"}", -EBADMSG, 0, "NUL"},
		{"{\"v\":1,\"v\":1,\"kind\":\"hello\"}", -EBADMSG, 0, "duplicate"},
		{"{\"kind\":\"hello\"}", -EBADMSG, 0, "v: missing"},
		{"{\"v\":\"1\",\"kind\":\"hello\"}", -EBADMSG, 2, "version"},
		{"{\"v\":2,\"kind\":\"hello\"}", -EPROTO, 2, "version 2"},
		{"{\"kind\":\"what\",\"v\":-1}", -EPROTO, 16, "version -1"},
		{"{\"v\":1}", -EBADMSG, 0, "kind: missing"},
		{"{\"v\":1,\"kind\":3}", -EBADMSG, 8, "kind: a string was expected"},
		{"{\"v\":1,\"kind\":\"quark\"}", -ENOMSG, 8, "quark"},
		{"{\"v\":1,\"kind\":\"flow\",\"ts\":\"2026-01-01T00:00:00Z\",\"direction\":"
		 "\"egress\"}",
		 -EBADMSG, 0, "event: missing"},
		{"{\"v\":1,\"kind\":\"flow\",\"event\":\"opened\"}", -EBADMSG, 22,
		 "dropped, unanswered or lookup_failed was expected, not 'opened'"},
		{FLOW "\"direction\":\"up\"}", -EBADMSG, 0,
		 "egress or ingress was expected, not 'up'"},
		{"{\"v\":1,\"kind\":\"flow\",\"event\":\"open\",\"direction\":\"egress\"}",
		 -EBADMSG, 0, "ts: missing"},
		{"{\"v\":1,\"kind\":\"flow\",\"event\":\"open\",\"direction\":\"egress\",\"ts\":"
		 "\"noon\"}",
		 -EBADMSG, 58, "ts: a time like"},
		{EGRESS ",\"family\":5}", -EBADMSG, 0, "family: 4 or 6"},
		{EGRESS ",\"src\":\"192.0.2.256\"}", -EBADMSG, 0, "src: an IP address"},
		{EGRESS ",\"dst\":\"fe80::1%eth0\"}", -EBADMSG, 0, "dst: an IP address"},
		{EGRESS ",\"dst\":9}", -EBADMSG, 0, "dst: a string was expected, not a number"},
		{EGRESS ",\"dport\":\"443\"}", -EBADMSG, 0,
		 "dport: a port number was expected, not a"},
		{EGRESS ",\"dport\":443.0}", -EBADMSG, 0, "fraction"},
		{EGRESS ",\"tx_bytes\":-1}", -EBADMSG, 0, "tx_bytes: a number from 0"},
		{EGRESS ",\"tx_bytes\":1e3}", -EBADMSG, 0, "whole number"},
		{EGRESS ",\"pid\":4294967296}", -EBADMSG, 0, "from 0 to 4294967295"},
		{EGRESS ",\"cgroup_id\":9223372036854775808}", -EBADMSG, 0, "too big integer"},
		{EGRESS ",\"id\":true}", -EBADMSG, 0, "id: a string or a whole number"},
		{EGRESS ",\"peer\":\"pod\"}", -EBADMSG, 0, "peer: an object was expected"},
		{EGRESS ",\"peer\":{\"kind\":1}}", -EBADMSG, 0, "kind: a string was expected"},
		{"{\"v\":1,\"kind\":\"container\"}", -EBADMSG, 0, "id: missing"},
		{"{\"v\":1,\"kind\":\"pod\",\"name\":\"p\"}", -EBADMSG, 0, "namespace: missing"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"\"}", -EBADMSG, 0,
		 "name: missing"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ips\":\"192.0.2."
		 "1\"}",
		 -EBADMSG, 0, "ips: a list was expected, not a string"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ips\":[1]}",
		 -EBADMSG, 0, "ips: a list of strings"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"labels\":[]}",
		 -EBADMSG, 0, "labels: an object was expected"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"labels\":{\"a\":1}"
		 "}",
		 -EBADMSG, 0, "labels: an object of strings"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"deleted\":1}",
		 -EBADMSG, 0, "deleted: true or false"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ports\":[1]}",
		 -EBADMSG, 0, "ports: a list of objects"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ports\":[{},{"
		 "\"port\":"
		 "\"x\"}]}",
		 -EBADMSG, 48, "ports[1].port: a port number"},
		{"{\"v\":1,\"kind\":\"service\",\"namespace\":\"n\",\"name\":\"s\",\"ports\":[{"
		 "\"target_port\":[]}]}",
		 -EBADMSG, 0, "ports[0].target_port: a port's number or name"},
		{"{\"v\":1,\"kind\":\"service\",\"namespace\":\"n\",\"name\":\"s\",\"endpoints\":[{"
		 "\"ip\":1}]}",
		 -EBADMSG, 0, "endpoints[0].ip: a string"},
		{"{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\"}", -EBADMSG, 0, "count: missing"},
		{"{\"v\":1,\"kind\":\"lost\",\"where\":\"attic\",\"count\":1}", -EBADMSG, 0,
		 "kernel, queue, memory, stream or gap"},
		{"{\"v\":1,\"kind\":\"hello\",\"started\":\"\\u001b[2J\"}", -EBADMSG, 0,
		 "started: a time"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = {.kind = 77};
		struct record_json_error error = {0};
		int result =
			record_json_read(cases[i].line, strlen(cases[i].line), &record, &error);
		if (result != cases[i].result)
			fail_msg("%s: %d, not %d", cases[i].line, result, cases[i].result);
		if (!strstr(error.message, cases[i].message))
			fail_msg("%s: '%s' lacks '%s'", cases[i].line, error.message,
				 cases[i].message);
		if (cases[i].column > 0 && error.column != cases[i].column)
			fail_msg("%s: column %zu", cases[i].line, error.column);
		assert_int_equal(record.kind, 77);
	}
}

/* The column of an error is the column of the field, not of a text that looks like the field. */
static void test_column_is_of_the_field(void **state)
{
	static const char line[] = "{\"v\":1,\"kind\":\"node\",\"x\":{\"name\":1},\"y\":"
				   "\"\\\"name\\\":\",\"name\" : 5}";
	struct record record;
	struct record_json_error error;

	(void)state;
	assert_int_equal(record_json_read(line, strlen(line), &record, &error), -EBADMSG);
	assert_int_equal(error.column, strstr(line, "\"name\" : 5") - line + 1);
}

/* The reader reports every beginning of a line as cut, so that its caller can distinguish a cut end
 * from an error. */
static void test_cut_lines_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
		for (size_t length = 1; length < strlen(canonical[i]); length++) {
			struct record record;
			struct record_json_error error;
			assert_int_equal(record_json_read(canonical[i], length, &record, &error),
					 -EBADMSG);
			if (!error.incomplete)
				fail_msg("%.*s", (int)length, canonical[i]);
		}
	}
	static const char *const whole[] = {"{\"v\":1,}", "x", "{\"a\"}", "}", "{\"v\":1}}"};
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		struct record record;
		struct record_json_error error;
		assert_int_equal(record_json_read(whole[i], strlen(whole[i]), &record, &error),
				 -EBADMSG);
		assert_false(error.incomplete);
	}
}

static void test_long_line_is_refused(void **state)
{
	size_t length = RECORD_JSON_LINE_MAX + 1;
	char *line = malloc(length);
	struct record record;
	struct record_json_error error;

	(void)state;
	assert_non_null(line);
	memset(line, ' ', length);
	assert_int_equal(record_json_read(line, length, &record, &error), -EBADMSG);
	assert_non_null(strstr(error.message, "4194304"));
	free(line);
}

/* Each line reads like its canonical form. Unknown fields, null, "" and unusable values are
 * ignored. */
static void test_lenient_reading(void **state)
{
	static const struct {
		const char *line;
		const char *canonical;
	} cases[] = {
		{" { \"kind\" : \"hello\" , \"v\" : 1 , \"new\" : [ { } ] } \r",
		 "{\"v\":1,\"kind\":\"hello\"}"},
		{EGRESS ",\"src\":null,\"dport\":null,\"peer\":null,\"id\":null,\"comm\":\"\","
			"\"pod\":\"\",\"extra\":{\"a\":[1]}}",
		 EGRESS "}"},
		{EGRESS ",\"sport\":-1,\"dport\":70000}", EGRESS "}"},
		{EGRESS ",\"state\":\"WEIRD\",\"peer\":{\"kind\":\"weird\"}}", EGRESS "}"},
		{EGRESS ",\"family\":6,\"src\":\"::ffff:192.0.2.1\",\"dst\":\"::ffff:192.0.2.2\"}",
		 EGRESS ",\"family\":4,\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.2\"}"},
		/* If the addresses of a flow have different families, only the peer's address
		 * stays. */
		{EGRESS ",\"family\":6,\"src\":\"192.0.2.1\",\"dst\":\"2001:DB8::1\"}",
		 EGRESS ",\"family\":6,\"dst\":\"2001:db8::1\"}"},
		{FLOW
		 "\"direction\":\"ingress\",\"src\":\"::ffff:192.0.2.1\",\"dst\":\"2001:db8::1\"}",
		 FLOW "\"direction\":\"ingress\",\"family\":4,\"src\":\"192.0.2.1\"}"},
		{EGRESS ",\"src\":\"192.0.2.1\"}", EGRESS ",\"family\":4,\"src\":\"192.0.2.1\"}"},
		{EGRESS ",\"comm\":\"0123456789abcdefghi\"}",
		 EGRESS ",\"comm\":\"0123456789abcde\"}"},
		{EGRESS ",\"comm\":\"0123456789abcdé\"}", EGRESS ",\"comm\":\"0123456789abcd\"}"},
		{FLOW "\"id\":123,\"direction\":\"egress\"}",
		 FLOW "\"id\":\"123\",\"direction\":\"egress\"}"},
		{FLOW "\"id\":\"00000000DEADBEEF\",\"direction\":\"egress\"}",
		 FLOW "\"id\":\"00000000DEADBEEF\",\"direction\":\"egress\"}"},
		{"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ips\":[\"\",\"::"
		 "FFFF:"
		 "192.0.2.1\",\"2001:DB8::1\",\"junk\"],\"labels\":{\"b\":\"2\",\"a\":\"1\"},"
		 "\"deleted\":false,\"host_network\":false,\"owner\":null,\"ports\":[{\"port\":"
		 "70000}]}",
		 "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"n\",\"name\":\"p\",\"ips\":[\"192.0.2."
		 "1\","
		 "\"2001:db8::1\",\"junk\"],\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"ports\":[{}]}"},
		{"{\"v\":1,\"kind\":\"service\",\"namespace\":\"n\",\"name\":\"s\",\"selector\":{},"
		 "\"ports\":[{\"target_port\":\"80\"},{\"target_port\":70000}]}",
		 "{\"v\":1,\"kind\":\"service\",\"namespace\":\"n\",\"name\":\"s\",\"ports\":[{"
		 "\"target_port\":80},{\"target_port\":\"70000\"}]}"},
	};
	struct buffer buffer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record;
		read_line(cases[i].line, &record);
		buffer.length = 0;
		assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
		buffer.data[buffer.length - 1] = '\0';
		assert_string_equal(buffer.data, cases[i].canonical);
		record_free(&record);
	}
	free(buffer.data);
}

/* Makes a flow without names, like the flows of kernel events. */
static struct record make_flow(void)
{
	struct record record = {.kind = RECORD_FLOW};

	record.flow.event = FLOW_ATTEMPT;
	record.flow.direction = FLOW_EGRESS;
	record.flow.protocol = FLOW_TCP;
	return record;
}

#define ATTEMPT                                                                          \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"1970-01-01T00:00:00." \
	"000000000Z\","
#define TCP "\"direction\":\"egress\",\"protocol\":\"TCP\""

static void assert_written(const struct record *record, const struct flow *known,
			   const char *expected)
{
	struct buffer buffer = {0};

	assert_int_equal(record_json_write(&buffer, record, known), 0);
	assert_string_equal(buffer.data, expected);
	free(buffer.data);
}

static void test_names_fill_what_is_absent(void **state)
{
	struct flow_names names = {
		.node = "n2",
		.namespace_name = "shop",
		.pod = "cart",
		.container = "main",
		.container_id = "c0ffee",
		.dns = "x.example",
		.peer_namespace = "db",
		.peer_name = "pg-0",
	};
	const struct flow known = {.peer_kind = FLOW_PEER_POD, .names = &names};
	struct flow_names own = {.node = "n1", .pod = "own"};
	struct record record = make_flow();

	(void)state;
	assert_written(&record, NULL, ATTEMPT TCP "}\n");
	assert_written(&record, &known,
		       ATTEMPT
		       "\"node\":\"n2\"," TCP ",\"container_id\":\"c0ffee\",\"namespace\":"
		       "\"shop\",\"pod\":\"cart\",\"container\":\"main\",\"peer\":{\"kind\":"
		       "\"pod\",\"namespace\":\"db\",\"name\":\"pg-0\"},\"dns\":"
		       "\"x.example\"}\n");
	/* The flow's own names take precedence over the known names. If the flow has a peer of its
	 * own, it gets no field of the known peer. */
	record.flow.names = &own;
	record.flow.peer_kind = FLOW_PEER_EXTERNAL;
	assert_written(&record, &known,
		       ATTEMPT "\"node\":\"n1\"," TCP ",\"container_id\":\"c0ffee\",\"namespace\":"
			       "\"shop\",\"pod\":\"own\",\"container\":\"main\",\"peer\":{\"kind\":"
			       "\"external\"},\"dns\":\"x.example\"}\n");
}

/* An edge gets the names of a flow, but no value for the objects that only edges have. */
static void test_names_fill_an_edge(void **state)
{
	struct flow_names names = {.node = "n2", .pod = "cart", .peer_name = "pg-0"};
	const struct flow known = {.peer_kind = FLOW_PEER_POD, .names = &names};
	struct edge_record edge = {
		.flow = {.ts_ns = 1767322984000000000, .direction = FLOW_EGRESS},
		.from_ns = 1767322984000000000,
	};
	struct record record = {.kind = RECORD_EDGE, .edge = &edge};

	(void)state;
	assert_written(
		&record, &known,
		"{\"v\":1,\"kind\":\"edge\",\"from\":\"2026-01-02T03:03:04.000000000Z\",\"until\":"
		"\"2026-01-02T03:03:04.000000000Z\",\"node\":\"n2\",\"direction\":\"egress\","
		"\"pod\":\"cart\",\"peer\":{\"kind\":\"pod\",\"name\":\"pg-0\"}}\n");
}

static void test_hostile_text_is_written_safely(void **state)
{
	static const struct {
		const char *comm;
		const char *json;
	} cases[] = {
		{"a\"b\\c/d", "a\\\"b\\\\c/d"},
		{"\b\t\n\f\r", "\\b\\t\\n\\f\\r"},
		{"\x01\x1f\x7f", "\\u0001\\u001f\\u007f"},
		{"\x1b[2Jabcdefgh", "\\u001b[2Jabcdefgh"},
		{"abcdefgh\x1b", "abcdefgh\\u001b"},
		{"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0"},
		{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
		{"é日😀", "é日😀"},
		{"a\xe2\x80\xae"
		 "b\xe2\x80\x8b",
		 "a\\u202eb\\u200b"},
		{"\xf3\xa0\x80\x81", "\\udb40\\udc01"},
		{"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"a\xc3", "a\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"0123456789abcde", "0123456789abcde"},
		{"0123456\x7f"
		 "9abcde",
		 "0123456\\u007f9abcde"},
		{"01234567\"9abcde", "01234567\\\"9abcde"},
		{"0123456789abcd\xe2", "0123456789abcd\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = make_flow();
		char expected[300];
		strcpy(record.flow.comm, cases[i].comm);
		snprintf(expected, sizeof(expected), ATTEMPT TCP ",\"comm\":\"%s\"}\n",
			 cases[i].json);
		assert_written(&record, NULL, expected);
	}
}

/* JSON libraries, jansson among them, refuse numbers above INT64_MAX. */
static void test_numbers_beyond_json_are_left_out(void **state)
{
	struct record record = make_flow();

	(void)state;
	record.flow.has = FLOW_HAS_CGROUP | FLOW_HAS_TX;
	record.flow.cgroup_id = (uint64_t)INT64_MAX + 1;
	record.flow.tx_bytes = INT64_MAX;
	assert_written(&record, NULL, ATTEMPT TCP ",\"tx_bytes\":9223372036854775807}\n");
}

/* The time of a line does not depend on the lines before it in the buffer. */
static void test_times_in_one_buffer(void **state)
{
	static const uint64_t times[] = {
		0,         1,          999999999, 1000000000,     1000000001,
		999999999, UINT64_MAX, 0,         86400000000000, 86399999999999};
	static const char *const texts[] = {
		"1970-01-01T00:00:00.000000000Z", "1970-01-01T00:00:00.000000001Z",
		"1970-01-01T00:00:00.999999999Z", "1970-01-01T00:00:01.000000000Z",
		"1970-01-01T00:00:01.000000001Z", "1970-01-01T00:00:00.999999999Z",
		"2554-07-21T23:34:33.709551615Z", "1970-01-01T00:00:00.000000000Z",
		"1970-01-02T00:00:00.000000000Z", "1970-01-01T23:59:59.999999999Z",
	};
	struct buffer buffer = {0};
	struct record record = make_flow();

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		record.flow.ts_ns = times[i];
		buffer.length = 0;
		assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
		assert_non_null(strstr(buffer.data, texts[i]));
	}
	free(buffer.data);
}

static void test_writing_refuses_and_appends(void **state)
{
	struct buffer buffer = {0};
	struct record flow = make_flow();
	struct record none = {.kind = RECORD_NONE};
	struct record unknown = {.kind = 200};
	struct record lost = {.kind = RECORD_LOST, .lost = {.count = 1, .where = 0}};

	(void)state;
	assert_int_equal(record_json_write(&buffer, &none, NULL), -EINVAL);
	assert_int_equal(record_json_write(&buffer, &unknown, NULL), -EINVAL);
	assert_int_equal(buffer.length, 0);
	assert_int_equal(record_json_write(&buffer, &flow, NULL), 0);
	size_t length = buffer.length;
	assert_int_equal(record_json_write(&buffer, &lost, NULL), -EINVAL);
	assert_int_equal(buffer.length, length);
	assert_int_equal(strlen(buffer.data), length);
	assert_int_equal(record_json_write(&buffer, &flow, NULL), 0);
	assert_int_equal(buffer.length, 2 * length);
	assert_memory_equal(buffer.data, buffer.data + length, length);
	flow.flow.event = 0;
	assert_int_equal(record_json_write(&buffer, &flow, NULL), -EINVAL);
	flow = make_flow();
	flow.flow.direction = 0;
	assert_int_equal(record_json_write(&buffer, &flow, NULL), -EINVAL);
	assert_int_equal(buffer.length, 2 * length);
	free(buffer.data);
}

static void test_error_names(void **state)
{
	(void)state;
	assert_string_equal(flow_error_name(ECONNREFUSED), "ECONNREFUSED");
	assert_string_equal(flow_error_name(ETIMEDOUT), "ETIMEDOUT");
	assert_string_equal(flow_error_name(EAGAIN), "EAGAIN");
	assert_null(flow_error_name(0));
	assert_null(flow_error_name(-1));
	assert_null(flow_error_name(41));
	assert_null(flow_error_name(4096));
	for (int i = 1; i < 4096; i++) {
		const char *name = flow_error_name(i);
		char decimal[8];
		snprintf(decimal, sizeof(decimal), "%d", i);
		assert_int_equal(flow_error_number(name ? name : decimal), i);
		if (name)
			assert_int_equal(flow_error_number(decimal), 0);
	}
	assert_int_equal(flow_error_number("32768"), 0);
	assert_int_equal(flow_error_number("0999"), 0);
	assert_int_equal(flow_error_number("99x"), 0);
	assert_int_equal(flow_error_number(""), 0);
}

/* The writer copies several bytes at once: try each length, with a special character at each
 * position. */
static void test_text_lengths(void **state)
{
	static const char *const specials[] = {"\"", "\x7f", "é", "\n"};
	struct node_record node = {0};
	const struct record record = {.kind = RECORD_NODE, .node = &node};
	struct buffer buffer = {0};
	char text[40];

	(void)state;
	node.name = text;
	for (size_t i = 0; i < 4 * 30 * 30; i++) {
		struct record_json_error error;
		struct record read;
		size_t before = i / 30 % 30;
		snprintf(text, sizeof(text), "%.*s%s%.*s", (int)before,
			 "abcdefghijklmnopqrstuvwxyzABCDEF", specials[i / 900], (int)(i % 30 / 4),
			 "0123456789");
		buffer_clear(&buffer);
		assert_int_equal(record_json_write(&buffer, &record, NULL), 0);
		assert_int_equal(record_json_read(buffer.data, buffer.length - 1, &read, &error),
				 0);
		assert_string_equal(read.node->name, text);
		record_free(&read);
	}
	buffer_free(&buffer);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_lengths),
		cmocka_unit_test(test_canonical_lines_come_back),
		cmocka_unit_test(test_random_records_come_back),
		cmocka_unit_test(test_readers_agree),
		cmocka_unit_test(test_reading_refuses),
		cmocka_unit_test(test_column_is_of_the_field),
		cmocka_unit_test(test_cut_lines_are_known),
		cmocka_unit_test(test_long_line_is_refused),
		cmocka_unit_test(test_lenient_reading),
		cmocka_unit_test(test_names_fill_what_is_absent),
		cmocka_unit_test(test_names_fill_an_edge),
		cmocka_unit_test(test_hostile_text_is_written_safely),
		cmocka_unit_test(test_numbers_beyond_json_are_left_out),
		cmocka_unit_test(test_times_in_one_buffer),
		cmocka_unit_test(test_writing_refuses_and_appends),
		cmocka_unit_test(test_error_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
