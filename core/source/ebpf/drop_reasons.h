/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the reasons for which the running kernel drops packets. The numbers of the reasons
 * differ between kernels, so the names come from the kernel's BTF. One thread at a time. */
#ifndef POLECAT_CORE_SOURCE_EBPF_DROP_REASONS_H
#define POLECAT_CORE_SOURCE_EBPF_DROP_REASONS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the longest text, with its NUL. */
#define DROP_REASON_SIZE 48

struct drop_reasons;

/* Returns the names, or NULL if there is no BTF or no memory. Reads the kernel's BTF, which takes
 * some ms. */
struct drop_reasons *drop_reasons_open(void);
void drop_reasons_close(struct drop_reasons *reasons);

/* Writes the reason's name, such as "NETFILTER_DROP" for SKB_DROP_REASON_NETFILTER_DROP. Writes the
 * number ("0x30001") if `reasons` is NULL, or if the kernel's enum skb_drop_reason lacks the
 * reason. The enum lacks reasons that subsystems define. */
void drop_reasons_name(const struct drop_reasons *reasons, uint32_t reason,
		       char text[DROP_REASON_SIZE]);

#endif
