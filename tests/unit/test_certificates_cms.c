/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms of a certificate's signature in the store: the newest is handed out, none is lost or overtaken. */
#include "inventory/jobs/certificates_cms.h"

#include "tests/support/jobs_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define JOB "J20261123-AAAAAA"
#define NAME "haiki-" JOB "-1"

static struct store *certified(void **state)
{
	const struct store_fixture *fixture = *state;
	insert_job(fixture->store, JOB, NOW);
	append_kinds(fixture->store, JOB, "created");
	certify_job(fixture->store, JOB, NAME, 1);
	return fixture->store;
}

static int append(struct store *store, int64_t after, const char *change, const char *form,
	struct error *error)
{
	return certificates_cms_append(store, NAME, after, change, (const uint8_t *)form,
		strlen(form), NOW + after + 1, error);
}

static void expect_newest(struct store *store, int64_t number, const char *change, const char *form)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms newest = { 0 };
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	char hex[64] = "";
	assert_int_equal(certificates_cms_latest(store, NAME, &newest, &error), 1);
	assert_int_equal(newest.number, number);
	assert_string_equal(newest.change, change);
	if (!form)
		return;
	assert_int_equal(newest.length, strlen(form));
	assert_memory_equal(newest.p7s, form, newest.length);
	/* And so do those who ask for the certificate. */
	for (size_t i = 0; i < newest.length; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)form[i]);
	assert_int_equal(certificates_latest(store, JOB, &record, &error), 1);
	assert_string_equal(record.p7s_hex, hex);
	certificate_record_free(&record);
	assert_int_equal(certificates_named(store, NAME, &record, &error), 1);
	assert_string_equal(record.p7s_hex, hex);
	assert_string_equal(record.job_id, JOB);
}

static void test_the_newest_form(void **state)
{
	struct store *store = certified(state);
	struct error error = { 0 };
	expect_newest(store, 0, "", NULL);
	assert_ok(append(store, 0, CMS_CHANGE_STAMPED, "one", &error), &error);
	expect_newest(store, 1, CMS_CHANGE_STAMPED, "one");
	assert_ok(append(store, 1, CMS_CHANGE_SIGNED, "two", &error), &error);
	expect_newest(store, 2, CMS_CHANGE_SIGNED, "two");
}

/* Who made a form out of an older one would take away what came in between. */
static void test_two_at_once(void **state)
{
	struct store *store = certified(state);
	struct error error = { 0 };
	assert_ok(append(store, 0, CMS_CHANGE_SIGNED, "one", &error), &error);
	static const int64_t stale[] = { 0, 2, -1 };
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		assert_int_equal(append(store, stale[i], CMS_CHANGE_STAMPED, "x", &error), -ESTALE);
		assert_string_equal(error.code, "certificate-cms-stale");
		assert_int_equal(error.kind, ERROR_WAITING);
	}
	expect_newest(store, 1, CMS_CHANGE_SIGNED, "one");
}

static void test_no_such_certificate(void **state)
{
	const struct store_fixture *fixture = *state;
	AUTO_CERTIFICATE_CMS struct certificate_cms newest = { 0 };
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	assert_int_equal(certificates_cms_latest(fixture->store, NAME, &newest, &error), 0);
	assert_int_equal(certificates_named(fixture->store, NAME, &record, &error), 0);
	assert_int_equal(append(fixture->store, 0, CMS_CHANGE_STAMPED, "x", &error), -ENOENT);
	assert_string_equal(error.code, "certificate-unknown");
	assert_null(newest.p7s);
}

static void expect_states(
	struct store *store, bool waiting_alone, size_t count, bool stamped, int64_t since_utc_ms)
{
	AUTO_CMS_STATES struct cms_state_list list = { 0 };
	struct error error = { 0 };
	assert_ok(certificates_cms_states(store, waiting_alone, &list, &error), &error);
	assert_int_equal(list.count, count);
	for (size_t i = 0; i < list.count; i++) {
		assert_string_equal(list.items[i].name, NAME);
		assert_string_equal(list.items[i].subject, JOB);
		assert_int_equal(list.items[i].stamped, stamped);
		if (since_utc_ms != 0)
			assert_int_equal(list.items[i].since_utc_ms, since_utc_ms);
	}
}

/* A second person's signature has no stamp yet: it waits again. */
static void test_where_they_stand(void **state)
{
	struct store *store = certified(state);
	struct error error = { 0 };
	expect_states(store, false, 1, false, 0);
	expect_states(store, true, 1, false, 0);
	assert_ok(append(store, 0, CMS_CHANGE_STAMPED, "one", &error), &error);
	expect_states(store, false, 1, true, NOW + 1);
	expect_states(store, true, 0, false, 0);
	assert_ok(append(store, 1, CMS_CHANGE_SIGNED, "two", &error), &error);
	expect_states(store, false, 1, false, NOW + 2);
	expect_states(store, true, 1, false, NOW + 2);
}

static void test_forms_never_change(void **state)
{
	struct store *store = certified(state);
	struct error error = { 0 };
	assert_ok(append(store, 0, CMS_CHANGE_STAMPED, "one", &error), &error);
	assert_int_not_equal(
		store_execute(store, "DELETE FROM certificate_cms", NULL, 0, NULL, &error), 0);
	assert_int_not_equal(store_execute(store, "UPDATE certificate_cms SET p7s_hex = '00'", NULL,
				     0, NULL, &error),
		0);
	expect_newest(store, 1, CMS_CHANGE_STAMPED, "one");
}

static void test_a_damaged_form(void **state)
{
	const struct store_fixture *fixture = *state;
	static const char *const forms[] = { "", "0", "0g", "0A" };
	struct store *store = certified(state);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		AUTO_CERTIFICATE_CMS struct certificate_cms newest = { 0 };
		struct error error = { 0 };
		char sql[200];
		(void)snprintf(sql, sizeof(sql),
			"INSERT INTO certificate_cms VALUES ('" NAME
			"', %zu, 1, 'time-stamp', '%s')",
			i + 1, forms[i]);
		store_fixture_tamper(fixture, sql);
		assert_int_equal(certificates_cms_latest(store, NAME, &newest, &error), -EBADMSG);
		assert_string_equal(error.code, "store-corrupt");
	}
}

#define test(function)                                                                             \
	cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_the_newest_form),
		test(test_two_at_once),
		test(test_no_such_certificate),
		test(test_where_they_stand),
		test(test_forms_never_change),
		test(test_a_damaged_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
