/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for tables that are read at random places: asked for in huge pages, so that a look-up does
 * not also miss in the processor's address translation (at 100,000 connections, a third of the cost
 * of folding a flow).
 */
#ifndef POLECAT_CORE_BASE_LARGE_MEMORY_H
#define POLECAT_CORE_BASE_LARGE_MEMORY_H

#include <stddef.h>

/* The size of a huge page on x86-64, and on arm64 with pages of 4 KiB. */
#define LARGE_MEMORY_PAGE ((size_t)2 << 20)

/* Uninitialised memory for free(); NULL: refused, or nothing was asked for. Sizes below a huge page
 * are plain malloc. */
void *large_memory_alloc(size_t count, size_t size);

#endif
