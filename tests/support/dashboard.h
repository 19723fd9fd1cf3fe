/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixtures for the tests of the dashboard: a terminal that runs polecat in a folder of the test,
 * and functions that examine the screen. A failed test prints the screen and TERM on standard
 * error.
 */
#ifndef POLECAT_TESTS_SUPPORT_DASHBOARD_H
#define POLECAT_TESTS_SUPPORT_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* cmocka.h needs these headers before it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/terminal.h"

/* The time limit of each wait. It is long because sanitizers on a busy machine are slow. */
#define DASHBOARD_TIMEOUT_MS 8000

struct dashboard {
	struct terminal *terminal; /* NULL before dashboard_start */
	char folder[64];           /* the test's own folder, in which the program runs */
	char polecat[4096];        /* the program under test */
	int feed; /* a pipe to the program's standard input; -1: its input is the terminal */
	CMUnitTestFunction test;
	bool passed;
};

struct dashboard_options {
	const char *arguments[16]; /* ends with NULL */
	int rows;                  /* 0: 24 */
	int columns;               /* 0: 80 */
	const char *term;
	const char *language;
	const char *const *environment;
	const char *background; /* see struct terminal_options */
	bool fed;               /* standard input is a pipe; the test writes to dashboard.feed */
};

int dashboard_setup(void **test_state);
int dashboard_teardown(void **test_state);

/* Runs the test that dashboard_setup received. If the test passes, marks that for
 * dashboard_teardown. */
void dashboard_run(void **test_state);

/* A row for cmocka's table of tests. After any failure the screen and TERM are printed. */
#define DASHBOARD_TEST(function)                                                              \
	{                                                                                     \
		.name = #function, .test_func = dashboard_run, .setup_func = dashboard_setup, \
		.teardown_func = dashboard_teardown,                                          \
		.initial_state = (void *)(uintptr_t)(function),                               \
	}

/* Starts polecat, after ending an earlier one. */
void dashboard_start(struct dashboard *dashboard, const struct dashboard_options *options);

/* Starts polecat -i FILE at 80×24 and waits until the whole file is shown. The recording must name
 * SAMPLE_NODE. */
void dashboard_open(struct dashboard *dashboard, const char *recording);

/* Waits until the program draws nothing more. */
void dashboard_settle(struct dashboard *dashboard);

/* Creates a file in the test's folder, to be closed by the caller. */
FILE *dashboard_create(struct dashboard *dashboard, const char *name);

/* Creates a sample recording (sample.h) with `count` numbered connections. */
void dashboard_create_sample(struct dashboard *dashboard, const char *name, unsigned int count);

/* Returns the content of a file in the test's folder (or at an absolute path), to be freed, or NULL
 * if the file cannot be read. */
char *dashboard_read(struct dashboard *dashboard, const char *name);

/* Writes the file of settings, which polecat reads at its start. */
void dashboard_write_settings(struct dashboard *dashboard, const char *text);

/* Returns the content of the file of settings, to be freed; NULL: the file is missing. */
char *dashboard_read_settings(struct dashboard *dashboard);

/* Feeds the numbered connections from `first` to last - 1 to the program's standard input. */
void dashboard_feed_numbered(struct dashboard *dashboard, unsigned int first, unsigned int last);

/* Presses keys (terminal_keys). */
void dashboard_press(struct dashboard *dashboard, const char *keys);

/* Returns the screen row of a pane's title ("Connections", "Summary", "Policy"), or -1
 * if the pane is not shown. */
int dashboard_title_row(struct dashboard *dashboard, const char *pane);

/* Finds the first and the last row of the connections pane, without its title. Returns false if the
 * pane is not shown. */
bool dashboard_table(struct dashboard *dashboard, int *first, int *last);

/* Returns the row of the connections pane that has the text, or -1. */
int dashboard_table_row(struct dashboard *dashboard, const char *text);

/* Gets the ports of the numbered connections in the connections pane, from top to bottom. Returns
 * their number. */
size_t dashboard_ports(struct dashboard *dashboard, unsigned int *ports, size_t size);

/* Returns whether the row looks selected: reversed, with a background, or marked. */
bool dashboard_is_selected(struct dashboard *dashboard, int row);

/* Returns the selected row of the connections pane, or -1. */
int dashboard_selected_row(struct dashboard *dashboard);

bool dashboard_is_red(const struct terminal_color *color);
bool dashboard_is_yellow(const struct terminal_color *color);

/* Quits with `q`. Expects status 0 and a clean terminal. */
void dashboard_quit(struct dashboard *dashboard);

/* Expects the program to end soon with this status and to leave the terminal clean. */
void dashboard_expect_end(struct dashboard *dashboard, int exit_status);

/* Fails the test and prints the expectation. */
void dashboard_fail(struct dashboard *dashboard, const char *what, const char *file, int line)
	__attribute__((noreturn));

/* EXPECT checks the current state. The other macros wait. */
#define EXPECT(dashboard, condition)                                               \
	do {                                                                       \
		if (!(condition))                                                  \
			dashboard_fail(dashboard, #condition, __FILE__, __LINE__); \
	} while (0)

#define EXPECT_TEXT(dashboard, text)                                                  \
	do {                                                                          \
		const char *expected_text = (text);                                   \
		if (!terminal_wait_text((dashboard)->terminal, expected_text,         \
					DASHBOARD_TIMEOUT_MS))                        \
			dashboard_fail(dashboard, expected_text, __FILE__, __LINE__); \
	} while (0)

#define EXPECT_NO_TEXT(dashboard, text) \
	EXPECT(dashboard,               \
	       terminal_wait_no_text((dashboard)->terminal, (text), DASHBOARD_TIMEOUT_MS))

#define EXPECT_SOON(dashboard, predicate, data) \
	EXPECT(dashboard,                       \
	       terminal_wait((dashboard)->terminal, (predicate), (data), DASHBOARD_TIMEOUT_MS))

#endif
