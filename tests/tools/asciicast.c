/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command in a terminal and records what it writes, with the times, as an asciicast of
 * version 2 (docs.asciinema.org, "asciicast v2"): JSON lines that asciinema and its player show.
 *
 *   asciicast [OPTION]… OUTPUT.cast -- COMMAND [ARGUMENT]…
 *
 * tests/support/terminal_script.h has the options. --title is the title of the recording. Keys are
 * pressed one after the other, as a person does. --wait takes no time in the recording: the output
 * until the text appears has one time. The recording ends with the last step, and does not contain
 * the end of the program. Exit status: 0, or 1 with the screen on standard error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "tests/support/terminal_script.h"

#define WAIT_MS 10000
/* The time between two keys, and between two looks for output. The times of a recording are
 * multiples of the latter. */
#define KEY_MS  180
#define TICK_MS 20

#define KEY_SIZE 32

#define CAST_NS_PER_MS (NS_PER_SECOND / 1000)

struct cast {
	FILE *out;
	struct terminal *terminal;
	size_t written;     /* bytes of the terminal's output that the recording has */
	uint64_t start_ns;  /* CLOCK_MONOTONIC */
	uint64_t hidden_ns; /* the time that --wait took */
	bool failed;
};

static void cast_write_line(struct cast *cast, json_t *line)
{
	if (!line || json_dumpf(line, cast->out, JSON_COMPACT | JSON_REAL_PRECISION(6)) ||
	    fputc('\n', cast->out) == EOF)
		cast->failed = true;
	json_decref(line);
}

static void cast_write_header(struct cast *cast, const struct terminal_script *script)
{
	json_t *header = json_pack(
		"{s:i, s:i, s:i, s:{s:s}}", "version", 2, "width", terminal_columns(cast->terminal),
		"height", terminal_rows(cast->terminal), "env", "TERM",
		script->terminal.term ? script->terminal.term : "xterm-256color");

	if (header && script->title)
		json_object_set_new(header, "title", json_string(script->title));
	cast_write_line(cast, header);
}

/* Returns the length of the whole characters at the start of a text. The last character may have
 * come in part only. */
static size_t cast_whole(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length) {
		uint32_t code;
		char character[5] = "";
		size_t left = length - at;

		memcpy(character, text + at, left < 4 ? left : 4);
		size_t size = text_decode(character, &code);
		/* A byte that is no UTF-8 fails the recording later. */
		if (size == 0 && left < 4)
			return at;
		at += size > 0 ? size : 1;
	}
	return at;
}

/* Writes the output since the last call, with the time `at_ns` of the recording. */
static void cast_write_output(struct cast *cast, uint64_t at_ns)
{
	size_t length;
	const char *output = terminal_output(cast->terminal, &length);
	size_t whole = cast_whole(output + cast->written, length - cast->written);
	uint64_t ticks = at_ns / (TICK_MS * CAST_NS_PER_MS);
	double seconds = (double)ticks * TICK_MS / 1000;

	if (whole == 0)
		return;
	cast_write_line(cast, json_pack("[f,s,o]", seconds, "o",
					json_stringn(output + cast->written, whole)));
	cast->written += whole;
}

static uint64_t cast_now(const struct cast *cast)
{
	return clock_monotonic_ns() - cast->start_ns - cast->hidden_ns;
}

static void cast_pause(struct cast *cast, uint64_t ms)
{
	uint64_t end_ns = cast_now(cast) + ms * CAST_NS_PER_MS;

	while (cast_now(cast) < end_ns) {
		terminal_pump(cast->terminal, TICK_MS);
		cast_write_output(cast, cast_now(cast));
	}
}

/* Presses the keys one by one. */
static bool cast_press(struct cast *cast, const char *keys)
{
	while (*keys) {
		const char *end = *keys == '<' ? strchr(keys, '>') : NULL;
		size_t length = end ? (size_t)(end + 1 - keys) : 1;
		char key[KEY_SIZE];

		snprintf(key, sizeof(key), "%.*s", (int)length, keys);
		if (length >= sizeof(key) || terminal_keys(cast->terminal, key))
			return false;
		cast_pause(cast, KEY_MS);
		keys += length;
	}
	return true;
}

static bool cast_wait(struct cast *cast, const char *text)
{
	uint64_t before_ns = cast_now(cast);
	bool came = terminal_wait_text(cast->terminal, text, WAIT_MS);

	cast_write_output(cast, before_ns);
	cast->hidden_ns += cast_now(cast) - before_ns;
	return came;
}

static bool cast_do(struct cast *cast, const struct terminal_step *step)
{
	switch (step->kind) {
	case TERMINAL_STEP_WAIT:
		if (cast_wait(cast, step->text))
			return true;
		fprintf(stderr, "asciicast: \"%s\" never came on the screen\n", step->text);
		return false;
	case TERMINAL_STEP_KEYS:
		if (cast_press(cast, step->text))
			return true;
		fprintf(stderr, "asciicast: no such key in \"%s\"\n", step->text);
		return false;
	case TERMINAL_STEP_PAUSE:
		cast_pause(cast, strtoul(step->text, NULL, 10));
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct terminal_script script;
	struct cast cast = {0};
	int error;

	if (!terminal_script_read(&script, argc, argv)) {
		fprintf(stderr, "usage: asciicast " TERMINAL_SCRIPT_USAGE
				" OUTPUT.cast -- COMMAND [ARGUMENT]...\n");
		return 2;
	}
	cast.out = fopen(script.output, "w");
	error = cast.out ? terminal_script_start(&script, &cast.terminal) : -errno;
	if (error) {
		fprintf(stderr, "asciicast: %s: %s\n", script.output, strerror(-error));
		if (cast.out)
			fclose(cast.out);
		return 1;
	}
	cast.start_ns = clock_monotonic_ns();
	cast_write_header(&cast, &script);
	for (size_t i = 0; i < script.step_count && !cast.failed; i++)
		cast.failed |= !cast_do(&cast, &script.steps[i]);
	if (cast.failed)
		terminal_dump(cast.terminal, stderr);
	if (fclose(cast.out) != 0) {
		fprintf(stderr, "asciicast: %s: %s\n", script.output, strerror(errno));
		cast.failed = true;
	}
	terminal_script_stop(cast.terminal);
	return cast.failed;
}
