/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `polecat doctor`: doctor.c, and doctor_names.c for the sources of names. */
#ifndef POLECAT_TUI_COMMAND_DOCTOR_H
#define POLECAT_TUI_COMMAND_DOCTOR_H

struct options;

enum doctor_verdict {
	DOCTOR_OK = 0,
	DOCTOR_NOTE,
	DOCTOR_MISSING,
};

/* Prints one line that begins with the verdict. Escapes the text. */
void doctor_report(enum doctor_verdict verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reports each source of names: its place, and its limits or error. */
void doctor_report_identities(const struct options *options);

#endif
