/* SPDX-License-Identifier: Apache-2.0 */
/* Makes records of every kind from a seed, and compares them. For property tests. */
#ifndef POLECAT_TESTS_SUPPORT_RANDOM_RECORD_H
#define POLECAT_TESTS_SUPPORT_RANDOM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

/* The state of the generator, which may begin with any seed. The same seed gives the same records
 * on every machine. */
struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);
/* Returns a random number less than `below`. */
uint64_t random_below(struct random *random, uint64_t below);

enum random_presence {
	RANDOM_SOME, /* each optional field is present or absent at random */
	RANDOM_ALL,  /* each field is present, with a value other than 0 or "" */
	RANDOM_NONE, /* only required fields are present */
};

/* Makes a record with random values in the fields that record_fields lists for the kind. Its texts
 * are valid UTF-8, and have characters that a writer may handle wrongly. Writing the record as a
 * line and reading that line gives an equal record. Free it with record_free. */
void random_record(struct random *random, enum record_kind kind, enum random_presence presence,
		   struct record *record);

/* Returns the key of the first field that differs, or "kind", or NULL if the records are equal.
 * NULL and "" differ. */
const char *record_difference(const struct record *a, const struct record *b);

#endif
