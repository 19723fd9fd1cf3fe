/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses the dashboard at random: keys, words, pastes, raw bytes, mouse events, sizes and records.
 *
 *   monkey [--seed NUMBER] [--minutes NUMBER] [--actions NUMBER] POLECAT
 *
 * Does 10,000 actions by default. With --minutes, does as many as fit, and at least one round. A
 * round has ROUND_ACTIONS actions in one run of polecat, in an empty folder. The same seed gives
 * the same actions, but not the same times between them.
 *
 * Checks that polecat does not end unless a key quits it, and then ends with status 0 and restores
 * the terminal; that it answers after each CHECK_ACTIONS actions; that no text from a record is a
 * control string for the terminal; and that its descriptors and its memory stay bounded. Exit
 * status: 0, 1 for a failure, 2 for wrong usage.
 */
#define _GNU_SOURCE /* memmem */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/record/json/record_json.h"
#include "tests/support/random_record.h"
#include "tests/support/sample.h"
#include "tests/support/terminal.h"
#include "tests/support/wait_limit.h"

#define ROUND_ACTIONS 1000
#define CHECK_ACTIONS 50
#define DESCRIPTORS   64
/* The resident memory may grow by this much in a round. Sanitizers keep freed memory for a while.
 */
#define GROWTH_KIB (768ul << 10)
/* The start of the names of pods that the monkey adds: a title, as xterm sets it. */
#define TITLE      "\033]2;monkey"
#define TITLE_JSON "\\u001b]2;monkey"

struct monkey {
	const char *polecat;
	struct random random;
	struct terminal *terminal;
	FILE *feed;
	char folder[64];
	unsigned long actions;
	unsigned int flows;
	char last[64]; /* the latest action */
	char home[96]; /* HOME, for the environment */
};

static const char *const keys[] = {
	"<Up>",
	"<Down>",
	"<Left>",
	"<Right>",
	"<PageUp>",
	"<PageDown>",
	"<Home>",
	"<End>",
	"<Tab>",
	"<S-Tab>",
	"<Enter>",
	"<Enter>",
	"<Esc>",
	"<Backspace>",
	"<Delete>",
	"<F1>",
	"<F2>",
	"<F3>",
	"<F4>",
	"<F5>",
	"<F6>",
	"<F7>",
	"<F8>",
	"<F9>",
	"<Insert>",
	"<C-a>",
	"<C-b>",
	"<C-e>",
	"<C-f>",
	"<C-k>",
	"<C-l>",
	"<C-n>",
	"<C-p>",
	"<C-u>",
	"<C-w>",
	"<lt>",
	"<Space>",
	"/",
	":",
	"/port:443<Enter>",
	"/pod:cart and (lat>1ms or !failed)<Enter>",
	"/((<Enter>",
	":policy monkey.yaml<Enter>",
	":copy tcpdump<Enter>",
	":q<Esc>",
};

static const char *const words[] = {
	"ns:shop", "10.0.0.0/8", "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x9a\x80",
	"../..",   "%s%n",       "'\"\\",    "\033",         "x"};

static int fail(const struct monkey *monkey, const char *why)
{
	printf("not ok - action %lu (%s): %s\n", monkey->actions, monkey->last, why);
	if (monkey->terminal)
		terminal_dump(monkey->terminal, stdout);
	return 1;
}

static void feed_records(struct monkey *monkey)
{
	struct buffer line = {0};

	sample_write_numbered(monkey->feed, monkey->flows++);
	fprintf(monkey->feed,
		"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"" TITLE_JSON
		"%u\\u0007\",\"ips\":[\"198.51.100.%u\"]}\n",
		monkey->flows % 40, monkey->flows % 250);
	for (enum record_kind kind = RECORD_HELLO; kind <= RECORD_LOST; kind++) {
		struct record record;
		if (random_below(&monkey->random, 3) > 0)
			continue;
		random_record(&monkey->random, kind, RANDOM_SOME, &record);
		buffer_clear(&line);
		if (record_json_write(&line, &record, NULL) == 0)
			fwrite(line.data, 1, line.length, monkey->feed);
		record_free(&record);
	}
	buffer_free(&line);
	fflush(monkey->feed);
}

static void type(struct monkey *monkey, const char *text, size_t length)
{
	terminal_send(monkey->terminal, text, length);
}

static void paste(struct monkey *monkey)
{
	type(monkey, "\033[200~", 6);
	for (uint64_t i = random_below(&monkey->random, 4); i > 0; i--) {
		const char *word = words[random_below(&monkey->random, ARRAY_LENGTH(words))];
		type(monkey, word, strlen(word));
	}
	if (random_below(&monkey->random, 8) > 0)
		type(monkey, "\033[201~", 6);
}

