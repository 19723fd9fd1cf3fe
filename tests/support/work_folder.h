/* SPDX-License-Identifier: Apache-2.0 */
/* A working folder of a test of its own, as a fixture of cmocka. */
#ifndef POLECAT_TESTS_SUPPORT_WORK_FOLDER_H
#define POLECAT_TESTS_SUPPORT_WORK_FOLDER_H

/* Makes a folder and changes to it. Returns 0, or -1. */
int work_folder_enter(void **state);

/* Leaves the folder, and removes it with its files. Returns 0 if that succeeded. */
int work_folder_remove(void **state);

/* Writes a text to a file, which is emptied first. */
void work_folder_put(const char *path, const char *text);

#endif
