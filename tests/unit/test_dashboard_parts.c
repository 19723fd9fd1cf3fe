/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's small pure parts: glyphs, graph, cells, exclusions, colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/policy/draft/drafter.h"
#include "core/record/address.h"
#include "tests/support/records.h"
#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/screen/palette.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/exclusions.h"

static void signs_follow_the_terminal(void **state)
{
	static const struct {
		const char *codeset;
		const char *term;
		bool unicode;
		const char *ellipsis;
	} cases[] = {
		{"UTF-8", "xterm-256color", true, "…"},
		{"utf8", "screen", true, "…"},
		{"UTF-8", "linux", true, "~"},
		{"UTF-8", "vt100", false, "~"},
		{"ANSI_X3.4-1968", "xterm", false, "~"},
		{"ISO-8859-1", "xterm", false, "~"},
		{NULL, NULL, false, "~"},
		{"UTF-8", NULL, true, "…"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct glyphs *glyphs = glyphs_choose(cases[i].codeset, cases[i].term);

		assert_int_equal(glyphs->unicode, cases[i].unicode);
		assert_string_equal(glyphs->ellipsis, cases[i].ellipsis);
	}
}

static void the_ascii_set_is_ascii(void **state)
{
	const struct glyphs *glyphs = glyphs_choose(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < 16; i++)
		assert_true(glyphs->border[i][0] > 0 && strlen(glyphs->border[i]) == 1);
	for (size_t i = 0; i < GLYPH_SPARK_LEVELS; i++)
		assert_true(glyphs->spark[i][0] > 0 && strlen(glyphs->spark[i]) == 1);
	assert_true(*glyphs->cross > 0 && *glyphs->full > 0 && *glyphs->cursor > 0);
}

#define SECOND(n) ((uint64_t)(n)*NS_PER_SECOND)

/* The connections of an edge record become known after its interval. */
static void the_graph_counts_intervals(void **state)
{
	struct graph graph = {0};

	(void)state;
	graph_add_interval(&graph, SECOND(1000), SECOND(1009) + 1, 25, SECOND(1011));
	for (unsigned int second = 0; second < 10; second++)
		assert_int_equal(graph_count(&graph, SECOND(1000 + second), 0), second < 5 ? 3 : 2);
	/* Until the next interval comes, the rate is that of a second that is known. */
	assert_int_equal(graph_rate(&graph, SECOND(1012)), 3);
	assert_int_equal(graph_rate(&graph, SECOND(1021)), 2);
	/* Long intervals do not delay the rate. */
	graph_add_interval(&graph, SECOND(2000), SECOND(5599), 3600, SECOND(5600));
	assert_int_equal(graph_count(&graph, SECOND(5599), 0), 1);
	assert_int_equal(graph_count(&graph, SECOND(5599), 59), 1);
	assert_int_equal(graph.delay, 11);
	graph_add_interval(&graph, SECOND(6000), SECOND(5999), 7, SECOND(6001));
	assert_int_equal(graph_count(&graph, SECOND(6000), 0), 0);
}

static void the_graph_counts_seconds(void **state)
{
	const struct glyphs *glyphs = glyphs_choose("UTF-8", "xterm");
	struct graph graph = {0};
	char text[GRAPH_TEXT_SIZE];

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		graph_add(&graph, SECOND(1000) + i);
	graph_add(&graph, SECOND(1001));
	assert_int_equal(graph_count(&graph, SECOND(1001), 0), 1);
	assert_int_equal(graph_count(&graph, SECOND(1001), 1), 8);
	assert_int_equal(graph_rate(&graph, SECOND(1001) + 5), 8);
	assert_int_equal(graph_rate(&graph, SECOND(1003)), 0);
	/* The current second is not drawn. */
	graph_draw(&graph, SECOND(1001), glyphs, 4, text);
	assert_string_equal(text, "   █");
	graph_draw(&graph, SECOND(1002), glyphs, 60, text);
	assert_string_equal(text + 58, "█▁");
	/* Second 1064 reuses the slot of second 1000, so the events of second 1000 are dropped. */
	graph_add(&graph, SECOND(1064));
	assert_int_equal(graph_count(&graph, SECOND(1064), 64), 0);
	graph_add(&graph, SECOND(1000)); /* too late: not counted anywhere */
	assert_int_equal(graph_count(&graph, SECOND(1064), 0), 1);
	graph_draw(&graph, SECOND(5000), glyphs, 3, text);
	assert_string_equal(text, "   ");
}

static void counts_and_ages_are_short(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} ages[] = {{0, "now"}, {1, "now"}, {2, "2s"}, {59, "59s"}, {60, "1m"}, {3600, "1h"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		text_short_age(SECOND(100000), SECOND(100000) - SECOND(ages[i].seconds), text);
		assert_string_equal(text, ages[i].text);
	}
	/* The clocks of two machines may differ: a time in the future is shown as "now". */
	text_short_age(SECOND(10), SECOND(99), text);
	assert_string_equal(text, "now");
	cell_count(0, text);
	assert_string_equal(text, "0");
	cell_count(9311, text);
	assert_string_equal(text, "9,311");
	cell_count(1234567, text);
	assert_string_equal(text, "1,234,567");
}

static void endpoints_have_address_and_port(void **state)
{
	struct flow_address address;
	uint8_t family;
	char text[80];

	(void)state;
	assert_int_equal(address_parse("2001:db8::1", &family, &address), 0);
	cell_endpoint(family, &address, 443, text, sizeof(text));
	assert_string_equal(text, "[2001:db8::1]:443");
	assert_int_equal(address_parse("192.0.2.7", &family, &address), 0);
	cell_endpoint(family, &address, 80, text, sizeof(text));
	assert_string_equal(text, "192.0.2.7:80");
}

/* If a connection was open before polecat started, its age is unknown. The columns then show the
 * time since polecat found it, as a minimum: ">4s". */
static void found_connections_show_a_minimum_age(void **state)
{
	struct cell_context context = {.glyphs = glyphs_choose("UTF-8", "xterm"),
				       .now_ns = TEST_EPOCH_NS + 4100000000ull};
	char text[CELL_SIZE];

	(void)state;
	for (int watched = 0; watched < 2; watched++) {
		struct record record = test_flow(FLOW_OPEN, 1, 0);
		struct state *folded = NULL;

		record.flow.state = FLOW_STATE_SYN_SENT;
		assert_int_equal(state_new(NULL, &folded), 0);
		context.state = folded;
		if (watched) {
			struct record attempt = test_flow(FLOW_ATTEMPT, 1, 0);
			state_apply(folded, &attempt);
			record_free(&attempt);
		}
		const struct conn *conn = state_apply(folded, &record);
		cell_text(&context, conn, column_find("LAT"), text);
		assert_string_equal(text, watched ? "4.1s" : ">4.1s");
		cell_text(&context, conn, column_find("AGE"), text);
		assert_string_equal(text, watched ? "4s" : ">4s");
		state_free(folded);
		record_free(&record);
	}
}

/* The texts and roles of cells in each phase of a connection. */
static void cells_show_known_values(void **state)
{
	static const struct {
		enum flow_event_type event;
		int16_t error;
		const char *state;
		const char *latency;
		enum role role;
		uint64_t now_ms;
	} cases[] = {
		{FLOW_ATTEMPT, 0, "hanging…", "2.1s", ROLE_HANGING, 2100},
		{FLOW_ATTEMPT, 0, "connecting", "400ms", ROLE_TEXT, 400},
		{FLOW_ESTABLISHED, 0, "established", "0.4ms", ROLE_TEXT, 2100},
		{FLOW_FAILED, ECONNREFUSED, "✕ refused", "0.4ms", ROLE_FAILED, 2100},
		{FLOW_FAILED, ETIMEDOUT, "✕ timed out", "0.4ms", ROLE_FAILED, 2100},
		{FLOW_FAILED, EHOSTUNREACH, "✕ no route", "0.4ms", ROLE_FAILED, 2100},
		{FLOW_FAILED, 0, "✕ aborted", "0.4ms", ROLE_FAILED, 2100},
		{FLOW_CLOSED, 0, "closed", "0.4ms", ROLE_DIM, 2100},
		{FLOW_DATAGRAM, 0, "datagram", "0.4ms", ROLE_TEXT, 2100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record record = test_flow(cases[i].event, 1, 0);
		struct cell_context context = {.glyphs = glyphs_choose("UTF-8", "xterm"),
					       .now_ns = TEST_EPOCH_NS};
		struct state *folded = NULL;
		const struct conn *conn;
		char text[CELL_SIZE];

		context.now_ns += cases[i].now_ms * NS_PER_MILLISECOND;
		record.flow.error = cases[i].error;
		record.flow.dport = 443;
		if (cases[i].event != FLOW_ATTEMPT) {
			record.flow.has |= FLOW_HAS_LATENCY;
			record.flow.latency_us = 400;
		}
		assert_int_equal(state_new(NULL, &folded), 0);
		context.state = folded;
		conn = state_apply(folded, &record);
		assert_non_null(conn);
		state_advance(folded, context.now_ns);
		assert_int_equal(cell_text(&context, conn, column_find("STATE"), text),
				 cases[i].role);
		assert_string_equal(text, cases[i].state);
		cell_text(&context, conn, column_find("LAT"), text);
		assert_string_equal(text, cases[i].latency);
		cell_text(&context, conn, column_find("PEER"), text);
		assert_string_equal(text, "198.51.100.1");
		cell_text(&context, conn, column_find("PORT"), text);
		assert_string_equal(text, "443");
		/* An unknown value is blank, not 0. */
		cell_text(&context, conn, column_find("RTT"), text);
		assert_string_equal(text, "");
		state_free(folded);
		record_free(&record);
	}
}

static void destinations_are_left_out_and_brought_back(void **state)
{
	struct subject subjects[2] = {{.kind = SUBJECT_PROCESS}, {.kind = SUBJECT_PROCESS}};
	struct exclusions exclusions = {0};
	struct edge edges[40];
	uint64_t revision;

	(void)state;
	memset(edges, 0, sizeof(edges));
	for (size_t i = 0; i < 40; i++) {
		edges[i].subject = &subjects[i % 2];
		assert_int_equal(exclusions_add(&exclusions, &edges[i]), 0);
	}
	revision = exclusions.revision;
	assert_int_equal(exclusions_add(&exclusions, &edges[3]), 0);
	assert_int_equal(exclusions.count, 40);
	assert_int_equal(exclusions.revision, revision);
	assert_ptr_equal(exclusions_last(&exclusions, &subjects[0]), &edges[38]);
	assert_true(exclusions_remove(&exclusions, &edges[38]));
	assert_false(exclusions_remove(&exclusions, &edges[38]));
	assert_true(exclusions.revision > revision);
	assert_ptr_equal(exclusions_last(&exclusions, &subjects[0]), &edges[36]);
	assert_true(exclusions_exclude(&edges[39], &exclusions));
	assert_false(exclusions_exclude(&edges[38], &exclusions));
	exclusions_clear(&exclusions);
	assert_null(exclusions_last(&exclusions, &subjects[0]));
}

/* Many edges are left out at once, each once and in order. After many of them were brought back,
 * the last one is still found. */
static void many_are_left_out_at_once(void **state)
{
	enum { MANY = 5000 };
	struct subject subject = {.kind = SUBJECT_PROCESS};
	struct exclusions exclusions = {0};
	struct edge *edges = calloc(MANY, sizeof(*edges));
	const struct edge **all = calloc(MANY + 1, sizeof(*all));

	(void)state;
	assert_true(edges && all);
	for (size_t i = 0; i < MANY; i++) {
		edges[i].subject = &subject;
		all[i] = &edges[i];
	}
	all[MANY] = &edges[7];
	edges[9].is_overflow = true;
	assert_int_equal(exclusions_add_all(&exclusions, all, MANY + 1), 0);
	assert_int_equal(exclusions.count, MANY - 1);
	assert_true(exclusions_contain(&exclusions, &edges[MANY - 1]));
	assert_false(exclusions_contain(&exclusions, &edges[9]));
	for (size_t i = MANY - 1; i > 8; i--)
		assert_int_equal(exclusions_remove(&exclusions, &edges[i]), i != 9);
	assert_int_equal(exclusions.count, 9);
	assert_true(exclusions.edge_count < 100);
	for (size_t i = 9; i > 0; i--) {
		assert_ptr_equal(exclusions_last(&exclusions, &subject), &edges[i - 1]);
		assert_true(exclusions_remove(&exclusions, &edges[i - 1]));
	}
	assert_null(exclusions_last(&exclusions, &subject));
	assert_int_equal(exclusions_add(&exclusions, &edges[3]), 0);
	assert_ptr_equal(exclusions_last(&exclusions, &subject), &edges[3]);
	exclusions_clear(&exclusions);
	free(all);
	free(edges);
}

/* Two edges are left out, and then their connections move to another subject. exclusions_last
 * finds the edge that was left out last. */
static void the_last_is_found_after_a_move(void **state)
{
	struct subject former = {.kind = SUBJECT_PROCESS};
	struct edge left_out[2] = {{.subject = &former}, {.subject = &former}};
	struct edge moved[2] = {{.moved_from = &left_out[0]}, {.moved_from = &left_out[1]}};
	struct edge *edges[2] = {&moved[0], &moved[1]};
	struct subject pod = {.kind = SUBJECT_POD, .edges = edges, .edge_count = 2};
	struct exclusions exclusions = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		moved[i].subject = &pod;
		assert_int_equal(exclusions_add(&exclusions, &left_out[i]), 0);
	}
	assert_ptr_equal(exclusions_last(&exclusions, &pod), &moved[1]);
	assert_true(exclusions_remove(&exclusions, &moved[1]));
	assert_ptr_equal(exclusions_last(&exclusions, &pod), &moved[0]);
	exclusions_clear(&exclusions);
}

static const struct conn *flow_of_cgroup(struct state *folded, uint64_t id, uint64_t cgroup_id)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, id);
	const struct conn *conn;

	record.flow.has |= FLOW_HAS_CGROUP;
	record.flow.cgroup_id = cgroup_id;
	conn = state_apply(folded, &record);
	record_free(&record);
	return conn;
}

