/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the README for tests that compare a table with it. */
#ifndef POLECAT_TESTS_SUPPORT_README_H
#define POLECAT_TESTS_SUPPORT_README_H

/* Returns the text of README.md in the working directory, which tests/run sets. Free it with
 * free(). */
char *read_readme(void);

#endif
