/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/terminal_script.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define EXIT_MS 3000

static bool terminal_script_add(struct terminal_script *script, enum terminal_step_kind kind,
				const char *text)
{
	if (script->step_count == TERMINAL_SCRIPT_MAX)
		return false;
	script->steps[script->step_count++] = (struct terminal_step){kind, text};
	return true;
}

static bool terminal_script_read_size(struct terminal_options *terminal, const char *text)
{
	return sscanf(text, "%dx%d", &terminal->columns, &terminal->rows) == 2 &&
	       terminal->columns > 0 && terminal->rows > 0;
}

static bool terminal_script_read_option(struct terminal_script *script, int option)
{
	switch (option) {
	case 's':
		return terminal_script_read_size(&script->terminal, optarg);
	case 't':
		script->terminal.term = optarg;
		return true;
	case 'l':
		script->terminal.language = optarg;
		return true;
	case 'e':
		if (script->environment_count == TERMINAL_SCRIPT_MAX)
			return false;
		script->environment[script->environment_count++] = optarg;
		return true;
	case 'w':
		return terminal_script_add(script, TERMINAL_STEP_WAIT, optarg);
	case 'k':
		return terminal_script_add(script, TERMINAL_STEP_KEYS, optarg);
	case 'p':
		return terminal_script_add(script, TERMINAL_STEP_PAUSE, optarg);
	case 'T':
		script->title = optarg;
		return true;
	case 'x':
		script->plain_text = true;
		return true;
	default:
		return false;
	}
}

bool terminal_script_read(struct terminal_script *script, int argc, char **argv)
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
		if (!terminal_script_read_option(script, option))
			return false;
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
		return false;
	script->output = argv[optind];
	script->terminal.argv = (const char *const *)(argv + optind + 2);
	return true;
}

int terminal_script_start(struct terminal_script *script, struct terminal **out)
{
	script->terminal.environment = script->environment;
	return terminal_start(&script->terminal, out);
}

void terminal_script_stop(struct terminal *terminal)
{
	if (terminal_status(terminal) < 0) {
		/* On SIGTERM, the programs of the process group can restore the terminal. */
		kill(-terminal_pid(terminal), SIGTERM);
		terminal_wait_exit(terminal, EXIT_MS);
	}
	terminal_free(terminal);
}
