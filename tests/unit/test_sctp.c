/* SPDX-License-Identifier: Apache-2.0 */
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
#include "core/source/ebpf/sctp.h"

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
		cmocka_unit_test(test_support),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("SCTP", tests, NULL, NULL);
}
