/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `polecat doctor`: doctor.c, and doctor_names.c for where names come from. */
#ifndef POLECAT_TUI_COMMAND_DOCTOR_H
#define POLECAT_TUI_COMMAND_DOCTOR_H

struct options;

enum doctor_verdict {
	DOCTOR_OK = 0,
	DOCTOR_NOTE,
	DOCTOR_MISSING,
};

/* One line: the verdict first, so that the eye and grep find it; the text may hold what others
 * chose. */
void doctor_report(enum doctor_verdict verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What names this host's runtimes and this cluster give, and what is missing for the rest. */
void doctor_report_identities(const struct options *options);

#endif
