/* SPDX-License-Identifier: Apache-2.0 */
/* Presses the keys that filter rows and that open full-screen views and pages, and random keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static const char *title(struct dashboard *dashboard, const char *pane)
{
	int row = dashboard_title_row(dashboard, pane);

	return row < 0 ? "" : terminal_row(dashboard->terminal, row);
}

/* Presses keys and waits until the screen does not change any more. */
static void press(struct dashboard *dashboard, const char *keys)
{
	dashboard_press(dashboard, keys);
	dashboard_settle(dashboard);
}

static void problems_alone(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	press(dashboard, "!");
	EXPECT(dashboard, strstr(title(dashboard, "Connections"), "2 of 24"));
	EXPECT(dashboard, dashboard_table_row(dashboard, SAMPLE_REFUSED) > 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, SAMPLE_UNANSWERED) > 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "10019") < 0);
	press(dashboard, "!");
	EXPECT(dashboard, dashboard_table_row(dashboard, "10019") > 0);
}

static void write_two_namespaces(struct dashboard *dashboard)
{
	static const struct sample_flow front = {
		.event = "attempt",
		.id = 50,
		.ms = 2000,
		.src = "198.51.100.11",
		.dst = "203.0.113.7",
		.dport = 10777,
		.state = "SYN_SENT",
		.cgroup_id = SAMPLE_FRONT_CGROUP,
		.comm = "nginx",
	};
	FILE *file = dashboard_create(dashboard, "two.jsonl");

	sample_write(file, 3);
	sample_write_flow(file, &front);
	fprintf(file,
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-03-01T12:30:03Z\","
		"\"id\":\"00000000000000ff\",\"node\":\"" SAMPLE_NODE
		"\",\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,\"src\":"
		"\"198.51.100.77\",\"dst\":\"203.0.113.7\",\"dport\":10888,\"comm\":\"crond\","
		"\"pid\":5,\"namespace\":\"batch\",\"pod\":\"nightly-0\"}\n");
	fclose(file);
}

static void one_namespace_alone(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	bool shop_alone = false;
	bool batch_alone = false;
	bool all = false;

	write_two_namespaces(dashboard);
	dashboard_open(dashboard, "two.jsonl");
	for (int i = 0; i < 3; i++) { /* both, batch and shop */
		static const char *const keys[] = {"n0", "n1", "nshop<Enter>"};
		bool shop;
		bool batch;

		press(dashboard, keys[i]);
		shop = dashboard_table_row(dashboard, "5432") > 0;
		batch = dashboard_table_row(dashboard, "10888") > 0;
		shop_alone = shop_alone || (shop && !batch);
		batch_alone = batch_alone || (batch && !shop);
		all = all || (batch && shop);
	}
	EXPECT(dashboard, shop_alone && batch_alone && all);
}

static void one_pod_alone(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	write_two_namespaces(dashboard);
	dashboard_open(dashboard, "two.jsonl");
	press(dashboard, "/10777<Enter>");
	press(dashboard, "j");
	press(dashboard, "o");
	press(dashboard, "<Esc>");
	EXPECT(dashboard, dashboard_table_row(dashboard, "10777") > 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "5432") < 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "10888") < 0);
	press(dashboard, "o");
	EXPECT(dashboard, dashboard_table_row(dashboard, "5432") > 0);
}

static void wide_shows_other_columns(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "NAMESPACE"));
	press(dashboard, "w");
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "NAMESPACE"));
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "4242")); /* the pid */
	press(dashboard, "<Right><Right><Right><Right><Right><Right><Right><Right>");
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "STATE"));
	press(dashboard, "w");
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "NAMESPACE"));
}

static void zoom_gives_a_pane_the_screen(void **test_state)
{
	static const char *const panes[] = {"Connections", "Summary", "Policy"};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 40);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < 3; i++) {
		press(dashboard, "z");
		for (size_t j = 0; j < 3; j++)
			EXPECT(dashboard,
			       (dashboard_title_row(dashboard, panes[j]) > 0) == (i == j));
		press(dashboard, "z");
		for (size_t j = 0; j < 3; j++)
			EXPECT(dashboard, dashboard_title_row(dashboard, panes[j]) > 0);
		press(dashboard, "<Tab>");
	}
	dashboard_quit(dashboard);
}

