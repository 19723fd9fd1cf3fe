/* SPDX-License-Identifier: Apache-2.0 */
/* The names of keys: "q", "Ctrl-S", "F6", "PgUp". Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEY_NAME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* A control character's key code: CONTROL('L'). */
#define CONTROL(letter) ((letter)&0x1f)
#define KEY_ESCAPE      27
#define KEY_DELETE      127

#define KEY_NAME_SIZE 16
/* Some keys have several codes: terminals send one or another. */
#define KEY_NAME_CODES 3

/* Writes the name of a key (a key code of curses, or a character), with arrows or in ASCII. Returns
 * false for a code without a name. */
bool key_name_format(int key, bool ascii, char name[KEY_NAME_SIZE]);

/* Reads a name, ignoring case in words. Writes the codes of the key and returns their number; 0: no
 * key has the name. Keys that the terminal turns into signals (Ctrl-C, Ctrl-Z, Ctrl-\) have no
 * name. */
size_t key_name_parse(const char *name, int codes[KEY_NAME_CODES]);

#endif
