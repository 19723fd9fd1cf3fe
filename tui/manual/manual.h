/* SPDX-License-Identifier: Apache-2.0 */
/* The manual pages. Their tables come from the tables of the program: options, keys, keys of the
 * filter language, fields of records. */
#ifndef POLECAT_TUI_MANUAL_MANUAL_H
#define POLECAT_TUI_MANUAL_MANUAL_H

#include <stdio.h>

/* Print a page, in the language of man(7) and in UTF-8. */
void manual_program(FILE *file); /* polecat(1) */
void manual_keys(FILE *file);    /* polecat-keys(7) */
void manual_filters(FILE *file); /* polecat-filters(7) */
void manual_records(FILE *file); /* polecat-records(5) */

#endif