static void commands_are_obeyed(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *written;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	press(dashboard, ":filter refused<Enter>");
	EXPECT(dashboard, dashboard_table_row(dashboard, SAMPLE_REFUSED) > 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "10003") < 0);
	press(dashboard, "<Esc>");
	press(dashboard, ":export draft.yaml<Enter>");
	written = dashboard_read(dashboard, "draft.yaml");
	if (!written)
		dashboard_fail(dashboard, "a file named draft.yaml", __FILE__, __LINE__);
	assert_non_null(strstr(written, "kind: NetworkPolicy"));
	free(written);
	press(dashboard, ":help<Enter>");
	EXPECT_TEXT(dashboard, "one row up");
	press(dashboard, "<Esc>");
	press(dashboard, ":theme nonsense<Enter>");
	EXPECT_TEXT(dashboard, "nonsense");
	press(dashboard, ":q<Enter>");
	dashboard_expect_end(dashboard, 0);
}

static void double_click_opens(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	row = dashboard_table_row(dashboard, SAMPLE_REFUSED);
	EXPECT(dashboard, row > 0);
	terminal_mouse(dashboard->terminal, row, 20, 1);
	terminal_wait_quiet(dashboard->terminal, 80, 80);
	terminal_mouse(dashboard->terminal, row, 20, 1);
	EXPECT_TEXT(dashboard, "777"); /* the page shows curl's pid */
	dashboard_quit(dashboard);
}

static void a_click_focuses_a_pane(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	row = terminal_find(dashboard->terminal, "5432/tcp",
			    dashboard_title_row(dashboard, "Summary"), NULL);
	EXPECT(dashboard, row > 0);
	terminal_mouse(dashboard->terminal, row, 20, 1);
	/* Settle twice: the first call may end while the dashboard waits for a second click. */
	dashboard_settle(dashboard);
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_is_selected(dashboard, row));
	press(dashboard, "x");
	EXPECT_TEXT(dashboard, "left out by you");
	dashboard_quit(dashboard);
}

static void pages_and_prompts_bear_a_new_size(void **test_state)
{
	static const char *const opened[] = {"?", "/cart", ":export x", "e", "y", "<Enter>", "w"};
	static const int sizes[][2] = {{60, 200}, {8, 30}, {5, 20}, {4, 8}, {24, 80}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < sizeof(opened) / sizeof(*opened); i++) {
		press(dashboard, opened[i]);
		for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			terminal_resize(dashboard->terminal, sizes[j][0], sizes[j][1]);
			terminal_wait_quiet(dashboard->terminal, 40, DASHBOARD_TIMEOUT_MS);
		}
		press(dashboard, "<Esc>");
		EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
		if (strcmp(opened[i], "y") == 0)
			press(dashboard, "y");
	}
	press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections");
	EXPECT_TEXT(dashboard, "Summary");
	dashboard_quit(dashboard);
}

/* A random number generator with the same numbers on every machine, so that a failure can be
 * repeated. */
