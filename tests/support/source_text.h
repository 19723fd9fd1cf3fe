/* SPDX-License-Identifier: Apache-2.0 */
/* Reads sources and the README, for tests that compare them with tables of the program. */
#ifndef POLECAT_TESTS_SUPPORT_SOURCE_TEXT_H
#define POLECAT_TESTS_SUPPORT_SOURCE_TEXT_H

/* Returns the text of a file. The path is relative to the working directory: tests/run starts the
 * tests in the repository's top folder. Free it with free(). */
char *read_source(const char *path);

/* Returns the text of README.md. Free it with free(). */
char *read_readme(void);

/* Overwrites comments and preprocessor directives with spaces. */
void blank_comments(char *text);

#endif
