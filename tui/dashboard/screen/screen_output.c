/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create */
#include "tui/dashboard/screen/screen_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"

/* The longest wait in screen_output_drain for a terminal that takes nothing. */
#define DRAIN_TIMEOUT_MS 250
/* The bytes of one read from the memory. */
#define CHUNK_SIZE 16384

static struct {
	FILE *stream; /* for curses */
	int terminal; /* a file description of its own, so that O_NONBLOCK does not affect others */
	int memory;   /* -1: the stream writes to the terminal */
	off_t sent;   /* bytes of the memory that the terminal has */
} output = {.terminal = -1, .memory = -1};

FILE *screen_output_open(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);

	output.stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (!output.stream && fd >= 0)
		close(fd);
	if (!output.stream)
		return NULL;
	output.terminal = file_open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK);
	return output.stream;
}

void screen_output_hold(void)
{
	/* If the terminal cannot be opened again, as after su(1), writing to it must wait. */
	if (output.terminal < 0)
		return;
	fflush(output.stream);
	output.memory = memfd_create("screen", MFD_CLOEXEC);
	if (output.memory < 0 || dup3(output.memory, fileno(output.stream), O_CLOEXEC) < 0) {
		if (output.memory >= 0)
			close(output.memory);
		output.memory = -1;
	}
	output.sent = 0;
}

int screen_output_fd(void)
{
	return output.terminal >= 0 ? output.terminal : STDOUT_FILENO;
}

/* Begins again with an empty memory. The descriptors of the memory share their position. */
static void screen_output_empty(void)
{
	output.sent = 0;
	if (ftruncate(output.memory, 0) || lseek(output.memory, 0, SEEK_SET) < 0)
		abort();
}

bool screen_output_send(void)
{
	char chunk[CHUNK_SIZE];

	if (!output.stream)
		return true;
	fflush(output.stream);
	if (output.memory < 0)
		return true;
	off_t end = lseek(output.memory, 0, SEEK_CUR);
	while (output.sent < end) {
		ssize_t got = pread(output.memory, chunk, sizeof(chunk), output.sent);
		if (got <= 0)
			break;
		ssize_t written = write(output.terminal, chunk, (size_t)got);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN)
			return false;
		/* The terminal is gone. The session notices that when it reads the input. */
		if (written < 0)
			break;
		output.sent += written;
	}
	if (end > 0)
		screen_output_empty();
	return true;
}

bool screen_output_drain(void)
{
	while (!screen_output_send()) {
		struct pollfd polled = {.fd = output.terminal, .events = POLLOUT};
		if (poll(&polled, 1, DRAIN_TIMEOUT_MS) <= 0)
			return false;
	}
	return true;
}

void screen_output_pass(void)
{
	if (output.memory < 0)
		return;
	screen_output_drain();
	dup3(STDOUT_FILENO, fileno(output.stream), O_CLOEXEC);
	close(output.memory);
	output.memory = -1;
}

void screen_output_close(void)
{
	if (output.memory >= 0)
		close(output.memory);
	if (output.terminal >= 0)
		close(output.terminal);
	if (output.stream)
		fclose(output.stream);
	output.memory = -1;
	output.terminal = -1;
	output.stream = NULL;
}