static unsigned int next_number(unsigned int *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

static void any_keys_in_any_order(void **test_state)
{
	/* All keys except those that quit or write files. */
	static const char *const keys[] = {"j",
					   "k",
					   "g",
					   "G",
					   "h",
					   "l",
					   "<Up>",
					   "<Down>",
					   "<Left>",
					   "<Right>",
					   "<PageUp>",
					   "<PageDown>",
					   "<Home>",
					   "<End>",
					   "<Tab>",
					   "<S-Tab>",
					   "<Enter>",
					   "<Esc>",
					   "<Backspace>",
					   "p",
					   "F",
					   "s",
					   "S",
					   "<F6>",
					   "<lt>",
					   ">",
					   "I",
					   "c",
					   "y",
					   "x",
					   "X",
					   "w",
					   "t",
					   "n",
					   "o",
					   "z",
					   "!",
					   "?",
					   "<F1>",
					   "<C-l>",
					   "/cart<Enter>",
					   "/100",
					   "/:",
					   "/!x<Enter>",
					   "e<Esc>",
					   "<Space>",
					   "1",
					   "<Delete>",
					   "<Insert>",
					   "<F9>",
					   "<C-b>",
					   "<C-f>"};
	static const int sizes[][2] = {{24, 80}, {60, 200}, {10, 40}, {3, 12}, {30, 100}};
	static const struct dashboard_options options = {.arguments = {"--host", "-i", "-"},
							 .fed = true};
	struct dashboard *dashboard = *test_state;
	unsigned int seed = 20260301;
	FILE *file;

	dashboard_start(dashboard, &options);
	file = fdopen(dashboard->feed, "w");
	assert_non_null(file);
	dashboard->feed = -1; /* `file` owns the descriptor */
	sample_write(file, 10);
	fflush(file);
	EXPECT_TEXT(dashboard, SAMPLE_NODE);
	for (unsigned int i = 0; i < 600; i++) {
		dashboard_press(dashboard,
				keys[next_number(&seed) % (sizeof(keys) / sizeof(*keys))]);
		if (i % 10 == 0) {
			sample_write_numbered(file, 10 + i);
			fflush(file);
			terminal_wait_quiet(dashboard->terminal, 10, 100);
		}
		if (i % 25 == 0) {
			const int *size = sizes[next_number(&seed) % 5];

			terminal_resize(dashboard->terminal, size[0], size[1]);
		}
		if (terminal_status(dashboard->terminal) != -1) {
			printf("# ended after %u keys\n", i);
			break;
		}
	}
	dashboard_settle(dashboard);
	EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	terminal_resize(dashboard->terminal, 24, 80);
	press(dashboard, "<Esc>");
	press(dashboard, "<Esc>");
	press(dashboard, "<Esc>");
	fclose(file);
	dashboard_press(dashboard, "<F10>");
	dashboard_expect_end(dashboard, 0);
}

/* Writes the record and a flow of a pod to the standard input of polecat. */
static void feed_pod(struct dashboard *dashboard, unsigned int id, const char *pod)
{
	char lines[1024];
	int length =
		snprintf(lines, sizeof(lines),
			 "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"%s\","
			 "\"labels\":{\"app\":"
			 "\"%s\"}}\n"
			 "{\"v\":1,\"kind\":\"flow\",\"event\":\"established\",\"ts\":"
			 "\"2026-03-01T12:00:%02uZ\",\"id\":\"%016x\",\"node\":\"node-a\","
			 "\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,"
			 "\"src\":\"192.0.2.1\",\"sport\":%u,\"dst\":\"203.0.113.9\",\"dport\":443,"
			 "\"pid\":7,\"comm\":\"app\",\"namespace\":\"shop\",\"pod\":\"%s\"}\n",
			 pod, pod, id, id, 40000 + id, pod);

	assert_int_equal(write(dashboard->feed, lines, (size_t)length), length);
}

static void the_policy_follows_the_summary(void **test_state)
{
	static const struct dashboard_options options = {.arguments = {"--host", "-i", "-"},
							 .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &options);
	feed_pod(dashboard, 1, "alpha");
	feed_pod(dashboard, 2, "beta");
	EXPECT_TEXT(dashboard, "2 workloads");
	press(dashboard, "3<Tab><Tab>gu");
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Policy")),
		      "alpha"));
	press(dashboard, "j");
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Policy")),
		      "beta"));
	press(dashboard, "k");
	/* The newest connection is selected at the end. It does not replace the user's choice. */
	close(dashboard->feed);
	dashboard->feed = -1;
	EXPECT_TEXT(dashboard, "this is the end");
	dashboard_settle(dashboard);
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Policy")),
		      "alpha"));
	/* A connection that the user selects does replace it. */
	press(dashboard, "<Tab><Tab>g");
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Policy")),
		      "beta"));
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(problems_alone),
		DASHBOARD_TEST(one_namespace_alone),
		DASHBOARD_TEST(one_pod_alone),
		DASHBOARD_TEST(wide_shows_other_columns),
		DASHBOARD_TEST(zoom_gives_a_pane_the_screen),
		DASHBOARD_TEST(commands_are_obeyed),
		DASHBOARD_TEST(double_click_opens),
		DASHBOARD_TEST(a_click_focuses_a_pane),
		DASHBOARD_TEST(the_policy_follows_the_summary),
		DASHBOARD_TEST(pages_and_prompts_bear_a_new_size),
		DASHBOARD_TEST(any_keys_in_any_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