static void container_comes(struct state *folded, const char *id, uint64_t cgroup_id,
			    const char *pod)
{
	struct record record = test_container(id, cgroup_id, NULL);

	if (pod) {
		record.container->namespace_name = test_copy("shop");
		record.container->pod = test_copy(pod);
	}
	state_apply(folded, &record);
	record_free(&record);
}

/* The identity becomes known in steps: first the program, then the container, then the pod. */
static void exclusions_survive_a_new_identity(void **state)
{
	struct exclusions exclusions = {0};
	struct state *folded = NULL;

	(void)state;
	assert_int_equal(state_new(NULL, &folded), 0);
	assert_int_equal(exclusions_add(&exclusions, flow_of_cgroup(folded, 1, 99)->edge), 0);
	flow_of_cgroup(folded, 2, 98);
	container_comes(folded, "aaaaaaaaaaaaaaaa", 99, NULL);
	container_comes(folded, "bbbbbbbbbbbbbbbb", 98, "front-1");
	container_comes(folded, "aaaaaaaaaaaaaaaa", 99, "cart-1");
	const struct conn *cart = flow_of_cgroup(folded, 3, 99);
	const struct conn *front = flow_of_cgroup(folded, 4, 98);
	assert_string_equal(cart->subject->display, "shop/cart-1");
	assert_string_equal(front->subject->display, "shop/front-1");
	assert_true(exclusions_exclude(cart->edge, &exclusions));
	assert_true(exclusions_exclude(front->edge, &exclusions));
	assert_ptr_equal(exclusions_last(&exclusions, cart->subject), cart->edge);
	assert_true(exclusions_remove(&exclusions, cart->edge));
	assert_false(exclusions_exclude(cart->edge, &exclusions));
	assert_int_equal(exclusions.count, 0);
	exclusions_clear(&exclusions);
	state_free(folded);
}

