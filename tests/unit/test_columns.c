/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tests/support/source_text.h"
#include "tui/columns/column.h"
#include "tui/columns/column_printer.h"

struct fixture {
	struct state *state;
	struct column_printer *printer;
	struct buffer buffer;
};

static void open_fixture(struct fixture *fixture, const char *format)
{
	char error[COLUMN_PRINTER_ERROR_SIZE] = "";

	memset(fixture, 0, sizeof(*fixture));
	assert_int_equal(state_new(NULL, &fixture->state), 0);
	if (column_printer_new(format, &fixture->printer, error))
		fail_msg("%s", error);
}

static void close_fixture(struct fixture *fixture)
{
	column_printer_free(fixture->printer);
	state_free(fixture->state);
	free(fixture->buffer.data);
}

/* Returns the lines that are printed for one flow, valid until the next call: a header, if it is
 * due, and the flow's line. */
static const char *lines(struct fixture *fixture, struct record *record)
{
	const struct conn *conn = state_apply(fixture->state, record);

	assert_non_null(conn);
	fixture->buffer.length = 0;
	assert_int_equal(column_printer_row(fixture->printer, fixture->state, &record->flow, conn,
					    &fixture->buffer),
			 0);
	record_free(record);
	return fixture->buffer.data;
}

/* Returns the line of one flow, valid until the next call. */
static const char *row(struct fixture *fixture, struct record *record)
{
	const char *text = lines(fixture, record);
	const char *end = strchr(text, '\n');

	return end[1] ? end + 1 : text;
}

static const char *header(struct fixture *fixture)
{
	fixture->buffer.length = 0;
	assert_int_equal(column_printer_header(fixture->printer, &fixture->buffer), 0);
	return fixture->buffer.data;
}

static void test_header_names(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, NULL);
	assert_string_equal(
		header(&fixture),
		"CONTAINER        PID COMM            IP SADDR           DADDR           DPORT "
		"DIR     PROTO STATE          LAT   TX   RX\n");
	assert_false(column_printer_header_is_due(fixture.printer));
	column_printer_show_pods(fixture.printer, true);
	assert_true(column_printer_header_is_due(fixture.printer));
	assert_string_equal(
		header(&fixture),
		"NODE         NAMESPACE    POD                  CONTAINER        PID COMM"
		"            IP SADDR           DADDR           DPORT DIR     PROTO STATE"
		"          LAT   TX   RX\n");
	close_fixture(&fixture);

	/* Columns chosen by name stay in the given order and may be repeated. They stay even if no
	 * pod is shown. */
	open_fixture(&fixture, "columns=pod,DST,Src,direction,pod");
	assert_true(column_printer_header_is_due(fixture.printer));
	header(&fixture);
	column_printer_show_pods(fixture.printer, true);
	assert_false(column_printer_header_is_due(fixture.printer));
	assert_string_equal(header(&fixture),
			    "POD                  DADDR           SADDR           DIR     POD\n");
	close_fixture(&fixture);
}

static void test_life_of_a_connection(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=pid,comm,ip,saddr,daddr,dport,dir,proto,state,lat,tx,rx,"
			       "sport,uid,err,duration,rtt,retrans,time,event,id");

	struct record record = test_flow(FLOW_ATTEMPT, 0xabc, 0);
	record.flow.has |= FLOW_HAS_PID | FLOW_HAS_UID;
	record.flow.pid = 4242;
	assert_string_equal(
		row(&fixture, &record),
		"   4242 curl             4 192.0.2.1       198.51.100.1      443 egress  "
		"TCP   attempt          -    -    -     -     0 -                   -      -"
		"       - 2026-01-02T03:03:04.000Z attempt     0000000000000abc\n");

	record = test_flow(FLOW_ESTABLISHED, 0xabc, 31);
	record.flow.has |= FLOW_HAS_LATENCY | FLOW_HAS_SPORT;
	record.flow.latency_us = 31000;
	record.flow.sport = 40000;
	assert_string_equal(
		row(&fixture, &record),
		"   4242 curl             4 192.0.2.1       198.51.100.1      443 egress  "
		"TCP   established   31ms    -    - 40000     0 -                   -      -"
		"       - 2026-01-02T03:03:04.031Z established 0000000000000abc\n");

	record = test_flow(FLOW_CLOSED, 0xabc, 2131);
	record.flow.has |=
		FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_DURATION | FLOW_HAS_RTT | FLOW_HAS_RETRANS;
	record.flow.tx_bytes = 0;
	record.flow.rx_bytes = 34000;
	record.flow.duration_ms = 2100;
	record.flow.rtt_us = 500;
	record.flow.retrans = 3;
	assert_string_equal(
		row(&fixture, &record),
		"   4242 curl             4 192.0.2.1       198.51.100.1      443 egress  "
		"TCP   closed        31ms    0  34k 40000     0 -                2.1s  0.5ms"
		"       3 2026-01-02T03:03:06.131Z closed      0000000000000abc\n");
	close_fixture(&fixture);
}

