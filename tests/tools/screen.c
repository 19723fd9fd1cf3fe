/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes whole-screen pictures of the dashboard as text, for the golden files in
 * tests/golden/screen.
 *
 *   screen [--expect PICTURES] POLECAT STEPS OUTPUT
 *
 * STEPS is a file with one step per line; empty lines and lines that start with # are comments:
 *
 *   term TERM, lang LANG, env NAME=VALUE   settings of the next run (xterm-256color, C.UTF-8)
 *   background COLOUR                      answer of the next runs' terminal to OSC 11, such as
 *                                          rgb:ffff/ffff/ffff; none: no answer
 *   size COLUMNSxROWS                      size of the next run, or a new size of the running one
 *   run ARGUMENT…                          ends the previous run; starts polecat in STEPS' folder
 *   pipe ARGUMENT…                         does the same as run, with a pipe as standard input
 *   feed FILE                              writes FILE to that pipe
 *   wait TEXT                              waits until the text is on the screen
 *   keys KEYS                              presses keys, in the notation of terminal.h
 *   click ROW COLUMN [BUTTON]              presses a mouse button
 *   picture NAME                           appends a picture of the screen to OUTPUT
 *
 * A picture is a header, the rows of the screen, and the styles. Each row with a style is followed
 * by a line that has a letter under each styled cell. With --expect, a picture is taken as soon as
 * the screen equals the picture of that name in PICTURES, and "ok NAME" or "not ok NAME" is
 * printed. With POLECAT_STOP in the environment, the first picture that differs is the last step.
 * Exit status: 0, 1 when a picture differs, 2 when a step cannot be done.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/terminal.h"
#include "tests/support/wait_limit.h"

/* Longer than the longest interval between two redraws of the dashboard. */
#define QUIET_MS      1200
#define EXIT_MS       3000
#define STYLES_MAX    62
#define LIST_MAX      24
#define LINE_SIZE     512
#define SETTINGS      "XDG_CONFIG_HOME="
#define PICTURE_START "== "

struct style {
	char text[64];
};

struct run {
	const char *polecat;
	const char *folder;
	struct terminal *terminal;
	char settings
		[64]; /* SETTINGS and the run's own folder, in which a theme is saved; "": none */
	int feed;     /* the writing end of the program's standard input; -1: the terminal */
	char term[64];
	char language[64];
	char background[64];
	char environment[LIST_MAX][128];
	size_t environment_count;
	int rows;
	int columns;
	char *expected; /* all expected pictures; NULL: none */
	FILE *output;
	bool differs;
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static size_t describe_color(char *text, size_t size, const char *name,
			     const struct terminal_color *color)
{
	if (color->kind == TERMINAL_COLOR_INDEXED)
		return (size_t)snprintf(text, size, " %s%u", name, color->index);
	if (color->kind == TERMINAL_COLOR_DIRECT)
		return (size_t)snprintf(text, size, " %s#%02x%02x%02x", name, color->red,
					color->green, color->blue);
	*text = '\0';
	return 0;
}

static struct style style_of(const struct terminal_cell *cell)
{
	struct style style = {""};
	size_t size = sizeof(style.text);
	size_t length = describe_color(style.text, size, "", &cell->foreground);

