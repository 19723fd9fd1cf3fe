/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/service_range.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/text.h"
#include "core/record/address.h"

static const char name[] = "KUBERNETES_SERVICE_HOST";
static const char name_with_guess[] = "KUBERNETES_SERVICE_HOST, length assumed";

int service_range_of_host(const char *host, struct record *out)
{
	struct flow_address address;
	char block[ADDRESS_BLOCK_SIZE];
	uint8_t family;

	*out = (struct record){.kind = RECORD_NONE};
	if (!host || address_parse(host, &family, &address) ||
	    !address_is_private(family, &address) || address_is_loopback(family, &address))
		return 0;
	unsigned int length = address_bits(family);
	bool is_first = address.bytes[length / 8 - 1] == 1;
	if (is_first)
		address_mask(&address, length -= 8);
	address_format_block(family, &address, (uint8_t)length, block);
	if (record_new_body(RECORD_SERVICE_RANGE, out))
		return -ENOMEM;
	struct service_range_record *range = out->service_range;
	if (text_copy(name, &range->name) ||
	    text_copy(is_first ? name_with_guess : name, &range->source) ||
	    string_list_add(&range->cidrs, block)) {
		record_free(out);
		*out = (struct record){.kind = RECORD_NONE};
		return -ENOMEM;
	}
	return 0;
}
