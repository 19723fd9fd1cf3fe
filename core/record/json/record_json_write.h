/* SPDX-License-Identifier: Apache-2.0 */
/* The flow writer, for record_json_write alone. */
#ifndef POLECAT_CORE_RECORD_JSON_RECORD_JSON_WRITE_H
#define POLECAT_CORE_RECORD_JSON_RECORD_JSON_WRITE_H

#include "core/record/json/record_json.h"

/* See record_json_write. */
int record_json_write_flow(struct record_json_buffer *buffer, const struct flow *flow,
			   const struct record_json_names *names);

#endif
