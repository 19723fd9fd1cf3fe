/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the terminal that the dashboard's tests use, with small programs that every machine has. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/terminal.h"
#include "tests/support/terminal_svg.h"

#define TIMEOUT_MS 5000

static struct terminal *start_shell_command(const char *command)
{
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct terminal_options options = {.argv = argv, .rows = 6, .columns = 40};
	struct terminal *terminal = NULL;

	assert_int_equal(terminal_start(&options, &terminal), 0);
	return terminal;
}

static void end(struct terminal *terminal, int exit_status)
{
	assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
	assert_true(WIFEXITED(terminal_status(terminal)));
	assert_int_equal(WEXITSTATUS(terminal_status(terminal)), exit_status);
	terminal_free(terminal);
}

static void cells_have_text_attributes_and_colours(void **test_state)
{
	static const struct {
		const char *printed;
		struct terminal_cell expected;
	} cases[] = {
		{"a", {.text = "a", .width = 1}},
		{"\\033[1mb", {.text = "b", .width = 1, .bold = true}},
		{"\\033[2md", {.text = "d", .width = 1, .dim = true}},
		{"\\033[2;1;22md", {.text = "d", .width = 1}},
		{"\\033[4;7mu", {.text = "u", .width = 1, .underline = true, .reverse = true}},
		{"\\033[31mr",
		 {.text = "r",
		  .width = 1,
		  .foreground = {.kind = TERMINAL_COLOR_INDEXED, .index = 1}}},
		{"\\033[38;5;2mg",
		 {.text = "g",
		  .width = 1,
		  .foreground = {.kind = TERMINAL_COLOR_INDEXED, .index = 2}}},
		{"\\033[48;2;2;3;4mx",
		 {.text = "x",
		  .width = 1,
		  .background = {TERMINAL_COLOR_DIRECT, 0, .red = 2, .green = 3, .blue = 4}}},
		{"\\033[38:2::5:6:7my",
		 {.text = "y",
		  .width = 1,
		  .foreground = {TERMINAL_COLOR_DIRECT, 0, .red = 5, .green = 6, .blue = 7}}},
		{"\\342\\224\\200", {.text = "─", .width = 1}},
		{"\\033(0q\\033(B", {.text = "─", .width = 1}},
		{"\\347\\214\\253", {.text = "猫", .width = 2}},
		{"e\\314\\201", {.text = "e\u0301", .width = 1}},
	};

	(void)test_state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct terminal_cell *expected = &cases[i].expected;
		char command[128];
		struct terminal_cell cell;
		struct terminal *terminal;

		snprintf(command, sizeof(command), "printf '%s\\033[0m'", cases[i].printed);
		terminal = start_shell_command(command);
		assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
		assert_true(terminal_cell(terminal, 0, 0, &cell));
		assert_string_equal(cell.text, expected->text);
		assert_int_equal(cell.width, expected->width);
		assert_int_equal(cell.bold, expected->bold);
		assert_int_equal(cell.dim, expected->dim);
		assert_int_equal(cell.underline, expected->underline);
		assert_int_equal(cell.reverse, expected->reverse);
		assert_int_equal(cell.foreground.kind, expected->foreground.kind);
		assert_int_equal(cell.background.kind, expected->background.kind);
		assert_int_equal(cell.foreground.index, expected->foreground.index);
		if (expected->foreground.kind == TERMINAL_COLOR_DIRECT)
			assert_memory_equal(&cell.foreground, &expected->foreground,
					    sizeof(cell.foreground));
		if (expected->background.kind == TERMINAL_COLOR_DIRECT)
			assert_memory_equal(&cell.background, &expected->background,
					    sizeof(cell.background));
		terminal_free(terminal);
	}
}