static void test_why_it_failed(void **state)
{
	static const struct {
		int16_t error;
		const char *line;
	} cases[] = {
		{ECONNREFUSED, "refused     ECONNREFUSED\n"},
		{ETIMEDOUT, "timed out   ETIMEDOUT\n"},
		{EHOSTUNREACH, "no route    EHOSTUNREACH\n"},
		{ENETUNREACH, "unreachable ENETUNREACH\n"},
		{ECONNRESET, "reset       ECONNRESET\n"},
		{EACCES, "denied      EACCES\n"},
		{0, "aborted     -\n"},
		{EINVAL, "failed      EINVAL\n"},
		{9999, "failed      9999\n"},
	};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=state,err");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = test_flow(FLOW_FAILED, i + 1, i);
		record.flow.error = cases[i].error;
		assert_string_equal(row(&fixture, &record), cases[i].line);
	}
	close_fixture(&fixture);
}

static void test_names(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=node,ns,pod,container,containerid,peer");
	struct record pod = test_pod("shop", "db-0", "u1", "198.51.100.1");
	state_apply(fixture.state, &pod);

	struct record record = test_flow(FLOW_ESTABLISHED, 1, 0);
	test_flow_names(&record, "node1", "shop", "cart-1", "0123456789abcdef");
	assert_string_equal(row(&fixture, &record),
			    "node1        shop         cart-1               0123456789ab "
			    "0123456789abcdef                                                 "
			    "shop/db-0\n");
	close_fixture(&fixture);
}

/* If the output is not a terminal, no cell is cut: a cell that is too wide widens the column for
 * this line and for the next lines. */
static void test_growing(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=saddr,dport");
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	assert_string_equal(row(&fixture, &record), "192.0.2.1         443\n");
	record = test_flow(FLOW_ATTEMPT, 2, 0);
	test_flow_src(&record, "2001:db8:1111:2222:3333:4444:5555:6666");
	test_flow_dst(&record, "2001:db8::1");
	assert_string_equal(row(&fixture, &record),
			    "2001:db8:1111:2222:3333:4444:5555:6666     443\n");
	record = test_flow(FLOW_ATTEMPT, 3, 0);
	assert_string_equal(row(&fixture, &record),
			    "192.0.2.1                                  443\n");
	close_fixture(&fixture);
}

static void test_terminal(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=pod,dport,pod");
	/* The minimum width is 12 + 1 + 5 + 1 + 12 + 1 columns. */
	column_printer_fit_terminal(fixture.printer, 20, "…");
	assert_string_equal(header(&fixture), "POD          DPORT POD\n");
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	test_flow_names(&record, NULL, "shop", "cart-786f9c-6k6jp", NULL);
	const char *line = row(&fixture, &record);
	assert_non_null(strstr(line, "…"));
	assert_null(strstr(line, "cart-786f9c-6k6jp"));

	/* The columns of names share the remaining width. */
	column_printer_fit_terminal(fixture.printer, 60, "…");
	record = test_flow(FLOW_ATTEMPT, 2, 0);
	test_flow_names(&record, NULL, "shop", "cart-786f9c-6k6jp", NULL);
	assert_string_equal(row(&fixture, &record),
			    "cart-786f9c-6k6jp            443 cart-786f9c-6k6jp\n");

	/* Addresses are never shortened. */
	close_fixture(&fixture);
	open_fixture(&fixture, "columns=saddr");
	column_printer_fit_terminal(fixture.printer, 10, "~");
	record = test_flow(FLOW_ATTEMPT, 3, 0);
	test_flow_src(&record, "2001:db8:1111:2222:3333:4444:5555:6666");
	assert_string_equal(row(&fixture, &record), "2001:db8:1111:2222:3333:4444:5555:6666\n");
	close_fixture(&fixture);
}

