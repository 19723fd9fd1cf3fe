/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command in a terminal and draws the terminal's screen.
 *
 *   screenshot [OPTION]… OUTPUT.svg -- COMMAND [ARGUMENT]…
 *
 * tests/support/terminal_script.h has the options. --title draws a title bar, and --text writes the
 * screen as plain text instead of SVG. The picture is taken when the last step is done and the
 * program has written nothing for a quarter of a second. Exit status: 0, or 1 with the screen on
 * standard error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/terminal_script.h"
#include "tests/support/terminal_svg.h"

#define WAIT_MS  10000
#define QUIET_MS 250

static bool do_step(struct terminal *terminal, const struct terminal_step *step)
{
	switch (step->kind) {
	case TERMINAL_STEP_WAIT:
		if (terminal_wait_text(terminal, step->text, WAIT_MS))
			return true;
		fprintf(stderr, "screenshot: \"%s\" never came on the screen\n", step->text);
		return false;
	case TERMINAL_STEP_KEYS:
		if (terminal_keys(terminal, step->text) == 0)
			return terminal_wait_quiet(terminal, QUIET_MS / 2, WAIT_MS);
		fprintf(stderr, "screenshot: no such key in \"%s\"\n", step->text);
		return false;
	case TERMINAL_STEP_PAUSE:
		terminal_wait_quiet(terminal, atoi(step->text), atoi(step->text));
		return true;
	}
	return false;
}

static int write_picture(struct terminal *terminal, const struct terminal_script *script)
{
	FILE *out = fopen(script->output, "w");

	if (!out) {
		fprintf(stderr, "screenshot: %s: %s\n", script->output, strerror(errno));
		return 1;
	}
	if (script->plain_text)
		for (int row = 0; row < terminal_rows(terminal); row++)
			fprintf(out, "%s\n", terminal_row(terminal, row));
	else
		terminal_write_svg(terminal, script->title, out);
	if (fclose(out) != 0) {
		fprintf(stderr, "screenshot: %s: %s\n", script->output, strerror(errno));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct terminal_script script;
	struct terminal *terminal = NULL;
	int status = 0;
	int error;

	if (!terminal_script_read(&script, argc, argv)) {
		fprintf(stderr, "usage: screenshot " TERMINAL_SCRIPT_USAGE
				" OUTPUT.svg -- COMMAND [ARGUMENT]...\n");
		return 2;
	}
	error = terminal_script_start(&script, &terminal);
	if (error) {
		fprintf(stderr, "screenshot: no terminal: %s\n", strerror(-error));
		return 1;
	}
	for (size_t i = 0; i < script.step_count && status == 0; i++)
		status = do_step(terminal, &script.steps[i]) ? 0 : 1;
	if (status == 0) {
		terminal_wait_quiet(terminal, QUIET_MS, WAIT_MS);
		status = write_picture(terminal, &script);
	}
	if (status)
		terminal_dump(terminal, stderr);
	terminal_script_stop(terminal);
	return status;
}
