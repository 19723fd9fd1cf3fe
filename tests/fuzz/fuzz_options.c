/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a command line is accepted, or refused with one message in printable text. Every
 * refusal ends with a status that says so.
 *
 * The input is the words of the command line, separated by NUL bytes or newlines.
 */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "tui/options/command_line.h"

#define WORDS_MAX 64

/* Collects what the parser prints, so that libFuzzer's own output stays readable. */
struct caught {
	FILE *saved_out;
	FILE *saved_err;
	char *out;
	char *err;
	size_t out_length;
	size_t err_length;
};

static void catch_start(struct caught *caught)
{
	*caught = (struct caught){.saved_out = stdout, .saved_err = stderr};
	stdout = open_memstream(&caught->out, &caught->out_length);
	stderr = open_memstream(&caught->err, &caught->err_length);
	must(stdout && stderr);
}

static void catch_end(struct caught *caught)
{
	fclose(stdout);
	fclose(stderr);
	stdout = caught->saved_out;
	stderr = caught->saved_err;
}

static bool is_printable(const char *text)
{
	bool printable = true;
	char *copy = strdup(text);
	char *rest = NULL;

	must(copy != NULL);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		printable = printable && fuzz_is_printable(line);
	free(copy);
	return printable;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options = {0};
	struct caught caught;
	char *text = fuzz_text(data, size);
	char program[] = "polecat";
	char *words[WORDS_MAX + 2] = {program};
	int count = 1;
	int status = 77;

	words[count++] = text;
	for (size_t i = 0; i < size && count <= WORDS_MAX; i++) {
		if (text[i] != '\n' && text[i] != '\0')
			continue;
		text[i] = '\0';
		words[count++] = text + i + 1;
	}
	catch_start(&caught);
	int result = command_line_parse(count, words, &options, &status);
	catch_end(&caught);

	must(is_printable(caught.err) && is_printable(caught.out));
	if (result == 0) {
		must(caught.err[0] == '\0' && caught.out[0] == '\0' && options.node_name);
		options_free(&options);
	} else {
		must(status >= 0 && status <= 3);
		must((status == 0) == (caught.err[0] == '\0'));
		must((status == 0) == (caught.out[0] != '\0'));
	}
	free(caught.out);
	free(caught.err);
	free(text);
	return 0;
}
