/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/dashboard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/sample.h"

/* Longer than the time that the dashboard waits to draw several changes at once. */
#define QUIET_MS 160

/* Finds the program in POLECAT_BUILD (which tests/run sets) or in build/. */
static bool find_polecat(struct dashboard *dashboard)
{
	const char *build = getenv("POLECAT_BUILD");
	char path[4096];

	snprintf(path, sizeof(path), "%s/polecat", build ? build : "build");
	return realpath(path, dashboard->polecat) != NULL;
}

int dashboard_setup(void **test_state)
{
	struct dashboard *dashboard = calloc(1, sizeof(*dashboard));

	if (!dashboard)
		return -1;
	dashboard->feed = -1;
	dashboard->test = (CMUnitTestFunction)(uintptr_t)*test_state;
	snprintf(dashboard->folder, sizeof(dashboard->folder), "/tmp/polecat-test-XXXXXX");
	if (!find_polecat(dashboard) || !mkdtemp(dashboard->folder)) {
		printf("# no program to test: build it first, or name its folder in "
		       "POLECAT_BUILD\n");
		free(dashboard);
		return -1;
	}
	*test_state = dashboard;
	return 0;
}

static void remove_folder(const char *folder)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void stop(struct dashboard *dashboard)
{
	terminal_free(dashboard->terminal);
	dashboard->terminal = NULL;
	if (dashboard->feed >= 0)
		close(dashboard->feed);
	dashboard->feed = -1;
}

void dashboard_run(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard->test(test_state);
	dashboard->passed = true;
}

int dashboard_teardown(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	if (!dashboard->passed && dashboard->terminal)
		terminal_dump(dashboard->terminal, stderr);
	stop(dashboard);
	remove_folder(dashboard->folder);
	free(dashboard);
	return 0;
}

void dashboard_start(struct dashboard *dashboard, const struct dashboard_options *options)
{
	const char *argv[20] = {dashboard->polecat};
	struct terminal_options terminal_options = {
		.argv = argv,
		.rows = options->rows,
		.columns = options->columns,
		.term = options->term,
		.language = options->language,
		.environment = options->environment,
		.background = options->background,
		.directory = dashboard->folder,
	};
	int fds[2] = {-1, -1};

	stop(dashboard);
	for (size_t i = 0; options->arguments[i]; i++)
		argv[i + 1] = options->arguments[i];
	if (options->fed) {
		assert_int_equal(pipe(fds), 0);
		terminal_options.standard_input = fds[0];
		dashboard->feed = fds[1];
		fcntl(dashboard->feed, F_SETFD, FD_CLOEXEC);
	}
	assert_int_equal(terminal_start(&terminal_options, &dashboard->terminal), 0);
	if (fds[0] >= 0)
		close(fds[0]);
}

static bool header_has_node(struct terminal *terminal, void *data)
{
	(void)data;
	return strstr(terminal_row(terminal, 0), SAMPLE_NODE) != NULL;
}

void dashboard_settle(struct dashboard *dashboard)
{
	EXPECT(dashboard, terminal_wait_quiet(dashboard->terminal, QUIET_MS, DASHBOARD_TIMEOUT_MS));
}

void dashboard_open(struct dashboard *dashboard, const char *recording)
{
	const struct dashboard_options options = {.arguments = {"--host", "-i", recording}};

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Connections");
	/* The dashboard may draw before it has read the recording. The header names the recording's
	 * node only after that. */
	EXPECT_SOON(dashboard, header_has_node, NULL);
	dashboard_settle(dashboard);
}

FILE *dashboard_create(struct dashboard *dashboard, const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dashboard->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	return file;
}

void dashboard_create_sample(struct dashboard *dashboard, const char *name, unsigned int count)
{
	FILE *file = dashboard_create(dashboard, name);

	sample_write(file, count);
	fclose(file);
}

char *dashboard_read(struct dashboard *dashboard, const char *name)
{
	char path[512];
	char *text = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : dashboard->folder,
		 *name == '/' ? "" : "/", name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) { /* the file is empty */
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

/* terminal_shell.c names this folder in XDG_CONFIG_HOME. */
#define SETTINGS_FOLDER "settings/polecat"

void dashboard_write_settings(struct dashboard *dashboard, const char *text)
{
	static const char *const folders[] = {"settings", SETTINGS_FOLDER};
	char path[512];
	FILE *file;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dashboard->folder, folders[i]);
		EXPECT(dashboard, mkdir(path, 0700) == 0);
	}
	file = dashboard_create(dashboard, SETTINGS_FOLDER "/config.yaml");
	fputs(text, file);
	fclose(file);
}

char *dashboard_read_settings(struct dashboard *dashboard)
{
	return dashboard_read(dashboard, SETTINGS_FOLDER "/config.yaml");
}

