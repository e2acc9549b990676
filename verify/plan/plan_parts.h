/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading a plan and holding it to its invariants share. Inside verify/ only. */
#ifndef HAIKI_VERIFY_PLAN_PLAN_PARTS_H
#define HAIKI_VERIFY_PLAN_PLAN_PARTS_H

#include "verify/plan/plan_document.h"

/* -EBADMSG. where and why are words for people, translated. */
int plan_malformed(struct error *error, const char *where, const char *why);

/* Bytes that are all zero have not been drawn yet. */
bool plan_bytes_are_sealed(const uint8_t *bytes, size_t count);

/* The invariants that stand in plan_document.h and that are not seen in one step alone. */
NODISCARD int plan_check_sealed(const struct plan *plan, struct error *error);

/* Security erase asks for a password (ACS-4 7.42 SECURITY SET PASSWORD). */
bool plan_takes_password(enum technique technique);

/* STEP_UNKNOWN for unknown words. */
enum step_method plan_method_parse(const char *word);

#endif