static void texts_are_found_by_cell(void **test_state)
{
	struct terminal *terminal = start_shell_command("printf 'one\\r\\n猫 ─ two  \\r\\n'");
	struct terminal_cell cell;
	int column = -1;

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "two", TIMEOUT_MS));
	assert_string_equal(terminal_row(terminal, 0), "one");
	assert_string_equal(terminal_row(terminal, 1), "猫 ─ two");
	assert_int_equal(terminal_find(terminal, "two", 0, &column), 1);
	assert_int_equal(column, 5); /* 猫 is two cells wide */
	assert_int_equal(terminal_find(terminal, "one", 1, NULL), -1);
	assert_false(terminal_shows(terminal, "three"));
	assert_true(terminal_cell(terminal, 1, 1, &cell));
	assert_int_equal(cell.width, 0);
	assert_false(terminal_cell(terminal, 6, 0, &cell));
	assert_string_equal(cell.text, " ");
	end(terminal, 0);
}

/* ncurses draws the upper edge of a frame like this: CSI 37 b (REP) repeats the line character, and
 * the corner is in the last column. */
static void repeated_characters_do_not_wrap(void **test_state)
{
	struct terminal *terminal = start_shell_command("printf '+-\\033[37b+\\r\\n|'; read line");

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "|", TIMEOUT_MS));
	assert_string_equal(terminal_row(terminal, 0), "+--------------------------------------+");
	assert_string_equal(terminal_row(terminal, 1), "|");
	terminal_free(terminal);
}

static void keys_arrive(void **test_state)
{
	static const struct {
		const char *keys;
		const char *shown;
	} cases[] = {
		{"a<lt>b<Enter>", "61 3c 62 0d"},
		{"<Esc><Tab><S-Tab><Enter>", "1b 09 1b 5b 5a 0d"},
		{"<Up><PageDown><Home><Enter>", "1b 5b 41 1b 5b 36 7e 1b 5b 48 0d"},
		{"<F1><F10><Enter>", "1b 4f 50 1b 5b 32 31 7e 0d"},
		{"<C-z><Space><Backspace><Enter>", "1a 20 7f 0d"},
	};

	(void)test_state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* od prints the bytes before the carriage return that ends each case. */
		struct terminal *terminal = start_shell_command(
			"stty raw -echo; printf ready; LC_ALL=C; IFS= ; t=; "
			"while c=$(dd bs=1 count=1 2>/dev/null | od -An -tx1); do t=\"$t$c\"; "
			"[ \"$c\" = ' 0d' ] && break; done; stty sane; printf '\\r\\n%s\\r\\n' "
			"\"$t\"");

		assert_true(terminal_wait_text(terminal, "ready", TIMEOUT_MS));
		assert_int_equal(terminal_keys(terminal, cases[i].keys), 0);
		assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
		assert_string_equal(terminal_row(terminal, 1) + 1, cases[i].shown);
		terminal_free(terminal);
	}
}

static void unknown_keys_are_refused(void **test_state)
{
	static const char *const cases[] = {"<Nothing>", "<F13>", "<F0>", "<", "<Enter"};
	struct terminal *terminal = start_shell_command("read line");

	(void)test_state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(terminal_keys(terminal, cases[i]), -EINVAL);
	terminal_free(terminal);
}

static void mouse_uses_the_requested_protocol(void **test_state)
{
	struct terminal *terminal = start_shell_command(
		"stty raw -echo; printf '\\033[?1000h\\033[?1006hready'; dd bs=1 count=18 "
		"2>/dev/null "
		"| tr '\\033' '^'; printf '\\033[?1000l\\033[?1006l'; stty sane");

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "ready", TIMEOUT_MS));
	assert_true(terminal_modes(terminal)->mouse);
	terminal_mouse(terminal, 2, 4, 1);
	assert_true(terminal_wait_text(terminal, "ready^[<0;5;3M^[<0;5;3m", TIMEOUT_MS));
	assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
	assert_false(terminal_modes(terminal)->mouse);
	terminal_free(terminal);
}

static void size_is_set_and_changed(void **test_state)
{
	struct terminal *terminal = start_shell_command(
		"trap 'stty size; exit 7' WINCH; stty size; while :; do sleep 0.05; done");

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "6 40", TIMEOUT_MS));
	assert_int_equal(terminal_resize(terminal, 60, 200), 0);
	assert_true(terminal_wait_text(terminal, "60 200", TIMEOUT_MS));
	assert_int_equal(terminal_rows(terminal), 60);
	end(terminal, 7);
}