static void colours_have_their_values(void **state)
{
	(void)state;
	assert_int_equal(palette_rgb(16), 0x000000);
	assert_int_equal(palette_rgb(231), 0xffffff);
	assert_int_equal(palette_rgb(196), 0xff0000);
	assert_int_equal(palette_rgb(81), 0x5fd7ff);
	assert_int_equal(palette_rgb(232), 0x080808);
	assert_int_equal(palette_rgb(255), 0xeeeeee);
	assert_int_equal(palette_rgb(-1), 0);
	assert_int_equal(palette_rgb(256), 0);
}

static void theme_is_chosen(void **state)
{
	(void)state;
	assert_null(theme_choose(NULL, NULL, NULL));
	assert_null(theme_choose(NULL, "", ""));
	assert_string_equal(theme_choose(NULL, NULL, "dusk"), "dusk");
	assert_string_equal(theme_choose(NULL, "mono", "dusk"), "mono");
	assert_string_equal(theme_choose("dark", "mono", "dusk"), "dark");
	assert_string_equal(theme_suiting(THEME_GROUND_UNKNOWN), "dark");
	assert_string_equal(theme_suiting(THEME_GROUND_DARK), "dark");
	assert_string_equal(theme_suiting(THEME_GROUND_LIGHT), "light");
}

