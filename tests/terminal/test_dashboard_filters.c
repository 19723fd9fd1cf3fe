/* SPDX-License-Identifier: Apache-2.0 */
/* Filters in the terminal: what they act on, mistakes as they are typed, and names that stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static void start_with(struct dashboard *dashboard, const char *option, const char *value)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	dashboard_start(dashboard,
			&(struct dashboard_options){
				.arguments = {"--host", "-i", "shop.jsonl", option, value}});
	EXPECT_TEXT(dashboard, SAMPLE_NODE);
}

static void start(struct dashboard *dashboard)
{
	start_with(dashboard, NULL, NULL);
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_settle(dashboard);
}

/* The numbers of the table, the summary and the header are those of one set. */
static void an_option_acts_on_all_panes(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_with(dashboard, "--port", "5432");
	EXPECT_TEXT(dashboard, "Connections 1 of 7");
	EXPECT_TEXT(dashboard, "Summary 1 workload");
	EXPECT_TEXT(dashboard, "1 destination ");
	EXPECT_TEXT(dashboard, "1 open  0");
	EXPECT_NO_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_quit(dashboard);
}

static void the_summary_follows_the_filter(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard);
	dashboard_press(dashboard, "/state:refused");
	EXPECT_TEXT(dashboard, "Summary 1 workload");
	EXPECT_TEXT(dashboard, "1 destination /state:refused");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "/state:refused");
	EXPECT_NO_TEXT(dashboard, "1 destination ");
	dashboard_quit(dashboard);
}

static void a_mistake_keeps_the_last_filter(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard);
	dashboard_press(dashboard, "/port:5432<Enter>");
	EXPECT_TEXT(dashboard, "Connections 1 of 7");
	dashboard_press(dashboard, "/x");
	EXPECT_TEXT(dashboard, "/port:5432 stays");
	EXPECT_TEXT(dashboard, "column 10: a port");
	EXPECT_TEXT(dashboard, "Connections 1 of 7");
	/* Enter does not accept it. */
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "/port:5432 stays");
	dashboard_press(dashboard, "<Backspace><Enter>");
	EXPECT_NO_TEXT(dashboard, "stays");
	dashboard_quit(dashboard);
}

/* A name is there after a restart, for / and for --filter. */
static void names_are_kept(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *settings;

	start(dashboard);
	dashboard_press(dashboard, "/port:5432<Enter>:filter save db<Enter>");
	EXPECT_TEXT(dashboard, "@db saved: port:5432");
	settings = dashboard_read_settings(dashboard);
	EXPECT(dashboard, settings && strcmp(settings, "filters:\n  db: \"port:5432\"\n") == 0);
	free(settings);
	dashboard_quit(dashboard);
	start_with(dashboard, "-f", "!@db");
	EXPECT_TEXT(dashboard, "/!@db");
	EXPECT_TEXT(dashboard, "Connections 6 of 7");
	dashboard_press(dashboard, "/<C-u>@<Tab><Enter>");
	EXPECT_TEXT(dashboard, "Connections 1 of 7 /@db");
	dashboard_press(dashboard, ":filter delete d<Tab><Enter>");
	EXPECT_TEXT(dashboard, "@db deleted");
	dashboard_press(dashboard, "/ @db");
	EXPECT_TEXT(dashboard, "no filter has the name db");
	dashboard_press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

static void a_faulty_filter_of_the_settings_is_named(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_write_settings(dashboard, "filters:\n  a: port:443\n  b: \"@a port:x\"\n");
	start(dashboard);
	EXPECT_TEXT(dashboard, "config.yaml:3: b, column 9: a port");
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(an_option_acts_on_all_panes),
		DASHBOARD_TEST(the_summary_follows_the_filter),
		DASHBOARD_TEST(a_mistake_keeps_the_last_filter),
		DASHBOARD_TEST(names_are_kept),
		DASHBOARD_TEST(a_faulty_filter_of_the_settings_is_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
