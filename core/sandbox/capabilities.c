/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sandbox/capabilities.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY_WORDS (_LINUX_CAPABILITY_U32S_3)

/* The names that messages and doctor use. */
static const char *const capability_names[64] = {
	[CAP_CHOWN] = "CAP_CHOWN",
	[CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
	[CAP_KILL] = "CAP_KILL",
	[CAP_NET_ADMIN] = "CAP_NET_ADMIN",
	[CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
	[CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
	[CAP_PERFMON] = "CAP_PERFMON",
	[CAP_BPF] = "CAP_BPF",
};

static int capabilities_get(struct __user_cap_data_struct data[CAPABILITY_WORDS])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	memset(data, 0, CAPABILITY_WORDS * sizeof(*data));
	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

static int capabilities_set(const struct __user_cap_data_struct data[CAPABILITY_WORDS])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static uint64_t capabilities_join(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

uint64_t capabilities_effective(void)
{
	struct __user_cap_data_struct data[CAPABILITY_WORDS];

	return capabilities_get(data) ? 0 : capabilities_join(data[0].effective, data[1].effective);
}

uint64_t capabilities_permitted(void)
{
	struct __user_cap_data_struct data[CAPABILITY_WORDS];

	return capabilities_get(data) ? 0 : capabilities_join(data[0].permitted, data[1].permitted);
}

int capabilities_limit(uint64_t kept)
{
	struct __user_cap_data_struct data[CAPABILITY_WORDS];
	int error = capabilities_get(data);

	if (error)
		return error;
	for (unsigned int i = 0; i < CAPABILITY_WORDS; i++) {
		data[i].permitted &= (uint32_t)(kept >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	/* A program that is executed would get the ambient capabilities. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return capabilities_set(data);
}

int capabilities_use(uint64_t wanted)
{
	struct __user_cap_data_struct data[CAPABILITY_WORDS];
	int error = capabilities_get(data);

	if (error)
		return error;
	for (unsigned int i = 0; i < CAPABILITY_WORDS; i++)
		data[i].effective = data[i].permitted & (uint32_t)(wanted >> (32 * i));
	return capabilities_set(data);
}

void capabilities_format(uint64_t set, char text[CAPABILITIES_TEXT_SIZE])
{
	size_t length = 0;

	snprintf(text, CAPABILITIES_TEXT_SIZE, "none");
	for (unsigned int i = 0; i < 64; i++) {
		char number[16];
		if (!(set >> i & 1))
			continue;
		snprintf(number, sizeof(number), "capability %u", i);
		length += (size_t)snprintf(text + length, CAPABILITIES_TEXT_SIZE - length, "%s%s",
					   length ? ", " : "",
					   capability_names[i] ? capability_names[i] : number);
	}
}
