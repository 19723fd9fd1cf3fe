/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that the terminal sends for each key: the table of a terminal type, and the sequences
 * that most terminals send although their type names others. Pure.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEY_SEQUENCES_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEY_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>

/* Longer sequences are not keys. The longest one of xterm has 7 bytes. */
#define KEY_SEQUENCE_MAX 16

struct key_sequence {
	unsigned char bytes[KEY_SEQUENCE_MAX];
	size_t length;
	int code; /* the key code of curses */
};

/* Zero-initialise. */
struct key_sequences {
	struct key_sequence *items;
	size_t count;
	size_t capacity;
};

struct key_match {
	int code;    /* the key with exactly these bytes; 0: none */
	bool longer; /* the bytes are also the start of a longer sequence */
};

/* Adds a sequence. Ignores an empty or too long one, and one that the table has. Returns 0 or
 * -ENOMEM. */
int key_sequences_add(struct key_sequences *keys, const char *bytes, int code);

/* Adds the sequences of ECMA-48 terminals in both modes of the cursor keys. A sequence that is, or
 * begins, or continues one of the table is not added, except that it replaces a code beyond those
 * of curses, which has no meaning here. Returns 0 or -ENOMEM. */
int key_sequences_add_usual(struct key_sequences *keys);

/* `keys` may be NULL: no keys. */
struct key_match key_sequences_match(const struct key_sequences *keys, const unsigned char *bytes,
				     size_t length);

void key_sequences_clear(struct key_sequences *keys);

#endif
