/* SPDX-License-Identifier: Apache-2.0 */
/* Records of every kind, made from a seed, and their comparison. For property tests. */
#ifndef POLECAT_TESTS_SUPPORT_RANDOM_RECORD_H
#define POLECAT_TESTS_SUPPORT_RANDOM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

/* The state of the generator; begin with any seed. The same seed gives the same records everywhere.
 */
struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);
/* 0 to below - 1. */
uint64_t random_below(struct random *random, uint64_t below);

/*
 * Makes a record of that kind, each optional field there or not, with hostile but valid UTF-8 in
 * its texts, as the format can carry it: what is written and read again is equal. Free with
 * record_free.
 */
void random_record(struct random *random, enum record_kind kind, struct record *record);

/* True if both say the same. NULL and NULL are equal, NULL and "" are not. */
bool record_equal(const struct record *a, const struct record *b);

#endif