static const char *pod_line(struct fixture *fixture, uint64_t id, const char *pod)
{
	struct record record = test_flow(FLOW_ATTEMPT, id, 0);

	test_flow_names(&record, NULL, "shop", pod, NULL);
	return lines(fixture, &record);
}

/* Every line is aligned with the header above it, also after a name that is too long. */
static void test_long_names(void **state)
{
	struct fixture fixture;
	char longest[512];

	(void)state;
	open_fixture(&fixture, "columns=pod,dport");
	assert_string_equal(pod_line(&fixture, 1, "db-0"), "POD                  DPORT\n"
							   "db-0                   443\n");
	assert_string_equal(pod_line(&fixture, 2, "db-1"), "db-1                   443\n");
	/* Wider than the column: it grows to the next multiple of 8. */
	assert_string_equal(pod_line(&fixture, 3, "checkout-5d8f7c9b6-x2lqv1"),
			    "POD                              DPORT\n"
			    "checkout-5d8f7c9b6-x2lqv1          443\n");
	assert_string_equal(pod_line(&fixture, 4, "checkout-5d8f7c9b6-x2lqv-0123456"),
			    "checkout-5d8f7c9b6-x2lqv-0123456   443\n");
	assert_string_equal(pod_line(&fixture, 5, "db-0"),
			    "db-0                               443\n");
	/* Longer than any name: shortened in the middle. */
	memset(longest, 'x', sizeof(longest) - 1);
	longest[300] = '\0';
	pod_line(&fixture, 6, longest);
	longest[200] = '\0';
	const char *line = pod_line(&fixture, 7, longest);
	assert_int_equal(strlen(line), 256 + strlen("   443\n"));
	close_fixture(&fixture);

	/* If the first line needs more width, one header is printed. */
	open_fixture(&fixture, "columns=pod,dport");
	assert_string_equal(pod_line(&fixture, 1, "checkout-5d8f7c9b6-x2lqv1"),
			    "POD                              DPORT\n"
			    "checkout-5d8f7c9b6-x2lqv1          443\n");
	close_fixture(&fixture);
}

/* On a terminal, a long address widens its column, and the names give it their room. */
static void test_long_addresses(void **state)
{
	struct fixture fixture;
	struct record record;

	(void)state;
	open_fixture(&fixture, "columns=pod,saddr,dport");
	column_printer_fit_terminal(fixture.printer, 60, "~");
	assert_string_equal(pod_line(&fixture, 1, "db-0"),
			    "POD                                   SADDR           DPORT\n"
			    "db-0                                  192.0.2.1         443\n");
	record = test_flow(FLOW_ATTEMPT, 2, 0);
	test_flow_names(&record, NULL, "shop", "checkout-5d8f7c9b6-x2lqv", NULL);
	test_flow_src(&record, "2001:db8:1111:2222:3333:4444:5555:6666");
	assert_string_equal(lines(&fixture, &record),
			    "POD          SADDR                                    DPORT\n"
			    "checkou~2lqv 2001:db8:1111:2222:3333:4444:5555:6666     443\n");
	close_fixture(&fixture);
}