static void background_is_read_from_the_variable(void **state)
{
	static const struct {
		const char *text;
		enum theme_ground ground;
	} cases[] = {
		{NULL, THEME_GROUND_UNKNOWN},        {"", THEME_GROUND_UNKNOWN},
		{"7", THEME_GROUND_UNKNOWN},         {"15;default", THEME_GROUND_UNKNOWN},
		{"15;", THEME_GROUND_UNKNOWN},       {"0;16", THEME_GROUND_UNKNOWN},
		{"15;0", THEME_GROUND_DARK},         {"0;15", THEME_GROUND_LIGHT},
		{"0;default;7", THEME_GROUND_LIGHT}, {"7;8", THEME_GROUND_DARK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (theme_ground_of_variable(cases[i].text) != cases[i].ground)
			fail_msg("%s", cases[i].text);
}

static void background_is_read_from_the_answer(void **state)
{
	static const struct {
		const char *text;
		enum theme_ground ground;
	} cases[] = {
		{NULL, THEME_GROUND_UNKNOWN},
		{"", THEME_GROUND_UNKNOWN},
		{"10;rgb:ffff/ffff/ffff", THEME_GROUND_UNKNOWN},
		{"11;?", THEME_GROUND_UNKNOWN},
		{"11;rgb:ffff/ffff", THEME_GROUND_UNKNOWN},
		{"11;rgb:ffff/ffff/", THEME_GROUND_UNKNOWN},
		{"11;rgb:fffff/ffff/ffff", THEME_GROUND_UNKNOWN},
		{"11;rgb:ffff/ffff/ffff", THEME_GROUND_LIGHT},
		{"11;rgb:fdfd/f6f6/e3e3", THEME_GROUND_LIGHT},
		{"11;rgba:ffff/ffff/ffff/8000", THEME_GROUND_LIGHT},
		{"11;rgb:f/f/f", THEME_GROUND_LIGHT},
		{"11;rgb:0f/0f/0f", THEME_GROUND_DARK},
		{"11;rgb:0000/2b2b/3636", THEME_GROUND_DARK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (theme_ground_of_answer(cases[i].text) != cases[i].ground)
			fail_msg("%s", cases[i].text);
}

/* A colour of the 256 is its own nearest one. */
static void nearest_colours_are_found(void **state)
{
	(void)state;
	for (int number = 16; number < 256; number++)
		assert_int_equal(palette_nearest(palette_rgb(number), 0, 0), number);
	assert_int_equal(palette_nearest(0xfefefe, 0, 0), 231);
	/* The nearest one is a dark grey, which nobody can read on black. */
	assert_int_equal(palette_nearest(0x505050, 0x000000, 0), 239);
	assert_true(palette_contrast(palette_rgb(palette_nearest(0x505050, 0, PALETTE_READABLE)),
				     0) >= PALETTE_READABLE);
}

static void colours_become_readable(void **state)
{
	(void)state;
	assert_int_equal(palette_readable(0xff8080, 0x202020), 0xff8080);
	assert_true(palette_contrast(palette_readable(0x803030, 0x303030), 0x303030) >=
		    PALETTE_READABLE);
	assert_true(palette_contrast(palette_readable(0xd0d000, 0xe0e0e0), 0xe0e0e0) >=
		    PALETTE_READABLE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_follow_the_terminal),
		cmocka_unit_test(the_ascii_set_is_ascii),
		cmocka_unit_test(the_graph_counts_seconds),
		cmocka_unit_test(the_graph_counts_intervals),
		cmocka_unit_test(counts_and_ages_are_short),
		cmocka_unit_test(endpoints_have_address_and_port),
		cmocka_unit_test(found_connections_show_a_minimum_age),
		cmocka_unit_test(cells_show_known_values),
		cmocka_unit_test(destinations_are_left_out_and_brought_back),
		cmocka_unit_test(many_are_left_out_at_once),
		cmocka_unit_test(the_last_is_found_after_a_move),
		cmocka_unit_test(exclusions_survive_a_new_identity),
		cmocka_unit_test(theme_is_chosen),
		cmocka_unit_test(background_is_read_from_the_variable),
		cmocka_unit_test(background_is_read_from_the_answer),
		cmocka_unit_test(nearest_colours_are_found),
		cmocka_unit_test(colours_become_readable),
		cmocka_unit_test(colours_have_their_values),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
