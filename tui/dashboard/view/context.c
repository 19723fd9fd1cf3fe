/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/context.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/timestamp.h"

#define MESSAGE_SECONDS 6

__attribute__((format(printf, 3, 0))) static void
context_set_message(struct context *context, bool error, const char *format, va_list arguments)
{
	vsnprintf(context->message.text, sizeof(context->message.text), format, arguments);
	context->message.error = error;
	context->message.until_ns = context->monotonic_ns + MESSAGE_SECONDS * NS_PER_SECOND;
}

void context_note(struct context *context, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	context_set_message(context, false, format, arguments);
	va_end(arguments);
}

void context_error(struct context *context, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	context_set_message(context, true, format, arguments);
	va_end(arguments);
}

void context_silence(struct context *context)
{
	context->message.text[0] = '\0';
}