/* Returns whether a byte may be typed. Bytes that stop, suspend or interrupt the program are for
 * other tests. */
static bool is_typed(unsigned char byte)
{
	return byte != 0x03 && byte != 0x11 && byte != 0x13 && byte != 0x1a && byte != 0x1c;
}

static void type_bytes(struct monkey *monkey)
{
	for (uint64_t i = random_below(&monkey->random, 12); i > 0; i--) {
		char byte = (char)random_below(&monkey->random, 256);
		if (is_typed((unsigned char)byte))
			type(monkey, &byte, 1);
	}
}

static void resize(struct monkey *monkey)
{
	int rows = 1 + (int)random_below(&monkey->random, 70);
	int columns = 1 + (int)random_below(&monkey->random, 220);

	snprintf(monkey->last, sizeof(monkey->last), "size %dx%d", columns, rows);
	terminal_resize(monkey->terminal, rows, columns);
}

static void act(struct monkey *monkey)
{
	struct random *random = &monkey->random;
	uint64_t choice = random_below(random, 100);
	char key[2] = {(char)(' ' + random_below(random, 95)), '\0'};

	monkey->actions++;
	/* Keys that quit come from the random bytes, less often. */
	if (choice < 50 && key[0] != '<' && key[0] != 'q' && key[0] != 'Q') {
		snprintf(monkey->last, sizeof(monkey->last), "key %s", key);
		type(monkey, key, 1);
	} else if (choice < 75) {
		const char *name = keys[random_below(random, ARRAY_LENGTH(keys))];
		snprintf(monkey->last, sizeof(monkey->last), "keys %s", name);
		terminal_keys(monkey->terminal, name);
	} else if (choice < 80) {
		snprintf(monkey->last, sizeof(monkey->last), "paste");
		paste(monkey);
	} else if (choice < 84) {
		snprintf(monkey->last, sizeof(monkey->last), "bytes");
		type_bytes(monkey);
	} else if (choice < 92) {
		int row = (int)random_below(random, (uint64_t)terminal_rows(monkey->terminal));
		int column =
			(int)random_below(random, (uint64_t)terminal_columns(monkey->terminal));
		snprintf(monkey->last, sizeof(monkey->last), "mouse %d %d", row, column);
		terminal_mouse(monkey->terminal, row, column, 1 + (int)random_below(random, 5));
	} else if (choice < 95) {
		resize(monkey);
	} else {
		snprintf(monkey->last, sizeof(monkey->last), "records");
		feed_records(monkey);
	}
	terminal_pump(monkey->terminal, 1);
}

