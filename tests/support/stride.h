/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of its long tables a test tries: all, but under instruments that make a program fifty
 * times slower. */
#ifndef HAIKI_TESTS_STRIDE_H
#define HAIKI_TESTS_STRIDE_H

/* 1, or the number in the environment variable TEST_STRIDE: only every so manieth case is to be
 * tried. A number that is none ends the test. */
unsigned test_stride(void);

#endif
