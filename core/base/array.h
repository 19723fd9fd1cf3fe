/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing arrays. The caller keeps an array in three members of its own struct, under any names:
 * a pointer to the elements, a count and a capacity (both size_t). All three start at zero. The
 * caller frees the pointer at the end. The macros evaluate their arguments more than once, so pass
 * plain members.
 *
 * The capacity doubles, so adding an element takes constant time on average. Elements move when the
 * array grows: pointers into it are valid until the next call.
 */
#ifndef POLECAT_CORE_BASE_ARRAY_H
#define POLECAT_CORE_BASE_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Moves the elements to memory for at least `needed` elements of `size` bytes and updates
 * *capacity. Returns the new memory. Returns NULL, with `items` and *capacity unchanged, if memory
 * is short or the size in bytes overflows. Call it through the macros.
 */
void *array_grow(void *items, size_t *capacity, size_t needed, size_t size);

/* Like array_grow, but for exactly `count` + 1 elements. Zeroes the last element. */
void *array_extend(void *items, size_t count, size_t size);

/* Makes room for `needed` elements in total. Returns 0, or -ENOMEM with the array unchanged. */
#define ARRAY_RESERVE(items, capacity, needed)                                                    \
	__extension__({                                                                           \
		size_t array_needed = (needed);                                                   \
		int array_error = 0;                                                              \
		if (__builtin_expect(array_needed > (capacity), 0)) {                             \
			__typeof__(items) array_grown =                                           \
				array_grow((items), &(capacity), array_needed, sizeof(*(items))); \
			if (array_grown)                                                          \
				(items) = array_grown;                                            \
			else                                                                      \
				array_error = -ENOMEM;                                            \
		}                                                                                 \
		array_error;                                                                      \
	})

/* Adds an uninitialised element and increments `count`. Returns it, or NULL if out of memory. */
#define ARRAY_ADD(items, count, capacity)                                 \
	__extension__({                                                   \
		__typeof__(items) array_added = NULL;                     \
		if (ARRAY_RESERVE((items), (capacity), (count) + 1) == 0) \
			array_added = &(items)[(count)++];                \
		array_added;                                              \
	})

/* Adds a zeroed element to a short array without a capacity member, and increments `count`.
 * Reallocates in each call. Returns the element, or NULL if out of memory. */
#define ARRAY_EXTEND(items, count)                                                                \
	__extension__({                                                                           \
		__typeof__(items) array_added = array_extend((items), (count), sizeof(*(items))); \
		if (array_added) {                                                                \
			(items) = array_added;                                                    \
			array_added = &(items)[(count)++];                                        \
		}                                                                                 \
		array_added;                                                                      \
	})

/* Inserts an uninitialised element at position `at` and moves the later elements up. Returns the
 * new element, or NULL if out of memory. */
#define ARRAY_INSERT(items, count, capacity, at)                                            \
	__extension__({                                                                     \
		size_t array_at = (at);                                                     \
		__typeof__(items) array_inserted = ARRAY_ADD((items), (count), (capacity)); \
		if (array_inserted) {                                                       \
			array_inserted = &(items)[array_at];                                \
			memmove(array_inserted + 1, array_inserted,                         \
				((count)-1 - array_at) * sizeof(*(items)));                 \
		}                                                                           \
		array_inserted;                                                             \
	})

/* Removes the element at position `at` and moves the later elements down. */
#define ARRAY_REMOVE(items, count, at)                              \
	do {                                                        \
		size_t array_at = (at);                             \
		(count)--;                                          \
		memmove(&(items)[array_at], &(items)[array_at + 1], \
			((count)-array_at) * sizeof(*(items)));     \
	} while (0)

/*
 * Searches a sorted array. Each element has `size` bytes and begins with a `char *` to the text by
 * which the array is sorted. Returns the index of the first element whose text is not below `key`:
 * an element with the text `key`, or the position at which to insert such an element. A key above
 * all elements costs one comparison, so filling an array in order is cheap.
 */
size_t array_lower_bound(const void *items, size_t count, size_t size, const char *key);

/* Like bsearch, but returns the index of the first element that is not below the key. Returns
 * `count` if all elements are below the key. */
size_t array_search(const void *key, const void *items, size_t count, size_t size,
		    int (*compare)(const void *key, const void *item));

/*
 * Sorts elements of `size` bytes by the uint64_t at `offset` in each of them, and elements with the
 * same number by `compare`. NULL: such elements keep their order. Comparing numbers costs far fewer
 * instructions than the calls of qsort. Returns 0, or -ENOMEM with the elements unchanged.
 */
int array_sort_by_number(void *items, size_t count, size_t size, size_t offset,
			 int (*compare)(const void *a, const void *b));

#endif
