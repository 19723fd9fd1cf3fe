/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command in a terminal and draws the terminal's screen.
 *
 *   screenshot [OPTION]… OUTPUT.svg -- COMMAND [ARGUMENT]…
 *
 *   --size COLUMNSxROWS   80x24
 *   --term TERM           xterm-256color
 *   --lang LANG           C.UTF-8
 *   --env NAME=VALUE      repeatable; NAME alone unsets
 *   --wait TEXT           waits until the text is on the screen
 *   --keys KEYS           presses keys, in the notation of terminal.h: 'jj<Enter>/cart'
 *   --pause MS            waits for MS milliseconds
 *   --title TEXT          draws a title bar
 *   --text                writes the screen as plain text instead of SVG
 *
 * --wait, --keys and --pause are steps: any number, done in their order. The picture is taken when
 * the last step is done and the program has written nothing for a quarter of a second. Exit status:
 * 0, or 1 with the screen on standard error.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/terminal.h"
#include "tests/support/terminal_svg.h"

#define WAIT_MS  10000
#define QUIET_MS 250
#define EXIT_MS  3000
#define LIST_MAX 64

enum step_kind {
	STEP_WAIT = 1,
	STEP_KEYS,
	STEP_PAUSE,
};

struct step {
	enum step_kind kind;
	const char *text;
};

struct request {
	struct terminal_options terminal;
	const char *environment[LIST_MAX + 1];
	size_t environment_count;
	struct step steps[LIST_MAX];
	size_t step_count;
	const char *title;
	const char *output;
	bool plain_text;
};

static bool add_step(struct request *request, enum step_kind kind, const char *text)
{
	if (request->step_count == LIST_MAX)
		return false;
	request->steps[request->step_count++] = (struct step){kind, text};
	return true;
}

static bool read_option(struct request *request, int option)
{
	switch (option) {
	case 's':
		return sscanf(optarg, "%dx%d", &request->terminal.columns,
			      &request->terminal.rows) == 2 &&
		       request->terminal.columns > 0 && request->terminal.rows > 0;
	case 't':
		request->terminal.term = optarg;
		return true;
	case 'l':
		request->terminal.language = optarg;
		return true;
	case 'e':
		if (request->environment_count == LIST_MAX)
			return false;
		request->environment[request->environment_count++] = optarg;
		return true;
	case 'w':
		return add_step(request, STEP_WAIT, optarg);
	case 'k':
		return add_step(request, STEP_KEYS, optarg);
	case 'p':
		return add_step(request, STEP_PAUSE, optarg);
	case 'T':
		request->title = optarg;
		return true;
	case 'x':
		request->plain_text = true;
		return true;
	default:
		return false;
	}
}

static bool read_command_line(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},  {"term", required_argument, NULL, 't'},
		{"lang", required_argument, NULL, 'l'},  {"env", required_argument, NULL, 'e'},
		{"wait", required_argument, NULL, 'w'},  {"keys", required_argument, NULL, 'k'},
		{"pause", required_argument, NULL, 'p'}, {"title", required_argument, NULL, 'T'},
		{"text", no_argument, NULL, 'x'},        {NULL, 0, NULL, 0},
	};
	int option;

	/* With "+", options after COMMAND belong to the command. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!read_option(request, option))
			return false;
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
		return false;
	request->output = argv[optind];
	request->terminal.argv = (const char *const *)(argv + optind + 2);
	request->terminal.environment = request->environment;
	return true;
}

static bool do_step(struct terminal *terminal, const struct step *step)
{
	switch (step->kind) {
	case STEP_WAIT:
		if (terminal_wait_text(terminal, step->text, WAIT_MS))
			return true;
		fprintf(stderr, "screenshot: \"%s\" never came on the screen\n", step->text);
		return false;
	case STEP_KEYS:
		if (terminal_keys(terminal, step->text) == 0)
			return terminal_wait_quiet(terminal, QUIET_MS / 2, WAIT_MS);
		fprintf(stderr, "screenshot: no such key in \"%s\"\n", step->text);
		return false;
	case STEP_PAUSE:
		terminal_wait_quiet(terminal, atoi(step->text), atoi(step->text));
		return true;
	}
	return false;
}

static int write_picture(struct terminal *terminal, const struct request *request)
{
	FILE *out = fopen(request->output, "w");

	if (!out) {
		fprintf(stderr, "screenshot: %s: %s\n", request->output, strerror(errno));
		return 1;
	}
	if (request->plain_text)
		for (int row = 0; row < terminal_rows(terminal); row++)
			fprintf(out, "%s\n", terminal_row(terminal, row));
	else
		terminal_write_svg(terminal, request->title, out);
	if (fclose(out) != 0) {
		fprintf(stderr, "screenshot: %s: %s\n", request->output, strerror(errno));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct request request;
	struct terminal *terminal = NULL;
	int status = 0;
	int error;

	if (!read_command_line(&request, argc, argv)) {
		fprintf(stderr,
			"usage: screenshot [--size COLUMNSxROWS] [--term TERM] [--lang LANG] "
			"[--env NAME=VALUE] [--wait TEXT] [--keys KEYS] [--pause MS] "
			"[--title TEXT] [--text] OUTPUT.svg -- COMMAND [ARGUMENT]...\n");
		return 2;
	}
	error = terminal_start(&request.terminal, &terminal);
	if (error) {
		fprintf(stderr, "screenshot: no terminal: %s\n", strerror(-error));
		return 1;
	}
	for (size_t i = 0; i < request.step_count && status == 0; i++)
		status = do_step(terminal, &request.steps[i]) ? 0 : 1;
	if (status == 0) {
		terminal_wait_quiet(terminal, QUIET_MS, WAIT_MS);
		status = write_picture(terminal, &request);
	}
	if (status)
		terminal_dump(terminal, stderr);
	if (terminal_status(terminal) < 0) {
		/* On SIGTERM, the programs of the process group can restore the terminal. */
		kill(-terminal_pid(terminal), SIGTERM);
		terminal_wait_exit(terminal, EXIT_MS);
	}
	terminal_free(terminal);
	return status;
}
