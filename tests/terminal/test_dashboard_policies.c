/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that are loaded, saved and edited while the dashboard runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

#define POLICY(spec)                               \
	"apiVersion: networking.k8s.io/v1\n"       \
	"kind: NetworkPolicy\n"                    \
	"metadata: {name: all, namespace: shop}\n" \
	"spec: {podSelector: {}, " spec "}\n"

#define DENIED_SIGN "\xe2\x8a\x98" /* U+2298 */

#define DENIES_EGRESS POLICY("policyTypes: [Egress]")
#define ALLOWS_EGRESS POLICY("policyTypes: [Egress], egress: [{}]")

/* Replaces a file of the test's folder as editors do: writes a new file, and renames it. */
static void save(struct dashboard *dashboard, const char *name, const char *text)
{
	char from[256];
	char to[256];
	FILE *file = dashboard_create(dashboard, "new.tmp");

	fputs(text, file);
	fclose(file);
	snprintf(from, sizeof(from), "%s/new.tmp", dashboard->folder);
	snprintf(to, sizeof(to), "%s/%s", dashboard->folder, name);
	EXPECT(dashboard, rename(from, to) == 0);
}

static void open_sample(struct dashboard *dashboard)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
}

static void a_loaded_file_is_judged_again_after_each_save(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	save(dashboard, "deny.yaml", DENIES_EGRESS);
	open_sample(dashboard);
	dashboard_press(dashboard, ":policy deny.yaml<Enter>");
	EXPECT_TEXT(dashboard, DENIED_SIGN " (was 0)  lost 0");
	/* The selected row stays selected. */
	dashboard_press(dashboard, "jj");
	dashboard_settle(dashboard);
	int selected = dashboard_selected_row(dashboard);
	save(dashboard, "deny.yaml", ALLOWS_EGRESS);
	EXPECT_TEXT(dashboard, " 0" DENIED_SIGN " (was ");
	EXPECT(dashboard, selected > 0 && dashboard_selected_row(dashboard) == selected);
	/* A file with an error keeps the last good policies, and names the place. */
	save(dashboard, "deny.yaml", "kind: [\n");
	EXPECT_TEXT(dashboard, "deny.yaml:");
	EXPECT_TEXT(dashboard, "stay in use");
	/* A file without policies has the same effect. */
	save(dashboard, "deny.yaml", "kind: Pod\napiVersion: v1\n");
	EXPECT_TEXT(dashboard, "no NetworkPolicy in it");
	save(dashboard, "deny.yaml", DENIES_EGRESS);
	EXPECT_TEXT(dashboard, DENIED_SIGN " (was 0)  lost 0");
	dashboard_press(dashboard, "P");
	EXPECT_TEXT(dashboard, "each save is judged at once");
	EXPECT_TEXT(dashboard, "newly denied: ");
	/* Pages that were opened in turn lead back, each once. */
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, "Help");
	dashboard_press(dashboard, "P");
	EXPECT_TEXT(dashboard, "each save is judged at once");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections");
	/* The terminal is not read as a policy. */
	dashboard_press(dashboard, ":policy -<Enter>");
	EXPECT_TEXT(dashboard, "a file or folder was expected");
	dashboard_quit(dashboard);
}

/* In a loaded folder, new files and new folders are noticed. */
static void a_loaded_folder_is_watched(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char folder[256];

	snprintf(folder, sizeof(folder), "%s/all", dashboard->folder);
	EXPECT(dashboard, mkdir(folder, 0700) == 0);
	save(dashboard, "all/one.yaml", ALLOWS_EGRESS);
	open_sample(dashboard);
	dashboard_press(dashboard, ":policy all<Enter>");
	EXPECT_TEXT(dashboard, "0 connections denied");
	snprintf(folder, sizeof(folder), "%s/all/more", dashboard->folder);
	EXPECT(dashboard, mkdir(folder, 0700) == 0);
	EXPECT_TEXT(dashboard, "the policies changed");
	dashboard_press(dashboard, "g");
	EXPECT_NO_TEXT(dashboard, "the policies changed");
	unlink(strcat(strcpy(folder, dashboard->folder), "/all/one.yaml"));
	save(dashboard, "all/more/two.yaml", DENIES_EGRESS);
	EXPECT_TEXT(dashboard, DENIED_SIGN " (was 0)");
	dashboard_quit(dashboard);
}

static void a_saved_draft_is_judged(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_sample(dashboard);
	dashboard_press(dashboard, "e");
	EXPECT_TEXT(dashboard, ".yaml");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "saved to ");
	EXPECT_TEXT(dashboard, "flows seen: ");
	EXPECT_TEXT(dashboard, " 0 denied");
	dashboard_quit(dashboard);
}