static void job_control_stops_and_continues(void **test_state)
{
	const char *argv[] = {"/bin/cat", NULL};
	struct terminal_options options = {.argv = argv};
	struct terminal *terminal = NULL;

	(void)test_state;
	assert_int_equal(terminal_start(&options, &terminal), 0);
	assert_int_equal(terminal_keys(terminal, "one<Enter>"), 0);
	assert_true(terminal_wait_text(terminal, "one", TIMEOUT_MS));
	assert_int_equal(terminal_keys(terminal, "<C-z>"), 0);
	assert_true(terminal_wait_stop(terminal, TIMEOUT_MS));
	assert_int_equal(terminal_status(terminal), -1);
	terminal_foreground(terminal);
	assert_int_equal(terminal_keys(terminal, "two<Enter>"), 0);
	assert_true(terminal_wait_text(terminal, "two", TIMEOUT_MS));
	assert_int_equal(terminal_keys(terminal, "<C-d>"), 0);
	end(terminal, 0);
}

static void signals_end_it(void **test_state)
{
	struct terminal *terminal = start_shell_command("printf ready; exec sleep 60");

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "ready", TIMEOUT_MS));
	assert_int_equal(terminal_signal(terminal, SIGTERM), 0);
	assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
	assert_true(WIFSIGNALED(terminal_status(terminal)));
	assert_int_equal(WTERMSIG(terminal_status(terminal)), SIGTERM);
	terminal_free(terminal);
}

static void hanging_up_sends_sighup(void **test_state)
{
	struct terminal *terminal = start_shell_command("printf ready; exec sleep 60");

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "ready", TIMEOUT_MS));
	terminal_hang_up(terminal);
	assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
	assert_int_equal(WTERMSIG(terminal_status(terminal)), SIGHUP);
	terminal_free(terminal);
}

static void freeing_kills(void **test_state)
{
	struct terminal *terminal = start_shell_command(
		"trap '' TERM HUP INT; printf ready; while :; do sleep 1; done");
	pid_t pid = terminal_pid(terminal);

	(void)test_state;
	assert_true(terminal_wait_text(terminal, "ready", TIMEOUT_MS));
	assert_int_equal(kill(pid, 0), 0);
	terminal_free(terminal);
	assert_int_equal(kill(pid, 0), -1);
}

static void leftovers_are_reported(void **test_state)
{
	static const struct {
		const char *command;
		const char *why;
	} cases[] = {
		{"printf 'fine\\r\\n'", ""},
		{"printf "
		 "'\\033[?1049h\\033[?25l\\033[2J\\033[?1l\\033[?25h\\033[?1049l\\033[39;49m\\033("
		 "B\\033[m'",
		 ""},
		{"printf '\\033[?1049h'", "the alternate screen is on"},
		{"printf '\\033[?25l'", "the cursor is hidden"},
		{"printf '\\033[?1002h'", "the mouse is reported"},
		{"printf '\\033[?1006;1003h'", "the mouse is reported"},
		{"printf '\\033[?2004h'", "pastes are bracketed"},
		{"printf '\\033[?1h'", "the cursor keys are in application mode"},
		{"printf '\\033='", "the keypad is in application mode"},
		{"printf '\\033(0'", "the line drawing characters are in use"},
		{"printf '\\033)0\\016'", "the line drawing characters are in use"},
		{"printf '\\033[1m'", "attributes are not reset"},
		{"printf '\\033[3;5r'", "a scroll region is set"},
		{"printf half", "the cursor stands in column 4 of a line"},
		{"stty -echo", "the line settings have changed"},
	};

	(void)test_state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct terminal *terminal = start_shell_command(cases[i].command);
		char why[100];

		assert_true(terminal_wait_exit(terminal, TIMEOUT_MS));
		assert_int_equal(terminal_is_clean(terminal, why, sizeof(why)), !*cases[i].why);
		assert_string_equal(why, cases[i].why);
		terminal_free(terminal);
	}
}