/* A process chooses its name, so bytes that could move the cursor are escaped. */
static void test_hostile_text(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, "columns=comm,pod");
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	memcpy(record.flow.comm, "a\033[2Jb\nc", 9);
	test_flow_names(&record, NULL, "shop", "p\r\x9b", NULL);
	assert_string_equal(row(&fixture, &record), "a\\x1b[2Jb\\x0ac  p\\x0d\\x9b\n");
	close_fixture(&fixture);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *format;
		const char *message;
	} cases[] = {
		{"", "expected columns, wide, json or columns="},
		{"Columns", "expected columns, wide"},
		{"columns=", "a column's name is missing"},
		{"columns=pid,", "a column's name is missing"},
		{"columns=,pid", "a column's name is missing"},
		{"columns=pid comm", "no column 'pid comm'"},
		{"columns=stat", "no column 'stat'; did you mean 'STATE'?"},
		{"columns=address", "no column 'address'"}, /* a column of the dashboard only */
		{"columns=\033[2J", "no column '\\x1b[2J'"},
	};
	char many[400] = "columns=pid";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[COLUMN_PRINTER_ERROR_SIZE] = "";
		assert_int_equal(column_printer_new(cases[i].format, NULL, error), -EINVAL);
		if (!strstr(error, cases[i].message))
			fail_msg("%s: %s", cases[i].format, error);
	}
	for (size_t i = 0; i < 60; i++)
		strcat(many, ",pid");
	assert_int_equal(column_printer_new(many, NULL, NULL), -EINVAL);
}

