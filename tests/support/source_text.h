/* SPDX-License-Identifier: Apache-2.0 */
/* Reads sources and the README, for tests that compare them with a table. */
#ifndef POLECAT_TESTS_SUPPORT_SOURCE_TEXT_H
#define POLECAT_TESTS_SUPPORT_SOURCE_TEXT_H

/* Returns the text of a file. The path begins at the working directory, which tests/run sets to the
 * top folder. Free it with free(). */
char *read_source(const char *path);

/* Returns the text of README.md. Free it with free(). */
char *read_readme(void);

/* Overwrites the comments and the preprocessor's lines with spaces. */
void blank_comments(char *text);

#endif
