/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer of bytes. `data` is NULL until the first append, and NUL-terminated after every
 * append. `length` does not count the NUL.
 *
 * An append that fails adds nothing. The first error stays: each later append returns it and adds
 * nothing, so a caller may append many times and check once. Errors are -ENOMEM, -EMSGSIZE (beyond
 * `limit`), and -EILSEQ (a format that printf refuses). Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_BUFFER_H
#define POLECAT_CORE_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

/* Zero-initialise, and optionally set `limit`. Free with buffer_free. */
struct buffer {
	char *data;
	size_t length;
	size_t capacity; /* bytes at data; more than length, or 0 */
	size_t limit;    /* the largest length; 0: no limit */
	int error;       /* the first error: 0 or -errno */
};

/* The slow path of buffer_reserve, which is its only caller. */
int buffer_grow(struct buffer *buffer, size_t room);

/* Makes room for `room` more bytes and a NUL. A caller that then writes into `data` directly adds
 * to `length` and writes the NUL. Returns 0 or the buffer's error. */
static inline int buffer_reserve(struct buffer *buffer, size_t room)
{
	if (__builtin_expect(room < buffer->capacity - buffer->length && buffer->limit == 0, 1))
		return buffer->error;
	return buffer_grow(buffer, room);
}

/* Append bytes, a text without its NUL, one character, or formatted text. Return 0 or the buffer's
 * error. `bytes` may be NULL if `length` is 0, and must not point into the buffer. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_append_char(struct buffer *buffer, char character);
int buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Removes `count` bytes (at most `length`) from the front. Moves all remaining bytes, so a caller
 * that reads many small items should remove them with one call. */
void buffer_consume(struct buffer *buffer, size_t count);

/* Empties the buffer and resets its error. Keeps the memory and the limit. */
void buffer_clear(struct buffer *buffer);

/* Moves the bytes (or "") to *data, NUL-terminated, and empties the buffer. The caller frees *data.
 * `length` may be NULL. Returns 0, or an error with the outputs untouched and the bytes freed. */
int buffer_steal(struct buffer *buffer, char **data, size_t *length);

/* Frees the bytes. The buffer is empty afterwards, without an error, and keeps its limit. */
void buffer_free(struct buffer *buffer);

/* Frees a local buffer at the end of its scope. */
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
