/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/memory.h"

#define BUFFER_FIRST_CAPACITY 256

static int buffer_fail(struct buffer *buffer, int error)
{
	buffer->error = error;
	return error;
}

int buffer_grow(struct buffer *buffer, size_t room)
{
	size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;

	if (buffer->error)
		return buffer->error;
	if (buffer->limit > 0 &&
	    (buffer->length > buffer->limit || room > buffer->limit - buffer->length))
		return buffer_fail(buffer, -EMSGSIZE);
	if (room < buffer->capacity - buffer->length)
		return 0;
	/* With these bounds, doubling the capacity cannot overflow. */
	if (room > SIZE_MAX / 4 || buffer->length > SIZE_MAX / 4)
		return buffer_fail(buffer, -ENOMEM);
	while (capacity <= buffer->length + room)
		capacity *= 2;
	char *data = memory_checked(realloc(buffer->data, capacity));
	if (!data)
		return buffer_fail(buffer, -ENOMEM);
	buffer->data = data;
	buffer->capacity = capacity;
	buffer->data[buffer->length] = '\0';
	return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	if (buffer_reserve(buffer, length))
		return buffer->error;
	if (length > 0)
		memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
	return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_append_char(struct buffer *buffer, char character)
{
	return buffer_append(buffer, &character, 1);
}

int buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;

	if (buffer_reserve(buffer, 0))
		return buffer->error;
	va_copy(again, arguments);
	int length = vsnprintf(buffer->data + buffer->length, buffer->capacity - buffer->length,
			       format, arguments);
	if (length < 0) {
		buffer_fail(buffer, -EILSEQ);
	} else if (buffer_reserve(buffer, (size_t)length) == 0) {
		vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
	buffer->data[buffer->length] = '\0';
	return buffer->error;
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int error = buffer_vprintf(buffer, format, arguments);
	va_end(arguments);
	return error;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	if (count > buffer->length)
		count = buffer->length;
	if (count == 0)
		return;
	buffer->length -= count;
	/* Move the NUL as well. */
	memmove(buffer->data, buffer->data + count, buffer->length + 1);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->error = 0;
	if (buffer->data)
		buffer->data[0] = '\0';
}

int buffer_steal(struct buffer *buffer, char **data, size_t *length)
{
	int error = buffer_reserve(buffer, 0);

	if (!error) {
		*data = STEAL(buffer->data);
		if (length)
			*length = buffer->length;
	}
	buffer_free(buffer);
	return error;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){.limit = buffer->limit};
}