void dashboard_feed_numbered(struct dashboard *dashboard, unsigned int first, unsigned int last)
{
	char *text = NULL;
	size_t length = 0;
	size_t written = 0;
	FILE *lines = open_memstream(&text, &length);

	assert_non_null(lines);
	for (unsigned int number = first; number < last; number++)
		sample_write_numbered(lines, number);
	fclose(lines);
	while (written < length) {
		ssize_t count = write(dashboard->feed, text + written, length - written);

		assert_true(count > 0);
		written += (size_t)count;
	}
	free(text);
}

void dashboard_press(struct dashboard *dashboard, const char *keys)
{
	assert_int_equal(terminal_keys(dashboard->terminal, keys), 0);
}

int dashboard_title_row(struct dashboard *dashboard, const char *pane)
{
	/*
	 * The characters that may precede a title in a frame. Small windows have no frames.
	 * Instead, their second line has tabs.
	 */
	static const char *const edges[] = {"┌ ", "├ ", "┬ ", "┼ ", "┤ ", "+ "};

	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		char title[100];
		int row;

		snprintf(title, sizeof(title), "%s%s", edges[i], pane);
		row = terminal_find(dashboard->terminal, title, 1, NULL);
		if (row > 0)
			return row;
	}
	return -1;
}

bool dashboard_table(struct dashboard *dashboard, int *first, int *last)
{
	int title = dashboard_title_row(dashboard, "Connections");
	int below = dashboard_title_row(dashboard, "Summary");
	int policy = dashboard_title_row(dashboard, "Policy");

	if (title < 0)
		return false;
	if (below <= title || (policy > title && policy < below))
		below = policy;
	*first = title + 1;
	*last = below > title ? below - 1 : terminal_rows(dashboard->terminal) - 2;
	return true;
}

int dashboard_table_row(struct dashboard *dashboard, const char *text)
{
	int first;
	int last;
	int row;

	if (!dashboard_table(dashboard, &first, &last))
		return -1;
	row = terminal_find(dashboard->terminal, text, first, NULL);
	return row <= last ? row : -1;
}

size_t dashboard_ports(struct dashboard *dashboard, unsigned int *ports, size_t size)
{
	size_t count = 0;
	int first;
	int last;

	if (!dashboard_table(dashboard, &first, &last))
		return 0;
	for (int row = first; row <= last && count < size; row++) {
		const char *at = terminal_row(dashboard->terminal, row);

		while (*at && count < size) {
			size_t digits = strspn(at, "0123456789");

			if (digits == 5 && *at == '1') {
				ports[count++] = (unsigned int)strtoul(at, NULL, 10);
				break;
			}
			at += digits ? digits : 1;
		}
	}
	return count;
}

bool dashboard_is_selected(struct dashboard *dashboard, int row)
{
	int marked = 0;

	if (strstr(terminal_row(dashboard->terminal, row), "▌"))
		return true;
	for (int column = 1; column < terminal_columns(dashboard->terminal) - 1; column++) {
		struct terminal_cell cell;

		terminal_cell(dashboard->terminal, row, column, &cell);
		if (cell.reverse || cell.background.kind != TERMINAL_COLOR_DEFAULT)
			marked++;
	}
	return marked > 10;
}

int dashboard_selected_row(struct dashboard *dashboard)
{
	int first;
	int last;

	if (!dashboard_table(dashboard, &first, &last))
		return -1;
	/* Skip the header of the table, which is highlighted too. */
	for (int row = first; row <= last; row++)
		if (!strstr(terminal_row(dashboard->terminal, row), "STATE") &&
		    dashboard_is_selected(dashboard, row))
			return row;
	return -1;
}

bool dashboard_is_red(const struct terminal_color *color)
{
	if (color->kind == TERMINAL_COLOR_INDEXED && color->index < 16)
		return color->index == 1 || color->index == 9;
	return color->kind != TERMINAL_COLOR_DEFAULT && color->red > color->green + 40 &&
	       color->red > color->blue + 40;
}

bool dashboard_is_yellow(const struct terminal_color *color)
{
	if (color->kind == TERMINAL_COLOR_INDEXED && color->index < 16)
		return color->index == 3 || color->index == 11;
	return color->kind != TERMINAL_COLOR_DEFAULT && color->red > color->blue + 40 &&
	       color->green > color->blue + 40;
}

void dashboard_expect_end(struct dashboard *dashboard, int exit_status)
{
	char why[128];

	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	EXPECT(dashboard, WIFEXITED(terminal_status(dashboard->terminal)));
	assert_int_equal(WEXITSTATUS(terminal_status(dashboard->terminal)), exit_status);
	if (!terminal_is_clean(dashboard->terminal, why, sizeof(why)))
		dashboard_fail(dashboard, why, __FILE__, __LINE__);
}

void dashboard_quit(struct dashboard *dashboard)
{
	dashboard_press(dashboard, "q");
	dashboard_expect_end(dashboard, 0);
}

void dashboard_fail(struct dashboard *dashboard, const char *what, const char *file, int line)
{
	(void)dashboard;
	print_error("expected: %s\n", what);
	_fail(file, line);
	abort(); /* not reached: _fail jumps to cmocka's runner */
}