/* Returns a number of /proc/PID/status in KiB, or 0. */
static unsigned long resident_kib(pid_t pid)
{
	char path[64];
	char line[128];
	unsigned long kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static unsigned int descriptors(pid_t pid)
{
	char path[64];
	unsigned int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *folder = opendir(path);
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static bool has_ended(const struct monkey *monkey)
{
	return terminal_status(monkey->terminal) != -1;
}

/* Checks that polecat redraws the screen after a new size, the whole output of the round, and the
 * descriptors. Returns NULL, or the fault. */
static const char *check_answer(struct monkey *monkey)
{
	size_t before = 0;
	size_t length = 0;
	uint64_t deadline_ns =
		clock_monotonic_ns() + (uint64_t)wait_limit_ms() * (uint64_t)NS_PER_MILLISECOND;

	terminal_wait_quiet(monkey->terminal, 30, 300);
	terminal_output(monkey->terminal, &before);
	terminal_resize(monkey->terminal, terminal_rows(monkey->terminal) == 24 ? 25 : 24, 80);
	do {
		terminal_pump(monkey->terminal, 20);
		if (has_ended(monkey))
			return NULL;
		terminal_output(monkey->terminal, &length);
	} while (length == before && clock_monotonic_ns() < deadline_ns);
	if (length == before)
		return "no answer to a new size";
	const char *output = terminal_output(monkey->terminal, &length);
	if (memmem(output, length, TITLE, strlen(TITLE)))
		return "the text of a record set the title";
	if (descriptors(terminal_pid(monkey->terminal)) > DESCRIPTORS)
		return "too many descriptors";
	return NULL;
}

static int start(struct monkey *monkey)
{
	const char *const arguments[] = {monkey->polecat, "--host", "-i", "-", NULL};
	const char *const environment[] = {monkey->home, "EDITOR=true", "VISUAL=true",
					   "KUBECONFIG=/dev/null", NULL};
	int ends[2];

	if (pipe(ends))
		return -errno;
	const struct terminal_options options = {
		.argv = arguments,
		.environment = environment,
		.directory = monkey->folder,
		.standard_input = ends[0],
	};
	int error = terminal_start(&options, &monkey->terminal);
	close(ends[0]);
	monkey->feed = fdopen(ends[1], "w");
	if (error || !monkey->feed)
		return error ? error : -ENOMEM;
	sample_write(monkey->feed, 20);
	fflush(monkey->feed);
	return terminal_wait_text(monkey->terminal, SAMPLE_NODE, wait_limit_ms()) ? 0 : -ETIMEDOUT;
}

/* Ends polecat, if no key has, and checks its end. Returns 0 or 1. */
static int stop(struct monkey *monkey)
{
	char why[256] = "";
	bool by_chance = has_ended(monkey);

	for (int i = 0; i < 20 && !has_ended(monkey); i++) {
		terminal_keys(monkey->terminal, i % 2 ? "<Esc>" : "<F10>");
		/* A paste without an end ends after a second without input. */
		terminal_wait_exit(monkey->terminal, 1500);
	}
	if (!terminal_wait_exit(monkey->terminal, wait_limit_ms()))
		return fail(monkey, "no key ends it");
	int status = terminal_status(monkey->terminal);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		snprintf(why, sizeof(why), "it ended with wait status 0x%x", (unsigned int)status);
		return fail(monkey, why);
	}
	/* After an end by chance, the terminal has echoed what the monkey typed later. */
	if (!by_chance && !terminal_is_clean(monkey->terminal, why, sizeof(why)))
		return fail(monkey, why);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

/* Does one round. Returns 0 or 1. */
static int play(struct monkey *monkey, unsigned long actions)
{
	unsigned long first_kib = 0;
	int failed = 0;

	snprintf(monkey->folder, sizeof(monkey->folder), "/tmp/polecat-monkey-XXXXXX");
	if (!mkdtemp(monkey->folder))
		return fail(monkey, strerror(errno));
	snprintf(monkey->home, sizeof(monkey->home), "HOME=%s", monkey->folder);
	if (start(monkey))
		failed = fail(monkey, "polecat does not start");
	for (unsigned long i = 1; !failed && i <= actions && !has_ended(monkey); i++) {
		act(monkey);
		if (i % CHECK_ACTIONS)
			continue;
		const char *wrong = check_answer(monkey);
		unsigned long kib = resident_kib(terminal_pid(monkey->terminal));
		first_kib = first_kib ? first_kib : kib;
		if (!wrong && kib > first_kib + GROWTH_KIB)
			wrong = "its memory grows";
		failed = wrong ? fail(monkey, wrong) : 0;
	}
	if (!failed)
		failed = stop(monkey);
	terminal_free(monkey->terminal);
	monkey->terminal = NULL;
	if (monkey->feed)
		fclose(monkey->feed);
	monkey->feed = NULL;
	nftw(monkey->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return failed;
}

static bool read_number(const char *text, double *number)
{
	char *end = NULL;

	*number = strtod(text, &end);
	return end != text && *end == '\0' && *number >= 0;
}

int main(int argc, char **argv)
{
	struct monkey monkey = {.random = {.state = 1}};
	double seed = 1;
	double minutes = 0;
	double actions = 10000;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		double *number = strcmp(argv[i], "--seed") == 0      ? &seed
				 : strcmp(argv[i], "--minutes") == 0 ? &minutes
				 : strcmp(argv[i], "--actions") == 0 ? &actions
								     : NULL;
		if (!number || !read_number(argv[i + 1], number))
			break;
	}
	if (i + 1 != argc) {
		fprintf(stderr, "usage: monkey [--seed NUMBER] [--minutes NUMBER] "
				"[--actions NUMBER] POLECAT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	monkey.polecat = argv[i];
	monkey.random.state = (uint64_t)seed;
	uint64_t end_ns = clock_monotonic_ns() + (uint64_t)(minutes * 60e9);
	int failed = 0;
	do {
		unsigned long round = ROUND_ACTIONS;
		if (minutes == 0 && actions - (double)monkey.actions < (double)round)
			round = (unsigned long)actions - monkey.actions;
		failed = play(&monkey, round);
	} while (!failed &&
		 (minutes > 0 ? clock_monotonic_ns() < end_ns : (double)monkey.actions < actions));
	printf("%s %lu actions, seed %.0f\n", failed ? "failed after" : "ok -", monkey.actions,
	       seed);
	return failed;
}
