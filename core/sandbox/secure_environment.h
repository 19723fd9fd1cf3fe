/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a binary that has privileges which its caller lacks: file capabilities, or
 * the set-user-id bit. The kernel then sets AT_SECURE (getauxval(3)).
 *
 * Libraries read paths and programs from the environment: ncurses reads terminal descriptions
 * (TERMINFO, TERMCAP, HOME), libcurl proxies and key logs, OpenSSL its configuration. The C library
 * ignores its own such variables under AT_SECURE, but not those of others.
 */
#ifndef POLECAT_CORE_SANDBOX_SECURE_ENVIRONMENT_H
#define POLECAT_CORE_SANDBOX_SECURE_ENVIRONMENT_H

#include <stdbool.h>

/* Returns whether the process was started with privileges that its caller lacks. */
bool secure_environment_is_needed(void);

/* Returns whether a variable ("NAME=value") stays under AT_SECURE. */
bool secure_environment_keeps(const char *variable);

/* Under AT_SECURE, replaces the environment by one with only the variables that stay, and makes no
 * capability effective, so that files are opened with the rights of the caller. Main thread, before
 * anything reads the environment. */
void secure_environment_clean(void);

#endif
