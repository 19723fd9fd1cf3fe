/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of `polecat doctor` about the privileges that polecat gives up. */
#ifndef POLECAT_TUI_COMMAND_DOCTOR_SANDBOX_H
#define POLECAT_TUI_COMMAND_DOCTOR_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define DOCTOR_SANDBOX_LINES_MAX 16

struct doctor_sandbox_line {
	bool works;
	const char *what;
	char text[512];
};

/* Enters the sandbox of a command that watches this machine's kernel, and says what the kernel then
 * shows. Nothing that needs a privilege works afterwards. Returns the number of lines. Main thread,
 * while no other thread runs. */
size_t doctor_sandbox_enter(struct doctor_sandbox_line lines[DOCTOR_SANDBOX_LINES_MAX]);

#endif
