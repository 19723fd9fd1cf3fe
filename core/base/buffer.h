/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer of bytes. `data` is NULL until the first append, and NUL-terminated after each;
 * `length` does not count the NUL.
 *
 * The first error stays: each later append returns it and adds nothing, so a caller may append many
 * times and check once. Errors are -ENOMEM, -EMSGSIZE (beyond `limit`), and -EILSEQ (a format that
 * printf refuses). An append that fails adds nothing. Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_BUFFER_H
#define POLECAT_CORE_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

/* Zero-initialise, with a limit if one is wanted. Free with buffer_free. */
struct buffer {
	char *data;
	size_t length;
	size_t capacity; /* bytes at data; more than length, or 0 */
	size_t limit;    /* the largest length; 0: none */
	int error;       /* the first error, 0 or -errno */
};

/* Makes room for `room` more bytes and a NUL. Call it through buffer_reserve. */
int buffer_grow(struct buffer *buffer, size_t room);

/* Makes room for `room` bytes behind `length`, and a NUL. Callers that write into `data` themselves
 * add to `length` and end with a NUL. Returns 0 or the buffer's error. */
static inline int buffer_reserve(struct buffer *buffer, size_t room)
{
	if (__builtin_expect(room < buffer->capacity - buffer->length && buffer->limit == 0, 1))
		return buffer->error;
	return buffer_grow(buffer, room);
}

/* Append bytes, a text without its NUL, one character, or formatted text. 0 or the buffer's error.
 * `bytes` may be NULL if `length` is 0, and must not point into the buffer. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_append_char(struct buffer *buffer, char character);
int buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Removes `count` bytes (at most `length`) from the front. Moves the rest, so a reader of many
 * small items counts how far it is and calls this once for all of them. */
void buffer_consume(struct buffer *buffer, size_t count);

/* Empties the buffer and forgets its error. Keeps its memory and its limit. */
void buffer_clear(struct buffer *buffer);

/* Hands out the bytes (or ""), NUL-terminated, for free(), and empties the buffer.
 * *length may be NULL. Returns 0, or an error with the outputs untouched and the bytes freed. */
int buffer_steal(struct buffer *buffer, char **data, size_t *length);

/* Frees the bytes. The buffer is empty afterwards, without an error, and keeps its limit. */
void buffer_free(struct buffer *buffer);

/* Frees a local buffer at the end of its scope. */
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
