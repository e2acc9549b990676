/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each tests/fuzz/fuzz_NAME.c defines: one input, any bytes; crashing is the only failure. */
#ifndef HAIKI_TESTS_FUZZ_FUZZ_H
#define HAIKI_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The name is libFuzzer's. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