	length += describe_color(style.text + length, size - length, "on ", &cell->background);
	snprintf(style.text + length, size - length, "%s%s%s%s%s%s", cell->bold ? " bold" : "",
		 cell->dim ? " dim" : "", cell->underline ? " underline" : "",
		 cell->italic ? " italic" : "", cell->blink ? " blink" : "",
		 cell->reverse ? " reverse" : "");
	return style;
}

/* Returns the letter of a style. If the style is new, adds it to `styles`. Returns '.' for the
 * plain style, and '?' for a new style if `styles` is full. */
static char style_letter(struct style *styles, size_t *count, const struct style *style)
{
	size_t i = 0;

	if (!style->text[0])
		return '.';
	while (i < *count && strcmp(styles[i].text, style->text) != 0)
		i++;
	if (i == STYLES_MAX)
		return '?';
	if (i == *count)
		styles[(*count)++] = *style;
	return letters[i];
}

static void write_row(struct terminal *terminal, int row, struct style *styles, size_t *count,
		      FILE *out)
{
	char *line = calloc((size_t)terminal_columns(terminal) + 1, 1);
	int used = 0;

	if (!line)
		abort();
	fprintf(out, "|%s\n", terminal_row(terminal, row));
	for (int column = 0; column < terminal_columns(terminal); column++) {
		struct terminal_cell cell;
		struct style style;

		terminal_cell(terminal, row, column, &cell);
		style = style_of(&cell);
		line[column] = style_letter(styles, count, &style);
		if (line[column] != '.')
			used = column + 1;
	}
	if (used)
		fprintf(out, " %.*s\n", used, line);
	free(line);
}

/* Returns the picture of the current screen, to be freed. */
static char *format_picture(struct run *run, const char *name)
{
	struct terminal *terminal = run->terminal;
	struct style styles[STYLES_MAX];
	size_t count = 0;
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fprintf(out, PICTURE_START "%s: %dx%d, %s, %s\n", name, terminal_columns(terminal),
		terminal_rows(terminal), run->term, run->language);
	for (int row = 0; row < terminal_rows(terminal); row++)
		write_row(terminal, row, styles, &count, out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%c =%s\n", letters[i], styles[i].text);
	if (!terminal_modes(terminal)->cursor_hidden) {
		int row;
		int column;

		terminal_cursor(terminal, &row, &column);
		fprintf(out, "cursor at %d,%d\n", row, column);
	}
	fclose(out);
	return text;
}

/* Returns the expected picture with the name, to be freed, or NULL. */
static char *find_expected(const struct run *run, const char *name)
{
	char header[LINE_SIZE];
	const char *start;
	const char *end;

	snprintf(header, sizeof(header), PICTURE_START "%s: ", name);
	start = run->expected;
	while (start && strncmp(start, header, strlen(header)) != 0) {
		start = strstr(start, "\n" PICTURE_START);
		start = start ? start + 1 : NULL;
	}
	if (!start)
		return NULL;
	end = strstr(start, "\n" PICTURE_START);
	return end ? strndup(start, (size_t)(end + 1 - start)) : strdup(start);
}

struct comparison {
	struct run *run;
	const char *name;
	const char *expected;
};

static bool screen_is_expected(struct terminal *terminal, void *data)
{
	const struct comparison *comparison = data;
	char *seen = format_picture(comparison->run, comparison->name);
	bool same = strcmp(seen, comparison->expected) == 0;

	(void)terminal;
	free(seen);
	return same;
}

/*
 * Returns the time limit for a screen to become the expected one. POLECAT_PICTURE_MS overrides it.
 * After a picture that differs, the next pictures will probably differ for the same reason, so the
 * limit is short.
 */
static int patience_ms(const struct run *run)
{
	const char *text = getenv("POLECAT_PICTURE_MS");

	return run->differs ? QUIET_MS : text ? atoi(text) : wait_limit_ms();
}

static bool add_picture(struct run *run, const char *name)
{
	char *expected = find_expected(run, name);
	char *seen;

	if (!run->terminal)
		return false;
	if (expected) {
		struct comparison comparison = {run, name, expected};
		bool same = terminal_wait(run->terminal, screen_is_expected, &comparison,
					  patience_ms(run));

		run->differs |= !same;
		printf("%sok %s\n", same ? "" : "not ", name);
	} else {
		terminal_wait_quiet(run->terminal, QUIET_MS, wait_limit_ms());
		if (run->expected)
			printf("not ok %s\n", name);
		run->differs |= run->expected != NULL;
	}
	seen = format_picture(run, name);
	fputs(seen, run->output);
	free(seen);
	free(expected);
	return true;
}

static void remove_settings(struct run *run)
{
	pid_t pid = *run->settings ? fork() : -1;

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", run->settings + strlen(SETTINGS), (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	run->settings[0] = '\0';
}

static void stop(struct run *run)
{
	if (run->feed >= 0)
		close(run->feed);
	run->feed = -1;
	if (run->terminal && terminal_status(run->terminal) < 0) {
		terminal_signal(run->terminal, SIGTERM);
		terminal_wait_exit(run->terminal, EXIT_MS);
	}
	terminal_free(run->terminal);
	run->terminal = NULL;
	remove_settings(run);
}

static bool start(struct run *run, char *arguments, bool piped)
{
	const char *argv[LIST_MAX] = {run->polecat};
	const char *environment[LIST_MAX + 4] = {"TZ=UTC", "NO_COLOR", run->settings};
	struct terminal_options options = {
		.argv = argv,
		.rows = run->rows,
		.columns = run->columns,
		.term = run->term,
		.language = run->language,
		.environment = environment,
		.background = *run->background ? run->background : NULL,
		.directory = run->folder,
	};
	int fds[2] = {-1, -1};
	size_t count = 1;
	int error;

	stop(run);
	snprintf(run->settings, sizeof(run->settings), SETTINGS "/tmp/polecat-screen-XXXXXX");
	if (!mkdtemp(run->settings + strlen(SETTINGS)))
		return false;
	for (char *word = strtok(arguments, " "); word && count + 1 < LIST_MAX;
	     word = strtok(NULL, " "))
		argv[count++] = word;
	for (size_t i = 0; i < run->environment_count; i++)
		environment[3 + i] = run->environment[i];
	if (piped) {
		if (pipe(fds))
			return false;
		options.standard_input = fds[0];
		run->feed = fds[1];
		fcntl(run->feed, F_SETFD, FD_CLOEXEC);
	}
	error = terminal_start(&options, &run->terminal);
	if (fds[0] >= 0)
		close(fds[0]);
	/* The environment applies to one run only. */
	run->environment_count = 0;
	return error == 0;
}

static bool feed(struct run *run, const char *name)
{
	char path[LINE_SIZE * 2];
	char bytes[4096];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", run->folder, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	while ((length = fread(bytes, 1, sizeof(bytes), file)) > 0)
		if (write(run->feed, bytes, length) != (ssize_t)length)
			break;
	return fclose(file) == 0 && length == 0;
}

static bool set_size(struct run *run, const char *text)
{
	if (sscanf(text, "%dx%d", &run->columns, &run->rows) != 2)
		return false;
	return !run->terminal || terminal_resize(run->terminal, run->rows, run->columns) == 0;
}

static bool click(struct run *run, const char *text)
{
	int row;
	int column;
	int button = 1;

	if (sscanf(text, "%d %d %d", &row, &column, &button) < 2)
		return false;
	terminal_mouse(run->terminal, row, column, button);
	return true;
}

static bool do_step(struct run *run, const char *word, char *rest)
{
	if (strcmp(word, "term") == 0)
		snprintf(run->term, sizeof(run->term), "%s", rest);
	else if (strcmp(word, "lang") == 0)
		snprintf(run->language, sizeof(run->language), "%s", rest);
	else if (strcmp(word, "background") == 0)
		snprintf(run->background, sizeof(run->background), "%s",
			 strcmp(rest, "none") == 0 ? "" : rest);
	else if (strcmp(word, "env") == 0 && run->environment_count < LIST_MAX)
		snprintf(run->environment[run->environment_count++], sizeof(run->environment[0]),
			 "%s", rest);
	else if (strcmp(word, "size") == 0)
		return set_size(run, rest);
	else if (strcmp(word, "run") == 0 || strcmp(word, "pipe") == 0)
		return start(run, rest, *word == 'p');
	else if (!run->terminal)
		return false;
	else if (strcmp(word, "feed") == 0)
		return feed(run, rest);
	else if (strcmp(word, "wait") == 0)
		return terminal_wait_text(run->terminal, rest, wait_limit_ms());
	else if (strcmp(word, "keys") == 0)
		return terminal_keys(run->terminal, rest) == 0;
	else if (strcmp(word, "click") == 0)
		return click(run, rest);
	else if (strcmp(word, "picture") == 0)
		return add_picture(run, rest);
	else
		return false;
	return true;
}

static bool do_steps(struct run *run, FILE *steps)
{
	char line[LINE_SIZE];

	for (int number = 1; fgets(line, sizeof(line), steps); number++) {
		char *rest;

		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		rest = line + strcspn(line, " ");
		if (*rest)
			*rest++ = '\0';
		if (do_step(run, line, rest)) {
			if (run->differs && getenv("POLECAT_STOP"))
				return true;
			continue;
		}
		fprintf(stderr, "screen: line %d: cannot do \"%s %s\"\n", number, line, rest);
		if (run->terminal)
			terminal_dump(run->terminal, stderr);
		return false;
	}
	return true;
}

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	static struct run run = {.feed = -1,
				 .term = "xterm-256color",
				 .language = "C.UTF-8",
				 .rows = 24,
				 .columns = 80};
	bool expects = argc == 6 && strcmp(argv[1], "--expect") == 0;
	char *folder;
	FILE *steps;
	bool done;

	if (argc != 4 && !expects) {
		fprintf(stderr, "usage: screen [--expect PICTURES] POLECAT STEPS OUTPUT\n");
		return 2;
	}
	if (expects)
		run.expected = read_file(argv[2]);
	steps = fopen(argv[argc - 2], "re");
	run.output = fopen(argv[argc - 1], "we");
	folder = strdup(argv[argc - 2]);
	if (!steps || !run.output || !folder || (expects && !run.expected)) {
		fprintf(stderr, "screen: %s\n", strerror(errno));
		return 2;
	}
	run.polecat = argv[argc - 3];
	run.folder = dirname(folder);
	signal(SIGPIPE, SIG_IGN);
	done = do_steps(&run, steps);
	stop(&run);
	fclose(steps);
	fclose(run.output);
	free(folder);
	free(run.expected);
	return !done ? 2 : run.differs ? 1 : 0;
}
