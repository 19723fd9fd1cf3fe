/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/source/ebpf/sctp.h"

/* --- times --- */

static void test_ends_of_silent_rows(void **state)
{
	static const struct {
		uint8_t state;
		bool is_over;
		uint64_t init_gap_s;
		uint64_t silent_s;
	} cases[] = {
		{SCTP_OPEN, false, 0, 86400},
		{SCTP_ENDED, false, 0, 1},
		{SCTP_ENDED, true, 0, 4},
		{SCTP_ATTEMPT, false, 0, 119},
		{SCTP_ATTEMPT, true, 0, 121},
		/* The default: 3, 6, 12, 24, 48, 60, 60 and 60 s between INITs. */
		{SCTP_ATTEMPT, false, 60, 120},
		{SCTP_ATTEMPT, true, 60, 122},
		/* The kernel waits longer if net.sctp.rto_max is larger. */
		{SCTP_ATTEMPT, false, 90, 180},
		{SCTP_ATTEMPT, true, 90, 182},
		{SCTP_ATTEMPT, false, 3600, 7200},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct sctp_row row = {.state = cases[i].state,
					     .init_gap_ns = cases[i].init_gap_s * NS_PER_SECOND};
		assert_int_equal(sctp_is_over(&row, cases[i].silent_s * NS_PER_SECOND),
				 cases[i].is_over);
	}
}

static void test_error_of_closed_attempts(void **state)
{
	static const struct {
		int error;
		uint64_t init_gap_s;
		uint64_t silent_s;
	} cases[] = {
		{0, 0, 2}, {ETIMEDOUT, 0, 3}, {0, 6, 5}, {ETIMEDOUT, 6, 6}, {ETIMEDOUT, 1, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct sctp_row row = {.state = SCTP_ATTEMPT,
					     .init_gap_ns = cases[i].init_gap_s * NS_PER_SECOND};
		assert_int_equal(sctp_close_error(&row, cases[i].silent_s * NS_PER_SECOND),
				 cases[i].error);
	}
}

/* --- the kernel's support --- */

/* Writes a text to a new file, and returns its path, which the caller frees. */
static char *write_file(const char *text)
{
	char path[] = "/tmp/test_sctp.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	char *copy = strdup(path);
	assert_non_null(copy);
	return copy;
}

#define PROTOCOLS "protocol  size sockets  memory press maxhdr  slab module\n"

static void test_support(void **state)
{
	static const struct {
		enum sctp_presence presence;
		const char *protocols;
		const char *modules;
	} cases[] = {
		{SCTP_LOADED, PROTOCOLS "SCTPv6    1000      0\nSCTP      900      0\n", ""},
		{SCTP_ABSENT, PROTOCOLS "TCP       900      0\n", ""},
		{SCTP_ABSENT, PROTOCOLS, "kernel/net/dccp/dccp.ko:\nkernel/net/a.ko: b/sctp.ko\n"},
		{SCTP_ABSENT, PROTOCOLS, "kernel/net/sctp/sctp_diag.ko: kernel/net/sctp/sctp.ko\n"},
		{SCTP_NOT_LOADED, PROTOCOLS, "kernel/a.ko:\nkernel/net/sctp/sctp.ko: lib/crc.ko\n"},
		{SCTP_NOT_LOADED, PROTOCOLS, "kernel/net/sctp/sctp.ko.xz: lib/crc.ko.xz\n"},
		{SCTP_NOT_LOADED, PROTOCOLS, "kernel/net/sctp/sctp.ko.zst:\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *protocols = write_file(cases[i].protocols);
		char *modules = write_file(cases[i].modules);
		assert_int_equal(sctp_find_support(protocols, modules), cases[i].presence);
		unlink(protocols);
		unlink(modules);
		assert_int_equal(sctp_find_support(protocols, modules), SCTP_ABSENT);
		free(protocols);
		free(modules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_of_silent_rows),
		cmocka_unit_test(test_error_of_closed_attempts),
		cmocka_unit_test(test_support),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("SCTP", tests, NULL, NULL);
}