/* Scripts rely on the names and the order of the first columns, which never change. */
static void test_order(void **state)
{
	static const char in_order[] =
		"NODE NAMESPACE POD CONTAINER PID COMM IP SADDR DADDR DPORT ";
	struct fixture fixture;
	char names[512] = "";
	char *save = NULL;

	(void)state;
	open_fixture(&fixture, "wide");
	column_printer_show_pods(fixture.printer, true);
	char *line = strdup(header(&fixture));
	for (char *name = strtok_r(line, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
		strcat(names, name);
		strcat(names, " ");
	}
	if (strncmp(names, in_order, strlen(in_order)) != 0)
		fail_msg("the columns of trace begin with %s, not with %s", names, in_order);
	free(line);
	close_fixture(&fixture);
}

/* Lists the columns of a set in the form of the README's table: "`NAME` " for each column. The set
 * COLUMN_SET_NONE stands for the dashboard's table. */
static void list_columns(char *text, enum column_set set)
{
	const struct column *table[COLUMN_MAX];
	size_t count = column_list_table(table);

	text[0] = '\0';
	for (size_t i = 0; i < (set == COLUMN_SET_NONE ? count : column_count); i++) {
		const struct column *column = set == COLUMN_SET_NONE ? table[i] : &column_table[i];
		if (set == COLUMN_SET_NONE || column->trace.set == set)
			sprintf(text + strlen(text), "`%s` ",
				set == COLUMN_SET_NONE ? column_table_name(column) : column->name);
	}
}

/* Fails if a row of the README lists a column that is not among `wanted`. */
static void check_listed(const char *row, const char *start, const char *wanted)
{
	for (size_t i = 0; i < column_count; i++) {
		char name[64];
		size_t length = (size_t)snprintf(name, sizeof(name), "`%s` ", column_table[i].name);
		const char *at = strstr(row, name);

		if (at && at + length <= strchr(row, '\n') && !strstr(wanted, name))
			fail_msg(
				"README.md, \"Columns\", lists %s in the row \"%s\", but the "
				"column's row in tui/columns/column.c has another .trace or .table",
				column_table[i].name, start);
	}
}

/* The README has a row for each set of columns that `trace` has, and a row for the dashboard's
 * table. Each row lists its columns in order. */
static void test_readme_lists_each_set(void **state)
{
	static const struct {
		const char *start;
		enum column_set set;
	} rows[] = {
		{"| `-o columns` (default) | ", COLUMN_SET_USUAL},
		{"| `-o wide` | also ", COLUMN_SET_WIDE},
		{"| `-o columns=` | also ", COLUMN_SET_EXTRA},
		{"| the dashboard (those that fit; `w`: all, with ← →) | ", COLUMN_SET_NONE},
	};
	CLEANUP_FREE char *readme = read_readme();
	char wanted[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *row = strstr(readme, rows[i].start);
		if (!row) {
			fail_msg("README.md, \"Columns\", has no row %s", rows[i].start);
			return;
		}
		row += strlen(rows[i].start);
		list_columns(wanted, rows[i].set);
		check_listed(row, rows[i].start, wanted);
		if (strncmp(row, wanted, strlen(wanted)) != 0 || row[strlen(wanted)] != '|')
			fail_msg("README.md, \"Columns\": the row \"%s\" must list %s",
				 rows[i].start, wanted);
	}
}

static void check_trace(const struct column *column)
{
	const struct column_in_trace *trace = &column->trace;

	if (strlen(column->name) > trace->width)
		fail_msg("column %s: its name is wider than the column", column->name);
	if (trace->min_width > trace->width ||
	    (trace->max_width && trace->max_width < trace->width))
		fail_msg("column %s: widths of trace out of order", column->name);
}

static void check_table(const struct column *column, const struct column *other)
{
	const struct column_in_table *table = &column->table;

	if (table->place == 0)
		fail_msg("column %s: no place in the dashboard's table", column->name);
	if (table->least < 1 || table->usual < table->least || table->most < table->usual)
		fail_msg("column %s: widths of the table missing or out of order", column->name);
	if ((size_t)table->least < strlen(table->heading ? table->heading : column->name))
		fail_msg("column %s: its heading is wider than the column in the table",
			 column->name);
	if (table->importance < 1)
		fail_msg("column %s: no importance", column->name);
	if (other != column && other->table.importance == table->importance)
		fail_msg("columns %s and %s: same importance", column->name, other->name);
	if (other != column && other->table.place == table->place)
		fail_msg("columns %s and %s: same place", column->name, other->name);
}

static bool is_upper_case(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

/* Fails if another column has the name or alias. */
static void check_name(const struct column *column, const char *name)
{
	const struct column *found = column_find(name);

	if (!is_upper_case(name))
		fail_msg("column %s: the name or alias %s is not in upper case", column->name,
			 name);
	if (found != column)
		fail_msg("columns %s and %s: both have the name or alias %s", found->name,
			 column->name, name);
}

/* Returns whether any member of a static struct is set. Its padding bytes are 0. */
static bool is_set(const void *object, size_t size)
{
	const unsigned char *bytes = object;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return true;
	return false;
}

/* Fails if a row of column_table lacks a member or contradicts another row. */
/* The arrow of a sorted column says which end comes first. */
static void test_direction_of_orders(void **state)
{
	static const struct {
		const char *column;
		bool down;
	} cases[] = {{"POD", false}, {"PORT", false}, {"SPORT", true}, {"LAT", true},
		     {"TX", true},   {"RATE", true},  {"AGE", true},   {"STATE", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(column_sorts_down(column_find(cases[i].column)), cases[i].down);
}

static void test_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < column_count; i++) {
		const struct column *column = &column_table[i];
		bool in_table = is_set(&column->table, sizeof(column->table));
		bool in_trace = is_set(&column->trace, sizeof(column->trace));

		if (!column->name || !column->name[0])
			fail_msg("column %zu has no name", i);
		else if (!column->help || !column->help[0])
			fail_msg("column %s has no help", column->name);
		else if (!column->text)
			fail_msg("column %s has no text", column->name);
		else if (!in_trace && !in_table)
			fail_msg("column %s is neither in trace nor in the table", column->name);
		check_name(column, column->name);
		if (column->alias)
			check_name(column, column->alias);
		if (in_trace && column->trace.set == COLUMN_SET_NONE)
			fail_msg("column %s: .trace has no set, so trace never shows it",
				 column->name);
		if (in_trace)
			check_trace(column);
		for (size_t j = 0; j < column_count && in_table; j++)
			if (column_table[j].table.place || j == i)
				check_table(column, &column_table[j]);
		for (size_t j = 0; j < i; j++)
			if (column->table.sort && column->table.sort == column_table[j].table.sort)
				fail_msg("column %s has the .table.sort of the column %s: it would "
					 "sort by another column",
					 column->name, column_table[j].name);
	}
}

/* Returns whether a cell shows a number, with or without a unit: 443, 1.5ms, 34k, >4s. */
static bool is_number(const char *cell)
{
	static const char units[] =
		"0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%";

	cell += *cell == '>' || *cell == '-';
	return *cell >= '0' && *cell <= '9' && strspn(cell, units) == strlen(cell) &&
	       strchr(cell, '.') == strrchr(cell, '.');
}

/* Counts the cells of a column for many flows. */
struct cells {
	size_t filled;
	size_t numbers;
	char number[COLUMN_CELL_SIZE]; /* one of the numbers */
};

static void add_cell(struct cells *cells, const char *cell)
{
	if (!*cell)
		return;
	cells->filled++;
	if (!is_number(cell))
		return;
	cells->numbers++;
	snprintf(cells->number, sizeof(cells->number), "%s", cell);
}

static void check_cells(const struct column *column, const struct cells *cells, bool in_table)
{
	if (cells->filled == 0)
		fail_msg("column %s stays empty for random flows. A column of a text from struct "
			 "flow_names needs the text in conn_view_names (tui/columns/conn_view.c). "
			 "A connection does not store the texts of its flows, so store the text in "
			 "its edge or subject: placement_set_texts (core/state/placement.c).",
			 column->name);
	if (cells->numbers < cells->filled)
		return;
	if (!column->right)
		fail_msg("column %s shows numbers (%s): set .right", column->name, cells->number);
	if (in_table && !column->number && !column->table.sort)
		fail_msg("column %s shows numbers (%s), but the table would sort them as text: set "
			 ".number or .table.sort",
			 column->name, cells->number);
}

#define RANDOM_FLOWS 1000

/* Each column shows something. Numbers are aligned right and sorted by their value. */
static void test_cells_of_random_flows(void **state)
{
	static const struct column_signs signs = {"→", "←", "✕", "…", "×"};
	static struct cells trace[COLUMN_MAX];
	static struct cells table[COLUMN_MAX];
	struct random random = {.state = 20260301};
	struct state *connections;

	(void)state;
	assert_int_equal(state_new(NULL, &connections), 0);
	for (int round = 0; round < RANDOM_FLOWS; round++) {
		struct record record;
		struct column_row row;
		char cell[COLUMN_CELL_SIZE] = "";

		random_record(&random, RECORD_FLOW, round % 2 ? RANDOM_SOME : RANDOM_ALL, &record);
		const struct conn *conn = state_apply(connections, &record);
		assert_non_null(conn);
		/* One more second with more bytes, for columns of rates. */
		if (record.flow.event == FLOW_OPEN) {
			record.flow.ts_ns += NS_PER_SECOND;
			record.flow.tx_bytes += 1000;
			record.flow.interval_ms = 1000;
			record.flow.has |= FLOW_HAS_TX | FLOW_HAS_INTERVAL;
			conn = state_apply(connections, &record);
		}
		column_row_open(&row, connections, conn);
		row.flow = &record.flow;
		row.signs = &signs;
		row.now_ns = conn->last_ns + NS_PER_SECOND * random_below(&random, 5);
		/* In some rounds, the row stands for several connections. */
		struct column_fold fold = {0};
		for (int i = 0; i < 3; i++)
			column_fold_add(&fold, conn, row.now_ns);
		row.fold = round % 3 ? NULL : &fold;
		for (size_t i = 0; i < column_count; i++) {
			column_trace_text(&column_table[i], &row, cell);
			add_cell(&trace[i], cell);
			column_table_text(&column_table[i], &row, cell);
			add_cell(&table[i], cell);
		}
		record_free(&record);
	}
	state_free(connections);
	for (size_t i = 0; i < column_count; i++) {
		if (column_table[i].trace.set != COLUMN_SET_NONE)
			check_cells(&column_table[i], &trace[i], false);
		if (column_table[i].table.place)
			check_cells(&column_table[i], &table[i], true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_names),
		cmocka_unit_test(test_life_of_a_connection),
		cmocka_unit_test(test_why_it_failed),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_direction_of_orders),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_readme_lists_each_set),
		cmocka_unit_test(test_cells_of_random_flows),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
