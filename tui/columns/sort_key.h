/* SPDX-License-Identifier: Apache-2.0 */
/* Keys to sort connections by, small enough to sort 100,000 of them between two frames. Pure. */
#ifndef POLECAT_TUI_COLUMNS_SORT_KEY_H
#define POLECAT_TUI_COLUMNS_SORT_KEY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Compared from high to sequence, smallest first; the sequence last and the newest first. Start
 * with only the sequence set.
 */
struct sort_key {
	uint64_t high;
	uint64_t low;
	uint64_t tie;
	uint64_t sequence;
};

/* Sorts by the first 16 bytes of a text. Equal texts stand together whatever their length. */
void sort_key_set_text(struct sort_key *key, const char *text);

/* Sorts by 16 bytes. */
void sort_key_set_bytes(struct sort_key *key, const unsigned char bytes[16]);

/* Sorts the largest number first and unknown numbers last. */
void sort_key_set_number(struct sort_key *key, bool known, uint64_t number);

/* Compares two struct sort_key, for qsort. */
int sort_key_compare(const void *a, const void *b);

#endif
