/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/array.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/memory.h"

#define ARRAY_FIRST_CAPACITY 16
/* The length of the parts that array_sort_by_number sorts by insertion. */
#define ARRAY_INSERTED 8
/* The size of the memory for short arrays, which need no memory from the heap. */
#define ARRAY_SMALL 4096

void *array_grow(void *items, size_t *capacity, size_t needed, size_t size)
{
	size_t wanted = *capacity < ARRAY_FIRST_CAPACITY ? ARRAY_FIRST_CAPACITY : *capacity;

	while (wanted < needed) {
		if (wanted > SIZE_MAX / 2)
			return NULL;
		wanted *= 2;
	}
	/* Check here, because sanitizers abort on a size for which reallocarray returns NULL. */
	if (wanted > PTRDIFF_MAX / size)
		return NULL;
	void *grown = memory_checked(reallocarray(items, wanted, size));
	if (grown)
		*capacity = wanted;
	return grown;
}

void *array_extend(void *items, size_t count, size_t size)
{
	if (count >= PTRDIFF_MAX / size)
		return NULL;
	void *grown = memory_checked(reallocarray(items, count + 1, size));
	if (grown)
		memset((char *)grown + count * size, 0, size);
	return grown;
}

size_t array_search(const void *key, const void *items, size_t count, size_t size,
		    int (*compare)(const void *key, const void *item))
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(key, (const char *)items + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int array_compare_text(const void *key, const void *item)
{
	const char *text;

	memcpy(&text, item, sizeof(text));
	return strcmp(key, text);
}

size_t array_lower_bound(const void *items, size_t count, size_t size, const char *key)
{
	if (count > 0 && array_compare_text(key, (const char *)items + (count - 1) * size) > 0)
		return count;
	return array_search(key, items, count, size, array_compare_text);
}

/* An element's number, and its position before sorting. */
struct array_number {
	uint64_t number;
	size_t at;
};

/* Sorts a short part. Keeps the order of equal numbers. */
static void array_insert_numbers(struct array_number *numbers, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct array_number moved = numbers[i];
		size_t at = i;
		for (; at > 0 && numbers[at - 1].number > moved.number; at--)
			numbers[at] = numbers[at - 1];
		numbers[at] = moved;
	}
}

/* Merges two sorted parts, of `left` and of count - left elements, into `out`. */
static void array_merge_numbers(const struct array_number *parts, size_t left, size_t count,
				struct array_number *out)
{
	size_t i = 0;
	size_t k = left;

	while (i < left && k < count) {
		bool second = parts[k].number < parts[i].number;
		*out++ = parts[second ? k : i];
		k += second;
		i += !second;
	}
	while (i < left)
		*out++ = parts[i++];
	while (k < count)
		*out++ = parts[k++];
}

/* Sorts the numbers by merging. `spare` has room for all of them. Returns the array that has the
 * result, `numbers` or `spare`. */
static struct array_number *array_sort_numbers(struct array_number *numbers,
					       struct array_number *spare, size_t count)
{
	for (size_t at = 0; at < count; at += ARRAY_INSERTED)
		array_insert_numbers(numbers + at,
				     count - at < ARRAY_INSERTED ? count - at : ARRAY_INSERTED);
	for (size_t width = ARRAY_INSERTED; width < count; width *= 2) {
		for (size_t at = 0; at < count; at += 2 * width) {
			size_t part = count - at < 2 * width ? count - at : 2 * width;
			array_merge_numbers(numbers + at, part < width ? part : width, part,
					    spare + at);
		}
		struct array_number *merged = spare;
		spare = numbers;
		numbers = merged;
	}
	return numbers;
}

/* Sorts each run of elements with the same number by `compare`, unless it is sorted. */
static void array_sort_runs(char *items, size_t size, const struct array_number *numbers,
			    size_t count, int (*compare)(const void *a, const void *b))
{
	for (size_t i = 0, end; i < count; i = end) {
		bool sorted = true;
		for (end = i + 1; end < count && numbers[end].number == numbers[i].number; end++)
			sorted = sorted &&
				 compare(items + (end - 1) * size, items + end * size) <= 0;
		if (!sorted)
			qsort(items + i * size, end - i, size, compare);
	}
}

int array_sort_by_number(void *items, size_t count, size_t size, size_t offset,
			 int (*compare)(const void *a, const void *b))
{
	struct array_number small[ARRAY_SMALL / sizeof(struct array_number)];
	struct array_number *numbers = small;
	char *bytes = items;

	if (count < 2)
		return 0;
	if (count > sizeof(small) / (2 * sizeof(*numbers) + size)) {
		numbers = memory_checked(reallocarray(NULL, count, 2 * sizeof(*numbers) + size));
		if (!numbers)
			return -ENOMEM;
	}
	char *copy = (char *)(numbers + 2 * count);
	for (size_t i = 0; i < count; i++) {
		memcpy(&numbers[i].number, bytes + i * size + offset, sizeof(numbers[i].number));
		numbers[i].at = i;
	}
	const struct array_number *sorted = array_sort_numbers(numbers, numbers + count, count);
	memcpy(copy, bytes, count * size);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * size, copy + sorted[i].at * size, size);
	if (compare)
		array_sort_runs(bytes, size, sorted, count, compare);
	if (numbers != small)
		free(numbers);
	return 0;
}
