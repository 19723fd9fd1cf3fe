/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of a connection and of a pod, and the marks of connections that loaded policies deny.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

/* A policy that allows cart to connect to the database only. */
static const char policy[] = "apiVersion: networking.k8s.io/v1\n"
			     "kind: NetworkPolicy\n"
			     "metadata: {name: only-db, namespace: shop}\n"
			     "spec:\n"
			     "  podSelector: {matchLabels: {app: cart}}\n"
			     "  policyTypes: [Egress]\n"
			     "  egress:\n"
			     "  - to: [{podSelector: {matchLabels: {app: db}}}]\n";

static void write_file(struct dashboard *dashboard, const char *name, const char *text)
{
	FILE *file = dashboard_create(dashboard, name);

	fputs(text, file);
	fclose(file);
}

static void open_with_policy(struct dashboard *dashboard, int rows, int columns,
			     const char *language)
{
	const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl", "--policy", "only-db.yaml"},
		.rows = rows,
		.columns = columns,
		.language = language,
	};

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	write_file(dashboard, "only-db.yaml", policy);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, SAMPLE_UNANSWERED);
	dashboard_settle(dashboard);
}

static const char *row_of(struct dashboard *dashboard, const char *text)
{
	int row = dashboard_table_row(dashboard, text);

	EXPECT(dashboard, row >= 0);
	return terminal_row(dashboard->terminal, row);
}

static void denied_connections_are_marked(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_policy(dashboard, 24, 80, NULL);
	EXPECT(dashboard, strstr(row_of(dashboard, SAMPLE_UNANSWERED), "hanging… ⊘"));
	EXPECT(dashboard, strstr(row_of(dashboard, SAMPLE_REFUSED), "refused ⊘"));
	EXPECT(dashboard, !strstr(row_of(dashboard, "→ db-0"), "⊘"));
	/* The header also counts the three numbered connections, which the policy denies too. */
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), "5⊘"));
	dashboard_press(dashboard, "/port:443<Enter>gj<Enter>");
	EXPECT_TEXT(dashboard, "shop/only-db");
	EXPECT_TEXT(dashboard, "only-db.yaml:1");
	EXPECT_TEXT(dashboard, "denied");
	dashboard_quit(dashboard);
}

static void denied_connections_have_a_sign_in_ascii(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_policy(dashboard, 24, 80, "C");
	EXPECT(dashboard, strstr(row_of(dashboard, SAMPLE_UNANSWERED), "hanging~ #"));
	dashboard_quit(dashboard);
}

static void without_policies_nothing_is_marked(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, terminal_find(dashboard->terminal, "⊘", 0, NULL) < 0);
	dashboard_quit(dashboard);
}

/* The dashboard reports errors in a policy before it draws the screen. */
static void bad_policies_are_refused(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl", "--policy", "bad.yaml"}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	write_file(dashboard, "bad.yaml",
		   "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		   "metadata: {name: x}\nspec:\n  podSelektor: {}\n");
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "bad.yaml:5:");
	dashboard_expect_end(dashboard, 4);
}

static bool destinations_are_back(struct terminal *terminal, void *data)
{
	(void)terminal;
	return dashboard_title_row(data, "Summary") > 0;
}

static void pod_page_says_who_it_is(void **test_state)
{
	static const char *const texts[] = {
		("Pod shop/" SAMPLE_POD),
		"StatefulSet cart",
		"app=cart",
		"198.51.100.13",
		SAMPLE_NODE,
		"The last minute",
		"→ db-0",
		"5432/tcp",
		SAMPLE_REFUSED,
		"refused",
		"curl",
		"podSelector",
	};
	struct dashboard *dashboard = *test_state;

	open_with_policy(dashboard, 100, 120, NULL);
	dashboard_press(dashboard, "i");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		EXPECT_TEXT(dashboard, texts[i]);
	EXPECT_TEXT(dashboard, "shop/only-db (only-db.yaml:1)");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "The last minute");
	EXPECT_SOON(dashboard, destinations_are_back, dashboard);
	dashboard_quit(dashboard);
}

static void enter_goes_from_connection_to_pod_and_back(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_policy(dashboard, 24, 80, NULL);
	dashboard_press(dashboard, "g<Enter>");
	EXPECT_TEXT(dashboard, "This end (opened)");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "Pod shop/");
	/* Scrolling reaches the end of the page. */
	dashboard_press(dashboard, "G");
	EXPECT_TEXT(dashboard, "port: 5432");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connection");
	EXPECT_NO_TEXT(dashboard, "Pod shop/");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Summary");
	/* The destinations pane also opens the page. */
	dashboard_press(dashboard, "<Tab>i");
	EXPECT_TEXT(dashboard, "Pod shop/");
	dashboard_quit(dashboard);
}

/* A process of another machine has the same PID and name as a local process that started before the
 * connection. Although PID, name and start time fit, the connection's page must not show the
 * command line of the local process. */
static void a_page_has_no_command_line_of_another_machine(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--no-kube", "--no-cri", "--no-docker", "--exec",
			      "cat remote.jsonl; sleep 30"}};
	struct dashboard *dashboard = *test_state;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("sleep", "sleep", "98765", (char *)NULL);
		_exit(127);
	}
	FILE *file = dashboard_create(dashboard, "remote.jsonl");
	fprintf(file,
		"{\"v\":1,\"kind\":\"hello\",\"node\":\"node1\"}\n"
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"established\",\"ts\":"
		"\"2099-01-01T00:00:00Z\",\"id\":\"00000000000000a1\",\"node\":\"node1\","
		"\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,\"src\":"
		"\"192.0.2.10\",\"sport\":40000,\"dst\":\"198.51.100.9\",\"dport\":443,"
		"\"state\":\"ESTABLISHED\",\"pid\":%d,\"uid\":0,\"comm\":\"sleep\"}\n",
		(int)pid);
	fclose(file);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "198.51.100.9");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "40000");
	EXPECT_NO_TEXT(dashboard, "98765");
	dashboard_quit(dashboard);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(denied_connections_are_marked),
		DASHBOARD_TEST(denied_connections_have_a_sign_in_ascii),
		DASHBOARD_TEST(without_policies_nothing_is_marked),
		DASHBOARD_TEST(bad_policies_are_refused),
		DASHBOARD_TEST(pod_page_says_who_it_is),
		DASHBOARD_TEST(enter_goes_from_connection_to_pod_and_back),
		DASHBOARD_TEST(a_page_has_no_command_line_of_another_machine),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