static void descriptors_are_not_held_open(void **test_state)
{
	const char *argv[] = {"/bin/cat", NULL};
	struct terminal_options options = {.argv = argv};
	struct terminal *terminal = NULL;
	int fds[2];

	(void)test_state;
	assert_int_equal(pipe(fds), 0);
	options.standard_input = fds[0];
	assert_int_equal(terminal_start(&options, &terminal), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "piped\n", 6), 6);
	assert_true(terminal_wait_text(terminal, "piped", TIMEOUT_MS));
	close(fds[1]); /* the end of cat's input, unless another process holds the pipe */
	end(terminal, 0);
}

static void environment_is_pinned(void **test_state)
{
	static const char *const environment[] = {"ADDED=yes", "HOME", NULL};
	const char *argv[] = {"/bin/sh", "-c",
			      "echo \"$TERM $LANG ${LC_ALL-no} $ADDED ${HOME-no}\"; pwd", NULL};
	struct terminal_options options = {.argv = argv,
					   .term = "vt100",
					   .language = "C",
					   .environment = environment,
					   .directory = "/usr"};
	struct terminal *terminal = NULL;

	(void)test_state;
	assert_int_equal(terminal_start(&options, &terminal), 0);
	assert_true(terminal_wait_text(terminal, "/usr", TIMEOUT_MS));
	assert_string_equal(terminal_row(terminal, 0), "vt100 C no yes no");
	end(terminal, 0);
}

static void missing_programs_end_with_127(void **test_state)
{
	const char *argv[] = {"/nowhere/at/all", NULL};
	struct terminal_options options = {.argv = argv};
	struct terminal *terminal = NULL;

	(void)test_state;
	assert_int_equal(terminal_start(&options, &terminal), 0);
	end(terminal, 127);
}

static void pictures_are_drawn(void **test_state)
{
	static const char *const expected[] = {
		"<svg xmlns=", "<title>a &lt;b&gt;</title>",
		/* text with its colour and weight, stretched to its cells */
		"fill=\"#f06c75\" font-weight=\"700\" textLength=\"42.0\">a&amp;b c</text>",
		/* the background of reversed text */
		"width=\"25.2\" height=\"18.0\" fill=\"#d3d9e4\"/>",
		/* a frame's line, drawn once for all its cells */
		"H37.2\" fill=\"none\"", "</svg>\n"};
	struct terminal *terminal = start_shell_command(
		"printf '\\033[1;31ma&b c\\033[0m\\r\\n\\033[7mrev\\033[0m\\r\\n───\\r\\n'; read "
		"line");
	char *svg = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&svg, &length);

	(void)test_state;
	assert_non_null(out);
	assert_true(terminal_wait_text(terminal, "───", TIMEOUT_MS));
	terminal_write_svg(terminal, "a <b>", out);
	fclose(out);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_non_null(strstr(svg, expected[i]));
	free(svg);
	terminal_free(terminal);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_have_text_attributes_and_colours),
		cmocka_unit_test(texts_are_found_by_cell),
		cmocka_unit_test(repeated_characters_do_not_wrap),
		cmocka_unit_test(keys_arrive),
		cmocka_unit_test(unknown_keys_are_refused),
		cmocka_unit_test(mouse_uses_the_requested_protocol),
		cmocka_unit_test(size_is_set_and_changed),
		cmocka_unit_test(job_control_stops_and_continues),
		cmocka_unit_test(signals_end_it),
		cmocka_unit_test(hanging_up_sends_sighup),
		cmocka_unit_test(freeing_kills),
		cmocka_unit_test(leftovers_are_reported),
		cmocka_unit_test(descriptors_are_not_held_open),
		cmocka_unit_test(environment_is_pinned),
		cmocka_unit_test(missing_programs_end_with_127),
		cmocka_unit_test(pictures_are_drawn),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