/* Starts polecat with an editor: a shell script that gets the file as $1. */
static void open_with_editor(struct dashboard *dashboard, const char *script)
{
	const char *const environment[] = {"EDITOR=./edit.sh", "VISUAL=", "TMPDIR=.", NULL};
	char path[256];
	FILE *file = dashboard_create(dashboard, "edit.sh");

	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	snprintf(path, sizeof(path), "%s/edit.sh", dashboard->folder);
	EXPECT(dashboard, chmod(path, 0700) == 0);
	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_start(dashboard, &(struct dashboard_options){
					   .arguments = {"-i", "shop.jsonl", NULL},
					   .environment = environment,
				   });
	EXPECT_TEXT(dashboard, "of 9");
}

static void an_edited_draft_is_judged_and_saved(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	CLEANUP_FREE char *saved = NULL;

	/* The editor can read a line from the terminal. Ctrl-C, which polecat gets, too, does not
	 * end polecat meanwhile. */
	open_with_editor(dashboard, "kill -INT $PPID\n"
				    "printf 'name? '; read -r name\n"
				    "sed -i \"s/^  name: .*/  name: $name/\" \"$1\"");
	dashboard_press(dashboard, "E");
	EXPECT_TEXT(dashboard, "name?");
	dashboard_press(dashboard, "renamed<Enter>");
	EXPECT_TEXT(dashboard, "flows seen: ");
	EXPECT_TEXT(dashboard, "0 denied");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "saved to ");
	saved = dashboard_read(dashboard, "shop-cart.yaml");
	EXPECT(dashboard, saved && strstr(saved, "  name: renamed\n"));
	dashboard_quit(dashboard);
}

static void an_edit_that_is_not_saved_is_kept(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	CLEANUP_FREE char *count = NULL;

	/* The second E comes while the editor starts. It is for the editor. */
	open_with_editor(dashboard, "echo started >> count; echo '# mine' >> \"$1\"; sleep 0.3");
	dashboard_press(dashboard, "EE");
	EXPECT_TEXT(dashboard, "flows seen: ");
	count = dashboard_read(dashboard, "count");
	EXPECT(dashboard, count && strcmp(count, "started\n") == 0);
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "the edited draft is in ./polecat-");
	dashboard_quit(dashboard);
}

static void an_edit_with_an_error_is_kept(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_editor(dashboard, "echo 'kind: [' >> \"$1\"; cp \"$1\" kept");
	dashboard_press(dashboard, "E");
	EXPECT_TEXT(dashboard, "draft is still in");
	EXPECT_TEXT(dashboard, "polecat-");
	dashboard_quit(dashboard);
}

/* In a terminal that makes signals of keys, Ctrl-\ reaches polecat, too. */
static void a_quit_signal_ends_the_editor_alone(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_editor(dashboard, "stty isig quit '^\\'; echo ready > started; sleep 30");
	dashboard_press(dashboard, "E");
	for (int i = 0; i < 100; i++) {
		char *started = dashboard_read(dashboard, "started");

		if (started && *started) {
			free(started);
			break;
		}
		free(started);
		terminal_pump(dashboard->terminal, 50);
	}
	terminal_send(dashboard->terminal, "\034", 1);
	EXPECT_TEXT(dashboard, "the editor failed");
	dashboard_settle(dashboard);
	EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	dashboard_quit(dashboard);
}

static void an_unchanged_draft_and_a_failed_editor(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_with_editor(dashboard, "test -e fail && exit 3; touch fail");
	dashboard_press(dashboard, "E");
	EXPECT_TEXT(dashboard, "the draft was not changed");
	dashboard_press(dashboard, "E");
	EXPECT_TEXT(dashboard, "the editor failed");
	dashboard_quit(dashboard);
}

/* With --exit-on-new, the dashboard restores the terminal, and names the new destination. */
static void a_new_destination_ends_it(void **test_state)
{
	const struct dashboard_options options = {.arguments = {"--host", "-i", "shop.jsonl",
								"--baseline", "deny.yaml",
								"--exit-on-new"}};
	struct dashboard *dashboard = *test_state;

	save(dashboard, "deny.yaml", DENIES_EGRESS);
	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_start(dashboard, &options);
	dashboard_expect_end(dashboard, 1);
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "polecat: new: shop/cart-"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(a_loaded_file_is_judged_again_after_each_save),
		DASHBOARD_TEST(a_loaded_folder_is_watched),
		DASHBOARD_TEST(a_saved_draft_is_judged),
		DASHBOARD_TEST(an_edited_draft_is_judged_and_saved),
		DASHBOARD_TEST(an_edit_that_is_not_saved_is_kept),
		DASHBOARD_TEST(an_edit_with_an_error_is_kept),
		DASHBOARD_TEST(an_unchanged_draft_and_a_failed_editor),
		DASHBOARD_TEST(a_quit_signal_ends_the_editor_alone),
		DASHBOARD_TEST(a_new_destination_ends_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
